package tagging

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chancery/habilitation"
)

// wish is what a plain model keeps of one audience and one tag.
type wish struct {
	audience habilitation.AudienceID
	tag      habilitation.TagID
}

// model is the declarations in maps: up to which level each wish holds, and which declaration of it waits.
type model struct {
	granted map[wish]habilitation.Level
	waiting map[wish]habilitation.ID
}

func (m model) follow(d *Declarations, act Act) {
	switch act := act.(type) {
	case TagDeclared:
		w := wish{act.Audience, act.Tag}
		m.granted[w] = unprotected
		if act.Level == restricted {
			m.waiting[w] = act.Declaration
		}
	case DeclarationApproved:
		decided, _ := d.Declaration(act.Declaration)
		m.granted[wish{decided.Audience, decided.Tag}] = restricted
		delete(m.waiting, wish{decided.Audience, decided.Tag})
	case DeclarationRefused:
		decided, _ := d.Declaration(act.Declaration)
		delete(m.waiting, wish{decided.Audience, decided.Tag})
	case DeclarationWithdrawn:
		delete(m.granted, wish{act.Audience, act.Tag})
		delete(m.waiting, wish{act.Audience, act.Tag})
	}
}

func (m model) compare(t *rapid.T, d *Declarations) {
	for _, level := range habilitation.Levels {
		var want []Reason
		for w, granted := range m.granted {
			if granted >= level {
				want = append(want, Reason{Audience: w.audience, Tag: w.tag})
			}
		}
		slices.SortFunc(want, func(a, b Reason) int { return int(a.Audience)*100 + int(a.Tag) - int(b.Audience)*100 - int(b.Tag) })
		if got := d.Route([]habilitation.TagID{3, 1, 2}, level); !slices.Equal(got, want) {
			t.Fatalf("route at %s: %v, want %v", level, got, want)
		}
		var declared []Reason
		for a := habilitation.AudienceID(1); a < 5; a++ {
			for _, tag := range d.DeclaredBy(a, level) {
				declared = append(declared, Reason{Audience: a, Tag: tag})
			}
		}
		if !slices.Equal(declared, want) {
			t.Fatalf("declared at %s: %v, want %v", level, declared, want)
		}
	}
	waiting := make(map[wish]habilitation.ID)
	for _, p := range d.Pending(0) {
		waiting[wish{p.Audience, p.Tag}] = p.ID
	}
	if !maps.Equal(waiting, m.waiting) {
		t.Fatalf("waiting %v, want %v", waiting, m.waiting)
	}
}

func drawAct(t *rapid.T) Act {
	id := habilitation.ID{byte(rapid.IntRange(0, 12).Draw(t, "id"))}
	tag := habilitation.TagID(rapid.IntRange(0, 4).Draw(t, "tag"))
	audience := habilitation.AudienceID(rapid.IntRange(0, 4).Draw(t, "audience"))
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return DeclarationApproved{Declaration: id}
	case 1:
		return DeclarationRefused{Declaration: id, Reason: "x"}
	case 2:
		return DeclarationWithdrawn{Tag: tag, Audience: audience}
	}
	return TagDeclared{Declaration: id, Tag: tag, Audience: audience, Level: habilitation.Level(rapid.IntRange(0, 2).Draw(t, "level"))}
}

// TestDeclarationsFollowTheirHistory folds random acts and compares with the plain model, Check with Apply, and with the restored snapshot.
func TestDeclarationsFollowTheirHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := NewDeclarations(), model{granted: make(map[wish]habilitation.Level), waiting: make(map[wish]habilitation.ID)}
		for tag := range habilitation.TagID(3) {
			if err := d.Apply(noon, 0, TagCreated{Tag: tag + 1, State: Active}); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "acts") {
			act, version := drawAct(t), d.Version()
			checked := d.Check(act)
			err := d.Apply(noon.Add(time.Duration(version)*time.Second), 7, act)
			if (checked == nil) != (err == nil) || (d.Version() != version) != (err == nil) {
				t.Fatalf("%+v: checked %v, applied %v", act, checked, err)
			}
			if err == nil {
				m.follow(d, act)
			}
			m.compare(t, d)
		}
		restored := NewDeclarations()
		var written, again bytes.Buffer
		if err := errors.Join(d.Snapshot(&written), restored.Restore(bytes.NewReader(written.Bytes())), restored.Snapshot(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written.Bytes(), again.Bytes()) || restored.Version() != d.Version() {
			t.Fatal("the snapshot of the restored declarations differs")
		}
		m.compare(t, restored)
	})
}

// goldenHouse has something in every field of a snapshot.
func goldenHouse(t testing.TB) *house {
	h := newHouse(t)
	h.declares(manager, 1, 2, unprotected)
	h.apply(DeclarationApproved{Declaration: h.declares(second, 1, 1, restricted)})
	h.apply(DeclarationRefused{Declaration: h.declares(second, 2, 1, restricted), Reason: "hors champ"})
	h.declares(second, 2, 1, restricted)
	h.declares(keeper, 1, 3, unprotected)
	h.apply(DeclarationWithdrawn{Tag: 1, Audience: 3, Reason: "réorganisation"})
	return h
}

// snapshotter is either fold of the package.
type snapshotter interface {
	Snapshot(io.Writer) error
	Restore(io.Reader) error
}

func TestSnapshotsKeepTheirBytes(t *testing.T) {
	h := goldenHouse(t)
	thesaurus, declarations := NewThesaurus(), NewDeclarations()
	for path, pair := range map[string][2]snapshotter{
		"testdata/thesaurus.v1.snapshot":    {h.thesaurus, thesaurus},
		"testdata/declarations.v1.snapshot": {h.declarations, declarations},
	} {
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var written bytes.Buffer
		if err := errors.Join(pair[0].Snapshot(&written), pair[1].Restore(bytes.NewReader(golden))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written.Bytes(), golden) {
			t.Errorf("%s has changed without its version:\n%q\n%q", path, written.Bytes(), golden)
		}
		refuseDamaged(t, pair[1], golden)
	}
	if !reflect.DeepEqual(thesaurus.tags, h.thesaurus.tags) || !slices.Equal(thesaurus.terms, h.thesaurus.terms) || !maps.Equal(thesaurus.byKey, h.thesaurus.byKey) {
		t.Error("the restored thesaurus differs")
	}
	if !slices.Equal(declarations.ledger.all, h.declarations.ledger.all) || !slices.Equal(declarations.ledger.tags, h.declarations.ledger.tags) {
		t.Errorf("the restored declarations differ:\n%+v\n%+v", declarations.ledger, h.declarations.ledger)
	}
}

func refuseDamaged(t *testing.T, fold snapshotter, whole []byte) {
	t.Helper()
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x41
		for _, raw := range [][]byte{damaged, whole[:i]} {
			err := fold.Restore(bytes.NewReader(raw))
			if !errors.Is(err, habilitation.ErrSnapshotDamaged) && !errors.Is(err, habilitation.ErrSnapshotVersion) {
				t.Fatalf("damaged at %d: %v", i, err)
			}
		}
	}
}
