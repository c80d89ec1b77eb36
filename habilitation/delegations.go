package habilitation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Delegable are the duties that can be lent: what is done with messages. Who joins a group and what it declares is not among them, for
// whoever could accept members would outlast the delegation by accepting themselves.
const Delegable = Drafter | Signatory | Collective

// DelegationLongest is how long a delegation lasts at most: a year and a day.
const DelegationLongest = 366 * 24 * time.Hour

var (
	// ErrBadPeriod is returned for a period that ends before it begins, is over already, or lasts longer than is allowed.
	ErrBadPeriod = errors.New("no such period")
	// ErrToOneself is returned for lending a duty to oneself.
	ErrToOneself = errors.New("to oneself")
)

// Delegation is duties of one agent in an audience, lent to another for a time.
type Delegation struct {
	ID       ID
	From     AgentID
	To       AgentID
	Audience AudienceID
	Duties   Duty
	Begins   time.Time
	Ends     time.Time // the first moment at which it is over by itself
	Reason   string
	Given    time.Time
	Ended    time.Time // zero unless it was ended before its time
	EndedBy  AgentID
}

// Over reports whether the delegation has ended at the time, by itself or before.
func (d Delegation) Over(at time.Time) bool {
	return !d.Ended.IsZero() && !at.Before(d.Ended) || !at.Before(d.Ends)
}

type delegationColumns struct {
	all  []Delegation
	byID map[ID]uint32
	to   map[AgentID][]uint32 // positions, oldest first
}

func (c *delegationColumns) add(d Delegation) {
	position := uint32(len(c.all))
	c.all = append(c.all, d)
	c.byID[d.ID] = position
	c.to[d.To] = append(c.to[d.To], position)
}

func (c *delegationColumns) end(at time.Time, by AgentID, id ID) {
	one := &c.all[c.byID[id]]
	one.Ended, one.EndedBy = toMicro(at), by
}

func delegationOf(at time.Time, act DelegationGiven) Delegation {
	return Delegation{ID: act.Delegation, From: act.From, To: act.To, Audience: act.Audience, Duties: act.Duties,
		Begins: toMicro(act.Begins), Ends: toMicro(act.Ends), Reason: act.Reason, Given: toMicro(at)}
}

// toMicro is the time as the register keeps it: to the microsecond, in UTC.
func toMicro(at time.Time) time.Time { return time.UnixMicro(at.UnixMicro()).UTC() }

func (c *columns) checkDelegationGiven(act DelegationGiven) error {
	if _, known := c.delegations.byID[act.Delegation]; known || act.Delegation.IsZero() {
		return contradiction("delegation %s is not new", act.Delegation)
	}
	if !c.agents.has(act.From) || !c.agents.has(act.To) || !c.audiences.has(act.Audience) {
		return contradiction("agent %d, agent %d or audience %d is unknown", act.From, act.To, act.Audience)
	}
	if act.From == act.To || c.agents.is(act.From, flagGuest) || c.agents.is(act.To, flagGuest) {
		return contradiction("agent %d delegates to %d: the same, or a guest", act.From, act.To)
	}
	if act.Duties == 0 || act.Duties&^Delegable != 0 {
		return contradiction("delegation of duties %d", uint8(act.Duties))
	}
	if held, _ := c.duties(act.From, act.Audience); !held.Has(act.Duties) {
		return contradiction("agent %d delegates more than is held in %d", act.From, act.Audience)
	}
	if !act.Begins.Before(act.Ends) || act.Ends.Sub(act.Begins) > DelegationLongest {
		return contradiction("delegation from %s to %s", act.Begins, act.Ends)
	}
	return nil
}

func (c *columns) checkDelegationEnded(act DelegationEnded) error {
	i, known := c.delegations.byID[act.Delegation]
	if !known || !c.delegations.all[i].Ended.IsZero() {
		return contradiction("delegation %s is unknown or has ended", act.Delegation)
	}
	return nil
}

// Delegate decides whether the agent may lend the wished duties at the time, and gives the act to append. Nobody lends what they do not
// hold as a member themselves, so what was lent is not lent on; a guest neither lends nor receives. A beginning that has passed is
// now; times are kept to the second.
func (r *Register) Delegate(by AgentID, wish DelegationGiven, at time.Time) (DelegationGiven, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	wish.From = by
	if wish.Begins.Before(at) {
		wish.Begins = at
	}
	wish.Begins, wish.Ends = wish.Begins.UTC().Truncate(time.Second), wish.Ends.UTC().Truncate(time.Second)
	if err := r.columns.mayDelegate(wish, at); err != nil {
		return DelegationGiven{}, fmt.Errorf("delegate: %w", err)
	}
	return wish, r.columns.check(wish)
}

func (c *columns) mayDelegate(wish DelegationGiven, at time.Time) error {
	if !c.agents.has(wish.From) || !c.agents.has(wish.To) || !c.audiences.has(wish.Audience) {
		return ErrUnknown
	}
	if wish.From == wish.To {
		return ErrToOneself
	}
	if c.agents.is(wish.From, flagDisabled|flagGuest) || c.agents.is(wish.To, flagDisabled|flagGuest) {
		return ErrNotMandated
	}
	held, _ := c.duties(wish.From, wish.Audience)
	if wish.Duties == 0 || wish.Duties&^Delegable != 0 || !held.Has(wish.Duties) {
		return ErrNotMandated
	}
	if !wish.Begins.Before(wish.Ends) || !at.Before(wish.Ends) || wish.Ends.Sub(wish.Begins) > DelegationLongest {
		return ErrBadPeriod
	}
	if strings.TrimSpace(wish.Reason) == "" {
		return ErrReasonMissing
	}
	return nil
}

// EndDelegation decides whether the agent may end the delegation at the time, and gives the act to append. Giver and receiver may, and
// whoever directs the audience; to anybody else it is unknown. What is over cannot be ended: ErrDecided.
func (r *Register) EndDelegation(by AgentID, delegation ID, reason string, at time.Time) (DelegationEnded, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, known := r.columns.delegations.byID[delegation]
	if !known {
		return DelegationEnded{}, fmt.Errorf("end delegation: %w", ErrUnknown)
	}
	one := r.columns.delegations.all[i]
	if by != one.From && by != one.To && !r.columns.directs(by, one.Audience) {
		return DelegationEnded{}, fmt.Errorf("end delegation: %w", ErrNotMandated)
	}
	if one.Over(at) {
		return DelegationEnded{}, fmt.Errorf("end delegation: %w", ErrDecided)
	}
	return DelegationEnded{Delegation: delegation, Reason: reason}, nil
}

// MayAct reports whether the agent does the duty in the audience at the time, and on whose behalf: zero for a right of their own, which
// goes before every delegation. A delegation counts from its beginning to its end, and while its giver is an enabled member who holds the
// duty: it never gives more than the giver has.
func (r *Register) MayAct(agent AgentID, audience AudienceID, duty Duty, at time.Time) (onBehalf AgentID, ok bool) {
	return r.MayActOn(agent, audience, duty, Unprotected, at)
}

// MayActOn is MayAct for something of the level: an agent who is not cleared for it does nothing with it, and neither does anybody on
// behalf of a giver who is not.
func (r *Register) MayActOn(agent AgentID, audience AudienceID, duty Duty, level Level, at time.Time) (onBehalf AgentID, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.columns
	if duty == 0 || !level.Valid() || !c.acts(agent, level) {
		return 0, false
	}
	if held, _ := c.duties(agent, audience); held.Has(duty) {
		return 0, true
	}
	for _, i := range c.delegations.to[agent] {
		one := &c.delegations.all[i]
		if one.Audience != audience || !one.Duties.Has(duty) || at.Before(one.Begins) || one.Over(at) || !c.acts(one.From, level) {
			continue
		}
		if held, _ := c.duties(one.From, audience); held.Has(duty) {
			return one.From, true
		}
	}
	return 0, false
}

// acts reports whether the agent can do anything at all at the level: an account that is open, no guest's, and cleared.
func (c *columns) acts(agent AgentID, level Level) bool {
	return c.agents.has(agent) && !c.agents.is(agent, flagDisabled|flagGuest) && c.agents.ceiling(agent) >= level
}

// Delegation is the delegation that was given under the identity, over or not.
func (r *Register) Delegation(id ID) (Delegation, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, ok := r.columns.delegations.byID[id]
	if !ok {
		return Delegation{}, false
	}
	return r.columns.delegations.all[i], true
}

// DelegationsOf lists the delegations that the agent has given or received, over or not, the latest first.
func (r *Register) DelegationsOf(agent AgentID) []Delegation {
	return r.delegations(func(d *Delegation) bool { return d.From == agent || d.To == agent })
}

// DelegationsIn lists the delegations of duties in the audience, over or not, the latest first.
func (r *Register) DelegationsIn(audience AudienceID) []Delegation {
	return r.delegations(func(d *Delegation) bool { return d.Audience == audience })
}

func (r *Register) delegations(wanted func(*Delegation) bool) []Delegation {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []Delegation
	for i := range slices.Backward(r.columns.delegations.all) {
		if one := &r.columns.delegations.all[i]; wanted(one) {
			list = append(list, *one)
		}
	}
	return list
}
