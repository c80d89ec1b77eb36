package correspondence

import (
	"cmp"
	"time"

	"chancery/correspondence/circuit"
	"chancery/correspondence/keeping"
)

// Keeping is what the house decides about the archiving of a message when it is released: it stands in the allotted block, and is never reckoned again.
type Keeping struct {
	BegunAt   time.Time  `json:"begun_at,omitzero"`   // its draft was first saved
	HandedIn  time.Time  `json:"handed_in,omitzero"`  // it was submitted for visas or given the word to sign
	FilePlan  string     `json:"file_plan,omitempty"` // its place in the filing plan as it was proposed
	Retention *Retention `json:"retention,omitempty"`
}

// Retention is what a rule said of a message.
type Retention struct {
	Rule           string        `json:"rule"`
	KeepUntil      time.Time     `json:"keep_until"` // when the house needs it no more (DUA), UTC
	Final          keeping.Final `json:"final"`
	Access         string        `json:"access"`          // the rule of communicability
	CommunicableOn time.Time     `json:"communicable_on"` // from when anybody may read it, UTC
}

// keepingOf finds what is to be recorded of the archiving of a release.
func (c *Chancery) keepingOf(r *release, at time.Time) Keeping {
	m := r.message
	k := Keeping{BegunAt: cmp.Or(r.draft.Begun, at).UTC().Truncate(time.Second), HandedIn: at, FilePlan: m.Origin.Timbre}
	if d, known := c.Folds.Circuits.Draft(m.ID); known {
		k.HandedIn = handedIn(&d, at).Truncate(time.Second)
	}
	var tags []string
	for _, t := range m.Tags {
		tags = append(tags, t.Key)
	}
	if len(tags) > 0 {
		k.FilePlan += "/" + tags[0]
	}
	rule := c.Retention.For(m.Kind.String(), m.Origin.Key, tags)
	k.Retention = &Retention{Rule: rule.Name, KeepUntil: at.AddDate(rule.Years, 0, 0), Final: rule.Final, Access: rule.Access,
		CommunicableOn: at.AddDate(rule.CommunicableFrom, 0, 0)}
	return k
}

// handedIn is when the text that is released was given up for the signature.
func handedIn(d *circuit.Draft, at time.Time) time.Time {
	if d.Round > 0 && !d.Submitted.IsZero() {
		return d.Submitted.UTC()
	}
	if d.Hold != nil {
		return d.Hold.At.UTC()
	}
	return at
}

// keeping writes what was decided about the archiving.
func (w *headerWriter) keeping(k *Keeping) {
	w.instant("X-Chancery-Begun", k.BegunAt)
	w.instant("X-Chancery-Handed-In", k.HandedIn)
	w.text("X-Chancery-File-Plan", k.FilePlan)
	if r := k.Retention; r != nil {
		w.terms("X-Chancery-Retention", localPart(orNone(string(r.Final))))
		w.param("rule", r.Rule)
		w.param("until", r.KeepUntil.UTC().Format(time.DateOnly))
		w.param("access", r.Access)
		w.param("communicable", r.CommunicableOn.UTC().Format(time.DateOnly))
		w.end()
	}
}
