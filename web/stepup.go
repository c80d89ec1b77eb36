package web

import (
	"maps"
	"slices"

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
			return desk, call.askPassword(fiber.StatusUnauthorized, call.words.T("fault.password-wrong")), nil
		}
		return desk, nil, nil
	}
	given, err := desk.StepUp(call.ctx, password, call.address())
	switch cause, refusal := causeOf(err); cause {
	case correspondence.Invalid:
		return desk, call.askPassword(fiber.StatusUnauthorized, call.words.T("fault.password-wrong")), nil
	case correspondence.Throttled:
		p := refusalProblem(refusal)
		retryIn(call.fiber, p)
		return desk, call.askPassword(p.status, call.words.problemDetail(p)), nil
	}
	if err != nil {
		return desk, nil, err
	}
	s.setCookie(call.fiber, accessCookie, given.AccessToken, 0)
	desk, err = s.house.OpenDesk(call.ctx, given.AccessToken)
	return desk, nil, err
}

// askPassword is the page that asks for the password again and then goes on with what was being sent, to where it was going. Why one that was
// shown is refused is told in fault.
func (c *Call) askPassword(status int, fault string) *view {
	to, fields := localAddress(c.fiber.OriginalURL()), c.carriedFields()
	return &view{title: c.words.T("step-up.title"), status: status, echoes: true, body: func(f *frame) templ.Component {
		return stepUpBody(f, to, c.form.Get("next"), fields, fault)
	}}
}
