package habilitation

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// goldenActs is one act of every kind, every field set. Their bytes in testdata/acts are what journals hold: they stay for ever, and a
// field more or less is another version of the kind with golden bytes of its own.
func goldenActs() []Act {
	request := ID{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	return []Act{
		AgentAdded{Agent: 7, Login: "a.diarra", Name: "Awa Diarra", Title: "cheffe du pôle « eau » & <forêts>", Level: Restricted, Functions: []Function{Archivist, Auditor}, Guest: true},
		AgentCleared{Agent: 7, Level: Unprotected, Reason: "fin de mission"},
		AgentAppointed{Agent: 7, Functions: []Function{Administrator}, Reason: "relève"},
		AgentDisabled{Agent: 7, Reason: "départ"},
		AgentEnabled{Agent: 7},
		TerminalRegistered{Terminal: request, Name: "poste 12", Level: Restricted, SecretHash: bytes.Repeat([]byte{0xab}, 32)},
		TerminalCleared{Terminal: request, Level: Unprotected, Reason: "itinérance"},
		TerminalWithdrawn{Terminal: request, Reason: "volé"},
		AudienceCreated{Audience: 3, Key: "bamako", Community: true, Sort: "embassy", Name: Label{FR: "Ambassade à Bamako", EN: "Embassy in Bamako"}, Timbre: "BAMAKO", Parent: 1, Level: Restricted},
		MemberJoined{Audience: 3, Agent: 7, Duties: Drafter | Signatory | NumberTwo | Manager},
		MemberLeft{Audience: 3, Agent: 7, Reason: "mutation"},
		SignupRequested{Request: request, Audience: 3, Agent: 7, Motive: "je suis le Sahel"},
		SignupAccepted{Request: request, Duties: Drafter},
		SignupRefused{Request: request, Reason: "hors champ"},
		DelegationGiven{Delegation: request, From: 7, To: 8, Audience: 3, Duties: Drafter | Signatory | Collective, Begins: noon, Ends: noon.Add(72 * time.Hour), Reason: "intérim"},
		DelegationEnded{Delegation: request, Reason: "retour"},
		RosterSet{Audience: 3, Watches: []Watch{{Agent: 7, From: noon, Until: noon.Add(8 * time.Hour)}, {Agent: 8, From: noon, Until: noon.Add(24 * time.Hour)}}, AcknowledgeMinutes: 10},
		CollectiveDefined{Collective: "postes-afrique", Name: Label{FR: "Tous les postes d’Afrique", EN: "All posts in Africa"}, Audiences: []AudienceID{3, 4}, Sorts: []string{"embassy", "consulate"}, Parent: 1},
		CollectiveWithdrawn{Collective: "postes-afrique", Reason: "réorganisation"},
		OperatorDeskNamed{Audience: 3},
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
	if known := slices.Sorted(maps.Keys(Acts.readers)); !slices.Equal(kinds, known) {
		t.Errorf("golden bytes for %v, kinds %v", kinds, known)
	}
}

func TestActsAreReadStrictly(t *testing.T) {
	for name, payload := range map[string]string{
		"unknown key":       `{"agent":1,"level":"restricted","reason":"x","more":1}`,
		"key in upper case": `{"agent":1,"Level":"restricted","reason":"x"}`,
		"key folded":        `{"agent":1,"level":"restricted","rea\u017fon":"x"}`,
		"key twice":         `{"agent":1,"agent":2,"level":"restricted","reason":"x"}`,
		"two values":        `{"agent":1,"level":"restricted","reason":"x"}{}`,
		"no such level":     `{"agent":1,"level":"secret","reason":"x"}`,
		"negative agent":    `{"agent":-1,"level":"restricted","reason":"x"}`,
		"agent too large":   `{"agent":4294967296,"level":"restricted","reason":"x"}`,
		"not UTF-8":         "{\"agent\":1,\"level\":\"restricted\",\"reason\":\"\xff\"}",
		"nested":            strings.Repeat("[", 1000),
		"cut":               `{"agent":1`,
		"empty":             ``,
	} {
		if act, err := Acts.Decode("agent.cleared", 1, []byte(payload)); !errors.Is(err, ErrBadPayload) {
			t.Errorf("%s: %+v, %v", name, act, err)
		}
	}
	for _, kind := range []string{"", "agent.crowned", "tag.created"} {
		if _, err := Acts.Decode(kind, 1, []byte(`{}`)); !errors.Is(err, ErrUnknownKind) {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	if _, err := Acts.Decode("agent.cleared", 2, []byte(`{}`)); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("version 2: %v", err)
	}
	if _, _, err := Acts.Encode(strangeAct{}); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("a stranger is written: %v", err)
	}
	if err := NewRegister().Apply(noon, 0, strangeAct{}); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("a stranger is folded: %v", err)
	}
	if _, _, err := Acts.Encode(AgentCleared{Agent: 1}); err == nil {
		t.Error("a level that admits nobody is written")
	}
	if _, _, err := Acts.Encode(MemberJoined{Agent: 1, Audience: 1, Duties: 128}); err == nil {
		t.Error("an unknown duty is written")
	}
}

type strangeAct struct{}

func (strangeAct) Kind() string { return "stranger.came" }

func TestDutiesHaveOneSpelling(t *testing.T) {
	for d := range Duty(32) {
		text, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read Duty
		if err := read.UnmarshalText(text); err != nil || read != d {
			t.Errorf("%q is read %v, %v", text, read, err)
		}
	}
	for _, text := range []string{"signatory,drafter", "drafter,drafter", "drafter,", ",", "king", "Drafter", "drafter, signatory"} {
		var read Duty
		if err := read.UnmarshalText([]byte(text)); !errors.Is(err, ErrBadDuty) {
			t.Errorf("%q is read %v, %v", text, read, err)
		}
	}
}

func TestLabelFallsBack(t *testing.T) {
	for _, c := range []struct {
		label Label
		lang  string
		want  string
	}{
		{Label{FR: "eau", EN: "water"}, "fr", "eau"},
		{Label{FR: "eau", EN: "water"}, "en", "water"},
		{Label{FR: "eau", EN: "water"}, "de", "eau"},
		{Label{FR: "eau"}, "en", "eau"},
		{Label{EN: "water"}, "fr", "water"},
		{Label{}, "fr", ""},
	} {
		if got := c.label.In(c.lang); got != c.want {
			t.Errorf("%+v in %s: %q", c.label, c.lang, got)
		}
	}
}

func FuzzDecodeAct(f *testing.F) {
	for _, act := range goldenActs() {
		_, payload, err := Acts.Encode(act)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(act.Kind(), payload)
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		act, err := Acts.Decode(kind, 1, payload)
		if err != nil {
			return
		}
		_, written, err := Acts.Encode(act)
		if err != nil {
			return // a field left out, such as a level
		}
		again, err := Acts.Decode(kind, 1, written)
		if err != nil {
			t.Fatalf("%s written as %s: %v", payload, written, err)
		}
		if _, twice, _ := Acts.Encode(again); !bytes.Equal(written, twice) {
			t.Fatalf("%s then %s", written, twice)
		}
	})
}
