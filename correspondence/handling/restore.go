package handling

import (
	"fmt"
	"io"
	"time"

	"chancery/habilitation"
)

// Restore replaces the fold by a snapshot of one. A snapshot of another format is habilitation.ErrSnapshotVersion, one that was cut short or
// changed habilitation.ErrSnapshotDamaged; both leave the fold as it was.
func (m *Matters) Restore(from io.Reader) error {
	r := restoring{habilitation.NewSnapshotReader(from, format)}
	fresh := newState()
	r.Count(func() {
		id := r.ID()
		fresh.by[id] = r.matter()
		if r.truth() {
			fresh.later[id] = struct{}{}
		}
	})
	r.Count(func() {
		if a := r.alert(); fresh.by[a.Message] == nil {
			r.Fail("alert of an unknown message")
		} else {
			fresh.alerts[a.ID] = a
		}
	})
	r.Count(func() {
		if item := r.item(); fresh.by[item.Message] == nil {
			r.Fail("unknown message on the operator desk")
		} else {
			fresh.lay(item)
		}
	})
	if err := r.Close(); err != nil {
		return fmt.Errorf("restore handling: %w", err)
	}
	fresh.index()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = fresh
	return nil
}

// index makes the lists again that follow from the rest.
func (s *state) index() {
	for id, one := range s.by {
		for i := range one.lines {
			l := &one.lines[i]
			s.follow(id, l)
			for _, why := range []Why{WhyUndelivered, WhyMisaddressed} {
				if l.Details().Settled != nil {
					s.settled[ItemOf(id, l.Audience, why)] = place{id, l.Audience}
				}
			}
			if l.Details().Addition != nil {
				s.number(id, l.Audience, l.N)
			}
		}
		if one.silence != nil && one.silence.Ended.IsZero() {
			s.running[id] = struct{}{}
		}
		if one.until != 0 {
			s.dates.add(secondsOf(one.until), place{message: id})
		}
		s.tell(id, time.Time{})
	}
	for id, a := range s.alerts {
		if a.Acknowledged.At.IsZero() {
			s.ringing[id] = struct{}{}
		}
	}
}

// restoring reads the parts of the fold.
type restoring struct{ *habilitation.SnapshotReader }

func (r restoring) at() time.Time {
	if r.Number() == 0 {
		return time.Time{}
	}
	return time.UnixMicro(r.Signed()).UTC()
}

func (r restoring) truth() bool { return r.Number() == 1 }

func (r restoring) audience() habilitation.AudienceID { return habilitation.AudienceID(r.Number()) }

func (r restoring) stamp() Stamp { return Stamp{By: habilitation.AgentID(r.Number()), At: r.at()} }

func (r restoring) word() Word {
	return Word{Stamp: r.stamp(), For: habilitation.AgentID(r.Number()), Reason: r.Text()}
}

func (r restoring) matter() *matter {
	m := &matter{at: r.Signed(), origin: r.audience(), level: habilitation.Level(r.Number()), year: int16(r.Number()), corrects: r.ID()}
	r.Count(func() { m.fixedBy = append(m.fixedBy, r.ID()) })
	r.Count(func() { m.others = append(m.others, r.audience()) })
	r.Count(func() { m.lines = append(m.lines, r.line()) })
	r.Count(func() {
		m.shares = append(m.shares, Share{Audience: r.audience(), Through: r.audience(), Seq: r.Number(), Word: r.word()})
	})
	m.replyBy, m.until = r.Signed(), r.Signed()
	if r.truth() {
		m.silence = &Silence{Until: r.at(), Ended: r.at(), Adopted: r.truth()}
		r.Count(func() { m.silence.Broken = append(m.silence.Broken, Break{Audience: r.audience(), Word: r.word()}) })
	}
	return m
}

func (r restoring) line() Line {
	l := Line{Audience: r.audience(), Holder: habilitation.AgentID(r.Number()), Role: Role(r.Number()), Asked: Asked(r.Number()),
		Receipt: Receipt(r.Number()), State: State(r.Number()), N: r.Number(), Called: r.truth(), deadline: r.Signed(), reply: r.Signed(), since: r.Signed()}
	if r.truth() {
		l.more = r.details()
	}
	if !known(stateNames, l.State) {
		r.Fail("line without a state")
	}
	return l
}

func (r restoring) details() *Details {
	d := &Details{Instruction: r.Text()}
	if r.truth() {
		d.Addition = &Addition{Word: r.word(), Ground: Ground(r.Number()), Through: r.audience(), Seq: r.Number()}
	}
	d.Reader, d.Due, d.HeldSince = r.stamp(), r.at(), r.at()
	if r.truth() {
		d.Entrusted = &Entrusted{Stamp: r.stamp(), For: habilitation.AgentID(r.Number()), To: habilitation.AgentID(r.Number()), Due: r.at(), Note: r.Text()}
	}
	if r.truth() {
		word := r.word()
		d.Declined = &word
	}
	d.End, d.To = r.word(), r.audience()
	if r.truth() {
		word := r.word()
		d.Settled = &word
	}
	r.Count(func() {
		d.Answers = append(d.Answers, Answer{Message: r.ID(), Level: habilitation.Level(r.Number()), At: r.at()})
	})
	d.Alert, d.Missed = r.ID(), r.truth()
	return d
}

func (r restoring) alert() *Alert {
	a := &Alert{ID: r.ID(), Message: r.ID(), Audience: r.audience()}
	r.Count(func() { a.Watch = append(a.Watch, habilitation.AgentID(r.Number())) })
	a.Minutes, a.Place, a.Called, a.Raised, a.Acknowledged = int(r.Number()), int(r.Number()), r.at(), r.at(), r.stamp()
	return a
}

func (r restoring) item() TrayItem {
	return TrayItem{Message: r.ID(), Audience: r.audience(), Desk: r.audience(), Why: Why(r.Number()), Word: r.word()}
}
