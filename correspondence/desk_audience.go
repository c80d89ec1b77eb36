package correspondence

import (
	"cmp"
	"context"
	"slices"

	"chancery/habilitation"
)

func sortNewest(drafts []DraftView) {
	slices.SortStableFunc(drafts, func(a, b DraftView) int { return b.SavedAt.Compare(a.SavedAt) })
}

// Audience previews who would receive a draft if it were released now: groups with their reasons, agents, groups not cleared.
func (d *Desk) Audience(ctx context.Context, id habilitation.ID) (AudienceView, error) {
	draft, err := d.Draft(ctx, id)
	if err != nil {
		return AudienceView{}, err
	}
	return d.AudienceOf(ctx, draft.Form)
}

// AudienceOf previews a form that is not saved. What cannot be read of it is left out and told among the
// faults; above the level of the session nothing is told but that.
func (d *Desk) AudienceOf(_ context.Context, form Form) (AudienceView, error) {
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock()), draft: d.drafted(habilitation.ID{}, form)}
	f.read()
	view := AudienceView{Groups: []AudienceLine{}, NotCleared: []AudienceRef{}, Faults: f.faults}
	if view.Faults == nil {
		view.Faults = []Fault{}
	}
	if !f.m.Level.Valid() || f.m.Level > d.badge.Level() {
		return view, nil
	}
	p := preview{desk: d, message: &f.m, byAudience: map[habilitation.AudienceID]int{}}
	p.collect(&view)
	return view, nil
}

// preview gathers the audiences of one message.
type preview struct {
	desk       *Desk
	message    *Message
	reach      habilitation.Reach
	byAudience map[habilitation.AudienceID]int
}

func (p *preview) collect(view *AudienceView) {
	for _, to := range p.message.Addressees {
		ref := p.desk.house.Folds.audience(to.Audience)
		if p.add(view, to.Audience, Reason{Kind: to.Role.String(), Audience: &ref}) {
			p.reach.Addressed = append(p.reach.Addressed, to.Audience)
			p.countLast(view, habilitation.Reach{Addressed: []habilitation.AudienceID{to.Audience}})
		}
	}
	for _, reached := range p.desk.house.distribution(p.message) {
		ref, tag := p.desk.house.Folds.audience(reached.Audience), p.desk.house.Folds.tag(reached.Tag)
		if p.add(view, reached.Audience, Reason{Kind: "tag", Audience: &ref, Tag: &tag}) {
			p.reach.Declaring = append(p.reach.Declaring, reached.Audience)
			p.countLast(view, habilitation.Reach{Declaring: []habilitation.AudienceID{reached.Audience}})
		}
	}
	for _, named := range p.message.Agents {
		p.reach.Named = append(p.reach.Named, named.Agent)
	}
	view.Readers = p.desk.house.Folds.Register.Readers(p.reach, p.message.Level)
	slices.SortStableFunc(view.Groups, func(a, b AudienceLine) int { return cmp.Compare(len(b.Reasons), len(a.Reasons)) })
}

// countLast counts the agents whom the line added last brings the message.
func (p *preview) countLast(view *AudienceView, reach habilitation.Reach) {
	view.Groups[len(view.Groups)-1].Agents = p.desk.house.Folds.Register.Readers(reach, p.message.Level)
}

// add gives a reason why an audience receives the message, and reports whether it has a line by that for the first time.
func (p *preview) add(view *AudienceView, id habilitation.AudienceID, reason Reason) (first bool) {
	if at, there := p.byAudience[id]; there {
		view.Groups[at].Reasons = append(view.Groups[at].Reasons, reason)
		return false
	}
	audience, known := p.desk.house.Folds.Register.Audience(id)
	if !known {
		return false
	}
	line := AudienceLine{AudienceRef: audienceRef(audience), Reasons: []Reason{reason}, Cleared: audience.Level >= p.message.Level}
	p.byAudience[id] = len(view.Groups)
	view.Groups = append(view.Groups, line)
	if !line.Cleared {
		view.NotCleared = append(view.NotCleared, line.AudienceRef)
	}
	return true
}
