package inspection

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"chancery/correspondence"
)

// scanner asks clamd, over "unix:PATH" or "tcp:HOST:PORT" (clamd(8), INSTREAM).
type scanner struct {
	network, address string
	clock            func() time.Time
}

// What a scan may take, and how old the signatures may be before nothing is let through on their word.
const (
	scanPatience  = 2 * time.Minute
	maxSignatures = 7 * 24 * time.Hour
	maxReply      = 4 << 10
	scanChunk     = 64 << 10
)

// scanned is the scanner's answer to a stream that it has looked at.
type scanned struct {
	refused string // message key; "" is clean
	name    string // of what was found
}

// newScanner reads the address; nil when there is none.
func newScanner(address string, clock func() time.Time) (*scanner, error) {
	if address == "" {
		return nil, nil
	}
	network, place, found := strings.Cut(address, ":")
	if !found || place == "" || network != "unix" && network != "tcp" {
		return nil, fmt.Errorf("scanner %q: not unix:PATH or tcp:HOST:PORT", address)
	}
	return &scanner{network: network, address: place, clock: clock}, nil
}

// ask sends one command with what follows it and returns the reply. The reply is read even when the sending breaks off: clamd says why before it
// hangs up.
func (s *scanner) ask(ctx context.Context, command string, send func(io.Writer) error) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, scanPatience)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", fmt.Errorf("ask scanner: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, sending := io.WriteString(conn, "z"+command+"\x00")
	if sending == nil && send != nil {
		sending = send(conn)
	}
	reply, receiving := io.ReadAll(io.LimitReader(conn, maxReply))
	text, whole := bytes.CutSuffix(reply, []byte{0})
	if !whole {
		return "", errors.Join(errors.New("ask scanner: no whole reply"), sending, receiving)
	}
	return string(text), nil
}

// version is what clamd says of itself: program, signatures and their date.
func (s *scanner) version(ctx context.Context) (string, error) {
	version, err := s.ask(ctx, "VERSION", nil)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(version, "ClamAV ") {
		return "", fmt.Errorf("scanner says %q of itself", version)
	}
	parts := strings.Split(version, "/")
	if at, err := time.Parse(time.ANSIC, parts[len(parts)-1]); err == nil && s.clock().Sub(at) > maxSignatures {
		return "", fmt.Errorf("signatures of the scanner are of %s", parts[len(parts)-1])
	}
	return version, nil
}

// scan streams a file to clamd. Whatever is not an answer that it documents is no verdict.
func (s *scanner) scan(ctx context.Context, file io.Reader) (scanned, string, error) {
	version, err := s.version(ctx)
	if err != nil {
		return scanned{}, "", fmt.Errorf("%w: %w", correspondence.ErrNotInspected, err)
	}
	reply, err := s.ask(ctx, "INSTREAM", func(w io.Writer) error { return sendChunks(w, file) })
	if err != nil {
		return scanned{}, "", fmt.Errorf("%w: %w", correspondence.ErrNotInspected, err)
	}
	verdict, err := readReply(reply)
	return verdict, version, err
}

// readReply understands three answers and no other.
func readReply(reply string) (scanned, error) {
	found, isFound := strings.CutSuffix(reply, " FOUND")
	name, isStream := strings.CutPrefix(found, "stream: ")
	switch {
	case reply == "stream: OK":
		return scanned{}, nil
	case isFound && isStream && strings.HasPrefix(name, "Heuristics.Limits."):
		return scanned{refused: "beyond-scanner", name: name}, nil
	case isFound && isStream && name != "":
		return scanned{refused: "infected", name: name}, nil
	case reply == "INSTREAM size limit exceeded. ERROR":
		return scanned{refused: "beyond-scanner"}, nil
	}
	return scanned{}, fmt.Errorf("%w: scanner answers %q", correspondence.ErrNotInspected, reply)
}

// sendChunks sends a file as INSTREAM wants it: each chunk after its length, and an empty one at the end.
func sendChunks(w io.Writer, file io.Reader) error {
	buffer := make([]byte, 4+scanChunk)
	for {
		n, err := io.ReadFull(file, buffer[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if _, err := w.Write(buffer[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			_, err := w.Write([]byte{0, 0, 0, 0})
			return err
		case err != nil:
			return err
		}
	}
}
