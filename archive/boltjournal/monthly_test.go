package boltjournal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/archive"
	"chancery/archive/archivetest"
	"chancery/archive/boltjournal"
)

func openMonths(t testing.TB, dir string) archivetest.Opened {
	t.Helper()
	keys := openKeys(t, filepath.Join(dir, "keys"))
	j, err := boltjournal.CreateMonthly(filepath.Join(dir, "readings"), boltjournal.Options{Keys: keys, Name: "readings", PageEntries: 7,
		Clock: func() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = j.Close(); _ = keys.Close() })
	return archivetest.Opened{Journal: j, Verify: func(ctx context.Context, report func(archive.Problem)) error {
		return archive.Verify(ctx, archive.Verification{Name: "readings", Journal: j, Engines: []archive.Examiner{j}}, report)
	}}
}

func reading(n, month int) archive.Draft {
	d := message(n)
	d.Kind, d.Tree, d.Time = "message.read", archive.NoTree, time.Date(2026, time.Month(month), 3, 0, 0, n, 0, time.UTC)
	return d
}

func months(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "readings"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".journal"))
	}
	return names
}

// TestMonths: files follow the entries' months, never backwards; sequence, chain and tails go on across them.
func TestMonths(t *testing.T) {
	dir := t.TempDir()
	j := openMonths(t, dir)
	ctx := context.Background()
	var all []archive.Draft
	for i, month := range []int{1, 1, 2, 1, 4, 4, 3, 5} { // a late one stays in the file of its time of writing
		batch := []archive.Draft{reading(10*i, month), reading(10*i+1, month)}
		if _, err := j.Append(ctx, archive.AnyHead, batch); err != nil {
			t.Fatal(err)
		}
		if again, err := j.Append(ctx, archive.AnyHead, batch[:1]); err != nil || again[0].Seq != archive.Seq(len(all)+1) {
			t.Fatalf("the same again: %v, %v", again, err)
		}
		all = append(all, batch...)
	}
	if got := months(t, dir); !slices.Equal(got, []string{"2026-01", "2026-02", "2026-04", "2026-05"}) {
		t.Fatalf("files %v", got)
	}
	before := months(t, dir)
	if before[0] != "2026-01" {
		t.Fatal(before)
	}
	for range 2 { // before and after opening again
		chain := archive.EmptyHead()
		for e, err := range j.Tail(ctx, 1) {
			if err != nil || e.Seq != chain.Seq+1 || e.ID != all[e.Seq-1].ID || !bytes.Equal(e.Payload, all[e.Seq-1].Payload) {
				t.Fatalf("tail: entry %d after %d, %v", e.Seq, chain.Seq, err)
			}
			if chain = chain.Follow(e.Header); int(e.Seq) == len(all) {
				break
			}
		}
		if head, err := j.Head(ctx); err != nil || head != chain {
			t.Fatalf("head %d is not the chain %d: %v", head.Seq, chain.Seq, err)
		}
		for n, d := range all {
			if e, err := j.Fetch(ctx, archive.Seq(n+1)); err != nil || e.ID != d.ID {
				t.Fatalf("fetch %d: %v", n+1, err)
			}
		}
		if err := j.Verify(ctx, mustBeSound(t)); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		dir2 := dir
		j = openMonths(t, copyFolder(t, dir2))
	}
}

// TestMonthsRace: writers of two months at once; every entry is there once and the chain holds.
func TestMonthsRace(t *testing.T) {
	j := openMonths(t, t.TempDir())
	var running sync.WaitGroup
	for w := range 8 {
		running.Go(func() {
			for n := range 20 {
				d := reading(100*w+n, 1+n/5)
				if _, err := j.Append(context.Background(), archive.AnyHead, []archive.Draft{d}); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	running.Wait()
	if head, err := j.Head(context.Background()); err != nil || head.Seq != 160 {
		t.Fatalf("head %d, %v", head.Seq, err)
	}
	if err := j.Verify(context.Background(), mustBeSound(t)); err != nil {
		t.Fatal(err)
	}
}

// TestMonthMissing: a file taken out of the middle is found at opening; one at the end only by who cites its head.
func TestMonthMissing(t *testing.T) {
	dir := t.TempDir()
	j := openMonths(t, dir)
	for month := 1; month <= 3; month++ {
		if _, err := j.Append(context.Background(), archive.AnyHead, []archive.Draft{reading(month, month)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	dir = copyFolder(t, dir)
	if err := os.Remove(filepath.Join(dir, "readings", "2026-02.journal")); err != nil {
		t.Fatal(err)
	}
	keys := openKeys(t, filepath.Join(dir, "keys"))
	if _, err := boltjournal.CreateMonthly(filepath.Join(dir, "readings"), boltjournal.Options{Keys: keys, Name: "readings"}); !errors.Is(err, archive.ErrDamaged) {
		t.Fatalf("a month is missing: %v", err)
	}
	if _, err := boltjournal.CreateMonthly(filepath.Join(dir, "other"), boltjournal.Options{Keys: keys, Name: "readings", Origin: "x", Signer: signer()}); err == nil {
		t.Fatal("a monthly journal with trees")
	}
}
