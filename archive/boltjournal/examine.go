package boltjournal

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/habilitation"
)

// Examine is [archive.Examiner]: it checks what the contract does not show. The files' own structure, every record
// against the chain hash stored beside it (so a broken chain is found at its entry), identities, stored subtree roots,
// and keys that no entry needs, which an append cut short leaves behind and which are no damage.
func (j *Journal) Examine(ctx context.Context, report func(archive.Problem)) error {
	if err := j.usable(ctx); err != nil {
		return fmt.Errorf("examine journal %q: %w", j.options.Name, err)
	}
	j.mu.RLock()
	volumes, head := j.volumes, j.head
	j.mu.RUnlock()
	x := &examination{j: j, report: report, chain: archive.EmptyHead(), keys: make(map[keyRef]archive.Seq, head.Seq)}
	for i, v := range volumes {
		last := head
		if i+1 < len(volumes) {
			last = volumes[i+1].base
		}
		if err := x.volume(ctx, v, last); err != nil {
			return fmt.Errorf("examine %s: %w", v.file.Name(), err)
		}
	}
	x.treeEnds(volumes[len(volumes)-1], head)
	return x.surplus(ctx)
}

// examination is Examine under way.
type examination struct {
	j         *Journal
	report    func(archive.Problem)
	chain     archive.Head // through the last record, by what is stored
	frontiers [4]archive.Frontier
	// keys is which entry uses a key.
	keys map[keyRef]archive.Seq
}

func (x *examination) found(v *volume, seq archive.Seq, format string, values ...any) {
	x.report(archive.Problem{Where: v.file.Name(), Seq: seq, What: fmt.Sprintf(format, values...)})
}

// surplus counts the keys that no entry uses.
func (x *examination) surplus(ctx context.Context) error {
	surplus, prefix := 0, keyPrefix(x.j.options.Name)
	for name, err := range x.j.options.Keys.Names(ctx, prefix) {
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		ref := name[len(prefix):]
		if len(ref) != len(keyRef{}) || x.keys[keyRef(ref)] == 0 {
			surplus++
		}
	}
	if surplus > 0 {
		x.report(archive.Problem{Where: "keys of " + x.j.options.Name, Information: true,
			What: fmt.Sprintf("%d keys are used by no entry: set aside for coming ones, or left by a run that was cut short", surplus)})
	}
	return nil
}

// volume examines one file up to the head it must reach.
func (x *examination) volume(ctx context.Context, v *volume, last archive.Head) error {
	if err := v.file.Examine(ctx, x.report); err != nil {
		return err
	}
	if v.base != x.chain {
		x.found(v, v.base.Seq, "does not go on where the file before ends")
		x.chain = v.base
	}
	ids, err := x.identities(v)
	if err != nil {
		x.found(v, 0, "identities: %v", err)
	}
	for seq := v.base.Seq + 1; seq <= last.Seq; {
		if err := x.j.usable(ctx); err != nil {
			return err
		}
		raws, err := x.j.raws(seq, last.Seq)
		if err != nil {
			x.found(v, seq, "record: %v", err)
			raws = [][]byte{nil}
		}
		for _, raw := range raws {
			x.record(v, seq, raw, ids[seq])
			seq++
		}
	}
	if x.chain != last {
		x.found(v, last.Seq, "the head is not the chain hash of the last record")
	}
	return nil
}

func (x *examination) identities(v *volume) (map[archive.Seq]habilitation.ID, error) {
	ids := make(map[archive.Seq]habilitation.ID)
	err := v.file.View(func(tx *bolt.Tx) error {
		return eachIdentity(tx, func(seq archive.Seq, id habilitation.ID) error {
			ids[seq] = id
			return nil
		})
	})
	return ids, err
}

// record examines one record; a missing one is nil and was reported.
func (x *examination) record(v *volume, seq archive.Seq, raw []byte, id habilitation.ID) {
	if raw == nil {
		x.chain.Seq = seq
		return
	}
	r, err := decodeRecord(raw)
	if err != nil {
		x.found(v, seq, "record: %v", err)
		if len(raw) >= 33 {
			x.chain = archive.Head{Seq: seq, Hash: [32]byte(raw[1:33])}
		}
		return
	}
	if r.header.Seq != seq {
		x.found(v, seq, "header: says it is entry %d", r.header.Seq)
	}
	if x.chain.Follow(r.header).Hash != r.chain {
		x.found(v, seq, "chain: its header does not follow from the entry before")
	}
	x.chain = archive.Head{Seq: seq, Hash: r.chain}
	if id != r.header.ID {
		x.found(v, seq, "identities: say %s, the header %s", id, r.header.ID)
	}
	if other := x.keys[r.key]; other != 0 {
		x.found(v, seq, "key: is that of entry %d", other)
	}
	x.keys[r.key] = seq
	if r.header.Tree != archive.NoTree {
		x.leaf(v, r.header)
	}
}

// leaf grows the tree and compares what is stored of it.
func (x *examination) leaf(v *volume, h archive.Header) {
	f := &x.frontiers[h.Tree]
	index := f.Size()
	complete, err := f.Add(archive.LeafHash(h.Leaf()))
	if err != nil {
		x.found(v, h.Seq, "tree %s: %v", h.Tree, err)
		return
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(h.Seq))
	for _, hash := range complete {
		value = append(value, hash[:]...)
	}
	var stored []byte
	err = v.file.View(func(tx *bolt.Tx) error {
		stored = bytes.Clone(tx.Bucket(hashesBucket()).Get(leafKey(h.Tree, index)))
		return nil
	})
	if err != nil || !bytes.Equal(stored, value) {
		x.found(v, h.Seq, "tree %s: the stored hashes of leaf %d are not those of the headers", h.Tree, index)
	}
}

// treeEnds checks that no tree has stored leaves beyond the entries, unless entries came meanwhile.
func (x *examination) treeEnds(v *volume, head archive.Head) {
	err := v.file.View(func(tx *bolt.Tx) error {
		if now, _ := x.j.state(); now != head || x.j.options.Signer == nil {
			return nil
		}
		for _, tree := range archive.AllTrees() {
			if size := storedSize(tx, tree); size != x.frontiers[tree].Size() {
				x.found(v, 0, "tree %s: %d leaves are stored, the headers make %d", tree, size, x.frontiers[tree].Size())
			}
		}
		return nil
	})
	if err != nil {
		x.found(v, 0, "trees: %v", err)
	}
}
