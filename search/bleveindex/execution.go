package bleveindex

import (
	"context"
	"errors"
	"fmt"

	"chancery/search"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// execution is one query being answered for one view.
type execution struct {
	ctx    context.Context
	index  *Index
	view   *search.View
	byDate bool

	tests     []func(*search.Facts) bool // clauses about rows
	wanted    []search.Asked             // words that must be there, in the order of the query, each of which scores
	number    string                     // that the wanted words are; what has it answers too
	excluded  []slotSet                  // messages with unwanted words
	phrases   []phrase
	suspected []suspicion // fills excluded and the phrases' suspects

	relevance search.Relevance
	rarities  []float64 // of wanted
	snapshot  *scorch.IndexSnapshot
	parts     []*part
	verified  map[search.Slot]bool // texts already read for the phrases
	length    uint64               // bytes of words read for them, once for each phrase too
}

// phrase is words that must follow one another, or must not.
type phrase struct {
	words    search.Succession
	not      bool
	suspects slotSet // with not: the messages that have all the words, whose texts decide
}

// part is the query within one segment.
type part struct {
	slots      []search.Slot
	candidates *roaring.Bitmap   // documents with all wanted words, or with the number; nil if there are none
	own        *roaring.Bitmap   // documents whose own number it is; nil if there are none
	numbered   *roaring.Bitmap   // documents that have the number; nil if there are none
	words      []*roaring.Bitmap // of wanted; nil where the segment has none
	classes    []classBitmaps    // of wanted; empty where nothing is scored
}

// slotSet is a set of slots; nil is empty.
type slotSet []uint64

func (s slotSet) has(slot search.Slot) bool {
	w := slot / 64
	return int(w) < len(s) && s[w]>>(slot%64)&1 != 0
}

// prepare reads the bitmaps of every segment. close must follow.
func (e *execution) prepare(q search.Query) error {
	e.compile(q)
	e.relevance = search.NewRelevance(e.view.Len(), e.view.Length())
	if len(e.wanted)+len(e.suspected) == 0 {
		return nil
	}
	snapshot, err := e.index.store.snapshot()
	if err != nil {
		return err
	}
	e.snapshot = snapshot
	if err := e.prepareSegments(); err != nil {
		e.close()
		return err
	}
	return nil
}

func (e *execution) close() {
	if e.snapshot != nil {
		_ = e.snapshot.Close() // only counts references down
		e.snapshot = nil
	}
}

// compile sorts the clauses by what they need.
func (e *execution) compile(q search.Query) {
	e.wanted, e.number = q.Wanted(), q.Number()
	for _, c := range q.Effective() {
		if test := c.Test(); test != nil {
			e.tests = append(e.tests, test)
			continue
		}
		if c.Operator == search.Phrase {
			e.phrases = append(e.phrases, phrase{words: search.NewSuccession(c.Words()), not: c.Not})
		}
		switch {
		case !c.Not: // wanted
		case c.Operator == search.Phrase:
			e.phrases[len(e.phrases)-1].suspects = make(slotSet, e.view.Reach()/64+1)
			e.suspected = append(e.suspected, suspicion{c.Asked(), e.phrases[len(e.phrases)-1].suspects})
		default:
			e.excluded = append(e.excluded, make(slotSet, e.view.Reach()/64+1))
			e.suspected = append(e.suspected, suspicion{c.Asked(), e.excluded[len(e.excluded)-1]})
		}
	}
}

// suspicion gathers the messages that have all of some unwanted words.
type suspicion struct {
	words []search.Asked
	into  slotSet
}

func (e *execution) scored() bool { return !e.byDate && len(e.wanted) > 0 }

func (e *execution) prepareSegments() error {
	arrays, err := e.index.store.slots.of(e.snapshot, e.view)
	if err != nil {
		return err
	}
	counts := make([]int, len(e.wanted))
	for i, segment := range e.snapshot.Segments() {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		d := newDictionaries(e.ctx, segment)
		one := &part{slots: arrays[i]}
		if err := e.readWanted(d, one); err != nil {
			return err
		}
		for _, s := range e.suspected {
			if err := s.gather(d, one.slots); err != nil {
				return err
			}
		}
		e.parts = append(e.parts, one)
		if e.scored() && len(e.wanted) > 1 {
			for w, bitmap := range one.words {
				counts[w] += e.admitted(bitmap, one.slots)
			}
		}
	}
	e.rarities = e.relevance.Rarities(counts)
	return nil
}

// readWanted reads the wanted words' bitmaps, and their classes where the segment has candidates.
func (e *execution) readWanted(d *dictionaries, one *part) error {
	one.words = make([]*roaring.Bitmap, len(e.wanted))
	for w, asked := range e.wanted {
		bitmap, err := d.asked(asked)
		if err != nil {
			return err
		}
		one.words[w] = bitmap
	}
	if err := e.readNumber(d, one); err != nil {
		return err
	}
	one.candidates = union(present(intersection(one.words), one.own, one.numbered))
	if one.candidates == nil || !e.scored() {
		return nil
	}
	one.classes = make([]classBitmaps, len(e.wanted))
	for w, asked := range e.wanted {
		if err := one.classes[w].read(d, asked.Stems, one.candidates); err != nil {
			return err
		}
	}
	return nil
}

// readNumber reads who has the number that is asked for.
func (e *execution) readNumber(d *dictionaries, one *part) (err error) {
	if e.number == "" {
		return nil
	}
	if one.own, err = d.term(fieldOwn, []byte(e.number)); err != nil {
		return err
	}
	one.numbered, err = d.term(fieldNumber, []byte(e.number))
	return err
}

// gather marks the messages of a segment that have all the words.
func (s suspicion) gather(d *dictionaries, slots []search.Slot) error {
	bitmaps := make([]*roaring.Bitmap, len(s.words))
	for i, asked := range s.words {
		bitmap, err := d.asked(asked)
		if err != nil {
			return err
		}
		bitmaps[i] = bitmap
	}
	unwanted := intersection(bitmaps)
	if unwanted == nil {
		return nil
	}
	for documents := unwanted.Iterator(); documents.HasNext(); {
		if slot := slots[documents.Next()]; int(slot/64) < len(s.into) {
			s.into[slot/64] |= 1 << (slot % 64)
		}
	}
	return nil
}

// admitted counts the documents of a bitmap that the perimeter admits.
func (e *execution) admitted(bitmap *roaring.Bitmap, slots []search.Slot) int {
	if bitmap == nil {
		return 0
	}
	count := 0
	var buffer [512]uint32
	for documents := bitmap.ManyIterator(); ; {
		n := documents.NextMany(buffer[:])
		if n == 0 {
			return count
		}
		for _, number := range buffer[:n] {
			if e.view.Admits(slots[number]) {
				count++
			}
		}
	}
}

// accepts reports whether an admitted message with the wanted words meets everything else. Texts are read last.
func (e *execution) accepts(s search.Slot, f *search.Facts) (bool, error) {
	for _, set := range e.excluded {
		if set.has(s) {
			return false, nil
		}
	}
	for _, test := range e.tests {
		if !test(f) {
			return false, nil
		}
	}
	if len(e.phrases) == 0 {
		return true, nil
	}
	return e.verify(s, f)
}

// verify reads a message's text, once a query, for the phrases that its words leave open.
func (e *execution) verify(s search.Slot, f *search.Facts) (bool, error) {
	open := false
	for _, p := range e.phrases {
		open = open || !p.not || p.suspects.has(s)
	}
	if !open {
		return true, nil
	}
	if answer, known := e.verified[s]; known {
		return answer, nil
	}
	e.length += uint64(f.Length) * uint64(1+len(e.phrases))
	if len(e.verified) >= e.index.most.PhraseTexts || e.length > e.index.most.PhraseLength {
		return false, search.ErrTooWide
	}
	if err := e.ctx.Err(); err != nil {
		return false, err
	}
	row, admitted := e.view.Row(s)
	if !admitted {
		return false, nil // withdrawn meanwhile: the answer is made again
	}
	d, err := e.index.texts.Text(e.ctx, row.Seq)
	if err != nil && !errors.Is(err, search.ErrUnknown) {
		return false, fmt.Errorf("read text for a phrase: %w", err)
	}
	answer := true
	for _, p := range e.phrases {
		answer = answer && p.words.In(&d) != p.not
	}
	if e.verified == nil {
		e.verified = map[search.Slot]bool{}
	}
	e.verified[s] = answer
	return answer, nil
}
