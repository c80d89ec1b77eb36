package tagging

import (
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

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[TagCreated](),
	habilitation.KindOf[TagChanged](),
	habilitation.KindOf[TagDeclared](),
	habilitation.KindOf[DeclarationApproved](),
	habilitation.KindOf[DeclarationRefused](),
	habilitation.KindOf[DeclarationWithdrawn](),
)
