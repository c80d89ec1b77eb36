package boltcredentials

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/habilitation"
	"chancery/habilitation/credentialstest"
)

var _ habilitation.Credentials = (*Store)(nil)

func TestConformance(t *testing.T) {
	paths := make(map[*testing.T]string)
	credentialstest.Run(t, func(t *testing.T) (habilitation.Credentials, func()) {
		if paths[t] == "" {
			paths[t] = filepath.Join(t.TempDir(), "credentials.db")
		}
		store := open(t, paths[t])
		return store, func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *Store {
	t.Helper()
	store, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestFileIsPrivateAndLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.db")
	store := open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if second, err := Create(path); err == nil {
		_ = second.Close()
		t.Fatal("opened twice")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.db")
	store := open(t, path)
	err := store.file.Change(func(tx *bolt.Tx) error { return tx.Bucket(formatBucket).Put(versionKey, []byte{3}) })
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); !errors.Is(err, ErrFormat) {
		t.Fatalf("opened version 3: %v", err)
	}
}

// TestTheFormerFormatIsRead writes a session as version 1 had it: what it did not say is the sign-in's.
func TestTheFormerFormatIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.db")
	store := open(t, path)
	f := habilitation.Family{Session: habilitation.ID{1}, Agent: 3, Started: noon, Used: noon.Add(time.Minute)}
	former := appendFamily(nil, f, [32]byte{1})[:formerFamily]
	err := store.file.Change(func(tx *bolt.Tx) error {
		return errors.Join(tx.Bucket(familiesBucket).Put(f.Session[:], former), tx.Bucket(tokensBucket).Put(append([]byte{1}, make([]byte, 31)...), f.Session[:]),
			tx.Bucket(formatBucket).Put(versionKey, []byte{1}))
	})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	f.Proved = noon
	store = open(t, path)
	if got, err := store.Family(t.Context(), f.Session); err != nil || got != f {
		t.Fatalf("%+v, %v, want %+v", got, err, f)
	}
	if _, err := store.Rotate(t.Context(), [32]byte{1}, [32]byte{2}, f.Used); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = open(t, path)
	defer store.Close()
	if got, err := store.Family(t.Context(), f.Session); err != nil || got != f {
		t.Fatalf("written anew: %+v, %v, want %+v", got, err, f)
	}
}

func TestEndedSessionsLeaveNothingBehind(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "credentials.db"))
	defer store.Close()
	f := habilitation.Family{Session: habilitation.ID{1}, Agent: 3}
	if err := store.StartFamily(t.Context(), f, [32]byte{1}, f.Started); err != nil {
		t.Fatal(err)
	}
	for n := byte(1); n < 9; n++ {
		if _, err := store.Rotate(t.Context(), [32]byte{n}, [32]byte{n + 1}, f.Started); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.EndFamily(t.Context(), 3, habilitation.ID{}); err != nil {
		t.Fatal(err)
	}
	err := store.file.View(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{familiesBucket, tokensBucket, issuedBucket} {
			if n := tx.Bucket(name).Stats().KeyN; n != 0 {
				t.Errorf("%d keys left in %s", n, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
