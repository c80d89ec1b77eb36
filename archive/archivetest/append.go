package archivetest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"chancery/archive"
	"chancery/habilitation"
)

func appendThenFetch(t testing.TB, place Opener) {
	h := open(t, place, nil)
	if head := h.head(); head != archive.EmptyHead() {
		t.Fatalf("a new journal's head is %v", head)
	}
	drafts := h.drafts(0, 20)
	drafts[3].Cites = archive.Head{Seq: 9, Hash: [32]byte{7}}
	var receipts []archive.Receipt
	receipts = append(receipts, h.append(drafts[:1]...)...)
	receipts = append(receipts, h.append(drafts[1:15]...)...)
	receipts = append(receipts, h.append(drafts[15:]...)...)
	for i, r := range receipts {
		if r.Seq != archive.Seq(i+1) {
			t.Fatalf("receipt %d has sequence %d", i, r.Seq)
		}
		h.holds(r, drafts[i])
	}
	for _, seq := range []archive.Seq{0, 21, 1 << 63} {
		if _, err := h.Fetch(context.Background(), seq); !errors.Is(err, archive.ErrUnknown) {
			t.Fatalf("fetch %d of 20: %v", seq, err)
		}
	}
	if receipts, err := h.Append(context.Background(), archive.AnyHead, nil); err != nil || len(receipts) != 0 {
		t.Fatalf("append nothing: %v, %v", receipts, err)
	}
	undated := h.draft(30)
	undated.Time = undated.Time.AddDate(-4000, 0, 0)
	h.refused(archive.ErrBadDraft, archive.AnyHead, undated)
	h.sound()
}

func chain(t testing.TB, place Opener) {
	h := open(t, place, nil)
	receipts := h.append(h.drafts(0, 10)...)
	head := archive.EmptyHead()
	for _, r := range receipts {
		head = head.Follow(h.fetch(r.Seq).Header)
		if r.Head() != head {
			t.Fatalf("the chain at entry %d is not that of the headers", r.Seq)
		}
	}
	if h.head() != head {
		t.Fatal("the head is not that of the chain")
	}
}

func payloadSizes(t testing.TB, place Opener) {
	h := open(t, place, nil)
	random := rand.New(rand.NewPCG(1, 2))
	for n, size := range []int{0, 1, 4095, 4096, 70_000, 1 << 20} {
		d := h.draft(n)
		d.Payload = make([]byte, size)
		h.holds(h.append(d)[0], d)
		d.ID = identity(n + 100)
		for i := range d.Payload {
			d.Payload[i] = byte(random.Uint32())
		}
		h.holds(h.append(d)[0], d)
	}
	if got := len(h.collect(1, 12)); got != 12 {
		t.Fatalf("tail gave %d of 12", got)
	}
}

// ownBytes: what the caller does with its slices afterwards changes nothing, nor what a reader does with its own.
func ownBytes(t testing.TB, place Opener) {
	h := open(t, place, nil)
	d := h.draft(1)
	kept := bytes.Clone(d.Payload)
	r := h.append(d)[0]
	clear(d.Payload)
	clear(h.fetch(r.Seq).Payload)
	clear(h.collect(1, 1)[0].Payload)
	if got := h.fetch(r.Seq).Payload; !bytes.Equal(got, kept) {
		t.Fatalf("the payload became %q", got)
	}
}

func badDrafts(t testing.TB, place Opener) {
	h := open(t, place, nil)
	spoil := map[string]func(*archive.Draft){
		"no identity": func(d *archive.Draft) { d.ID = habilitation.ID{} },
		"no kind":     func(d *archive.Draft) { d.Kind = "" },
		"odd kind":    func(d *archive.Draft) { d.Kind = "Message released" },
		"odd tree":    func(d *archive.Draft) { d.Tree = 9 },
		"restricted in the open tree": func(d *archive.Draft) {
			d.Level, d.Tree = habilitation.Restricted, archive.TreeUnprotected
		},
		"too long": func(d *archive.Draft) { d.Payload = make([]byte, archive.MaxPayload+1) },
	}
	for name, change := range spoil {
		d := h.draft(1)
		change(&d)
		if _, err := h.Append(context.Background(), archive.AnyHead, []archive.Draft{h.draft(2), d}); !errors.Is(err, archive.ErrBadDraft) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if head := h.head(); head != archive.EmptyHead() {
		t.Fatalf("a refused batch left head %d", head.Seq)
	}
}

func fence(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.refused(archive.ErrConflict, archive.Head{Seq: 5, Hash: [32]byte{1}}, h.draft(0))
	ctx := context.Background()
	if _, err := h.Append(ctx, archive.EmptyHead(), h.drafts(0, 2)); err != nil {
		t.Fatalf("append at the empty head: %v", err)
	}
	h.refused(archive.ErrConflict, archive.EmptyHead(), h.draft(2))
	at := h.head()
	h.refused(archive.ErrConflict, archive.Head{Seq: at.Seq, Hash: [32]byte{1}}, h.draft(2))
	receipts, err := h.Append(ctx, at, h.drafts(2, 5))
	if err != nil {
		t.Fatalf("append at the head: %v", err)
	}
	if got := receipts[2].Head(); got != h.head() || got.Seq != 5 {
		t.Fatalf("the last receipt's head is %d, the journal's %d", got.Seq, h.head().Seq)
	}
	if _, err := h.Append(ctx, receipts[2].Head(), h.drafts(5, 6)); err != nil {
		t.Fatalf("append at the last receipt's head: %v", err)
	}
	h.sound()
}

// fenceRace: of many callers with the same fence one wins each round.
func fenceRace(t testing.TB, place Opener) {
	h := open(t, place, nil)
	const rounds, callers = 10, 8
	for round := range rounds {
		at := h.head()
		var won, lost atomic.Int32
		var running sync.WaitGroup
		for caller := range callers {
			running.Go(func() {
				_, err := h.Append(context.Background(), at, h.drafts(1000*round+10*caller, 1000*round+10*caller+2))
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, archive.ErrConflict):
					lost.Add(1)
				}
			})
		}
		running.Wait()
		if won.Load() != 1 || lost.Load() != callers-1 {
			t.Fatalf("%d callers won, %d lost", won.Load(), lost.Load())
		}
	}
	if got := h.head().Seq; got != 2*rounds {
		t.Fatalf("head %d after %d rounds of two", got, rounds)
	}
	h.sound()
}

func allOrNone(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.append(h.drafts(0, 3)...)
	at := h.head()
	other := h.draft(1)
	other.Payload = []byte("something else")
	h.refused(archive.ErrReleasedOtherwise, archive.AnyHead, h.draft(10), h.draft(11), other, h.draft(12))
	if h.head() != at {
		t.Fatal("a refused batch moved the head")
	}
	receipts := h.append(h.drafts(10, 13)...) // the refused identities are free
	for i, r := range receipts {
		h.holds(r, h.draft(10+i))
	}
	if len(h.collect(1, 6)) != 6 || h.head().Seq != 6 {
		t.Fatal("the journal does not hold six entries")
	}
	h.sound()
}

func sameAgain(t testing.TB, place Opener) {
	h := open(t, place, nil)
	first := h.append(h.drafts(0, 4)...)
	stale := archive.EmptyHead()
	later := h.drafts(0, 4)
	for i := range later {
		later[i].Time = later[i].Time.AddDate(0, 0, 1)
		later[i].Cites = archive.Head{Seq: 3}
	}
	again, err := h.Append(context.Background(), stale, later)
	if err != nil {
		t.Fatalf("the same again under a stale fence: %v", err)
	}
	mixed := h.append(h.draft(2), h.draft(4), h.draft(0), h.draft(4))
	for i := range first {
		if again[i] != first[i] {
			t.Fatalf("receipt %d again is %+v, not %+v", i, again[i], first[i])
		}
	}
	if mixed[0] != first[2] || mixed[2] != first[0] || mixed[1].Seq != 5 || mixed[3] != mixed[1] || h.head().Seq != 5 {
		t.Fatalf("a batch of old and new gave %+v", mixed)
	}
	h.refused(archive.ErrConflict, stale, h.draft(1), h.draft(6))
	h.shut()
	h = open(t, place, nil)
	if after := h.append(h.drafts(0, 4)...); after[3] != first[3] || h.head().Seq != 5 {
		t.Fatalf("after opening again the receipt is %+v, not %+v", after[3], first[3])
	}
	h.sound()
}

// sameInFlight: many callers append the same entries at the same time; each entry is there once.
func sameInFlight(t testing.TB, place Opener) {
	h := open(t, place, nil)
	const callers, entries = 8, 20
	var running sync.WaitGroup
	receipts := make([][]archive.Receipt, callers)
	for c := range callers {
		running.Go(func() {
			for n := range entries {
				one, err := h.Append(context.Background(), archive.AnyHead, []archive.Draft{h.draft(n)})
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				receipts[c] = append(receipts[c], one...)
			}
		})
	}
	running.Wait()
	if h.head().Seq != entries {
		t.Fatalf("head %d after %d entries", h.head().Seq, entries)
	}
	for c := range callers {
		for n := range receipts[c] {
			if receipts[c][n] != receipts[0][n] {
				t.Fatalf("callers were given different receipts for entry %d", n)
			}
		}
	}
}

func releasedOtherwise(t testing.TB, place Opener) {
	h := open(t, place, nil)
	h.append(h.draft(1))
	changes := map[string]func(*archive.Draft){
		"payload": func(d *archive.Draft) { d.Payload = append(bytes.Clone(d.Payload), '.') },
		"kind":    func(d *archive.Draft) { d.Kind = "message.withdrawn" },
		"version": func(d *archive.Draft) { d.Version++ },
		"actor":   func(d *archive.Draft) { d.Actor++ },
		"level": func(d *archive.Draft) {
			d.Level = habilitation.Unprotected
			if d.Tree != archive.NoTree {
				d.Tree = archive.TreeUnprotected
			}
		},
	}
	for name, change := range changes {
		d := h.draft(1)
		change(&d)
		if _, err := h.Append(context.Background(), archive.AnyHead, []archive.Draft{d}); !errors.Is(err, archive.ErrReleasedOtherwise) {
			t.Fatalf("another %s: %v", name, err)
		}
		changed := h.draft(51)
		change(&changed)
		h.refused(archive.ErrReleasedOtherwise, archive.AnyHead, h.draft(51), changed)
	}
	if h.head().Seq != 1 {
		t.Fatalf("head %d", h.head().Seq)
	}
}

func cancelled(t testing.TB, place Opener) {
	h := open(t, place, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Append(ctx, archive.AnyHead, h.drafts(0, 1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("append by a caller who left: %v", err)
	}
	if h.head() != archive.EmptyHead() {
		t.Fatal("it was written all the same")
	}
	if _, err := h.Fetch(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("fetch by a caller who left: %v", err)
	}
}
