package web

import (
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerSent() {
	s.page(fiber.MethodGet, "/sent", sentPage)
	s.page(fiber.MethodPost, "/sent/seen", func(c *Call, d *correspondence.Desk) (view, error) {
		through, err := time.Parse(time.RFC3339Nano, c.text("through"))
		if err != nil {
			return view{}, &problem{status: fiber.StatusBadRequest, key: "malformed"}
		}
		return view{to: "/sent?done=news-seen"}, d.SeeNews(c.ctx, through)
	})
}

// sentSheet is what the page of sent messages shows.
type sentSheet struct {
	query correspondence.SentQuery
	page  correspondence.SentPage
	news  correspondence.SentNewsPage
	done  string
}

func sentPage(c *Call, d *correspondence.Desk) (view, error) {
	p := sentSheet{query: correspondence.SentQuery{State: c.query("state")}, done: c.done()}
	if after := c.query("after"); after != "" {
		id, err := habilitation.ParseID(after)
		if err != nil {
			return view{}, &problem{status: fiber.StatusNotFound, key: "unknown"}
		}
		p.query.After = id
	}
	var err error
	if p.page, err = d.Sent(c.ctx, p.query); err != nil {
		return view{}, err
	}
	if p.query.State == "" {
		p.query.State = correspondence.SentOpen
	}
	p.news, err = d.SentNews(c.ctx)
	return view{title: c.words.T("menu.sent"), section: "sent", body: func(f *frame) templ.Component { return sentBody(f, p) }}, err
}

// sentAddress is a list of sent messages, or what follows a message in it.
func sentAddress(state string, after *habilitation.ID) string {
	values := url.Values{}
	if state != correspondence.SentOpen {
		values.Set("state", state)
	}
	if after != nil {
		values.Set("after", after.String())
	}
	if len(values) == 0 {
		return "/sent"
	}
	return "/sent?" + values.Encode()
}

// count is how many messages a list has; false for one that is not counted.
func (p sentSheet) count(state string) (int, bool) {
	counts := map[string]int{correspondence.SentOpen: p.page.Counts.Open, correspondence.SentLate: p.page.Counts.Late,
		correspondence.SentUndelivered: p.page.Counts.Undelivered, correspondence.SentAnswered: p.page.Counts.Answered}
	n, counted := counts[state]
	return n, counted
}

// through is the moment of the last news that the page shows.
func (p sentSheet) through() string {
	if len(p.news.Items) == 0 {
		return ""
	}
	return p.news.Items[0].At.UTC().Format(time.RFC3339Nano)
}

// newsText is one thing that became of a sent message.
func newsText(f *frame, n correspondence.SentNews) string {
	var group, name, to string
	if n.Group != nil {
		group = calledShort(f, *n.Group)
	}
	if n.By != nil {
		name = n.By.Name
	}
	key := "news." + n.What
	if n.To != nil {
		to = calledShort(f, *n.To)
		if f.has(key + "-to") {
			key += "-to"
		}
	}
	return f.T(key, "Group", group, "Name", name, "To", to)
}

// emphasisPart is one count of what a group presses on its readers.
type emphasisPart struct {
	name  string
	count int
}

func emphasisParts(e correspondence.EmphasisView) []emphasisPart {
	return []emphasisPart{{"to-do", e.ToDo}, {"to-read", e.ToRead}, {"copies", e.Copies}, {"urgent", e.Urgent}, {"flash", e.Flash}, {"pressing", e.Pressing}}
}
