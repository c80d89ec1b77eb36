package bleveindex

import (
	"chancery/search"

	"github.com/RoaringBitmap/roaring/v2"
)

// patience is how many documents are looked at between two looks at the context.
const patience = 1024

// run shows every hit, in no order, until yield has enough.
func (e *execution) run(yield func(hit) bool) error {
	if len(e.wanted) == 0 {
		return e.runRows(yield)
	}
	for _, p := range e.parts {
		if p.candidates == nil {
			continue
		}
		if enough, err := e.runPart(p, yield); err != nil || enough {
			return err
		}
	}
	return nil
}

// runRows answers a query without wanted words from the rows alone.
func (e *execution) runRows(yield func(hit) bool) error {
	n := 0
	for s := range e.view.All() {
		if n++; n%patience == 0 && e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		accepted, err := e.accepts(s)
		if err != nil {
			return err
		}
		if accepted && !yield(hit{slot: s}) {
			return nil
		}
	}
	return nil
}

// runPart walks a segment's candidates, a buffer at a time.
func (e *execution) runPart(p *part, yield func(hit) bool) (enough bool, err error) {
	classes := make([]classCursor, len(p.classes))
	for w := range p.classes {
		classes[w] = p.classes[w].cursor()
	}
	var buffer [patience]uint32
	for documents := p.candidates.ManyIterator(); ; {
		n := documents.NextMany(buffer[:])
		if n == 0 {
			return false, nil
		}
		if e.ctx.Err() != nil {
			return false, e.ctx.Err()
		}
		for _, number := range buffer[:n] {
			s := p.slots[number]
			if !e.view.Admits(s) {
				continue
			}
			accepted, err := e.accepts(s)
			if err != nil {
				return false, err
			}
			if accepted && !yield(hit{slot: s, score: e.score(number, s, classes)}) {
				return true, nil
			}
		}
	}
}

// score adds what each wanted word weighs, in the order of the query.
func (e *execution) score(number uint32, s search.Slot, classes []classCursor) float64 {
	score := 0.0
	if len(classes) == 0 {
		return score
	}
	length := e.view.Columns(s).Length
	for w := range classes {
		score += e.relevance.Weight(e.rarities[w], classes[w].of(number), length)
	}
	return score
}

// classBitmaps are the candidates among which a word stands more often, or in the subject.
type classBitmaps struct {
	twice, four, subject *roaring.Bitmap
}

// read intersects with the candidates, so that walking the classes costs no more than walking those. A prefix or a number has no classes.
func (c *classBitmaps) read(d *dictionaries, stems []string, candidates *roaring.Bitmap) error {
	for _, class := range [...]struct {
		field string
		into  **roaring.Bitmap
	}{{fieldTwice, &c.twice}, {fieldFour, &c.four}, {fieldSubject, &c.subject}} {
		bitmap, err := d.any(class.field, stems)
		if err != nil {
			return err
		}
		if bitmap != nil {
			*class.into = roaring.And(bitmap, candidates)
		}
	}
	return nil
}

// classCursor follows the ascending documents and tells the class of each.
type classCursor struct{ twice, four, subject follower }

func (c *classBitmaps) cursor() classCursor {
	return classCursor{twice: follow(c.twice), four: follow(c.four), subject: follow(c.subject)}
}

func (c *classCursor) of(number uint32) search.Class {
	class := search.ClassOnce
	switch {
	case c.four.has(number):
		class = search.ClassFourTimes
	case c.twice.has(number):
		class = search.ClassTwice
	}
	if c.subject.has(number) {
		class |= search.InSubject
	}
	return class
}

// follower answers membership for ascending numbers by walking a bitmap once.
type follower struct {
	documents []uint32
	at        int
}

func follow(bitmap *roaring.Bitmap) follower {
	if bitmap == nil {
		return follower{}
	}
	return follower{documents: bitmap.ToArray()}
}

func (f *follower) has(number uint32) bool {
	for f.at < len(f.documents) && f.documents[f.at] < number {
		f.at++
	}
	return f.at < len(f.documents) && f.documents[f.at] == number
}
