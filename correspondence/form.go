package correspondence

import (
	"time"

	"chancery/habilitation"
)

// Form is a draft as the pen writes it: names and keys, nothing resolved, faults allowed. What was typed is kept as typed. A moment is
// RFC 3339, "2006-01-02T15:04" or a date, which ends with its day; without a zone it is in that of the house.
type Form struct {
	Kind                 string           `json:"kind" validate:"max=20"`
	Instruction          bool             `json:"instruction,omitempty"` // opens an action at each addressee that has something to do
	Exercise             bool             `json:"exercise,omitempty"`
	Origin               string           `json:"origin" validate:"max=100"`            // key of the functional group that speaks
	Drafter              string           `json:"drafter,omitempty" validate:"max=100"` // login of who wrote it in the origin; default: who releases
	Action               []FormAddressee  `json:"action,omitempty" validate:"max=500,dive"`
	Info                 []FormAddressee  `json:"info,omitempty" validate:"max=500,dive"`
	Collectives          []FormCollective `json:"collectives,omitempty" validate:"max=20,dive"`
	Exempted             []string         `json:"exempted,omitempty" validate:"max=100,dive,max=100"` // keys of groups left out of every collective
	Agents               []string         `json:"agents,omitempty" validate:"max=100,dive,max=100"`   // logins personally addressed
	External             []string         `json:"external,omitempty" validate:"max=100,dive,max=300"` // mail addresses outside the house, of a formal mail
	Precedence           string           `json:"precedence,omitempty" validate:"max=20"`             // default routine
	InfoPrecedence       string           `json:"info_precedence,omitempty" validate:"max=20"`        // default: routine
	Level                string           `json:"level" validate:"max=20"`                            // no silent default
	Tags                 []string         `json:"tags,omitempty" validate:"max=50,dive,max=100"`      // keys
	FreeTags             []string         `json:"free_tags,omitempty" validate:"max=50,dive,max=100"` // searchable words, which give no rights
	Countries            []string         `json:"countries,omitempty" validate:"max=50,dive,max=100"`
	Persons              []string         `json:"persons,omitempty" validate:"max=50,dive,max=200"` // whom the message is about
	Language             string           `json:"language,omitempty" validate:"max=10"`             // fr or en; default fr
	Subject              string           `json:"subject" validate:"max=1000"`
	Summary              string           `json:"summary,omitempty" validate:"max=10000"`
	Text                 string           `json:"text" validate:"max=500000"`
	Comment              string           `json:"comment,omitempty" validate:"max=100000"`
	References           []string         `json:"references,omitempty" validate:"max=50,dive,max=200"` // numbers or message identities
	ReplyTo              string           `json:"reply_to,omitempty" validate:"max=200"`               // number or identity of the message that this one answers
	Follows              string           `json:"follows,omitempty" validate:"max=200"`                // number or identity of the message that this one goes on from
	Corrects             *FormCorrection  `json:"corrects,omitempty"`
	ReplyBefore          string           `json:"reply_before,omitempty" validate:"max=40"`
	ValidUntil           string           `json:"valid_until,omitempty" validate:"max=40"`
	NotBefore            string           `json:"not_before,omitempty" validate:"max=40"`    // not released earlier
	SilenceUntil         string           `json:"silence_until,omitempty" validate:"max=40"` // adopted if nobody objects until then
	LevelReason          string           `json:"level_reason,omitempty" validate:"max=2000"`
	LevelOwner           string           `json:"level_owner,omitempty" validate:"max=100"`       // key of the group that answers for the level; default: the origin
	ReassessOn           string           `json:"reassess_on,omitempty" validate:"max=40"`        // when the level is to be looked at again
	AudienceMention      string           `json:"audience_mention,omitempty" validate:"max=1000"` // "Spécial France", "Personnel"
	HandlingInstructions string           `json:"handling_instructions,omitempty" validate:"max=2000"`
	DistributionClass    string           `json:"distribution_class,omitempty" validate:"max=20"` // directors, services or strictly-limited
	Attachments          []FormAttachment `json:"attachments,omitempty" validate:"max=20,dive"`
}

// Mark is the level that the form names; one that is none yet may become any.
func (f Form) Mark() habilitation.Level { return markTyped(f.Level) }

func markTyped(level string) habilitation.Level {
	mark, err := habilitation.ParseLevel(level)
	if err != nil {
		return habilitation.Restricted
	}
	return mark
}

// FormAddressee is one group or community on the action or information line.
type FormAddressee struct {
	Group         string   `json:"group" validate:"max=100"`                       // key
	Qualification string   `json:"qualification,omitempty" validate:"max=20"`      // do, read or information; default read for action, information for info
	Deadline      string   `json:"deadline,omitempty" validate:"max=40"`           // RFC 3339 or a date; needed by do
	Instruction   string   `json:"instruction,omitempty" validate:"max=10000"`     // what is asked; needed by do
	Precedence    string   `json:"precedence,omitempty" validate:"max=20"`         // its own; default: the one of its line
	Night         bool     `json:"night,omitempty"`                                // to be handled at any hour
	NightReason   string   `json:"night_reason,omitempty" validate:"max=2000"`     // needed by night
	Receipt       string   `json:"receipt,omitempty" validate:"max=20"`            // none, delivery, reading or charge
	Serve         []string `json:"serve,omitempty" validate:"max=50,dive,max=100"` // offices to be served inside
	Attention     string   `json:"attention,omitempty" validate:"max=1000"`        // to whose attention
}

// FormCollective is a collective on the action or information line; its members are found at release and stay what they were.
type FormCollective struct {
	Collective    string `json:"collective" validate:"max=100"`    // key
	Role          string `json:"role,omitempty" validate:"max=20"` // action or info; default info
	Qualification string `json:"qualification,omitempty" validate:"max=20"`
	Deadline      string `json:"deadline,omitempty" validate:"max=40"`
	Instruction   string `json:"instruction,omitempty" validate:"max=10000"`
	Precedence    string `json:"precedence,omitempty" validate:"max=20"`
	Receipt       string `json:"receipt,omitempty" validate:"max=20"`
}

// FormCorrection names the released message that this one corrects, by number or identity, and how.
type FormCorrection struct {
	Message string `json:"message" validate:"max=200"`
	How     string `json:"how" validate:"max=20"` // rectifies, cancels, replaces, raises or lowers
}

// FormAttachment is a file joined to the message. Content is given once; afterwards the digest stands for it.
type FormAttachment struct {
	Name    string `json:"name" validate:"max=400"`
	Type    string `json:"type,omitempty" validate:"max=100"`
	Level   string `json:"level,omitempty" validate:"max=20"` // default: the message's
	Content []byte `json:"content,omitempty"`                 // base64 in JSON
	Size    int64  `json:"size,omitempty"`
	SHA512  string `json:"sha512,omitempty" validate:"max=128"` // lower-case hexadecimal
	Refused *Fault `json:"refused,omitempty"`                   // set by the house: why the bytes were not taken
}

// DraftView is a draft on its owner's desk.
type DraftView struct {
	ID      habilitation.ID `json:"id"`
	Version uint64          `json:"version"` // to save or release over another version is a conflict, and neither text is lost
	Form    Form            `json:"form"`
	Faults  []Fault         `json:"faults"` // what release would refuse now, all at once
	SavedAt time.Time       `json:"saved_at"`
	SavedBy *AgentRef       `json:"saved_by,omitempty"`
	Group   *AudienceRef    `json:"group,omitempty"`   // on whose desk a shared draft lies
	Review  bool            `json:"review,omitempty"`  // only to be reviewed: the text is the one that the round froze
	Others  []AgentRef      `json:"others"`            // who else is at it now
	Circuit *CircuitView    `json:"circuit,omitempty"` // once it was submitted or held
	May     []string        `json:"may"`               // what this agent may do with it now: edit, share, submit, visa, return, withdraw, sign, unhold, abandon, discard
}
