package correspondence_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chancery/habilitation"
)

// The model is the policy of reading in plain slices and loops. It was written from the reading rule as the architecture states it and
// shares nothing with the house but the words for levels and identities.

type model struct {
	now       func() time.Time
	desk      string // key of the operator desk
	agents    []*modelAgent
	groups    []*modelGroup
	tags      []string
	stewards  []string // by tag: key of the group
	declared  []*modelDeclaration
	messages  []*modelMessage // in the order of arrival
	terminals map[habilitation.ID]habilitation.Level
	loans     []*modelLoan
	drafts    []*modelDraft
	rules     map[modelRule][]modelStep
	dossiers  []*modelDossier
	arrivals  uint64 // counts what comes to readers: releases, and what is brought later
	series    map[modelSeries][]*modelMessage
}

// modelSeries is the numbers from an origin to an addressee, of messages released at a level.
type modelSeries struct {
	origin, to string
	level      habilitation.Level
}

type modelDossier struct {
	id       habilitation.ID
	owner    string
	level    habilitation.Level
	messages []*modelMessage
}

type modelAgent struct {
	number              habilitation.AgentID
	login               string
	level               habilitation.Level
	archivist, disabled bool
	marks               map[habilitation.Level]uint64 // through which arrival everything is read, by level, but for the exceptions
	except              map[int]bool                  // by place of the message: true is read, false unread
}

type modelGroup struct {
	number    habilitation.AudienceID
	key       string
	timbre    string
	community bool
	level     habilitation.Level
	members   []modelMember
}

type modelMember struct {
	login string
	since time.Time
	sign  bool
	chief bool // number two or manager
}

// modelDeclaration is a tag that a group declared: for unprotected messages at once, for restricted ones when approved.
type modelDeclaration struct {
	id                habilitation.ID
	group, tag        string
	pending, approved bool
}

type modelMessage struct {
	place        int
	id           habilitation.ID
	arrival      uint64
	released     habilitation.Level // which series its numbers are of
	level        habilitation.Level // now
	kind         string
	origin       string
	drafter      string
	signatory    string
	stead        string   // who lent the signature
	reviewers    []string // whose visas it bears
	own          bool     // the signatory changed the text after the visas
	action, info []string // keys of groups, as it is written
	lines        []*modelLine
	shares       []*modelShare
	agents, tags []string
	at           time.Time
	words        []string
	number       string
	cites        []int // places, of references
	answers      *modelMessage
	corrects     *modelMessage
	how          string
	imported     bool
	begun        bool // somebody did something with an imported record
	canary       string
}

func (m *model) agent(login string) *modelAgent {
	return m.agents[slices.IndexFunc(m.agents, func(a *modelAgent) bool { return a.login == login })]
}

func (m *model) group(key string) *modelGroup {
	return m.groups[slices.IndexFunc(m.groups, func(g *modelGroup) bool { return g.key == key })]
}

func (g *modelGroup) member(login string) *modelMember {
	for i := range g.members {
		if g.members[i].login == login {
			return &g.members[i]
		}
	}
	return nil
}

// viewer is an agent on a terminal.
type viewer struct {
	login    string
	terminal habilitation.ID
}

// ceiling is min(agent's level, terminal's level); a terminal nobody knows is unprotected.
func (m *model) ceiling(v viewer) habilitation.Level {
	terminal, known := m.terminals[v.terminal]
	if !known {
		terminal = habilitation.Unprotected
	}
	return min(m.agent(v.login).level, terminal)
}

// declares reports whether a group receives the tag's messages of that level.
func (m *model) declares(group, tag string, level habilitation.Level) bool {
	return slices.ContainsFunc(m.declared, func(d *modelDeclaration) bool {
		return d.group == group && d.tag == tag && (level == habilitation.Unprotected || d.approved)
	})
}

// feed lists what the viewer reads, newest first.
func (m *model) feed(v viewer) (feed []*modelMessage) {
	for _, x := range m.messages {
		if m.reads(v, x) {
			feed = append(feed, x)
		}
	}
	slices.SortStableFunc(feed, func(a, b *modelMessage) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return b.place - a.place
	})
	return feed
}

func (m *model) unread(v viewer, x *modelMessage) bool {
	a := m.agent(v.login)
	if x.imported {
		return false
	}
	if read, excepted := a.except[x.place]; excepted {
		return !read
	}
	arrival, at := m.came(v.login, x)
	if arrival <= a.marks[x.level] || x.signatory == v.login {
		return false
	}
	return x.hands(v.login) || !at.Before(m.joined(v, x))
}

// came is when the message came to the viewer's groups: with its release, or when it was brought to them later.
func (m *model) came(login string, x *modelMessage) (arrival uint64, at time.Time) {
	later := func(n uint64, when time.Time) {
		if n > arrival {
			arrival, at = n, when
		}
	}
	for _, l := range x.lines {
		if m.group(l.key).member(login) != nil {
			if l.addition == nil {
				return x.arrival, x.at
			}
			later(l.addition.arrival, l.addition.at)
		}
	}
	for _, s := range x.shares {
		if m.group(s.key).member(login) != nil {
			later(s.arrival, s.at)
		}
	}
	if arrival == 0 {
		return x.arrival, x.at
	}
	return arrival, at
}

// joined is since when the viewer belongs to a group that receives the message; to any group when none of theirs does.
func (m *model) joined(v viewer, x *modelMessage) time.Time {
	var through, any []time.Time
	for _, g := range m.groups {
		member := g.member(v.login)
		if member == nil {
			continue
		}
		any = append(any, member.since)
		tagged := slices.ContainsFunc(m.tagsOf(x), func(tag string) bool { return m.declares(g.key, tag, x.level) })
		if tagged || slices.Contains(m.audiences(x), g.key) {
			through = append(through, member.since)
		}
	}
	if len(through) == 0 {
		through = append(any, time.Time{})[:max(len(any), 1)]
	}
	return slices.MinFunc(through, time.Time.Compare).Truncate(time.Second)
}

func (m *model) unreadCount(v viewer) (n int) {
	for _, x := range m.feed(v) {
		if m.unread(v, x) {
			n++
		}
	}
	return n
}

// mark notes a message that the viewer reads as read or unread.
func (m *model) mark(v viewer, x *modelMessage, read bool) {
	if m.unread(v, x) == read {
		m.agent(v.login).except[x.place] = read
	}
}

// markAll marks as read what arrived up to and with a message, as far as the viewer's session goes; nil stands for everything.
// A printed record stands for the last release that the viewer reads below it.
func (m *model) markAll(v viewer, upTo *modelMessage) {
	through := m.arrivals
	if upTo != nil {
		through = upTo.arrival
		if upTo.imported {
			through = 0
			feed := m.feed(v)
			for _, x := range feed[slices.Index(feed, upTo):] {
				if !x.imported {
					through = x.arrival
					break
				}
			}
		}
	}
	a := m.agent(v.login)
	for _, level := range habilitation.Levels {
		if level > m.ceiling(v) {
			continue
		}
		a.marks[level] = max(a.marks[level], through)
		for place := range a.except {
			if arrival, _ := m.came(v.login, m.messages[place]); m.messages[place].level == level && arrival <= a.marks[level] {
				delete(a.except, place)
			}
		}
	}
}

// arrive puts a message behind the others and gives it the next of the origin's numbers for its kind and level, and of the series toward
// each addressee.
func (m *model) arrive(x *modelMessage) {
	m.arrivals++
	x.place, x.arrival, x.released = len(m.messages), m.arrivals, x.level
	n, prefix := 1, map[string]string{"telegram": "TD", "note": "NOTE", "mail": "CF"}[x.kind]
	for _, y := range m.messages {
		if !y.imported && y.origin == x.origin && y.kind == x.kind && y.released == x.released {
			n++
		}
	}
	if !x.imported {
		x.number = fmt.Sprintf("%s %s%s %d", prefix, m.group(x.origin).timbre, []string{"", " DR"}[x.level-1], n)
		for _, l := range x.lines {
			l.n = m.toward(x, l.key)
			if !m.hasReader(l.key, x.level) {
				l.state, l.lost = "undelivered", true
			}
		}
	}
	m.messages = append(m.messages, x)
	switch x.how {
	case "raises":
		x.corrects.level = habilitation.Restricted
	case "lowers":
		x.corrects.level = habilitation.Unprotected
	}
	if x.answers != nil && x.answers.handled() {
		if l := x.answers.line(x.origin); l != nil && m.goesTo(x, x.answers.origin) {
			l.answers = append(l.answers, x.released)
		}
	}
}

// goesTo reports whether a message that is released now comes to the group that asked something.
func (m *model) goesTo(x *modelMessage, asker string) bool {
	return asker == x.origin || x.line(asker) != nil || slices.ContainsFunc(x.tags, func(tag string) bool { return m.declares(asker, tag, x.released) })
}

// toward counts on in the series from a message's origin to an addressee.
func (m *model) toward(x *modelMessage, key string) int {
	series := modelSeries{x.origin, key, x.released}
	m.series[series] = append(m.series[series], x)
	return len(m.series[series])
}

// matches answers a question of one clause.
func (m *model) matches(x *modelMessage, clause string) bool {
	if rest, not := strings.CutPrefix(clause, "-"); not {
		return !m.matches(x, rest)
	}
	operator, value, ok := strings.Cut(clause, ":")
	switch {
	case !ok:
		return slices.Contains(x.words, clause) || clause == x.canary
	case operator == "tag":
		return slices.Contains(m.tagsOf(x), value)
	case operator == "to":
		return slices.Contains(m.audiences(x), value)
	case operator == "from":
		return x.origin == value
	case operator == "type":
		return x.kind == value
	}
	return operator == "level" && x.level.String() == value
}

// receivers counts the enabled agents cleared for a level who belong to one of the groups or are named.
func (m *model) receivers(level habilitation.Level, keys, named []string) (n int) {
	for _, a := range m.agents {
		in := slices.Contains(named, a.login)
		for _, key := range keys {
			in = in || m.group(key).member(a.login) != nil
		}
		if in && !a.disabled && a.level >= level {
			n++
		}
	}
	return n
}
