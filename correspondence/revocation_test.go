package correspondence_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestNothingIsReadAfterARevocation takes rights away and gives them back while many read: a reading that begins after the revocation has
// returned never succeeds, on any way, and a message released after it is not streamed. CHANCERY_SOAK=1 races longer.
func TestNothingIsReadAfterARevocation(t *testing.T) {
	rounds := 30
	if os.Getenv("CHANCERY_SOAK") != "" {
		rounds = 2000
	}
	for name, acts := range map[string]struct{ revoke, restore habilitation.Act }{
		"clearance lowered": {habilitation.AgentCleared{Agent: 2, Level: np, Reason: "essai"}, habilitation.AgentCleared{Agent: 2, Level: dr, Reason: "essai"}},
		"membership ended":  {habilitation.MemberLeft{Audience: 2, Agent: 2, Reason: "essai"}, habilitation.MemberJoined{Audience: 2, Agent: 2}},
		"agent disabled":    {habilitation.AgentDisabled{Agent: 2, Reason: "essai"}, habilitation.AgentEnabled{Agent: 2}},
		"terminal lowered":  {habilitation.TerminalCleared{Terminal: housetest.TerminalOf(dr), Level: np, Reason: "essai"}, habilitation.TerminalCleared{Terminal: housetest.TerminalOf(dr), Level: dr, Reason: "essai"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t)
			defer r.end()
			for range rounds {
				r.house.Enact(acts.revoke)
				r.turns.Add(1)
				r.heard.Store(0)
				r.house.At("paul", r.side).Dispatches(housetest.Telegram("bamako", "dam", dr, "Après la révocation"))
				r.looks(6)
				if n := r.heard.Load(); n != 0 {
					t.Fatalf("%d events of a message released after the revocation", n)
				}
				r.turns.Add(1)
				r.house.Enact(acts.restore)
				r.looks(6)
			}
			if r.succeeded.Load() == 0 {
				t.Error("nothing was ever read: the test proves nothing")
			}
		})
	}
}

// race is a house in which karim reads one restricted message over and over.
type race struct {
	t                  *testing.T
	house              *housetest.House
	message            habilitation.ID
	side               habilitation.ID // a terminal that keeps its rights
	turns              atomic.Int64    // odd from the moment that the revocation has returned to the one before it is taken back
	seen               atomic.Int64    // readings tried
	succeeded, heard   atomic.Int64
	stop               chan struct{}
	readers, listeners sync.WaitGroup
}

func newRace(t *testing.T) *race {
	r := &race{t: t, house: housetest.WithPeople(t), side: habilitation.ID{9}, stop: make(chan struct{})}
	hash := make([]byte, 32)
	hash[5] = 5
	r.house.Enact(habilitation.TerminalRegistered{Terminal: r.side, Name: "de côté", Level: dr, SecretHash: hash})
	r.message = r.house.At("paul", r.side).Dispatches(housetest.Telegram("bamako", "dam", dr, "Avant")).ID
	for _, way := range r.ways() {
		r.readers.Go(func() {
			for {
				select {
				case <-r.stop:
					return
				default:
				}
				turn := r.turns.Load() // before the reading begins
				badge, err := r.house.Authority.BadgeFor(2, housetest.TerminalOf(dr))
				if err == nil && way(r.house.Chancery.DeskOf(badge)) {
					r.succeeded.Add(1)
					if turn%2 == 1 && turn == r.turns.Load() { // revoked all the while
						r.t.Error("read after the revocation had returned")
					}
				}
				r.seen.Add(1)
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	r.listeners.Go(r.listen)
	return r
}

func (r *race) ways() []func(*correspondence.Desk) bool {
	return []func(*correspondence.Desk) bool{
		func(d *correspondence.Desk) bool { _, err := d.Message(r.t.Context(), r.message); return err == nil },
		func(d *correspondence.Desk) bool {
			page, err := d.Teleprinter(r.t.Context(), correspondence.FeedQuery{})
			return err == nil && len(page.Items) > 0
		},
		func(d *correspondence.Desk) bool {
			page, err := d.Search(r.t.Context(), correspondence.SearchQuery{Text: "level:restricted"})
			return err == nil && page.Total > 0
		},
	}
}

// listen opens a stream whenever the last one has ended.
func (r *race) listen() {
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		badge, err := r.house.Authority.BadgeFor(2, housetest.TerminalOf(dr))
		if err != nil {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		_ = r.house.Chancery.DeskOf(badge).Stream(r.t.Context(), habilitation.ID{}, func(e correspondence.Event) error {
			if e.Headline != nil && e.Headline.Subject == "Après la révocation" {
				r.heard.Add(1)
			}
			select {
			case <-r.stop:
				return correspondence.ErrClosing
			default:
				return nil
			}
		})
	}
}

// looks lets the readers try some more.
func (r *race) looks(n int64) {
	for until := r.seen.Load() + n; r.seen.Load() < until; {
		time.Sleep(100 * time.Microsecond)
	}
}

func (r *race) end() {
	close(r.stop)
	r.readers.Wait()
	r.listeners.Wait()
}
