package dossier

import (
	"encoding/json"
	"fmt"

	"chancery/habilitation"
)

// Act is one change of a dossier as the journal keeps it.
type Act = habilitation.Act

// Opened begins a dossier. Its key is unique among the dossiers of the same owner and level: a key tells nobody what they may not see.
type Opened struct {
	Dossier habilitation.ID           `json:"dossier"`
	Key     string                    `json:"key"`
	Title   string                    `json:"title"`
	Owner   habilitation.AudienceID   `json:"owner"`
	Level   habilitation.Level        `json:"level"`
	Members []habilitation.AudienceID `json:"members,omitempty"` // who read it beside the owner, ascending
}

// MessageAdded puts a message into a dossier.
type MessageAdded struct {
	Dossier habilitation.ID `json:"dossier"`
	Message habilitation.ID `json:"message"`
}

// MessageRemoved takes a message out of a dossier; the message stays where it was.
type MessageRemoved struct {
	Dossier habilitation.ID `json:"dossier"`
	Message habilitation.ID `json:"message"`
	Reason  string          `json:"reason"`
}

// NoteAdded writes a note into a dossier, never above the dossier's level.
type NoteAdded struct {
	Dossier habilitation.ID    `json:"dossier"`
	Note    habilitation.ID    `json:"note"`
	Level   habilitation.Level `json:"level"`
	Text    string             `json:"text"`
}

// FileAdded puts a file of the vault into a dossier, never above the dossier's level.
type FileAdded struct {
	Dossier habilitation.ID    `json:"dossier"`
	File    habilitation.ID    `json:"file"`
	Level   habilitation.Level `json:"level"`
	Name    string             `json:"name"`
	Type    string             `json:"type"`
	Size    int64              `json:"size"`
	SHA512  string             `json:"sha512"` // lower-case hexadecimal
}

// Shared lets the members of one more audience read a dossier.
type Shared struct {
	Dossier  habilitation.ID         `json:"dossier"`
	Audience habilitation.AudienceID `json:"audience"`
}

// Closed ends the writing in a dossier; it is read as before.
type Closed struct {
	Dossier habilitation.ID `json:"dossier"`
	Reason  string          `json:"reason"`
}

// Kind is "dossier.opened".
func (Opened) Kind() string { return "dossier.opened" }

// Kind is "dossier.message-added".
func (MessageAdded) Kind() string { return "dossier.message-added" }

// Kind is "dossier.message-removed".
func (MessageRemoved) Kind() string { return "dossier.message-removed" }

// Kind is "dossier.note-added".
func (NoteAdded) Kind() string { return "dossier.note-added" }

// Kind is "dossier.file-added".
func (FileAdded) Kind() string { return "dossier.file-added" }

// Kind is "dossier.shared".
func (Shared) Kind() string { return "dossier.shared" }

// Kind is "dossier.closed".
func (Closed) Kind() string { return "dossier.closed" }

// actVersion is the version of every kind of act in this package.
const actVersion = 1

// reader gives the decoder of a kind, nil when the kind is not ours.
func reader(kind string) func([]byte) (Act, error) {
	switch kind {
	case Opened{}.Kind():
		return habilitation.ReadAct[Opened]
	case MessageAdded{}.Kind():
		return habilitation.ReadAct[MessageAdded]
	case MessageRemoved{}.Kind():
		return habilitation.ReadAct[MessageRemoved]
	case NoteAdded{}.Kind():
		return habilitation.ReadAct[NoteAdded]
	case FileAdded{}.Kind():
		return habilitation.ReadAct[FileAdded]
	case Shared{}.Kind():
		return habilitation.ReadAct[Shared]
	case Closed{}.Kind():
		return habilitation.ReadAct[Closed]
	}
	return nil
}

// IsAct reports whether the act is one of this package's.
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
	if reader(act.Kind()) == nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), habilitation.ErrUnknownKind)
	}
	payload, err = json.Marshal(act)
	if err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), err)
	}
	return actVersion, payload, nil
}
