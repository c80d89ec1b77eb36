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
	agents    []*modelAgent
	groups    []*modelGroup
	tags      []string
	stewards  []string // by tag: key of the group
	declared  []*modelDeclaration
	messages  []*modelMessage // in the order of arrival
	terminals map[habilitation.ID]habilitation.Level
}

type modelAgent struct {
	number              habilitation.AgentID
	login               string
	level               habilitation.Level
	archivist, disabled bool
	marks               map[habilitation.Level]int // how many messages of the model are read, by level, but for the exceptions
	except              map[int]bool               // by place of the message: true is read, false unread
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
	level        habilitation.Level
	kind         string
	origin       string
	author       string
	action, info []string // keys of groups
	agents, tags []string
	at           time.Time
	words        []string
	number       string
	toward       []int // numbers of the addressees, action then info
	cites        []int // places
	imported     bool
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

func (x *modelMessage) addressed() []string { return append(slices.Clone(x.action), x.info...) }

// reasons are the grounds on which the viewer reads the message, in the order they are shown; none when they may not.
func (m *model) reasons(v viewer, x *modelMessage) (reasons []string) {
	if x.level > m.ceiling(v) {
		return nil
	}
	for role, keys := range [][]string{x.action, x.info} {
		for _, key := range keys {
			if m.group(key).member(v.login) != nil {
				reasons = append(reasons, []string{"action ", "info "}[role]+key)
			}
		}
	}
	if slices.Contains(x.agents, v.login) {
		reasons = append(reasons, "named")
	}
	if x.author == v.login {
		reasons = append(reasons, "author")
	}
	for _, tag := range m.tags {
		for _, g := range m.groups {
			if slices.Contains(x.tags, tag) && g.member(v.login) != nil && m.declares(g.key, tag, x.level) {
				reasons = append(reasons, "tag "+g.key+" "+tag)
			}
		}
	}
	if len(reasons) == 0 && m.agent(v.login).archivist {
		reasons = append(reasons, "archivist")
	}
	return reasons
}

func (m *model) reads(v viewer, x *modelMessage) bool { return len(m.reasons(v, x)) > 0 }

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
	if x.place < a.marks[x.level] || x.author == v.login {
		return false
	}
	return slices.Contains(x.agents, v.login) || !x.at.Before(m.joined(v, x))
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
		tagged := slices.ContainsFunc(x.tags, func(tag string) bool { return m.declares(g.key, tag, x.level) })
		if tagged || slices.Contains(x.addressed(), g.key) {
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
	through := len(m.messages)
	if upTo != nil {
		through = upTo.place + 1
		if upTo.imported {
			through = 0
			feed := m.feed(v)
			for _, x := range feed[slices.Index(feed, upTo):] {
				if !x.imported {
					through = x.place + 1
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
			if m.messages[place].level == level && place < a.marks[level] {
				delete(a.except, place)
			}
		}
	}
}

// number is the next of the origin's series for the kind and level, and of the series toward each addressee.
func (m *model) number(x *modelMessage) {
	n, prefix := 1, map[string]string{"telegram": "TD", "note": "NOTE", "mail": "CF"}[x.kind]
	for _, y := range m.messages {
		if !y.imported && y.origin == x.origin && y.kind == x.kind && y.level == x.level {
			n++
		}
	}
	for _, to := range x.addressed() {
		toward := 1
		for _, y := range m.messages {
			if !y.imported && y.origin == x.origin && y.level == x.level && slices.Contains(y.addressed(), to) {
				toward++
			}
		}
		x.toward = append(x.toward, toward)
	}
	x.number = fmt.Sprintf("%s %s%s %d", prefix, m.group(x.origin).timbre, []string{"", " DR"}[x.level-1], n)
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
		return slices.Contains(x.tags, value)
	case operator == "to":
		return slices.Contains(x.addressed(), value)
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
