// Package boltdesk keeps the desks of agents and groups in one bbolt file.
//
// The file holds two buckets: "format" with the version of this layout, and "desks", flat, one entry an item:
//
//	agent (4 bytes, big endian) ‖ shelf ‖ 0x00 ‖ key             →  version (8 bytes, big endian) ‖ value
//	audience (4 bytes, big endian) ‖ 0x00 ‖ shelf ‖ 0x00 ‖ key   →  the same
//
// The entry with the empty key holds the shelf's last version. It outlives the items, so that no key bears a version twice, and it is
// counted by shelf, so that a version tells its owner nothing about other agents.
//
// One goroutine makes all changes: it takes as many as wait, no timer, and they share a transaction and its one durable write.
package boltdesk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltfile"
	"chancery/correspondence"
)

// layout is the version of what stands in the file.
const layout = "desks 1"

// lockPatience is how long Open waits for a process that is about to let go of the file.
const lockPatience = 200 * time.Millisecond

var (
	formatBucket = []byte("format")
	desksBucket  = []byte("desks")
	layoutKey    = []byte("layout")
)

// ErrLayout is returned by Open for a file of another version.
var ErrLayout = errors.New("desk store of another layout")

// Store is a correspondence.DeskStore in a bbolt file.
type Store struct {
	file    *boltfile.File
	queue   chan *change
	closing chan struct{}
	once    sync.Once
	writer  sync.WaitGroup
	closed  error // of the file; written once, by Close
}

var _ correspondence.DeskStore = (*Store)(nil)

// Open opens the file, readable by its owner alone. One that is not there is archive.ErrMissing, a damaged one archive.ErrDamaged, and one
// that another process holds correspondence.ErrLocked.
func Open(path string) (*Store, error) { return openFile(path, boltfile.Options{}) }

// Create is Open, and makes the file where there is none.
func Create(path string) (*Store, error) { return openFile(path, boltfile.Options{Make: true}) }

func openFile(path string, how boltfile.Options) (*Store, error) {
	how.Patience, how.Whole, how.NoFreelist = lockPatience, true, true
	file, err := boltfile.Open(path, how)
	if errors.Is(err, archive.ErrLocked) {
		err = correspondence.ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("open desk store: %w", err)
	}
	if err := prepare(file, filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("open desk store %s: %w", file.Name(), err), file.Close())
	}
	s := &Store{file: file, queue: make(chan *change), closing: make(chan struct{})}
	s.writer.Go(s.write)
	return s, nil
}

// prepare makes a new file durable under its name, and refuses one of another layout.
func prepare(file *boltfile.File, folder string) error {
	fresh := false
	err := file.View(func(tx *bbolt.Tx) error {
		format := tx.Bucket(formatBucket)
		if fresh = format == nil; fresh {
			return nil
		}
		if found := string(format.Get(layoutKey)); found != layout {
			return fmt.Errorf("%w: %q", ErrLayout, found)
		}
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	return errors.Join(file.Change(layOut), archive.SyncFolder(folder))
}

// layOut makes the buckets of a new file.
func layOut(tx *bbolt.Tx) error {
	format, err := tx.CreateBucket(formatBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(desksBucket); err != nil {
		return err
	}
	return format.Put(layoutKey, []byte(layout))
}

// Examine reports every page that is damaged and every entry that does not read; it is an archive.Examiner.
func (s *Store) Examine(ctx context.Context, report func(archive.Problem)) error {
	if err := s.file.Examine(ctx, report); err != nil {
		return err
	}
	return s.file.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(desksBucket).ForEach(func(at, entry []byte) error {
			if len(at) < 6 || len(entry) < versionSize {
				report(archive.Problem{Where: s.file.Name(), What: fmt.Sprintf("entry %x: %d bytes", at, len(entry))})
			}
			return nil
		})
	})
}

// Get returns one item.
func (s *Store) Get(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string) (correspondence.Item, error) {
	item := correspondence.Item{Key: key}
	at, err := place(owner, shelf, key)
	if err != nil {
		return item, err
	}
	err = s.view(ctx, func(desks *bbolt.Bucket) error {
		entry := desks.Get(at)
		if entry == nil {
			return correspondence.ErrNotThere
		}
		return readItem(&item, entry)
	})
	if err != nil {
		return correspondence.Item{}, fmt.Errorf("get %s of owner %d from %s: %w", key, owner, shelf, err)
	}
	return item, nil
}

// List returns the shelf in the order of its keys.
func (s *Store) List(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf) ([]correspondence.Item, error) {
	prefix, err := shelfPrefix(owner, shelf)
	if err != nil {
		return nil, err
	}
	var items []correspondence.Item
	err = s.view(ctx, func(desks *bbolt.Bucket) error {
		for key, entry := range onShelf(desks, prefix) {
			item := correspondence.Item{Key: string(key)}
			if err := readItem(&item, entry); err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s of owner %d: %w", shelf, owner, err)
	}
	return items, nil
}

func (s *Store) view(ctx context.Context, read func(*bbolt.Bucket) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.file.View(func(tx *bbolt.Tx) error { return read(tx.Bucket(desksBucket)) })
	if errors.Is(err, archive.ErrClosed) {
		return correspondence.ErrClosed
	}
	return err
}

// readItem copies an entry out of the file's memory.
func readItem(to *correspondence.Item, entry []byte) error {
	if len(entry) < versionSize {
		return fmt.Errorf("entry of %d bytes: %w", len(entry), archive.ErrDamaged)
	}
	to.Version = binary.BigEndian.Uint64(entry)
	to.Value = append([]byte{}, entry[versionSize:]...)
	return nil
}

// Close waits for changes under way and closes the file; a second Close does nothing more.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		s.writer.Wait()
		s.closed = s.file.Close()
	})
	return s.closed
}
