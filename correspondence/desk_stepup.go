package correspondence

import (
	"context"
	"errors"

	"chancery/habilitation"
)

// StepUp lets the agent show the password again in this session, and gives a pass that says so. It holds no refresh token: the one that the
// client has goes on, and what it is exchanged for says so too. Guesses in one session are throttled; address is where they come from.
func (d *Desk) StepUp(ctx context.Context, password, address string) (Pass, error) {
	session, err := d.house.Authority.StepUp(ctx, d.badge, password)
	if err == nil {
		return passOf(session), nil
	}
	refused := refusalOf(err)
	reason := string(NotAdmitted)
	if errors.Is(err, habilitation.ErrTooManyAttempts) {
		reason = string(Throttled)
	}
	if errors.Is(err, habilitation.ErrNotAdmitted) {
		if failed := d.Denied(ctx, "step-up", reason, habilitation.ID{}, address); failed != nil {
			return Pass{}, failed
		}
	}
	if reason == string(Throttled) {
		return Pass{}, refused
	}
	if _, over := d.house.Authority.Renew(d.badge); errors.Is(err, habilitation.ErrNotAdmitted) && over == nil {
		refused = &Refusal{Cause: Invalid, Faults: []Fault{{Field: "password", Key: "password-wrong"}}}
	}
	return Pass{}, refused
}

// proved refuses what only somebody who has lately shown the password does: releasing, signing, giving a visa. Each asks it before anything
// is decided.
func (d *Desk) proved() error {
	badge, err := d.house.Authority.Renew(d.badge) // a badge of the house's own making is proved anew
	if err != nil {
		return refusalOf(err)
	}
	if d.house.Clock().Sub(badge.ProvedAt()) > d.house.SigningWindow {
		return refuse(StepUp, "")
	}
	return nil
}

// provedFor is proved for a form that is to be released; what is wrong with the form is told first, so that nobody shows a password for it.
func (d *Desk) provedFor(draft Draft) error {
	err := d.proved()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Cause != StepUp {
		return err
	}
	if _, faults := draft.finish(d.house.directory(d.badge, d.house.Clock())); len(faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: faults}
	}
	return err
}
