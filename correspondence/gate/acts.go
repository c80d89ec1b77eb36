package gate

import (
	"time"

	"chancery/habilitation"
)

// Act is one change of the gate as the journal keeps it.
type Act = habilitation.Act

// RulesSet replaces the rules, all of them.
type RulesSet struct {
	Rules  []Rule `json:"rules"`
	Reason string `json:"reason"`
}

// Approved lets the held addresses of a message have it: a second person has read it.
type Approved struct {
	Message habilitation.ID `json:"message"`
}

// Refused keeps the held addresses of a message from having it.
type Refused struct {
	Message habilitation.ID `json:"message"`
	Reason  string          `json:"reason"`
}

// Sent says that the server of an address, or the relay before it, has taken a message.
type Sent struct {
	Message habilitation.ID `json:"message"`
	Address string          `json:"address"`
}

// Undeliverable says that an address will not have a message.
type Undeliverable struct {
	Message habilitation.ID `json:"message"`
	Address string          `json:"address"`
	Why     string          `json:"why"` // what the other side said
}

// Kind is the kind of entry in the journal.
func (RulesSet) Kind() string      { return "gate.rules-set" }
func (Approved) Kind() string      { return "gate.approved" }
func (Refused) Kind() string       { return "gate.refused" }
func (Sent) Kind() string          { return "mail.sent" }
func (Undeliverable) Kind() string { return "mail.undeliverable" }

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[RulesSet](),
	habilitation.KindOf[Approved](),
	habilitation.KindOf[Refused](),
	habilitation.KindOf[Sent](),
	habilitation.KindOf[Undeliverable](),
)

// Step is where one address of a message stands.
type Step string

const (
	// Held waits for a second person.
	Held Step = "held"
	// Stopped was refused by the second person.
	Stopped Step = "refused"
	// Waiting is on its way out.
	Waiting Step = "waiting"
	// Gone was taken by the other side.
	Gone Step = "sent"
	// Failed is undeliverable.
	Failed Step = "undeliverable"
)

// Line is one address of a message that leaves.
type Line struct {
	Address string               `json:"address"`
	Rule    string               `json:"rule,omitempty"`
	Found   *Found               `json:"found,omitempty"`  // by what the rule matched
	Unread  []string             `json:"unread,omitempty"` // files whose words nobody knows
	Step    Step                 `json:"step"`
	At      time.Time            `json:"at"`           // since when
	By      habilitation.AgentID `json:"by,omitempty"` // the second person
	Why     string               `json:"why,omitempty"`
}

// Leaving is a message that was released to addresses outside.
type Leaving struct {
	Message   habilitation.ID         `json:"message"`
	Origin    habilitation.AudienceID `json:"origin"`
	Signatory habilitation.AgentID    `json:"signatory"`
	Lines     []Line                  `json:"lines"`
}
