package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// agentTerminalCommand registers a terminal.
type agentTerminalCommand struct {
	Name  string `arg:"" help:"Name of the terminal, for people; it raises no level."`
	Level string `help:"The highest level that may be read on it: unprotected or restricted." default:"restricted"`
}

// Run registers the terminal and prints the secret that whoever signs in on it shows.
func (c *agentTerminalCommand) Run(s *session) error {
	cleared, err := level(c.Level)
	if err != nil {
		return err
	}
	return s.within(func(house *assembly.House) error {
		secret, hash := habilitation.NewTerminalSecret()
		act := habilitation.TerminalRegistered{Terminal: habilitation.NewID(), Name: c.Name, Level: cleared, SecretHash: hash}
		if err := house.Chancery.Enact(s.ctx, 0, act); err != nil {
			return err
		}
		s.result("terminal_made", c.Name, cleared, secret)
		return s.answer(struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			Level  string `json:"level"`
			Secret string `json:"secret"`
		}{act.Terminal.String(), c.Name, cleared.String(), secret})
	})
}
