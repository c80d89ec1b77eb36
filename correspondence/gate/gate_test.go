package gate_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"chancery/correspondence/gate"
	"chancery/habilitation"
)

func TestTheFirstRuleThatMatchesDecides(t *testing.T) {
	rules := []gate.Rule{
		{Name: "mention", Words: []string{"DIFFUSION RESTREINTE"}, Outcome: gate.Block},
		{Name: "images", Files: []string{"picture", ".svg"}, Domains: []string{"images.example"}, Outcome: gate.Block},
		{Name: "partenaires", Domains: []string{"gouv.example"}, Outcome: gate.Allow},
		{Name: "sahel chez nous", Tags: []habilitation.TagID{1}, Domains: []string{"example.org"}, Kinds: []string{"mail"}, Outcome: gate.Block},
		{Name: "sahel", Tags: []habilitation.TagID{1}, Outcome: gate.SecondPerson},
	}
	photo := gate.File{Name: "photo.png", Type: "image/png", Unread: true}
	plan := gate.File{Name: "plan.pdf", Type: "application/pdf", Words: gate.TextOf("en diffusion restreinte")}
	for name, c := range map[string]struct {
		words, address string
		tags           []habilitation.TagID
		files          []gate.File
		want           gate.Verdict
	}{
		"word first":      {"note de diffusion restreinte", "a@gouv.example", nil, nil, gate.Verdict{Outcome: gate.Block, Rule: "mention", Found: &gate.Found{Word: "DIFFUSION RESTREINTE"}}},
		"word of a file":  {"x", "a@gouv.example", nil, []gate.File{photo, plan}, gate.Verdict{Outcome: gate.Block, Rule: "mention", Found: &gate.Found{Word: "DIFFUSION RESTREINTE", In: "plan.pdf"}}},
		"domain":          {"x", "a@GOUV.example", nil, nil, gate.Verdict{Outcome: gate.Allow, Rule: "partenaires"}},
		"domain below":    {"x", "a@mae.gouv.example", nil, nil, gate.Verdict{Outcome: gate.Allow, Rule: "partenaires"}},
		"domain beside":   {"x", "a@xgouv.example", nil, nil, gate.Verdict{Outcome: gate.Allow}},
		"tag and domain":  {"x", "a@example.org", []habilitation.TagID{3, 1}, nil, gate.Verdict{Outcome: gate.Block, Rule: "sahel chez nous", Found: &gate.Found{Tag: 1, Kind: "mail"}}},
		"tag":             {"x", "a@example.net", []habilitation.TagID{1}, nil, gate.Verdict{Outcome: gate.SecondPerson, Rule: "sahel", Found: &gate.Found{Tag: 1}}},
		"type of file":    {"x", "a@images.example", nil, []gate.File{photo}, gate.Verdict{Outcome: gate.Block, Rule: "images", Found: &gate.Found{Type: "picture", File: "photo.png"}, Unread: []string{"photo.png"}}},
		"unread, default": {"x", "a@example.net", nil, []gate.File{photo}, gate.Verdict{Outcome: gate.SecondPerson, Unread: []string{"photo.png"}}},
		"unread, allowed": {"x", "a@gouv.example", nil, []gate.File{photo}, gate.Verdict{Outcome: gate.SecondPerson, Rule: "partenaires", Unread: []string{"photo.png"}}},
	} {
		c.want.Address = c.address
		got := gate.Judge(rules, gate.Allow, gate.Asked{Words: gate.TextOf(c.words), Tags: c.tags, Kind: "mail", Files: c.files}, c.address)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, found %+v", name, got, got.Found)
		}
	}
	unread := gate.Asked{Kind: "mail", Files: []gate.File{photo}}
	for name, rules := range map[string][]gate.Rule{
		"no rule asks for words":          {{Name: "tags", Tags: []habilitation.TagID{1}, Outcome: gate.Block}},
		"a word lets leave":               {{Name: "public", Words: []string{"public"}, Outcome: gate.Allow}},
		"it is allowed before any word":   {{Name: "amis", Domains: []string{"ami.example"}, Outcome: gate.Allow}, {Name: "mention", Words: []string{"secret"}, Outcome: gate.Block}},
		"the word counts for others only": {{Name: "mention", Words: []string{"secret"}, Domains: []string{"autre.example"}, Outcome: gate.Block}},
	} {
		if v := gate.Judge(rules, gate.Allow, unread, "a@ami.example"); v.Outcome != gate.Allow || v.Unread != nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if v := gate.Judge([]gate.Rule{{Words: []string{"x"}, Outcome: gate.SecondPerson}}, gate.Block, unread, "a@ami.example"); v.Outcome != gate.Block {
		t.Errorf("blocked by default it is %+v", v)
	}
	for _, rule := range []gate.Rule{{Name: "x", Outcome: "perhaps"}, {Name: "x", Outcome: gate.Block, Files: []string{"films"}}} {
		if err := gate.New().Check(gate.RulesSet{Rules: []gate.Rule{rule}}); !errors.Is(err, gate.ErrBadRule) {
			t.Errorf("%+v: %v", rule, err)
		}
	}
}

func TestFilesAreOfTypes(t *testing.T) {
	for kind, files := range map[string][]gate.File{
		"any":       {{Name: "x", Type: "font/woff"}},
		"picture":   {{Type: "image/jpeg"}, {Type: "image/svg+xml"}},
		"pdf":       {{Type: "application/pdf"}},
		"office":    {{Type: "application/vnd.ms-excel"}, {Type: "application/vnd.oasis.opendocument.text"}, {Type: "application/rtf"}, {Type: "application/msword"}},
		"archive":   {{Type: "application/zip"}},
		"text":      {{Type: "text/csv"}},
		".docx":     {{Name: "A.DOCX", Type: "application/zip"}},
		"image/*":   {{Type: "image/gif"}},
		"image/gif": {{Type: "image/gif"}},
	} {
		rules := []gate.Rule{{Name: "r", Files: []string{kind}, Outcome: gate.Block}}
		for _, file := range files {
			if !gate.IsFileType(kind) || gate.Judge(rules, gate.Allow, gate.Asked{Files: []gate.File{file}}, "a@b.example").Outcome != gate.Block {
				t.Errorf("%+v is not of the type %q", file, kind)
			}
		}
		if gate.Judge(rules, gate.Allow, gate.Asked{Files: []gate.File{{Name: "a.mp4", Type: "video/mp4"}}}, "a@b.example").Outcome == gate.Block && kind != "any" {
			t.Errorf("a film is of the type %q", kind)
		}
	}
	for _, kind := range []string{"", "films", "*/*", ".", "image/", "Image/png", "*"} {
		if gate.IsFileType(kind) {
			t.Errorf("%q is a type", kind)
		}
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
		gate.RulesSet{Rules: []gate.Rule{{Name: "r", Words: []string{"w"}, Tags: []habilitation.TagID{1}, Domains: []string{"d"}, Kinds: []string{"mail"}, Files: []string{"pdf"}, Outcome: gate.Block}}, Reason: "x"},
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
