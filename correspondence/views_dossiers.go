package correspondence

import (
	"time"

	"chancery/habilitation"
)

// DossierRef names a dossier that the reader may open.
type DossierRef struct {
	ID    habilitation.ID    `json:"id"`
	Key   string             `json:"key"`
	Title string             `json:"title"`
	Level habilitation.Level `json:"level"`
}

// DossierView is a dossier as one row of a list. Every count is the reader's own: a message that they may not see is not counted.
type DossierView struct {
	DossierRef
	Owner    AudienceRef   `json:"owner"`
	Readers  []AudienceRef `json:"readers"` // whom it is open to beside the owner
	OpenedBy AgentRef      `json:"opened_by"`
	OpenedAt time.Time     `json:"opened_at"`
	LastAt   time.Time     `json:"last_at"` // when the last thing that the reader sees came in
	Closed   bool          `json:"closed"`
	ClosedBy *AgentRef     `json:"closed_by,omitempty"`
	ClosedAt *time.Time    `json:"closed_at,omitempty"`
	Reason   string        `json:"reason,omitempty"` // of the closing
	Messages int           `json:"messages"`
	Notes    int           `json:"notes"`
	Files    int           `json:"files"`
	MayWrite bool          `json:"may_write"` // the reader writes in it, and it is not closed
}

// DossierPage is a dossier opened: a page of its messages, newest first, and all its notes and files.
type DossierPage struct {
	DossierView
	Items     []DossierMessage `json:"items"`
	Next      *habilitation.ID `json:"next"` // of the messages; null at the end
	NoteItems []NoteView       `json:"note_items"`
	FileItems []DossierFile    `json:"file_items"`
}

// Highest is the level that must stand on whatever shows the page: the dossier's, or that of a message in it that is higher.
func (p *DossierPage) Highest() habilitation.Level {
	level := p.Level
	for i := range p.Items {
		level = max(level, p.Items[i].Level)
	}
	return level
}

// DossierMessage is a message of a dossier that the reader may see.
type DossierMessage struct {
	Headline
	AddedBy AgentRef  `json:"added_by"`
	AddedAt time.Time `json:"added_at"`
}

// NoteView is a note of a dossier.
type NoteView struct {
	ID    habilitation.ID    `json:"id"`
	Level habilitation.Level `json:"level"`
	Text  string             `json:"text"`
	By    AgentRef           `json:"by"`
	At    time.Time          `json:"at"`
}

// DossierFile is a file of a dossier.
type DossierFile struct {
	ID habilitation.ID `json:"id"`
	AttachmentView
	By AgentRef  `json:"by"`
	At time.Time `json:"at"`
}

// DossierForm opens a dossier.
type DossierForm struct {
	Key     string   `json:"key,omitempty" validate:"max=60"` // small letters, digits and hyphens; default: made from the title
	Title   string   `json:"title" validate:"max=1000"`
	Owner   string   `json:"owner" validate:"max=100"`                          // key of the group or community that it belongs to
	Level   string   `json:"level" validate:"max=20"`                           // no silent default
	Members []string `json:"members,omitempty" validate:"max=100,dive,max=100"` // keys of those who read it beside the owner
}

// NoteForm is a note to write into a dossier.
type NoteForm struct {
	Text  string `json:"text" validate:"max=100000"`
	Level string `json:"level,omitempty" validate:"max=20"` // default: the dossier's
}

// DossierQuery asks for a page of a dossier's messages.
type DossierQuery struct {
	Limit int             // 1 to 1000; 0 means 200
	After habilitation.ID // the last message of the page before; zero: from the newest
}

// ThreadView is a message with all that is joined to it by references, answers, follow-ups and corrections, as far as the reader may see,
// in the order of time.
type ThreadView struct {
	Items []ThreadMessage `json:"items"`
	More  bool            `json:"more"` // the thread is longer than what is shown
}

// ThreadMessage is a message of a thread with what it points to in it.
type ThreadMessage struct {
	Headline
	Links []ThreadLink `json:"links"`
}

// ThreadLink says how a message of a thread refers to an earlier one.
type ThreadLink struct {
	How string          `json:"how" enum:"cites,answers,follows,corrects"` // cites, answers, follows, corrects
	ID  habilitation.ID `json:"id"`
}
