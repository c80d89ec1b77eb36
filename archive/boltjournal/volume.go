package boltjournal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltfile"
)

const formatVersion = 1

// The buckets of a volume, and the keys of its meta bucket.
func entriesBucket() []byte { return []byte("entries") } // sequence → record
func idsBucket() []byte     { return []byte("ids") }     // first sequence of a commit → the identities of its entries, 16 bytes each
func hashesBucket() []byte  { return []byte("hashes") }  // tree 1, leaf index 8 → roots of the subtrees it completes
func metaBucket() []byte    { return []byte("meta") }

const (
	metaFormat = "format"
	metaName   = "name"
	metaBase   = "base"   // the head before the volume's first entry
	metaHead   = "head"   // the head after its last
	metaBlocks = "blocks" // the first block of keys that none of its entries uses, nor any before
	// metaCheckpoint opens the keys of the last checkpoints: a tree's name follows, or metaHouse.
	metaCheckpoint = "checkpoint/"
	metaHouse      = "house"
)

// volume is one file of a journal: a run of entries without a gap.
type volume struct {
	file *boltfile.File
	// month is "2006-01" for a volume of a monthly journal, otherwise empty.
	month string
	// base is the head before the first entry; it never changes.
	base archive.Head
	// head is the head after the last entry as found at opening.
	head archive.Head
	// blocks is the first block of keys that was free at opening.
	blocks uint64
}

// making says whether a file that is not there is made.
type making bool

const (
	existing making = false
	asNeeded making = true
)

// openVolume opens a file. One that it makes has base as the head before its first entry and blocks as the first free block of keys.
func openVolume(path, name string, base archive.Head, blocks uint64, m making) (*volume, error) {
	file, err := boltfile.Open(path, boltfile.Options{Make: bool(m)})
	if err != nil {
		return nil, err
	}
	v := &volume{file: file}
	if err := v.prepare(filepath.Dir(path), name, base, blocks, m); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file.Name(), err), file.Close())
	}
	return v, nil
}

// prepare reads the meta bucket, or makes all buckets of a new file.
func (v *volume) prepare(folder, name string, base archive.Head, blocks uint64, m making) error {
	fresh := false
	err := v.file.View(func(tx *bolt.Tx) error {
		fresh = tx.Bucket(metaBucket()) == nil
		return nil
	})
	if err != nil {
		return err
	}
	if fresh && m == existing {
		return fmt.Errorf("no journal is in it: %w", archive.ErrDamaged)
	}
	if fresh {
		if err := v.create(name, base, blocks); err != nil {
			return err
		}
		if err := archive.SyncFolder(folder); err != nil {
			return err
		}
	}
	return v.file.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket())
		if format := meta.Get([]byte(metaFormat)); len(format) != 1 || format[0] != formatVersion {
			return fmt.Errorf("format %x: %w", format, archive.ErrVersion)
		}
		if found := meta.Get([]byte(metaName)); string(found) != name {
			return fmt.Errorf("journal %q, not %q: %w", found, name, archive.ErrDamaged)
		}
		if v.base, err = decodeHead(meta.Get([]byte(metaBase))); err != nil {
			return err
		}
		if v.head, err = decodeHead(meta.Get([]byte(metaHead))); err != nil {
			return err
		}
		blocks := meta.Get([]byte(metaBlocks))
		if len(blocks) != 8 {
			return fmt.Errorf("blocks of %d bytes: %w", len(blocks), archive.ErrDamaged)
		}
		v.blocks = binary.BigEndian.Uint64(blocks)
		return v.checkEnds(tx)
	})
}

func (v *volume) create(name string, base archive.Head, blocks uint64) error {
	return v.file.Change(func(tx *bolt.Tx) error {
		for _, bucket := range [][]byte{entriesBucket(), idsBucket(), hashesBucket(), metaBucket()} {
			if _, err := tx.CreateBucket(bucket); err != nil {
				return err
			}
		}
		meta := tx.Bucket(metaBucket())
		return errors.Join(
			meta.Put([]byte(metaFormat), []byte{formatVersion}), meta.Put([]byte(metaName), []byte(name)),
			meta.Put([]byte(metaBase), encodeHead(base)), meta.Put([]byte(metaHead), encodeHead(base)),
			meta.Put([]byte(metaBlocks), binary.BigEndian.AppendUint64(nil, blocks)))
	})
}

// checkEnds compares base and head with the first and the last entry.
func (v *volume) checkEnds(tx *bolt.Tx) error {
	c := tx.Bucket(entriesBucket()).Cursor()
	first, _ := c.First()
	last, raw := c.Last()
	if first == nil {
		if v.head != v.base {
			return fmt.Errorf("head %d without entries: %w", v.head.Seq, archive.ErrDamaged)
		}
		return nil
	}
	if !bytes.Equal(first, seqKey(v.base.Seq+1)) || !bytes.Equal(last, seqKey(v.head.Seq)) {
		return fmt.Errorf("entries %x to %x under head %d: %w", first, last, v.head.Seq, archive.ErrDamaged)
	}
	r, err := decodeRecord(raw)
	if err != nil {
		return fmt.Errorf("entry %d: %w", v.head.Seq, err)
	}
	if r.header.Seq != v.head.Seq || r.chain != v.head.Hash {
		return fmt.Errorf("last entry %d is not the head: %w", v.head.Seq, archive.ErrDamaged)
	}
	return nil
}

// record copies one record out; ErrUnknown when it is not in this volume.
func (v *volume) record(seq archive.Seq) (record, error) {
	var raw []byte
	err := v.file.View(func(tx *bolt.Tx) error {
		raw = bytes.Clone(tx.Bucket(entriesBucket()).Get(seqKey(seq)))
		return nil
	})
	if err == nil && raw == nil {
		err = archive.ErrUnknown
	}
	if err != nil {
		return record{}, err
	}
	r, err := decodeRecord(raw)
	if err == nil && r.header.Seq != seq {
		err = fmt.Errorf("header of entry %d: %w", r.header.Seq, archive.ErrDamaged)
	}
	return r, err
}
