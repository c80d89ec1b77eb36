package boltkeys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltkeys"
)

func open(t *testing.T, path string, key archive.MasterKey) *boltkeys.Store {
	t.Helper()
	s, err := boltkeys.Create(path, key, boltkeys.Options{Clock: func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 5000, time.UTC) }})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func secrets(pairs ...string) (list []archive.Secret) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, archive.Secret{Name: []byte(pairs[i]), Value: []byte(pairs[i+1])})
	}
	return list
}

func want(t *testing.T, s *boltkeys.Store, name, value string, wantErr error) {
	t.Helper()
	if got, err := s.Get(context.Background(), []byte(name)); !errors.Is(err, wantErr) || string(got) != value {
		t.Fatalf("get %s: %q, %v", name, got, err)
	}
}

func TestPutGetDestroy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	master := archive.NewMasterKey()
	s := open(t, path, master)
	ctx := context.Background()
	long := string(bytes.Repeat([]byte{7}, archive.MaxSecret))
	if err := s.Put(ctx, secrets("a/1", "one", "a/2", "two", "b", long)); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, secrets("a/3", "three", "a/1", "other")); !errors.Is(err, archive.ErrExists) {
		t.Fatalf("another value: %v", err)
	}
	want(t, s, "a/3", "", archive.ErrUnknown)
	if err := s.Put(ctx, secrets("a/1", "one")); err != nil {
		t.Fatalf("the same again: %v", err)
	}
	if err := s.Destroy(ctx, []byte("a/1"), ""); !errors.Is(err, archive.ErrReasonMissing) {
		t.Fatalf("no reason: %v", err)
	}
	if err := s.Destroy(ctx, []byte("a/9"), "visa 1"); !errors.Is(err, archive.ErrUnknown) {
		t.Fatalf("unknown: %v", err)
	}
	for _, reason := range []archive.Reason{"visa 1", "visa 2"} {
		if err := s.Destroy(ctx, []byte("a/1"), reason); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, master)
	want(t, s, "a/1", "", archive.ErrErased)
	want(t, s, "a/2", "two", nil)
	want(t, s, "b", long, nil)
	at, reason, err := s.Destruction(ctx, []byte("a/1"))
	if err != nil || reason != "visa 1" || !at.Equal(time.Date(2026, 11, 22, 9, 0, 0, 5000, time.UTC)) {
		t.Fatalf("destruction: %v %q %v", at, reason, err)
	}
	if err := s.Put(ctx, secrets("a/1", "anew")); err != nil {
		t.Fatal(err)
	}
	want(t, s, "a/1", "anew", nil)
	for _, bad := range [][]archive.Secret{secrets("", "x"), secrets("x", ""), secrets("x", long+"x"), secrets(string(make([]byte, 513)), "x")} {
		if err := s.Put(ctx, bad); err == nil {
			t.Fatal("a bad secret was kept")
		}
	}
}

func TestNames(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys"), archive.NewMasterKey())
	ctx := context.Background()
	var list []archive.Secret
	for n := range 1100 {
		list = append(list, secrets(fmt.Sprintf("e/%05d", n), "x")...)
	}
	if err := s.Put(ctx, append(list, secrets("d", "x", "f", "x")...)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, err := range s.Names(ctx, []byte("e/")) {
		if err != nil || string(name) != fmt.Sprintf("e/%05d", n) {
			t.Fatalf("name %d is %q, %v", n, name, err)
		}
		n++
	}
	if n != 1100 {
		t.Fatalf("%d names", n)
	}
}

func TestRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	master := archive.NewMasterKey()
	s := open(t, path, master)
	if err := s.Put(context.Background(), secrets("a", "a secret that must not be in the file", "b", "another")); err != nil {
		t.Fatal(err)
	}
	if _, err := boltkeys.Create(path, master, boltkeys.Options{}); !errors.Is(err, archive.ErrLocked) {
		t.Fatalf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(context.Background(), []byte("a")); !errors.Is(err, archive.ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
	if _, err := boltkeys.Create(path, archive.NewMasterKey(), boltkeys.Options{}); !errors.Is(err, archive.ErrWrongMasterKey) {
		t.Fatalf("another master key: %v", err)
	}
	raw, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || info.Mode().Perm() != 0o600 || bytes.Contains(raw, []byte("must not be")) {
		t.Fatalf("the file: mode %v, %v, or a secret in clear", info.Mode(), err)
	}
	swap(t, path, "a", "b")
	s = open(t, path, master)
	want(t, s, "a", "", archive.ErrDamaged) // sealed for another name
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * os.Getpagesize() {
		raw[i] = 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := boltkeys.Create(path, master, boltkeys.Options{}); !errors.Is(err, archive.ErrDamaged) {
		t.Fatalf("a corrupted file: %v", err)
	}
}

// swap puts the sealed value of one name under the other.
func swap(t *testing.T, path, to, from string) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("secrets"))
		return b.Put([]byte(to), bytes.Clone(b.Get([]byte(from))))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestRewrap(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	old, fresh := archive.NewMasterKey(), archive.NewMasterKey()
	s := open(t, from, old)
	ctx := context.Background()
	if err := s.Put(ctx, secrets("a", "one", "b", "two")); err != nil {
		t.Fatal(err)
	}
	if err := s.Destroy(ctx, []byte("a"), "visa 3"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrap(ctx, to, fresh); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrap(ctx, to, fresh); !errors.Is(err, os.ErrExist) {
		t.Fatalf("over a file that is there: %v", err)
	}
	n := open(t, to, fresh)
	want(t, n, "b", "two", nil)
	want(t, n, "a", "", archive.ErrErased)
	if _, reason, err := n.Destruction(ctx, []byte("a")); err != nil || reason != "visa 3" {
		t.Fatalf("the record of the destruction: %q, %v", reason, err)
	}
}
