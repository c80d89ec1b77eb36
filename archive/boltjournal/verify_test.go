package boltjournal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
	"chancery/habilitation"
)

// filled makes a journal of thirty entries in a folder and closes it; the checkpoints are those of entries 10 and 30.
func filled(t testing.TB, dir string) (witnessed [][]byte) {
	t.Helper()
	withJournal(t, dir, func(j *boltjournal.Journal) {
		for n := 0; n < 30; n += 10 {
			var drafts []archive.Draft
			for k := n; k < n+10; k++ {
				drafts = append(drafts, message(k))
			}
			if _, err := j.Append(context.Background(), archive.AnyHead, drafts); err != nil {
				t.Fatal(err)
			}
			house, err := j.HouseCheckpoint(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if n != 10 {
				witnessed = append(witnessed, house)
			}
		}
	})
	return witnessed
}

func message(n int) archive.Draft {
	level := habilitation.Levels[n%2]
	return archive.Draft{
		ID: habilitation.ID{1, byte(n), byte(n >> 8)}, Kind: "message.released", Version: 1, Actor: 3, Level: level, Tree: archive.TreeOf(level),
		Time: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Payload: fmt.Appendf(nil, "the delegation arrives on day %d", n),
	}
}

func withJournal(t testing.TB, dir string, do func(*boltjournal.Journal)) error {
	t.Helper()
	keys, err := boltkeys.Create(filepath.Join(dir, "keys"), archive.MasterKey{9}, boltkeys.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = keys.Close() }()
	j, err := boltjournal.Create(filepath.Join(dir, "journal"), boltjournal.Options{Keys: keys, Name: "main", Origin: origin, Signer: signer()})
	if err != nil {
		return err
	}
	do(j)
	return j.Close()
}

// problems verifies the folder's journal; an opening that is refused is a problem too.
func problems(t testing.TB, dir string, witnessed ...[]byte) (found []string) {
	t.Helper()
	report := func(p archive.Problem) {
		if !p.Information {
			found = append(found, p.String())
		}
	}
	err := withJournal(t, dir, func(j *boltjournal.Journal) {
		err := archive.Verify(context.Background(), archive.Verification{
			Name: "main", Journal: j, Trees: j, Origin: origin, Key: signer().Public().(ed25519.PublicKey), Engines: []archive.Examiner{j}, Witnessed: witnessed,
		}, report)
		if err != nil {
			found = append(found, err.Error())
		}
	})
	if err != nil {
		found = append(found, "open: "+err.Error())
		if !errors.Is(err, archive.ErrDamaged) {
			t.Fatalf("opening a damaged journal: %v", err)
		}
	}
	return found
}

func copyFolder(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestVerifyFinds changes one stored value after the other and wants the report to name the place.
func TestVerifyFinds(t *testing.T) {
	sound := t.TempDir()
	witnessed := filled(t, sound)
	if found := problems(t, sound, witnessed...); len(found) > 0 {
		t.Fatalf("a sound journal: %q", found)
	}
	u64 := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	last := func(v []byte) { v[len(v)-1] ^= 1 }
	changes := []struct {
		name, bucket string
		key          []byte
		change       func([]byte)
		want         string
	}{
		{"payload", "entries", u64(7), last, "entry 7: open entry 7: payload does not open"},
		{"key's name", "entries", u64(7), func(v []byte) { v[33] ^= 1 }, "entry 7: open entry 7: its key is missing"},
		{"header time", "entries", u64(7), func(v []byte) { v[45+56] ^= 1 }, "journal, entry 7: chain"},
		{"header actor", "entries", u64(7), func(v []byte) { v[45+46] ^= 1 }, "journal, entry 7: chain"},
		{"header digest", "entries", u64(7), func(v []byte) { v[45+60] ^= 1 }, "entry 7: open entry 7: payload is not the one"},
		{"header that none has", "entries", u64(7), func(v []byte) { v[45+48] = 9 }, "entry 7: fetch entry 7: decode header"},
		{"stored chain", "entries", u64(7), func(v []byte) { v[5] ^= 1 }, "journal, entry 7: chain"},
		{"identity", "ids", u64(11), func(v []byte) { v[17] ^= 1 }, "entry 12: identities"},
		{"leaf hash", "hashes", append([]byte{2}, u64(4)...), func(v []byte) { v[10] ^= 1 }, "tree unprotected: the stored hashes of leaf 4"},
		{"leaf's sequence", "hashes", append([]byte{3}, u64(4)...), func(v []byte) { v[7] ^= 1 }, "tree restricted: the stored hashes of leaf 4"},
		{"checkpoint signature", "meta", []byte("checkpoint/restricted"), func(v []byte) { v[len(v)-5] ^= 4 }, "open: "},
		{"checkpoint root", "meta", []byte("checkpoint/acts"), func(v []byte) { v[30] ^= 1 }, "open: "},
		{"head", "meta", []byte("head"), last, "open: "},
		{"base", "meta", []byte("base"), last, "does not go on"},
		{"a key", "", nil, nil, "entry 5: open entry 5: its key is missing"},
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := copyFolder(t, sound)
			if c.bucket == "" {
				loseKey(t, dir, 5)
			} else if err := alter(filepath.Join(dir, "journal"), c.bucket, c.key, c.change); err != nil {
				t.Fatal(err)
			}
			found := problems(t, dir)
			if !slices.ContainsFunc(found, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Fatalf("found %q, want %q", found, c.want)
			}
		})
	}
}

// loseKey takes an entry's key out of the key store without a record of it.
func loseKey(t *testing.T, dir string, seq uint64) {
	t.Helper()
	var name []byte
	err := alter(filepath.Join(dir, "journal"), "entries", binary.BigEndian.AppendUint64(nil, seq), func(v []byte) {
		name = append([]byte("entry/main/"), v[33:43]...)
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(dir, "keys"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("secrets")).Delete(name) })
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestVerifySeesRollback: a journal set back to an older state is sound by itself; a checkpoint kept elsewhere tells.
func TestVerifySeesRollback(t *testing.T) {
	dir := t.TempDir()
	witnessed := filled(t, dir)
	older := copyFolder(t, dir)
	if err := withJournal(t, dir, func(j *boltjournal.Journal) {
		if _, err := j.Append(context.Background(), archive.AnyHead, []archive.Draft{message(30), message(31)}); err != nil {
			t.Fatal(err)
		}
		house, _ := j.HouseCheckpoint(context.Background())
		tree, _ := j.Checkpoint(context.Background(), archive.TreeRestricted)
		witnessed = append(witnessed, house, tree)
	}); err != nil {
		t.Fatal(err)
	}
	if found := problems(t, dir, witnessed...); len(found) > 0 {
		t.Fatalf("a sound journal: %q", found)
	}
	if found := problems(t, older); len(found) > 0 {
		t.Fatalf("an older journal by itself: %q", found)
	}
	if found := problems(t, older, witnessed...); len(found) != 3 {
		t.Fatalf("an older journal beside newer checkpoints: %q", found)
	}
	rewritten := t.TempDir() // the same house, but another history
	if err := withJournal(t, rewritten, func(j *boltjournal.Journal) {
		for n := 40; n < 80; n++ {
			if _, err := j.Append(context.Background(), archive.AnyHead, []archive.Draft{message(n)}); err != nil {
				t.Fatal(err)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if found := problems(t, rewritten, witnessed...); len(found) < 6 {
		t.Fatalf("another history: %q", found)
	}
}

// TestVerifySeesRandomDamage changes random bytes of the file. Wherever a byte means anything the damage is found, or
// the file still holds every entry as it was; nothing panics.
func TestVerifySeesRandomDamage(t *testing.T) {
	t.Parallel()
	sound := t.TempDir()
	filled(t, sound)
	raw, err := os.ReadFile(filepath.Join(sound, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	rounds := 60
	if os.Getenv("CHANCERY_SOAK") != "" {
		rounds = 10_000
	}
	random := rand.New(rand.NewPCG(22, 11))
	caught := 0
	for range rounds {
		changed := slices.Clone(raw)
		at := random.IntN(len(changed))
		changed[at] ^= byte(1 + random.IntN(255))
		dir := copyFolder(t, sound)
		if err := os.WriteFile(filepath.Join(dir, "journal"), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if found := problems(t, dir); len(found) > 0 {
			caught++
			continue
		}
		intact(t, dir, at)
	}
	t.Logf("%d of %d changes were found, the others hit bytes that mean nothing", caught, rounds)
}

func intact(t *testing.T, dir string, at int) {
	t.Helper()
	err := withJournal(t, dir, func(j *boltjournal.Journal) {
		for n := range 30 {
			e, err := j.Fetch(context.Background(), archive.Seq(n+1))
			if d := message(n); err != nil || e.ID != d.ID || !bytes.Equal(e.Payload, d.Payload) || !e.Time.Equal(d.Time) || e.Actor != d.Actor {
				t.Fatalf("byte %d: entry %d changed and nothing was found: %v", at, n+1, err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTruncated: a file cut anywhere is ErrDamaged, never a panic and never a new journal.
func TestTruncated(t *testing.T) {
	sound := t.TempDir()
	filled(t, sound)
	info, err := os.Stat(filepath.Join(sound, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	for size := info.Size() - 4096; size > 0; size -= 4096 {
		dir := copyFolder(t, sound)
		if err := os.Truncate(filepath.Join(dir, "journal"), size); err != nil {
			t.Fatal(err)
		}
		if found := problems(t, dir); len(found) == 0 {
			intact(t, dir, int(size))
		}
	}
}
