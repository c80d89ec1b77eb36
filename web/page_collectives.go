package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"chancery/correspondence"
	"chancery/habilitation"
)

// collectivesSheet is the page of collectives and of the operator desk.
type collectivesSheet struct {
	all      []correspondence.DefinedCollective
	operator *correspondence.AudienceRef
	sorts    []string // of all groups there are
	key      string   // of the one that is to be defined anew
	form     correspondence.CollectiveForm
	done     string
	open     bool
}

func (p collectivesSheet) sortChoices(f *frame) (names []option) {
	for _, sort := range p.sorts {
		names = append(names, option{sort, sortsName(f, sort)})
	}
	return names
}

func collectivesPage(c *Call, d *correspondence.Desk) (view, error) {
	p := collectivesSheet{done: c.done()}
	if key := c.query("key"); key != "" {
		one, err := d.Collective(c.ctx, key)
		if err != nil {
			return view{}, err
		}
		p.open, p.key, p.form = true, one.Key, correspondence.CollectiveForm{Name: one.Name, Groups: one.Listed, Sorts: one.Sorts}
		if one.Parent != nil {
			p.form.Parent = one.Parent.Key
		}
	}
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
	return view{title: c.words.T("menu.collectives"), section: "collectives", echoes: p.open,
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
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	_, err = d.DefineCollective(c.ctx, strings.TrimSpace(c.form.Get("key")), form)
	return view{to: "/collectives?done=collective-defined"}, err
}

// nameOperatorOnPage names the operator desk.
func nameOperatorOnPage(c *Call, d *correspondence.Desk) (view, error) {
	group, err := c.groupCalled(d, c.form.Get("group"))
	if err != nil {
		return view{}, err
	}
	_, err = d.NameOperatorDesk(c.ctx, group)
	return view{to: "/collectives?done=operator-named"}, err
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
