package correspondence

import (
	"time"

	"chancery/habilitation"
)

// WordView is what somebody said about a message, when, and in whose place.
type WordView struct {
	By     AgentRef  `json:"by"`
	For    *AgentRef `json:"for,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// AdditionView says how an addressee came to be one after the release.
type AdditionView struct {
	WordView
	Ground  string      `json:"ground" enum:"origin,addressee,operator"` // origin, addressee or operator
	Through AudienceRef `json:"through"`                                 // in whose name
}

// EntrustedView is a message given to a colleague who has not said yes.
type EntrustedView struct {
	By   AgentRef   `json:"by"`
	To   AgentRef   `json:"to"`
	At   time.Time  `json:"at"`
	Due  *time.Time `json:"due,omitempty"`
	Note string     `json:"note,omitempty"`
	Mine bool       `json:"mine"` // it waits for the reader
}

// AlertView is a call to the duty roster.
type AlertView struct {
	ID             habilitation.ID `json:"id"`
	Group          AudienceRef     `json:"group"`
	RaisedAt       time.Time       `json:"raised_at"`
	Called         []AgentRef      `json:"called"`            // so far, in order; nobody: the whole group
	NextAt         *time.Time      `json:"next_at,omitempty"` // when the next is called
	Everybody      bool            `json:"everybody"`         // the whole group is called
	MayAcknowledge bool            `json:"may_acknowledge"`   // I am called, or direct the group
	AcknowledgedBy *AgentRef       `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time      `json:"acknowledged_at,omitempty"`
}

// CallView is how far a call to the duty roster came, as its originator is told: without names.
type CallView struct {
	RaisedAt       time.Time  `json:"raised_at"`
	Called         int        `json:"called"`    // how many of the watch were called so far
	Everybody      bool       `json:"everybody"` // the whole group was
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
}

// RingingAlert is a call that waits for the reader's acknowledgement, with the message that it calls for.
type RingingAlert struct {
	AlertView
	Message Headline `json:"message"`
}

// AnswerView is the message that answered; its identity only for whoever may read it.
type AnswerView struct {
	At     time.Time        `json:"at"`
	ID     *habilitation.ID `json:"id,omitempty"`
	Number string           `json:"number,omitempty"`
}

// HandlingLine is how far one addressee has come, as this reader may know it: a member of the addressee all of it, a member of the origin the
// state and what it asked to be acknowledged.
type HandlingLine struct {
	AudienceRef
	Role          Role           `json:"role"`
	Qualification Qualification  `json:"qualification"`
	Instruction   string         `json:"instruction,omitempty"`                                                                 // of what is to be done
	Receipt       Receipt        `json:"receipt"`                                                                               // what the originator asked to be told
	State         string         `json:"state" enum:"undelivered,delivered,read,taken,answered,closed,reassigned,misaddressed"` // undelivered, delivered, read, taken, answered, closed, reassigned, misaddressed
	Since         *time.Time     `json:"since,omitempty"`                                                                       // not told to the originator of a reading that was not asked for
	Deadline      *time.Time     `json:"deadline,omitempty"`
	Due           *time.Time     `json:"due,omitempty"` // the holder's own date, or the deadline
	Late          bool           `json:"late"`
	Mine          bool           `json:"mine"`             // I belong to the addressee
	Reader        *AgentRef      `json:"reader,omitempty"` // for the originator who asked for it
	ReadAt        *time.Time     `json:"read_at,omitempty"`
	Holder        *AgentRef      `json:"holder,omitempty"`
	HeldSince     *time.Time     `json:"held_since,omitempty"`
	HeldByMe      bool           `json:"held_by_me"`
	Entrusted     *EntrustedView `json:"entrusted,omitempty"`
	Declined      *WordView      `json:"declined,omitempty"`
	End           *WordView      `json:"end,omitempty"`           // who closed, reassigned or sent it back
	ReassignedTo  *AudienceRef   `json:"reassigned_to,omitempty"` // to whom it went instead, by whoever ended it or by the operator desk
	Settled       *WordView      `json:"settled,omitempty"`       // who took it off the operator desk, and why
	Answer        *AnswerView    `json:"answer,omitempty"`
	Alert         *AlertView     `json:"alert,omitempty"`
	Call          *CallView      `json:"call,omitempty"` // for the originator
	May           []string       `json:"may"`            // take, assign, accept, decline, close, reassign, misaddressed, break-silence
	Colleagues    []AgentRef     `json:"colleagues"`     // to whom it may be entrusted
}

// ShareView is a community that the message was brought into.
type ShareView struct {
	AudienceRef
	WordView
	Through   AudienceRef `json:"through"`
	MayRevoke bool        `json:"may_revoke"`
}

// SilenceView is a procedure by silence.
type SilenceView struct {
	Until   time.Time      `json:"until"`
	EndedAt *time.Time     `json:"ended_at,omitempty"`
	Adopted bool           `json:"adopted"`
	Broken  []SilenceBreak `json:"broken"`
}

// SilenceBreak is an addressee that spoke up.
type SilenceBreak struct {
	AudienceRef
	WordView
}

// HandlingView is what becomes of a message, as this reader may know it.
type HandlingView struct {
	Message  habilitation.ID `json:"message"`
	Lines    []HandlingLine  `json:"lines"`
	Shares   []ShareView     `json:"shares"`
	Silence  *SilenceView    `json:"silence,omitempty"`
	MayAdd   bool            `json:"may_add"`
	MayShare bool            `json:"may_share"`
}

// HandlingMark is what a row says of the handling by the reader's own groups.
type HandlingMark struct {
	State  string    `json:"state" enum:"undelivered,delivered,read,taken,answered,closed,reassigned,misaddressed"`
	Holder *AgentRef `json:"holder,omitempty"`
	ByMe   bool      `json:"by_me"`
	Late   bool      `json:"late"`
}

// Banner is a correction of a message that the reader may read: no list shows the one without the other.
type Banner struct {
	How        How             `json:"how"`
	ID         habilitation.ID `json:"id"`
	Number     string          `json:"number"`
	ReleasedAt time.Time       `json:"released_at"`
}

// ActionItem is something to be done.
type ActionItem struct {
	Headline
	Line     HandlingLine `json:"line"`
	Whose    string       `json:"whose"`    // mine, waiting (for my yes), group (nobody's yet), colleague
	Returned bool         `json:"returned"` // mine again, for a colleague declined it
}

// ActionsPage is what is to be done: what was given back first, then what is late, then by due date.
type ActionsPage struct {
	Alerts []RingingAlert `json:"alerts"`
	Items  []ActionItem   `json:"items"`
	Late   int            `json:"late"`
	More   int            `json:"more"` // how many there are beside those listed
}

// TrayView is something on the operator desk.
type TrayView struct {
	ID      habilitation.ID `json:"id"`
	Message Headline        `json:"message"`
	Why     string          `json:"why"` // undelivered, misaddressed, unaddressed, unreadable
	Group   *AudienceRef    `json:"group,omitempty"`
	Word    *WordView       `json:"word,omitempty"` // who sent it back, and why
	Since   time.Time       `json:"since"`
}

// GapView is a series received by one of the reader's groups in which numbers are missing.
type GapView struct {
	Origin  AudienceRef        `json:"origin"`
	Group   AudienceRef        `json:"group"`
	Level   habilitation.Level `json:"level"`
	Year    int                `json:"year"`
	Missing []uint64           `json:"missing"`
	More    int                `json:"more"` // how many are missing beside those listed
}
