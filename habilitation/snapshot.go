package habilitation

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

var (
	// ErrSnapshotVersion is returned for a snapshot of another fold or of another version of its format: fold the journal instead.
	ErrSnapshotVersion = errors.New("snapshot of another format")
	// ErrSnapshotDamaged is returned for a snapshot that is cut short or was changed.
	ErrSnapshotDamaged = errors.New("snapshot damaged")
)

// snapshotText bounds one text of a snapshot, in bytes, so that damage cannot ask for all the memory.
const snapshotText = 1 << 20

// SnapshotWriter writes the snapshot of a fold: the format's name, numbers and texts in an order that the fold knows, and at the end the
// SHA-256 of all of it. The same state always gives the same bytes. Errors wait until Close.
type SnapshotWriter struct {
	out *bufio.Writer
	sum hash.Hash
	buf []byte
	err error
}

// NewSnapshotWriter begins a snapshot in the format, whose name holds its version: "chancery register 1".
func NewSnapshotWriter(w io.Writer, format string) *SnapshotWriter {
	s := &SnapshotWriter{out: bufio.NewWriter(w), sum: sha256.New()}
	s.Text(format)
	return s
}

// Number writes a number that is not negative.
func (s *SnapshotWriter) Number(n uint64) { s.write(binary.AppendUvarint(s.buf[:0], n)) }

// Signed writes a number that may be negative.
func (s *SnapshotWriter) Signed(n int64) { s.write(binary.AppendVarint(s.buf[:0], n)) }

// Text writes a text of at most a mebibyte.
func (s *SnapshotWriter) Text(text string) {
	if len(text) > snapshotText && s.err == nil {
		s.err = fmt.Errorf("text of %d bytes in a snapshot", len(text))
	}
	s.Number(uint64(len(text)))
	s.write(append(s.buf[:0], text...))
}

// Label writes both texts of a label.
func (s *SnapshotWriter) Label(l Label) {
	s.Text(l.FR)
	s.Text(l.EN)
}

// ID writes an identity.
func (s *SnapshotWriter) ID(id ID) { s.write(append(s.buf[:0], id[:]...)) }

// Close ends the snapshot and reports the first error; the writer below stays open.
func (s *SnapshotWriter) Close() error {
	s.write(s.sum.Sum(nil))
	if s.err == nil {
		s.err = s.out.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("write snapshot: %w", s.err)
	}
	return nil
}

func (s *SnapshotWriter) write(b []byte) {
	s.buf = b
	if s.err == nil {
		s.sum.Write(b)
		_, s.err = s.out.Write(b)
	}
}

// SnapshotReader reads what a SnapshotWriter wrote. After an error every number is zero and every text empty; Close reports it.
// A fold must use nothing of what it read before Close has returned nil.
type SnapshotReader struct {
	in       *bufio.Reader
	sum      hash.Hash
	unsummed []byte // read, not yet in sum
	err      error
}

// NewSnapshotReader begins reading a snapshot in the format; another one is ErrSnapshotVersion at Close.
func NewSnapshotReader(r io.Reader, format string) *SnapshotReader {
	s := &SnapshotReader{in: bufio.NewReader(r), sum: sha256.New()}
	if found := s.Text(); s.err == nil && found != format {
		s.err = fmt.Errorf("%w: %q, not %q", ErrSnapshotVersion, found, format)
	}
	return s
}

// Number reads a number that is not negative.
func (s *SnapshotReader) Number() uint64 {
	n, err := binary.ReadUvarint(s)
	s.fail(err)
	return n
}

// Signed reads a number that may be negative.
func (s *SnapshotReader) Signed() int64 {
	n, err := binary.ReadVarint(s)
	s.fail(err)
	return n
}

// Count reads how many things follow and calls the function for each until an error.
func (s *SnapshotReader) Count(next func()) {
	for n := s.Number(); n > 0 && s.err == nil; n-- {
		next()
	}
}

// Text reads a text.
func (s *SnapshotReader) Text() string {
	n := s.Number()
	if n > snapshotText {
		s.fail(ErrSnapshotDamaged)
	}
	if s.err != nil {
		return ""
	}
	text := make([]byte, n)
	s.read(text)
	return string(text)
}

// Label reads both texts of a label.
func (s *SnapshotReader) Label() Label { return Label{FR: s.Text(), EN: s.Text()} }

// ID reads an identity.
func (s *SnapshotReader) ID() ID {
	var id ID
	s.read(id[:])
	return id
}

// Fail records that what was read makes no sense.
func (s *SnapshotReader) Fail(what string) { s.fail(fmt.Errorf("%w: %s", ErrSnapshotDamaged, what)) }

// Close checks the digest and reports the first error: ErrSnapshotVersion or ErrSnapshotDamaged.
func (s *SnapshotReader) Close() error {
	s.sum.Write(s.unsummed)
	want := s.sum.Sum(nil)
	got := make([]byte, len(want))
	s.read(got)
	if s.err == nil && !bytes.Equal(got, want) {
		s.fail(ErrSnapshotDamaged)
	}
	if s.err != nil {
		return fmt.Errorf("read snapshot: %w", s.err)
	}
	return nil
}

// ReadByte is for reading numbers; it keeps the digest.
func (s *SnapshotReader) ReadByte() (byte, error) {
	if s.err != nil {
		return 0, s.err
	}
	b, err := s.in.ReadByte()
	if err == nil {
		s.digest(b)
	}
	return b, err
}

// digest gathers what was read, because the sum is slow with a byte at a time.
func (s *SnapshotReader) digest(b ...byte) {
	s.unsummed = append(s.unsummed, b...)
	if len(s.unsummed) > 4096 {
		s.sum.Write(s.unsummed)
		s.unsummed = s.unsummed[:0]
	}
}

func (s *SnapshotReader) read(b []byte) {
	if s.err != nil {
		return
	}
	if _, err := io.ReadFull(s.in, b); err != nil {
		s.fail(err)
		clear(b)
		return
	}
	s.digest(b...)
}

// fail keeps the first error; whatever is wrong with the bytes is damage.
func (s *SnapshotReader) fail(err error) {
	switch {
	case s.err != nil || err == nil:
	case errors.Is(err, ErrSnapshotDamaged) || errors.Is(err, ErrSnapshotVersion):
		s.err = err
	default:
		s.err = fmt.Errorf("%w: %w", ErrSnapshotDamaged, err)
	}
}
