package web

import (
	"mime/multipart"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerDossiers() {
	s.page(fiber.MethodGet, "/dossiers", func(c *Call, d *correspondence.Desk) (view, error) {
		list, err := d.Dossiers(c.ctx)
		return view{title: c.words.T("menu.dossiers"), section: "dossiers", body: func(f *frame) templ.Component { return dossiersBody(f, list) }}, err
	})
	s.page(fiber.MethodPost, "/dossiers", openOnPage)
	s.page(fiber.MethodGet, "/dossiers/{id}", dossierPage)
	s.page(fiber.MethodPost, "/dossiers/{id}", writeInDossier)
	s.page(fiber.MethodPost, "/messages/{id}/dossiers", fileMessage)
	s.page(fiber.MethodGet, dossierWithFile+"/part", dossierFilesPart)
	s.withFile(dossierWithFile, putFile)
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
	form := correspondence.DossierForm{Title: c.form.Get("title"), Owner: c.form.Get("owner"), Level: c.form.Get("level")}
	for _, name := range listed(c.form.Get("members")) {
		form.Members = append(form.Members, find.group(name))
	}
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	opened, err := d.OpenDossier(c.ctx, form)
	return view{to: dossierAddress(opened.ID) + "?done=dossier-opened"}, err
}

func ownerChoices(f *frame) (names []option) {
	for _, owner := range owners(f) {
		names = append(names, option{owner.Key, calledWhole(f, owner)})
	}
	return names
}

func dossierChoices(f *frame, into []correspondence.DossierView) (names []option) {
	for i := range into {
		names = append(names, option{into[i].ID.String(), into[i].Title + " (" + calledShort(f, into[i].Owner) + ")"})
	}
	return names
}

// gathered are the messages of a dossier to choose from.
func gathered(f *frame, items []correspondence.DossierMessage) (names []option) {
	for i := range items {
		names = append(names, option{items[i].ID.String(), numberOf(f, items[i].Headline) + " – " + beginning(subjectOf(f, items[i].Headline))})
	}
	return names
}

func dossierAddress(id habilitation.ID) string { return "/dossiers/" + id.String() }

// dossierSheet is the page of one dossier.
type dossierSheet struct {
	page  correspondence.DossierPage
	sent  []correspondence.UploadView // what the reader is sending into it
	parts int                         // how many documents it prints as
	done  string
}

func dossierPage(c *Call, d *correspondence.Desk) (view, error) {
	p, err := readDossierPage(c, d)
	if err != nil {
		return view{}, err
	}
	return view{title: p.page.Title, section: "dossiers", body: func(f *frame) templ.Component { return dossierBody(f, p) }}, nil
}

// dossierFilesPart is the files' part of the page, for a page that is there already.
func dossierFilesPart(c *Call, d *correspondence.Desk) (view, error) {
	p, err := readDossierPage(c, d)
	return view{bare: true, body: func(f *frame) templ.Component { return dossierFiles(f, p) }}, err
}

func readDossierPage(c *Call, d *correspondence.Desk) (p dossierSheet, err error) {
	id, err := c.identity("id")
	if err != nil {
		return p, err
	}
	var after habilitation.ID
	if text := c.query("after"); text != "" {
		if after, err = habilitation.ParseID(text); err != nil {
			return p, &problem{status: fiber.StatusNotFound, key: "unknown"}
		}
	}
	if p.page, err = d.Dossier(c.ctx, id, correspondence.DossierQuery{Limit: 100, After: after}); err != nil {
		return p, err
	}
	p.parts, p.done = dossierParts(p.page.Messages), c.done()
	p.sent, err = d.Uploads(c.ctx, id)
	return p, err
}

// putFile puts the file of the form into the dossier.
func putFile(c *Call, d *correspondence.Desk, file *multipart.Part) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	to := view{to: dossierAddress(id) + "#files"}
	if drop := c.form.Get("drop"); drop != "" {
		upload, err := optionalIdentity(drop)
		if err == nil {
			err = d.DropUpload(c.ctx, id, upload)
		}
		if cause, _ := causeOf(err); cause == correspondence.Unknown {
			return to, nil // it is there, or gone, meanwhile
		}
		return to, err
	}
	if file == nil || file.FileName() == "" {
		return view{}, invalid(correspondence.Fault{Field: "file", Key: "missing"})
	}
	return to, c.send(d, id, file, c.form.Get("level"))
}

// levelsUpTo are the levels that a part of something may have, which bears one itself; it is the first choice.
func levelsUpTo(f *frame, of habilitation.Level) (names []option) {
	names = append(names, option{"", f.T("dossiers.level-of-dossier", "Level", f.Level(of))})
	for _, level := range habilitation.Levels {
		if level < of {
			names = append(names, option{level.String(), f.Level(level)})
		}
	}
	return names
}

// onTheWay are the uploads that are no files of the dossier yet.
func (p dossierSheet) onTheWay() []correspondence.UploadView {
	return slices.DeleteFunc(slices.Clone(p.sent), func(u correspondence.UploadView) bool { return u.State == correspondence.UploadJoined })
}

// writeInDossier is what the forms of a dossier's page do.
func writeInDossier(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	act := c.form.Get("act")
	return view{to: dossierAddress(id) + "?done=dossier-" + act}, c.dossierAct(d, id, act)
}

// dossierAct does one act on a dossier.
func (c *Call) dossierAct(d *correspondence.Desk, id habilitation.ID, act string) error {
	switch act {
	case "message":
		_, err := d.AddToDossier(c.ctx, id, c.form.Get("message"))
		return err
	case "note":
		_, err := d.AddNote(c.ctx, id, correspondence.NoteForm{Text: c.text("text")})
		return err
	case "share":
		group, err := c.groupCalled(d, c.form.Get("group"))
		if err != nil {
			return err
		}
		return d.ShareDossier(c.ctx, id, group)
	case "remove":
		message, err := habilitation.ParseID(c.form.Get("message"))
		if err != nil {
			return &problem{status: fiber.StatusNotFound, key: "unknown"}
		}
		return d.RemoveFromDossier(c.ctx, id, message, c.text("reason"))
	case "close":
		return d.CloseDossier(c.ctx, id, c.text("reason"))
	}
	return &problem{status: fiber.StatusBadRequest, key: "malformed"}
}

// fileMessage puts a message into the dossier that was chosen on its page.
func fileMessage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	dossier, err := habilitation.ParseID(c.form.Get("dossier"))
	if err != nil {
		return view{}, invalid(correspondence.Fault{Field: "dossier", Key: "missing"})
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
