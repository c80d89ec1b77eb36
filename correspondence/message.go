package correspondence

import (
	"time"

	"chancery/habilitation"
)

// Message is a valid message before its numbers: only Draft.Finish and the import make one. Names stand beside the identities they
// had at that moment, because the signed text must read the same for ever.
type Message struct {
	ID             habilitation.ID
	Kind           Kind
	Origin         Party
	Drafter        Person
	Signatory      Person
	Addressees     []Addressee // action first, then info, in the order of the form
	Agents         []Person    // personally addressed
	Precedence     Precedence
	InfoPrecedence Precedence
	Level          habilitation.Level
	Tags           []TagName
	Language       string // fr or en
	Subject        string // NFC, one line
	Summary        string // NFC, lines end in LF, as are text and comment
	Text           string
	Comment        string
	References     []Reference
	Attachments    []Attachment
	Provenance     *Provenance // of an imported record, and of a mail from outside
	Reception      *Reception  // of a mail from outside
	Particulars
	Authorization // filled in at release, as is what follows
	Keeping
}

// Party is a functional group or community with the words it bore.
type Party struct {
	Audience habilitation.AudienceID `json:"audience"`
	Key      string                  `json:"key"`
	Timbre   string                  `json:"timbre"` // upper-case ASCII
	Name     string                  `json:"name"`   // in the message's language
}

// Person is an agent with the words they bore; Agent is zero for a name that is only printed on an imported record.
type Person struct {
	Agent habilitation.AgentID `json:"agent,omitempty"`
	Login string               `json:"login,omitempty"`
	Name  string               `json:"name"`
}

// TagName is a tag with the label it bore.
type TagName struct {
	Tag   habilitation.TagID `json:"tag"`
	Key   string             `json:"key"`
	Label string             `json:"label"`
}

// Addressee is one line of the address.
type Addressee struct {
	Party
	Role          Role          `json:"role"`
	Qualification Qualification `json:"qualification"`
	Deadline      time.Time     `json:"deadline,omitzero"` // to the second; UTC, or the end of a day with its offset
	Instruction   string        `json:"instruction,omitempty"`
	Asked
}

// Reference is a message or paper cited: the words as typed, and the message they resolved to when the author could see one.
type Reference struct {
	Text    string          `json:"text"`
	Message habilitation.ID `json:"message,omitzero"`
}

// Attachment names a file that the vault holds.
type Attachment struct {
	Name   string             `json:"name"`
	Type   string             `json:"type"`
	Size   int64              `json:"size"`
	Level  habilitation.Level `json:"level"`
	SHA512 [64]byte           `json:"-"`
	Digest string             `json:"sha512"` // SHA512 in lower-case hexadecimal
}

// Provenance says where an imported record comes from, as ordered pairs that are part of the sealed text.
type Provenance struct {
	Number string      `json:"number,omitempty"` // as printed; enters no series
	Date   time.Time   `json:"date"`             // as printed or inferred
	From   string      `json:"from,omitempty"`   // as printed
	To     []string    `json:"to,omitempty"`     // as printed
	Pairs  [][2]string `json:"pairs"`            // volume, document, address, basis of the date…
}

// Allotted is what the decision adds to a message: what opens the signed bytes.
type Allotted struct {
	Number     Number    // zero for an imported message
	Addressees []uint64  // one for each of Message.Addressees, in the series from the origin to that addressee
	At         time.Time // UTC, to the second: the date-time group
	House      string    // domain of the Message-ID
}
