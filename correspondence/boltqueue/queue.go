// Package boltqueue keeps a postal.Queue in one bbolt file.
//
// The file has three buckets: "format" (layout), "items" (place 8 → length of the head 4, head in JSON, the mail) and "keys" (key → place). Places
// count up and are never given twice, so the order of places is the order of arrival. Changes that come together share one durable write.
package boltqueue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltfile"
	"chancery/correspondence/postal"
)

const (
	layout       = "1"
	lockPatience = 50 * time.Millisecond
	most         = 512                   // changes that may share a write
	mostBytes    = 8 << 20               // of mails that may share a write
	patience     = 20 * time.Millisecond // that a mail waits for others to share its write
)

// ErrLayout is returned by Open for a file of another version.
var ErrLayout = errors.New("queue of another layout")

// Queue is a postal.Queue in a bbolt file.
type Queue struct {
	file    *boltfile.File
	bounds  postal.Bounds
	changes chan *change
	closing chan struct{}
	once    sync.Once
	writer  sync.WaitGroup
	closed  error // of the file; written once, by Close

	mu   sync.Mutex
	load postal.Load // what the file holds
}

var _ postal.Queue = (*Queue)(nil)

// change is one caller's wish. apply checks before it writes: when it returns postal.ErrFull it has written nothing, and every other error of
// it ends the whole write.
type change struct {
	ctx   context.Context
	size  int
	apply func(t *transaction) error
	done  chan error // one answer, always
}

// transaction is the file while it changes, with what will wait when it is durable.
type transaction struct {
	items, keys *bbolt.Bucket
	load        postal.Load
}

func formatBucket() []byte { return []byte("format") }
func itemsBucket() []byte  { return []byte("items") }
func keysBucket() []byte   { return []byte("keys") }

// Open opens the file, or makes it, readable by its owner alone; postal.ErrLocked when another process holds it, archive.ErrDamaged when it is.
func Open(path string, bounds postal.Bounds) (*Queue, error) {
	file, err := boltfile.Open(path, boltfile.Options{Make: true, Patience: lockPatience, Whole: true, NoFreelist: true})
	if errors.Is(err, archive.ErrLocked) {
		err = postal.ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &Queue{file: file, bounds: bounds, changes: make(chan *change), closing: make(chan struct{})}
	if err := q.prepare(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("open queue %s: %w", file.Name(), err), file.Close())
	}
	q.writer.Go(q.write)
	return q, nil
}

// prepare makes a new file durable under its name, refuses one of another layout, and counts what waits.
func (q *Queue) prepare(folder string) error {
	fresh := false
	err := q.file.View(func(tx *bbolt.Tx) error {
		format := tx.Bucket(formatBucket())
		if fresh = format == nil; fresh {
			return nil
		}
		if found := string(format.Get([]byte("layout"))); found != layout {
			return fmt.Errorf("%w: %q", ErrLayout, found)
		}
		return q.count(tx.Bucket(itemsBucket()))
	})
	if err != nil || !fresh {
		return err
	}
	err = q.file.Change(func(tx *bbolt.Tx) error {
		format, err := tx.CreateBucket(formatBucket())
		if err != nil {
			return err
		}
		_, items := tx.CreateBucket(itemsBucket())
		_, keys := tx.CreateBucket(keysBucket())
		return errors.Join(items, keys, format.Put([]byte("layout"), []byte(layout)))
	})
	return errors.Join(err, archive.SyncFolder(folder))
}

func (q *Queue) count(items *bbolt.Bucket) error {
	return items.ForEach(func(_, entry []byte) error {
		_, raw, err := cut(entry)
		q.load.Items++
		q.load.Bytes += int64(len(raw))
		return err
	})
}

// Put adds an item.
func (q *Queue) Put(ctx context.Context, item postal.Item) error {
	if len(item.Key) == 0 || len(item.Key) > bbolt.MaxKeySize {
		return fmt.Errorf("queue mail: a key of %d bytes", len(item.Key))
	}
	entry, err := encode(item)
	if err != nil {
		return err
	}
	err = q.change(ctx, len(entry), func(t *transaction) error {
		if t.keys.Get([]byte(item.Key)) != nil {
			return nil
		}
		if !q.bounds.Takes(t.load, int64(len(item.Raw))) {
			return postal.ErrFull
		}
		place, err := t.items.NextSequence()
		if err != nil {
			return err
		}
		t.load.Items++
		t.load.Bytes += int64(len(item.Raw))
		at := binary.BigEndian.AppendUint64(nil, place)
		return errors.Join(t.items.Put(at, entry), t.keys.Put([]byte(item.Key), at))
	})
	if err != nil {
		return fmt.Errorf("queue mail %s: %w", item.Key, err)
	}
	return nil
}

// Postpone sets when an item is due again.
func (q *Queue) Postpone(ctx context.Context, key string, due time.Time, note string) error {
	err := q.change(ctx, 0, func(t *transaction) error {
		at := t.keys.Get([]byte(key))
		if at == nil {
			return nil
		}
		item, err := decode(t.items.Get(at))
		if err != nil {
			return err
		}
		item.Due, item.Note = due, note
		item.Tries++
		entry, err := encode(item)
		if err != nil {
			return err
		}
		return t.items.Put(append([]byte(nil), at...), entry)
	})
	if err != nil {
		return fmt.Errorf("postpone mail %s: %w", key, err)
	}
	return nil
}

// Remove forgets items.
func (q *Queue) Remove(ctx context.Context, keys ...string) error {
	err := q.change(ctx, 0, func(t *transaction) error {
		for _, key := range keys {
			at := append([]byte(nil), t.keys.Get([]byte(key))...)
			if len(at) == 0 {
				continue
			}
			_, raw, err := cut(t.items.Get(at))
			if err != nil {
				return err
			}
			t.load.Items--
			t.load.Bytes -= int64(len(raw))
			if err := errors.Join(t.items.Delete(at), t.keys.Delete([]byte(key))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove %d mails from the queue: %w", len(keys), err)
	}
	return nil
}

// Due lists what is due, in the order of arrival.
func (q *Queue) Due(ctx context.Context, now time.Time, most int, bytes int64) ([]postal.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var due []postal.Item
	err := q.file.View(func(tx *bbolt.Tx) error {
		cursor := tx.Bucket(itemsBucket()).Cursor()
		for at, entry := cursor.First(); at != nil && len(due) < most && (bytes > 0 || len(due) == 0); at, entry = cursor.Next() {
			head, raw, err := cut(entry)
			if err != nil {
				return err
			}
			var item postal.Item
			if err := json.Unmarshal(head, &item); err != nil {
				return err
			}
			if item.Due.After(now) {
				continue
			}
			item.Raw = append([]byte(nil), raw...)
			bytes -= int64(len(raw))
			due = append(due, item)
		}
		return nil
	})
	if errors.Is(err, archive.ErrClosed) {
		err = postal.ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	return due, nil
}

// Load tells how much waits.
func (q *Queue) Load() (postal.Load, postal.Bounds) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.load, q.bounds
}

// Close lets go of the file.
func (q *Queue) Close() error {
	q.once.Do(func() {
		close(q.closing)
		q.writer.Wait()
		q.closed = q.file.Close()
	})
	return q.closed
}

func encode(item postal.Item) ([]byte, error) {
	head, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("queue mail: %w", err)
	}
	entry := make([]byte, 0, 4+len(head)+len(item.Raw))
	entry = append(binary.BigEndian.AppendUint32(entry, uint32(len(head))), head...)
	return append(entry, item.Raw...), nil
}

// decode copies an item out of the file's memory.
func decode(entry []byte) (item postal.Item, err error) {
	head, raw, err := cut(entry)
	if err != nil {
		return item, err
	}
	if err := json.Unmarshal(head, &item); err != nil {
		return item, err
	}
	item.Raw = append([]byte(nil), raw...)
	return item, nil
}

// cut parts an entry into head and mail.
func cut(entry []byte) (head, raw []byte, err error) {
	if len(entry) < 4 {
		return nil, nil, fmt.Errorf("an item of the queue: %w", archive.ErrDamaged)
	}
	n := binary.BigEndian.Uint32(entry)
	if uint64(n) > uint64(len(entry)-4) {
		return nil, nil, fmt.Errorf("an item of the queue: %w", archive.ErrDamaged)
	}
	return entry[4 : 4+n], entry[4+n:], nil
}
