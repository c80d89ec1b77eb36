package correspondence_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"chancery/archive"
	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// auditor seats somebody who may read the trail.
func auditor(h *housetest.House) *housetest.Reader {
	h.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Auditor}})
	return h.As("theo")
}

func trail(t *testing.T, d *housetest.Reader) []correspondence.DenialView {
	t.Helper()
	all, err := d.Denials(t.Context(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDenialsAreRecorded: a wrong password, and too many of them, are in the trail, whether anybody has the login or not, and so are the same ones
// again, as a count.
func TestDenialsAreRecorded(t *testing.T) {
	h := housetest.WithPeople(t)
	reader := auditor(h)
	if _, err := h.As("marie").Denials(t.Context(), time.Time{}, 0); !errors.As(err, new(*correspondence.Refusal)) {
		t.Errorf("who is no auditor reads the trail: %v", err)
	}
	signIn := func(login string) error {
		_, err := h.Chancery.SignIn(t.Context(), login, "a password that is wrong", "", "192.0.2.7")
		return err
	}
	for _, login := range []string{"marie", "personne"} {
		for range 10 {
			wantRefusal(t, correspondence.NotAdmitted)(signIn(login))
		}
		wantRefusal(t, correspondence.Throttled)(signIn(login))
	}
	all := trail(t, reader)
	if len(all) != 3 {
		t.Fatalf("the trail is %+v", all)
	}
	throttled, unknown, known := all[1], all[0], all[2]
	if known.Agent == nil || known.Agent.Login != "marie" || known.What != "sign-in" || known.Reason != "not-admitted" || known.Address != "192.0.2.7" || known.Again != 0 {
		t.Errorf("marie's wrong password is %+v", known)
	}
	if throttled.Reason != "too-many-attempts" || unknown.Agent != nil || unknown.Reason != "not-admitted" {
		t.Errorf("the others are %+v and %+v", throttled, unknown)
	}
	h.Reopen() // which ends the hour
	again := 0
	for _, one := range trail(t, h.As("theo")) {
		again += one.Again
	}
	if again != 9+9+1 {
		t.Errorf("%d times again, want 19", again)
	}
	h.VerifyAll()
}

// TestAFloodOfDenialsIsBounded: no more than so many entries an hour, whatever is tried.
func TestAFloodOfDenialsIsBounded(t *testing.T) {
	h := housetest.WithPeople(t)
	desk := h.As("marie")
	before, _ := h.House.Readings.Head(t.Context())
	for i := range 1500 {
		if err := desk.Denied(t.Context(), "GET /messages/{id}", "unknown", habilitation.ID{}, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	after, _ := h.House.Readings.Head(t.Context())
	if written := after.Seq - before.Seq; written != 1025 {
		t.Errorf("%d entries", written)
	}
	h.Elapse(2 * time.Hour)
	if err := desk.Denied(t.Context(), "GET /messages/{id}", "unknown", habilitation.ID{}, "0"); err != nil {
		t.Fatal(err)
	}
	counted := trail(t, auditor(h))[1]
	if counted.Reason != "others" || counted.Again != 1500-1025 || counted.Since == nil {
		t.Errorf("what came after is %+v", counted)
	}
}

// TestWhatCannotBeRecordedIsNotTold: without the trail a sign-in is no refusal but a fault of the house.
func TestWhatCannotBeRecordedIsNotTold(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Rewire(func(c *correspondence.Config) {
		c.Readings = cuedJournal{c.Readings, "readings", &cues{wrong: "readings.Append", called: map[string]int{}}}
	})
	_, err := h.Chancery.SignIn(t.Context(), "marie", "a password that is wrong", "", "192.0.2.7")
	if err == nil || errors.As(err, new(*correspondence.Refusal)) {
		t.Errorf("told of %v", err)
	}
}

// TestATrailThatStoppedStopsTheHouse: one that cannot be written this once does not.
func TestATrailThatStoppedStopsTheHouse(t *testing.T) {
	h := housetest.WithPeople(t)
	c := &cues{wrong: "readings.Append", called: map[string]int{}}
	h.Rewire(func(config *correspondence.Config) { config.Readings = cuedJournal{config.Readings, "readings", c} })
	stops := func() bool {
		if err := h.As("marie").Denied(t.Context(), "GET /messages/{id}", "unknown", habilitation.ID{}, "192.0.2.7"); err == nil {
			t.Error("what could not be recorded is told")
		}
		select {
		case <-h.Chancery.Failed():
			return true
		default:
			return false
		}
	}
	if stops() {
		t.Error("one write that went wrong stops the house")
	}
	if c.fault = archive.ErrStopped; !stops() {
		t.Error("the house goes on without its trail")
	}
}
