package bleveindex

import (
	"context"
	"errors"
	"fmt"

	"chancery/habilitation"
	"chancery/search"
)

// Find implements search.Index. If a hit is withheld while the answer is being made, the answer is made again.
func (x *Index) Find(ctx context.Context, p *habilitation.Perimeter, q search.Query) (found search.Found, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return search.Found{}, search.ErrClosed
	}
	defer func() {
		if cause := recover(); cause != nil { // a damaged segment makes the engine panic
			found, err = search.Found{}, fmt.Errorf("find: %w: %v", errUnusable, cause)
		}
	}()
	for {
		v := x.rows.View(p)
		found, err = x.answer(ctx, v, q)
		if err == nil {
			err = x.highlight(ctx, found.Hits, q)
		}
		if !v.Withdrawn() {
			return found, err
		}
		if ctx.Err() != nil {
			return search.Found{}, ctx.Err()
		}
	}
}

// answer makes the answer for one view.
func (x *Index) answer(ctx context.Context, v *search.View, q search.Query) (search.Found, error) {
	e := &execution{ctx: ctx, index: x, view: v, byDate: q.Sort == search.ByDate}
	after := noSlot
	if !q.After.IsZero() {
		slot, admitted := v.Find(q.After)
		if !admitted {
			return search.Found{}, search.ErrUnknown
		}
		after = slot
	}
	if err := e.prepare(q); err != nil {
		return search.Found{}, err
	}
	defer e.close()
	best := newBest(v, q.PageSize())
	if after != noSlot {
		if err := e.findCursor(after, best); err != nil {
			return search.Found{}, err
		}
	}
	facets := newFacets()
	total := 0
	err := e.run(func(h hit, f *search.Facts) bool {
		total++
		facets.count(f)
		best.offer(h)
		return true
	})
	if err != nil {
		return search.Found{}, err
	}
	found := search.Found{Total: total, Facets: facets.result()}
	for _, h := range best.take() {
		if row, admitted := v.Row(h.slot); admitted { // else it was withdrawn meanwhile, and the answer is made again
			found.Hits = append(found.Hits, search.Hit{ID: row.ID, Seq: row.Seq})
		}
	}
	if n := len(found.Hits); n > 0 && best.more() {
		found.Next = found.Hits[n-1].ID
	}
	return found, nil
}

// findCursor looks for the cursor among the hits, to learn its score; one that is not among them is unknown.
func (e *execution) findCursor(after search.Slot, best *best) error {
	seen := false
	err := e.run(func(h hit, _ *search.Facts) bool {
		if h.slot != after {
			return true
		}
		best.startAfter(h)
		seen = true
		return false
	})
	if err == nil && !seen {
		return search.ErrUnknown
	}
	return err
}

// highlight reads the texts of one page. A text that was erased has no fragments.
func (x *Index) highlight(ctx context.Context, hits []search.Hit, q search.Query) error {
	if !asksWords(q) {
		return nil
	}
	highlighter := search.NewHighlighter(q)
	for i := range hits {
		d, err := x.texts.Text(ctx, hits[i].Seq)
		if errors.Is(err, search.ErrUnknown) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read text of a hit: %w", err)
		}
		hits[i].Fragments = highlighter.Document(&d)
	}
	return nil
}

func asksWords(q search.Query) bool {
	for _, c := range q.Clauses {
		if c.AsksWords() && !c.Not {
			return true
		}
	}
	return false
}
