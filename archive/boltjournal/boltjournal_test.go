package boltjournal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/archivetest"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
)

const origin = "chancery.example/house"

func signer() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

func openKeys(t testing.TB, path string) *boltkeys.Store {
	t.Helper()
	keys, err := boltkeys.Create(path, archive.MasterKey{1, 2, 3}, boltkeys.Options{})
	if err != nil {
		t.Fatalf("open keys: %v", err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	return keys
}

func single(t testing.TB) archivetest.Opener {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	keys := openKeys(t, filepath.Join(dir, "keys"))
	return archivetest.Opener{Steps: steps(), Damage: func(seq archive.Seq) error { return damageRecord(path, seq) },
		Open: func(fault func(string) error) (archivetest.Opened, error) {
			j, err := boltjournal.Create(path, boltjournal.Options{
				Keys: keys, Name: "main", Origin: origin, Signer: signer(), Fault: faultAt(fault),
			})
			if err != nil {
				return archivetest.Opened{}, err
			}
			key := signer().Public().(ed25519.PublicKey)
			return archivetest.Opened{Journal: j, Trees: j, Origin: origin, Key: key, Verify: func(ctx context.Context, report func(archive.Problem)) error {
				return archive.Verify(ctx, archive.Verification{Name: "main", Journal: j, Trees: j, Origin: origin, Key: key, Engines: []archive.Examiner{j}}, report)
			}}, nil
		}}
}

func monthly(t testing.TB) archivetest.Opener {
	dir := t.TempDir()
	keys := openKeys(t, filepath.Join(dir, "keys"))
	folder := filepath.Join(dir, "readings")
	return archivetest.Opener{Steps: steps(), Damage: func(seq archive.Seq) error { return damageRecord(filepath.Join(folder, "2026-11.journal"), seq) },
		Open: func(fault func(string) error) (archivetest.Opened, error) {
			j, err := boltjournal.CreateMonthly(folder, boltjournal.Options{
				Keys: keys, Name: "readings", Fault: faultAt(fault), Clock: func() time.Time { return time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC) },
			})
			if err != nil {
				return archivetest.Opened{}, err
			}
			return archivetest.Opened{Journal: j, Verify: func(ctx context.Context, report func(archive.Problem)) error {
				return archive.Verify(ctx, archive.Verification{Name: "readings", Journal: j, Engines: []archive.Examiner{j}}, report)
			}}, nil
		}}
}

func steps() []string {
	var names []string
	for _, s := range []boltjournal.Step{boltjournal.StepKeys, boltjournal.StepEntries, boltjournal.StepCommit, boltjournal.StepAnswer} {
		names = append(names, string(s))
	}
	return names
}

func faultAt(fault func(string) error) func(boltjournal.Step) error {
	if fault == nil {
		return nil
	}
	return func(s boltjournal.Step) error { return fault(string(s)) }
}

// damageRecord changes the last byte of a stored record.
func damageRecord(path string, seq archive.Seq) error {
	return alter(path, "entries", binary.BigEndian.AppendUint64(nil, uint64(seq)), func(value []byte) { value[len(value)-1] ^= 1 })
}

// alter changes a stored value in a closed file, keeping the file itself sound.
func alter(path, bucket string, key []byte, change func([]byte)) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		value := bytes.Clone(tx.Bucket([]byte(bucket)).Get(key))
		if value == nil {
			return errors.New("no such key")
		}
		change(value)
		return tx.Bucket([]byte(bucket)).Put(key, value)
	})
	return errors.Join(err, db.Close())
}

func TestConformance(t *testing.T)        { archivetest.Run(t, single) }
func TestMonthlyConformance(t *testing.T) { archivetest.Run(t, monthly) }

// mustBeSound takes the problems of a verification that must find none.
func mustBeSound(t testing.TB) func(archive.Problem) {
	return func(p archive.Problem) {
		if !p.Information {
			t.Errorf("verify: %s", p)
		}
	}
}
