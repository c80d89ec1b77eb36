package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The bounds of what is read into memory.
const (
	maxLine   = 8 << 20
	maxWindow = 128 << 20 // of a compressed file
)

var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxLine)

// Line is one line of a file.
type Line struct {
	Number int // from 1
	Text   []byte
	Fault  error // why the text is not there
}

// isBlank reports a line that holds nothing, which is no record and no fault.
func isBlank(l Line) bool { return l.Fault == nil && len(bytes.TrimSpace(l.Text)) == 0 }

// readLines gives every line of a file to take, until take says no more. A line that is too long is given as its fault, and reading goes on.
func readLines(path string, take func(Line) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer file.Close()
	var source io.Reader = file
	if strings.HasSuffix(path, ".zst") {
		decoder, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("read records of %s: %w", path, err)
		}
		defer decoder.Close()
		source = decoder
	}
	if err := splitLines(source, take); err != nil {
		return fmt.Errorf("read records of %s: %w", path, err)
	}
	return nil
}

func splitLines(source io.Reader, take func(Line) bool) error {
	reader := bufio.NewReaderSize(source, 1<<20)
	for number := 1; ; number++ {
		text, fault, err := nextLine(reader)
		if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0 && fault == nil) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("line %d: %w", number, err)
		}
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if !take(Line{Number: number, Text: text, Fault: fault}) || err != nil {
			return nil
		}
	}
}

// nextLine reads up to the next line feed. Of a line that is too long nothing is kept.
func nextLine(reader *bufio.Reader) (text []byte, fault, err error) {
	for {
		piece, err := reader.ReadSlice('\n')
		if fault == nil && len(text)+len(piece) > maxLine {
			text, fault = nil, errLongLine
		}
		if fault == nil {
			text = append(text, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, fault, err
		}
	}
}
