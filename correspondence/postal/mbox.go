package postal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Entry is one mail of an mbox, whole.
type Entry struct {
	Envelope string // the line before it, without "From "
	Raw      []byte // as it stands in the file, any quoting of its lines included
}

// ErrTooLong is returned for an entry longer than the limit.
var ErrTooLong = errors.New("mail longer than the limit")

// separator is the line before each mail of an mbox (RFC 4155): a sender, then a date with a time of day. A line of the text that merely begins
// with "From" is none.
var separator = regexp.MustCompile(`^From \S*.*\d{1,2}:\d{2}`)

// IsMbox reports whether a file that begins so is an mbox.
func IsMbox(start []byte) bool {
	line, _ := cutLine(bytes.TrimLeft(start, "\r\n"))
	return separator.Match(line)
}

// ReadMbox gives the entries of an mbox one by one, each at most limit bytes; the first error of yield ends the reading.
func ReadMbox(r io.Reader, limit int, yield func(Entry) error) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	var entry Entry
	begun, blank := false, true
	give := func() error {
		if !begun {
			return nil
		}
		return yield(entry)
	}
	for number := 1; ; number++ {
		line, err := readLine(lines, limit)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d of mbox: %w", number, err)
		}
		switch text := bytes.TrimRight(line, "\r\n"); {
		case blank && separator.Match(text):
			if failed := give(); failed != nil {
				return failed
			}
			entry, begun = Entry{Envelope: string(text[len("From "):])}, true
		case len(entry.Raw)+len(line) > limit:
			return fmt.Errorf("read line %d of mbox: %w", number, ErrTooLong)
		case begun || len(text) > 0:
			entry.Raw, begun = append(entry.Raw, line...), true
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0
		if err != nil {
			return give()
		}
	}
}

// readLine reads one line with its end, at most limit bytes.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if line = append(line, piece...); len(line) > limit {
			return nil, ErrTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
