package dossier

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chancery/habilitation"
)

// model is the dossiers in plain slices.
type model struct {
	order    []habilitation.ID
	messages map[habilitation.ID][]habilitation.ID
	parts    map[habilitation.ID]int
	readers  map[habilitation.ID][]habilitation.AudienceID
	closed   map[habilitation.ID]bool
}

func newModel() *model {
	return &model{messages: map[habilitation.ID][]habilitation.ID{}, parts: map[habilitation.ID]int{},
		readers: map[habilitation.ID][]habilitation.AudienceID{}, closed: map[habilitation.ID]bool{}}
}

func (m *model) follow(act Act) {
	switch act := act.(type) {
	case Opened:
		m.order = append(m.order, act.Dossier)
		m.readers[act.Dossier] = slices.Clone(act.Members)
	case MessageAdded:
		m.messages[act.Dossier] = append(m.messages[act.Dossier], act.Message)
	case MessageRemoved:
		m.messages[act.Dossier] = slices.DeleteFunc(m.messages[act.Dossier], func(id habilitation.ID) bool { return id == act.Message })
	case NoteAdded:
		m.parts[act.Dossier]++
	case FileAdded:
		m.parts[act.Dossier]++
	case Shared:
		m.readers[act.Dossier] = append(m.readers[act.Dossier], act.Audience)
		slices.Sort(m.readers[act.Dossier])
	case Closed:
		m.closed[act.Dossier] = true
	}
}

func (m *model) compare(t *rapid.T, d *Dossiers) {
	all := slices.Collect(d.All())
	if len(all) != len(m.order) || d.Count() != len(all) {
		t.Fatalf("%d dossiers, want %d", len(all), len(m.order))
	}
	with := map[habilitation.ID]int{}
	for i, one := range all {
		var messages []habilitation.ID
		for _, e := range one.Entries {
			messages = append(messages, e.Message)
			with[e.Message]++
		}
		if one.ID != m.order[i] || !slices.Equal(messages, m.messages[one.ID]) || !slices.Equal(one.Readers, m.readers[one.ID]) ||
			len(one.Notes)+len(one.Files) != m.parts[one.ID] || one.IsClosed() != m.closed[one.ID] {
			t.Fatalf("%+v, want messages %v, readers %v, %d parts, closed %v", one, m.messages[one.ID], m.readers[one.ID], m.parts[one.ID], m.closed[one.ID])
		}
	}
	for message, times := range with {
		if found := d.With(message); len(found) != times || !found[0].Has(message) {
			t.Fatalf("message %s stands in %d dossiers, want %d", message, len(found), times)
		}
	}
}

func drawAct(t *rapid.T) Act {
	some := func(what string, most int) habilitation.ID { return id(byte(rapid.IntRange(0, most).Draw(t, what))) }
	dossier, message, audience := some("dossier", 3), some("message", 6), habilitation.AudienceID(rapid.IntRange(0, 5).Draw(t, "audience"))
	level := habilitation.Level(rapid.IntRange(0, 2).Draw(t, "level"))
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1:
		members := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 4), func(n int) habilitation.AudienceID { return habilitation.AudienceID(n) }), 0, 3).Draw(t, "members")
		return Opened{dossier, rapid.SampledFrom([]string{"", "a", "A", "b"}).Draw(t, "key"), "t", audience, level, members}
	case 2:
		return MessageRemoved{dossier, message, "r"}
	case 3:
		return NoteAdded{dossier, message, level, "n"}
	case 4:
		return FileAdded{Dossier: dossier, File: message, Level: level, Name: "f"}
	case 5:
		return Shared{dossier, audience}
	case 6:
		return Closed{dossier, "c"}
	}
	return MessageAdded{dossier, message}
}

// TestDossiersFollowTheirHistory folds random acts and compares with the plain model, Check with Apply, and with the restored snapshot.
func TestDossiersFollowTheirHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := New(), newModel()
		for n := range rapid.IntRange(0, 60).Draw(t, "acts") {
			act := drawAct(t)
			before, held := slices.Collect(d.All()), []Dossier{}
			for _, one := range before {
				one.Entries, one.Readers = slices.Clone(one.Entries), slices.Clone(one.Readers)
				held = append(held, one)
			}
			checked := d.Check(act)
			err := d.Apply(noon.Add(time.Duration(n)*time.Second), 7, act)
			if (checked == nil) != (err == nil) || err != nil && !errors.Is(err, habilitation.ErrContradiction) {
				t.Fatalf("%+v: checked %v, applied %v", act, checked, err)
			}
			if !reflect.DeepEqual(before, held) && len(held) > 0 {
				t.Fatalf("what a reader held changed under %+v", act)
			}
			if err == nil {
				m.follow(act)
			}
			m.compare(t, d)
		}
		restored := New()
		var written, again bytes.Buffer
		if err := errors.Join(d.Snapshot(&written), restored.Restore(bytes.NewReader(written.Bytes())), restored.Snapshot(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written.Bytes(), again.Bytes()) {
			t.Fatal("the snapshot of the restored dossiers differs")
		}
		m.compare(t, restored)
	})
}
