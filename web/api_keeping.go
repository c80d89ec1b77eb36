package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerKeepingAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/life", tag: "keeping", causes: []int{403},
		summary: "What happened to a message, for members of its origin and archivists"},
		func(c *Call, d *correspondence.Desk, in messageOnly) (correspondence.LifeView, error) {
			return d.LifeOf(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/messages/{id}/file-plan", tag: "keeping", causes: []int{400, 403, 409, 415, 422},
		summary: "Give a message another place in the filing plan: archivists"},
		func(c *Call, d *correspondence.Desk, in filedAs) (nothing, error) {
			return nothing{}, d.Refile(c.ctx, in.ID, in.Position, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/messages/{id}/freezes", tag: "keeping", causes: []int{400, 403, 409, 415, 422},
		summary: "Forbid that a message be eliminated: archivists"},
		func(c *Call, d *correspondence.Desk, in frozenFor) (nothing, error) {
			return nothing{}, d.Freeze(c.ctx, in.ID, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/messages/{id}/freezes/{freeze}/lift", tag: "keeping", causes: []int{400, 403, 409, 415, 422},
		summary: "Lift a freeze: archivists"},
		func(c *Call, d *correspondence.Desk, in thawedFor) (nothing, error) {
			return nothing{}, d.Thaw(c.ctx, in.ID, in.Freeze, in.Reason)
		})
}

type filedAs struct {
	ID       habilitation.ID `path:"id" json:"-"`
	Position string          `json:"position" validate:"max=120" required:"true"`
	Reason   string          `json:"reason" validate:"max=600" required:"true"`
}

type frozenFor struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Reason string          `json:"reason" validate:"max=600" required:"true"`
}

type thawedFor struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Freeze habilitation.ID `path:"freeze" json:"-"`
	Reason string          `json:"reason" validate:"max=600" required:"true"`
}
