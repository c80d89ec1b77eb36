package web

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerDossiers() {
	s.page(fiber.MethodGet, "/dossiers", func(c *Call, d *correspondence.Desk) (view, error) {
		return showDossiers(c, d, dossiersSheet{}, 0)
	})
	s.page(fiber.MethodPost, "/dossiers", openOnPage)
	s.page(fiber.MethodGet, "/dossiers/{id}", func(c *Call, d *correspondence.Desk) (view, error) {
		return showDossier(c, d, dossierSheet{}, 0)
	})
	s.page(fiber.MethodPost, "/dossiers/{id}", writeInDossier)
	s.page(fiber.MethodPost, "/messages/{id}/dossiers", fileMessage)
}

// dossiersSheet is the page of all dossiers, with the form to open one as it was typed.
type dossiersSheet struct {
	list    []correspondence.DossierView
	form    correspondence.DossierForm
	members string
	faults  []correspondence.Fault
}

func showDossiers(c *Call, d *correspondence.Desk, p dossiersSheet, status int) (view, error) {
	var err error
	if p.list, err = d.Dossiers(c.ctx); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.dossiers"), section: "dossiers", status: status, echoes: status != 0,
		body: func(f *frame) templ.Component { return dossiersBody(f, p) }}, nil
}

// owners are the groups and communities of whoever reads in which they write dossiers.
func owners(f *frame) []correspondence.AudienceRef {
	var of []correspondence.AudienceRef
	for _, m := range f.me.Memberships {
		if slices.ContainsFunc(m.Duties, func(duty string) bool { return duty == "drafter" || duty == "signatory" || duty == "manager" }) {
			of = append(of, m.AudienceRef)
		}
	}
	return of
}

// openOnPage opens a dossier; names of groups may be typed in any spelling.
func openOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	p := dossiersSheet{members: c.form.Get("members"), form: correspondence.DossierForm{Title: c.form.Get("title"), Owner: c.form.Get("owner"), Level: c.form.Get("level")}}
	for _, name := range listed(p.members) {
		p.form.Members = append(p.form.Members, find.group(name))
	}
	err = checkLimits(c.s.validate, &p.form)
	var opened correspondence.DossierView
	if err == nil {
		opened, err = d.OpenDossier(c.ctx, p.form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		p.faults = refusal.Faults
		return showDossiers(c, d, p, causes[cause])
	}
	return view{to: dossierAddress(opened.ID) + "?done=dossier-opened"}, err
}

func dossierAddress(id habilitation.ID) string { return "/dossiers/" + id.String() }

// dossierSheet is the page of one dossier, with what was typed into the form that was refused.
type dossierSheet struct {
	page   correspondence.DossierPage
	parts  int    // how many documents it prints as
	act    string // whose form was refused; "" after none
	typed  string
	why    string // the words of a refusal that names no field
	faults []correspondence.Fault
	done   string
}

// of is what was typed into the form of an act, and whether that was refused.
func (p *dossierSheet) of(act string) (typed string, faults []correspondence.Fault, refused bool) {
	if p.act != act {
		return "", nil, false
	}
	return p.typed, p.faults, true
}

func showDossier(c *Call, d *correspondence.Desk, p dossierSheet, status int) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	var after habilitation.ID
	if text := c.query("after"); text != "" {
		if after, err = habilitation.ParseID(text); err != nil {
			return view{}, &problem{status: fiber.StatusNotFound, key: "unknown"}
		}
	}
	if p.page, err = d.Dossier(c.ctx, id, correspondence.DossierQuery{Limit: 100, After: after}); err != nil {
		return view{}, err
	}
	p.parts, p.done = dossierParts(p.page.Messages), c.done()
	return view{title: p.page.Title, section: "dossiers", status: status, echoes: status != 0,
		body: func(f *frame) templ.Component { return dossierBody(f, p) }}, nil
}

// writeInDossier is what the forms of a dossier's page do. What was refused is shown again where it was typed.
func writeInDossier(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	p := dossierSheet{act: c.form.Get("act")}
	p.typed, err = c.dossierAct(d, id, p.act)
	cause, refusal := causeOf(err)
	if cause == correspondence.Invalid || cause == correspondence.Conflict {
		p.faults = refusal.Faults
		if len(p.faults) == 0 {
			p.why = c.words.problemDetail(refusalProblem(refusal))
		}
		return showDossier(c, d, p, causes[cause])
	}
	return view{to: dossierAddress(id) + "?done=dossier-" + p.act}, err
}

// dossierAct does one act on a dossier, and gives what was typed for it.
func (c *Call) dossierAct(d *correspondence.Desk, id habilitation.ID, act string) (typed string, err error) {
	switch act {
	case "message":
		typed = c.form.Get("message")
		_, err = d.AddToDossier(c.ctx, id, typed)
	case "note":
		typed = c.text("text")
		_, err = d.AddNote(c.ctx, id, correspondence.NoteForm{Text: typed})
	case "share":
		var find found
		if find, err = finder(c, d); err == nil {
			typed = c.form.Get("group")
			err = d.ShareDossier(c.ctx, id, find.group(typed))
		}
	case "remove":
		var message habilitation.ID
		if message, err = habilitation.ParseID(c.form.Get("message")); err != nil {
			return "", &problem{status: fiber.StatusNotFound, key: "unknown"}
		}
		typed = c.text("reason")
		err = d.RemoveFromDossier(c.ctx, id, message, typed)
	case "close":
		typed = c.text("reason")
		err = d.CloseDossier(c.ctx, id, typed)
	default:
		err = &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	return typed, err
}

// fileMessage puts a message into the dossier that was chosen on its page.
func fileMessage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	dossier, err := habilitation.ParseID(c.form.Get("dossier"))
	if err != nil {
		return view{}, &problem{status: fiber.StatusNotFound, key: "unknown"}
	}
	_, err = d.AddToDossier(c.ctx, dossier, id.String())
	return view{to: messageAddress(id) + "?done=dossier-message"}, err
}

// filing is where a message may be put: the open dossiers in which the reader writes and it does not stand.
func filing(c *Call, d *correspondence.Desk, m *correspondence.MessageView) ([]correspondence.DossierView, error) {
	all, err := d.Dossiers(c.ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(v correspondence.DossierView) bool {
		return !v.MayWrite || slices.ContainsFunc(m.Dossiers, func(r correspondence.DossierRef) bool { return r.ID == v.ID })
	}), nil
}

// threadNumber is the number of a message of a thread.
func threadNumber(f *frame, t correspondence.ThreadView, id habilitation.ID) string {
	for i := range t.Items {
		if t.Items[i].ID == id {
			return numberOf(f, t.Items[i].Headline)
		}
	}
	return ""
}
