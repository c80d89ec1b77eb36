package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerMailAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/gate", tag: "mail", causes: []int{403}, summary: "The rules of the release gate; for administrators"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.GateView, error) {
			return d.Gate(c.ctx)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/gate", tag: "mail", causes: []int{400, 403, 409, 413, 415, 422},
		summary: "Replace the rules of the release gate: the first that matches a message and an address decides"},
		func(c *Call, d *correspondence.Desk, in correspondence.GateForm) (correspondence.GateView, error) {
			return d.SetGate(c.ctx, in)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/gate/held", tag: "mail", summary: "Mail to outside that waits for me as the second person"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.HeldView], error) {
			held, err := d.HeldMail(c.ctx)
			return list[correspondence.HeldView]{held}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/gate/held/{id}", tag: "mail", causes: []int{400, 403, 409, 415, 422},
		summary: "Let a held mail leave, or refuse it with the reason"},
		func(c *Call, d *correspondence.Desk, in heldDecided) (nothing, error) {
			return nothing{}, d.DecideHeld(c.ctx, in.ID, in.Verdict, in.Reason)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/exchanges", tag: "exchanges", summary: "My private exchanges with other agents: no correspondence"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.ExchangeView], error) {
			all, err := d.Exchanges(c.ctx)
			return list[correspondence.ExchangeView]{all}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/exchanges", tag: "exchanges", status: fiber.StatusCreated, causes: []int{400, 409, 413, 415, 422},
		summary: "Begin a private exchange with an agent"},
		func(c *Call, d *correspondence.Desk, in correspondence.ExchangeForm) (correspondence.ExchangeView, error) {
			return d.Say(c.ctx, habilitation.ID{}, in)
		})
	s.registerExchangeAPI("/api/v1/exchanges/{id}")
}

func (s *Server) registerExchangeAPI(one string) {
	answer(s, operation{method: fiber.MethodGet, path: one, tag: "exchanges", summary: "One of my exchanges"},
		func(c *Call, d *correspondence.Desk, in exchangeOnly) (correspondence.ExchangeView, error) {
			return d.Exchange(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPost, path: one, tag: "exchanges", status: fiber.StatusCreated, causes: []int{400, 409, 413, 415, 422}, summary: "Go on with an exchange"},
		func(c *Call, d *correspondence.Desk, in exchangeLine) (correspondence.ExchangeView, error) {
			return d.Say(c.ctx, in.ID, correspondence.ExchangeForm{Text: in.Text})
		})
	answer(s, operation{method: fiber.MethodDelete, path: one, tag: "exchanges", summary: "Take an exchange off my desk"},
		func(c *Call, d *correspondence.Desk, in exchangeOnly) (nothing, error) {
			return nothing{}, d.DropExchange(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/file", tag: "exchanges", status: fiber.StatusCreated, causes: []int{422},
		summary: "File an exchange to the archive: a draft of a formal mail between the two"},
		func(c *Call, d *correspondence.Desk, in exchangeOnly) (correspondence.DraftView, error) {
			return d.FileExchange(c.ctx, in.ID)
		})
}

type heldDecided struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Verdict string          `json:"verdict" validate:"max=20" enum:"approved,refused" required:"true"` // approved or refused
	Reason  string          `json:"reason,omitempty" validate:"max=2000"`
}

type exchangeOnly struct {
	ID habilitation.ID `path:"id" json:"-"`
}

type exchangeLine struct {
	ID   habilitation.ID `path:"id" json:"-"`
	Text string          `json:"text" validate:"max=20000" required:"true"`
}
