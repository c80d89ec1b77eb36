package boltjournal

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/crypto/chacha20poly1305"

	"chancery/archive"
	"chancery/habilitation"
)

// The text under a seal is one byte telling how the payload is packed, the salt of 32 bytes, and the payload.
const (
	packedPlain = 0
	packedZstd  = 1
	// packFrom is the length from which packing is tried: shorter payloads hardly shrink.
	packFrom = 256
)

// prepared is all of an entry that does not depend on its place: made by the callers, at the same time.
type prepared struct {
	draft  archive.Draft // time settled; the payload is the caller's until the answer
	digest [32]byte
	leaf   [32]byte // hash of the leaf, when in a tree
	key    durableKey
	sealed []byte
}

// sealer packs, seals and opens payloads. It is safe for concurrent use.
type sealer struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
}

func newSealer() (*sealer, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(archive.MaxPayload+1), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	return &sealer{pack: pack, unpack: unpack}, nil
}

func (s *sealer) close() { s.unpack.Close() }

// prepare does the work of one draft that needs no place.
func (j *Journal) prepare(ctx context.Context, draft archive.Draft) (prepared, error) {
	p := prepared{draft: draft}
	if err := draft.Check(); err != nil {
		return p, fmt.Errorf("%s: %w", draft.ID, err)
	}
	if draft.Time.IsZero() {
		p.draft.Time = j.options.Clock()
	}
	p.draft.Time = p.draft.Time.UTC().Truncate(time.Microsecond)
	var fresh [nonceSize + 32]byte
	if _, err := io.ReadFull(j.options.Random, fresh[:]); err != nil {
		return p, fmt.Errorf("%s: draw nonce: %w", draft.ID, err)
	}
	salt := [32]byte(fresh[nonceSize:])
	if j.options.Salt != nil {
		salt = j.options.Salt(draft.ID)
	}
	p.digest = archive.PayloadDigest(salt, draft.Payload)
	if draft.Tree != archive.NoTree {
		p.leaf = archive.LeafHash(p.header(archive.Head{}, 0).Leaf())
	}
	var err error
	if p.key, err = j.ring.take(ctx); err != nil {
		return p, fmt.Errorf("%s: %w", draft.ID, err)
	}
	p.sealed, err = j.sealer.seal(p.key.key, fresh[:nonceSize], salt, draft)
	return p, err
}

// seal packs the payload if that makes it shorter, and seals it bound to the entry's identity.
func (s *sealer) seal(key, nonce []byte, salt [32]byte, draft archive.Draft) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", draft.ID, err)
	}
	text := make([]byte, 1+32, 1+32+len(draft.Payload)+64)
	copy(text[1:], salt[:])
	if len(draft.Payload) >= packFrom {
		text[0] = packedZstd
		text = s.pack.EncodeAll(draft.Payload, text)
	}
	if text[0] == packedPlain || len(text) >= 1+32+len(draft.Payload) {
		text = append(text[:1+32], draft.Payload...)
		text[0] = packedPlain
	}
	out := make([]byte, nonceSize, nonceSize+len(text)+aead.Overhead())
	copy(out, nonce)
	return aead.Seal(out, nonce, text, sealedFor(draft.ID)), nil
}

// open opens a sealed payload and hashes it again.
func (s *sealer) open(key []byte, h archive.Header, sealed []byte) (archive.Entry, error) {
	entry := archive.Entry{Header: h}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < minSealed {
		return entry, fmt.Errorf("payload of %d sealed bytes, key of %d: %w", len(sealed), len(key), archive.ErrDamaged)
	}
	text, err := aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], sealedFor(h.ID))
	if err != nil {
		return entry, fmt.Errorf("payload does not open under its key: %w", archive.ErrDamaged)
	}
	salt, payload := [32]byte(text[1:33]), text[33:]
	if text[0] == packedZstd {
		if payload, err = s.unpack.DecodeAll(payload, nil); err != nil {
			return entry, fmt.Errorf("payload does not unpack: %w", archive.ErrDamaged)
		}
	}
	if archive.PayloadDigest(salt, payload) != h.Digest {
		return entry, fmt.Errorf("payload is not the one the header commits to: %w", archive.ErrDamaged)
	}
	entry.Salt, entry.Payload = salt, payload
	return entry, nil
}

func sealedFor(id habilitation.ID) []byte { return append([]byte("chancery entry v1\n"), id[:]...) }

// header is the prepared entry's header at its place.
func (p *prepared) header(head archive.Head, index uint64) archive.Header {
	d := &p.draft
	return archive.Header{
		Seq: head.Seq + 1, ID: d.ID, Kind: d.Kind, Version: d.Version, Actor: d.Actor, Level: d.Level, Tree: d.Tree,
		Time: d.Time, Digest: p.digest, Index: index, Cites: d.Cites,
	}
}

// together calls do for 0 … n-1 on all processors and returns when every call has.
func together(n int, do func(int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	running.Wait()
}
