package correspondence

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chancery/habilitation"
)

// Roster is the duty roster of a group, for its members and for administrators.
func (d *Desk) Roster(_ context.Context, group string) (RosterView, error) {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return RosterView{}, errUnknown
	}
	if _, member := d.house.Folds.Register.Duties(d.badge.Agent(), audience.ID); !member && !d.administers() {
		return RosterView{}, refuse(NotMandated, "")
	}
	return d.rosterView(audience), nil
}

func (d *Desk) rosterView(audience habilitation.Audience) RosterView {
	register := d.house.Folds.Register
	view := RosterView{Group: audienceRef(audience), Watches: []WatchView{}, OnDuty: []AgentRef{}, MaySet: register.Directs(d.badge.Agent(), audience.ID)}
	roster, set := register.Roster(audience.ID)
	if !set {
		return view
	}
	view.AcknowledgeMinutes = int(roster.Acknowledge.Minutes())
	for _, w := range roster.Watches {
		view.Watches = append(view.Watches, WatchView{Agent: d.house.Folds.agent(w.Agent), From: w.From, Until: w.Until})
	}
	for _, agent := range register.OnDuty(audience.ID, d.house.Clock()) {
		view.OnDuty = append(view.OnDuty, d.house.Folds.agent(agent))
	}
	return view
}

// SetRoster replaces the duty roster of a group; its number two, or a community's manager, does.
func (d *Desk) SetRoster(ctx context.Context, group string, form RosterForm) (RosterView, error) {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return RosterView{}, errUnknown
	}
	if !d.house.Folds.Register.Directs(d.badge.Agent(), audience.ID) {
		return RosterView{}, refuse(NotMandated, "")
	}
	wish, err := d.roster(audience, form)
	if err != nil {
		return RosterView{}, err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.SetRoster(by, wish)
	})
	return d.rosterView(audience), err
}

// roster reads the form; every fault is told at once.
func (d *Desk) roster(audience habilitation.Audience, form RosterForm) (habilitation.RosterSet, error) {
	var faults faultList
	wish := habilitation.RosterSet{Audience: audience.ID, AcknowledgeMinutes: form.AcknowledgeMinutes}
	if len(form.Watches) > habilitation.WatchesMost {
		faults.add("watches", "too-long", "max", fmt.Sprint(habilitation.WatchesMost))
		return wish, faults.refusal()
	}
	if len(form.Watches) == 0 {
		wish.AcknowledgeMinutes = 0
	} else if form.AcknowledgeMinutes < 1 || form.AcknowledgeMinutes > habilitation.AcknowledgeMost {
		faults.add("acknowledge_minutes", "out-of-range", "min", "1", "max", fmt.Sprint(habilitation.AcknowledgeMost))
	}
	for i, w := range form.Watches {
		wish.Watches = append(wish.Watches, d.watch(&faults, fmt.Sprintf("watches[%d]", i), audience.ID, w))
	}
	return wish, faults.refusal()
}

func (d *Desk) watch(faults *faultList, field string, audience habilitation.AudienceID, form WatchForm) habilitation.Watch {
	agent, known := d.house.Folds.Register.AgentByLogin(form.Agent)
	_, member := d.house.Folds.Register.Duties(agent.ID, audience)
	switch {
	case form.Agent == "":
		faults.add(field+".agent", "missing")
	case !known || !member || agent.Guest || agent.Disabled:
		faults.add(field+".agent", "not-a-member", "value", form.Agent)
	}
	w := habilitation.Watch{Agent: agent.ID, From: faults.instant(field+".from", form.From), Until: faults.instant(field+".until", form.Until)}
	if !w.From.IsZero() && !w.Until.IsZero() && !w.From.Before(w.Until) {
		faults.add(field+".until", "before-beginning")
	}
	return w
}

// Collectives lists the words that stand for many groups.
func (d *Desk) Collectives(context.Context) ([]DefinedCollective, error) {
	out := []DefinedCollective{}
	for _, one := range d.house.Folds.Register.Collectives() {
		out = append(out, d.collectiveView(one))
	}
	return out, nil
}

// Collective opens one collective by its key.
func (d *Desk) Collective(_ context.Context, key string) (DefinedCollective, error) {
	one, known := d.house.Folds.Register.Collective(key)
	if !known {
		return DefinedCollective{}, errUnknown
	}
	return d.collectiveView(one), nil
}

func (d *Desk) collectiveView(one habilitation.DefinedCollective) DefinedCollective {
	v := DefinedCollective{Key: one.Key, Name: one.Name, Groups: []AudienceRef{}, Listed: []string{}, Sorts: append([]string{}, one.Sorts...)}
	for _, id := range one.Audiences {
		v.Groups = append(v.Groups, d.house.Folds.audience(id))
	}
	for _, id := range one.Listed {
		v.Listed = append(v.Listed, d.house.Folds.audience(id).Key)
	}
	if one.Parent != 0 {
		parent := d.house.Folds.audience(one.Parent)
		v.Parent = &parent
	}
	return v
}

// DefineCollective says which groups a word stands for, or says it anew. Administrators do.
func (d *Desk) DefineCollective(ctx context.Context, key string, form CollectiveForm) (DefinedCollective, error) {
	if !d.administers() {
		return DefinedCollective{}, refuse(NotMandated, "")
	}
	wish, err := d.collective(key, form)
	if err != nil {
		return DefinedCollective{}, err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.DefineCollective(by, wish)
	})
	if err != nil {
		return DefinedCollective{}, err
	}
	return d.Collective(ctx, key)
}

// collective reads the form; every fault is told at once.
func (d *Desk) collective(key string, form CollectiveForm) (habilitation.CollectiveDefined, error) {
	var faults faultList
	wish := habilitation.CollectiveDefined{Collective: key, Name: habilitation.Label{FR: OneLine(form.Name.FR), EN: OneLine(form.Name.EN)}}
	if !habilitation.ValidKey(key) {
		faults.add("key", "bad-key", "value", key)
	}
	if wish.Name.IsZero() {
		faults.add("name", "missing")
	} else if len(wish.Name.FR)+len(wish.Name.EN) > maxReason {
		faults.add("name", "too-long", "max", fmt.Sprint(maxReason))
	}
	if len(form.Groups)+len(form.Sorts) == 0 {
		faults.add("groups", "missing")
	}
	for i, group := range form.Groups {
		if a := d.groupIn(&faults, fmt.Sprintf("groups[%d]", i), group); slices.Contains(wish.Audiences, a) {
			faults.add(fmt.Sprintf("groups[%d]", i), "twice", "value", group)
		} else if a != 0 {
			wish.Audiences = append(wish.Audiences, a)
		}
	}
	wish.Sorts = d.sorts(&faults, form.Sorts)
	if form.Parent != "" {
		wish.Parent = d.groupIn(&faults, "parent", form.Parent)
		if len(form.Sorts) == 0 {
			faults.add("sorts", "missing")
		}
	}
	return wish, faults.refusal()
}

// groupIn finds a group or community by its key; zero with a fault for one that is not there.
func (d *Desk) groupIn(faults *faultList, field, key string) habilitation.AudienceID {
	audience, known := d.house.Folds.Register.AudienceByKey(key)
	if !known {
		faults.add(field, "group-unknown", "value", key)
	}
	return audience.ID
}

// sorts reads sorts of groups: a sort that no group has is a mistake.
func (d *Desk) sorts(faults *faultList, names []string) (sorts []string) {
	there := map[string]bool{}
	for a := range d.house.Folds.Register.Audiences() {
		there[a.Sort] = true
	}
	for i, name := range names {
		field := fmt.Sprintf("sorts[%d]", i)
		switch {
		case !there[name]:
			*faults = append(*faults, noChoice(field, name, slices.Sorted(maps.Keys(there))...))
		case slices.Contains(sorts, name):
			faults.add(field, "twice", "value", name)
		default:
			sorts = append(sorts, name)
		}
	}
	return sorts
}

// WithdrawCollective ends a collective, with its reason. Administrators do.
func (d *Desk) WithdrawCollective(ctx context.Context, key, reason string) error {
	if !d.administers() {
		return refuse(NotMandated, "")
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return refusalOf(habilitation.ErrReasonMissing)
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.WithdrawCollective(by, key, reason)
	})
}

// OperatorDesk is the group that receives what no addressee and no declaration catches.
func (d *Desk) OperatorDesk(context.Context) (OperatorView, error) {
	named := d.house.Folds.Register.OperatorDesk()
	if named == 0 {
		return OperatorView{}, nil
	}
	group := d.house.Folds.audience(named)
	return OperatorView{Group: &group}, nil
}

// NameOperatorDesk says which functional group that is. Administrators do.
func (d *Desk) NameOperatorDesk(ctx context.Context, group string) (OperatorView, error) {
	if !d.administers() {
		return OperatorView{}, refuse(NotMandated, "")
	}
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known || audience.Community {
		return OperatorView{}, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "group", Key: "group-unknown", Args: map[string]string{"value": group}}}}
	}
	err := d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.NameOperatorDesk(by, audience.ID)
	})
	if err != nil {
		return OperatorView{}, err
	}
	return d.OperatorDesk(ctx)
}

// administers reports whether the agent holds the administrator's function.
func (d *Desk) administers() bool {
	agent, known := d.house.Folds.Register.Agent(d.badge.Agent())
	return known && agent.Is(habilitation.Administrator)
}
