package correspondence

import (
	"slices"

	"chancery/habilitation"
)

// outcome is what the decision finds beside the words: it is recorded, and never found again.
func (c *Chancery) outcome(m *Message) Outcome {
	out := Outcome{Distribution: c.distribution(m)}
	out.Answers, _ = c.answers(m, out.Distribution)
	if m.Corrects != nil {
		if row, known := c.Folds.Rows.Row(m.Corrects.Message); known {
			out.CarriedAudiences, out.CarriedTags, out.CarriedAgents = piecesOf(row.Marking)
		}
	}
	for i := range m.Addressees {
		if a := m.Addressees[i].Audience; !c.Folds.Register.HasReader(a, m.Level) {
			out.Undelivered = append(out.Undelivered, a)
		}
	}
	if len(out.Undelivered) > 0 {
		out.OperatorDesk = c.Folds.Register.OperatorDesk()
	}
	return out
}

// answers lists the addressees of the answered message that the origin answers for: itself, if it is one, from the first or added since. Nobody has
// answered where the group that asked does not receive it; that group is missed then.
func (c *Chancery) answers(m *Message, byTag []distributed) (of []habilitation.AudienceID, missed habilitation.AudienceID) {
	answered, known := c.Folds.Ledger.headline(m.InReplyTo.Message)
	if !known {
		return nil, 0
	}
	mine := c.roleIn(answered, m.Origin.Audience)
	switch {
	case mine == 0:
		return nil, 0
	case m.goesTo(answered.origin, byTag):
		return []habilitation.AudienceID{m.Origin.Audience}, 0
	case mine == Action:
		return nil, answered.origin
	}
	return nil, 0
}

// roleIn is the line of a message that an audience stands on, from the first or added since; none is 0.
func (c *Chancery) roleIn(h *headline, audience habilitation.AudienceID) Role {
	for _, l := range h.lines {
		if l.audience == audience {
			return l.role
		}
	}
	for _, l := range c.Folds.Handling.Added(h.id) {
		if l.Audience == audience {
			return Role(l.Role)
		}
	}
	return 0
}

// goesTo reports whether the message comes to a group that asked something: it is addressed, follows a tag, or speaks itself. Who asked from outside is
// no group, and whoever answers them knows by what way.
func (m *Message) goesTo(asker habilitation.AudienceID, byTag []distributed) bool {
	return asker == 0 || asker == m.Origin.Audience ||
		slices.ContainsFunc(m.Addressees, func(to Addressee) bool { return to.Audience == asker }) ||
		slices.ContainsFunc(byTag, func(one distributed) bool { return one.Audience == asker })
}

// distribution is which audiences receive by tag, as the declarations stand now.
func (c *Chancery) distribution(m *Message) []distributed {
	tags := make([]habilitation.TagID, len(m.Tags))
	for i, t := range m.Tags {
		tags[i] = t.Tag
	}
	var out []distributed
	for _, reason := range c.Folds.Declarations.Route(tags, m.Level) {
		out = append(out, distributed{Audience: reason.Audience, Tag: reason.Tag})
	}
	return out
}
