package web

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"compress/gzip"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// view is what a page's handler answers: something to show, or another address to go to.
type view struct {
	title   string
	section string // which entry of the menu is the current one
	status  int    // default 200
	body    func(*frame) templ.Component
	bare    bool   // a fragment for a page that is already there, without the frame around it
	to      string // go there instead (303)
	echoes  bool   // repeats words of the request: then the answer is not compressed, lest its length tell of what stands beside them
	replace string // the address that the browser should show for the fragment
}

// frame is what every page shows around its own content, and what its templates draw on.
type frame struct {
	*words
	s       *Server
	title   string
	section string
	nonce   string
	token   string // for forms; "" without a session
	theme   string // auto, light or dark
	keys    bool   // single-key shortcuts
	here    string // the address of this page, to come back to
	me      *correspondence.Me
	now     time.Time
	refused *refusedForm // that this page shows again; nil for any other
}

// asset is the address of a file.
func (f *frame) asset(name string) string { return f.s.assets.url(name) }

// house is the name of the house.
func (f *frame) house() string { return f.s.options.Name }

// date, dateTime, rowTime, deadline and until tell a time in the house's zone; the last two tell no hour of what was given as a date.
func (f *frame) date(t time.Time) string     { return f.Date(t.In(f.now.Location())) }
func (f *frame) dateTime(t time.Time) string { return f.DateTime(t.In(f.now.Location())) }
func (f *frame) rowTime(t time.Time) string  { return f.RowTime(t, f.now) }
func (f *frame) deadline(t time.Time) string {
	if day, whole := correspondence.WholeDay(t, f.now.Location()); whole {
		return f.ShortDay(day, f.now)
	}
	return f.Deadline(t, f.now)
}

// Fault is the sentence for a fault, its times in the house's zone.
func (f *frame) Fault(one correspondence.Fault) string { return f.fault(one, f.dateTime) }

func (f *frame) until(t time.Time) string { return f.Until(t, f.now.Location()) }

// iso is a time as machines read it.
func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// page registers a page for whoever shows a pass. The desk is opened here and nowhere else on this side; a form must bring back the
// token that this session's pages hand out. What needs the password again is asked for it, and then goes on; what is refused is shown again as
// it was typed.
func (s *Server) page(method, path string, handler func(*Call, *correspondence.Desk) (view, error)) {
	if method == fiber.MethodGet {
		s.pages = append(s.pages, shownPage{strings.Split(path, "/"), handler})
	}
	s.register(route{method, path, pass, nil}, func(c *fiber.Ctx) error {
		call, cancel := s.newCall(c)
		defer cancel()
		desk, err := s.openDesk(call.ctx, c)
		if err != nil {
			return s.askToSignIn(c, err)
		}
		if method == fiber.MethodPost {
			if err := call.readForm(); err != nil {
				return err
			}
			c.Locals(sentKey, call.form)
			if err := checkFormToken(desk.Session(), call.form.Get("token")); err != nil {
				return err
			}
			var again *view
			if desk, again, err = s.stepUp(call, desk); err != nil {
				return err
			}
			if again != nil {
				return s.show(call, desk, *again)
			}
		}
		v, err := handler(call, desk)
		if cause, _ := causeOf(err); cause == correspondence.StepUp && method == fiber.MethodPost {
			return s.show(call, desk, *call.askPassword(fiber.StatusForbidden, ""))
		}
		if err != nil && method == fiber.MethodPost {
			v, err = s.again(call, desk, err)
		}
		if err != nil {
			return err
		}
		return s.show(call, desk, v)
	})
}

// readForm reads the body as a form.
func (c *Call) readForm() error {
	form, err := url.ParseQuery(string(c.fiber.BodyRaw()))
	if err != nil {
		return &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	c.form = form
	return nil
}

// askToSignIn sends whoever has no pass to the sign-in page, which leads back here.
func (s *Server) askToSignIn(c *fiber.Ctx, err error) error {
	if !isNotAdmitted(err) && err != errNoPass { //nolint:errorlint // made here, never wrapped
		return err
	}
	to := "/sign-in"
	if c.Method() == fiber.MethodGet && c.Path() != "/" {
		to += "?next=" + url.QueryEscape(c.OriginalURL())
	}
	if c.Get("HX-Request") != "" {
		c.Set("HX-Redirect", to)
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return seeOther(c, to)
}

// seeOther goes to an address of ours.
func seeOther(c *fiber.Ctx, to string) error {
	c.Set("Location", localAddress(to))
	return c.SendStatus(fiber.StatusSeeOther)
}

// localAddress keeps an address inside the house: anything that is not a path of ours becomes the home page.
func localAddress(to string) string {
	parsed, err := url.Parse(to)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// show renders a view, with the frame of whoever's desk it is; a nil desk is the sign-in page's.
func (s *Server) show(call *Call, desk *correspondence.Desk, v view) error {
	c := call.fiber
	if v.to != "" {
		return seeOther(c, v.to)
	}
	f, err := s.frameFor(call, desk)
	if err != nil {
		return err
	}
	f.title, f.section = v.title, v.section
	if v.replace != "" {
		c.Set("HX-Replace-Url", v.replace)
	}
	if v.status != 0 {
		c.Status(v.status)
	}
	body := v.body(f)
	if call.refused != nil {
		f.refused, f.here = call.refused, call.place.address()
		body = withRefusal(f, body)
	}
	if !v.bare {
		body = layout(f, body)
	}
	return s.render(call.ctx, c, body, !v.echoes)
}

// frameFor gathers what stands around a page.
func (s *Server) frameFor(call *Call, desk *correspondence.Desk) (*frame, error) {
	f := s.plainFrame(call.fiber)
	if desk == nil {
		return f, nil
	}
	me, err := desk.Me(call.ctx)
	if err != nil {
		return nil, err
	}
	f.me, f.token = &me, s.formToken(desk.Session())
	return f, nil
}

// plainFrame is the frame of a page without a session.
func (s *Server) plainFrame(c *fiber.Ctx) *frame {
	theme := s.cookie(c, themeCookie)
	if theme != "light" && theme != "dark" {
		theme = "auto"
	}
	here := c.OriginalURL()
	if c.Method() != fiber.MethodGet {
		here = "/"
	}
	return &frame{words: s.wordsFor(c), s: s, nonce: s.nonce(c), theme: theme, keys: s.cookie(c, keysCookie) != "off", here: here,
		now: s.options.Clock().In(s.options.Zone)}
}

// compressors keeps gzip writers between answers.
var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed+3) // a level that exists
	return w
}}

// render writes a component as the answer.
func (s *Server) render(ctx context.Context, c *fiber.Ctx, body templ.Component, compress bool) error {
	var page bytes.Buffer
	if err := body.Render(ctx, &page); err != nil {
		return err //nolint:wrapcheck // templ names file and line
	}
	c.Set("Content-Type", "text/html; charset=utf-8")
	c.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if !compress || !accepts(c.Get("Accept-Encoding"), "gzip") {
		return c.Send(page.Bytes())
	}
	var small bytes.Buffer
	w, _ := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	w.Reset(&small)
	if _, err := w.Write(page.Bytes()); err != nil {
		return err //nolint:wrapcheck // a buffer does not fail
	}
	if err := w.Close(); err != nil {
		return err //nolint:wrapcheck // a buffer does not fail
	}
	c.Set("Content-Encoding", "gzip")
	return c.Send(small.Bytes())
}

// problemPage tells an error to a person. Whoever has a pass sees it inside the usual frame only where that costs nothing: it is the
// plain frame, so that an error can never fail in turn.
func (s *Server) problemPage(c *fiber.Ctx, p *problem) error {
	f := s.plainFrame(c)
	f.title = f.problemTitle(p)
	c.Status(p.status)
	return s.render(context.Background(), c, layout(f, problemBody(f, p, sentForm(c))), false)
}
