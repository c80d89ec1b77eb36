package correspondence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// acknowledgeWithin is how many minutes somebody on duty has for a flash or a night delivery where the roster does not say: the handling
// objective of a flash (ACP 121, ten minutes).
const acknowledgeWithin = 10

// matters is what the clock decides about the handling of messages: duty rosters are called and called on, silence procedures end, and what
// becomes late is told to whoever is looking.
type matters struct{ house *Chancery }

// dueNext is the next moment at which something is to be decided; it may lie in the past, and zero when nothing waits.
func (m matters) dueNext(time.Time) time.Time { return m.house.Folds.Handling.NextDue() }

// decideDue decides everything that is due by now.
func (m matters) decideDue(ctx context.Context, now time.Time) error {
	fold := m.house.Folds.Handling
	var faults []error
	for _, at := range fold.Uncalled() {
		faults = append(faults, m.call(ctx, at, now))
	}
	for _, alert := range fold.Ringing() {
		if due := alert.Due(); !due.IsZero() && !now.Before(due) {
			faults = append(faults, m.decide(ctx, handling.AlertEscalated{Alert: alert.ID, Place: alert.Place + 1}))
		}
	}
	for _, ended := range fold.Silent(now) {
		faults = append(faults, m.decide(ctx, ended))
	}
	m.tellOverdue(now)
	return errors.Join(faults...)
}

// call raises the alert of one addressee: whoever is on duty there and cleared for the message is called, one after the other.
func (m matters) call(ctx context.Context, at handling.Overdue, now time.Time) error {
	register := m.house.Folds.Register
	act := handling.AlertRaised{Message: at.Message, Audience: at.Audience, Minutes: acknowledgeWithin,
		Alert: m.house.NewID(fmt.Appendf(nil, "alert %s %d", at.Message, at.Audience))}
	if roster, has := register.Roster(at.Audience); has && roster.Acknowledge >= time.Minute {
		act.Minutes = int(roster.Acknowledge / time.Minute)
	}
	row, known := m.house.Folds.Rows.Row(at.Message)
	for _, agent := range register.OnDuty(at.Audience, now) {
		if on, _ := register.Agent(agent); known && on.Level >= row.Marking.Level() {
			act.Watch = append(act.Watch, agent)
		}
	}
	return m.decide(ctx, act)
}

// decide enacts in the house's own name. What somebody decided in the meantime, so that the act has no object any more, is no fault.
func (m matters) decide(ctx context.Context, act habilitation.Act) error {
	err := m.house.enact(ctx, 0, func() ([]habilitation.Act, error) {
		if m.house.Folds.Handling.Check(act) != nil {
			return nil, nil
		}
		return []habilitation.Act{act}, nil
	})
	if err != nil {
		return fmt.Errorf("decide %s: %w", act.Kind(), err)
	}
	return nil
}

// tellOverdue tells the streams what has become late, and what has expired.
func (m matters) tellOverdue(now time.Time) {
	overdue := m.house.Folds.Handling.TakeOverdue(now)
	for _, at := range overdue {
		m.house.Folds.changes.note(change{message: at.Message, concerned: m.house.Folds.parties(at.Message, at.Audience), everybody: at.Audience == 0})
	}
	if len(overdue) > 0 {
		m.house.arrived.announce()
	}
}
