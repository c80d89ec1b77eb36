package archive

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MasterKey seals everything in [Keys]. Whoever has it and the files reads the house; without it the files are noise.
// It never prints itself.
type MasterKey [32]byte

// masterKeyPrefix opens the text form, so that no other 64 digits pass for a master key.
const masterKeyPrefix = "chancery-master-key-1:"

// NewMasterKey draws a master key from the operating system.
func NewMasterKey() MasterKey {
	var key MasterKey
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the program itself
	return key
}

// ParseMasterKey reads the text form, as an environment variable or a file holds it; space around it is ignored.
func ParseMasterKey(text string) (MasterKey, error) {
	var key MasterKey
	digits, ok := strings.CutPrefix(strings.TrimSpace(text), masterKeyPrefix)
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(key) {
		return key, fmt.Errorf("read master key: %w", ErrBadMasterKey)
	}
	copy(key[:], raw)
	return key, nil
}

// ReadMasterKey reads the key from a file that nobody but its owner may read; otherwise it is ErrBadMasterKey.
func ReadMasterKey(path string) (MasterKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("read master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return MasterKey{}, fmt.Errorf("read master key %s: mode %v lets others read it: %w", path, info.Mode().Perm(), ErrBadMasterKey)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("read master key: %w", err)
	}
	return ParseMasterKey(string(text))
}

// CreateMasterKey draws a key and writes it durably to a new file of mode 0600. A file already there is left alone
// and the error is fs.ErrExist.
func CreateMasterKey(path string) (MasterKey, error) {
	key := NewMasterKey()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return MasterKey{}, fmt.Errorf("create master key: %w", err)
	}
	_, err = file.WriteString(key.Reveal() + "\n")
	if err = errors.Join(err, file.Sync(), file.Close(), SyncFolder(filepath.Dir(path))); err != nil {
		return MasterKey{}, fmt.Errorf("create master key: %w", err)
	}
	return key, nil
}

// Reveal is the text form that ParseMasterKey reads. It is for the one who keeps the key, never for a log.
func (k MasterKey) Reveal() string { return masterKeyPrefix + hex.EncodeToString(k[:]) }

// String hides the key.
func (k MasterKey) String() string { return "master key (hidden)" }

// Format hides the key from every verb of fmt.
func (k MasterKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// MarshalText refuses, so that no configuration dump carries the key.
func (k MasterKey) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("write master key: %w", fs.ErrPermission)
}
