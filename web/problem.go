package web

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// problem is an error with its status and the message key of what is told. Nothing else of an error reaches a reader.
type problem struct {
	status   int
	key      string // "problem.<key>.title" and "problem.<key>.detail" in the catalogues
	faults   []correspondence.Fault
	retry    int    // seconds after which to ask again, 0 for no advice
	incident string // of an internal error
	refusal  *correspondence.Refusal
}

func (p *problem) Error() string {
	return fmt.Sprintf("problem %d %s (%d faults)", p.status, p.key, len(p.faults))
}

// causes is the one table from the Desk's refusals to statuses.
var causes = map[correspondence.Cause]int{
	correspondence.Invalid:     fiber.StatusUnprocessableEntity,
	correspondence.Unknown:     fiber.StatusNotFound,
	correspondence.NotAdmitted: fiber.StatusUnauthorized,
	correspondence.NotMandated: fiber.StatusForbidden,
	correspondence.StepUp:      fiber.StatusForbidden,
	correspondence.Conflict:    fiber.StatusConflict,
	correspondence.Throttled:   fiber.StatusTooManyRequests,
	correspondence.Busy:        fiber.StatusServiceUnavailable,
}

// statusKeys are the keys of what the server itself refuses.
var statusKeys = map[int]string{
	fiber.StatusBadRequest:                  "malformed",
	fiber.StatusNotFound:                    "unknown",
	fiber.StatusMethodNotAllowed:            "method",
	fiber.StatusRequestTimeout:              "timeout",
	fiber.StatusRequestEntityTooLarge:       "too-large",
	fiber.StatusRequestHeaderFieldsTooLarge: "headers-too-large",
	fiber.StatusNotImplemented:              "method",
}

// problemOf finds what an error means to the reader; nil when it is internal.
func problemOf(err error) *problem {
	var known *problem
	if errors.As(err, &known) {
		return known
	}
	var refusal *correspondence.Refusal
	if errors.As(err, &refusal) {
		return refusalProblem(refusal)
	}
	var thrown *fiber.Error
	if errors.As(err, &thrown) {
		if key, ok := statusKeys[thrown.Code]; ok {
			return &problem{status: thrown.Code, key: key}
		}
		if thrown.Code < 500 {
			return &problem{status: thrown.Code, key: "malformed"}
		}
	}
	return nil
}

func refusalProblem(r *correspondence.Refusal) *problem {
	status, ok := causes[r.Cause]
	if !ok {
		return nil
	}
	p := &problem{status: status, key: string(r.Cause), faults: r.Faults, refusal: r}
	if r.Key != "" {
		p.key = r.Key
	}
	switch r.Cause {
	case correspondence.Busy:
		p.retry = 2
	case correspondence.Throttled:
		p.retry = int(math.Ceil(r.Wait.Seconds()))
	}
	return p
}

// retryIn tells a program when to come again, where that is known.
func retryIn(c *fiber.Ctx, p *problem) {
	if p.retry > 0 {
		c.Set("Retry-After", strconv.Itoa(p.retry))
	}
}

// answerError is the one place where an error becomes an answer. An internal one is logged once, under a number that the reader is
// told; its words stay in the log.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	s.setHeaders(c) // an unreadable request comes here without having met the guard
	p := problemOf(err)
	if p != nil {
		if failed := s.recordDenial(c, p); failed != nil {
			p, err = nil, failed
		}
	}
	if p == nil {
		p = s.incident(c, err)
	}
	if p.status == fiber.StatusRequestEntityTooLarge {
		c.Context().SetConnectionClose()
		linger(c.Context().Conn())
		if unread(c) {
			return s.answerStranger(c)
		}
	}
	retryIn(c, p)
	c.Response().Header.Del("Content-Encoding")
	c.Response().Header.Del("Content-Disposition")
	if acceptsPage(c) {
		return s.problemPage(c, p)
	}
	if p.status == fiber.StatusUnauthorized {
		c.Set("WWW-Authenticate", bearerChallenge)
	}
	return s.problemJSON(c, p)
}

// recordDenial records, before it is told, that somebody who showed a pass may not do what was asked, or asked for what is not there for them.
func (s *Server) recordDenial(c *fiber.Ctx, p *problem) error {
	desk, known := c.Locals(deskKey).(*correspondence.Desk)
	denied := p.status == fiber.StatusForbidden && p.key != string(correspondence.StepUp) || p.status == fiber.StatusNotFound && p.refusal != nil
	if !known || !denied {
		return nil
	}
	subject, err := habilitation.ParseID(c.Params("id"))
	if err != nil {
		subject = habilitation.ID{} // a name, or nothing
	}
	return desk.Denied(c.Context(), c.Method()+" "+c.Route().Path, p.key, subject, c.Context().RemoteIP().String())
}

// answerStranger asks whoever announced much, and showed no pass, to sign in first.
func (s *Server) answerStranger(c *fiber.Ctx) error {
	if acceptsPage(c) {
		return s.askToSignIn(c, errNoPass)
	}
	c.Set("WWW-Authenticate", bearerChallenge)
	return s.problemJSON(c, problemOf(notAdmitted(errNoPass)))
}

// bearerChallenge goes with every 401 to a program.
const bearerChallenge = `Bearer realm="chancery"`

// incidentKey is where a request's incident number is kept for its log line.
const incidentKey = "incident"

func (s *Server) incident(c *fiber.Ctx, err error) *problem {
	var raw [6]byte
	_, _ = s.random.Read(raw[:])
	number := hex.EncodeToString(raw[:])
	c.Locals(incidentKey, number)
	attributes := []any{"incident", number, "method", c.Method(), "route", c.Route().Path, "error", err.Error()}
	var fell *panicked
	if errors.As(err, &fell) {
		attributes = append(attributes, "stack", string(fell.stack))
	}
	s.log.Error("internal error", attributes...)
	return &problem{status: fiber.StatusInternalServerError, key: "internal", incident: number}
}

func incidentOf(c *fiber.Ctx) string {
	number, _ := c.Locals(incidentKey).(string)
	return number
}

// Problem is an error as programs read it, application/problem+json (RFC 9457).
type Problem struct {
	Type     string         `json:"type"` // urn:chancery:problem:<key>
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Incident string         `json:"incident,omitempty"` // number to quote to the administrators
	Faults   []ProblemFault `json:"faults,omitempty"`   // all of them at once

	// Of a draft that was changed in the meantime: the text that stands, the one that was refused and is kept, and what differs.
	Stands     *correspondence.DraftView        `json:"stands,omitempty"`
	Refused    *correspondence.DraftView        `json:"refused,omitempty"`
	Difference []correspondence.FieldDifference `json:"difference,omitempty"`
}

// ProblemFault is one thing wrong with one field.
type ProblemFault struct {
	Field  string            `json:"field"`
	Key    string            `json:"key"`
	Detail string            `json:"detail"`
	Args   map[string]string `json:"args,omitempty"`
}

func (s *Server) problemJSON(c *fiber.Ctx, p *problem) error {
	w := s.wordsFor(c)
	out := Problem{Type: "urn:chancery:problem:" + p.key, Title: w.problemTitle(p), Status: p.status, Detail: w.problemDetail(p), Incident: p.incident}
	for _, f := range p.faults {
		out.Faults = append(out.Faults, ProblemFault{Field: f.Field, Key: f.Key, Detail: w.Fault(f), Args: f.Args})
	}
	if p.refusal != nil {
		out.Stands, out.Refused, out.Difference = p.refusal.Stands, p.refusal.Refused, p.refusal.Difference
	}
	body, err := marshalFilled(out)
	if err != nil {
		return fmt.Errorf("write problem: %w", err)
	}
	c.Status(p.status)
	c.Set("Content-Type", "application/problem+json")
	return c.Send(body)
}
