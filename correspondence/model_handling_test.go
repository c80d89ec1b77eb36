package correspondence_test

import (
	"slices"
	"time"

	"chancery/habilitation"
)

// What becomes of a message at its addressees, and who may do what for whom, in plain slices.

// modelLine is an addressee of a message.
type modelLine struct {
	key       string
	role      string // action, info
	asked     string // do, read, information
	deadline  time.Time
	n         int    // in the series from the origin
	state     string // delivered, undelivered, read, taken, closed, reassigned, misaddressed
	reader    string
	holder    string
	offered   string // to whom it is entrusted
	due       time.Time
	answers   []habilitation.Level
	addition  *modelAddition // of an addressee added later
	lost      bool           // it lies on the operator desk, for nobody could read it there
	misplaced bool           // it lies on the operator desk, for the group said that it is not theirs
}

// modelAddition is how an addressee came to be one after the release.
type modelAddition struct {
	by      string // origin, addressee
	arrival uint64
	at      time.Time
}

// modelShare is a community that a message was brought into.
type modelShare struct {
	key, through, by string
	arrival          uint64
	at               time.Time
}

// modelLoan is a signature lent to somebody for a time.
type modelLoan struct {
	id           habilitation.ID
	from, to     string
	group        string
	begins, ends time.Time
}

func (x *modelMessage) line(key string) *modelLine {
	for _, l := range x.lines {
		if l.key == key {
			return l
		}
	}
	return nil
}

// handled reports whether the house follows what becomes of the message: a record of another archive only from the first act on.
func (x *modelMessage) handled() bool { return !x.imported || x.begun }

func (l *modelLine) ground() string {
	if l.addition != nil && l.addition.by != "origin" {
		return "retransmitted"
	}
	return l.role
}

func (l *modelLine) ended() bool {
	return slices.Contains([]string{"closed", "reassigned", "misaddressed"}, l.state)
}

// stateFor is how far the line has come, as somebody knows it who reads up to the ceiling.
func (m *model) stateFor(x *modelMessage, l *modelLine, ceiling habilitation.Level) string {
	answered := slices.ContainsFunc(l.answers, func(level habilitation.Level) bool { return level <= ceiling })
	switch {
	case answered && !l.ended():
		return "answered"
	case l.state == "delivered" && !m.hasReader(l.key, x.level):
		return "undelivered"
	}
	return l.state
}

// open reports whether the viewer has something to do or to see done there.
func (m *model) open(x *modelMessage, l *modelLine, ceiling habilitation.Level) bool {
	return l.role == "action" && !l.ended() && m.stateFor(x, l, ceiling) != "answered" && (l.asked == "do" || l.holder != "")
}

func (m *model) hasReader(key string, level habilitation.Level) bool {
	return slices.ContainsFunc(m.group(key).members, func(one modelMember) bool { a := m.agent(one.login); return !a.disabled && a.level >= level })
}

// opens notes that a member of an addressee opens the message.
func (m *model) opens(login string, x *modelMessage) {
	for _, l := range x.lines {
		if x.handled() && l.role == "action" && l.reader == "" && m.group(l.key).member(login) != nil {
			l.reader, l.lost = login, false
			if l.state == "delivered" || l.state == "undelivered" {
				l.state = "read"
			}
		}
	}
}

// signs finds by what right somebody signs something of a level for a group: their own, or one that is lent to them at this moment.
func (m *model) signs(login, key string, level habilitation.Level) (stead string, ok bool) {
	a := m.agent(login)
	if a.disabled || a.level < level {
		return "", false
	}
	if own := m.group(key).member(login); own != nil && own.sign {
		return "", true
	}
	for _, one := range m.loans {
		giver := m.group(key).member(one.from)
		runs := !m.now().Before(one.begins) && m.now().Before(one.ends)
		if one.to == login && one.group == key && runs && giver != nil && giver.sign && !m.agent(one.from).disabled && m.agent(one.from).level >= level {
			return one.from, true
		}
	}
	return "", false
}

// directs reports whether somebody is number two of a group, manager of a community.
func (m *model) directs(login, key string) bool {
	one := m.group(key).member(login)
	return one != nil && one.chief && !m.agent(login).disabled
}

// mayEnd reports whether somebody decides what becomes of a line: its holder, who directs the group, and where nobody holds it who signs there.
func (m *model) mayEnd(login string, x *modelMessage, l *modelLine) bool {
	if m.group(l.key).member(login) == nil || l.ended() {
		return false
	}
	_, signs := m.signs(login, l.key, x.level)
	return l.holder == login || m.directs(login, l.key) || l.holder == "" && signs
}

// mayAdd tells on what ground somebody adds an addressee; none is "".
func (m *model) mayAdd(login string, x *modelMessage) string {
	if _, signs := m.signs(login, x.origin, x.level); signs {
		return "origin"
	}
	if slices.ContainsFunc(x.lines, func(l *modelLine) bool { return m.directs(login, l.key) }) {
		return "addressee"
	}
	return ""
}

// sharer tells in which group's name somebody brings the message into a community; none is "".
func (m *model) sharer(login string, x *modelMessage) string {
	for _, l := range x.lines {
		if _, signs := m.signs(login, l.key, x.level); signs {
			return l.key
		}
	}
	if _, signs := m.signs(login, x.origin, x.level); signs {
		return x.origin
	}
	return ""
}

func (m *model) mayRevoke(login string, x *modelMessage, s *modelShare) bool {
	_, signs := m.signs(login, x.origin, x.level)
	return s.by == login || m.directs(login, s.through) || m.directs(login, s.key) || signs
}

// bring makes a group an addressee of a released message.
func (m *model) bring(x *modelMessage, l *modelLine, by string) {
	m.arrivals++
	l.state, l.addition = "delivered", &modelAddition{by: by, arrival: m.arrivals, at: m.now()}
	if by == "origin" && !x.imported {
		l.n = m.toward(x, l.key)
	}
	x.lines = append(x.lines, l)
}
