package boltjournal

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/habilitation"
)

// plan is a group being decided: which entries get which places. Nothing of it is written until it is whole.
type plan struct {
	j      *Journal
	volume *volume
	group  []*request
	// head and sizes (leaves in each tree, by archive.Tree) are the journal's once the plan is committed.
	head    archive.Head
	sizes   [4]uint64
	placed  []placed
	pending map[habilitation.ID]int // place in placed
	// keys is told once whether the keys are durable; it has room for that word.
	keys chan error
}

// placed is an entry that has its place.
type placed struct {
	*prepared
	record record
}

func (j *Journal) newPlan(v *volume, group []*request) *plan {
	return &plan{j: j, volume: v, group: group, head: j.writer.head, sizes: j.writer.sizes, pending: make(map[habilitation.ID]int), keys: make(chan error, 1)}
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

// find looks for the entry's identity in this group, in those before it and in the file, and compares the contents.
func (p *plan) find(entry *prepared) (record, bool, error) {
	if first := p.unwritten(entry.draft.ID); first != nil {
		if !sameHeader(first.record.header, entry) || archive.PayloadDigest(first.salt, entry.draft.Payload) != first.digest {
			return record{}, true, archive.ErrReleasedOtherwise
		}
		return first.record, true, nil
	}
	seq := p.j.writer.ids.candidate(entry.draft.ID)
	if durable, _ := p.j.state(); seq == 0 || seq > durable.Seq { // under way, and begins like this one
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

// unwritten is the entry of this plan or of the last ones that has the identity and is not known to be in the file.
func (p *plan) unwritten(id habilitation.ID) *placed {
	durable, _ := p.j.state()
	for _, q := range append([]*plan{p}, p.j.writer.recent[:]...) {
		if q == nil {
			continue
		}
		if i, ok := q.pending[id]; ok && q.placed[i].record.header.Seq > durable.Seq {
			return &q.placed[i]
		}
	}
	return nil
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
func (p *plan) secrets() []archive.Secret {
	secrets := make([]archive.Secret, len(p.placed))
	for i, entry := range p.placed {
		secrets[i] = archive.Secret{Name: keyName(p.j.options.Name, entry.record.header.Seq, entry.sealed), Value: entry.key}
	}
	return secrets
}

// write puts entries, identities and head into the transaction.
func (p *plan) write(tx *bolt.Tx) error {
	entries, ids := tx.Bucket(entriesBucket()), tx.Bucket(idsBucket())
	entries.FillPercent, ids.FillPercent = 1, 1 // only ever appended to
	identities := make([]byte, 0, 16*len(p.placed))
	for _, entry := range p.placed {
		h := entry.record.header
		if err := entries.Put(seqKey(h.Seq), entry.record.encode()); err != nil {
			return fmt.Errorf("write entry %d: %w", h.Seq, err)
		}
		identities = append(identities, h.ID[:]...)
	}
	if err := ids.Put(seqKey(p.placed[0].record.header.Seq), identities); err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	return tx.Bucket(metaBucket()).Put([]byte(metaHead), encodeHead(p.head))
}
