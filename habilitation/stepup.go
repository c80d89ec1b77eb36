package habilitation

import (
	"context"
	"errors"
	"fmt"
)

// StepUp lets whoever holds the badge show the password again, in the same session, and hands out an access token that says so; the
// refresh token of the session goes on, and what it is exchanged for says so too. A wrong password is ErrNotAdmitted, for the cost of a
// sign-in, and counted by session: too many are TooManyAttempts. A badge without a session has nothing to step up.
func (a *Authority) StepUp(ctx context.Context, b Badge, password string) (Session, error) {
	agent, known := a.register.Agent(b.agent)
	if b.session.IsZero() || !known {
		return Session{}, ErrNotAdmitted
	}
	try := attempt{account: foldKey(agent.Login), place: "session " + b.session.String(), known: true}
	return a.throttled(try, func() (Session, error) { return a.stepUp(ctx, b, password) })
}

func (a *Authority) stepUp(ctx context.Context, b Badge, password string) (Session, error) {
	if _, err := a.checkPassword(ctx, b.agent, password); err != nil {
		return Session{}, err
	}
	family, err := a.credentials.Prove(ctx, b.session, a.clock())
	if errors.Is(err, ErrUnknown) || err == nil && family.Agent != b.agent {
		return Session{}, ErrNotAdmitted // a new password, or a sign-out, ended it meanwhile
	}
	if err != nil {
		return Session{}, fmt.Errorf("step up: %w", err)
	}
	badge, err := a.badge(family)
	if err != nil {
		return Session{}, err
	}
	return a.session(family, badge, "")
}
