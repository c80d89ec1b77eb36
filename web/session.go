package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// The cookies. Under TLS each bears the __Host- prefix and Secure; on plain loopback neither, because clients other than browsers
// rightly keep Secure cookies back from a plain connection.
const (
	accessCookie   = "chancery-access"
	refreshCookie  = "chancery-refresh"
	terminalCookie = "chancery-terminal" // the secret that this terminal was registered with
	languageCookie = "chancery-language"
	themeCookie    = "chancery-theme"
	keysCookie     = "chancery-keys" // "off": no single-key shortcuts
)

// remembered is how long a terminal's secret and a preference stay on the terminal.
const remembered = 365 * 24 * time.Hour

func (s *Server) cookieName(name string) string {
	if s.options.Secure {
		return "__Host-" + name
	}
	return name
}

// cookie reads one of ours.
func (s *Server) cookie(c *fiber.Ctx, name string) string { return c.Cookies(s.cookieName(name)) }

// setCookie writes one of ours; a zero age lives as long as the browser, an empty value removes it.
func (s *Server) setCookie(c *fiber.Ctx, name, value string, age time.Duration) {
	cookie := &fiber.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode, Secure: s.options.Secure,
		MaxAge: int(age.Seconds()), SessionOnly: age == 0 && value != "",
	}
	if value == "" {
		cookie.MaxAge = -1
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// keepPass puts a pass into the browser.
func (s *Server) keepPass(c *fiber.Ctx, pass correspondence.Pass) {
	s.setCookie(c, accessCookie, pass.AccessToken, 0)
	s.setCookie(c, refreshCookie, pass.RefreshToken, 0)
}

func (s *Server) dropPass(c *fiber.Ctx) {
	for _, name := range []string{accessCookie, refreshCookie} {
		s.setCookie(c, name, "", 0)
	}
}

// deskKey is where a request's desk is kept for its log line and the trail of denials.
const deskKey = "desk"

// openDesk opens the desk of whoever asks, and remembers it with the request.
func (s *Server) openDesk(ctx context.Context, c *fiber.Ctx) (*correspondence.Desk, error) {
	desk, err := s.findDesk(ctx, c)
	if err == nil {
		c.Locals(deskKey, desk)
	}
	return desk, err
}

// findDesk opens it by bearer token, or by cookie, in which case a pass that ran out is refreshed on the way.
func (s *Server) findDesk(ctx context.Context, c *fiber.Ctx) (*correspondence.Desk, error) {
	if authorization := c.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return nil, errNoPass
		}
		return s.house.OpenDesk(ctx, token)
	}
	if access := s.cookie(c, accessCookie); access != "" {
		desk, err := s.house.OpenDesk(ctx, access)
		if err == nil || !isNotAdmitted(err) {
			return desk, err
		}
	}
	refresh := s.cookie(c, refreshCookie)
	if refresh == "" {
		return nil, errNoPass
	}
	pass, err := s.refreshes.do(refresh, func() (correspondence.Pass, error) { return s.house.RefreshPass(ctx, refresh) })
	if err != nil {
		if isNotAdmitted(err) {
			s.dropPass(c)
		}
		return nil, err
	}
	s.keepPass(c, pass)
	return s.house.OpenDesk(ctx, pass.AccessToken)
}

func isNotAdmitted(err error) bool {
	var refusal *correspondence.Refusal
	return errors.As(err, &refusal) && refusal.Cause == correspondence.NotAdmitted
}

// grace is how long the answer to a refresh stays good for the other tabs of the browser that showed the same token. Without it the
// second of two tabs would look like a thief showing a used token, and both would be signed out.
const grace = 30 * time.Second

// refreshes makes one refresh of what many requests ask for at the same moment.
type refreshes struct {
	clock func() time.Time
	mutex sync.Mutex
	done  map[[32]byte]*refreshed // by SHA-256 of the token shown
}

type refreshed struct {
	ready chan struct{} // closed when pass and err are set
	at    time.Time
	pass  correspondence.Pass
	err   error
}

func newRefreshes(clock func() time.Time) *refreshes {
	return &refreshes{clock: clock, done: make(map[[32]byte]*refreshed)}
}

func (r *refreshes) do(token string, refresh func() (correspondence.Pass, error)) (correspondence.Pass, error) {
	key := sha256.Sum256([]byte(token))
	r.mutex.Lock()
	now := r.clock()
	for k, e := range r.done {
		if now.Sub(e.at) > grace {
			delete(r.done, k)
		}
	}
	entry, known := r.done[key]
	if !known {
		entry = &refreshed{ready: make(chan struct{}), at: now}
		r.done[key] = entry
	}
	r.mutex.Unlock()
	if known {
		<-entry.ready
		return entry.pass, entry.err
	}
	defer close(entry.ready)
	entry.err = errNoPass // stands if refresh panics
	entry.pass, entry.err = refresh()
	if entry.err != nil {
		r.mutex.Lock()
		delete(r.done, key)
		r.mutex.Unlock()
	}
	return entry.pass, entry.err
}
