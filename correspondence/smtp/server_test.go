package smtp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	netsmtp "net/smtp"
	"net/textproto"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence/boltqueue"
	"chancery/correspondence/postal"
	"chancery/correspondence/smtp"
)

// certificate is self-signed, for 127.0.0.1.
func certificate(t testing.TB) (*tls.Config, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "essai"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// house is a server with its queue, and how a client trusts it.
type house struct {
	address string
	queue   postal.Queue
	trust   *tls.Config
}

func open(t testing.TB, bounds postal.Bounds, change func(*smtp.Limits)) house {
	t.Helper()
	queue, err := boltqueue.Open(filepath.Join(t.TempDir(), "queue.db"), bounds)
	if err != nil {
		t.Fatal(err)
	}
	own, trust := certificate(t)
	limits := smtp.DefaultLimits()
	if change != nil {
		change(&limits)
	}
	server := smtp.New(smtp.Options{Domain: "essai.example", Queue: queue, TLS: own, Limits: limits, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := errors.Join(server.Shutdown(ctx), <-ended, queue.Close()); err != nil {
			t.Error(err)
		}
	})
	return house{address: listener.Addr().String(), queue: queue, trust: trust}
}

func (h house) due(t testing.TB) []postal.Item {
	t.Helper()
	due, err := h.queue.Due(t.Context(), time.Now().Add(time.Minute), 100_000, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// code is the number of an SMTP answer; 0 for none.
func code(err error) int {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

func TestMailIsTakenByteForByte(t *testing.T) {
	h := open(t, postal.Bounds{}, nil)
	client, err := netsmtp.Dial(h.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.StartTLS(h.trust); err != nil {
		t.Fatal(err)
	}
	if ok, _ := client.Extension("AUTH"); ok {
		t.Error("the house asks for passwords")
	}
	for _, extension := range []string{"8BITMIME", "SMTPUTF8", "SIZE"} {
		if ok, _ := client.Extension(extension); !ok {
			t.Errorf("%s is not offered", extension)
		}
	}
	raw := "Subject: \xe9t\xc3\xa9\r\n\r\n.point\r\n..\r\nbare\nlf and cr\rand \x00\r\n" + strings.Repeat("long", 5000) + "\r\n"
	if err := errors.Join(client.Mail("a.noel@example.org"), client.Rcpt("DAM@Essai.Example"), client.Rcpt("inconnu@essai.example")); err != nil {
		t.Fatal(err)
	}
	if err := client.Rcpt("someone@elsewhere.example"); code(err) != 550 {
		t.Errorf("another domain is answered %v", err)
	}
	if err := client.Rcpt("x%elsewhere.example"); code(err)/100 != 5 {
		t.Errorf("no domain is answered %v", err)
	}
	// net/smtp rewrites line ends, so the bytes are written as they are, dots doubled.
	fmt.Fprint(client.Text.W, "DATA\r\n")
	if err := client.Text.W.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Text.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(client.Text.W, "%s.\r\n", strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n.", "\r\n.."), "\x01", ""))
	if err := client.Text.W.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Text.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	due := h.due(t)
	if len(due) != 1 || string(due[0].Raw) != raw {
		t.Fatalf("%d mails: %+v", len(due), due)
	}
	e := due[0].Envelope
	if e.From != "a.noel@example.org" || strings.Join(e.To, " ") != "DAM@Essai.Example inconnu@essai.example" || e.Peer != "127.0.0.1" || e.TLS != "TLS 1.3" || e.Helo == "" {
		t.Errorf("envelope %+v", e)
	}
	if err := client.Quit(); err != nil {
		t.Error(err)
	}
}

// deliver sends one mail over a connection of its own, in clear.
func (h house) deliver(raw string, to ...string) error {
	client, err := netsmtp.Dial(h.address)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return send(client, raw, to...)
}

func send(client *netsmtp.Client, raw string, to ...string) error {
	if err := client.Mail("a@example.org"); err != nil {
		return err
	}
	for _, address := range to {
		if err := client.Rcpt(address); err != nil {
			return err
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(raw))
	return errors.Join(err, w.Close())
}

const anybody = "dam@essai.example"

func TestFullQueuePushesBack(t *testing.T) {
	h := open(t, postal.Bounds{Items: 1}, nil)
	if err := errors.Join(h.deliver("Subject: 1\r\n\r\n", anybody), h.deliver("Subject: 1\r\n\r\n", anybody)); code(err) != 452 {
		t.Errorf("a full queue answers %v", err)
	}
	if err := h.queue.Remove(t.Context(), h.due(t)[0].Key); err != nil {
		t.Fatal(err)
	}
	if err := h.deliver("Subject: 3\r\n\r\n", anybody); err != nil {
		t.Errorf("with room again: %v", err)
	}
	h = open(t, postal.Bounds{Bytes: 100}, nil)
	if err := h.deliver(strings.Repeat("x", 200), anybody); code(err) != 452 {
		t.Errorf("beyond the bytes: %v", err)
	}
	if err := h.queue.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.deliver("Subject: 4\r\n\r\n", anybody); code(err) != 451 {
		t.Errorf("a queue that cannot keep answers %v", err)
	}
}

func TestLimitsHold(t *testing.T) {
	h := open(t, postal.Bounds{}, func(l *smtp.Limits) {
		l.Message, l.Recipients, l.PerAddress, l.PerConnection, l.Memory = 1000, 2, 3, 2, 1500
	})
	if err := h.deliver(strings.Repeat("x\r\n", 400), anybody); code(err) != 552 {
		t.Errorf("too large: %v", err)
	}
	if err := h.deliver("x\r\n", anybody, "b@essai.example", "c@essai.example"); code(err) != 452 {
		t.Errorf("too many recipients: %v", err)
	}
	client, err := netsmtp.Dial(h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := errors.Join(send(client, "1\r\n", anybody), send(client, "2\r\n", anybody)); err != nil {
		t.Error(err)
	}
	if err := send(client, "3\r\n", anybody); code(err) != 421 {
		t.Errorf("too many over one connection: %v", err)
	}
	if waits := len(h.due(t)); waits != 2 {
		t.Errorf("%d mails wait", waits)
	}
	var held []net.Conn
	turned := 0
	for range 5 {
		conn, err := net.Dial("tcp", h.address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
		greeting := make([]byte, 3)
		if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting) == "421" {
			turned++
		}
	}
	if turned != 3 {
		t.Errorf("%d of 5 were turned away beside one that is open, of 3 that may be", turned)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	waitFor(t, func() bool { return h.deliver("Subject: 9\r\n\r\n", anybody) == nil })
}

func TestArrivingMailsShareMemory(t *testing.T) {
	h := open(t, postal.Bounds{}, func(l *smtp.Limits) { l.Memory = 800 })
	for range 3 { // what was refused is given back
		if err := h.deliver(strings.Repeat("x\r\n", 300), anybody); code(err) != 452 {
			t.Errorf("beyond the memory: %v", err)
		}
	}
	if err := h.deliver(strings.Repeat("x\r\n", 200), anybody); err != nil {
		t.Errorf("within it: %v", err)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// TestSessionEnds holds a connection open with a byte now and then.
func TestSessionEnds(t *testing.T) {
	h := open(t, postal.Bounds{}, func(l *smtp.Limits) { l.Session, l.Idle = 300*time.Millisecond, 200*time.Millisecond })
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	begun := time.Now()
	go func() {
		for range 100 {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(30 * time.Millisecond)
		}
	}()
	if _, err := io.Copy(io.Discard, conn); time.Since(begun) > 2*time.Second {
		t.Errorf("it lasted %s, %v", time.Since(begun), err)
	}
}

// TestSwaksIsUnderstood lets a program of others send.
func TestSwaksIsUnderstood(t *testing.T) {
	swaks, err := exec.LookPath("swaks")
	if err != nil {
		t.Skip("SKIPPED: swaks is not installed (apt-get install swaks libnet-ssleay-perl)")
	}
	h := open(t, postal.Bounds{}, nil)
	out, err := exec.CommandContext(t.Context(), swaks, "--server", h.address, "--tls", "--from", "a@example.org", "--to", anybody, "--h-Subject", "Bonjour", "--body", "Un essai.").CombinedOutput()
	if err != nil {
		t.Fatalf("swaks: %v\n%s", err, out)
	}
	due := h.due(t)
	if len(due) != 1 || due[0].Envelope.TLS == "" || postal.Read(due[0].Raw, postal.DefaultLimits()).Subject != "Bonjour" {
		t.Errorf("%d mails: %+v", len(due), due)
	}
}

// BenchmarkQueued sends mails of 20 kB over eight connections; each operation is one mail, durable.
func BenchmarkQueued(b *testing.B) {
	h := open(b, postal.Bounds{}, func(l *smtp.Limits) { l.PerConnection = 1 << 30 })
	body := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 20_000/78)
	b.SetBytes(int64(len(body)))
	var wait sync.WaitGroup
	for worker := range 8 {
		client, err := netsmtp.Dial(h.address)
		if err != nil {
			b.Fatal(err)
		}
		wait.Go(func() {
			defer func() { _ = client.Close() }()
			for n := worker; n < b.N; n += 8 {
				if err := send(client, fmt.Sprintf("Subject: %d\r\n\r\n%s", n, body), anybody); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}
