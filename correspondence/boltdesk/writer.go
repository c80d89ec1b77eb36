package boltdesk

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/correspondence"
)

// most is how many changes may share a transaction.
const most = 1024

// change is one caller's wish. apply checks before it writes: when it returns correspondence.ErrStale it has written nothing, and every
// other error of it ends the whole transaction.
type change struct {
	ctx   context.Context
	apply func(desks *bbolt.Bucket) error
	done  chan error // one answer, always
}

// Put sets an item in place of the version over.
func (s *Store) Put(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string, over uint64, value []byte) (uint64, error) {
	if _, err := place(owner, shelf, key); err != nil {
		return 0, err
	}
	prefix, err := shelfPrefix(owner, shelf)
	if err != nil {
		return 0, err
	}
	var version uint64
	err = s.change(ctx, func(desks *bbolt.Bucket) (err error) {
		version, err = put(desks, prefix, key, over, value)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("put %s on %s of owner %d: %w", key, shelf, owner, err)
	}
	return version, nil
}

// Remove takes keys off a shelf, without any key everything.
func (s *Store) Remove(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, keys ...string) error {
	prefix, err := shelfPrefix(owner, shelf)
	if err != nil {
		return err
	}
	err = s.change(ctx, func(desks *bbolt.Bucket) error {
		if len(keys) == 0 {
			return empty(desks, prefix)
		}
		for _, key := range keys {
			if key == "" { // the place of the shelf's last version
				continue
			}
			if err := desks.Delete(append(bytes.Clone(prefix), key...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove from %s of owner %d: %w", shelf, owner, err)
	}
	return nil
}

// Clear empties shelves and puts items onto one.
func (s *Store) Clear(ctx context.Context, owner correspondence.Owner, shelves []correspondence.Shelf, onto correspondence.Shelf, items ...correspondence.Item) error {
	prefixes := make([][]byte, len(shelves))
	for i, shelf := range shelves {
		var err error
		if prefixes[i], err = shelfPrefix(owner, shelf); err != nil {
			return err
		}
	}
	for _, item := range items {
		if _, err := place(owner, onto, item.Key); err != nil {
			return err
		}
	}
	err := s.change(ctx, func(desks *bbolt.Bucket) error { return clearAndPut(desks, owner, prefixes, onto, items) })
	if err != nil {
		return fmt.Errorf("clear %q of owner %d: %w", shelves, owner, err)
	}
	return nil
}

func clearAndPut(desks *bbolt.Bucket, owner correspondence.Owner, prefixes [][]byte, onto correspondence.Shelf, items []correspondence.Item) error {
	for _, prefix := range prefixes {
		if err := empty(desks, prefix); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return nil
	}
	prefix, err := shelfPrefix(owner, onto)
	if err != nil {
		return err
	}
	for _, item := range items {
		if _, err := put(desks, prefix, item.Key, correspondence.AnyVersion, item.Value); err != nil {
			return err
		}
	}
	return nil
}

// change hands a wish to the writer and waits for its answer; once taken, it is answered whatever the context does.
func (s *Store) change(ctx context.Context, apply func(*bbolt.Bucket) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &change{ctx: ctx, apply: apply, done: make(chan error, 1)}
	select {
	case s.queue <- c:
		return <-c.done
	case <-s.closing:
		return correspondence.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the one goroutine that changes the file; Close waits for it.
func (s *Store) write() {
	for {
		select {
		case first := <-s.queue:
			s.commit(s.gather(first))
		case <-s.closing:
			return
		}
	}
}

// gather takes the changes that wait now.
func (s *Store) gather(first *change) []*change {
	group := []*change{first}
	for len(group) < most {
		select {
		case c := <-s.queue:
			group = append(group, c)
		default:
			return group
		}
	}
	return group
}

// commit makes a group of changes durable in one transaction and answers each.
func (s *Store) commit(group []*change) {
	answers := make([]error, len(group))
	if err := s.transact(group, answers); err != nil {
		for i := range answers {
			answers[i] = err
		}
	}
	for i, c := range group {
		c.done <- answers[i]
	}
}

// transact applies the group. An error of its own is everybody's: nothing of the group stands, or the store has stopped.
func (s *Store) transact(group []*change, answers []error) error {
	err := s.file.Change(func(tx *bbolt.Tx) error {
		desks := tx.Bucket(desksBucket)
		for i, c := range group {
			if answers[i] = c.ctx.Err(); answers[i] != nil {
				continue
			}
			answers[i] = c.apply(desks)
			if err := answers[i]; err != nil && !errors.Is(err, correspondence.ErrStale) {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, archive.ErrStopped) {
		return fmt.Errorf("%w: %w", correspondence.ErrStopped, err)
	}
	return err
}
