package boltjournal

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/habilitation"
)

// identities finds the sequence of an identity. On the disk identities are kept in the order of the entries, one value
// for each commit: random keys in a tree would rewrite a page for every message and halve what the journal can take.
// In memory they are a table of eight bytes of the identity to the sequence, about 26 bytes an entry, read at opening
// (16 MB for a million entries). It belongs to the writer goroutine.
type identities struct {
	first map[uint64]archive.Seq
	// more holds the identities whose first eight bytes another entry has.
	more map[habilitation.ID]archive.Seq
}

func newIdentities(entries int) *identities {
	return &identities{first: make(map[uint64]archive.Seq, entries), more: make(map[habilitation.ID]archive.Seq)}
}

func (t *identities) add(id habilitation.ID, seq archive.Seq) {
	short := binary.BigEndian.Uint64(id[:8])
	if _, taken := t.first[short]; taken {
		t.more[id] = seq
		return
	}
	t.first[short] = seq
}

// candidate is the sequence that may have the identity: its header tells. Zero means that none has.
func (t *identities) candidate(id habilitation.ID) archive.Seq {
	if seq, ok := t.more[id]; ok {
		return seq
	}
	return t.first[binary.BigEndian.Uint64(id[:8])]
}

// load adds the identities of a volume, whose last entry is the one given.
func (t *identities) load(v *volume, last archive.Seq) error {
	next := v.base.Seq + 1
	err := v.file.View(func(tx *bolt.Tx) error {
		return eachIdentity(tx, func(seq archive.Seq, id habilitation.ID) error {
			if seq != next {
				return fmt.Errorf("identity of entry %d, not %d: %w", seq, next, archive.ErrDamaged)
			}
			t.add(id, seq)
			next++
			return nil
		})
	})
	if err == nil && next != last+1 {
		err = fmt.Errorf("identities end before entry %d of %d: %w", next, last, archive.ErrDamaged)
	}
	return err
}

// eachIdentity visits a volume's identities in order.
func eachIdentity(tx *bolt.Tx, visit func(archive.Seq, habilitation.ID) error) error {
	c := tx.Bucket(idsBucket()).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if len(key) != 8 || len(value)%16 != 0 {
			return fmt.Errorf("identities under %x: %w", key, archive.ErrDamaged)
		}
		seq := archive.Seq(binary.BigEndian.Uint64(key))
		for ; len(value) > 0; value = value[16:] {
			if err := visit(seq, habilitation.ID(value)); err != nil {
				return err
			}
			seq++
		}
	}
	return nil
}

// loadIdentities reads the identities that appends are compared with: those of the file, or of the last two months.
func (j *Journal) loadIdentities() error {
	recent := j.volumes[max(0, len(j.volumes)-2):]
	j.ids = newIdentities(int(j.head.Seq - recent[0].base.Seq))
	for i, v := range recent {
		last := j.head.Seq
		if i+1 < len(recent) {
			last = recent[i+1].base.Seq
		}
		if err := j.ids.load(v, last); err != nil {
			return fmt.Errorf("read identities: %w", err)
		}
	}
	return nil
}
