package web

import (
	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// registerPages registers every page.
func (s *Server) registerPages() {
	s.register(route{fiber.MethodGet, "/assets/{file}", public, nil}, s.assets.serve)
	s.register(route{fiber.MethodGet, "/sign-in", public, nil}, s.signInPage)
	s.register(route{fiber.MethodPost, "/sign-in", public, nil}, s.signIn)
	s.page(fiber.MethodPost, "/sign-out", signOut)
	s.page(fiber.MethodPost, "/settings", saveSettings)
	s.registerTeleprinter()
	s.registerMessage()
	s.registerCompose()
	s.registerCircuit()
	s.registerFiles()
	s.page(fiber.MethodGet, "/search", searchPage)
	s.registerDirectory()
	s.registerVisaRules()
	s.registerTags()
	s.registerRequests()
	s.registerDossiers()
	s.registerMandates()
	s.registerHandling()
	s.registerMailPages()
}

// signInForm is what the sign-in page shows again after a refusal; never the password.
type signInForm struct {
	login, next   string
	refused, busy bool
	wait          int  // minutes until it may be tried again
	remembered    bool // this terminal has shown its secret before
	signedOut     bool
}

func (s *Server) signInPage(c *fiber.Ctx) error {
	call, cancel := s.newCall(c)
	defer cancel()
	return s.showSignIn(call, 0, signInForm{next: c.Query("next"), signedOut: call.done() == "signed-out"})
}

func (s *Server) showSignIn(call *Call, status int, form signInForm) error {
	form.remembered = s.cookie(call.fiber, terminalCookie) != ""
	return s.show(call, nil, view{title: call.words.T("sign-in.title"), status: status, echoes: true,
		body: func(f *frame) templ.Component { return signInBody(f, form) }})
}

// signIn gives a pass for what was typed. The terminal's secret comes from the form or from what the terminal remembers, and is
// remembered when the sign-in went through.
func (s *Server) signIn(c *fiber.Ctx) error {
	call, cancel := s.newCall(c)
	defer cancel()
	if err := call.readForm(); err != nil {
		return err
	}
	login, password, typed := call.form.Get("login"), call.form.Get("password"), call.form.Get("terminal")
	form := signInForm{login: login, next: call.form.Get("next"), refused: true}
	if len(login) > 200 || len(password) > 1024 || len(typed) > 200 || login == "" || password == "" {
		return s.showSignIn(call, fiber.StatusUnauthorized, form)
	}
	secret := typed
	if secret == "" {
		secret = s.cookie(c, terminalCookie)
	}
	given, err := s.house.SignIn(call.ctx, login, password, secret, call.address())
	if err != nil {
		p := problemOf(err)
		if p == nil || p.status != fiber.StatusUnauthorized && p.retry == 0 {
			return err
		}
		if p.status == fiber.StatusTooManyRequests {
			form.wait = minutes(p.retry)
		}
		retryIn(c, p)
		form.busy = p.status == fiber.StatusServiceUnavailable
		return s.showSignIn(call, p.status, form)
	}
	s.keepPass(c, given)
	if typed != "" {
		s.setCookie(c, terminalCookie, typed, remembered)
	}
	if s.catalogue.in(c.Query("lang")) != nil {
		s.setCookie(c, languageCookie, c.Query("lang"), remembered)
	}
	return seeOther(c, form.next)
}

// minutes are the minutes that so many seconds fill.
func minutes(seconds int) int { return (seconds + 59) / 60 }

func signOut(c *Call, d *correspondence.Desk) (view, error) {
	if err := d.SignOut(c.ctx); err != nil {
		return view{}, err
	}
	c.s.dropPass(c.fiber)
	return view{to: "/sign-in?done=signed-out"}, nil
}

// saveSettings keeps language, theme and the choice about single-key shortcuts in cookies of the browser.
func saveSettings(c *Call, _ *correspondence.Desk) (view, error) {
	settings := []struct {
		field, cookie string
		allowed       []string
	}{
		{"language", languageCookie, []string{"fr", "en"}},
		{"theme", themeCookie, []string{"auto", "light", "dark"}},
		{"keys", keysCookie, []string{"on", "off"}},
	}
	for _, setting := range settings {
		for _, value := range setting.allowed {
			if c.form.Get(setting.field) == value {
				c.s.setCookie(c.fiber, setting.cookie, value, remembered)
			}
		}
	}
	return view{to: localAddress(c.form.Get("next"))}, nil
}
