package correspondence_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// circuitFolder tells a child process in which house to send drafts on their way until it is killed.
const circuitFolder = "CHANCERY_CIRCUIT_FOLDER"

// circulateUntilKilled writes drafts, asks for two visas, gives them and gives the word to sign with a short hold; it prints what was acknowledged.
func circulateUntilKilled(folder string) {
	house, err := housetest.OpenChild(folder)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	ctx, desks := context.Background(), map[string]*correspondence.Desk{}
	for _, login := range []string{"theo", "karim", "paul", "marie"} {
		agent, _ := house.Chancery.Folds.Register.AgentByLogin(login)
		badge, err := house.Authority.BadgeFor(agent.ID, housetest.TerminalOf(dr))
		if err != nil {
			fmt.Println("badge:", err)
			os.Exit(1)
		}
		desks[login] = house.Chancery.DeskOf(badge)
	}
	for caller := range 2 {
		go func() {
			for n := 0; ; n++ {
				if err := circulate(ctx, desks, fmt.Sprintf("Projet %d.%d", caller, n), n == 1); err != nil {
					fmt.Println("circulate:", err)
					os.Exit(1)
				}
			}
		}()
	}
	select {}
}

// circulate takes one draft through its way; some are left where the last visa brought them.
func circulate(ctx context.Context, desks map[string]*correspondence.Desk, subject string, unsigned bool) error {
	draft, err := desks["theo"].NewDraft(ctx, note(dr, subject))
	if err != nil {
		return err
	}
	sent, err := desks["theo"].Submit(ctx, draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("karim"), agents("paul")}})
	if err != nil {
		return err
	}
	fmt.Printf("ack %s in-visa\n", draft.ID)
	for _, login := range []string{"karim", "paul"} {
		if _, err := desks[login].Visa(ctx, draft.ID, correspondence.Opinion{Digest: sent.Circuit.Digest}); err != nil {
			return err
		}
	}
	fmt.Printf("ack %s to-sign\n", draft.ID)
	if unsigned {
		return nil
	}
	if _, err = desks["marie"].Sign(ctx, draft.ID, 0, 40*time.Millisecond, correspondence.AsReviewed); err != nil {
		return err
	}
	fmt.Printf("ack %s held\n", draft.ID)
	return nil
}

// TestKilledBetweenVisasAndSignatures kills a process that sends drafts on their way, again and again: what was acknowledged stands, every word to sign is
// carried out once and with its visas, and the archive verifies. CHANCERY_SOAK=1 kills 150 times.
func TestKilledBetweenVisasAndSignatures(t *testing.T) {
	kills := 3
	if os.Getenv("CHANCERY_SOAK") != "" {
		kills = 150
	}
	h := withWriters(t)
	reached, cleared := map[string]string{}, 0 // draft → the last state that was acknowledged
	for kill := range kills {
		h.Shut()
		before := len(reached)
		killCirculating(t, h.Folder, time.Duration(40+kill*53%200)*time.Millisecond, reached)
		if len(reached) == before {
			t.Errorf("kill %d: nothing was acknowledged", kill)
		}
		h.Clock.Advance(time.Since(h.Clock.Now()) + time.Second) // the children live now
		h.Open()
		h.Elapse(0)
		checkReached(t, h, reached)
		for _, id := range clearDesk(t, h, "theo") {
			delete(reached, id.String())
			cleared++
		}
	}
	h.VerifyAll()
	t.Logf("%d kills, %d drafts on their way, %d messages", kills, len(reached)+cleared, h.Folds().Ledger.Count())
}

func killCirculating(t *testing.T, folder string, after time.Duration, reached map[string]string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), circuitFolder+"="+folder)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	timer := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
	for met := false; lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "ack" {
			t.Errorf("the child says %q", lines.Text())
			continue
		}
		reached[words[1]] = words[2]
		if words[2] == "to-sign" && !met {
			met = true
			timer.Reset(after)
		}
	}
	timer.Stop()
	_ = child.Wait()
}

// checkReached: a held draft is a message with two visas that hold, exactly once; one that was not held stands at least where it was told to be.
func checkReached(t *testing.T, h *housetest.House, reached map[string]string) {
	t.Helper()
	marie := h.As("marie")
	if held := trayOf(t, marie).Held; len(held) > 0 {
		t.Errorf("still held, long after: %+v", held)
	}
	for name, state := range reached {
		id, err := habilitation.ParseID(name)
		if err != nil {
			t.Fatal(err)
		}
		if !marie.Desk.Reads(id) {
			if state == "held" {
				t.Errorf("draft %s: its word to sign was acknowledged and not carried out", name)
				continue
			}
			if at := marie.Opens(id).Circuit.State; at != state && !(state == "in-visa" && at == "to-sign") {
				t.Errorf("draft %s is %s, it was told to be %s", name, at, state)
			}
			continue
		}
		message, err := marie.Message(t.Context(), id)
		if err != nil || len(message.Visas) != 2 || !message.Visas[0].Valid || !message.Visas[1].Valid || !message.Visas[1].Same {
			t.Errorf("draft %s went out with %+v, %v", name, message.Visas, err)
		}
	}
}
