package bleveindex

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/search"
	"chancery/search/searchtest"

	index "github.com/blevesearch/bleve_index_api"
)

func TestConformance(t *testing.T) {
	searchtest.Run(t, func(folder string, rows *search.Rows, texts search.Texts) (search.Index, error) {
		return Open(folder, rows, texts, Options{})
	})
}

var everyone = habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Restricted, Archivist: true})

// house is an index in a folder, and everything to open it again.
type house struct {
	*testing.T
	folder string
	rows   *search.Rows
	oracle *searchtest.Oracle
	index  *Index
}

func newHouse(t *testing.T, o Options) *house {
	h := &house{T: t, folder: filepath.Join(t.TempDir(), "index"), rows: search.NewRows()}
	h.oracle = searchtest.NewOracle(h.rows)
	h.open(o)
	t.Cleanup(func() { h.index.Close() })
	return h
}

func (h *house) open(o Options) {
	h.Helper()
	var err error
	if h.index, err = Open(h.folder, h.rows, h.oracle, o); err != nil {
		h.Fatalf("open: %v", err)
	}
}

func (h *house) reopen(o Options) {
	h.Helper()
	if err := h.index.Close(); err != nil {
		h.Fatalf("close: %v", err)
	}
	h.open(o)
}

func note(seq uint64, text string) search.Document {
	return search.Document{ID: habilitation.ID{byte(seq), byte(seq >> 8), 1}, Seq: seq, Time: time.UnixMicro(int64(seq)), Kind: search.Note, Language: "fr", Text: text,
		Marking: habilitation.NewMarking(habilitation.Unprotected, nil, nil, nil)}
}

func (h *house) release(documents ...search.Document) {
	h.Helper()
	h.rows.Append(documents)
	through := documents[len(documents)-1].Seq
	if err := errors.Join(h.oracle.Apply(h.Context(), through, documents), h.index.Apply(h.Context(), through, documents)); err != nil {
		h.Fatalf("apply: %v", err)
	}
}

func (h *house) find(text string) ([]uint64, error) {
	h.Helper()
	q, err := search.ParseQuery(text)
	if err != nil {
		h.Fatal(err)
	}
	q.Limit = search.MaxPage
	found, err := h.index.Find(h.Context(), everyone, q)
	var seqs []uint64
	for _, hit := range found.Hits {
		seqs = append(seqs, hit.Seq)
	}
	return seqs, err
}

func (h *house) finds(text string, want ...uint64) {
	h.Helper()
	got, err := h.find(text)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		h.Errorf("%s: found %v, %v; want %v", text, got, err, want)
	}
}

func (h *house) hasProgress(want uint64) {
	h.Helper()
	if got, err := h.index.Progress(h.Context()); err != nil || got != want {
		h.Errorf("progress %d, %v; want %d", got, err, want)
	}
}

func TestWordsAreReplacedWhenAppliedLater(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord secret"), note(2, "accord public"))
	h.finds("accord", 1, 2)
	erased := note(1, "")
	if err := h.index.Apply(t.Context(), 3, []search.Document{erased}); err != nil {
		t.Fatal(err)
	}
	h.finds("accord", 2)
	h.finds("acc*", 2)
	h.finds("-accord", 1)
	h.hasProgress(3)
	if held, err := h.index.Held(t.Context()); err != nil || len(held) != 2 || !held[1] || !held[2] {
		t.Errorf("held %v, %v", held, err)
	}
	h.reopen(Options{})
	h.finds("accord", 2)
}

func TestRowsMayFollowTheWords(t *testing.T) {
	h := newHouse(t, Options{})
	if err := h.index.Apply(t.Context(), 2, []search.Document{note(1, "accord"), note(2, "accord")}); err != nil {
		t.Fatal(err)
	}
	h.finds("accord")
	h.rows.Append([]search.Document{note(1, "accord")})
	h.finds("accord", 1)
	h.rows.Append([]search.Document{note(2, "accord")})
	h.finds("accord", 1, 2)
}

func TestSetAside(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(*house)
	}{
		{"of another revision", func(h *house) {
			b := index.NewBatch()
			b.SetInternal([]byte(noteRevision), []byte("12345678"))
			if err := h.index.store.engine.Batch(b); err != nil {
				h.Fatal(err)
			}
		}},
		{"without its root", func(h *house) { h.rewrite("root.bolt", func([]byte) []byte { return []byte("no longer a database") }) }},
		{"with an empty segment", func(h *house) { h.rewrite(".zap", func([]byte) []byte { return nil }) }},
		{"with a segment cut short", func(h *house) { h.rewrite(".zap", func(b []byte) []byte { return b[:len(b)/2] }) }},
		{"with garbage for a segment", func(h *house) {
			h.rewrite(".zap", func(b []byte) []byte { return slices.Repeat([]byte{0xA5}, len(b)) })
		}},
		{"with one bit turned", func(h *house) {
			h.rewrite(".zap", func(b []byte) []byte {
				b[len(b)/3] ^= 4
				return b
			})
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, Options{})
			h.release(note(1, "accord"), note(2, "traité"))
			c.spoil(h)
			h.reopen(Options{})
			if h.index.SetAside() == nil {
				t.Error("nobody is told why")
			}
			h.hasProgress(0)
			h.finds("accord")
			if err := h.index.Apply(t.Context(), 2, []search.Document{note(1, "accord"), note(2, "traité")}); err != nil {
				t.Fatal(err)
			}
			h.finds("accord", 1)
		})
	}
}

// rewrite changes the files of a closed index whose names end so.
func (h *house) rewrite(ending string, change func([]byte) []byte) {
	h.Helper()
	if err := h.index.Close(); err != nil {
		h.Fatal(err)
	}
	entries, err := os.ReadDir(h.index.words())
	if err != nil {
		h.Fatal(err)
	}
	changed := false
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ending) {
			continue
		}
		path := filepath.Join(h.index.words(), entry.Name())
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(content), 0o600)
		}
		if err != nil {
			h.Fatal(err)
		}
		changed = true
	}
	if !changed {
		h.Fatalf("no file ends in %s", ending)
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord"))
	if second, err := Open(h.folder, h.rows, h.oracle, Options{}); err == nil {
		second.Close()
		t.Fatal("opened twice")
	} else if errors.Is(err, errUnusable) {
		t.Fatalf("an index in use counts as damaged: %v", err)
	}
	h.finds("accord", 1)
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord"))
	if err := h.index.Rebuild(t.Context(), journalOf(note(1, "accord")), nil); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(h.folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// journalOf yields each document in a batch of its own.
func journalOf(documents ...search.Document) iter.Seq2[search.Batch, error] {
	return func(yield func(search.Batch, error) bool) {
		for _, d := range documents {
			if !yield(search.Batch{Through: d.Seq, Documents: []search.Document{d}}, nil) {
				return
			}
		}
	}
}

func TestRebuild(t *testing.T) {
	h := newHouse(t, Options{})
	var documents []search.Document
	for seq := uint64(1); seq <= 2500; seq++ {
		documents = append(documents, note(seq, fmt.Sprintf("accord mot%d", seq%50)))
	}
	h.release(documents[:3]...)
	h.rows.Append(documents)
	steps := 0
	err := h.index.Rebuild(t.Context(), journalOf(documents...), func(uint64, int) {
		steps++
		h.finds("accord", 1, 2, 3) // the old one answers meanwhile
	})
	if err != nil || steps != 2 {
		t.Fatalf("rebuild: %d steps, %v", steps, err)
	}
	h.hasProgress(2500)
	check := func() {
		t.Helper()
		if got, err := h.find("mot7"); err != nil || len(got) != 50 {
			t.Errorf("found %d, %v", len(got), err)
		}
	}
	check()
	h.release(note(2501, "mot7"))
	h.reopen(Options{})
	h.hasProgress(2501)
	h.finds("mot7 -accord", 2501)
}

func TestRebuildThatFailsChangesNothing(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord"))
	broken := errors.New("broken")
	err := h.index.Rebuild(t.Context(), func(yield func(search.Batch, error) bool) {
		_ = yield(search.Batch{Through: 9, Documents: []search.Document{note(9, "x")}}, nil) && yield(search.Batch{}, broken)
	}, nil)
	if !errors.Is(err, broken) {
		t.Fatalf("rebuild: %v", err)
	}
	h.finds("accord", 1)
	h.reopen(Options{})
	h.finds("accord", 1)
	h.hasProgress(1)
	if _, err := os.Stat(h.index.building()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the building stands: %v", err)
	}
}

// TestCrashBetweenTheRenames leaves the folder as a crash in the middle of a swap would.
func TestCrashBetweenTheRenames(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord"))
	if err := h.index.build(t.Context(), journalOf(note(1, "accord"), note(2, "accord")), nil); err != nil {
		t.Fatal(err)
	}
	h.rows.Append([]search.Document{note(2, "accord")})
	if err := h.index.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(h.index.words(), h.index.aside()); err != nil {
		t.Fatal(err)
	}
	h.open(Options{})
	h.finds("accord", 1, 2)
	h.hasProgress(2)
}

func TestPhraseIsExactOrRefused(t *testing.T) {
	h := newHouse(t, Options{PhraseTexts: 5})
	for seq := uint64(1); seq <= 5; seq++ {
		text := "publique force"
		if seq%2 == 0 {
			text = "force publique"
		}
		h.release(note(seq, text))
	}
	h.finds(`"force publique"`, 2, 4)
	h.finds(`-"force publique"`, 1, 3, 5)
	h.release(note(6, "force publique"))
	if got, err := h.find(`"force publique"`); !errors.Is(err, search.ErrTooWide) {
		t.Errorf("found %v, %v", got, err)
	}
	h.finds(`"force publique" before:1970`) // a row decides before a text is read
}

// TestLongTextsAreFewer: what a question may have read for its phrases is bounded in length too, counted over what the reader may see.
func TestLongTextsAreFewer(t *testing.T) {
	h := newHouse(t, Options{PhraseLength: 1200})
	for seq := uint64(1); seq <= 3; seq++ {
		h.release(note(seq, "force publique "+strings.Repeat("mot ", 20*int(seq))))
	}
	h.finds(`"force publique"`, 1, 2, 3)
	h.finds(`-"publique force"`, 1, 2, 3)
	if got, err := h.find(`"force publique" "publique mot" -"mot force" -"publique force"`); !errors.Is(err, search.ErrTooWide) {
		t.Errorf("each phrase costs: found %v, %v", got, err)
	}
	h.release(note(4, "force publique "+strings.Repeat("mot ", 200)))
	if got, err := h.find(`"force publique"`); !errors.Is(err, search.ErrTooWide) {
		t.Errorf("found %v, %v", got, err)
	}
	h.finds(`"force publique" before:1970`)
}

// withdrawing withholds a message while its text is read for the answer.
type withdrawing struct {
	search.Texts
	rows  *search.Rows
	times atomic.Int32
}

func (w *withdrawing) Text(ctx context.Context, seq uint64) (search.Document, error) {
	if w.times.Add(1) == 1 {
		w.rows.Mark(note(2, "").ID, habilitation.Marking{})
	}
	return w.Texts.Text(ctx, seq)
}

func TestAnswerIsMadeAgainWhenAHitIsWithdrawn(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "accord"), note(2, "accord"), note(3, "accord"))
	h.index.texts = &withdrawing{Texts: h.oracle, rows: h.rows}
	q, err := search.ParseQuery("accord")
	if err != nil {
		t.Fatal(err)
	}
	found, err := h.index.Find(t.Context(), everyone, q)
	if err != nil || found.Total != 2 || len(found.Hits) != 2 || found.Facets.Kinds[search.Note] != 2 {
		t.Errorf("found %+v, %v", found, err)
	}
}
