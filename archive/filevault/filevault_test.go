package filevault_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chancery/archive"
	"chancery/archive/boltkeys"
	"chancery/archive/filevault"
	"chancery/archive/vaulttest"
)

func openKeys(tb testing.TB, folder string) archive.Keys {
	tb.Helper()
	keys, err := boltkeys.Create(filepath.Join(folder, "keys.db"), archive.MasterKey{1}, boltkeys.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = keys.Close() })
	return keys
}

// openVault opens a vault in a folder, to be closed with the test.
func openVault(tb testing.TB, folder string, keys archive.Keys) *filevault.Vault {
	tb.Helper()
	vault, err := filevault.Open(context.Background(), filepath.Join(folder, "vault"), keys)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = vault.Close() })
	return vault
}

func put(tb testing.TB, vault *filevault.Vault, content []byte) archive.Digest {
	tb.Helper()
	d, err := vault.Put(context.Background(), bytes.NewReader(content))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func readAll(vault *filevault.Vault, d archive.Digest) ([]byte, error) {
	r, err := vault.Open(context.Background(), d)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// files lists the files below a folder of the vault.
func files(tb testing.TB, folder string) []string {
	tb.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

func TestConformance(t *testing.T) {
	vaulttest.Run(t, func(t *testing.T) vaulttest.Opener {
		folder := t.TempDir()
		keys := openKeys(t, folder)
		return func() (archive.Vault, error) {
			return filevault.Open(t.Context(), filepath.Join(folder, "vault"), keys)
		}
	})
}

// TestDiskTellsNothing: neither content nor its hash stands on the disk.
func TestDiskTellsNothing(t *testing.T) {
	folder := t.TempDir()
	vault := openVault(t, folder, openKeys(t, folder))
	content := bytes.Repeat([]byte("Zorglubville "), 9000)
	d := put(t, vault, content)
	sum := sha512.Sum512(content)
	for _, path := range files(t, folder) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, content[:13]) || bytes.Contains(raw, sum[:]) || bytes.Contains(raw, []byte(hex.EncodeToString(sum[:8]))) {
			t.Errorf("%s tells what is in it", path)
		}
		if strings.Contains(path, hex.EncodeToString(sum[:4])) || strings.Contains(path, hex.EncodeToString(d.Sum[56:])) {
			t.Errorf("%s is named by the plain hash", path)
		}
	}
}

// TestDamageIsReported changes, cuts and lengthens the file everywhere that matters; nothing wrong may be read as right.
func TestDamageIsReported(t *testing.T) {
	folder := t.TempDir()
	vault := openVault(t, folder, openKeys(t, folder))
	content := bytes.Repeat([]byte{7}, 3*64<<10+5)
	d := put(t, vault, content)
	path := files(t, filepath.Join(folder, "vault", "put"))[0]
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const header, sealed = 88, 64<<10 + 16
	spoiled := map[string][]byte{"empty": nil, "one byte more": append(bytes.Clone(sound), 0), "no header": sound[header:],
		"chunks swapped":      bytes.Join([][]byte{sound[:header], sound[header+sealed : header+2*sealed], sound[header : header+sealed], sound[header+2*sealed:]}, nil),
		"a chunk left out":    bytes.Join([][]byte{sound[:header], sound[header+sealed:]}, nil),
		"the last chunk gone": sound[:header+3*sealed], "cut after the header": sound[:header]}
	for _, at := range []int{0, 15, 16, 39, 40, 87, 88, header + sealed - 1, header + sealed, len(sound) - 1} {
		changed := bytes.Clone(sound)
		changed[at] ^= 1
		spoiled[fmt.Sprintf("byte %d changed", at)] = changed
	}
	for what, raw := range spoiled {
		if err := errors.Join(os.Remove(path), os.WriteFile(path, raw, 0o600)); err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(vault, d); !errors.Is(err, archive.ErrDamaged) || len(got) >= len(content) {
			t.Errorf("%s: read %d bytes, %v: want ErrDamaged", what, len(got), err)
		}
	}
	if err := errors.Join(os.Remove(path), os.WriteFile(path, sound, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(vault, d); err != nil || !bytes.Equal(got, content) {
		t.Errorf("sound again: %d bytes, %v", len(got), err)
	}
}

// TestObjectUnderAnotherName: a file moved to another object's place does not open there.
func TestObjectUnderAnotherName(t *testing.T) {
	folder := t.TempDir()
	vault := openVault(t, folder, openKeys(t, folder))
	first := put(t, vault, []byte("first"))
	path := files(t, filepath.Join(folder, "vault", "put"))[0]
	second := put(t, vault, []byte("other"))
	for _, other := range files(t, filepath.Join(folder, "vault", "put")) {
		if other != path {
			if err := os.Rename(path, other); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := readAll(vault, second); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("read under another name: %v", err)
	}
	if _, err := readAll(vault, first); !errors.Is(err, archive.ErrUnknown) {
		t.Errorf("file gone: %v", err)
	}
}

// TestCrashLeftovers makes the states a power failure can leave, then opens the vault again.
func TestCrashLeftovers(t *testing.T) {
	folder := t.TempDir()
	keys, ctx := openKeys(t, folder), context.Background()
	vault := openVault(t, folder, keys)
	content := []byte("pièce jointe")
	d := put(t, vault, content)
	if err := vault.Retain(ctx, d); err != nil {
		t.Fatal(err)
	}
	kept := files(t, filepath.Join(folder, "vault", "kept"))[0]
	secret := []byte("vault/object/" + filepath.Base(kept))

	// Removal got as far as the key, not the file.
	if err := errors.Join(keys.Destroy(ctx, secret, "list 12"), vault.Close()); err != nil {
		t.Fatal(err)
	}
	// A file was being written.
	if err := os.WriteFile(filepath.Join(folder, "vault", "incoming", "half"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	vault = openVault(t, folder, keys)
	if left := files(t, filepath.Join(folder, "vault", "incoming")); len(left) != 0 {
		t.Errorf("left after opening: %v", left)
	}
	if has, err := vault.Has(ctx, d); has || err != nil {
		t.Errorf("has what lost its key: %v, %v", has, err)
	}
	if _, err := readAll(vault, d); !errors.Is(err, archive.ErrErased) {
		t.Errorf("open what lost its key: %v", err)
	}
	// The same bytes come again; the old file must not be taken for the new one.
	put(t, vault, content)
	if err := vault.Retain(ctx, d); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(vault, d); err != nil || !bytes.Equal(got, content) {
		t.Errorf("put again: %q, %v", got, err)
	}
	// The key came, the file did not.
	if err := os.Remove(files(t, filepath.Join(folder, "vault", "kept"))[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(vault, d); !errors.Is(err, archive.ErrUnknown) {
		t.Errorf("open a key without a file: %v", err)
	}
	put(t, vault, content)
	if got, err := readAll(vault, d); err != nil || !bytes.Equal(got, content) {
		t.Errorf("put under the key that was there: %q, %v", got, err)
	}
}

// TestSweepSparesWhatIsRetainedOrNew: only what was put long ago and never cited goes.
func TestSweepSparesWhatIsRetainedOrNew(t *testing.T) {
	folder, ctx := t.TempDir(), context.Background()
	vault := openVault(t, folder, openKeys(t, folder))
	cited, forgotten, recent := put(t, vault, []byte("cited")), put(t, vault, []byte("forgotten")), put(t, vault, []byte("recent"))
	if err := vault.Retain(ctx, cited); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-48 * time.Hour)
	for _, path := range files(t, filepath.Join(folder, "vault")) {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	put(t, vault, []byte("recent")) // put again: someone is about to cite it
	if swept, err := vault.Sweep(ctx, time.Now().Add(-24*time.Hour)); err != nil || swept != 1 {
		t.Errorf("swept %d, %v: want 1", swept, err)
	}
	for d, want := range map[archive.Digest]bool{cited: true, forgotten: false, recent: true} {
		if has, err := vault.Has(ctx, d); err != nil || has != want {
			t.Errorf("has %s after sweeping: %v, %v: want %v", d, has, err, want)
		}
	}
}

// TestSecondOpeningIsRefused: two processes would sweep each other's files.
func TestSecondOpeningIsRefused(t *testing.T) {
	folder := t.TempDir()
	keys := openKeys(t, folder)
	vault := openVault(t, folder, keys)
	if _, err := filevault.Open(context.Background(), filepath.Join(folder, "vault"), keys); !errors.Is(err, archive.ErrLocked) {
		t.Errorf("second opening: %v", err)
	}
	if err := vault.Close(); err != nil {
		t.Fatal(err)
	}
	openVault(t, folder, keys)
}

// TestStopsAfterAFailedWrite: once a rename or sync went wrong nothing more is written, and what is there can still be read.
func TestStopsAfterAFailedWrite(t *testing.T) {
	folder, ctx := t.TempDir(), context.Background()
	keys := openKeys(t, folder)
	vault := openVault(t, folder, keys)
	kept := put(t, vault, []byte("kept"))
	if err := vault.Retain(ctx, kept); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "vault", "put")); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Put(ctx, strings.NewReader("lost")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("put where the folder is gone: %v", err)
	}
	_, putting := vault.Put(ctx, strings.NewReader("after"))
	for what, err := range map[string]error{"put": putting, "retain": vault.Retain(ctx, kept), "remove": vault.Remove(ctx, kept, "list 12")} {
		if !errors.Is(err, archive.ErrStopped) {
			t.Errorf("%s after a failed write: %v, want ErrStopped", what, err)
		}
	}
	if got, err := readAll(vault, kept); err != nil || string(got) != "kept" {
		t.Errorf("read after a failed write: %q, %v", got, err)
	}
	if left := files(t, filepath.Join(folder, "vault", "incoming")); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
}

func BenchmarkPut(b *testing.B) {
	folder := b.TempDir()
	vault := openVault(b, folder, openKeys(b, folder))
	content := make([]byte, 1<<20)
	b.SetBytes(int64(len(content)))
	for n := 0; b.Loop(); n++ {
		content[0], content[1], content[2] = byte(n), byte(n>>8), byte(n>>16)
		if _, err := vault.Put(context.Background(), bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	folder := b.TempDir()
	vault := openVault(b, folder, openKeys(b, folder))
	d, err := vault.Put(context.Background(), bytes.NewReader(make([]byte, 1<<20)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	for b.Loop() {
		r, err := vault.Open(context.Background(), d)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
}
