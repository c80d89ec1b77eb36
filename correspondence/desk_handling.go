package correspondence

import (
	"context"
	"errors"
	"strings"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// HandlingWish is what goes with an act at one addressee of a message; each act reads the parts that it needs.
type HandlingWish struct {
	To     string `json:"to,omitempty" validate:"max=100"`      // login of a colleague, or key of a group
	Due    string `json:"due,omitempty" validate:"max=40"`      // RFC 3339 or a date: by when it will be done
	Note   string `json:"note,omitempty" validate:"max=2000"`   // a word to the colleague
	Reason string `json:"reason,omitempty" validate:"max=2000"` // shown to whoever it concerns
}

// Take takes a message in charge for one of the agent's groups. It has one winner: whoever comes second is told who took it and when.
func (d *Desk) Take(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	due, err := d.dueOf(wish.Due)
	if err != nil {
		return err
	}
	return d.handle(ctx, message, group, func(h handling.Hand, a habilitation.AudienceID) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Take(h, message, a, due))
	})
}

// Entrust gives it to a colleague of the group ("confier"), who accepts or declines; until then who gives it keeps it.
func (d *Desk) Entrust(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	to, known := d.house.Folds.Register.AgentByLogin(wish.To)
	var unknown error
	switch {
	case wish.To == "":
		unknown = invalid("to", "missing")
	case !known:
		unknown = invalid("to", "agent-unknown", "value", wish.To)
	}
	due, wrongDue := d.dueOf(wish.Due)
	note, wrongNote := textOf("note", wish.Note)
	if err := allFaults(unknown, wrongDue, wrongNote); err != nil {
		return err
	}
	return d.handle(ctx, message, group, func(h handling.Hand, a habilitation.AudienceID) (habilitation.Act, error) {
		act, err := d.house.Folds.Handling.Assign(h, handling.Assigned{Message: message, Audience: a, To: to.ID, Due: due, Note: note})
		if errors.Is(err, habilitation.ErrNotCleared) {
			return nil, invalid("to", "agent-not-cleared", "agent", to.Name)
		}
		return anAct(act, err)
	})
}

// AcceptEntrusted takes over what a colleague gave.
func (d *Desk) AcceptEntrusted(ctx context.Context, message habilitation.ID, group string) error {
	return d.handle(ctx, message, group, func(h handling.Hand, a habilitation.AudienceID) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Accept(h, message, a))
	})
}

// DeclineEntrusted gives it back, with the reason.
func (d *Desk) DeclineEntrusted(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	return d.handleFor(ctx, message, group, wish.Reason, func(h handling.Hand, a habilitation.AudienceID, reason string) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Decline(h, handling.Declined{Message: message, Audience: a, Reason: reason}))
	})
}

// CloseHandling ends it without an answer, with the reason. A message that answers it needs none of this.
func (d *Desk) CloseHandling(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	return d.handleFor(ctx, message, group, wish.Reason, func(h handling.Hand, a habilitation.AudienceID, reason string) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Close(h, handling.WasClosed{Message: message, Audience: a, Reason: reason}))
	})
}

// Reassign passes what was asked of the group on to another one, which becomes an addressee.
func (d *Desk) Reassign(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	to, unknown := d.audienceNamed("to", wish.To)
	_, wrongReason := reasonOf(wish.Reason)
	if strings.TrimSpace(wish.Reason) == "" {
		wrongReason = invalid("reason", "missing")
	}
	if err := allFaults(unknown, wrongReason); err != nil {
		return err
	}
	return d.handleFor(ctx, message, group, wish.Reason, func(h handling.Hand, a habilitation.AudienceID, reason string) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Reassign(h, handling.WasReassigned{Message: message, Audience: a, To: to, Reason: reason}))
	})
}

// Misaddressed says that the message is not the group's; it falls on the operator desk, if the house has one.
func (d *Desk) Misaddressed(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	return d.handleFor(ctx, message, group, wish.Reason, func(h handling.Hand, a habilitation.AudienceID, reason string) (habilitation.Act, error) {
		desk := d.house.Folds.Register.OperatorDesk()
		return anAct(d.house.Folds.Handling.Misaddressed(h, handling.WasMisaddressed{Message: message, Audience: a, Desk: desk, Reason: reason}))
	})
}

// BreakSilence speaks up for a group before a silence procedure ends.
func (d *Desk) BreakSilence(ctx context.Context, message habilitation.ID, group string, wish HandlingWish) error {
	return d.handleFor(ctx, message, group, wish.Reason, func(h handling.Hand, a habilitation.AudienceID, reason string) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.BreakSilence(h, handling.SilenceBroken{Message: message, Audience: a, Reason: reason}))
	})
}

// dueOf reads a moment to come, as the deadline of an addressee is read; none is the zero time.
func (d *Desk) dueOf(text string) (time.Time, error) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, nil
	}
	f := &finishing{directory: directory{now: d.house.Clock(), zone: d.house.Zone}}
	due := f.deadline("due", text, ToDo).UTC()
	if len(f.faults) > 0 {
		return time.Time{}, &Refusal{Cause: Invalid, Faults: f.faults}
	}
	return due, nil
}

// audienceNamed finds a group or community by its key.
func (d *Desk) audienceNamed(field, key string) (habilitation.AudienceID, error) {
	if strings.TrimSpace(key) == "" {
		return 0, invalid(field, "missing")
	}
	audience, known := d.house.Folds.Register.AudienceByKey(key)
	if !known {
		return 0, invalid(field, "group-unknown", "value", key)
	}
	return audience.ID, nil
}

// handleFor is handle for what needs its reason.
func (d *Desk) handleFor(ctx context.Context, message habilitation.ID, group, reason string,
	decide func(handling.Hand, habilitation.AudienceID, string) (habilitation.Act, error)) error {
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return d.handle(ctx, message, group, func(h handling.Hand, a habilitation.AudienceID) (habilitation.Act, error) {
		return decide(h, a, reason)
	})
}

// handle decides something at one addressee of a message that the agent reads.
func (d *Desk) handle(ctx context.Context, message habilitation.ID, group string,
	decide func(handling.Hand, habilitation.AudienceID) (habilitation.Act, error)) error {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return errUnknown
	}
	return d.about(ctx, message, func(h handling.Hand, _ search.Row) (habilitation.Act, error) { return decide(h, audience.ID) })
}

// about decides something about a message that the agent reads, with the rights as they are when it is decided.
func (d *Desk) about(ctx context.Context, message habilitation.ID, decide func(handling.Hand, search.Row) (habilitation.Act, error)) error {
	err := d.house.enact(ctx, d.badge.Agent(), func() ([]habilitation.Act, error) {
		badge, err := d.house.Authority.Renew(d.badge)
		if err != nil {
			return nil, err
		}
		now := &Desk{house: d.house, badge: badge}
		row, err := now.admit(message)
		if err != nil {
			return nil, err
		}
		begun := d.house.beginLate(message)
		act, err := now.inClear(row.Marking.Level())(decide(now.hand(row), row))
		if err != nil {
			if begun {
				d.house.forgetLate(message)
			}
			return nil, now.refusalOfHandling(message, err)
		}
		return []habilitation.Act{act}, nil
	})
	return refusalOf(err)
}

// beginLate runs in the deciding goroutine; it reports whether the message was not begun before.
func (c *Chancery) beginLate(message habilitation.ID) (begun bool) {
	c.folding.Lock()
	defer c.folding.Unlock()
	if c.Folds.Handling.Has(message) {
		return false
	}
	c.Folds.beginLate(message)
	return true
}

// forgetLate undoes it for a decision that was refused.
func (c *Chancery) forgetLate(message habilitation.ID) {
	c.folding.Lock()
	defer c.folding.Unlock()
	c.Folds.Handling.Forget(message)
}

// hand is who asks about a message that the badge admits.
func (d *Desk) hand(row search.Row) handling.Hand {
	return handling.Hand{Register: d.house.Folds.Register, Agent: d.badge.Agent(), At: d.house.Clock().UTC(), Level: row.Marking.Level(),
		Overtaken: d.overtaken(row.ID)}
}
