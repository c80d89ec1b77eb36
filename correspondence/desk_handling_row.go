package correspondence

import (
	"context"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// linesOf are the addressees of a message as it stands now: those of its release and those added since, who are told apart.
func (d *Desk) linesOf(h *headline) (lines []line, added map[habilitation.AudienceID]bool) {
	later := d.house.Folds.Handling.Added(h.id)
	if len(later) == 0 {
		return h.lines, nil
	}
	added = make(map[habilitation.AudienceID]bool, len(later))
	lines = append([]line(nil), h.lines...)
	for _, l := range later {
		one := line{audience: l.Audience, role: Role(l.Role), qualification: Qualification(l.Asked), n: l.N}
		if deadline := l.Deadline(); !deadline.IsZero() {
			one.deadline = deadline.Unix()
		}
		lines = append(lines, one)
		added[l.Audience] = l.Details().Addition.Ground != handling.ByOrigin
	}
	return lines, added
}

// reasonOfLine is the line itself, or that somebody else than the origin passed it on.
func reasonOfLine(to *line, passedOn map[habilitation.AudienceID]bool) string {
	if passedOn[to.audience] {
		return "retransmitted"
	}
	return to.role.String()
}

// broughtBy is why an audience that is no addressee receives a message: it was shared with it, lies on its operator desk, or corrects what it
// received.
func (f *Folds) broughtBy(h *headline, audience habilitation.AudienceID) string {
	switch {
	case f.Handling.SharedWith(h.id, audience):
		return "shared"
	case f.Handling.LiesWith(h.id, audience):
		return "operator"
	case !h.corrects.IsZero():
		return "correction"
	}
	return "shared"
}

// addedAddressees are the addressees added since the release, for the header: by whom, when and why.
func (d *Desk) addedAddressees(message habilitation.ID) []AddresseeView {
	var out []AddresseeView
	for _, l := range d.house.Folds.Handling.Added(message) {
		more := l.Details()
		out = append(out, AddresseeView{AudienceRef: d.house.Folds.audience(l.Audience), Role: Role(l.Role), Qualification: Qualification(l.Asked),
			Deadline: moment(l.Deadline()), Instruction: more.Instruction, Number: l.N, Serve: []string{},
			Added: &AdditionView{WordView: d.word(more.Addition.Word), Ground: more.Addition.Ground.String(), Through: d.house.Folds.audience(more.Addition.Through)}})
	}
	return out
}

// noteOpening notes the first opening by a member of an addressee. Reading does not wait on it: that a restricted message was opened stands in
// the journal of readings already, and what could not be noted now is noted at the next opening.
func (d *Desk) noteOpening(ctx context.Context, row search.Row) {
	for _, act := range d.house.Folds.Handling.Read(d.hand(row), row.ID) {
		err := d.house.enact(ctx, d.badge.Agent(), func() ([]habilitation.Act, error) {
			if d.house.Folds.Handling.Check(act) != nil {
				return nil, nil // a colleague came first
			}
			return []habilitation.Act{act}, nil
		})
		if err != nil {
			d.house.Log.Warn("opening not noted", "message", row.ID.String(), "why", err.Error())
		}
	}
}

// Row is a message as one row of a list, for a list that shows it already: no reading, and nothing is marked.
func (d *Desk) Row(ctx context.Context, message habilitation.ID) (Headline, error) {
	row, err := d.admit(message)
	if err != nil {
		return Headline{}, err
	}
	unread, err := d.unreads(ctx)
	if err != nil {
		return Headline{}, err
	}
	h, ok := d.headline(row, unread)
	if !ok {
		return Headline{}, errUnknown
	}
	return h, nil
}
