package archive

import (
	"context"
	"fmt"
	"iter"
	"time"

	"chancery/habilitation"
)

// Seq is an entry's place in its journal; 1 is the first. It never leaves the house: it would tell a reader how much
// there is that they may not see.
type Seq uint64

// Head is a journal's state: its last sequence, and the chain hash that commits to every header up to it.
type Head struct {
	Seq  Seq
	Hash [32]byte
}

// AnyHead is the fence of a caller that accepts any head: the zero Head, which is no journal's head (an empty journal
// has [EmptyHead]). As [Draft.Cites] it cites nothing.
var AnyHead = Head{}

// Draft is an entry before it has its place.
type Draft struct {
	// ID is the entry's random identity; the same identity with the same content is appended only once.
	ID habilitation.ID
	// Kind names what the payload is, "message.released" or "agent.added": 1 to 64 characters of a-z, 0-9, '.', '-'.
	Kind string
	// Version is the version of the payload's format for this kind.
	Version uint8
	// Actor is the agent who acted; zero is the house.
	Actor habilitation.AgentID
	// Level is the level of the payload; zero for acts that have none.
	Level habilitation.Level
	// Tree is the tree that commits to the entry. A tree of one level takes entries of that level only.
	Tree Tree
	// Time is when it happened, truncated to microseconds in UTC; zero means the journal's clock.
	Time time.Time
	// Payload is at most MaxPayload bytes.
	Payload []byte
	// Cites is the head of the other journal when this was decided, or the zero Head.
	Cites Head
}

// MaxPayload is the most bytes a payload may have: attachments belong in the [Vault].
const MaxPayload = 32 << 20

// Entry is a header with its payload.
type Entry struct {
	Header
	// Salt is the payload's, see [PayloadDigest]; whoever may read the payload may be given it to check the digest.
	Salt [32]byte
	// Payload is the bytes as they were given; nil when erased.
	Payload []byte
}

// Receipt tells what the journal made of a draft.
type Receipt struct {
	Seq    Seq
	Digest [32]byte
	Tree   Tree
	// Index is the entry's place in its tree, from 0.
	Index uint64
	// Chain is the chain hash through this entry.
	Chain [32]byte
}

// Head is the journal's head when this entry was its last.
func (r Receipt) Head() Head { return Head{Seq: r.Seq, Hash: r.Chain} }

// Reason is why something was erased, as it is written in the record of the erasure: the visa and the list it was on.
type Reason string

// Journal is the append-only record. Every method may be called from any goroutine.
type Journal interface {
	// Append writes all drafts or none, and returns when they are durable. The receipts are in the drafts' order.
	//
	// The journal MUST refuse with ErrConflict when fence is neither AnyHead nor its head at the moment of writing.
	// A draft whose identity is already there with the same content (kind, version, actor, level, tree, payload; not
	// time nor citation) gets the first receipt again and is not written twice; another content is
	// ErrReleasedOtherwise; erased in between, ErrErased. When every draft is already there the fence does not matter,
	// so a caller that lost the answer may simply ask again. After the first write or sync that went wrong every
	// append MUST answer ErrStopped.
	//
	// When ctx ends before the writer has taken the drafts, nothing is written; afterwards the outcome is awaited.
	Append(ctx context.Context, fence Head, drafts []Draft) ([]Receipt, error)

	// Fetch reads one entry and hashes it again. An entry that was erased, or whose payload is damaged, is returned
	// with its header alone beside ErrErased or ErrDamaged.
	Fetch(ctx context.Context, seq Seq) (Entry, error)

	// Tail yields every entry from the given sequence on, each once and in order, then waits for more until ctx ends.
	// An erased entry is yielded as its header alone with ErrErased, and the tail goes on; any other error is the last
	// thing yielded. It holds nothing of the journal while the caller works.
	Tail(ctx context.Context, from Seq) iter.Seq2[Entry, error]

	// Head is the state after the last durable append.
	Head(ctx context.Context) (Head, error)

	// Erase destroys the key of an entry's payload for good. The header, the chain and the proofs stay.
	Erase(ctx context.Context, seq Seq, reason Reason) error

	// Close waits for appends under way and lets the files go; tails end with ErrClosed.
	Close() error
}

// Check says why no journal takes the draft: the error wraps ErrBadDraft.
func (d Draft) Check() error {
	switch {
	case d.ID.IsZero():
		return fmt.Errorf("%w: no identity", ErrBadDraft)
	case !validKind(d.Kind):
		return fmt.Errorf("%w: kind %q", ErrBadDraft, d.Kind)
	case len(d.Payload) > MaxPayload:
		return fmt.Errorf("%w: %d bytes, at most %d are kept", ErrBadDraft, len(d.Payload), MaxPayload)
	case !d.Tree.takes(d.Level):
		return fmt.Errorf("%w: level %s in the tree %s", ErrBadDraft, d.Level, d.Tree)
	case !d.Time.IsZero() && (d.Time.Year() < 1 || d.Time.Year() > 9999):
		return fmt.Errorf("%w: the year %d", ErrBadDraft, d.Time.Year())
	}
	return nil
}

func validKind(kind string) bool {
	if len(kind) == 0 || len(kind) > 64 {
		return false
	}
	for _, c := range []byte(kind) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
