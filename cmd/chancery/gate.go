package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/habilitation"
)

// gateListCommand tells the rules of the release gate.
type gateListCommand struct{}

// gateAnswer is the answer for a program; gate set takes it back.
type gateAnswer struct {
	Rules   []correspondence.GateRuleForm `json:"rules"`
	Default string                        `json:"default,omitempty"` // where no rule matches; set in the configuration
}

// Run lists the rules.
func (c *gateListCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error { return s.tellGate(house) })
}

func (s *session) tellGate(house *assembly.House) error {
	gate := house.Chancery.GateInForce()
	for i, r := range gate.Rules {
		s.say("gate_rule", i+1, r.Outcome, r.Name, criteria(&r))
	}
	s.say("gate_default", gate.Default)
	return s.answer(gateAnswer{gate.Rules, gate.Default})
}

// criteria are what a rule asks of a message and an address, in words.
func criteria(r *correspondence.GateRuleForm) string {
	var all []string
	for _, one := range []struct {
		name   string
		values []string
	}{{"words", r.Words}, {"tags", r.Tags}, {"domains", r.Domains}, {"kinds", r.Kinds}, {"files", r.Files}} {
		if len(one.values) > 0 {
			all = append(all, one.name+" "+strings.Join(one.values, ", "))
		}
	}
	if len(all) == 0 {
		return "everything"
	}
	return strings.Join(all, "; ")
}

// gateSetCommand replaces the rules of the release gate.
type gateSetCommand struct {
	File   string `arg:"" help:"JSON with the rules in their order, as gate list --json prints them." type:"existingfile"`
	Reason string `help:"Why; it stays in the journal." required:""`
}

// Run sets the rules; a file with any fault changes nothing.
func (c *gateSetCommand) Run(s *session) error {
	content, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var given gateAnswer
	if err := habilitation.UnmarshalStrict(content, &given); err != nil {
		return wrongUse("%s: %v", c.File, err)
	}
	return s.within(func(house *assembly.House) error {
		act, err := house.Chancery.ReadGate(correspondence.GateForm{Rules: given.Rules, Reason: c.Reason})
		if err != nil {
			return faultsIn(c.File, err)
		}
		if err := house.Chancery.Enact(s.ctx, 0, act); err != nil {
			return err
		}
		return s.tellGate(house)
	})
}

// faultsIn tells every fault of a file, each on a line of its own.
func faultsIn(file string, err error) error {
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	lines := make([]string, len(refusal.Faults))
	for i, fault := range refusal.Faults {
		lines[i] = fmt.Sprintf("%s: %s: %s", file, fault.Field, fault.Key)
		if value := fault.Args["value"]; value != "" {
			lines[i] += fmt.Sprintf(" %q", value)
		}
	}
	return wrongUse("%s", strings.Join(lines, "\n"))
}
