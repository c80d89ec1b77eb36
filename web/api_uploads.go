package web

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// pieceMedia is the type of a piece of an upload (tus 1.0, core protocol).
const pieceMedia = "application/offset+octet-stream"

// verdictWithin is how long the answer to the last piece waits for the verdict.
const verdictWithin = 5 * time.Second

func (s *Server) registerUploadAPI() {
	s.registerUploadsInto("/api/v1/drafts/", "writing", "that is to be joined to a draft", "into a draft")
	s.registerUploadsInto("/api/v1/dossiers/", "dossiers", "that is to be put into a dossier", "of mine into a dossier")
}

// registerUploadsInto registers the uploads into drafts, or into dossiers: the same operations at the address of either.
func (s *Server) registerUploadsInto(places, tag, file, into string) {
	bad, all := []int{400, 409, 413, 415, 422, 503}, places+"{id}/uploads"
	begin := bad
	if tag == "dossiers" {
		begin = append([]int{403}, bad...)
	}
	answer(s, operation{method: fiber.MethodPost, path: all, tag: tag, status: fiber.StatusCreated, causes: begin,
		summary: "Announce a file " + file + "; its bytes follow in pieces"},
		func(c *Call, d *correspondence.Desk, in uploadBegun) (correspondence.UploadView, error) {
			view, err := d.BeginUpload(c.ctx, in.ID, in.UploadForm)
			if err == nil {
				c.fiber.Set("Location", places+in.ID.String()+"/uploads/"+view.ID.String())
			}
			return view, err
		})
	answer(s, operation{method: fiber.MethodGet, path: all, tag: tag, summary: "What is on its way " + into + ", or was refused"},
		func(c *Call, d *correspondence.Desk, in draftOnly) (list[correspondence.UploadView], error) {
			views, err := d.Uploads(c.ctx, in.ID)
			return list[correspondence.UploadView]{views}, err
		})
	one := all + "/{upload}"
	answer(s, operation{method: fiber.MethodGet, path: one, tag: tag,
		summary: "How far an upload is; HEAD tells it in Upload-Offset, after which the next piece begins"},
		func(c *Call, d *correspondence.Desk, in uploadOnly) (correspondence.UploadView, error) {
			view, err := d.Upload(c.ctx, in.ID, in.Upload)
			if err == nil {
				tellOffset(c.fiber, view)
			}
			return view, err
		})
	answer(s, operation{method: fiber.MethodDelete, path: one, tag: tag, summary: "Take an upload back, or take note of a refusal"},
		func(c *Call, d *correspondence.Desk, in uploadOnly) (nothing, error) {
			return nothing{}, d.DropUpload(c.ctx, in.ID, in.Upload)
		})
	s.register(route{fiber.MethodPatch, one, pass, &operation{method: fiber.MethodPatch, path: one,
		tag: tag, summary: "A piece of an upload, " + pieceMedia + ", that begins at the header Upload-Offset; the last one waits shortly for the verdict",
		in: new(uploadOnly), out: new(correspondence.UploadView), causes: bad}}, s.receivePiece)
}

type uploadBegun struct {
	ID habilitation.ID `path:"id" json:"-"`
	correspondence.UploadForm
}

type uploadOnly struct {
	ID     habilitation.ID `path:"id" json:"-"`
	Upload habilitation.ID `path:"upload" json:"-"`
}

func tellOffset(c *fiber.Ctx, view correspondence.UploadView) {
	c.Set("Upload-Offset", strconv.FormatInt(view.Offset, 10))
	if view.Size >= 0 {
		c.Set("Upload-Length", strconv.FormatInt(view.Size, 10))
	}
}

// longCall is a request whose handler takes as long as its sender: it ends with the server, and when the sender rests.
func (s *Server) longCall(c *fiber.Ctx) (*Call, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.life)
	return &Call{ctx: ctx, fiber: c, s: s, words: s.wordsFor(c)}, cancel
}

// receivePiece appends the body to an upload as it comes; never more than a buffer of it is in memory.
func (s *Server) receivePiece(c *fiber.Ctx) error {
	call, cancel := s.longCall(c)
	defer cancel()
	desk, err := s.openDesk(call.ctx, c)
	if err != nil {
		return refusedUnread(c, notAdmitted(err))
	}
	var in uploadOnly
	in.ID, err = call.identity("id")
	if err == nil {
		in.Upload, err = call.identity("upload")
	}
	if err != nil {
		return refusedUnread(c, err)
	}
	if !isMediaType(c.Get("Content-Type"), pieceMedia) {
		return refusedUnread(c, &problem{status: fiber.StatusUnsupportedMediaType, key: "media-type"})
	}
	offset, err := strconv.ParseInt(c.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return refusedUnread(c, &problem{status: fiber.StatusBadRequest, key: "malformed", faults: []correspondence.Fault{{Field: "Upload-Offset", Key: "wrong-type"}}})
	}
	view, err := desk.ReceiveUpload(call.ctx, in.ID, in.Upload, offset, piecesOf(c))
	if err != nil {
		return refusedUnread(c, brokenOff(err))
	}
	if view.State == correspondence.UploadWaiting {
		if view, err = call.verdict(desk, in.ID, in.Upload, verdictWithin); err != nil {
			return err
		}
	}
	tellOffset(c, view)
	return writeOut(c, operation{}, view)
}

// verdict waits for the verdict on an upload, a while.
func (c *Call) verdict(desk *correspondence.Desk, draft, upload habilitation.ID, within time.Duration) (correspondence.UploadView, error) {
	ctx, cancel := context.WithTimeout(c.ctx, within)
	defer cancel()
	return desk.AwaitUpload(ctx, draft, upload)
}

func (s *Server) registerPreviewAPI() {
	answer(s, operation{method: fiber.MethodGet, path: draftFilePath, tag: "writing", media: anyMedia, summary: "A file of a draft, for whoever may open the draft"},
		func(c *Call, d *correspondence.Desk, in attachmentOnly) (document, error) {
			view, file, err := d.DraftFile(c.ctx, in.ID, in.N)
			if err != nil {
				return document{}, err
			}
			return document{media: inertMedia(view.Type), name: restrictedName(view.Mark, view.Name), file: file, size: view.Size}, nil
		})
	for _, making := range []struct {
		what           correspondence.Making
		media, summary string
	}{
		{correspondence.MadeWords, "text/plain", "The words of a file, as its inspection read them"},
		{correspondence.MadePicture, "image/jpeg", "How a file looks, up to 1200 pixels a side"},
		{correspondence.MadeThumbnail, "image/jpeg", "How a file looks, up to 240 pixels a side"},
	} {
		made := func(open func(*correspondence.Desk, context.Context, habilitation.ID, int, correspondence.Making) (int64, io.ReadCloser, error)) func(*Call, *correspondence.Desk, attachmentOnly) (document, error) {
			return func(c *Call, d *correspondence.Desk, in attachmentOnly) (document, error) {
				size, file, err := open(d, c.ctx, in.ID, in.N, making.what)
				media := making.media
				if media == "text/plain" {
					media += "; charset=utf-8"
				}
				return document{media: media, file: file, size: size}, err
			}
		}
		answer(s, operation{method: fiber.MethodGet, path: "/api/v1/messages/{id}/attachments/{n}/" + string(making.what), tag: "evidence", media: making.media,
			summary: making.summary + ": a reading"}, made((*correspondence.Desk).Made))
		answer(s, operation{method: fiber.MethodGet, path: draftFilePath + "/" + string(making.what), tag: "writing", media: making.media, summary: making.summary},
			made((*correspondence.Desk).DraftMade))
	}
}

// draftFilePath is the address of a file of a draft.
const draftFilePath = "/api/v1/drafts/{id}/files/{n}"
