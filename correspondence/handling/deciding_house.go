package handling

import (
	"fmt"
	"slices"

	"chancery/habilitation"
)

// Read gives the acts that an opening is, for the lines whose readings are of interest: the action line, and where reading or taking in charge
// is to be acknowledged. None when a member of the addressee has opened it before, or the agent belongs to no such addressee.
func (m *Matters) Read(h Hand, message habilitation.ID) []WasRead {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	if one == nil {
		return nil
	}
	var acts []WasRead
	for _, l := range one.lines {
		noted := l.Role == Action || l.Receipt >= OfReading
		if noted && l.Details().Reader.By == 0 && h.member(l.Audience) {
			acts = append(acts, WasRead{Message: message, Audience: l.Audience})
		}
	}
	return acts
}

// BreakSilence decides whether the agent may speak up for the addressee before a silence procedure ends: who signs for it or directs it may.
func (m *Matters) BreakSilence(h Hand, act SilenceBroken) (SilenceBroken, error) {
	one, known := m.Of(act.Message)
	_, addressed := one.Line(act.Audience)
	if !known || !addressed {
		return SilenceBroken{}, fmt.Errorf("break silence of %s: %w", act.Message, habilitation.ErrUnknown)
	}
	behalf, may := one.mayBreak(h, act.Audience)
	if !may {
		return SilenceBroken{}, fmt.Errorf("break silence of %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	if !one.silent(h) {
		return SilenceBroken{}, fmt.Errorf("break silence of %s: %w", act.Message, ErrSilenceOver)
	}
	if one.spoke(act.Audience) {
		return SilenceBroken{}, fmt.Errorf("break silence of %s: %w", act.Message, ErrSpokenAlready)
	}
	act.For = behalf
	return reasoned(act, act.Reason)
}

func (m *Matter) mayBreak(h Hand, audience habilitation.AudienceID) (onBehalf habilitation.AgentID, ok bool) {
	if behalf, signs := h.may(audience, habilitation.Signatory); signs {
		return behalf, true
	}
	return h.directs(audience)
}

// silent reports whether a silence procedure runs.
func (m *Matter) silent(h Hand) bool {
	return m.Silence != nil && m.Silence.Ended.IsZero() && h.At.Before(m.Silence.Until)
}

// MayBreak reports whether the agent may speak up for the addressee now.
func (m *Matter) MayBreak(h Hand, audience habilitation.AudienceID) bool {
	_, may := m.mayBreak(h, audience)
	return may && m.silent(h) && !m.spoke(audience)
}

// spoke reports whether somebody has broken the silence for the addressee.
func (m *Matter) spoke(audience habilitation.AudienceID) bool {
	return slices.ContainsFunc(m.Silence.Broken, func(b Break) bool { return b.Audience == audience })
}

// Acknowledge decides whether the agent may stop an alert: whoever it calls may, and who directs the group. To anybody outside it is unknown.
func (m *Matters) Acknowledge(h Hand, alert habilitation.ID) (AlertAcknowledged, error) {
	a, known := m.Alert(alert)
	if !known || !h.member(a.Audience) {
		return AlertAcknowledged{}, fmt.Errorf("acknowledge alert: %w", habilitation.ErrUnknown)
	}
	if _, directs := h.directs(a.Audience); !directs && !a.Calls(h.Agent) {
		return AlertAcknowledged{}, fmt.Errorf("acknowledge alert: %w", habilitation.ErrNotMandated)
	}
	if !a.Acknowledged.At.IsZero() {
		return AlertAcknowledged{}, fmt.Errorf("acknowledge alert: %w", ErrNotRinging)
	}
	return AlertAcknowledged{Alert: alert}, nil
}

// Settle decides whether the agent may take an item off the operator desk, to another addressee or for a reason alone: whoever belongs to the
// desk may. To anybody else it does not exist.
func (m *Matters) Settle(h Hand, act TraySettled) (TraySettled, error) {
	item, there := m.TrayItem(act.Item)
	if !there || !h.member(item.Desk) {
		return TraySettled{}, fmt.Errorf("settle %s: %w", act.Item, habilitation.ErrUnknown)
	}
	if act.To != 0 {
		one, known := m.Of(item.Message)
		if err := one.checkNew(h, known, act.To); err != nil {
			return TraySettled{}, fmt.Errorf("settle %s: %w", act.Item, err)
		}
	}
	return reasoned(act, act.Reason)
}
