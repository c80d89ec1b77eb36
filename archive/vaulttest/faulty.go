package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"chancery/archive"
)

// Fault is one way for a vault to break its promises.
type Fault int32

// The faults. Those that answer ErrBroken are for trying what depends on a vault; the others lie, and the suite must catch them.
const (
	None          Fault = iota
	PutFails            // answers ErrBroken
	PutForgets          // names the bytes and keeps nothing
	PutMisnames         // gives the size one too large
	PutKeepsHalf        // keeps what came before the reader broke off
	OpenFails           // answers ErrBroken
	OpenFlips           // changes one bit of what is read
	OpenCuts            // ends one byte early, without saying so
	OpenUnknown         // says unknown of what was erased
	HasAlways           // says yes to everything
	HasNever            // says no to everything
	RetainFails         // answers ErrBroken
	RetainBlindly       // retains what is not there
	RemoveForgets       // says so and removes nothing
	RemoveUnasked       // removes without a reason
	StaysOpen           // goes on after Close
)

// Faults is every fault but None.
func Faults() []Fault {
	var all []Fault
	for f := PutFails; f <= StaysOpen; f++ {
		all = append(all, f)
	}
	return all
}

// ErrBroken is what a faulty vault answers when it fails openly.
var ErrBroken = errors.New("the vault was told to fail")

// Faulty is a vault that is sound until it is told to fail, and sound again when told None. Any goroutine may tell it.
type Faulty struct {
	archive.Vault
	fault  atomic.Int32
	reopen Opener // for StaysOpen
}

// NewFaulty wraps a sound vault. The opener is needed for StaysOpen alone and may be nil.
func NewFaulty(sound archive.Vault, reopen Opener) *Faulty {
	return &Faulty{Vault: sound, reopen: reopen}
}

// Tell sets the fault that holds from now on.
func (f *Faulty) Tell(fault Fault) { f.fault.Store(int32(fault)) }

func (f *Faulty) is(fault Fault) bool { return Fault(f.fault.Load()) == fault }

// Put is Vault.Put, or one of the Put faults.
func (f *Faulty) Put(ctx context.Context, r io.Reader) (archive.Digest, error) {
	switch {
	case f.is(PutFails):
		return archive.Digest{}, ErrBroken
	case f.is(PutForgets):
		b, err := io.ReadAll(r)
		return digestOf(b), errors.Join(err, ctx.Err())
	case f.is(PutMisnames):
		d, err := f.Vault.Put(ctx, r)
		d.Size++
		return d, err
	case f.is(PutKeepsHalf):
		b, broken := io.ReadAll(r)
		d, err := f.Vault.Put(ctx, bytes.NewReader(b))
		return d, errors.Join(broken, err)
	}
	return f.Vault.Put(ctx, r)
}

// Open is Vault.Open, or one of the Open faults.
func (f *Faulty) Open(ctx context.Context, d archive.Digest) (io.ReadCloser, error) {
	if f.is(OpenFails) {
		return nil, ErrBroken
	}
	r, err := f.Vault.Open(ctx, d)
	if f.is(OpenUnknown) && errors.Is(err, archive.ErrErased) {
		return nil, archive.ErrUnknown
	}
	if err != nil || !f.is(OpenFlips) && !f.is(OpenCuts) {
		return r, err
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if len(b) > 0 && f.is(OpenFlips) {
		b[len(b)/2] ^= 1
	} else if len(b) > 0 {
		b = b[:len(b)-1]
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

// Has is Vault.Has, or one of the Has faults.
func (f *Faulty) Has(ctx context.Context, d archive.Digest) (bool, error) {
	has, err := f.Vault.Has(ctx, d)
	return (has || f.is(HasAlways)) && !f.is(HasNever), err
}

// Retain is Vault.Retain, or one of the Retain faults.
func (f *Faulty) Retain(ctx context.Context, d archive.Digest) error {
	if f.is(RetainFails) {
		return ErrBroken
	}
	err := f.Vault.Retain(ctx, d)
	if f.is(RetainBlindly) && errors.Is(err, archive.ErrUnknown) {
		return nil
	}
	return err
}

// Remove is Vault.Remove, or one of the Remove faults.
func (f *Faulty) Remove(ctx context.Context, d archive.Digest, reason archive.Reason) error {
	if f.is(RemoveForgets) {
		return nil
	}
	if f.is(RemoveUnasked) && reason == "" {
		reason = "none was given"
	}
	return f.Vault.Remove(ctx, d, reason)
}

// Close is Vault.Close; told StaysOpen it opens again.
func (f *Faulty) Close() error {
	err := f.Vault.Close()
	if f.is(StaysOpen) && err == nil {
		f.Vault, err = f.reopen()
	}
	return err
}
