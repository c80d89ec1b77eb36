package main

import "chancery/cmd/assembly"

// agentPasswordCommand gives a new password and ends every session of the agent.
type agentPasswordCommand struct {
	Login string `arg:"" help:"Login of the agent."`
	Stdin bool   `name:"password-stdin" help:"Read the password from standard input instead of making one up."`
}

// Run sets the password.
func (c *agentPasswordCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		agent, err := agentOf(house, c.Login)
		if err != nil {
			return err
		}
		password, err := s.setPassword(house, agent.ID, agent.Login, c.Stdin)
		if err != nil {
			return err
		}
		return s.answer(addedAgent{agent.Login, agent.Level.String(), password})
	})
}
