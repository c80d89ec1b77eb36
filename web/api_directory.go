package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerDirectoryAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/groups", tag: "directory", summary: "The functional groups"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.GroupView], error) {
			groups, err := d.Groups(c.ctx)
			return list[correspondence.GroupView]{groups}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/communities", tag: "directory", summary: "The interest communities"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.GroupView], error) {
			groups, err := d.Communities(c.ctx)
			return list[correspondence.GroupView]{groups}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/groups/{id}", tag: "directory",
		summary: "A group or a community opened, by its key"},
		func(c *Call, d *correspondence.Desk, in groupOnly) (correspondence.GroupPage, error) {
			return d.Group(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/agents", tag: "directory", causes: []int{422},
		summary: "Agents whose name or login begins so"},
		func(c *Call, d *correspondence.Desk, in prefixed) (list[correspondence.AgentRef], error) {
			agents, err := d.Agents(c.ctx, in.Q, in.limit())
			return list[correspondence.AgentRef]{agents}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/tags", tag: "directory", causes: []int{422},
		summary: "Tags whose label, synonym or key begins so"},
		func(c *Call, d *correspondence.Desk, in prefixed) (list[correspondence.TagView], error) {
			tags, err := d.Tags(c.ctx, in.Q, in.limit())
			return list[correspondence.TagView]{tags}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/tags/{tag}", tag: "directory", summary: "A tag opened, by its key"},
		func(c *Call, d *correspondence.Desk, in tagOnly) (correspondence.TagView, error) {
			return d.Tag(c.ctx, in.Tag)
		})
	s.registerRequestAPI()
}

func (s *Server) registerRequestAPI() {
	decided := []int{400, 403, 409, 415, 422}
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/groups/{id}/requests", tag: "requests", status: fiber.StatusCreated,
		causes: decided, summary: "Ask to join a group"},
		func(c *Call, d *correspondence.Desk, in joining) (correspondence.SignupView, error) {
			return d.RequestToJoin(c.ctx, in.ID, in.Motive)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/requests", tag: "requests", summary: "What waits for my decision"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.Request], error) {
			requests, err := d.Requests(c.ctx)
			return list[correspondence.Request]{requests}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/requests/{id}/accept", tag: "requests", causes: decided,
		summary: "Accept a sign-up, with duties if any, or a declaration"},
		func(c *Call, d *correspondence.Desk, in accepting) (nothing, error) {
			return nothing{}, d.Accept(c.ctx, in.ID, in.Duties)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/requests/{id}/refuse", tag: "requests", causes: decided,
		summary: "Refuse a sign-up or a declaration with a reason"},
		func(c *Call, d *correspondence.Desk, in refusing) (nothing, error) {
			return nothing{}, d.Refuse(c.ctx, in.ID, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/groups/{id}/tags/{tag}", tag: "requests", causes: decided,
		summary: "Declare a tag for a group, up to a level"}, declareTag)
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/groups/{id}/tags/{tag}", tag: "requests", causes: decided,
		summary: "Withdraw a declaration with a reason"},
		func(c *Call, d *correspondence.Desk, in withdrawing) (nothing, error) {
			return nothing{}, d.Withdraw(c.ctx, in.ID, in.Tag, in.Reason)
		})
}

type groupOnly struct {
	ID string `path:"id" json:"-"`
}

type tagOnly struct {
	Tag string `path:"tag" json:"-"`
}

type prefixed struct {
	Q     string `query:"q" json:"-" validate:"max=200"`
	Limit int    `query:"limit" json:"-" validate:"min=0,max=5000"` // 0 means 1000
}

func (p prefixed) limit() int {
	if p.Limit == 0 {
		return 1000
	}
	return p.Limit
}

type joining struct {
	ID     string `path:"id" json:"-"`
	Motive string `json:"motive,omitempty" validate:"max=4000" body:"optional"`
}

type accepting struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Duties []string        `json:"duties,omitempty" validate:"max=10,dive,max=40" body:"optional"`
}

type refusing struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Reason string          `json:"reason" validate:"max=4000" required:"true"`
}

type declaring struct {
	ID    string `path:"id" json:"-"`
	Tag   string `path:"tag" json:"-"`
	Level string `json:"level,omitempty" validate:"omitempty,oneof=unprotected restricted" enum:"unprotected,restricted" body:"optional"` // default unprotected
}

func declareTag(c *Call, d *correspondence.Desk, in declaring) (correspondence.DeclarationView, error) {
	level := habilitation.Unprotected
	if in.Level == habilitation.Restricted.String() {
		level = habilitation.Restricted
	}
	return d.Declare(c.ctx, in.ID, in.Tag, level)
}

type withdrawing struct {
	ID     string `path:"id" json:"-"`
	Tag    string `path:"tag" json:"-"`
	Reason string `query:"reason" json:"-" validate:"max=4000"`
}
