package boltdesk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"chancery/archive/boltfile"
	"chancery/correspondence"
	"chancery/correspondence/desktest"
)

func TestDeskStoreContract(t *testing.T) {
	desktest.Run(t, func(t *testing.T) desktest.Opener {
		path := filepath.Join(t.TempDir(), "desks.db")
		return func() (correspondence.DeskStore, error) { return Create(path) }
	})
}

func open(t testing.TB) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desks.db")
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, path
}

func TestSecondOpeningIsLocked(t *testing.T) {
	s, path := open(t)
	if _, err := Create(path); !errors.Is(err, correspondence.ErrLocked) {
		t.Errorf("open a store that is open: %v, want ErrLocked", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestFileIsPrivate also tightens a file that someone opened to others.
func TestFileIsPrivate(t *testing.T) {
	s, path := open(t)
	for _, before := range []os.FileMode{0, 0o644} {
		if before != 0 {
			if err := errors.Join(s.Close(), os.Chmod(path, before)); err != nil {
				t.Fatal(err)
			}
			if again, err := Create(path); err != nil {
				t.Fatal(err)
			} else if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("file after %v: %v, %v, want 0600", before, info.Mode(), err)
		}
	}
}

func TestOtherLayoutIsRefused(t *testing.T) {
	s, path := open(t)
	err := s.file.Change(func(tx *bbolt.Tx) error { return tx.Bucket(formatBucket).Put(layoutKey, []byte("desks 2")) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); !errors.Is(err, ErrLayout) {
		t.Errorf("open a file of another layout: %v, want ErrLayout", err)
	}
}

// TestNoErrorIsLost takes the file away under the store: every caller of the group that cannot be written hears of it, and so does
// every later one, while what was durable is still read.
func TestNoErrorIsLost(t *testing.T) {
	var file *os.File
	s, err := openFile(filepath.Join(t.TempDir(), "desks.db"), boltfile.Options{Make: true, OpenFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), 1, "drafts", "kept", 0, []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for i := range 32 {
		callers.Go(func() {
			if _, err := s.Put(t.Context(), correspondence.Owner(i), "drafts", "lost", 0, []byte("lost")); !errors.Is(err, correspondence.ErrStopped) {
				t.Errorf("put by %d onto a file that is gone: %v, want ErrStopped", i, err)
			}
		})
	}
	callers.Wait()
	if item, err := s.Get(t.Context(), 1, "drafts", "kept"); err != nil || string(item.Value) != "kept" {
		t.Errorf("get after the stop: %+v, %v", item, err)
	}
	_ = s.Close() // cannot close what is closed; it must only come back
}

// TestConcurrentPutsShareTransactions holds group commit against the count of bbolt's own transactions.
func TestConcurrentPutsShareTransactions(t *testing.T) {
	s, _ := open(t)
	before := transactions(t, s)
	var callers sync.WaitGroup
	const puts = 256
	for i := range puts {
		callers.Go(func() {
			if _, err := s.Put(t.Context(), correspondence.Owner(i), "reads", "m", 0, nil); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if used := transactions(t, s) - before; used > puts/2 {
		t.Errorf("%d puts at once took %d transactions", puts, used)
	}
}

func transactions(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.file.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

func BenchmarkPut(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, _ := open(b)
			value := make([]byte, 2600)
			var all sync.WaitGroup
			for c := range callers {
				all.Go(func() {
					for i := c; i < b.N; i += callers {
						if _, err := s.Put(b.Context(), correspondence.Owner(c), "drafts", fmt.Sprint(i%50), correspondence.AnyVersion, value); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
	}
}
