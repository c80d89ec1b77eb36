package search

import "sync/atomic"

// slotTable finds slots by a 64-bit hash of their key: open addressing over 32-bit words, half full at most, so about 8 to 16 bytes a message.
// One writer adds, any number look up; the caller compares keys, since hashes may collide.
type slotTable struct {
	cells atomic.Pointer[[]atomic.Uint32] // slot + 1; 0 is free
	used  int                             // writer only
}

func newSlotTable(capacity int) *slotTable {
	size := 1024
	for size < 2*capacity {
		size *= 2
	}
	t := &slotTable{}
	cells := make([]atomic.Uint32, size)
	t.cells.Store(&cells)
	return t
}

// find returns the slot among those with this hash that same accepts.
func (t *slotTable) find(hash uint64, same func(Slot) bool) (Slot, bool) {
	cells := *t.cells.Load()
	mask := uint64(len(cells) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		cell := cells[i].Load()
		if cell == 0 {
			return 0, false
		}
		if same(Slot(cell - 1)) {
			return Slot(cell - 1), true
		}
	}
}

// add enters a slot that is not there yet; hashOf is asked for every slot when the table grows.
func (t *slotTable) add(hash uint64, slot Slot, hashOf func(Slot) uint64) {
	cells := *t.cells.Load()
	if 2*(t.used+1) > len(cells) {
		larger := make([]atomic.Uint32, 2*len(cells))
		for i := range cells {
			if cell := cells[i].Load(); cell != 0 {
				place(larger, hashOf(Slot(cell-1)), cell)
			}
		}
		t.cells.Store(&larger)
		cells = larger
	}
	place(cells, hash, uint32(slot)+1)
	t.used++
}

func place(cells []atomic.Uint32, hash uint64, cell uint32) {
	mask := uint64(len(cells) - 1)
	i := hash & mask
	for cells[i].Load() != 0 {
		i = (i + 1) & mask
	}
	cells[i].Store(cell)
}
