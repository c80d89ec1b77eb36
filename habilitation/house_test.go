package habilitation_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"path/filepath"
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
	credentials, err := boltcredentials.Create(filepath.Join(t.TempDir(), "credentials.db"))
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
