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

func (s *Server) registerDirectory() {
	s.page(fiber.MethodGet, "/groups", func(c *Call, d *correspondence.Desk) (view, error) {
		groups, err := d.Groups(c.ctx)
		return directoryView(c, "groups", groups), err
	})
	s.page(fiber.MethodGet, "/communities", func(c *Call, d *correspondence.Desk) (view, error) {
		groups, err := d.Communities(c.ctx)
		return directoryView(c, "communities", groups), err
	})
	s.page(fiber.MethodGet, "/groups/{id}", groupPage)
	s.page(fiber.MethodPost, "/groups/{id}/requests", askToJoin)
	s.page(fiber.MethodPost, "/groups/{id}/tags", declareOnPage)
	s.page(fiber.MethodPost, "/groups/{id}/tags/{tag}/withdraw", withdrawOnPage)
}

func directoryView(c *Call, section string, groups []correspondence.GroupView) view {
	return view{title: c.words.T("menu." + section), section: section, body: func(f *frame) templ.Component {
		return directoryBody(f, section, bySort(f, groups))
	}}
}

// sortOrder is the order in which sorts of groups are listed; others follow by name.
var sortOrder = []string{"ministry", "cabinet", "directorate", "service", "embassy", "mission", "consulate", "community"}

// sorted is the groups of one sort.
type sorted struct {
	sort   string
	groups []correspondence.GroupView
}

func bySort(f *frame, groups []correspondence.GroupView) []sorted {
	index := map[string]int{}
	var all []sorted
	for _, g := range groups {
		at, ok := index[g.Sort]
		if !ok {
			at = len(all)
			index[g.Sort] = at
			all = append(all, sorted{sort: g.Sort})
		}
		all[at].groups = append(all[at].groups, g)
	}
	slices.SortStableFunc(all, func(a, b sorted) int {
		return cmp.Or(placeOfSort(a.sort)-placeOfSort(b.sort), cmp.Compare(a.sort, b.sort))
	})
	for _, s := range all {
		slices.SortStableFunc(s.groups, func(a, b correspondence.GroupView) int {
			return cmp.Compare(fold(f.Label(a.Name)), fold(f.Label(b.Name)))
		})
	}
	return all
}

// placeOfSort is where a sort stands among the others.
func placeOfSort(sort string) int {
	if at := slices.Index(sortOrder, sort); at >= 0 {
		return at
	}
	return len(sortOrder)
}

// sortName is a sort of group in words, sortsName its plural; a house may have its own.
func sortName(f *frame, sort string) string  { return knownWord(f, "sort-one."+sort, sort) }
func sortsName(f *frame, sort string) string { return knownWord(f, "sort."+sort, sort) }

// knownWord is the sentence for a key that was put together, or the word itself when the catalogue has none.
func knownWord(f *frame, key, word string) string {
	if f.has(key) {
		return f.T(key)
	}
	return word
}

// dutyName is a duty in words.
func dutyName(f *frame, duty string) string {
	return knownWord(f, "duty."+duty, duty)
}

func groupPage(c *Call, d *correspondence.Desk) (view, error) {
	group, err := d.Group(c.ctx, c.parameter("id"))
	if err != nil {
		return view{}, err
	}
	roster, err := rosterOf(c, d, group.Key)
	if err != nil {
		return view{}, err
	}
	rules, err := rulesOf(c, d, &group)
	if err != nil {
		return view{}, err
	}
	section := "groups"
	if group.Community {
		section = "communities"
	}
	return view{title: c.words.Label(group.Name), section: section, body: func(f *frame) templ.Component {
		return groupBody(f, group, roster, rules, c.done())
	}}, nil
}

// back is the group's page again, after an act.
func (c *Call) back(done string) view {
	return view{to: "/groups/" + pathPiece(c.parameter("id")) + "?done=" + done}
}

func askToJoin(c *Call, d *correspondence.Desk) (view, error) {
	_, err := d.RequestToJoin(c.ctx, c.parameter("id"), c.text("motive"))
	return c.back("asked"), err
}

// declareOnPage declares a tag for the group; its name may be typed in any spelling.
func declareOnPage(c *Call, d *correspondence.Desk) (view, error) {
	find, err := finder(c, d)
	if err != nil {
		return view{}, err
	}
	var faults []correspondence.Fault
	typed := strings.TrimSpace(c.form.Get("tag"))
	tag := find.tag(typed)
	if typed == "" {
		faults = append(faults, correspondence.Fault{Field: "tag", Key: "missing"})
	} else if _, err := d.Tag(c.ctx, tag); err != nil {
		if cause, _ := causeOf(err); cause != correspondence.Unknown {
			return view{}, err
		}
		faults = append(faults, correspondence.Fault{Field: "tag", Key: "tag-unknown", Args: map[string]string{"value": typed}})
	}
	level, err := habilitation.ParseLevel(c.form.Get("level"))
	if err != nil {
		faults = append(faults, correspondence.Fault{Field: "level", Key: "missing"})
	}
	if len(faults) > 0 {
		return view{}, invalid(faults...)
	}
	_, err = d.Declare(c.ctx, c.parameter("id"), tag, level)
	return c.back("declared"), err
}

// levels are the levels to choose from, the open one first.
func levels(f *frame) (names []option) {
	for _, level := range habilitation.Levels {
		names = append(names, option{level.String(), f.Level(level)})
	}
	return names
}

func duties(f *frame, of []string) (names []option) {
	for _, duty := range of {
		names = append(names, option{duty, dutyName(f, duty)})
	}
	return names
}

func withdrawOnPage(c *Call, d *correspondence.Desk) (view, error) {
	return c.back("withdrawn"), d.Withdraw(c.ctx, c.parameter("id"), c.parameter("tag"), c.text("reason"))
}
