package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"chancery/correspondence/postal"
)

// Limits keep one sender from taking what belongs to all.
type Limits struct {
	Message       int64         // bytes of one mail
	Recipients    int           // of one mail
	Connections   int           // at once, in all
	PerAddress    int           // at once, from one address
	PerConnection int           // mails over one connection
	Memory        int64         // bytes of mails that are arriving, in all
	Idle          time.Duration // between two commands, and for each answer
	Session       time.Duration // from the greeting to the end, whatever is said
}

// DefaultLimits is right for a house of a few thousand agents.
func DefaultLimits() Limits {
	return Limits{Message: 25 << 20, Recipients: 100, Connections: 200, PerAddress: 20, PerConnection: 200, Memory: 256 << 20, Idle: 2 * time.Minute, Session: 30 * time.Minute}
}

// Options are what a server is made of.
type Options struct {
	Domain string       // whose mail is taken, and how the house greets
	Queue  postal.Queue // where it waits
	Taken  func()       // told after each mail that was taken; nil: nobody
	TLS    *tls.Config  // for STARTTLS; nil: none is offered
	Limits Limits
	Clock  func() time.Time
	Log    *slog.Logger
}

// Server takes mail.
type Server struct {
	Options
	inner    *gosmtp.Server
	arriving atomic.Int64 // bytes in memory of mails that are arriving
}

// New makes a server; nothing listens yet.
func New(o Options) *Server {
	s := &Server{Options: o}
	s.inner = gosmtp.NewServer(gosmtp.BackendFunc(s.session))
	s.inner.Domain = o.Domain
	s.inner.TLSConfig = o.TLS
	s.inner.MaxMessageBytes = o.Limits.Message
	s.inner.MaxRecipients = o.Limits.Recipients
	s.inner.MaxLineLength = longestLine
	s.inner.ReadTimeout, s.inner.WriteTimeout = o.Limits.Idle, o.Limits.Idle
	s.inner.EnableSMTPUTF8 = true
	s.inner.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	return s
}

// longestLine is what is taken of senders that break no lines; the standard has 998 bytes.
const longestLine = 1 << 20

// Serve answers on a listener until Shutdown.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.inner.Serve(newGate(listener, s.Limits)); err != nil && !errors.Is(err, gosmtp.ErrServerClosed) {
		return fmt.Errorf("take mail: %w", err)
	}
	return nil
}

// Shutdown takes no new connection and waits for those that are open until ctx ends; then they are cut. What was acknowledged is in the queue.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.inner.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		s.inner.Close()
		return nil
	}
	if errors.Is(err, gosmtp.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *Server) session(c *gosmtp.Conn) (gosmtp.Session, error) {
	host, _, err := net.SplitHostPort(c.Conn().RemoteAddr().String())
	if err != nil {
		host = c.Conn().RemoteAddr().String()
	}
	return &session{server: s, conn: c, peer: host}, nil
}

// session is one connection's side of the talk; go-smtp calls it from one goroutine at a time.
type session struct {
	server *Server
	conn   *gosmtp.Conn
	peer   string
	from   string
	to     []string
	size   int64 // as announced
	mails  int
}

// The answers of the house; all temporary ones begin with 4, so that whoever sends tries again.
func refusal(code int, enhanced gosmtp.EnhancedCode, words string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}

// Mail begins a mail. It is refused before a byte is sent when there is no room for what was announced.
func (s *session) Mail(from string, opts *gosmtp.MailOptions) error {
	if s.mails >= s.server.Limits.PerConnection {
		return refusal(421, gosmtp.EnhancedCode{4, 7, 0}, "Enough for one connection, come back")
	}
	var size int64
	if opts != nil {
		size = opts.Size
	}
	if load, bounds := s.server.Queue.Load(); !bounds.Takes(load, size) {
		return refusal(452, gosmtp.EnhancedCode{4, 3, 1}, "The house has much to read, try again later")
	}
	s.from, s.to, s.size = from, nil, size
	return nil
}

// Rcpt takes any name of the house's domain and no other.
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	at := strings.LastIndexByte(to, '@')
	switch {
	case at <= 0:
		return refusal(501, gosmtp.EnhancedCode{5, 1, 3}, "That is no address")
	case !strings.EqualFold(strings.TrimSuffix(to[at+1:], "."), s.server.Domain):
		return refusal(550, gosmtp.EnhancedCode{5, 7, 1}, "Not of this house, and it relays nothing")
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the bytes as they come and answers when they are durable.
func (s *session) Data(r io.Reader) error {
	raw, err := s.read(r)
	defer s.server.arriving.Add(-int64(len(raw)))
	if err != nil {
		return err
	}
	s.mails++
	at := s.server.Clock().UTC()
	item := postal.Item{Key: postal.KeyOf(raw, s.to), Due: at, Raw: raw,
		Envelope: postal.Envelope{From: s.from, To: s.to, At: at, Peer: s.peer, Helo: s.conn.Hostname(), TLS: s.tls()}}
	switch err := s.server.Queue.Put(context.Background(), item); {
	case errors.Is(err, postal.ErrFull):
		return refusal(452, gosmtp.EnhancedCode{4, 3, 1}, "The house has much to read, try again later")
	case err != nil:
		s.server.Log.Error("mail not queued", "from", s.peer, "why", err.Error())
		return refusal(451, gosmtp.EnhancedCode{4, 3, 0}, "It could not be kept, try again later")
	}
	if s.server.Taken != nil {
		s.server.Taken()
	}
	return nil
}

// read reads a mail within the limits of its size and of the memory that all arriving mails share. What it returned counts as arriving.
func (s *session) read(r io.Reader) ([]byte, error) {
	raw := make([]byte, 0, min(max(s.size, 16<<10), 1<<20))
	for {
		if len(raw) == cap(raw) {
			raw = append(raw, 0)[:len(raw)]
		}
		n, err := r.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		arriving := s.server.arriving.Add(int64(n))
		switch {
		case arriving > s.server.Limits.Memory:
			return raw, refusal(452, gosmtp.EnhancedCode{4, 3, 1}, "The house has much to read, try again later")
		case errors.Is(err, io.EOF):
			return raw, nil
		case err != nil:
			return raw, err // of go-smtp itself: too large, or the line broke
		}
	}
}

func (s *session) tls() string {
	state, ok := s.conn.TLSConnectionState()
	if !ok {
		return ""
	}
	return tls.VersionName(state.Version)
}

// Reset forgets the mail that was begun.
func (s *session) Reset() { s.from, s.to, s.size = "", nil, 0 }

// Logout ends the talk.
func (s *session) Logout() error { return nil }
