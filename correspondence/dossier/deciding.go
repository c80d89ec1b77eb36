package dossier

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"chancery/habilitation"
)

var (
	// ErrUnknown is returned for a dossier or an audience that does not exist, and to whoever does not read the dossier.
	ErrUnknown = habilitation.ErrUnknown
	// ErrNotMandated is returned to a reader of the dossier who does not write in it.
	ErrNotMandated = habilitation.ErrNotMandated
	// ErrNotCleared is returned for a level above what the agent, the owner or a reader may have.
	ErrNotCleared = habilitation.ErrNotCleared
	// ErrReasonMissing is returned for taking a message out, or closing, without a reason.
	ErrReasonMissing = habilitation.ErrReasonMissing
	// ErrClosed is returned for writing into a closed dossier.
	ErrClosed = errors.New("dossier is closed")
	// ErrKeyTaken is returned for a key that another dossier of the same owner and level bears.
	ErrKeyTaken = errors.New("key is taken")
	// ErrThere is returned for adding a message that stands in the dossier already.
	ErrThere = errors.New("message is in the dossier")
	// ErrNotThere is returned for taking out a message that does not stand in the dossier.
	ErrNotThere = errors.New("message is not in the dossier")
	// ErrOpenTo is returned for sharing with an audience that reads the dossier already.
	ErrOpenTo = errors.New("dossier is open to that audience")
	// ErrNoteEmpty is returned for a note without a text.
	ErrNoteEmpty = errors.New("note without a text")
)

// Writes reports whether the agent writes in dossiers of the audience: an enabled drafter or signatory of a group, or the manager of a
// community.
func Writes(reg *habilitation.Register, agent habilitation.AgentID, owner habilitation.AudienceID) bool {
	who, known := reg.Agent(agent)
	duties, member := reg.Duties(agent, owner)
	const writing = habilitation.Drafter | habilitation.Signatory | habilitation.Manager
	return known && !who.Disabled && !who.Guest && member && duties&writing != 0
}

// Open decides whether the agent may begin a dossier of the owner, read by the members beside it, and gives the act to append.
func (d *Dossiers) Open(reg *habilitation.Register, by habilitation.AgentID, act Opened) (Opened, error) {
	owner, known := reg.Audience(act.Owner)
	if !known {
		return Opened{}, fmt.Errorf("open dossier: %w", ErrUnknown)
	}
	if !Writes(reg, by, act.Owner) {
		return Opened{}, fmt.Errorf("open dossier: %w", ErrNotMandated)
	}
	if who, _ := reg.Agent(by); act.Level > owner.Level || act.Level > who.Level {
		return Opened{}, fmt.Errorf("open dossier of audience %d: %w", act.Owner, ErrNotCleared)
	}
	slices.Sort(act.Members)
	act.Members = slices.DeleteFunc(slices.Compact(act.Members), func(a habilitation.AudienceID) bool { return a == act.Owner })
	for _, member := range act.Members {
		if err := mayRead(reg, member, act.Level); err != nil {
			return Opened{}, fmt.Errorf("open dossier to audience %d: %w", member, err)
		}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.byName[name{act.Owner, act.Level, strings.ToLower(act.Key)}] {
		return Opened{}, fmt.Errorf("open dossier %q: %w", act.Key, ErrKeyTaken)
	}
	return act, nil
}

// mayRead tells whether a dossier of the level may be shared with an audience.
func mayRead(reg *habilitation.Register, audience habilitation.AudienceID, level habilitation.Level) error {
	a, known := reg.Audience(audience)
	if !known {
		return ErrUnknown
	}
	if level > a.Level {
		return ErrNotCleared
	}
	return nil
}

// writing is a dossier that the agent writes in and that is open.
func (d *Dossiers) writing(reg *habilitation.Register, by habilitation.AgentID, id habilitation.ID) (Dossier, error) {
	one, known := d.Find(id)
	who, _ := reg.Agent(by)
	if !known || who.Level < one.Level {
		return Dossier{}, ErrUnknown
	}
	if !Writes(reg, by, one.Owner) {
		return Dossier{}, ErrNotMandated
	}
	if one.IsClosed() {
		return Dossier{}, ErrClosed
	}
	return one, nil
}

// AddMessage decides whether the agent may put the message into the dossier, and gives the act to append. Whether the agent may read the
// message is not known here: whoever calls has asked the rule.
func (d *Dossiers) AddMessage(reg *habilitation.Register, by habilitation.AgentID, id, message habilitation.ID) (MessageAdded, error) {
	one, err := d.writing(reg, by, id)
	if err == nil && one.Has(message) {
		err = ErrThere
	}
	if err != nil {
		return MessageAdded{}, fmt.Errorf("add message to dossier: %w", err)
	}
	return MessageAdded{Dossier: id, Message: message}, nil
}

// RemoveMessage decides whether the agent may take the message out of the dossier, and gives the act to append.
func (d *Dossiers) RemoveMessage(reg *habilitation.Register, by habilitation.AgentID, id, message habilitation.ID, reason string) (MessageRemoved, error) {
	one, err := d.writing(reg, by, id)
	switch {
	case err != nil:
	case !one.Has(message):
		err = ErrNotThere
	case strings.TrimSpace(reason) == "":
		err = ErrReasonMissing
	}
	if err != nil {
		return MessageRemoved{}, fmt.Errorf("take message out of dossier: %w", err)
	}
	return MessageRemoved{Dossier: id, Message: message, Reason: reason}, nil
}

// AddNote decides whether the agent may write the note into the dossier, and gives the act to append.
func (d *Dossiers) AddNote(reg *habilitation.Register, by habilitation.AgentID, act NoteAdded) (NoteAdded, error) {
	one, err := d.writing(reg, by, act.Dossier)
	switch {
	case err != nil:
	case strings.TrimSpace(act.Text) == "":
		err = ErrNoteEmpty
	case act.Level > one.Level:
		err = ErrNotCleared
	}
	if err != nil {
		return NoteAdded{}, fmt.Errorf("add note to dossier: %w", err)
	}
	return act, nil
}

// AddFile decides whether the agent may put the file into the dossier, and gives the act to append.
func (d *Dossiers) AddFile(reg *habilitation.Register, by habilitation.AgentID, act FileAdded) (FileAdded, error) {
	one, err := d.writing(reg, by, act.Dossier)
	if err == nil && act.Level > one.Level {
		err = ErrNotCleared
	}
	if err != nil {
		return FileAdded{}, fmt.Errorf("add file to dossier: %w", err)
	}
	return act, nil
}

// Share decides whether the agent may let the audience read the dossier, and gives the act to append.
func (d *Dossiers) Share(reg *habilitation.Register, by habilitation.AgentID, id habilitation.ID, audience habilitation.AudienceID) (Shared, error) {
	one, err := d.writing(reg, by, id)
	if err == nil {
		err = mayRead(reg, audience, one.Level)
	}
	if err == nil && one.OpenTo(audience) {
		err = ErrOpenTo
	}
	if err != nil {
		return Shared{}, fmt.Errorf("share dossier with audience %d: %w", audience, err)
	}
	return Shared{Dossier: id, Audience: audience}, nil
}

// Close decides whether the agent may end the writing in the dossier, and gives the act to append.
func (d *Dossiers) Close(reg *habilitation.Register, by habilitation.AgentID, id habilitation.ID, reason string) (Closed, error) {
	_, err := d.writing(reg, by, id)
	if err == nil && strings.TrimSpace(reason) == "" {
		err = ErrReasonMissing
	}
	if err != nil {
		return Closed{}, fmt.Errorf("close dossier: %w", err)
	}
	return Closed{Dossier: id, Reason: reason}, nil
}
