// Package boltcredentials keeps credentials in one bbolt file: password hashes, sessions and the digests of their refresh tokens.
//
//	format     "version" → 2
//	passwords  agent (4 bytes, big endian) → PHC text
//	families   session (16) → agent (4) terminal (16) started (8) used (8) current token's digest (32) proved (8)
//	tokens     digest (32) → session (16), for the current token and every one before it
//	issued     session (16) digest (32) → nothing: what to take out of tokens when the session ends
//
// A file of version 1 has families without the moment of the last proof: it is the sign-in's, and written the next time the family is.
//
// Living sessions are held in memory as well, so that asking for one reads no file.
package boltcredentials

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltfile"
	"chancery/habilitation"
)

var (
	// ErrFormat is returned for opening a file of another format or version.
	ErrFormat = errors.New("not a credentials file of this version")
	// ErrStopped is returned for writing after a write that the disk refused: what is durable is not known any more.
	ErrStopped = errors.New("credentials stopped after a failed write")
)

var (
	formatBucket    = []byte("format")
	versionKey      = []byte("version")
	passwordsBucket = []byte("passwords")
	familiesBucket  = []byte("families")
	tokensBucket    = []byte("tokens")
	issuedBucket    = []byte("issued")
)

const (
	formatVersion   = 2
	formerFamily    = 4 + 16 + 8 + 8 + 32 // in a file of version 1
	familySize      = formerFamily + 8
	forgottenAtOnce = 64 // old sessions that one sign-in clears away
)

// Store is the engine; it satisfies habilitation.Credentials.
type Store struct {
	file    *boltfile.File
	writing sync.Mutex // held over a transaction and its effect on living, so that both happen in one order
	mu      sync.RWMutex
	living  map[habilitation.ID]habilitation.Family // guarded by mu
}

// Open opens the file. One that is not there is archive.ErrMissing, a damaged one archive.ErrDamaged, and one that another process holds
// archive.ErrLocked, after a second.
func Open(path string) (*Store, error) { return openFile(path, boltfile.Options{}) }

// Create is Open, and makes the file where there is none.
func Create(path string) (*Store, error) { return openFile(path, boltfile.Options{Make: true}) }

func openFile(path string, how boltfile.Options) (*Store, error) {
	how.Patience, how.Whole = time.Second, true
	file, err := boltfile.Open(path, how)
	if err != nil {
		return nil, fmt.Errorf("open credentials: %w", err)
	}
	s := &Store{file: file, living: make(map[habilitation.ID]habilitation.Family)}
	err = s.prepare()
	if err == nil {
		err = s.load()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open credentials %s: %w", file.Name(), err), file.Close())
	}
	return s, nil
}

// prepare brings the file into the present format, and writes nothing where it is.
func (s *Store) prepare() error {
	current := false
	err := s.file.View(func(tx *bolt.Tx) error {
		format := tx.Bucket(formatBucket)
		current = format != nil && bytes.Equal(format.Get(versionKey), []byte{formatVersion})
		return nil
	})
	if err != nil || current {
		return err
	}
	return s.file.Change(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{formatBucket, passwordsBucket, familiesBucket, tokensBucket, issuedBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		format := tx.Bucket(formatBucket)
		switch version := format.Get(versionKey); {
		case version == nil, bytes.Equal(version, []byte{1}):
			return format.Put(versionKey, []byte{formatVersion})
		case !bytes.Equal(version, []byte{formatVersion}):
			return ErrFormat
		}
		return nil
	})
}

func (s *Store) load() error {
	return s.file.View(func(tx *bolt.Tx) error {
		families := tx.Bucket(familiesBucket)
		if families == nil {
			return ErrFormat
		}
		return families.ForEach(func(session, record []byte) error {
			f, _, err := readFamily(session, record)
			if err == nil {
				s.living[f.Session] = f
			}
			return err
		})
	})
}

// Close releases the file; nothing may be asked afterwards.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("close credentials: %w", err)
	}
	return nil
}

// SetPassword replaces the agent's password hash.
func (s *Store) SetPassword(ctx context.Context, agent habilitation.AgentID, phc string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.write(ctx, func(tx *bolt.Tx) error {
		return tx.Bucket(passwordsBucket).Put(agentKey(agent), []byte(phc))
	})
}

// Password is the agent's password hash, or habilitation.ErrUnknown.
func (s *Store) Password(ctx context.Context, agent habilitation.AgentID) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var phc string
	err := s.file.View(func(tx *bolt.Tx) error {
		stored := tx.Bucket(passwordsBucket).Get(agentKey(agent))
		if stored == nil {
			return habilitation.ErrUnknown
		}
		phc = string(stored)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read password of agent %d: %w", agent, err)
	}
	return phc, nil
}

// write runs one durable transaction. The caller holds writing.
func (s *Store) write(ctx context.Context, change func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.file.Change(change)
	if errors.Is(err, archive.ErrStopped) {
		return fmt.Errorf("%w: %w", ErrStopped, err)
	}
	return err
}

func agentKey(agent habilitation.AgentID) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(agent))
}

func appendFamily(to []byte, f habilitation.Family, current [32]byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(f.Agent))
	to = append(to, f.Terminal[:]...)
	to = binary.BigEndian.AppendUint64(to, uint64(f.Started.UnixMicro()))
	to = binary.BigEndian.AppendUint64(to, uint64(f.Used.UnixMicro()))
	to = append(to, current[:]...)
	return binary.BigEndian.AppendUint64(to, uint64(f.Proved.UnixMicro()))
}

func readFamily(session, record []byte) (f habilitation.Family, current [32]byte, err error) {
	if len(session) != len(f.Session) || len(record) != familySize && len(record) != formerFamily {
		return f, current, fmt.Errorf("%w: session of %d bytes", ErrFormat, len(record))
	}
	copy(f.Session[:], session)
	f.Agent = habilitation.AgentID(binary.BigEndian.Uint32(record))
	copy(f.Terminal[:], record[4:])
	f.Started = time.UnixMicro(int64(binary.BigEndian.Uint64(record[20:]))).UTC()
	f.Used = time.UnixMicro(int64(binary.BigEndian.Uint64(record[28:]))).UTC()
	copy(current[:], record[36:])
	f.Proved = f.Started
	if len(record) == familySize {
		f.Proved = time.UnixMicro(int64(binary.BigEndian.Uint64(record[formerFamily:]))).UTC()
	}
	return f, current, nil
}
