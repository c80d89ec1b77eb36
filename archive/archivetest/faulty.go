package archivetest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"chancery/archive"
	"chancery/habilitation"
)

// Plant is a fault that Faulty can plant: a way in which an engine may break the contract.
type Plant struct {
	Name string
	// SeenBy is the check that must fail for it.
	SeenBy string
}

// Plants lists the faults in the order of their names. The suite must fail for every one of them.
func Plants() []Plant {
	var list []Plant
	for _, name := range slices.Sorted(maps.Keys(plants())) {
		list = append(list, Plant{Name: name, SeenBy: seenBy()[name]})
	}
	return list
}

// Faulty is the same place with one fault planted.
func Faulty(place Opener, plant string) Opener {
	lie := plants()[plant]
	shared := &memory{payloads: make(map[archive.Seq][]byte)}
	bad := place
	bad.Open = func(fault func(string) error) (Opened, error) {
		opened, err := place.Open(fault)
		if err != nil {
			if plant == "opens twice" && errors.Is(err, archive.ErrLocked) {
				return shared.opened, nil
			}
			return opened, err
		}
		f := &faulty{inner: opened.Journal, memory: shared, lie: lie}
		opened.Journal = f
		if opened.Trees != nil && lie.trees != nil {
			opened.Trees = lie.trees(opened.Trees)
		}
		if lie.silent {
			opened.Verify = func(context.Context, func(archive.Problem)) error { return nil }
		}
		shared.opened = opened
		return opened, nil
	}
	return bad
}

// memory outlives the openings of a faulty journal.
type memory struct {
	mu       sync.Mutex
	payloads map[archive.Seq][]byte // as handed to Append; owned by mu
	opened   Opened
}

// lies are what a faulty journal does otherwise; what is nil is done right.
type lies struct {
	append func(f *faulty, ctx context.Context, fence archive.Head, drafts []archive.Draft) ([]archive.Receipt, error)
	fetch  func(f *faulty, ctx context.Context, seq archive.Seq) (archive.Entry, error)
	tail   func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error]
	head   func(f *faulty, ctx context.Context) (archive.Head, error)
	erase  func(f *faulty, ctx context.Context, seq archive.Seq, reason archive.Reason) error
	trees  func(archive.Trees) archive.Trees
	silent bool
}

// faulty is a journal that lies.
type faulty struct {
	*memory
	inner archive.Journal
	lie   lies
}

// Close closes the engine.
func (f *faulty) Close() error { return f.inner.Close() }

func (f *faulty) Append(ctx context.Context, fence archive.Head, drafts []archive.Draft) ([]archive.Receipt, error) {
	do := f.lie.append
	if do == nil {
		do = honest
	}
	receipts, err := do(f, ctx, fence, drafts)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range receipts {
		if _, ok := f.payloads[r.Seq]; !ok && i < len(drafts) {
			f.payloads[r.Seq] = drafts[i].Payload
		}
	}
	return receipts, err
}

func honest(f *faulty, ctx context.Context, fence archive.Head, drafts []archive.Draft) ([]archive.Receipt, error) {
	return f.inner.Append(ctx, fence, drafts)
}

func (f *faulty) Fetch(ctx context.Context, seq archive.Seq) (archive.Entry, error) {
	if f.lie.fetch != nil {
		return f.lie.fetch(f, ctx, seq)
	}
	return f.inner.Fetch(ctx, seq)
}

func (f *faulty) Tail(ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
	if f.lie.tail != nil {
		return f.lie.tail(f, ctx, from)
	}
	return f.inner.Tail(ctx, from)
}

func (f *faulty) Head(ctx context.Context) (archive.Head, error) {
	if f.lie.head != nil {
		return f.lie.head(f, ctx)
	}
	return f.inner.Head(ctx)
}

func (f *faulty) Erase(ctx context.Context, seq archive.Seq, reason archive.Reason) error {
	if f.lie.erase != nil {
		return f.lie.erase(f, ctx, seq, reason)
	}
	return f.inner.Erase(ctx, seq, reason)
}

// remembered is the payload that was once appended under the sequence.
func (f *faulty) remembered(seq archive.Seq) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.payloads[seq]
}

// pretended are receipts for drafts that were never written.
func (f *faulty) pretended(ctx context.Context, drafts []archive.Draft) []archive.Receipt {
	head, _ := f.inner.Head(ctx)
	receipts := make([]archive.Receipt, len(drafts))
	for i, d := range drafts {
		receipts[i] = archive.Receipt{Seq: head.Seq + archive.Seq(i) + 1, Tree: d.Tree}
	}
	return receipts
}

// otherTail changes what a tail yields: each entry is handed to change, which yields what it likes.
func otherTail(change func(n int, e archive.Entry, err error, yield func(archive.Entry, error) bool) bool) func(*faulty, context.Context, archive.Seq) iter.Seq2[archive.Entry, error] {
	return func(f *faulty, ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
		return func(yield func(archive.Entry, error) bool) {
			n := 0
			for e, err := range f.inner.Tail(ctx, from) {
				if n++; !change(n, e, err, yield) {
					return
				}
			}
		}
	}
}

// staleTrees show what they showed first.
type staleTrees struct {
	archive.Trees
	mu    sync.Mutex
	first map[archive.Tree][]byte // owned by mu
}

func (s *staleTrees) Checkpoint(ctx context.Context, tree archive.Tree) ([]byte, error) {
	signed, err := s.Trees.Checkpoint(ctx, tree)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first[tree] == nil {
		s.first[tree] = signed
	}
	return bytes.Clone(s.first[tree]), err
}

// otherLeaf proves another leaf than was asked for.
type otherLeaf struct{ archive.Trees }

func (o otherLeaf) Prove(ctx context.Context, tree archive.Tree, index uint64) (archive.Proof, error) {
	if proof, err := o.Trees.Prove(ctx, tree, index+1); err == nil {
		return proof, nil
	}
	return o.Trees.Prove(ctx, tree, index)
}

func anotherIdentity(drafts []archive.Draft) []archive.Draft {
	other := slices.Clone(drafts)
	for i := range other {
		other[i].ID = habilitation.NewID()
	}
	return other
}
