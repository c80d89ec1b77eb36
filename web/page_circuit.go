package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerCircuit() {
	s.page(fiber.MethodGet, "/circuit", trayPage)
	s.page(fiber.MethodGet, "/drafts/{id}/compare", comparePage)
	s.page(fiber.MethodPost, "/drafts/{id}/circuit", moveDraft)
}

func trayPage(c *Call, d *correspondence.Desk) (view, error) {
	tray, err := d.Tray(c.ctx)
	if err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.circuit"), section: "circuit", echoes: true, body: func(f *frame) templ.Component { return signatureBook(f, tray, c.done()) }}, nil
}

// comparing is the page on which two texts of a draft stand against each other.
type comparing struct {
	id         string
	versions   []correspondence.VersionView
	comparison correspondence.Comparison
}

func comparePage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	p := comparing{id: id.String()}
	if p.versions, err = d.Versions(c.ctx, id); err != nil {
		return view{}, err
	}
	if p.comparison, err = d.Compare(c.ctx, id, c.query("from"), c.query("to")); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("circuit.versions"), section: "drafts", echoes: true, body: func(f *frame) templ.Component { return compareBody(f, p) }}, nil
}

// moveDraft is what the buttons beside a standing draft do.
func moveDraft(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	to, err := move(c, d, id, c.form.Get("act"))
	return view{to: to}, err
}

// move does what a button says, and gives the address to go to.
func move(c *Call, d *correspondence.Desk, id habilitation.ID, act string) (to string, err error) {
	here := draftAddress(id)
	words := strings.TrimSpace(c.text("comment"))
	switch act {
	case "visa", "remarks":
		verdict := "approved"
		if act == "remarks" || words != "" {
			verdict = "remarks"
		}
		_, err = d.Visa(c.ctx, id, correspondence.Opinion{Digest: c.form.Get("digest"), Verdict: verdict, Comment: words})
		return "/circuit?done=visa", err
	case "return":
		return "/circuit?done=returned", d.ReturnDraft(c.ctx, id, c.form.Get("digest"), words)
	case "withdraw":
		_, err = d.Reopen(c.ctx, id)
		return here + "?done=reopened", err
	case "unhold":
		_, err = d.Unhold(c.ctx, id)
		return here + "?done=unheld", err
	case "abandon":
		return "/circuit?done=abandoned", d.Abandon(c.ctx, id, strings.TrimSpace(c.text("reason")))
	case "discard":
		return "/drafts?done=discarded", d.DiscardDraft(c.ctx, id)
	}
	return "", &problem{status: fiber.StatusBadRequest, key: "malformed"}
}

// readSteps reads the lines of reviewers of a form: names of groups and agents as the house knows them.
func (c *Call) readSteps(d *correspondence.Desk) (steps []correspondence.FormStep, err error) {
	lines := typedSteps(c.form)
	if len(c.form["step.any"]) != len(c.form["step"]) || len(lines) > 50 {
		return nil, &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	groups, err := allGroups(c, d)
	if err != nil {
		return nil, err
	}
	find, err := finder(c, d)
	if err != nil {
		return nil, err
	}
	keys := groupKeys(groups)
	for _, line := range lines {
		step := correspondence.FormStep{Any: line.any}
		for _, name := range listed(line.typed) {
			if key, known := keys[fold(name)]; known {
				step.Groups = append(step.Groups, key)
			} else {
				step.Agents = append(step.Agents, find.agent(name))
			}
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// act does what a button of the sheet says beyond saving it, with the draft as it was just saved.
func (p sheet) act(c *Call, d *correspondence.Desk, act string) (view, error) {
	var err error
	id := p.draft.ID
	to := draftAddress(id)
	switch act {
	case "sign", "own":
		return signSheet(c, d, p, act)
	case "submit":
		var steps []correspondence.FormStep
		if steps, err = c.readSteps(d); err != nil {
			return view{}, err
		}
		_, err = d.Submit(c.ctx, id, p.draft.Version, correspondence.Submission{Steps: steps, Comment: c.text("visa.comment")})
		err = faultsAt(err, "comment", "visa.comment")
		to += "?done=submitted"
	case "share":
		_, err = d.ShareDraft(c.ctx, id)
		to += "?done=shared"
	case "withdraw":
		_, err = d.Reopen(c.ctx, id)
		to += "?done=reopened"
	case "return":
		err = faultsAt(d.ReturnDraft(c.ctx, id, "", strings.TrimSpace(c.text("return.reason"))), "reason", "return.reason")
		to = "/circuit?done=returned"
	case "template":
		_, err = d.KeepTemplate(c.ctx, p.draft.Form.Origin, correspondence.Template{Name: c.form.Get("template.name"), Form: p.draft.Form})
		err = faultsAt(err, "name", "template.name")
		to += "?done=template"
	}
	if err != nil {
		return refusedSheet(c, d, p, err)
	}
	return view{to: to}, nil
}

// faultsAt names a field of a refusal as the sheet does, which has one of that name for something else.
func faultsAt(err error, field, name string) error {
	_, refusal := causeOf(err)
	if refusal == nil {
		return err
	}
	moved := *refusal
	moved.Faults = slices.Clone(refusal.Faults)
	for i, fault := range moved.Faults {
		if fault.Field == field {
			moved.Faults[i].Field = name
		}
	}
	return &moved
}

// signSheet gives the word to sign: the draft's page then shows until when it may be taken back.
func signSheet(c *Call, d *correspondence.Desk, p sheet, act string) (view, error) {
	signed, err := d.Sign(c.ctx, p.draft.ID, p.draft.Version, correspondence.DefaultHold, whose(act == "own"))
	if err != nil {
		return refusedSheet(c, d, p, err)
	}
	if signed.Message != nil {
		return view{to: messageAddress(signed.Message.ID) + "?done=released"}, nil
	}
	return view{to: draftAddress(p.draft.ID)}, nil
}

// refusedSheet shows the sheet again, every fault beside its field.
func refusedSheet(c *Call, d *correspondence.Desk, p sheet, err error) (view, error) {
	cause, refusal := causeOf(err)
	if cause == correspondence.StepUp { // the draft is saved: what goes on with the password is this version of it
		c.form.Set("draft", p.draft.ID.String())
		c.form.Set("version", strconv.FormatUint(p.draft.Version, 10))
		return view{}, err
	}
	if cause == "" || cause == correspondence.Unknown || cause == correspondence.NotAdmitted || isReleased(refusal) {
		return view{}, err
	}
	p.faults = refusal.Faults
	if len(p.faults) == 0 {
		p.refused = problemOf(err).key
	}
	return showSheet(c, d, p, causes[cause])
}
