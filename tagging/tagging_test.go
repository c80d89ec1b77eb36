package tagging

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"chancery/habilitation"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	unprotected = habilitation.Unprotected
	restricted  = habilitation.Restricted
)

const (
	second   = habilitation.AgentID(1) // number two of group 1
	manager  = habilitation.AgentID(2) // manager of community 2
	keeper   = habilitation.AgentID(3) // number two of group 3, steward of the tags
	outsider = habilitation.AgentID(4)
)

// house is a register, a thesaurus and declarations that fold the same acts.
type house struct {
	testing.TB
	register     *habilitation.Register
	thesaurus    *Thesaurus
	declarations *Declarations
	ids          byte
}

func newHouse(t testing.TB) *house {
	h := &house{TB: t, register: habilitation.NewRegister(), thesaurus: NewThesaurus(), declarations: NewDeclarations()}
	for i, login := range []string{"second", "meneuse", "documentaliste", "passant"} {
		h.enrol(habilitation.AgentAdded{Agent: habilitation.AgentID(i + 1), Login: login, Level: restricted})
	}
	h.enrol(
		habilitation.AudienceCreated{Audience: 1, Key: "dam", Sort: "directorate", Name: habilitation.Label{FR: "Afrique"}, Timbre: "DAM", Level: restricted},
		habilitation.AudienceCreated{Audience: 2, Key: "eau", Community: true, Sort: "community", Name: habilitation.Label{FR: "Eau"}, Level: unprotected},
		habilitation.AudienceCreated{Audience: 3, Key: "doc", Sort: "service", Name: habilitation.Label{FR: "Documentation"}, Timbre: "DOC", Level: restricted},
		habilitation.MemberJoined{Audience: 1, Agent: second, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 1, Agent: outsider, Duties: habilitation.Manager | habilitation.Drafter | habilitation.Signatory},
		habilitation.MemberJoined{Audience: 2, Agent: manager, Duties: habilitation.Manager},
		habilitation.MemberJoined{Audience: 2, Agent: outsider, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 3, Agent: keeper, Duties: habilitation.NumberTwo},
	)
	h.apply(
		TagCreated{Tag: 1, Key: "eau", Label: habilitation.Label{FR: "Eau douce", EN: "Fresh water"}, Synonyms: []string{"fleuves"}, Steward: 3, State: Active},
		TagCreated{Tag: 2, Key: "cote-d-ivoire", Label: habilitation.Label{FR: "Côte d’Ivoire", EN: "Ivory Coast"}, Synonyms: []string{"RCI"}, Steward: 3, State: Active},
		TagCreated{Tag: 3, Key: "droit-de-l-eau", Label: habilitation.Label{FR: "Droit de l'eau", EN: "Water law"}, State: Active},
		TagCreated{Tag: 4, Key: "telex", Label: habilitation.Label{FR: "Télex"}, State: Retired},
		TagCreated{Tag: 5, Key: "espace", Label: habilitation.Label{FR: "Espace"}, State: Proposed},
	)
	return h
}

func (h *house) enrol(acts ...habilitation.Act) {
	h.Helper()
	for _, act := range acts {
		if err := h.register.Apply(noon, 0, act); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) apply(acts ...Act) {
	h.Helper()
	for _, act := range acts {
		if err := errors.Join(h.thesaurus.Apply(noon, 0, act), h.declarations.Apply(noon, 0, act)); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) newID() habilitation.ID {
	h.ids++
	return habilitation.ID{h.ids}
}

// declares decides and folds a declaration.
func (h *house) declares(by habilitation.AgentID, tag habilitation.TagID, a habilitation.AudienceID, level habilitation.Level) habilitation.ID {
	h.Helper()
	act, err := h.declarations.Declare(h.register, by, tag, a, level, h.newID())
	if err != nil {
		h.Fatal(err)
	}
	h.apply(act)
	return act.Declaration
}

func (h *house) wantDeclared(a habilitation.AudienceID, level habilitation.Level, want ...habilitation.TagID) {
	h.Helper()
	if got := h.declarations.DeclaredBy(a, level); !slices.Equal(got, want) {
		h.Errorf("audience %d receives %s messages under %v, want %v", a, level, got, want)
	}
}

func (h *house) wantState(id habilitation.ID, state DeclarationState, granted habilitation.Level) Declaration {
	h.Helper()
	d, ok := h.declarations.Declaration(id)
	if !ok || d.State != state || d.Granted() != granted {
		h.Errorf("declaration %+v, want %s up to %s", d, state, granted)
	}
	return d
}

func TestDeclarationForUnprotectedHoldsAtOnce(t *testing.T) {
	h := newHouse(t)
	id := h.declares(manager, 1, 2, unprotected)
	h.wantState(id, InForce, unprotected)
	h.wantDeclared(2, unprotected, 1)
	h.wantDeclared(2, restricted)
	if len(h.declarations.Pending(0)) != 0 {
		t.Error("somebody is asked")
	}
}

func TestDeclarationForRestrictedWaitsForTheSteward(t *testing.T) {
	h := newHouse(t)
	id := h.declares(second, 1, 1, restricted)
	h.wantState(id, Pending, unprotected)
	h.wantDeclared(1, unprotected, 1)
	h.wantDeclared(1, restricted)
	if p := h.declarations.Pending(3); len(p) != 1 || p[0].ID != id {
		t.Fatalf("pending for the steward: %+v", p)
	}
	if p := h.declarations.Pending(1); len(p) != 0 {
		t.Fatalf("pending for another: %+v", p)
	}
	for _, by := range []habilitation.AgentID{0, second, manager, outsider} {
		if _, err := h.declarations.Approve(h.register, by, id); !errors.Is(err, ErrNotMandated) {
			t.Errorf("agent %d approves: %v", by, err)
		}
	}
	version := h.declarations.Version()
	approved, err := h.declarations.Approve(h.register, keeper, id)
	if err != nil {
		t.Fatal(err)
	}
	h.wantDeclared(1, restricted) // deciding changes nothing
	if h.declarations.Version() != version {
		t.Fatal("deciding moved the version")
	}
	h.apply(approved)
	h.wantState(id, InForce, restricted)
	h.wantDeclared(1, restricted, 1)
	if h.declarations.Version() == version || len(h.declarations.Pending(0)) != 0 {
		t.Error("version or pending")
	}
	if _, err := h.declarations.Refuse(h.register, keeper, id, "x"); !errors.Is(err, ErrDecided) {
		t.Errorf("decided twice: %v", err)
	}
}

func TestRefusalLeavesTheUnprotectedAndMayBeAskedAgain(t *testing.T) {
	h := newHouse(t)
	id := h.declares(second, 1, 1, restricted)
	if _, err := h.declarations.Refuse(h.register, keeper, id, " \n"); !errors.Is(err, ErrReasonMissing) {
		t.Fatalf("no reason: %v", err)
	}
	refused, err := h.declarations.Refuse(h.register, keeper, id, "besoin d'en connaître non établi")
	if err != nil {
		t.Fatal(err)
	}
	h.apply(refused)
	if d := h.wantState(id, Refused, unprotected); d.Reason != refused.Reason || !d.DecidedAt.Equal(noon) {
		t.Errorf("%+v", d)
	}
	h.wantDeclared(1, unprotected, 1)
	h.wantDeclared(1, restricted)
	again := h.declares(second, 1, 1, restricted)
	h.wantState(id, Superseded, 0)
	h.apply(DeclarationApproved{Declaration: again})
	h.wantDeclared(1, restricted, 1)
	h.wantDeclared(1, unprotected, 1)
}

func TestWithdrawalHoldsAtOnce(t *testing.T) {
	h := newHouse(t)
	id := h.declares(second, 1, 1, restricted)
	h.apply(DeclarationApproved{Declaration: id})
	waiting := h.declares(second, 2, 1, restricted)
	if _, err := h.declarations.Withdraw(h.register, outsider, 1, 1, "x"); !errors.Is(err, ErrNotMandated) {
		t.Fatalf("another withdraws: %v", err)
	}
	if _, err := h.declarations.Withdraw(h.register, second, 3, 1, "x"); !errors.Is(err, ErrNotDeclared) {
		t.Fatalf("withdraws what was not declared: %v", err)
	}
	for _, tag := range []habilitation.TagID{1, 2} {
		act, err := h.declarations.Withdraw(h.register, second, tag, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		h.apply(act)
	}
	h.wantState(id, Withdrawn, 0)
	h.wantState(waiting, Withdrawn, 0)
	h.wantDeclared(1, unprotected)
	h.wantDeclared(1, restricted)
	if len(h.declarations.Pending(0)) != 0 || len(h.declarations.Of(1)) != 0 || len(h.declarations.Route([]habilitation.TagID{1, 2}, unprotected)) != 0 {
		t.Error("something is left")
	}
	if _, err := h.declarations.Approve(h.register, keeper, waiting); !errors.Is(err, ErrDecided) {
		t.Errorf("approves what was withdrawn: %v", err)
	}
	h.declares(second, 1, 1, unprotected)
	h.wantDeclared(1, unprotected, 1)
}

func TestWhoMayDeclareWhat(t *testing.T) {
	h := newHouse(t)
	h.declares(second, 2, 1, unprotected)
	h.declares(second, 3, 1, restricted)
	for name, c := range map[string]struct {
		by       habilitation.AgentID
		tag      habilitation.TagID
		audience habilitation.AudienceID
		level    habilitation.Level
		want     error
	}{
		"number two of a group":          {second, 1, 1, restricted, nil},
		"manager in a group":             {outsider, 1, 1, unprotected, ErrNotMandated},
		"manager of a community":         {manager, 1, 2, unprotected, nil},
		"number two in a community":      {outsider, 1, 2, unprotected, ErrNotMandated},
		"another audience's":             {second, 1, 2, unprotected, ErrNotMandated},
		"nobody":                         {0, 1, 1, unprotected, ErrNotMandated},
		"unknown tag":                    {second, 9, 1, unprotected, ErrUnknown},
		"no tag":                         {second, 0, 1, unprotected, ErrUnknown},
		"unknown audience":               {second, 1, 9, unprotected, ErrUnknown},
		"retired tag":                    {second, 4, 1, unprotected, ErrNotActive},
		"proposed tag":                   {second, 5, 1, unprotected, ErrNotActive},
		"above what it may be addressed": {manager, 1, 2, restricted, ErrNotCleared},
		"declared already":               {second, 2, 1, unprotected, ErrAlreadyDeclared},
		"declared, now for restricted":   {second, 2, 1, restricted, nil},
		"asked already":                  {second, 3, 1, restricted, ErrAlreadyDeclared},
		"asked for more already":         {second, 3, 1, unprotected, ErrAlreadyDeclared},
		"a level of no sort":             {second, 1, 1, 0, ErrContradiction},
		"no identity":                    {second, 1, 1, unprotected, ErrContradiction},
	} {
		id := habilitation.ID{0xdd}
		if name == "no identity" {
			id = habilitation.ID{}
		}
		if act, err := h.declarations.Declare(h.register, c.by, c.tag, c.audience, c.level, id); !errors.Is(err, c.want) || (err == nil) != (act != TagDeclared{}) {
			t.Errorf("%s: %+v, %v", name, act, err)
		}
	}
	waiting := h.declares(second, 1, 1, restricted)
	h.enrol(habilitation.AgentDisabled{Agent: second}, habilitation.AgentDisabled{Agent: keeper})
	if _, err := h.declarations.Declare(h.register, second, 1, 1, unprotected, habilitation.ID{0xdd}); !errors.Is(err, ErrNotMandated) {
		t.Errorf("a disabled agent declares: %v", err)
	}
	if _, err := h.declarations.Approve(h.register, keeper, waiting); !errors.Is(err, ErrNotMandated) {
		t.Errorf("a disabled agent approves: %v", err)
	}
}

func TestRouteTellsWhoAndWhy(t *testing.T) {
	h := newHouse(t)
	h.declares(manager, 1, 2, unprotected)
	h.declares(second, 1, 1, unprotected)
	h.apply(DeclarationApproved{Declaration: h.declares(second, 2, 1, restricted)})
	h.declares(keeper, 2, 3, restricted)
	for _, c := range []struct {
		tags  []habilitation.TagID
		level habilitation.Level
		want  []Reason
	}{
		{[]habilitation.TagID{2, 1, 2}, unprotected, []Reason{{1, 1}, {1, 2}, {2, 1}, {3, 2}}},
		{[]habilitation.TagID{1, 2}, restricted, []Reason{{1, 2}}},
		{[]habilitation.TagID{3, 0, 99}, unprotected, nil},
		{nil, unprotected, nil},
		{[]habilitation.TagID{1}, 0, nil},
	} {
		if got := h.declarations.Route(c.tags, c.level); !slices.Equal(got, c.want) {
			t.Errorf("route %v at %s: %v, want %v", c.tags, c.level, got, c.want)
		}
	}
	if got := h.declarations.By(1, unprotected); !slices.Equal(got, []habilitation.AudienceID{1, 2}) {
		t.Errorf("by %v", got)
	}
}

func TestContradictionsChangeNothing(t *testing.T) {
	label := habilitation.Label{FR: "x"}
	for name, act := range map[string]Act{
		"number skipped":       TagCreated{Tag: 7, Key: "x", Label: label, State: Active},
		"number taken":         TagCreated{Tag: 5, Key: "x", Label: label, State: Active},
		"change of nothing":    TagChanged{Tag: 6, Label: label, State: Active},
		"unknown tag":          TagDeclared{Declaration: habilitation.ID{1}, Tag: 6, Audience: 1, Level: unprotected},
		"no audience":          TagDeclared{Declaration: habilitation.ID{1}, Tag: 1, Level: unprotected},
		"unknown approved":     DeclarationApproved{Declaration: habilitation.ID{1}},
		"unknown refused":      DeclarationRefused{Declaration: habilitation.ID{1}},
		"withdrawn of nothing": DeclarationWithdrawn{Tag: 1, Audience: 1},
	} {
		h := newHouse(t)
		version := h.declarations.Version()
		if err := h.declarations.Apply(noon, 0, act); !errors.Is(err, ErrContradiction) || !errors.Is(h.declarations.Check(act), ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
		if h.declarations.Version() != version {
			t.Errorf("%s: the version moved", name)
		}
	}
	for name, act := range map[string]Act{
		"number skipped":             TagCreated{Tag: 7, Key: "x", Label: label, State: Active},
		"key taken, other accents":   TagCreated{Tag: 6, Key: "Côte-d-Ivoire", Label: label, State: Active},
		"key empty once folded":      TagCreated{Tag: 6, Key: "\u0301", Label: label, State: Active},
		"key of two words":           TagCreated{Tag: 6, Key: "a b", Label: label, State: Active},
		"no label":                   TagCreated{Tag: 6, Key: "x", State: Active},
		"no state":                   TagCreated{Tag: 6, Key: "x", Label: label},
		"change of nothing":          TagChanged{Tag: 6, Label: label, State: Active},
		"change without a label":     TagChanged{Tag: 1, State: Active},
		"change to an unknown state": TagChanged{Tag: 1, Label: label, State: "gone"},
	} {
		h := newHouse(t)
		if err := h.thesaurus.Apply(noon, 0, act); !errors.Is(err, ErrContradiction) || !errors.Is(h.thesaurus.Check(act), ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := newHouse(t)
	for _, fold := range []func(time.Time, habilitation.AgentID, Act) error{h.thesaurus.Apply, h.declarations.Apply} {
		if err := fold(noon, 0, habilitation.AgentEnabled{Agent: 1}); !errors.Is(err, habilitation.ErrUnknownKind) {
			t.Errorf("an act of another package: %v", err)
		}
	}
}

// goldenActs is one act of every kind, every field set. Their bytes in testdata/acts are what journals hold: they stay for ever, and a
// field more or less is another version of the kind with golden bytes of its own.
func goldenActs() []Act {
	id := habilitation.ID{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	label := habilitation.Label{FR: "Côte d’Ivoire", EN: "Ivory Coast"}
	return []Act{
		TagCreated{Tag: 7, Key: "cote-d-ivoire", Label: label, Synonyms: []string{"RCI", "<ex> & co"}, Steward: 3, State: Proposed},
		TagChanged{Tag: 7, Label: label, Synonyms: []string{"RCI"}, Steward: 4, State: Retired},
		TagDeclared{Declaration: id, Tag: 7, Audience: 3, Level: restricted},
		DeclarationApproved{Declaration: id},
		DeclarationRefused{Declaration: id, Reason: "hors champ"},
		DeclarationWithdrawn{Tag: 7, Audience: 3, Reason: "réorganisation"},
	}
}

func TestActsKeepTheirBytes(t *testing.T) {
	var kinds []string
	for _, act := range goldenActs() {
		kinds = append(kinds, act.Kind())
		version, payload, err := Acts.Encode(act)
		if err != nil {
			t.Fatal(err)
		}
		golden, err := os.ReadFile(filepath.Join("testdata", "acts", act.Kind()+".v1.json"))
		if err != nil {
			t.Fatalf("%v\nits bytes are %s", err, payload)
		}
		if version != 1 || !bytes.Equal(payload, bytes.TrimSuffix(golden, []byte("\n"))) {
			t.Errorf("%s version %d is written %s, was %s", act.Kind(), version, payload, golden)
		}
		if read, err := Acts.Decode(act.Kind(), 1, golden); err != nil || !reflect.DeepEqual(read, act) {
			t.Errorf("%s is read %+v, %v", act.Kind(), read, err)
		}
	}
	slices.Sort(kinds)
	if known := []string{"tag.approved", "tag.changed", "tag.created", "tag.declared", "tag.refused", "tag.withdrawn"}; !slices.Equal(kinds, known) {
		t.Errorf("golden bytes for %v, kinds %v", kinds, known)
	}
	for kind, payload := range map[string]string{"tag.created": `{"State":"active"}`, "tag.changed": `{"state":"gone"}`, "tag.refused": `{"more":1}`} {
		if _, err := Acts.Decode(kind, 1, []byte(payload)); !errors.Is(err, habilitation.ErrBadPayload) {
			t.Errorf("%s of %s: %v", kind, payload, err)
		}
	}
	if _, err := Acts.Decode("agent.added", 1, []byte(`{}`)); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
	if _, err := Acts.Decode("tag.created", 2, []byte(`{}`)); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
	if _, _, err := Acts.Encode(habilitation.AgentEnabled{}); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
}
