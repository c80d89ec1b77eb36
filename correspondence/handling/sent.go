package handling

import (
	"cmp"
	"slices"
	"time"

	"chancery/habilitation"
)

// What the originator is told of a message that was sent.
const (
	NewsDelivered    = "delivered"    // as a receipt that was asked for
	NewsRead         = "read"         // as a receipt that was asked for
	NewsTaken        = "taken"        // as a receipt that was asked for
	NewsUndelivered  = "undelivered"  // nobody of the addressee may read it
	NewsAnswered     = "answered"     // by a message
	NewsClosed       = "closed"       // without an answer
	NewsReassigned   = "reassigned"   // to another addressee
	NewsMisaddressed = "misaddressed" // sent back
	NewsSettled      = "settled"      // the operator desk is done with it
	NewsAdded        = "added"        // an addressee or the operator desk passed it on to another
	NewsLate         = "late"         // nothing came by the date
	NewsExpired      = "expired"      // nobody took it in charge while it was valid
	NewsBroken       = "broken"       // an addressee broke the silence
	NewsAdopted      = "adopted"      // nobody did
	NewsNotAdopted   = "not-adopted"  // the procedure ended on a broken silence
)

// News is one thing that became of a sent message.
type News struct {
	What     string
	Audience habilitation.AudienceID // the addressee; zero for the end of a silence procedure
	By       habilitation.AgentID    // zero for nobody in particular
	At       time.Time
	Level    habilitation.Level // what one must be cleared for to know it, beyond the message; zero for nothing more
}

// asks gives a line the date to answer by, where it must act or answer and has no deadline.
func (m *matter) asks(l *Line) {
	l.reply = 0
	if l.Role == Action && l.deadline == 0 {
		l.reply = m.replyBy
	}
}

// Expired reports whether the message is no longer to be acted upon.
func (m *Matter) Expired(now time.Time) bool {
	return !m.ValidUntil.IsZero() && now.After(m.ValidUntil)
}

// Waits reports whether something is to be done at the line now: what has expired waits only for whoever had taken it.
func (m *Matter) Waits(l Line, ceiling habilitation.Level, now time.Time) bool {
	return l.Open(ceiling) && (l.Holder != 0 || !m.Expired(now))
}

// Late reports whether something that is to be done at the line now is overdue for somebody who reads up to the ceiling.
func (m *Matter) Late(l Line, ceiling habilitation.Level, now time.Time) bool {
	return l.Late(ceiling, now) && (l.Holder != 0 || !m.Expired(now))
}

// Lost reports whether the line reached nobody and nobody has seen to it.
func (m *Matter) Lost(l Line) bool { return l.State == Undelivered && l.Details().Settled == nil }

// Awaits reports whether the originator still waits for something of the line: that it is delivered, done or answered, that a receipt comes, that
// the operator desk finds the right addressee.
func (m *Matter) Awaits(l Line, ceiling habilitation.Level, now time.Time) bool {
	if m.Waits(l, ceiling, now) || slices.Contains(m.laid, l.Audience) {
		return true
	}
	if state, _ := l.StateFor(ceiling); m.Expired(now) || state.Ended() {
		return false
	}
	return m.Lost(l) || l.Receipt == OfReading && l.Details().Reader.By == 0 || l.Receipt == OfCharge && l.Holder == 0
}

// awaited reports whether anything is still to come, as far as anybody may know who reads it.
func (m *Matter) awaited() bool {
	return m.Silence != nil && m.Silence.Ended.IsZero() ||
		slices.ContainsFunc(m.Lines, func(l Line) bool {
			// who was added later may have nobody to read it, and whose receipt of delivery is asked may have lost them: only the register knows
			return m.Awaits(l, m.lowest, time.Time{}) || l.State == Delivered && (l.Receipt == OfDelivery || l.Details().Addition != nil)
		})
}

// News lists what the originator is told, as somebody may know it who reads up to the ceiling, in no order. Lateness and expiry are those of the
// moment given; the zero time has neither.
func (m *Matter) News(ceiling habilitation.Level, now time.Time) []News {
	var out []News
	for _, l := range m.Lines {
		out = m.newsOf(out, l, ceiling, now)
	}
	if m.Silence == nil {
		return out
	}
	for _, b := range m.Silence.Broken {
		out = append(out, News{What: NewsBroken, Audience: b.Audience, By: b.By, At: b.At})
	}
	if s := m.Silence; s.Adopted {
		out = append(out, News{What: NewsAdopted, At: s.Ended})
	} else if !s.Ended.IsZero() {
		out = append(out, News{What: NewsNotAdopted, At: s.Ended})
	}
	return out
}

// reached is when a line that nobody could read at the release came to somebody all the same, as far as the house knows: at the first thing that
// they did with it. Zero while it came to nobody.
func (l *Line) reached() time.Time {
	if l.State == Undelivered {
		return time.Time{}
	}
	more := l.Details()
	return cmp.Or(more.Reader.At, more.HeldSince, more.End.At)
}

// endings are what the originator is told of how a line ended.
var endings = map[State]string{Closed: NewsClosed, Reassigned: NewsReassigned, Misaddressed: NewsMisaddressed}

func (m *Matter) newsOf(out []News, l Line, ceiling habilitation.Level, now time.Time) []News {
	more := l.Details()
	tell := func(what string, by habilitation.AgentID, at time.Time) {
		out = append(out, News{What: what, Audience: l.Audience, By: by, At: at})
	}
	arrived := m.At
	if a := more.Addition; a != nil {
		arrived = a.At
		if a.Ground != ByOrigin {
			tell(NewsAdded, a.By, a.At)
		}
	}
	if more.Missed {
		tell(NewsUndelivered, 0, m.At)
		arrived = l.reached()
	}
	if l.Receipt == OfDelivery && !arrived.IsZero() {
		tell(NewsDelivered, 0, arrived)
	}
	if l.Receipt == OfReading && more.Reader.By != 0 {
		tell(NewsRead, more.Reader.By, more.Reader.At)
	}
	if l.Receipt == OfCharge && l.Holder != 0 {
		tell(NewsTaken, l.Holder, more.HeldSince)
	}
	if a, ok := l.Answered(ceiling); ok {
		out = append(out, News{What: NewsAnswered, Audience: l.Audience, At: a.At, Level: a.Level})
	}
	if what, ended := endings[l.State]; ended {
		tell(what, more.End.By, more.End.At)
	}
	if more.Settled != nil {
		tell(NewsSettled, more.Settled.By, more.Settled.At)
	}
	switch {
	case m.Late(l, ceiling, now):
		tell(NewsLate, 0, l.Due())
	case l.Open(ceiling) && l.Holder == 0 && m.Expired(now):
		tell(NewsExpired, 0, m.ValidUntil)
	}
	return out
}

// latestKept is how many messages of an origin are remembered by what came of them last; what came of others is found in the lists.
const latestKept = 500

// outlook is an origin's messages as somebody knows them who reads up to a level: what only others may know leaves no trace in it.
type outlook struct {
	origin  habilitation.AudienceID
	ceiling habilitation.Level
}

// moved is a message and when something was last told of it, in microseconds since 1970.
type moved struct {
	at      int64
	message habilitation.ID
}

// tell keeps the origin's lists behind a message that changed.
func (s *state) tell(message habilitation.ID, now time.Time) {
	if one := s.by[message]; one == nil || one.origin == 0 {
		return
	}
	one := s.copy(message)
	keep(s.awaited, one.Origin, message, one.awaited())
	keep(s.answered, one.Origin, message, slices.ContainsFunc(one.Lines, func(l Line) bool { return len(l.Details().Answers) > 0 }))
	for _, ceiling := range habilitation.Levels {
		if one.lowest > ceiling {
			continue
		}
		news := one.News(ceiling, now)
		if len(news) == 0 {
			continue
		}
		last := slices.MaxFunc(news, func(a, b News) int { return a.At.Compare(b.At) })
		key := outlook{one.Origin, ceiling}
		s.latest[key] = remember(s.latest[key], moved{last.At.UnixMicro(), message})
	}
}

// keep puts a message into the origin's list or takes it out.
func keep(lists map[habilitation.AudienceID]map[habilitation.ID]struct{}, origin habilitation.AudienceID, message habilitation.ID, in bool) {
	if !in {
		delete(lists[origin], message)
		return
	}
	if lists[origin] == nil {
		lists[origin] = map[habilitation.ID]struct{}{}
	}
	lists[origin][message] = struct{}{}
}

// remember gives the list with the message at its new place, without what is too old to be kept.
func remember(list []moved, one moved) []moved {
	if i := slices.IndexFunc(list, func(m moved) bool { return m.message == one.message }); i >= 0 {
		one.at = max(one.at, list[i].at)
		list = slices.Delete(list, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(list, one, func(a, b moved) int {
		return cmp.Or(cmp.Compare(a.at, b.at), slices.Compare(a.message[:], b.message[:]))
	})
	list = slices.Insert(list, at, one)
	return list[max(0, len(list)-latestKept):]
}

// untell forgets a message that is to leave no trace.
func (s *state) untell(message habilitation.ID) {
	origin := s.by[message].origin
	delete(s.awaited[origin], message)
	delete(s.answered[origin], message)
	for _, ceiling := range habilitation.Levels {
		key := outlook{origin, ceiling}
		s.latest[key] = slices.DeleteFunc(s.latest[key], func(m moved) bool { return m.message == message })
	}
}

// copy is a message with what follows from others.
func (s *state) copy(message habilitation.ID) Matter {
	one := s.by[message]
	out := one.copy(message)
	out.lowest = s.lowest(message)
	if len(one.desks) == 0 {
		return out
	}
	for _, l := range one.lines {
		for _, why := range []Why{WhyUndelivered, WhyMisaddressed} {
			if s.tray[ItemOf(message, l.Audience, why)] != nil {
				out.laid = append(out.laid, l.Audience)
			}
		}
	}
	return out
}

// Awaited gives the messages of an origin of which something is still to come for somebody, in no order; [Matter.Awaits] says what, and for whom.
func (m *Matters) Awaited(origin habilitation.AudienceID) []Matter {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.state.copies(m.state.awaited[origin])
}

// AnsweredOf gives the messages of an origin that somebody answered, in no order; [Line.Answered] says who may know.
func (m *Matters) AnsweredOf(origin habilitation.AudienceID) []Matter {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.state.copies(m.state.answered[origin])
}

func (s *state) copies(of map[habilitation.ID]struct{}) []Matter {
	out := make([]Matter, 0, len(of))
	for id := range of {
		out = append(out, s.copy(id))
	}
	return out
}

// Latest lists the messages of an origin of which something was told after a moment, the last first, as far as somebody may know who reads up
// to the ceiling. It goes back some hundreds of messages.
func (m *Matters) Latest(origin habilitation.AudienceID, ceiling habilitation.Level, after time.Time) []Matter {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := m.state.latest[outlook{origin, ceiling}]
	var out []Matter
	for i := len(list) - 1; i >= 0 && list[i].at > after.UnixMicro(); i-- {
		out = append(out, m.state.copy(list[i].message))
	}
	return out
}
