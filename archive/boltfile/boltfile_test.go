package boltfile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
)

// filled makes a file with large and small buckets, pages that overflow, and free pages.
func filled(t *testing.T, o Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "house.db")
	o.Make = true
	f, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		err := f.Change(func(tx *bolt.Tx) error {
			for _, name := range []string{"many", "large", "few"} {
				b, err := tx.CreateBucketIfNotExists([]byte(name))
				if err != nil {
					return err
				}
				for i := range map[string]int{"many": 240, "large": 2, "few": 2}[name] {
					size := map[string]int{"many": 90, "large": 9000, "few": 5}[name]
					if err := b.Put(fmt.Appendf(nil, "key %05d", i*3+round), make([]byte, size)); err != nil {
						return err
					}
				}
			}
			return tx.Bucket([]byte("many")).Delete([]byte("key 00003"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// problems opens a file, examines it and reads and writes every key, as an engine would: nothing may panic.
func problems(t *testing.T, path string, o Options) (found []string) {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		if !errors.Is(err, archive.ErrDamaged) {
			t.Fatalf("open: %v", err)
		}
		return []string{err.Error()}
	}
	defer func() { _ = f.Close() }()
	if err := f.Examine(context.Background(), func(p archive.Problem) { found = append(found, p.String()) }); err != nil {
		t.Fatalf("examine: %v", err)
	}
	read := f.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return b.ForEach(func(_, _ []byte) error { return nil }) })
	})
	written := f.Change(func(tx *bolt.Tx) error {
		for i := range 100 {
			if err := tx.Bucket([]byte("many")).Put(fmt.Appendf(nil, "key %05d", i*7), nil); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range []error{read, written} {
		if err != nil && len(found) == 0 {
			t.Errorf("nothing was found, but: %v", err)
		}
	}
	return found
}

func both() map[string]Options {
	return map[string]Options{"free pages in the file": {}, "free pages looked for": {Whole: true, NoFreelist: true}}
}

func TestASoundFileIsSound(t *testing.T) {
	for name, o := range both() {
		t.Run(name, func(t *testing.T) {
			path := filled(t, o)
			for range 2 {
				if found := problems(t, path, o); len(found) > 0 {
					t.Errorf("found %q", found)
				}
			}
		})
	}
}

// TestEveryPageSpoiled overwrites the head of each page, and then bytes of it at random: what the driver would answer with a panic is named
// with the file and the page.
func TestEveryPageSpoiled(t *testing.T) {
	for name, o := range both() {
		t.Run(name, func(t *testing.T) {
			path := filled(t, o)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			random, size := rand.New(rand.NewPCG(3, 5)), os.Getpagesize()
			for at := 0; at < len(good); at += size {
				for round := range 2 {
					bad := slices.Clone(good)
					for i := range 32 {
						if round == 0 {
							bad[at+i] ^= 0xA5
						} else {
							bad[at+random.IntN(300)] = byte(random.Uint32())
						}
					}
					if err := os.WriteFile(path, bad, 0o600); err != nil {
						t.Fatal(err)
					}
					found := problems(t, path, o)
					if at < 2*size && round == 0 && len(found) == 0 {
						t.Errorf("meta page %d is spoiled, and nothing was found", at/size)
					}
					for _, p := range found {
						if !strings.HasPrefix(p, "house.db: ") {
							t.Errorf("%q does not begin with the file", p)
						}
					}
				}
			}
		})
	}
}

func TestAFileCutShort(t *testing.T) {
	for name, o := range both() {
		t.Run(name, func(t *testing.T) {
			path := filled(t, o)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for size := len(good) - 1; size > 0; size -= 8001 {
				if err := os.WriteFile(path, good[:size], 0o600); err != nil {
					t.Fatal(err)
				}
				if found := problems(t, path, o); len(found) == 0 && size < usedBytes(good) {
					t.Errorf("%d of %d bytes: nothing was found", size, len(good))
				}
			}
		})
	}
}

// usedBytes is how far the pages reach that the file says it has.
func usedBytes(file []byte) int {
	pages := max(order.Uint64(file[headerSize+40:]), order.Uint64(file[os.Getpagesize()+headerSize+40:]))
	return int(pages) * os.Getpagesize()
}

// TestNothingIsMadeUnasked: a file that is not there, or is empty, is not replaced by a new one.
func TestNothingIsMadeUnasked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "house.db")
	if _, err := Open(path, Options{}); !errors.Is(err, archive.ErrMissing) || !strings.Contains(err.Error(), "house.db") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("an empty file: %v", err)
	}
}

// TestAPanicEndsWriting: what panics amid a write leaves nothing and stops the file; closing it does not wait for ever, and it opens again.
func TestAPanicEndsWriting(t *testing.T) {
	path := filled(t, Options{})
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = f.Change(func(tx *bolt.Tx) error {
		_ = tx.Bucket([]byte("few")).Put([]byte("half"), nil)
		panic("page 7 is gone")
	})
	if !errors.Is(err, archive.ErrDamaged) || !errors.Is(err, archive.ErrStopped) || !strings.Contains(err.Error(), "house.db: ") {
		t.Errorf("a panic amid a write: %v", err)
	}
	if err := f.Change(func(*bolt.Tx) error { return nil }); !errors.Is(err, archive.ErrStopped) {
		t.Errorf("the next write: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if f, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	err = f.View(func(tx *bolt.Tx) error {
		if tx.Bucket([]byte("few")).Get([]byte("half")) != nil {
			t.Error("half a write stands")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	for name, o := range both() {
		t.Run(name, func(t *testing.T) {
			path := filled(t, o)
			f, err := Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if _, err := Open(path, o); !errors.Is(err, archive.ErrLocked) {
				t.Errorf("a second opening: %v", err)
			}
		})
	}
}
