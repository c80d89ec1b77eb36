package dossier

import "chancery/habilitation"

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

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[Opened](),
	habilitation.KindOf[MessageAdded](),
	habilitation.KindOf[MessageRemoved](),
	habilitation.KindOf[NoteAdded](),
	habilitation.KindOf[FileAdded](),
	habilitation.KindOf[Shared](),
	habilitation.KindOf[Closed](),
)
