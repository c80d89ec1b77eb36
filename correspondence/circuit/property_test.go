package circuit

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chancery/habilitation"
)

// log is the plain history of one draft: every act that was taken since the last submission, oldest first.
type log struct {
	open   *DraftSubmitted // nil: no round counts
	visas  []VisaGiven
	held   *DraftHeld
	gone   bool // abandoned
	rounds int
}

func (l *log) follow(act Act) {
	switch act := act.(type) {
	case DraftSubmitted:
		l.open, l.visas, l.rounds = &act, nil, l.rounds+1
	case VisaGiven:
		l.visas = append(l.visas, act)
	case DraftReturned, DraftReopened:
		l.open, l.visas = nil, nil
	case DraftHeld:
		l.held = &act
	case DraftUnheld:
		l.held = nil
	case DraftAbandoned:
		l.gone = true
	}
}

// complete counts, step by step and without the fold's help, whether every visa asked is there.
func (l *log) complete() bool {
	for i, step := range l.open.Steps {
		given := 0
		for j := range step.Reviewers {
			if slices.ContainsFunc(l.visas, func(v VisaGiven) bool { return v.Step == i && v.Reviewer == j }) {
				given++
			}
		}
		if given == 0 || step.All && given < len(step.Reviewers) {
			return false
		}
	}
	return true
}

// visaOf reports whether a reviewer gave a visa in a complete round on the text, or on any when the signatory takes it upon them.
func (l *log) visaOf(r Reviewer, text Digest, own bool) bool {
	return l.open != nil && l.complete() && slices.ContainsFunc(l.visas, func(v VisaGiven) bool {
		return l.open.Steps[v.Step].Reviewers[v.Reviewer] == r && (own || v.Digest == text)
	})
}

// maySign is the rule in plain words.
func (l *log) maySign(rule []Step, text Digest, own bool) bool {
	if l.gone || l.held != nil || l.open != nil && (!l.complete() || l.open.Digest != text && !own) {
		return false
	}
	for _, step := range rule {
		given := 0
		for _, r := range step.Reviewers {
			if l.visaOf(r, text, own) {
				given++
			}
		}
		if given == 0 || step.All && given < len(step.Reviewers) {
			return false
		}
	}
	return true
}

func drawSteps(t *rapid.T) []Step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Step {
		return Step{All: rapid.Bool().Draw(t, "all"), Reviewers: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Reviewer {
			if n := rapid.IntRange(1, 6).Draw(t, "reviewer"); n <= 4 {
				return Reviewer{Agent: habilitation.AgentID(n)}
			} else {
				return Reviewer{Audience: habilitation.AudienceID(n)}
			}
		}), 1, 3, func(r Reviewer) Reviewer { return r }).Draw(t, "reviewers")}
	}), 0, 3).Draw(t, "steps")
}

// wayward draws what somebody tries to do with the draft: by the deciding functions, or past them.
func wayward(t *rapid.T, c *Circuits, rule []Step) (habilitation.AgentID, Act, error) {
	by := habilitation.AgentID(rapid.IntRange(1, 6).Draw(t, "by"))
	text := Digest{byte(rapid.IntRange(1, 2).Draw(t, "text"))}
	as := func(r Reviewer) (habilitation.AgentID, bool) { return 0, r.Agent == by || int(r.Audience) == int(by) }
	d, _ := c.Draft(draft)
	if step, asked := d.Asked(); len(asked) > 0 && rapid.IntRange(0, 3).Draw(t, "to the point") > 0 { // mostly one who is asked, on the text that is asked
		r := d.Steps[step].Reviewers[rapid.SampledFrom(asked).Draw(t, "asked")]
		by, text = r.Agent+habilitation.AgentID(r.Audience), d.Digest
	}
	switch rapid.IntRange(0, 11).Draw(t, "act") {
	case 0, 1:
		act, err := c.Submit(by, DraftSubmitted{Draft: draft, Origin: 3, Level: dr, Digest: text, Steps: drawSteps(t)}, "note")
		return by, act, err
	case 2:
		act, err := c.Submit(by, DraftSubmitted{Draft: draft, Origin: 3, Level: dr, Digest: text}, "note")
		return by, act, err
	case 3, 4, 5:
		act, err := c.Visa(draft, by, text, Approved, "", as)
		act.Signature = []byte{1}
		return by, act, err
	case 6:
		return by, VisaGiven{Draft: draft, Round: d.Round, Digest: text, Step: rapid.IntRange(0, 2).Draw(t, "step"), Verdict: Approved, Signature: []byte{1}}, nil
	case 7:
		act, err := c.ReturnAsReviewer(draft, by, text, "motif", as)
		return by, act, err
	case 8:
		act, err := c.Reopen(draft, Edited)
		return by, act, err
	case 9:
		act, err := c.Hold(DraftHeld{Draft: draft, Origin: 3, Level: dr, Digest: text, Until: noon, Own: rapid.Bool().Draw(t, "own")}, "note")
		return by, act, err
	case 10:
		act, err := c.Unhold(draft, "")
		return by, act, err
	}
	if rapid.IntRange(0, 5).Draw(t, "ends") > 0 {
		act, err := c.ReturnToWriters(draft, "motif")
		return by, act, err
	}
	act, err := c.Abandon(DraftAbandoned{Draft: draft, Origin: 3, Level: dr, Reason: "motif"})
	return by, act, err
}

// TestNothingIsSignedWithoutItsVisas sends one draft on random ways and holds every answer against the plain history.
func TestNothingIsSignedWithoutItsVisas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, l := NewCircuits(), &log{}
		var rule []Step
		if rapid.Bool().Draw(t, "a rule stands") {
			rule = drawSteps(t)
		}
		if len(rule) > 0 {
			if err := c.Apply(noon, 0, RuleSet{Audience: 3, Message: "note", Steps: rule}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "acts") {
			by, act, err := wayward(t, c, rule)
			if err != nil {
				continue
			}
			checked := c.Check(act)
			applied := c.Apply(noon.Add(time.Duration(i)*time.Second), by, act)
			if (checked == nil) != (applied == nil) {
				t.Fatalf("%+v: checked %v, applied %v", act, checked, applied)
			}
			if applied == nil {
				l.follow(act)
			}
			compare(t, c, l, rule)
		}
		restored := NewCircuits()
		var written, again bytes.Buffer
		if err := errors.Join(c.Snapshot(&written), restored.Restore(bytes.NewReader(written.Bytes())), restored.Snapshot(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written.Bytes(), again.Bytes()) || !reflect.DeepEqual(c.DueNext(), restored.DueNext()) {
			t.Fatal("the snapshot of the restored circuits differs")
		}
		compare(t, restored, l, rule)
	})
}

func compare(t *rapid.T, c *Circuits, l *log, rule []Step) {
	for _, text := range []Digest{{1}, {2}} {
		for _, own := range []bool{false, true} {
			err := c.MaySign(Signing{Draft: draft, Origin: 3, Message: "note", Digest: text, Own: own}, nil)
			if want := l.maySign(rule, text, own); (err == nil) != want {
				t.Fatalf("sign %x, own %v: %v, want it allowed %v", text[0], own, err, want)
			}
		}
	}
	d, known := c.Draft(draft)
	if known != (l.rounds > 0 || l.held != nil || l.gone) || d.Round != l.rounds || (d.State == Held) != (l.held != nil) || (d.State == Abandoned) != l.gone {
		t.Fatalf("draft %+v, known %v; history %+v", d, known, l)
	}
	if !l.gone && len(d.Given()) != len(l.visas) {
		t.Fatalf("%d visas count, want %d", len(d.Given()), len(l.visas))
	}
}

// goldenCircuits has something in every field of a snapshot.
func goldenCircuits(t *testing.T) *Circuits {
	s := tell(t)
	s.submits(1, text(1), both(Reviewer{Agent: 2}), any_(Reviewer{Audience: 5}, Reviewer{Agent: 4}))
	s.visas(2, text(1), as(2))
	returned, err := s.ReturnAsReviewer(draft, 4, text(1), "chiffres", as(4))
	s.apply(4, returned, err)
	s.apply(7, DraftHeld{Draft: habilitation.ID{1}, Origin: 3, Level: dr, Digest: text(7), Until: noon.Add(time.Hour), For: 8, Own: true}, nil)
	s.apply(7, DraftAbandoned{Draft: habilitation.ID{2}, Origin: 3, Level: dr, Reason: "sans objet"}, nil)
	s.apply(9, RuleSet{Audience: 3, Message: "note", Steps: []Step{both(Reviewer{Agent: 2})}}, nil)
	return s.Circuits
}

func TestSnapshotKeepsItsBytes(t *testing.T) {
	c, restored := goldenCircuits(t), NewCircuits()
	const path = "testdata/circuits.v1.snapshot"
	var written bytes.Buffer
	if err := c.Snapshot(&written); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("CHANCERY_GOLDEN") == "write" {
		if err := os.WriteFile(path, written.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Restore(bytes.NewReader(golden)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written.Bytes(), golden) {
		t.Errorf("%s has changed without its version:\n%q\n%q", path, written.Bytes(), golden)
	}
	if !reflect.DeepEqual(restored.drafts, c.drafts) || !reflect.DeepEqual(restored.notices, c.notices) || !reflect.DeepEqual(restored.rules, c.rules) || len(restored.held) != 1 {
		t.Errorf("the restored circuits differ:\n%+v\n%+v", restored, c)
	}
	for i := range golden {
		damaged := bytes.Clone(golden)
		damaged[i] ^= 0x41
		for _, raw := range [][]byte{damaged, golden[:i]} {
			if err := restored.Restore(bytes.NewReader(raw)); !errors.Is(err, habilitation.ErrSnapshotDamaged) && !errors.Is(err, habilitation.ErrSnapshotVersion) {
				t.Fatalf("damaged at %d: %v", i, err)
			}
		}
	}
}
