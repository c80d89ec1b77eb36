package keeping_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"chancery/correspondence/keeping"
	"chancery/habilitation"
)

func TestTheFirstRuleThatFitsIsApplied(t *testing.T) {
	rules, err := keeping.ParseRules("APP-PRESSE 5 destroy ACC-1 25 kind=mail tag=presse; APP-POL 30 keep ACC-00012 50 group=bamako ; " + keeping.DefaultRules)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, group string
		tags        []string
		want        string
	}{{"mail", "dam", []string{"eau", "presse"}, "APP-PRESSE"}, {"note", "dam", []string{"presse"}, "APP-TD"}, {"mail", "bamako", nil, "APP-POL"}, {"telegram", "dam", nil, "APP-TD"}} {
		if got := rules.For(c.kind, c.group, c.tags); got.Name != c.want {
			t.Errorf("%+v falls under %s", c, got.Name)
		}
	}
	if got := rules[1]; got.Years != 30 || got.Final != keeping.Keep || got.Access != "ACC-00012" || got.CommunicableFrom != 50 {
		t.Errorf("read %+v", got)
	}
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	for _, text := range []string{"", "A 1 keep B", "A x keep B 1", "A 1 burn B 1", "A -1 keep B 1", "A 1 keep B 201", "A 1 keep B 1 colour=red", "A 1 keep B 1 tag=", "A 1 keep B 1 tag=x", "A 1 keep B 1;"} {
		if _, err := keeping.ParseRules(text); !errors.Is(err, keeping.ErrRules) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatArchivistsDoIsFoldedAndKept(t *testing.T) {
	s, at := keeping.New(), time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	message, freeze, other := habilitation.ID{1}, habilitation.ID{2}, habilitation.ID{3}
	for _, step := range []struct {
		act  habilitation.Act
		want error
	}{
		{keeping.Refiled{Message: message, Position: "AFR/MALI", Reason: "Plan 2026"}, nil},
		{keeping.Refiled{Message: message, Position: "AFR/MALI", Reason: "Encore"}, keeping.ErrSame},
		{keeping.Refiled{Message: message, Position: " ", Reason: "x"}, keeping.ErrSame},
		{keeping.Refiled{Message: message, Position: "AFR/EAU"}, keeping.ErrReason},
		{keeping.Frozen{Message: message, Freeze: freeze, Reason: "Contentieux"}, nil},
		{keeping.Frozen{Message: message, Freeze: freeze, Reason: "Contentieux"}, keeping.ErrFreeze},
		{keeping.Frozen{Message: message, Freeze: other}, keeping.ErrReason},
		{keeping.Frozen{Message: message, Freeze: other, Reason: "Enquête"}, nil},
		{keeping.Thawed{Message: message, Freeze: freeze}, keeping.ErrReason},
		{keeping.Thawed{Message: message, Freeze: freeze, Reason: "Jugé"}, nil},
		{keeping.Thawed{Message: message, Freeze: freeze, Reason: "Jugé"}, keeping.ErrFreeze},
		{keeping.Thawed{Message: habilitation.ID{9}, Freeze: other, Reason: "x"}, keeping.ErrFreeze},
	} {
		version, payload, err := keeping.Acts.Encode(step.act)
		if err != nil {
			t.Fatal(err)
		}
		act, err := keeping.Acts.Decode(step.act.Kind(), version, payload)
		if err != nil || act != step.act {
			t.Fatalf("%+v read back as %+v, %v", step.act, act, err)
		}
		if err := s.Apply(at, 7, act); !errors.Is(err, step.want) {
			t.Errorf("%+v: %v, want %v", act, err, step.want)
		}
	}
	kept := s.Of(message)
	if len(kept.Moves) != 1 || len(kept.Freezes) != 2 || kept.Freezes[0].Lifted == nil || kept.Freezes[1].Lifted != nil || kept.Freezes[0].Lifted.By != 7 {
		t.Errorf("kept %+v", kept)
	}
	var first, second bytes.Buffer
	again := keeping.New()
	if err := errors.Join(s.Snapshot(&first), again.Restore(bytes.NewReader(first.Bytes())), again.Snapshot(&second)); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) || !reflect.DeepEqual(again.Of(message), kept) {
		t.Errorf("after a snapshot: %v", err)
	}
	if err := again.Restore(bytes.NewReader(first.Bytes()[:20])); err == nil || len(again.Of(message).Freezes) != 2 {
		t.Error("a snapshot cut short was restored")
	}
}
