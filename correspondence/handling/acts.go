package handling

import (
	"time"

	"chancery/habilitation"
)

// AddresseeAdded completes the address of a released message (D06, messages.md §8): the audience enters the perimeter at once.
type AddresseeAdded struct {
	Message     habilitation.ID         `json:"message"`
	Audience    habilitation.AudienceID `json:"audience"`
	Role        Role                    `json:"role"`
	Asked       Asked                   `json:"qualification"`
	Deadline    time.Time               `json:"deadline,omitzero"` // UTC, to the second; of what is to be done
	Instruction string                  `json:"instruction,omitempty"`
	N           uint64                  `json:"n,omitempty"` // in the series from the origin to the audience; only what the origin adds has one
	Ground      Ground                  `json:"ground"`
	Through     habilitation.AudienceID `json:"through"` // in whose name: the origin, the addressee that passes it on, or the operator desk
	Reason      string                  `json:"reason"`
	For         habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// Shared brings a message into a community, by reference (D29).
type Shared struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Through  habilitation.AudienceID `json:"through"` // the group whose member shares
	Reason   string                  `json:"reason,omitempty"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// ShareRevoked takes it out again, at once.
type ShareRevoked struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Reason   string                  `json:"reason,omitempty"`
}

// WasRead is the first opening by a member of the addressee; the actor is the reader.
type WasRead struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
}

// WasTaken says that the actor handles the message for the addressee.
type WasTaken struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Due      time.Time               `json:"due,omitzero"`
}

// Assigned entrusts the message to another member ("confier"); until they accept, who gives it keeps it.
type Assigned struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	To       habilitation.AgentID    `json:"to"`
	Due      time.Time               `json:"due,omitzero"`
	Note     string                  `json:"note,omitempty"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// Accepted makes the actor the one who handles what was entrusted to them.
type Accepted struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
}

// Declined gives back what was entrusted to the actor.
type Declined struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Reason   string                  `json:"reason"`
}

// WasClosed ends the handling without an answer.
type WasClosed struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Reason   string                  `json:"reason"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// WasReassigned passes what was asked on to another audience, which becomes an addressee where it was none.
type WasReassigned struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	To       habilitation.AudienceID `json:"to"`
	Reason   string                  `json:"reason"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// WasMisaddressed says that the message is not this addressee's; it falls on the operator desk.
type WasMisaddressed struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Desk     habilitation.AudienceID `json:"desk,omitempty"` // as it was then; zero where the house has none that may read it
	Reason   string                  `json:"reason"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// AlertRaised calls the duty roster of an addressee of a flash message or one that is delivered by night.
type AlertRaised struct {
	Alert    habilitation.ID         `json:"alert"`
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Watch    []habilitation.AgentID  `json:"watch,omitempty"` // who is called, one after the other; without any, the whole group
	Minutes  int                     `json:"minutes"`         // that each has to acknowledge it
}

// AlertAcknowledged stops the clock of an alert.
type AlertAcknowledged struct {
	Alert habilitation.ID `json:"alert"`
}

// AlertEscalated calls the next of the watch; beyond the last it is the whole group's.
type AlertEscalated struct {
	Alert habilitation.ID `json:"alert"`
	Place int             `json:"place"` // in the watch, from 0
}

// SilenceBroken is an addressee speaking up before a silence procedure ends.
type SilenceBroken struct {
	Message  habilitation.ID         `json:"message"`
	Audience habilitation.AudienceID `json:"audience"`
	Reason   string                  `json:"reason"`
	For      habilitation.AgentID    `json:"for,omitempty"` // in whose place the actor acts
}

// SilenceEnded is the end of a silence procedure at its time: adopted when nobody broke it.
type SilenceEnded struct {
	Message habilitation.ID `json:"message"`
	Adopted bool            `json:"adopted"`
}

// TrayLaid puts on the operator desk what reached nobody.
type TrayLaid struct {
	Message habilitation.ID         `json:"message"`
	Why     Why                     `json:"why"`
	Desk    habilitation.AudienceID `json:"desk"`
	Note    string                  `json:"note,omitempty"`
}

// TraySettled takes an item off the operator desk: to another addressee when To is set, else closed.
type TraySettled struct {
	Item   habilitation.ID         `json:"item"`
	To     habilitation.AudienceID `json:"to,omitempty"`
	Role   Role                    `json:"role,omitempty"` // of the new addressee
	Reason string                  `json:"reason"`
}

func (AddresseeAdded) Kind() string    { return "addressee.added" }
func (Shared) Kind() string            { return "message.shared" }
func (ShareRevoked) Kind() string      { return "share.revoked" }
func (WasRead) Kind() string           { return "handling.read" }
func (WasTaken) Kind() string          { return "handling.taken" }
func (Assigned) Kind() string          { return "handling.assigned" }
func (Accepted) Kind() string          { return "handling.accepted" }
func (Declined) Kind() string          { return "handling.declined" }
func (WasClosed) Kind() string         { return "handling.closed" }
func (WasReassigned) Kind() string     { return "handling.reassigned" }
func (WasMisaddressed) Kind() string   { return "handling.misaddressed" }
func (AlertRaised) Kind() string       { return "alert.raised" }
func (AlertAcknowledged) Kind() string { return "alert.acknowledged" }
func (AlertEscalated) Kind() string    { return "alert.escalated" }
func (SilenceBroken) Kind() string     { return "silence.broken" }
func (SilenceEnded) Kind() string      { return "silence.ended" }
func (TrayLaid) Kind() string          { return "tray.laid" }
func (TraySettled) Kind() string       { return "tray.settled" }

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[AddresseeAdded](),
	habilitation.KindOf[Shared](),
	habilitation.KindOf[ShareRevoked](),
	habilitation.KindOf[WasRead](),
	habilitation.KindOf[WasTaken](),
	habilitation.KindOf[Assigned](),
	habilitation.KindOf[Accepted](),
	habilitation.KindOf[Declined](),
	habilitation.KindOf[WasClosed](),
	habilitation.KindOf[WasReassigned](),
	habilitation.KindOf[WasMisaddressed](),
	habilitation.KindOf[AlertRaised](),
	habilitation.KindOf[AlertAcknowledged](),
	habilitation.KindOf[AlertEscalated](),
	habilitation.KindOf[SilenceBroken](),
	habilitation.KindOf[SilenceEnded](),
	habilitation.KindOf[TrayLaid](),
	habilitation.KindOf[TraySettled](),
)
