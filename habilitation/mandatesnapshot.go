package habilitation

import "time"

func (c *delegationColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.all)))
	for _, one := range c.all {
		s.ID(one.ID)
		s.Number(uint64(one.From))
		s.Number(uint64(one.To))
		s.Number(uint64(one.Audience))
		s.Number(uint64(one.Duties))
		s.Signed(one.Begins.UnixMicro())
		s.Signed(one.Ends.UnixMicro())
		s.Text(one.Reason)
		s.Signed(one.Given.UnixMicro())
		s.Number(truth(!one.Ended.IsZero()))
		if !one.Ended.IsZero() {
			s.Signed(one.Ended.UnixMicro())
			s.Number(uint64(one.EndedBy))
		}
	}
}

// readDelegations asks less than the act did: a giver may have lost the duty since.
func (c *columns) readDelegations(s *SnapshotReader) {
	s.Count(func() {
		one := Delegation{ID: s.ID(), From: AgentID(s.Number()), To: AgentID(s.Number()), Audience: AudienceID(s.Number()), Duties: Duty(s.Number()),
			Begins: s.time(), Ends: s.time(), Reason: s.Text(), Given: s.time()}
		if s.Number() == 1 {
			one.Ended, one.EndedBy = s.time(), AgentID(s.Number())
		}
		if s.err != nil {
			return
		}
		if _, known := c.delegations.byID[one.ID]; known || !c.agents.has(one.From) || !c.agents.has(one.To) || !c.audiences.has(one.Audience) || !one.Duties.Valid() {
			s.Fail("delegation " + one.ID.String())
			return
		}
		c.delegations.add(one)
	})
}

// time reads a moment of microseconds since 1970.
func (s *SnapshotReader) time() time.Time { return time.UnixMicro(s.Signed()).UTC() }

func (c rosterColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c)))
	for _, audience := range c.sorted() {
		roster := c[audience]
		s.Number(uint64(audience))
		s.Number(uint64(roster.Acknowledge / time.Minute))
		s.Number(uint64(roster.By))
		s.Signed(roster.Set.UnixMicro())
		s.Number(uint64(len(roster.Watches)))
		for _, w := range roster.Watches {
			s.Number(uint64(w.Agent))
			s.Signed(w.From.UnixMicro())
			s.Signed(w.Until.UnixMicro())
		}
	}
}

// readRosters asks less than the act did: an agent on the roster may have left the audience since.
func (c *columns) readRosters(s *SnapshotReader) {
	s.Count(func() {
		act := RosterSet{Audience: AudienceID(s.Number()), AcknowledgeMinutes: int(min(s.Number(), AcknowledgeMost+1))}
		by, set := AgentID(s.Number()), s.time()
		known := true
		s.Count(func() {
			w := Watch{Agent: AgentID(s.Number()), From: s.time(), Until: s.time()}
			act.Watches = append(act.Watches, w)
			known = known && c.agents.has(w.Agent)
		})
		if s.err != nil {
			return
		}
		if _, twice := c.rosters[act.Audience]; twice || !known || len(act.Watches) == 0 || !c.audiences.has(act.Audience) || checkRosterShape(act) != nil {
			s.Fail("roster")
			return
		}
		c.rosters.set(set, by, act)
	})
}

func (c *collectiveColumns) write(s *SnapshotWriter) {
	s.Number(uint64(len(c.all)))
	for _, one := range c.all {
		s.Text(one.Collective)
		s.Label(one.Name)
		s.Number(uint64(len(one.Audiences)))
		for _, a := range one.Audiences {
			s.Number(uint64(a))
		}
		s.Number(uint64(len(one.Sorts)))
		for _, sort := range one.Sorts {
			s.Text(sort)
		}
		s.Number(uint64(one.Parent))
	}
	s.Number(uint64(c.operator))
}

func (c *columns) readCollectives(s *SnapshotReader) {
	s.Count(func() {
		act := CollectiveDefined{Collective: s.Text(), Name: s.Label()}
		s.Count(func() { act.Audiences = append(act.Audiences, AudienceID(s.Number())) })
		s.Count(func() { act.Sorts = append(act.Sorts, s.Text()) })
		act.Parent = AudienceID(s.Number())
		c.restored(s, act, func() { c.collectives.define(act) })
	})
	named := OperatorDeskNamed{Audience: AudienceID(s.Number())}
	if named.Audience != 0 {
		c.restored(s, named, func() { c.collectives.operator = named.Audience })
	}
}
