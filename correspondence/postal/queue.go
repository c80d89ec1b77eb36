package postal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// Envelope is how a mail came, or is to go: what the line said, which the mail itself need not.
type Envelope struct {
	From string    `json:"from"`           // reverse path; "" for a notice of non-delivery
	To   []string  `json:"to"`             // as the line named them
	At   time.Time `json:"at"`             // UTC
	Peer string    `json:"peer,omitempty"` // address of the machine at the other end
	Helo string    `json:"helo,omitempty"` // what it called itself
	TLS  string    `json:"tls,omitempty"`  // version of TLS; "" for a line in clear
}

// Item is one mail that waits.
type Item struct {
	Key      string    `json:"key"` // names it for ever: the same key is the same item
	Envelope Envelope  `json:"envelope"`
	Due      time.Time `json:"due"`            // not looked at before
	Tries    int       `json:"tries"`          // how often it was tried in vain
	Note     string    `json:"note,omitempty"` // what went wrong the last time
	Raw      []byte    `json:"-"`              // as it came
}

// KeyOf names an arrived mail by its bytes and its recipients: the same mail to the same recipients is one item, however often it comes.
func KeyOf(raw []byte, to []string) string {
	sorted := slices.Clone(to)
	for i := range sorted {
		sorted[i] = strings.ToLower(sorted[i])
	}
	slices.Sort(sorted)
	sum := sha256.New()
	sum.Write([]byte("chancery mail\n" + strings.Join(slices.Compact(sorted), "\n") + "\n\n"))
	sum.Write(raw)
	return hex.EncodeToString(sum.Sum(nil))
}

// Load is how much waits.
type Load struct {
	Items int
	Bytes int64
}

// Bounds are how much may wait; zero is no bound.
type Bounds struct {
	Items int
	Bytes int64
}

// Takes reports whether there is room for size bytes more.
func (b Bounds) Takes(load Load, size int64) bool {
	return (b.Items == 0 || load.Items < b.Items) && (b.Bytes == 0 || load.Bytes+size <= b.Bytes)
}

var (
	// ErrFull is returned by Put when the item would go beyond a bound of the queue: whoever sends tries again later.
	ErrFull = errors.New("the queue is full")
	// ErrStopped is returned by every change after one could not be made durable: what the disk holds is known only after a restart.
	ErrStopped = errors.New("queue stopped after a write that may not be durable")
	// ErrClosed is returned by everything after Close.
	ErrClosed = errors.New("queue closed")
	// ErrLocked is returned on opening a queue that another process holds.
	ErrLocked = errors.New("queue held by another process")
)

// Queue holds mails until they are dealt with. A change that returned without error is durable. Nobody but who removes an item forgets it, so
// what is dealt with twice must be the same both times. All methods may be called at the same time.
//
// Engines prove themselves with package queuetest.
type Queue interface {
	// Put adds an item; one whose key waits already changes nothing and is no error. ErrFull when there is no room.
	Put(ctx context.Context, item Item) error
	// Due lists the items that are due, those that have waited longest first: at most so many, and not many more bytes than asked for.
	Due(ctx context.Context, now time.Time, most int, bytes int64) ([]Item, error)
	// Postpone sets when an item is due again and why, and counts the try. What does not wait any more is no error.
	Postpone(ctx context.Context, key string, due time.Time, note string) error
	// Remove forgets items. What does not wait any more is no error.
	Remove(ctx context.Context, keys ...string) error
	// Load tells how much waits, and the bounds.
	Load() (Load, Bounds)
	// Close waits for changes under way and lets go of the queue.
	Close() error
}

// Refused is the error of a mail that the other side will not take, now or later.
type Refused struct{ Answer string }

// Error is what the other side said.
func (r *Refused) Error() string { return "refused: " + r.Answer }

// Carrier hands a mail to the server that is to have it. Whatever is not a *Refused may go better another time.
type Carrier interface {
	Carry(ctx context.Context, from, to string, raw []byte) error
}
