package circuit

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

// goldenActs is one act of every kind, every field set. Their bytes in testdata/acts are what journals hold: they stay for ever, and a
// field more or less is another version of the kind with golden bytes of its own.
func goldenActs() []Act {
	id := habilitation.ID{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	text := Digest{0: 0xab, 31: 0xcd}
	steps := []Step{{Reviewers: []Reviewer{{Agent: 4}, {Audience: 7}}, All: true}, {Reviewers: []Reviewer{{Audience: 2}}}}
	return []Act{
		DraftSubmitted{Draft: id, Origin: 3, Level: habilitation.Restricted, Round: 2, Digest: text, Steps: steps, Comment: "Pour ce soir <urgent>"},
		VisaGiven{Draft: id, Round: 2, Digest: text, Step: 1, Reviewer: 3, For: 9, Verdict: ApprovedWithRemarks, Comment: "Voir le §2", Signature: []byte{1, 2, 3}},
		DraftReturned{Draft: id, Round: 2, Digest: text, Reason: "chiffres à vérifier"},
		DraftReopened{Draft: id, Round: 2, Why: Edited},
		DraftHeld{Draft: id, Origin: 3, Level: habilitation.Restricted, Digest: text, Until: time.Date(2026, 3, 2, 8, 0, 30, 123000, time.UTC), For: 9,
			Terminal: habilitation.ID{8}, Own: true},
		DraftUnheld{Draft: id, Reason: "not-mandated"},
		DraftAbandoned{Draft: id, Origin: 3, Level: habilitation.Restricted, Reason: "sans objet"},
		RuleSet{Audience: 3, Message: "telegram", Steps: steps},
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
		path := filepath.Join("testdata", "acts", act.Kind()+".v1.json")
		if os.Getenv("CHANCERY_GOLDEN") == "write" {
			if err := os.WriteFile(path, append(payload, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v\nits bytes are %s", err, payload)
		}
		if version != 1 || !bytes.Equal(payload, bytes.TrimSuffix(golden, []byte("\n"))) {
			t.Errorf("%s version %d is written %s, was %s", act.Kind(), version, payload, golden)
		}
		if read, err := Acts.Decode(act.Kind(), 1, golden); err != nil || !reflect.DeepEqual(read, act) || !Acts.Owns(read) {
			t.Errorf("%s is read %+v, %v", act.Kind(), read, err)
		}
	}
	slices.Sort(kinds)
	known := []string{"draft.abandoned", "draft.held", "draft.reopened", "draft.returned", "draft.submitted", "draft.unheld", "rule.set", "visa.given"}
	if !slices.Equal(kinds, known) {
		t.Errorf("golden bytes for %v, kinds %v", kinds, known)
	}
	for kind, payload := range map[string]string{"draft.submitted": `{"digest":"AB"}`, "visa.given": `{"step":"1"}`, "draft.unheld": `{"more":1}`} {
		if _, err := Acts.Decode(kind, 1, []byte(payload)); !errors.Is(err, habilitation.ErrBadPayload) {
			t.Errorf("%s of %s: %v", kind, payload, err)
		}
	}
	if _, err := Acts.Decode("agent.added", 1, []byte(`{}`)); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
	if _, err := Acts.Decode("visa.given", 2, []byte(`{}`)); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
	if _, _, err := Acts.Encode(habilitation.AgentEnabled{}); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Error(err)
	}
}

func TestVisaTextKeepsItsBytes(t *testing.T) {
	got := VisaText(habilitation.ID{1}, 2, Digest{0xab}, Approved, "Vu.\nSans remarque.")
	want := "chancery visa 1\ndraft 04000000000000000000000000\nround 2\n" +
		"content sha256=ab00000000000000000000000000000000000000000000000000000000000000\nverdict approved\n\nVu.\nSans remarque."
	if string(got) != want {
		t.Errorf("a visa signs %q, want %q", got, want)
	}
}
