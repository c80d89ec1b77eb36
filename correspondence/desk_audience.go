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
	audiences  []habilitation.AudienceID
	byAudience map[habilitation.AudienceID]int
}

func (p *preview) collect(view *AudienceView) {
	for _, to := range p.message.Addressees {
		ref := p.desk.house.Folds.audience(to.Audience)
		p.add(view, to.Audience, Reason{Kind: to.Role.String(), Audience: &ref})
	}
	for _, reached := range p.desk.house.distribution(p.message) {
		ref, tag := p.desk.house.Folds.audience(reached.Audience), p.desk.house.Folds.tag(reached.Tag)
		p.add(view, reached.Audience, Reason{Kind: "tag", Audience: &ref, Tag: &tag})
	}
	view.Readers = p.desk.house.Folds.Register.Readers(p.audiences, p.message.Level) + p.namedAlone()
	slices.SortStableFunc(view.Groups, func(a, b AudienceLine) int { return cmp.Compare(len(b.Reasons), len(a.Reasons)) })
}

// namedAlone counts the agents personally addressed whom no group brings in.
func (p *preview) namedAlone() (n int) {
	for _, named := range p.message.Agents {
		member := slices.ContainsFunc(p.audiences, func(a habilitation.AudienceID) bool {
			_, is := p.desk.house.Folds.Register.Duties(named.Agent, a)
			return is
		})
		if !member {
			n++
		}
	}
	return n
}

func (p *preview) add(view *AudienceView, id habilitation.AudienceID, reason Reason) {
	if at, there := p.byAudience[id]; there {
		view.Groups[at].Reasons = append(view.Groups[at].Reasons, reason)
		return
	}
	audience, known := p.desk.house.Folds.Register.Audience(id)
	if !known {
		return
	}
	line := AudienceLine{AudienceRef: audienceRef(audience), Reasons: []Reason{reason}, Cleared: audience.Level >= p.message.Level}
	line.Agents = p.desk.house.Folds.Register.Readers([]habilitation.AudienceID{id}, p.message.Level)
	p.byAudience[id] = len(view.Groups)
	p.audiences = append(p.audiences, id)
	view.Groups = append(view.Groups, line)
	if !line.Cleared {
		view.NotCleared = append(view.NotCleared, line.AudienceRef)
	}
}
