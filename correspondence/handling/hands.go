package handling

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"chancery/habilitation"
)

var (
	// ErrAlreadyAddressed is returned for adding an audience that is an addressee.
	ErrAlreadyAddressed = errors.New("already an addressee")
	// ErrAlreadyShared is returned for sharing with a community that has the message.
	ErrAlreadyShared = errors.New("already shared")
	// ErrNotShared is returned for revoking what is not shared.
	ErrNotShared = errors.New("not shared")
	// ErrNotCommunity is returned for sharing with a functional group, which is added as an addressee.
	ErrNotCommunity = errors.New("not a community")
	// ErrNotEntrusted is returned for accepting or declining what was not given to one, or is no more.
	ErrNotEntrusted = errors.New("not entrusted")
	// ErrNotMember is returned for entrusting to somebody outside the addressee.
	ErrNotMember = errors.New("not a member")
	// ErrSilenceOver is returned for breaking a silence that does not run any more.
	ErrSilenceOver = errors.New("no silence procedure runs")
	// ErrSpokenAlready is returned for breaking a silence a second time for one addressee.
	ErrSpokenAlready = errors.New("silence broken already")
	// ErrExpired is returned for beginning to handle what is no longer to be acted upon.
	ErrExpired = errors.New("no longer to be acted upon")
	// ErrOvertaken is returned for beginning to handle what a later message cancelled or replaced.
	ErrOvertaken = errors.New("cancelled or replaced")
	// ErrNotRinging is returned for acknowledging an alert a second time.
	ErrNotRinging = errors.New("alert acknowledged already")
)

// TakenError is returned to whoever claims what somebody holds: it says who and since when.
type TakenError struct{ Stamp }

// Error says so for logs.
func (e *TakenError) Error() string { return fmt.Sprintf("taken by agent %d at %s", e.By, e.At) }

// EndedError is returned for handling what has ended: as what, and by whom.
type EndedError struct {
	State State
	Stamp
}

// Error says so for logs.
func (e *EndedError) Error() string { return fmt.Sprintf("%s by agent %d at %s", e.State, e.By, e.At) }

// Mandates tells who may do what for an audience: the register does.
type Mandates interface {
	Audience(habilitation.AudienceID) (habilitation.Audience, bool)
	Agent(habilitation.AgentID) (habilitation.Agent, bool)
	Duties(habilitation.AgentID, habilitation.AudienceID) (habilitation.Duty, bool)
	MayActOn(habilitation.AgentID, habilitation.AudienceID, habilitation.Duty, habilitation.Level, time.Time) (onBehalf habilitation.AgentID, ok bool)
}

// Hand is who asks for something about a message, and when; Level is what the message bears now, and Overtaken that a later message which the agent
// may read cancelled or replaced it.
type Hand struct {
	Register  Mandates
	Agent     habilitation.AgentID
	At        time.Time
	Level     habilitation.Level
	Overtaken bool
}

// member reports whether the agent belongs to the audience; a guest reads and handles nothing.
func (h Hand) member(audience habilitation.AudienceID) bool {
	_, member := h.Register.Duties(h.Agent, audience)
	agent, _ := h.Register.Agent(h.Agent)
	return member && !agent.Guest
}

// may reports whether the agent does one of the duties in the audience, and on whose behalf: zero for a right of their own.
func (h Hand) may(audience habilitation.AudienceID, duties ...habilitation.Duty) (onBehalf habilitation.AgentID, ok bool) {
	for _, duty := range duties {
		behalf, may := h.Register.MayActOn(h.Agent, audience, duty, h.Level, h.At)
		if may && behalf == 0 {
			return 0, true
		}
		if may && !ok {
			onBehalf, ok = behalf, true
		}
	}
	return onBehalf, ok
}

// directs is may for the number two of a group, the manager of a community.
func (h Hand) directs(audience habilitation.AudienceID) (onBehalf habilitation.AgentID, ok bool) {
	if a, _ := h.Register.Audience(audience); a.Community {
		return h.may(audience, habilitation.Manager)
	}
	return h.may(audience, habilitation.NumberTwo)
}

// writes is may for whoever drafts or signs.
func (h Hand) writes(audience habilitation.AudienceID) (onBehalf habilitation.AgentID, ok bool) {
	return h.may(audience, habilitation.Drafter, habilitation.Signatory)
}

// cleared reports an audience that does not exist, or may not be addressed at the level.
func (h Hand) cleared(audience habilitation.AudienceID) error {
	to, known := h.Register.Audience(audience)
	if !known {
		return habilitation.ErrUnknown
	}
	if to.Level < h.Level {
		return habilitation.ErrNotCleared
	}
	return nil
}

// reasoned refuses an act whose reason was not given.
func reasoned[A habilitation.Act](act A, reason string) (A, error) {
	if strings.TrimSpace(reason) == "" {
		var none A
		return none, habilitation.ErrReasonMissing
	}
	return act, nil
}
