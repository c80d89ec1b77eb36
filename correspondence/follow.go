package correspondence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"chancery/archive"
	"chancery/search"
)

// arrival wakes everything that waits for new entries: one closed channel reaches them all.
type arrival struct {
	mu    sync.Mutex
	next  chan struct{} // closed at the next announcement
	ended chan struct{} // closed when nothing will be announced any more
}

// wait returns the channel that the next announcement closes. Take it before looking, so that nothing is missed between.
func (a *arrival) wait() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next
}

func (a *arrival) announce() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.next)
	a.next = make(chan struct{})
}

// The follower gives the index what waits: it rests shortly when little does, so that a burst becomes few segments.
const (
	followBatch = 2000
	followBurst = 50 // more than so many at once is a burst
	followRest  = 20 * time.Millisecond
	burstRest   = 150 * time.Millisecond
	followRetry = time.Second
)

// restAfter is how long the follower lets messages gather after a batch: longer in a burst, which would else become hundreds of small
// segments to merge; not at all while more than a batch waits.
func restAfter(batch int) time.Duration {
	switch {
	case batch >= followBatch:
		return 0
	case batch > followBurst:
		return burstRest
	}
	return followRest
}

// handover gives the follower what the deciding goroutine has in hand anyway, so that it need not read, open and parse it again. What it
// has lost, or never had, is read from the journal.
type handover struct {
	mu        sync.Mutex
	from      archive.Seq // documents are all there is from this entry on
	through   archive.Seq
	documents []search.Document
}

// handoverMost bounds what waits in hand.
const handoverMost = 2 * followBatch

// put adds what was appended between two heads; the documents are those of its messages.
func (h *handover) put(before, through archive.Seq, documents []search.Document) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.through != before || len(h.documents)+len(documents) > handoverMost {
		h.from, h.documents = before+1, nil
	}
	h.through = through
	h.documents = append(h.documents, documents...)
}

// take gives everything from next on, if it is there.
func (h *handover) take(next archive.Seq) (batch []search.Document, through archive.Seq, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if next < h.from || next > h.through {
		return nil, 0, false
	}
	for i, d := range h.documents {
		if archive.Seq(d.Seq) >= next {
			batch = h.documents[i:]
			break
		}
	}
	h.from, h.documents = h.through+1, nil
	return batch, h.through, true
}

// follow keeps the words index behind the journal until the house closes.
func (c *Chancery) follow() {
	defer c.done.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-c.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for ctx.Err() == nil {
		err := c.followOnce(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		c.Log.Error("the index does not follow", "why", err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(followRetry):
		}
	}
}

// followOnce indexes from where the index stands, until it is told to stop or something goes wrong.
func (c *Chancery) followOnce(ctx context.Context) error {
	progress, err := c.Index.Progress(ctx)
	if err != nil {
		return fmt.Errorf("read progress of the index: %w", err)
	}
	next := archive.Seq(progress) + 1
	for {
		news := c.arrived.wait()
		batch, through, inHand := c.handover.take(next)
		if !inHand {
			if batch, through, err = c.batchFrom(ctx, next); err != nil {
				return err
			}
		}
		if through < next {
			select {
			case <-ctx.Done():
				return nil
			case <-news:
			}
			continue
		}
		if err := c.Index.Apply(ctx, uint64(through), batch); err != nil {
			return fmt.Errorf("index entries %d to %d: %w", next, through, err)
		}
		next = through + 1
		select {
		case <-ctx.Done():
		case <-time.After(restAfter(len(batch))):
		}
	}
}

// batchFrom reads what the journal holds from next on, at most one batch; through is the last entry read.
func (c *Chancery) batchFrom(ctx context.Context, next archive.Seq) (batch []search.Document, through archive.Seq, err error) {
	head, err := c.Journal.Head(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read head: %w", err)
	}
	if head.Seq < next {
		return nil, next - 1, nil
	}
	for entry, err := range c.Journal.Tail(ctx, next) {
		if err != nil && !errors.Is(err, archive.ErrErased) {
			return nil, 0, fmt.Errorf("read entry %d: %w", entry.Seq, err)
		}
		through = entry.Seq
		if err == nil && isMessage(entry.Kind) {
			d, err := decodeDispatch(entry)
			if err != nil {
				return nil, 0, err
			}
			document, err := withWords(ctx, c.Vault, documentOf(entry.Seq, d), d)
			if err != nil {
				return nil, 0, err
			}
			batch = append(batch, document)
		}
		if entry.Seq >= head.Seq || len(batch) >= followBatch {
			return batch, through, nil
		}
	}
	return nil, 0, ctx.Err()
}

func isMessage(kind string) bool {
	return kind == kindReleased || kind == kindImported || kind == kindReceived
}

// Settled waits until the index has followed to the head of the moment of the call: for command lines and tests.
func (c *Chancery) Settled(ctx context.Context) error {
	head, err := c.Journal.Head(ctx)
	if err != nil {
		return err
	}
	for {
		progress, err := c.Index.Progress(ctx)
		if err != nil {
			return err
		}
		if archive.Seq(progress) >= head.Seq {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.stop:
			return ErrClosing
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Texts reads the texts of hits for the index, straight from the journal. The index asks only for what the perimeter has admitted.
type Texts struct {
	journal archive.Journal
	vault   archive.Vault
}

// TextsOf returns the texts of a journal's messages, with the words of their files, which the vault keeps.
func TextsOf(journal archive.Journal, vault archive.Vault) Texts {
	return Texts{journal: journal, vault: vault}
}

// Text implements search.Texts.
func (t Texts) Text(ctx context.Context, seq uint64) (search.Document, error) {
	entry, err := t.journal.Fetch(ctx, archive.Seq(seq))
	if err != nil {
		return search.Document{}, fmt.Errorf("read text of entry %d: %w", seq, err)
	}
	d, err := decodeDispatch(entry)
	if err != nil {
		return search.Document{}, err
	}
	return withWords(ctx, t.vault, documentOf(entry.Seq, d), d)
}

// Reindexed feeds every message of the journal to apply, in batches: for building an index beside the one in use.
func Reindexed(ctx context.Context, journal archive.Journal, vault archive.Vault, apply func(through uint64, batch []search.Document) error) error {
	c := &Chancery{Config: Config{Journal: journal, Vault: vault}}
	next := archive.Seq(1)
	for {
		batch, through, err := c.batchFrom(ctx, next)
		if err != nil {
			return err
		}
		if through < next {
			return nil
		}
		if err := apply(uint64(through), batch); err != nil {
			return err
		}
		next = through + 1
	}
}
