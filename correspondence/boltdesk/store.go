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
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

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
	db      *bbolt.DB
	queue   chan *change
	closing chan struct{}
	once    sync.Once
	writer  sync.WaitGroup
	closed  error // of the file; written once, by Close
	stopped bool  // owned by the writer
}

var _ correspondence.DeskStore = (*Store)(nil)

// Open opens the file, or makes it, readable by its owner alone; correspondence.ErrLocked when another process holds it.
func Open(path string) (*Store, error) {
	s, err := openWith(path, os.OpenFile)
	if err != nil {
		return nil, fmt.Errorf("open desk store %s: %w", path, err)
	}
	return s, nil
}

// openWith is Open with the call that opens the file.
func openWith(path string, open func(string, int, os.FileMode) (*os.File, error)) (*Store, error) {
	db, err := openFile(path, open)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, queue: make(chan *change), closing: make(chan struct{})}
	s.writer.Go(s.write)
	return s, nil
}

func openFile(path string, open func(string, int, os.FileMode) (*os.File, error)) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockPatience, FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, OpenFile: open})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, correspondence.ErrLocked
	}
	if err != nil {
		return nil, err
	}
	if err := prepare(db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepare makes a new file durable under its name, and refuses one of another layout.
func prepare(db *bbolt.DB, path string) error {
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	if err := db.Update(checkLayout); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func checkLayout(tx *bbolt.Tx) error {
	if format := tx.Bucket(formatBucket); format != nil {
		if found := string(format.Get(layoutKey)); found != layout {
			return fmt.Errorf("%w: %q", ErrLayout, found)
		}
		return nil
	}
	format, err := tx.CreateBucket(formatBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(desksBucket); err != nil {
		return err
	}
	return format.Put(layoutKey, []byte(layout))
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
	err := s.db.View(func(tx *bbolt.Tx) error { return read(tx.Bucket(desksBucket)) })
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return correspondence.ErrClosed
	}
	return err
}

// readItem copies an entry out of the file's memory.
func readItem(to *correspondence.Item, entry []byte) error {
	if len(entry) < versionSize {
		return fmt.Errorf("entry of %d bytes: %w", len(entry), bbolterrors.ErrInvalid)
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
		s.closed = s.db.Close()
	})
	return s.closed
}
