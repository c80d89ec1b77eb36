package correspondence

import "chancery/habilitation"

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

// answers lists the addressees of the answered message that the origin answers for: itself, if it was one.
func (c *Chancery) answers(m *Message) []habilitation.AudienceID {
	answered, known := c.Folds.Ledger.headline(m.InReplyTo.Message)
	if !known {
		return nil
	}
	for i := range answered.lines {
		if answered.lines[i].audience == m.Origin.Audience {
			return []habilitation.AudienceID{m.Origin.Audience}
		}
	}
	return nil
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
