package archive_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chancery/archive"
)

func TestMasterKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	key, err := archive.CreateMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if _, err := archive.CreateMasterKey(path); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("made twice: %v", err)
	}
	if back, err := archive.ReadMasterKey(path); err != nil || back != key {
		t.Fatalf("read back: %v", err)
	}
	if back, err := archive.ParseMasterKey(" " + key.Reveal() + "\n"); err != nil || back != key {
		t.Fatalf("from the environment: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.ReadMasterKey(path); !errors.Is(err, archive.ErrBadMasterKey) {
		t.Fatalf("a key that others may read: %v", err)
	}
	for _, text := range []string{"", "00", strings.Repeat("0", 64), key.Reveal() + "00", key.Reveal()[:80]} {
		if _, err := archive.ParseMasterKey(text); !errors.Is(err, archive.ErrBadMasterKey) {
			t.Fatalf("%q: %v", text, err)
		}
	}
	digits := key.Reveal()[len(key.Reveal())-64:]
	printed := fmt.Sprintf("%v %s %x %+v %#v %d %q %v", key, key, key, key, key, key, key, struct{ K archive.MasterKey }{key})
	if dump, err := json.Marshal(struct{ K archive.MasterKey }{key}); err == nil || strings.Contains(string(dump)+printed, digits) || strings.Contains(printed, digits[:8]) {
		t.Fatalf("the key prints itself: %s %s", dump, printed)
	}
}
