package archive

import (
	"context"
	"iter"
)

// MaxSecret is the most bytes a kept secret may have.
const MaxSecret = 64 << 10

// Secret is a named value that the house keeps sealed: the key of one payload, or a private key.
type Secret struct {
	// Name is stored in clear and authenticated with the value: 1 to 512 bytes that tell nothing.
	Name []byte
	// Value is 1 to MaxSecret bytes.
	Value []byte
}

// Keys keeps secrets sealed under the house's master key, apart from what they open. Every method may be called from
// any goroutine; returned slices are the caller's.
type Keys interface {
	// Put keeps all secrets or none, durably. A name that keeps another value is ErrExists and nothing changes; the
	// same value again is accepted. A destroyed name may be used again.
	Put(ctx context.Context, secrets []Secret) error
	// Get opens one secret: ErrUnknown when it never was, ErrErased when it was destroyed, ErrDamaged when it does not
	// open under the master key.
	Get(ctx context.Context, name []byte) ([]byte, error)
	// Destroy removes a secret for good and durably notes when and why. Destroying twice keeps the first reason.
	Destroy(ctx context.Context, name []byte, reason Reason) error
	// Names yields the names kept that begin with prefix, in byte order; not those destroyed.
	Names(ctx context.Context, prefix []byte) iter.Seq2[[]byte, error]
	// Close lets the store go.
	Close() error
}
