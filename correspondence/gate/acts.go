package gate

import (
	"encoding/json"
	"fmt"
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

// actVersion is the version of every kind of act in this package.
const actVersion = 1

// reader gives the decoder of a kind, nil when the kind is not ours.
func reader(kind string) func([]byte) (habilitation.Act, error) {
	switch kind {
	case RulesSet{}.Kind():
		return habilitation.ReadAct[RulesSet]
	case Approved{}.Kind():
		return habilitation.ReadAct[Approved]
	case Refused{}.Kind():
		return habilitation.ReadAct[Refused]
	case Sent{}.Kind():
		return habilitation.ReadAct[Sent]
	case Undeliverable{}.Kind():
		return habilitation.ReadAct[Undeliverable]
	}
	return nil
}

// IsAct reports whether an act is one of this package.
func IsAct(act habilitation.Act) bool { return reader(act.Kind()) != nil }

// DecodeAct reads an act of this package as EncodeAct wrote it. A kind or version that is not ours is habilitation.ErrUnknownKind,
// anything else than its exact fields is habilitation.ErrBadPayload.
func DecodeAct(kind string, version uint8, payload []byte) (Act, error) {
	read := reader(kind)
	if read == nil || version != actVersion {
		return nil, fmt.Errorf("read %s version %d: %w", kind, version, habilitation.ErrUnknownKind)
	}
	act, err := read(payload)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	return act, nil
}

// EncodeAct writes an act of this package for the journal.
func EncodeAct(act Act) (version uint8, payload []byte, err error) {
	if !IsAct(act) {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), habilitation.ErrUnknownKind)
	}
	if payload, err = json.Marshal(act); err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), err)
	}
	return actVersion, payload, nil
}

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
