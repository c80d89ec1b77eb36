package circuit

import (
	"time"

	"chancery/habilitation"
)

// Act is one step of a draft's way as the journal keeps it.
type Act = habilitation.Act

// Why says why a round ended before its signature.
type Why string

const (
	// Edited: the text was changed.
	Edited Why = "edit"
	// Withdrawn: whoever writes it took it back.
	Withdrawn Why = "withdrawn"
)

// DraftSubmitted asks for visas on one text and opens a round. The actor is who asks.
type DraftSubmitted struct {
	Draft   habilitation.ID         `json:"draft"`
	Origin  habilitation.AudienceID `json:"origin"`
	Level   habilitation.Level      `json:"level"`
	Round   int                     `json:"round"` // from 1
	Digest  Digest                  `json:"digest"`
	Steps   []Step                  `json:"steps"`
	Comment string                  `json:"comment,omitempty"`
}

// VisaGiven is one reviewer's visa on the text of the round. The actor gave it; For is in whose stead, when not in their own.
type VisaGiven struct {
	Draft     habilitation.ID      `json:"draft"`
	Round     int                  `json:"round"`
	Digest    Digest               `json:"digest"`
	Step      int                  `json:"step"`     // from 0
	Reviewer  int                  `json:"reviewer"` // place in the step, from 0
	For       habilitation.AgentID `json:"for,omitempty"`
	Verdict   Verdict              `json:"verdict"`
	Comment   string               `json:"comment,omitempty"`
	Signature []byte               `json:"signature"` // detached CMS over VisaText
}

// DraftReturned sends the text back to who writes it: a reviewer's refusal, or the signatory's.
type DraftReturned struct {
	Draft  habilitation.ID `json:"draft"`
	Round  int             `json:"round"`
	Digest Digest          `json:"digest"`
	Reason string          `json:"reason"`
}

// DraftReopened ends a round without a refusal; the visas given in it are void.
type DraftReopened struct {
	Draft habilitation.ID `json:"draft"`
	Round int             `json:"round"`
	Why   Why             `json:"why"`
}

// DraftHeld is the actor's word to sign one text, carried out when the moment comes unless it is taken back before.
type DraftHeld struct {
	Draft    habilitation.ID         `json:"draft"`
	Origin   habilitation.AudienceID `json:"origin"`
	Level    habilitation.Level      `json:"level"`
	Digest   Digest                  `json:"digest"`
	Until    time.Time               `json:"until"` // UTC, to the microsecond
	For      habilitation.AgentID    `json:"for,omitempty"`
	Terminal habilitation.ID         `json:"terminal,omitzero"` // the word is worth what this terminal is cleared for when it is carried out
	Own      bool                    `json:"own,omitempty"`     // the signatory takes a text of their own upon them, over visas on an earlier one
}

// DraftUnheld takes the word back; with the house as actor, it could not be carried out, and the reason is the key of why.
type DraftUnheld struct {
	Draft  habilitation.ID `json:"draft"`
	Reason string          `json:"reason,omitempty"`
}

// DraftAbandoned ends a draft for good.
type DraftAbandoned struct {
	Draft  habilitation.ID         `json:"draft"`
	Origin habilitation.AudienceID `json:"origin"`
	Level  habilitation.Level      `json:"level"`
	Reason string                  `json:"reason"`
}

// RuleSet says which visas a group demands of its messages of one kind; without steps it demands none any more.
type RuleSet struct {
	Audience habilitation.AudienceID `json:"audience"`
	Message  string                  `json:"kind"` // telegram, note, mail
	Steps    []Step                  `json:"steps"`
}

// Kind is "draft.submitted".
func (DraftSubmitted) Kind() string { return "draft.submitted" }

// Kind is "visa.given".
func (VisaGiven) Kind() string { return "visa.given" }

// Kind is "draft.returned".
func (DraftReturned) Kind() string { return "draft.returned" }

// Kind is "draft.reopened".
func (DraftReopened) Kind() string { return "draft.reopened" }

// Kind is "draft.held".
func (DraftHeld) Kind() string { return "draft.held" }

// Kind is "draft.unheld".
func (DraftUnheld) Kind() string { return "draft.unheld" }

// Kind is "draft.abandoned".
func (DraftAbandoned) Kind() string { return "draft.abandoned" }

// Kind is "rule.set".
func (RuleSet) Kind() string { return "rule.set" }

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[DraftSubmitted](),
	habilitation.KindOf[VisaGiven](),
	habilitation.KindOf[DraftReturned](),
	habilitation.KindOf[DraftReopened](),
	habilitation.KindOf[DraftHeld](),
	habilitation.KindOf[DraftUnheld](),
	habilitation.KindOf[DraftAbandoned](),
	habilitation.KindOf[RuleSet](),
)
