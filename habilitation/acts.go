package habilitation

import (
	"errors"
	"fmt"
	"strings"
)

// Act is one change of the register as the journal keeps it. Acts record results, so that later code never decides history again:
// folding the same acts in the same order always gives the same register.
type Act interface {
	// Kind is the act's name in the journal, "agent.added"; it never changes its meaning.
	Kind() string
}

// Function is what an agent does for the whole house, beside the duties held in audiences.
type Function string

const (
	// Archivist reads every message up to the ceiling of the badge, holds, appraises and transfers.
	Archivist Function = "archivist"
	// Administrator clears agents and terminals and creates audiences; reads no more than another agent.
	Administrator Function = "administrator"
	// Auditor sees who did and who read what; reads no message for it.
	Auditor Function = "auditor"
)

// functions lists the functions in the order of their bits in the register's column.
var functions = [...]Function{Archivist, Administrator, Auditor}

// Duty is the set of what a member does in one audience beyond reading. The zero duty is a plain reader.
type Duty uint8

const (
	// Drafter writes messages in the audience's name.
	Drafter Duty = 1 << iota
	// Signatory releases messages in the audience's name.
	Signatory
	// NumberTwo of a functional group decides who joins it and what tags it declares.
	NumberTwo
	// Manager of an interest community decides who joins it and what tags it declares.
	Manager
	// Collective addresses messages of the audience to collectives, "all posts": given by the house alone.
	Collective
)

var duties = [...]struct {
	duty Duty
	name string
}{{Drafter, "drafter"}, {Signatory, "signatory"}, {NumberTwo, "number two"}, {Manager, "manager"}, {Collective, "collective"}}

// ErrBadDuty is returned for a text or a number that names no duty.
var ErrBadDuty = errors.New("no such duty")

// Has reports whether every duty of other is held.
func (d Duty) Has(other Duty) bool { return d&other == other }

// Valid reports whether d holds known duties only.
func (d Duty) Valid() bool { return d&^(Drafter|Signatory|NumberTwo|Manager|Collective) == 0 }

// String names the duties in a fixed order, "drafter,signatory"; a plain reader is the empty text.
func (d Duty) String() string {
	var names []string
	for _, known := range duties {
		if d.Has(known.duty) {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ",")
}

// MarshalText writes the names of String; unknown duties cannot be written.
func (d Duty) MarshalText() ([]byte, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("write duty %d: %w", uint8(d), ErrBadDuty)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText wrote, and no other spelling of it.
func (d *Duty) UnmarshalText(text []byte) error {
	var read Duty
	if len(text) > 0 {
		for name := range strings.SplitSeq(string(text), ",") {
			for _, known := range duties {
				if known.name == name {
					read |= known.duty
				}
			}
		}
	}
	if read.String() != string(text) {
		return fmt.Errorf("read duty %q: %w", text, ErrBadDuty)
	}
	*d = read
	return nil
}

// Label is a name in the two languages of the house.
type Label struct {
	FR string `json:"fr"`
	EN string `json:"en"`
}

// In is the label in the language ("fr" or "en"); a language without a text, or unknown, falls back to the other, French first.
func (l Label) In(lang string) string {
	if (lang == "en" && l.EN != "") || l.FR == "" {
		return l.EN
	}
	return l.FR
}

// Whole is the label with the text that there is in both languages.
func (l Label) Whole() Label { return Label{FR: l.In("fr"), EN: l.In("en")} }

// IsZero reports whether the label has no text at all.
func (l Label) IsZero() bool { return l == Label{} }

// AgentAdded opens an account. Agents are numbered without gaps; the login is unique whatever its case.
// A guest is somebody outside the house: never cleared above unprotected, without functions, duties or declared tags.
type AgentAdded struct {
	Agent     AgentID    `json:"agent"`
	Login     string     `json:"login"`
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Level     Level      `json:"level"`
	Functions []Function `json:"functions,omitempty"`
	Guest     bool       `json:"guest,omitempty"`
}

// AgentCleared sets how far an agent reads from now on, up or down.
type AgentCleared struct {
	Agent  AgentID `json:"agent"`
	Level  Level   `json:"level"`
	Reason string  `json:"reason"`
}

// AgentAppointed replaces the functions that an agent holds for the house; an empty list withdraws them all.
type AgentAppointed struct {
	Agent     AgentID    `json:"agent"`
	Functions []Function `json:"functions"`
	Reason    string     `json:"reason"`
}

// AgentDisabled closes an account: no badge is minted or renewed until it is enabled again.
type AgentDisabled struct {
	Agent  AgentID `json:"agent"`
	Reason string  `json:"reason"`
}

// AgentEnabled opens a closed account again.
type AgentEnabled struct {
	Agent AgentID `json:"agent"`
}

// TerminalRegistered makes a terminal known by the SHA-256 of the secret that was handed to it.
// The name is for people: it never raises a level.
type TerminalRegistered struct {
	Terminal   ID     `json:"terminal"`
	Name       string `json:"name"`
	Level      Level  `json:"level"`
	SecretHash []byte `json:"secret_hash"`
}

// TerminalCleared sets the highest level that may be read on the terminal from now on, up or down.
type TerminalCleared struct {
	Terminal ID     `json:"terminal"`
	Level    Level  `json:"level"`
	Reason   string `json:"reason"`
}

// TerminalWithdrawn ends a terminal for good: no badge is minted or renewed on it.
type TerminalWithdrawn struct {
	Terminal ID     `json:"terminal"`
	Reason   string `json:"reason"`
}

// AudienceCreated opens a functional group or an interest community. Audiences are numbered without gaps;
// key and timbre are unique whatever their case.
type AudienceCreated struct {
	Audience  AudienceID `json:"audience"`
	Key       string     `json:"key"`
	Community bool       `json:"community"`
	Sort      string     `json:"sort"` // ministry, directorate, cabinet, embassy, consulate, mission, service, community…
	Name      Label      `json:"name"`
	Timbre    string     `json:"timbre,omitempty"` // how a group signs: "DAM", "BAMAKO"; upper case; only a community may have none
	Parent    AudienceID `json:"parent,omitempty"`
	Level     Level      `json:"level"` // the highest level it may be addressed
}

// MemberJoined makes an agent a member with the duties, or gives a member other duties than before.
// A sign-up that waits for the same membership is thereby accepted.
type MemberJoined struct {
	Audience AudienceID `json:"audience"`
	Agent    AgentID    `json:"agent"`
	Duties   Duty       `json:"duties"`
}

// MemberLeft ends a membership.
type MemberLeft struct {
	Audience AudienceID `json:"audience"`
	Agent    AgentID    `json:"agent"`
	Reason   string     `json:"reason"`
}

// SignupRequested is an agent asking to join an audience.
type SignupRequested struct {
	Request  ID         `json:"request"`
	Audience AudienceID `json:"audience"`
	Agent    AgentID    `json:"agent"`
	Motive   string     `json:"motive"`
}

// SignupAccepted makes the asking agent a member with the duties.
type SignupAccepted struct {
	Request ID   `json:"request"`
	Duties  Duty `json:"duties"`
}

// SignupRefused closes a sign-up; the reason is shown to the agent who asked.
type SignupRefused struct {
	Request ID     `json:"request"`
	Reason  string `json:"reason"`
}

// Kind is "agent.added".
func (AgentAdded) Kind() string { return "agent.added" }

// Kind is "agent.cleared".
func (AgentCleared) Kind() string { return "agent.cleared" }

// Kind is "agent.appointed".
func (AgentAppointed) Kind() string { return "agent.appointed" }

// Kind is "agent.disabled".
func (AgentDisabled) Kind() string { return "agent.disabled" }

// Kind is "agent.enabled".
func (AgentEnabled) Kind() string { return "agent.enabled" }

// Kind is "terminal.registered".
func (TerminalRegistered) Kind() string { return "terminal.registered" }

// Kind is "terminal.cleared".
func (TerminalCleared) Kind() string { return "terminal.cleared" }

// Kind is "terminal.withdrawn".
func (TerminalWithdrawn) Kind() string { return "terminal.withdrawn" }

// Kind is "audience.created".
func (AudienceCreated) Kind() string { return "audience.created" }

// Kind is "member.joined".
func (MemberJoined) Kind() string { return "member.joined" }

// Kind is "member.left".
func (MemberLeft) Kind() string { return "member.left" }

// Kind is "signup.requested".
func (SignupRequested) Kind() string { return "signup.requested" }

// Kind is "signup.accepted".
func (SignupAccepted) Kind() string { return "signup.accepted" }

// Kind is "signup.refused".
func (SignupRefused) Kind() string { return "signup.refused" }
