package boltkeys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
)

// rewrapPage is how many secrets one transaction of a Rewrap takes.
const rewrapPage = 1000

// Rewrap copies everything kept, and the record of what was destroyed, into a new file sealed under another master key.
// Nothing may be put meanwhile. When the old master key and the old file are destroyed, so is every remnant of the
// secrets destroyed earlier, in free pages and in backups.
func (s *Store) Rewrap(ctx context.Context, path string, master archive.MasterKey) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rewrap keys to %s: %w", path, fs.ErrExist)
	}
	to, err := Create(path, master, Options{Clock: s.clock, Random: s.random})
	if err != nil {
		return fmt.Errorf("rewrap keys: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	var page []archive.Secret
	for name, err := range s.Names(ctx, nil) {
		if err != nil {
			return fmt.Errorf("rewrap keys: %w", err)
		}
		value, err := s.Get(ctx, name)
		if err != nil {
			return fmt.Errorf("rewrap keys: %w", err)
		}
		if page = append(page, archive.Secret{Name: name, Value: value}); len(page) < rewrapPage {
			continue
		}
		if err := to.Put(ctx, page); err != nil {
			return fmt.Errorf("rewrap keys: %w", err)
		}
		page = page[:0]
	}
	if err := to.Put(ctx, page); err != nil {
		return fmt.Errorf("rewrap keys: %w", err)
	}
	return s.copyDestroyed(to)
}

// copyDestroyed copies the record of destructions.
func (s *Store) copyDestroyed(to *Store) error {
	var names, notes [][]byte
	err := s.file.View(func(tx *bolt.Tx) error {
		return tx.Bucket(destroyed()).ForEach(func(name, note []byte) error {
			names, notes = append(names, bytes.Clone(name)), append(notes, bytes.Clone(note))
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("copy destructions: %w", err)
	}
	err = to.file.Change(func(tx *bolt.Tx) error {
		for i, name := range names {
			if err := tx.Bucket(destroyed()).Put(name, notes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("copy destructions: %w", err)
	}
	return nil
}
