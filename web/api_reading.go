package web

import (
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerReadingAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/teleprinter", tag: "reading", causes: []int{422},
		summary: "The home feed, newest first"}, readTeleprinter)
	answer(s, operation{method: fiber.MethodPost, path: "/api/v1/teleprinter/read", tag: "reading", causes: []int{400, 415, 422},
		summary: "Mark everything read, up to a message or as far as it goes"}, markAllRead)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/search", tag: "reading", causes: []int{422},
		summary: "The unified search; totals and facets count what the reader may see"}, searchMessages)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}", tag: "reading",
		summary: "A message opened: a reading"},
		func(c *Call, d *correspondence.Desk, in messageOnly) (correspondence.MessageView, error) {
			return d.Message(c.ctx, in.ID)
		})
	answer(s, operation{method: fiber.MethodPut, path: "/api/v1/messages/{id}/read", tag: "reading", causes: []int{400, 415},
		summary: "Set or take away the read mark"},
		func(c *Call, d *correspondence.Desk, in readMark) (nothing, error) {
			return nothing{}, d.MarkRead(c.ctx, in.ID, in.Read)
		})
	s.register(route{fiber.MethodGet, streamPath, pass, &operation{method: fiber.MethodGet, path: streamPath, tag: "reading",
		media: "text/event-stream", summary: "Live arrivals as server-sent events; the id of an event is the message's",
		in: new(streamPlace), out: new(document), causes: []int{429}}}, s.stream)
}

type messageOnly struct {
	ID habilitation.ID `path:"id" json:"-"`
}

type readMark struct {
	ID   habilitation.ID `path:"id" json:"-"`
	Read bool            `json:"read"`
}

type page struct {
	Limit int             `query:"limit" json:"-" validate:"min=0,max=200"`
	After habilitation.ID `query:"after" json:"-"` // the last message of the page before
}

func readTeleprinter(c *Call, d *correspondence.Desk, in page) (correspondence.FeedPage, error) {
	return d.Teleprinter(c.ctx, correspondence.FeedQuery{Limit: in.Limit, After: in.After})
}

type readUpTo struct {
	UpTo *habilitation.ID `json:"up_to,omitempty" body:"optional"`
}

func markAllRead(c *Call, d *correspondence.Desk, in readUpTo) (nothing, error) {
	var upTo habilitation.ID
	if in.UpTo != nil {
		upTo = *in.UpTo
	}
	return nothing{}, d.MarkAllRead(c.ctx, upTo)
}

type searchIn struct {
	Q     string          `query:"q" json:"-" validate:"max=1000"`
	Limit int             `query:"limit" json:"-" validate:"min=0,max=100"`
	After habilitation.ID `query:"after" json:"-"`
	Sort  string          `query:"sort" json:"-" validate:"omitempty,oneof=relevance date" enum:"relevance,date"`
}

func searchMessages(c *Call, d *correspondence.Desk, in searchIn) (correspondence.SearchPage, error) {
	return d.Search(c.ctx, correspondence.SearchQuery{Text: in.Q, Limit: in.Limit, After: in.After, Sort: in.Sort})
}

// registerEvidenceAPI registers what a stranger verifies a message with.
func (s *Server) registerEvidenceAPI() {
	type fetch = func(*Call, *correspondence.Desk, habilitation.ID) ([]byte, error)
	pieces := []struct {
		name, media, suffix, summary string
		fetch                        fetch
	}{
		{"original", "message/rfc822", ".eml", "The signed bytes: a reading",
			func(c *Call, d *correspondence.Desk, id habilitation.ID) ([]byte, error) {
				return d.Original(c.ctx, id)
			}},
		{"signature", "application/pkcs7-signature", ".p7s", "The detached CAdES-T signature, DER",
			func(c *Call, d *correspondence.Desk, id habilitation.ID) ([]byte, error) {
				return d.Signature(c.ctx, id)
			}},
		{"timestamp", "application/vnd.etsi.timestamp-token", ".tst", "The RFC 3161 time-stamp token, DER",
			func(c *Call, d *correspondence.Desk, id habilitation.ID) ([]byte, error) {
				return d.Timestamp(c.ctx, id)
			}},
		{"timestamped", "application/octet-stream", ".timestamped", "The bytes that the time-stamp token covers",
			func(c *Call, d *correspondence.Desk, id habilitation.ID) ([]byte, error) {
				return d.Timestamped(c.ctx, id)
			}},
		{"proof", "text/plain; charset=utf-8", ".proof.txt", "The inclusion proof in the tree of the message's level, and the signed checkpoint",
			func(c *Call, d *correspondence.Desk, id habilitation.ID) ([]byte, error) { return d.Proof(c.ctx, id) }},
	}
	for _, piece := range pieces {
		answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/" + piece.name, tag: "evidence", media: piece.media,
			summary: piece.summary},
			func(c *Call, d *correspondence.Desk, in messageOnly) (document, error) {
				content, err := piece.fetch(c, d, in.ID)
				if err != nil {
					return document{}, err
				}
				name, err := namedAfter(c, d, in.ID, piece.suffix)
				return document{media: piece.media, name: name, bytes: content}, err
			})
	}
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/attachments/{n}", tag: "evidence",
		media: anyMedia, summary: "A file of the message, counted from 0: a reading"}, fetchAttachment)
}

type attachmentOnly struct {
	ID habilitation.ID `path:"id" json:"-"`
	N  int             `path:"n" json:"-"`
}

func fetchAttachment(c *Call, d *correspondence.Desk, in attachmentOnly) (document, error) {
	h, err := d.Row(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	view, file, err := d.Attachment(c.ctx, in.ID, in.N)
	if err != nil {
		return document{}, err
	}
	name := view.Name
	if h.Level == habilitation.Restricted {
		name = fileName(&h, "-"+view.Name)
	}
	return document{media: inertMedia(view.Type), name: name, file: file, size: view.Size}, nil
}

// namedAfter names a file about a message.
func namedAfter(c *Call, d *correspondence.Desk, id habilitation.ID, suffix string) (string, error) {
	h, err := d.Row(c.ctx, id)
	if err != nil {
		return "", err
	}
	return fileName(&h, suffix), nil
}

// anyMedia describes the bytes of a file, which have the type that inertMedia lets through.
const anyMedia = "*/*"

// inertMedia lets through the types that no browser runs; everything else is bytes.
func inertMedia(media string) string {
	switch media {
	case "text/plain", "text/csv", "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip",
		"application/msword", "application/vnd.ms-excel", "application/vnd.oasis.opendocument.text",
		"application/vnd.oasis.opendocument.spreadsheet",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return media
	}
	return "application/octet-stream"
}
