package boltjournal

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"chancery/archive"
)

// Keys are made durable in blocks, ahead of the entries that will use them: so an append waits for no sync but its own.
// A block is one transaction of the key store; blocks grow while they are used up.
const (
	firstBlock   = 32
	largestBlock = 2048
)

// keyRef names a key within the journal's part of the key store: the block's number, 8 bytes, and the place in it, 2.
type keyRef [10]byte

func newKeyRef(block uint64, place int) keyRef {
	return keyRef(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(nil, block), uint16(place)))
}

func (r keyRef) block() uint64 { return binary.BigEndian.Uint64(r[:]) }

// keyPrefix opens the names of all keys of a journal; a keyRef follows.
func keyPrefix(journal string) []byte { return append([]byte("entry/"+journal), '/') }

func keyName(journal string, ref keyRef) []byte { return append(keyPrefix(journal), ref[:]...) }

// durableKey is a key that the key store already has, for one payload.
type durableKey struct {
	ref keyRef
	key []byte
}

// keyring hands out durable keys. It is safe for concurrent use.
type keyring struct {
	options Options
	// stop stops the whole journal over a block that could not be made.
	stop    func(error) error
	filling sync.WaitGroup

	mu      sync.Mutex
	ready   []durableKey  // owned by mu
	block   uint64        // the next block to be made; owned by mu
	size    int           // of the next block; owned by mu
	filled  chan struct{} // not nil while a block is being made, closed after; owned by mu
	stopped error         // what went wrong with a block; owned by mu
}

// take hands out a key, and has the next block made in good time.
func (k *keyring) take(ctx context.Context) (durableKey, error) {
	for {
		k.mu.Lock()
		if k.stopped == nil && k.filled == nil && len(k.ready) < k.size/4+1 {
			k.filled = make(chan struct{})
			k.filling.Go(k.fill)
		}
		if len(k.ready) > 0 {
			key := k.ready[0]
			k.ready = k.ready[1:]
			k.mu.Unlock()
			return key, nil
		}
		stopped, filled := k.stopped, k.filled
		k.mu.Unlock()
		if stopped != nil {
			return durableKey{}, stopped
		}
		select {
		case <-filled:
		case <-ctx.Done():
			return durableKey{}, ctx.Err()
		}
	}
}

// give takes a key back that sealed nothing that is kept: the entry was refused, or was there already.
func (k *keyring) give(key durableKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ready = append(k.ready, key)
}

// close waits for the block being made; no other is begun.
func (k *keyring) close() {
	k.mu.Lock()
	if k.stopped == nil {
		k.stopped = archive.ErrClosed
	}
	k.mu.Unlock()
	k.filling.Wait()
}

// next is the first block that no entry has used yet.
func (k *keyring) next() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.block
}

// fill makes one block durable and hands it out.
func (k *keyring) fill() {
	k.mu.Lock()
	block, size := k.block, max(k.size, firstBlock)
	k.mu.Unlock()
	block, fresh, err := k.makeBlock(block, size)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.stopped = k.stop(fmt.Errorf("make keys: %w", err))
	}
	k.ready = append(slices.Clone(k.ready), fresh...)
	k.block, k.size = block+1, min(2*size, largestBlock)
	close(k.filled)
	k.filled = nil
}

// makeBlock keeps a block of new keys under the first number that is free.
func (k *keyring) makeBlock(block uint64, size int) (uint64, []durableKey, error) {
	ctx := context.Background()
	for {
		used, err := k.used(ctx, block)
		if err != nil {
			return block, nil, err
		}
		if !used {
			break
		}
		block++
	}
	raw := make([]byte, size*chacha20poly1305.KeySize)
	if _, err := io.ReadFull(k.options.Random, raw); err != nil {
		return block, nil, fmt.Errorf("draw keys: %w", err)
	}
	fresh, secrets := make([]durableKey, size), make([]archive.Secret, size)
	for i := range fresh {
		fresh[i] = durableKey{ref: newKeyRef(block, i), key: raw[i*chacha20poly1305.KeySize:][:chacha20poly1305.KeySize:chacha20poly1305.KeySize]}
		secrets[i] = archive.Secret{Name: keyName(k.options.Name, fresh[i].ref), Value: fresh[i].key}
	}
	if err := k.options.step(StepKeys); err != nil {
		return block, nil, err
	}
	return block, fresh, k.options.Keys.Put(ctx, secrets)
}

// used tells whether an earlier run left a block of the number behind.
func (k *keyring) used(ctx context.Context, block uint64) (bool, error) {
	for _, err := range k.options.Keys.Names(ctx, binary.BigEndian.AppendUint64(keyPrefix(k.options.Name), block)) {
		return true, err
	}
	return false, nil
}
