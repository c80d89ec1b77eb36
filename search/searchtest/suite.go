// Package searchtest is the conformance suite of search.Index: every engine runs it, and is compared with an oracle that goes through all messages one
// after the other. The oracle shares with engines the analysis of texts, the formula of relevance and habilitation.Perimeter.Admits, and nothing else.
package searchtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/search"

	"pgregory.net/rapid"
)

// Opener opens the engine under test in an empty folder, or again in one that it has used.
type Opener func(folder string, rows *search.Rows, texts search.Texts) (search.Index, error)

// Run runs the whole suite: over thirty worlds a property, over a thousand with CHANCERY_SOAK=1, over as many as -rapid.checks says if it is given.
func Run(t *testing.T, open Opener) {
	worlds := "30"
	if os.Getenv("CHANCERY_SOAK") == "1" {
		worlds = "1000"
	}
	setWorlds(t, worlds)
	for _, check := range Checks {
		t.Run(check.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				if err := check.Run(Worlds().Draw(t, "world"), open); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
	t.Run("keeps what was applied when it is closed", func(t *testing.T) { reopens(t, open) })
	t.Run("answers nothing once closed", func(t *testing.T) { closes(t, open) })
	t.Run("gives up with its context", func(t *testing.T) { givesUp(t, open) })
}

// setWorlds sets rapid's number of checks for this test, unless whoever runs it has.
func setWorlds(t *testing.T, worlds string) {
	const name = "rapid.checks"
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	checks := flag.Lookup(name)
	if given || checks == nil {
		return
	}
	before := checks.Value.String()
	if err := checks.Value.Set(worlds); err != nil { // not flag.Set, after which it would count as given
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checks.Value.Set(before); err != nil {
			t.Error(err)
		}
	})
}

// Check is one property that holds in every world.
type Check struct {
	Name string
	Run  func(World, Opener) error
}

// Checks are the properties, each of which a broken engine has been seen to fail.
var Checks = []Check{
	{"totals, order, facets and cursors are the oracle's", agrees},
	{"worlds equal inside the perimeter answer alike", interferes},
	{"a swapped marking holds at once", swaps},
	{"applying again changes nothing", replays},
}

// house is an engine in use and the oracle beside it.
type house struct {
	rows   *search.Rows
	oracle *Oracle
	engine search.Index
	end    func() error
}

// build releases the documents of a world to a fresh engine, in a few steps.
func build(documents []search.Document, open Opener) (*house, error) {
	folder, remove, err := scratch()
	if err != nil {
		return nil, err
	}
	h := &house{rows: search.NewRows()}
	h.oracle = NewOracle(h.rows)
	h.engine, err = open(folder, h.rows, h.oracle)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	h.end = func() error { return errors.Join(h.engine.Close(), remove()) }
	for step := range slices.Chunk(documents, 1+len(documents)/3) {
		if err := h.release(step); err != nil {
			return nil, errors.Join(err, h.end())
		}
	}
	return h, nil
}

func (h *house) release(documents []search.Document) error {
	h.rows.Append(documents)
	through := documents[len(documents)-1].Seq
	return errors.Join(h.oracle.Apply(context.Background(), through, documents), h.engine.Apply(context.Background(), through, documents))
}

// compare asks engine and oracle every question for every reader, through all pages.
func (h *house) compare(w World) error {
	for _, grants := range w.Readers {
		p := habilitation.CompilePerimeter(grants)
		for _, q := range w.Questions {
			if err := h.comparePages(p, q); err != nil {
				return fmt.Errorf("reader %+v asks %q, sort %d: %w", grants, q, q.Sort, err)
			}
		}
		if err := h.compareCursors(p, w); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) comparePages(p *habilitation.Perimeter, q search.Query) error {
	for {
		want, err := h.oracle.Find(context.Background(), p, q)
		if err != nil {
			return err
		}
		got, err := h.engine.Find(context.Background(), p, q)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("after %s:\n got %+v\nwant %+v", q.After, got, want)
		}
		if q.After = want.Next; q.After.IsZero() {
			return nil
		}
	}
}

// answer is all that Find gives back.
type answer struct {
	Found search.Found
	Err   error
}

// compareCursors uses every message as a cursor, admitted or not, found or not, and one that does not exist.
func (h *house) compareCursors(p *habilitation.Perimeter, w World) error {
	q := w.Questions[0]
	cursors := []habilitation.ID{{1}}
	for _, d := range w.Documents {
		cursors = append(cursors, d.ID)
	}
	for _, q.After = range cursors {
		var want, got answer
		want.Found, want.Err = h.oracle.Find(context.Background(), p, q)
		got.Found, got.Err = h.engine.Find(context.Background(), p, q)
		if !errors.Is(got.Err, want.Err) || !reflect.DeepEqual(got.Found, want.Found) {
			return fmt.Errorf("%q after %s: got %+v, want %+v", q, q.After, got, want)
		}
	}
	return nil
}

func agrees(w World, open Opener) error {
	h, err := build(w.Documents, open)
	if err != nil {
		return err
	}
	return errors.Join(h.compare(w), h.end())
}

// interferes builds the world again for each reader without what that reader may not see, and compares the answers.
func interferes(w World, open Opener) error {
	h, err := build(w.Documents, open)
	if err != nil {
		return err
	}
	for _, grants := range w.Readers {
		p := habilitation.CompilePerimeter(grants)
		var seen []search.Document
		for _, d := range w.Documents {
			if p.Admits(&d.Marking) {
				seen = append(seen, d)
			}
		}
		other, err := build(seen, open)
		if err != nil {
			return errors.Join(err, h.end())
		}
		if err := errors.Join(sameAnswers(h, other, p, w), other.end()); err != nil {
			return errors.Join(fmt.Errorf("reader %+v: %w", grants, err), h.end())
		}
	}
	return h.end()
}

func sameAnswers(a, b *house, p *habilitation.Perimeter, w World) error {
	for _, q := range w.Questions {
		for {
			x, errX := a.engine.Find(context.Background(), p, q)
			y, errY := b.engine.Find(context.Background(), p, q)
			if err := errors.Join(errX, errY); err != nil {
				return err
			}
			if !reflect.DeepEqual(x, y) {
				return fmt.Errorf("%q tells of what is withheld:\nwith    %+v\nwithout %+v", q, x, y)
			}
			if q.After = x.Next; q.After.IsZero() {
				break
			}
		}
	}
	return nil
}

// swaps asks before and after markings change, so that whatever an engine remembers is remembered.
func swaps(w World, open Opener) error {
	h, err := build(w.Documents, open)
	if err != nil {
		return err
	}
	err = h.compare(w)
	for _, change := range w.Changes {
		if err != nil {
			break
		}
		h.rows.Mark(w.Documents[change.Message].ID, change.Marking)
		err = h.compare(w)
	}
	return errors.Join(err, h.end())
}

func replays(w World, open Opener) error {
	h, err := build(w.Documents, open)
	if err != nil {
		return err
	}
	for step := range slices.Chunk(w.Documents, 7) {
		h.rows.Append(step)
		if err := h.engine.Apply(context.Background(), step[len(step)-1].Seq, step); err != nil {
			return errors.Join(err, h.end())
		}
	}
	var want uint64
	if n := len(w.Documents); n > 0 {
		want = w.Documents[n-1].Seq
	}
	if through, err := h.engine.Progress(context.Background()); err != nil || through != want {
		return errors.Join(fmt.Errorf("progress %d, want %d", through, want), err, h.end())
	}
	return errors.Join(h.compare(w), h.end())
}

// example is one world with messages, the same in every run.
func example(t *testing.T) World {
	for seed := range 100 {
		if w := Worlds().Example(seed); len(w.Documents) > 10 {
			return w
		}
	}
	t.Fatal("no world has ten messages")
	return World{}
}

func reopens(t *testing.T, open Opener) {
	w := example(t)
	folder := t.TempDir()
	rows := search.NewRows()
	h := &house{rows: rows, oracle: NewOracle(rows)}
	for i, step := range [][]search.Document{w.Documents[:5], w.Documents[5:]} {
		var err error
		if h.engine, err = open(folder, rows, h.oracle); err != nil {
			t.Fatal(err)
		}
		if err := h.release(step); err != nil {
			t.Fatal(err)
		}
		if err := h.engine.Close(); err != nil {
			t.Fatalf("close %d: %v", i, err)
		}
	}
	var err error
	if h.engine, err = open(folder, rows, h.oracle); err != nil {
		t.Fatal(err)
	}
	defer h.engine.Close()
	if through, err := h.engine.Progress(t.Context()); err != nil || through != w.Documents[len(w.Documents)-1].Seq {
		t.Fatalf("progress after reopening: %d, %v", through, err)
	}
	if err := h.compare(w); err != nil {
		t.Fatal(err)
	}
}

func closes(t *testing.T, open Opener) {
	rows := search.NewRows()
	engine, err := open(t.TempDir(), rows, NewOracle(rows))
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Find(t.Context(), nil, search.Query{}); !errors.Is(err, search.ErrClosed) {
		t.Errorf("find: %v, want ErrClosed", err)
	}
	if err := engine.Apply(t.Context(), 1, nil); !errors.Is(err, search.ErrClosed) {
		t.Errorf("apply: %v, want ErrClosed", err)
	}
}

// givesUp asks with a context that has ended, over enough messages for an engine to look at it.
func givesUp(t *testing.T, open Opener) {
	documents := make([]search.Document, 3000)
	for i := range documents {
		documents[i] = search.Document{Time: time.UnixMicro(int64(i)), Kind: search.Note, Text: "accord de haiti",
			Marking: habilitation.NewMarking(habilitation.Unprotected, nil, nil, nil)}
	}
	number(documents)
	h, err := build(documents, open)
	if err != nil {
		t.Fatal(err)
	}
	defer h.end()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	archivist := habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Unprotected, Archivist: true})
	for _, text := range []string{"accord", "acc*", `"accord de haiti"`, "-accord", ""} {
		q, err := search.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.engine.Find(ctx, archivist, q); !errors.Is(err, context.Canceled) {
			t.Errorf("find %q: %v, want the context's error", text, err)
		}
	}
}
