package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// streamPath is where arrivals are streamed.
const streamPath = "/api/v1/stream"

// streamAge is how long a stream lives before the browser opens another, and so shows its pass again.
const streamAge = 15 * time.Minute

type streamPlace struct {
	After string `query:"after" json:"-"`          // the newest message already shown
	Last  string `header:"Last-Event-ID" json:"-"` // what a browser sends when it comes back; it outranks after
}

// stream answers with server-sent events until the reader is gone, the pass no longer holds or the server stops. A reader who is gone
// is known only by a write that fails, so each write has a deadline and the Desk sends a heartbeat.
func (s *Server) stream(c *fiber.Ctx) error {
	call, cancel := s.newCall(c)
	defer cancel()
	desk, err := s.openDesk(call.ctx, c)
	if err != nil {
		return notAdmitted(err)
	}
	after := call.streamPlace()
	me, err := desk.Me(call.ctx)
	if err != nil {
		return err
	}
	if !s.streams.enter(me.Login) {
		return &problem{status: fiber.StatusTooManyRequests, key: "streams", retry: 30}
	}
	c.Set("Content-Type", "text/event-stream")
	c.Set("X-Accel-Buffering", "no")
	out := &streamWriter{conn: c.Context().Conn(), patience: s.options.Heartbeat}
	login := me.Login
	// Nothing of c may be touched below: fasthttp gives it to the next request.
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.streams.leave(login)
		out.buffer = w
		s.runStream(desk, after, out)
	})
	return nil
}

func (s *Server) runStream(desk *correspondence.Desk, after habilitation.ID, out *streamWriter) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("internal error", "route", streamPath, "error", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(s.life, streamAge)
	defer cancel()
	if err := out.write("retry: 1000\n\n"); err != nil {
		return
	}
	err := desk.Stream(ctx, after, out.send)
	expected := out.failed || ctx.Err() != nil || errors.Is(err, correspondence.ErrClosing) || problemOf(err) != nil
	if err != nil && !expected {
		s.log.Error("internal error", "route", streamPath, "error", err.Error())
	}
}

// streamPlace is the message after which the reader wants to hear: the browser's own memory, or the page's. A place that is no identity
// is passed on as one that no message bears, so that it is answered like every unknown place, by resync.
func (c *Call) streamPlace() habilitation.ID {
	place := c.fiber.Get("Last-Event-ID")
	if place == "" {
		place = c.query("after")
	}
	if place == "" {
		return habilitation.ID{}
	}
	id, err := habilitation.ParseID(place)
	if err != nil {
		return noMessage
	}
	return id
}

// noMessage is an identity that is never drawn: all ones.
var noMessage = habilitation.ID(bytes.Repeat([]byte{0xff}, len(habilitation.ID{})))

// streamWriter writes events to one reader.
type streamWriter struct {
	conn     net.Conn // only for its write deadline
	buffer   *bufio.Writer
	patience time.Duration
	failed   bool
}

// send writes one event: an arrival, a message that is otherwise or gone, the advice to load the page again, or a heartbeat, which is a comment.
func (w *streamWriter) send(e correspondence.Event) error {
	if e.Headline == nil && e.Gone == nil && !e.Resync {
		return w.write(": \n\n")
	}
	data, err := marshalFilled(e)
	if err != nil {
		return err
	}
	if e.Resync {
		return w.write("event: resync\ndata: " + string(data) + "\n\n")
	}
	if e.Gone != nil {
		return w.write("event: gone\ndata: " + string(data) + "\n\n")
	}
	if e.Changed { // no place in the order of arrival: it bears no id to come back to
		return w.write("event: changed\ndata: " + string(data) + "\n\n")
	}
	return w.write("id: " + e.Headline.ID.String() + "\ndata: " + string(data) + "\n\n")
}

func (w *streamWriter) write(text string) error {
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.patience)); err != nil {
		w.failed = true
		return fmt.Errorf("set deadline: %w", err)
	}
	_, err := w.buffer.WriteString(text)
	if err == nil {
		err = w.buffer.Flush()
	}
	if err != nil {
		w.failed = true
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// streamCount bounds the live streams, in all and per agent.
type streamCount struct {
	mutex    sync.Mutex
	all      int
	of       map[string]int
	most     int
	mostEach int
}

func newStreamCount(most, mostEach int) *streamCount {
	return &streamCount{of: make(map[string]int), most: most, mostEach: mostEach}
}

func (n *streamCount) enter(login string) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.all >= n.most || n.of[login] >= n.mostEach {
		return false
	}
	n.all++
	n.of[login]++
	return true
}

func (n *streamCount) leave(login string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.all--
	if n.of[login]--; n.of[login] == 0 {
		delete(n.of, login)
	}
}
