package habilitation

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// ErrNotAdmitted is returned for every way of not being let in, so that the answer tells nothing of which it was.
var ErrNotAdmitted = errors.New("not admitted")

// TagGrants tells which tags an audience receives messages of a level under. Version grows whenever an answer may have changed,
// and not before DeclaredBy gives the new one. tagging.Declarations is one.
type TagGrants interface {
	DeclaredBy(AudienceID, Level) []TagID
	Version() uint64
}

// Limits is how long a session lasts: from its sign-in, and without a refresh.
type Limits struct {
	Absolute time.Duration
	Idle     time.Duration
}

// DefaultLimits are a day and two hours for sessions that read unprotected messages, eight hours and thirty minutes for those that read
// restricted ones.
func DefaultLimits() map[Level]Limits {
	return map[Level]Limits{
		Unprotected: {Absolute: 24 * time.Hour, Idle: 2 * time.Hour},
		Restricted:  {Absolute: 8 * time.Hour, Idle: 30 * time.Minute},
	}
}

// AuthorityConfig is what an Authority works with. Limits, Throttle, Former and Random may be left out.
type AuthorityConfig struct {
	Register    *Register
	Grants      TagGrants
	Credentials Credentials
	Key         ed25519.PrivateKey  // signs access tokens
	Former      []ed25519.PublicKey // of keys that signed until lately: their tokens are still verified
	Issuer      string              // the house's name in its tokens, its origin
	Clock       func() time.Time
	Argon       Argon
	NewID       func() ID
	Limits      map[Level]Limits // DefaultLimits when nil
	Throttle    Throttle         // DefaultThrottle when zero
	Random      io.Reader        // for salts and refresh tokens; crypto/rand when nil
}

func (c AuthorityConfig) check() error {
	if c.Register == nil || c.Grants == nil || c.Credentials == nil || c.Clock == nil || c.NewID == nil || c.Issuer == "" {
		return errors.New("authority: register, grants, credentials, clock, identities or issuer missing")
	}
	if len(c.Key) != ed25519.PrivateKeySize {
		return errors.New("authority: no Ed25519 key")
	}
	for _, level := range Levels {
		if l := c.Limits[level]; c.Limits != nil && (l.Absolute <= 0 || l.Idle <= 0) {
			return fmt.Errorf("authority: no limits for sessions that read %s", level)
		}
	}
	if t := c.Throttle; t != (Throttle{}) && (t.PerAccount < 1 || t.PerAddress < 1 || t.Window <= 0) {
		return errors.New("authority: throttle without limits")
	}
	return c.Argon.check()
}

// Authority lets people in and mints badges. It is safe for concurrent use.
type Authority struct {
	register    *Register
	grants      TagGrants
	credentials Credentials
	clock       func() time.Time
	newID       func() ID
	random      io.Reader
	limits      [Restricted + 1]Limits
	longest     time.Duration // the longest absolute limit
	tokens      *minter
	hasher      *hasher
	dummy       string // verified for logins without a password
	throttle    *throttle
	perimeters  *recent[place, *Perimeter]
	passwords   sync.Mutex // held from reading a password hash to replacing it
}

// place is what a perimeter is compiled for.
type place struct {
	agent    AgentID
	terminal ID
}

// perimetersKept is how many compiled perimeters are kept at least: more than the sessions of a large house.
const perimetersKept = 1 << 15

// NewAuthority checks that the configuration is complete. It does not ask for production's hashing cost: the house's configuration does.
func NewAuthority(c AuthorityConfig) (*Authority, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Limits == nil {
		c.Limits = DefaultLimits()
	}
	if c.Throttle == (Throttle{}) {
		c.Throttle = DefaultThrottle()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	a := &Authority{register: c.Register, grants: c.Grants, credentials: c.Credentials, clock: c.Clock, newID: c.NewID, random: c.Random,
		tokens: newMinter(c.Issuer, c.Key, c.Former, c.Clock, c.NewID), hasher: newHasher(c.Argon, c.Random),
		throttle: newThrottle(c.Throttle, c.Clock), perimeters: newRecent[place, *Perimeter](perimetersKept)}
	a.dummy = a.hasher.dummy()
	for _, level := range Levels {
		a.limits[level] = c.Limits[level]
		a.longest = max(a.longest, c.Limits[level].Absolute)
	}
	return a, nil
}

// Admit reads an access token and mints a badge with the rights that the register and the declarations give now.
// ErrNotAdmitted when the token is not good, the session is over, the agent disabled or the terminal withdrawn.
func (a *Authority) Admit(ctx context.Context, access string) (Badge, error) {
	p, err := a.tokens.verify(access)
	if err != nil {
		return Badge{}, fmt.Errorf("%w: %w", ErrNotAdmitted, err)
	}
	return a.mint(ctx, p)
}

// Recognizes reports whether an access token is one that the house signed for a session that lives, though it may have run out itself.
// It admits nobody and tells nothing of rights: it is for deciding whom a large request is awaited from.
func (a *Authority) Recognizes(ctx context.Context, access string) bool {
	p, err := a.tokens.recognize(access)
	if err != nil {
		return false
	}
	family, err := a.credentials.Family(ctx, p.session)
	return err == nil && family.Agent == p.agent
}

// Renew is the same badge with the rights of now; ErrNotAdmitted when it would not be minted any more. It costs little: streams call it
// before each event. A badge without a session lasts as long as its agent and terminal do.
func (a *Authority) Renew(b Badge) (Badge, error) {
	if b.perimeter == nil {
		return Badge{}, ErrNotAdmitted
	}
	if b.session.IsZero() {
		return a.BadgeFor(b.agent, b.terminal)
	}
	return a.mint(context.Background(), pass{agent: b.agent, session: b.session, proved: b.proved})
}

// BadgeFor mints a badge without a sign-in, for the house's own work in process: imports, followers, tests. The zero terminal is one that
// the house does not know, and reads unprotected messages only.
func (a *Authority) BadgeFor(agent AgentID, terminal ID) (Badge, error) {
	perimeter, err := a.perimeter(place{agent: agent, terminal: terminal})
	if err != nil {
		return Badge{}, err
	}
	return Badge{agent: agent, terminal: terminal, proved: a.clock().Unix(), perimeter: perimeter}, nil
}

// mint makes the badge of a living session. The proof is the pass's own: one made with another pass of the session lends it nothing.
func (a *Authority) mint(ctx context.Context, p pass) (Badge, error) {
	family, err := a.credentials.Family(ctx, p.session)
	if errors.Is(err, ErrUnknown) || err == nil && family.Agent != p.agent {
		return Badge{}, ErrNotAdmitted
	}
	if err != nil {
		return Badge{}, fmt.Errorf("look up session: %w", err)
	}
	badge, err := a.badge(family)
	badge.proved = min(badge.proved, p.proved)
	return badge, err
}

func (a *Authority) badge(f Family) (Badge, error) {
	perimeter, err := a.perimeter(place{agent: f.Agent, terminal: f.Terminal})
	if err != nil {
		return Badge{}, err
	}
	now, limits := a.clock(), a.limits[perimeter.ceiling]
	if !now.Before(f.Started.Add(limits.Absolute)) || !now.Before(f.Used.Add(limits.Idle)) {
		return Badge{}, fmt.Errorf("%w: session too old or too long idle", ErrNotAdmitted)
	}
	return Badge{agent: f.Agent, terminal: f.Terminal, session: f.Session, proved: f.Proved.Unix(), perimeter: perimeter}, nil
}

// perimeter is the compiled perimeter of an agent on a terminal. It is compiled again only when register or declarations have moved.
// Both versions only grow, so their sum names a state of both. They are read before the rights are: a perimeter compiled while something
// changes bears the older number and is compiled again the next time.
func (a *Authority) perimeter(at place) (*Perimeter, error) {
	if p, ok := a.perimeters.get(at); ok && p.version == a.register.Version()+a.grants.Version() {
		return p, nil
	}
	declared := a.grants.Version()
	grants, err := a.register.standing(at.agent, at.terminal)
	if err != nil {
		return nil, err
	}
	grants.Version += declared
	if !grants.Guest {
		grants.Tags = a.tagsOf(grants.Audiences, grants.Ceiling)
	}
	p := CompilePerimeter(grants.Grants)
	a.perimeters.put(at, p)
	return p, nil
}

func (a *Authority) tagsOf(audiences []AudienceID, ceiling Level) map[Level][]TagID {
	tags := make(map[Level][]TagID, len(Levels))
	for _, level := range Levels {
		if level > ceiling {
			break
		}
		for _, audience := range audiences {
			tags[level] = append(tags[level], a.grants.DeclaredBy(audience, level)...)
		}
	}
	return tags
}

// standing is an agent's rights on a terminal as one state of the register has them, without tags.
type standing struct {
	Grants
	Guest bool
}

func (r *Register) standing(agent AgentID, terminal ID) (standing, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.columns
	if !c.agents.has(agent) || c.agents.is(agent, flagDisabled) {
		return standing{}, ErrNotAdmitted
	}
	ceiling := Unprotected
	if !terminal.IsZero() {
		i, known := c.terminals.byID[terminal]
		if !known || c.terminals.withdrawn[i] {
			return standing{}, ErrNotAdmitted
		}
		ceiling = c.terminals.level[i]
	}
	return standing{Guest: c.agents.is(agent, flagGuest), Grants: Grants{Version: r.version.Load(), Agent: agent,
		Ceiling: min(ceiling, c.agents.ceiling(agent)), Archivist: c.agents.is(agent, flagArchivist),
		Audiences: append([]AudienceID(nil), c.agents.of[agent-1]...)}}, nil
}
