package main

import (
	"strings"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// agentAddCommand opens an account.
type agentAddCommand struct {
	Login    string   `arg:"" help:"Login, unique whatever its case."`
	Name     string   `help:"Full name (default: the login)."`
	Title    string   `help:"What the agent does."`
	Level    string   `help:"How far the agent may read: unprotected or restricted." default:"unprotected"`
	Function []string `help:"Function for the whole house: archivist, administrator, auditor." enum:"archivist,administrator,auditor" placeholder:"NAME"`
	Group    []string `help:"Group or community to join, with duties: dam, or dam=drafter+signatory, or dam=number two." placeholder:"KEY[=DUTIES]" sep:"none"`
	Stdin    bool     `name:"password-stdin" help:"Read the password from standard input instead of making one up."`
}

// addedAgent is the answer for a program.
type addedAgent struct {
	Login    string `json:"login"`
	Level    string `json:"level"`
	Password string `json:"password,omitempty"`
}

// Run opens the account.
func (c *agentAddCommand) Run(s *session) error {
	cleared, err := level(c.Level)
	if err != nil {
		return err
	}
	return s.within(func(house *assembly.House) error {
		register := house.Chancery.Folds.Register
		added := habilitation.AgentAdded{Agent: register.NextAgent(), Login: c.Login, Name: c.Name, Title: c.Title, Level: cleared}
		if added.Name == "" {
			added.Name = c.Login
		}
		for _, f := range c.Function {
			added.Functions = append(added.Functions, habilitation.Function(f))
		}
		acts := []habilitation.Act{added}
		for _, wish := range c.Group {
			joined, err := membership(register, added.Agent, wish)
			if err != nil {
				return err
			}
			acts = append(acts, joined)
		}
		if err := house.Chancery.Enact(s.ctx, 0, acts...); err != nil {
			return err
		}
		s.say("agent_added", c.Login, cleared)
		password, err := s.setPassword(house, added.Agent, c.Login, c.Stdin)
		if err != nil {
			return err
		}
		return s.answer(addedAgent{c.Login, cleared.String(), password})
	})
}

// membership reads "dam=drafter+signatory".
func membership(register *habilitation.Register, agent habilitation.AgentID, wish string) (habilitation.MemberJoined, error) {
	key, list, _ := strings.Cut(wish, "=")
	audience, known := register.AudienceByKey(key)
	if !known {
		return habilitation.MemberJoined{}, wrongUse("there is no group or community %q", key)
	}
	var duties habilitation.Duty
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == '+' }) {
		var duty habilitation.Duty
		if err := duty.UnmarshalText([]byte(strings.ReplaceAll(name, "_", " "))); err != nil {
			return habilitation.MemberJoined{}, wrongUse("%q is no duty: drafter, signatory, number two, manager, collective", name)
		}
		duties |= duty
	}
	return habilitation.MemberJoined{Audience: audience.ID, Agent: agent, Duties: duties}, nil
}
