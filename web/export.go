package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// What exports may take: their time, how long one write may wait for whoever downloads, and how many run at once.
const (
	exportWithin   = 15 * time.Minute
	exportPatience = 30 * time.Second
	exportsMost    = 16
	exportsEach    = 2
)

// export is an answer that is made while it is read, so that none of it need be held. Its reader is the server, which closes it when the
// answer is out or whoever asked is gone. An error cuts the answer short: a client sees that it did not end.
type export struct {
	make  func(context.Context, io.Writer) error
	conn  net.Conn // only for its write deadline
	life  context.Context
	leave func()
	fail  func(error)

	begin  sync.Once
	reader *io.PipeReader
	cancel context.CancelFunc
	done   chan struct{}
}

// Read implements io.Reader. Nothing is made before the first call: HEAD asks for nothing.
func (e *export) Read(to []byte) (int, error) {
	e.begin.Do(e.start)
	if err := e.conn.SetWriteDeadline(time.Now().Add(exportPatience)); err != nil {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	return e.reader.Read(to) //nolint:wrapcheck // io.EOF must stay itself
}

func (e *export) start() {
	var writer *io.PipeWriter
	var ctx context.Context
	e.reader, writer = io.Pipe()
	ctx, e.cancel = context.WithTimeout(e.life, exportWithin)
	e.done = make(chan struct{})
	go func() {
		defer close(e.done)
		err := e.making(ctx, writer)
		if err != nil && ctx.Err() == nil && !errors.Is(err, io.ErrClosedPipe) {
			e.fail(err)
		}
		_ = writer.CloseWithError(err) // never fails
	}()
}

// making turns a panic into an error: it would end the program.
func (e *export) making(ctx context.Context, to io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("export: %v", r)
		}
	}()
	return e.make(ctx, to)
}

// Close implements io.Closer: it waits until nothing is made any more.
func (e *export) Close() error {
	e.begin.Do(func() {})
	if e.reader != nil {
		e.cancel()
		_ = e.reader.Close() // never fails
		<-e.done
	}
	e.leave()
	return nil
}

// exported answers with what make writes, as a file of that name.
func (c *Call) exported(d *correspondence.Desk, media, name string, make func(context.Context, io.Writer) error) (document, error) {
	me, err := d.Me(c.ctx)
	if err != nil {
		return document{}, err
	}
	if !c.s.exports.enter(me.Login) {
		return document{}, &problem{status: fiber.StatusTooManyRequests, key: "exports", retry: 30}
	}
	var once sync.Once
	s, route, login := c.s, c.fiber.Route().Path, me.Login
	e := &export{make: make, conn: c.fiber.Context().Conn(), life: s.life, leave: func() { once.Do(func() { s.exports.leave(login) }) },
		fail: func(err error) { s.log.Error("internal error", "route", route, "error", err.Error()) }}
	return document{media: media, name: name, file: e, size: -1}, nil
}
