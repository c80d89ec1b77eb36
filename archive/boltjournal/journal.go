// Package boltjournal is the embedded engine of [archive.Journal]: one bbolt file, or one a month.
//
// A file has four buckets. "entries" maps the sequence to a record (see record.go), "ids" keeps their
// identities in the same order, "hashes" keeps the trees' subtree roots, and "meta" the format, the journal's name, the head and the last
// checkpoints. One goroutine writes: it takes whatever waits and commits all of it in one transaction, checkpoints
// included. The keys are durable in the key store before, a block at a time. Any number of goroutines read beside it.
package boltjournal

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"chancery/archive"
)

// Journal is an open journal; it is an [archive.Journal] and an [archive.Trees].
type Journal struct {
	options Options
	sealer  *sealer
	// rotate opens the volume of a later month; nil when the journal is one file.
	rotate  openMonth
	writing sync.WaitGroup // the writer goroutine

	mu      sync.RWMutex
	volumes []*volume     // in order; grows, never shrinks; owned by mu
	head    archive.Head  // after the last durable commit; owned by mu
	moved   chan struct{} // closed and replaced when the head moves; owned by mu
	stopped error         // the first write that went wrong; owned by mu

	queue queue
	ring  *keyring
	// frontiers are the edges of the trees, by archive.Tree, and ids the identities, of what is durable; owned by the
	// writer goroutine.
	frontiers [4]archive.Frontier
	ids       *identities
}

// Open opens the journal in the file at path. A file that is not there is ErrMissing, one held by another process
// ErrLocked at once, a corrupted one ErrDamaged, one of a later program ErrVersion.
func Open(path string, options Options) (*Journal, error) { return openAt(path, options, existing) }

// Create is Open, and makes the file where there is none.
func Create(path string, options Options) (*Journal, error) { return openAt(path, options, asNeeded) }

func openAt(path string, options Options, m making) (*Journal, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	v, err := openVolume(path, options.Name, archive.EmptyHead(), 0, m)
	if err != nil {
		return nil, fmt.Errorf("open journal %q: %w", options.Name, err)
	}
	return start(options, []*volume{v}, nil)
}

// start begins to write after the last of the volumes.
func start(options Options, volumes []*volume, rotate openMonth) (*Journal, error) {
	j := &Journal{options: options, volumes: volumes, rotate: rotate, moved: make(chan struct{}), head: volumes[len(volumes)-1].head}
	j.queue.wake = make(chan struct{}, 1)
	j.queue.closing = make(chan struct{})
	j.ring = &keyring{options: options, stop: j.stop, block: volumes[len(volumes)-1].blocks}
	var err error
	if j.sealer, err = newSealer(); err == nil {
		err = j.resumeTrees()
	}
	if err == nil {
		err = j.loadIdentities()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %q: %w", options.Name, err), closeVolumes(volumes))
	}
	j.writing.Go(j.write)
	return j, nil
}

// Head is [archive.Journal].
func (j *Journal) Head(ctx context.Context) (archive.Head, error) {
	if err := j.usable(ctx); err != nil {
		return archive.Head{}, fmt.Errorf("read head: %w", err)
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.head, nil
}

// Erase is [archive.Journal].
func (j *Journal) Erase(ctx context.Context, seq archive.Seq, reason archive.Reason) error {
	if reason == "" {
		return fmt.Errorf("erase entry %d: %w", seq, archive.ErrReasonMissing)
	}
	r, err := j.record(ctx, seq)
	if err != nil {
		return fmt.Errorf("erase entry %d: %w", seq, err)
	}
	if err := j.options.Keys.Destroy(ctx, keyName(j.options.Name, r.key), reason); err != nil {
		return fmt.Errorf("erase entry %d: %w", seq, err)
	}
	return nil
}

// Close is [archive.Journal]. Appends that wait are still written; later ones are ErrClosed.
func (j *Journal) Close() error {
	if !j.queue.close() {
		return nil
	}
	j.writing.Wait()
	j.ring.close()
	j.mu.RLock()
	volumes := j.volumes
	j.mu.RUnlock()
	err := closeVolumes(volumes)
	j.sealer.close()
	if err != nil {
		return fmt.Errorf("close journal %q: %w", j.options.Name, err)
	}
	return nil
}

func closeVolumes(volumes []*volume) error {
	var errs []error
	for _, v := range volumes {
		errs = append(errs, v.file.Close())
	}
	return errors.Join(errs...)
}

// usable is nil while the journal is open and the caller still wants an answer.
func (j *Journal) usable(ctx context.Context) error {
	select {
	case <-j.queue.closing:
		return archive.ErrClosed
	default:
		return ctx.Err()
	}
}

// state is the durable head and the channel that closes when it moves.
func (j *Journal) state() (archive.Head, <-chan struct{}) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.head, j.moved
}

// advance publishes a durable head and wakes whoever waits for it.
func (j *Journal) advance(head archive.Head) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head = head
	close(j.moved)
	j.moved = make(chan struct{})
}

// stop ends writing for good; the first cause is kept.
func (j *Journal) stop(cause error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped == nil {
		j.stopped = fmt.Errorf("%w: %w", archive.ErrStopped, cause)
	}
	return j.stopped
}

func (j *Journal) isStopped() error {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.stopped
}

// volumeOf is the volume that holds the sequence, or would.
func (j *Journal) volumeOf(seq archive.Seq) *volume {
	j.mu.RLock()
	defer j.mu.RUnlock()
	for i := len(j.volumes) - 1; i > 0; i-- {
		if j.volumes[i].base.Seq < seq {
			return j.volumes[i]
		}
	}
	return j.volumes[0]
}

// last is the volume being written.
func (j *Journal) last() *volume {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.volumes[len(j.volumes)-1]
}
