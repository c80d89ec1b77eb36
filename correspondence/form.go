package correspondence

import (
	"time"

	"chancery/habilitation"
)

// Form is a draft as the pen writes it: names and keys, nothing resolved, faults allowed. What was typed is kept as typed.
type Form struct {
	Kind           string           `json:"kind" validate:"max=20"`
	Origin         string           `json:"origin" validate:"max=100"`            // key of the functional group that speaks
	Drafter        string           `json:"drafter,omitempty" validate:"max=100"` // login of who wrote it in the origin; default: who releases
	Action         []FormAddressee  `json:"action,omitempty" validate:"max=500,dive"`
	Info           []FormAddressee  `json:"info,omitempty" validate:"max=500,dive"`
	Agents         []string         `json:"agents,omitempty" validate:"max=100,dive,max=100"` // logins personally addressed
	Precedence     string           `json:"precedence,omitempty" validate:"max=20"`           // default routine
	InfoPrecedence string           `json:"info_precedence,omitempty" validate:"max=20"`      // default: routine
	Level          string           `json:"level" validate:"max=20"`                          // no silent default
	Tags           []string         `json:"tags,omitempty" validate:"max=50,dive,max=100"`    // keys
	Language       string           `json:"language,omitempty" validate:"max=10"`             // fr or en; default fr
	Subject        string           `json:"subject" validate:"max=1000"`
	Summary        string           `json:"summary,omitempty" validate:"max=10000"`
	Text           string           `json:"text" validate:"max=500000"`
	Comment        string           `json:"comment,omitempty" validate:"max=100000"`
	References     []string         `json:"references,omitempty" validate:"max=50,dive,max=200"` // numbers or message identities
	Attachments    []FormAttachment `json:"attachments,omitempty" validate:"max=20,dive"`
}

// FormAddressee is one group or community on the action or information line.
type FormAddressee struct {
	Group         string `json:"group" validate:"max=100"`                   // key
	Qualification string `json:"qualification,omitempty" validate:"max=20"`  // do, read or information; default read for action, information for info
	Deadline      string `json:"deadline,omitempty" validate:"max=40"`       // RFC 3339 or a date; needed by do
	Instruction   string `json:"instruction,omitempty" validate:"max=10000"` // what is asked; needed by do
}

// FormAttachment is a file joined to the message. Content is given once; afterwards the digest stands for it.
type FormAttachment struct {
	Name    string `json:"name" validate:"max=400"`
	Type    string `json:"type,omitempty" validate:"max=100"`
	Level   string `json:"level,omitempty" validate:"max=20"` // default: the message's
	Content []byte `json:"content,omitempty"`                 // base64 in JSON
	Size    int64  `json:"size,omitempty"`
	SHA512  string `json:"sha512,omitempty" validate:"max=128"` // lower-case hexadecimal
}

// DraftView is a draft on its owner's desk.
type DraftView struct {
	ID      habilitation.ID `json:"id"`
	Version uint64          `json:"version"` // to save or release over another version is a conflict, and neither text is lost
	Form    Form            `json:"form"`
	Faults  []Fault         `json:"faults"` // what release would refuse now, all at once
	SavedAt time.Time       `json:"saved_at"`
}

// AudienceView is who would receive a draft if it were released now.
type AudienceView struct {
	Groups     []AudienceLine `json:"groups"`
	Readers    int            `json:"readers"`     // distinct agents who could read it
	NotCleared []AudienceRef  `json:"not_cleared"` // named or reached by tag, and not cleared for the level
	Faults     []Fault        `json:"faults"`
}

// AudienceLine is one group of an audience preview with the reasons why it receives.
type AudienceLine struct {
	AudienceRef
	Agents  int      `json:"agents"` // members who could read it
	Reasons []Reason `json:"reasons"`
	Cleared bool     `json:"cleared"`
}
