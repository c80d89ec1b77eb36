package web

import (
	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerTeleprinter() {
	s.page(fiber.MethodGet, "/", teleprinterPage)
	s.page(fiber.MethodPost, "/read-all", func(c *Call, d *correspondence.Desk) (view, error) {
		upTo, err := optionalIdentity(c.form.Get("up_to"))
		if err != nil {
			return view{}, err
		}
		return view{to: "/?done=read-all"}, d.MarkAllRead(c.ctx, upTo)
	})
}

// feedRows is how many rows a page of the teleprinter has.
const feedRows = 40

func teleprinterPage(c *Call, d *correspondence.Desk) (view, error) {
	after, err := optionalIdentity(c.query("after"))
	if err != nil {
		return view{}, err
	}
	feed, err := d.Teleprinter(c.ctx, correspondence.FeedQuery{Limit: feedRows, After: after})
	if err != nil {
		return view{}, err
	}
	first := after.IsZero()
	gaps, err := d.Gaps(c.ctx)
	if err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.teleprinter"), section: "teleprinter", body: func(f *frame) templ.Component {
		return teleprinterBody(f, feed, gaps, first, c.done())
	}}, nil
}

// optionalIdentity reads an identity that may be left out; one that cannot be is as unknown as one that is not there.
func optionalIdentity(text string) (habilitation.ID, error) {
	if text == "" {
		return habilitation.ID{}, nil
	}
	id, err := habilitation.ParseID(text)
	if err != nil {
		return id, &problem{status: fiber.StatusNotFound, key: "unknown"}
	}
	return id, nil
}

// messageAddress is where a message is read.
func messageAddress(id habilitation.ID) string { return "/messages/" + id.String() }

// newestOf is the newest message of a list, "" for none: from there the stream goes on.
func newestOf(items []correspondence.Headline) string {
	if len(items) == 0 {
		return ""
	}
	return items[0].ID.String()
}
