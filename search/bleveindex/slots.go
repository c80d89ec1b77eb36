package bleveindex

import (
	"encoding/binary"
	"fmt"
	"sync"

	"chancery/search"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// noSlot stands for a document without a row, or deleted: nobody is admitted to it.
const noSlot = search.Slot(1<<32 - 1)

// slotArrays remembers, for each immutable segment, the row of each of its documents. Only new segments cost anything, and dead ones are dropped.
type slotArrays struct {
	mu    sync.Mutex
	era   uint64
	known map[uint64]*slotArray // by segment identity
}

type slotArray struct {
	slots   []search.Slot
	deleted uint64 // how many deletions it knows of; a segment's deletions only grow
	missing int    // documents without a row yet
	reach   int    // rows there were
}

// of returns the arrays of the snapshot's segments, in their order.
func (a *slotArrays) of(snapshot *scorch.IndexSnapshot, v *search.View) ([][]search.Slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || a.era != v.Era() {
		a.known, a.era = map[uint64]*slotArray{}, v.Era()
	}
	segments := snapshot.Segments()
	arrays := make([][]search.Slot, len(segments))
	living := make(map[uint64]bool, len(segments))
	for i, segment := range segments {
		living[segment.Id()] = true
		array := a.known[segment.Id()]
		if array == nil || array.stale(segment, v) {
			fresh, err := readSlots(segment, v)
			if err != nil {
				return nil, err
			}
			array = fresh
			a.known[segment.Id()] = array
		}
		arrays[i] = array.slots
	}
	if len(a.known) > 2*len(living) { // queries over older snapshots may still come
		for id := range a.known {
			if !living[id] {
				delete(a.known, id)
			}
		}
	}
	return arrays, nil
}

func (a *slotArray) stale(segment *scorch.SegmentSnapshot, v *search.View) bool {
	return a.deleted != deletions(segment) || a.missing > 0 && v.Reach() > a.reach
}

func deletions(segment *scorch.SegmentSnapshot) uint64 {
	if segment.Deleted() == nil {
		return 0
	}
	return segment.Deleted().GetCardinality()
}

// readSlots reads the identity of every document of a segment.
func readSlots(segment *scorch.SegmentSnapshot, v *search.View) (*slotArray, error) {
	count := segment.Segment().Count()
	array := &slotArray{slots: make([]search.Slot, count), deleted: deletions(segment), reach: v.Reach()}
	for number := range count {
		name, err := segment.Segment().DocID(number)
		if err != nil {
			return nil, fmt.Errorf("read identity %d: %w", number, err)
		}
		if len(name) != 8 {
			return nil, fmt.Errorf("read identity %d: %w", number, errUnusable)
		}
		slot, known := v.SlotOf(binary.BigEndian.Uint64(name))
		if !known {
			slot = noSlot
			array.missing++
		}
		array.slots[number] = slot
	}
	if deleted := segment.Deleted(); deleted != nil {
		for numbers := deleted.Iterator(); numbers.HasNext(); {
			array.slots[numbers.Next()] = noSlot
		}
	}
	return array, nil
}
