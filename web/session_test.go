package web

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// signIn signs in on the page, as a person does.
func (v *visitor) signIn(login, terminal string) *answered {
	v.t.Helper()
	return v.send("POST", "/sign-in", "application/x-www-form-urlencoded", url.Values{"login": {login}, "password": {housetest.Password}, "terminal": {terminal}, "next": {v.headers["next"]}}.Encode())
}

func TestSigningIn(t *testing.T) {
	l := newLodge(t)
	l.SignIn("marie", "") // gives her a password
	v := l.stranger()
	if to := v.get("/groups/dam?x=1").wants(303).Header.Get("Location"); to != "/sign-in?next=%2Fgroups%2Fdam%3Fx%3D1" {
		t.Errorf("sent to %q", to)
	}
	wrong := v.send("POST", "/sign-in", "application/x-www-form-urlencoded", "login=marie&password=wrong").wants(401)
	if !strings.Contains(text(wrong.document()), "refusé") || attribute(find(wrong.document(), "input", "name", "login"), "value") != "marie" || attribute(find(wrong.document(), "input", "name", "password"), "value") != "" {
		t.Errorf("refused with %s", wrong.body)
	}
	v.headers["next"] = "/groups/dam?x=1"
	if to := v.signIn("marie", "").wants(303).Header.Get("Location"); to != "/groups/dam?x=1" {
		t.Errorf("led to %q", to)
	}
	if level := text(find(v.get("/").wants(200).document(), "p", "class", "session-level level-unprotected")); level != "Niveau : non protégé" {
		t.Errorf("level on screen %q", level)
	}
	v.signIn("marie", housetest.SecretOf(habilitation.Restricted)).wants(303)
	v.post("/sign-out", url.Values{}).wants(303)
	v.get("/").wants(303)
	v.signIn("marie", "").wants(303) // the terminal remembers its secret
	if find(v.get("/").wants(200).document(), "p", "class", "session-level level-restricted") == nil {
		t.Error("the terminal's secret was not remembered")
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	for _, to := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "", "groups", "/%0d%0a"} {
		if got := localAddress(to); got != "/" && got != "/%0d%0a" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	if got := localAddress("/messages/abc?done=released#faults"); got != "/messages/abc?done=released#faults" {
		t.Errorf("an address of ours became %q", got)
	}
}

// TestCookies: what each cookie bears, with TLS and on plain loopback.
func TestCookies(t *testing.T) {
	for name, secure := range map[string]bool{"TLS": true, "loopback": false} {
		t.Run(name, func(t *testing.T) {
			l := newLodge(t, func(o *Options) { o.Secure = secure })
			l.SignIn("marie", "")
			answer := l.stranger().signIn("marie", housetest.SecretOf(habilitation.Restricted)).wants(303)
			given := map[string]*http.Cookie{}
			for _, c := range answer.Cookies() {
				given[c.Name] = c
				if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure {
					t.Errorf("cookie %s", c)
				}
			}
			for _, want := range []string{accessCookie, refreshCookie, terminalCookie} {
				c := given[l.server.cookieName(want)]
				if c == nil || (c.MaxAge > 0) != (want == terminalCookie) {
					t.Errorf("%s: %v", want, c)
				}
			}
		})
	}
}

// TestPageRefreshesItsPass: an access token that ran out costs the reader nothing, even when many tabs notice at once; a stolen refresh
// token used again later ends the session.
func TestPageRefreshesItsPass(t *testing.T) {
	l := newLodge(t)
	l.SignIn("marie", "")
	v := l.stranger()
	v.signIn("marie", "").wants(303)
	before := v.cookies[refreshCookie]
	form := attribute(find(v.get("/requests").document(), "input", "name", "token"), "value")
	l.Clock.Advance(11 * time.Minute)
	var tabs sync.WaitGroup
	for range 8 {
		tab := l.stranger()
		tab.cookies[accessCookie], tab.cookies[refreshCookie] = v.cookies[accessCookie], before
		tabs.Go(func() {
			if answer := tab.get("/"); answer.StatusCode != 200 || tab.cookies[refreshCookie] == before {
				t.Errorf("a tab was answered %d", answer.StatusCode)
			}
		})
	}
	tabs.Wait()
	v.get("/").wants(200)
	v.post("/read-all", url.Values{"token": {form}}).wants(303) // a form opened before is still good
	l.Clock.Advance(2 * grace)
	thief := l.stranger()
	thief.cookies[refreshCookie] = before
	thief.get("/").wants(303)
	l.Clock.Advance(11 * time.Minute)
	v.get("/").wants(303)
}

// TestFormTokens: each page's token differs, each is good, and none is good for another session.
func TestFormTokens(t *testing.T) {
	l := newLodge(t)
	first, second := habilitation.NewID(), habilitation.NewID()
	a, b := l.server.formToken(first), l.server.formToken(first)
	if a == b {
		t.Error("the same token twice: compression could tell it")
	}
	for _, c := range []struct {
		session habilitation.ID
		token   string
		good    bool
	}{{first, a, true}, {first, b, true}, {second, a, false}, {first, "", false}, {first, a[:40], false}, {first, "!" + a[1:], false}, {habilitation.ID{}, l.server.formToken(habilitation.ID{}), false}} {
		if err := checkFormToken(c.session, c.token); (err == nil) != c.good {
			t.Errorf("%q: %v", c.token, err)
		}
	}
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	token := attribute(find(marie.get("/requests").document(), "input", "name", "token"), "value")
	karim.post("/read-all", url.Values{"token": {token}}).wants(403)
	marie.post("/read-all", url.Values{"token": {token}}).wants(303)
}

func TestSettings(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", 2)
	if to := marie.post("/settings", url.Values{"language": {"en"}, "theme": {"dark"}, "keys": {"off"}, "next": {"/tags"}}).wants(303).Header.Get("Location"); to != "/tags" {
		t.Errorf("back to %q", to)
	}
	root := all(marie.get("/tags").document(), "html")[0]
	if attribute(root, "lang") != "en" || attribute(root, "data-theme") != "dark" || attribute(root, "data-keys") != "off" {
		t.Errorf("the page is %v", root.Attr)
	}
	marie.post("/settings", url.Values{"language": {"xx"}, "theme": {"\"><script>"}}).wants(303)
	root = all(marie.get("/tags").document(), "html")[0]
	if attribute(root, "lang") != "en" || attribute(root, "data-theme") != "dark" {
		t.Errorf("the page is %v", root.Attr)
	}
}
