package correspondence

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"chancery/habilitation"
	"chancery/search"
)

// What an agent has read is a high-water mark for each level and the exceptions on either side of it. All of it lies on one shelf, so that it
// changes in one write. A mark costs nothing until the agent first moves it: before that, what was released before they joined counts as read.
const shelfReads Shelf = "reads"

// markKey is where the mark of a level stands, among exceptions under the identities of their messages.
func markKey(level habilitation.Level) string { return "read-through-" + level.String() }

// agentMarks is one agent's marks. Its lock orders changes with what is on disk.
type agentMarks struct {
	mu     sync.RWMutex
	loaded bool
	read   levelMarks
	except map[habilitation.ID]bool // true: read above the mark; false: unread below it
	counts [habilitation.Restricted + 1]unreadCount
}

// levelMarks are the marks by level: every message of the level up to the sequence is read, but for the exceptions.
type levelMarks [habilitation.Restricted + 1]uint64

// unreadCount is how many messages were unread under a ceiling, as far as a place in the order of arrival: what arrived since is added, what
// is marked is adjusted, and any change of rights counts anew.
type unreadCount struct {
	known   bool
	rights  uint64 // version of the perimeter
	marked  uint64 // of the folds: how many markings had been swapped
	through uint32 // place in the ledger
	unread  int
}

// adjust adds to the counts that a message of the level and place was counted in; the caller holds the lock.
func (m *agentMarks) adjust(level habilitation.Level, place uint32, by int) {
	for ceiling := range m.counts {
		if count := &m.counts[ceiling]; habilitation.Level(ceiling) >= level && place < count.through {
			count.unread += by
		}
	}
}

// markCache keeps the marks of the agents that came by; the desk store is the truth.
type markCache struct{ agents sync.Map } // habilitation.AgentID → *agentMarks

// of returns an agent's marks, read from the store the first time.
func (c *markCache) of(ctx context.Context, store DeskStore, agent habilitation.AgentID) (*agentMarks, error) {
	kept, _ := c.agents.LoadOrStore(agent, &agentMarks{})
	m := kept.(*agentMarks)
	m.mu.RLock()
	loaded := m.loaded
	m.mu.RUnlock()
	if loaded {
		return m, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loaded {
		return m, nil
	}
	return m, m.load(ctx, store, agent)
}

func (m *agentMarks) load(ctx context.Context, store DeskStore, agent habilitation.AgentID) error {
	items, err := store.List(ctx, OwnerAgent(agent), shelfReads)
	if err != nil {
		return fmt.Errorf("read marks of agent %d: %w", agent, err)
	}
	m.except = make(map[habilitation.ID]bool, len(items))
	for _, item := range items {
		if id, err := habilitation.ParseID(item.Key); err == nil {
			m.except[id] = string(item.Value) == valueRead
		}
		for _, level := range habilitation.Levels {
			if item.Key == markKey(level) {
				m.read[level], _ = binary.Uvarint(item.Value)
			}
		}
	}
	m.loaded = true
	return nil
}

// The values of an exception.
const (
	valueRead   = "read"
	valueUnread = "unread"
)

func exceptionItem(id habilitation.ID, read bool) Item {
	if read {
		return Item{Key: id.String(), Value: []byte(valueRead)}
	}
	return Item{Key: id.String(), Value: []byte(valueUnread)}
}

// raise moves the marks of the levels up to the ceiling to a sequence, in one write. Exceptions above stay, and those of a level that is
// not read here; those below are forgotten, for they are read now.
func (m *agentMarks) raise(ctx context.Context, store DeskStore, agent habilitation.AgentID, ceiling habilitation.Level, to uint64, arrival func(habilitation.ID) (uint64, habilitation.Level)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	read, except := m.read, map[habilitation.ID]bool{}
	var items []Item
	for _, level := range habilitation.Levels {
		if level <= ceiling {
			read[level] = max(read[level], to)
		}
		items = append(items, Item{Key: markKey(level), Value: binary.AppendUvarint(nil, read[level])})
	}
	for id, isRead := range m.except {
		if seq, level := arrival(id); seq > read[level] || level > ceiling {
			except[id] = isRead
			items = append(items, exceptionItem(id, isRead))
		}
	}
	if err := store.Clear(ctx, OwnerAgent(agent), []Shelf{shelfReads}, shelfReads, items...); err != nil {
		return fmt.Errorf("raise marks of agent %d: %w", agent, err)
	}
	m.read, m.except, m.counts = read, except, [len(m.counts)]unreadCount{}
	return nil
}

// unreads answers for one desk what is unread, with the marks and the memberships as they are now. One goroutine uses it.
type unreads struct {
	desk   *Desk
	marks  *agentMarks
	since  map[habilitation.AudienceID]time.Time
	first  time.Time                                                     // the earliest membership; the zero time for an agent in no group
	tagged [habilitation.Restricted + 1]map[habilitation.TagID]time.Time // made when first asked for
}

func (d *Desk) unreads(ctx context.Context) (*unreads, error) {
	marks, err := d.house.marks.of(ctx, d.house.Store, d.badge.Agent())
	if err != nil {
		return nil, err
	}
	u := &unreads{desk: d, marks: marks, since: map[habilitation.AudienceID]time.Time{}}
	for _, m := range d.house.Folds.Register.Memberships(d.badge.Agent()) {
		u.since[m.Audience] = m.Since
		if u.first.IsZero() || m.Since.Before(u.first) {
			u.first = m.Since
		}
	}
	return u, nil
}

// is reports whether an admitted message is unread. What the reader signed is not, what was there before the agent joined the group that receives it is not, nor is
// what was printed before the house existed.
func (u *unreads) is(row search.Row) bool {
	u.marks.mu.RLock()
	defer u.marks.mu.RUnlock()
	return u.judge(row)
}

// judge is is with the lock held.
func (u *unreads) judge(row search.Row) bool {
	if row.Imported {
		return false
	}
	if read, excepted := u.marks.except[row.ID]; excepted {
		return !read
	}
	seq, at := u.arrival(row)
	if seq <= u.marks.read[row.Marking.Level()] || u.released(row) {
		return false
	}
	return !at.Before(u.joined(row.Marking).Truncate(time.Second))
}

// arrival is when a message came to the reader: at its release, or when it was brought to one of their groups since.
func (u *unreads) arrival(row search.Row) (seq uint64, at time.Time) {
	mine := func(a habilitation.AudienceID) bool {
		_, member := u.since[a]
		return member
	}
	if seq, at, later := u.desk.house.Folds.Handling.Brought(row.ID, mine); later {
		return seq, at
	}
	return row.Seq, row.Time
}

// joined is since when the reader receives such messages: always what names them, else since the first of their groups that is addressed or
// declared a tag. Who reads by function alone does so since they joined anything.
func (u *unreads) joined(m habilitation.Marking) time.Time {
	for named := range m.Agents {
		if named == u.desk.badge.Agent() {
			return time.Time{}
		}
	}
	var earliest time.Time
	consider := func(since time.Time, mine bool) {
		if mine && (earliest.IsZero() || since.Before(earliest)) {
			earliest = since
		}
	}
	for a := range m.Audiences {
		since, mine := u.since[a]
		consider(since, mine)
	}
	for t := range m.Tags {
		since, mine := u.sinceTagged(m.Level())[t]
		consider(since, mine)
	}
	if earliest.IsZero() {
		return u.first
	}
	return earliest
}

// sinceTagged tells by tag since when the reader belongs to a group that declared it.
func (u *unreads) sinceTagged(level habilitation.Level) map[habilitation.TagID]time.Time {
	if u.tagged[level] == nil {
		u.tagged[level] = map[habilitation.TagID]time.Time{}
		for a, since := range u.since {
			for _, t := range u.desk.house.Folds.Declarations.DeclaredBy(a, level) {
				if known, twice := u.tagged[level][t]; !twice || since.Before(known) {
					u.tagged[level][t] = since
				}
			}
		}
	}
	return u.tagged[level]
}

// set notes one unread message as read, or a read one as unread, durably.
func (u *unreads) set(ctx context.Context, row search.Row, read bool) error {
	agent, house := u.desk.badge.Agent(), u.desk.house
	place, known := house.Folds.Ledger.place(row.ID)
	u.marks.mu.Lock()
	defer u.marks.mu.Unlock()
	if !known || row.Imported || u.judge(row) != read {
		return nil
	}
	item := exceptionItem(row.ID, read)
	if _, err := house.Store.Put(ctx, OwnerAgent(agent), shelfReads, item.Key, AnyVersion, item.Value); err != nil {
		return fmt.Errorf("note reading of agent %d: %w", agent, err)
	}
	u.marks.except[row.ID] = read
	by := 1
	if read {
		by = -1
	}
	u.marks.adjust(row.Marking.Level(), place, by)
	return nil
}

// released reports whether the reader signed the message.
func (u *unreads) released(row search.Row) bool {
	me := u.desk.badge.Agent()
	for named := range row.Marking.Agents {
		if named == me {
			h, ok := u.desk.house.Folds.Ledger.headline(row.ID)
			return ok && h.signatory == me
		}
	}
	return false
}

// unreadCount is how many admitted messages are unread: what is known, and what arrived since.
func (d *Desk) unreadCount(u *unreads) int {
	c, p := d.house, d.badge.Perimeter()
	u.marks.mu.Lock() // before the folds, which must not wait for a write of these marks
	defer u.marks.mu.Unlock()
	c.folding.RLock()
	defer c.folding.RUnlock()
	known := &u.marks.counts[d.badge.Level()]
	if marked := c.Folds.marked.Load(); !known.known || known.rights != p.Version() || known.marked != marked {
		*known = unreadCount{known: true, rights: p.Version(), marked: marked, through: uint32(c.Folds.Ledger.Count()), unread: c.Folds.Rows.Count(p, u.judge)}
		return known.unread
	}
	news, through := c.Folds.Ledger.after(known.through, nil)
	for _, h := range news {
		if row, err := d.admit(h.id); err == nil && u.judge(row) {
			known.unread++
		}
	}
	known.through = through
	return known.unread
}
