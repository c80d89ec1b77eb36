// Package boltkeys keeps the house's secrets in one bbolt file, each sealed under the master key with
// XChaCha20-Poly1305 and bound to its name.
//
// The file has three buckets: "meta" (format version, and a known text sealed under the master key, by which a wrong
// key is told from damage), "secrets" (name → version 1, nonce 24, sealed value) and "destroyed" (name → time 8 in
// microseconds, reason).
//
// A destroyed secret's sealed bytes may stay in a free page or in a backup, where the master key still opens them.
// [Store.Rewrap] copies what is kept into a new file under a new master key: once the old key is destroyed, so is every
// remnant.
package boltkeys

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/crypto/chacha20poly1305"

	"chancery/archive"
	"chancery/archive/boltfile"
)

const (
	formatVersion = 1
	sealedVersion = 1
	maxName       = 512
	namesPage     = 512
	checkName     = "chancery keys check"
)

// Options are what a store may be given besides its file; the zero value is right for a house.
type Options struct {
	// Clock dates destructions; time.Now when nil.
	Clock func() time.Time
	// Random draws nonces; crypto/rand when nil.
	Random io.Reader
}

// Store is an open key store; it is an [archive.Keys]. Every method may be called from any goroutine.
type Store struct {
	file   *boltfile.File
	aead   cipher.AEAD
	clock  func() time.Time
	random io.Reader
}

func buckets() [][]byte { return [][]byte{meta(), secrets(), destroyed()} }
func meta() []byte      { return []byte("meta") }
func secrets() []byte   { return []byte("secrets") }
func destroyed() []byte { return []byte("destroyed") }

// Open opens the store at path. A file that is not there is ErrMissing, one sealed under another master key
// ErrWrongMasterKey, one held by another process ErrLocked, a corrupted one ErrDamaged.
func Open(path string, master archive.MasterKey, options Options) (*Store, error) {
	return open(path, master, options, boltfile.Options{})
}

// Create is Open, and makes the file where there is none.
func Create(path string, master archive.MasterKey, options Options) (*Store, error) {
	return open(path, master, options, boltfile.Options{Make: true})
}

func open(path string, master archive.MasterKey, options Options, how boltfile.Options) (*Store, error) {
	aead, err := chacha20poly1305.NewX(master[:])
	if err != nil {
		return nil, fmt.Errorf("open key store: %w", err)
	}
	s := &Store{aead: aead, clock: options.Clock, random: options.Random}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.file, err = boltfile.Open(path, how); err != nil {
		return nil, fmt.Errorf("open key store: %w", err)
	}
	if err := s.prepare(filepath.Dir(path), how.Make); err != nil {
		return nil, errors.Join(fmt.Errorf("open key store %s: %w", s.file.Name(), err), s.file.Close())
	}
	return s, nil
}

// prepare makes a new file's buckets, or checks that this program and this master key are the right ones.
func (s *Store) prepare(folder string, fresh bool) error {
	var version, check []byte
	err := s.file.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket(meta()); b != nil {
			version, check = bytes.Clone(b.Get([]byte("version"))), bytes.Clone(b.Get([]byte("check")))
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case version == nil && fresh:
		return s.create(folder)
	case version == nil:
		return fmt.Errorf("no keys are in it: %w", archive.ErrDamaged)
	case len(version) != 1 || version[0] != formatVersion:
		return archive.ErrVersion
	}
	if _, err := s.unseal([]byte(checkName), check); err != nil {
		return archive.ErrWrongMasterKey
	}
	return nil
}

func (s *Store) create(folder string) error {
	check, err := s.seal([]byte(checkName), []byte(checkName))
	if err != nil {
		return err
	}
	err = s.file.Change(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		b := tx.Bucket(meta())
		return errors.Join(b.Put([]byte("version"), []byte{formatVersion}), b.Put([]byte("check"), check))
	})
	return errors.Join(err, archive.SyncFolder(folder))
}

// Put is [archive.Keys]: one transaction for all.
func (s *Store) Put(ctx context.Context, list []archive.Secret) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put keys: %w", err)
	}
	sealed := make([][]byte, len(list))
	for i, secret := range list {
		if len(secret.Name) == 0 || len(secret.Name) > maxName || len(secret.Value) == 0 || len(secret.Value) > archive.MaxSecret {
			return fmt.Errorf("put key: a name of %d bytes, a value of %d", len(secret.Name), len(secret.Value))
		}
		if sealed[i], err = s.seal(secret.Name, secret.Value); err != nil {
			return fmt.Errorf("put keys: %w", err)
		}
	}
	err = s.file.Change(func(tx *bolt.Tx) error {
		kept, gone := tx.Bucket(secrets()), tx.Bucket(destroyed())
		kept.FillPercent = 0.95 // names mostly come in order
		for i, secret := range list {
			if err := s.putOne(kept, gone, secret, sealed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put keys: %w", err)
	}
	return nil
}

func (s *Store) putOne(kept, gone *bolt.Bucket, secret archive.Secret, sealed []byte) error {
	if old := kept.Get(secret.Name); old != nil {
		value, err := s.unseal(secret.Name, old)
		if err != nil {
			return err
		}
		if !bytes.Equal(value, secret.Value) {
			return fmt.Errorf("name %q: %w", secret.Name, archive.ErrExists)
		}
		return nil
	}
	if err := gone.Delete(secret.Name); err != nil {
		return err
	}
	return kept.Put(secret.Name, sealed)
}

// Get is [archive.Keys].
func (s *Store) Get(ctx context.Context, name []byte) (value []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get key: %w", err)
	}
	err = s.file.View(func(tx *bolt.Tx) error {
		sealed := tx.Bucket(secrets()).Get(name)
		switch {
		case sealed != nil:
			value, err = s.unseal(name, sealed)
			return err
		case tx.Bucket(destroyed()).Get(name) != nil:
			return archive.ErrErased
		}
		return archive.ErrUnknown
	})
	if err != nil {
		return nil, fmt.Errorf("get key %q: %w", name, err)
	}
	return value, nil
}

// Destroy is [archive.Keys].
func (s *Store) Destroy(ctx context.Context, name []byte, reason archive.Reason) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	if reason == "" {
		return fmt.Errorf("destroy key %q: %w", name, archive.ErrReasonMissing)
	}
	err = s.file.Change(func(tx *bolt.Tx) error {
		kept, gone := tx.Bucket(secrets()), tx.Bucket(destroyed())
		if kept.Get(name) == nil {
			if gone.Get(name) != nil {
				return nil
			}
			return archive.ErrUnknown
		}
		note := binary.BigEndian.AppendUint64(nil, uint64(s.clock().UnixMicro()))
		return errors.Join(kept.Delete(name), gone.Put(name, append(note, reason...)))
	})
	if err != nil {
		return fmt.Errorf("destroy key %q: %w", name, err)
	}
	return nil
}

// Destruction is when and why a secret was destroyed; ErrUnknown when it was not.
func (s *Store) Destruction(ctx context.Context, name []byte) (at time.Time, reason archive.Reason, err error) {
	if err := ctx.Err(); err != nil {
		return at, reason, fmt.Errorf("read destruction: %w", err)
	}
	err = s.file.View(func(tx *bolt.Tx) error {
		note := tx.Bucket(destroyed()).Get(name)
		if len(note) < 8 {
			return archive.ErrUnknown
		}
		at = time.UnixMicro(int64(binary.BigEndian.Uint64(note))).UTC()
		reason = archive.Reason(note[8:])
		return nil
	})
	if err != nil {
		return at, reason, fmt.Errorf("read destruction of %q: %w", name, err)
	}
	return at, reason, nil
}

// Names is [archive.Keys]: a page at a time, no transaction is open while the caller works.
func (s *Store) Names(ctx context.Context, prefix []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		from := bytes.Clone(prefix)
		for {
			page, err := s.names(ctx, prefix, from)
			if err != nil {
				yield(nil, fmt.Errorf("list keys: %w", err))
				return
			}
			for _, name := range page {
				if !yield(name, nil) {
					return
				}
			}
			if len(page) < namesPage {
				return
			}
			from = append(bytes.Clone(page[len(page)-1]), 0)
		}
	}
}

func (s *Store) names(ctx context.Context, prefix, from []byte) (page [][]byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.file.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(secrets()).Cursor()
		for name, _ := c.Seek(from); name != nil && bytes.HasPrefix(name, prefix) && len(page) < namesPage; name, _ = c.Next() {
			page = append(page, bytes.Clone(name))
		}
		return nil
	})
	return page, err
}

// Close is [archive.Keys].
func (s *Store) Close() error { return s.file.Close() }

// Examine is [archive.Examiner]: it looks at every page of the file.
func (s *Store) Examine(ctx context.Context, report func(archive.Problem)) error {
	return s.file.Examine(ctx, report)
}

func (s *Store) seal(name, value []byte) ([]byte, error) {
	out := make([]byte, 1+chacha20poly1305.NonceSizeX, 1+chacha20poly1305.NonceSizeX+len(value)+chacha20poly1305.Overhead)
	out[0] = sealedVersion
	if _, err := io.ReadFull(s.random, out[1:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return s.aead.Seal(out, out[1:], value, name), nil
}

func (s *Store) unseal(name, sealed []byte) ([]byte, error) {
	const head = 1 + chacha20poly1305.NonceSizeX
	if len(sealed) < head || sealed[0] != sealedVersion {
		return nil, fmt.Errorf("secret %q: %w", name, archive.ErrDamaged)
	}
	value, err := s.aead.Open(nil, sealed[1:head], sealed[head:], name)
	if err != nil {
		return nil, fmt.Errorf("secret %q does not open: %w", name, archive.ErrDamaged)
	}
	return value, nil
}
