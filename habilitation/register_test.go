package habilitation

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// apply folds acts that must be allowed.
func apply(t testing.TB, r *Register, acts ...Act) {
	t.Helper()
	for _, act := range acts {
		if err := r.Apply(noon, 0, act); err != nil {
			t.Fatal(err)
		}
	}
}

// smallHouse has a directorate led by its number two (2), a community led by its manager (3), a newcomer (4) and a guest (5).
func smallHouse(t testing.TB) *Register {
	t.Helper()
	r := NewRegister()
	apply(t, r,
		AgentAdded{Agent: 1, Login: "archives", Name: "Iris Lemoine", Level: Restricted, Functions: []Function{Archivist}},
		AgentAdded{Agent: 2, Login: "second", Name: "Paul Ferrand", Title: "number two", Level: Restricted},
		AgentAdded{Agent: 3, Login: "meneuse", Name: "Awa Diarra", Level: Unprotected},
		AgentAdded{Agent: 4, Login: "nouveau", Name: "Théo Blanc", Level: Unprotected},
		AgentAdded{Agent: 5, Login: "ong", Name: "Une ONG", Level: Unprotected, Guest: true},
		AudienceCreated{Audience: 1, Key: "dam", Sort: "directorate", Name: Label{FR: "Afrique"}, Timbre: "DAM", Level: Restricted},
		AudienceCreated{Audience: 2, Key: "eau", Community: true, Sort: "community", Name: Label{FR: "Eau", EN: "Water"}, Level: Unprotected},
		MemberJoined{Audience: 1, Agent: 2, Duties: Drafter | NumberTwo},
		MemberJoined{Audience: 2, Agent: 3, Duties: Manager},
	)
	return r
}

func TestRegisterFindsWhatWasFolded(t *testing.T) {
	r := smallHouse(t)
	if a, ok := r.AgentByLogin("SECOND"); !ok || a.ID != 2 || a.Title != "number two" {
		t.Fatalf("agent by login: %+v %v", a, ok)
	}
	if a, ok := r.AudienceByTimbre("dam"); !ok || a.ID != 1 || a.Name.In("en") != "Afrique" {
		t.Fatalf("audience by timbre: %+v %v", a, ok)
	}
	if _, ok := r.AudienceByTimbre(""); ok {
		t.Fatal("the empty timbre names an audience")
	}
	if d, ok := r.Duties(2, 1); !ok || d != Drafter|NumberTwo {
		t.Fatalf("duties: %v %v", d, ok)
	}
	if m := r.Memberships(3); len(m) != 1 || m[0] != (Membership{Audience: 2, Agent: 3, Duties: Manager, Since: noon}) {
		t.Fatalf("memberships: %+v", m)
	}
	if n := len(slices.Collect(r.Agents())); n != 5 || r.AgentCount() != 5 || r.NextAgent() != 6 || r.NextAudience() != 3 {
		t.Fatalf("%d agents", n)
	}
}

func TestSignupIsDecidedOnceByTheOneInCharge(t *testing.T) {
	r := smallHouse(t)
	request := ID{1}
	act, err := r.RequestToJoin(4, 1, "I follow the Sahel", request)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, r, act)
	if _, err := r.RequestToJoin(4, 1, "", ID{2}); !errors.Is(err, ErrAlreadyAsked) {
		t.Fatalf("asked twice: %v", err)
	}
	for _, by := range []AgentID{0, 1, 3, 4, 99} {
		if _, err := r.AcceptSignup(by, request, 0); !errors.Is(err, ErrNotMandated) {
			t.Fatalf("agent %d decides: %v", by, err)
		}
	}
	if _, err := r.RefuseSignup(2, request, " \t"); !errors.Is(err, ErrReasonMissing) {
		t.Fatalf("refused without a reason: %v", err)
	}
	accepted, err := r.AcceptSignup(2, request, Drafter)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(noon.Add(time.Hour), 2, accepted); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AcceptSignup(2, request, 0); !errors.Is(err, ErrDecided) {
		t.Fatalf("decided twice: %v", err)
	}
	if s, _ := r.Signup(request); s.State != SignupIsAccepted || s.By != 2 || !s.Decided.Equal(noon.Add(time.Hour)) {
		t.Fatalf("sign-up: %+v", s)
	}
	if d, member := r.Duties(4, 1); !member || d != Drafter {
		t.Fatalf("duties after acceptance: %v %v", d, member)
	}
	if _, err := r.RequestToJoin(4, 1, "", ID{3}); !errors.Is(err, ErrAlreadyMember) {
		t.Fatalf("a member asks: %v", err)
	}
	if _, err := r.RequestToJoin(5, 2, "", ID{3}); !errors.Is(err, ErrNotMandated) {
		t.Fatalf("a guest asks: %v", err)
	}
}

func TestNobodyDecidesAboutThemselvesOrWithAClosedAccount(t *testing.T) {
	r := smallHouse(t)
	apply(t, r, SignupRequested{Request: ID{1}, Audience: 1, Agent: 4}, SignupAccepted{Request: ID{1}, Duties: NumberTwo},
		SignupRequested{Request: ID{2}, Audience: 1, Agent: 3})
	if _, err := r.RefuseSignup(4, ID{1}, "x"); !errors.Is(err, ErrNotMandated) {
		t.Errorf("about oneself: %v", err)
	}
	if !r.Directs(4, 1) || !r.Directs(3, 2) || r.Directs(2, 2) || r.Directs(4, 9) {
		t.Error("who directs")
	}
	apply(t, r, AgentDisabled{Agent: 4, Reason: "x"})
	if _, err := r.AcceptSignup(4, ID{2}, 0); !errors.Is(err, ErrNotMandated) || r.Directs(4, 1) {
		t.Errorf("with a closed account: %v", err)
	}
	apply(t, r, MemberJoined{Audience: 1, Agent: 3, Duties: Drafter})
	if s, _ := r.Signup(ID{2}); s.State != SignupIsAccepted || s.Duties != Drafter || len(r.PendingSignups(1)) != 0 || len(r.PendingOf(3)) != 0 {
		t.Errorf("a sign-up that waited is still open: %+v", s)
	}
}

func TestContradictionsAreRefusedAndChangeNothing(t *testing.T) {
	hash := make([]byte, 32)
	for name, act := range map[string]Act{
		"number taken":               AgentAdded{Agent: 5, Login: "x", Level: Unprotected},
		"number skipped":             AgentAdded{Agent: 7, Login: "x", Level: Unprotected},
		"login taken in other case":  AgentAdded{Agent: 6, Login: "Second", Level: Unprotected},
		"login with a space":         AgentAdded{Agent: 6, Login: "a b", Level: Unprotected},
		"no level":                   AgentAdded{Agent: 6, Login: "x"},
		"guest cleared restricted":   AgentAdded{Agent: 6, Login: "x", Level: Restricted, Guest: true},
		"guest archivist":            AgentAdded{Agent: 6, Login: "x", Level: Unprotected, Guest: true, Functions: []Function{Archivist}},
		"unknown function":           AgentAdded{Agent: 6, Login: "x", Level: Unprotected, Functions: []Function{"king"}},
		"function twice":             AgentAdded{Agent: 6, Login: "x", Level: Unprotected, Functions: []Function{Auditor, Auditor}},
		"guest cleared later":        AgentCleared{Agent: 5, Level: Restricted},
		"guest appointed":            AgentAppointed{Agent: 5, Functions: []Function{Auditor}},
		"nobody cleared":             AgentCleared{Agent: 0, Level: Restricted},
		"nobody disabled":            AgentDisabled{Agent: 9},
		"enabled account enabled":    AgentEnabled{Agent: 2},
		"terminal without identity":  TerminalRegistered{Name: "x", Level: Restricted, SecretHash: hash},
		"terminal with short secret": TerminalRegistered{Terminal: ID{1}, Name: "x", Level: Restricted, SecretHash: hash[:31]},
		"unknown terminal cleared":   TerminalCleared{Terminal: ID{1}, Level: Restricted},
		"unknown terminal withdrawn": TerminalWithdrawn{Terminal: ID{1}},
		"audience number skipped":    AudienceCreated{Audience: 4, Key: "x", Sort: "service", Name: Label{FR: "x"}, Timbre: "X", Level: Unprotected},
		"key taken":                  AudienceCreated{Audience: 3, Key: "DAM", Sort: "service", Name: Label{FR: "x"}, Timbre: "X", Level: Unprotected},
		"timbre taken":               AudienceCreated{Audience: 3, Key: "x", Sort: "service", Name: Label{FR: "x"}, Timbre: "DAM", Level: Unprotected},
		"timbre in lower case":       AudienceCreated{Audience: 3, Key: "x", Sort: "service", Name: Label{FR: "x"}, Timbre: "x", Level: Unprotected},
		"group without timbre":       AudienceCreated{Audience: 3, Key: "x", Sort: "service", Name: Label{FR: "x"}, Level: Unprotected},
		"unknown parent":             AudienceCreated{Audience: 3, Key: "x", Sort: "service", Name: Label{FR: "x"}, Timbre: "X", Level: Unprotected, Parent: 3},
		"member again":               MemberJoined{Audience: 1, Agent: 2, Duties: Drafter | NumberTwo},
		"unknown duty":               MemberJoined{Audience: 1, Agent: 4, Duties: 64},
		"guest with a duty":          MemberJoined{Audience: 2, Agent: 5, Duties: Drafter},
		"unknown member":             MemberJoined{Audience: 1, Agent: 9},
		"unknown audience":           MemberJoined{Audience: 9, Agent: 1},
		"leaves without belonging":   MemberLeft{Audience: 1, Agent: 4},
		"sign-up of a member":        SignupRequested{Request: ID{1}, Audience: 1, Agent: 2},
		"sign-up without identity":   SignupRequested{Audience: 1, Agent: 4},
		"sign-up of a guest":         SignupRequested{Request: ID{1}, Audience: 1, Agent: 5},
		"unknown sign-up accepted":   SignupAccepted{Request: ID{1}},
		"unknown sign-up refused":    SignupRefused{Request: ID{1}, Reason: "x"},
	} {
		r := smallHouse(t)
		version := r.Version()
		if err := r.Apply(noon, 0, act); !errors.Is(err, ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Check(act); !errors.Is(err, ErrContradiction) {
			t.Errorf("%s, checked: %v", name, err)
		}
		if r.Version() != version {
			t.Errorf("%s: the register moved", name)
		}
	}
}

func TestReadersCountsEachClearedAgentOnce(t *testing.T) {
	r := smallHouse(t)
	apply(t, r, MemberJoined{Audience: 2, Agent: 2}, MemberJoined{Audience: 2, Agent: 4}, MemberJoined{Audience: 2, Agent: 5})
	both := Reach{Addressed: []AudienceID{1, 2, 2, 77}}
	if n := r.Readers(both, Unprotected); n != 4 {
		t.Fatalf("%d readers of unprotected messages", n)
	}
	if n := r.Readers(both, Restricted); n != 1 {
		t.Fatalf("%d readers of restricted messages", n)
	}
	apply(t, r, AgentDisabled{Agent: 2, Reason: "left"})
	if n := r.Readers(both, Restricted); n != 0 {
		t.Fatalf("%d readers after the account closed", n)
	}
}

// TestTagsBringGuestsNothing: a guest in an audience that declared a tag counts only where something else brings the message.
func TestTagsBringGuestsNothing(t *testing.T) {
	r := smallHouse(t)
	apply(t, r, MemberJoined{Audience: 1, Agent: 5}, MemberJoined{Audience: 2, Agent: 5}, MemberJoined{Audience: 2, Agent: 2})
	for _, c := range []struct {
		name string
		of   Reach
		want int
	}{
		{"addressed", Reach{Addressed: []AudienceID{2}}, 3},
		{"by tag", Reach{Declaring: []AudienceID{2}}, 2},
		{"by tag, and named", Reach{Declaring: []AudienceID{2}, Named: []AgentID{5, 5}}, 3},
		{"by tag, and another group addressed", Reach{Addressed: []AudienceID{1}, Declaring: []AudienceID{1, 2}}, 3},
		{"by tag, and addressed itself", Reach{Addressed: []AudienceID{2}, Declaring: []AudienceID{2}}, 3},
		{"somebody unknown by name", Reach{Named: []AgentID{0, 99}}, 0},
	} {
		if n := r.Readers(c.of, Unprotected); n != c.want {
			t.Errorf("%s: %d readers, want %d", c.name, n, c.want)
		}
	}
}
