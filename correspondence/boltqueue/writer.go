package boltqueue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/correspondence/postal"
)

// change hands a wish to the writer and waits for its answer; once taken, it is answered whatever the context does.
func (q *Queue) change(ctx context.Context, size int, apply func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &change{ctx: ctx, size: size, apply: apply, done: make(chan error, 1)}
	select {
	case q.changes <- c:
		return <-c.done
	case <-q.closing:
		return postal.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the one goroutine that changes the file; Close waits for it.
func (q *Queue) write() {
	for {
		select {
		case first := <-q.changes:
			q.commit(q.gather(first))
		case <-q.closing:
			return
		}
	}
}

// gather takes the changes that come while a mail waits for company: whoever sends mail has time, and each write disturbs whoever reads. What
// leaves the queue or is put off waits for nothing.
func (q *Queue) gather(first *change) []*change {
	group, size := []*change{first}, first.size
	wait := time.Duration(0)
	if first.size > 0 {
		wait = patience
	}
	full := time.After(wait)
	for len(group) < most && size < mostBytes {
		select {
		case c := <-q.changes:
			group, size = append(group, c), size+c.size
		case <-full:
			return group
		case <-q.closing:
			return group
		}
	}
	return group
}

// commit makes a group of changes durable in one write and answers each.
func (q *Queue) commit(group []*change) {
	answers := make([]error, len(group))
	if err := q.transact(group, answers); err != nil {
		for i := range answers {
			answers[i] = err
		}
	}
	for i, c := range group {
		c.done <- answers[i]
	}
}

// transact applies the group. An error of its own is everybody's: nothing of the group stands, or the queue has stopped.
func (q *Queue) transact(group []*change, answers []error) error {
	load, _ := q.Load()
	t := &transaction{load: load}
	err := q.file.Change(func(tx *bbolt.Tx) error {
		t.items, t.keys = tx.Bucket(itemsBucket()), tx.Bucket(keysBucket())
		for i, c := range group {
			if answers[i] = c.ctx.Err(); answers[i] != nil {
				continue
			}
			answers[i] = c.apply(t)
			if err := answers[i]; err != nil && !errors.Is(err, postal.ErrFull) {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, archive.ErrStopped) {
		return fmt.Errorf("%w: %w", postal.ErrStopped, err)
	}
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.load = t.load
	return nil
}
