package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerDossierAPI() {
	writing := []int{400, 403, 409, 413, 415, 422}
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/dossiers", tag: "dossiers", summary: "The dossiers that the reader may open; every count is the reader's own"},
		func(c *Call, d *correspondence.Desk, _ nothing) (list[correspondence.DossierView], error) {
			dossiers, err := d.Dossiers(c.ctx)
			return list[correspondence.DossierView]{dossiers}, err
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers", tag: "dossiers", status: fiber.StatusCreated, causes: []int{400, 403, 409, 413, 415, 422},
		summary: "Open a dossier of a group or community in which the agent writes"}, openDossier)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/dossiers/{id}", tag: "dossiers", causes: []int{422},
		summary: "A dossier opened: its messages, newest first, its notes and files. A reading when it is restricted"}, readDossier)
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers/{id}/messages", tag: "dossiers", status: fiber.StatusCreated, causes: writing,
		summary: "Put a message, named by its identity or number, into a dossier; it is shown to nobody whom it does not come to"},
		func(c *Call, d *correspondence.Desk, in messageToAdd) (correspondence.DossierMessage, error) {
			return d.AddToDossier(c.ctx, in.ID, in.Message)
		})
	answer(s, operation{method: fiber.MethodDelete, path: "/api/v1/dossiers/{id}/messages/{message}", tag: "dossiers", causes: []int{403, 409, 422},
		summary: "Take a message out of a dossier, with the reason"},
		func(c *Call, d *correspondence.Desk, in messageToRemove) (nothing, error) {
			return nothing{}, d.RemoveFromDossier(c.ctx, in.ID, in.Message, in.Reason)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers/{id}/notes", tag: "dossiers", status: fiber.StatusCreated, causes: writing,
		summary: "Write a note into a dossier"},
		func(c *Call, d *correspondence.Desk, in noteToAdd) (correspondence.NoteView, error) {
			return d.AddNote(c.ctx, in.ID, in.NoteForm)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers/{id}/files", tag: "dossiers", status: fiber.StatusCreated, causes: writing,
		summary: "Put a file into a dossier"},
		func(c *Call, d *correspondence.Desk, in fileToAdd) (correspondence.DossierFile, error) {
			return d.AddFile(c.ctx, in.ID, in.form())
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/dossiers/{id}/files/{file}", tag: "dossiers", media: anyMedia,
		summary: "A file of a dossier. A reading when the dossier is restricted"}, fetchDossierFile)
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers/{id}/share", tag: "dossiers", causes: writing,
		summary: "Let the members of one more group or community read a dossier"},
		func(c *Call, d *correspondence.Desk, in dossierToShare) (nothing, error) {
			return nothing{}, d.ShareDossier(c.ctx, in.ID, in.Group)
		})
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/dossiers/{id}/close", tag: "dossiers", causes: writing,
		summary: "End the writing in a dossier, with the reason"},
		func(c *Call, d *correspondence.Desk, in refusing) (nothing, error) {
			return nothing{}, d.CloseDossier(c.ctx, in.ID, in.Reason)
		})
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/thread", tag: "reading",
		summary: "All that references, answers, follow-ups and corrections join to a message, as far as the reader may see"},
		func(c *Call, d *correspondence.Desk, in messageOnly) (correspondence.ThreadView, error) {
			return d.Thread(c.ctx, in.ID)
		})
}

func openDossier(c *Call, d *correspondence.Desk, in correspondence.DossierForm) (correspondence.DossierView, error) {
	view, err := d.OpenDossier(c.ctx, in)
	if err == nil {
		c.fiber.Set("Location", "/api/v1/dossiers/"+view.ID.String())
	}
	return view, err
}

type dossierAsked struct {
	ID    habilitation.ID `path:"id" json:"-"`
	Limit int             `query:"limit" json:"-" validate:"min=0,max=1000"`
	After habilitation.ID `query:"after" json:"-"` // the last message of the page before
}

func readDossier(c *Call, d *correspondence.Desk, in dossierAsked) (correspondence.DossierPage, error) {
	return d.Dossier(c.ctx, in.ID, correspondence.DossierQuery{Limit: in.Limit, After: in.After})
}

type messageToAdd struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Message string          `json:"message" validate:"max=200" required:"true"` // identity or number
}

type messageToRemove struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Message habilitation.ID `path:"message" json:"-"`
	Reason  string          `query:"reason" json:"-" validate:"max=4000"`
}

type noteToAdd struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.NoteForm
}

type fileToAdd struct {
	ID      habilitation.ID `path:"id" json:"-"`
	Name    string          `json:"name" validate:"max=400" required:"true"`
	Type    string          `json:"type,omitempty" validate:"max=100"`
	Level   string          `json:"level,omitempty" validate:"max=20"` // default: the dossier's
	Content []byte          `json:"content" required:"true"`           // base64
}

func (f *fileToAdd) form() correspondence.FormAttachment {
	return correspondence.FormAttachment{Name: f.Name, Type: f.Type, Level: f.Level, Content: f.Content}
}

type dossierToShare struct {
	ID    habilitation.ID `path:"id" json:"-"`
	Group string          `json:"group" validate:"max=100" required:"true"` // key
}

type dossierFileOnly struct {
	ID   habilitation.ID `path:"id" json:"-"`
	File habilitation.ID `path:"file" json:"-"`
}

func fetchDossierFile(c *Call, d *correspondence.Desk, in dossierFileOnly) (document, error) {
	view, file, err := d.DossierFile(c.ctx, in.ID, in.File)
	if err != nil {
		return document{}, err
	}
	return document{media: inertMedia(view.Type), name: restrictedName(view.Level, view.Name), file: file, size: view.Size}, nil
}
