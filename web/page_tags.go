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

// declarationPlace is where a declaration is shown; there its group or its tag goes without saying.
type declarationPlace uint8

const (
	declarationOfGroup declarationPlace = iota + 1
	declarationOfTag
	declarationWaiting
)

// restrictedIcon goes with the word, never instead of it.
func restrictedIcon(state string) string {
	switch state {
	case "approved":
		return "check"
	case "refused":
		return "x"
	}
	return "clock"
}

// tagState is a tag's state in words.
func tagState(f *frame, state string) string {
	return knownWord(f, "tags.state-"+state, state)
}

// dutiesOf are the duties that can be given in a group of this sort.
func dutiesOf(a correspondence.AudienceRef) []string {
	if a.Community {
		return []string{"manager"}
	}
	return []string{"drafter", "signatory", "number_two"}
}

func (s *Server) registerTags() {
	s.page(fiber.MethodGet, "/tags", tagsPage)
	s.page(fiber.MethodGet, "/tags/{tag}", func(c *Call, d *correspondence.Desk) (view, error) {
		tag, err := d.Tag(c.ctx, c.parameter("tag"))
		if err != nil {
			return view{}, err
		}
		return view{title: c.words.Label(tag.Label), section: "tags", body: func(f *frame) templ.Component {
			return tagBody(f, tag, c.done())
		}}, nil
	})
}

// tagsMost is how many tags the page lists; more are found by their beginning.
const tagsMost = 500

func tagsPage(c *Call, d *correspondence.Desk) (view, error) {
	typed := c.query("q")
	if len(typed) > 200 {
		typed = ""
	}
	tags, err := d.Tags(c.ctx, typed, tagsMost)
	if err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.tags"), section: "tags", echoes: true, body: func(f *frame) templ.Component {
		return tagsBody(f, typed, byLetter(f, tags))
	}}, nil
}

// letter is the tags that begin with one.
type letter struct {
	letter string
	tags   []correspondence.TagView
}

func byLetter(f *frame, tags []correspondence.TagView) []letter {
	sorted := slices.Clone(tags)
	slices.SortStableFunc(sorted, func(a, b correspondence.TagView) int {
		return cmp.Compare(fold(f.Label(a.Label)), fold(f.Label(b.Label)))
	})
	var all []letter
	for _, t := range sorted {
		first := "#"
		for _, r := range fold(f.Label(t.Label)) {
			first = string(r)
			break
		}
		if len(all) == 0 || all[len(all)-1].letter != first {
			all = append(all, letter{letter: first})
		}
		all[len(all)-1].tags = append(all[len(all)-1].tags, t)
	}
	return all
}

func (s *Server) registerRequests() {
	s.page(fiber.MethodGet, "/requests", func(c *Call, d *correspondence.Desk) (view, error) {
		requests, err := d.Requests(c.ctx)
		if err != nil {
			return view{}, err
		}
		return view{title: c.words.T("menu.requests"), section: "requests", body: func(f *frame) templ.Component {
			return requestsBody(f, requests, c.done())
		}}, nil
	})
	s.page(fiber.MethodPost, "/requests/{id}/accept", func(c *Call, d *correspondence.Desk) (view, error) {
		return c.decide("accepted", func(id habilitation.ID) error { return d.Accept(c.ctx, id, c.form["duties"]) })
	})
	s.page(fiber.MethodPost, "/requests/{id}/refuse", func(c *Call, d *correspondence.Desk) (view, error) {
		return c.decide("refused", func(id habilitation.ID) error { return d.Refuse(c.ctx, id, c.text("reason")) })
	})
}

// decide does what was decided and goes back to the page on which it was.
func (c *Call) decide(done string, act func(habilitation.ID) error) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	if err := act(id); err != nil {
		return view{}, err
	}
	path, _, _ := strings.Cut(c.form.Get("next"), "?")
	return view{to: path + "?done=" + done}, nil
}
