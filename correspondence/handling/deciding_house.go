package handling

import (
	"fmt"
	"time"

	"chancery/habilitation"
)

// Read gives the act that the first opening by a member of an addressee is, for the lines whose readings are of interest: the action line, and
// where reading or taking in charge is to be acknowledged. None when it was opened before, or the agent belongs to no such addressee.
func (m *Matters) Read(reg Mandates, by habilitation.AgentID, message habilitation.ID) []habilitation.Act {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	if one == nil {
		return nil
	}
	var acts []habilitation.Act
	for _, l := range one.lines {
		noted := l.Role == Action || l.Receipt >= OfReading
		if noted && l.Details().Reader.By == 0 && (handler{reg, by, l.Audience}).member() {
			acts = append(acts, WasRead{Message: message, Audience: l.Audience})
		}
	}
	return acts
}

// BreakSilence decides whether the agent may speak up for the addressee before a silence procedure ends: who signs for it or directs it may.
func (m *Matters) BreakSilence(reg Mandates, by habilitation.AgentID, act SilenceBroken, now time.Time) (habilitation.Act, error) {
	one, known := m.Of(act.Message)
	_, addressed := one.Line(act.Audience)
	if !known || !addressed {
		return nil, fmt.Errorf("break silence of %s: %w", act.Message, habilitation.ErrUnknown)
	}
	if !(handler{reg, by, act.Audience}).holds(habilitation.Signatory) && !reg.Directs(by, act.Audience) {
		return nil, fmt.Errorf("break silence of %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	if one.Silence == nil || !one.Silence.Ended.IsZero() || !now.Before(one.Silence.Until) {
		return nil, fmt.Errorf("break silence of %s: %w", act.Message, ErrSilenceOver)
	}
	return reasoned(act, act.Reason)
}

// Acknowledge decides whether the agent may stop an alert: whoever it calls may, and who directs the group.
func (m *Matters) Acknowledge(reg Mandates, by habilitation.AgentID, alert habilitation.ID) (habilitation.Act, error) {
	a, known := m.Alert(alert)
	if !known {
		return nil, fmt.Errorf("acknowledge alert: %w", habilitation.ErrUnknown)
	}
	h := handler{reg, by, a.Audience}
	if !h.member() {
		return nil, fmt.Errorf("acknowledge alert: %w", habilitation.ErrUnknown)
	}
	if !a.Calls(by) && !reg.Directs(by, a.Audience) {
		return nil, fmt.Errorf("acknowledge alert: %w", habilitation.ErrNotMandated)
	}
	if !a.Acknowledged.At.IsZero() {
		return nil, fmt.Errorf("acknowledge alert: %w", ErrNotRinging)
	}
	return AlertAcknowledged{Alert: alert}, nil
}

// Settle decides whether the agent may take an item off the operator desk, to another addressee or for a reason alone: whoever belongs to the
// desk may. To anybody else it does not exist.
func (m *Matters) Settle(reg Mandates, by habilitation.AgentID, act TraySettled, level habilitation.Level) (habilitation.Act, error) {
	item, there := m.TrayItem(act.Item)
	if !there || !(handler{reg, by, item.Desk}).member() {
		return nil, fmt.Errorf("settle %s: %w", act.Item, habilitation.ErrUnknown)
	}
	if act.To != 0 {
		if err := cleared(reg, act.To, level); err != nil {
			return nil, fmt.Errorf("settle %s: %w", act.Item, err)
		}
		one, _ := m.Of(item.Message)
		if _, addressed := one.Line(act.To); addressed {
			return nil, fmt.Errorf("settle %s: %w", act.Item, ErrAlreadyAddressed)
		}
	}
	return reasoned(act, act.Reason)
}
