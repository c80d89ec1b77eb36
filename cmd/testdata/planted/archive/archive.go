// Package archive imports search, which it must never know.
package archive

import (
	"context"
	"io"

	_ "chancery/search"
)

// Seq is a sequence.
type Seq uint64

// Digest is a digest.
type Digest struct{}

// Entry is an entry.
type Entry struct{}

// Journal is the contract.
type Journal interface {
	Fetch(ctx context.Context, seq Seq) (Entry, error)
}

// Vault is the contract.
type Vault interface {
	Open(ctx context.Context, d Digest) (io.ReadCloser, error)
}
