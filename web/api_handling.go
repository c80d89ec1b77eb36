package web

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// handlingAct is one thing that may be done at an addressee of a message.
type handlingAct struct {
	name, summary string
	act           func(*correspondence.Desk, context.Context, habilitation.ID, string, correspondence.HandlingWish) error
}

// handlingActs are all of them, in the order in which they are offered; pages and the API do the same.
func handlingActs() []handlingAct {
	return []handlingAct{
		{"take", "Take a message in charge for a group. It has one winner: the second is told who took it and when", (*correspondence.Desk).Take},
		{"assign", "Entrust a message to a colleague of the group, who accepts or declines", (*correspondence.Desk).Entrust},
		{"accept", "Accept what a colleague entrusted", func(d *correspondence.Desk, ctx context.Context, id habilitation.ID, group string, _ correspondence.HandlingWish) error {
			return d.AcceptEntrusted(ctx, id, group)
		}},
		{"decline", "Give back what a colleague entrusted, with the reason", (*correspondence.Desk).DeclineEntrusted},
		{"close", "End the handling without an answer, with the reason", (*correspondence.Desk).CloseHandling},
		{"reassign", "Pass what was asked on to another group, which becomes an addressee", (*correspondence.Desk).Reassign},
		{"misaddressed", "Say that a message is not the group's; it falls on the operator desk", (*correspondence.Desk).Misaddressed},
		{"break-silence", "Speak up for a group before a silence procedure ends", (*correspondence.Desk).BreakSilence},
	}
}

type addresseeToAdd struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.AddresseeWish
}

type shareToMake struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.ShareWish
}

type shareToEnd struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Group  string          `path:"group" json:"-"`
	Reason string          `query:"reason" json:"-" validate:"max=2000"`
}

type handlingAsked struct {
	ID    habilitation.ID `path:"id" json:"-"`
	Group string          `path:"group" json:"-"`
	correspondence.HandlingWish
}

type sentAsked struct {
	State string          `query:"state" json:"-" validate:"omitempty,oneof=open late undelivered answered all" enum:"open,late,undelivered,answered,all"`
	Limit int             `query:"limit" json:"-" validate:"min=0,max=200"` // 0 means 50
	After habilitation.ID `query:"after" json:"-"`                          // the last message of the page before
}

type newsToSee struct {
	Through time.Time `json:"through"` // the moment of the last news that was shown
}

type itemToSettle struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.SettleWish
}

func (s *Server) registerHandlingAPI() {
	writing := []int{400, 403, 409, 413, 415, 422, 503}
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/handling", tag: "handling",
		summary: "What becomes of a message at its addressees, as far as the reader may know"},
		func(c *Call, d *correspondence.Desk, in messageOnly) (correspondence.HandlingView, error) {
			return d.HandlingOf(c.ctx, in.ID)
		})
	for _, one := range handlingActs() {
		answer(s, operation{method: fiber.MethodPost, path: "/api/v1/messages/{id}/handling/{group}/" + one.name, tag: "handling", causes: writing, summary: one.summary},
			func(c *Call, d *correspondence.Desk, in handlingAsked) (correspondence.HandlingView, error) {
				return thenHandling(c, d, in.ID, one.act(d, c.ctx, in.ID, in.Group, in.HandlingWish))
			})
	}
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/messages/{id}/addressees", tag: "handling", causes: writing,
		summary: "Add an addressee to a released message; it reads it at once, and every reader sees who added it and why"},
		func(c *Call, d *correspondence.Desk, in addresseeToAdd) (correspondence.HandlingView, error) {
			return thenHandling(c, d, in.ID, d.AddAddressee(c.ctx, in.ID, in.AddresseeWish))
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/messages/{id}/shares", tag: "handling", causes: writing,
		summary: "Bring a message into a community"},
		func(c *Call, d *correspondence.Desk, in shareToMake) (correspondence.HandlingView, error) {
			return thenHandling(c, d, in.ID, d.Share(c.ctx, in.ID, in.ShareWish))
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/messages/{id}/shares/{group}", tag: "handling", causes: []int{403, 409, 422, 503},
		summary: "Take a message out of a community, at once"},
		func(c *Call, d *correspondence.Desk, in shareToEnd) (nothing, error) {
			return nothing{}, d.RevokeShare(c.ctx, in.ID, correspondence.ShareWish{Community: in.Group, Reason: in.Reason})
		})
	s.registerToDoAPI(writing)
}

// registerToDoAPI registers what is to be done across messages.
func (s *Server) registerToDoAPI(writing []int) {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/actions", tag: "handling", summary: "What is to be done by the reader and the reader's groups, what is late first"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.ActionsPage, error) {
			return d.Actions(c.ctx)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/sent", tag: "handling", causes: []int{404, 422},
		summary: "What the reader's groups sent and how far each addressee has come: by default that of which something is still awaited, what is late first"},
		func(c *Call, d *correspondence.Desk, in sentAsked) (correspondence.SentPage, error) {
			return d.Sent(c.ctx, correspondence.SentQuery{State: in.State, Limit: in.Limit, After: in.After})
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/sent/news", tag: "handling",
		summary: "What became of messages that the reader drafted or signed, or signs for the origin of, the last first"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.SentNewsPage, error) {
			return d.SentNews(c.ctx)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/sent/seen", tag: "handling", causes: []int{400, 413, 415, 422},
		summary: "Note that the reader has seen what became of sent messages up to a moment"},
		func(c *Call, d *correspondence.Desk, in newsToSee) (nothing, error) {
			return nothing{}, d.SeeNews(c.ctx, in.Through)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/alerts/{id}/acknowledge", tag: "handling", causes: []int{403, 409, 503},
		summary: "Acknowledge an alert that calls the reader"},
		func(c *Call, d *correspondence.Desk, in messageOnly) (nothing, error) {
			return nothing{}, d.AcknowledgeAlert(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/operator/tray", tag: "handling", summary: "What lies on the operator desk, oldest first; nothing for who does not belong to it"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.TrayView], error) {
			tray, err := d.OperatorTray(c.ctx)
			return list[correspondence.TrayView]{tray}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/operator/{id}/settle", tag: "handling", causes: writing,
		summary: "Take an item off the operator desk: to a group, or closed with a reason"},
		func(c *Call, d *correspondence.Desk, in itemToSettle) (nothing, error) {
			return nothing{}, d.SettleTray(c.ctx, in.ID, in.SettleWish)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/gaps", tag: "handling", summary: "Numbers missing in the series that the reader's groups receive"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.GapView], error) {
			gaps, err := d.Gaps(c.ctx)
			return list[correspondence.GapView]{gaps}, err
		})
}

// thenHandling answers an act with what it led to. Who lost sight of the message by it is told nothing more.
func thenHandling(c *Call, d *correspondence.Desk, id habilitation.ID, err error) (correspondence.HandlingView, error) {
	if err != nil {
		return correspondence.HandlingView{}, err
	}
	return d.HandlingOf(c.ctx, id)
}
