package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerHabilitationAPI() {
	decided := []int{400, 403, 409, 415, 422}
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/session/step-up", tag: "session", causes: []int{400, 415, 422, 429, 503},
		summary: "Show the password again in this session, as signing needs now and then; the refresh token stays as it is"}, stepUpOverAPI)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/delegations", tag: "mandates",
		summary: "The delegations that concern me: given, received, between others of my groups, and what I may lend"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.DelegationsPage, error) {
			return d.Delegations(c.ctx)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/delegations", tag: "mandates", status: fiber.StatusCreated, causes: decided,
		summary: "Lend duties of mine in a group for a time; it ends by itself"},
		func(c *Call, d *correspondence.Desk, in correspondence.DelegationForm) (correspondence.DelegationView, error) {
			return d.Delegate(c.ctx, in)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/delegations/seen", tag: "mandates", causes: []int{400, 413, 415, 422},
		summary: "Note that I have seen which delegations were given to me, and which ended, up to a moment"},
		func(c *Call, d *correspondence.Desk, in newsToSee) (nothing, error) {
			return nothing{}, d.SeeDelegations(c.ctx, in.Through)
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/delegations/{id}", tag: "mandates", causes: decided,
		summary: "End a delegation before its time: take it back, or give it up"},
		func(c *Call, d *correspondence.Desk, in delegationEnded) (nothing, error) {
			return nothing{}, d.EndDelegation(c.ctx, in.ID, in.Reason)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/groups/{id}/roster", tag: "mandates", causes: []int{403},
		summary: "The duty roster of a group of mine, and who is on duty now"},
		func(c *Call, d *correspondence.Desk, in groupOnly) (correspondence.RosterView, error) {
			return d.Roster(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/groups/{id}/roster", tag: "mandates", causes: decided,
		summary: "Set the duty roster of a group; without watches it has none"},
		func(c *Call, d *correspondence.Desk, in rosterSet) (correspondence.RosterView, error) {
			return d.SetRoster(c.ctx, in.ID, in.RosterForm)
		})
	s.registerCollectiveAPI(decided)
	s.registerTrailAPI()
}

func (s *Server) registerCollectiveAPI(decided []int) {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/collectives", tag: "mandates",
		summary: "The collectives: words that stand for many groups, and which they are now"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.DefinedCollective], error) {
			collectives, err := d.Collectives(c.ctx)
			return list[correspondence.DefinedCollective]{collectives}, err
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/collectives/{key}", tag: "mandates", summary: "A collective opened, by its key"},
		func(c *Call, d *correspondence.Desk, in collectiveOnly) (correspondence.DefinedCollective, error) {
			return d.Collective(c.ctx, in.Key)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/collectives/{key}", tag: "mandates", causes: decided,
		summary: "Define a collective, or define it anew; for administrators"},
		func(c *Call, d *correspondence.Desk, in collectiveDefined) (correspondence.DefinedCollective, error) {
			return d.DefineCollective(c.ctx, in.Key, in.CollectiveForm)
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/collectives/{key}", tag: "mandates", causes: decided,
		summary: "Withdraw a collective with a reason; for administrators"},
		func(c *Call, d *correspondence.Desk, in collectiveWithdrawn) (nothing, error) {
			return nothing{}, d.WithdrawCollective(c.ctx, in.Key, in.Reason)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/operator", tag: "mandates", summary: "The group that receives what nothing else catches"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.OperatorView, error) {
			return d.OperatorDesk(c.ctx)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/operator", tag: "mandates", causes: decided,
		summary: "Name the operator desk; for administrators"},
		func(c *Call, d *correspondence.Desk, in operatorNamed) (correspondence.OperatorView, error) {
			return d.NameOperatorDesk(c.ctx, in.Group)
		})
}

type delegationEnded struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Reason string          `query:"reason" json:"-" validate:"max=4000"`
}

type rosterSet struct {
	ID string `path:"id" json:"-"`
	correspondence.RosterForm
}

type collectiveOnly struct {
	Key string `path:"key" json:"-"`
}

type collectiveDefined struct {
	Key string `path:"key" json:"-"`
	correspondence.CollectiveForm
}

type collectiveWithdrawn struct {
	Key    string `path:"key" json:"-"`
	Reason string `query:"reason" json:"-" validate:"max=4000"`
}

type operatorNamed struct {
	Group string `json:"group" validate:"max=200" required:"true"`
}

type proof struct {
	Password string `json:"password" validate:"required,max=1024" required:"true"`
}

// stepUpOverAPI answers the new pass, and keeps it in the browser of whoever showed the pass of before in a cookie.
func stepUpOverAPI(c *Call, d *correspondence.Desk, in proof) (correspondence.Pass, error) {
	given, err := d.StepUp(c.ctx, in.Password, c.address())
	if err != nil {
		return correspondence.Pass{}, notAdmitted(err)
	}
	if c.fiber.Get("Authorization") == "" {
		c.s.setCookie(c.fiber, accessCookie, given.AccessToken, 0)
	}
	return given, nil
}

type trailAsked struct {
	Before time.Time `query:"before" json:"-"`
	Limit  int       `query:"limit" json:"-" validate:"min=0,max=200"`
}

func (s *Server) registerTrailAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/house/denials", tag: "house", causes: []int{403, 422},
		summary: "The trail of what was refused, and to whom, the newest first; for auditors"},
		func(c *Call, d *correspondence.Desk, in trailAsked) (list[correspondence.DenialView], error) {
			denials, err := d.Denials(c.ctx, in.Before, in.Limit)
			return list[correspondence.DenialView]{denials}, err
		})
}
