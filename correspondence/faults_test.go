package correspondence_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/archive"
	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// errPlanted is what a faulty engine answers on its cue.
var errPlanted = errors.New("planted fault")

// cues says which calls of the engines go wrong, and counts all of them. A call is "journal.Append"; after it is done, "journal.Append done".
type cues struct {
	mu     sync.Mutex
	wrong  string
	fault  error // what it answers; errPlanted when nil
	called map[string]int
}

// on lets one call go wrong from now on, none when it is empty.
func (c *cues) on(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = call
}

func (c *cues) at(call string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.called[call]++
	if c.wrong == call {
		return fmt.Errorf("%s: %w", call, cmp.Or(c.fault, errPlanted))
	}
	return nil
}

type cuedJournal struct {
	archive.Journal
	name string
	cues *cues
}

func (j cuedJournal) Append(ctx context.Context, fence archive.Head, drafts []archive.Draft) ([]archive.Receipt, error) {
	if err := j.cues.at(j.name + ".Append"); err != nil {
		return nil, err
	}
	receipts, err := j.Journal.Append(ctx, fence, drafts)
	return receipts, errors.Join(err, j.cues.at(j.name+".Append done"))
}

func (j cuedJournal) Fetch(ctx context.Context, seq archive.Seq) (archive.Entry, error) {
	if err := j.cues.at(j.name + ".Fetch"); err != nil {
		return archive.Entry{}, err
	}
	return j.Journal.Fetch(ctx, seq)
}

func (j cuedJournal) Head(ctx context.Context) (archive.Head, error) {
	if err := j.cues.at(j.name + ".Head"); err != nil {
		return archive.Head{}, err
	}
	return j.Journal.Head(ctx)
}

func (j cuedJournal) Tail(ctx context.Context, from archive.Seq) iter.Seq2[archive.Entry, error] {
	return j.Journal.Tail(ctx, from)
}

type cuedStore struct {
	correspondence.DeskStore
	cues *cues
}

func (s cuedStore) Get(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string) (correspondence.Item, error) {
	if err := s.cues.at("store.Get"); err != nil {
		return correspondence.Item{}, err
	}
	return s.DeskStore.Get(ctx, owner, shelf, key)
}

func (s cuedStore) List(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf) ([]correspondence.Item, error) {
	if err := s.cues.at("store.List"); err != nil {
		return nil, err
	}
	return s.DeskStore.List(ctx, owner, shelf)
}

func (s cuedStore) Put(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string, over uint64, value []byte) (uint64, error) {
	if err := s.cues.at("store.Put"); err != nil {
		return 0, err
	}
	return s.DeskStore.Put(ctx, owner, shelf, key, over, value)
}

func (s cuedStore) Remove(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, keys ...string) error {
	if err := s.cues.at("store.Remove"); err != nil {
		return err
	}
	return s.DeskStore.Remove(ctx, owner, shelf, keys...)
}

func (s cuedStore) Clear(ctx context.Context, owner correspondence.Owner, empty []correspondence.Shelf, onto correspondence.Shelf, items ...correspondence.Item) error {
	if err := s.cues.at("store.Clear"); err != nil {
		return err
	}
	return s.DeskStore.Clear(ctx, owner, empty, onto, items...)
}

type cuedVault struct {
	archive.Vault
	cues *cues
}

func (v cuedVault) Put(ctx context.Context, r io.Reader) (archive.Digest, error) {
	if err := v.cues.at("vault.Put"); err != nil {
		return archive.Digest{}, err
	}
	return v.Vault.Put(ctx, r)
}

func (v cuedVault) Open(ctx context.Context, d archive.Digest) (io.ReadCloser, error) {
	if err := v.cues.at("vault.Open"); err != nil {
		return nil, err
	}
	return v.Vault.Open(ctx, d)
}

func (v cuedVault) Retain(ctx context.Context, d archive.Digest) error {
	if err := v.cues.at("vault.Retain"); err != nil {
		return err
	}
	return v.Vault.Retain(ctx, d)
}

type cuedSeals struct {
	correspondence.Seals
	cues *cues
}

func (s cuedSeals) SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*archive.Signer, error) {
	if err := errors.Join(s.cues.at("seals.SignerFor"), s.cues.at("seals.SignerFor "+name)); err != nil {
		return nil, err
	}
	return s.Seals.SignerFor(ctx, agent, name)
}

// cued opens the house over engines that go wrong on cue.
func cued(h *housetest.House) *cues {
	c := &cues{called: map[string]int{}}
	h.Rewire(func(config *correspondence.Config) {
		config.Journal = cuedJournal{config.Journal, "journal", c}
		config.Readings = cuedJournal{config.Readings, "readings", c}
		config.Store = cuedStore{config.Store, c}
		config.Vault = cuedVault{config.Vault, c}
		config.Seals = cuedSeals{config.Seals, c}
	})
	return c
}

// slowSeals say when they are asked to sign, and wait to be let go.
type slowSeals struct {
	correspondence.Seals
	signing, go_ chan struct{}
}

func (s *slowSeals) SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*archive.Signer, error) {
	s.signing <- struct{}{}
	<-s.go_
	return s.Seals.SignerFor(ctx, agent, name)
}

// TestFaultWhileReleasing lets each step of a release go wrong: what was refused is not there, what was acknowledged is, the house goes on unless
// its journal failed, and numbers have no gap.
func TestFaultWhileReleasing(t *testing.T) {
	for _, c := range []struct {
		call     string
		released bool // all the same
		stops    bool
		there    bool // after the house was opened again
	}{
		{call: "store.Get"}, {call: "vault.Put"}, {call: "vault.Retain"}, {call: "seals.SignerFor"}, {call: "readings.Head"},
		{call: "journal.Append", stops: true}, {call: "journal.Append done", stops: true, there: true},
		{call: "store.Remove", released: true, there: true},
	} {
		t.Run(c.call, func(t *testing.T) {
			h := housetest.WithPeople(t)
			faults := cued(h)
			desk := h.As("paul")
			form := housetest.Telegram("bamako", "dam", np, "Une fois")
			form.Attachments = []correspondence.FormAttachment{{Name: "a.txt", Content: []byte("a")}}
			draft, err := desk.NewDraft(t.Context(), form)
			if err != nil || len(draft.Faults) > 0 {
				t.Fatalf("draft: %v, %v", draft.Faults, err)
			}
			faults.on(c.call)
			if c.call == "vault.Put" {
				_, err = desk.Dispatch(t.Context(), draft.ID, form)
			} else {
				_, err = desk.Release(t.Context(), draft.ID, draft.Version)
			}
			faults.on("")
			if faults.called[c.call] == 0 {
				t.Fatal("the release does not come by here: the test proves nothing")
			}
			if (err == nil) != c.released {
				t.Errorf("release gives %v", err)
			}
			checkPresence(t, h, draft.ID, c.released)
			if ready := h.Chancery.Ready(t.Context()); (ready != nil) != c.stops {
				t.Errorf("ready: %v", ready)
			}
			again, err := desk.Release(t.Context(), draft.ID, 0)
			if c.stops {
				wantRefusal(t, correspondence.Busy)(err)
				if err := h.Chancery.Enact(t.Context(), 0, habilitation.AgentDisabled{Agent: 1, Reason: "essai"}); !errors.Is(err, errPlanted) {
					t.Errorf("a stopped house takes an act: %v", err)
				}
			} else if err != nil || again.Number != "TD BAMAKO 1" {
				t.Errorf("released again as %q: %v", again.Number, err)
			}
			h.Reopen()
			checkPresence(t, h, draft.ID, c.there || !c.stops)
			if next := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Ensuite")); next.Number != fmt.Sprintf("TD BAMAKO %d", h.Folds().Ledger.Count()) {
				t.Errorf("after opening again the next is %s of %d messages", next.Number, h.Folds().Ledger.Count())
			}
		})
	}
}

func checkPresence(t *testing.T, h *housetest.House, id habilitation.ID, there bool) {
	t.Helper()
	found := slices.ContainsFunc(h.As("lea").Feed(), func(m correspondence.Headline) bool { return m.ID == id })
	_, err := h.As("lea").Message(t.Context(), id)
	if found != there || (err == nil) != there {
		t.Errorf("in the feed: %v, read with %v, want it there: %v", found, err, there)
	}
	if drafts, _ := h.As("paul").Drafts(t.Context()); there && len(drafts) > 0 {
		t.Errorf("a released draft is still shown: %+v", drafts)
	}
}

// TestReadingIsRecordedOrNotShown lets each step of a reading go wrong.
func TestReadingIsRecordedOrNotShown(t *testing.T) {
	h := housetest.WithPeople(t)
	faults := cued(h)
	file := []correspondence.FormAttachment{{Name: "a.txt", Content: []byte("a")}}
	open, closed := housetest.Telegram("bamako", "dam", np, "Ouvert"), housetest.Telegram("bamako", "dam", dr, "Fermé")
	open.Attachments, closed.Attachments = file, file
	unprotected, restricted := h.As("paul").Dispatches(open).ID, h.As("paul").Dispatches(closed).ID
	desk := h.As("marie")
	ways := map[string]func(id habilitation.ID) (int, error){
		"page": func(id habilitation.ID) (int, error) {
			v, err := desk.Message(t.Context(), id)
			return len(v.Text), err
		},
		"original":    func(id habilitation.ID) (int, error) { b, err := desk.Original(t.Context(), id); return len(b), err },
		"signature":   func(id habilitation.ID) (int, error) { b, err := desk.Signature(t.Context(), id); return len(b), err },
		"timestamp":   func(id habilitation.ID) (int, error) { b, err := desk.Timestamp(t.Context(), id); return len(b), err },
		"timestamped": func(id habilitation.ID) (int, error) { b, err := desk.Timestamped(t.Context(), id); return len(b), err },
		"proof":       func(id habilitation.ID) (int, error) { b, err := desk.Proof(t.Context(), id); return len(b), err },
		"attachment": func(id habilitation.ID) (int, error) {
			v, file, err := desk.Attachment(t.Context(), id, 0)
			if err != nil {
				return len(v.Name), err
			}
			return int(v.Size), file.Close()
		},
	}
	readings := 0
	for name, way := range ways {
		for _, call := range []string{"readings.Append", "journal.Head", "journal.Fetch"} {
			faults.on(call)
			if n, err := way(restricted); n != 0 || !errors.Is(err, errPlanted) {
				t.Errorf("%s with a faulty %s shows %d bytes, %v", name, call, n, err)
			}
			if call == "journal.Fetch" {
				readings++ // recorded, then not shown
			} else if n, err := way(unprotected); n == 0 || err != nil {
				t.Errorf("%s of an unprotected message needs %s: %v", name, call, err)
			}
		}
		faults.on("")
		if n, err := way(restricted); n == 0 || err != nil {
			t.Errorf("%s: %v", name, err)
		}
		readings++
		if n, err := way(habilitation.NewID()); n != 0 || err == nil {
			t.Errorf("%s of nothing: %d bytes, %v", name, n, err)
		}
	}
	recorded := map[string]int{}
	for entry, err := range h.Readings.Tail(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		payload := string(entry.Payload)
		if entry.Kind != "message.opened" || entry.Level != dr || entry.Actor != 1 || !strings.Contains(payload, restricted.String()) ||
			!strings.Contains(payload, housetest.TerminalOf(dr).String()) || entry.Cites.Seq == 0 {
			t.Errorf("recorded %+v %s", entry.Header, payload)
		}
		for name := range ways {
			if strings.Contains(payload, `"how":"`+name+`"`) {
				recorded[name]++
			}
		}
		if head, _ := h.Readings.Head(t.Context()); entry.Seq == head.Seq {
			if int(entry.Seq) != readings {
				t.Errorf("%d readings recorded, want %d", entry.Seq, readings)
			}
			break
		}
	}
	for name := range ways {
		if recorded[name] != 2 {
			t.Errorf("%d readings by %s", recorded[name], name)
		}
	}
}

// TestFaultyStoreShowsNoPageAndLosesNoMark lets the desk store go wrong while messages are read and marked.
func TestFaultyStoreShowsNoPageAndLosesNoMark(t *testing.T) {
	h := housetest.WithPeople(t)
	first := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Un")).ID
	second := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Deux")).ID
	h.Reopen()
	faults := cued(h)
	lea := h.As("lea")
	for _, call := range []string{"store.List", "store.Put", "store.Clear"} {
		faults.on(call)
		var err error
		switch call {
		case "store.Clear":
			err = lea.MarkAllRead(t.Context(), second)
		default:
			_, err = lea.Message(t.Context(), first)
		}
		if !errors.Is(err, errPlanted) {
			t.Errorf("%s: %v", call, err)
		}
		faults.on("")
		counts(t, lea, 2)
	}
	lea.Reads(first)
	counts(t, lea, 1)
	faults.on("store.Clear")
	_ = lea.MarkAllRead(t.Context(), habilitation.ID{})
	faults.on("")
	counts(t, lea, 1)
	h.Reopen()
	counts(t, h.As("lea"), 1)
}

// TestSignatureThatFailsRefusesItsReleaseAlone decides one batch in which one agent cannot sign.
func TestSignatureThatFailsRefusesItsReleaseAlone(t *testing.T) {
	h := housetest.WithPeople(t)
	slow := &slowSeals{signing: make(chan struct{}, 1000), go_: make(chan struct{})}
	faults := &cues{called: map[string]int{}, wrong: "seals.SignerFor Karim Benali"}
	h.Rewire(func(c *correspondence.Config) {
		slow.Seals = cuedSeals{c.Seals, faults}
		c.Seals = slow
	})
	var wait sync.WaitGroup
	var mu sync.Mutex
	numbers := map[string]int{}
	release := func(login, subject string) {
		view, err := h.As(login).Dispatch(t.Context(), habilitation.ID{}, housetest.Telegram("dam", "bamako", np, subject))
		mu.Lock()
		defer mu.Unlock()
		if (err == nil) != (login == "marie") {
			t.Errorf("%s releases: %v", login, err)
		}
		if err != nil {
			wantRefusal(t, correspondence.Busy)(err)
			return
		}
		numbers[view.Number]++
	}
	wait.Go(func() { release("marie", "Premier") })
	<-slow.signing // the deciding goroutine is held: what follows waits together
	for i := range 12 {
		wait.Go(func() { release([]string{"marie", "karim", "marie"}[i%3], fmt.Sprint("Lot ", i)) })
	}
	time.Sleep(50 * time.Millisecond)
	close(slow.go_)
	wait.Wait()
	for n := 1; n <= 9; n++ {
		if numbers[fmt.Sprintf("TD DAM %d", n)] != 1 {
			t.Errorf("numbers %v: TD DAM %d is not there once", numbers, n)
		}
	}
	if h.Folds().Ledger.Count() != 9 || h.Chancery.Ready(t.Context()) != nil {
		t.Errorf("%d messages, ready: %v", h.Folds().Ledger.Count(), h.Chancery.Ready(t.Context()))
	}
}

// lateSeals take their time for one agent.
type lateSeals struct {
	correspondence.Seals
	late  string
	delay time.Duration
}

func (s lateSeals) SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*archive.Signer, error) {
	if name == s.late {
		time.Sleep(s.delay)
	}
	return s.Seals.SignerFor(ctx, agent, name)
}

func TestSlowSignatureIsRefused(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Rewire(func(c *correspondence.Config) {
		c.SigningLimit = time.Second
		c.Seals = lateSeals{c.Seals, "Karim Benali", 1050 * time.Millisecond}
	})
	_, err := h.As("karim").Dispatch(t.Context(), habilitation.ID{}, housetest.Telegram("dam", "bamako", np, "Lent"))
	if refusal := wantRefusal(t, correspondence.Busy)(err); refusal.Key != "signing" {
		t.Errorf("refused for %q", refusal.Key)
	}
	if next := h.As("marie").Dispatches(housetest.Telegram("dam", "bamako", np, "Prompt")); next.Number != "TD DAM 1" {
		t.Errorf("the next is %s", next.Number)
	}
}

// TestCommandsToAClosingHouse ends a house under load: every command is answered, and what was acknowledged is there.
func TestCommandsToAClosingHouse(t *testing.T) {
	h := housetest.WithPeople(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[habilitation.ID]bool{}
	for range 16 {
		desk := h.As("paul")
		wait.Go(func() {
			for {
				view, err := desk.Dispatch(t.Context(), habilitation.ID{}, housetest.Telegram("bamako", "dam", np, "Appel"))
				if err != nil {
					wantRefusal(t, correspondence.Busy)(err)
					return
				}
				mu.Lock()
				acknowledged[view.ID] = true
				mu.Unlock()
			}
		})
	}
	time.Sleep(60 * time.Millisecond)
	if err := h.Chancery.Close(); err != nil {
		t.Error(err)
	}
	wait.Wait()
	if err := h.Chancery.Ready(t.Context()); !errors.Is(err, correspondence.ErrClosing) {
		t.Errorf("ready: %v", err)
	}
	h.Reopen()
	for _, m := range h.As("paul").Feed() {
		delete(acknowledged, m.ID)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged messages are missing", len(acknowledged))
	}
}
