package smtp_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"chancery/correspondence/postal"
	"chancery/correspondence/smtp"
)

// sink is somebody's mail server: it keeps what it takes and refuses some addresses.
type sink struct {
	mu   sync.Mutex
	took []string // "from to tls|bytes"
}

type sinkSession struct {
	sink     *sink
	conn     *gosmtp.Conn
	from, to string
}

func (s *sink) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &sinkSession{sink: s, conn: c}, nil
}
func (s *sinkSession) Mail(from string, _ *gosmtp.MailOptions) error { s.from = from; return nil }
func (s *sinkSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody@"):
		return &gosmtp.SMTPError{Code: 550, Message: "No such user here"}
	case strings.HasPrefix(to, "busy@"):
		return &gosmtp.SMTPError{Code: 451, Message: "Later"}
	}
	s.to = to
	return nil
}
func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	_, secure := s.conn.TLSConnectionState()
	word := map[bool]string{true: "tls", false: "clear"}[secure]
	s.sink.took = append(s.sink.took, s.from+" "+s.to+" "+word+"|"+string(raw))
	return err
}
func (s *sinkSession) Reset()        {}
func (s *sinkSession) Logout() error { return nil }

func TestClientHandsOver(t *testing.T) {
	own, trust := certificate(t)
	s := &sink{}
	server := gosmtp.NewServer(s)
	server.TLSConfig = own
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	client := smtp.Client{Relay: listener.Addr().String(), Name: "essai.example", Security: smtp.Always, TLS: trust, Patience: 5 * time.Second}
	const raw = "Subject: x\r\n\r\n.point\r\nÉté\r\n"
	if err := client.Carry(t.Context(), "dam@essai.example", "a@example.org", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	var refused *postal.Refused
	if err := client.Carry(t.Context(), "dam@essai.example", "nobody@example.org", []byte(raw)); !errors.As(err, &refused) || !strings.Contains(refused.Answer, "550 No such user here") {
		t.Errorf("refused for good: %v", err)
	}
	if err := client.Carry(t.Context(), "dam@essai.example", "busy@example.org", []byte(raw)); err == nil || errors.As(err, &refused) {
		t.Errorf("refused for now: %v", err)
	}
	client.TLS = nil
	if err := client.Carry(t.Context(), "dam@essai.example", "b@example.org", []byte(raw)); err == nil {
		t.Error("a certificate that nobody knows is trusted")
	}
	for security, word := range map[smtp.Security]string{smtp.Offered: "tls", smtp.Never: "clear"} {
		client.Security = security
		if err := client.Carry(t.Context(), "dam@essai.example", word+"@example.org", []byte(raw)); err != nil {
			t.Errorf("%s: %v", security, err)
		}
	}
	for _, took := range s.took {
		head, bytes, _ := strings.Cut(took, "|")
		switch head {
		case "dam@essai.example a@example.org tls", "dam@essai.example tls@example.org tls", "dam@essai.example clear@example.org clear":
		default:
			t.Errorf("it took %q", head)
		}
		if bytes != raw {
			t.Errorf("the bytes are %q", bytes)
		}
	}
	if len(s.took) != 3 {
		t.Errorf("it took %d mails", len(s.took))
	}
	client.Relay = "127.0.0.1:1"
	if err := client.Carry(t.Context(), "dam@essai.example", "a@example.org", []byte(raw)); err == nil || errors.As(err, &refused) {
		t.Errorf("nobody answers: %v", err)
	}
}
