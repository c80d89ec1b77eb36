package habilitation

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// Audience is a functional group of the house or an interest community across ministries. Where access is decided they are the same.
type Audience struct {
	ID        AudienceID
	Key       string // its name in addresses and scripts: "dam"
	Community bool
	Sort      string // ministry, directorate, cabinet, embassy, consulate, mission, service, community…
	Name      Label
	Timbre    string     // how it signs and is addressed: "DAM"; empty for most communities
	Parent    AudienceID // zero for none
	Level     Level      // the highest level that it may be addressed
}

// Membership is an agent's place in an audience.
type Membership struct {
	Audience AudienceID
	Agent    AgentID
	Duties   Duty
	Since    time.Time
}

type audienceColumns struct {
	key       []string
	community []bool
	sort      []string
	name      []Label
	timbre    []string
	parent    []AudienceID
	level     []Level
	members   []memberColumns
	byKey     map[string]AudienceID
	byTimbre  map[string]AudienceID
}

// memberColumns are the members of one audience, ascending.
type memberColumns struct {
	agent  []AgentID
	duties []Duty
	since  []int64 // microseconds since 1970
}

func (c *audienceColumns) has(id AudienceID) bool { return id >= 1 && int(id) <= len(c.key) }

// membersOf lists the members of an audience, ascending; none of an audience that does not exist.
func (c *audienceColumns) membersOf(id AudienceID) []AgentID {
	if !c.has(id) {
		return nil
	}
	return c.members[id-1].agent
}

func (c *audienceColumns) add(act AudienceCreated) {
	c.key = append(c.key, act.Key)
	c.community = append(c.community, act.Community)
	c.sort = append(c.sort, act.Sort)
	c.name = append(c.name, act.Name)
	c.timbre = append(c.timbre, act.Timbre)
	c.parent = append(c.parent, act.Parent)
	c.level = append(c.level, act.Level)
	c.members = append(c.members, memberColumns{})
	c.byKey[foldKey(act.Key)] = act.Audience
	if act.Timbre != "" {
		c.byTimbre[foldKey(act.Timbre)] = act.Audience
	}
}

func (c *audienceColumns) get(id AudienceID) (Audience, bool) {
	if !c.has(id) {
		return Audience{}, false
	}
	i := id - 1
	return Audience{ID: id, Key: c.key[i], Community: c.community[i], Sort: c.sort[i], Name: c.name[i],
		Timbre: c.timbre[i], Parent: c.parent[i], Level: c.level[i]}, true
}

func (c *columns) checkAudienceCreated(act AudienceCreated) error {
	if int(act.Audience) != len(c.audiences.key)+1 {
		return contradiction("audience %d where %d is next", act.Audience, len(c.audiences.key)+1)
	}
	if badName(act.Key) || badName(act.Sort) || act.Name.IsZero() || !act.Level.Valid() {
		return contradiction("audience %q: key, sort, name or level missing", act.Key)
	}
	if owner, taken := c.audiences.byKey[foldKey(act.Key)]; taken {
		return contradiction("key %q belongs to audience %d", act.Key, owner)
	}
	if act.Parent != 0 && !c.audiences.has(act.Parent) {
		return contradiction("parent %d is unknown", act.Parent)
	}
	return c.checkTimbre(act)
}

func (c *columns) checkTimbre(act AudienceCreated) error {
	if act.Timbre == "" {
		if act.Community {
			return nil
		}
		return contradiction("group %q without a timbre", act.Key)
	}
	if badName(act.Timbre) || strings.ToUpper(act.Timbre) != act.Timbre {
		return contradiction("timbre %q", act.Timbre)
	}
	if act.Timbre == "DR" || strings.HasSuffix(act.Timbre, " DR") {
		return contradiction("timbre %q would make its numbers look restricted", act.Timbre)
	}
	if owner, taken := c.audiences.byTimbre[foldKey(act.Timbre)]; taken {
		return contradiction("timbre %q belongs to audience %d", act.Timbre, owner)
	}
	return nil
}

func (c *columns) checkMemberJoined(act MemberJoined) error {
	if !c.agents.has(act.Agent) || !c.audiences.has(act.Audience) {
		return contradiction("agent %d or audience %d is unknown", act.Agent, act.Audience)
	}
	if held, member := c.duties(act.Agent, act.Audience); member && held == act.Duties {
		return contradiction("agent %d is a member of %d with these duties", act.Agent, act.Audience)
	}
	return c.checkDuties(act.Agent, act.Duties)
}

func (c *columns) checkDuties(agent AgentID, duties Duty) error {
	if !duties.Valid() {
		return contradiction("duties %d", uint8(duties))
	}
	if duties != 0 && c.agents.is(agent, flagGuest) {
		return contradiction("guest with a duty")
	}
	return nil
}

func (c *columns) checkMemberLeft(act MemberLeft) error {
	if _, member := c.duties(act.Agent, act.Audience); !member {
		return contradiction("agent %d is not a member of %d", act.Agent, act.Audience)
	}
	return nil
}

// join makes the agent a member, or changes the duties of one who is.
func (c *columns) join(at time.Time, audience AudienceID, agent AgentID, duties Duty) {
	m := &c.audiences.members[audience-1]
	i, member := slices.BinarySearch(m.agent, agent)
	if member {
		m.duties[i] = duties
		return
	}
	m.agent = slices.Insert(m.agent, i, agent)
	m.duties = slices.Insert(m.duties, i, duties)
	m.since = slices.Insert(m.since, i, at.UnixMicro())
	of := &c.agents.of[agent-1]
	place, _ := slices.BinarySearch(*of, audience)
	*of = slices.Insert(*of, place, audience)
}

func (c *columns) leave(act MemberLeft) {
	m := &c.audiences.members[act.Audience-1]
	i, _ := slices.BinarySearch(m.agent, act.Agent)
	m.agent = slices.Delete(m.agent, i, i+1)
	m.duties = slices.Delete(m.duties, i, i+1)
	m.since = slices.Delete(m.since, i, i+1)
	of := &c.agents.of[act.Agent-1]
	j, _ := slices.BinarySearch(*of, act.Audience)
	*of = slices.Delete(*of, j, j+1)
}

func (c *columns) duties(agent AgentID, audience AudienceID) (Duty, bool) {
	if !c.audiences.has(audience) {
		return 0, false
	}
	m := &c.audiences.members[audience-1]
	i, member := slices.BinarySearch(m.agent, agent)
	if !member {
		return 0, false
	}
	return m.duties[i], true
}

func (c *columns) membership(audience AudienceID, i int) Membership {
	m := &c.audiences.members[audience-1]
	return Membership{Audience: audience, Agent: m.agent[i], Duties: m.duties[i], Since: time.UnixMicro(m.since[i]).UTC()}
}

// directs reports whether the agent decides in the audience who joins and what is declared.
func (c *columns) directs(agent AgentID, audience AudienceID) bool {
	held, member := c.duties(agent, audience)
	if !member || c.agents.is(agent, flagDisabled) {
		return false
	}
	if c.audiences.community[audience-1] {
		return held.Has(Manager)
	}
	return held.Has(NumberTwo)
}

// Audience is the audience that bears the number.
func (r *Register) Audience(id AudienceID) (Audience, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.audiences.get(id)
}

// AudienceByKey finds an audience by key, whatever its case.
func (r *Register) AudienceByKey(key string) (Audience, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.audiences.get(r.columns.audiences.byKey[foldKey(key)])
}

// AudienceByTimbre finds an audience by its timbre, whatever its case.
func (r *Register) AudienceByTimbre(timbre string) (Audience, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.audiences.get(r.columns.audiences.byTimbre[foldKey(timbre)])
}

// Audiences iterates over all audiences in the order of their numbers. The lock is not held while the consumer works.
func (r *Register) Audiences() iter.Seq[Audience] { return each(r.Audience) }

// Members lists an audience's members in the order of their numbers.
func (r *Register) Members(id AudienceID) []Membership {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.columns.audiences.has(id) {
		return nil
	}
	list := make([]Membership, len(r.columns.audiences.members[id-1].agent))
	for i := range list {
		list[i] = r.columns.membership(id, i)
	}
	return list
}

// Memberships lists an agent's memberships in the order of the audiences' numbers.
func (r *Register) Memberships(id AgentID) []Membership {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.columns.agents.has(id) {
		return nil
	}
	list := make([]Membership, 0, len(r.columns.agents.of[id-1]))
	for _, audience := range r.columns.agents.of[id-1] {
		i, _ := slices.BinarySearch(r.columns.audiences.members[audience-1].agent, id)
		list = append(list, r.columns.membership(audience, i))
	}
	return list
}

// Duties are what the agent does in the audience; false when the agent is not a member.
func (r *Register) Duties(agent AgentID, audience AudienceID) (Duty, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.duties(agent, audience)
}

// Directs reports whether the agent decides in the audience: an enabled number two of a group, an enabled manager of a community.
func (r *Register) Directs(agent AgentID, audience AudienceID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.directs(agent, audience)
}

// Reach is whom a message comes to, and on what ground.
type Reach struct {
	Addressed []AudienceID // addressees: all their members
	Declaring []AudienceID // declared a tag of the message: their members but for guests, who have no declared tags
	Named     []AgentID    // personally addressed
}

// Readers counts the enabled agents cleared for the level whom the reach brings a message, each once.
func (r *Register) Readers(of Reach, level Level) int {
	readers, _ := r.Reached(of, level)
	return readers
}

// Reached counts the readers as Readers does, and how many of them are guests.
func (r *Register) Reached(of Reach, level Level) (readers, guests int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !level.Valid() {
		return 0, 0
	}
	agents := &r.columns.agents
	counted := make(bitset, len(agents.login)/64+1)
	add := func(agent AgentID, leftOut uint8) {
		if !agents.has(agent) || counted.has(uint32(agent)) || agents.is(agent, leftOut) || agents.ceiling(agent) < level {
			return
		}
		counted.set(uint32(agent))
		readers++
		if agents.is(agent, flagGuest) {
			guests++
		}
	}
	for _, agent := range of.Named {
		add(agent, flagDisabled)
	}
	for _, audience := range of.Addressed {
		for _, agent := range r.columns.audiences.membersOf(audience) {
			add(agent, flagDisabled)
		}
	}
	for _, audience := range of.Declaring {
		for _, agent := range r.columns.audiences.membersOf(audience) {
			add(agent, flagDisabled|flagGuest)
		}
	}
	return readers, guests
}

// HasReader reports whether anybody reads what is addressed to the audience at a level: one enabled member who is cleared for it.
func (r *Register) HasReader(audience AudienceID, level Level) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	agents := &r.columns.agents
	return level.Valid() && slices.ContainsFunc(r.columns.audiences.membersOf(audience), func(agent AgentID) bool {
		return agents.has(agent) && !agents.is(agent, flagDisabled) && agents.ceiling(agent) >= level
	})
}
