package correspondence

import (
	"encoding/json"
	"fmt"

	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/gate"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
	"chancery/search"
	"chancery/tagging"
)

// reading is what the journal of readings keeps: who is in the entry's header.
type reading struct {
	Message  habilitation.ID `json:"message"`
	Terminal habilitation.ID `json:"terminal,omitzero"`
	Session  habilitation.ID `json:"session,omitzero"`
	How      string          `json:"how"` // page, original, signature, attachment…
}

func encodeReading(r reading) ([]byte, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode reading: %w", err)
	}
	return payload, nil
}

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
