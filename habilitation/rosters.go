package habilitation

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// WatchesMost bounds one roster: a year of eight-hour watches.
	WatchesMost = 3 * 366
	// AcknowledgeMost is the longest time that a roster may give for an acknowledgement, in minutes: a day.
	AcknowledgeMost = 24 * 60
)

// Roster is who of an audience is called at any hour.
type Roster struct {
	Audience    AudienceID
	Watches     []Watch       // in the order in which their agents are called
	Acknowledge time.Duration // after which the next one is called
	By          AgentID       // who set it last; zero for the house
	Set         time.Time
}

type rosterColumns map[AudienceID]Roster

func (c rosterColumns) set(at time.Time, by AgentID, act RosterSet) {
	if len(act.Watches) == 0 {
		delete(c, act.Audience)
		return
	}
	watches := make([]Watch, len(act.Watches))
	for i, w := range act.Watches {
		watches[i] = Watch{Agent: w.Agent, From: toMicro(w.From), Until: toMicro(w.Until)}
	}
	c[act.Audience] = Roster{Audience: act.Audience, Watches: watches, Acknowledge: time.Duration(act.AcknowledgeMinutes) * time.Minute, By: by, Set: toMicro(at)}
}

// sorted lists the audiences that have a roster, ascending.
func (c rosterColumns) sorted() []AudienceID { return slices.Sorted(maps.Keys(c)) }

func (c *columns) checkRosterSet(act RosterSet) error {
	if !c.audiences.has(act.Audience) {
		return contradiction("audience %d is unknown", act.Audience)
	}
	if err := checkRosterShape(act); err != nil {
		return err
	}
	for _, w := range act.Watches {
		if _, member := c.duties(w.Agent, act.Audience); !member || c.agents.is(w.Agent, flagGuest) {
			return contradiction("agent %d on the roster of %d: not a member, or a guest", w.Agent, act.Audience)
		}
	}
	return nil
}

// checkRosterShape is what holds of a roster whoever the members are by now.
func checkRosterShape(act RosterSet) error {
	if len(act.Watches) > WatchesMost {
		return contradiction("%d watches", len(act.Watches))
	}
	if len(act.Watches) > 0 && (act.AcknowledgeMinutes < 1 || act.AcknowledgeMinutes > AcknowledgeMost) {
		return contradiction("%d minutes to acknowledge", act.AcknowledgeMinutes)
	}
	for _, w := range act.Watches {
		if !w.From.Before(w.Until) {
			return contradiction("watch from %s to %s", w.From, w.Until)
		}
	}
	return nil
}

// SetRoster decides whether the agent may set the roster, and gives the act to append. Whoever directs the audience may. Only members who
// are no guests stand on it: ErrUnknown otherwise. Times are kept to the second.
func (r *Register) SetRoster(by AgentID, wish RosterSet) (RosterSet, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.columns
	if !c.audiences.has(wish.Audience) {
		return RosterSet{}, fmt.Errorf("set roster: %w", ErrUnknown)
	}
	if !c.directs(by, wish.Audience) {
		return RosterSet{}, fmt.Errorf("set roster: %w", ErrNotMandated)
	}
	act := RosterSet{Audience: wish.Audience, AcknowledgeMinutes: wish.AcknowledgeMinutes, Watches: make([]Watch, len(wish.Watches))}
	for i, w := range wish.Watches {
		if _, member := c.duties(w.Agent, wish.Audience); !member || c.agents.is(w.Agent, flagGuest) {
			return RosterSet{}, fmt.Errorf("set roster: agent %d: %w", w.Agent, ErrUnknown)
		}
		act.Watches[i] = Watch{Agent: w.Agent, From: w.From.UTC().Truncate(time.Second), Until: w.Until.UTC().Truncate(time.Second)}
	}
	if err := checkRosterShape(act); err != nil {
		return RosterSet{}, fmt.Errorf("set roster: %w: %w", ErrBadPeriod, err)
	}
	return act, c.check(act)
}

// Roster is the duty roster of the audience; false when it has none.
func (r *Register) Roster(audience AudienceID) (Roster, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	roster, ok := r.columns.rosters[audience]
	roster.Watches = slices.Clone(roster.Watches)
	return roster, ok
}

// OnDuty lists who of the audience is to be called at the time, in order of escalation, each once. Whoever has left the audience or whose
// account is closed is passed over; nobody when there is no roster or nobody's watch.
func (r *Register) OnDuty(audience AudienceID, at time.Time) []AgentID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []AgentID
	for _, w := range r.columns.rosters[audience].Watches {
		_, member := r.columns.duties(w.Agent, audience)
		if at.Before(w.From) || !at.Before(w.Until) || !member || r.columns.agents.is(w.Agent, flagDisabled) || slices.Contains(list, w.Agent) {
			continue
		}
		list = append(list, w.Agent)
	}
	return list
}
