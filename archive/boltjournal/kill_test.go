package boltjournal_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"chancery/archive"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
)

const childVariable = "CHANCERY_TEST_APPEND_IN"

// TestMain is also the child of TestKill: a process that appends until it is killed. It looks for goroutines left over.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		fmt.Fprintln(os.Stderr, appendUntilKilled(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// appendUntilKilled has eight callers append small batches. "ask n m" is printed before a batch of the entries n to m,
// "have n m" when the journal has answered.
func appendUntilKilled(dir string) error {
	keys, err := boltkeys.Create(filepath.Join(dir, "keys"), archive.MasterKey{9}, boltkeys.Options{})
	if err != nil {
		return err
	}
	j, err := boltjournal.Create(filepath.Join(dir, "journal"), boltjournal.Options{Keys: keys, Name: "main", Origin: origin, Signer: signer()})
	if err != nil {
		return err
	}
	head, err := j.Head(context.Background())
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for caller := range 8 {
		running.Go(func() {
			for n := int(head.Seq)*10 + caller*1_000_000_000; ; n += 4 {
				size := 1 + n%4
				fmt.Printf("ask %d %d\n", n, n+size)
				var drafts []archive.Draft
				for k := n; k < n+size; k++ {
					drafts = append(drafts, numbered(k))
				}
				if _, err := j.Append(context.Background(), archive.AnyHead, drafts); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				fmt.Printf("have %d %d\n", n, n+size)
			}
		})
	}
	running.Wait()
	return errors.New("no caller goes on")
}

func numbered(n int) archive.Draft {
	d := message(n % 2)
	d.ID = [16]byte([]byte(fmt.Sprintf("%016d", n)))
	d.Payload = bytes.Repeat([]byte(strconv.Itoa(n)), 50)
	return d
}

// TestKill kills the child at any moment, over and over on the same files. What was acknowledged is there, what was
// never asked is not, a batch is there whole or not at all, and everything verifies.
func TestKill(t *testing.T) {
	kills := 10
	if os.Getenv("CHANCERY_SOAK") != "" {
		kills = 200
	} else if testing.Short() {
		t.Skip("kills processes")
	}
	random := rand.New(rand.NewPCG(7, 7))
	var dir string
	var asked, acknowledged map[int]int // first entry of a batch → the one after its last
	for kill := range kills {
		if kill%20 == 0 { // other files now and then, for all of them are read after each kill
			dir, asked, acknowledged = t.TempDir(), make(map[int]int), make(map[int]int)
		}
		killOnce(t, dir, time.Duration(40+random.IntN(120))*time.Millisecond, asked, acknowledged)
		checkKilled(t, dir, asked, acknowledged)
	}
	if len(acknowledged) < 10 {
		t.Fatalf("%d batches acknowledged in ten lives or more", len(acknowledged))
	}
	t.Logf("%d kills; of the last files %d batches asked, %d acknowledged", kills, len(asked), len(acknowledged))
}

func killOnce(t *testing.T, dir string, life time.Duration, asked, acknowledged map[int]int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n') // it is open now
	if err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(life, func() { _ = child.Process.Kill() })
	defer killer.Stop()
	for line := first; ; {
		var word string
		var from, to int
		if _, err := fmt.Sscanf(line, "%s %d %d\n", &word, &from, &to); err == nil && strings.HasSuffix(line, "\n") {
			if word == "have" {
				acknowledged[from] = to
			}
			asked[from] = to
		}
		if line, err = lines.ReadString('\n'); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_ = child.Wait()
}

// checkKilled opens what the killed process left.
func checkKilled(t *testing.T, dir string, asked, acknowledged map[int]int) {
	t.Helper()
	present := make(map[int]int)
	err := withJournal(t, dir, func(j *boltjournal.Journal) {
		ctx := context.Background()
		head, err := j.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for seq := archive.Seq(1); seq <= head.Seq; seq++ {
			e, err := j.Fetch(ctx, seq)
			n, convErr := strconv.Atoi(string(e.ID[:]))
			if err != nil || convErr != nil || !bytes.Equal(e.Payload, numbered(n).Payload) {
				t.Fatalf("entry %d: %v, %v", seq, err, convErr)
			}
			present[n]++
		}
		err = archive.Verify(ctx, archive.Verification{
			Name: "main", Journal: j, Trees: j, Origin: origin, Key: signer().Public().(ed25519.PublicKey), Engines: []archive.Examiner{j},
		}, func(p archive.Problem) {
			if !p.Information {
				t.Fatalf("verify: %s", p)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	checkBatches(t, present, asked, acknowledged)
}

func checkBatches(t *testing.T, present, asked, acknowledged map[int]int) {
	t.Helper()
	entries := 0
	for from, to := range asked {
		count := 0
		for n := from; n < to; n++ {
			count += present[n]
			if present[n] > 1 {
				t.Fatalf("entry %d is there %d times", n, present[n])
			}
		}
		if count != 0 && count != to-from {
			t.Fatalf("of the batch %d to %d only %d entries are there", from, to, count)
		}
		if _, ok := acknowledged[from]; ok && count == 0 {
			t.Fatalf("the batch %d was acknowledged and is lost", from)
		}
		entries += count
	}
	if entries != len(present) {
		t.Fatalf("%d entries are there that nobody asked for", len(present)-entries)
	}
}
