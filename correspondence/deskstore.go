package correspondence

import (
	"context"
	"errors"
	"math"

	"chancery/habilitation"
)

// Owner is whose desk an item lies on: an agent's own, below 1<<32, or the desk that a group or community shares, from there up.
type Owner uint64

// audienceOwners is where the owners that are audiences begin.
const audienceOwners Owner = 1 << 32

// OwnerAgent is an agent as the owner of a desk.
func OwnerAgent(agent habilitation.AgentID) Owner { return Owner(agent) }

// OwnerAudience is a group or community as the owner of the desk that its members share.
func OwnerAudience(audience habilitation.AudienceID) Owner { return audienceOwners + Owner(audience) }

// Shelf is a place on a desk: "drafts", "reads".
type Shelf string

// Item is something on a shelf.
type Item struct {
	Key     string
	Version uint64 // set by the store; a key never bears the same version twice, even after it was removed
	Value   []byte // the caller's own copy
}

// AnyVersion replaces whatever stands on the shelf, or nothing.
const AnyVersion uint64 = math.MaxUint64

var (
	// ErrStale is returned by Put when another version stands there, or none does.
	ErrStale = errors.New("another version stands there")
	// ErrNotThere is returned by Get for a key that the shelf does not hold.
	ErrNotThere = errors.New("not on the shelf")
	// ErrLocked is returned on opening a desk store that another process holds.
	ErrLocked = errors.New("desk store held by another process")
	// ErrStopped is returned by every change after one could not be made durable: what the disk holds is known only after a restart.
	ErrStopped = errors.New("desk store stopped after a write that may not be durable")
	// ErrClosed is returned by everything after Close.
	ErrClosed = errors.New("desk store closed")
)

// DeskStore holds what is private to an agent, or shared by the members of a group, and may change: draft texts, read marks, preferences.
// It is not part of the archive and proves nothing. Every item belongs to one owner, an agent or an audience,
// and no method reaches another's. A change that returned without error is durable;
// one that returned an error was not made, except that after ErrStopped it may have been. A context that ends is obeyed until the change
// is being written. All methods may be called at the same time.
//
// Engines prove themselves with package desktest.
type DeskStore interface {
	// Put sets key to value in place of the version over and returns the new version. Over 0 demands that nothing stands there,
	// AnyVersion demands nothing; otherwise ErrStale, and nothing changes. Concurrent Puts share one durable write.
	Put(ctx context.Context, owner Owner, shelf Shelf, key string, over uint64, value []byte) (version uint64, err error)
	// Get returns one item, or ErrNotThere.
	Get(ctx context.Context, owner Owner, shelf Shelf, key string) (Item, error)
	// List returns the whole shelf in the byte order of the keys.
	List(ctx context.Context, owner Owner, shelf Shelf) ([]Item, error)
	// Remove takes keys off a shelf, without any key everything. What is not there is no error.
	Remove(ctx context.Context, owner Owner, shelf Shelf, keys ...string) error
	// Clear empties some shelves and then puts items onto one, whatever stood there, all or nothing; their versions are ignored.
	Clear(ctx context.Context, owner Owner, empty []Shelf, onto Shelf, items ...Item) error
	// Close waits for changes under way and lets go of the store.
	Close() error
}
