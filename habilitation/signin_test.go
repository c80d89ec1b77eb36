package habilitation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
)

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

// TestFailuresElsewhereKeepNobodyOut: whoever guesses at an account keeps out neither its agent at another address, nor at a terminal of the house.
func TestFailuresElsewhereKeepNobodyOut(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	guess := func(secret string, from habilitation.SignInOption) (n int) {
		for n < 200 {
			if _, err := h.authority.SignIn(t.Context(), "second", wrong, secret, from); errors.Is(err, habilitation.ErrTooManyAttempts) {
				return n
			}
			n++
		}
		return n
	}
	here := habilitation.FromAddress("192.0.2.1")
	if n := guess("", here); n != 10 {
		t.Fatalf("%d guesses from one address", n)
	}
	if _, err := h.authority.SignIn(t.Context(), "second", password, "", habilitation.FromAddress("198.51.100.7")); err != nil {
		t.Errorf("from another address: %v", err)
	}
	if _, err := h.authority.SignIn(t.Context(), "second", password, h.secret, here); err != nil {
		t.Errorf("from the same address, at a terminal that the house knows: %v", err)
	}
	var many *habilitation.TooManyAttempts
	if _, err := h.authority.SignIn(t.Context(), "second", password, "no such secret", here); !errors.As(err, &many) || many.Wait != 6*time.Minute {
		t.Errorf("at a terminal that the house does not know: %v", err)
	}
	if n := guess(h.secret, here); n != 10 {
		t.Errorf("%d guesses at one terminal", n)
	}
	if _, err := h.authority.StepUp(t.Context(), session.Badge, password); err != nil {
		t.Errorf("in a session that was open: %v", err)
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
