package handling

import (
	"container/heap"
	"time"

	"chancery/habilitation"
)

// dates is when lines become late, earliest first. A date that was moved or has no object any more stays until it comes, and is passed over then.
type dates struct{ queue dateQueue }

type date struct {
	at    int64 // microseconds since 1970
	place place
}

func (d *dates) add(at time.Time, where place) { heap.Push(&d.queue, date{at.UnixMicro(), where}) }

// dateQueue is a heap.
type dateQueue []date

func (q dateQueue) Len() int           { return len(q) }
func (q dateQueue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q dateQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *dateQueue) Push(x any)        { *q = append(*q, x.(date)) }
func (q *dateQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// Overdue is an addressee that has just become late, or without one a message that is no longer to be acted upon.
type Overdue struct {
	Message  habilitation.ID
	Audience habilitation.AudienceID
}

// TakeOverdue gives what has become late or expired since it was last asked, once. Neither is an act: [Matter.Late] and [Matter.Expired] tell it
// of any moment.
func (m *Matters) TakeOverdue(now time.Time) []Overdue {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Overdue
	q := &m.state.dates.queue
	for q.Len() > 0 && (*q)[0].at < now.UnixMicro() {
		d := heap.Pop(q).(date)
		one, known := m.state.by[d.place.message]
		if !known {
			continue
		}
		if d.place.audience == 0 {
			m.state.tell(d.place.message, now)
			out = append(out, Overdue{Message: d.place.message})
			continue
		}
		if l := one.line(d.place.audience); l.Open(m.state.lowest(d.place.message)) && l.Due().UnixMicro() == d.at {
			m.state.tell(d.place.message, now)
			out = append(out, Overdue{Message: d.place.message, Audience: d.place.audience})
		}
	}
	return out
}

// Uncalled lists the addressees of flash and night messages that no alert was raised for yet.
func (m *Matters) Uncalled() []Overdue {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make([]Overdue, 0, len(m.state.uncalled))
	for at := range m.state.uncalled {
		out = append(out, Overdue{Message: at.message, Audience: at.audience})
	}
	return out
}

// Silent lists the silence procedures whose time has come and that have not ended, with whether each is adopted.
func (m *Matters) Silent(now time.Time) []SilenceEnded {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []SilenceEnded
	for id := range m.state.running {
		if s := m.state.by[id].silence; !now.Before(s.Until) {
			out = append(out, SilenceEnded{Message: id, Adopted: len(s.Broken) == 0})
		}
	}
	return out
}

// NextDue is when the clock must look again: at once where an alert is to be raised, else at the earliest date; zero for never.
func (m *Matters) NextDue() time.Time {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.state.uncalled) > 0 {
		return time.UnixMicro(1).UTC()
	}
	var next time.Time
	consider := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for id := range m.state.ringing {
		consider(m.state.alerts[id].Due())
	}
	for id := range m.state.running {
		consider(m.state.by[id].silence.Until)
	}
	if q := m.state.dates.queue; len(q) > 0 {
		consider(time.UnixMicro(q[0].at + 1).UTC())
	}
	return next
}
