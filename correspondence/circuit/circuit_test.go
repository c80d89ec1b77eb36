package circuit

import (
	"errors"
	"testing"
	"time"

	"chancery/habilitation"
)

const dr = habilitation.Restricted

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	draft = habilitation.ID{9}
)

// text is a digest.
func text(n byte) Digest { return Digest{n} }

// story applies acts at one second's distance and asks the fold between them.
type story struct {
	*Circuits
	t  *testing.T
	at time.Time
}

func tell(t *testing.T) *story { return &story{Circuits: NewCircuits(), t: t, at: noon} }

func (s *story) apply(by habilitation.AgentID, act Act, err error) {
	s.t.Helper()
	s.at = s.at.Add(time.Second)
	if err == nil {
		err = s.Apply(s.at, by, act)
	}
	if err != nil {
		s.t.Fatalf("%+v: %v", act, err)
	}
}

func (s *story) submits(by habilitation.AgentID, text Digest, steps ...Step) {
	s.t.Helper()
	act, err := s.Submit(by, DraftSubmitted{Draft: draft, Origin: 3, Level: dr, Digest: text, Steps: steps}, "note")
	s.apply(by, act, err)
}

// as speaks for the agent alone, and for the groups named.
func as(agent habilitation.AgentID, groups ...habilitation.AudienceID) ActsAs {
	return func(r Reviewer) (habilitation.AgentID, bool) {
		for _, g := range groups {
			if r.Audience == g {
				return 0, true
			}
		}
		return 0, r.Agent == agent
	}
}

func (s *story) visas(by habilitation.AgentID, text Digest, as ActsAs) {
	s.t.Helper()
	act, err := s.Visa(draft, by, text, Approved, "", as)
	act.Signature = []byte{1}
	s.apply(by, act, err)
}

func (s *story) stands(state State, round int) {
	s.t.Helper()
	d, known := s.Draft(draft)
	if !known && state != 0 || d.State != state || d.Round != round {
		s.t.Fatalf("draft is %s in round %d, want %s in %d", d.State, d.Round, state, round)
	}
}

func (s *story) refuses(want, err error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Fatalf("got %v, want %v", err, want)
	}
}

func (s *story) signs(want error, text Digest, own bool) {
	s.t.Helper()
	if err := s.MaySign(Signing{Draft: draft, Origin: 3, Message: "note", Digest: text, Own: own}, nil); !errors.Is(err, want) {
		s.t.Fatalf("sign: %v, want %v", err, want)
	}
}

func both(reviewers ...Reviewer) Step { return Step{Reviewers: reviewers, All: true} }
func any_(reviewers ...Reviewer) Step { return Step{Reviewers: reviewers} }

func TestStepsInOrderAndReviewersTogether(t *testing.T) {
	s := tell(t)
	s.submits(1, text(1), both(Reviewer{Agent: 2}, Reviewer{Audience: 5}), any_(Reviewer{Agent: 3}, Reviewer{Agent: 4}))
	s.stands(InVisa, 1)
	s.signs(ErrVisaMissing, text(1), false)
	_, err := s.Visa(draft, 3, text(1), Approved, "", as(3))
	s.refuses(ErrNotAsked, err) // the second step waits for the first
	_, err = s.Visa(draft, 8, text(1), Approved, "", as(8))
	s.refuses(ErrUnknown, err) // no reviewer at all
	_, err = s.Visa(draft, 1, text(1), Approved, "", as(1, 5))
	s.refuses(ErrOwnVisa, err) // speaks for the group, and submitted it
	s.visas(2, text(1), as(2, 5))
	_, err = s.Visa(draft, 2, text(1), Approved, "", as(2, 5))
	s.refuses(ErrOwnVisa, err) // one hand gives one visa in a step
	s.visas(6, text(1), as(6, 5))
	s.visas(4, text(1), as(4)) // one of the two is enough
	s.stands(ToSign, 1)
	s.signs(nil, text(1), false)
	s.signs(ErrChanged, text(2), false)
	s.signs(nil, text(2), true)
	if n := s.Notices(1); len(n) != 1 || n[0].What != NoticeToSign {
		t.Errorf("the submitter is told %+v", n)
	}
	s.Released(draft, s.at, 7, true)
	s.stands(0, 0)
	if n := s.Notices(4); len(n) != 1 || n[0].What != NoticeOwnEdit || n[0].By != 7 || n[0].Digest != text(1) {
		t.Errorf("a reviewer is told %+v", n)
	}
}

func TestAnEditVoidsTheVisas(t *testing.T) {
	s := tell(t)
	s.submits(1, text(1), both(Reviewer{Agent: 2}), both(Reviewer{Agent: 3}))
	s.visas(2, text(1), as(2))
	act, err := s.Reopen(draft, Edited)
	s.apply(1, act, err)
	s.stands(Drafting, 1)
	s.signs(nil, text(9), false) // the group demands no visa: the signatory may
	_, err = s.Visa(draft, 3, text(1), Approved, "", as(3))
	s.refuses(ErrNotOpen, err)
	s.submits(1, text(2), both(Reviewer{Agent: 2}), both(Reviewer{Agent: 3}))
	_, err = s.Visa(draft, 2, text(1), Approved, "", as(2))
	s.refuses(ErrChanged, err)
	d, _ := s.Draft(draft)
	if last, ok := d.LastVisa(2); !ok || last.Digest != text(1) || len(d.Given()) != 0 {
		t.Errorf("the last visa is %+v, %d count", last, len(d.Given()))
	}
	s.visas(2, text(2), as(2))
	s.visas(3, text(2), as(3))
	s.stands(ToSign, 2)
}

func TestAGroupsRuleIsMet(t *testing.T) {
	s := tell(t)
	rule, err := s.SetRule(RuleSet{Audience: 3, Message: "note", Steps: []Step{both(Reviewer{Agent: 2}), both(Reviewer{Audience: 5})}})
	s.apply(9, rule, err)
	_, err = s.SetRule(rule)
	s.refuses(ErrSameRule, err)
	s.signs(ErrVisaMissing, text(1), false)
	_, err = s.Submit(1, DraftSubmitted{Draft: draft, Origin: 3, Level: dr, Steps: []Step{both(Reviewer{Audience: 5}), both(Reviewer{Agent: 2})}}, "note")
	s.refuses(ErrRule, err)
	_, err = s.Submit(2, DraftSubmitted{Draft: draft, Origin: 3, Level: dr}, "note")
	s.refuses(ErrOwnVisa, err)
	s.submits(1, text(1)) // the rule's own steps
	s.visas(2, text(1), as(2))
	s.visas(6, text(1), as(6, 5))
	s.signs(nil, text(1), false)
	rule.Steps = append(rule.Steps, both(Reviewer{Agent: 4})) // one more is demanded meanwhile
	s.apply(9, rule, nil)
	s.signs(ErrVisaMissing, text(1), false)
	rule.Steps = nil
	s.apply(9, rule, nil)
	s.signs(nil, text(1), false)
	s.refuses(ErrContradiction, s.Check(rule))
}

func TestAnEasierStepDoesNotMeetTheRule(t *testing.T) {
	a, b, c := Reviewer{Agent: 2}, Reviewer{Agent: 4}, Reviewer{Agent: 5}
	for name, x := range map[string]struct {
		step, demanded Step
		holds          bool
	}{
		"the same":            {both(a, b), both(a, b), true},
		"more":                {both(a, b, c), both(a, b), true},
		"less":                {both(a), both(a, b), false},
		"one of them":         {any_(a, b), both(a, b), false},
		"one of one":          {any_(a), both(a), true},
		"all where one would": {both(a, b), any_(a, b), true},
		"fewer to choose":     {any_(a), any_(a, b), true},
		"a stranger might do": {any_(a, c), any_(a, b), false},
	} {
		if got := holdsStep(x.step, x.demanded); got != x.holds {
			t.Errorf("%s: %v, want %v", name, got, x.holds)
		}
	}
}

func TestAWordToSignIsTakenBackOrCarriedOut(t *testing.T) {
	s := tell(t)
	s.submits(1, text(1), both(Reviewer{Agent: 2}))
	s.visas(2, text(1), as(2))
	until := s.at.Add(30 * time.Second)
	hold := DraftHeld{Draft: draft, Origin: 3, Level: dr, Digest: text(1), Until: until}
	held, err := s.Hold(hold, "note")
	s.apply(7, held, err)
	s.stands(Held, 1)
	if next := s.DueNext(); !next.Equal(until) || len(s.Due(until.Add(-1))) != 0 || len(s.Due(until)) != 1 {
		t.Fatalf("due next %v", next)
	}
	s.signs(ErrHeld, text(1), false)
	_, err = s.Reopen(draft, Withdrawn)
	s.refuses(ErrHeld, err)
	_, err = s.Abandon(DraftAbandoned{Draft: draft, Origin: 3, Level: dr, Reason: "non"})
	s.refuses(ErrHeld, err)
	unheld, err := s.Unhold(draft, "")
	s.apply(8, unheld, err)
	s.stands(ToSign, 1)
	if n := s.Notices(7); len(n) != 1 || n[0].What != NoticeUnheld || n[0].By != 8 {
		t.Errorf("who held is told %+v", n)
	}
	s.apply(7, hold, nil)
	d, _ := s.Draft(draft)
	carried := Signing{Draft: draft, Origin: 3, Message: "note", Digest: text(1)}
	s.refuses(nil, s.MaySign(carried, d.Hold))
	carried.Digest = text(2)
	s.refuses(ErrChanged, s.MaySign(carried, d.Hold))
	other := *d.Hold
	other.By = 8
	s.refuses(ErrHeld, s.MaySign(Signing{Draft: draft, Origin: 3, Message: "note", Digest: text(1)}, &other))
	s.Released(draft, s.at, 7, false)
	if !s.DueNext().IsZero() {
		t.Error("something is due after the release")
	}
	s.refuses(ErrChanged, s.MaySign(Signing{Draft: draft, Origin: 3, Message: "note", Digest: text(1)}, d.Hold))
}

func TestAHeldTextWithoutVisasLeavesNothingBehind(t *testing.T) {
	s := tell(t)
	hold := DraftHeld{Draft: draft, Origin: 3, Level: dr, Digest: text(1), Until: noon.Add(time.Hour)}
	s.apply(7, hold, nil)
	s.apply(7, DraftUnheld{Draft: draft}, nil)
	if _, known := s.Draft(draft); known || s.Bound(draft, 3, "note") {
		t.Error("the draft is still on its way")
	}
	_, err := s.Unhold(draft, "")
	s.refuses(ErrNotHeld, err)
}

func TestReturnedAndAbandoned(t *testing.T) {
	s := tell(t)
	s.submits(1, text(1), both(Reviewer{Agent: 2}), both(Reviewer{Agent: 3}))
	_, err := s.ReturnAsReviewer(draft, 2, text(1), "", as(2))
	s.refuses(habilitation.ErrReasonMissing, err)
	_, err = s.ReturnToWriters(draft, "non")
	s.refuses(ErrNotOpen, err) // a signatory waits for the visas
	s.visas(2, text(1), as(2))
	returned, err := s.ReturnAsReviewer(draft, 3, text(1), "chiffres", as(3))
	s.apply(3, returned, err)
	s.stands(Drafting, 1)
	for _, told := range []habilitation.AgentID{1, 2} {
		if n := s.Notices(told); len(n) == 0 || n[0].What != NoticeReturned || n[0].Reason != "chiffres" {
			t.Errorf("%d is told %+v", told, n)
		}
	}
	s.submits(1, text(2), both(Reviewer{Agent: 2}))
	s.visas(2, text(2), as(2))
	returned, err = s.ReturnToWriters(draft, "trop long")
	s.apply(7, returned, err)
	abandoned, err := s.Abandon(DraftAbandoned{Draft: draft, Origin: 3, Level: dr, Reason: "sans objet"})
	s.apply(1, abandoned, err)
	s.stands(Abandoned, 2)
	s.signs(ErrAbandoned, text(2), false)
	_, err = s.Submit(1, DraftSubmitted{Draft: draft, Origin: 3, Level: dr, Digest: text(3), Steps: []Step{both(Reviewer{Agent: 2})}}, "note")
	s.refuses(ErrAbandoned, err)
}
