package habilitation

import (
	"context"
	"errors"
	"time"
)

// ErrReused is returned for a refresh token that was exchanged before: two hold what one was given, and the session is over.
var ErrReused = errors.New("refresh token used twice")

// Family is one sign-in: the session that an agent opened on a terminal and every refresh token that followed from it.
type Family struct {
	Session  ID
	Agent    AgentID
	Terminal ID // zero for a terminal that the house does not know
	Started  time.Time
	Used     time.Time // when the last refresh token was handed out
	Proved   time.Time // when the agent last showed the password: at the sign-in, or at a step-up since
}

// Credentials keeps what proves who somebody is: password hashes and the families of refresh tokens. None of it is ever in the journal.
// An engine MUST be safe for concurrent use, MUST be durable when a method has returned, and MUST keep refresh tokens only as
// their SHA-256. Times are kept to the microsecond.
type Credentials interface {
	Passwords
	Families
}

// Passwords is the half of Credentials that keeps password hashes.
type Passwords interface {
	// SetPassword replaces the agent's password hash, in PHC form.
	SetPassword(ctx context.Context, agent AgentID, phc string) error
	// Password is the agent's password hash; ErrUnknown when the agent has none.
	Password(ctx context.Context, agent AgentID) (phc string, err error)
}

// Families is the half of Credentials that keeps sessions.
type Families interface {
	// StartFamily opens a session whose first refresh token has the hash. A session that exists is ErrContradiction.
	// Families that started before the time `until` MAY be forgotten.
	StartFamily(ctx context.Context, family Family, first [32]byte, until time.Time) error
	// Rotate exchanges the refresh token with the hash `used` for the one with the hash `next` and returns the family as it was before.
	// A token exchanged earlier MUST end its family, durably, and is ErrReused; a token of no living family is ErrUnknown.
	// Of two exchanges of one token at most one succeeds.
	Rotate(ctx context.Context, used, next [32]byte, at time.Time) (Family, error)
	// Prove notes that the password was shown at the time in a living session, and returns the family as it is then; its refresh token
	// goes on. ErrUnknown when the session is over.
	Prove(ctx context.Context, session ID, at time.Time) (Family, error)
	// EndFamily ends one session of the agent, or all of them when the session is zero. Ending what is over is no error.
	// When it has returned, Family no longer finds it.
	EndFamily(ctx context.Context, agent AgentID, session ID) error
	// Family is the living session; ErrUnknown when it is over. It is asked at every request and every streamed event: it MUST be cheap.
	Family(ctx context.Context, session ID) (Family, error)
}
