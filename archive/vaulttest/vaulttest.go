// Package vaulttest holds every engine of archive.Vault to the same promises.
//
// A check returns what it found wrong, so that the suite can be run against a vault known to be faulty (see Faulty) and be seen to catch it.
package vaulttest

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"chancery/archive"
)

// Opener opens one stored vault; called again after Close it opens the same one.
type Opener func() (archive.Vault, error)

// Check is one promise of the contract. Run begins with an empty vault and closes what it opens.
type Check struct {
	Name string
	Run  func(ctx context.Context, open Opener) error
}

// Run holds an engine to every check, each on a vault that fresh makes.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	t.Helper()
	for _, check := range Checks() {
		t.Run(check.Name, func(t *testing.T) {
			if err := check.Run(t.Context(), fresh(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Checks is the whole suite.
func Checks() []Check {
	return []Check{
		{"what is put is read back", opened(readsBack)},
		{"the same bytes are the same object", opened(sameObject)},
		{"what is not there is unknown", opened(unknown)},
		{"a reader that breaks off puts nothing", opened(brokenReader)},
		{"retained objects stay readable", opened(retained)},
		{"removed objects are erased", opened(removed)},
		{"removal needs a reason", opened(reasonNeeded)},
		{"an ended context puts nothing", opened(endedContext)},
		{"many put at once", opened(manyAtOnce)},
		{"everything is there after reopening", reopened},
		{"a closed vault refuses", closed},
	}
}

// opened runs a check on a vault and closes it.
func opened(run func(context.Context, archive.Vault) error) func(context.Context, Opener) error {
	return func(ctx context.Context, open Opener) error {
		vault, err := open()
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		return errors.Join(run(ctx, vault), vault.Close())
	}
}

// content is reproducible bytes of a size; different sizes differ from the first byte on.
func content(size int) []byte {
	b := make([]byte, size)
	state := uint32(size)*2654435761 + 1
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

// digestOf is what a vault must name the bytes.
func digestOf(b []byte) archive.Digest {
	return archive.Digest{Sum: sha512.Sum512(b), Size: int64(len(b))}
}

// sizes are around the borders where an engine may cut.
var sizes = []int{0, 1, 511, 4096, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, 300_000}

// put stores bytes and checks the name they get.
func put(ctx context.Context, v archive.Vault, b []byte) (archive.Digest, error) {
	d, err := v.Put(ctx, iotest.HalfReader(bytes.NewReader(b)))
	if err != nil {
		return d, fmt.Errorf("put %d bytes: %w", len(b), err)
	}
	if d != digestOf(b) {
		return d, fmt.Errorf("put %d bytes: named %s, want %s", len(b), d, digestOf(b))
	}
	return d, nil
}

// holds checks that the object is there with these bytes.
func holds(ctx context.Context, v archive.Vault, b []byte) error {
	d := digestOf(b)
	has, err := v.Has(ctx, d)
	if err != nil {
		return fmt.Errorf("has %s: %w", d, err)
	}
	if !has {
		return fmt.Errorf("has %s: want that it is there", d)
	}
	r, err := v.Open(ctx, d)
	if err != nil {
		return fmt.Errorf("open %s: %w", d, err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read %s: %w", d, err)
	}
	if !bytes.Equal(got, b) {
		return fmt.Errorf("read %s: %d bytes that are not those put", d, len(got))
	}
	return nil
}

// lacks checks that the object is not there and that opening it is the wanted error.
func lacks(ctx context.Context, v archive.Vault, d archive.Digest, want error) error {
	has, err := v.Has(ctx, d)
	if err != nil {
		return fmt.Errorf("has %s: %w", d, err)
	}
	if has {
		return fmt.Errorf("has %s: want that it is not there", d)
	}
	r, err := v.Open(ctx, d)
	if err == nil {
		return errors.Join(refused("open "+d.String(), nil, want), r.Close())
	}
	return refused("open "+d.String(), err, want)
}

// refused checks that what was tried met the wanted error.
func refused(tried string, err, want error) error {
	switch {
	case errors.Is(err, want):
		return nil
	case err == nil:
		return fmt.Errorf("%s: done, want %q", tried, want.Error())
	}
	return fmt.Errorf("%s: %w, want %q", tried, err, want.Error())
}

func readsBack(ctx context.Context, v archive.Vault) error {
	for _, size := range sizes {
		if _, err := put(ctx, v, content(size)); err != nil {
			return err
		}
	}
	for _, size := range sizes {
		if err := holds(ctx, v, content(size)); err != nil {
			return err
		}
	}
	return nil
}

func sameObject(ctx context.Context, v archive.Vault) error {
	b := content(5000)
	for range 2 {
		if _, err := put(ctx, v, b); err != nil {
			return err
		}
	}
	if err := v.Retain(ctx, digestOf(b)); err != nil {
		return fmt.Errorf("retain: %w", err)
	}
	if _, err := put(ctx, v, b); err != nil {
		return err
	}
	if err := holds(ctx, v, b); err != nil {
		return err
	}
	if err := v.Remove(ctx, digestOf(b), "once is enough for all"); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return lacks(ctx, v, digestOf(b), archive.ErrErased)
}

func unknown(ctx context.Context, v archive.Vault) error {
	if _, err := put(ctx, v, content(10)); err != nil {
		return err
	}
	otherSize := digestOf(content(10))
	otherSize.Size++
	for _, d := range []archive.Digest{digestOf(content(11)), otherSize, {}} {
		if err := lacks(ctx, v, d, archive.ErrUnknown); err != nil {
			return err
		}
		if err := refused("retain "+d.String(), v.Retain(ctx, d), archive.ErrUnknown); err != nil {
			return err
		}
		if err := refused("remove "+d.String(), v.Remove(ctx, d, "never there"), archive.ErrUnknown); err != nil {
			return err
		}
	}
	return nil
}

func brokenReader(ctx context.Context, v archive.Vault) error {
	broken := errors.New("line broken")
	for _, size := range sizes {
		b := content(size)
		_, err := v.Put(ctx, io.MultiReader(bytes.NewReader(b), iotest.ErrReader(broken)))
		if err := refused(fmt.Sprintf("put from a reader that breaks after %d bytes", size), err, broken); err != nil {
			return err
		}
		if err := lacks(ctx, v, digestOf(b), archive.ErrUnknown); err != nil {
			return err
		}
	}
	return nil
}

func retained(ctx context.Context, v archive.Vault) error {
	b := content(70_000)
	if _, err := put(ctx, v, b); err != nil {
		return err
	}
	for range 2 {
		if err := v.Retain(ctx, digestOf(b)); err != nil {
			return fmt.Errorf("retain: %w", err)
		}
		if err := holds(ctx, v, b); err != nil {
			return err
		}
	}
	return nil
}

func removed(ctx context.Context, v archive.Vault) error {
	free, cited, stays := content(100), content(200), content(300)
	for _, b := range [][]byte{free, cited, stays} {
		if _, err := put(ctx, v, b); err != nil {
			return err
		}
	}
	if err := v.Retain(ctx, digestOf(cited)); err != nil {
		return fmt.Errorf("retain: %w", err)
	}
	for _, b := range [][]byte{free, cited} {
		for range 2 {
			if err := v.Remove(ctx, digestOf(b), "list 12, visa of the archives"); err != nil {
				return fmt.Errorf("remove: %w", err)
			}
			if err := lacks(ctx, v, digestOf(b), archive.ErrErased); err != nil {
				return err
			}
		}
	}
	if err := holds(ctx, v, stays); err != nil {
		return err
	}
	if _, err := put(ctx, v, free); err != nil {
		return fmt.Errorf("after removal: %w", err)
	}
	return holds(ctx, v, free)
}

func reasonNeeded(ctx context.Context, v archive.Vault) error {
	b := content(100)
	if _, err := put(ctx, v, b); err != nil {
		return err
	}
	if err := refused("remove without a reason", v.Remove(ctx, digestOf(b), ""), archive.ErrReasonMissing); err != nil {
		return err
	}
	if err := holds(ctx, v, b); err != nil {
		return err
	}
	if err := v.Remove(ctx, digestOf(b), "list 12"); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return refused("remove again without a reason", v.Remove(ctx, digestOf(b), ""), archive.ErrReasonMissing)
}

func endedContext(ctx context.Context, v archive.Vault) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := v.Put(ended, bytes.NewReader(content(10)))
	if err := refused("put with an ended context", err, context.Canceled); err != nil {
		return err
	}
	return lacks(ctx, v, digestOf(content(10)), archive.ErrUnknown)
}

func manyAtOnce(ctx context.Context, v archive.Vault) error {
	const writers = 8
	found := make([]error, writers)
	var wait sync.WaitGroup
	for n := range found {
		wait.Go(func() {
			b := content(1000 + n/2) // two writers each
			_, err := put(ctx, v, b)
			found[n] = errors.Join(err, holds(ctx, v, b), v.Retain(ctx, digestOf(b)), holds(ctx, v, b))
		})
	}
	wait.Wait()
	return errors.Join(found...)
}

func reopened(ctx context.Context, open Opener) error {
	fill := func(ctx context.Context, v archive.Vault) error {
		for _, size := range []int{0, 100, 200, 70_000} {
			if _, err := put(ctx, v, content(size)); err != nil {
				return err
			}
		}
		return errors.Join(v.Retain(ctx, digestOf(content(70_000))), v.Remove(ctx, digestOf(content(200)), "list 12"))
	}
	look := func(ctx context.Context, v archive.Vault) error {
		return errors.Join(holds(ctx, v, content(0)), holds(ctx, v, content(100)), holds(ctx, v, content(70_000)),
			lacks(ctx, v, digestOf(content(200)), archive.ErrErased))
	}
	if err := opened(fill)(ctx, open); err != nil {
		return err
	}
	return opened(look)(ctx, open)
}

func closed(ctx context.Context, open Opener) error {
	v, err := open()
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if _, err := put(ctx, v, content(10)); err != nil {
		return err
	}
	if err := v.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	d := digestOf(content(10))
	_, putting := v.Put(ctx, bytes.NewReader(content(10)))
	_, opening := v.Open(ctx, d)
	_, looking := v.Has(ctx, d)
	for what, err := range map[string]error{
		"put": putting, "open": opening, "has": looking, "retain": v.Retain(ctx, d), "remove": v.Remove(ctx, d, "list 12"),
	} {
		if err := refused(what+" after closing", err, archive.ErrClosed); err != nil {
			return err
		}
	}
	return v.Close()
}
