package habilitation

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// night is a roster of the directorate: the head is called first, the deputy after, and number two in the morning.
func night() RosterSet {
	return RosterSet{Audience: 1, AcknowledgeMinutes: 10, Watches: []Watch{
		{Agent: 6, From: noon, Until: noon.Add(12 * time.Hour)},
		{Agent: 7, From: noon, Until: noon.Add(12 * time.Hour)},
		{Agent: 6, From: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)},
		{Agent: 2, From: noon.Add(12 * time.Hour), Until: noon.Add(24 * time.Hour)},
	}}
}

func TestWhoIsOnDuty(t *testing.T) {
	r := lendingHouse(t)
	if _, ok := r.Roster(1); ok || r.OnDuty(1, noon) != nil {
		t.Fatal("a roster that nobody set")
	}
	act, err := r.SetRoster(2, night())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(noon, 2, act); err != nil {
		t.Fatal(err)
	}
	want := func(at time.Time, agents ...AgentID) {
		t.Helper()
		if got := r.OnDuty(1, at); !slices.Equal(got, agents) {
			t.Errorf("on duty at %s: %v, want %v", at.Format(time.DateTime), got, agents)
		}
	}
	want(noon.Add(-time.Microsecond))
	want(noon, 6, 7)
	want(noon.Add(90*time.Minute), 6, 7)
	want(noon.Add(12*time.Hour), 2)
	want(noon.Add(24 * time.Hour))
	apply(t, r, MemberLeft{Audience: 1, Agent: 6}, AgentDisabled{Agent: 2})
	want(noon, 7)
	want(noon.Add(12 * time.Hour))
	if roster, ok := r.Roster(1); !ok || roster.Acknowledge != 10*time.Minute || len(roster.Watches) != 4 || roster.By != 2 || !roster.Set.Equal(noon) {
		t.Errorf("the roster is %+v", roster)
	}
	apply(t, r, RosterSet{Audience: 1})
	if _, ok := r.Roster(1); ok || r.OnDuty(1, noon) != nil {
		t.Error("a roster without watches is a roster")
	}
}

func TestWhoSetsARosterAndOfWhom(t *testing.T) {
	for name, c := range map[string]struct {
		by     AgentID
		change func(*RosterSet)
		want   error
	}{
		"number two":              {2, func(*RosterSet) {}, nil},
		"nobody, by number two":   {2, func(s *RosterSet) { s.Watches, s.AcknowledgeMinutes = nil, 0 }, nil},
		"a signatory":             {6, func(*RosterSet) {}, ErrNotMandated},
		"a manager of another":    {3, func(*RosterSet) {}, ErrNotMandated},
		"no audience":             {2, func(s *RosterSet) { s.Audience = 99 }, ErrUnknown},
		"an agent from elsewhere": {2, func(s *RosterSet) { s.Watches[1].Agent = 3 }, ErrUnknown},
		"a guest":                 {2, func(s *RosterSet) { s.Watches[1].Agent = 5 }, ErrUnknown},
		"a watch that ends first": {2, func(s *RosterSet) { s.Watches[1].Until = s.Watches[1].From }, ErrBadPeriod},
		"no time to acknowledge":  {2, func(s *RosterSet) { s.AcknowledgeMinutes = 0 }, ErrBadPeriod},
		"too long to acknowledge": {2, func(s *RosterSet) { s.AcknowledgeMinutes = AcknowledgeMost + 1 }, ErrBadPeriod},
		"too many watches": {2, func(s *RosterSet) {
			for range WatchesMost {
				s.Watches = append(s.Watches, s.Watches[0])
			}
		}, ErrBadPeriod},
	} {
		r := lendingHouse(t)
		apply(t, r, MemberJoined{Audience: 1, Agent: 5})
		wish := night()
		c.change(&wish)
		if _, err := r.SetRoster(c.by, wish); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err := r.Check(wish); c.want != nil && !errors.Is(c.want, ErrNotMandated) && !errors.Is(err, ErrContradiction) {
			t.Errorf("%s, checked: %v", name, err)
		}
	}
}
