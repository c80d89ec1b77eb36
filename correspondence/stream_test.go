package correspondence_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// patience is how long what must come may take on a machine that does much else.
const patience = time.Minute

// ear listens to a stream.
type ear struct {
	t      *testing.T
	desk   *housetest.Reader
	events chan correspondence.Event
	done   chan error
	close  context.CancelFunc
}

// listen opens a stream and waits until it has begun: its first event, or a heartbeat.
func listen(t *testing.T, desk *housetest.Reader, after habilitation.ID) *ear {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := &ear{t: t, desk: desk, events: make(chan correspondence.Event, 1000), done: make(chan error, 1), close: cancel}
	began := make(chan struct{})
	var once sync.Once
	go func() {
		e.done <- desk.Stream(ctx, after, func(event correspondence.Event) error {
			if event.Headline != nil || event.Resync {
				e.events <- event
			}
			once.Do(func() { close(began) })
			return nil
		})
	}()
	select {
	case <-began:
	case err := <-e.done:
		e.done <- err
	}
	t.Cleanup(cancel)
	return e
}

// hears expects the next event to tell of a message, or of one of several that happen at the same moment.
func (e *ear) hears(any ...habilitation.ID) {
	e.t.Helper()
	select {
	case event := <-e.events:
		if event.Headline == nil || !slices.Contains(any, event.Headline.ID) {
			e.t.Errorf("heard %+v, want one of %s", event, any)
		}
	case <-time.After(patience):
		e.t.Errorf("none of %s is heard of", any)
	}
}

// quiet expects that nothing more was told.
func (e *ear) quiet() {
	e.t.Helper()
	select {
	case event := <-e.events:
		e.t.Errorf("heard %+v, want nothing", event)
	case <-time.After(120 * time.Millisecond): // two heartbeats
	}
}

// ends expects the stream to end by itself.
func (e *ear) ends(within time.Duration) error {
	e.t.Helper()
	select {
	case err := <-e.done:
		return err
	case <-time.After(within):
		e.t.Errorf("the stream goes on")
		return nil
	}
}

func TestEveryStreamHearsEveryReleaseOnce(t *testing.T) {
	const streams, callers, each = 40, 16, 12
	h := housetest.WithPeople(t)
	var ears []*ear
	for range streams {
		ears = append(ears, listen(t, h.As("lea"), habilitation.ID{}))
	}
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for n := range each {
				h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, fmt.Sprintf("Appel %d.%d", caller, n)))
			}
		})
	}
	released := make(chan struct{})
	go func() {
		wait.Wait()
		close(released)
	}()
	theo := signedIn(h, "theo")
	for waking := true; waking; { // somebody else's sign-out wakes every stream, at any moment of a release
		select {
		case <-released:
			waking = false
		default:
			if err := theo.SignOut(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, e := range ears {
		heard := map[habilitation.ID]bool{}
		for len(heard) < callers*each {
			select {
			case event := <-e.events:
				if event.Headline == nil || heard[event.Headline.ID] {
					t.Fatalf("stream %d hears %+v", i, event)
				}
				heard[event.Headline.ID] = true
			case <-time.After(patience):
				t.Fatalf("stream %d hears %d of %d releases", i, len(heard), callers*each)
			}
		}
	}
}

func TestStreamGoesOnWhereItWasOrAsksToBeginAnew(t *testing.T) {
	h := housetest.WithPeople(t)
	send := func(level habilitation.Level, subject string) habilitation.ID {
		return h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", level, subject)).ID
	}
	first, secret, second, third := send(np, "Un"), send(dr, "Fermé"), send(np, "Deux"), send(np, "Trois")
	h.Imports(h.Record("1", "bamako", "dam", np, housetest.Opening, "I, 1", "Imprimé"))
	again := listen(t, h.As("lea"), first)
	again.hears(second)
	again.hears(third)
	again.quiet()
	for name, after := range map[string]habilitation.ID{"unknown": habilitation.NewID(), "withheld": secret} {
		anew := listen(t, h.As("lea"), after)
		if event := <-anew.events; !event.Resync || event.Headline != nil || event.Unread != 0 {
			t.Errorf("%s: %+v", name, event)
		}
		anew.quiet()
		next := send(np, "Encore")
		anew.hears(next)
		again.hears(next)
	}
	for range 200 {
		send(np, "Beaucoup")
	}
	if event := <-listen(t, h.As("lea"), first).events; !event.Resync {
		t.Errorf("too far behind: %+v", event)
	}
}

func TestStreamTellsOnlyWhatArrives(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.MemberJoined{Audience: 4, Agent: 6}) // what is addressed to sante is theo's, and a mark in his stream
	theo := listen(t, h.As("theo"), habilitation.ID{})
	nextIsTheMark := func() {
		t.Helper()
		theo.hears(h.As("paul").Dispatches(housetest.Telegram("bamako", "sante", np, "Repère")).ID)
	}
	form := housetest.Telegram("bamako", "dam", np, "Pluies")
	form.Tags = []string{"sahel"}
	h.As("paul").Dispatches(form)
	nextIsTheMark()
	h.Enact(habilitation.MemberJoined{Audience: 5, Agent: 6}) // theo may read it from now on
	h.Imports(h.Record("1", "bamako", "sahel", np, housetest.Opening, "I, 1", "Imprimé"))
	nextIsTheMark()
	theo.hears(h.As("paul").Dispatches(form).ID)
	h.Enact(habilitation.MemberLeft{Audience: 5, Agent: 6, Reason: "essai"})
	h.As("paul").Dispatches(form)
	nextIsTheMark()
}

// TestStreamEndsWithTheRightToIt takes the right away in every way, under a heartbeat too slow to help.
func TestStreamEndsWithTheRightToIt(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Rewire(func(c *correspondence.Config) { c.Heartbeat = time.Hour })
	begin := habilitation.ID{1} // unknown: the stream begins with a resync
	lea, marie, paul := listen(t, h.As("lea"), begin), listen(t, h.As("marie"), begin), listen(t, signedIn(h, "paul"), begin)
	stays := listen(t, h.At("karim", habilitation.ID{}), begin)
	<-stays.events
	admitted := func(e *ear, what string) {
		t.Helper()
		var refusal *correspondence.Refusal
		if err := e.ends(patience); !errors.As(err, &refusal) || refusal.Cause != correspondence.NotAdmitted {
			t.Errorf("%s: the stream ends with %v", what, err)
		}
	}
	h.Enact(habilitation.AgentDisabled{Agent: 3, Reason: "essai"})
	admitted(lea, "agent disabled")
	h.Enact(habilitation.TerminalWithdrawn{Terminal: housetest.TerminalOf(dr), Reason: "essai"})
	admitted(marie, "terminal withdrawn")
	if err := signedIn(h, "paul").SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(paul.done) > 0 {
		t.Error("another session of paul's ended his stream")
	}
	if err := paul.desk.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	admitted(paul, "signed out")
	stays.quiet()
	if len(stays.done) > 0 {
		t.Errorf("a stream with every right ended: %v", <-stays.done)
	}
	h.Shut()
	if err := stays.ends(patience); !errors.Is(err, correspondence.ErrClosing) {
		t.Errorf("house closed: %v", err)
	}
}

// signedIn seats an agent with a session, at a terminal that nobody knows.
func signedIn(h *housetest.House, login string) *housetest.Reader {
	h.T.Helper()
	agent, _ := h.Folds().Register.AgentByLogin(login)
	phc, err := habilitation.HashPassword(h.T.Context(), housetest.Password, habilitation.CheapestArgon)
	if err == nil {
		err = h.Credentials.SetPassword(h.T.Context(), agent.ID, phc)
	}
	if err != nil {
		h.T.Fatalf("set password: %v", err)
	}
	pass, err := h.Chancery.SignIn(h.T.Context(), login, housetest.Password, "", "127.0.0.1")
	if err != nil {
		h.T.Fatalf("sign in %s: %v", login, err)
	}
	desk, err := h.Chancery.OpenDesk(h.T.Context(), pass.AccessToken)
	if err != nil {
		h.T.Fatalf("open desk of %s: %v", login, err)
	}
	return h.Seat(login, desk)
}

func TestClosedStreamsLeaveNothingBehind(t *testing.T) {
	h := housetest.WithPeople(t)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	var begun, ended sync.WaitGroup
	var failed atomic.Int64
	for i := range 200 {
		begun.Add(1)
		ended.Go(func() {
			var once sync.Once
			err := h.As("lea").Stream(ctx, habilitation.ID{}, func(correspondence.Event) error {
				once.Do(begun.Done)
				if i%2 == 0 {
					return errors.New("the browser is gone")
				}
				return nil
			})
			if err == nil {
				failed.Add(1)
			}
		})
	}
	begun.Wait()
	cancel()
	ended.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d streams ended without saying why", failed.Load())
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
