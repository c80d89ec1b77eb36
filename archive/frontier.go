package archive

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Frontier is the right edge of an RFC 6962 tree: what is needed to add leaves and to know the root, whatever the size.
// It is a plain value; a copy is an independent tree. The zero Frontier is the empty tree.
type Frontier struct {
	size uint64
	// last holds for each height the root of the newest complete subtree; only those of the set bits of size are used.
	last [64]tlog.Hash
}

// ResumeFrontier rebuilds the edge of a tree of size leaves from its stored subtree roots: read answers the root of the
// n-th complete subtree of the given height, both from 0.
func ResumeFrontier(size uint64, read func(height int, n uint64) ([32]byte, error)) (Frontier, error) {
	f := Frontier{size: size}
	for height := 0; size>>height > 0; height++ {
		if size>>height&1 == 0 {
			continue
		}
		hash, err := read(height, size>>height-1)
		if err != nil {
			return Frontier{}, fmt.Errorf("resume tree of %d leaves: %w", size, err)
		}
		f.last[height] = tlog.Hash(hash)
	}
	return f, nil
}

// Size is the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Add appends a leaf by its hash (see [LeafHash]) and returns the roots of the subtrees it completes, from height 0 up:
// what a store must keep to prove leaves later.
func (f *Frontier) Add(leaf [32]byte) ([]tlog.Hash, error) {
	complete, err := tlog.StoredHashesForRecordHash(int64(f.size), tlog.Hash(leaf), f)
	if err != nil {
		return nil, fmt.Errorf("add leaf %d: %w", f.size, err)
	}
	copy(f.last[:], complete)
	f.size++
	return complete, nil
}

// Root is the root of the tree; SHA-256 of nothing for no leaves (RFC 6962 §2.1).
func (f *Frontier) Root() ([32]byte, error) {
	root, err := tlog.TreeHash(int64(f.size), f)
	if err != nil {
		return [32]byte{}, fmt.Errorf("root of %d leaves: %w", f.size, err)
	}
	return root, nil
}

// ReadHashes is tlog.HashReader for the hashes on the edge; any other is an error.
func (f *Frontier) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		height, n := tlog.SplitStoredHashIndex(index)
		if uint64(n)+1 != f.size>>height {
			return nil, fmt.Errorf("subtree %d of height %d is not on the edge: %w", n, height, ErrUnknown)
		}
		hashes[i] = f.last[height]
	}
	return hashes, nil
}

// LeafHash is the RFC 6962 §2.1 hash of a leaf's bytes.
func LeafHash(leaf []byte) [32]byte { return tlog.RecordHash(leaf) }
