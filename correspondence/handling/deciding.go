package handling

import (
	"errors"
	"fmt"
	"slices"
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
func (e *EndedError) Error() string {
	return fmt.Sprintf("%s by agent %d at %s", e.State, e.By, e.At)
}

// Mandates tells who may do what for an audience: the register does.
type Mandates interface {
	Audience(habilitation.AudienceID) (habilitation.Audience, bool)
	Agent(habilitation.AgentID) (habilitation.Agent, bool)
	Duties(habilitation.AgentID, habilitation.AudienceID) (habilitation.Duty, bool)
	Directs(habilitation.AgentID, habilitation.AudienceID) bool
}

// handler is who asks for something at a line.
type handler struct {
	reg      Mandates
	by       habilitation.AgentID
	audience habilitation.AudienceID
}

// member reports whether they belong to the addressee; a guest reads and handles nothing.
func (h handler) member() bool {
	_, member := h.reg.Duties(h.by, h.audience)
	agent, _ := h.reg.Agent(h.by)
	return member && !agent.Guest
}

// holds reports whether they hold any of the duties there.
func (h handler) holds(any habilitation.Duty) bool {
	held, member := h.reg.Duties(h.by, h.audience)
	return member && held&any != 0
}

const pens = habilitation.Drafter | habilitation.Signatory

// line finds the line for somebody who may handle it while it has not ended. Who does not belong to the addressee is not mandated.
func (m *Matters) line(h handler, message habilitation.ID) (Line, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	if one == nil || one.line(h.audience) == nil {
		return Line{}, habilitation.ErrUnknown
	}
	if !h.member() {
		return Line{}, habilitation.ErrNotMandated
	}
	l := *one.line(h.audience)
	if l.State.Ended() {
		return l, &EndedError{State: l.State, Stamp: l.Details().End.Stamp}
	}
	return l, nil
}

// Take decides whether the agent may take the message in charge for the addressee, and gives the act to append. It has one winner.
func (m *Matters) Take(reg Mandates, by habilitation.AgentID, message habilitation.ID, audience habilitation.AudienceID, due time.Time) (habilitation.Act, error) {
	l, err := m.line(handler{reg, by, audience}, message)
	if err != nil {
		return nil, fmt.Errorf("take %s: %w", message, err)
	}
	if l.Holder != 0 {
		return nil, fmt.Errorf("take %s: %w", message, &TakenError{Stamp{By: l.Holder, At: l.Details().HeldSince}})
	}
	return WasTaken{Message: message, Audience: audience, Due: due}, nil
}

// Assign decides whether the agent may entrust the message to another member, who must accept: its holder may, who directs the group, and where
// nobody holds it whoever drafts or signs there. The member must be cleared for the level that the message bears now.
func (m *Matters) Assign(reg Mandates, by habilitation.AgentID, act Assigned, level habilitation.Level) (habilitation.Act, error) {
	h := handler{reg, by, act.Audience}
	l, err := m.line(h, act.Message)
	if err != nil {
		return nil, fmt.Errorf("entrust %s: %w", act.Message, err)
	}
	if l.Holder != by && !reg.Directs(by, act.Audience) && (l.Holder != 0 || !h.holds(pens)) {
		return nil, fmt.Errorf("entrust %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	to, _ := reg.Agent(act.To)
	switch {
	case !handler{reg, act.To, act.Audience}.member() || to.Disabled || act.To == by || act.To == l.Holder:
		return nil, fmt.Errorf("entrust %s to %d: %w", act.Message, act.To, ErrNotMember)
	case to.Level < level:
		return nil, fmt.Errorf("entrust %s to %d: %w", act.Message, act.To, habilitation.ErrNotCleared)
	}
	return act, nil
}

// Accept decides whether the agent may accept what was entrusted to them.
func (m *Matters) Accept(reg Mandates, by habilitation.AgentID, message habilitation.ID, audience habilitation.AudienceID) (habilitation.Act, error) {
	if err := m.entrusted(handler{reg, by, audience}, message); err != nil {
		return nil, fmt.Errorf("accept %s: %w", message, err)
	}
	return Accepted{Message: message, Audience: audience}, nil
}

// Decline decides whether the agent may give it back; they say why.
func (m *Matters) Decline(reg Mandates, by habilitation.AgentID, message habilitation.ID, audience habilitation.AudienceID, reason string) (habilitation.Act, error) {
	if err := m.entrusted(handler{reg, by, audience}, message); err != nil {
		return nil, fmt.Errorf("decline %s: %w", message, err)
	}
	return reasoned(Declined{Message: message, Audience: audience, Reason: reason}, reason)
}

func (m *Matters) entrusted(h handler, message habilitation.ID) error {
	l, err := m.line(h, message)
	if err != nil {
		return err
	}
	if e := l.Details().Entrusted; e == nil || e.To != h.by {
		return ErrNotEntrusted
	}
	return nil
}

// Close decides whether the agent may end the handling without answer: its holder, who directs the group, and where nobody holds it whoever
// drafts or signs there. They say why.
func (m *Matters) Close(reg Mandates, by habilitation.AgentID, message habilitation.ID, audience habilitation.AudienceID, reason string) (habilitation.Act, error) {
	if err := m.mayEnd(handler{reg, by, audience}, message); err != nil {
		return nil, fmt.Errorf("close %s: %w", message, err)
	}
	return reasoned(WasClosed{Message: message, Audience: audience, Reason: reason}, reason)
}

// Misaddressed decides whether the agent may say that the message is not their group's: who may close it may. The desk is where it falls.
func (m *Matters) Misaddressed(reg Mandates, by habilitation.AgentID, act WasMisaddressed) (habilitation.Act, error) {
	if err := m.mayEnd(handler{reg, by, act.Audience}, act.Message); err != nil {
		return nil, fmt.Errorf("send back %s: %w", act.Message, err)
	}
	return reasoned(act, act.Reason)
}

func (m *Matters) mayEnd(h handler, message habilitation.ID) error {
	l, err := m.line(h, message)
	if err != nil {
		return err
	}
	if l.Holder != h.by && !h.reg.Directs(h.by, h.audience) {
		if l.Holder != 0 {
			return &TakenError{Stamp{By: l.Holder, At: l.Details().HeldSince}}
		}
		if !h.holds(pens) {
			return habilitation.ErrNotMandated
		}
	}
	return nil
}

// Reassign decides whether the agent may pass what was asked of their group on to another: who directs the group may, for it gives the other
// access. The other must be cleared for the level that the message bears now.
func (m *Matters) Reassign(reg Mandates, by habilitation.AgentID, act WasReassigned, level habilitation.Level) (habilitation.Act, error) {
	if _, err := m.line(handler{reg, by, act.Audience}, act.Message); err != nil {
		return nil, fmt.Errorf("reassign %s: %w", act.Message, err)
	}
	if !reg.Directs(by, act.Audience) {
		return nil, fmt.Errorf("reassign %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	if act.To == act.Audience {
		return nil, fmt.Errorf("reassign %s: %w", act.Message, ErrAlreadyAddressed)
	}
	if err := cleared(reg, act.To, level); err != nil {
		return nil, fmt.Errorf("reassign %s to audience %d: %w", act.Message, act.To, err)
	}
	return reasoned(act, act.Reason)
}

// Add decides whether the agent may add an addressee, and by what right: a signatory of the origin completes the address, who directs an
// addressee passes it on. The audience must be cleared for the level that the message bears now.
func (m *Matters) Add(reg Mandates, by habilitation.AgentID, act AddresseeAdded, level habilitation.Level) (AddresseeAdded, error) {
	one, known := m.Of(act.Message)
	if !known {
		return act, fmt.Errorf("add addressee to %s: %w", act.Message, habilitation.ErrUnknown)
	}
	through := slices.IndexFunc(one.Lines, func(l Line) bool { return reg.Directs(by, l.Audience) })
	switch {
	case handler{reg, by, one.Origin}.holds(habilitation.Signatory):
		act.Ground, act.Through = ByOrigin, one.Origin
	case through >= 0:
		act.Ground, act.Through = ByAddressee, one.Lines[through].Audience
	default:
		return act, fmt.Errorf("add addressee to %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	if err := cleared(reg, act.Audience, level); err != nil {
		return act, fmt.Errorf("add addressee to %s: %w", act.Message, err)
	}
	if _, there := one.Line(act.Audience); there {
		return act, fmt.Errorf("add addressee to %s: %w", act.Message, ErrAlreadyAddressed)
	}
	if strings.TrimSpace(act.Reason) == "" {
		return act, habilitation.ErrReasonMissing
	}
	return act, nil
}

// Share decides whether the agent may bring the message into a community: who drafts or signs for an addressee or the origin may, and the
// community must be cleared for the level that the message bears now.
func (m *Matters) Share(reg Mandates, by habilitation.AgentID, act Shared, level habilitation.Level) (habilitation.Act, error) {
	one, known := m.Of(act.Message)
	if !known {
		return nil, fmt.Errorf("share %s: %w", act.Message, habilitation.ErrUnknown)
	}
	for _, group := range one.parties() {
		if act.Through == 0 && (handler{reg, by, group}).holds(pens) {
			act.Through = group
		}
	}
	if act.Through == 0 {
		return nil, fmt.Errorf("share %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	if err := cleared(reg, act.Audience, level); err != nil {
		return nil, fmt.Errorf("share %s: %w", act.Message, err)
	}
	if to, _ := reg.Audience(act.Audience); !to.Community {
		return nil, fmt.Errorf("share %s: %w", act.Message, ErrNotCommunity)
	}
	_, addressed := one.Line(act.Audience)
	if addressed || slices.ContainsFunc(one.Shares, func(s Share) bool { return s.Audience == act.Audience }) {
		return nil, fmt.Errorf("share %s: %w", act.Message, ErrAlreadyShared)
	}
	return act, nil
}

// parties are the addressees and the origin, in that order.
func (m *Matter) parties() []habilitation.AudienceID {
	var out []habilitation.AudienceID
	for _, l := range m.Lines {
		out = append(out, l.Audience)
	}
	return append(out, m.Origin)
}

// Revoke decides whether the agent may take the message out of a community: who shared it, who directs their group or the community, and a
// signatory of the origin.
func (m *Matters) Revoke(reg Mandates, by habilitation.AgentID, act ShareRevoked) (habilitation.Act, error) {
	one, known := m.Of(act.Message)
	if !known {
		return nil, fmt.Errorf("revoke share of %s: %w", act.Message, habilitation.ErrUnknown)
	}
	i := slices.IndexFunc(one.Shares, func(s Share) bool { return s.Audience == act.Audience })
	if i < 0 {
		return nil, fmt.Errorf("revoke share of %s: %w", act.Message, ErrNotShared)
	}
	s := one.Shares[i]
	if s.By != by && !reg.Directs(by, s.Through) && !reg.Directs(by, s.Audience) && !(handler{reg, by, one.Origin}).holds(habilitation.Signatory) {
		return nil, fmt.Errorf("revoke share of %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	return act, nil
}

// cleared reports an audience that does not exist, or may not be addressed at the level.
func cleared(reg Mandates, audience habilitation.AudienceID, level habilitation.Level) error {
	to, known := reg.Audience(audience)
	if !known {
		return habilitation.ErrUnknown
	}
	if to.Level < level {
		return habilitation.ErrNotCleared
	}
	return nil
}

// reasoned refuses an act whose reason was not given.
func reasoned(act habilitation.Act, reason string) (habilitation.Act, error) {
	if strings.TrimSpace(reason) == "" {
		return nil, habilitation.ErrReasonMissing
	}
	return act, nil
}
