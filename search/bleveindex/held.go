package bleveindex

import (
	"context"
	"encoding/binary"
	"fmt"

	"chancery/search"
)

// Held is the journal sequence of every document whose words the index holds: for a verification that compares them with the journal.
func (x *Index) Held(ctx context.Context) (map[uint64]bool, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return nil, search.ErrClosed
	}
	snapshot, err := x.store.snapshot()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	defer snapshot.Close()
	held := map[uint64]bool{}
	for _, segment := range snapshot.Segments() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		gone := segment.Deleted()
		for number := range segment.Segment().Count() {
			if gone != nil && gone.Contains(uint32(number)) {
				continue
			}
			name, err := segment.Segment().DocID(number)
			if err != nil || len(name) != 8 {
				return nil, fmt.Errorf("read identity %d: %w", number, errUnusable)
			}
			held[binary.BigEndian.Uint64(name)] = true
		}
	}
	return held, nil
}
