package correspondence

import (
	"fmt"
	"strings"

	"chancery/correspondence/gate"
	"chancery/habilitation"
	"chancery/search"
)

// judge asks the release gate for each address outside. One that is blocked refuses the whole release: it says by which rule.
func (c *Chancery) judge(m *Message) (verdicts []gate.Verdict, faults []Fault) {
	if len(m.External) == 0 {
		return nil, nil
	}
	asked := gateQuestion(m)
	rules := c.Folds.Gate.Rules()
	for i, address := range m.External {
		v := gate.Judge(rules, c.GateDefault, asked, address)
		if v.Outcome == gate.Block {
			fault := Fault{Field: fmt.Sprintf("external[%d]", i), Key: "gate-closed"}
			if v.Rule != "" {
				fault = Fault{Field: fault.Field, Key: "gate-blocked", Args: map[string]string{"rule": v.Rule}}
			}
			faults = append(faults, fault)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, faults
}

// gateQuestion is a message as the rules of the gate look at it: every word that somebody outside would read, and the mentions.
func gateQuestion(m *Message) gate.Asked {
	words := []string{m.Subject, m.Summary, m.Text, m.Comment, m.AudienceMention, m.HandlingInstructions, m.LevelReason, strings.Join(m.FreeTags, "\n")}
	for i := range m.Attachments {
		words = append(words, m.Attachments[i].Name)
	}
	tags := make([]habilitation.TagID, len(m.Tags))
	for i, t := range m.Tags {
		tags[i] = t.Tag
	}
	return gate.Asked{Words: search.Fold(strings.Join(words, "\n")), Tags: tags, Kind: m.Kind.String(), Fold: search.Fold}
}

// leaves tells the gate of a message that was released to addresses outside.
func (f *Folds) leaves(d *Dispatch) {
	f.Gate.Release(d.ID, d.Origin.Audience, d.Signatory.Agent, d.At, d.Outcome.Gate)
}

// secondReaders are who reads a message beside its addressees because the gate holds it: a second person of the origin must have read what they
// let leave.
func (r *record) secondReaders() []habilitation.AudienceID {
	for _, v := range r.Outcome.Gate {
		if v.Outcome == gate.SecondPerson && r.Origin.Audience != 0 {
			return []habilitation.AudienceID{r.Origin.Audience}
		}
	}
	return nil
}
