package correspondence_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// crashFolder tells a child process which house to release into until it is killed.
const crashFolder = "CHANCERY_CRASH_FOLDER"

// TestMain turns the test binary into a child that looks at a file, or into the one of a crash test when it is told a folder.
func TestMain(m *testing.M) {
	housetest.Inspecting()
	if folder := os.Getenv(crashFolder); folder != "" {
		releaseUntilKilled(folder)
	}
	if folder := os.Getenv(circuitFolder); folder != "" {
		circulateUntilKilled(folder)
	}
	if folder := os.Getenv(crashActs); folder != "" {
		actUntilKilled(folder)
	}
	os.Exit(m.Run())
}

// releaseUntilKilled releases from many callers and prints each message that was acknowledged.
func releaseUntilKilled(folder string) {
	house, err := housetest.OpenChild(folder)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	paul, _ := house.Chancery.Folds.Register.AgentByLogin("paul")
	badge, err := house.Authority.BadgeFor(paul.ID, housetest.TerminalOf(dr))
	if err != nil {
		fmt.Println("badge:", err)
		os.Exit(1)
	}
	var printing sync.Mutex
	for caller := range 16 {
		go func() {
			for n := 0; ; n++ {
				level := habilitation.Levels[(caller+n)%2]
				form := housetest.Telegram("bamako", "dam", level, fmt.Sprintf("Appel %d", caller))
				view, err := house.Chancery.DeskOf(badge).Dispatch(context.Background(), habilitation.ID{}, form)
				if err != nil {
					fmt.Println("release:", err)
					os.Exit(1)
				}
				printing.Lock()
				fmt.Printf("ack %s %s\n", view.ID, view.Number)
				printing.Unlock()
			}
		}()
	}
	select {}
}

// TestKilledWhileReleasing kills a process that releases under load, again and again: what was acknowledged is there once, numbers have no gap,
// and the archive verifies. CHANCERY_SOAK=1 kills 200 times.
func TestKilledWhileReleasing(t *testing.T) {
	kills := 6
	if os.Getenv("CHANCERY_SOAK") != "" {
		kills = 200
	}
	h := housetest.WithPeople(t)
	acknowledged := map[string]string{}
	for kill := range kills {
		h.Shut()
		before := len(acknowledged)
		killChild(t, h.Folder, time.Duration(20+kill*37%180)*time.Millisecond, acknowledged)
		if len(acknowledged) == before {
			t.Errorf("kill %d: nothing was acknowledged", kill)
		}
		h.Open()
		checkAcknowledged(t, h, acknowledged)
	}

	h.VerifyAll()
	t.Logf("%d kills, %d messages acknowledged, %d in the archive", kills, len(acknowledged), h.Folds().Ledger.Count())
}

// killChild runs a child, lets it release for a while after its first acknowledgement, and kills it.
func killChild(t *testing.T, folder string, after time.Duration, acknowledged map[string]string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), crashFolder+"="+folder)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	timer := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
	for first := true; lines.Scan(); first = false {
		words := strings.SplitN(lines.Text(), " ", 3)
		if words[0] != "ack" || len(words) != 3 {
			t.Errorf("the child says %q", lines.Text())
			continue
		}
		acknowledged[words[1]] = words[2]
		if first {
			timer.Reset(after)
		}
	}
	_ = child.Wait()
}

func checkAcknowledged(t *testing.T, h *housetest.House, acknowledged map[string]string) {
	t.Helper()
	byNumber := map[string]int{}
	feed := h.As("paul").Feed()
	there := make(map[string]string, len(feed))
	for _, m := range feed {
		there[m.ID.String()] = m.Number
		byNumber[m.Number]++
	}
	for id, number := range acknowledged {
		if there[id] != number {
			t.Errorf("acknowledged %s as %s, in the archive as %q", id, number, there[id])
		}
	}
	for _, series := range []string{"TD BAMAKO %d", "TD BAMAKO DR %d"} {
		n := 1
		for byNumber[fmt.Sprintf(series, n)] == 1 {
			delete(byNumber, fmt.Sprintf(series, n))
			n++
		}
	}
	for number, count := range byNumber {
		t.Errorf("%s stands %d times or behind a gap", number, count)
	}
}

func TestSameDraftReleasedTwiceIsOneMessage(t *testing.T) {
	h := housetest.WithPeople(t)
	desk := h.As("paul")
	draft, err := desk.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", np, "Une fois"))
	if err != nil || len(draft.Faults) > 0 {
		t.Fatalf("draft %+v: %v", draft.Faults, err)
	}
	views := make([]correspondence.MessageView, 8)
	var wait sync.WaitGroup
	for i := range views {
		wait.Go(func() {
			view, err := desk.Release(t.Context(), draft.ID, 0)
			if err != nil {
				t.Errorf("release %d: %v", i, err)
			}
			views[i] = view
		})
	}
	wait.Wait()
	for _, v := range views {
		if v.ID != draft.ID || v.Number != "TD BAMAKO 1" {
			t.Errorf("released as %s %s", v.ID, v.Number)
		}
	}
	if h.Folds().Ledger.Count() != 1 {
		t.Errorf("%d messages in the archive", h.Folds().Ledger.Count())
	}
}
