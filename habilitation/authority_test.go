package habilitation_test

import (
	"slices"
	"testing"

	"chancery/habilitation"
)

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
