package archivetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/archive"
)

func erase(t testing.TB, place Opener) {
	h := open(t, place, nil)
	ctx := context.Background()
	receipts := h.append(h.drafts(0, 6)...)
	before, at := h.fetch(3), h.head()
	if err := h.Erase(ctx, 3, ""); !errors.Is(err, archive.ErrReasonMissing) {
		t.Fatalf("erase without a reason: %v", err)
	}
	for _, seq := range []archive.Seq{0, 7} {
		if err := h.Erase(ctx, seq, "visa 12"); !errors.Is(err, archive.ErrUnknown) {
			t.Fatalf("erase %d of 6: %v", seq, err)
		}
	}
	for range 2 {
		if err := h.Erase(ctx, 3, "visa 12"); err != nil {
			t.Fatalf("erase: %v", err)
		}
	}
	for range 2 { // before and after opening again
		e, err := h.Fetch(ctx, 3)
		if !errors.Is(err, archive.ErrErased) || e.Header != before.Header || e.Payload != nil || e.Salt != [32]byte{} {
			t.Fatalf("fetch of an erased entry: %+v, %v", e, err)
		}
		for i, e := range h.collect(1, 6) {
			if (e.Payload == nil) != (e.Seq == 3) || e.Seq != receipts[i].Seq {
				t.Fatalf("tail over an erased entry: %+v at place %d", e.Header, i)
			}
		}
		for _, n := range []int{0, 1, 3, 4, 5} {
			h.holds(receipts[n], h.draft(n))
		}
		h.refused(archive.ErrErased, archive.AnyHead, h.draft(2))
		if h.head() != at {
			t.Fatal("erasing moved the head")
		}
		h.proves(before.Header)
		h.sound()
		h.shut()
		h = open(t, place, nil)
	}
	h.append(h.drafts(6, 8)...)
	h.sound()
}

func reopen(t testing.TB, place Opener) {
	h := open(t, place, nil)
	var receipts []archive.Receipt
	for round := range 4 {
		if round > 0 {
			h.shut()
			h = open(t, place, nil)
		}
		if round > 0 && h.head() != receipts[len(receipts)-1].Head() {
			t.Fatalf("opened again the head is %d, not %d", h.head().Seq, receipts[len(receipts)-1].Seq)
		}
		for i, r := range receipts {
			h.holds(r, h.draft(i))
		}
		got, err := h.Append(context.Background(), h.head(), h.drafts(10*round, 10*round+10))
		if err != nil {
			t.Fatalf("append after opening again: %v", err)
		}
		receipts = append(receipts, got...)
		h.proves(h.fetch(receipts[0].Seq).Header)
		h.sound()
	}
}

// crash stops an append at each step, opens again, and wants all of it or nothing, and a sound journal.
func crash(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.append(h.drafts(0, 3)...)
	n := 3
	for i, step := range place.Steps {
		h.shut()
		broken := errors.New("the disk is gone")
		h = open(t, place, func(at string) error {
			if at == step {
				return broken
			}
			return nil
		})
		batch := h.drafts(n, n+4)
		h.refused(archive.ErrStopped, archive.AnyHead, batch...)
		h.refused(archive.ErrStopped, archive.AnyHead, batch...)
		h.refused(archive.ErrStopped, archive.AnyHead, h.draft(700))
		h.holds(archive.Receipt{Seq: 1, Digest: h.fetch(1).Digest, Tree: h.draft(0).Tree}, h.draft(0))
		h.shut()
		h = open(t, place, nil)
		want := archive.Seq(n)
		if i == len(place.Steps)-1 {
			want += 4
		}
		if h.head().Seq != want {
			t.Fatalf("crash at %q: head %d, want %d", step, h.head().Seq, want)
		}
		h.sound()
		for k, r := range h.append(batch...) {
			h.holds(r, batch[k])
		}
		n += 4
		if h.head().Seq != archive.Seq(n) {
			t.Fatalf("crash at %q, then again: head %d, want %d", step, h.head().Seq, n)
		}
		h.sound()
	}
}

func lock(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.append(h.draft(0))
	begun := time.Now()
	second, err := place.Open(nil)
	if err == nil {
		_ = second.Close()
	}
	if !errors.Is(err, archive.ErrLocked) || time.Since(begun) > 5*time.Second {
		t.Fatalf("opened a second time: %v after %v", err, time.Since(begun))
	}
	h.append(h.draft(1))
	h.shut()
	h = open(t, place, nil)
	h.sound()
}

func damage(t testing.TB, place Opener) {
	h := open(t, place, nil)
	receipts := h.append(h.drafts(0, 9)...)
	header := h.fetch(5).Header
	h.shut()
	if err := place.Damage(5); err != nil {
		t.Fatalf("damage: %v", err)
	}
	h = open(t, place, nil)
	e, err := h.Fetch(context.Background(), 5)
	if !errors.Is(err, archive.ErrDamaged) || e.Payload != nil || e.Header != header {
		t.Fatalf("fetch of a damaged entry: %+v, %v", e, err)
	}
	h.holds(receipts[3], h.draft(3))
	h.holds(receipts[5], h.draft(5))
	next := archive.Seq(1)
	for e, err := range h.Tail(context.Background(), 1) {
		if (err != nil) != (next == 5) || e.Seq != next || err != nil && !errors.Is(err, archive.ErrDamaged) {
			t.Fatalf("tail over a damaged entry: %d, %v", e.Seq, err)
		}
		if next++; next > 6 {
			break
		}
	}
	if next != 6 {
		t.Fatalf("the tail over a damaged entry ended before entry %d, not 6", next)
	}
	var found []archive.Problem
	if err := h.Verify(context.Background(), func(p archive.Problem) {
		if !p.Information {
			found = append(found, p)
		}
	}); err != nil {
		t.Fatalf("verify: %v", err)
	}
	if len(found) != 1 || found[0].Seq != 5 || !strings.Contains(found[0].String(), "payload") {
		t.Fatalf("verify found %v", found)
	}
}
