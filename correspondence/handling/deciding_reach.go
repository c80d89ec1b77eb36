package handling

import (
	"fmt"
	"slices"

	"chancery/habilitation"
)

// Add decides whether the agent may add an addressee, and by what right: a signatory of the origin completes the address, who directs an
// addressee passes it on. The audience must be cleared for the level that the message bears now.
func (m *Matters) Add(h Hand, act AddresseeAdded) (AddresseeAdded, error) {
	one, known := m.Of(act.Message)
	err := one.checkNew(h, known, act.Audience)
	if err == nil && !one.grant(h, &act) {
		err = habilitation.ErrNotMandated
	}
	if err != nil {
		return AddresseeAdded{}, fmt.Errorf("add addressee %d to %s: %w", act.Audience, act.Message, err)
	}
	return reasoned(act, act.Reason)
}

// checkNew reports an audience that cannot be added to the message.
func (m *Matter) checkNew(h Hand, known bool, audience habilitation.AudienceID) error {
	if !known {
		return habilitation.ErrUnknown
	}
	if _, there := m.Line(audience); there {
		return ErrAlreadyAddressed
	}
	return h.cleared(audience)
}

// grant finds the ground on which the agent adds an addressee; none is false.
func (m *Matter) grant(h Hand, act *AddresseeAdded) bool {
	if behalf, ok := h.may(m.Origin, habilitation.Signatory); ok {
		act.Ground, act.Through, act.For = ByOrigin, m.Origin, behalf
		return true
	}
	for _, l := range m.Lines {
		if behalf, ok := h.directs(l.Audience); ok {
			act.Ground, act.Through, act.For = ByAddressee, l.Audience, behalf
			return true
		}
	}
	return false
}

// MayAdd reports whether the agent may add any addressee at all.
func (m *Matter) MayAdd(h Hand) bool { return m.grant(h, &AddresseeAdded{}) }

// Share decides whether the agent may bring the message into a community: who drafts or signs for an addressee or the origin may, and the
// community must be cleared for the level that the message bears now.
func (m *Matters) Share(h Hand, act Shared) (Shared, error) {
	one, known := m.Of(act.Message)
	if err := one.checkShare(h, known, act.Audience); err != nil {
		return Shared{}, fmt.Errorf("share %s with audience %d: %w", act.Message, act.Audience, err)
	}
	through, behalf, may := one.sharer(h)
	if !may {
		return Shared{}, fmt.Errorf("share %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	act.Through, act.For = through, behalf
	return act, nil
}

func (m *Matter) checkShare(h Hand, known bool, audience habilitation.AudienceID) error {
	if !known {
		return habilitation.ErrUnknown
	}
	if err := h.cleared(audience); err != nil {
		return err
	}
	if to, _ := h.Register.Audience(audience); !to.Community {
		return ErrNotCommunity
	}
	_, addressed := m.Line(audience)
	if addressed || slices.ContainsFunc(m.Shares, func(s Share) bool { return s.Audience == audience }) {
		return ErrAlreadyShared
	}
	return nil
}

// sharer finds in whose name the agent shares: an addressee's, else the origin's.
func (m *Matter) sharer(h Hand) (through habilitation.AudienceID, onBehalf habilitation.AgentID, ok bool) {
	for _, l := range m.Lines {
		if behalf, writes := h.writes(l.Audience); writes {
			return l.Audience, behalf, true
		}
	}
	behalf, writes := h.writes(m.Origin)
	return m.Origin, behalf, writes
}

// MayShare reports whether the agent may bring the message into any community.
func (m *Matter) MayShare(h Hand) bool {
	_, _, ok := m.sharer(h)
	return ok
}

// Revoke decides whether the agent may take the message out of a community.
func (m *Matters) Revoke(h Hand, act ShareRevoked) (ShareRevoked, error) {
	one, known := m.Of(act.Message)
	if !known {
		return ShareRevoked{}, fmt.Errorf("revoke share of %s: %w", act.Message, habilitation.ErrUnknown)
	}
	i := slices.IndexFunc(one.Shares, func(s Share) bool { return s.Audience == act.Audience })
	if i < 0 {
		return ShareRevoked{}, fmt.Errorf("revoke share of %s: %w", act.Message, ErrNotShared)
	}
	if !one.MayRevoke(h, one.Shares[i]) {
		return ShareRevoked{}, fmt.Errorf("revoke share of %s: %w", act.Message, habilitation.ErrNotMandated)
	}
	return act, nil
}

// MayRevoke reports whether the agent may end the share: who shared, who directs their group or the community, and a signatory of the origin.
func (m *Matter) MayRevoke(h Hand, s Share) bool {
	_, through := h.directs(s.Through)
	_, community := h.directs(s.Audience)
	_, origin := h.may(m.Origin, habilitation.Signatory)
	return s.By == h.Agent || through || community || origin
}
