package inspection_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/inspection"
	"chancery/correspondence/inspection/inspectiontest"
)

// TestScanner asks a real clamd.
func TestScanner(t *testing.T) {
	clamd := inspectiontest.Start(t)
	i := open(t, func(c *inspection.Config) { c.Scanner = clamd.Address })
	noise := make([]byte, inspectiontest.StreamLimit+1)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(noise)
	for name, c := range map[string]struct {
		name    string
		content []byte
		refused string
	}{
		"clean text":             {"a.txt", []byte("rien à signaler"), ""},
		"clean document":         {"a.docx", docx("a"), ""},
		"eicar":                  {"a.txt", inspectiontest.Eicar(), "infected"},
		"eicar in an archive":    {"a.zip", packed("b.txt", string(inspectiontest.Eicar())), "infected"},
		"eicar in two archives":  {"a.zip", packed("b.zip", string(packed("c.txt", string(inspectiontest.Eicar())))), "infected"},
		"eicar in a document":    {"a.docx", docx("a", "word/media/b.txt", string(inspectiontest.Eicar())), "infected"},
		"more than it will take": {"a.zip", storedEntry("noise", noise), "beyond-scanner"},
	} {
		t.Run(name, func(t *testing.T) {
			s := inspect(t, i, c.name, c.content)
			if s.Refused != c.refused || c.refused == "infected" && s.Detail != "Chancery.Test.Eicar.UNOFFICIAL" || !strings.HasPrefix(s.Scanner, "ClamAV ") {
				t.Errorf("refused %q (%s) by %q", s.Refused, s.Detail, s.Scanner)
			}
		})
	}
	clamd.Kill()
	if _, err := tryInspect(t, i, "a.txt", []byte("rien")); !errors.Is(err, correspondence.ErrNotInspected) {
		t.Errorf("a scanner that is away: %v", err)
	}
	clamd.Resume()
	if s := inspect(t, i, "a.txt", []byte("rien")); s.Refused != "" {
		t.Errorf("refused %q", s.Refused)
	}
}

// TestScannerKilledWhileItScans: a scanner that dies with the stream half sent has given no verdict, whatever the moment.
func TestScannerKilledWhileItScans(t *testing.T) {
	clamd := inspectiontest.Start(t)
	i := open(t, func(c *inspection.Config) { c.Scanner = clamd.Address })
	content := storedEntry("a.txt", bytes.Repeat([]byte("le fleuve monte\n"), 200_000))
	for n := range 4 {
		done := make(chan struct{})
		go func() {
			time.Sleep(time.Duration(n) * 3 * time.Millisecond)
			clamd.Kill()
			close(done)
		}()
		s, err := tryInspect(t, i, "a.zip", content)
		<-done
		if err == nil && s.Refused != "" || err != nil && !errors.Is(err, correspondence.ErrNotInspected) {
			t.Errorf("refused %v, %v", s.Findings, err)
		}
		clamd.Resume()
	}
}

// TestOnlyTheExactAnswerIsClean: a peer that speaks almost like clamd is no scanner.
func TestOnlyTheExactAnswerIsClean(t *testing.T) {
	old := time.Now().Add(-8 * 24 * time.Hour).UTC().Format(time.ANSIC)
	for name, c := range map[string]struct{ version, reply, refused string }{
		"clean":               {"ClamAV 1.4.6\x00", "stream: OK\x00", ""},
		"fresh signatures":    {"ClamAV 1.4.6/27000/" + time.Now().UTC().Format(time.ANSIC) + "\x00", "stream: OK\x00", ""},
		"found":               {"ClamAV 1.4.6\x00", "stream: Win.Test FOUND\x00", "infected"},
		"limits":              {"ClamAV 1.4.6\x00", "stream: Heuristics.Limits.Exceeded.MaxFiles FOUND\x00", "beyond-scanner"},
		"too long":            {"ClamAV 1.4.6\x00", "INSTREAM size limit exceeded. ERROR\x00", "beyond-scanner"},
		"fail old signatures": {"ClamAV 1.4.6/27000/" + old + "\x00", "stream: OK\x00", "none"},
		"fail no version":     {"HTTP/1.1 400 Bad Request\x00", "stream: OK\x00", "none"},
		"fail unfinished":     {"ClamAV 1.4.6\x00", "stream: OK", "none"},
		"fail more":           {"ClamAV 1.4.6\x00", "stream: OK\nstream: OK\x00", "none"},
		"fail other case":     {"ClamAV 1.4.6\x00", "stream: ok\x00", "none"},
		"fail other file":     {"ClamAV 1.4.6\x00", "/tmp/x: OK\x00", "none"},
		"fail spaces":         {"ClamAV 1.4.6\x00", "stream: OK \x00", "none"},
		"fail error":          {"ClamAV 1.4.6\x00", "stream: Can't allocate memory ERROR\x00", "none"},
		"fail found nothing":  {"ClamAV 1.4.6\x00", "stream:  FOUND\x00", "none"},
		"fail silence":        {"ClamAV 1.4.6\x00", "", "none"},
		"fail endless":        {"ClamAV 1.4.6\x00", strings.Repeat("stream: OK", 10_000), "none"},
	} {
		t.Run(name, func(t *testing.T) {
			i := open(t, func(config *inspection.Config) { config.Scanner = almostClamd(t, c.version, c.reply) })
			s, err := tryInspect(t, i, "a.txt", []byte("rien"))
			switch {
			case c.refused == "none" && !errors.Is(err, correspondence.ErrNotInspected):
				t.Errorf("a verdict: %+v, %v", s.Findings, err)
			case c.refused != "none" && (err != nil || s.Refused != c.refused):
				t.Errorf("%+v, %v", s.Findings, err)
			}
		})
	}
	for _, address := range []string{"clamd", "unix:", "udp:127.0.0.1:3310"} {
		if _, err := inspection.New(inspection.Config{Folder: t.TempDir(), Scanner: address}); err == nil {
			t.Errorf("%s is an address", address)
		}
	}
}

// almostClamd is a peer that answers whatever it is told to.
func almostClamd(t *testing.T, version, reply string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				from := bufio.NewReader(conn)
				command, _ := from.ReadString(0)
				if command == "zVERSION\x00" {
					_, _ = io.WriteString(conn, version)
					return
				}
				for {
					var length uint32
					if binary.Read(from, binary.BigEndian, &length) != nil || length == 0 {
						break
					}
					_, _ = io.CopyN(io.Discard, from, int64(length))
				}
				_, _ = io.WriteString(conn, reply)
			}()
		}
	}()
	return "tcp:" + listener.Addr().String()
}
