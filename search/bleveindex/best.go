package bleveindex

import (
	"container/heap"
	"slices"

	"chancery/search"
)

// hit is one message that answers. Its score is 0 where the order is by date.
type hit struct {
	score  float64
	micros int64 // reading time
	slot   search.Slot
}

// best keeps the first hits of a page in a heap whose top is the last of them.
type best struct {
	view   *search.View
	size   int
	hits   []hit
	cursor *hit // hits not beyond it are left out
	beyond int  // hits that come after the cursor
}

func newBest(v *search.View, size int) *best {
	return &best{view: v, size: size, hits: make([]hit, 0, size+1)}
}

func (b *best) startAfter(h hit) { b.cursor = &h }

// precedes reports whether x is shown before y: the higher score, then the newer. Document numbers play no part.
func (b *best) precedes(x, y hit) bool {
	if x.score != y.score {
		return x.score > y.score
	}
	if x.micros != y.micros {
		return x.micros > y.micros
	}
	return b.view.Newer(x.slot, y.slot)
}

func (b *best) offer(h hit) {
	if b.cursor != nil && !b.precedes(*b.cursor, h) {
		return
	}
	b.beyond++
	if len(b.hits) < b.size {
		heap.Push(b, h)
		return
	}
	if b.precedes(h, b.hits[0]) {
		b.hits[0] = h
		heap.Fix(b, 0)
	}
}

// more reports whether there are hits after those kept.
func (b *best) more() bool { return b.beyond > b.size }

// take returns the hits kept, the first first.
func (b *best) take() []hit {
	slices.SortFunc(b.hits, func(x, y hit) int {
		switch {
		case x.slot == y.slot:
			return 0
		case b.precedes(x, y):
			return -1
		}
		return 1
	})
	return b.hits
}

// Len, Less, Swap, Push and Pop make best a heap.Interface.
func (b *best) Len() int           { return len(b.hits) }
func (b *best) Less(i, j int) bool { return b.precedes(b.hits[j], b.hits[i]) }
func (b *best) Swap(i, j int)      { b.hits[i], b.hits[j] = b.hits[j], b.hits[i] }

// Push adds a hit at the end, for package heap.
func (b *best) Push(h any) { b.hits = append(b.hits, h.(hit)) }

// Pop removes the last hit, for package heap.
func (b *best) Pop() any {
	last := b.hits[len(b.hits)-1]
	b.hits = b.hits[:len(b.hits)-1]
	return last
}
