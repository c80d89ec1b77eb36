package correspondence

import (
	"context"
	"sync"
	"time"

	"chancery/correspondence/postal"
)

// Mailroom empties a queue of arrived mails into the archive, in their order and many at once. What the queue acknowledged is never lost: a mail
// leaves it only when it is in the archive, and one that is there already is not kept twice.
type Mailroom struct {
	house *Chancery
	queue postal.Queue
	wake  chan struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup

	// owned by run
	visits  uint64    // as the house counted them when it was last looked at
	visited time.Time // when there was somebody
}

// The mailroom's measures.
const (
	mailBatch = 64
	mailBytes = 16 << 20
	mailQuiet = 10 * time.Second // somebody is reading until so long after the last was at a desk
	mailFew   = 8                // mails of a batch while somebody is
	mailPause = 2 * time.Second  // the longest pause between two batches then
	mailRest  = 30 * time.Second // looks at the queue at least so often
	mailRetry = 10 * time.Second // after the first failure; twice as long after each other
	mailLimit = 15 * time.Minute // and never longer
)

// OpenMailroom begins to empty the queue, until Close.
func OpenMailroom(house *Chancery, queue postal.Queue) *Mailroom {
	ctx, stop := context.WithCancel(context.Background())
	m := &Mailroom{house: house, queue: queue, wake: make(chan struct{}, 1), stop: stop, visits: house.visits.Load()}
	m.done.Go(func() { m.run(ctx) })
	return m
}

// Wake has the mailroom look at the queue now.
func (m *Mailroom) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Close ends the mailroom's work; what is being decided is decided.
func (m *Mailroom) Close() error {
	m.stop()
	m.done.Wait()
	return nil
}

func (m *Mailroom) run(ctx context.Context) {
	for ctx.Err() == nil {
		begun, reading := time.Now(), m.reading()
		most := mailBatch
		if reading {
			most = mailFew
		}
		worked, err := m.empty(ctx, most)
		if err != nil && ctx.Err() == nil {
			m.house.Log.Error("the mailroom rests", "why", err.Error())
		}
		if worked && err == nil {
			if reading {
				m.rest(ctx, time.Since(begun))
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-m.house.stop:
			return
		case <-m.wake:
		case <-time.After(mailRest):
		}
	}
}

// reading reports whether anybody was at a desk lately.
func (m *Mailroom) reading() bool {
	if visits := m.house.visits.Load(); visits != m.visits {
		m.visits, m.visited = visits, time.Now()
	}
	return time.Since(m.visited) < mailQuiet
}

// rest waits nine times as long as a batch took: whoever reads goes before mail that is safe in the queue.
func (m *Mailroom) rest(ctx context.Context, took time.Duration) {
	select {
	case <-ctx.Done():
	case <-m.house.stop:
	case <-time.After(min(9*took, mailPause)):
	}
}

// empty deals with one batch and reports whether there was one.
func (m *Mailroom) empty(ctx context.Context, most int) (worked bool, err error) {
	due, err := m.queue.Due(ctx, m.house.Clock(), most, mailBytes)
	if err != nil || len(due) == 0 {
		return false, err
	}
	var kept []string
	for i, failed := range m.house.Receive(ctx, due) {
		if failed == nil {
			kept = append(kept, due[i].Key)
			continue
		}
		if ctx.Err() != nil {
			break // not the mail's fault
		}
		m.house.Log.Warn("mail not kept yet", "mail", due[i].Key, "tries", due[i].Tries+1, "why", failed.Error())
		if err := m.queue.Postpone(ctx, due[i].Key, m.house.Clock().Add(backoff(mailRetry, due[i].Tries, mailLimit)), failed.Error()); err != nil {
			return true, err
		}
	}
	return true, m.queue.Remove(context.WithoutCancel(ctx), kept...)
}

// backoff is how long to wait after so many tries: twice as long each time, up to a limit.
func backoff(first time.Duration, tries int, limit time.Duration) time.Duration {
	wait := first
	for ; tries > 0 && wait < limit; tries-- {
		wait *= 2
	}
	return min(wait, limit)
}
