package correspondence

import (
	"fmt"
	"time"
)

// Cause is why something was refused; web maps each to one status.
type Cause string

const (
	// Invalid: what was written has faults, each named.
	Invalid Cause = "invalid"
	// Unknown: it does not exist, or not for this reader. The two are one answer.
	Unknown Cause = "unknown"
	// NotAdmitted: no pass, or one that no longer holds.
	NotAdmitted Cause = "not-admitted"
	// NotMandated: the agent may see it but has not the duty that the act needs.
	NotMandated Cause = "not-mandated"
	// StepUp: the agent has not shown the password for a while, and this needs it; shown again, the same asks anew and goes on.
	StepUp Cause = "step-up"
	// Conflict: it was changed, decided or released in the meantime.
	Conflict Cause = "conflict"
	// Throttled: too many failures of late; it may be tried again after Wait.
	Throttled Cause = "too-many-attempts"
	// Busy: the house cannot do it now; nothing was done.
	Busy Cause = "busy"
)

// Fault is one thing wrong with one field, as a message key that web translates.
type Fault struct {
	Field string            `json:"field"`          // as in the JSON form: "subject", "action[1].deadline"
	Key   string            `json:"key"`            // "missing", "too-long", "group-unknown", …
	Args  map[string]string `json:"args,omitempty"` // what the sentence names
}

// Refusal is the only error whose words reach a reader.
type Refusal struct {
	Cause  Cause
	Key    string        // the message key of the whole, "" for the cause's own sentence
	Wait   time.Duration // of what is throttled
	Faults []Fault       // all of them at once, in the order of the form

	// Of a draft that was changed in the meantime: the text that stands, the one that was refused and is kept aside, and what differs between
	// the text that the agent knew and the one that stands.
	Stands, Refused *DraftView
	Difference      []FieldDifference
}

// Error is for logs and tests.
func (r *Refusal) Error() string {
	if len(r.Faults) > 0 {
		return fmt.Sprintf("refused: %s %s (%d faults, first %s: %s)", r.Cause, r.Key, len(r.Faults), r.Faults[0].Field, r.Faults[0].Key)
	}
	return fmt.Sprintf("refused: %s %s", r.Cause, r.Key)
}

func refuse(cause Cause, key string) *Refusal { return &Refusal{Cause: cause, Key: key} }

var errUnknown = refuse(Unknown, "")
