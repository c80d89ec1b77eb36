package tagging

import (
	"encoding/json"
	"errors"
	"fmt"

	"chancery/habilitation"
)

// Act is one change of the thesaurus or of the declarations as the journal keeps it.
type Act = habilitation.Act

// State is whether a tag may be put on messages and declared.
type State string

const (
	// Active tags are offered, put on messages and declared.
	Active State = "active"
	// Proposed tags wait for the keepers of the thesaurus.
	Proposed State = "proposed"
	// Retired tags stay on the messages that bear them and are still found; they are neither offered nor declared anew.
	Retired State = "retired"
)

// Valid reports whether s is one of the three states.
func (s State) Valid() bool { return s == Active || s == Proposed || s == Retired }

// ErrBadState is returned for a text that names no state.
var ErrBadState = errors.New("no such state of a tag")

// UnmarshalText reads the name of a state.
func (s *State) UnmarshalText(text []byte) error {
	if !State(text).Valid() {
		return fmt.Errorf("read state %q: %w", text, ErrBadState)
	}
	*s = State(text)
	return nil
}

// TagCreated enters a tag in the thesaurus. Tags are numbered without gaps; the key is unique once folded.
type TagCreated struct {
	Tag      habilitation.TagID      `json:"tag"`
	Key      string                  `json:"key"`
	Label    habilitation.Label      `json:"label"`
	Synonyms []string                `json:"synonyms,omitempty"`
	Steward  habilitation.AudienceID `json:"steward,omitempty"` // who approves declarations for restricted messages; zero for nobody
	State    State                   `json:"state"`
}

// TagChanged gives a tag other words, another steward or another state; its number and key stay.
type TagChanged struct {
	Tag      habilitation.TagID      `json:"tag"`
	Label    habilitation.Label      `json:"label"`
	Synonyms []string                `json:"synonyms,omitempty"`
	Steward  habilitation.AudienceID `json:"steward,omitempty"`
	State    State                   `json:"state"`
}

// TagDeclared is an audience declaring its interest in a tag, up to a level. For unprotected messages it holds at once,
// also when restricted was asked; for restricted messages it holds once the tag's steward has approved it.
type TagDeclared struct {
	Declaration habilitation.ID         `json:"declaration"`
	Tag         habilitation.TagID      `json:"tag"`
	Audience    habilitation.AudienceID `json:"audience"`
	Level       habilitation.Level      `json:"level"`
}

// DeclarationApproved is the tag's steward granting a declaration for restricted messages.
type DeclarationApproved struct {
	Declaration habilitation.ID `json:"declaration"`
}

// DeclarationRefused is the tag's steward refusing it for restricted messages; for unprotected ones it goes on.
type DeclarationRefused struct {
	Declaration habilitation.ID `json:"declaration"`
	Reason      string          `json:"reason"`
}

// DeclarationWithdrawn ends an audience's interest in a tag at every level, at once.
type DeclarationWithdrawn struct {
	Tag      habilitation.TagID      `json:"tag"`
	Audience habilitation.AudienceID `json:"audience"`
	Reason   string                  `json:"reason"`
}

// Kind is "tag.created".
func (TagCreated) Kind() string { return "tag.created" }

// Kind is "tag.changed".
func (TagChanged) Kind() string { return "tag.changed" }

// Kind is "tag.declared".
func (TagDeclared) Kind() string { return "tag.declared" }

// Kind is "tag.approved".
func (DeclarationApproved) Kind() string { return "tag.approved" }

// Kind is "tag.refused".
func (DeclarationRefused) Kind() string { return "tag.refused" }

// Kind is "tag.withdrawn".
func (DeclarationWithdrawn) Kind() string { return "tag.withdrawn" }

// actVersion is the version of every kind of act in this package.
const actVersion = 1

// reader gives the decoder of a kind, nil when the kind is not ours.
func reader(kind string) func([]byte) (Act, error) {
	switch kind {
	case TagCreated{}.Kind():
		return habilitation.ReadAct[TagCreated]
	case TagChanged{}.Kind():
		return habilitation.ReadAct[TagChanged]
	case TagDeclared{}.Kind():
		return habilitation.ReadAct[TagDeclared]
	case DeclarationApproved{}.Kind():
		return habilitation.ReadAct[DeclarationApproved]
	case DeclarationRefused{}.Kind():
		return habilitation.ReadAct[DeclarationRefused]
	case DeclarationWithdrawn{}.Kind():
		return habilitation.ReadAct[DeclarationWithdrawn]
	}
	return nil
}

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
	if reader(act.Kind()) == nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), habilitation.ErrUnknownKind)
	}
	payload, err = json.Marshal(act)
	if err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), err)
	}
	return actVersion, payload, nil
}

// IsAct reports whether the act is one of this package's.
func IsAct(act habilitation.Act) bool { return reader(act.Kind()) != nil }
