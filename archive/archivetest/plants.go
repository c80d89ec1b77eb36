package archivetest

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"chancery/archive"
)

// plants is the table of faults.
func plants() map[string]lies {
	all := map[string]lies{"opens twice": {}, "verifies nothing": {silent: true}}
	for _, list := range []map[string]lies{appendPlants(), readPlants(), tailPlants(), treePlants()} {
		for name, lie := range list {
			all[name] = lie
		}
	}
	return all
}

func appendPlants() map[string]lies {
	return map[string]lies{
		"loses what it acknowledged": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			if head, _ := f.inner.Head(ctx); head.Seq >= 2 && fence == archive.AnyHead {
				return f.pretended(ctx, d), nil
			}
			return honest(f, ctx, fence, d)
		}},
		"ignores the fence": {append: func(f *faulty, ctx context.Context, _ archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			return honest(f, ctx, archive.AnyHead, d)
		}},
		"minds only the fence's sequence": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			if head, err := f.inner.Head(ctx); err == nil && fence != archive.AnyHead && fence.Seq == head.Seq {
				fence = head
			}
			return honest(f, ctx, fence, d)
		}},
		"fences the same again": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			if head, err := f.inner.Head(ctx); err == nil && fence != archive.AnyHead && fence != head {
				return nil, archive.ErrConflict
			}
			return honest(f, ctx, fence, d)
		}},
		"writes the same again": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			head, _ := f.inner.Head(ctx)
			receipts, err := honest(f, ctx, fence, d)
			if err == nil && len(receipts) > 0 && receipts[0].Seq <= head.Seq {
				return honest(f, ctx, archive.AnyHead, anotherIdentity(d))
			}
			return receipts, err
		}},
		"accepts another content": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			if errors.Is(err, archive.ErrReleasedOtherwise) {
				return f.pretended(ctx, d), nil
			}
			return receipts, err
		}},
		"writes half a batch": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			if errors.Is(err, archive.ErrReleasedOtherwise) && len(d) > 2 {
				_, _ = honest(f, ctx, archive.AnyHead, d[:1])
			}
			return receipts, err
		}},
		"accepts what is no entry": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			if errors.Is(err, archive.ErrBadDraft) {
				return f.pretended(ctx, d), nil
			}
			return receipts, err
		}},
		"acknowledges a failed write": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			if errors.Is(err, archive.ErrStopped) {
				return f.pretended(ctx, d), nil
			}
			return receipts, err
		}},
		"writes for a caller who left": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			return honest(f, context.WithoutCancel(ctx), fence, d)
		}},
		"forgets the citation": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			other := append([]archive.Draft(nil), d...)
			for i := range other {
				other[i].Cites = archive.Head{}
			}
			return honest(f, ctx, fence, other)
		}},
		"gives receipts out of order": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			if len(receipts) > 1 {
				receipts[0], receipts[1] = receipts[1], receipts[0]
			}
			return receipts, err
		}},
		"forgets the chain": {append: func(f *faulty, ctx context.Context, fence archive.Head, d []archive.Draft) ([]archive.Receipt, error) {
			receipts, err := honest(f, ctx, fence, d)
			for i := range receipts {
				receipts[i].Chain = [32]byte{}
			}
			return receipts, err
		}},
	}
}

func readPlants() map[string]lies {
	return map[string]lies{
		"changes a payload": {fetch: func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error) {
			e, err := f.inner.Fetch(ctx, seq)
			if len(e.Payload) > 0 {
				e.Payload[0] ^= 1
			}
			return e, err
		}},
		"keeps the caller's bytes": {fetch: func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error) {
			e, err := f.inner.Fetch(ctx, seq)
			if p := f.remembered(seq); err == nil && p != nil {
				e.Payload = p
			}
			return e, err
		}},
		"reads what was erased": {fetch: func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error) {
			e, err := f.inner.Fetch(ctx, seq)
			if errors.Is(err, archive.ErrErased) {
				e.Payload, err = bytes.Clone(f.remembered(seq)), nil
			}
			return e, err
		}},
		"hides damage": {fetch: func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error) {
			e, err := f.inner.Fetch(ctx, seq)
			if errors.Is(err, archive.ErrDamaged) {
				e.Payload, err = bytes.Clone(f.remembered(seq)), nil
			}
			return e, err
		}},
		"withholds an erased header": {fetch: func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error) {
			e, err := f.inner.Fetch(ctx, seq)
			if err != nil {
				e = archive.Entry{}
			}
			return e, err
		}},
		"erases the next one too": {erase: func(f *faulty, ctx context.Context, seq archive.Seq, reason archive.Reason) error {
			err := f.inner.Erase(ctx, seq, reason)
			if err == nil {
				_ = f.inner.Erase(ctx, seq+1, reason)
			}
			return err
		}},
		"erases nothing": {erase: func(f *faulty, ctx context.Context, seq archive.Seq, reason archive.Reason) error {
			if _, err := f.inner.Fetch(ctx, seq); err == nil && reason != "" {
				return nil
			}
			return f.inner.Erase(ctx, seq, reason)
		}},
		"erases without a reason": {erase: func(f *faulty, ctx context.Context, seq archive.Seq, reason archive.Reason) error {
			return f.inner.Erase(ctx, seq, reason+" ")
		}},
		"is set back": {head: func(f *faulty, ctx context.Context) (archive.Head, error) {
			head, err := f.inner.Head(ctx)
			if err != nil || head.Seq < 2 {
				return head, err
			}
			e, err := f.inner.Fetch(ctx, head.Seq-1)
			return archive.Head{Seq: e.Seq}, err
		}},
		"has no head": {head: func(*faulty, context.Context) (archive.Head, error) { return archive.EmptyHead(), nil }},
	}
}

func tailPlants() map[string]lies {
	type next = func(archive.Entry, error) bool
	return map[string]lies{
		"skips in a tail": {tail: otherTail(func(n int, e archive.Entry, err error, yield next) bool { return n%101 == 0 || yield(e, err) })},
		"repeats in a tail": {tail: otherTail(func(n int, e archive.Entry, err error, yield next) bool {
			return yield(e, err) && (n%101 != 0 || yield(e, err))
		})},
		"ends a tail at the head": {tail: func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
			head, _ := f.inner.Head(ctx)
			return func(yield func(archive.Entry, error) bool) {
				for seq := max(from, 1); seq <= head.Seq; seq++ {
					if e, err := f.inner.Fetch(ctx, seq); !yield(e, err) {
						return
					}
				}
			}
		}},
		"begins a tail one late": {tail: func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
			return f.inner.Tail(ctx, max(from, 1)+1)
		}},
		"ends a tail at an erased entry": {tail: otherTail(func(_ int, e archive.Entry, err error, yield next) bool {
			return yield(e, err) && err == nil
		})},
		"tails on over damage": {tail: func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
			return func(yield func(archive.Entry, error) bool) {
				next := max(from, 1)
				for ctx.Err() == nil {
					for e, err := range f.inner.Tail(ctx, next) {
						if !yield(e, err) || errors.Is(err, archive.ErrClosed) {
							return
						}
						next = e.Seq + 1
					}
				}
			}
		}},
		"outlives its context": {tail: func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
			return f.inner.Tail(context.WithoutCancel(ctx), from)
		}},
	}
}

func treePlants() map[string]lies {
	return map[string]lies{
		"shows a stale checkpoint": {trees: func(t archive.Trees) archive.Trees {
			return &staleTrees{Trees: t, first: make(map[archive.Tree][]byte)}
		}},
		"proves another leaf": {trees: func(t archive.Trees) archive.Trees { return otherLeaf{t} }},
	}
}

// seenBy names for each fault the check that sees it.
func seenBy() map[string]string {
	return map[string]string{
		"accepts another content":         "all or none",
		"accepts what is no entry":        "append then fetch",
		"acknowledges a failed write":     "crash at each step",
		"begins a tail one late":          "payload sizes",
		"changes a payload":               "append then fetch",
		"ends a tail at an erased entry":  "erase",
		"ends a tail at the head":         "tail waits",
		"erases nothing":                  "erase",
		"erases the next one too":         "erase",
		"erases without a reason":         "erase",
		"fences the same again":           "same again",
		"forgets the chain":               "chain",
		"forgets the citation":            "append then fetch",
		"gives receipts out of order":     "append then fetch",
		"has no head":                     "chain",
		"is set back":                     "citations",
		"hides damage":                    "damage",
		"ignores the fence":               "fence",
		"keeps the caller's bytes":        "own bytes",
		"loses what it acknowledged":      "append then fetch",
		"minds only the fence's sequence": "fence",
		"opens twice":                     "lock",
		"outlives its context":            "tail waits",
		"proves another leaf":             "erase",
		"reads what was erased":           "erase",
		"repeats in a tail":               "tail in order",
		"shows a stale checkpoint":        "trees",
		"skips in a tail":                 "tail in order",
		"tails on over damage":            "damage",
		"verifies nothing":                "damage",
		"withholds an erased header":      "erase",
		"writes for a caller who left":    "cancelled",
		"writes half a batch":             "all or none",
		"writes the same again":           "same again",
	}
}
