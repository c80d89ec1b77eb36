package main

import (
	"strings"
	"time"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// rosterListCommand tells who is called at any hour.
type rosterListCommand struct {
	Group string `arg:"" optional:"" help:"Key of a group (default: every group that has a roster)."`
}

// rosterAnswer is a duty roster for a program.
type rosterAnswer struct {
	Group   string        `json:"group"`
	Minutes int           `json:"minutes"` // that each has to acknowledge a call
	OnDuty  []string      `json:"on_duty"` // logins of who would be called now, in their order
	Watches []watchAnswer `json:"watches"`
}

type watchAnswer struct {
	Login string    `json:"login"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Run lists the rosters.
func (c *rosterListCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		register, all := house.Chancery.Folds.Register, []rosterAnswer{}
		if c.Group != "" {
			if _, err := audienceOf(house, c.Group); err != nil {
				return err
			}
		}
		for audience := range register.Audiences() {
			if roster, has := register.Roster(audience.ID); has && (c.Group == "" || strings.EqualFold(c.Group, audience.Key)) {
				all = append(all, s.tellRoster(house, audience, roster))
			}
		}
		if len(all) == 0 {
			s.say("roster_none")
		}
		return s.answer(all)
	})
}

func (s *session) tellRoster(house *assembly.House, audience habilitation.Audience, roster habilitation.Roster) rosterAnswer {
	register := house.Chancery.Folds.Register
	answer := rosterAnswer{Group: audience.Key, Minutes: int(roster.Acknowledge / time.Minute), OnDuty: []string{}, Watches: []watchAnswer{}}
	for _, id := range register.OnDuty(audience.ID, house.Chancery.Clock()) {
		agent, _ := register.Agent(id)
		answer.OnDuty = append(answer.OnDuty, agent.Login)
	}
	s.say("roster", audience.Key, answer.Minutes, orNobody(answer.OnDuty))
	for _, w := range roster.Watches {
		agent, _ := register.Agent(w.Agent)
		answer.Watches = append(answer.Watches, watchAnswer{agent.Login, w.From, w.Until})
		s.say("watch", agent.Login, w.From.Format(time.RFC3339), w.Until.Format(time.RFC3339))
	}
	return answer
}

func orNobody(logins []string) string {
	if len(logins) == 0 {
		return "nobody"
	}
	return strings.Join(logins, ", ")
}

// rosterSetCommand says anew who of a group is called at any hour.
type rosterSetCommand struct {
	Group   string   `arg:"" help:"Key of the group."`
	Watch   []string `help:"A watch of a member, in the order in which they are called: marie=2026-03-02T08:00:00Z/2026-03-03T08:00:00Z. None: the group has no roster any more." placeholder:"LOGIN=FROM/UNTIL"`
	Minutes int      `help:"How long each has to acknowledge a call before the next is called." default:"15"`
}

// Run sets the roster.
func (c *rosterSetCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		audience, err := audienceOf(house, c.Group)
		if err != nil {
			return err
		}
		act := habilitation.RosterSet{Audience: audience.ID, Watches: []habilitation.Watch{}, AcknowledgeMinutes: c.Minutes}
		for _, text := range c.Watch {
			watch, err := watchOf(house, text)
			if err != nil {
				return err
			}
			act.Watches = append(act.Watches, watch)
		}
		if err := house.Chancery.Enact(s.ctx, 0, act); err != nil {
			return err
		}
		roster, _ := house.Chancery.Folds.Register.Roster(audience.ID)
		return s.answer(s.tellRoster(house, audience, roster))
	})
}

// watchOf reads LOGIN=FROM/UNTIL.
func watchOf(house *assembly.House, text string) (habilitation.Watch, error) {
	login, period, _ := strings.Cut(text, "=")
	from, until, _ := strings.Cut(period, "/")
	begins, wrong := time.Parse(time.RFC3339, from)
	ends, wrongToo := time.Parse(time.RFC3339, until)
	if wrong != nil || wrongToo != nil || !begins.Before(ends) {
		return habilitation.Watch{}, wrongUse("%q is no watch: LOGIN=FROM/UNTIL, two moments such as 2026-03-02T08:00:00Z, the earlier one first", text)
	}
	agent, err := agentOf(house, login)
	return habilitation.Watch{Agent: agent.ID, From: begins.UTC(), Until: ends.UTC()}, err
}
