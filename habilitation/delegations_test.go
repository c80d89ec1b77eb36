package habilitation

import (
	"errors"
	"testing"
	"time"
)

const week = 7 * 24 * time.Hour

// lendingHouse is the small house with a head of the directorate (6, cleared restricted) who signs and drafts there and addresses
// collectives, and a deputy (7, cleared restricted) who only reads.
func lendingHouse(t testing.TB) *Register {
	t.Helper()
	r := smallHouse(t)
	apply(t, r,
		AgentAdded{Agent: 6, Login: "chef", Name: "Jeanne Morel", Level: Restricted},
		AgentAdded{Agent: 7, Login: "adjoint", Name: "Omar Sy", Level: Restricted},
		MemberJoined{Audience: 1, Agent: 6, Duties: Drafter | Signatory | Collective},
		MemberJoined{Audience: 1, Agent: 7},
	)
	return r
}

// interim is the head lending the signature to the deputy for a week from noon.
func interim() DelegationGiven {
	return DelegationGiven{Delegation: ID{1}, From: 6, To: 7, Audience: 1, Duties: Signatory, Begins: noon, Ends: noon.Add(week), Reason: "congé"}
}

func lend(t testing.TB, r *Register, wish DelegationGiven) {
	t.Helper()
	act, err := r.Delegate(wish.From, wish, noon)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, r, act)
}

func (r *Register) wantActs(t testing.TB, agent AgentID, duty Duty, level Level, at time.Time, onBehalf AgentID, may bool) {
	t.Helper()
	if on, ok := r.MayActOn(agent, 1, duty, level, at); on != onBehalf || ok != may {
		t.Errorf("agent %d as %s of %s things at %s: on behalf of %d, %v; want %d, %v", agent, duty, level, at.Format(time.DateTime), on, ok, onBehalf, may)
	}
}

func TestDelegationLastsFromItsBeginningToItsEnd(t *testing.T) {
	r := lendingHouse(t)
	later := interim()
	later.Begins = noon.Add(time.Hour)
	lend(t, r, later)
	r.wantActs(t, 7, Signatory, Restricted, noon.Add(time.Hour-time.Microsecond), 0, false)
	r.wantActs(t, 7, Signatory, Restricted, noon.Add(time.Hour), 6, true)
	r.wantActs(t, 7, Signatory, Restricted, noon.Add(week-time.Microsecond), 6, true)
	r.wantActs(t, 7, Signatory, Restricted, noon.Add(week), 0, false)
	r.wantActs(t, 6, Signatory, Restricted, noon.Add(week), 0, true)
	if on, ok := r.MayAct(7, 1, Signatory, noon.Add(2*time.Hour)); on != 6 || !ok {
		t.Errorf("without a level: %d, %v", on, ok)
	}
	if _, ok := r.MayAct(7, 2, Signatory, noon.Add(2*time.Hour)); ok {
		t.Error("in another audience")
	}
	if _, ok := r.MayAct(7, 1, 0, noon.Add(2*time.Hour)); ok {
		t.Error("no duty at all")
	}
	r.wantActs(t, 7, Drafter, Restricted, noon.Add(2*time.Hour), 0, false)
	r.wantActs(t, 7, Drafter|Signatory, Restricted, noon.Add(2*time.Hour), 0, false)
}

// TestDelegationNeverGivesMoreThanTheGiverHas takes away from the giver or the receiver, and sees the delegation sleep and wake.
func TestDelegationNeverGivesMoreThanTheGiverHas(t *testing.T) {
	for name, c := range map[string]struct {
		taken    Act
		given    Act
		level    Level
		sleeping bool
	}{
		"giver loses the duty":           {MemberJoined{Audience: 1, Agent: 6, Duties: Drafter}, MemberJoined{Audience: 1, Agent: 6, Duties: Signatory}, Unprotected, true},
		"giver leaves":                   {MemberLeft{Audience: 1, Agent: 6}, MemberJoined{Audience: 1, Agent: 6, Duties: Signatory}, Unprotected, true},
		"giver's account is closed":      {AgentDisabled{Agent: 6}, AgentEnabled{Agent: 6}, Unprotected, true},
		"giver is no longer cleared":     {AgentCleared{Agent: 6, Level: Unprotected}, AgentCleared{Agent: 6, Level: Restricted}, Restricted, true},
		"receiver is no longer cleared":  {AgentCleared{Agent: 7, Level: Unprotected}, AgentCleared{Agent: 7, Level: Restricted}, Restricted, true},
		"receiver's account is closed":   {AgentDisabled{Agent: 7}, AgentEnabled{Agent: 7}, Unprotected, true},
		"giver's level, a lower message": {AgentCleared{Agent: 6, Level: Unprotected}, AgentCleared{Agent: 6, Level: Restricted}, Unprotected, false},
		"receiver leaves the audience":   {MemberLeft{Audience: 1, Agent: 7}, MemberJoined{Audience: 1, Agent: 7}, Restricted, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := lendingHouse(t)
			lend(t, r, interim())
			r.wantActs(t, 7, Signatory, c.level, noon, 6, true)
			apply(t, r, c.taken)
			if c.sleeping {
				r.wantActs(t, 7, Signatory, c.level, noon, 0, false)
			} else {
				r.wantActs(t, 7, Signatory, c.level, noon, 6, true)
			}
			apply(t, r, c.given)
			r.wantActs(t, 7, Signatory, c.level, noon, 6, true)
		})
	}
}

func TestOwnRightGoesBeforeADelegation(t *testing.T) {
	r := lendingHouse(t)
	lend(t, r, interim())
	apply(t, r, MemberJoined{Audience: 1, Agent: 7, Duties: Signatory})
	r.wantActs(t, 7, Signatory, Restricted, noon, 0, true)
}

// TestASecondDelegationServesWhereTheFirstDoesNot: of two givers, the one who is cleared for the message.
func TestASecondDelegationServesWhereTheFirstDoesNot(t *testing.T) {
	r := lendingHouse(t)
	apply(t, r, MemberJoined{Audience: 1, Agent: 4, Duties: Signatory})
	unprotected := interim()
	unprotected.Delegation, unprotected.From = ID{2}, 4
	lend(t, r, unprotected)
	lend(t, r, interim())
	r.wantActs(t, 7, Signatory, Unprotected, noon, 4, true)
	r.wantActs(t, 7, Signatory, Restricted, noon, 6, true)
}

func TestWhatCannotBeLent(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*DelegationGiven)
		want   error
	}{
		"a duty not held":            {func(d *DelegationGiven) { d.From = 2; d.Duties = Signatory }, ErrNotMandated},
		"by a reader":                {func(d *DelegationGiven) { d.From, d.To = 7, 6 }, ErrNotMandated},
		"by somebody else":           {func(d *DelegationGiven) { d.From = 3 }, ErrNotMandated},
		"by a guest":                 {func(d *DelegationGiven) { d.From = 5 }, ErrNotMandated},
		"to a guest":                 {func(d *DelegationGiven) { d.To = 5 }, ErrNotMandated},
		"to oneself":                 {func(d *DelegationGiven) { d.To = 6 }, ErrToOneself},
		"to nobody":                  {func(d *DelegationGiven) { d.To = 99 }, ErrUnknown},
		"in no audience":             {func(d *DelegationGiven) { d.Audience = 99 }, ErrUnknown},
		"nothing":                    {func(d *DelegationGiven) { d.Duties = 0 }, ErrNotMandated},
		"who joins":                  {func(d *DelegationGiven) { d.From, d.Duties = 2, NumberTwo }, ErrNotMandated},
		"an unknown duty":            {func(d *DelegationGiven) { d.Duties = 128 }, ErrNotMandated},
		"an end before its start":    {func(d *DelegationGiven) { d.Begins, d.Ends = noon.Add(week), noon.Add(time.Hour) }, ErrBadPeriod},
		"an end that has passed":     {func(d *DelegationGiven) { d.Begins, d.Ends = noon.Add(-week), noon }, ErrBadPeriod},
		"for more than a year":       {func(d *DelegationGiven) { d.Ends = noon.Add(DelegationLongest + time.Second) }, ErrBadPeriod},
		"without a reason":           {func(d *DelegationGiven) { d.Reason = " \n" }, ErrReasonMissing},
		"under an identity in use":   {func(d *DelegationGiven) { d.Delegation = ID{9} }, ErrContradiction},
		"without an identity at all": {func(d *DelegationGiven) { d.Delegation = ID{} }, ErrContradiction},
	} {
		r := lendingHouse(t)
		used := interim()
		used.Delegation, used.Duties = ID{9}, Drafter
		lend(t, r, used)
		wish := interim()
		c.change(&wish)
		if _, err := r.Delegate(wish.From, wish, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	r := lendingHouse(t)
	apply(t, r, AgentDisabled{Agent: 7})
	if _, err := r.Delegate(6, interim(), noon); !errors.Is(err, ErrNotMandated) {
		t.Errorf("to a closed account: %v", err)
	}
}

func TestWhatWasLentIsNotLentOn(t *testing.T) {
	r := lendingHouse(t)
	lend(t, r, interim())
	onward := DelegationGiven{Delegation: ID{2}, From: 7, To: 2, Audience: 1, Duties: Signatory, Begins: noon, Ends: noon.Add(time.Hour), Reason: "x"}
	if _, err := r.Delegate(7, onward, noon); !errors.Is(err, ErrNotMandated) {
		t.Errorf("decided: %v", err)
	}
	if err := r.Check(onward); !errors.Is(err, ErrContradiction) {
		t.Errorf("checked: %v", err)
	}
}

func TestABeginningThatHasPassedIsNow(t *testing.T) {
	r := lendingHouse(t)
	wish := interim()
	wish.Begins = noon.Add(-week)
	at := noon.Add(1500 * time.Millisecond)
	if act, err := r.Delegate(6, wish, at); err != nil || !act.Begins.Equal(noon.Add(time.Second)) {
		t.Errorf("begins %s, %v", act.Begins, err)
	}
}

func TestDelegationIsEndedOnceByThoseConcerned(t *testing.T) {
	for by, want := range map[AgentID]error{6: nil, 7: nil, 2: nil, 3: ErrNotMandated, 1: ErrNotMandated, 0: ErrNotMandated} {
		r := lendingHouse(t)
		lend(t, r, interim())
		act, err := r.EndDelegation(by, ID{1}, "retour", noon.Add(time.Hour))
		if !errors.Is(err, want) {
			t.Errorf("by %d: %v, want %v", by, err, want)
		}
		if err != nil {
			continue
		}
		if err := r.Apply(noon.Add(time.Hour), by, act); err != nil {
			t.Fatal(err)
		}
		r.wantActs(t, 7, Signatory, Unprotected, noon.Add(time.Hour-time.Microsecond), 6, true)
		r.wantActs(t, 7, Signatory, Unprotected, noon.Add(time.Hour), 0, false)
		if _, err := r.EndDelegation(by, ID{1}, "", noon.Add(2*time.Hour)); !errors.Is(err, ErrDecided) {
			t.Errorf("ended twice: %v", err)
		}
		if one, ok := r.Delegation(ID{1}); !ok || one.EndedBy != by || !one.Ended.Equal(noon.Add(time.Hour)) || !one.Over(noon.Add(time.Hour)) {
			t.Errorf("it is %+v, %v", one, ok)
		}
	}
	r := lendingHouse(t)
	lend(t, r, interim())
	if _, err := r.EndDelegation(6, ID{1}, "", noon.Add(week)); !errors.Is(err, ErrDecided) {
		t.Errorf("ended after its end: %v", err)
	}
	if _, err := r.EndDelegation(6, ID{2}, "", noon); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	if err := r.Check(DelegationEnded{Delegation: ID{2}}); !errors.Is(err, ErrContradiction) {
		t.Errorf("unknown, checked: %v", err)
	}
}

func TestDelegationsAreListedLatestFirst(t *testing.T) {
	r := lendingHouse(t)
	lend(t, r, interim())
	second := interim()
	second.Delegation, second.To = ID{2}, 2
	lend(t, r, second)
	ids := func(list []Delegation) (ids []byte) {
		for _, d := range list {
			ids = append(ids, d.ID[0])
		}
		return ids
	}
	for what, c := range map[string]struct {
		got  []Delegation
		want string
	}{
		"of the giver": {r.DelegationsOf(6), "\x02\x01"}, "of a receiver": {r.DelegationsOf(7), "\x01"},
		"of another": {r.DelegationsOf(3), ""}, "in the audience": {r.DelegationsIn(1), "\x02\x01"}, "in another": {r.DelegationsIn(2), ""},
	} {
		if got := string(ids(c.got)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
