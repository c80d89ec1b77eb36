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
				act, err := decide(t, m, reg, by, at, now)
				if err != nil {
					return
				}
				if err := m.Apply(now, by, act); err != nil {
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
func decide(t *rapid.T, m *Matters, reg *habilitation.Register, by habilitation.AgentID, at place, now time.Time) (habilitation.Act, error) {
	to := habilitation.AudienceID(rapid.IntRange(int(post), int(counter)).Draw(t, "to"))
	reason := rapid.SampledFrom([]string{"parce que", "parce que", ""}).Draw(t, "reason")
	switch rapid.IntRange(0, 10).Draw(t, "what") {
	case 0, 1:
		return m.Take(reg, by, at.message, at.audience, now.Add(time.Hour))
	case 2:
		return m.Assign(reg, by, Assigned{Message: at.message, Audience: at.audience, To: habilitation.AgentID(rapid.IntRange(1, 7).Draw(t, "agent"))}, dr)
	case 3:
		return m.Accept(reg, by, at.message, at.audience)
	case 4:
		return m.Decline(reg, by, at.message, at.audience, reason)
	case 5:
		return m.Close(reg, by, at.message, at.audience, reason)
	case 6:
		return m.Reassign(reg, by, WasReassigned{Message: at.message, Audience: at.audience, To: to, Reason: reason}, dr)
	case 7:
		return m.Misaddressed(reg, by, WasMisaddressed{Message: at.message, Audience: at.audience, Desk: counter, Reason: reason})
	case 8:
		return m.Add(reg, by, AddresseeAdded{Message: at.message, Audience: to, Role: Action, Asked: ToDo, Deadline: begun.Add(time.Hour), Reason: reason}, dr)
	case 9:
		if act, err := m.Share(reg, by, Shared{Message: at.message, Audience: to}, dr); err == nil {
			return act, nil
		}
		return m.Revoke(reg, by, ShareRevoked{Message: at.message, Audience: to})
	}
	if items := m.Tray(counter); len(items) > 0 {
		return m.Settle(reg, by, TraySettled{Item: items[0].ID, To: to, Role: Action, Reason: reason}, dr)
	}
	if acts := m.Read(reg, by, at.message); len(acts) > 0 {
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
