package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerDraftAPI() {
	bad := []int{400, 413, 415, 422}
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/drafts", tag: "writing", summary: "My drafts, newest first"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.DraftView], error) {
			drafts, err := d.Drafts(c.ctx)
			return list[correspondence.DraftView]{drafts}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/drafts", tag: "writing", status: fiber.StatusCreated, causes: bad,
		summary: "Begin a draft; faults are told, and nothing typed is lost"},
		func(c *Call, d *correspondence.Desk, in correspondence.Form) (correspondence.DraftView, error) {
			return d.NewDraft(c.ctx, in)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/drafts/{id}", tag: "writing", summary: "A draft of mine"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.DraftView, error) {
			return d.Draft(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/drafts/{id}", tag: "writing", causes: append(bad, 409),
		summary: "Save a draft over the version named, or over whatever is there"},
		func(c *Call, d *correspondence.Desk, in draftSaved) (correspondence.DraftView, error) {
			return d.SaveDraft(c.ctx, in.ID, in.Version, in.Form)
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/drafts/{id}", tag: "writing", summary: "Throw a draft away"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (nothing, error) {
			return nothing{}, d.DiscardDraft(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/drafts/{id}/audience", tag: "writing",
		summary: "Who would receive the draft if it were released now"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.AudienceView, error) {
			return d.Audience(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/drafts/{id}/release", tag: "writing", status: fiber.StatusCreated,
		causes:  []int{400, 403, 409, 415, 422, 503},
		summary: "Release: checked, numbered, signed, archived and distributed, or refused with every fault"}, releaseDraft)
}

type draftOnly struct {
	ID habilitation.ID `path:"id" json:"-"`
}

type draftSaved struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Version uint64          `query:"version" json:"-"` // 0: over whatever is there
	correspondence.Form
}

type released struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Version uint64          `json:"version,omitempty" body:"optional"` // 0: whatever is there
}

func releaseDraft(c *Call, d *correspondence.Desk, in released) (correspondence.MessageView, error) {
	message, err := d.Release(c.ctx, in.ID, in.Version)
	if err == nil {
		c.fiber.Set("Location", "/api/v1/messages/"+message.ID.String())
	}
	return message, err
}
