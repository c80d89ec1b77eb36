package handling

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"chancery/habilitation"
)

// Alert is a call to the duty roster.
type Alert struct {
	ID           habilitation.ID
	Message      habilitation.ID
	Audience     habilitation.AudienceID
	Watch        []habilitation.AgentID
	Minutes      int
	Place        int       // of the watch who is called now; beyond the last the whole group is
	Called       time.Time // when the clock of this place began
	Raised       time.Time
	Acknowledged Stamp // zero while it rings
}

// Calls reports whether the alert rings for an agent of its group: everybody called so far, and the whole group beyond the last of the watch.
func (a Alert) Calls(agent habilitation.AgentID) bool {
	return a.Place >= len(a.Watch) || slices.Contains(a.Watch[:a.Place+1], agent)
}

// Due is when the next is called; zero when there is no next.
func (a Alert) Due() time.Time {
	if a.Place >= len(a.Watch) || !a.Acknowledged.At.IsZero() {
		return time.Time{}
	}
	return a.Called.Add(time.Duration(a.Minutes) * time.Minute)
}

// TrayItem is something on the operator desk.
type TrayItem struct {
	ID       habilitation.ID
	Message  habilitation.ID
	Audience habilitation.AudienceID // the addressee that it did not reach; zero when nobody is addressed
	Desk     habilitation.AudienceID
	Why      Why
	Word
}

// ItemOf is the identity of what a message's addressee laid on the operator desk, for one reason: it tells nothing to whoever has not the message's own.
func ItemOf(message habilitation.ID, audience habilitation.AudienceID, why Why) habilitation.ID {
	b := binary.BigEndian.AppendUint32(append([]byte("chancery operator desk\n"), message[:]...), uint32(audience))
	sum := sha256.Sum256(append(b, byte(why)))
	return habilitation.ID(sum[:16])
}

// Tray lists what lies on an operator desk, oldest first.
func (m *Matters) Tray(desk habilitation.AudienceID) []TrayItem {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := []TrayItem{}
	for _, item := range m.state.tray {
		if item.Desk == desk {
			out = append(out, *item)
		}
	}
	slices.SortFunc(out, func(a, b TrayItem) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return out
}

// TrayItem finds what lies on the operator desk.
func (m *Matters) TrayItem(id habilitation.ID) (TrayItem, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	item, there := m.state.tray[id]
	if !there {
		return TrayItem{}, false
	}
	return *item, true
}

// Settled finds the line that an item of the operator desk was about which lies there no more; what nobody was addressed in has none.
func (m *Matters) Settled(id habilitation.ID) (message habilitation.ID, l Line, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	at, known := m.state.settled[id]
	if !known || m.state.tray[id] != nil {
		return message, l, false
	}
	return at.message, *m.state.by[at.message].line(at.audience), true
}

// Alert finds an alert.
func (m *Matters) Alert(id habilitation.ID) (Alert, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	a, known := m.state.alerts[id]
	if !known {
		return Alert{}, false
	}
	return *a, true
}

// Ringing lists the alerts that nobody has acknowledged, oldest first.
func (m *Matters) Ringing() []Alert {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := []Alert{}
	for id := range m.state.ringing {
		out = append(out, *m.state.alerts[id])
	}
	slices.SortFunc(out, func(a, b Alert) int {
		if c := a.Raised.Compare(b.Raised); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return out
}

// LiesWith reports whether the message lies on the operator desk of the audience.
func (m *Matters) LiesWith(message habilitation.ID, desk habilitation.AudienceID) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	return one != nil && slices.Contains(one.desks, desk)
}
