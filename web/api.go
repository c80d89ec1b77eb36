package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// list is how the API answers with a whole list.
type list[T any] struct {
	Items []T `json:"items"`
}

// registerAPI registers every operation of the API.
func (s *Server) registerAPI() {
	s.registerSessionAPI()
	s.registerReadingAPI()
	s.registerEvidenceAPI()
	s.registerDraftAPI()
	s.registerUploadAPI()
	s.registerPreviewAPI()
	s.registerDirectoryAPI()
	s.registerDossierAPI()
	s.registerHandlingAPI()
	s.registerHabilitationAPI()
	s.registerExportAPI()
	s.registerKeepingAPI()
	s.registerCircuitAPI()
	s.registerMailAPI()
	s.registerHouseAPI()
}

func (s *Server) registerSessionAPI() {
	refusals := []int{400, 401, 415, 422, 429, 503}
	answerAnybody(s, operation{method: fiber.MethodPost, path: "/api/v1/session", tag: "session", causes: refusals,
		summary: "Sign in; the pass is answered and set as a cookie"}, signInOverAPI)
	answerAnybody(s, operation{method: fiber.MethodPost, path: "/api/v1/session/refresh", tag: "session", causes: refusals,
		summary: "Exchange a refresh token, given or in the cookie, for a new pass; each is good once"}, refreshOverAPI)
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/session", tag: "session", summary: "Sign out"}, signOutOverAPI)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/me", tag: "session", summary: "Who reads, and how far"},
		func(c *Call, d *correspondence.Desk, _ nothing) (correspondence.Me, error) { return d.Me(c.ctx) })
}

type credentials struct {
	Login    string `json:"login" validate:"required,max=200" required:"true"`
	Password string `json:"password" validate:"required,max=1024" required:"true"`
	Terminal string `json:"terminal,omitempty" validate:"max=200"` // the secret that the terminal was registered with
}

func signInOverAPI(c *Call, in credentials) (correspondence.Pass, error) {
	pass, err := c.s.house.SignIn(c.ctx, in.Login, in.Password, in.Terminal, c.address())
	if err != nil {
		return correspondence.Pass{}, notAdmitted(err)
	}
	c.s.keepPass(c.fiber, pass)
	return pass, nil
}

type refreshToken struct {
	RefreshToken string `json:"refresh_token,omitempty" validate:"max=1024" body:"optional"`
}

func refreshOverAPI(c *Call, in refreshToken) (correspondence.Pass, error) {
	token := in.RefreshToken
	if token == "" {
		token = c.s.cookie(c.fiber, refreshCookie)
	}
	if token == "" {
		return correspondence.Pass{}, notAdmitted(errNoPass)
	}
	pass, err := c.s.house.RefreshPass(c.ctx, token)
	if err != nil {
		return correspondence.Pass{}, notAdmitted(err)
	}
	if in.RefreshToken == "" {
		c.s.keepPass(c.fiber, pass)
	}
	return pass, nil
}

func signOutOverAPI(c *Call, d *correspondence.Desk, _ nothing) (nothing, error) {
	if err := d.SignOut(c.ctx); err != nil {
		return nothing{}, err
	}
	c.s.dropPass(c.fiber)
	return nothing{}, nil
}

// address is where the request came from, for the limits on guessing passwords.
func (c *Call) address() string { return c.fiber.Context().RemoteIP().String() }

func (s *Server) registerHouseAPI() {
	answerAnybody(s, operation{method: fiber.MethodGet, path: "/api/v1/house/certificates", tag: "house", media: "application/x-pem-file",
		summary: "The certificates of the house's authority, for whoever verifies a message"},
		func(c *Call, _ nothing) (document, error) {
			return document{media: "application/x-pem-file", bytes: c.s.house.Certificates()}, nil
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/house/checkpoint", tag: "house", media: "text/plain",
		summary: "The signed checkpoints of the trees of the levels that the reader is cleared for"},
		func(c *Call, d *correspondence.Desk, _ nothing) (document, error) {
			text, err := d.Checkpoint(c.ctx)
			return document{media: "text/plain; charset=utf-8", bytes: text}, err
		})
	answerAnybody(s, operation{method: fiber.MethodGet, path: "/api/v1/house/checkpoint/key", tag: "house", media: "text/plain",
		summary: "The public key of the checkpoints and proofs, as lines name+hash+key of c2sp.org/signed-note: the house's own name, then the tree of each level"},
		func(c *Call, _ nothing) (document, error) {
			return document{media: "text/plain; charset=utf-8", bytes: c.s.house.CheckpointVerifiers()}, nil
		})
	answerAnybody(s, operation{method: fiber.MethodGet, path: "/healthz", tag: "house", media: "text/plain", summary: "The program runs"},
		func(*Call, nothing) (document, error) { return okText, nil })
	answerAnybody(s, operation{method: fiber.MethodGet, path: "/readyz", tag: "house", media: "text/plain", causes: []int{503},
		summary: "The house can answer"}, ready)
	s.register(route{fiber.MethodGet, "/api/openapi.json", public, nil}, func(c *fiber.Ctx) error {
		description, err := s.openapi()
		if err != nil {
			return err
		}
		c.Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		return c.Send(description)
	})
}

var okText = document{media: "text/plain; charset=utf-8", bytes: []byte("ok\n")}

func ready(c *Call, _ nothing) (document, error) {
	if err := c.s.house.Ready(c.ctx); err != nil {
		c.s.log.Error("not ready", "error", err.Error())
		return document{}, &problem{status: fiber.StatusServiceUnavailable, key: string(correspondence.Busy), retry: 2}
	}
	return okText, nil
}
