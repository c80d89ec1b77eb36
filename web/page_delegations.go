package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerMandates() {
	s.page(fiber.MethodGet, "/delegations", func(c *Call, d *correspondence.Desk) (view, error) {
		return showDelegations(c, d, delegationsSheet{done: c.done()}, 0)
	})
	s.page(fiber.MethodPost, "/delegations", delegateOnPage)
	s.page(fiber.MethodPost, "/delegations/{id}/end", func(c *Call, d *correspondence.Desk) (view, error) {
		id, err := c.identity("id")
		if err != nil {
			return view{}, err
		}
		return view{to: "/delegations?done=delegation-ended"}, d.EndDelegation(c.ctx, id, c.text("reason"))
	})
	s.page(fiber.MethodPost, "/groups/{id}/roster", rosterOnPage)
	s.page(fiber.MethodGet, "/collectives", collectivesPage)
	s.page(fiber.MethodPost, "/collectives", defineOnPage)
	s.page(fiber.MethodPost, "/collectives/{key}/withdraw", func(c *Call, d *correspondence.Desk) (view, error) {
		return view{to: "/collectives?done=collective-withdrawn"}, d.WithdrawCollective(c.ctx, c.parameter("key"), c.text("reason"))
	})
	s.page(fiber.MethodPost, "/operator", nameOperatorOnPage)
}

// localMoment is how a browser writes a moment that was chosen, in the zone of the house.
const localMoment = "2006-01-02T15:04"

// instant is a typed moment as the desk reads it; what is none stays as it was typed, for the fault to name.
func (c *Call) instant(typed string) string {
	typed = strings.TrimSpace(typed)
	at, err := time.ParseInLocation(localMoment, typed, c.s.options.Zone)
	if err != nil {
		return typed
	}
	return at.Format(time.RFC3339)
}

// momentType lets the browser offer a calendar and a clock, unless what was typed is no moment: then it stays as it is.
func momentType(typed string) string {
	if _, err := time.Parse(localMoment, typed); typed == "" || err == nil {
		return "datetime-local"
	}
	return "text"
}

// moment is an instant as a browser's field takes it.
func (f *frame) moment(at time.Time) string { return at.In(f.now.Location()).Format(localMoment) }

// delegationsSheet is the page of delegations, with what was typed to give one.
type delegationsSheet struct {
	page   correspondence.DelegationsPage
	typed  correspondence.DelegationForm // moments as the browser wrote them
	faults []correspondence.Fault
	done   string
}

// duties are all that can be lent in some group.
func (p delegationsSheet) duties() (names []string) {
	for _, duty := range []string{"drafter", "signatory", "collective"} {
		for _, l := range p.page.Lendable {
			if slices.Contains(l.Duties, duty) {
				names = append(names, duty)
				break
			}
		}
	}
	return names
}

func showDelegations(c *Call, d *correspondence.Desk, p delegationsSheet, status int) (view, error) {
	var err error
	if p.page, err = d.Delegations(c.ctx); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.delegations"), section: "delegations", status: status, echoes: true,
		body: func(f *frame) templ.Component { return delegationsBody(f, p) }}, nil
}

// delegateOnPage gives a delegation; its receiver may be typed by name.
func delegateOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	typed := correspondence.DelegationForm{To: find.agent(strings.TrimSpace(c.form.Get("to"))), Group: c.form.Get("group"), Duties: c.form["duties"],
		Begins: c.form.Get("begins"), Ends: c.form.Get("ends"), Reason: c.text("reason")}
	form := typed
	form.Begins, form.Ends = c.instant(typed.Begins), c.instant(typed.Ends)
	err = checkLimits(c.s.validate, &form)
	if err == nil {
		_, err = d.Delegate(c.ctx, form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		return showDelegations(c, d, delegationsSheet{typed: typed, faults: refusal.Faults}, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/delegations?done=delegation-given"}, err
}

// rosterSheet is the roster on its group's page, with what was typed to set it. It is not shown to who may not see it.
type rosterSheet struct {
	shown   bool
	view    correspondence.RosterView
	typed   []correspondence.WatchForm // moments as the browser wrote them
	minutes string
	faults  []correspondence.Fault
	open    bool // the form is being filled in
}

// blankWatches is how many empty lines the form offers.
const blankWatches = 2

// rosterOf is the roster as it stands, for whoever may see it.
func rosterOf(c *Call, d *correspondence.Desk, group string) (rosterSheet, error) {
	roster, err := d.Roster(c.ctx, group)
	if cause, _ := causeOf(err); cause == correspondence.NotMandated {
		return rosterSheet{}, nil
	}
	return rosterSheet{shown: true, view: roster}, err
}

// lines are the lines of the form: what was typed, or the roster as it stands, and some that are empty.
func (r rosterSheet) lines(f *frame) []correspondence.WatchForm {
	lines := r.typed
	if !r.open {
		for _, w := range r.view.Watches {
			lines = append(lines, correspondence.WatchForm{Agent: w.Agent.Login, From: f.moment(w.From), Until: f.moment(w.Until)})
		}
	}
	return append(lines, make([]correspondence.WatchForm, blankWatches)...)
}

// acknowledge is what the form says of the minutes to acknowledge.
func (r rosterSheet) acknowledge(f *frame) string {
	switch {
	case r.open:
		return r.minutes
	case r.view.AcknowledgeMinutes == 0:
		return "10"
	}
	return f.Number(r.view.AcknowledgeMinutes)
}

// rosterOnPage sets the roster, or shows the group's page again with more lines.
func rosterOnPage(c *Call, d *correspondence.Desk) (view, error) {
	typed, err := c.typedWatches(d)
	if err != nil {
		return view{}, err
	}
	key, sheet := c.parameter("id"), rosterSheet{typed: typed, minutes: c.form.Get("acknowledge_minutes"), open: true}
	if c.form.Get("act") == "add" {
		return showGroup(c, d, sheet, 0)
	}
	form := correspondence.RosterForm{}
	for _, w := range typed {
		form.Watches = append(form.Watches, correspondence.WatchForm{Agent: w.Agent, From: c.instant(w.From), Until: c.instant(w.Until)})
	}
	if minutes, err := wholeNumber(sheet.minutes); err == nil {
		form.AcknowledgeMinutes = int(min(minutes, habilitation.AcknowledgeMost+1))
	}
	err = checkLimits(c.s.validate, &form)
	if err == nil {
		_, err = d.SetRoster(c.ctx, key, form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		sheet.faults = refusal.Faults
		return showGroup(c, d, sheet, fiber.StatusUnprocessableEntity)
	}
	return c.back("roster-set"), err
}

// typedWatches reads the lines of the roster; a line without an agent is no line. Agents may be typed by name.
func (c *Call) typedWatches(d *correspondence.Desk) ([]correspondence.WatchForm, error) {
	agents, from, until := c.form["agent"], c.form["from"], c.form["until"]
	if len(from) != len(agents) || len(until) != len(agents) || len(agents) > habilitation.WatchesMost+blankWatches {
		return nil, &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	find, err := finder(c, d)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	var lines []correspondence.WatchForm
	for i, agent := range agents {
		if agent = strings.TrimSpace(agent); agent == "" {
			continue
		}
		if known[agent] == "" {
			known[agent] = find.agent(agent)
		}
		lines = append(lines, correspondence.WatchForm{Agent: known[agent], From: from[i], Until: until[i]})
	}
	return lines, nil
}

// watchField is the place of a part of the roster's line, as faults name it.
func watchField(i int, part string) string { return fmt.Sprintf("watches[%d].%s", i, part) }
