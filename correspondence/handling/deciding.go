package handling

import (
	"fmt"
	"time"

	"chancery/habilitation"
)

// line finds the line for somebody who may handle it while it has not ended. Who does not belong to the addressee is not mandated.
func (m *Matters) line(h Hand, message habilitation.ID, audience habilitation.AudienceID) (Line, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	if one == nil || one.line(audience) == nil {
		return Line{}, habilitation.ErrUnknown
	}
	if !h.member(audience) {
		return Line{}, habilitation.ErrNotMandated
	}
	l := *one.line(audience)
	if l.State.Ended() {
		return l, &EndedError{State: l.State, Stamp: l.Details().End.Stamp}
	}
	return l, nil
}

// begin finds the line for somebody who means to begin handling it: not of a message that is no longer to be acted upon.
func (m *Matters) begin(h Hand, message habilitation.ID, audience habilitation.AudienceID) (Line, error) {
	l, err := m.line(h, message, audience)
	if err == nil {
		err = m.past(h, message)
	}
	return l, err
}

// past tells why a message is no longer to be acted upon; nil for one that is.
func (m *Matters) past(h Hand, message habilitation.ID) error {
	if h.Overtaken {
		return ErrOvertaken
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if until := m.state.by[message].until; until != 0 && h.At.After(secondsOf(until)) {
		return ErrExpired
	}
	return nil
}

// taken says who holds the line, since when.
func taken(l Line) error { return &TakenError{Stamp{By: l.Holder, At: l.Details().HeldSince}} }

// Take decides whether the agent may take the message in charge for the addressee, and gives the act to append. It has one winner.
func (m *Matters) Take(h Hand, message habilitation.ID, audience habilitation.AudienceID, due time.Time) (WasTaken, error) {
	l, err := m.begin(h, message, audience)
	if err == nil && l.Holder != 0 {
		err = taken(l)
	}
	if err != nil {
		return WasTaken{}, fmt.Errorf("take %s: %w", message, err)
	}
	return WasTaken{Message: message, Audience: audience, Due: due}, nil
}

// Assign decides whether the agent may entrust the message to another member, who must accept: its holder may, who directs the group, and where
// nobody holds it whoever drafts or signs there. The member must be cleared for the level that the message bears now.
func (m *Matters) Assign(h Hand, act Assigned) (Assigned, error) {
	behalf, err := m.mayEnd(h, act.Message, act.Audience)
	if err == nil {
		err = m.past(h, act.Message)
	}
	if err != nil {
		return Assigned{}, fmt.Errorf("entrust %s: %w", act.Message, err)
	}
	l, _ := m.line(h, act.Message, act.Audience)
	to := h
	to.Agent = act.To
	agent, _ := h.Register.Agent(act.To)
	switch {
	case !to.member(act.Audience) || agent.Disabled || act.To == h.Agent || act.To == l.Holder:
		return Assigned{}, fmt.Errorf("entrust %s to %d: %w", act.Message, act.To, ErrNotMember)
	case agent.Level < h.Level:
		return Assigned{}, fmt.Errorf("entrust %s to %d: %w", act.Message, act.To, habilitation.ErrNotCleared)
	}
	act.For = behalf
	return act, nil
}

// Accept decides whether the agent may accept what was entrusted to them.
func (m *Matters) Accept(h Hand, message habilitation.ID, audience habilitation.AudienceID) (Accepted, error) {
	err := m.entrusted(h, message, audience)
	if err == nil {
		err = m.past(h, message)
	}
	if err != nil {
		return Accepted{}, fmt.Errorf("accept %s: %w", message, err)
	}
	return Accepted{Message: message, Audience: audience}, nil
}

// Decline decides whether the agent may give it back; they say why.
func (m *Matters) Decline(h Hand, act Declined) (Declined, error) {
	if err := m.entrusted(h, act.Message, act.Audience); err != nil {
		return Declined{}, fmt.Errorf("decline %s: %w", act.Message, err)
	}
	return reasoned(act, act.Reason)
}

func (m *Matters) entrusted(h Hand, message habilitation.ID, audience habilitation.AudienceID) error {
	l, err := m.line(h, message, audience)
	if err != nil {
		return err
	}
	if e := l.Details().Entrusted; e == nil || e.To != h.Agent {
		return ErrNotEntrusted
	}
	return nil
}

// Close decides whether the agent may end the handling without answer: its holder, who directs the group, and where nobody holds it whoever
// drafts or signs there. They say why.
func (m *Matters) Close(h Hand, act WasClosed) (WasClosed, error) {
	behalf, err := m.mayEnd(h, act.Message, act.Audience)
	if err != nil {
		return WasClosed{}, fmt.Errorf("close %s: %w", act.Message, err)
	}
	act.For = behalf
	return reasoned(act, act.Reason)
}

// Misaddressed decides whether the agent may say that the message is not their group's: who may close it may. The desk is where it falls.
func (m *Matters) Misaddressed(h Hand, act WasMisaddressed) (WasMisaddressed, error) {
	behalf, err := m.mayEnd(h, act.Message, act.Audience)
	if err != nil {
		return WasMisaddressed{}, fmt.Errorf("send back %s: %w", act.Message, err)
	}
	act.For = behalf
	return reasoned(act, act.Reason)
}

// mayEnd reports whether the agent decides what becomes of the line, and on whose behalf.
func (m *Matters) mayEnd(h Hand, message habilitation.ID, audience habilitation.AudienceID) (onBehalf habilitation.AgentID, err error) {
	l, err := m.line(h, message, audience)
	if err != nil || l.Holder == h.Agent {
		return 0, err
	}
	if behalf, directs := h.directs(audience); directs {
		return behalf, nil
	}
	if l.Holder != 0 {
		return 0, taken(l)
	}
	behalf, writes := h.writes(audience)
	if !writes {
		return 0, habilitation.ErrNotMandated
	}
	return behalf, nil
}

// Reassign decides whether the agent may pass what was asked of their group on to another: who directs the group may, for it gives the other
// access. The other must be cleared for the level that the message bears now.
func (m *Matters) Reassign(h Hand, act WasReassigned) (WasReassigned, error) {
	_, err := m.begin(h, act.Message, act.Audience)
	behalf, directs := h.directs(act.Audience)
	if err == nil && !directs {
		err = habilitation.ErrNotMandated
	}
	if err == nil && act.To == act.Audience {
		err = ErrAlreadyAddressed
	}
	if err == nil {
		err = h.cleared(act.To)
	}
	if err != nil {
		return WasReassigned{}, fmt.Errorf("reassign %s to audience %d: %w", act.Message, act.To, err)
	}
	act.For = behalf
	return reasoned(act, act.Reason)
}

// MayReassign reports whether the agent may pass the line on to anybody.
func (m *Matters) MayReassign(h Hand, message habilitation.ID, audience habilitation.AudienceID) bool {
	_, err := m.begin(h, message, audience)
	_, directs := h.directs(audience)
	return err == nil && directs
}
