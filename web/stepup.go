package web

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// stepUpField is the field in which a page asks for the password again. It comes with all that was being sent, to the same address.
const stepUpField = "step-up.password"

// passwordMost is more than any password that the house stores has, in bytes.
const passwordMost = 1024

// carried is one field of a form that goes on when the password was shown.
type carried struct{ name, value string }

// carriedFields are the fields of a form but those that the page asking for the password writes itself.
func (c *Call) carriedFields() []carried {
	var fields []carried
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		if name == stepUpField || name == "token" {
			continue
		}
		for _, value := range c.form[name] {
			fields = append(fields, carried{name, value})
		}
	}
	return fields
}

// stepUp shows the password, when the form brings it, and opens the desk anew with the pass that it gives. Without one the desk stays as it
// is. A refused password gives a view that asks again.
func (s *Server) stepUp(call *Call, desk *correspondence.Desk) (*correspondence.Desk, *view, error) {
	password := call.form.Get(stepUpField)
	if password == "" || len(password) > passwordMost {
		if call.form.Has(stepUpField) {
			return desk, call.askPassword(correspondence.Invalid, 0), nil
		}
		return desk, nil, nil
	}
	given, err := desk.StepUp(call.ctx, password, call.address())
	if cause, refusal := causeOf(err); cause == correspondence.Invalid || cause == correspondence.Throttled {
		return desk, call.askPassword(cause, refusal.Wait), nil
	}
	if err != nil {
		return desk, nil, err
	}
	s.setCookie(call.fiber, accessCookie, given.AccessToken, 0)
	desk, err = s.house.OpenDesk(call.ctx, given.AccessToken)
	return desk, nil, err
}

// askPassword is the page that asks for the password again and then goes on with what was being sent, to where it was going. One that was
// shown and refused is told why: it is wrong, or too many were, and how long to wait.
func (c *Call) askPassword(refused correspondence.Cause, wait time.Duration) *view {
	status, fault := fiber.StatusForbidden, ""
	switch refused {
	case correspondence.Invalid:
		status, fault = fiber.StatusUnauthorized, c.words.T("fault.password-wrong")
	case correspondence.Throttled:
		seconds := int(math.Ceil(wait.Seconds()))
		status, fault = fiber.StatusTooManyRequests, c.words.T("problem.too-many-attempts.detail", "Minutes", minutes(seconds))
		c.fiber.Set("Retry-After", strconv.Itoa(seconds))
	}
	to, fields := localAddress(c.fiber.OriginalURL()), c.carriedFields()
	return &view{title: c.words.T("step-up.title"), status: status, echoes: true, body: func(f *frame) templ.Component {
		return stepUpBody(f, to, c.form.Get("next"), fields, fault)
	}}
}
