package bleveindex

import (
	"chancery/search"

	"github.com/RoaringBitmap/roaring/v2"
)

// patience is how many documents are looked at between two looks at the context.
const patience = 1024

// block is messages on their way from the words to the answer, looked at together.
type block struct {
	slots   [search.FactsBlock]search.Slot
	numbers [search.FactsBlock]uint32 // of the slots, within the segment
	facts   [search.FactsBlock]search.Facts
	used    int
}

func (b *block) add(s search.Slot, number uint32) (full bool) {
	b.slots[b.used], b.numbers[b.used] = s, number
	b.used++
	return b.used == len(b.slots)
}

// run shows every hit and its facts, in no order, until yield has enough.
func (e *execution) run(yield func(hit, *search.Facts) bool) error {
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
func (e *execution) runRows(yield func(hit, *search.Facts) bool) error {
	var b block
	n := 0
	for s := range e.view.All() {
		if n++; n%patience == 1 && e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		if b.add(s, 0) {
			if enough, err := e.flush(&b, &scoreCursor{}, yield); err != nil || enough {
				return err
			}
		}
	}
	_, err := e.flush(&b, &scoreCursor{}, yield)
	return err
}

// runPart walks a segment's candidates.
func (e *execution) runPart(p *part, yield func(hit, *search.Facts) bool) (enough bool, err error) {
	var scores scoreCursor
	if e.scored() {
		scores = p.scores()
	}
	var b block
	var buffer [patience]uint32
	for documents := p.candidates.ManyIterator(); ; {
		n := documents.NextMany(buffer[:])
		if n == 0 {
			return e.flush(&b, &scores, yield)
		}
		if e.ctx.Err() != nil {
			return false, e.ctx.Err()
		}
		for _, number := range buffer[:n] {
			if s := p.slots[number]; e.view.Admits(s) && b.add(s, number) {
				if enough, err := e.flush(&b, &scores, yield); err != nil || enough {
					return enough, err
				}
			}
		}
	}
}

// flush reads the facts of a block and shows what meets the query.
func (e *execution) flush(b *block, scores *scoreCursor, yield func(hit, *search.Facts) bool) (enough bool, err error) {
	slots := b.slots[:b.used]
	b.used = 0
	e.view.Read(slots, b.facts[:len(slots)])
	for i, s := range slots {
		f := &b.facts[i]
		accepted, err := e.accepts(s, f)
		if err != nil {
			return false, err
		}
		if accepted && !yield(hit{slot: s, micros: f.Micros, score: e.score(b.numbers[i], f, scores)}, f) {
			return true, nil
		}
	}
	return false, nil
}

// score adds what each wanted word weighs, in the order of the query; a message that has the number is above all words.
func (e *execution) score(number uint32, f *search.Facts, scores *scoreCursor) float64 {
	switch {
	case scores.own.has(number):
		return search.ScoreOwnNumber
	case scores.numbered.has(number):
		return search.ScoreNumber
	}
	score := 0.0
	for w := range scores.classes {
		score += e.relevance.Weight(e.rarities[w], scores.classes[w].of(number), f.Length)
	}
	return score
}

// scoreCursor follows the ascending documents of a part and tells what each is weighed by; the zero cursor weighs nothing.
type scoreCursor struct {
	own, numbered follower
	classes       []classCursor
}

func (p *part) scores() scoreCursor {
	s := scoreCursor{own: follow(p.own), numbered: follow(p.numbered), classes: make([]classCursor, len(p.classes))}
	for w := range p.classes {
		s.classes[w] = p.classes[w].cursor()
	}
	return s
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
