package archivetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"chancery/archive"
)

func tailInOrder(t testing.TB, place Opener) {
	h := open(t, place, nil)
	const entries = 700 // more than a page
	for n := 0; n < entries; n += 100 {
		h.append(h.drafts(n, n+100)...)
	}
	for _, from := range []archive.Seq{0, 1, 2, 255, 256, 257, 512, entries} {
		for _, e := range h.collect(from, entries-int(max(from, 1))+1) {
			if d := h.draft(int(e.Seq) - 1); e.ID != d.ID || string(e.Payload) != string(d.Payload) {
				t.Fatalf("tail: entry %d is not what was appended", e.Seq)
			}
		}
	}
}

// tailWaits: a tail waits for what is not there yet, and ends with its context.
func tailWaits(t testing.TB, place Opener) {
	h := open(t, place, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	got := make(chan archive.Seq)
	go func() {
		defer close(got)
		for e, err := range h.Tail(ctx, 2) {
			if err != nil {
				t.Errorf("tail: %v", err)
				return
			}
			got <- e.Seq
		}
	}()
	want := func(seqs ...archive.Seq) {
		for _, seq := range seqs {
			if s, ok := <-got; !ok || s != seq {
				t.Fatalf("tail gave %d (still running: %v), want %d", s, ok, seq)
			}
		}
	}
	h.append(h.draft(0))
	h.append(h.draft(1))
	want(2)
	h.append(h.drafts(2, 5)...)
	want(3, 4, 5)
	cancel()
	select {
	case s, running := <-got:
		if running {
			t.Fatalf("tail gave %d that nobody appended", s)
		}
	case <-time.After(2 * time.Second):
		t.Fatal("tail did not end with its context")
	}
}

// tailExactlyOnce: tails that run beside many writers see every entry once, in order, with its own payload; and a
// writer may append from inside a tail, for a tail holds nothing.
func tailExactlyOnce(t testing.TB, place Opener) {
	h := open(t, place, nil)
	const writers, each, tails = 6, 25, 3
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for n := range each {
				if _, err := h.Append(ctx, archive.AnyHead, []archive.Draft{h.draft(1000*w + n)}); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	for tail := range tails {
		running.Go(func() { follow(ctx, h, tail, writers*each) })
	}
	running.Wait()
	if ctx.Err() != nil {
		t.Fatal("not every tail saw every entry")
	}
	for n := range writers * each {
		if e := h.fetch(archive.Seq(n + 1)); e.Seq != archive.Seq(n+1) {
			t.Fatalf("fetch %d gave %d", n+1, e.Seq)
		}
	}
	h.sound()
}

// follow reads n entries and appends one of its own on the way.
func follow(ctx context.Context, h *house, tail, n int) {
	next, seen := archive.Seq(1), make(map[string]bool)
	for e, err := range h.Tail(ctx, 1) {
		if err != nil {
			h.t.Errorf("tail: %v", err)
			return
		}
		if e.Seq != next || seen[e.ID.String()] || e.Digest != archive.PayloadDigest(e.Salt, e.Payload) {
			h.t.Errorf("tail gave entry %d at place %d, seen before: %v", e.Seq, next, seen[e.ID.String()])
			return
		}
		seen[e.ID.String()] = true
		next++
		if e.Seq == archive.Seq(n/2) {
			if _, err := h.Append(ctx, archive.AnyHead, []archive.Draft{h.draft(900_000 + tail)}); err != nil {
				h.t.Errorf("append from inside a tail: %v", err)
				return
			}
		}
		if len(seen) == n {
			return
		}
	}
}

// closed: after Close every call answers ErrClosed, and a waiting tail is told.
func closed(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.append(h.draft(0))
	told := make(chan error, 1)
	started := make(chan struct{}, 1)
	go func() {
		var last error
		for _, err := range h.Tail(context.Background(), 1) {
			last = err
			if err == nil {
				started <- struct{}{}
			}
		}
		told <- last
	}()
	<-started
	h.shut()
	select {
	case err := <-told:
		if !errors.Is(err, archive.ErrClosed) {
			t.Fatalf("the tail ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the tail still waits")
	}
	ctx := context.Background()
	_, appendErr := h.Append(ctx, archive.AnyHead, h.drafts(1, 2))
	_, fetchErr := h.Fetch(ctx, 1)
	_, headErr := h.Head(ctx)
	for _, err := range []error{appendErr, fetchErr, headErr, h.Erase(ctx, 1, "visa")} {
		if !errors.Is(err, archive.ErrClosed) {
			t.Fatalf("after Close: %v", err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatalf("Close again: %v", err)
	}
}
