package web

import (
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// policy is who may have an answer from a route.
type policy uint8

const (
	// public routes answer anybody; each stands by name in the test that walks the real routes.
	public policy = iota + 1
	// pass routes answer whoever shows a pass that holds now.
	pass
)

// route is one registered address.
type route struct {
	method string
	path   string // with {name} for a piece that varies
	policy policy
	api    *operation // how the API describes it; nil for pages
}

// operation describes one operation of the API; its request and answer types come from the handler.
type operation struct {
	method, path string
	summary      string
	tag          string
	status       int    // of success; 0 means 200, or 204 for an answer of nothing
	media        string // of success when it is not JSON
	in, out      any    // set at registration
	causes       []int  // statuses it may refuse with beyond 401, 404 and 500
}

// nothing is a request or an answer without content.
type nothing struct{}

// document is an answer handed out as it is, never rendered with any right.
type document struct {
	media string
	name  string // suggested to whoever saves it; "" shows it in place
	bytes []byte
	file  io.ReadCloser // instead of bytes
	size  int64         // of file
}

// register is the only place where the server learns an address. Routes for GET answer HEAD too, by the same handler.
func (s *Server) register(r route, handler fiber.Handler) {
	s.routes = append(s.routes, r)
	path := strings.NewReplacer("{", ":", "}", "").Replace(r.path)
	s.app.Add(r.method, path, handler)
	if r.method == fiber.MethodGet && r.path != streamPath {
		s.app.Add(fiber.MethodHead, path, handler)
	}
}

// answer registers an operation of the API for whoever shows a pass. The desk is opened here and nowhere else on this side.
func answer[In, Out any](s *Server, o operation, handler func(*Call, *correspondence.Desk, In) (Out, error)) {
	o.in, o.out = new(In), new(Out)
	s.register(route{o.method, o.path, pass, &o}, func(c *fiber.Ctx) error {
		call, cancel := s.newCall(c)
		defer cancel()
		desk, err := s.openDesk(call.ctx, c)
		if err != nil {
			return notAdmitted(err)
		}
		var in In
		if err := call.input(&in); err != nil {
			return err
		}
		out, err := handler(call, desk, in)
		if err != nil {
			return err
		}
		return writeOut(c, o, out)
	})
}

// answerAnybody registers an operation of the API that needs no pass.
func answerAnybody[In, Out any](s *Server, o operation, handler func(*Call, In) (Out, error)) {
	o.in, o.out = new(In), new(Out)
	s.register(route{o.method, o.path, public, &o}, func(c *fiber.Ctx) error {
		call, cancel := s.newCall(c)
		defer cancel()
		var in In
		if err := call.input(&in); err != nil {
			return err
		}
		out, err := handler(call, in)
		if err != nil {
			return err
		}
		return writeOut(c, o, out)
	})
}

// notAdmitted makes one answer of every way to have no valid pass.
func notAdmitted(err error) error {
	if isNotAdmitted(err) || err == errNoPass { //nolint:errorlint // made here, never wrapped
		return &problem{status: fiber.StatusUnauthorized, key: string(correspondence.NotAdmitted)}
	}
	return err
}

// writeOut writes what a handler of the API answered.
func writeOut(c *fiber.Ctx, o operation, out any) error {
	switch out := out.(type) {
	case nothing:
		return c.SendStatus(fiber.StatusNoContent)
	case document:
		return writeDocument(c, out)
	}
	body, err := marshalFilled(out)
	if err != nil {
		return err
	}
	if o.status != 0 {
		c.Status(o.status)
	}
	c.Set("Content-Type", "application/json")
	return c.Send(body)
}

// writeDocument hands a document out inert: as what it says it is, without sniffing, scripts or any right to the house's pages.
func writeDocument(c *fiber.Ctx, d document) error {
	c.Set("Content-Security-Policy", inertPolicy)
	c.Set("Content-Type", d.media)
	if d.name != "" {
		c.Set("Content-Disposition", disposition(d.name))
	}
	if d.file != nil {
		return c.SendStream(d.file, int(d.size)) // fasthttp closes it
	}
	return c.Send(d.bytes)
}
