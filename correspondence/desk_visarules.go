package correspondence

import (
	"context"
	"slices"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// SetVisaRule says which visas a group demands of its messages of one kind; without steps it demands none. Its number two does so.
func (d *Desk) SetVisaRule(ctx context.Context, group, kind string, form []FormStep) error {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return errUnknown
	}
	steps, faults := d.steps(form)
	if !slices.Contains(kindNames[1:], kind) {
		faults = append(faults, noChoice("kind", kind, kindNames...))
	}
	if len(faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: faults}
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		if !d.house.Folds.Register.Directs(by, audience.ID) {
			return nil, habilitation.ErrNotMandated
		}
		return anAct(d.house.Folds.Circuits.SetRule(circuit.RuleSet{Audience: audience.ID, Message: kind, Steps: steps}))
	})
}

// VisaRule is which visas a group demands of its messages of one kind.
type VisaRule struct {
	Kind  string     `json:"kind"`
	Steps []StepView `json:"steps"`
}

// VisaRules lists what a group demands, kind by kind; kinds that it demands nothing of are left out.
func (d *Desk) VisaRules(_ context.Context, group string) ([]VisaRule, error) {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return nil, errUnknown
	}
	rules := []VisaRule{}
	for _, kind := range kindNames[1:] {
		rule := VisaRule{Kind: kind}
		for i, step := range d.house.Folds.Circuits.Rule(audience.ID, kind) {
			rule.Steps = append(rule.Steps, d.stepView(&circuit.Draft{}, i, step, false, nil))
		}
		if len(rule.Steps) > 0 {
			rules = append(rules, rule)
		}
	}
	return rules, nil
}
