package habilitation

// Perimeter is what a badge grants now, compiled from the register and the declarations for one agent on one terminal.
// It is immutable; Version says which state of the rights it was compiled from. The zero and the nil perimeter admit nothing.
type Perimeter struct {
	version   uint64
	agent     AgentID
	ceiling   Level // min(agent's level, terminal's level)
	archivist bool
	audiences bitset
	tags      [Restricted + 1]bitset // by level: the tags declared to that level by an audience of the agent
}

// Grants is what a perimeter is compiled from.
type Grants struct {
	Version   uint64 // of the rights as a whole: register and declarations
	Agent     AgentID
	Ceiling   Level
	Archivist bool
	Audiences []AudienceID
	Tags      map[Level][]TagID // a tag granted at a level says nothing of the other level
}

// CompilePerimeter turns grants into the form that Admits tests.
func CompilePerimeter(g Grants) *Perimeter {
	p := &Perimeter{version: g.Version, agent: g.Agent, ceiling: g.Ceiling, archivist: g.Archivist}
	for _, a := range g.Audiences {
		p.audiences.set(uint32(a))
	}
	for level, tags := range g.Tags {
		if !level.Valid() || level > g.Ceiling {
			continue
		}
		for _, t := range tags {
			p.tags[level].set(uint32(t))
		}
	}
	return p
}

// Admits is the reading rule, the only one: whether the holder of the perimeter may read, count or learn of a message so marked.
//
//	level ≤ ceiling ∧ (named ∨ audience of mine ∨ tag declared to this level by an audience of mine ∨ archivist)
func (p *Perimeter) Admits(m *Marking) bool {
	if p == nil || !m.level.Valid() || m.level > p.ceiling {
		return false
	}
	if p.archivist {
		return true
	}
	audiences, rest := m.ids[:m.audiences], m.ids[m.audiences:]
	for _, id := range audiences {
		if p.audiences.has(id) {
			return true
		}
	}
	tags := &p.tags[m.level]
	for _, id := range rest[:m.tags] {
		if tags.has(id) {
			return true
		}
	}
	if p.agent == 0 {
		return false
	}
	for _, id := range rest[m.tags:] {
		if id == uint32(p.agent) {
			return true
		}
	}
	return false
}

// Version is the state of the rights that the perimeter was compiled from.
func (p *Perimeter) Version() uint64 { return p.version }

// Agent is whose perimeter it is.
func (p *Perimeter) Agent() AgentID { return p.agent }

// Ceiling is the highest level the perimeter reads.
func (p *Perimeter) Ceiling() Level { return p.ceiling }

// Archivist reports whether the perimeter spans every message up to its ceiling.
func (p *Perimeter) Archivist() bool { return p.archivist }

// HasAudience reports whether the agent belongs to the audience.
func (p *Perimeter) HasAudience(a AudienceID) bool { return p.audiences.has(uint32(a)) }

// HasTag reports whether an audience of the agent declared the tag for messages of the level.
func (p *Perimeter) HasTag(t TagID, level Level) bool {
	return level.Valid() && level <= p.ceiling && p.tags[level].has(uint32(t))
}

// Audiences lists the agent's audiences in ascending order.
func (p *Perimeter) Audiences() []AudienceID { return members[AudienceID](p.audiences) }

// Tags lists the tags granted at the level in ascending order.
func (p *Perimeter) Tags(level Level) []TagID {
	if !level.Valid() {
		return nil
	}
	return members[TagID](p.tags[level])
}

// bitset grows to the largest number that was set.
type bitset []uint64

func (b bitset) has(i uint32) bool {
	w := i >> 6
	return int(w) < len(b) && b[w]>>(i&63)&1 != 0
}

func (b *bitset) set(i uint32) {
	w := int(i >> 6)
	if w >= len(*b) {
		*b = append(*b, make([]uint64, w+1-len(*b))...)
	}
	(*b)[w] |= 1 << (i & 63)
}

func members[T ~uint32](b bitset) []T {
	var out []T
	for w, word := range b {
		for i := range 64 {
			if word>>i&1 != 0 {
				out = append(out, T(w*64+i))
			}
		}
	}
	return out
}
