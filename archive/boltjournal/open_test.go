package boltjournal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chancery/archive"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
	"chancery/archive/filevault"
)

// TestOpenRefuses: what is not this journal is not opened, and nothing is made in its place.
func TestOpenRefuses(t *testing.T) {
	sound := t.TempDir()
	filled(t, sound)
	open := func(dir, name string) error {
		keys, err := boltkeys.Create(filepath.Join(dir, "keys"), archive.MasterKey{9}, boltkeys.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = keys.Close() }()
		j, err := boltjournal.Create(filepath.Join(dir, "journal"), boltjournal.Options{Keys: keys, Name: name, Origin: origin, Signer: signer()})
		if err == nil {
			_ = j.Close()
		}
		return err
	}
	if err := open(copyFolder(t, sound), "main"); err != nil {
		t.Fatal(err)
	}
	if err := open(copyFolder(t, sound), "readings"); !errors.Is(err, archive.ErrDamaged) {
		t.Fatalf("under another name: %v", err)
	}
	later := copyFolder(t, sound)
	if err := alter(filepath.Join(later, "journal"), "meta", []byte("format"), func(v []byte) { v[0] = 2 }); err != nil {
		t.Fatal(err)
	}
	if err := open(later, "main"); !errors.Is(err, archive.ErrVersion) {
		t.Fatalf("of a later program: %v", err)
	}
	noise := copyFolder(t, sound)
	if err := os.WriteFile(filepath.Join(noise, "journal"), bytes.Repeat([]byte("no journal "), 4000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(noise, "main"); !errors.Is(err, archive.ErrDamaged) {
		t.Fatalf("noise: %v", err)
	}
	info, err := os.Stat(filepath.Join(sound, "journal"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := open(filepath.Join(sound, "no such folder"), "main"); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("no folder: %v", err)
	}
}

// TestNothingInClear: the file holds no word of a payload.
func TestNothingInClear(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir)
	for _, name := range []string{"journal", "keys"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || bytes.Contains(raw, []byte("delegation")) {
			t.Fatalf("%s: %v, or a payload in clear", name, err)
		}
	}
}

// TestNewSigningKey: a journal opened with a new key signs its checkpoints anew.
func TestNewSigningKey(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir)
	keys := func() *boltkeys.Store {
		s, err := boltkeys.Create(filepath.Join(dir, "keys"), archive.MasterKey{9}, boltkeys.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}()
	fresh := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))
	j, err := boltjournal.Create(filepath.Join(dir, "journal"), boltjournal.Options{Keys: keys, Name: "main", Origin: origin, Signer: fresh})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	err = archive.Verify(context.Background(), archive.Verification{
		Journal: j, Trees: j, Origin: origin, Key: fresh.Public().(ed25519.PublicKey), Engines: []archive.Examiner{j},
	}, mustBeSound(t))
	if err != nil {
		t.Fatal(err)
	}
}

// TestVerifyVault: objects that entries cite are read and hashed again, and progress is told.
func TestVerifyVault(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir)
	ctx := context.Background()
	keys := openKeys(t, filepath.Join(dir, "vault keys"))
	vault, err := filevault.Open(ctx, filepath.Join(dir, "vault"), keys)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = vault.Close() }()
	kept, err := vault.Put(ctx, strings.NewReader("a map of the delta"))
	if err != nil {
		t.Fatal(err)
	}
	lost := archive.Digest{Sum: [64]byte{1}, Size: 3}
	var found []string
	var done, total archive.Seq
	err = withJournal(t, dir, func(j *boltjournal.Journal) {
		err := archive.Verify(ctx, archive.Verification{
			Name: "main", Journal: j, Vault: vault, Progress: func(d, of archive.Seq) { done, total = d, of },
			Cited: func(e archive.Entry) ([]archive.Digest, error) {
				if e.Seq == 4 {
					return []archive.Digest{kept, lost}, nil
				}
				return []archive.Digest{kept}, nil
			},
		}, func(p archive.Problem) { found = append(found, p.String()) })
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !strings.HasPrefix(found[0], "main, vault, entry 4: "+lost.String()) || done != 30 || total != 30 {
		t.Fatalf("found %q, %d of %d", found, done, total)
	}
}
