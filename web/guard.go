package web

import (
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"chancery/correspondence"
)

// guard runs before every handler: it sets the headers, refuses what no handler should meet, turns a panic into an error and writes
// the one log line of the request.
func (s *Server) guard(c *fiber.Ctx) error {
	began := s.options.Clock()
	s.setHeaders(c)
	err := s.guarded(c)
	if err != nil {
		// Answered here and not by fiber, so that the log line has the status.
		if failed := s.answerError(c, err); failed != nil {
			return failed
		}
	}
	s.logRequest(c, began)
	return nil
}

// knownMethods answers a method that HTTP does not know; fiber would, without a header of ours.
func (s *Server) knownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		if err := s.answerError(c, fiber.ErrNotImplemented); err != nil {
			ctx.SetStatusCode(fiber.StatusInternalServerError)
		}
	}
}

// guarded is the checks and the handler, with panics recovered.
func (s *Server) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{value: fmt.Sprint(r), stack: debug.Stack()}
		}
	}()
	if err := refuseBody(c); err != nil {
		return err
	}
	if err := refuseCrossOrigin(c); err != nil {
		return err
	}
	return c.Next()
}

// panicked is a programming error met while answering.
type panicked struct {
	value string
	stack []byte
}

func (p *panicked) Error() string { return "panic: " + p.value }

// refuseBody refuses a body that is compressed (fiber would inflate it without bound), too large, or of a type that no handler reads.
// Bodies are only ever read with BodyRaw.
func refuseBody(c *fiber.Ctx) error {
	if encoding := strings.ToLower(strings.TrimSpace(c.Get("Content-Encoding"))); encoding != "" && encoding != "identity" {
		return &problem{status: fiber.StatusUnsupportedMediaType, key: "compressed"}
	}
	if isPiecewise(c.Method(), c.Path()) {
		return nil // its handler reads it, within its own limits
	}
	body := c.BodyRaw()
	if len(body) > bodyLimit {
		return &problem{status: fiber.StatusRequestEntityTooLarge, key: "too-large"}
	}
	if len(body) == 0 {
		return nil
	}
	want := "application/x-www-form-urlencoded"
	if isAPI(c.Path()) {
		want = "application/json"
	}
	if !isMediaType(c.Get("Content-Type"), want) {
		return &problem{status: fiber.StatusUnsupportedMediaType, key: "media-type"}
	}
	return nil
}

// isMediaType reports whether a Content-Type names the media type, in UTF-8 if it says a charset at all.
func isMediaType(header, want string) bool {
	media, parameters, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(media), want) {
		return false
	}
	parameters = strings.ToLower(strings.ReplaceAll(parameters, " ", ""))
	charset, named := strings.CutPrefix(parameters, "charset=")
	return !named || strings.Trim(charset, `"`) == "utf-8"
}

// refuseCrossOrigin refuses a change that another site asked the browser for, after net/http.CrossOriginProtection: browsers say where
// a request comes from in Sec-Fetch-Site, older ones in Origin; a request with neither is no browser's and carries its own pass.
func refuseCrossOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	foreign := &problem{status: fiber.StatusForbidden, key: "cross-origin"}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return nil
	case "":
	default:
		return foreign
	}
	origin := c.Get("Origin")
	if origin == "" {
		return nil
	}
	parsed, err := url.Parse(origin)
	if err != nil || parsed.Host == "" || parsed.Host != string(c.Request().Host()) {
		return foreign
	}
	return nil
}

// logRequest writes one event per request: what was asked of which route, by whom in which session, never a text, a query or a name.
func (s *Server) logRequest(c *fiber.Ctx, began time.Time) {
	event := []any{"method", c.Method(), "route", c.Route().Path, "status", c.Response().StatusCode(),
		"micros", s.options.Clock().Sub(began).Microseconds(), "incident", incidentOf(c)}
	if desk, known := c.Locals(deskKey).(*correspondence.Desk); known {
		event = append(event, "agent", desk.Agent(), "session", desk.Session())
	}
	s.log.Info("request", event...)
}

var errNoPass = errors.New("no pass shown")
