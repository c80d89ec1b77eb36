package correspondence

import (
	"slices"

	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// outcome is what the decision finds beside the words: it is recorded, and never found again.
func (c *Chancery) outcome(m *Message) Outcome {
	out := Outcome{Distribution: c.distribution(m)}
	out.Answers = c.answers(m)
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

// answers lists the addressees of the answered message that the origin answers for: itself, if it is one, from the first or added since.
func (c *Chancery) answers(m *Message) []habilitation.AudienceID {
	answered, known := c.Folds.Ledger.headline(m.InReplyTo.Message)
	if !known {
		return nil
	}
	mine := slices.ContainsFunc(answered.lines, func(l line) bool { return l.audience == m.Origin.Audience })
	added := slices.ContainsFunc(c.Folds.Handling.Added(answered.id), func(l handling.Line) bool { return l.Audience == m.Origin.Audience })
	if !mine && !added {
		return nil
	}
	return []habilitation.AudienceID{m.Origin.Audience}
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
