// Package archivetest is the conformance suite of [archive.Journal]: every engine passes it, and a planted fault of any
// kind makes it fail (see [Plants]).
package archivetest

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// Opener is one journal in one place, which a check opens and closes as it likes.
type Opener struct {
	// Open opens the journal; the fault is asked before each step of an append, and its error stops the journal there.
	// It may be nil.
	Open func(fault func(step string) error) (Opened, error)
	// Steps names the steps at which the fault is asked, in order. A fault before the last one leaves nothing of the
	// append; at the last one the append is durable though nobody hears of it.
	Steps []string
	// Damage changes a byte of an entry's stored payload while the journal is closed.
	Damage func(archive.Seq) error
}

// Opened is an open journal and what else the engine offers.
type Opened struct {
	archive.Journal
	// Trees is nil for a journal without.
	Trees archive.Trees
	// Origin and Key are what the trees are signed under.
	Origin string
	Key    ed25519.PublicKey
	// Verify is the engine's whole check; nil is not allowed.
	Verify func(context.Context, func(archive.Problem)) error
}

// Check is one promise of the contract.
type Check struct {
	Name string
	Run  func(t testing.TB, place Opener)
}

// Checks are the promises in the order of the contract.
func Checks() []Check {
	return []Check{
		{"append then fetch", appendThenFetch}, {"chain", chain}, {"payload sizes", payloadSizes}, {"own bytes", ownBytes},
		{"bad drafts", badDrafts}, {"fence", fence}, {"fence race", fenceRace}, {"all or none", allOrNone},
		{"same again", sameAgain}, {"same again in flight", sameInFlight}, {"released otherwise", releasedOtherwise}, {"cancelled", cancelled},
		{"tail in order", tailInOrder}, {"tail waits", tailWaits}, {"tail exactly once", tailExactlyOnce},
		{"erase", erase}, {"reopen", reopen}, {"crash at each step", crash}, {"lock", lock}, {"damage", damage}, {"citations", citations},
		{"closed", closed}, {"trees", trees}, {"leaves tell nothing else", leaves},
	}
}

// Run holds an engine to the contract; place gives each check a journal of its own.
func Run(t *testing.T, place func(t testing.TB) Opener) {
	for _, check := range Checks() {
		t.Run(check.Name, func(t *testing.T) {
			t.Parallel()
			check.Run(t, place(t))
		})
	}
}

// house is an open journal in a check.
type house struct {
	Opened
	t testing.TB
}

func open(t testing.TB, place Opener, fault func(string) error) *house {
	t.Helper()
	opened, err := place.Open(fault)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	h := &house{Opened: opened, t: t}
	t.Cleanup(func() { _ = opened.Close() })
	return h
}

func (h *house) shut() {
	h.t.Helper()
	if err := h.Close(); err != nil {
		h.t.Fatalf("close: %v", err)
	}
}

// identity is the n-th identity of a check; many begin alike.
func identity(n int) habilitation.ID {
	var id habilitation.ID
	if n%3 != 0 {
		binary.BigEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15)
	}
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	id[15] |= 1
	return id
}

// draft is the n-th entry of a check: acts and messages of both levels, all of one day so that a retry falls into the
// same month.
func (h *house) draft(n int) archive.Draft {
	d := archive.Draft{
		ID: identity(n), Kind: "message.released", Version: 1, Actor: habilitation.AgentID(n%5 + 1),
		Level:   habilitation.Levels[n%2],
		Time:    time.Date(2026, 11, 22, 9, 0, n%60, 123456789, time.UTC),
		Payload: fmt.Appendf(nil, "telegram %d: the delegation arrives on Thursday, the delegation leaves on Friday", n),
	}
	d.Tree = archive.TreeOf(d.Level)
	if n%3 == 0 {
		d.Kind, d.Tree = "agent.added", archive.TreeActs
	}
	if h.Trees == nil {
		d.Tree = archive.NoTree
	}
	return d
}

func (h *house) drafts(from, to int) []archive.Draft {
	var list []archive.Draft
	for n := from; n < to; n++ {
		list = append(list, h.draft(n))
	}
	return list
}

func (h *house) append(drafts ...archive.Draft) []archive.Receipt {
	h.t.Helper()
	receipts, err := h.Append(context.Background(), archive.AnyHead, drafts)
	if err != nil {
		h.t.Fatalf("append %d drafts: %v", len(drafts), err)
	}
	if len(receipts) != len(drafts) {
		h.t.Fatalf("append %d drafts: %d receipts", len(drafts), len(receipts))
	}
	return receipts
}

func (h *house) refused(want error, at archive.Head, drafts ...archive.Draft) {
	h.t.Helper()
	if receipts, err := h.Append(context.Background(), at, drafts); !errors.Is(err, want) || receipts != nil {
		h.t.Fatalf("append: receipts %v, error %v, want %v", receipts, err, want)
	}
}

func (h *house) head() archive.Head {
	h.t.Helper()
	head, err := h.Head(context.Background())
	if err != nil {
		h.t.Fatalf("head: %v", err)
	}
	return head
}

func (h *house) fetch(seq archive.Seq) archive.Entry {
	h.t.Helper()
	entry, err := h.Fetch(context.Background(), seq)
	if err != nil {
		h.t.Fatalf("fetch %d: %v", seq, err)
	}
	return entry
}

// holds checks that the entry under the receipt is the draft.
func (h *house) holds(r archive.Receipt, d archive.Draft) {
	h.t.Helper()
	e := h.fetch(r.Seq)
	when := d.Time.UTC().Truncate(time.Microsecond)
	if e.Seq != r.Seq || e.ID != d.ID || e.Kind != d.Kind || e.Version != d.Version || e.Actor != d.Actor || e.Level != d.Level ||
		e.Tree != d.Tree || !e.Time.Equal(when) || e.Time.Location() != time.UTC || e.Cites != d.Cites || string(e.Payload) != string(d.Payload) {
		h.t.Fatalf("entry %d is %+v, want %+v", r.Seq, e, d)
	}
	if e.Digest != archive.PayloadDigest(e.Salt, e.Payload) || e.Digest != r.Digest || e.Index != r.Index || e.Tree != r.Tree {
		h.t.Fatalf("entry %d: digest, tree or index is not the receipt's", r.Seq)
	}
}

// sound runs the engine's whole check and wants nothing found.
func (h *house) sound() {
	h.t.Helper()
	err := h.Verify(context.Background(), func(p archive.Problem) {
		if !p.Information {
			h.t.Errorf("verify: %s", p)
		}
	})
	if err != nil {
		h.t.Fatalf("verify: %v", err)
	}
}

// collect tails n entries from a sequence.
func (h *house) collect(from archive.Seq, n int) []archive.Entry {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var list []archive.Entry
	if n == 0 {
		return nil
	}
	for entry, err := range h.Tail(ctx, from) {
		if err != nil && !errors.Is(err, archive.ErrErased) {
			h.t.Fatalf("tail: %v", err)
		}
		if want := max(from, 1) + archive.Seq(len(list)); entry.Seq != want {
			h.t.Fatalf("tail from %d: entry %d in the place of %d", from, entry.Seq, want)
		}
		if list = append(list, entry); len(list) == n {
			return list
		}
	}
	h.t.Fatalf("tail from %d ended after %d entries of %d", from, len(list), n)
	return nil
}
