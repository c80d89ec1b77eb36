package web

import (
	"net/url"
	"sort"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

func (s *Server) registerMessage() {
	s.registerKeeping()
	s.page(fiber.MethodGet, "/messages/{id}", messagePage)
	s.page(fiber.MethodPost, "/messages/{id}/unread", func(c *Call, d *correspondence.Desk) (view, error) {
		id, err := c.identity("id")
		if err != nil {
			return view{}, err
		}
		return view{to: "/"}, d.MarkRead(c.ctx, id, false)
	})
}

func messagePage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	message, err := d.Message(c.ctx, id)
	if err != nil {
		return view{}, err
	}
	thread, err := d.Thread(c.ctx, id)
	if err != nil {
		return view{}, err
	}
	into, err := filing(c, d, &message)
	if err != nil {
		return view{}, err
	}
	handling, err := handlingFor(c, d, message)
	if err != nil {
		return view{}, err
	}
	life, err := lifeOf(c, d, &message)
	if err != nil {
		return view{}, err
	}
	title := message.Subject
	if message.Number != "" {
		title = message.Number + " – " + title
	}
	return view{title: title, section: "teleprinter", body: func(f *frame) templ.Component {
		return messageBody(f, message, handling, thread, into, life, c.done())
	}}, nil
}

// addressees are the lines of one role, in the order of the message.
func addressees(m correspondence.MessageView, role correspondence.Role) []correspondence.AddresseeView {
	var of []correspondence.AddresseeView
	for _, a := range m.Addressees {
		if a.Role == role && a.Collective == "" && !passedOn(a) { // those of a collective stand below it
			of = append(of, a)
		}
	}
	return of
}

// retransmitted are the addressees that somebody else than the origin added (RT).
func retransmitted(m correspondence.MessageView) []correspondence.AddresseeView {
	var of []correspondence.AddresseeView
	for _, a := range m.Addressees {
		if passedOn(a) {
			of = append(of, a)
		}
	}
	return of
}

func passedOn(a correspondence.AddresseeView) bool {
	return a.Added != nil && a.Added.Ground != "origin"
}

// paragraphs splits a text where a line is empty; a paragraph keeps its own line breaks.
func paragraphs(text string) []string {
	var all []string
	for _, paragraph := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if strings.TrimSpace(paragraph) != "" {
			all = append(all, strings.Trim(paragraph, "\n"))
		}
	}
	return all
}

// provenance is where an imported record comes from, in the order of its names.
func provenance(m correspondence.MessageView) [][2]string {
	names := make([]string, 0, len(m.Provenance))
	for name := range m.Provenance {
		names = append(names, name)
	}
	sort.Strings(names)
	pairs := make([][2]string, 0, len(names))
	for _, name := range names {
		pairs = append(pairs, [2]string{name, m.Provenance[name]})
	}
	return pairs
}

// signatureReason is one thing wrong with a signature, in words.
func signatureReason(f *frame, key string) string {
	if f.has("signature.reason-" + key) {
		return f.T("signature.reason-" + key)
	}
	return f.T("signature.reason-other", "Key", key)
}

// evidenceAddress is where a piece of a message's evidence is fetched.
func evidenceAddress(m correspondence.MessageView, piece string) string {
	return "/api/v1/messages/" + m.ID.String() + "/" + piece
}

// signatureQuality says in what quality it was signed: by an agent, or by the house for an imported record.
func signatureQuality(f *frame, quality string) string {
	return knownWord(f, "signature.quality-"+quality, quality)
}

// pathPiece writes a key as one piece of an address.
func pathPiece(key string) string { return url.PathEscape(key) }
