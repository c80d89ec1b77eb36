package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

func (s *Server) registerVisaRules() {
	s.page(fiber.MethodPost, "/groups/{id}/visas/{kind}", setRuleOnPage)
}

// rulesOf are the visas that a group demands, kind by kind: for its members, and for who sets them. A community writes no messages.
func rulesOf(c *Call, d *correspondence.Desk, g *correspondence.GroupPage) (rules []correspondence.VisaRule, err error) {
	if g.Community || !g.Member && !g.MayDecide {
		return nil, nil
	}
	known, err := d.VisaRules(c.ctx, g.Key)
	for _, kind := range correspondence.KindNames() {
		rule := correspondence.VisaRule{Kind: kind}
		if i := slices.IndexFunc(known, func(r correspondence.VisaRule) bool { return r.Kind == kind }); i >= 0 {
			rule = known[i]
		}
		rules = append(rules, rule)
	}
	return rules, err
}

// ruleAddress is where the visas that a group demands of one kind are sent.
func ruleAddress(g *correspondence.GroupPage, kind string) string {
	return "/groups/" + pathPiece(g.Key) + "/visas/" + kind
}

// stepsOf are the lines of a rule that stands, as one would type them.
func stepsOf(rule correspondence.VisaRule) (lines []typedStep) {
	for _, step := range rule.Steps {
		var names []string
		for _, r := range step.Reviewers {
			switch {
			case r.Group != nil:
				names = append(names, calledNumber(*r.Group))
			case r.Agent != nil:
				names = append(names, r.Agent.Login)
			}
		}
		lines = append(lines, typedStep{joined(names), !step.All})
	}
	return lines
}

// whoSetsRules are the members who set them: whoever directs the group.
func whoSetsRules(g *correspondence.GroupPage) string {
	var names []correspondence.AgentRef
	for _, person := range g.People {
		if slices.Contains(person.Duties, "number_two") {
			names = append(names, person.AgentRef)
		}
	}
	return namesOf(names)
}

// setRuleOnPage sets the visas that a group demands of its messages of one kind, or takes the rule away.
func setRuleOnPage(c *Call, d *correspondence.Desk) (view, error) {
	if c.form.Get("act") == "add" {
		return c.s.asTyped(c, d)
	}
	group, kind := c.parameter("id"), c.parameter("kind")
	if c.form.Get("act") == "drop" {
		return c.back("visas-dropped"), d.SetVisaRule(c.ctx, group, kind, nil)
	}
	steps, err := c.readSteps(d)
	if err != nil {
		return view{}, err
	}
	if len(steps) == 0 { // a rule is taken away by its own button
		return view{}, invalid(correspondence.Fault{Field: "steps", Key: "missing"})
	}
	rule := visaRuleSet{Kind: kind, Steps: steps}
	if err := checkLimits(c.s.validate, &rule); err != nil {
		return view{}, err
	}
	return c.back("visas-set"), d.SetVisaRule(c.ctx, group, kind, steps)
}
