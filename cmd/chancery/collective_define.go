package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// collectiveDefineCommand says which groups one word stands for, or says it anew.
type collectiveDefineCommand struct {
	Key    string `arg:"" help:"Key of the collective: lower-case letters, digits and hyphens."`
	named  `embed:""`
	Group  []string `help:"Key of a group that it stands for." placeholder:"KEY"`
	Sort   []string `help:"Sort of groups that it stands for, all of them: embassy." placeholder:"SORT"`
	Parent string   `help:"Only groups of the sorts below this one." placeholder:"KEY"`
}

// collectiveAnswer is the answer for a program.
type collectiveAnswer struct {
	Key    string   `json:"key"`
	Groups []string `json:"groups"` // keys of all that it stands for now
}

// Run defines the collective.
func (c *collectiveDefineCommand) Run(s *session) error {
	if len(c.Group)+len(c.Sort) == 0 {
		return wrongUse("say what it stands for: --group KEY or --sort SORT")
	}
	return s.within(func(house *assembly.House) error {
		act := habilitation.CollectiveDefined{Collective: c.Key, Name: c.label(c.Key), Sorts: c.Sort}
		for _, key := range c.Group {
			audience, err := audienceOf(house, key)
			if err != nil {
				return err
			}
			act.Audiences = append(act.Audiences, audience.ID)
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
		answer := collectiveAnswer{Key: c.Key, Groups: []string{}}
		defined, _ := house.Chancery.Folds.Register.Collective(c.Key)
		for _, id := range defined.Audiences {
			audience, _ := house.Chancery.Folds.Register.Audience(id)
			answer.Groups = append(answer.Groups, audience.Key)
		}
		s.say("collective_defined", c.Key, len(answer.Groups))
		return s.answer(answer)
	})
}
