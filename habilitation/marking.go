package habilitation

import "slices"

// Marking is what a message demands of whoever would read it now: its level, the audiences it is addressed to or shared with,
// its tags and the agents it names in its signed headers. It is immutable and pointer-poor: one slice of numbers, which a column store may own.
// The zero marking has no level and is admitted by nobody.
type Marking struct {
	level     Level
	audiences uint32   // how many of ids are audiences, first
	tags      uint32   // how many follow as tags; the rest are agents
	ids       []uint32 // each of the three runs ascending, without doubles
}

// NewMarking copies, sorts and deduplicates its arguments.
func NewMarking(level Level, audiences []AudienceID, tags []TagID, agents []AgentID) Marking {
	ids := make([]uint32, 0, len(audiences)+len(tags)+len(agents))
	ids, a := appendRun(ids, audiences)
	ids, t := appendRun(ids, tags)
	ids, _ = appendRun(ids, agents)
	return Marking{level: level, audiences: a, tags: t, ids: ids}
}

// appendRun adds one ascending run without doubles and returns its length.
func appendRun[T ~uint32](ids []uint32, run []T) ([]uint32, uint32) {
	start := len(ids)
	for _, id := range run {
		ids = append(ids, uint32(id))
	}
	slices.Sort(ids[start:])
	tail := slices.Compact(ids[start:])
	return ids[:start+len(tail)], uint32(len(tail))
}

// MarkingFrom views a marking in words that Words wrote, without copying; the caller never changes them again.
// Words that cannot be a marking give the zero marking, which nobody is admitted to.
func MarkingFrom(words []uint32) Marking {
	if len(words) < 3 || uint64(words[1])+uint64(words[2]) > uint64(len(words)-3) || words[0] > uint32(Restricted) {
		return Marking{}
	}
	return Marking{level: Level(words[0]), audiences: words[1], tags: words[2], ids: words[3:]}
}

// AppendWords appends the marking's flat form, for column stores: level, number of audiences, number of tags, then the identities.
func (m Marking) AppendWords(to []uint32) []uint32 {
	return append(append(to, uint32(m.level), m.audiences, m.tags), m.ids...)
}

// Level is the level the message bears now.
func (m Marking) Level() Level { return m.level }

// Audiences iterates over the audiences in ascending order.
func (m Marking) Audiences(yield func(AudienceID) bool) {
	for _, id := range m.ids[:m.audiences] {
		if !yield(AudienceID(id)) {
			return
		}
	}
}

// Tags iterates over the tags in ascending order.
func (m Marking) Tags(yield func(TagID) bool) {
	for _, id := range m.ids[m.audiences : m.audiences+m.tags] {
		if !yield(TagID(id)) {
			return
		}
	}
}

// Agents iterates over the agents named in the signed headers in ascending order.
func (m Marking) Agents(yield func(AgentID) bool) {
	for _, id := range m.ids[m.audiences+m.tags:] {
		if !yield(AgentID(id)) {
			return
		}
	}
}
