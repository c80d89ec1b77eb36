package main

import (
	"strings"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// groupMemberCommand makes an agent a member of a group, changes what a member does there, or ends the membership.
type groupMemberCommand struct {
	Key    string   `arg:"" help:"Key of the group or community."`
	Login  string   `arg:"" help:"Login of the agent."`
	Duty   []string `help:"What the agent does there: drafter, signatory, number two, manager, collective. None: reads." placeholder:"DUTY"`
	Leave  bool     `help:"End the membership instead."`
	Reason string   `help:"Why the membership ends; it stays in the journal."`
}

// memberAnswer is the answer for a program.
type memberAnswer struct {
	Group  string `json:"group"`
	Login  string `json:"login"`
	Member bool   `json:"member"`
	Duties string `json:"duties"`
}

// Run changes the membership.
func (c *groupMemberCommand) Run(s *session) error {
	if c.Leave && (c.Reason == "" || len(c.Duty) > 0) {
		return wrongUse("--leave wants --reason, and no --duty")
	}
	return s.within(func(house *assembly.House) error {
		agent, err := agentOf(house, c.Login)
		if err != nil {
			return err
		}
		joined, err := membership(house.Chancery.Folds.Register, agent.ID, c.Key+"="+strings.Join(c.Duty, "+"))
		if err != nil {
			return err
		}
		var act habilitation.Act = joined
		if c.Leave {
			act = habilitation.MemberLeft{Audience: joined.Audience, Agent: agent.ID, Reason: c.Reason}
		}
		if err := house.Chancery.Enact(s.ctx, 0, act); err != nil {
			return err
		}
		if c.Leave {
			s.say("member_left", agent.Login, c.Key)
		} else {
			s.say("member_joined", agent.Login, c.Key, orReader(joined.Duties))
		}
		return s.answer(memberAnswer{c.Key, agent.Login, !c.Leave, joined.Duties.String()})
	})
}

// orReader is the duties in words; a member without one reads.
func orReader(duties habilitation.Duty) string {
	if duties == 0 {
		return "reader"
	}
	return duties.String()
}
