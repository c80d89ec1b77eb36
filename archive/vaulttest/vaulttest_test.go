package vaulttest_test

import (
	"path/filepath"
	"testing"

	"chancery/archive"
	"chancery/archive/boltkeys"
	"chancery/archive/filevault"
	"chancery/archive/vaulttest"
)

// faulty opens a real vault and tells it its fault.
func faulty(t *testing.T, fault vaulttest.Fault) vaulttest.Opener {
	t.Helper()
	folder := t.TempDir()
	keys, err := boltkeys.Create(filepath.Join(folder, "keys.db"), archive.MasterKey{1}, boltkeys.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	sound := func() (archive.Vault, error) {
		return filevault.Open(t.Context(), filepath.Join(folder, "vault"), keys)
	}
	return func() (archive.Vault, error) {
		vault, err := sound()
		if err != nil {
			return nil, err
		}
		f := vaulttest.NewFaulty(vault, sound)
		f.Tell(fault)
		return f, nil
	}
}

// TestSuiteCatchesEveryFault: a suite that passes a faulty vault proves nothing.
func TestSuiteCatchesEveryFault(t *testing.T) {
	for _, fault := range vaulttest.Faults() {
		var caught int
		for _, check := range vaulttest.Checks() {
			if check.Run(t.Context(), faulty(t, fault)) != nil {
				caught++
			}
		}
		if caught == 0 {
			t.Errorf("fault %d passes the whole suite", fault)
		}
	}
	for _, check := range vaulttest.Checks() {
		if err := check.Run(t.Context(), faulty(t, vaulttest.None)); err != nil {
			t.Errorf("without a fault, %s: %v", check.Name, err)
		}
	}
}
