package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// collectivesSheet is the page of collectives and of the operator desk, with what was typed to define one.
type collectivesSheet struct {
	all      []correspondence.DefinedCollective
	operator *correspondence.AudienceRef
	sorts    []string // of all groups there are
	key      string
	typed    correspondence.CollectiveForm
	desk     string // the operator desk as it was typed
	faults   []correspondence.Fault
	done     string
	open     bool // the form is being filled in
}

func collectivesPage(c *Call, d *correspondence.Desk) (view, error) {
	p := collectivesSheet{done: c.done()}
	if key := c.query("key"); key != "" {
		one, err := d.Collective(c.ctx, key)
		if err != nil {
			return view{}, err
		}
		p.open, p.key, p.typed = true, one.Key, correspondence.CollectiveForm{Name: one.Name, Groups: one.Listed, Sorts: one.Sorts}
		if one.Parent != nil {
			p.typed.Parent = one.Parent.Key
		}
	}
	return showCollectives(c, d, p, 0)
}

func showCollectives(c *Call, d *correspondence.Desk, p collectivesSheet, status int) (view, error) {
	var err error
	if p.all, err = d.Collectives(c.ctx); err != nil {
		return view{}, err
	}
	operator, err := d.OperatorDesk(c.ctx)
	if err != nil {
		return view{}, err
	}
	p.operator = operator.Group
	groups, err := allGroups(c, d)
	if err != nil {
		return view{}, err
	}
	for _, g := range groups {
		p.sorts = append(p.sorts, g.Sort)
	}
	slices.SortFunc(p.sorts, func(a, b string) int { return cmp.Or(cmp.Compare(placeOfSort(a), placeOfSort(b)), cmp.Compare(a, b)) })
	p.sorts = slices.Compact(p.sorts)
	return view{title: c.words.T("menu.collectives"), section: "collectives", status: status, echoes: true,
		body: func(f *frame) templ.Component { return collectivesBody(f, p) }}, nil
}

// administers reports whether the reader holds the administrator's function: it decides which forms are shown, and no more.
func administers(f *frame) bool {
	return f.me != nil && slices.Contains(f.me.Functions, string(habilitation.Administrator))
}

// defineOnPage defines a collective; groups may be typed by key, timbre or name.
func defineOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	form := correspondence.CollectiveForm{Name: habilitation.Label{FR: c.form.Get("name_fr"), EN: c.form.Get("name_en")}, Sorts: c.form["sorts"]}
	for _, name := range listed(c.form.Get("groups")) {
		form.Groups = append(form.Groups, find.group(name))
	}
	if parent := strings.TrimSpace(c.form.Get("parent")); parent != "" {
		form.Parent = find.group(parent)
	}
	key := strings.TrimSpace(c.form.Get("key"))
	if err = checkLimits(c.s.validate, &form); err == nil {
		_, err = d.DefineCollective(c.ctx, key, form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		return showCollectives(c, d, collectivesSheet{open: true, key: key, typed: form, faults: refusal.Faults}, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/collectives?done=collective-defined"}, err
}

// nameOperatorOnPage names the operator desk.
func nameOperatorOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	typed := strings.TrimSpace(c.form.Get("desk"))
	_, err = d.NameOperatorDesk(c.ctx, find.group(typed))
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		p := collectivesSheet{desk: typed}
		for _, fault := range refusal.Faults {
			fault.Field = "desk"
			p.faults = append(p.faults, fault)
		}
		return showCollectives(c, d, p, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/collectives?done=operator-named"}, err
}

// listFaults are the faults of a list and of each of its lines.
func listFaults(faults []correspondence.Fault, field string) []correspondence.Fault {
	var of []correspondence.Fault
	for _, fault := range faults {
		if name, _, _ := strings.Cut(fault.Field, "["); name == field {
			fault.Field = field
			of = append(of, fault)
		}
	}
	return of
}

// collectiveRule says which sorts of groups a collective takes in, and below which.
func collectiveRule(f *frame, one correspondence.DefinedCollective) string {
	names := make([]string, len(one.Sorts))
	for i, sort := range one.Sorts {
		names[i] = strings.ToLower(sortsName(f, sort))
	}
	if one.Parent == nil {
		return f.T("collectives.rule", "Sorts", strings.Join(names, ", "))
	}
	return f.T("collectives.rule-below", "Sorts", strings.Join(names, ", "), "Parent", f.Label(one.Parent.Name))
}
