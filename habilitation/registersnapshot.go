package habilitation

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// registerFormat names the register's snapshot and its version; a change of either half needs another number.
const registerFormat = "chancery register 2"

// Snapshot writes the register as it is. The same history always gives the same bytes.
func (r *Register) Snapshot(w io.Writer) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := NewSnapshotWriter(w, registerFormat)
	s.Number(r.version.Load())
	r.columns.agents.write(s)
	r.columns.terminals.write(s)
	r.columns.audiences.write(s)
	r.columns.signups.write(s)
	r.columns.delegations.write(s)
	r.columns.rosters.write(s)
	r.columns.collectives.write(s)
	return s.Close()
}

// Restore replaces the register by a snapshot of one. A snapshot of another format is ErrSnapshotVersion, one that was cut short or
// changed ErrSnapshotDamaged; both leave the register as it was.
func (r *Register) Restore(from io.Reader) error {
	s := NewSnapshotReader(from, registerFormat)
	version := s.Number()
	c := newColumns()
	c.readAgents(s)
	c.readTerminals(s)
	c.readAudiences(s)
	c.readSignups(s)
	c.readDelegations(s)
	c.readRosters(s)
	c.readCollectives(s)
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore register: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.columns = c
	r.version.Store(NextVersion(r.version.Load(), version))
	return nil
}

// NextVersion is a fold's version once a snapshot of the version is restored over it: the snapshot's, unless that would not be growth.
func NextVersion(current, restored uint64) uint64 {
	if current > 0 && restored <= current {
		return current + 1
	}
	return restored
}

func (c *agentColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.login)))
	for i := range c.login {
		s.Text(c.login[i])
		s.Text(c.name[i])
		s.Text(c.title[i])
		s.Number(uint64(c.level[i]))
		s.Number(uint64(c.flags[i]))
	}
}

// readAgents and its like fold the columns back through the same additions as the acts, which check them.
func (c *columns) readAgents(s *SnapshotReader) {
	s.Count(func() {
		act := AgentAdded{Agent: AgentID(len(c.agents.login) + 1), Login: s.Text(), Name: s.Text(), Title: s.Text(), Level: Level(s.Number())}
		flags := uint8(s.Number())
		act.Guest = flags&flagGuest != 0
		if c.restored(s, act, func() { c.agents.add(act) }) {
			c.agents.flags[act.Agent-1] = flags
		}
	})
}

// restored folds what the snapshot says when history would have allowed it.
func (c *columns) restored(s *SnapshotReader, act Act, add func()) bool {
	if s.err != nil {
		return false
	}
	if err := c.check(act); err != nil {
		s.Fail(err.Error())
		return false
	}
	add()
	return true
}

func (c *terminalColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.id)))
	for i := range c.id {
		s.ID(c.id[i])
		s.Text(c.name[i])
		s.Number(uint64(c.level[i]))
		s.Text(string(c.hash[i][:]))
		s.Number(truth(c.withdrawn[i]))
	}
}

func (c *columns) readTerminals(s *SnapshotReader) {
	s.Count(func() {
		act := TerminalRegistered{Terminal: s.ID(), Name: s.Text(), Level: Level(s.Number()), SecretHash: []byte(s.Text())}
		withdrawn := s.Number() == 1
		if c.restored(s, act, func() { c.terminals.add(act) }) {
			c.terminals.withdrawn[len(c.terminals.withdrawn)-1] = withdrawn
		}
	})
}

func (c *audienceColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.key)))
	for i := range c.key {
		s.Text(c.key[i])
		s.Number(truth(c.community[i]))
		s.Text(c.sort[i])
		s.Label(c.name[i])
		s.Text(c.timbre[i])
		s.Number(uint64(c.parent[i]))
		s.Number(uint64(c.level[i]))
		c.members[i].write(s)
	}
}

func (c *memberColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.agent)))
	for i := range c.agent {
		s.Number(uint64(c.agent[i]))
		s.Number(uint64(c.duties[i]))
		s.Signed(c.since[i])
	}
}

func (c *columns) readAudiences(s *SnapshotReader) {
	s.Count(func() {
		act := AudienceCreated{Audience: AudienceID(len(c.audiences.key) + 1), Key: s.Text(), Community: s.Number() == 1, Sort: s.Text(),
			Name: s.Label(), Timbre: s.Text(), Parent: AudienceID(s.Number()), Level: Level(s.Number())}
		c.restored(s, act, func() { c.audiences.add(act) })
		s.Count(func() {
			joined := MemberJoined{Audience: act.Audience, Agent: AgentID(s.Number()), Duties: Duty(s.Number())}
			since := time.UnixMicro(s.Signed())
			c.restored(s, joined, func() { c.join(since, joined.Audience, joined.Agent, joined.Duties) })
		})
	})
}

func (c *signupColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.id)))
	for i := range c.id {
		s.ID(c.id[i])
		s.Number(uint64(c.audience[i]))
		s.Number(uint64(c.agent[i]))
		s.Text(c.motive[i])
		s.Signed(c.asked[i])
		s.Number(uint64(c.state[i]))
		s.Number(uint64(c.by[i]))
		s.Signed(c.decided[i])
		s.Number(uint64(c.duties[i]))
		s.Text(c.reason[i])
	}
}

func (c *columns) readSignups(s *SnapshotReader) {
	s.Count(func() {
		act := SignupRequested{Request: s.ID(), Audience: AudienceID(s.Number()), Agent: AgentID(s.Number()), Motive: s.Text()}
		asked, state := time.UnixMicro(s.Signed()), SignupState(s.Number())
		by, decided, duties, reason := AgentID(s.Number()), s.Signed(), Duty(s.Number()), s.Text()
		if s.err != nil {
			return
		}
		if _, known := c.signups.byID[act.Request]; known || !c.agents.has(act.Agent) || !c.audiences.has(act.Audience) || state > SignupIsRefused {
			s.Fail("sign-up " + act.Request.String())
			return
		}
		c.signups.add(asked, act)
		i := len(c.signups.id) - 1
		c.signups.state[i], c.signups.by[i], c.signups.decided[i], c.signups.duties[i], c.signups.reason[i] = state, by, decided, duties, reason
		if state != SignupPending {
			c.signups.pending = slices.Delete(c.signups.pending, len(c.signups.pending)-1, len(c.signups.pending))
		}
	})
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
