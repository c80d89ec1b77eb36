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

// What an agent has read is a high-water mark and the exceptions on either side of it. A mark costs nothing until the agent first moves it:
// before that, what was released before they joined counts as read.
const (
	shelfMarks Shelf = "marks"
	shelfReads Shelf = "reads"
	markKey          = "high-water"
)

// agentMarks is one agent's marks. Its lock orders changes with what is on disk.
type agentMarks struct {
	mu     sync.RWMutex
	loaded bool
	mark   uint64                   // every message up to this sequence is read, but for the exceptions
	except map[habilitation.ID]bool // true: read above the mark; false: unread below it
	counts [habilitation.Restricted + 1]unreadCount
}

// unreadCount is how many messages were unread under a ceiling, as far as a place in the order of arrival: what arrived since is added, what
// is marked is adjusted, and any change of rights counts anew.
type unreadCount struct {
	known   bool
	rights  uint64 // version of the perimeter
	through uint32 // place in the ledger
	unread  int
}

// adjust adds to the counts of every ceiling that reads the level; the caller holds the lock.
func (m *agentMarks) adjust(level habilitation.Level, by int) {
	for ceiling := range m.counts {
		if habilitation.Level(ceiling) >= level {
			m.counts[ceiling].unread += by
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
	marks, err := store.List(ctx, agent, shelfMarks)
	if err != nil {
		return fmt.Errorf("read marks of agent %d: %w", agent, err)
	}
	for _, item := range marks {
		if item.Key == markKey {
			m.mark, _ = binary.Uvarint(item.Value)
		}
	}
	reads, err := store.List(ctx, agent, shelfReads)
	if err != nil {
		return fmt.Errorf("read marks of agent %d: %w", agent, err)
	}
	m.except = make(map[habilitation.ID]bool, len(reads))
	for _, item := range reads {
		if id, err := habilitation.ParseID(item.Key); err == nil {
			m.except[id] = string(item.Value) == "read"
		}
	}
	m.loaded = true
	return nil
}

// set notes one unread message as read, or a read one as unread, durably.
func (m *agentMarks) set(ctx context.Context, store DeskStore, agent habilitation.AgentID, row search.Row, read bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, by := "unread", 1
	if read {
		value, by = "read", -1
	}
	if already, excepted := m.except[row.ID]; excepted && already == read {
		return nil
	}
	if _, err := store.Put(ctx, agent, shelfReads, row.ID.String(), AnyVersion, []byte(value)); err != nil {
		return fmt.Errorf("note reading of agent %d: %w", agent, err)
	}
	m.except[row.ID] = read
	m.adjust(row.Marking.Level(), by)
	return nil
}

// raise moves the mark to a sequence, in one write. Exceptions above it stay; those below are forgotten, for they are read now.
func (m *agentMarks) raise(ctx context.Context, store DeskStore, agent habilitation.AgentID, to uint64, seqOf func(habilitation.ID) uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if to < m.mark {
		to = m.mark
	}
	var gone []string
	except := map[habilitation.ID]bool{}
	for id, read := range m.except {
		if seqOf(id) <= to {
			gone = append(gone, id.String())
		} else {
			except[id] = read
		}
	}
	if _, err := store.Put(ctx, agent, shelfMarks, markKey, AnyVersion, binary.AppendUvarint(nil, to)); err != nil {
		return fmt.Errorf("raise mark of agent %d: %w", agent, err)
	}
	m.mark, m.except, m.counts = to, except, [len(m.counts)]unreadCount{}
	if len(gone) > 0 {
		if err := store.Remove(ctx, agent, shelfReads, gone...); err != nil {
			return fmt.Errorf("forget readings of agent %d: %w", agent, err)
		}
	}
	return nil
}

// unreads answers for one desk what is unread, with the marks and the memberships as they are now.
type unreads struct {
	desk  *Desk
	marks *agentMarks
	since map[habilitation.AudienceID]time.Time
	first time.Time // the earliest membership; the zero time for an agent in no group
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
	if row.Seq <= u.marks.mark || u.released(row) {
		return false
	}
	joined, through := u.first, false
	for a := range row.Marking.Audiences {
		if since, mine := u.since[a]; mine && (!through || since.Before(joined)) {
			joined, through = since, true
		}
	}
	return !row.Time.Before(joined.Truncate(time.Second))
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
	c.folding.RLock()
	defer c.folding.RUnlock()
	u.marks.mu.Lock()
	defer u.marks.mu.Unlock()
	known := &u.marks.counts[d.badge.Level()]
	if !known.known || known.rights != p.Version() {
		*known = unreadCount{known: true, rights: p.Version(), through: uint32(c.Folds.Ledger.Count()), unread: c.Folds.Rows.Count(p, u.judge)}
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
