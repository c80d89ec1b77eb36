package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerCircuitAPI() {
	decided := []int{400, 403, 409, 415, 422}
	const one = "/api/v1/drafts/{id}"
	answer(s, operation{method: fiber.MethodPost, path: one + "/share", tag: "circuit", causes: []int{400, 409, 422},
		summary: "Share a draft of mine with whoever drafts or signs for its origin"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.DraftView, error) {
			return d.ShareDraft(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/submit", tag: "circuit", causes: decided,
		summary: "Ask for visas on the text that stands: steps in order, the reviewers of a step at the same time"},
		func(c *Call, d *correspondence.Desk, in submitted) (correspondence.DraftView, error) {
			return d.Submit(c.ctx, in.ID, in.Version, in.Submission)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/visa", tag: "circuit", causes: append(decided, 503),
		summary: "Give my visa on the text whose digest is named, signed with my own certificate; on a text that has changed it is refused, with the difference"},
		func(c *Call, d *correspondence.Desk, in visaGiven) (correspondence.CircuitView, error) {
			return d.Visa(c.ctx, in.ID, in.Opinion)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/return", tag: "circuit", causes: decided,
		summary: "Send a text back with a reason: as a reviewer who is asked, or as the signatory"},
		func(c *Call, d *correspondence.Desk, in textReturned) (nothing, error) {
			return nothing{}, d.ReturnDraft(c.ctx, in.ID, in.Digest, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/reopen", tag: "circuit", causes: []int{400, 403, 409},
		summary: "Take a draft back to go on writing; the visas given are void"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.DraftView, error) {
			return d.Reopen(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/abandon", tag: "circuit", causes: decided, summary: "End a shared draft for good, with a reason"},
		func(c *Call, d *correspondence.Desk, in draftAbandoned) (nothing, error) {
			return nothing{}, d.Abandon(c.ctx, in.ID, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPost, path: one + "/sign", tag: "circuit", causes: append(decided, 503),
		summary: "Give my word to sign: held for a moment in which it may be taken back, then carried out"}, signDraft)
	answer(s, operation{method: fiber.MethodPost, path: one + "/unhold", tag: "circuit", causes: []int{400, 403, 409},
		summary: "Take a word to sign back"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.DraftView, error) {
			return d.Unhold(c.ctx, in.ID)
		})
	s.registerCircuitReads(one)
	s.registerTemplateAPI(decided)
}

func (s *Server) registerCircuitReads(one string) {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/circuit", tag: "circuit", summary: "What waits for my visa or my signature, what is held, and what became of the rest"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.Tray, error) { return d.Tray(c.ctx) })
	answer(s, operation{method: fiber.MethodGet, path: one + "/circuit", tag: "circuit", summary: "Where a draft stands on its way to the signature"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.CircuitView, error) {
			return d.CircuitOf(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodGet, path: one + "/versions", tag: "circuit", summary: "The texts of a draft that I may have, the newest first"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (list[correspondence.VersionView], error) {
			versions, err := d.Versions(c.ctx, in.ID)
			return list[correspondence.VersionView]{versions}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: one + "/compare", tag: "circuit", summary: "What changed between two texts of a draft, word by word; by default since my visa"},
		func(c *Call, d *correspondence.Desk, in draftCompared) (correspondence.Comparison, error) {
			return d.Compare(c.ctx, in.ID, in.From, in.To)
		})
}

func (s *Server) registerTemplateAPI(decided []int) {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/templates", tag: "circuit", summary: "The templates of the groups that I write for"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.TemplateView], error) {
			templates, err := d.Templates(c.ctx)
			return list[correspondence.TemplateView]{templates}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/groups/{id}/templates", tag: "circuit", status: fiber.StatusCreated, causes: append([]int{413}, decided...),
		summary: "Keep a form as a template of a group"},
		func(c *Call, d *correspondence.Desk, in templateKept) (correspondence.TemplateView, error) {
			return d.KeepTemplate(c.ctx, in.ID, in.Template)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/templates/{id}", tag: "circuit", summary: "A template"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (correspondence.TemplateView, error) {
			return d.Template(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/templates/{id}", tag: "circuit", summary: "Throw a template away"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (nothing, error) {
			return nothing{}, d.DropTemplate(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/groups/{id}/visa-rule", tag: "circuit", summary: "Which visas a group demands, by kind of message"},
		func(c *Call, d *correspondence.Desk, in groupOnly) (list[correspondence.VisaRule], error) {
			rules, err := d.VisaRules(c.ctx, in.ID)
			return list[correspondence.VisaRule]{rules}, err
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/groups/{id}/visa-rule", tag: "circuit", causes: decided,
		summary: "Say which visas a group demands of its messages of one kind; none without steps"},
		func(c *Call, d *correspondence.Desk, in visaRuleSet) (nothing, error) {
			return nothing{}, d.SetVisaRule(c.ctx, in.ID, in.Kind, in.Steps)
		})
}

type submitted struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Version uint64          `json:"version,omitempty" body:"optional"` // 0: whatever is there
	correspondence.Submission
}

type visaGiven struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.Opinion
}

type textReturned struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Digest string          `json:"digest,omitempty" validate:"max=64"` // of the text that a reviewer refuses
	Reason string          `json:"reason" validate:"max=10000"`
}

type draftAbandoned struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Reason string          `json:"reason" validate:"max=10000"`
}

type draftCompared struct {
	ID   habilitation.ID `path:"id" json:"-"`
	From string          `query:"from" json:"-" validate:"max=100"` // key of a version; default: the text of my last visa
	To   string          `query:"to" json:"-" validate:"max=100"`   // default: the one that stands
}

type templateKept struct {
	ID string `path:"id" json:"-"`
	correspondence.Template
}

type visaRuleSet struct {
	ID    string                    `path:"id" json:"-"`
	Kind  string                    `json:"kind" validate:"max=20"`
	Steps []correspondence.FormStep `json:"steps" validate:"max=20,dive"`
}

type draftSigned struct {
	ID          habilitation.ID `path:"id" json:"-"`
	Version     uint64          `json:"version,omitempty" body:"optional"`                          // 0: whatever is there
	HoldSeconds *int            `json:"hold_seconds,omitempty" validate:"omitempty,min=0,max=3600"` // in which it may be taken back; default 30
	Own         bool            `json:"own,omitempty"`                                              // over visas that were given on another text, which the message then says
}

func signDraft(c *Call, d *correspondence.Desk, in draftSigned) (correspondence.SignView, error) {
	hold := correspondence.DefaultHold
	if in.HoldSeconds != nil {
		hold = time.Duration(*in.HoldSeconds) * time.Second
	}
	return d.Sign(c.ctx, in.ID, in.Version, hold, whose(in.Own))
}

func whose(own bool) correspondence.Whose {
	if own {
		return correspondence.AsOwn
	}
	return correspondence.AsReviewed
}
