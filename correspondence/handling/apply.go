package handling

import (
	"fmt"
	"slices"
	"time"

	"chancery/habilitation"
)

// Apply folds one act that the journal holds at the sequence: done by the agent at the time. An act that history does not allow is
// habilitation.ErrContradiction, an act of another package habilitation.ErrUnknownKind; both leave the fold as it was.
func (m *Matters) Apply(seq uint64, at time.Time, by habilitation.AgentID, act habilitation.Act) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.state.check(by, act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	message := m.state.messageOf(act)
	m.state.fold(Stamp{By: by, At: at}, act)
	m.state.arrive(seq, message, act)
	m.state.tell(message, time.Time{})
	return nil
}

// Forget undoes the Release of a message that no act was about: one that was begun for a decision which was refused. The journal holds nothing of
// that, so nothing of it may stay.
func (m *Matters) Forget(message habilitation.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one, known := m.state.by[message]
	if !known {
		return
	}
	for i := range one.lines {
		audience := one.lines[i].Audience
		delete(m.state.open[audience], message)
		delete(m.state.uncalled, place{message, audience})
	}
	delete(m.state.running, message)
	m.state.untell(message)
	delete(m.state.by, message)
}

// lowest is the lowest level that the message has borne: it takes a correction of that level to lower one.
func (s *state) lowest(message habilitation.ID) habilitation.Level {
	one := s.by[message]
	lowest := one.level
	for _, id := range one.fixedBy {
		if by := s.by[id]; by != nil {
			lowest = min(lowest, by.level)
		}
	}
	return lowest
}

// arrive notes when the act brought the message to an audience, if it did.
func (s *state) arrive(seq uint64, message habilitation.ID, act habilitation.Act) {
	switch act := act.(type) {
	case AddresseeAdded:
		s.bring(seq, message, act.Audience)
	case Shared:
		s.bring(seq, message, act.Audience)
	case WasReassigned:
		s.bring(seq, message, act.To)
	case TraySettled:
		if act.To != 0 {
			s.bring(seq, message, act.To)
		}
	}
}

// bring notes that the message came to the audience later than it was released.
func (s *state) bring(seq uint64, message habilitation.ID, audience habilitation.AudienceID) {
	one := s.by[message]
	if i := one.share(audience); i >= 0 {
		one.shares[i].Seq = seq
	}
	if l := one.line(audience); l != nil && l.Details().Addition != nil && l.more.Addition.Seq == 0 {
		l.change(func(d *Details) {
			addition := *d.Addition
			addition.Seq = seq
			d.Addition = &addition
		})
	}
	s.later[message] = struct{}{}
}

// MessageOf is the message that an act is about, before it is applied; zero when the fold does not know what the act names.
func (m *Matters) MessageOf(act habilitation.Act) habilitation.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.state.messageOf(act)
}

// PlaceOf is the message and the addressee that an act is about; a zero audience for an act that is about none.
func (m *Matters) PlaceOf(act habilitation.Act) (habilitation.ID, habilitation.AudienceID) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	message, audience := placeOf(act)
	var alert *Alert
	switch act := act.(type) {
	case AlertAcknowledged:
		alert = m.state.alerts[act.Alert]
	case AlertEscalated:
		alert = m.state.alerts[act.Alert]
	}
	if alert != nil {
		return alert.Message, alert.Audience
	}
	return message, audience
}

func (s *state) messageOf(act habilitation.Act) habilitation.ID {
	switch act := act.(type) {
	case AlertAcknowledged:
		return s.messageOfAlert(act.Alert)
	case AlertEscalated:
		return s.messageOfAlert(act.Alert)
	case TraySettled:
		if item := s.tray[act.Item]; item != nil {
			return item.Message
		}
		return habilitation.ID{}
	}
	message, _ := placeOf(act)
	return message
}

func (s *state) messageOfAlert(id habilitation.ID) habilitation.ID {
	if a := s.alerts[id]; a != nil {
		return a.Message
	}
	return habilitation.ID{}
}

// placeOf is the message and the addressee that an act names itself.
func placeOf(act habilitation.Act) (habilitation.ID, habilitation.AudienceID) {
	switch act := act.(type) {
	case AddresseeAdded:
		return act.Message, act.Audience
	case Shared:
		return act.Message, act.Audience
	case ShareRevoked:
		return act.Message, act.Audience
	case WasRead:
		return act.Message, act.Audience
	case WasTaken:
		return act.Message, act.Audience
	case Assigned:
		return act.Message, act.Audience
	case Accepted:
		return act.Message, act.Audience
	case Declined:
		return act.Message, act.Audience
	case WasClosed:
		return act.Message, act.Audience
	case WasReassigned:
		return act.Message, act.Audience
	case WasMisaddressed:
		return act.Message, act.Audience
	case AlertRaised:
		return act.Message, act.Audience
	case SilenceBroken:
		return act.Message, act.Audience
	case SilenceEnded:
		return act.Message, 0
	case TrayLaid:
		return act.Message, 0
	}
	return habilitation.ID{}, 0
}

// fold applies an act that check allowed.
func (s *state) fold(by Stamp, act habilitation.Act) {
	switch act := act.(type) {
	case AddresseeAdded:
		s.foldAdded(by, act)
	case Shared:
		one := s.by[act.Message]
		one.shares = append(one.shares, Share{Audience: act.Audience, Through: act.Through, Word: Word{by, act.For, act.Reason}})
	case ShareRevoked:
		one := s.by[act.Message]
		i := one.share(act.Audience)
		one.shares = slices.Delete(one.shares, i, i+1)
	case WasReassigned:
		s.foldReassigned(by, act)
	case AlertRaised:
		s.foldRaised(by, act)
	case AlertAcknowledged:
		s.alerts[act.Alert].Acknowledged = by
		delete(s.ringing, act.Alert)
	case AlertEscalated:
		s.alerts[act.Alert].Place, s.alerts[act.Alert].Called = act.Place, by.At
	case SilenceBroken:
		silence := s.by[act.Message].silence
		silence.Broken = append(silence.Broken, Break{Audience: act.Audience, Word: Word{by, act.For, act.Reason}})
	case SilenceEnded:
		silence := s.by[act.Message].silence
		silence.Ended, silence.Adopted = by.At, act.Adopted
		delete(s.running, act.Message)
	case TrayLaid:
		s.lay(TrayItem{Message: act.Message, Desk: act.Desk, Why: act.Why, Word: Word{Stamp: by, Reason: act.Note}})
	case TraySettled:
		s.foldSettled(by, act)
	default:
		s.foldLine(by, act)
	}
}

// foldLine folds the acts that move one line.
func (s *state) foldLine(by Stamp, act habilitation.Act) {
	message, audience := placeOf(act)
	l := s.by[message].line(audience)
	switch act := act.(type) {
	case WasRead:
		if l.State == Delivered || l.State == Undelivered {
			l.enter(Read, by.At)
		}
		l.change(func(d *Details) { d.Reader = by })
		s.lift(ItemOf(message, audience, WhyUndelivered))
	case WasTaken:
		l.hold(by, act.Due)
	case Assigned:
		if l.Holder == 0 {
			l.hold(by, time.Time{})
		}
		l.change(func(d *Details) {
			d.Entrusted, d.Declined = &Entrusted{Stamp: by, For: act.For, To: act.To, Due: act.Due, Note: act.Note}, nil
		})
	case Accepted:
		l.hold(by, l.more.Entrusted.Due)
		l.change(func(d *Details) { d.Entrusted = nil })
	case Declined:
		l.change(func(d *Details) { d.Entrusted, d.Declined = nil, &Word{Stamp: by, Reason: act.Reason} })
	case WasClosed:
		l.end(Closed, Word{by, act.For, act.Reason})
	case WasMisaddressed:
		l.end(Misaddressed, Word{by, act.For, act.Reason})
		if act.Desk != 0 {
			s.lay(TrayItem{Message: message, Audience: audience, Desk: act.Desk, Why: WhyMisaddressed, Word: Word{by, act.For, act.Reason}})
		}
	}
	s.hush(l, by)
	s.follow(message, l)
}

// hush stops the alert of a line that somebody handles, or that has ended.
func (s *state) hush(l *Line, by Stamp) {
	id := l.Details().Alert
	if _, rings := s.ringing[id]; rings && (l.State == Taken || l.State.Ended()) {
		s.alerts[id].Acknowledged = by
		delete(s.ringing, id)
	}
}

// hold makes somebody the one who handles the line.
func (l *Line) hold(by Stamp, due time.Time) {
	l.Holder = by.By
	l.enter(Taken, by.At)
	l.change(func(d *Details) { d.HeldSince, d.Due, d.Declined = by.At, due, nil })
}

// end ends the handling; what waited to be accepted waits no more.
func (l *Line) end(state State, why Word) {
	l.enter(state, why.At)
	l.change(func(d *Details) { d.End, d.Entrusted = why, nil })
}

func (s *state) foldAdded(by Stamp, act AddresseeAdded) {
	l := Line{Audience: act.Audience, Role: act.Role, Asked: act.Asked, deadline: unixOf(act.Deadline), N: act.N}
	s.add(act.Message, l, act.Instruction, Addition{Word: Word{by, act.For, act.Reason}, Ground: act.Ground, Through: act.Through})
	s.number(act.Message, act.Audience, act.N)
}

// add makes an audience an addressee, for the reason given.
func (s *state) add(message habilitation.ID, l Line, instruction string, why Addition) {
	l.enter(Delivered, why.At)
	l.change(func(d *Details) { d.Instruction, d.Addition = instruction, &why })
	one := s.by[message]
	one.asks(&l)
	one.lines = append(one.lines, l)
	s.follow(message, &l)
}

// foldReassigned ends the line and hands what was asked to the other audience.
func (s *state) foldReassigned(by Stamp, act WasReassigned) {
	one := s.by[act.Message]
	l := one.line(act.Audience)
	l.end(Reassigned, Word{by, act.For, act.Reason})
	l.change(func(d *Details) { d.To = act.To })
	s.hush(l, by)
	s.follow(act.Message, l)
	next := Line{Audience: act.To, Role: l.Role, Asked: l.Asked, deadline: l.deadline}
	if one.line(act.To) == nil {
		s.add(act.Message, next, l.Details().Instruction, Addition{Word: Word{by, act.For, act.Reason}, Ground: ByAddressee, Through: act.Audience})
	}
}

func (s *state) foldRaised(by Stamp, act AlertRaised) {
	s.alerts[act.Alert] = &Alert{ID: act.Alert, Message: act.Message, Audience: act.Audience, Watch: slices.Clone(act.Watch), Minutes: act.Minutes, Called: by.At, Raised: by.At}
	s.ringing[act.Alert] = struct{}{}
	l := s.by[act.Message].line(act.Audience)
	l.change(func(d *Details) { d.Alert = act.Alert })
	s.follow(act.Message, l)
}

// lay puts an item on the operator desk, which reads the message while it lies there.
func (s *state) lay(item TrayItem) {
	item.ID = ItemOf(item.Message, item.Audience, item.Why)
	s.tray[item.ID] = &item
	s.by[item.Message].desks = append(s.by[item.Message].desks, item.Desk)
}

// lift takes an item off the operator desk, if it lies there.
func (s *state) lift(id habilitation.ID) {
	item := s.tray[id]
	if item == nil {
		return
	}
	delete(s.tray, id)
	one := s.by[item.Message]
	i := slices.Index(one.desks, item.Desk)
	one.desks = slices.Delete(one.desks, i, i+1)
}

func (s *state) foldSettled(by Stamp, act TraySettled) {
	item := *s.tray[act.Item]
	s.lift(act.Item)
	one := s.by[item.Message]
	if l := one.line(item.Audience); l != nil {
		l.change(func(d *Details) { d.Settled, d.To = &Word{Stamp: by, Reason: act.Reason}, act.To })
		s.settled[act.Item] = place{item.Message, item.Audience}
	}
	if act.To == 0 || one.line(act.To) != nil {
		return
	}
	l := Line{Audience: act.To, Role: act.Role, Asked: ToRead}
	if act.Role == Info {
		l.Asked = ForInformation
	}
	instruction := ""
	if from := one.line(item.Audience); from != nil {
		if from.Role == act.Role {
			l.Asked, l.deadline = from.Asked, from.deadline
		}
		instruction = from.Details().Instruction
	}
	s.add(item.Message, l, instruction, Addition{Word: Word{Stamp: by, Reason: act.Reason}, Ground: ByOperator, Through: item.Desk})
}
