package bleveindex

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"chancery/search"
)

// bulk is how many documents are indexed in one step while building: larger steps cost less each and more memory.
const bulk = 2000

// Rebuild builds the index anew beside the one in use, which answers meanwhile, and puts it in its place when it is complete and on disk. batches yields
// the whole journal in order; report, which may be nil, is told how far it has come. After an error or a crash the old index is as it was.
func (x *Index) Rebuild(ctx context.Context, batches iter.Seq2[search.Batch, error], report func(through uint64, documents int)) error {
	if err := os.RemoveAll(x.building()); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := x.build(ctx, batches, report); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := x.swap(); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	return nil
}

func (x *Index) build(ctx context.Context, batches iter.Seq2[search.Batch, error], report func(uint64, int)) (err error) {
	s, err := openStore(x.building(), fast)
	if err != nil {
		return err
	}
	defer func() {
		if closing := s.close(); err == nil && closing != nil {
			err = closing
		}
	}()
	b := builder{store: s, report: report}
	for batch, err := range batches {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.add(batch); err != nil {
			return err
		}
	}
	if err := b.flush(); err != nil {
		return err
	}
	if err := s.finish(b.through); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(x.building(), finishedMark), nil, 0o600)
}

// builder makes large steps of what comes in small ones.
type builder struct {
	store   *store
	report  func(uint64, int)
	waiting []search.Document
	through uint64
	done    int
}

func (b *builder) add(batch search.Batch) error {
	b.through = max(b.through, batch.Through)
	b.waiting = append(b.waiting, batch.Documents...)
	if len(b.waiting) < bulk {
		return nil
	}
	return b.flush()
}

func (b *builder) flush() error {
	if len(b.waiting) > 0 {
		if err := b.store.apply(b.through, b.waiting); err != nil {
			return err
		}
	}
	b.done += len(b.waiting)
	b.waiting = b.waiting[:0]
	if b.report != nil {
		b.report(b.through, b.done)
	}
	return nil
}

// swap puts the building in the place of the words. settle finishes it if a crash comes between.
func (x *Index) swap() error {
	x.applying.Lock()
	defer x.applying.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return search.ErrClosed
	}
	if err := x.store.close(); err != nil {
		return err
	}
	x.closed = true // until the new one is open
	if err := os.RemoveAll(x.aside()); err != nil {
		return err
	}
	if err := os.Rename(x.words(), x.aside()); err != nil {
		return err
	}
	if err := os.Rename(x.building(), x.words()); err != nil {
		return err
	}
	if err := x.open(); err != nil {
		return err
	}
	x.closed = false
	return os.RemoveAll(x.aside())
}
