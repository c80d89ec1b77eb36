package correspondence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"chancery/habilitation"
)

func sortNewest(drafts []DraftView) {
	slices.SortStableFunc(drafts, func(a, b DraftView) int { return b.SavedAt.Compare(a.SavedAt) })
}

// Audience previews what a draft would become if it were released now.
func (d *Desk) Audience(ctx context.Context, id habilitation.ID) (AudienceView, error) {
	draft, err := d.Draft(ctx, id)
	if err != nil {
		return AudienceView{}, err
	}
	return d.AudienceOf(ctx, draft.Form)
}

// AudienceOf previews a form that is not saved. What cannot be read of it is left out and told among the
// faults; above the level of the session nothing is told but that.
func (d *Desk) AudienceOf(ctx context.Context, form Form) (AudienceView, error) {
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock()), draft: d.drafted(habilitation.ID{}, form)}
	f.read()
	view := AudienceView{Faults: f.faults}
	if !f.m.Level.Valid() || f.m.Level > d.badge.Level() {
		return view.filled(), nil
	}
	f.m.Addressees = slices.DeleteFunc(f.m.Addressees, func(to Addressee) bool { return slices.Contains(f.notCleared, to.Audience) })
	unread, err := d.unreads(ctx)
	if err != nil {
		return view, err
	}
	p := preview{desk: d, message: &f.m, outcome: d.house.outcome(&f.m), view: &view, byAudience: map[habilitation.AudienceID]int{}}
	for _, id := range f.notCleared {
		p.notCleared(id)
	}
	p.collect()
	p.cost()
	p.row(f.now)
	p.references(f)
	p.duplicates(f.now, unread)
	p.warn(f.now)
	return view.filled(), nil
}

// filled gives every list, an empty one too.
func (v AudienceView) filled() AudienceView {
	v.Groups, v.NotCleared, v.Undelivered = orEmpty(v.Groups), orEmpty(v.NotCleared), orEmpty(v.Undelivered)
	v.References, v.Duplicates, v.Warnings, v.Faults = orEmpty(v.References), orEmpty(v.Duplicates), orEmpty(v.Warnings), orEmpty(v.Faults)
	return v
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// preview gathers the audiences of one message.
type preview struct {
	desk       *Desk
	message    *Message
	outcome    Outcome
	view       *AudienceView
	reach      habilitation.Reach
	byAudience map[habilitation.AudienceID]int
}

// collect gathers whom the marking that the message would bear admits, and why.
func (p *preview) collect() {
	for _, to := range p.message.Addressees {
		p.addressed(to.Audience, to.Role.String())
	}
	for _, carried := range p.outcome.CarriedAudiences {
		p.addressed(carried, "corrected")
	}
	for _, id := range p.outcome.Undelivered {
		p.view.Undelivered = append(p.view.Undelivered, p.desk.house.Folds.audience(id))
	}
	if p.outcome.OperatorDesk != 0 {
		p.addressed(p.outcome.OperatorDesk, "operator")
	}
	tags := slices.Clone(p.outcome.CarriedTags)
	for _, t := range p.message.Tags {
		tags = append(tags, t.Tag)
	}
	slices.Sort(tags)
	for _, reached := range p.desk.house.Folds.Declarations.Route(slices.Compact(tags), p.message.Level) {
		p.declaring(reached.Audience, reached.Tag)
	}
	for _, named := range p.message.Agents {
		p.reach.Named = append(p.reach.Named, named.Agent)
	}
	for _, carried := range p.outcome.CarriedAgents {
		if carried != p.message.Drafter.Agent && carried != p.message.Signatory.Agent {
			p.reach.Named = append(p.reach.Named, carried)
		}
	}
	p.view.Readers, p.view.Guests = p.desk.house.Folds.Register.Reached(p.reach, p.message.Level)
	slices.SortStableFunc(p.view.Groups, func(a, b AudienceLine) int { return cmp.Compare(len(b.Reasons), len(a.Reasons)) })
}

func (p *preview) addressed(id habilitation.AudienceID, why string) {
	ref := p.desk.house.Folds.audience(id)
	if p.add(id, Reason{Kind: why, Audience: &ref}) {
		p.countLast(habilitation.Reach{Addressed: []habilitation.AudienceID{id}})
	}
	p.reach.Addressed = append(p.reach.Addressed, id)
}

func (p *preview) declaring(id habilitation.AudienceID, tagID habilitation.TagID) {
	ref, tag := p.desk.house.Folds.audience(id), p.desk.house.Folds.tag(tagID)
	if p.add(id, Reason{Kind: "tag", Audience: &ref, Tag: &tag}) {
		p.countLast(habilitation.Reach{Declaring: []habilitation.AudienceID{id}})
	}
	p.reach.Declaring = append(p.reach.Declaring, id)
}

// countLast counts the agents whom the line added last brings the message.
func (p *preview) countLast(reach habilitation.Reach) {
	p.view.Groups[len(p.view.Groups)-1].Agents = p.desk.house.Folds.Register.Readers(reach, p.message.Level)
}

// add gives a reason why an audience receives the message, and reports whether it has a line by that for the first time.
func (p *preview) add(id habilitation.AudienceID, reason Reason) (first bool) {
	if at, there := p.byAudience[id]; there {
		p.view.Groups[at].Reasons = append(p.view.Groups[at].Reasons, reason)
		return false
	}
	audience, known := p.desk.house.Folds.Register.Audience(id)
	if !known {
		return false
	}
	p.byAudience[id] = len(p.view.Groups)
	p.view.Groups = append(p.view.Groups, AudienceLine{AudienceRef: audienceRef(audience), Reasons: []Reason{reason}, Cleared: audience.Level >= p.message.Level})
	return true
}

// notCleared tells of an audience that does not receive the message because it is beneath its level.
func (p *preview) notCleared(id habilitation.AudienceID) {
	if ref := p.desk.house.Folds.audience(id); !slices.Contains(p.view.NotCleared, ref) {
		p.view.NotCleared = append(p.view.NotCleared, ref)
	}
}

// wordsAMinute is how fast a text of the trade is read.
const wordsAMinute = 200

func (p *preview) cost() {
	m := p.message
	for _, text := range []string{m.Subject, m.Summary, m.Text, m.Comment} {
		p.view.Cost.Words += len(strings.Fields(text))
	}
	p.view.Cost.Seconds = (p.view.Cost.Words*60 + wordsAMinute - 1) / wordsAMinute
	p.view.Cost.Total = int64(p.view.Cost.Seconds) * int64(p.view.Readers)
}

// references tells of every field that names a message what it names, as it was typed.
func (p *preview) references(f *finishing) {
	form := &f.draft.Form
	for i, text := range form.References {
		p.reference(f, fmt.Sprintf("references[%d]", i), text)
	}
	p.reference(f, "reply_to", form.ReplyTo)
	p.reference(f, "follows", form.Follows)
	if form.Corrects != nil {
		p.reference(f, "corrects.message", form.Corrects.Message)
	}
}

func (p *preview) reference(f *finishing, field, text string) {
	if text = OneLine(text); text == "" {
		return
	}
	out := ResolvedReference{Field: field, ReferenceView: ReferenceView{Text: text}}
	if reference, level, ok := f.resolve(text); ok {
		id := reference.Message
		out.Text, out.ID, out.Level, out.Banners = reference.Text, &id, &level, p.desk.banners(id)
		if h, known := f.headline(id); known {
			at := timeOf(h.at)
			out.Subject, out.ReleasedAt = h.subject, &at
		}
	}
	p.view.References = append(p.view.References, out)
}
