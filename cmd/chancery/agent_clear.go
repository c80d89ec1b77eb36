package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// agentClearCommand sets how far an agent reads.
type agentClearCommand struct {
	Login  string `arg:"" help:"Login of the agent."`
	Level  string `help:"How far the agent may read from now on: unprotected or restricted." required:""`
	Reason string `help:"Why; it stays in the journal." required:""`
}

// Run clears the agent, up or down.
func (c *agentClearCommand) Run(s *session) error {
	cleared, err := level(c.Level)
	if err != nil {
		return err
	}
	return s.within(func(house *assembly.House) error {
		agent, err := agentOf(house, c.Login)
		if err != nil {
			return err
		}
		if err := house.Chancery.Enact(s.ctx, 0, habilitation.AgentCleared{Agent: agent.ID, Level: cleared, Reason: c.Reason}); err != nil {
			return err
		}
		s.say("agent_cleared", agent.Login, cleared)
		return s.answer(addedAgent{Login: agent.Login, Level: cleared.String()})
	})
}
