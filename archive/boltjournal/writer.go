package boltjournal

import (
	"context"
	"errors"
	"fmt"

	"sync"

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
	r, err := j.request(fence, drafts)
	if err != nil {
		return nil, err
	}
	if err := j.writer.queue.push(r); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if j.writer.queue.withdraw(r) {
			return nil, fmt.Errorf("append: %w", ctx.Err())
		}
		<-r.done
	}
	return r.receipts, r.err
}

// request prepares the drafts, on all processors.
func (j *Journal) request(fence archive.Head, drafts []archive.Draft) (*request, error) {
	r := &request{fence: fence, entries: make([]prepared, len(drafts)), done: make(chan struct{})}
	errs := make([]error, len(drafts))
	together(len(drafts), func(i int) {
		if j.options.Signer == nil && drafts[i].Tree != archive.NoTree {
			errs[i] = fmt.Errorf("append %s: a journal without trees: %w", drafts[i].ID, archive.ErrBadDraft)
			return
		}
		r.entries[i], errs[i] = j.sealer.prepare(drafts[i], j.options.Clock)
	})
	for i := range r.entries {
		if j.rotate != nil && errs[i] == nil {
			r.month = max(r.month, r.entries[i].draft.Time.Format(monthLayout))
		}
	}
	return r, errors.Join(errs...)
}

// writer is the state of the two goroutines that write. The first plans: it takes whatever waits, gives each entry its
// place and makes the keys durable. The second puts entries, trees and head into one transaction, commits it once the
// keys are durable, and answers. So the keys of one group are synced while the group before is. Nothing is answered,
// refusals included, before every group planned earlier is durable.
type writer struct {
	queue queue
	// Owned by the planning goroutine: the head and tree sizes once all that is planned is durable, the identities
	// up to there, and the last plans, whose entries may not be in the file yet.
	head   archive.Head
	sizes  [4]uint64
	ids    *identities
	recent [3]*plan
	// underway counts the plans handed to the committing goroutine; there is room for one beside the one it works at.
	underway sync.WaitGroup
	commits  chan *plan
	// room holds one token for each plan under way: two, so that groups are not cut small.
	room chan struct{}
	// frontiers are the edges of the trees as committed, by archive.Tree; owned by the committing goroutine.
	frontiers [4]archive.Frontier
}

// planGroups is the planning goroutine: it goes on until the journal is closed and nothing waits any more.
func (j *Journal) planGroups() {
	defer close(j.writer.commits)
	for closed := false; ; {
		j.writer.room <- struct{}{}

		group := j.writer.queue.take(j.options.BatchEntries)
		if len(group) > 0 {
			j.planGroup(group)
			continue
		}
		<-j.writer.room
		if closed {
			return
		}
		select {
		case <-j.writer.queue.wake:
		case <-j.writer.queue.closing:
			closed = true
		}
	}
}

// planGroup decides a group, hands it on and makes its keys durable.
func (j *Journal) planGroup(group []*request) {
	w := &j.writer
	var p *plan
	err := j.isStopped()
	if err == nil {
		err = guarded(func() (err error) {
			p, err = j.plan(group)
			return err
		})
		if err != nil {
			err = j.stop(err)
		}
	}
	if err != nil {
		w.underway.Wait()
		answer(group, err)
		<-w.room
		return
	}
	w.head, w.sizes = p.head, p.sizes
	w.recent = [3]*plan{p, w.recent[0], w.recent[1]}
	for _, entry := range p.placed {
		w.ids.add(entry.draft.ID, entry.record.header.Seq)
	}
	secrets := p.secrets()
	w.underway.Add(1)
	w.commits <- p
	p.keys <- guarded(func() error { return j.keep(secrets) })
}

// keep makes the keys of a plan durable.
func (j *Journal) keep(secrets []archive.Secret) error {
	if len(secrets) == 0 {
		return nil
	}
	if err := j.options.step(StepKeys); err != nil {
		return err
	}
	if err := j.options.Keys.Put(context.Background(), secrets); err != nil {
		return err
	}
	for _, secret := range secrets {
		clear(secret.Value) // from here on only the key store has it
	}
	return j.options.step(StepEntries)
}

// plan gives places to what a group brings.
func (j *Journal) plan(group []*request) (*plan, error) {
	v, err := j.volumeFor(group[0].month)
	if err != nil {
		return nil, err
	}
	p := j.newPlan(v, group)
	for _, r := range group {
		p.add(r)
	}
	return p, nil
}

// commitGroups is the committing goroutine.
func (j *Journal) commitGroups() {
	for p := range j.writer.commits {
		err := j.isStopped()
		if err == nil {
			if err = guarded(func() error { return j.commit(p) }); err != nil {
				err = j.stop(err)
			}
		}
		answer(p.group, err)
		j.writer.underway.Done()
		<-j.writer.room
	}
}

// commit makes a plan durable. Its error is a write that went wrong; refusals are left in the requests.
func (j *Journal) commit(p *plan) error {
	if len(p.placed) == 0 {
		return <-p.keys
	}
	tx, err := p.volume.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if err := p.write(tx); err != nil {
		return err
	}
	frontiers := j.writer.frontiers
	if j.options.Signer != nil {
		if err := j.writeTrees(tx, p, &frontiers); err != nil {
			return err
		}
	}
	if err := <-p.keys; err != nil {
		return err
	}
	if err := j.options.step(StepCommit); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	j.writer.frontiers = frontiers
	j.advance(p.head)
	return j.options.step(StepAnswer)
}

// answer lets the callers go; an error is everybody's, for nothing of the group is known to be durable.
func answer(group []*request, err error) {
	for _, r := range group {
		if err != nil {
			r.receipts, r.err = nil, fmt.Errorf("append: %w", err)
		}
		close(r.done)
	}
}
