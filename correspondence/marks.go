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

// read reports whether the message counts as read by its mark alone; the caller holds the lock.
func (m *agentMarks) read(id habilitation.ID, seq uint64) bool {
	if read, excepted := m.except[id]; excepted {
		return read
	}
	return seq <= m.mark
}

// set notes one message as read or unread, durably, unless that is what it is.
func (m *agentMarks) set(ctx context.Context, store DeskStore, agent habilitation.AgentID, id habilitation.ID, seq uint64, read bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.read(id, seq) == read {
		return nil
	}
	if (seq <= m.mark) == read {
		if err := store.Remove(ctx, agent, shelfReads, id.String()); err != nil {
			return fmt.Errorf("note reading of agent %d: %w", agent, err)
		}
		delete(m.except, id)
		return nil
	}
	value := "unread"
	if read {
		value = "read"
	}
	if _, err := store.Put(ctx, agent, shelfReads, id.String(), AnyVersion, []byte(value)); err != nil {
		return fmt.Errorf("note reading of agent %d: %w", agent, err)
	}
	m.except[id] = read
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
	m.mark, m.except = to, except
	if len(gone) > 0 {
		if err := store.Remove(ctx, agent, shelfReads, gone...); err != nil {
			return fmt.Errorf("forget readings of agent %d: %w", agent, err)
		}
	}
	return nil
}

// unreads answers for one desk what is unread, with the marks and the memberships as they are now.
type unreads struct {
	marks *agentMarks
	since map[habilitation.AudienceID]time.Time
	first time.Time // the earliest membership; the zero time for an agent in no group
}

func (d *Desk) unreads(ctx context.Context) (*unreads, error) {
	marks, err := d.house.marks.of(ctx, d.house.Store, d.badge.Agent())
	if err != nil {
		return nil, err
	}
	u := &unreads{marks: marks, since: map[habilitation.AudienceID]time.Time{}}
	for _, m := range d.house.Folds.Register.Memberships(d.badge.Agent()) {
		u.since[m.Audience] = m.Since
		if u.first.IsZero() || m.Since.Before(u.first) {
			u.first = m.Since
		}
	}
	return u, nil
}

// is reports whether an admitted message is unread. What was there before the agent joined the group that receives it is not, nor is
// what was printed before the house existed.
func (u *unreads) is(row search.Row) bool {
	if row.Imported {
		return false
	}
	u.marks.mu.RLock()
	read := u.marks.read(row.ID, row.Seq)
	excepted := false
	if !read {
		_, excepted = u.marks.except[row.ID]
	}
	u.marks.mu.RUnlock()
	if read || excepted {
		return !read
	}
	joined, through := u.first, false
	for a := range row.Marking.Audiences {
		if since, mine := u.since[a]; mine && (!through || since.Before(joined)) {
			joined, through = since, true
		}
	}
	return !row.Time.Before(joined.Truncate(time.Second))
}

// count is how many admitted messages are unread.
func (u *unreads) count(rows *search.Rows, p *habilitation.Perimeter) int {
	return rows.Count(p, u.is)
}
