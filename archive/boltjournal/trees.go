package boltjournal

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"chancery/archive"
)

// leafKey is the place of a leaf in the hashes bucket. Its value is the entry's sequence, 8 bytes, and the roots of the
// subtrees the leaf completes, from height 0 up, 32 bytes each.
func leafKey(tree archive.Tree, index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(tree)}, index)
}

// storedHash reads the root of the n-th complete subtree of a height: its last leaf completed it.
func storedHash(tx *bolt.Tx, tree archive.Tree, height int, n uint64) ([32]byte, error) {
	raw := tx.Bucket(hashesBucket()).Get(leafKey(tree, (n+1)<<height-1))
	if len(raw) < 8+32*(height+1) {
		return [32]byte{}, fmt.Errorf("tree %s, height %d, subtree %d: %w", tree, height, n, archive.ErrDamaged)
	}
	return [32]byte(raw[8+32*height:]), nil
}

// storedSize is the number of leaves the hashes bucket has for a tree.
func storedSize(tx *bolt.Tx, tree archive.Tree) uint64 {
	c := tx.Bucket(hashesBucket()).Cursor()
	key, _ := c.Seek(leafKey(tree+1, 0))
	if key == nil {
		key, _ = c.Last()
	} else {
		key, _ = c.Prev()
	}
	if len(key) != 9 || key[0] != byte(tree) {
		return 0
	}
	return binary.BigEndian.Uint64(key[1:]) + 1
}

// resumeTrees reads the edges, and checks that the last checkpoints say the same. A new journal gets its first
// checkpoints, a journal with a new signing key new ones.
func (j *Journal) resumeTrees() error {
	if j.options.Signer == nil {
		return nil
	}
	v := j.last()
	unsigned := false
	err := v.file.View(func(tx *bolt.Tx) error {
		for _, tree := range archive.AllTrees() {
			var err error
			j.frontiers[tree], err = archive.ResumeFrontier(storedSize(tx, tree), func(height int, n uint64) ([32]byte, error) {
				return storedHash(tx, tree, height, n)
			})
			if err != nil {
				return err
			}
		}
		signed, err := j.checkCheckpoints(tx)
		unsigned = !signed
		return err
	})
	if err != nil || !unsigned {
		return err
	}
	return v.file.Change(func(tx *bolt.Tx) error {
		return j.writeCheckpoints(tx, archive.AllTrees(), &j.frontiers, j.head)
	})
}

// checkCheckpoints compares the stored checkpoints with what they must say; false when some are not signed by this key.
func (j *Journal) checkCheckpoints(tx *bolt.Tx) (signed bool, err error) {
	wanted, err := j.checkpoints(archive.AllTrees(), &j.frontiers, j.head)
	if err != nil {
		return false, err
	}
	signed = true
	for _, w := range wanted {
		stored := string(tx.Bucket(metaBucket()).Get([]byte(metaCheckpoint + w.name)))
		if stored == "" && j.head == archive.EmptyHead() {
			return false, nil
		}
		text, _, _ := strings.Cut(stored, "\n\n")
		if origin, _, _ := strings.Cut(text, "\n"); origin != w.checkpoint.Origin {
			return false, fmt.Errorf("checkpoint %s of %q, not of %q: %w", w.name, origin, w.checkpoint.Origin, archive.ErrOtherOrigin)
		}
		if text+"\n" != w.checkpoint.Text() {
			return false, fmt.Errorf("checkpoint %s is not that of the trees: %w", w.name, archive.ErrDamaged)
		}
		ours, err := j.signedByKey(w.checkpoint.Origin, stored)
		if err != nil {
			return false, err
		}
		signed = signed && ours
	}
	return signed, nil
}

// signedByKey checks a stored checkpoint's signature; false when another key made it.
func (j *Journal) signedByKey(origin, stored string) (bool, error) {
	public, _ := j.options.Signer.Public().(ed25519.PublicKey)
	key, err := archive.VerifierKey(origin, public)
	if err != nil {
		return false, err
	}
	_, err = archive.OpenCheckpoint([]byte(stored), key)
	var another *note.UnverifiedNoteError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &another):
		return false, nil
	}
	return false, fmt.Errorf("%w: %w", archive.ErrDamaged, err)
}

// named is a checkpoint and the name it is kept under.
type named struct {
	name       string
	checkpoint archive.Checkpoint
}

// checkpoints states the given trees and the whole house.
func (j *Journal) checkpoints(trees []archive.Tree, frontiers *[4]archive.Frontier, head archive.Head) ([]named, error) {
	house := archive.HouseState{Head: head}
	var list []named
	for _, tree := range archive.AllTrees() {
		root, err := frontiers[tree].Root()
		if err != nil {
			return nil, fmt.Errorf("tree %s: %w", tree, err)
		}
		house.Trees = append(house.Trees, archive.TreeState{Tree: tree, Size: frontiers[tree].Size(), Root: root})
	}
	for _, tree := range trees {
		s := house.Trees[tree-archive.TreeActs]
		c := archive.Checkpoint{Origin: archive.TreeOrigin(j.options.Origin, tree), Size: s.Size, Root: s.Root}
		list = append(list, named{name: tree.String(), checkpoint: c})
	}
	return append(list, named{name: metaHouse, checkpoint: house.Checkpoint(j.options.Origin)}), nil
}

// writeCheckpoints signs and keeps the checkpoints of the given trees and of the house.
func (j *Journal) writeCheckpoints(tx *bolt.Tx, trees []archive.Tree, frontiers *[4]archive.Frontier, head archive.Head) error {
	list, err := j.checkpoints(trees, frontiers, head)
	if err != nil {
		return err
	}
	for _, one := range list {
		signed, err := one.checkpoint.Sign(j.options.Signer)
		if err != nil {
			return err
		}
		if err := tx.Bucket(metaBucket()).Put([]byte(metaCheckpoint+one.name), signed); err != nil {
			return fmt.Errorf("write checkpoint %s: %w", one.name, err)
		}
	}
	return nil
}

// writeTrees grows the trees by the plan's entries and signs the new checkpoints in the same transaction.
func (j *Journal) writeTrees(tx *bolt.Tx, p *plan, frontiers *[4]archive.Frontier) error {
	hashes := tx.Bucket(hashesBucket())
	hashes.FillPercent = 0.95
	for _, entry := range p.placed {
		h := entry.record.header
		if h.Tree == archive.NoTree {
			continue
		}
		complete, err := frontiers[h.Tree].Add(entry.leaf)
		if err != nil {
			return fmt.Errorf("tree %s: %w", h.Tree, err)
		}
		value := binary.BigEndian.AppendUint64(make([]byte, 0, 8+32*len(complete)), uint64(h.Seq))
		for _, hash := range complete {
			value = append(value, hash[:]...)
		}
		if err := hashes.Put(leafKey(h.Tree, h.Index), value); err != nil {
			return fmt.Errorf("tree %s: %w", h.Tree, err)
		}
	}
	var grown []archive.Tree
	for _, tree := range archive.AllTrees() {
		if frontiers[tree].Size() != j.frontiers[tree].Size() {
			grown = append(grown, tree)
		}
	}
	return j.writeCheckpoints(tx, grown, frontiers, p.head)
}

// Checkpoint is [archive.Trees].
func (j *Journal) Checkpoint(ctx context.Context, tree archive.Tree) ([]byte, error) {
	return j.checkpoint(ctx, tree.String())
}

// HouseCheckpoint is [archive.Trees].
func (j *Journal) HouseCheckpoint(ctx context.Context) ([]byte, error) {
	return j.checkpoint(ctx, metaHouse)
}

func (j *Journal) checkpoint(ctx context.Context, name string) (signed []byte, err error) {
	if err := j.usable(ctx); err != nil {
		return nil, fmt.Errorf("read checkpoint %s: %w", name, err)
	}
	err = j.last().file.View(func(tx *bolt.Tx) error {
		signed = append(signed, tx.Bucket(metaBucket()).Get([]byte(metaCheckpoint+name))...)
		return nil
	})
	if err == nil && signed == nil {
		err = archive.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint %s: %w", name, err)
	}
	return signed, nil
}

// Prove is [archive.Trees]. The leaf is read from the entry's header, so an erased entry is proved as well.
func (j *Journal) Prove(ctx context.Context, tree archive.Tree, index uint64) (archive.Proof, error) {
	if err := j.usable(ctx); err != nil {
		return archive.Proof{}, fmt.Errorf("prove leaf %d of %s: %w", index, tree, err)
	}
	proof := archive.Proof{Index: index}
	err := j.last().file.View(func(tx *bolt.Tx) error {
		proof.Checkpoint = append(proof.Checkpoint, tx.Bucket(metaBucket()).Get([]byte(metaCheckpoint+tree.String()))...)
		if proof.Size = storedSize(tx, tree); index >= proof.Size || len(proof.Checkpoint) == 0 {
			return archive.ErrUnknown
		}
		path, err := tlog.ProveRecord(int64(proof.Size), int64(index), hashReader(tx, tree))
		if err != nil {
			return err
		}
		for _, hash := range path {
			proof.Hashes = append(proof.Hashes, hash)
		}
		proof.Leaf, err = leafAt(tx, tree, index)
		return err
	})
	if err != nil {
		return archive.Proof{}, fmt.Errorf("prove leaf %d of %s: %w", index, tree, err)
	}
	return proof, nil
}

func hashReader(tx *bolt.Tx, tree archive.Tree) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			height, n := tlog.SplitStoredHashIndex(index)
			hash, err := storedHash(tx, tree, height, uint64(n))
			if err != nil {
				return nil, err
			}
			hashes[i] = hash
		}
		return hashes, nil
	})
}

// leafAt is the leaf's text, from the header of its entry.
func leafAt(tx *bolt.Tx, tree archive.Tree, index uint64) ([]byte, error) {
	value := tx.Bucket(hashesBucket()).Get(leafKey(tree, index))
	if len(value) < 8 {
		return nil, fmt.Errorf("leaf %d of %s: %w", index, tree, archive.ErrDamaged)
	}
	r, err := decodeRecord(tx.Bucket(entriesBucket()).Get(value[:8]))
	if err != nil {
		return nil, fmt.Errorf("leaf %d of %s: %w", index, tree, err)
	}
	leaf := r.header.Leaf()
	if hash, err := storedHash(tx, tree, 0, index); err != nil || hash != archive.LeafHash(leaf) {
		return nil, fmt.Errorf("leaf %d of %s is not that of entry %d: %w", index, tree, r.header.Seq, archive.ErrDamaged)
	}
	return leaf, nil
}
