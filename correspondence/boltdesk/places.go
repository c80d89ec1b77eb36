package boltdesk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"go.etcd.io/bbolt"

	"chancery/correspondence"
)

// versionSize is the length of the version before each value.
const versionSize = 8

// longestName bounds a shelf's name and a key, far below what bbolt takes.
const longestName = 1024

// place is where an item stands in the file.
func place(owner correspondence.Owner, shelf correspondence.Shelf, key string) ([]byte, error) {
	if key == "" || len(key) > longestName {
		return nil, fmt.Errorf("place on %s: key of %d bytes", shelf, len(key))
	}
	prefix, err := shelfPrefix(owner, shelf)
	return append(prefix, key...), err
}

// shelfPrefix begins the place of everything on a shelf, and is the place of its last version.
func shelfPrefix(owner correspondence.Owner, shelf correspondence.Shelf) ([]byte, error) {
	if shelf == "" || len(shelf) > longestName || strings.IndexByte(string(shelf), 0) >= 0 {
		return nil, fmt.Errorf("name a shelf %q", shelf)
	}
	prefix := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(shelf)+1+26), uint32(owner))
	switch owner >> 32 {
	case 0:
	case 1:
		prefix = append(prefix, 0) // no shelf's name begins so
	default:
		return nil, fmt.Errorf("name a shelf of owner %d: no agent and no audience", owner)
	}
	return append(append(prefix, shelf...), 0), nil
}

// onShelf walks keys and entries of a shelf in the order of the keys; what it yields is the file's memory.
func onShelf(desks *bbolt.Bucket, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, entry []byte) bool) {
		cursor := desks.Cursor()
		for at, entry := cursor.Seek(prefix); bytes.HasPrefix(at, prefix); at, entry = cursor.Next() {
			if len(at) > len(prefix) && !yield(at[len(prefix):], entry) {
				return
			}
		}
	}
}

// put sets an item in place of a version and counts the shelf on.
func put(desks *bbolt.Bucket, prefix []byte, key string, over uint64, value []byte) (uint64, error) {
	at := append(bytes.Clone(prefix), key...)
	if err := expect(desks.Get(at), over); err != nil {
		return 0, err
	}
	version := uint64(1)
	if last := desks.Get(prefix); len(last) == versionSize {
		version += binary.BigEndian.Uint64(last)
	}
	if err := desks.Put(prefix, binary.BigEndian.AppendUint64(nil, version)); err != nil {
		return 0, err
	}
	entry := binary.BigEndian.AppendUint64(make([]byte, 0, versionSize+len(value)), version)
	return version, desks.Put(at, append(entry, value...))
}

// expect holds what stands there against the version to be replaced.
func expect(entry []byte, over uint64) error {
	switch {
	case over == correspondence.AnyVersion:
		return nil
	case entry == nil && over == 0:
		return nil
	case len(entry) >= versionSize && over != 0 && binary.BigEndian.Uint64(entry) == over:
		return nil
	}
	return correspondence.ErrStale
}

// empty takes everything off a shelf but its last version.
func empty(desks *bbolt.Bucket, prefix []byte) error {
	var places [][]byte // first all, then delete: a cursor does not survive it
	for key := range onShelf(desks, prefix) {
		places = append(places, append(bytes.Clone(prefix), key...))
	}
	for _, at := range places {
		if err := desks.Delete(at); err != nil {
			return err
		}
	}
	return nil
}
