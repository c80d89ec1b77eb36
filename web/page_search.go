package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// searching is a search as the page shows it.
type searching struct {
	query  correspondence.SearchQuery
	found  *correspondence.SearchPage // nil before anything was asked, or when what was asked cannot be read
	faults []correspondence.Fault
}

// address is this search with other words or another order, from its first page.
func (p searching) address(text, sort string) string {
	values := url.Values{"q": {text}}
	if sort == "date" {
		values.Set("sort", sort)
	}
	return "/search?" + values.Encode()
}

// next is this search's next page.
func (p searching) next() string {
	return p.address(p.query.Text, p.query.Sort) + "&after=" + p.found.Next.String()
}

// narrow is this search with one more condition; a condition that is there already is taken away.
func (p searching) narrow(condition string) string {
	if !p.holds(condition) {
		return p.address(strings.TrimSpace(p.query.Text+" "+condition), p.query.Sort)
	}
	taken := strings.Fields(condition)
	var kept []string
	for _, word := range strings.Fields(p.query.Text) {
		if !slices.Contains(taken, word) {
			kept = append(kept, word)
		}
	}
	return p.address(strings.Join(kept, " "), p.query.Sort)
}

// holds reports whether a condition stands among the words.
func (p searching) holds(condition string) bool {
	words := strings.Fields(p.query.Text)
	for _, word := range strings.Fields(condition) {
		if !slices.Contains(words, word) {
			return false
		}
	}
	return condition != ""
}

func searchPage(c *Call, d *correspondence.Desk) (view, error) {
	after, err := optionalIdentity(c.query("after"))
	if err != nil {
		return view{}, err
	}
	p := searching{query: correspondence.SearchQuery{Text: c.query("q"), After: after, Sort: "relevance"}}
	if c.query("sort") == "date" {
		p.query.Sort = "date"
	}
	status := 0
	switch {
	case len(p.query.Text) > 1000:
		p.query.Text, status = "", fiber.StatusUnprocessableEntity
		p.faults = []correspondence.Fault{{Field: "q", Key: "too-long", Args: map[string]string{"max": "1000"}}}
	case strings.TrimSpace(p.query.Text) != "":
		found, err := d.Search(c.ctx, p.query)
		if cause, refusal := causeOf(err); cause == correspondence.Invalid {
			p.faults, status = refusal.Faults, fiber.StatusUnprocessableEntity
			if len(p.faults) == 0 {
				p.faults = []correspondence.Fault{{Field: "q", Key: refusal.Key}}
			}
		} else if err != nil {
			return view{}, err
		} else {
			p.found = &found
		}
	}
	title := c.words.T("menu.search")
	if p.query.Text != "" {
		title = p.query.Text + " – " + title
	}
	return view{title: title, section: "search", status: status, echoes: true,
		body: func(f *frame) templ.Component { return searchBody(f, p) }}, nil
}

// facet is one way to narrow a search.
type facet struct {
	name   string // "tag": the catalogue's key after "facet."
	values []correspondence.FacetValue
}

func facets(p *correspondence.SearchPage) []facet {
	return []facet{{"level", p.Facets.Level}, {"kind", p.Facets.Kind}, {"tag", p.Facets.Tag}, {"group", p.Facets.Group}, {"month", p.Facets.Month}}
}

// facetShown is how many values of a facet stand open; the rest are folded away.
const facetShown = 8

func firstValues(values []correspondence.FacetValue) []correspondence.FacetValue {
	return values[:min(len(values), facetShown)]
}

func otherValues(values []correspondence.FacetValue) []correspondence.FacetValue {
	return values[min(len(values), facetShown):]
}

// facetLabel is a facet's value in words.
func facetLabel(f *frame, name string, v correspondence.FacetValue) string {
	switch {
	case name == "month":
		return f.Month(v.Value)
	case f.has(name + "." + v.Value):
		return f.T(name + "." + v.Value)
	}
	if label := f.Label(v.Label); label != "" {
		return label
	}
	return v.Value
}
