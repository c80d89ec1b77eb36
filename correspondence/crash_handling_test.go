package correspondence_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/correspondence/circuit"
	"chancery/correspondence/handling"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// crashActs tells a child process which house to do everything but plain releases in, until it is killed.
const crashActs = "CHANCERY_CRASH_ACTS"

// clerk is one caller in the child: it acts, and says what was acknowledged and what was refused.
type clerk struct {
	ctx      context.Context
	house    *assembly.House
	printing *sync.Mutex
	name     string
}

// says prints one line; a report is there before the next act begins, or the act counts as not acknowledged.
func (c *clerk) says(format string, args ...any) {
	c.printing.Lock()
	defer c.printing.Unlock()
	fmt.Printf(format+"\n", args...)
}

// must ends the child where an act fails that nothing stood against.
func (c *clerk) must(err error) {
	if err != nil {
		c.says("wrong %s: %v", c.name, err)
		os.Exit(1)
	}
}

// refused expects a refusal.
func (c *clerk) refused(what string, err error) {
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) {
		c.says("wrong %s: %s gave %v, want a refusal", c.name, what, err)
		os.Exit(1)
	}
}

func (c *clerk) as(login string) *correspondence.Desk {
	agent, _ := c.house.Chancery.Folds.Register.AgentByLogin(login)
	badge, err := c.house.Authority.BadgeFor(agent.ID, housetest.TerminalOf(dr))
	c.must(err)
	return c.house.Chancery.DeskOf(badge)
}

// actUntilKilled drafts, asks and gives visas, gives words to sign and takes them back, adds, shares, takes, closes.
func actUntilKilled(folder string) {
	house, err := housetest.OpenChild(folder)
	if err != nil {
		fmt.Println("wrong open:", err)
		os.Exit(1)
	}
	var printing sync.Mutex
	for caller := range 6 {
		c := &clerk{ctx: context.Background(), house: house, printing: &printing, name: fmt.Sprint("caller ", caller)}
		work := c.signs
		if caller%2 == 1 {
			work = c.handles
		}
		go func() {
			for n := 0; ; n++ {
				work(caller, n)
			}
		}()
	}
	select {}
}

// signs brings drafts through a visa to a word to sign, which every third time is taken back.
func (c *clerk) signs(caller, n int) {
	draft, err := c.as("marie").NewDraft(c.ctx, housetest.Telegram("dam", "bamako", habilitation.Levels[n%2], fmt.Sprintf("Projet %d.%d", caller, n)))
	c.must(err)
	view, err := c.as("marie").Submit(c.ctx, draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{{Agents: []string{"paul"}}}})
	c.must(err)
	c.says("submitted %s", draft.ID)
	_, err = c.as("marie").Release(c.ctx, draft.ID, 0)
	c.refused("release without a visa", err)
	_, err = c.as("paul").Visa(c.ctx, draft.ID, correspondence.Opinion{Digest: view.Circuit.Digest})
	c.must(err)
	c.says("visa %s", draft.ID)
	_, err = c.as("karim").Sign(c.ctx, draft.ID, 0, 10*time.Millisecond, correspondence.AsReviewed)
	c.must(err)
	c.says("held %s", draft.ID)
	if n%3 == 0 {
		_, err = c.as("karim").Unhold(c.ctx, draft.ID)
		if err == nil {
			c.says("unheld %s", draft.ID)
			return
		}
		c.refused("taking back a word", err) // it was carried out
	}
	for { // its text is taken off the desk once it is a message
		if view, err := c.as("karim").Message(c.ctx, draft.ID); err == nil {
			c.says("released %s", view.ID)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// handles releases something to be done, completes its address, shares it, lets two claim it and ends it.
func (c *clerk) handles(caller, n int) {
	form := housetest.Telegram("bamako", "dam", np, fmt.Sprintf("Affaire %d.%d", caller, n))
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2999-01-01", "Faire"
	view, err := c.as("paul").Dispatch(c.ctx, habilitation.ID{}, form)
	c.must(err)
	c.says("released %s", view.ID)
	c.must(c.as("paul").AddAddressee(c.ctx, view.ID, correspondence.AddresseeWish{Group: "sante", Reason: "oubli"}))
	c.says("added %s", view.ID)
	c.refused("adding it twice", c.as("paul").AddAddressee(c.ctx, view.ID, correspondence.AddresseeWish{Group: "sante", Reason: "oubli"}))
	c.must(c.as("karim").Share(c.ctx, view.ID, correspondence.ShareWish{Community: "sahel"}))
	c.says("shared %s", view.ID)
	c.must(c.as("karim").Take(c.ctx, view.ID, "dam", correspondence.HandlingWish{}))
	c.says("taken %s", view.ID)
	c.refused("a second claim", c.as("lea").Take(c.ctx, view.ID, "dam", correspondence.HandlingWish{}))
	c.refused("closing for another group", c.as("ines").CloseHandling(c.ctx, view.ID, "dam", correspondence.HandlingWish{Reason: "non"}))
	if n%2 == 0 {
		c.must(c.as("marie").RevokeShare(c.ctx, view.ID, correspondence.ShareWish{Community: "sahel", Reason: "non"}))
		c.says("revoked %s", view.ID)
		c.must(c.as("karim").CloseHandling(c.ctx, view.ID, "dam", correspondence.HandlingWish{Reason: "fait"}))
		c.says("closed %s", view.ID)
	}
}

// TestKilledAmongVisasHoldsAndHandling kills a process that does all this, again and again: what was acknowledged is there once, nothing that
// was refused is, every word to sign that came due is carried out once, and the archive verifies. CHANCERY_SOAK=1 kills 100 times.
func TestKilledAmongVisasHoldsAndHandling(t *testing.T) {
	kills := 4
	if os.Getenv("CHANCERY_SOAK") != "" {
		kills = 100
	}
	h := housetest.WithPeople(t)
	h.Clock.Advance(time.Since(h.Clock.Now())) // the children live now
	said := map[string]map[habilitation.ID]bool{"cleared": {}}
	for kill := range kills {
		h.Shut()
		before := len(said["released"])
		killActing(t, h.Folder, time.Duration(40+kill*53%160)*time.Millisecond, said)
		if len(said["released"]) == before {
			t.Errorf("kill %d: nothing was acknowledged", kill)
		}
		h.Clock.Advance(time.Since(h.Clock.Now()) + time.Second)
		h.Open()
		must(t, h.Chancery.KeepTime(t.Context())) // words to sign that were due while nobody was there
		checkSaid(t, h, said)
		for _, id := range clearDesk(t, h, "marie") {
			said["cleared"][id] = true
		}
	}
	checkJournal(t, h)
	h.VerifyAll()
	t.Logf("%d kills: %d drafts, %d visas, %d holds of which %d taken back, %d messages, %d additions, %d claims", kills, len(said["submitted"]), len(said["visa"]),
		len(said["held"]), len(said["unheld"]), h.Folds().Ledger.Count(), len(said["added"]), len(said["taken"]))
}

func killActing(t *testing.T, folder string, after time.Duration, said map[string]map[habilitation.ID]bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), crashActs+"="+folder)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
	first := true
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, name, _ := strings.Cut(lines.Text(), " ")
		id, err := habilitation.ParseID(name)
		if err != nil {
			t.Errorf("the child says %q", lines.Text())
			continue
		}
		if said[what] == nil {
			said[what] = map[habilitation.ID]bool{}
		}
		said[what][id] = true
		if what == "released" && first {
			first = false
			timer.Reset(after)
		}
	}
	_ = child.Wait()
}

// checkSaid compares what was acknowledged with what the opened house knows.
func checkSaid(t *testing.T, h *housetest.House, said map[string]map[habilitation.ID]bool) {
	t.Helper()
	there := map[habilitation.ID]int{}
	for _, m := range h.As("marie").Feed() {
		there[m.ID]++
	}
	for id := range said["released"] {
		if there[id] != 1 {
			t.Errorf("%s was released and is there %d times", id, there[id])
		}
	}
	for id := range said["visa"] {
		if said["cleared"][id] {
			continue
		}
		if state, known := h.Folds().Circuits.Draft(id); there[id] == 0 && (!known || len(state.Given()) != 1) {
			t.Errorf("the visa on %s is lost: %+v", id, state)
		}
	}
	for id := range said["held"] {
		state, _ := h.Folds().Circuits.Draft(id)
		switch {
		case said["cleared"][id]:
		case said["unheld"][id] && there[id] > 0:
			t.Errorf("%s was taken back and released", id)
		case there[id] != 1 && state.State != circuit.ToSign: // taken back, and killed before it could say so
			t.Errorf("%s was held and is %s, %d times a message", id, state.State, there[id])
		}
	}
	for _, m := range []struct {
		what  string
		holds func(handling.Matter) bool
	}{
		{"added", func(m handling.Matter) bool { _, ok := m.Line(4); return ok }},
		{"taken", func(m handling.Matter) bool { l, _ := m.Line(2); return l.Holder == 2 }},
		{"closed", func(m handling.Matter) bool { l, _ := m.Line(2); return l.State == handling.Closed }},
		{"shared", func(m handling.Matter) bool { l, _ := m.Line(2); return len(m.Shares) == 1 || l.Holder != 0 }}, // revoked after it was taken
		{"revoked", func(m handling.Matter) bool { return len(m.Shares) == 0 }},
	} {
		for id := range said[m.what] {
			if one, known := h.Folds().Handling.Of(id); !known || !m.holds(one) {
				t.Errorf("%s was %s: %+v", id, m.what, one)
			}
		}
	}
}

// clearDesk takes off a desk what a killed child left there, for a desk has room for so many drafts, and tells what it was.
func clearDesk(t *testing.T, h *housetest.House, login string) (cleared []habilitation.ID) {
	t.Helper()
	desk := h.As(login)
	left, err := desk.Drafts(t.Context())
	must(t, err)
	for _, draft := range left {
		if _, known := h.Folds().Circuits.Draft(draft.ID); known {
			must(t, desk.Abandon(t.Context(), draft.ID, "essai"))
		}
		must(t, desk.DiscardDraft(t.Context(), draft.ID))
		cleared = append(cleared, draft.ID)
	}
	return cleared
}

// checkJournal reads the whole journal: each act that has one outcome is there once, and none that was refused.
func checkJournal(t *testing.T, h *housetest.House) {
	t.Helper()
	head, err := h.Chancery.Config.Journal.Head(t.Context())
	must(t, err)
	once := map[string]int{}
	visas := map[habilitation.ID]int{}
	for entry, err := range h.Chancery.Config.Journal.Tail(t.Context(), 1) {
		must(t, err)
		switch act := actOf(entry).(type) {
		case circuit.VisaGiven:
			visas[act.Draft]++
		case handling.AddresseeAdded:
			once["added "+act.Message.String()]++
		case handling.WasTaken:
			once["taken "+act.Message.String()]++
		case handling.WasClosed:
			once["closed "+act.Message.String()]++
		}
		if entry.Kind == "message.released" {
			once["released "+entry.ID.String()]++
			if strings.HasPrefix(subjectOf(t, h, entry.ID), "Projet") && visas[entry.ID] != 1 {
				t.Errorf("%s was released with %d visas", entry.ID, visas[entry.ID])
			}
		}
		if entry.Seq == head.Seq {
			break
		}
	}
	for what, n := range once {
		if n != 1 {
			t.Errorf("%s %d times", what, n)
		}
	}
}

func actOf(e archive.Entry) habilitation.Act {
	if act, err := circuit.Acts.Decode(e.Kind, e.Version, e.Payload); err == nil {
		return act
	}
	act, _ := handling.Acts.Decode(e.Kind, e.Version, e.Payload)
	return act
}

func subjectOf(t *testing.T, h *housetest.House, id habilitation.ID) string {
	t.Helper()
	row, err := h.As("marie").Row(t.Context(), id)
	must(t, err)
	return row.Subject
}
