package main

import (
	"strings"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// groupAddCommand opens a functional group or a community.
type groupAddCommand struct {
	Key       string `arg:"" help:"Key of the group in addresses and scripts, unique whatever its case."`
	named     `embed:""`
	Timbre    string `help:"How it signs, in capitals (default: the key); a community may have none."`
	Sort      string `help:"Ministry, directorate, cabinet, embassy, consulate, mission, service…" default:"service"`
	Community bool   `help:"An interest community across ministries, run by managers."`
	Parent    string `help:"Key of the group above it." placeholder:"KEY"`
	Level     string `help:"The highest level it may be addressed: unprotected or restricted." default:"unprotected"`
}

// addedGroup is the answer for a program.
type addedGroup struct {
	Key    string `json:"key"`
	Timbre string `json:"timbre,omitempty"`
	Level  string `json:"level"`
}

// Run opens the group.
func (c *groupAddCommand) Run(s *session) error {
	cleared, err := level(c.Level)
	if err != nil {
		return err
	}
	return s.within(func(house *assembly.House) error {
		act := habilitation.AudienceCreated{Audience: house.Chancery.Folds.Register.NextAudience(), Key: c.Key, Community: c.Community,
			Sort: c.Sort, Name: c.label(c.Key), Timbre: c.Timbre, Level: cleared}
		if c.Community {
			act.Sort = "community"
		} else if act.Timbre == "" {
			act.Timbre = strings.ToUpper(c.Key)
		}
		if c.Parent != "" {
			parent, err := audienceOf(house, c.Parent)
			if err != nil {
				return err
			}
			act.Parent = parent.ID
		}
		if err := house.Chancery.Enact(s.ctx, 0, act); err != nil {
			return err
		}
		s.say("group_added", c.Key, cleared)
		return s.answer(addedGroup{c.Key, act.Timbre, cleared.String()})
	})
}
