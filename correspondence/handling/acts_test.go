package handling

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"chancery/habilitation"
)

var (
	one   = habilitation.ID{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	two   = habilitation.ID{0xee, 1}
	begun = time.Date(2026, time.November, 22, 9, 30, 0, 0, time.UTC)
)

// goldenActs is one act of every kind, every field set. Their bytes in testdata/acts are what journals hold: they stay for ever, and a
// field more or less is another version of the kind with golden bytes of its own.
func goldenActs() []habilitation.Act {
	return []habilitation.Act{
		AddresseeAdded{Message: one, Audience: 4, Role: Action, Asked: ToDo, Deadline: begun, Instruction: "rendre compte", N: 12, Ground: ByOrigin, Through: 3, Reason: "oublié « à tort »", For: 8},
		Shared{Message: one, Audience: 5, Through: 2, Reason: "pour la communauté", For: 8},
		ShareRevoked{Message: one, Audience: 5, Reason: "trop large"},
		WasRead{Message: one, Audience: 4},
		WasTaken{Message: one, Audience: 4, Due: begun},
		Assigned{Message: one, Audience: 4, To: 7, Due: begun, Note: "ton dossier", For: 8},
		Accepted{Message: one, Audience: 4},
		Declined{Message: one, Audience: 4, Reason: "en mission"},
		WasClosed{Message: one, Audience: 4, Reason: "sans objet", For: 8},
		WasReassigned{Message: one, Audience: 4, To: 6, Reason: "relève de la pêche", For: 8},
		WasMisaddressed{Message: one, Audience: 4, Desk: 9, Reason: "pas pour nous", For: 8},
		AlertRaised{Alert: two, Message: one, Audience: 4, Watch: []habilitation.AgentID{7, 8}, Minutes: 10},
		AlertAcknowledged{Alert: two},
		AlertEscalated{Alert: two, Place: 1},
		SilenceBroken{Message: one, Audience: 4, Reason: "réserve", For: 8},
		SilenceEnded{Message: one, Adopted: true},
		TrayLaid{Message: one, Why: WhyUnreadable, Desk: 9, Note: "illisible"},
		TraySettled{Item: two, To: 4, Role: Info, Reason: "pour information"},
	}
}

func TestActsKeepTheirBytes(t *testing.T) {
	for _, act := range goldenActs() {
		version, payload, err := Acts.Encode(act)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "acts", act.Kind()+".v1.json")
		if os.Getenv("CHANCERY_GOLDEN") == "write" {
			if err := os.WriteFile(file, append(payload, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v\nits bytes are %s", err, payload)
		}
		if version != 1 || !bytes.Equal(payload, bytes.TrimSuffix(golden, []byte("\n"))) {
			t.Errorf("%s version %d is written %s, was %s", act.Kind(), version, payload, golden)
		}
		if read, err := Acts.Decode(act.Kind(), 1, golden); err != nil || !reflect.DeepEqual(read, act) {
			t.Errorf("%s is read %+v, %v", act.Kind(), read, err)
		}
		if _, err := Acts.Decode(act.Kind(), 2, golden); !errors.Is(err, habilitation.ErrUnknownKind) {
			t.Errorf("%s of another version is read: %v", act.Kind(), err)
		}
	}
	if files, _ := filepath.Glob("testdata/acts/*.json"); len(files) != len(goldenActs()) {
		t.Errorf("%d golden files for %d kinds", len(files), len(goldenActs()))
	}
}

func TestActsOfOthersAreNotOurs(t *testing.T) {
	if Acts.Owns(habilitation.AgentEnabled{Agent: 1}) {
		t.Error("an act of habilitation is taken for one of ours")
	}
	if _, _, err := Acts.Encode(habilitation.AgentEnabled{Agent: 1}); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Errorf("and written: %v", err)
	}
	if _, err := Acts.Decode("handling.taken", 1, []byte(`{"message":"`+one.String()+`","audience":4,"more":1}`)); !errors.Is(err, habilitation.ErrBadPayload) {
		t.Errorf("an unknown field is read: %v", err)
	}
	if _, err := Acts.Decode("tray.laid", 1, []byte(`{"message":"`+one.String()+`","why":"lost","desk":4}`)); !errors.Is(err, habilitation.ErrBadPayload) {
		t.Errorf("an unknown word is read: %v", err)
	}
}
