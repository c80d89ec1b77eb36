package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// operatorSetCommand names the group that receives what nothing else catches.
type operatorSetCommand struct {
	Key string `arg:"" help:"Key of the functional group."`
}

// operatorAnswer is the answer for a program.
type operatorAnswer struct {
	Group string `json:"group"`
}

// Run names the operator desk.
func (c *operatorSetCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		audience, err := audienceOf(house, c.Key)
		if err != nil {
			return err
		}
		if audience.Community {
			return wrongUse("%q is a community: the operator desk is a functional group", c.Key)
		}
		if err := house.Chancery.Enact(s.ctx, 0, habilitation.OperatorDeskNamed{Audience: audience.ID}); err != nil {
			return err
		}
		s.say("operator_set_to", audience.Key)
		return s.answer(operatorAnswer{audience.Key})
	})
}
