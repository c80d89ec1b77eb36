package habilitation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// Session is what a sign-in or a refresh hands out. The two tokens are secrets of the client.
type Session struct {
	Access    string        // a JWT, good for ExpiresIn
	Refresh   string        // opaque; to be exchanged once. Empty after a step-up: the one that the client has goes on
	ExpiresIn time.Duration // of Access
	Level     Level         // what the session reads now
	Badge     Badge
}

// SignInOption tells more of a sign-in.
type SignInOption func(*attempt)

// FromAddress says where the attempt comes from, so that failures from there are counted. The text is the caller's: a network prefix, usually.
func FromAddress(address string) SignInOption { return func(a *attempt) { a.place = address } }

// attempt is one try at signing in.
type attempt struct {
	login    string
	password string
	secret   string // of the terminal, empty for none
	account  string // the login as failures are counted under
	place    string // the address it comes from, or the terminal or session that the house knows it by
	known    bool   // the house knows the place
}

// loginLimit is beyond any login that the register takes, in bytes.
const loginLimit = 200

// SignIn opens a session for an agent who knows the password. The terminal's secret decides which terminal it is; without one, or with one
// that the house does not know, the session reads unprotected messages only. Every wrong thing is ErrNotAdmitted, for the same cost;
// too many of them are TooManyAttempts, before anything is hashed. On a terminal that the house knows, only failures on it count.
func (a *Authority) SignIn(ctx context.Context, login, password, terminalSecret string, options ...SignInOption) (Session, error) {
	try := attempt{login: login, password: password, secret: terminalSecret}
	for _, option := range options {
		option(&try)
	}
	if len(login) > loginLimit {
		return Session{}, ErrNotAdmitted
	}
	try.account = foldKey(login)
	if terminal, registered := a.register.TerminalBySecret(terminalSecret); registered && !terminal.Withdrawn {
		try.place, try.known = "terminal "+terminal.ID.String(), true
	}
	return a.throttled(try, func() (Session, error) { return a.signIn(ctx, try) })
}

// throttled counts the attempt from its beginning, and takes it back when it succeeded or came to no verdict.
func (a *Authority) throttled(try attempt, admit func() (Session, error)) (Session, error) {
	if wait := a.throttle.begin(try); wait > 0 {
		return Session{}, &TooManyAttempts{Wait: wait}
	}
	session, err := admit()
	switch {
	case err == nil:
		a.throttle.succeed(try)
	case !errors.Is(err, ErrNotAdmitted):
		a.throttle.spare(try)
	}
	return session, err
}

func (a *Authority) signIn(ctx context.Context, try attempt) (Session, error) {
	agent, _ := a.register.AgentByLogin(try.login) // nobody is agent 0, who has no password
	verified, err := a.checkPassword(ctx, agent.ID, try.password)
	if err != nil {
		return Session{}, err
	}
	family := Family{Session: a.newID(), Agent: agent.ID, Started: a.clock()}
	family.Used, family.Proved = family.Started, family.Started
	if terminal, registered := a.register.TerminalBySecret(try.secret); registered {
		family.Terminal = terminal.ID
	}
	badge, err := a.badge(family)
	if err != nil {
		return Session{}, err
	}
	refresh, hash, err := a.newRefresh()
	if err != nil {
		return Session{}, err
	}
	if err := a.credentials.StartFamily(ctx, family, hash, family.Started.Add(-a.longest)); err != nil {
		return Session{}, fmt.Errorf("start session: %w", err)
	}
	if err := a.confirm(ctx, family, verified, try.password); err != nil {
		return Session{}, errors.Join(err, a.credentials.EndFamily(context.WithoutCancel(ctx), family.Agent, family.Session))
	}
	return a.session(family, badge, refresh)
}

// checkPassword hashes once, whoever it is for, and returns the stored hash that the password was found to be the one of.
func (a *Authority) checkPassword(ctx context.Context, agent AgentID, password string) (string, error) {
	stored, err := a.credentials.Password(ctx, agent)
	known := err == nil
	if errors.Is(err, ErrUnknown) {
		stored, err = a.dummy, nil
	}
	if err != nil {
		return "", fmt.Errorf("look up password: %w", err)
	}
	same, stale, err := a.hasher.verify(ctx, password, stored)
	if err != nil {
		return "", fmt.Errorf("verify password: %w", err)
	}
	if !same || !known {
		return "", ErrNotAdmitted
	}
	if stale {
		return a.rehash(ctx, agent, password, stored)
	}
	return stored, nil
}

// confirm asks, once the session exists, that the password is still the one it was opened with: a new password ends the sessions that
// exist, and must not miss the one that was just being opened.
func (a *Authority) confirm(ctx context.Context, f Family, verified, password string) error {
	stored, err := a.credentials.Password(ctx, f.Agent)
	if err != nil {
		return fmt.Errorf("look up password: %w", err)
	}
	if stored != verified {
		_, err = a.checkPassword(ctx, f.Agent, password)
	}
	return err
}

// rehash stores the password under the parameters of now, unless another was set meanwhile; the agent's sessions go on.
func (a *Authority) rehash(ctx context.Context, agent AgentID, password, stored string) (string, error) {
	phc, err := a.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	a.passwords.Lock()
	defer a.passwords.Unlock()
	if current, err := a.credentials.Password(ctx, agent); err != nil || current != stored {
		return stored, err
	}
	if err := a.credentials.SetPassword(ctx, agent, phc); err != nil {
		return "", fmt.Errorf("store password: %w", err)
	}
	return phc, nil
}

// SetPassword checks a new password against the policy (ErrPasswordPolicy), stores its hash and ends every session of the agent.
func (a *Authority) SetPassword(ctx context.Context, agent AgentID, password string) error {
	if _, known := a.register.Agent(agent); !known {
		return fmt.Errorf("set password of agent %d: %w", agent, ErrUnknown)
	}
	phc, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	a.passwords.Lock()
	defer a.passwords.Unlock()
	if err := a.credentials.SetPassword(ctx, agent, phc); err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	return a.EndSessions(ctx, agent)
}

// EndSessions ends every session of the agent: no token of any of them is admitted when it has returned.
func (a *Authority) EndSessions(ctx context.Context, agent AgentID) error {
	if err := a.credentials.EndFamily(ctx, agent, ID{}); err != nil {
		return fmt.Errorf("end sessions of agent %d: %w", agent, err)
	}
	return nil
}

// SignOut ends the badge's session: no token of it is admitted when it has returned. A badge without a session has none to end.
func (a *Authority) SignOut(ctx context.Context, b Badge) error {
	if b.session.IsZero() {
		return ErrNotAdmitted
	}
	if err := a.credentials.EndFamily(ctx, b.agent, b.session); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Refresh exchanges a refresh token for a new pair. A token exchanged before ends its session: somebody else has it.
// So does a session that outlived its limits, or whose agent or terminal may no longer come in. Each is ErrNotAdmitted.
func (a *Authority) Refresh(ctx context.Context, refresh string) (Session, error) {
	used, err := refreshHash(refresh)
	if err != nil {
		return Session{}, err
	}
	next, hash, err := a.newRefresh()
	if err != nil {
		return Session{}, err
	}
	now := a.clock()
	family, err := a.credentials.Rotate(ctx, used, hash, now)
	if errors.Is(err, ErrReused) || errors.Is(err, ErrUnknown) {
		return Session{}, fmt.Errorf("%w: %w", ErrNotAdmitted, err)
	}
	if err != nil {
		return Session{}, fmt.Errorf("rotate refresh token: %w", err)
	}
	badge, err := a.badge(family)
	if err != nil {
		return Session{}, errors.Join(err, a.credentials.EndFamily(context.WithoutCancel(ctx), family.Agent, family.Session))
	}
	family.Used = now
	return a.session(family, badge, next)
}

func (a *Authority) session(f Family, badge Badge, refresh string) (Session, error) {
	access, err := a.tokens.sign(f)
	if err != nil {
		return Session{}, err
	}
	return Session{Access: access, Refresh: refresh, ExpiresIn: AccessLife, Level: badge.Level(), Badge: badge}, nil
}

// refreshSize is the bytes of a refresh token, all of them random.
const refreshSize = 32

func (a *Authority) newRefresh() (text string, hash [32]byte, err error) {
	var random [refreshSize]byte
	if _, err := io.ReadFull(a.random, random[:]); err != nil {
		return "", hash, fmt.Errorf("draw refresh token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(random[:]), sha256.Sum256(random[:]), nil
}

// refreshHash reads a refresh token in its one spelling.
func refreshHash(text string) ([32]byte, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(refreshSize) {
		return [32]byte{}, ErrNotAdmitted
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return [32]byte{}, ErrNotAdmitted
	}
	return sha256.Sum256(raw), nil
}
