package bleveindex

import (
	"context"
	"fmt"
	"slices"

	"chancery/search"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A bitmap here may be a view of a memory-mapped file: nothing in this package writes to one, every operation makes a new one, and none outlives the
// snapshot it was read from.

// dictionaries are the term dictionaries of one segment, opened as they are needed.
type dictionaries struct {
	ctx     context.Context
	segment *scorch.SegmentSnapshot
	open    map[string]segment.TermDictionary
	known   map[string]*roaring.Bitmap // of words already asked for: a question may repeat itself
}

func newDictionaries(ctx context.Context, s *scorch.SegmentSnapshot) *dictionaries {
	return &dictionaries{ctx: ctx, segment: s, open: map[string]segment.TermDictionary{}, known: map[string]*roaring.Bitmap{}}
}

func (d *dictionaries) field(name string) (segment.TermDictionary, error) {
	if dictionary, ok := d.open[name]; ok {
		return dictionary, nil
	}
	dictionary, err := d.segment.Segment().Dictionary(name)
	if err != nil {
		return nil, fmt.Errorf("open field %s: %w", name, err)
	}
	d.open[name] = dictionary
	return dictionary, nil
}

// term is the documents of one term, nil if there are none.
func (d *dictionaries) term(field string, term []byte) (*roaring.Bitmap, error) {
	dictionary, err := d.field(field)
	if err != nil {
		return nil, err
	}
	list, err := dictionary.PostingsList(term, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("read term of field %s: %w", field, err)
	}
	if list.Count() == 0 {
		return nil, nil
	}
	documents, ok := list.Iterator(false, false, false, nil).(segment.OptimizablePostingsIterator)
	if !ok {
		return nil, fmt.Errorf("read term of field %s: %w: no bitmap", field, errUnusable)
	}
	if number, single := documents.DocNum1Hit(); single {
		return roaring.BitmapOf(uint32(number)), nil
	}
	return documents.ActualBitmap(), nil
}

// any is the documents of any of the terms, nil if there are none.
func (d *dictionaries) any(field string, terms []string) (*roaring.Bitmap, error) {
	var bitmaps []*roaring.Bitmap
	for _, term := range terms {
		bitmap, err := d.term(field, []byte(term))
		if err != nil {
			return nil, err
		}
		if bitmap != nil {
			bitmaps = append(bitmaps, bitmap)
		}
	}
	return union(bitmaps), nil
}

func union(bitmaps []*roaring.Bitmap) *roaring.Bitmap {
	switch len(bitmaps) {
	case 0:
		return nil
	case 1:
		return bitmaps[0]
	}
	return roaring.FastOr(bitmaps...)
}

// present leaves out the bitmaps that are not there.
func present(bitmaps ...*roaring.Bitmap) []*roaring.Bitmap {
	return slices.DeleteFunc(bitmaps, func(b *roaring.Bitmap) bool { return b == nil })
}

// asked is the documents that have one asked word, nil if there are none.
func (d *dictionaries) asked(a search.Asked) (*roaring.Bitmap, error) {
	name := a.Name()
	if bitmap, known := d.known[name]; known {
		return bitmap, nil
	}
	bitmap, err := d.readAsked(a)
	if err == nil {
		d.known[name] = bitmap
	}
	return bitmap, err
}

func (d *dictionaries) readAsked(a search.Asked) (*roaring.Bitmap, error) {
	if a.Begins != "" {
		return d.beginning(a.Begins)
	}
	bitmap, err := d.any(fieldStem, a.Stems)
	if err != nil || a.Number == "" {
		return bitmap, err
	}
	numbered, err := d.term(fieldNumber, []byte(a.Number))
	if err != nil || numbered == nil {
		return bitmap, err
	}
	if bitmap == nil {
		return numbered, nil
	}
	return roaring.Or(bitmap, numbered), nil
}

// beginning is the documents with any word that begins so: the union of all its expansions, so that none is chosen by what a reader may not see.
func (d *dictionaries) beginning(prefix string) (*roaring.Bitmap, error) {
	var bitmaps []*roaring.Bitmap
	for _, field := range [...]string{fieldStem, fieldExact} {
		dictionary, err := d.field(field)
		if err != nil {
			return nil, err
		}
		entries := expansions(dictionary, []byte(prefix))
		for n := 0; ; n++ {
			if n%256 == 0 && d.ctx.Err() != nil {
				return nil, d.ctx.Err()
			}
			entry, err := entries.Next()
			if err != nil {
				return nil, fmt.Errorf("expand prefix: %w", err)
			}
			if entry == nil {
				break
			}
			bitmap, err := d.term(field, []byte(entry.Term))
			if err != nil {
				return nil, err
			}
			if bitmap != nil {
				bitmaps = append(bitmaps, bitmap)
			}
		}
	}
	return union(bitmaps), nil
}

// expansions lists the terms that begin so, without reading their documents where the segment can.
func expansions(dictionary segment.TermDictionary, prefix []byte) segment.DictionaryIterator {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++ // folded text is UTF-8, so the last byte is never 0xFF
	type counting interface {
		AutomatonIteratorOmitCount(a segment.Automaton, start, end []byte) segment.DictionaryIterator
	}
	if quick, ok := dictionary.(counting); ok {
		return quick.AutomatonIteratorOmitCount(nil, prefix, end)
	}
	return dictionary.AutomatonIterator(nil, prefix, end)
}

// intersection is the documents in all bitmaps, nil when any of them is nil.
func intersection(bitmaps []*roaring.Bitmap) *roaring.Bitmap {
	var all *roaring.Bitmap
	for i, bitmap := range bitmaps {
		switch {
		case bitmap == nil:
			return nil
		case i == 0:
			all = bitmap
		default:
			all = roaring.And(all, bitmap)
		}
	}
	return all
}
