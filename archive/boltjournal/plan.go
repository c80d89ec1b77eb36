package boltjournal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/habilitation"
)

// plan is a group being decided: which entries get which places. Nothing of it is written until it is whole.
type plan struct {
	j         *Journal
	tx        *bolt.Tx
	head      archive.Head
	sizes     [4]uint64 // leaves in each tree, by archive.Tree
	placed    []placed
	pending   map[habilitation.ID]int // place in placed
	frontiers [4]archive.Frontier
}

// placed is an entry that has its place.
type placed struct {
	*prepared
	record record
}

func (j *Journal) plan(tx *bolt.Tx, head archive.Head) *plan {
	p := &plan{j: j, tx: tx, head: head, pending: make(map[habilitation.ID]int), frontiers: j.trees.frontiers}
	for tree := range p.sizes {
		p.sizes[tree] = p.frontiers[tree].Size()
	}
	return p
}

// add decides one request: all its drafts get places or receipts, or none does and the reason is left in it.
func (p *plan) add(r *request) {
	before, head, sizes := len(p.placed), p.head, p.sizes
	receipts, err := p.decide(r)
	if err == nil && len(p.placed) > before && r.fence != archive.AnyHead && r.fence != head {
		err = archive.ErrConflict
	}
	if err != nil {
		for _, undone := range p.placed[before:] {
			delete(p.pending, undone.draft.ID)
		}
		p.placed, p.head, p.sizes = p.placed[:before], head, sizes
		r.err = fmt.Errorf("append: %w", err)
		return
	}
	r.receipts = receipts
}

func (p *plan) decide(r *request) ([]archive.Receipt, error) {
	receipts := make([]archive.Receipt, len(r.entries))
	for i := range r.entries {
		entry := &r.entries[i]
		first, known, err := p.find(entry)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.draft.ID, err)
		}
		if !known {
			first = p.place(entry)
		}
		receipts[i] = receipt(first)
	}
	return receipts, nil
}

// find looks for the entry's identity in this group and in the journal, and compares the contents.
func (p *plan) find(entry *prepared) (record, bool, error) {
	if i, ok := p.pending[entry.draft.ID]; ok {
		first := p.placed[i]
		if !sameHeader(first.record.header, entry) || !bytes.Equal(first.draft.Payload, entry.draft.Payload) {
			return record{}, true, archive.ErrReleasedOtherwise
		}
		return first.record, true, nil
	}
	first, known, err := p.j.stored(p.tx, entry.draft.ID)
	if err != nil || !known {
		return record{}, known, err
	}
	if !sameHeader(first.header, entry) {
		return record{}, true, archive.ErrReleasedOtherwise
	}
	kept, err := p.j.open(context.Background(), first)
	if err != nil {
		return record{}, true, err
	}
	if !bytes.Equal(kept.Payload, entry.draft.Payload) {
		return record{}, true, archive.ErrReleasedOtherwise
	}
	return first, true, nil
}

// stored finds an identity in the volume being written or, in a monthly journal, the one before.
func (j *Journal) stored(tx *bolt.Tx, id habilitation.ID) (record, bool, error) {
	if raw := tx.Bucket(idsBucket()).Get(id[:]); raw != nil {
		r, err := decodeRecord(bytes.Clone(tx.Bucket(entriesBucket()).Get(raw)))
		return r, true, err
	}
	v := j.previous()
	if v == nil {
		return record{}, false, nil
	}
	var seq archive.Seq
	err := v.view(func(tx *bolt.Tx) error {
		if raw := tx.Bucket(idsBucket()).Get(id[:]); raw != nil {
			seq = archive.Seq(binary.BigEndian.Uint64(raw))
		}
		return nil
	})
	if err != nil || seq == 0 {
		return record{}, false, err
	}
	r, err := v.record(seq)
	return r, true, err
}

// sameHeader compares what a caller decides, but for time and citation.
func sameHeader(h archive.Header, entry *prepared) bool {
	d := &entry.draft
	return h.Kind == d.Kind && h.Version == d.Version && h.Actor == d.Actor && h.Level == d.Level && h.Tree == d.Tree
}

// place gives an entry the next place.
func (p *plan) place(entry *prepared) record {
	tree := entry.draft.Tree
	var index uint64
	if tree != archive.NoTree {
		index = p.sizes[tree]
		p.sizes[tree]++
	}
	header := entry.header(p.head, index)
	p.head = p.head.Follow(header)
	p.pending[header.ID] = len(p.placed)
	p.placed = append(p.placed, placed{prepared: entry, record: record{chain: p.head.Hash, header: header, sealed: entry.sealed}})
	return p.placed[len(p.placed)-1].record
}

func receipt(r record) archive.Receipt {
	h := r.header
	return archive.Receipt{Seq: h.Seq, Digest: h.Digest, Tree: h.Tree, Index: h.Index, Chain: r.chain}
}

// secrets are the keys of all placed entries, in the order of their names.
func (p *plan) secrets(journal string) []archive.Secret {
	secrets := make([]archive.Secret, len(p.placed))
	for i, entry := range p.placed {
		secrets[i] = archive.Secret{Name: keyName(journal, entry.record.header.Seq, entry.sealed), Value: entry.key}
	}
	return secrets
}

// write puts entries, identities and head into the transaction.
func (p *plan) write(tx *bolt.Tx) error {
	entries, ids := tx.Bucket(entriesBucket()), tx.Bucket(idsBucket())
	entries.FillPercent = 1 // only ever appended to
	for _, entry := range p.placed {
		key := seqKey(entry.record.header.Seq)
		err := errors.Join(entries.Put(key, entry.record.encode()), ids.Put(entry.record.header.ID[:], key))
		if err != nil {
			return fmt.Errorf("write entry %d: %w", entry.record.header.Seq, err)
		}
	}
	return tx.Bucket(metaBucket()).Put([]byte(metaHead), encodeHead(p.head))
}
