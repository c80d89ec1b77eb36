package gate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/correspondence/gate"
	"chancery/habilitation"
)

func TestTheFirstRuleThatMatchesDecides(t *testing.T) {
	rules := []gate.Rule{
		{Name: "mention", Words: []string{"DIFFUSION RESTREINTE"}, Outcome: gate.Block},
		{Name: "partenaires", Domains: []string{"gouv.example"}, Outcome: gate.Allow},
		{Name: "sahel chez nous", Tags: []habilitation.TagID{1}, Domains: []string{"example.org"}, Kinds: []string{"mail"}, Outcome: gate.Block},
		{Name: "sahel", Tags: []habilitation.TagID{1}, Outcome: gate.SecondPerson},
	}
	for name, c := range map[string]struct {
		words, address string
		tags           []habilitation.TagID
		outcome        gate.Outcome
		rule           string
	}{
		"word first":     {"note de diffusion restreinte", "a@gouv.example", nil, gate.Block, "mention"},
		"domain":         {"x", "a@GOUV.example", nil, gate.Allow, "partenaires"},
		"domain below":   {"x", "a@mae.gouv.example", nil, gate.Allow, "partenaires"},
		"domain beside":  {"x", "a@xgouv.example", nil, gate.Allow, ""},
		"tag and domain": {"x", "a@example.org", []habilitation.TagID{3, 1}, gate.Block, "sahel chez nous"},
		"tag":            {"x", "a@example.net", []habilitation.TagID{1}, gate.SecondPerson, "sahel"},
	} {
		got := gate.Judge(rules, gate.Allow, gate.Asked{Words: c.words, Tags: c.tags, Kind: "mail", Fold: strings.ToLower}, c.address)
		if got != (gate.Verdict{Address: c.address, Outcome: c.outcome, Rule: c.rule}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if err := gate.New().Check(gate.RulesSet{Rules: []gate.Rule{{Name: "x", Outcome: "perhaps"}}}); !errors.Is(err, gate.ErrBadRule) {
		t.Errorf("an outcome that is none: %v", err)
	}
}

func TestEachAddressHasItsOwnEnd(t *testing.T) {
	at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	id := habilitation.ID{1}
	g := gate.New()
	g.Release(id, 3, 4, at, []gate.Verdict{{Address: "a@x.example", Outcome: gate.Allow}, {Address: "b@x.example", Outcome: gate.SecondPerson, Rule: "r"}})
	g.Release(id, 9, 9, at, []gate.Verdict{{Address: "z@x.example", Outcome: gate.Allow}})
	does := func(want error, act gate.Act) {
		t.Helper()
		if checked, err := g.Check(act), g.Apply(at, 7, act); !errors.Is(checked, want) || !errors.Is(err, want) {
			t.Errorf("%s: checked %v, applied %v, want %v", act.Kind(), checked, err, want)
		}
	}
	if err := g.SecondPerson(4, id); !errors.Is(err, gate.ErrSamePerson) || g.SecondPerson(7, id) != nil || !errors.Is(g.SecondPerson(7, habilitation.ID{9}), gate.ErrUnknown) {
		t.Errorf("second persons: %v", err)
	}
	does(gate.ErrDecided, gate.Sent{Message: id, Address: "b@x.example"})
	does(gate.ErrUnknown, gate.Approved{Message: habilitation.ID{2}})
	does(gate.ErrReason, gate.Refused{Message: id})
	does(nil, gate.Sent{Message: id, Address: "a@x.example"})
	does(gate.ErrDecided, gate.Undeliverable{Message: id, Address: "a@x.example"})
	does(nil, gate.Approved{Message: id})
	does(gate.ErrDecided, gate.Refused{Message: id, Reason: "non"})
	if waiting := g.At(gate.Waiting); len(waiting) != 1 || len(g.At(gate.Held)) != 0 {
		t.Errorf("waiting %+v", waiting)
	}
	var written bytes.Buffer
	if err := g.Snapshot(&written); err != nil {
		t.Fatal(err)
	}
	text := written.String()
	again := gate.New()
	if err := again.Restore(&written); err != nil {
		t.Fatal(err)
	}
	var twice bytes.Buffer
	if err := again.Snapshot(&twice); err != nil || twice.String() != text {
		t.Errorf("written again as %s, %v", twice.String(), err)
	}
	g = again
	does(nil, gate.Undeliverable{Message: id, Address: "b@x.example", Why: "550 no"})
	one, _ := g.Of(id)
	if one.Lines[1].By != 7 || one.Lines[1].Why != "550 no" || one.Lines[1].Step != gate.Failed || one.Lines[0].Step != gate.Gone || len(g.At(gate.Waiting)) != 0 {
		t.Errorf("it ended as %+v", one)
	}
}

func TestActsAreReadAsWritten(t *testing.T) {
	for _, act := range []gate.Act{
		gate.RulesSet{Rules: []gate.Rule{{Name: "r", Words: []string{"w"}, Tags: []habilitation.TagID{1}, Domains: []string{"d"}, Kinds: []string{"mail"}, Outcome: gate.Block}}, Reason: "x"},
		gate.Approved{Message: habilitation.ID{1}}, gate.Refused{Message: habilitation.ID{1}, Reason: "r"}, gate.Sent{Message: habilitation.ID{1}, Address: "a"},
		gate.Undeliverable{Message: habilitation.ID{1}, Address: "a", Why: "w"},
	} {
		version, payload, err := gate.Acts.Encode(act)
		if err != nil {
			t.Fatal(err)
		}
		again, err := gate.Acts.Decode(act.Kind(), version, payload)
		if err != nil || !gate.Acts.Owns(act) {
			t.Fatalf("%s: %v", act.Kind(), err)
		}
		if _, rewritten, err := gate.Acts.Encode(again); err != nil || !bytes.Equal(rewritten, payload) {
			t.Errorf("%s is written again as %s", act.Kind(), rewritten)
		}
		if _, err := gate.Acts.Decode(act.Kind(), version+1, payload); !errors.Is(err, habilitation.ErrUnknownKind) {
			t.Errorf("%s of another version: %v", act.Kind(), err)
		}
	}
}
