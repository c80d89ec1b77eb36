package search

import (
	"iter"
	"math/bits"
	"slices"

	"chancery/habilitation"
)

const (
	// feedProbe is how many rows a feed tests one by one before it decides all of them once and remembers: enough for a page of fifty where one
	// message in forty is seen.
	feedProbe = 1 << 11
	// feedGather is up to how many admitted messages are gathered and ordered rather than met by walking the whole order.
	feedGather = 1 << 12
)

// Feed appends to dst up to limit messages that the perimeter admits, from the newest, or from the one after the message named by after (the last of the
// page before). next is the cursor of the following page, zero when there is none. A cursor unknown or withheld is ErrUnknown.
// With a dst of sufficient capacity nothing is allocated.
func (r *Rows) Feed(p *habilitation.Perimeter, after habilitation.ID, limit int, dst []Row) (page []Row, next habilitation.ID, err error) {
	return r.FeedWhere(p, nil, after, limit, dst)
}

// FeedWhere is Feed for a lane: only the messages that keep accepts, nil accepting all. keep is asked about admitted messages only.
func (r *Rows) FeedWhere(p *habilitation.Perimeter, keep func(Row) bool, after habilitation.ID, limit int, dst []Row) (page []Row, next habilitation.ID, err error) {
	c := r.contents.Load()
	t := c.table.Load()
	from := len(t.order)
	if !after.IsZero() {
		if from, err = c.cursor(t, p, after); err != nil {
			return dst, next, err
		}
	}
	start, stop := len(dst), max(from-feedProbe, 0)
	for i := from - 1; i >= stop; i-- {
		e := t.at(t.order[i])
		m := c.marking(e)
		if !p.Admits(&m) {
			continue
		}
		row := e.row(m)
		if keep != nil && !keep(row) {
			continue
		}
		if len(dst)-start >= limit {
			return dst, lastOf(dst[start:]), nil
		}
		dst = append(dst, row)
	}
	if stop == 0 {
		return dst, next, nil
	}
	return r.feedRare(p, keep, t.order[stop-1], start+limit, start, dst)
}

// feedRare continues a feed at a slot, over remembered decisions. Each row is tested again as it is given out.
func (r *Rows) feedRare(p *habilitation.Perimeter, keep func(Row) bool, at Slot, full, start int, dst []Row) ([]Row, habilitation.ID, error) {
	v := r.View(p)
	for s := range v.from(at) {
		row, admitted := v.Row(s)
		if !admitted || keep != nil && !keep(row) {
			continue
		}
		if len(dst) >= full {
			return dst, lastOf(dst[start:]), nil
		}
		dst = append(dst, row)
	}
	return dst, habilitation.ID{}, nil
}

// from yields the admitted messages from a slot on to older ones: by walking the order where they are many, by ordering them where they are few.
func (v *View) from(at Slot) iter.Seq[Slot] {
	if v.Len() <= feedGather {
		return slices.Values(v.gather(at))
	}
	return func(yield func(Slot) bool) {
		rank, _ := v.table.rank(at)
		for i := rank; i >= 0; i-- {
			if s := v.table.order[i]; v.Admits(s) && !yield(s) {
				return
			}
		}
	}
}

// gather is the admitted messages not newer than a slot, the newest first.
func (v *View) gather(at Slot) []Slot {
	few := make([]Slot, 0, v.Len())
	for w, word := range v.admission.bits {
		for ; word != 0; word &= word - 1 {
			s := Slot(w*64 + bits.TrailingZeros64(word))
			if !v.Newer(s, at) {
				few = append(few, s)
			}
		}
	}
	slices.SortFunc(few, func(a, b Slot) int { return v.table.compare(b, a) })
	return few
}

func lastOf(page []Row) habilitation.ID {
	if len(page) == 0 {
		return habilitation.ID{}
	}
	return page[len(page)-1].ID
}

// cursor is the rank of an admitted message.
func (c *contents) cursor(t *table, p *habilitation.Perimeter, id habilitation.ID) (int, error) {
	slot, known := c.slotOf(t, id)
	if !known {
		return 0, ErrUnknown
	}
	m := c.marking(t.at(slot))
	if !p.Admits(&m) {
		return 0, ErrUnknown
	}
	rank, ok := t.rank(slot)
	if !ok {
		return 0, ErrUnknown
	}
	return rank, nil
}

// Since appends to dst up to limit admitted messages that arrived after the one named, in the order of arrival: what a stream missed.
// A message unknown or withheld is ErrUnknown, upon which the stream begins anew.
func (r *Rows) Since(p *habilitation.Perimeter, last habilitation.ID, limit int, dst []Row) ([]Row, error) {
	c := r.contents.Load()
	t := c.table.Load()
	if _, err := c.cursor(t, p, last); err != nil {
		return dst, err
	}
	slot, _ := c.slotOf(t, last)
	full := len(dst) + limit
	for s := slot + 1; s < Slot(t.count) && len(dst) < full; s++ {
		e := t.at(s)
		if m := c.marking(e); p.Admits(&m) {
			dst = append(dst, e.row(m))
		}
	}
	return dst, nil
}

// Admitted yields the messages that the perimeter admits, from the newest; each is tested as it is yielded.
func (r *Rows) Admitted(p *habilitation.Perimeter) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		c := r.contents.Load()
		t := c.table.Load()
		for i := len(t.order) - 1; i >= 0; i-- {
			e := t.at(t.order[i])
			if m := c.marking(e); p.Admits(&m) && !yield(e.row(m)) {
				return
			}
		}
	}
}

// Count is how many admitted messages keep accepts, in one pass; nil accepts all. Unread counts are made of it.
func (r *Rows) Count(p *habilitation.Perimeter, keep func(Row) bool) int {
	v := r.View(p)
	if keep == nil {
		return v.Len()
	}
	count := 0
	for s := range v.All() {
		if row, ok := v.Row(s); ok && keep(row) {
			count++
		}
	}
	return count
}
