package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerMandates() {
	s.page(fiber.MethodGet, "/delegations", func(c *Call, d *correspondence.Desk) (view, error) {
		page, err := d.Delegations(c.ctx)
		return view{title: c.words.T("menu.delegations"), section: "delegations", body: func(f *frame) templ.Component {
			return delegationsBody(f, page, c.done())
		}}, err
	})
	s.page(fiber.MethodPost, "/delegations", delegateOnPage)
	s.page(fiber.MethodPost, "/delegations/seen", func(c *Call, d *correspondence.Desk) (view, error) {
		through, err := time.Parse(time.RFC3339Nano, c.text("through"))
		if err != nil {
			return view{}, &problem{status: fiber.StatusBadRequest, key: "malformed"}
		}
		return view{to: "/delegations?done=news-seen"}, d.SeeDelegations(c.ctx, through)
	})
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
	s.page(fiber.MethodPost, "/collectives/operator", nameOperatorOnPage)
}

// newestDelegation is the moment of the last that is new of the delegations on the page; zero when nothing is.
func newestDelegation(p correspondence.DelegationsPage) (last time.Time) {
	for _, one := range slices.Concat(p.Received, p.Given) {
		if one.NewsAt != nil && one.NewsAt.After(last) {
			last = *one.NewsAt
		}
	}
	return last
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

// lendable are all duties that can be lent in some group.
func lendable(p correspondence.DelegationsPage) (names []string) {
	for _, duty := range []string{"drafter", "signatory", "collective"} {
		if slices.ContainsFunc(p.Lendable, func(l correspondence.LendableView) bool { return slices.Contains(l.Duties, duty) }) {
			names = append(names, duty)
		}
	}
	return names
}

func lendingGroups(f *frame, p correspondence.DelegationsPage) (names []option) {
	for _, l := range p.Lendable {
		names = append(names, option{l.Group.Key, calledWhole(f, l.Group)})
	}
	return names
}

// delegateOnPage gives a delegation; its receiver may be typed by name.
func delegateOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	form := correspondence.DelegationForm{To: find.agent(strings.TrimSpace(c.form.Get("to"))), Group: c.form.Get("group"), Duties: c.form["duties"],
		Begins: c.instant(c.form.Get("begins")), Ends: c.instant(c.form.Get("ends")), Reason: c.text("reason")}
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	_, err = d.Delegate(c.ctx, form)
	return view{to: "/delegations?done=delegation-given"}, err
}

// rosterSheet is the roster on its group's page. It is not shown to who may not see it.
type rosterSheet struct {
	shown bool
	view  correspondence.RosterView
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
func (r rosterSheet) lines(f *frame, in *filling) (lines []correspondence.WatchForm) {
	lines = typedWatches(in.sent)
	if !in.refused() {
		for _, w := range r.view.Watches {
			lines = append(lines, correspondence.WatchForm{Agent: w.Agent.Login, From: f.moment(w.From), Until: f.moment(w.Until)})
		}
	}
	return append(lines, make([]correspondence.WatchForm, blankWatches)...)
}

func nth(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}

// acknowledge is what the form says of the minutes to acknowledge.
func (r rosterSheet) acknowledge(f *frame) string {
	if r.view.AcknowledgeMinutes == 0 {
		return "10"
	}
	return strconv.Itoa(r.view.AcknowledgeMinutes)
}

// rosterOnPage sets the roster, or shows the group's page again with more lines.
func rosterOnPage(c *Call, d *correspondence.Desk) (view, error) {
	if c.form.Get("act") == "add" {
		return c.s.asTyped(c, d)
	}
	form, err := c.readWatches(d)
	if err != nil {
		return view{}, err
	}
	if minutes, err := wholeNumber(c.form.Get("acknowledge_minutes")); err == nil {
		form.AcknowledgeMinutes = int(min(minutes, habilitation.AcknowledgeMost+1))
	}
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	_, err = d.SetRoster(c.ctx, c.parameter("id"), form)
	return c.back("roster-set"), err
}

// typedWatches are the lines of the roster as they were typed; one that says nothing is no line.
func typedWatches(sent url.Values) (lines []correspondence.WatchForm) {
	for i, agent := range sent["agent"] {
		w := correspondence.WatchForm{Agent: strings.TrimSpace(agent), From: strings.TrimSpace(nth(sent["from"], i)), Until: strings.TrimSpace(nth(sent["until"], i))}
		if w != (correspondence.WatchForm{}) {
			lines = append(lines, w)
		}
	}
	return lines
}

// readWatches reads them; agents may be typed by name.
func (c *Call) readWatches(d *correspondence.Desk) (form correspondence.RosterForm, err error) {
	form.Watches = typedWatches(c.form)
	if len(form.Watches) > habilitation.WatchesMost+blankWatches {
		return form, &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	find, err := finder(c, d)
	if err != nil {
		return form, err
	}
	known := map[string]string{}
	for i, w := range form.Watches {
		if known[w.Agent] == "" && w.Agent != "" {
			known[w.Agent] = find.agent(w.Agent)
		}
		form.Watches[i] = correspondence.WatchForm{Agent: known[w.Agent], From: c.instant(w.From), Until: c.instant(w.Until)}
	}
	return form, nil
}

// watchField is the place of a part of the roster's line, as faults name it.
func watchField(i int, part string) string { return fmt.Sprintf("watches[%d].%s", i, part) }
