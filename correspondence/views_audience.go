package correspondence

import (
	"time"

	"chancery/habilitation"
)

// AudienceView is what a draft would become if it were released now: who would receive it, how it would look, what it would cost, and what
// its author might want to know first.
type AudienceView struct {
	Groups      []AudienceLine      `json:"groups"`
	Readers     int                 `json:"readers"`     // distinct agents who would receive it; beside them its authors and the archivists read it
	Guests      int                 `json:"guests"`      // of the readers: from outside the house
	NotCleared  []AudienceRef       `json:"not_cleared"` // named, meant by a collective or reached by tag, and not cleared for the level: none of them is among the groups
	Undelivered []AudienceRef       `json:"undelivered"` // named, and without a member who may read it: it would fall to the operator desk
	Cost        ReadingCost         `json:"cost"`
	Row         *Headline           `json:"row,omitempty"` // as it would stand on the teleprinter of its first addressee, without its number
	References  []ResolvedReference `json:"references"`    // what was typed, and what it names as far as the author may see
	Duplicates  []Duplicate         `json:"duplicates"`    // of the last seven days, as far as the author may see, the most alike first
	Warnings    []Fault             `json:"warnings"`      // nothing that hinders
	Faults      []Fault             `json:"faults"`
}

// AudienceLine is one group of an audience preview with the reasons why it receives: action, info, tag, corrected (it reads what is
// corrected) or operator (an addressee has nobody to read it).
type AudienceLine struct {
	AudienceRef
	Agents  int      `json:"agents"` // members who could read it
	Reasons []Reason `json:"reasons"`
	Cleared bool     `json:"cleared"` // the group, for the level; one that is not receives only a correction of what it reads, through its cleared members
}

// ReadingCost is what a message costs its readers.
type ReadingCost struct {
	Words   int   `json:"words"`
	Seconds int   `json:"seconds"` // for one reader, at 200 words a minute
	Total   int64 `json:"total"`   // seconds, for all readers
}

// ResolvedReference is one field of a form that names a message.
type ResolvedReference struct {
	Field string `json:"field"` // "references[0]", "reply_to", "follows" or "corrects.message"
	ReferenceView
	Subject    string              `json:"subject,omitempty"` // of the message that it names
	Level      *habilitation.Level `json:"level,omitempty"`
	ReleasedAt *time.Time          `json:"released_at,omitempty"`
}

// Duplicate is a message that says much the same.
type Duplicate struct {
	Headline
	Alike int `json:"alike"` // hundredths
}
