package handling

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chancery/habilitation"
)

// model is what a plain reading of the rules says of each addressee.
type model struct {
	holder map[place]habilitation.AgentID
	wins   map[place]int // claims won while nobody held it
	ended  map[place]State
	toDo   map[place]bool
	reach  map[habilitation.ID]map[habilitation.AudienceID]int
}

// TestAnyHistoryHasOneWinnerAndLosesNothing plays random acts of random agents; whatever a decision gives, the fold takes, and what the fold then
// knows is what the model knows, also after it was written down and read back.
func TestAnyHistoryHasOneWinnerAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reg := people(t)
		m := NewMatters()
		w := model{holder: map[place]habilitation.AgentID{}, wins: map[place]int{}, ended: map[place]State{}, toDo: map[place]bool{}, reach: map[habilitation.ID]map[habilitation.AudienceID]int{}}
		ids := []habilitation.ID{{1}, {2}, {3}}
		for i, id := range ids {
			r := telegram(id)
			if i == 2 {
				r.Corrects = ids[0]
			}
			m.Release(r)
			w.toDo[place{id, africa}] = true
			w.reach[id] = map[habilitation.AudienceID]int{africa: 1, fishery: 1}
		}
		now := begun
		t.Repeat(map[string]func(*rapid.T){
			"act": func(t *rapid.T) {
				now = now.Add(time.Minute)
				by := habilitation.AgentID(rapid.IntRange(int(paul), int(gus)).Draw(t, "by"))
				at := place{rapid.SampledFrom(ids).Draw(t, "message"), habilitation.AudienceID(rapid.IntRange(int(post), int(counter)).Draw(t, "audience"))}
				act, err := decide(t, m, Hand{Register: reg, Agent: by, At: now, Level: dr}, at)
				if err != nil {
					return
				}
				if err := m.Apply(uint64(now.Unix()), now, by, act); err != nil {
					t.Fatalf("decided and not taken: %+v: %v", act, err)
				}
				w.follow(t, by, act)
			},
			"restart": func(t *rapid.T) {
				var b bytes.Buffer
				fresh := NewMatters()
				if err := m.Snapshot(&b); err != nil {
					t.Fatal(err)
				}
				if err := fresh.Restore(&b); err != nil {
					t.Fatal(err)
				}
				m = fresh
			},
			"": func(t *rapid.T) { w.compare(t, m, ids) },
		})
	})
}

// decide draws something that the agent may want.
func decide(t *rapid.T, m *Matters, h Hand, at place) (habilitation.Act, error) {
	to := habilitation.AudienceID(rapid.IntRange(int(post), int(counter)).Draw(t, "to"))
	reason := rapid.SampledFrom([]string{"parce que", "parce que", ""}).Draw(t, "reason")
	switch rapid.IntRange(0, 10).Draw(t, "what") {
	case 0, 1:
		return act(m.Take(h, at.message, at.audience, h.At.Add(time.Hour)))
	case 2:
		return act(m.Assign(h, Assigned{Message: at.message, Audience: at.audience, To: habilitation.AgentID(rapid.IntRange(1, 7).Draw(t, "agent"))}))
	case 3:
		return act(m.Accept(h, at.message, at.audience))
	case 4:
		return act(m.Decline(h, Declined{Message: at.message, Audience: at.audience, Reason: reason}))
	case 5:
		return act(m.Close(h, WasClosed{Message: at.message, Audience: at.audience, Reason: reason}))
	case 6:
		return act(m.Reassign(h, WasReassigned{Message: at.message, Audience: at.audience, To: to, Reason: reason}))
	case 7:
		return act(m.Misaddressed(h, WasMisaddressed{Message: at.message, Audience: at.audience, Desk: counter, Reason: reason}))
	case 8:
		return act(m.Add(h, AddresseeAdded{Message: at.message, Audience: to, Role: Action, Asked: ToDo, Deadline: begun.Add(time.Hour), Reason: reason}))
	case 9:
		if act, err := m.Share(h, Shared{Message: at.message, Audience: to}); err == nil {
			return act, nil
		}
		return act(m.Revoke(h, ShareRevoked{Message: at.message, Audience: to}))
	}
	if items := m.Tray(counter); len(items) > 0 {
		return act(m.Settle(h, TraySettled{Item: items[0].ID, To: to, Role: Action, Reason: reason}))
	}
	if acts := m.Read(h, at.message); len(acts) > 0 {
		return acts[0], nil
	}
	return nil, habilitation.ErrUnknown
}

func (w *model) follow(t *rapid.T, by habilitation.AgentID, act habilitation.Act) {
	message, audience := placeOf(act)
	at := place{message, audience}
	if w.ended[at] != 0 && !isAny[WasRead](act) && !isAny[Shared](act) && !isAny[ShareRevoked](act) {
		t.Fatalf("%s after it was %s", act.Kind(), w.ended[at])
	}
	switch act := act.(type) {
	case WasTaken:
		if w.wins[at]++; w.wins[at] > 1 {
			t.Fatalf("agent %d won what agent %d holds", by, w.holder[at])
		}
		w.holder[at] = by
	case Assigned:
		if w.holder[at] == 0 {
			w.holder[at], w.wins[at] = by, 1
		}
	case Accepted:
		w.holder[at] = by
	case WasClosed:
		w.ended[at] = Closed
	case WasMisaddressed:
		w.ended[at] = Misaddressed
		w.reach[message][counter]++
	case WasReassigned:
		w.ended[at] = Reassigned
		w.enter(message, act.To, w.toDo[at])
	case AddresseeAdded:
		w.enter(message, act.Audience, true)
	case Shared:
		w.reach[message][audience]++
	case ShareRevoked:
		w.reach[message][audience]--
	}
}

func isAny[T habilitation.Act](act habilitation.Act) bool { _, ok := act.(T); return ok }

// enter makes an audience an addressee, if it is none.
func (w *model) enter(message habilitation.ID, audience habilitation.AudienceID, toDo bool) {
	at := place{message, audience}
	if _, there := w.toDo[at]; !there && (audience != africa && audience != fishery) {
		w.toDo[at] = toDo
		w.reach[message][audience]++
	}
}

func (w *model) compare(t *rapid.T, m *Matters, ids []habilitation.ID) {
	for _, id := range ids {
		matter, known := m.Of(id)
		if !known {
			t.Fatalf("message %s is lost", id)
		}
		for _, l := range matter.Lines {
			at := place{id, l.Audience}
			if l.Holder != w.holder[at] {
				t.Fatalf("audience %d of %s is held by %d, want %d", l.Audience, id, l.Holder, w.holder[at])
			}
			if want := w.ended[at]; want != 0 && l.State != want || want == 0 && l.State.Ended() {
				t.Fatalf("audience %d of %s is %s, want %s", l.Audience, id, l.State, want)
			}
			if open := slices.Contains(m.Open(l.Audience), id); open != l.Open(dr) {
				t.Fatalf("audience %d of %s: listed as open %v, open %v", l.Audience, id, open, l.Open(dr))
			}
			if l.Role == Action && w.toDo[at] && !l.Open(dr) && w.ended[at] == 0 {
				t.Fatalf("audience %d of %s has something to do that nobody sees", l.Audience, id)
			}
		}
		for audience, times := range w.reach[id] {
			if times > 0 && !slices.Contains(m.Audiences(id), audience) && audience != counter {
				t.Fatalf("message %s does not reach %d any more", id, audience)
			}
		}
		for _, audience := range m.Audiences(ids[0]) {
			if !slices.Contains(m.Audiences(ids[2]), audience) {
				t.Fatalf("audience %d sees what is corrected and not the correction", audience)
			}
		}
	}
}
