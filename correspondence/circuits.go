package correspondence

import (
	"encoding/hex"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// Whose says in whose words a text is released.
type Whose uint8

const (
	// AsReviewed: in the words that the visas were given on; any other text is refused.
	AsReviewed Whose = iota
	// AsOwn: in the signatory's own words where they differ from those; the message says so, and the reviewers are told.
	AsOwn
)

// released takes a message off its way as a draft.
func (f *Folds) released(d *Dispatch) {
	f.Circuits.Released(d.ID, d.At, d.Signatory.Agent, d.OwnEdit)
}

// checkCircuit holds a valid message against its visas, as they stand at head, and writes them into it.
func (c *Chancery) checkCircuit(r *release, at time.Time) error {
	m := r.message
	if at.Before(m.NotBefore) {
		return invalid("not_before", "not-yet", "until", m.NotBefore.Format(time.RFC3339))
	}
	if r.hold == nil && !c.Folds.Circuits.Bound(m.ID, m.Origin.Audience, m.Kind.String()) {
		return nil
	}
	s := c.signing(m, r.whose)
	if err := c.Folds.Circuits.MaySign(s, r.hold); err != nil {
		return refusalOf(err)
	}
	if d, known := c.Folds.Circuits.Draft(m.ID); known {
		m.Visas = c.visaLines(d)
		m.OwnEdit = len(m.Visas) > 0 && d.Digest != s.Digest
	}
	return nil
}

func (c *Chancery) signing(m *Message, whose Whose) circuit.Signing {
	return circuit.Signing{Draft: m.ID, Origin: m.Origin.Audience, Message: m.Kind.String(), Digest: contentDigest(composeContent(m)), Own: whose == AsOwn}
}

// visaLines are the visas of the round as the message will bear them.
func (c *Chancery) visaLines(d circuit.Draft) (lines []VisaLine) {
	for _, v := range d.Given() {
		line := VisaLine{Person: c.Folds.person(v.By), Round: v.Round, Digest: v.Digest.String(), Verdict: string(v.Verdict), At: v.At, Comment: v.Comment,
			Signature: v.Signature}
		if group := d.Steps[v.Step].Reviewers[v.Reviewer].Audience; group != 0 {
			a, _ := c.Folds.Register.Audience(group)
			line.Group = Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: OneLine(a.Name.FR)}
		}
		if v.For != 0 {
			stead := c.Folds.person(v.For)
			line.For = &stead
		}
		lines = append(lines, line)
	}
	return lines
}

// person is an agent with the words they bear now.
func (f *Folds) person(id habilitation.AgentID) Person {
	a, _ := f.Register.Agent(id)
	return Person{Agent: a.ID, Login: a.Login, Name: OneLine(a.Name)}
}

// visaVerdict checks the signature of a visa that a message bears.
func (c *Chancery) visaVerdict(id habilitation.ID, v *VisaLine) (valid bool, reasons []string) {
	return verifyVisa(c.verifier, id, v)
}

func verifyVisa(verifier *archive.Verifier, id habilitation.ID, v *VisaLine) (valid bool, reasons []string) {
	raw, err := hex.DecodeString(v.Digest)
	if err != nil || len(raw) != len(circuit.Digest{}) {
		return false, []string{archive.FlawDamaged}
	}
	verdict, err := verifier.VerifyDetached(v.Signature, circuit.VisaText(id, v.Round, circuit.Digest(raw), circuit.Verdict(v.Verdict), v.Comment))
	if err != nil && len(verdict.Reasons) == 0 {
		verdict.Reasons = []string{archive.FlawDamaged}
	}
	return err == nil && verdict.Valid, verdict.Reasons
}
