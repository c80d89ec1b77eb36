package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

func (s *Server) registerFiles() {
	s.page(fiber.MethodGet, "/drafts/{id}/files", draftFilesPart)
	s.page(fiber.MethodGet, "/drafts/{id}/files/{n}", draftPreviewPage)
	s.page(fiber.MethodGet, "/messages/{id}/files/{n}", previewPage)
	s.withFile(sheetWithFile, joinFile)
}

// waits reports whether something is on its way.
func waits(uploads []correspondence.UploadView) bool {
	return slices.ContainsFunc(uploads, func(u correspondence.UploadView) bool { return u.State == correspondence.UploadWaiting })
}

// comingText says how far an upload is, or why its file was not taken.
func comingText(f *frame, u correspondence.UploadView) string {
	switch {
	case u.Fault != nil:
		return f.Fault(*u.Fault)
	case u.Away:
		return f.T("files.away")
	case u.State == correspondence.UploadWaiting:
		return f.T("files.waiting")
	}
	return f.T("files.receiving", "There", f.Size(u.Offset))
}

// gatherFiles reads what the sheet shows of a draft's files.
func gatherFiles(c *Call, d *correspondence.Desk, p *sheet) (err error) {
	if p.files, err = d.DraftFiles(c.ctx, p.draft.Form); err != nil || !p.saved() {
		return err
	}
	p.uploads, err = d.Uploads(c.ctx, p.draft.ID)
	return err
}

// draftFilesPart is the files' part of the sheet, for a page that is there already.
func draftFilesPart(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	p := sheet{}
	if p.draft, err = d.Draft(c.ctx, id); err != nil {
		return view{}, err
	}
	if err := gatherFiles(c, d, &p); err != nil {
		return view{}, err
	}
	return view{bare: true, body: func(f *frame) templ.Component { return draftFiles(f, p) }}, nil
}

// typedFiles gives the files of a draft the levels that the sheet has for them, without the one whose removal was asked.
func (c *Call) typedFiles(had []correspondence.FormAttachment) []correspondence.FormAttachment {
	sums, names, levels := c.form["file.sha512"], c.form["file.name"], c.form["file.level"]
	var files []correspondence.FormAttachment
	for _, file := range had {
		at := -1
		for i := range sums {
			if sums[i] == file.SHA512 && i < len(names) && names[i] == file.Name {
				at = i
			}
		}
		if at >= 0 && at < len(levels) {
			file.Level = levels[at]
		}
		if at < 0 || c.form.Get("remove") != "file."+strconv.Itoa(at) {
			files = append(files, file)
		}
	}
	return files
}

// dropped takes back the upload whose removal was asked on the sheet.
func (c *Call) dropped(d *correspondence.Desk, draft habilitation.ID) error {
	upload, err := optionalIdentity(c.form.Get("drop"))
	if err != nil || upload.IsZero() || draft.IsZero() {
		return err
	}
	err = d.DropUpload(c.ctx, draft, upload)
	if cause, _ := causeOf(err); cause == correspondence.Unknown {
		return nil // it has joined, or gone, meanwhile
	}
	return err
}

// withFile registers a form that a browser without scripts sends with a file: the fields are read first, the file as it comes.
func (s *Server) withFile(path string, take func(*Call, *correspondence.Desk, *multipart.Part) (view, error)) {
	s.register(route{fiber.MethodPost, path, pass, nil}, func(c *fiber.Ctx) error {
		call, cancel := s.longCall(c)
		defer cancel()
		desk, err := s.openDesk(call.ctx, c)
		if err != nil {
			return refusedUnread(c, s.askToSignIn(c, err))
		}
		form, file, err := sheetParts(c)
		if err != nil {
			return refusedUnread(c, err)
		}
		call.form = form
		c.Locals(sentKey, form)
		if err := checkFormToken(desk.Session(), form.Get("token")); err != nil {
			return refusedUnread(c, err)
		}
		v, err := take(call, desk, file)
		if err != nil {
			_ = refusedUnread(c, err)
			v, err = s.again(call, desk, brokenOff(err))
		}
		if err != nil {
			return err
		}
		return s.show(call, desk, v)
	})
}

// sheetParts reads the fields that stand before the file, and stops at its bytes.
func sheetParts(c *fiber.Ctx) (url.Values, *multipart.Part, error) {
	malformed := &problem{status: fiber.StatusBadRequest, key: "malformed"}
	media, parameters, err := mime.ParseMediaType(c.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, nil, &problem{status: fiber.StatusUnsupportedMediaType, key: "media-type"}
	}
	reader := multipart.NewReader(piecesOf(c), parameters["boundary"])
	form, room := url.Values{}, int64(sheetFields)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil, nil
		}
		if err != nil {
			return nil, nil, malformed
		}
		if part.FormName() == "file" {
			return form, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return nil, nil, malformed
		}
		if room -= int64(len(value) + len(part.FormName())); room < 0 {
			return nil, nil, errTooManyFields
		}
		form.Add(part.FormName(), string(value))
	}
}

// joinFile saves the sheet as it was typed, then takes the file that came with it.
func joinFile(c *Call, d *correspondence.Desk, file *multipart.Part) (view, error) {
	id, err := optionalIdentity(c.form.Get("draft"))
	if err != nil {
		return view{}, err
	}
	p, err := c.typed(d, id)
	if err != nil {
		return view{}, err
	}
	saved, err := save(c, d, p.draft)
	if cause, refusal := causeOf(err); cause == correspondence.Conflict || cause == correspondence.Invalid {
		p.conflict, p.faults = cause == correspondence.Conflict, refusal.Faults
		return showSheet(c, d, p, causes[cause])
	}
	if err != nil {
		return view{}, err
	}
	p.draft = saved
	to := view{to: draftAddress(saved.ID) + "#files"}
	if file == nil || file.FileName() == "" {
		return to, nil
	}
	err = c.send(d, saved.ID, file, "")
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		p.faults = refusal.Faults
		return showSheet(c, d, p, causes[cause])
	}
	if err != nil || !p.hasMoreWords() {
		return to, err
	}
	if p.draft, err = d.Draft(c.ctx, saved.ID); err != nil {
		return view{}, err
	}
	return showSheet(c, d, p, 0)
}

// send sends the file of a form into a draft or a dossier, and waits a while for its verdict.
func (c *Call) send(d *correspondence.Desk, place habilitation.ID, file *multipart.Part, level string) error {
	upload, err := d.BeginUpload(c.ctx, place, correspondence.UploadForm{Name: file.FileName(), Size: -1, Level: level})
	if err == nil {
		upload, err = d.ReceiveUpload(c.ctx, place, upload.ID, 0, file)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errSenderLeft
	}
	if err == nil {
		_, err = c.verdict(d, place, upload.ID, verdictWithin)
	}
	return err
}

// previewed is a file of a message or of a draft as its page shows it.
type previewed struct {
	file  correspondence.AttachmentView
	back  string // address of what it is a file of
	way   string // how the way back is called
	save  string // address of its bytes; what was made from it lies below
	words string
	cut   bool // there are more words than are shown
}

// maxShown is how many bytes of words a page shows.
const maxShown = 100_000

func previewAddress(id habilitation.ID, n int) string {
	return messageAddress(id) + "/files/" + strconv.Itoa(n)
}

func attachmentAddress(id habilitation.ID, n int) string {
	return "/api/v1/messages/" + id.String() + "/attachments/" + strconv.Itoa(n)
}

func draftFileAddress(id habilitation.ID, n int) string {
	return draftAddress(id) + "/files/" + strconv.Itoa(n)
}

// previewPage shows what was made from a file when it was inspected.
func previewPage(c *Call, d *correspondence.Desk) (view, error) {
	id, n, err := c.fileAsked()
	if err != nil {
		return view{}, err
	}
	file, err := d.FileOf(c.ctx, id, n)
	if err != nil {
		return view{}, err
	}
	p := previewed{file: file, back: messageAddress(id), way: "files.back", save: attachmentAddress(id, n)}
	return p.view("teleprinter", func() (int64, io.ReadCloser, error) { return d.Made(c.ctx, id, n, correspondence.MadeWords) })
}

// draftPreviewPage shows the same of a file of a draft, to whoever may open the draft.
func draftPreviewPage(c *Call, d *correspondence.Desk) (view, error) {
	id, n, err := c.fileAsked()
	if err != nil {
		return view{}, err
	}
	file, err := d.DraftFileOf(c.ctx, id, n)
	if err != nil {
		return view{}, err
	}
	p := previewed{back: draftAddress(id), way: "files.back-draft", save: "/api/v1" + draftFileAddress(id, n), file: correspondence.AttachmentView{Name: file.Name, Type: file.Type,
		Size: file.Size, Level: file.Mark, Warnings: file.Warnings, Words: file.Words, Looks: file.Looks}}
	return p.view("drafts", func() (int64, io.ReadCloser, error) { return d.DraftMade(c.ctx, id, n, correspondence.MadeWords) })
}

func (c *Call) fileAsked() (id habilitation.ID, n int, err error) {
	if id, err = c.identity("id"); err != nil {
		return id, 0, err
	}
	if n, err = strconv.Atoi(c.parameter("n")); err != nil {
		return id, 0, &problem{status: fiber.StatusNotFound, key: "unknown"}
	}
	return id, n, nil
}

// view is the page, with the words if the file has some.
func (p previewed) view(section string, words func() (int64, io.ReadCloser, error)) (view, error) {
	if p.file.Words {
		size, text, err := words()
		if err != nil {
			return view{}, err
		}
		if p.words, err = shownOf(text); err != nil {
			return view{}, err
		}
		p.cut = size > maxShown
	}
	return view{title: p.file.Name, section: section, body: func(f *frame) templ.Component { return previewBody(f, p) }}, nil
}

// shownOf reads as many words as a page shows, and cuts none of their letters.
func shownOf(words io.ReadCloser) (string, error) {
	shown, err := io.ReadAll(io.LimitReader(words, maxShown))
	if err := errors.Join(err, words.Close()); err != nil {
		return "", err
	}
	for len(shown) == maxShown && !utf8.Valid(shown) {
		shown = shown[:len(shown)-1]
	}
	return strings.ToValidUTF8(string(shown), "\uFFFD"), nil
}
