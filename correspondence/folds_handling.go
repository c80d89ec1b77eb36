package correspondence

import (
	"slices"
	"time"

	"chancery/archive"
	"chancery/correspondence/handling"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// releasedOf is what the handling of a message begins with.
func releasedOf(d *Dispatch) handling.Released {
	h := headlineOf(0, d)
	out := startOf(&h)
	out.Others = d.secondReaders()
	out.AnswersFor, out.Silence, out.Desk = d.Answers, d.SilenceUntil.UTC(), d.OperatorDesk
	if r := d.Reception; r != nil {
		out.Fallen = handling.WhyUnaddressed
		if slices.ContainsFunc(r.Flaws, postal.Flaw.IsUnread) {
			out.Fallen = handling.WhyUnreadable
		}
	}
	for i := range d.Addressees {
		out.Lines[i].Instruction = d.Addressees[i].Instruction
		for _, lost := range d.Undelivered {
			out.Lines[i].Undelivered = out.Lines[i].Undelivered || lost == d.Addressees[i].Audience
		}
	}
	return out
}

// startOf is what the ledger alone knows of it: enough for an imported record, which nobody answers and nobody waits for.
func startOf(h *headline) handling.Released {
	out := handling.Released{Message: h.id, At: timeOf(h.at), Origin: h.origin, Level: h.level, Year: int(h.year), Corrects: h.corrects, Answers: h.answers,
		AnswersFor: h.answersFor, ReplyBy: momentOf(h.replyBy), ValidUntil: momentOf(h.validUntil)}
	for i := range h.lines {
		to := &h.lines[i]
		one := handling.ReleasedLine{Audience: to.audience, Role: handling.Role(to.role), Asked: handling.Asked(to.qualification), Receipt: handling.Receipt(to.receipt)}
		one.Deadline = momentOf(to.deadline)
		one.Called = !h.imported && (to.night || to.role == Action && h.urgency(to) == Flash)
		out.Lines = append(out.Lines, one)
	}
	return out
}

// momentOf is a time kept in seconds; the zero time for 0.
func momentOf(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// begin lets the handling know a message that was released. Imported records are begun when somebody does something with them.
func (f *Folds) begin(d *Dispatch) {
	if !d.isImported() || d.OperatorDesk != 0 {
		f.Handling.Release(releasedOf(d))
	}
	if len(d.Answers) > 0 {
		f.changes.note(change{message: d.InReplyTo.Message, concerned: f.parties(d.InReplyTo.Message, d.Answers...), level: d.Level})
	}
}

// beginLate lets the handling know an imported record that an act is about, as every fold of the same journal would.
func (f *Folds) beginLate(message habilitation.ID) {
	if f.Handling.Has(message) {
		return
	}
	if h, known := f.Ledger.headline(message); known {
		f.Handling.Release(startOf(h))
	}
}

// applyHandling folds an act about what becomes of a message; where it brings the message to somebody or takes it away, the row says so at once.
func (f *Folds) applyHandling(h archive.Header, act habilitation.Act) error {
	message := f.Handling.MessageOf(act)
	f.beginLate(message)
	if err := f.Handling.Apply(uint64(h.Seq), h.Time, h.Actor, act); err != nil {
		return err
	}
	noted := change{message: message}
	switch act := act.(type) {
	case handling.AddresseeAdded, handling.WasReassigned, handling.WasMisaddressed, handling.TrayLaid, handling.TraySettled:
		f.reach(message)
		noted.everybody = true // the header says who was added, by whom
	case handling.Shared:
		f.reach(message)
		noted.concerned = f.parties(message, act.Audience, act.Through)
	case handling.ShareRevoked:
		f.reach(message)
		noted.concerned = f.parties(message)
	case handling.WasRead:
		f.reach(message) // it does not lie on the operator desk any more
		noted.concerned = f.parties(message, act.Audience)
	case handling.SilenceBroken, handling.SilenceEnded:
		noted.everybody = true
	default:
		_, audience := f.Handling.PlaceOf(act)
		noted.concerned = f.parties(message, audience)
	}
	f.changes.note(noted)
	return nil
}

// parties are the audiences given and the origin of the message: who sees how far it has come.
func (f *Folds) parties(message habilitation.ID, audiences ...habilitation.AudienceID) []habilitation.AudienceID {
	if h, known := f.Ledger.headline(message); known {
		audiences = append(audiences, h.origin)
	}
	return audiences
}

// reach gives the rows of a message and of its corrections the audiences that it is brought to now. What is unread is counted anew even where
// no row changes: to whoever had the message already, it comes once more.
func (f *Folds) reach(message habilitation.ID) {
	f.marked.Add(1)
	for _, id := range f.Handling.Reached(message) {
		audiences := f.Handling.Audiences(id)
		f.remark(id, func(m habilitation.Marking) habilitation.Marking {
			_, tags, agents := piecesOf(m)
			return habilitation.NewMarking(m.Level(), audiences, tags, agents)
		})
	}
}

// reachAll does so for every message that was brought to others since its release: for rows that were folded again behind a handling that was not.
func (f *Folds) reachAll() {
	for _, id := range f.Handling.Moved() {
		f.reach(id)
	}
}
