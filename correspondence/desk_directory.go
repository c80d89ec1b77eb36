package correspondence

import (
	"context"
	"slices"
	"strings"
	"time"

	"chancery/habilitation"
	"chancery/search"
	"chancery/tagging"
)

// decidedShown is how long agents are shown what became of their own requests to join.
const decidedShown = 92 * 24 * time.Hour

// Me is who reads at this desk, and how far.
func (d *Desk) Me(ctx context.Context) (Me, error) {
	agent, ok := d.house.Folds.Register.Agent(d.badge.Agent())
	if !ok {
		return Me{}, refuse(NotAdmitted, "")
	}
	me := Me{AgentRef: AgentRef{Login: agent.Login, Name: agent.Name}, Title: agent.Title, Level: d.badge.Level(), AgentLevel: agent.Level,
		Functions: []string{}, Memberships: []MembershipView{}, Pending: []SignupView{}, Decided: []SignupView{}}
	for _, f := range agent.Functions {
		me.Functions = append(me.Functions, string(f))
	}
	for _, m := range d.house.Folds.Register.Memberships(agent.ID) {
		me.Memberships = append(me.Memberships, MembershipView{AudienceRef: d.house.Folds.audience(m.Audience), Duties: namesOfDuties(m.Duties), Since: m.Since})
	}
	for _, s := range d.house.Folds.Register.PendingOf(agent.ID) {
		me.Pending = append(me.Pending, d.signupView(s))
	}
	for _, s := range d.house.Folds.Register.DecidedOf(agent.ID, d.house.Clock().Add(-decidedShown)) {
		me.Decided = append(me.Decided, d.signupView(s))
	}
	me.ToDo, me.Operator = d.toDoCount(), d.operates()
	requests, err := d.Requests(ctx)
	if err != nil {
		return Me{}, err
	}
	me.ToDecide, me.ToReview = len(requests), d.countToReview()
	if me.News, err = d.newsCount(ctx); err != nil {
		return Me{}, err
	}
	me.Delegations, err = d.delegationsCount(ctx)
	return me, err
}

// Origins lists the groups in whose name the agent writes or signs, in their own right or on behalf of whoever lent them the duty.
func (d *Desk) Origins(context.Context) ([]AudienceRef, error) {
	out := []AudienceRef{}
	for _, group := range d.writingGroups() {
		a, ok := d.house.Folds.Register.Audience(group)
		if ok && !a.Community {
			out = append(out, audienceRef(a))
		}
	}
	return out, nil
}

// Groups lists the functional groups.
func (d *Desk) Groups(context.Context) ([]GroupView, error) { return d.audiences(false), nil }

// Communities lists the interest communities.
func (d *Desk) Communities(context.Context) ([]GroupView, error) { return d.audiences(true), nil }

func (d *Desk) audiences(communities bool) []GroupView {
	out := []GroupView{}
	for a := range d.house.Folds.Register.Audiences() {
		if a.Community == communities {
			out = append(out, d.groupView(a))
		}
	}
	return out
}

func (d *Desk) groupView(a habilitation.Audience) GroupView {
	register, me := d.house.Folds.Register, d.badge.Agent()
	duties, member := register.Duties(me, a.ID)
	directs := register.Directs(me, a.ID)
	v := GroupView{AudienceRef: audienceRef(a), Sort: a.Sort, Level: a.Level, Members: len(register.Members(a.ID)), Member: member,
		Duties: namesOfDuties(duties), MayDecide: directs, MayDeclare: directs}
	if a.Parent != 0 {
		parent := d.house.Folds.audience(a.Parent)
		v.Parent = &parent
	}
	v.Asked = slices.ContainsFunc(register.PendingOf(me), func(s habilitation.Signup) bool { return s.Audience == a.ID })
	return v
}

// Group opens a group or community by its key.
func (d *Desk) Group(_ context.Context, key string) (GroupPage, error) {
	a, ok := d.house.Folds.Register.AudienceByKey(key)
	if !ok {
		return GroupPage{}, errUnknown
	}
	page := GroupPage{GroupView: d.groupView(a), People: []MemberView{}, Declarations: []DeclarationView{}, Requests: []SignupView{}}
	for _, m := range d.house.Folds.Register.Members(a.ID) {
		page.People = append(page.People, MemberView{AgentRef: d.house.Folds.agent(m.Agent), Duties: namesOfDuties(m.Duties), Since: m.Since})
	}
	slices.SortStableFunc(page.People, func(a, b MemberView) int { return strings.Compare(search.Fold(a.Name), search.Fold(b.Name)) })
	for _, one := range d.house.Folds.Declarations.Of(a.ID) {
		page.Declarations = append(page.Declarations, d.declarationView(one))
	}
	if page.MayDecide {
		for _, s := range d.house.Folds.Register.PendingSignups(a.ID) {
			page.Requests = append(page.Requests, d.signupView(s))
		}
		page.Emphasis = d.emphasis(a.ID)
	}
	return page, nil
}

// Agents completes a name or login.
func (d *Desk) Agents(_ context.Context, prefix string, limit int) ([]AgentRef, error) {
	wanted := search.Fold(prefix)
	out := []AgentRef{}
	for a := range d.house.Folds.Register.Agents() {
		if len(out) >= clampLimit(limit) {
			break
		}
		if !a.Disabled && (strings.HasPrefix(a.Login, strings.ToLower(prefix)) || startsWord(search.Fold(a.Name), wanted)) {
			out = append(out, AgentRef{Login: a.Login, Name: a.Name})
		}
	}
	return out, nil
}

// AgentCalled is the agent of a login; false when nobody bears it.
func (d *Desk) AgentCalled(login string) (AgentRef, bool) {
	a, ok := d.house.Folds.Register.AgentByLogin(login)
	return AgentRef{Login: a.Login, Name: a.Name}, ok
}

// startsWord reports whether some word of the text begins so.
func startsWord(text, prefix string) bool {
	return strings.HasPrefix(text, prefix) || strings.Contains(text, " "+prefix)
}

// clampLimit bounds a list that completes what is typed.
func clampLimit(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 1000)
}

// Tags lists tags whose label, synonym or key begins so; an empty prefix lists them all, as far as the limit.
func (d *Desk) Tags(_ context.Context, prefix string, limit int) ([]TagView, error) {
	out := []TagView{}
	if prefix == "" {
		for t := range d.house.Folds.Thesaurus.All() {
			if len(out) == clampLimit(limit) {
				break
			}
			out = append(out, d.tagView(t))
		}
		return out, nil
	}
	for _, t := range d.house.Folds.Thesaurus.Complete(prefix, clampLimit(limit)) {
		out = append(out, d.tagView(t))
	}
	return out, nil
}

// Tag opens one tag by its key, with who declared it.
func (d *Desk) Tag(_ context.Context, key string) (TagView, error) {
	t, ok := d.house.Folds.Thesaurus.ByKey(key)
	if !ok {
		return TagView{}, errUnknown
	}
	return d.tagView(t), nil
}

func (d *Desk) tagView(t tagging.Tag) TagView {
	v := TagView{TagRef: tagRef(t), Synonyms: append([]string{}, t.Synonyms...), Steward: d.house.Folds.audience(t.Steward), State: string(t.State), Declarations: []DeclarationView{}}
	for _, one := range d.house.Folds.Declarations.OfTag(t.ID) {
		v.Declarations = append(v.Declarations, d.declarationView(one))
	}
	return v
}
