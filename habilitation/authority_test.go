package habilitation_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/habilitation/boltcredentials"
)

const (
	archivist = habilitation.AgentID(1)
	second    = habilitation.AgentID(2) // number two of group 1, cleared restricted
	newcomer  = habilitation.AgentID(3) // cleared unprotected
	guest     = habilitation.AgentID(4)
	password  = "une phrase assez longue"
	wrong     = "une autre phrase longue"
)

// declared is the smallest thing that grants tags: what audiences declared, with a version that a test moves.
type declared struct {
	mu      sync.Mutex
	version uint64
	tags    map[habilitation.Level]map[habilitation.AudienceID][]habilitation.TagID
}

func (d *declared) DeclaredBy(a habilitation.AudienceID, l habilitation.Level) []habilitation.TagID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tags[l][a]
}

func (d *declared) Version() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.version
}

func (d *declared) set(l habilitation.Level, a habilitation.AudienceID, tags ...habilitation.TagID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tags[l] = map[habilitation.AudienceID][]habilitation.TagID{a: tags}
	d.version++
}

// house is an authority over a small register and a real credentials file, with a clock that a test moves.
type house struct {
	testing.TB
	register    *habilitation.Register
	declared    *declared
	credentials *boltcredentials.Store
	authority   *habilitation.Authority
	config      habilitation.AuthorityConfig
	key         ed25519.PrivateKey
	mu          sync.Mutex
	now         time.Time
	ids         uint64
	desk        habilitation.Terminal // cleared restricted
	secret      string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	credentials, err := boltcredentials.Open(filepath.Join(t.TempDir(), "credentials.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := credentials.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{TB: t, register: habilitation.NewRegister(), credentials: credentials, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)),
		declared: &declared{tags: make(map[habilitation.Level]map[habilitation.AudienceID][]habilitation.TagID)},
		now:      time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	h.furnish()
	h.config = habilitation.AuthorityConfig{Register: h.register, Grants: h.declared, Credentials: credentials, Key: h.key,
		Issuer: "https://chancery.test", Clock: h.clock, Argon: habilitation.CheapestArgon, NewID: h.newID}
	h.reopen()
	for agent := archivist; agent <= guest; agent++ {
		phc, err := habilitation.HashPassword(t.Context(), password, habilitation.CheapestArgon)
		if err := errors.Join(err, credentials.SetPassword(t.Context(), agent, phc)); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// reopen makes the authority anew from the configuration as it stands.
func (h *house) reopen() {
	h.Helper()
	authority, err := habilitation.NewAuthority(h.config)
	if err != nil {
		h.Fatal(err)
	}
	h.authority = authority
}

func (h *house) furnish() {
	secret, hash := habilitation.NewTerminalSecret()
	h.secret, h.desk = secret, habilitation.Terminal{ID: habilitation.ID{0xee}, Level: habilitation.Restricted}
	h.apply(
		habilitation.AgentAdded{Agent: archivist, Login: "archives", Level: habilitation.Restricted, Functions: []habilitation.Function{habilitation.Archivist}},
		habilitation.AgentAdded{Agent: second, Login: "second", Level: habilitation.Restricted},
		habilitation.AgentAdded{Agent: newcomer, Login: "nouveau", Level: habilitation.Unprotected},
		habilitation.AgentAdded{Agent: guest, Login: "ong", Level: habilitation.Unprotected, Guest: true},
		habilitation.AudienceCreated{Audience: 1, Key: "dam", Sort: "directorate", Name: habilitation.Label{FR: "Afrique"}, Timbre: "DAM", Level: habilitation.Restricted},
		habilitation.MemberJoined{Audience: 1, Agent: second, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 1, Agent: guest},
		habilitation.TerminalRegistered{Terminal: h.desk.ID, Name: "poste 1", Level: habilitation.Restricted, SecretHash: hash},
	)
}

func (h *house) apply(acts ...habilitation.Act) {
	h.Helper()
	for _, act := range acts {
		if err := h.register.Apply(h.clock(), 0, act); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// newID counts, so that a run is repeated to the byte.
func (h *house) newID() (id habilitation.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids++
	binary.BigEndian.PutUint64(id[:], h.ids)
	return id
}

func (h *house) signIn(login, secret string) habilitation.Session {
	h.Helper()
	session, err := h.authority.SignIn(h.Context(), login, password, secret)
	if err != nil {
		h.Fatalf("sign in %s: %v", login, err)
	}
	return session
}

func (h *house) wantAdmitted(access string) habilitation.Badge {
	h.Helper()
	badge, err := h.authority.Admit(h.Context(), access)
	if err != nil {
		h.Fatalf("admit: %v", err)
	}
	return badge
}

func (h *house) wantNotAdmitted(what string, err error) {
	h.Helper()
	if !errors.Is(err, habilitation.ErrNotAdmitted) {
		h.Errorf("%s: %v", what, err)
	}
}

// restricted is a restricted message addressed to group 1.
func restricted() habilitation.Marking {
	return habilitation.NewMarking(habilitation.Restricted, []habilitation.AudienceID{1}, nil, nil)
}

func TestSessionLevelIsTheLowerOfAgentAndTerminal(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		login, secret string
		want          habilitation.Level
	}{
		{"second", h.secret, habilitation.Restricted},
		{"SECOND", h.secret, habilitation.Restricted},
		{"second", "", habilitation.Unprotected},
		{"second", "poste 1", habilitation.Unprotected}, // a name is no secret
		{"second", h.desk.ID.String(), habilitation.Unprotected},
		{"second", strings.ToUpper(h.secret), habilitation.Unprotected},
		{"nouveau", h.secret, habilitation.Unprotected},
		{"ong", h.secret, habilitation.Unprotected},
	} {
		session := h.signIn(c.login, c.secret)
		badge := h.wantAdmitted(session.Access)
		if session.Level != c.want || badge.Level() != c.want || session.Badge != badge {
			t.Errorf("%s with %q: session %s, badge %s", c.login, c.secret, session.Level, badge.Level())
		}
		if m := restricted(); badge.Perimeter().Admits(&m) != (c.want == habilitation.Restricted) {
			t.Errorf("%s with %q: wrong about a restricted message", c.login, c.secret)
		}
	}
}

func TestEveryWrongThingIsTheSameRefusal(t *testing.T) {
	h := newHouse(t)
	h.apply(habilitation.AgentAdded{Agent: 5, Login: "sans", Level: habilitation.Unprotected}, // no password
		habilitation.AgentDisabled{Agent: newcomer, Reason: "fin"})
	withdrawn, hash := habilitation.NewTerminalSecret()
	h.apply(habilitation.TerminalRegistered{Terminal: habilitation.ID{7}, Name: "volé", Level: habilitation.Restricted, SecretHash: hash},
		habilitation.TerminalWithdrawn{Terminal: habilitation.ID{7}, Reason: "volé"})
	for name, try := range map[string][3]string{
		"wrong password":      {"second", wrong, ""},
		"empty password":      {"second", "", ""},
		"unknown login":       {"personne", password, ""},
		"empty login":         {"", password, ""},
		"login of a megabyte": {strings.Repeat("a", 1<<20), password, ""},
		"no password set":     {"sans", password, ""},
		"disabled":            {"nouveau", password, ""},
		"withdrawn terminal":  {"second", password, withdrawn},
	} {
		session, err := h.authority.SignIn(t.Context(), try[0], try[1], try[2])
		h.wantNotAdmitted(name, err)
		if session != (habilitation.Session{}) {
			t.Errorf("%s: a session came with the refusal", name)
		}
	}
}

func TestTooManyFailuresAreRefusedBeforeHashing(t *testing.T) {
	h := newHouse(t)
	for _, login := range []string{"second", "personne"} {
		for range 10 {
			_, err := h.authority.SignIn(t.Context(), login, wrong, "")
			if errors.Is(err, habilitation.ErrTooManyAttempts) {
				t.Fatalf("%s is throttled early", login)
			}
		}
		_, err := h.authority.SignIn(t.Context(), strings.ToUpper(login), password, "")
		h.wantNotAdmitted("eleventh try", err)
		if !errors.Is(err, habilitation.ErrTooManyAttempts) {
			t.Errorf("eleventh try of %s: %v", login, err)
		}
	}
	h.signIn("archives", "")
	h.pass(time.Hour)
	h.signIn("second", "")
	from := habilitation.FromAddress("192.0.2.0/24")
	for i := range 100 {
		_, _ = h.authority.SignIn(t.Context(), "personne"+string(rune('a'+i%26))+string(rune('a'+i/26)), wrong, "", from)
	}
	if _, err := h.authority.SignIn(t.Context(), "archives", password, "", from); !errors.Is(err, habilitation.ErrTooManyAttempts) {
		t.Errorf("the hundred and first from one address: %v", err)
	}
	if _, err := h.authority.SignIn(t.Context(), "archives", password, "", habilitation.FromAddress("198.51.100.0/24")); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

func TestSignInEndsWithItsContext(t *testing.T) {
	h := newHouse(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 30 {
		if _, err := h.authority.SignIn(ctx, "second", password, ""); !errors.Is(err, context.Canceled) {
			t.Fatalf("sign in: %v", err)
		}
	}
	h.signIn("second", "") // nothing was held against the account
}

func TestRefreshRotatesAndReuseEndsTheSession(t *testing.T) {
	h := newHouse(t)
	first, other := h.signIn("second", h.secret), h.signIn("second", "")
	h.pass(time.Minute)
	next, err := h.authority.Refresh(t.Context(), first.Refresh)
	if err != nil || next.Refresh == first.Refresh || next.Access == first.Access || next.Badge.Session() != first.Badge.Session() || next.Level != habilitation.Restricted {
		t.Fatalf("refresh: %+v, %v", next, err)
	}
	h.wantAdmitted(first.Access)
	badge := h.wantAdmitted(next.Access)
	_, err = h.authority.Refresh(t.Context(), first.Refresh)
	h.wantNotAdmitted("reuse", err)
	_, err = h.authority.Refresh(t.Context(), next.Refresh)
	h.wantNotAdmitted("the token after a reuse", err)
	for what, access := range map[string]string{"first": first.Access, "next": next.Access} {
		_, err = h.authority.Admit(t.Context(), access)
		h.wantNotAdmitted(what+" access token after a reuse", err)
	}
	_, err = h.authority.Renew(badge)
	h.wantNotAdmitted("renew after a reuse", err)
	h.wantAdmitted(other.Access)
	for _, strange := range []string{"", "x", other.Access, other.Refresh + "A", other.Refresh[:42], other.Refresh[:42] + "\n", strings.Repeat("A", 43)} {
		_, err = h.authority.Refresh(t.Context(), strange)
		h.wantNotAdmitted("strange refresh token", err)
	}
	h.wantAdmitted(other.Access)
}

func TestSessionsHaveLimits(t *testing.T) {
	for _, c := range []struct {
		secret   bool
		absolute time.Duration
		idle     time.Duration
	}{{false, 24 * time.Hour, 2 * time.Hour}, {true, 8 * time.Hour, 30 * time.Minute}} {
		h := newHouse(t)
		secret := ""
		if c.secret {
			secret = h.secret
		}
		session := h.signIn("second", secret)
		idle := h.signIn("second", secret)
		started := h.clock()
		for h.clock().Add(c.idle - time.Minute).Before(started.Add(c.absolute)) {
			h.pass(c.idle - time.Minute)
			next, err := h.authority.Refresh(t.Context(), session.Refresh)
			if err != nil {
				t.Fatalf("refresh after %s: %v", h.clock().Sub(started), err)
			}
			session = next
		}
		h.pass(started.Add(c.absolute).Sub(h.clock()) - time.Second)
		badge, err := h.authority.Renew(session.Badge)
		if err != nil {
			t.Fatalf("a second before the end: %v", err)
		}
		h.pass(time.Second)
		_, err = h.authority.Renew(badge)
		h.wantNotAdmitted("renew at the end", err)
		_, err = h.authority.Refresh(t.Context(), session.Refresh)
		h.wantNotAdmitted("refresh at the end", err)
		_, err = h.authority.Refresh(t.Context(), idle.Refresh)
		h.wantNotAdmitted("refresh of an idle session", err)
	}
}

func TestIdleSessionsEnd(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	h.pass(30*time.Minute - time.Second)
	if _, err := h.authority.Renew(session.Badge); err != nil {
		t.Fatal(err)
	}
	h.pass(time.Second)
	_, err := h.authority.Renew(session.Badge)
	h.wantNotAdmitted("renew when idle too long", err)
	_, err = h.authority.Refresh(t.Context(), session.Refresh)
	h.wantNotAdmitted("refresh when idle too long", err)
}

func TestAccessTokensLastTenMinutes(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", "")
	if session.ExpiresIn != 10*time.Minute {
		t.Fatalf("expires in %s", session.ExpiresIn)
	}
	h.pass(10*time.Minute + 4*time.Second)
	h.wantAdmitted(session.Access)
	h.pass(time.Second)
	_, err := h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("five seconds late", err)
	h.pass(-10*time.Minute - 11*time.Second)
	_, err = h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("six seconds early", err)
}

func TestSignOutEndsOneSession(t *testing.T) {
	h := newHouse(t)
	session, other := h.signIn("second", ""), h.signIn("second", "")
	if err := h.authority.SignOut(t.Context(), session.Badge); err != nil {
		t.Fatal(err)
	}
	_, err := h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("admit after signing out", err)
	_, err = h.authority.Refresh(t.Context(), session.Refresh)
	h.wantNotAdmitted("refresh after signing out", err)
	h.wantAdmitted(other.Access)
	made, err := h.authority.BadgeFor(second, habilitation.ID{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []habilitation.Badge{{}, made} {
		h.wantNotAdmitted("sign out without a session", h.authority.SignOut(t.Context(), b))
	}
	h.wantAdmitted(other.Access)
}

func TestNewPasswordEndsEverySession(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", "")
	if err := h.authority.SetPassword(t.Context(), second, "court"); !errors.Is(err, habilitation.ErrPasswordPolicy) {
		t.Fatalf("short password: %v", err)
	}
	if err := h.authority.SetPassword(t.Context(), 99, wrong); !errors.Is(err, habilitation.ErrUnknown) {
		t.Fatalf("password of nobody: %v", err)
	}
	h.wantAdmitted(session.Access)
	if err := h.authority.SetPassword(t.Context(), second, wrong); err != nil {
		t.Fatal(err)
	}
	_, err := h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("session of the old password", err)
	_, err = h.authority.SignIn(t.Context(), "second", password, "")
	h.wantNotAdmitted("old password", err)
	if _, err := h.authority.SignIn(t.Context(), "second", wrong, ""); err != nil {
		t.Fatalf("new password: %v", err)
	}
}

func TestPasswordsAreHashedAnewWhenTheCostChanges(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", "")
	h.config.Argon = habilitation.Argon{Memory: 16, Passes: 2, Threads: 1}
	h.reopen()
	h.signIn("second", "")
	phc, err := h.credentials.Password(t.Context(), second)
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=16,t=2,p=1$") {
		t.Fatalf("%s, %v", phc, err)
	}
	h.signIn("second", "")
	h.wantAdmitted(session.Access)
	if same, _ := h.credentials.Password(t.Context(), second); same != phc {
		t.Fatal("hashed anew without a reason")
	}
}

func TestRightsAreThoseOfNow(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	badge, m := session.Badge, restricted()
	tagged := habilitation.NewMarking(habilitation.Restricted, nil, []habilitation.TagID{9}, nil)
	for _, step := range []struct {
		what      string
		do        func()
		addressed bool
		tagged    bool
	}{
		{"at first", func() {}, true, false},
		{"tag declared", func() { h.declared.set(habilitation.Restricted, 1, 9) }, true, true},
		{"tag withdrawn", func() { h.declared.set(habilitation.Restricted, 1) }, true, false},
		{"left", func() { h.apply(habilitation.MemberLeft{Audience: 1, Agent: second, Reason: "x"}) }, false, false},
		{"joined again", func() { h.apply(habilitation.MemberJoined{Audience: 1, Agent: second}) }, true, false},
		{"clearance lowered", func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Unprotected}) }, false, false},
		{"clearance raised", func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Restricted}) }, true, false},
		{"terminal lowered", func() {
			h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Unprotected})
		}, false, false},
		{"terminal raised", func() { h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Restricted}) }, true, false},
		{"archivist", func() {
			h.apply(habilitation.AgentAppointed{Agent: second, Functions: []habilitation.Function{habilitation.Archivist}})
		}, true, true},
		{"archivist no more", func() { h.apply(habilitation.AgentAppointed{Agent: second}) }, true, false},
	} {
		step.do()
		var err error
		if badge, err = h.authority.Renew(badge); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		for how, b := range map[string]habilitation.Badge{"renewed": badge, "admitted": h.wantAdmitted(session.Access)} {
			if b.Perimeter().Admits(&m) != step.addressed || b.Perimeter().Admits(&tagged) != step.tagged {
				t.Errorf("%s, %s: addressed %v, tagged %v", step.what, how, b.Perimeter().Admits(&m), b.Perimeter().Admits(&tagged))
			}
		}
	}
	h.apply(habilitation.AgentDisabled{Agent: second, Reason: "x"})
	_, err := h.authority.Renew(badge)
	h.wantNotAdmitted("renew of a disabled agent", err)
	_, err = h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("admit of a disabled agent", err)
	h.apply(habilitation.AgentEnabled{Agent: second}, habilitation.TerminalWithdrawn{Terminal: h.desk.ID, Reason: "x"})
	_, err = h.authority.Renew(badge)
	h.wantNotAdmitted("renew on a withdrawn terminal", err)
	_, err = h.authority.Refresh(t.Context(), session.Refresh)
	h.wantNotAdmitted("refresh on a withdrawn terminal", err)
}

func TestGuestsHaveNoDeclaredTags(t *testing.T) {
	h := newHouse(t)
	h.declared.set(habilitation.Unprotected, 1, 9)
	tagged := habilitation.NewMarking(habilitation.Unprotected, nil, []habilitation.TagID{9}, nil)
	shared := habilitation.NewMarking(habilitation.Unprotected, []habilitation.AudienceID{1}, nil, nil)
	for agent, want := range map[habilitation.AgentID]bool{guest: false, second: true} {
		badge, err := h.authority.BadgeFor(agent, h.desk.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := badge.Perimeter().Admits(&tagged); got != want {
			t.Errorf("agent %d reads by tag: %v", agent, got)
		}
		if !badge.Perimeter().Admits(&shared) {
			t.Errorf("agent %d does not read what is shared with their group", agent)
		}
	}
}

func TestBadgesAreMintedByTheAuthorityOnly(t *testing.T) {
	h := newHouse(t)
	_, err := h.authority.Renew(habilitation.Badge{})
	h.wantNotAdmitted("renew of the zero badge", err)
	for _, agent := range []habilitation.AgentID{0, 99} {
		_, err = h.authority.BadgeFor(agent, habilitation.ID{})
		h.wantNotAdmitted("badge of nobody", err)
	}
	_, err = h.authority.BadgeFor(second, habilitation.ID{0x55})
	h.wantNotAdmitted("badge on a terminal of nowhere", err)
	badge, err := h.authority.BadgeFor(second, h.desk.ID)
	if err != nil || badge.Level() != habilitation.Restricted || !badge.Session().IsZero() || badge.Terminal() != h.desk.ID || badge.Agent() != second {
		t.Fatalf("%+v, %v", badge, err)
	}
	if again, err := h.authority.Renew(badge); err != nil || again != badge {
		t.Fatalf("renewed without a change: %+v, %v", again, err)
	}
}

func TestIncompleteConfigurationsAreRefused(t *testing.T) {
	h := newHouse(t)
	if err := h.config.Validate(); !errors.Is(err, habilitation.ErrCheapArgon) {
		t.Errorf("test hashing in production: %v", err)
	}
	dear := h.config
	dear.Argon = habilitation.ProductionArgon
	if err := dear.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*habilitation.AuthorityConfig){
		"register":    func(c *habilitation.AuthorityConfig) { c.Register = nil },
		"grants":      func(c *habilitation.AuthorityConfig) { c.Grants = nil },
		"credentials": func(c *habilitation.AuthorityConfig) { c.Credentials = nil },
		"key":         func(c *habilitation.AuthorityConfig) { c.Key = c.Key[:31] },
		"issuer":      func(c *habilitation.AuthorityConfig) { c.Issuer = "" },
		"clock":       func(c *habilitation.AuthorityConfig) { c.Clock = nil },
		"identities":  func(c *habilitation.AuthorityConfig) { c.NewID = nil },
		"argon":       func(c *habilitation.AuthorityConfig) { c.Argon = habilitation.Argon{} },
		"limits": func(c *habilitation.AuthorityConfig) {
			c.Limits = map[habilitation.Level]habilitation.Limits{habilitation.Unprotected: {Absolute: 1, Idle: 1}}
		},
		"throttle": func(c *habilitation.AuthorityConfig) { c.Throttle = habilitation.Throttle{PerAccount: 1} },
	} {
		config := h.config
		spoil(&config)
		if _, err := habilitation.NewAuthority(config); err == nil {
			t.Errorf("without a good %s", name)
		}
	}
}

func TestTerminalSecretsAreLongAndKnownByTheirHash(t *testing.T) {
	secret, hash := habilitation.NewTerminalSecret()
	other, _ := habilitation.NewTerminalSecret()
	if len(secret) != 52 || secret == other || len(hash) != 32 {
		t.Fatalf("%q, %x", secret, hash)
	}
	h := newHouse(t)
	if found, ok := h.register.TerminalBySecret(h.secret); !ok || found.ID != h.desk.ID {
		t.Fatalf("%+v %v", found, ok)
	}
	if !slices.ContainsFunc(h.register.Terminals(), func(x habilitation.Terminal) bool { return x.ID == h.desk.ID }) {
		t.Fatal("not listed")
	}
}

// TestRevocationIsImmediate is INV-4: whatever ends a right, a read that begins after it has returned is not admitted.
// Readers race with a writer who gives and takes; each reads the phase before and after, and judges when it did not move.
func TestRevocationIsImmediate(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	m := restricted()
	for name, step := range map[string]struct{ take, give func() }{
		"member":  {func() { h.apply(habilitation.MemberLeft{Audience: 1, Agent: second}) }, func() { h.apply(habilitation.MemberJoined{Audience: 1, Agent: second}) }},
		"account": {func() { h.apply(habilitation.AgentDisabled{Agent: second}) }, func() { h.apply(habilitation.AgentEnabled{Agent: second}) }},
		"clearance": {func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Unprotected}) },
			func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Restricted}) }},
		"terminal": {func() { h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Unprotected}) },
			func() { h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Restricted}) }},
	} {
		t.Run(name, func(t *testing.T) { raceRights(t, h, session, &m, step.take, step.give) })
	}
	// A session does not come back, so it is raced once for each sign-in.
	for range 20 {
		session := h.signIn("second", h.secret)
		var phase phases
		raceReaders(t, &phase, func() bool { return h.reads(session, &m) }, func() {
			phase.change(false, func() {
				if err := h.authority.SignOut(t.Context(), session.Badge); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func raceRights(t *testing.T, h *house, session habilitation.Session, m *habilitation.Marking, take, give func()) {
	var phase phases
	raceReaders(t, &phase, func() bool { return h.reads(session, m) }, func() {
		for range 300 {
			phase.change(false, take)
			phase.change(true, give)
		}
	})
}

// reads reports whether a read that begins now is admitted, by the token and by the badge.
func (h *house) reads(session habilitation.Session, m *habilitation.Marking) bool {
	admitted, err := h.authority.Admit(context.Background(), session.Access)
	byToken := err == nil && admitted.Perimeter().Admits(m)
	renewed, err := h.authority.Renew(session.Badge)
	return byToken || err == nil && renewed.Perimeter().Admits(m)
}

// phases is what the writer has done so far: odd while it is at it.
type phases struct {
	mu      sync.Mutex
	count   int
	allowed bool
}

func (p *phases) change(allowed bool, do func()) {
	p.set(allowed)
	do()
	p.set(allowed)
}

func (p *phases) set(allowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	p.allowed = allowed
}

func (p *phases) now() (count int, allowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count, p.allowed
}

func raceReaders(t *testing.T, phase *phases, reads func() bool, write func()) {
	done := make(chan struct{})
	var readers sync.WaitGroup
	phase.set(true)
	phase.set(true)
	for range 3 {
		readers.Go(func() {
			for {
				before, allowed := phase.now()
				admitted := reads()
				after, _ := phase.now()
				if before == after && before%2 == 0 && admitted != allowed {
					t.Errorf("admitted %v where the register says %v", admitted, allowed)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	write()
	close(done)
	readers.Wait()
}

// TestPasswordChangeWinsOverSignIns races sign-ins with changes of the password: once a change has returned, no session that the old
// password opened is alive.
func TestPasswordChangeWinsOverSignIns(t *testing.T) {
	h := newHouse(t)
	h.config.Throttle = habilitation.Throttle{PerAccount: 1 << 20, PerAddress: 1 << 20, Window: time.Hour}
	h.reopen()
	current, next := password, wrong
	for range 20 {
		var mu sync.Mutex
		var opened []habilitation.Session
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if session, err := h.authority.SignIn(context.Background(), "second", current, ""); err == nil {
					mu.Lock()
					defer mu.Unlock()
					opened = append(opened, session)
				}
			})
		}
		if err := h.authority.SetPassword(t.Context(), second, next); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		for _, session := range opened {
			_, err := h.authority.Admit(t.Context(), session.Access)
			h.wantNotAdmitted("session of the old password", err)
		}
		current, next = next, current
	}
}

func BenchmarkAuthority(b *testing.B) {
	h := newHouse(b)
	session := h.signIn("second", h.secret)
	b.Run("Admit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.authority.Admit(b.Context(), session.Access); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Renew", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.authority.Renew(session.Badge); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Renew after each act", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.declared.set(habilitation.Unprotected, 1, 9)
			if _, err := h.authority.Renew(session.Badge); err != nil {
				b.Fatal(err)
			}
		}
	})
}
