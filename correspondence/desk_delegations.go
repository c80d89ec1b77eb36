package correspondence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"chancery/habilitation"
)

// Delegate lends duties that the agent holds in a group to another agent for a time. It needs the password shown lately, as signing does:
// whoever finds a desk open must not lend its signature to themselves.
func (d *Desk) Delegate(ctx context.Context, form DelegationForm) (DelegationView, error) {
	wish, err := d.delegation(form)
	if err != nil {
		return DelegationView{}, err
	}
	if err := d.proved(); err != nil {
		return DelegationView{}, err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.Delegate(by, wish, d.house.Clock())
	})
	if err != nil {
		return DelegationView{}, err
	}
	given, _ := d.house.Folds.Register.Delegation(wish.Delegation)
	return d.delegationView(given), nil
}

// delegation reads the form; every fault is told at once.
func (d *Desk) delegation(form DelegationForm) (habilitation.DelegationGiven, error) {
	var faults faultList
	wish := habilitation.DelegationGiven{From: d.badge.Agent(), To: d.receiver(&faults, form.To)}
	wish.Audience, wish.Duties = d.lent(&faults, form)
	d.period(&faults, &wish, form)
	wish.Reason = OneLine(form.Reason)
	switch {
	case wish.Reason == "":
		faults.add("reason", "missing")
	case len(wish.Reason) > maxReason:
		faults.add("reason", "too-long", "max", fmt.Sprint(maxReason))
	}
	wish.Delegation = d.house.NewID(fmt.Appendf(nil, "delegation %d %d %d", wish.From, wish.To, wish.Audience))
	return wish, faults.refusal()
}

func (d *Desk) receiver(faults *faultList, login string) habilitation.AgentID {
	agent, known := d.house.Folds.Register.AgentByLogin(login)
	switch {
	case login == "":
		faults.add("to", "missing")
	case !known || agent.Disabled || agent.Guest:
		faults.add("to", "agent-unknown", "value", login)
	case agent.ID == d.badge.Agent():
		faults.add("to", "to-oneself")
	}
	return agent.ID
}

// lent reads whose duties are lent, and which: each must be the agent's own there.
func (d *Desk) lent(faults *faultList, form DelegationForm) (habilitation.AudienceID, habilitation.Duty) {
	group, known := d.house.Folds.Register.AudienceByKey(form.Group)
	switch {
	case form.Group == "":
		faults.add("group", "missing")
	case !known:
		faults.add("group", "group-unknown", "value", form.Group)
	}
	duties, wrong := dutiesOf(form.Duties)
	*faults = append(*faults, wrong...)
	if len(form.Duties) == 0 {
		faults.add("duties", "missing")
	}
	held, _ := d.house.Folds.Register.Duties(d.badge.Agent(), group.ID)
	for _, name := range namesOfDuties(duties &^ (held & habilitation.Delegable)) {
		if known {
			faults.add("duties", "not-yours-to-lend", "value", name)
		}
	}
	return group.ID, duties
}

func (d *Desk) period(faults *faultList, wish *habilitation.DelegationGiven, form DelegationForm) {
	now := d.house.Clock()
	wish.Begins = now
	if form.Begins != "" {
		wish.Begins = faults.instant("begins", form.Begins)
	}
	wish.Ends = faults.instant("ends", form.Ends)
	begins := wish.Begins
	if begins.Before(now) {
		begins = now // what has passed of it is not lent
	}
	switch {
	case wish.Ends.IsZero():
	case !wish.Ends.After(now):
		faults.add("ends", "past")
	case wish.Begins.IsZero():
	case !wish.Ends.After(begins):
		faults.add("ends", "before-beginning")
	case wish.Ends.Sub(begins) > habilitation.DelegationLongest:
		faults.add("ends", "too-far", "days", fmt.Sprint(int(habilitation.DelegationLongest/(24*time.Hour))))
	}
}

// EndDelegation ends a delegation before its time: its giver takes it back, its receiver gives it up, or whoever directs the group ends it.
// To anybody else it is unknown.
func (d *Desk) EndDelegation(ctx context.Context, id habilitation.ID, reason string) error {
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return act(d.house.Folds.Register.EndDelegation(by, id, reason, d.house.Clock()))
	})
}

// Delegations lists what the agent has given and received, whatever became of it, what others of the agent's groups lend each other now or
// soon, and what the agent may lend.
func (d *Desk) Delegations(ctx context.Context) (DelegationsPage, error) {
	page := DelegationsPage{Given: []DelegationView{}, Received: []DelegationView{}, Groups: []DelegationView{}, Lendable: []LendableView{}}
	register, me := d.house.Folds.Register, d.badge.Agent()
	seen, err := d.delegationsSeen(ctx)
	if err != nil {
		return page, err
	}
	for _, one := range register.DelegationsOf(me) {
		view := d.delegationView(one)
		if what, at := d.delegationNews(one); at.After(seen) {
			view.News, view.NewsAt = what, &at
		}
		if one.From == me {
			page.Given = append(page.Given, view)
		} else {
			page.Received = append(page.Received, view)
		}
	}
	for _, m := range register.Memberships(me) {
		for _, one := range register.DelegationsIn(m.Audience) {
			if one.From != me && one.To != me && !one.Over(d.house.Clock()) {
				page.Groups = append(page.Groups, d.delegationView(one))
			}
		}
		if lendable := m.Duties & habilitation.Delegable; lendable != 0 {
			page.Lendable = append(page.Lendable, LendableView{Group: d.house.Folds.audience(m.Audience), Duties: namesOfDuties(lendable)})
		}
	}
	return page, nil
}

// delegationNews is the last that giver or receiver is told of a delegation, with its moment: to the receiver that it was given, to both that it
// ended, but for what they did themselves.
func (d *Desk) delegationNews(one habilitation.Delegation) (what string, at time.Time) {
	me := d.badge.Agent()
	switch {
	case !one.Ended.IsZero() && one.EndedBy != me:
		return "ended", one.Ended
	case one.Ended.IsZero() && one.Over(d.house.Clock()):
		return "ended", one.Ends
	case one.Ended.IsZero() && one.To == me:
		return "given", one.Given
	}
	return "", time.Time{}
}

// delegationsCount is of how many delegations there is something new: what the menu says.
func (d *Desk) delegationsCount(ctx context.Context) (count int, err error) {
	all := d.house.Folds.Register.DelegationsOf(d.badge.Agent())
	if len(all) == 0 {
		return 0, nil
	}
	seen, err := d.delegationsSeen(ctx)
	for _, one := range all {
		if _, at := d.delegationNews(one); at.After(seen) {
			count++
		}
	}
	return count, err
}

// keyDelegations is where the shelf of news holds until when the agent has looked at delegations.
const keyDelegations = "delegations"

func (d *Desk) delegationsSeen(ctx context.Context) (time.Time, error) {
	item, err := d.house.Store.Get(ctx, OwnerAgent(d.badge.Agent()), shelfNews, keyDelegations)
	if errors.Is(err, ErrNotThere) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read until when delegations were seen: %w", err)
	}
	micros, _ := binary.Varint(item.Value)
	return time.UnixMicro(micros).UTC(), nil
}

// SeeDelegations notes that the agent has seen what became of delegations up to a moment.
func (d *Desk) SeeDelegations(ctx context.Context, through time.Time) error {
	if now := d.house.Clock(); through.After(now) {
		through = now
	}
	seen, err := d.delegationsSeen(ctx)
	if err != nil || !through.After(seen) {
		return err
	}
	value := binary.AppendVarint(nil, through.UnixMicro())
	if _, err := d.house.Store.Put(ctx, OwnerAgent(d.badge.Agent()), shelfNews, keyDelegations, AnyVersion, value); err != nil {
		return fmt.Errorf("note until when delegations were seen: %w", err)
	}
	return nil
}

func (d *Desk) delegationView(one habilitation.Delegation) DelegationView {
	register, now := d.house.Folds.Register, d.house.Clock()
	v := DelegationView{ID: one.ID, From: d.house.Folds.agent(one.From), To: d.house.Folds.agent(one.To), Group: d.house.Folds.audience(one.Audience),
		Duties: namesOfDuties(one.Duties), Begins: one.Begins, Ends: one.Ends, Reason: one.Reason, State: d.stateOf(one, now)}
	if !one.Ended.IsZero() {
		by := d.house.Folds.agent(one.EndedBy)
		v.EndedAt, v.EndedBy = &one.Ended, &by
	}
	me := d.badge.Agent()
	v.MayEnd = !one.Over(now) && (me == one.From || me == one.To || register.Directs(me, one.Audience))
	return v
}

func (d *Desk) stateOf(one habilitation.Delegation, now time.Time) string {
	giver, _ := d.house.Folds.Register.Agent(one.From)
	held, _ := d.house.Folds.Register.Duties(one.From, one.Audience)
	switch {
	case one.Over(now):
		return "over"
	case now.Before(one.Begins):
		return "coming"
	case giver.Disabled || !held.Has(one.Duties):
		return "asleep"
	}
	return "in-force"
}
