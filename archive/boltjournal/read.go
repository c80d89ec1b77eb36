package boltjournal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
)

// pageBytes is about how much a tail copies at once.
const pageBytes = 4 << 20

// Fetch is [archive.Journal].
func (j *Journal) Fetch(ctx context.Context, seq archive.Seq) (archive.Entry, error) {
	r, err := j.record(ctx, seq)
	if err != nil {
		return archive.Entry{}, fmt.Errorf("fetch entry %d: %w", seq, err)
	}
	return j.open(ctx, r)
}

// record reads one durable record.
func (j *Journal) record(ctx context.Context, seq archive.Seq) (record, error) {
	if err := j.usable(ctx); err != nil {
		return record{}, err
	}
	if head, _ := j.state(); seq == 0 || seq > head.Seq {
		return record{}, archive.ErrUnknown
	}
	r, err := j.volumeOf(seq).record(seq)
	if errors.Is(err, archive.ErrUnknown) {
		err = fmt.Errorf("its record is missing: %w", archive.ErrDamaged)
	}
	return r, err
}

// open unseals a record's payload. Whatever goes wrong, the header is returned.
func (j *Journal) open(ctx context.Context, r record) (archive.Entry, error) {
	entry := archive.Entry{Header: r.header}
	if len(r.sealed) < minSealed {
		return entry, fmt.Errorf("open entry %d: payload of %d sealed bytes: %w", r.header.Seq, len(r.sealed), archive.ErrDamaged)
	}
	key, err := j.options.Keys.Get(ctx, keyName(j.options.Name, r.key))
	if errors.Is(err, archive.ErrUnknown) {
		err = fmt.Errorf("its key is missing: %w", archive.ErrDamaged)
	}
	if err != nil {
		return entry, fmt.Errorf("open entry %d: %w", r.header.Seq, err)
	}
	entry, err = j.sealer.open(key, r.header, r.sealed)
	if err != nil {
		return entry, fmt.Errorf("open entry %d: %w", r.header.Seq, err)
	}
	return entry, nil
}

// opened is one result of a page.
type opened struct {
	entry archive.Entry
	err   error
}

// Tail is [archive.Journal].
func (j *Journal) Tail(ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		next := max(from, 1)
		for {
			head, moved := j.state()
			if next > head.Seq {
				if !j.wait(ctx, moved, yield) {
					return
				}
				continue
			}
			page, err := j.page(ctx, next, head.Seq)
			if err != nil {
				if ctx.Err() == nil {
					yield(archive.Entry{}, fmt.Errorf("read on from entry %d: %w", next, err))
				}
				return
			}
			if !deliver(ctx, page, yield) {
				return
			}
			next += archive.Seq(len(page))
		}
	}
}

// wait returns true when the head has moved; a journal that closes is told to the caller.
func (j *Journal) wait(ctx context.Context, moved <-chan struct{}, yield func(archive.Entry, error) bool) bool {
	select {
	case <-moved:
		return true
	case <-ctx.Done():
	case <-j.queue.closing:
		yield(archive.Entry{}, fmt.Errorf("read on: %w", archive.ErrClosed))
	}
	return false
}

// deliver yields a page; false ends the tail.
func deliver(ctx context.Context, page []opened, yield func(archive.Entry, error) bool) bool {
	for _, one := range page {
		if ctx.Err() != nil || !yield(one.entry, one.err) {
			return false
		}
		if one.err != nil && !errors.Is(one.err, archive.ErrErased) {
			return false
		}
	}
	return true
}

// page copies the next records out in one short transaction, and opens them after it has ended.
func (j *Journal) page(ctx context.Context, from, last archive.Seq) ([]opened, error) {
	if err := j.usable(ctx); err != nil {
		return nil, err
	}
	raws, err := j.raws(from, last)
	if err != nil {
		return nil, err
	}
	page := make([]opened, len(raws))
	together(len(raws), func(i int) {
		seq := from + archive.Seq(i)
		r, err := decodeRecord(raws[i])
		if err == nil && r.header.Seq != seq {
			err = archive.ErrDamaged
		}
		if err != nil {
			page[i].err = fmt.Errorf("open entry %d: header: %w", seq, err)
			return
		}
		page[i].entry, page[i].err = j.open(ctx, r)
	})
	return page, nil
}

// raws copies records out of the volume that holds from, at least one.
func (j *Journal) raws(from, last archive.Seq) ([][]byte, error) {
	raws := make([][]byte, 0, min(uint64(j.options.PageEntries), uint64(last-from)+1))
	err := j.volumeOf(from).file.View(func(tx *bolt.Tx) error {
		size, seq := 0, from
		c := tx.Bucket(entriesBucket()).Cursor()
		for k, raw := c.Seek(seqKey(from)); k != nil && seq <= last && len(raws) < cap(raws) && size < pageBytes; k, raw = c.Next() {
			if !bytes.Equal(k, seqKey(seq)) {
				break
			}
			raws = append(raws, bytes.Clone(raw))
			size += len(raw)
			seq++
		}
		return nil
	})
	if err == nil && len(raws) == 0 {
		err = fmt.Errorf("record %d is missing: %w", from, archive.ErrDamaged)
	}
	return raws, err
}
