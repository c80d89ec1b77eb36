package correspondence

import (
	"errors"
	"fmt"
	"time"

	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/gate"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
	"chancery/search"
	"chancery/tagging"
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

// refusals maps what the lower packages say to what a reader is told.
var refusals = []struct {
	is    error
	gives *Refusal
}{
	{habilitation.ErrNotAdmitted, refuse(NotAdmitted, "")},
	{habilitation.ErrNotMandated, refuse(NotMandated, "")},
	{habilitation.ErrReasonMissing, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "reason", Key: "missing"}}}},
	{habilitation.ErrNotGivable, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "duties", Key: "not-yours-to-give"}}}},
	{habilitation.ErrAlreadyMember, refuse(Conflict, "already-member")},
	{habilitation.ErrAlreadyAsked, refuse(Conflict, "already-asked")},
	{habilitation.ErrDecided, refuse(Conflict, "decided")},
	{habilitation.ErrNotCleared, refuse(Invalid, "group-not-cleared")},
	{circuit.ErrUnknown, errUnknown},
	{circuit.ErrInCircuit, refuse(Conflict, "draft-in-circuit")},
	{circuit.ErrNotOpen, refuse(Conflict, "round-closed")},
	{circuit.ErrChanged, refuse(Conflict, "changed-since-visas")},
	{circuit.ErrNotAsked, refuse(Conflict, "visa-not-asked")},
	{circuit.ErrOwnVisa, refuse(NotMandated, "own-visa")},
	{circuit.ErrVisaMissing, refuse(Conflict, "visa-missing")},
	{circuit.ErrRule, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "steps", Key: "rule-demands-more"}}}},
	{circuit.ErrBadSteps, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "steps", Key: "missing"}}}},
	{circuit.ErrHeld, refuse(Conflict, "draft-held")},
	{circuit.ErrNotHeld, refuse(Conflict, "draft-not-held")},
	{circuit.ErrAbandoned, refuse(Conflict, "draft-abandoned")},
	{circuit.ErrSameRule, refuse(Conflict, "same-rule")},
	{tagging.ErrAlreadyDeclared, refuse(Conflict, "already-declared")},
	{tagging.ErrNotDeclared, refuse(Conflict, "not-declared")},
	{tagging.ErrNotActive, refuse(Conflict, "tag-not-active")},
	{dossier.ErrClosed, refuse(Conflict, "dossier-closed")},
	{dossier.ErrKeyTaken, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "key", Key: "key-taken"}}}},
	{dossier.ErrThere, refuse(Conflict, "message-in-dossier")},
	{dossier.ErrNotThere, errUnknown},
	{dossier.ErrOpenTo, refuse(Conflict, "dossier-shared")},
	{dossier.ErrNoteEmpty, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "text", Key: "missing"}}}},
	{habilitation.ErrUnknown, errUnknown},
	{search.ErrUnknown, errUnknown},
	{search.ErrTooWide, refuse(Invalid, "phrase-too-wide")},
	{gate.ErrDecided, refuse(Conflict, "decided")},
	{gate.ErrSamePerson, refuse(NotMandated, "second-person")},
	{gate.ErrUnknown, errUnknown},
	{keeping.ErrSame, refuse(Conflict, "same-place")},
	{keeping.ErrFreeze, errUnknown},
	{ErrClosing, refuse(Busy, "closing")},
}

// refusalOf turns the sentinels of the lower packages into the words that a reader is given; anything else stays internal.
func refusalOf(err error) error {
	if err == nil {
		return nil
	}
	var already *Refusal
	if errors.As(err, &already) {
		return already
	}
	var many *habilitation.TooManyAttempts
	if errors.As(err, &many) {
		return &Refusal{Cause: Throttled, Wait: many.Wait}
	}
	for _, known := range refusals {
		if errors.Is(err, known.is) {
			return known.gives
		}
	}
	return err
}
