package correspondence

import (
	"slices"

	"chancery/habilitation"
	"chancery/search"
)

// What a message demands of its readers is swapped in its row: denied or admitted at once, on every path, before any word is indexed anew.

// await keeps a document until the rows take many at once.
func (f *Folds) await(d search.Document) {
	f.waiting = append(f.waiting, d)
	if len(f.waiting) >= 4096 {
		f.flush()
	}
}

func (f *Folds) flush() {
	f.Rows.Append(f.waiting)
	f.waiting = f.waiting[:0]
}

// remark replaces the marking of a message that the house holds; nothing happens to one that the rows do not know.
func (f *Folds) remark(id habilitation.ID, into func(habilitation.Marking) habilitation.Marking) {
	f.flush()
	row, known := f.Rows.Row(id)
	if !known {
		return
	}
	next := into(row.Marking)
	if slices.Equal(next.AppendWords(nil), row.Marking.AppendWords(nil)) {
		return
	}
	f.Rows.Mark(id, next)
	f.marked.Add(1)
	f.changes.note(change{message: id, swapped: true, before: row.Marking})
}

// foldCorrection gives the message that a correction raises or lowers its new level. The level of a message that is not in the rows any more
// has nobody to be shown to.
func (f *Folds) foldCorrection(d *Dispatch) {
	if d.Corrects == nil {
		return
	}
	switch d.Corrects.How {
	case Raises:
		f.remark(d.Corrects.Message, atLevel(habilitation.Restricted))
	case Lowers:
		f.remark(d.Corrects.Message, atLevel(habilitation.Unprotected))
	}
}

// atLevel is the same marking at another level.
func atLevel(level habilitation.Level) func(habilitation.Marking) habilitation.Marking {
	return func(m habilitation.Marking) habilitation.Marking {
		audiences, tags, agents := piecesOf(m)
		return habilitation.NewMarking(level, audiences, tags, agents)
	}
}

func piecesOf(m habilitation.Marking) (audiences []habilitation.AudienceID, tags []habilitation.TagID, agents []habilitation.AgentID) {
	for a := range m.Audiences {
		audiences = append(audiences, a)
	}
	for t := range m.Tags {
		tags = append(tags, t)
	}
	for a := range m.Agents {
		agents = append(agents, a)
	}
	return audiences, tags, agents
}
