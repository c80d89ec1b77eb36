package boltjournal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
)

// request is one Append on its way through the writer.
type request struct {
	fence archive.Head
	// entries are the prepared drafts.
	entries []prepared
	// month is the latest month of the drafts, for a monthly journal.
	month string
	// receipts or err is the answer, set before done closes.
	receipts []archive.Receipt
	err      error
	done     chan struct{}
}

// queue holds the requests that wait for the writer.
type queue struct {
	mu      sync.Mutex
	waiting []*request // owned by mu
	closed  bool       // owned by mu
	wake    chan struct{}
	closing chan struct{} // closed by close
}

func (q *queue) push(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return archive.ErrClosed
	}
	q.waiting = append(q.waiting, r)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// withdraw takes a request back; false when the writer already has it.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == r {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take hands out whatever waits, up to about most entries and only of one month.
func (q *queue) take(most int) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, entries := 0, 0
	for n < len(q.waiting) && (n == 0 || entries+len(q.waiting[n].entries) <= most && q.waiting[n].month == q.waiting[0].month) {
		entries += len(q.waiting[n].entries)
		n++
	}
	taken := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return taken
}

// close refuses what comes from now on; false when it was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.closed = true
	close(q.closing)
	return true
}

// Append is [archive.Journal].
func (j *Journal) Append(ctx context.Context, fence archive.Head, drafts []archive.Draft) ([]archive.Receipt, error) {
	if err := j.usable(ctx); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if err := j.isStopped(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	r, err := j.request(ctx, fence, drafts)
	if err == nil {
		err = j.queue.push(r)
	}
	if err != nil {
		j.giveBack(r)
		return nil, fmt.Errorf("append: %w", err)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if j.queue.withdraw(r) {
			j.giveBack(r)
			return nil, fmt.Errorf("append: %w", ctx.Err())
		}
		<-r.done
	}
	return r.receipts, r.err
}

// giveBack returns the keys of a request that will not be written.
func (j *Journal) giveBack(r *request) {
	for i := range r.entries {
		if r.entries[i].key.key != nil {
			j.ring.give(r.entries[i].key)
		}
	}
}

// request prepares the drafts, on all processors.
func (j *Journal) request(ctx context.Context, fence archive.Head, drafts []archive.Draft) (*request, error) {
	r := &request{fence: fence, entries: make([]prepared, len(drafts)), done: make(chan struct{})}
	errs := make([]error, len(drafts))
	together(len(drafts), func(i int) {
		if j.options.Signer == nil && drafts[i].Tree != archive.NoTree {
			errs[i] = fmt.Errorf("%s: a journal without trees: %w", drafts[i].ID, archive.ErrBadDraft)
			return
		}
		r.entries[i], errs[i] = j.prepare(ctx, drafts[i])
	})
	for i := range r.entries {
		if j.rotate != nil && errs[i] == nil {
			r.month = max(r.month, r.entries[i].draft.Time.Format(monthLayout))
		}
	}
	return r, errors.Join(errs...)
}

// yields is how often the writer lets the goroutines that can run go first, before it takes a group: callers who were
// just answered and append again then share a commit. It waits for nobody: on an idle machine it costs nothing.
const yields = 8

// write is the writer goroutine: it takes whatever waits, until the journal is closed and nothing waits any more.
func (j *Journal) write() {
	for closed := false; ; {
		for range yields {
			runtime.Gosched()
		}
		group := j.queue.take(j.options.BatchEntries)
		if len(group) > 0 {
			j.serve(group)
			continue
		}
		if closed {
			return
		}
		select {
		case <-j.queue.wake:
		case <-j.queue.closing:
			closed = true
		}
	}
}

// serve decides a group and answers every request in it.
func (j *Journal) serve(group []*request) {
	err := j.isStopped()
	if err == nil {
		if err = j.commit(group); err != nil {
			err = j.stop(err)
		}
	}
	for _, r := range group {
		if err != nil {
			r.receipts, r.err = nil, fmt.Errorf("append: %w", err) // nothing of the group is known to be durable
		}
		close(r.done)
	}
}

// commit makes a group durable in one transaction: entries, identities, trees, checkpoints and head. Its error is a
// write that went wrong; refusals are left in the requests.
func (j *Journal) commit(group []*request) error {
	v, err := j.volumeFor(group[0].month)
	if err != nil {
		return err
	}
	p := j.plan()
	for _, r := range group {
		p.add(r)
	}
	if len(p.placed) == 0 {
		return nil
	}
	if err := j.options.step(StepEntries); err != nil {
		return err
	}
	frontiers := j.frontiers
	err = v.file.Change(func(tx *bolt.Tx) error {
		if err := p.write(tx); err != nil {
			return err
		}
		if j.options.Signer != nil {
			if err := j.writeTrees(tx, p, &frontiers); err != nil {
				return err
			}
		}
		return j.options.step(StepCommit)
	})
	if err != nil {
		return err
	}
	j.committed(p, frontiers)
	return j.options.step(StepAnswer)
}

// committed takes over what a plan has made durable.
func (j *Journal) committed(p *plan, frontiers [4]archive.Frontier) {
	j.frontiers = frontiers
	for _, entry := range p.placed {
		j.ids.add(entry.draft.ID, entry.record.header.Seq)
		clear(entry.key.key) // from here on only the key store has it
	}
	j.advance(p.head)
}
