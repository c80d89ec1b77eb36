package filevault

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"chancery/archive"
)

// TestReadingHashesAgain: chunks that open under their key are still not taken for another content.
func TestReadingHashesAgain(t *testing.T) {
	contentKey, never := bytes.Repeat([]byte{3}, 32), func() error { return nil }
	file, err := os.Create(filepath.Join(t.TempDir(), "object"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d, err := encrypt(file, bytes.NewReader(make([]byte, 70_000)), contentKey, never)
	if err != nil {
		t.Fatal(err)
	}
	longer := archive.Digest{Sum: d.Sum, Size: d.Size + 1}
	for want, sentinel := range map[archive.Digest]error{d: nil, longer: archive.ErrDamaged, {Sum: sha512.Sum512(nil), Size: d.Size}: archive.ErrDamaged} {
		if _, err := file.Seek(int64(headerSize), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		r, err := newObject(file, contentKey, want)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, sentinel) {
			t.Errorf("read as %s: %v, want %v", want, err, sentinel)
		}
	}
}
