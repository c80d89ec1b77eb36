package web

import (
	"errors"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerCompose() {
	s.page(fiber.MethodGet, "/compose", newDraftPage)
	s.page(fiber.MethodPost, "/compose", writeDraft)
	s.page(fiber.MethodGet, "/drafts", draftsPage)
	s.page(fiber.MethodGet, "/drafts/{id}", draftPage)
	s.page(fiber.MethodGet, "/suggest/{what}", suggestions)
}

// sheet is the page on which a message is written.
type sheet struct {
	draft    correspondence.DraftView // zero identity: not saved yet
	origins  []correspondence.AudienceRef
	audience *correspondence.AudienceView
	names    names
	faults   []correspondence.Fault      // shown beside their fields and in the summary
	conflict bool                        // the draft was changed elsewhere; what was typed here is on the page, not in the draft
	refused  string                      // the key of a refusal that concerns no field
	files    []correspondence.DraftFile  // attachments of the draft
	uploads  []correspondence.UploadView // on their way into it, or refused
	done     string

	templates  []correspondence.TemplateView
	in         *filling                         // what was typed beside the draft: reviewers, words to them, a reason, the name of a template
	demanded   []correspondence.StepView        // the visas that the group demands of a message of this kind
	difference []correspondence.FieldDifference // between what was typed and what stands, after a save over another version
}

// saved reports whether the draft is in the desk store.
func (p sheet) saved() bool { return !p.draft.ID.IsZero() }

func newDraftPage(c *Call, d *correspondence.Desk) (view, error) {
	p := sheet{draft: correspondence.DraftView{Form: correspondence.Form{Kind: correspondence.Telegram.String(), Language: c.words.lang}}}
	if id, err := habilitation.ParseID(c.query("template")); err == nil {
		template, err := d.Template(c.ctx, id)
		if err != nil {
			return view{}, err
		}
		p.draft.Form = template.Form
	}
	if id, err := habilitation.ParseID(c.query("corrects")); err == nil {
		if p.draft.Form, err = correction(c, d, id); err != nil {
			return view{}, err
		}
	}
	if reference := c.query("reference"); reference != "" && len(reference) <= 200 {
		p.draft.Form.References = []string{reference}
	}
	if answered := c.query("reply_to"); answered != "" && len(answered) <= 200 {
		p.draft.Form.ReplyTo = answered
	}
	if origin := c.query("origin"); origin != "" && len(origin) <= 100 {
		p.draft.Form.Origin = origin
	}
	if to := c.query("to"); to != "" && len(to) <= 100 {
		p.draft.Form.Action = []correspondence.FormAddressee{{Group: to}}
	}
	if origins, err := d.Origins(c.ctx); err != nil {
		return view{}, err
	} else if p.draft.Form.Origin == "" && len(origins) == 1 {
		p.draft.Form.Origin = origins[0].Key
	}
	return showSheet(c, d, p, 0)
}

func draftPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	draft, err := d.Draft(c.ctx, id)
	if err != nil && d.Reads(id) { // it became a message in the meantime
		return view{to: messageAddress(id) + "?done=released"}, nil
	}
	if err != nil {
		return view{}, err
	}
	if !may(draft, "edit") {
		return draftViewOf(c, d, draft, standing{done: c.done()})
	}
	p := sheet{draft: draft, done: c.done()}
	if c.query("check") != "" {
		p.faults = draft.Faults
	}
	return showSheet(c, d, p, 0)
}

// showSheet gathers what the page needs beside the draft.
func showSheet(c *Call, d *correspondence.Desk, p sheet, status int) (view, error) {
	var err error
	if p.in == nil {
		p.in = &filling{id: "sheet"}
	}
	p.in.faults = p.faults
	if p.demanded, err = demanded(c, d, p.draft.Form); err != nil {
		return view{}, err
	}
	if p.origins, err = d.Origins(c.ctx); err != nil {
		return view{}, err
	}
	if p.saved() {
		audience, err := d.Audience(c.ctx, p.draft.ID)
		if err != nil {
			return view{}, err
		}
		p.audience = &audience
	}
	if p.names, err = nameKeys(c, d, p.draft.Form); err != nil {
		return view{}, err
	}
	if err := gatherFiles(c, d, &p); err != nil {
		return view{}, err
	}
	if !p.saved() {
		p.draft.May = d.MayWithNew()
		if p.templates, err = d.Templates(c.ctx); err != nil {
			return view{}, err
		}
	}
	v := view{title: c.words.T("menu.compose"), section: "compose", status: status, echoes: true,
		body: func(f *frame) templ.Component { return composeBody(f, p) }}
	if p.saved() {
		v.replace = draftAddress(p.draft.ID)
	}
	return v, nil
}

// writeDraft is what the page's buttons and its autosave do: save, add or take away a line, check, release, throw away.
func writeDraft(c *Call, d *correspondence.Desk) (view, error) {
	id, err := optionalIdentity(c.form.Get("draft"))
	if err != nil {
		return view{}, err
	}
	act := c.form.Get("act")
	if act == "discard" && !id.IsZero() {
		return view{to: "/drafts?done=discarded"}, d.DiscardDraft(c.ctx, id)
	}
	if err := c.dropped(d, id); err != nil {
		return view{}, err
	}
	p, err := c.typed(d, id)
	if err != nil {
		return view{}, err
	}
	if err := checkLimits(c.s.validate, &p.draft.Form); err != nil {
		p.faults = problemOf(err).faults
		return showSheet(c, d, p, fiber.StatusUnprocessableEntity)
	}
	saved, err := save(c, d, p.draft)
	if cause, refusal := causeOf(err); !isReleased(refusal) && (cause == correspondence.Conflict || cause == correspondence.Invalid) {
		p.conflict, p.faults, p.difference = cause == correspondence.Conflict, refusal.Faults, refusal.Difference
		return showSheet(c, d, p, causes[cause])
	}
	if err != nil {
		return view{}, err
	}
	p.draft = saved
	switch act {
	case "release":
		return release(c, d, p)
	case "sign", "own", "submit", "share", "withdraw", "return", "template":
		return p.act(c, d, act)
	}
	return afterSaving(c, d, p, act)
}

// hasMoreWords reports whether something stands on the sheet that is not saved with the draft: then the sheet is shown as it is, and not anew.
func (p sheet) hasMoreWords() bool {
	return len(typedSteps(p.in.sent)) > 0 || filledTexts(p.in.typed("visa.comment", ""), p.in.typed("return.reason", ""), p.in.typed("template.name", "")) > 0
}

// demanded are the visas that the group of a form demands of its kind of message.
func demanded(c *Call, d *correspondence.Desk, form correspondence.Form) ([]correspondence.StepView, error) {
	if form.Origin == "" {
		return nil, nil
	}
	rules, err := d.VisaRules(c.ctx, form.Origin)
	if cause, _ := causeOf(err); cause == correspondence.Unknown {
		return nil, nil
	}
	for _, rule := range rules {
		if rule.Kind == form.Kind {
			return rule.Steps, err
		}
	}
	return nil, err
}

func save(c *Call, d *correspondence.Desk, draft correspondence.DraftView) (correspondence.DraftView, error) {
	if draft.ID.IsZero() {
		return d.NewDraft(c.ctx, draft.Form)
	}
	return d.SaveDraft(c.ctx, draft.ID, draft.Version, draft.Form)
}

// afterSaving shows the draft again: at once to a page that is there already, else under the draft's own address.
func afterSaving(c *Call, d *correspondence.Desk, p sheet, act string) (view, error) {
	if c.fiber.Get("HX-Request") != "" || p.hasMoreWords() {
		if act == "check" {
			p.faults = p.draft.Faults
		}
		return showSheet(c, d, p, 0)
	}
	to := draftAddress(p.draft.ID)
	switch act {
	case "save":
		to += "?done=saved"
	case "check":
		to += "?check=1"
	}
	return view{to: to}, nil
}

// release releases the draft as it was just saved. A refusal shows the page again, every fault beside its field.
func release(c *Call, d *correspondence.Desk, p sheet) (view, error) {
	message, err := d.Release(c.ctx, p.draft.ID, p.draft.Version)
	if err == nil {
		return view{to: messageAddress(message.ID) + "?done=released"}, nil
	}
	return refusedSheet(c, d, p, err)
}

// causeOf is why the Desk refused; "" when it did not.
func causeOf(err error) (correspondence.Cause, *correspondence.Refusal) {
	var refusal *correspondence.Refusal
	if errors.As(err, &refusal) {
		return refusal.Cause, refusal
	}
	return "", nil
}

func draftsPage(c *Call, d *correspondence.Desk) (view, error) {
	drafts, err := d.Drafts(c.ctx)
	if err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.drafts"), section: "drafts", body: func(f *frame) templ.Component {
		return draftsBody(f, drafts, c.done())
	}}, nil
}

// typed reads the sheet as it was typed.
func (c *Call) typed(d *correspondence.Desk, id habilitation.ID) (sheet, error) {
	form, err := c.typedForm(d)
	if err != nil {
		return sheet{}, err
	}
	version, err := wholeNumber(c.form.Get("version"))
	if err != nil {
		return sheet{}, err
	}
	if c.form.Get("act") == "overwrite" {
		version = 0
	}
	p := sheet{draft: correspondence.DraftView{ID: id, Version: version, Form: form}, in: &filling{id: "sheet", sent: c.form}}
	if id.IsZero() {
		return p, nil
	}
	before, err := d.Draft(c.ctx, id)
	if err != nil {
		return sheet{}, err
	}
	p.draft.Form.Attachments = c.typedFiles(before.Form.Attachments)
	p.draft.SavedAt, p.draft.Group, p.draft.Others, p.draft.Circuit, p.draft.May = before.SavedAt, before.Group, before.Others, before.Circuit, before.May
	return p, nil
}
