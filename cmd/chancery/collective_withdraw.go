package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// collectiveWithdrawCommand ends a collective.
type collectiveWithdrawCommand struct {
	Key    string `arg:"" help:"Key of the collective."`
	Reason string `help:"Why; it stays in the journal." required:""`
}

// Run withdraws the collective.
func (c *collectiveWithdrawCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		if _, known := house.Chancery.Folds.Register.Collective(c.Key); !known {
			return wrongUse("there is no collective %q", c.Key)
		}
		if err := house.Chancery.Enact(s.ctx, 0, habilitation.CollectiveWithdrawn{Collective: c.Key, Reason: c.Reason}); err != nil {
			return err
		}
		s.say("collective_withdrawn", c.Key)
		return s.answer(collectiveAnswer{Key: c.Key, Groups: []string{}})
	})
}
