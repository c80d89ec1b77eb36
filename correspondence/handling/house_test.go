package handling

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"chancery/habilitation"
)

const (
	np = habilitation.Unprotected
	dr = habilitation.Restricted
)

// The audiences and agents of the tests' register.
const (
	post    habilitation.AudienceID = iota + 1 // origin: paul signs
	africa                                     // marie directs and signs, karim drafts, lea reads (uncleared), gus is a guest
	fishery                                    // ines directs
	sahel                                      // a community: karim directs it
	health                                     // unprotected only
	counter                                    // operator desk: omar
)

const (
	paul habilitation.AgentID = iota + 1
	marie
	karim
	lea
	ines
	omar
	gus
)

func people(t interface{ Fatal(...any) }) *habilitation.Register {
	r := habilitation.NewRegister()
	agent := func(id habilitation.AgentID, login string, level habilitation.Level) habilitation.Act {
		return habilitation.AgentAdded{Agent: id, Login: login, Name: login, Level: level, Guest: login == "gus"}
	}
	group := func(id habilitation.AudienceID, key, timbre string, level habilitation.Level) habilitation.Act {
		return habilitation.AudienceCreated{Audience: id, Key: key, Community: timbre == "", Sort: "service", Name: habilitation.Label{FR: key, EN: key}, Timbre: timbre, Level: level}
	}
	sign := habilitation.Drafter | habilitation.Signatory
	for _, act := range []habilitation.Act{
		agent(paul, "paul", dr), agent(marie, "marie", dr), agent(karim, "karim", dr), agent(lea, "lea", np), agent(ines, "ines", dr), agent(omar, "omar", dr), agent(gus, "gus", np),
		group(post, "post", "POST", dr), group(africa, "africa", "AFRICA", dr), group(fishery, "fishery", "FISH", dr), group(sahel, "sahel", "", dr), group(health, "health", "HEALTH", np), group(counter, "counter", "COUNTER", dr),
		habilitation.MemberJoined{Audience: post, Agent: paul, Duties: sign},
		habilitation.MemberJoined{Audience: africa, Agent: marie, Duties: sign | habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: africa, Agent: karim, Duties: habilitation.Drafter},
		habilitation.MemberJoined{Audience: africa, Agent: lea},
		habilitation.MemberJoined{Audience: africa, Agent: gus},
		habilitation.MemberJoined{Audience: fishery, Agent: ines, Duties: sign | habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: sahel, Agent: karim, Duties: habilitation.Manager},
		habilitation.MemberJoined{Audience: counter, Agent: omar},
	} {
		if err := r.Apply(begun, 0, act); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// telegram is a message from the post to Africa for action, to be done within a day, with a copy to fishery.
func telegram(id habilitation.ID) Released {
	return Released{Message: id, At: begun, Origin: post, Level: dr, Year: 2026, Lines: []ReleasedLine{
		{Audience: africa, Role: Action, Asked: ToDo, Deadline: begun.Add(24 * time.Hour), Instruction: "rendre compte"},
		{Audience: fishery, Role: Info, Asked: ForInformation},
	}}
}

// story is a fold with its register, and a clock that goes on by a minute at each act.
type story struct {
	*Matters
	t   *testing.T
	reg *habilitation.Register
	now time.Time
}

func begin(t *testing.T, released ...Released) *story {
	s := &story{Matters: NewMatters(), t: t, reg: people(t), now: begun}
	for _, r := range released {
		s.Release(r)
	}
	return s
}

// does applies what was decided.
func (s *story) does(by habilitation.AgentID) func(habilitation.Act, error) {
	return func(act habilitation.Act, err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatalf("agent %d: %v", by, err)
		}
		s.now = s.now.Add(time.Minute)
		if err := s.Apply(uint64(s.now.Unix()), s.now, by, act); err != nil {
			s.t.Fatalf("agent %d: %v", by, err)
		}
	}
}

// hand is somebody who asks about a restricted message now.
func (s *story) hand(by habilitation.AgentID) Hand {
	return Hand{Register: s.reg, Agent: by, At: s.now, Level: dr}
}

// act hands a decided act on without its type.
func act[A habilitation.Act](decided A, err error) (habilitation.Act, error) { return decided, err }

// refuses expects a decision to be refused for that reason.
func (s *story) refuses(want error) func(habilitation.Act, error) {
	return func(act habilitation.Act, err error) {
		s.t.Helper()
		if !errors.Is(err, want) {
			s.t.Errorf("got %v and %v, want %v", act, err, want)
		}
	}
}

func (s *story) line(audience habilitation.AudienceID) Line {
	s.t.Helper()
	matter, _ := s.Of(one)
	l, ok := matter.Line(audience)
	if !ok {
		s.t.Fatalf("audience %d is no addressee", audience)
	}
	return l
}

func TestAClaimHasOneWinner(t *testing.T) {
	s := begin(t, telegram(one))
	s.does(karim)(act(s.Take(s.hand(karim), one, africa, time.Time{})))
	won := s.now
	_, err := s.Take(s.hand(marie), one, africa, time.Time{})
	var taken *TakenError
	if !errors.As(err, &taken) || taken.By != karim || !taken.At.Equal(won) {
		t.Errorf("the second is told %v", err)
	}
	if err := s.Check(WasTaken{Message: one, Audience: africa}); !errors.Is(err, habilitation.ErrContradiction) {
		t.Errorf("the fold takes a second winner: %v", err)
	}
	s.refuses(habilitation.ErrNotMandated)(act(s.Take(s.hand(ines), one, africa, time.Time{})))
	s.refuses(habilitation.ErrNotMandated)(act(s.Take(s.hand(gus), one, africa, time.Time{})))
	s.refuses(habilitation.ErrUnknown)(act(s.Take(s.hand(ines), two, fishery, time.Time{})))
	if l := s.line(africa); l.State != Taken || l.Holder != karim {
		t.Errorf("line %+v", l)
	}
}

func TestEntrusting(t *testing.T) {
	s := begin(t, telegram(one))
	give := func(by, to habilitation.AgentID) (habilitation.Act, error) {
		return act(s.Assign(s.hand(by), Assigned{Message: one, Audience: africa, To: to, Note: "à toi"}))
	}
	s.refuses(habilitation.ErrNotMandated)(give(lea, karim))
	s.refuses(habilitation.ErrNotCleared)(give(karim, lea))
	s.refuses(ErrNotMember)(give(karim, ines))
	s.refuses(ErrNotMember)(give(karim, karim))
	s.does(karim)(give(karim, marie))
	if l := s.line(africa); l.Holder != karim || l.Details().Entrusted.To != marie {
		t.Errorf("who gives does not keep it: %+v", l)
	}
	s.refuses(ErrNotEntrusted)(act(s.Accept(s.hand(karim), one, africa)))
	s.refuses(habilitation.ErrReasonMissing)(act(s.Decline(s.hand(marie), Declined{Message: one, Audience: africa, Reason: " "})))
	s.does(marie)(act(s.Decline(s.hand(marie), Declined{Message: one, Audience: africa, Reason: "en mission"})))
	if l := s.line(africa); l.Holder != karim || l.Details().Entrusted != nil || l.Details().Declined.Reason != "en mission" {
		t.Errorf("what was declined does not come back: %+v", l.Details())
	}
	s.does(karim)(give(karim, marie))
	s.does(marie)(act(s.Accept(s.hand(marie), one, africa)))
	if l := s.line(africa); l.Holder != marie || l.Details().Entrusted != nil {
		t.Errorf("what was accepted is not theirs: %+v", l)
	}
	if _, err := give(karim, marie); !errors.As(err, new(*TakenError)) {
		t.Errorf("somebody else entrusts it: %v", err)
	}
	s.does(marie)(give(marie, karim))
}

func TestClosingReassigningMisaddressed(t *testing.T) {
	s := begin(t, telegram(one), telegram(two))
	s.does(karim)(act(s.Take(s.hand(karim), one, africa, time.Time{})))
	s.refuses(habilitation.ErrReasonMissing)(act(s.Close(s.hand(karim), WasClosed{Message: one, Audience: africa, Reason: ""})))
	s.refuses(habilitation.ErrNotMandated)(act(s.Reassign(s.hand(karim), WasReassigned{Message: one, Audience: africa, To: health, Reason: "x"})))
	s.refuses(habilitation.ErrNotCleared)(act(s.Reassign(s.hand(marie), WasReassigned{Message: one, Audience: africa, To: health, Reason: "x"})))
	s.does(marie)(act(s.Reassign(s.hand(marie), WasReassigned{Message: one, Audience: africa, To: counter, Reason: "leur affaire"})))
	if l := s.line(counter); l.Role != Action || l.Asked != ToDo || l.Details().Instruction != "rendre compte" || l.Details().Addition.Through != africa || !l.Deadline().Equal(begun.Add(24*time.Hour)) {
		t.Errorf("what was asked is not handed on: %+v %+v", l, l.Details())
	}
	if open := s.Open(africa); !slices.Equal(open, []habilitation.ID{two}) {
		t.Errorf("open for Africa: %v", open)
	}
	var ended *EndedError
	if _, err := s.Take(s.hand(marie), one, africa, time.Time{}); !errors.As(err, &ended) || ended.State != Reassigned || ended.By != marie {
		t.Errorf("what ended is taken: %v", err)
	}
	s.does(marie)(act(s.Misaddressed(s.hand(marie), WasMisaddressed{Message: two, Audience: africa, Desk: counter, Reason: "pas pour nous"})))
	items := s.Tray(counter)
	if len(items) != 1 || items[0].Why != WhyMisaddressed || !slices.Contains(s.Audiences(two), counter) {
		t.Fatalf("tray %+v, audiences %v", items, s.Audiences(two))
	}
	s.refuses(habilitation.ErrUnknown)(act(s.Settle(s.hand(marie), TraySettled{Item: items[0].ID, Reason: "x"})))
	s.refuses(ErrAlreadyAddressed)(act(s.Settle(s.hand(omar), TraySettled{Item: items[0].ID, To: africa, Role: Action, Reason: "x"})))
	s.does(omar)(act(s.Settle(s.hand(omar), TraySettled{Item: items[0].ID, To: sahel, Role: Action, Reason: "à la communauté"})))
	if got := s.Audiences(two); !slices.Equal(got, []habilitation.AudienceID{africa, fishery, sahel}) || len(s.Tray(counter)) != 0 {
		t.Errorf("the operator still has it: %v", got)
	}
}

func TestAddingAndSharing(t *testing.T) {
	s := begin(t, telegram(one))
	add := func(by habilitation.AgentID, to habilitation.AudienceID, reason string) (habilitation.Act, error) {
		return act(s.Add(s.hand(by), AddresseeAdded{Message: one, Audience: to, Role: Info, Asked: ForInformation, Reason: reason}))
	}
	s.refuses(habilitation.ErrNotMandated)(add(karim, counter, "x"))
	s.refuses(habilitation.ErrReasonMissing)(add(paul, counter, ""))
	s.refuses(habilitation.ErrNotCleared)(add(paul, health, "x"))
	s.refuses(ErrAlreadyAddressed)(add(paul, africa, "x"))
	s.does(ines)(add(ines, counter, "à savoir"))
	if l := s.line(counter); l.Details().Addition.Ground != ByAddressee || l.Details().Addition.Through != fishery || l.Details().Addition.By != ines {
		t.Errorf("added by %+v", l.Details().Addition)
	}
	share := func(by habilitation.AgentID, to habilitation.AudienceID) (habilitation.Act, error) {
		return act(s.Share(s.hand(by), Shared{Message: one, Audience: to}))
	}
	s.refuses(habilitation.ErrNotMandated)(share(lea, sahel))
	s.refuses(ErrNotCommunity)(share(karim, fishery))
	s.does(karim)(share(karim, sahel))
	s.refuses(ErrAlreadyShared)(share(karim, sahel))
	s.refuses(habilitation.ErrNotMandated)(act(s.Revoke(s.hand(ines), ShareRevoked{Message: one, Audience: sahel})))
	if !slices.Contains(s.Audiences(one), sahel) {
		t.Error("shared and not reached")
	}
	s.does(marie)(act(s.Revoke(s.hand(marie), ShareRevoked{Message: one, Audience: sahel})))
	s.refuses(ErrNotShared)(act(s.Revoke(s.hand(marie), ShareRevoked{Message: one, Audience: sahel})))
	if slices.Contains(s.Audiences(one), sahel) {
		t.Error("revoked and still reached")
	}
}

func TestCorrectionsReachWhomTheCorrectedReaches(t *testing.T) {
	s := begin(t, telegram(one))
	s.Release(Released{Message: two, At: begun, Origin: post, Level: dr, Year: 2026, Corrects: one, Lines: []ReleasedLine{{Audience: health, Role: Action, Asked: ToRead}}})
	s.does(karim)(act(s.Share(s.hand(karim), Shared{Message: one, Audience: sahel})))
	if got := s.Audiences(two); !slices.Equal(got, []habilitation.AudienceID{africa, fishery, sahel, health}) {
		t.Errorf("the correction reaches %v", got)
	}
	if got := s.Reached(one); !slices.Equal(got, []habilitation.ID{one, two}) {
		t.Errorf("reached %v", got)
	}
	s.does(karim)(act(s.Revoke(s.hand(karim), ShareRevoked{Message: one, Audience: sahel})))
	if slices.Contains(s.Audiences(two), sahel) {
		t.Error("the correction outlives the share")
	}
}

func TestAnswersAreForWhoMayKnowThem(t *testing.T) {
	open := telegram(one)
	open.Level = np
	s := begin(t, open)
	s.Release(Released{Message: two, At: begun.Add(time.Hour), Origin: africa, Level: dr, Year: 2026, Answers: one, AnswersFor: []habilitation.AudienceID{africa}})
	l, late := s.line(africa), begun.Add(48*time.Hour)
	if state, _ := l.StateFor(np); state != Delivered || !l.Late(np, late) || !l.Open(np) {
		t.Errorf("a restricted answer tells itself: %s", state)
	}
	if state, at := l.StateFor(dr); state != Answered || !at.Equal(begun.Add(time.Hour)) || l.Late(dr, late) || l.Open(dr) {
		t.Errorf("answered and %s", state)
	}
	if len(s.Open(africa)) != 1 {
		t.Error("what only some know to be answered is closed for all")
	}
	s.Release(Released{Message: habilitation.ID{3}, At: begun.Add(time.Hour), Origin: africa, Level: np, Year: 2026, Answers: one, AnswersFor: []habilitation.AudienceID{africa}})
	if len(s.Open(africa)) != 0 {
		t.Error("answered for all and open")
	}
}

func TestAlertsRingUntilSomebodyAnswers(t *testing.T) {
	flash := telegram(one)
	flash.Lines[0].Called = true
	s := begin(t, flash)
	if got := s.Uncalled(); len(got) != 1 || got[0].Audience != africa || s.NextDue().After(begun) {
		t.Fatalf("uncalled %v, due %s", got, s.NextDue())
	}
	s.does(0)(AlertRaised{Alert: two, Message: one, Audience: africa, Watch: []habilitation.AgentID{karim, marie}, Minutes: 10}, nil)
	raised := s.now
	if !s.NextDue().Equal(raised.Add(10*time.Minute)) || len(s.Uncalled()) != 0 {
		t.Errorf("due %s", s.NextDue())
	}
	s.refuses(habilitation.ErrUnknown)(act(s.Acknowledge(s.hand(ines), two)))
	s.refuses(habilitation.ErrNotMandated)(act(s.Acknowledge(s.hand(lea), two)))
	s.does(0)(AlertEscalated{Alert: two, Place: 1}, nil)
	s.does(0)(AlertEscalated{Alert: two, Place: 2}, nil)
	if a := s.Ringing(); len(a) != 1 || !a[0].Calls(lea) || !a[0].Due().IsZero() {
		t.Errorf("beyond the watch: %+v", a)
	}
	s.does(lea)(act(s.Acknowledge(s.hand(lea), two)))
	s.refuses(ErrNotRinging)(act(s.Acknowledge(s.hand(marie), two)))
	other := begin(t, flash)
	other.does(0)(AlertRaised{Alert: two, Message: one, Audience: africa, Minutes: 10}, nil)
	other.does(karim)(act(other.Take(other.hand(karim), one, africa, time.Time{})))
	if len(other.Ringing()) != 0 {
		t.Error("taken in charge and still ringing")
	}
}

func TestSilence(t *testing.T) {
	quiet := telegram(one)
	quiet.Silence = begun.Add(time.Hour)
	s := begin(t, quiet)
	speak := func(by habilitation.AgentID, audience habilitation.AudienceID) (habilitation.Act, error) {
		return act(s.BreakSilence(s.hand(by), SilenceBroken{Message: one, Audience: audience, Reason: "réserve"}))
	}
	s.refuses(habilitation.ErrNotMandated)(speak(karim, africa))
	s.does(ines)(speak(ines, fishery))
	s.refuses(ErrSpokenAlready)(speak(ines, fishery))
	if got := s.Silent(begun.Add(time.Hour)); len(got) != 1 || got[0].Adopted {
		t.Errorf("a broken silence ends %+v", got)
	}
	s.does(0)(SilenceEnded{Message: one}, nil)
	s.refuses(ErrSilenceOver)(speak(marie, africa))
	kept := begin(t, quiet)
	if got := kept.Silent(begun.Add(time.Hour)); len(got) != 1 || !got[0].Adopted || len(kept.Silent(begun.Add(59*time.Minute))) != 0 {
		t.Errorf("a kept silence ends %+v", got)
	}
	if !kept.NextDue().Equal(begun.Add(time.Hour)) {
		t.Errorf("due %s", kept.NextDue())
	}
}

func TestLateness(t *testing.T) {
	s := begin(t, telegram(one))
	deadline := begun.Add(24 * time.Hour)
	if len(s.TakeOverdue(deadline)) != 0 {
		t.Error("late at the deadline itself")
	}
	if got := s.TakeOverdue(deadline.Add(time.Second)); len(got) != 1 || got[0].Audience != africa {
		t.Errorf("late: %v", got)
	}
	if len(s.TakeOverdue(deadline.Add(time.Hour))) != 0 {
		t.Error("late twice")
	}
}

func TestUndeliveredFallsOnTheOperatorDesk(t *testing.T) {
	lost := telegram(one)
	lost.Lines[0].Undelivered, lost.Desk = true, counter
	s := begin(t, lost)
	if items := s.Tray(counter); len(items) != 1 || items[0].Why != WhyUndelivered || items[0].Audience != africa || s.line(africa).State != Undelivered {
		t.Fatalf("tray %+v", items)
	}
	acts := s.Read(s.hand(marie), one)
	if len(acts) != 1 {
		t.Fatalf("first opening: %v", acts)
	}
	s.does(marie)(acts[0], nil)
	if len(s.Tray(counter)) != 0 || s.line(africa).State != Read || len(s.Read(s.hand(karim), one)) != 0 || len(s.Read(s.hand(ines), one)) != 0 {
		t.Errorf("read at last: %+v", s.line(africa))
	}
}

func TestSnapshotsComeBackWhole(t *testing.T) {
	s := begin(t)
	full(s)
	var first, second bytes.Buffer
	if err := s.Snapshot(&first); err != nil {
		t.Fatal(err)
	}
	restored := NewMatters()
	if err := restored.Restore(bytes.NewReader(first.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := restored.Snapshot(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("written again otherwise: %v", err)
	}
	if !reflect.DeepEqual(restored.state.open, s.state.open) || !reflect.DeepEqual(restored.state.toward, s.state.toward) ||
		!reflect.DeepEqual(restored.state.ringing, s.state.ringing) || !reflect.DeepEqual(restored.state.tray, s.state.tray) {
		t.Errorf("lists differ:\n%+v\n%+v", restored.state, s.state)
	}
	for cut := 0; cut < first.Len(); cut += 7 {
		if err := NewMatters().Restore(bytes.NewReader(first.Bytes()[:cut])); err == nil {
			t.Fatalf("restored from %d of %d bytes", cut, first.Len())
		}
	}
}

// full does one of everything.
func full(s *story) {
	flash := telegram(one)
	flash.Lines[0].Called, flash.Silence = true, begun.Add(time.Hour)
	flash.Others = []habilitation.AudienceID{health}
	lost := telegram(two)
	lost.Lines[1].Undelivered, lost.Desk, lost.Corrects = true, counter, one
	s.Release(flash)
	s.Release(lost)
	s.Release(Released{Message: habilitation.ID{3}, At: begun, Origin: africa, Level: dr, Year: 2026, Answers: two, AnswersFor: []habilitation.AudienceID{africa}})
	s.does(0)(AlertRaised{Alert: habilitation.ID{9}, Message: one, Audience: africa, Watch: []habilitation.AgentID{karim}, Minutes: 5}, nil)
	s.does(0)(AlertEscalated{Alert: habilitation.ID{9}, Place: 1}, nil)
	s.does(paul)(AddresseeAdded{Message: one, Audience: counter, Role: Action, Asked: ToDo, Deadline: begun, Instruction: "vu", N: 3, Ground: ByOrigin, Through: post, Reason: "oubli"}, nil)
	s.does(karim)(act(s.Share(s.hand(karim), Shared{Message: one, Audience: sahel, Reason: "utile"})))
	s.does(marie)(s.Read(s.hand(marie), one)[0], nil)
	s.does(karim)(act(s.Assign(s.hand(karim), Assigned{Message: one, Audience: africa, To: marie, Due: begun, Note: "vite"})))
	s.does(marie)(act(s.Decline(s.hand(marie), Declined{Message: one, Audience: africa, Reason: "non"})))
	s.does(karim)(act(s.Assign(s.hand(karim), Assigned{Message: one, Audience: africa, To: marie})))
	s.does(ines)(act(s.BreakSilence(s.hand(ines), SilenceBroken{Message: one, Audience: fishery, Reason: "réserve"})))
	s.does(marie)(act(s.Misaddressed(s.hand(marie), WasMisaddressed{Message: two, Audience: africa, Desk: counter, Reason: "erreur"})))
	s.does(0)(TrayLaid{Message: two, Why: WhyUnaddressed, Desk: counter}, nil)
	s.does(ines)(act(s.Close(s.hand(ines), WasClosed{Message: one, Audience: fishery, Reason: "vu"})))
}
