package web

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// isPiecewise reports the addresses whose bodies are read by their handlers as they come: pieces of uploads, and forms with a file.
// fasthttp can only stream every body or none, and lets a streamed one grow without bound; so every other body is read whole here, within
// its limit, before anything else sees the request.
func isPiecewise(method, path string) bool {
	if method == fiber.MethodPatch {
		return strings.HasPrefix(path, "/api/v1/drafts/") || strings.HasPrefix(path, "/api/v1/dossiers/")
	}
	return method == fiber.MethodPost && (path == sheetWithFile || strings.HasPrefix(path, "/dossiers/") && strings.HasSuffix(path, "/files"))
}

// sheetWithFile is where a browser without scripts sends the sheet with a file.
const sheetWithFile = "/compose/file"

// dossierWithFile is where it sends a dossier a file.
const dossierWithFile = "/dossiers/{id}/files"

// wholeBodies reads bodies to their end before the next handler runs.
func (s *Server) wholeBodies(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		stream := ctx.RequestBodyStream()
		if stream == nil || isPiecewise(string(ctx.Method()), string(ctx.Path())) {
			next(ctx)
			return
		}
		body, err := readWhole(stream, ctx.Request.Header.ContentLength(), s.mostOf(&ctx.Request.Header))
		if err == nil {
			ctx.Request.SetBodyRaw(body)
			next(ctx)
			return
		}
		ctx.SetConnectionClose()
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		if err := s.answerError(c, err); err != nil {
			ctx.SetStatusCode(fiber.StatusInternalServerError)
		}
	}
}

// readWhole reads a body of an announced length, -1 for one in chunks, up to a limit.
func readWhole(stream io.Reader, announced, limit int) ([]byte, error) {
	if announced > limit {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	var body bytes.Buffer
	if announced > 0 {
		body.Grow(min(announced, 64<<10) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(stream, int64(limit)+1))
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		return nil, fiber.ErrRequestTimeout
	case err != nil || announced >= 0 && body.Len() < announced:
		return nil, fiber.ErrBadRequest
	case body.Len() > limit:
		return nil, fiber.ErrRequestEntityTooLarge
	}
	return body.Bytes(), nil
}

// pieceWithin is how long a sender may rest between two pieces of a body.
const pieceWithin = 30 * time.Second

// errSenderLeft is met where a body ends because its sender is gone, or rests too long.
var errSenderLeft = errors.New("the sender left")

// pieces reads a body as it comes. A sender who goes on may take as long as the line takes.
type pieces struct {
	from io.Reader
	conn net.Conn
}

// piecesOf is the body of a request whose handler reads it itself.
func piecesOf(c *fiber.Ctx) io.Reader {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return bytes.NewReader(nil)
	}
	return pieces{from: stream, conn: c.Context().Conn()}
}

func (p pieces) Read(to []byte) (int, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(pieceWithin)); err != nil {
		return 0, errSenderLeft
	}
	n, err := p.from.Read(to)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, errSenderLeft
	}
	return n, err
}

// brokenOff is what a sender is told who may still be there.
func brokenOff(err error) error {
	if errors.Is(err, errSenderLeft) {
		return &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	return err
}

// refusedUnread closes the connection of whoever sends more than is read.
func refusedUnread(c *fiber.Ctx, err error) error {
	if err != nil {
		c.Context().SetConnectionClose()
		linger(c.Context().Conn())
	}
	return err
}

// Room for what fields of a sheet may take beside its file.
const sheetFields = bodyLimit

var errTooManyFields = &problem{status: fiber.StatusRequestEntityTooLarge, key: "too-large"}
