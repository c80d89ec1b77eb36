package correspondence

import (
	"context"
	"fmt"
	"slices"

	"chancery/correspondence/gate"
	"chancery/habilitation"
)

// judge asks the release gate for each address outside. One that is blocked refuses the whole release: it says by which rule.
func (c *Chancery) judge(m *Message, extracts []Extract) (verdicts []gate.Verdict, faults []Fault, err error) {
	if len(m.External) == 0 {
		return nil, nil, nil
	}
	rules := c.Folds.Gate.Rules()
	asked, err := c.gateQuestion(m, extracts, slices.ContainsFunc(rules, func(r gate.Rule) bool { return len(r.Words) > 0 }))
	if err != nil {
		return nil, nil, err
	}
	for i, address := range m.External {
		v := gate.Judge(rules, c.GateDefault, asked, address)
		if v.Outcome == gate.Block {
			faults = append(faults, blocked(fmt.Sprintf("external[%d]", i), v))
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, faults, nil
}

// blocked is the fault of an address that the gate blocks.
func blocked(field string, v gate.Verdict) Fault {
	switch {
	case v.Rule == "":
		return Fault{Field: field, Key: "gate-closed"}
	case v.Found != nil && v.Found.In != "":
		return Fault{Field: field, Key: "gate-blocked-word-in", Args: map[string]string{"rule": v.Rule, "word": v.Found.Word, "file": v.Found.In}}
	case v.Found != nil && v.Found.Word != "":
		return Fault{Field: field, Key: "gate-blocked-word", Args: map[string]string{"rule": v.Rule, "word": v.Found.Word}}
	case v.Found != nil && v.Found.File != "":
		return Fault{Field: field, Key: "gate-blocked-file", Args: map[string]string{"rule": v.Rule, "file": v.Found.File}}
	}
	return Fault{Field: field, Key: "gate-blocked", Args: map[string]string{"rule": v.Rule}}
}

// gateQuestion is a message as the rules of the gate look at it. Words are read only when some rule asks for them.
func (c *Chancery) gateQuestion(m *Message, extracts []Extract, words bool) (asked gate.Asked, err error) {
	asked.Kind = m.Kind.String()
	for _, t := range m.Tags {
		asked.Tags = append(asked.Tags, t.Tag)
	}
	if words {
		asked.Words = gate.TextOf(wordsOf(m)...)
	}
	for i := range m.Attachments {
		file := gate.File{Name: m.Attachments[i].Name, Type: m.Attachments[i].Type}
		if words {
			if err := c.readFor(&file, i, extracts); err != nil {
				return asked, err
			}
		}
		asked.Files = append(asked.Files, file)
	}
	return asked, nil
}

// readFor gives the gate the words that the inspection took from a file.
func (c *Chancery) readFor(file *gate.File, n int, extracts []Extract) error {
	file.Unread = true
	for _, e := range extracts {
		if e.N != n {
			continue
		}
		text, whole, err := e.readText(context.Background(), c.Vault)
		if err != nil {
			return err
		}
		file.Words, file.Unread = gate.TextOf(text), !whole
	}
	return nil
}

// wordsOf are all words of a message that somebody wrote and somebody outside would read: every field, the names of the files, the remarks of the
// reviewers. The names of groups and agents are the house's and not the message's.
func wordsOf(m *Message) []string {
	words := []string{m.Subject, m.Summary, m.Text, m.Comment, m.AudienceMention, m.HandlingInstructions, m.LevelReason, m.InReplyTo.Text, m.Follows.Text}
	words = append(append(append(append(words, m.FreeTags...), m.Countries...), m.Persons...), m.External...)
	for _, t := range m.Tags {
		words = append(words, t.Label)
	}
	for i := range m.Addressees {
		to := &m.Addressees[i]
		words = append(append(words, to.Instruction, to.NightReason, to.Attention), to.Serve...)
	}
	for _, to := range m.Collectives {
		words = append(words, to.Instruction)
	}
	for _, cited := range m.References {
		words = append(words, cited.Text)
	}
	for _, visa := range m.Visas {
		words = append(words, visa.Comment)
	}
	for i := range m.Attachments {
		words = append(words, gate.OfName(m.Attachments[i].Name))
	}
	return words
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
