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
	"io/fs"
	"iter"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/crypto/chacha20poly1305"

	"chancery/archive"
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
	db     *bolt.DB
	aead   cipher.AEAD
	clock  func() time.Time
	random io.Reader
	// stopped is set by the first commit that went wrong: what the disk holds then is not known.
	stopped atomic.Bool
}

func buckets() [][]byte { return [][]byte{meta(), secrets(), destroyed()} }
func meta() []byte      { return []byte("meta") }
func secrets() []byte   { return []byte("secrets") }
func destroyed() []byte { return []byte("destroyed") }

// Open opens the store at path, making it if it is not there. A store sealed under another master key is
// ErrWrongMasterKey, one held by another process ErrLocked, a corrupted file ErrDamaged.
func Open(path string, master archive.MasterKey, options Options) (_ *Store, err error) {
	defer recoverDamage("open key store", &err)
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
	s.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Millisecond, FreelistType: bolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return nil, fmt.Errorf("open key store %s: %w", path, unreadable(err))
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("open key store %s: %w", path, err), s.db.Close())
	}
	return s, nil
}

// prepare makes a new file's buckets, or checks that this program and this master key are the right ones.
func (s *Store) prepare() error {
	var version, check []byte
	err := s.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket(meta()); b != nil {
			version, check = bytes.Clone(b.Get([]byte("version"))), bytes.Clone(b.Get([]byte("check")))
		}
		return nil
	})
	switch {
	case err != nil:
		return translate(err)
	case version == nil:
		return s.create()
	case len(version) != 1 || version[0] != formatVersion:
		return archive.ErrVersion
	}
	if _, err := s.unseal([]byte(checkName), check); err != nil {
		return archive.ErrWrongMasterKey
	}
	return nil
}

func (s *Store) create() error {
	check, err := s.seal([]byte(checkName), []byte(checkName))
	if err != nil {
		return err
	}
	err = s.update(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		b := tx.Bucket(meta())
		return errors.Join(b.Put([]byte("version"), []byte{formatVersion}), b.Put([]byte("check"), check))
	})
	return errors.Join(err, archive.SyncFolder(filepath.Dir(s.db.Path())))
}

// Put is [archive.Keys]: one transaction for all.
func (s *Store) Put(ctx context.Context, list []archive.Secret) (err error) {
	defer recoverDamage("put keys", &err)
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
	err = s.update(func(tx *bolt.Tx) error {
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
		return fmt.Errorf("put keys: %w", translate(err))
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
	defer recoverDamage("get key", &err)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get key: %w", err)
	}
	err = s.db.View(func(tx *bolt.Tx) error {
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
		return nil, fmt.Errorf("get key %q: %w", name, translate(err))
	}
	return value, nil
}

// Destroy is [archive.Keys].
func (s *Store) Destroy(ctx context.Context, name []byte, reason archive.Reason) (err error) {
	defer recoverDamage("destroy key", &err)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	if reason == "" {
		return fmt.Errorf("destroy key %q: %w", name, archive.ErrReasonMissing)
	}
	err = s.update(func(tx *bolt.Tx) error {
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
		return fmt.Errorf("destroy key %q: %w", name, translate(err))
	}
	return nil
}

// Destruction is when and why a secret was destroyed; ErrUnknown when it was not.
func (s *Store) Destruction(ctx context.Context, name []byte) (at time.Time, reason archive.Reason, err error) {
	defer recoverDamage("read destruction", &err)
	if err := ctx.Err(); err != nil {
		return at, reason, fmt.Errorf("read destruction: %w", err)
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		note := tx.Bucket(destroyed()).Get(name)
		if len(note) < 8 {
			return archive.ErrUnknown
		}
		at = time.UnixMicro(int64(binary.BigEndian.Uint64(note))).UTC()
		reason = archive.Reason(note[8:])
		return nil
	})
	if err != nil {
		return at, reason, fmt.Errorf("read destruction of %q: %w", name, translate(err))
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
	defer recoverDamage("list keys", &err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(secrets()).Cursor()
		for name, _ := c.Seek(from); name != nil && bytes.HasPrefix(name, prefix) && len(page) < namesPage; name, _ = c.Next() {
			page = append(page, bytes.Clone(name))
		}
		return nil
	})
	return page, translate(err)
}

// Close is [archive.Keys].
func (s *Store) Close() error { return s.db.Close() }

// update runs one write transaction. After a commit that went wrong the store writes no more: ErrStopped.
func (s *Store) update(do func(*bolt.Tx) error) error {
	if s.stopped.Load() {
		return archive.ErrStopped
	}
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		s.stopped.Store(true)
		return fmt.Errorf("%w: %w", archive.ErrStopped, err)
	}
	return nil
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

// unreadable tells a file that is no key store from one that the system or another process withholds.
func unreadable(err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	if errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &path) || errors.As(err, &errno) {
		return translate(err)
	}
	return fmt.Errorf("%w: %w", archive.ErrDamaged, err)
}

// translate puts the driver's words into the archive's.
func translate(err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return archive.ErrLocked
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return archive.ErrClosed
	}
	return err
}

// recoverDamage turns the driver's panic over a corrupted page into ErrDamaged.
func recoverDamage(doing string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %w: %v", doing, archive.ErrDamaged, p)
	}
}
