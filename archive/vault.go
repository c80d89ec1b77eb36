package archive

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"strconv"
)

// Digest names an object of the vault by its content.
type Digest struct {
	// Sum is SHA-512 of the bytes in clear.
	Sum [sha512.Size]byte
	// Size is their number.
	Size int64
}

// String is the digest as it stands in a signed message: "sha512:" and 128 hexadecimal digits, a slash, the size.
func (d Digest) String() string {
	return "sha512:" + hex.EncodeToString(d.Sum[:]) + "/" + strconv.FormatInt(d.Size, 10)
}

// Vault keeps attachments, each encrypted under a key of its own. An object is put first, then the entry that cites it
// is appended, then it is retained; what was put and never retained may be swept. Every method may be called from any
// goroutine.
type Vault interface {
	// Put writes the bytes of r durably and names them. The same bytes again are the same object.
	Put(ctx context.Context, r io.Reader) (Digest, error)
	// Open reads an object, hashing it again: the reader's last Read answers ErrDamaged instead of io.EOF when the
	// bytes are not those put. ErrUnknown when it is not there, ErrErased when it was removed.
	Open(ctx context.Context, d Digest) (io.ReadCloser, error)
	// Has tells whether the object can be opened.
	Has(ctx context.Context, d Digest) (bool, error)
	// Retain marks the object as cited by the journal, so that no sweep takes it. ErrUnknown when it is not there.
	Retain(ctx context.Context, d Digest) error
	// Remove destroys the object's key and its bytes, retained or not, and keeps the reason.
	Remove(ctx context.Context, d Digest, reason Reason) error
	// Close lets the vault go.
	Close() error
}
