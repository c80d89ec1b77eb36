package habilitation

import (
	"errors"
	"slices"
	"testing"
)

// wideHouse has a ministry (3) above two posts (4, 5) and a consulate (6) below one of them; agent 6 administers it.
func wideHouse(t testing.TB) *Register {
	t.Helper()
	r := smallHouse(t)
	group := func(id AudienceID, key, sort, timbre string, parent AudienceID) Act {
		return AudienceCreated{Audience: id, Key: key, Sort: sort, Name: Label{FR: key}, Timbre: timbre, Parent: parent, Level: Restricted}
	}
	apply(t, r, group(3, "ministere", "ministry", "MIN", 0), group(4, "bamako", "embassy", "BAMAKO", 3), group(5, "rome", "embassy", "ROME", 1),
		group(6, "gao", "consulate", "GAO", 4), AgentAdded{Agent: 6, Login: "admin", Level: Unprotected, Functions: []Function{Administrator}})
	return r
}

func TestWhatACollectiveStandsFor(t *testing.T) {
	for name, c := range map[string]struct {
		act  CollectiveDefined
		want []AudienceID
	}{
		"listed":                 {CollectiveDefined{Audiences: []AudienceID{5, 2}}, []AudienceID{2, 5}},
		"sorts anywhere":         {CollectiveDefined{Sorts: []string{"embassy"}}, []AudienceID{4, 5}},
		"sorts below":            {CollectiveDefined{Sorts: []string{"embassy", "consulate"}, Parent: 3}, []AudienceID{4, 6}},
		"sorts below, and one":   {CollectiveDefined{Sorts: []string{"embassy"}, Parent: 3, Audiences: []AudienceID{4, 1}}, []AudienceID{1, 4}},
		"a sort that is nowhere": {CollectiveDefined{Sorts: []string{"mission"}}, nil},
	} {
		r := wideHouse(t)
		c.act.Collective, c.act.Name = "tous", Label{FR: "Tous"}
		act, err := r.DefineCollective(6, c.act)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		apply(t, r, act)
		if got, ok := r.Collective("tous"); !ok || !slices.Equal(got.Audiences, c.want) {
			t.Errorf("%s: %v, want %v", name, got.Audiences, c.want)
		}
	}
}

func TestCollectivesAreDefinedAnewAndWithdrawn(t *testing.T) {
	r := wideHouse(t)
	apply(t, r,
		CollectiveDefined{Collective: "postes", Name: Label{FR: "Postes"}, Sorts: []string{"embassy"}},
		CollectiveDefined{Collective: "afrique", Name: Label{FR: "Afrique"}, Audiences: []AudienceID{4}},
		AudienceCreated{Audience: 7, Key: "dakar", Sort: "embassy", Name: Label{FR: "Dakar"}, Timbre: "DAKAR", Level: Restricted},
		CollectiveDefined{Collective: "afrique", Name: Label{FR: "Afrique"}, Audiences: []AudienceID{4, 7}},
	)
	all := r.Collectives()
	if len(all) != 2 || all[0].Key != "afrique" || !slices.Equal(all[0].Audiences, []AudienceID{4, 7}) || !slices.Equal(all[1].Audiences, []AudienceID{4, 5, 7}) {
		t.Fatalf("%+v", all)
	}
	withdrawn, err := r.WithdrawCollective(6, "afrique", "réorganisation")
	if err != nil {
		t.Fatal(err)
	}
	apply(t, r, withdrawn)
	if _, ok := r.Collective("afrique"); ok {
		t.Error("withdrawn, and there")
	}
	if _, err := r.WithdrawCollective(6, "afrique", ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if err := r.Check(withdrawn); !errors.Is(err, ErrContradiction) {
		t.Errorf("withdrawn twice, checked: %v", err)
	}
}

func TestCollectivesThatMeanNothing(t *testing.T) {
	for name, act := range map[string]Act{
		"no key":           CollectiveDefined{Name: Label{FR: "x"}, Audiences: []AudienceID{1}},
		"key of two words": CollectiveDefined{Collective: "a b", Name: Label{FR: "x"}, Audiences: []AudienceID{1}},
		"key in upper":     CollectiveDefined{Collective: "Tous", Name: Label{FR: "x"}, Audiences: []AudienceID{1}},
		"no name":          CollectiveDefined{Collective: "x", Audiences: []AudienceID{1}},
		"nothing":          CollectiveDefined{Collective: "x", Name: Label{FR: "x"}},
		"unknown audience": CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Audiences: []AudienceID{99}},
		"audience twice":   CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Audiences: []AudienceID{1, 1}},
		"empty sort":       CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Sorts: []string{""}},
		"sort twice":       CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Sorts: []string{"a", "a"}},
		"unknown parent":   CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Sorts: []string{"a"}, Parent: 99},
		"parent of a list": CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Audiences: []AudienceID{1}, Parent: 1},
		"operator nowhere": OperatorDeskNamed{Audience: 99},
		"no operator":      OperatorDeskNamed{},
		"a community":      OperatorDeskNamed{Audience: 2},
	} {
		if err := wideHouse(t).Check(act); !errors.Is(err, ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdministratorsAloneDefineCollectivesAndNameTheOperatorDesk(t *testing.T) {
	r := wideHouse(t)
	define := CollectiveDefined{Collective: "x", Name: Label{FR: "x"}, Audiences: []AudienceID{1}}
	apply(t, r, define)
	for _, by := range []AgentID{0, 1, 2, 3, 99} {
		_, defined := r.DefineCollective(by, define)
		_, withdrawn := r.WithdrawCollective(by, "x", "")
		_, named := r.NameOperatorDesk(by, 1)
		for _, err := range []error{defined, withdrawn, named} {
			if !errors.Is(err, ErrNotMandated) {
				t.Errorf("by %d: %v", by, err)
			}
		}
	}
	if r.OperatorDesk() != 0 {
		t.Error("an operator desk that nobody named")
	}
	named, err := r.NameOperatorDesk(6, 1)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, r, named)
	if r.OperatorDesk() != 1 {
		t.Error("the operator desk is not the one named")
	}
	if _, err := r.DefineCollective(6, CollectiveDefined{}); !errors.Is(err, ErrContradiction) {
		t.Errorf("a collective of nothing: %v", err)
	}
	apply(t, r, AgentDisabled{Agent: 6})
	if _, err := r.NameOperatorDesk(6, 3); !errors.Is(err, ErrNotMandated) {
		t.Errorf("with a closed account: %v", err)
	}
}

func TestTheRightToCollectivesIsGivenByTheHouse(t *testing.T) {
	r := wideHouse(t)
	apply(t, r, SignupRequested{Request: ID{1}, Audience: 1, Agent: 4})
	if _, err := r.AcceptSignup(2, ID{1}, Drafter|Collective); !errors.Is(err, ErrNotGivable) {
		t.Errorf("given by number two: %v", err)
	}
	apply(t, r, AgentAppointed{Agent: 2, Functions: []Function{Administrator}})
	if _, err := r.AcceptSignup(2, ID{1}, Drafter|Collective); err != nil {
		t.Errorf("given by a number two who administers: %v", err)
	}
}
