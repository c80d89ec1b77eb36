package fiction

import (
	"context"
	"fmt"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// mandates names the operator desk, defines the collectives, sets the rosters and has the delegations given, all from today on.
func (d *Demo) mandates(ctx context.Context, today time.Time) error {
	var acts []habilitation.Act
	if d.story.Operator != "" {
		operator, err := d.audience(d.story.Operator)
		if err != nil {
			return err
		}
		acts = append(acts, habilitation.OperatorDeskNamed{Audience: operator})
	}
	for _, c := range d.story.Collectives {
		act := habilitation.CollectiveDefined{Collective: c.Key, Name: c.Name, Sorts: c.Sorts}
		for _, key := range c.Groups {
			group, err := d.audience(key)
			if err != nil {
				return err
			}
			act.Audiences = append(act.Audiences, group)
		}
		if c.Parent != "" {
			parent, err := d.audience(c.Parent)
			if err != nil {
				return err
			}
			act.Parent = parent
		}
		acts = append(acts, act)
	}
	for _, r := range d.story.Rosters {
		act, err := d.roster(r, today)
		if err != nil {
			return err
		}
		acts = append(acts, act)
	}
	if err := d.Chancery.Enact(ctx, 0, acts...); err != nil {
		return fmt.Errorf("give the mandates: %w", err)
	}
	return d.delegate(ctx, today)
}

func (d *Demo) audience(key string) (habilitation.AudienceID, error) {
	audience, known := d.Chancery.Folds.Register.AudienceByKey(key)
	if !known {
		return 0, fmt.Errorf("no group has the key %q", key)
	}
	return audience.ID, nil
}

// roster has the turns follow each other from the beginning of today.
func (d *Demo) roster(r storyRoster, today time.Time) (habilitation.RosterSet, error) {
	group, err := d.audience(r.Group)
	if err != nil {
		return habilitation.RosterSet{}, err
	}
	act := habilitation.RosterSet{Audience: group, AcknowledgeMinutes: r.AcknowledgeMinutes}
	begins := today.UTC().Truncate(24 * time.Hour)
	watch := func(login string, from, until time.Time) {
		agent, _ := d.Chancery.Folds.Register.AgentByLogin(login) // nobody is no member, which the register refuses
		act.Watches = append(act.Watches, habilitation.Watch{Agent: agent.ID, From: from, Until: until})
	}
	for day := range r.Days {
		watch(r.Turns[day%len(r.Turns)], begins.AddDate(0, 0, day), begins.AddDate(0, 0, day+1))
	}
	for _, login := range r.Then {
		watch(login, begins, begins.AddDate(0, 0, r.Days))
	}
	return act, nil
}

func (d *Demo) delegate(ctx context.Context, today time.Time) error {
	for _, one := range d.story.Delegations {
		desk, err := d.deskOf(one.From)
		if err != nil {
			return err
		}
		_, err = desk.Delegate(ctx, correspondence.DelegationForm{To: one.To, Group: one.Group, Duties: one.Duties,
			Ends: today.AddDate(0, 0, one.Days).UTC().Format(time.RFC3339), Reason: one.Reason})
		if err != nil {
			return fmt.Errorf("%s delegates to %s: %w", one.From, one.To, err)
		}
	}
	return nil
}
