package correspondence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// A draft is personal until it is shared: then it lies on the drafts shelf of its origin's desk, where whoever drafts or signs for the group
// opens it. A reviewer opens the text that the round froze, and nothing else of it.
const shelfPresence = "presence "

// presenceLasts is how long somebody who has opened a shared draft counts as being at it; the page asks anew well before.
const presenceLasts, presenceRefreshed = 60 * time.Second, 15 * time.Second

// foundDraft is a draft as this desk may have it.
type foundDraft struct {
	savedDraft
	id      habilitation.ID
	version uint64
	owner   Owner
	group   habilitation.AudienceID // of a shared draft; zero for a personal one
	state   *circuit.Draft          // its way, if it is on one
	review  bool                    // only to be reviewed: the text is the one that the round froze
	awaited []string                // names of the files that are on their way into it
}

// mayWrite reports whether the agent drafts or signs for a group now, in their own right or in somebody's stead.
func (d *Desk) mayWrite(group habilitation.AudienceID) bool {
	now, me, register := d.house.Clock(), d.badge.Agent(), d.house.Folds.Register
	if duties, _ := register.Duties(me, group); duties&(habilitation.Drafter|habilitation.Signatory) != 0 {
		return true
	}
	for _, duty := range []habilitation.Duty{habilitation.Drafter, habilitation.Signatory} {
		if _, ok := register.MayAct(me, group, duty, now); ok {
			return true
		}
	}
	return false
}

// maySign reports whether the agent signs for a group something of the level now.
func (d *Desk) maySign(group habilitation.AudienceID, level habilitation.Level) bool {
	register := d.house.Folds.Register
	if duties, _ := register.Duties(d.badge.Agent(), group); duties.Has(habilitation.Signatory) {
		return level <= d.badge.Level()
	}
	_, ok := register.MayActOn(d.badge.Agent(), group, habilitation.Signatory, level, d.house.Clock())
	return ok && level <= d.badge.Level()
}

// signs reports whether the agent may sign a draft, as far as it depends on the group that it speaks for: one that they write for and do not
// sign for needs another's hand.
func (d *Desk) signs(found foundDraft) bool {
	group := found.group
	if group == 0 {
		origin, known := d.house.Folds.Register.AudienceByKey(found.Form.Origin)
		if !known || !d.mayWrite(origin.ID) {
			return true // what is wrong with the origin is told as a fault
		}
		group = origin.ID
	}
	return d.maySign(group, habilitation.Unprotected)
}

// writingGroups are the groups whose shared drafts the agent opens, by what they hold or what was lent to them.
func (d *Desk) writingGroups() (groups []habilitation.AudienceID) {
	add := func(group habilitation.AudienceID) {
		if !slices.Contains(groups, group) && d.mayWrite(group) {
			groups = append(groups, group)
		}
	}
	for _, m := range d.house.Folds.Register.Memberships(d.badge.Agent()) {
		add(m.Audience)
	}
	for _, lent := range d.house.Folds.Register.DelegationsOf(d.badge.Agent()) {
		add(lent.Audience)
	}
	return groups
}

// actsAs tells whether the agent may speak as a reviewer of something of the level: as themselves, or for a group they sign for.
func (d *Desk) actsAs(level habilitation.Level) circuit.ActsAs {
	now := d.house.Clock()
	return func(r circuit.Reviewer) (habilitation.AgentID, bool) {
		if r.Agent != 0 {
			return 0, r.Agent == d.badge.Agent()
		}
		for _, duty := range []habilitation.Duty{habilitation.Signatory, habilitation.NumberTwo} {
			if stead, ok := d.house.Folds.Register.MayActOn(d.badge.Agent(), r.Audience, duty, level, now); ok {
				return stead, true
			}
		}
		return 0, false
	}
}

// find is the one way to a draft: on the shared desks that the agent writes at, on their own, or as the text that a round asks their visa
// on. What this session may not show, and what was released, is unknown.
func (d *Desk) find(ctx context.Context, id habilitation.ID) (foundDraft, error) {
	state, onWay := d.house.Folds.Circuits.Draft(id)
	var groups []habilitation.AudienceID
	if !onWay {
		groups = d.writingGroups()
	} else if d.mayWrite(state.Origin) {
		groups = append(groups, state.Origin)
	}
	for _, group := range groups {
		found, err := d.onShelf(ctx, OwnerAudience(group), id)
		if err == nil {
			found.group = group
			return found.on(state, onWay), nil
		}
		if !errors.Is(err, ErrNotThere) {
			return foundDraft{}, err
		}
	}
	found, err := d.onShelf(ctx, OwnerAgent(d.badge.Agent()), id)
	if errors.Is(err, ErrNotThere) {
		return d.toReview(ctx, state, onWay)
	}
	return found.on(state, onWay), err
}

func (f foundDraft) on(state circuit.Draft, onWay bool) foundDraft {
	if onWay {
		f.state = &state
	}
	return f
}

// onShelf reads a draft that may be shown on this session.
func (d *Desk) onShelf(ctx context.Context, owner Owner, id habilitation.ID) (foundDraft, error) {
	item, err := d.house.Store.Get(ctx, owner, shelfDrafts, id.String())
	if errors.Is(err, ErrNotThere) {
		return foundDraft{}, ErrNotThere
	}
	if err != nil {
		return foundDraft{}, fmt.Errorf("read draft %s: %w", id, err)
	}
	saved, err := readDraft(item)
	if err != nil {
		return foundDraft{}, err
	}
	if !d.mayOpen(saved) {
		return foundDraft{}, errUnknown
	}
	awaited, err := d.house.joined(ctx, id, &saved.Form)
	if err != nil {
		return foundDraft{}, err
	}
	return foundDraft{savedDraft: saved, id: id, version: item.Version, owner: owner, awaited: awaited}, nil
}

// toReview is the text that the open round froze, for one of its reviewers.
func (d *Desk) toReview(ctx context.Context, state circuit.Draft, onWay bool) (foundDraft, error) {
	if !onWay || state.State != circuit.InVisa || state.Level > d.badge.Level() || !state.Reviews(d.actsAs(state.Level)) {
		return foundDraft{}, errUnknown
	}
	frozen, err := d.house.frozen(ctx, state.Origin, state.ID, state.Digest)
	if err != nil {
		return foundDraft{}, err
	}
	return foundDraft{savedDraft: frozen, id: state.ID, owner: OwnerAudience(state.Origin), group: state.Origin, state: &state, review: true}, nil
}

// ShareDraft moves a draft of the agent's own to the desk of its origin, where whoever drafts or signs there goes on with it. Who wrote it
// stays its drafter, whoever signs.
func (d *Desk) ShareDraft(ctx context.Context, id habilitation.ID) (DraftView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return DraftView{}, err
	}
	if found, err = d.share(ctx, found); err != nil {
		return DraftView{}, err
	}
	return d.foundView(ctx, found)
}

func (d *Desk) share(ctx context.Context, found foundDraft) (foundDraft, error) {
	shared, err := d.toShare(ctx, found)
	if err != nil {
		return found, err
	}
	return shared, d.move(ctx, found, &shared)
}

// toShare is a draft as it is to lie on the desk of its origin, one that is shared as it is; nothing is moved yet.
func (d *Desk) toShare(ctx context.Context, found foundDraft) (foundDraft, error) {
	if found.group != 0 {
		return found, nil
	}
	if found.state != nil && found.state.State == circuit.Held {
		return found, refuse(Conflict, "draft-held")
	}
	origin, known := d.house.Folds.Register.AudienceByKey(found.Form.Origin)
	switch {
	case found.Form.Origin == "":
		return found, invalid("origin", "missing")
	case !known || origin.Community:
		return found, invalid("origin", "group-unknown", "value", found.Form.Origin)
	case !d.mayWrite(origin.ID):
		return found, invalid("origin", "no-right-to-share", "group", origin.Name.In(found.Form.Language))
	}
	if found.Form.Drafter == "" {
		if duties, _ := d.house.Folds.Register.Duties(d.badge.Agent(), origin.ID); duties&(habilitation.Drafter|habilitation.Signatory) != 0 {
			found.Form.Drafter = d.house.Folds.agent(d.badge.Agent()).Login
		}
	}
	found.owner, found.group = OwnerAudience(origin.ID), origin.ID
	value, err := json.Marshal(found.savedDraft)
	if err != nil {
		return found, fmt.Errorf("share draft %s: %w", found.id, err)
	}
	return found, d.hasRoom(ctx, found.owner, found.id, len(value))
}

// move puts a draft that is to be shared on the desk of its origin, and takes it off the agent's own.
func (d *Desk) move(ctx context.Context, from foundDraft, shared *foundDraft) error {
	if from.group != 0 {
		return nil
	}
	value, err := json.Marshal(shared.savedDraft)
	if err != nil {
		return fmt.Errorf("share draft %s: %w", shared.id, err)
	}
	if shared.version, err = d.house.Store.Put(ctx, shared.owner, shelfDrafts, shared.id.String(), AnyVersion, value); err != nil {
		return fmt.Errorf("share draft %s: %w", shared.id, err)
	}
	if err := d.house.Store.Remove(context.WithoutCancel(ctx), from.owner, shelfDrafts, from.id.String()); err != nil {
		return fmt.Errorf("take shared draft %s off the agent's desk: %w", from.id, err)
	}
	return nil
}

// invalid is a refusal of one field.
func invalid(field, key string, args ...string) *Refusal {
	fault := Fault{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if fault.Args == nil {
			fault.Args = map[string]string{}
		}
		fault.Args[args[i]] = args[i+1]
	}
	return &Refusal{Cause: Invalid, Faults: []Fault{fault}}
}

// arrive notes that the agent is at a shared draft; it writes seldom.
func (d *Desk) arrive(ctx context.Context, found foundDraft) error {
	if found.group == 0 || found.review {
		return nil
	}
	shelf, key, now := Shelf(shelfPresence+found.id.String()), fmt.Sprint(d.badge.Agent()), d.house.Clock().UTC()
	if item, err := d.house.Store.Get(ctx, found.owner, shelf, key); err == nil && now.Sub(presentAt(item)).Abs() < presenceRefreshed {
		return nil
	}
	if _, err := d.house.Store.Put(ctx, found.owner, shelf, key, AnyVersion, []byte(now.Format(time.RFC3339))); err != nil {
		return fmt.Errorf("note presence at draft %s: %w", found.id, err)
	}
	return nil
}

func presentAt(item Item) time.Time {
	at, err := time.Parse(time.RFC3339, string(item.Value))
	if err != nil {
		return time.Time{}
	}
	return at
}

// others are the other agents who are at a shared draft now.
func (d *Desk) others(ctx context.Context, found foundDraft) ([]AgentRef, error) {
	present := []AgentRef{}
	if found.group == 0 || found.review {
		return present, nil
	}
	items, err := d.house.Store.List(ctx, found.owner, Shelf(shelfPresence+found.id.String()))
	if err != nil {
		return nil, fmt.Errorf("list who is at draft %s: %w", found.id, err)
	}
	for _, item := range items {
		var agent habilitation.AgentID
		if _, err := fmt.Sscan(item.Key, &agent); err != nil || agent == d.badge.Agent() || d.house.Clock().Sub(presentAt(item)) > presenceLasts {
			continue
		}
		present = append(present, d.house.Folds.agent(agent))
	}
	return present, nil
}
