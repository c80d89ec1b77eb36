package dossier

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	unprotected = habilitation.Unprotected
	restricted  = habilitation.Restricted

	drafter   = habilitation.AgentID(1) // of group 1
	passive   = habilitation.AgentID(2) // of group 1, without a duty
	manager   = habilitation.AgentID(3) // of community 2
	uncleared = habilitation.AgentID(4) // drafter of group 1
	outsider  = habilitation.AgentID(5)
)

func register(t testing.TB) *habilitation.Register {
	t.Helper()
	r := habilitation.NewRegister()
	acts := []habilitation.Act{}
	for i, level := range []habilitation.Level{restricted, restricted, restricted, unprotected, restricted} {
		acts = append(acts, habilitation.AgentAdded{Agent: habilitation.AgentID(i + 1), Login: string(rune('a' + i)), Name: "N", Level: level})
	}
	acts = append(acts,
		habilitation.AudienceCreated{Audience: 1, Key: "dam", Sort: "directorate", Name: habilitation.Label{FR: "Afrique"}, Timbre: "DAM", Level: restricted},
		habilitation.AudienceCreated{Audience: 2, Key: "eau", Community: true, Sort: "community", Name: habilitation.Label{FR: "Eau"}, Level: unprotected},
		habilitation.AudienceCreated{Audience: 3, Key: "doc", Sort: "service", Name: habilitation.Label{FR: "Doc"}, Timbre: "DOC", Level: restricted},
		habilitation.MemberJoined{Audience: 1, Agent: drafter, Duties: habilitation.Drafter}, habilitation.MemberJoined{Audience: 1, Agent: passive},
		habilitation.MemberJoined{Audience: 1, Agent: uncleared, Duties: habilitation.Drafter}, habilitation.MemberJoined{Audience: 2, Agent: manager, Duties: habilitation.Manager})
	for _, act := range acts {
		if err := r.Apply(noon, 0, act); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func id(n byte) habilitation.ID { return habilitation.ID{n} }

func apply(t testing.TB, d *Dossiers, acts ...Act) {
	t.Helper()
	for _, act := range acts {
		if err := d.Apply(noon, drafter, act); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoMayDecideWhat(t *testing.T) {
	r, d := register(t), New()
	open := func(by habilitation.AgentID, act Opened) error { _, err := d.Open(r, by, act); return err }
	begin := Opened{Dossier: id(1), Key: "sahel", Title: "Sahel", Owner: 1, Level: restricted}
	for what, c := range map[string]struct{ got, want error }{
		"a drafter":                   {open(drafter, begin), nil},
		"a reader":                    {open(passive, begin), ErrNotMandated},
		"a stranger":                  {open(outsider, begin), ErrNotMandated},
		"an uncleared drafter":        {open(uncleared, begin), ErrNotCleared},
		"above the community's level": {open(manager, Opened{Dossier: id(1), Key: "eau", Title: "Eau", Owner: 2, Level: restricted}), ErrNotCleared},
		"to a group that may not":     {open(drafter, Opened{Dossier: id(1), Key: "k", Title: "t", Owner: 1, Level: restricted, Members: []habilitation.AudienceID{2}}), ErrNotCleared},
		"to nobody":                   {open(drafter, Opened{Dossier: id(1), Key: "k", Title: "t", Owner: 1, Level: restricted, Members: []habilitation.AudienceID{9}}), ErrUnknown},
		"of nobody":                   {open(drafter, Opened{Dossier: id(1), Key: "k", Title: "t", Owner: 9, Level: restricted}), ErrUnknown},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s opens: %v, want %v", what, c.got, c.want)
		}
	}
	apply(t, d, begin, Opened{Dossier: id(2), Key: "eau", Title: "Eau", Owner: 2, Level: unprotected}, MessageAdded{id(1), id(50)})
	if err := open(drafter, Opened{Dossier: id(3), Key: "SAHEL", Title: "t", Owner: 1, Level: restricted}); !errors.Is(err, ErrKeyTaken) {
		t.Errorf("the key twice: %v", err)
	}
	if err := open(uncleared, Opened{Dossier: id(3), Key: "sahel", Title: "t", Owner: 1, Level: unprotected}); err != nil {
		t.Errorf("the key of a restricted dossier hinders an unprotected one: %v", err)
	}
	second := func(_ any, err error) error { return err }
	for what, c := range map[string]struct{ got, want error }{
		"manager adds":               {second(d.AddMessage(r, manager, id(2), id(50))), nil},
		"reader adds":                {second(d.AddMessage(r, passive, id(1), id(51))), ErrNotMandated},
		"uncleared drafter adds":     {second(d.AddMessage(r, uncleared, id(1), id(51))), ErrUnknown},
		"adds to nothing":            {second(d.AddMessage(r, drafter, id(9), id(51))), ErrUnknown},
		"adds twice":                 {second(d.AddMessage(r, drafter, id(1), id(50))), ErrThere},
		"takes out":                  {second(d.RemoveMessage(r, drafter, id(1), id(50), "doublon")), nil},
		"takes out what is not in":   {second(d.RemoveMessage(r, drafter, id(1), id(51), "doublon")), ErrNotThere},
		"takes out without a reason": {second(d.RemoveMessage(r, drafter, id(1), id(50), " ")), ErrReasonMissing},
		"empty note":                 {second(d.AddNote(r, drafter, NoteAdded{id(1), id(60), restricted, "\n"})), ErrNoteEmpty},
		"note above":                 {second(d.AddNote(r, manager, NoteAdded{id(2), id(60), restricted, "x"})), ErrNotCleared},
		"file above":                 {second(d.AddFile(r, manager, FileAdded{Dossier: id(2), File: id(60), Level: restricted})), ErrNotCleared},
		"shares with the owner":      {second(d.Share(r, drafter, id(1), 1)), ErrOpenTo},
		"shares":                     {second(d.Share(r, drafter, id(1), 3)), nil},
		"shares below":               {second(d.Share(r, drafter, id(1), 2)), ErrNotCleared},
		"shares with nobody":         {second(d.Share(r, drafter, id(1), 8)), ErrUnknown},
		"closes without a reason":    {second(d.Close(r, drafter, id(1), "")), ErrReasonMissing},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	apply(t, d, Closed{id(1), "fini"})
	if _, err := d.AddMessage(r, drafter, id(1), id(52)); !errors.Is(err, ErrClosed) {
		t.Errorf("adds to a closed dossier: %v", err)
	}
	if err := r.Apply(noon, 0, habilitation.AgentDisabled{Agent: manager}); err != nil || Writes(r, manager, 2) {
		t.Errorf("a disabled manager writes (%v)", err)
	}
}

// everyAct is one act of each kind with every field set, as a history that folds.
func everyAct() []Act {
	return []Act{
		Opened{id(1), "sahel-2026", "Sahel, printemps 2026", 1, restricted, []habilitation.AudienceID{2, 3}},
		MessageAdded{id(1), id(10)},
		NoteAdded{id(1), id(20), restricted, "À suivre :\nla crue."},
		FileAdded{id(1), id(30), unprotected, "carte.pdf", "application/pdf", 12, strings.Repeat("ab", 64)},
		Shared{id(1), 4},
		MessageRemoved{id(1), id(10), "hors sujet"},
		Closed{id(1), "affaire terminée"},
	}
}

var writeGolden = os.Getenv("CHANCERY_GOLDEN") == "write"

// golden compares with a file, or writes it when CHANCERY_GOLDEN=write.
func golden(t *testing.T, path string, got []byte) []byte {
	t.Helper()
	if writeGolden {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed without its version:\n%s\n%s", path, got, want)
	}
	return want
}

func TestActsKeepTheirBytes(t *testing.T) {
	for _, act := range everyAct() {
		version, payload, err := Acts.Encode(act)
		if err != nil {
			t.Fatal(err)
		}
		kept := golden(t, filepath.Join("testdata", "acts", act.Kind()+".v1.json"), payload)
		read, err := Acts.Decode(act.Kind(), version, kept)
		if err != nil || !Acts.Owns(read) {
			t.Fatalf("%s: %v", act.Kind(), err)
		}
		if _, again, _ := Acts.Encode(read); !bytes.Equal(again, payload) {
			t.Errorf("%s reads as %s", payload, again)
		}
		if _, err := Acts.Decode(act.Kind(), version+1, kept); !errors.Is(err, habilitation.ErrUnknownKind) {
			t.Errorf("%s of a later version: %v", act.Kind(), err)
		}
		if _, err := Acts.Decode(act.Kind(), version, append(bytes.TrimSuffix(bytes.Clone(kept), []byte("}")), `,"more":1}`...)); !errors.Is(err, habilitation.ErrBadPayload) {
			t.Errorf("%s with a field more: %v", act.Kind(), err)
		}
	}
	if _, _, err := Acts.Encode(habilitation.AgentDisabled{}); !errors.Is(err, habilitation.ErrUnknownKind) {
		t.Errorf("an act of another package: %v", err)
	}
}

func TestSnapshotKeepsItsBytes(t *testing.T) {
	d := New()
	acts := everyAct()
	apply(t, d, acts[:5]...)
	apply(t, d, Opened{id(2), "clos", "Clos", 1, unprotected, nil}, MessageAdded{id(2), id(10)}, MessageAdded{id(2), id(11)}, Closed{id(2), "vide"})
	var written, again bytes.Buffer
	if err := d.Snapshot(&written); err != nil {
		t.Fatal(err)
	}
	whole := golden(t, "testdata/dossiers.v1.snapshot", written.Bytes())
	restored := New()
	if err := errors.Join(restored.Restore(bytes.NewReader(whole)), restored.Snapshot(&again)); err != nil || !bytes.Equal(again.Bytes(), whole) {
		t.Fatalf("restored otherwise: %v", err)
	}
	one, known := restored.Find(id(2))
	if !known || !one.IsClosed() || one.Reason != "vide" || !one.ClosedAt.Equal(noon) || len(restored.With(id(10))) != 2 || !one.Has(id(11)) {
		t.Errorf("restored as %+v", one)
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x41
		for _, raw := range [][]byte{damaged, whole[:i]} {
			if err := restored.Restore(bytes.NewReader(raw)); !errors.Is(err, habilitation.ErrSnapshotDamaged) && !errors.Is(err, habilitation.ErrSnapshotVersion) {
				t.Fatalf("damaged at %d: %v", i, err)
			}
		}
	}
	if restored.Count() != 2 || len(slices.Collect(restored.All())) != 2 {
		t.Error("a damaged snapshot left something behind")
	}
}
