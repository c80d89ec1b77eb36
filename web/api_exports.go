package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/web/paper"
)

// pdfMessages is how many messages of a dossier one PDF holds: it is made in memory. The archive of files holds them all.
const pdfMessages = 250

const (
	mediaPDF = "application/pdf"
	mediaZIP = "application/zip"
)

func (s *Server) registerExportAPI() {
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/sheet.pdf", tag: "evidence", media: mediaPDF,
		summary: "The message as a telegram on A4, in the language of the request: a reading"}, printMessage)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/smime", tag: "evidence", media: "message/rfc822", causes: []int{429},
		summary: "The message as an S/MIME mail, multipart/signed, with its files: a reading"}, mailMessage)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/export.zip", tag: "evidence", media: mediaZIP, causes: []int{429},
		summary: "The message with all that proves it, its files and its sheet, summed in SHA512SUMS: a reading"}, exportMessage)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/dossiers/{id}/export.pdf", tag: "dossiers", media: mediaPDF, causes: []int{422, 429},
		summary: "A dossier as one document, or a part of one too long for it: a reading of every message in it"}, printDossier)
	answer(s, operation{method: fiber.MethodGet, path: "/api/v1/dossiers/{id}/export.zip", tag: "dossiers", media: mediaZIP, causes: []int{429},
		summary: "A dossier with its notes and files, and every message with all that proves it: a reading of every message in it"}, exportDossier)
}

// printSheet prints a message in a language.
func (s *Server) printSheet(to io.Writer, w *words, m *correspondence.MessageView) error {
	return paper.Sheet(to, s.fonts, w, s.paperHouse(), m) //nolint:wrapcheck // says what it did
}

func (s *Server) paperHouse() paper.House {
	return paper.House{Name: s.options.Name, Zone: s.options.Zone}
}

// restrictedName puts the short mention before the name of a restricted file whose number does not bear it.
func restrictedName(level habilitation.Level, name string) string {
	if level == habilitation.Restricted && !strings.Contains("-"+name+"-", "-DR-") {
		return "DR-" + name
	}
	return name
}

func printMessage(c *Call, d *correspondence.Desk, in messageOnly) (document, error) {
	message, err := d.Sheet(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	var out bytes.Buffer
	if err := c.s.printSheet(&out, c.words, &message); err != nil {
		return document{}, err
	}
	return document{media: mediaPDF, name: fileName(&message.Headline, ".pdf"), bytes: out.Bytes()}, nil
}

func mailMessage(c *Call, d *correspondence.Desk, in messageOnly) (document, error) {
	envelope, err := d.Envelope(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	return c.exported(d, "message/rfc822", fileName(&envelope.View.Headline, ".smime.eml"), envelope.Write)
}

func exportMessage(c *Call, d *correspondence.Desk, in messageOnly) (document, error) {
	evidence, err := d.Export(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	s, w := c.s, c.words
	return c.exported(d, mediaZIP, fileName(&evidence.View.Headline, ".zip"), func(ctx context.Context, out io.Writer) error {
		b := newBundle(out, evidence.View.ReleasedAt)
		if err := b.message(ctx, s, w, "", evidence); err != nil {
			return err
		}
		if err := b.house(s, w, w.T("export.message-lines", "Number", numberOrID(&evidence.View.Headline), "Level", w.Level(evidence.View.Level),
			"Corrected", s.corrected(w, "", &evidence.View.Headline))); err != nil {
			return err
		}
		return b.close()
	})
}

// corrected is a line where a message is no longer to be acted upon, and one for each correction of it that the reader may see.
func (s *Server) corrected(w *words, before string, h *correspondence.Headline) string {
	var lines strings.Builder
	if h.ExpiredAt != nil {
		lines.WriteString(before + w.T("paper.expired", "Date", w.Until(*h.ExpiredAt, s.options.Zone)) + "\n")
	}
	for _, b := range h.Banners {
		lines.WriteString(before + w.Corrected(b, s.options.Zone) + "\n")
	}
	return lines.String()
}

func numberOrID(h *correspondence.Headline) string {
	if h.Number != "" {
		return h.Number
	}
	return h.ID.String()
}

type dossierOnly struct {
	ID habilitation.ID `path:"id" json:"-"`
}

// isUnknown reports a refusal that says: nothing here, or nothing for this reader.
func isUnknown(err error) bool {
	var refusal *correspondence.Refusal
	return errors.As(err, &refusal) && refusal.Cause == correspondence.Unknown
}

type dossierPart struct {
	ID   habilitation.ID `path:"id" json:"-"`
	Part int             `query:"part" json:"-" validate:"min=0,max=1000"` // of a dossier too long for one document; default 1
}

func printDossier(c *Call, d *correspondence.Desk, in dossierPart) (document, error) {
	page, ids, err := d.DossierMessages(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	part := paper.Part{Number: max(in.Part, 1), Of: dossierParts(len(ids))}
	if part.Number > part.Of {
		return document{}, invalid(correspondence.Fault{Field: "part", Key: "not-allowed"})
	}
	from := (part.Number - 1) * pdfMessages
	ids = ids[from:min(from+pdfMessages, len(ids))]
	name := restrictedName(page.Highest(), page.Key)
	if part.Of > 1 {
		name = fmt.Sprintf("%s-%d", name, part.Number)
	}
	s, w := c.s, c.words
	return c.exported(d, mediaPDF, name+".pdf", func(ctx context.Context, out io.Writer) error {
		return paper.Dossier(out, s.fonts, w, s.paperHouse(), &page, part, func(yield func(*correspondence.MessageView, error) bool) {
			for _, id := range ids {
				message, err := d.Sheet(ctx, id)
				if isUnknown(err) {
					continue // it went out of the reader's sight in the meantime
				}
				if !yield(&message, err) {
					return
				}
			}
		})
	})
}

// dossierParts is how many documents a dossier of so many messages makes.
func dossierParts(messages int) int { return max(1, (messages+pdfMessages-1)/pdfMessages) }

func exportDossier(c *Call, d *correspondence.Desk, in dossierOnly) (document, error) {
	page, ids, err := d.DossierMessages(c.ctx, in.ID)
	if err != nil {
		return document{}, err
	}
	s, w := c.s, c.words
	return c.exported(d, mediaZIP, restrictedName(page.Highest(), page.Key)+".zip", func(ctx context.Context, out io.Writer) error {
		b := newBundle(out, page.LastAt)
		if err := b.dossierParts(ctx, w, d, &page); err != nil {
			return err
		}
		corrected := ""
		for i, id := range ids {
			evidence, err := d.Export(ctx, id)
			if isUnknown(err) {
				continue // it went out of the reader's sight in the meantime
			}
			if err != nil {
				return err
			}
			folder := fmt.Sprintf("%s/%04d-%s/", w.T("export.messages"), i+1, fileName(&evidence.View.Headline, ""))
			if err := b.message(ctx, s, w, folder, evidence); err != nil {
				return err
			}
			corrected += s.corrected(w, numberOrID(&evidence.View.Headline)+" – ", &evidence.View.Headline)
		}
		if err := b.house(s, w, w.T("export.dossier-lines", "Title", page.Title, "Level", w.Level(page.Highest()), "Corrected", corrected)); err != nil {
			return err
		}
		return b.close()
	})
}

// dossierParts writes what stands in a dossier beside its messages.
func (b *bundle) dossierParts(ctx context.Context, w *words, d *correspondence.Desk, page *correspondence.DossierPage) error {
	description, err := marshalFilled(page)
	if err != nil {
		return err
	}
	if err := b.add("dossier.json", description); err != nil {
		return err
	}
	for i, note := range page.NoteItems {
		name := fmt.Sprintf("%s/%04d.txt", w.T("export.notes"), i+1)
		text := fmt.Sprintf("%s\n%s, %s\n\n%s\n", w.Level(note.Level), note.By.Name, iso(note.At), note.Text)
		if err := b.add(name, []byte(text)); err != nil {
			return err
		}
	}
	for i := range page.FileItems {
		_, content, err := d.DossierFile(ctx, page.ID, page.FileItems[i].ID)
		if err != nil {
			return err //nolint:wrapcheck // says what it did
		}
		if err := b.copy(fmt.Sprintf("%s/%04d-%s", w.T("export.files"), i+1, restrictedName(page.FileItems[i].Level, fileWord(page.FileItems[i].Name))), content); err != nil {
			return err
		}
	}
	return nil
}
