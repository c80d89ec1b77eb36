package correspondence

import (
	"time"

	"chancery/correspondence/gate"
	"chancery/habilitation"
)

// Particulars are the fields that only some messages have. They stand alike in Message and in the record, where an empty one is left out,
// so that a message without any reads as it did before they existed.
type Particulars struct {
	Instruction          bool              `json:"instruction,omitempty"` // opens an action at each addressee that has something to do (D49)
	Exercise             bool              `json:"exercise,omitempty"`
	DistributionClass    DistributionClass `json:"distribution_class,omitempty"`
	Collectives          []Collective      `json:"collectives,omitempty"`
	Exempted             []Party           `json:"exempted,omitempty"`    // left out of every collective
	InReplyTo            Reference         `json:"in_reply_to,omitzero"`  // the message that this one answers
	Follows              Reference         `json:"follows,omitzero"`      // the message that this one goes on from
	Corrects             *Correction       `json:"corrects,omitempty"`    // the released message that this one rectifies, cancels, replaces, raises or lowers
	ReplyBefore          time.Time         `json:"reply_before,omitzero"` // to the second, UTC or the end of a day with its offset (days.go), as are the four below
	ValidUntil           time.Time         `json:"valid_until,omitzero"`
	NotBefore            time.Time         `json:"not_before,omitzero"`    // not released earlier
	SilenceUntil         time.Time         `json:"silence_until,omitzero"` // adopted if nobody objects until then (procédure de silence)
	ReassessOn           time.Time         `json:"reassess_on,omitzero"`   // when the level is to be looked at again
	Countries            []string          `json:"countries,omitempty"`
	Persons              []string          `json:"persons,omitempty"`   // whom the message is about
	FreeTags             []string          `json:"free_tags,omitempty"` // searchable words; they give no rights
	LevelReason          string            `json:"level_reason,omitempty"`
	LevelOwner           *Party            `json:"level_owner,omitempty"`      // who answers for the level; nil: the origin
	AudienceMention      string            `json:"audience_mention,omitempty"` // "Spécial France", "Personnel"
	HandlingInstructions string            `json:"handling_instructions,omitempty"`
	External             []string          `json:"external,omitempty"` // mail addresses outside the house, of a formal mail
}

// Asked is what is asked of one addressee beyond its qualification.
type Asked struct {
	Precedence  Precedence `json:"precedence,omitempty"` // its own; zero: the one of its line
	Night       bool       `json:"night,omitempty"`      // to be handled at any hour (NIACT)
	NightReason string     `json:"night_reason,omitempty"`
	Receipt     Receipt    `json:"receipt,omitempty"`
	Serve       []string   `json:"serve,omitempty"`      // offices to be served inside the addressee: "NB : SERVIR"
	Attention   string     `json:"attention,omitempty"`  // the person or office whose attention is drawn
	Collective  string     `json:"collective,omitempty"` // key of the collective that it was reached by
}

// Collective is a collective address as it stood at release: its members are addressees of their own, for ever.
type Collective struct {
	Key           string                    `json:"collective"`
	Name          string                    `json:"name"` // in the message's language
	Role          Role                      `json:"role"`
	Qualification Qualification             `json:"qualification"`
	Deadline      time.Time                 `json:"deadline,omitzero"`
	Instruction   string                    `json:"instruction,omitempty"`
	Precedence    Precedence                `json:"precedence,omitempty"`
	Receipt       Receipt                   `json:"receipt,omitempty"`
	Audiences     []habilitation.AudienceID `json:"audiences,omitempty"` // the members that it added, in the order of the address
}

// Correction says which released message another one corrects, and how. After release nothing is edited: a correction is a message.
type Correction struct {
	How     How             `json:"how"`
	Message habilitation.ID `json:"message"`
	Number  string          `json:"number,omitempty"`
}

// Authorization is by what hands a message went: it stands in the allotted block, for visas bind the content and not each other.
type Authorization struct {
	Visas    []VisaLine `json:"visas,omitempty"`
	OnBehalf *Person    `json:"on_behalf,omitempty"` // in whose place the signatory signs ("p/o")
	OwnEdit  bool       `json:"own_edit,omitempty"`  // the signatory changed the text after the visas, and signs it as their own
}

// VisaLine is one visa in the signed text.
type VisaLine struct {
	Person  Person    `json:"person"`
	Group   Party     `json:"group"` // in whose name
	Round   int       `json:"round"`
	Digest  string    `json:"digest"`  // of the content that was seen, SHA-256 in lower-case hexadecimal
	Verdict string    `json:"verdict"` // "approved", "remarks"
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
	For     *Person   `json:"for,omitempty"` // in whose place

	Signature []byte `json:"signature,omitempty"` // detached CMS by the person's own certificate, over circuit.VisaText; in the record alone
}

// Outcome is what the decision found beside the words: results, so that later code never decides history again.
type Outcome struct {
	Distribution     []distributed             `json:"distribution,omitempty"`      // audiences reached by tag when it was released, and why
	Answers          []habilitation.AudienceID `json:"answers,omitempty"`           // the addressees of the answered message that this one answers for
	CarriedAudiences []habilitation.AudienceID `json:"carried_audiences,omitempty"` // whoever sees what is corrected sees the correction
	CarriedTags      []habilitation.TagID      `json:"carried_tags,omitempty"`
	CarriedAgents    []habilitation.AgentID    `json:"carried_agents,omitempty"`
	Undelivered      []habilitation.AudienceID `json:"undelivered,omitempty"`   // addressees without a member who may read it
	OperatorDesk     habilitation.AudienceID   `json:"operator_desk,omitempty"` // who received it in their place
	Gate             []gate.Verdict            `json:"gate,omitempty"`          // what the release gate said to each address outside
	Extracts         []Extract                 `json:"extracts,omitempty"`      // what the inspection found about the attachments, and made from them
}
