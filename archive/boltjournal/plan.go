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
	j *Journal
	// head and sizes (leaves in each tree, by archive.Tree) are the journal's once the plan is committed.
	head    archive.Head
	sizes   [4]uint64
	placed  []placed
	pending map[habilitation.ID]int // place in placed
}

// placed is an entry that has its place.
type placed struct {
	*prepared
	record record
}

func (j *Journal) plan() *plan {
	head, _ := j.state()
	p := &plan{j: j, head: head, pending: make(map[habilitation.ID]int)}
	for tree := range p.sizes {
		p.sizes[tree] = j.frontiers[tree].Size()
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
		p.j.giveBack(r)
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
		if known {
			p.j.ring.give(entry.key)
			entry.key = durableKey{}
		} else {
			first = p.place(entry)
		}
		receipts[i] = receipt(first)
	}
	return receipts, nil
}

// find looks for the entry's identity in this group and in the file, and compares the contents.
func (p *plan) find(entry *prepared) (record, bool, error) {
	if i, ok := p.pending[entry.draft.ID]; ok {
		first := p.placed[i]
		if !sameHeader(first.record.header, entry) || !bytes.Equal(first.draft.Payload, entry.draft.Payload) {
			return record{}, true, archive.ErrReleasedOtherwise
		}
		return first.record, true, nil
	}
	seq := p.j.ids.candidate(entry.draft.ID)
	if seq == 0 {
		return record{}, false, nil
	}
	first, err := p.j.volumeOf(seq).record(seq)
	if err != nil || first.header.ID != entry.draft.ID {
		return record{}, false, err
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
	p.placed = append(p.placed, placed{prepared: entry, record: record{chain: p.head.Hash, key: entry.key.ref, header: header, sealed: entry.sealed}})
	return p.placed[len(p.placed)-1].record
}

func receipt(r record) archive.Receipt {
	h := r.header
	return archive.Receipt{Seq: h.Seq, Digest: h.Digest, Tree: h.Tree, Index: h.Index, Chain: r.chain}
}

// write puts entries, identities and head into the transaction.
func (p *plan) write(tx *bolt.Tx) error {
	entries, ids, meta := tx.Bucket(entriesBucket()), tx.Bucket(idsBucket()), tx.Bucket(metaBucket())
	entries.FillPercent, ids.FillPercent = 1, 1 // only ever appended to
	identities := make([]byte, 0, 16*len(p.placed))
	blocks := binary.BigEndian.Uint64(meta.Get([]byte(metaBlocks)))
	for _, entry := range p.placed {
		h := entry.record.header
		if err := entries.Put(seqKey(h.Seq), entry.record.encode()); err != nil {
			return fmt.Errorf("write entry %d: %w", h.Seq, err)
		}
		identities = append(identities, h.ID[:]...)
		blocks = max(blocks, entry.key.ref.block()+1)
	}
	if err := ids.Put(seqKey(p.placed[0].record.header.Seq), identities); err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	return errors.Join(meta.Put([]byte(metaHead), encodeHead(p.head)), meta.Put([]byte(metaBlocks), binary.BigEndian.AppendUint64(nil, blocks)))
}
