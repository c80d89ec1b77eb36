package main

import (
	"time"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// delegationListCommand tells who lent which duties to whom. To give some is for whoever holds them, with their own account.
type delegationListCommand struct {
	Group string `help:"Only of this group." placeholder:"KEY"`
	All   bool   `help:"Also those that are over."`
}

// delegationAnswer is a delegation for a program.
type delegationAnswer struct {
	ID     habilitation.ID `json:"id"`
	From   string          `json:"from"`
	To     string          `json:"to"`
	Group  string          `json:"group"`
	Duties string          `json:"duties"`
	Begins time.Time       `json:"begins"`
	Ends   time.Time       `json:"ends"` // the moment at which it is over, by itself or because somebody ended it
	Over   bool            `json:"over"`
	Reason string          `json:"reason"`
}

// Run lists the delegations, group by group, the latest first.
func (c *delegationListCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		register, all := house.Chancery.Folds.Register, []delegationAnswer{}
		var only habilitation.AudienceID
		if c.Group != "" {
			group, err := audienceOf(house, c.Group)
			if err != nil {
				return err
			}
			only = group.ID
		}
		for audience := range register.Audiences() {
			if only != 0 && audience.ID != only {
				continue
			}
			for _, d := range register.DelegationsIn(audience.ID) {
				if one := delegationOf(house, &d, audience.Key); c.All || !one.Over {
					all = append(all, one)
					s.say("delegation_line", one.ID, one.From, one.To, one.Duties, one.Group, one.Begins.Format(time.RFC3339), one.Ends.Format(time.RFC3339), one.Reason)
				}
			}
		}
		if len(all) == 0 {
			s.say("delegation_none")
		}
		return s.answer(all)
	})
}

func delegationOf(house *assembly.House, d *habilitation.Delegation, group string) delegationAnswer {
	from, _ := house.Chancery.Folds.Register.Agent(d.From)
	to, _ := house.Chancery.Folds.Register.Agent(d.To)
	one := delegationAnswer{ID: d.ID, From: from.Login, To: to.Login, Group: group, Duties: d.Duties.String(), Begins: d.Begins, Ends: d.Ends,
		Over: d.Over(house.Chancery.Clock()), Reason: d.Reason}
	if !d.Ended.IsZero() && d.Ended.Before(d.Ends) {
		one.Ends = d.Ended
	}
	return one
}

// delegationEndCommand ends a delegation before its time.
type delegationEndCommand struct {
	ID     string `arg:"" help:"Identity of the delegation, as delegation list tells it."`
	Reason string `help:"Why; it stays in the journal." required:""`
}

// Run ends it.
func (c *delegationEndCommand) Run(s *session) error {
	id, err := habilitation.ParseID(c.ID)
	if err != nil {
		return wrongUse("%q is no identity", c.ID)
	}
	return s.within(func(house *assembly.House) error {
		register := house.Chancery.Folds.Register
		if one, known := register.Delegation(id); !known || one.Over(house.Chancery.Clock()) {
			return wrongUse("there is no delegation %s that lasts", id)
		}
		if err := house.Chancery.Enact(s.ctx, 0, habilitation.DelegationEnded{Delegation: id, Reason: c.Reason}); err != nil {
			return err
		}
		one, _ := register.Delegation(id)
		group, _ := register.Audience(one.Audience)
		s.say("delegation_ended", id)
		return s.answer(delegationOf(house, &one, group.Key))
	})
}
