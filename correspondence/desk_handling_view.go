package correspondence

import (
	"context"
	"slices"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// HandlingOf is what becomes of a message, as each kind of reader may know it: members of an addressee see all of theirs, members of the
// origin the state of every addressee, and the name and time of a reader only where reading was asked to be acknowledged. Nobody else sees
// how far anybody has come.
func (d *Desk) HandlingOf(_ context.Context, message habilitation.ID) (HandlingView, error) {
	row, err := d.admit(message)
	if err != nil {
		return HandlingView{}, err
	}
	return d.handling(row), nil
}

func (d *Desk) handling(row search.Row) HandlingView {
	v := HandlingView{Message: row.ID, Lines: []HandlingLine{}, Shares: []ShareView{}}
	one, known := d.house.Folds.Handling.Of(row.ID)
	if !known {
		return v
	}
	h := d.hand(row)
	v.MayAdd, v.MayShare = one.MayAdd(h), one.MayShare(h)
	for _, l := range one.Lines {
		if line, shown := d.handlingLine(h, &one, l); shown {
			v.Lines = append(v.Lines, line)
		}
	}
	for _, s := range one.Shares {
		if d.seesShare(&one, s) {
			v.Shares = append(v.Shares, ShareView{AudienceRef: d.house.Folds.audience(s.Audience), WordView: d.word(s.Word),
				Through: d.house.Folds.audience(s.Through), MayRevoke: one.MayRevoke(h, s)})
		}
	}
	v.Silence = d.silence(one.Silence)
	return v
}

// seesShare reports whether the reader is told of a share: members of the community, of the group that shared, and of the origin.
func (d *Desk) seesShare(one *handling.Matter, s handling.Share) bool {
	return slices.ContainsFunc([]habilitation.AudienceID{s.Audience, s.Through, one.Origin}, d.badge.Perimeter().HasAudience)
}

func (d *Desk) silence(s *handling.Silence) *SilenceView {
	if s == nil {
		return nil
	}
	v := &SilenceView{Until: s.Until, EndedAt: moment(s.Ended), Adopted: s.Adopted, Broken: []SilenceBreak{}}
	for _, b := range s.Broken {
		v.Broken = append(v.Broken, SilenceBreak{AudienceRef: d.house.Folds.audience(b.Audience), WordView: d.word(b.Word)})
	}
	return v
}

func (d *Desk) word(w handling.Word) WordView {
	return WordView{By: d.house.Folds.agent(w.By), For: d.agentRef(w.For), At: w.At, Reason: w.Reason}
}

// handlingLine is one addressee for this reader; false when the reader is not told.
func (d *Desk) handlingLine(h handling.Hand, one *handling.Matter, l handling.Line) (HandlingLine, bool) {
	p := d.badge.Perimeter()
	mine, asked := p.HasAudience(l.Audience), p.HasAudience(one.Origin)
	if !mine && !asked {
		return HandlingLine{}, false
	}
	more := l.Details()
	v := d.handlingState(h, one, l)
	v.Mine, v.Instruction = mine, more.Instruction
	if mine || l.Receipt >= handling.OfCharge {
		d.holding(&v, l)
	}
	if asked && l.Receipt >= handling.OfReading && more.Reader.By != 0 {
		v.Reader, v.ReadAt = d.agentRef(more.Reader.By), moment(more.Reader.At)
	}
	if !mine && l.State == handling.Read && l.Receipt < handling.OfReading || !mine && l.State == handling.Taken && l.Receipt < handling.OfCharge {
		v.Since = nil // the hour of what was not asked for
	}
	if more.End.By != 0 {
		end := d.word(more.End)
		v.End = &end
	}
	if more.Settled != nil {
		settled := d.word(*more.Settled)
		v.Settled = &settled
	}
	if more.To != 0 {
		to := d.house.Folds.audience(more.To)
		v.ReassignedTo = &to
	}
	if asked {
		v.Call = d.callOfLine(more.Alert)
	}
	if mine {
		d.entrusting(&v, more)
		d.acts(&v, h, one, l)
		if !more.Alert.IsZero() {
			v.Alert = d.alertOfLine(h, more.Alert)
		}
	}
	return v, true
}

// callOfLine is how far the call of a line came; nil when nobody was called.
func (d *Desk) callOfLine(id habilitation.ID) *CallView {
	a, known := d.house.Folds.Handling.Alert(id)
	if !known {
		return nil
	}
	return &CallView{RaisedAt: a.Raised, Called: min(a.Place+1, len(a.Watch)), Everybody: a.Place >= len(a.Watch), AcknowledgedAt: moment(a.Acknowledged.At)}
}

// handlingState is what anybody may know who may know anything of the line.
func (d *Desk) handlingState(h handling.Hand, one *handling.Matter, l handling.Line) HandlingLine {
	ceiling := d.badge.Level()
	state, since := l.StateFor(ceiling)
	if state == handling.Delivered && !d.house.Folds.Register.HasReader(l.Audience, h.Level) {
		state = handling.Undelivered // whoever could read it has gone
	}
	v := HandlingLine{AudienceRef: d.house.Folds.audience(l.Audience), Role: Role(l.Role), Qualification: Qualification(l.Asked), Receipt: Receipt(l.Receipt),
		State: state.String(), Since: moment(since), Deadline: moment(l.Deadline()), Due: moment(l.Due()), Late: one.Late(l, ceiling, h.At), May: []string{}, Colleagues: []AgentRef{}}
	if h.Overtaken {
		v.Due, v.Late = nil, false
	}
	if answer, ok := l.Answered(ceiling); ok {
		v.Answer = &AnswerView{At: answer.At}
		if row, err := d.admit(answer.Message); err == nil {
			if headline, known := d.house.Folds.Ledger.headline(row.ID); known {
				v.Answer.ID, v.Answer.Number = &headline.id, headline.number
			}
		}
	}
	return v
}

// holding says who handles the line.
func (d *Desk) holding(v *HandlingLine, l handling.Line) {
	if l.Holder != 0 {
		v.Holder, v.HeldSince, v.HeldByMe = d.agentRef(l.Holder), moment(l.Details().HeldSince), l.Holder == d.badge.Agent()
	}
}

func (d *Desk) entrusting(v *HandlingLine, more handling.Details) {
	if e := more.Entrusted; e != nil {
		v.Entrusted = &EntrustedView{By: d.house.Folds.agent(e.By), To: d.house.Folds.agent(e.To), At: e.At, Due: moment(e.Due), Note: e.Note, Mine: e.To == d.badge.Agent()}
	}
	if more.Declined != nil {
		word := d.word(*more.Declined)
		v.Declined = &word
	}
}

// acts lists what the reader may do at the line now: what is offered is what would be decided.
func (d *Desk) acts(v *HandlingLine, h handling.Hand, one *handling.Matter, l handling.Line) {
	m, why := d.house.Folds.Handling, "a reason"
	offer := func(what string, err error) {
		if err == nil {
			v.May = append(v.May, what)
		}
	}
	_, err := m.Accept(h, one.Message, l.Audience)
	offer("accept", err)
	_, err = m.Decline(h, handling.Declined{Message: one.Message, Audience: l.Audience, Reason: why})
	offer("decline", err)
	_, err = m.Take(h, one.Message, l.Audience, l.Deadline())
	offer("take", err)
	if _, err = m.Close(h, handling.WasClosed{Message: one.Message, Audience: l.Audience, Reason: why}); err == nil {
		v.May = append(v.May, "close", "misaddressed")
		if !h.Overtaken && !one.Expired(h.At) {
			v.Colleagues = d.colleagues(h, l)
		}
		if len(v.Colleagues) > 0 {
			v.May = append(v.May, "assign")
		}
	}
	if m.MayReassign(h, one.Message, l.Audience) {
		v.May = append(v.May, "reassign")
	}
	if one.MayBreak(h, l.Audience) {
		v.May = append(v.May, "break-silence")
	}
}

// colleagues are the members to whom the line may be entrusted.
func (d *Desk) colleagues(h handling.Hand, l handling.Line) []AgentRef {
	out := []AgentRef{}
	for _, member := range d.house.Folds.Register.Members(l.Audience) {
		agent, known := d.house.Folds.Register.Agent(member.Agent)
		if known && !agent.Guest && !agent.Disabled && agent.Level >= h.Level && agent.ID != h.Agent && agent.ID != l.Holder {
			out = append(out, AgentRef{Login: agent.Login, Name: agent.Name})
		}
	}
	return out
}
