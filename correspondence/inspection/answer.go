package inspection

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"chancery/correspondence/postal"
)

// On the pipes a mail is its length in 4 bytes, big-endian, and its bytes; an answer is the length of its head, the head in JSON, then the text and
// the files one after the other, whose lengths the head says. Before the first mail the child says one byte.

// ready is the byte that a child says when its limits are set. It changes with what is said after it: a program that was replaced under a house
// that goes on starts children of the new one, which have no mail from it.
const ready = '1'

// What an answer may be, whatever the child says.
const (
	maxHead     = 16 << 20
	freeContent = 1 << 20 // bytes of files beyond four times the mail's: no decoding makes more
)

// answer is the head of what a child found in a mail.
type answer struct {
	Mail  postal.Mail `json:"mail"` // without text and contents
	Text  int         `json:"text"`
	Files []int       `json:"files"`
}

var errSaidWrong = errors.New("the child says what no reader of mail says")

func writeLength(w io.Writer, n int) error {
	_, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return err
}

func readLength(r io.Reader, most int) (int, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if uint64(n) > uint64(most) {
		return 0, fmt.Errorf("%w: %d bytes", errSaidWrong, n)
	}
	return int(n), nil
}

// writeAnswer says what was found.
func writeAnswer(w io.Writer, mail postal.Mail) error {
	text, files := mail.Text, mail.Files
	a := answer{Mail: mail, Text: len(text)}
	a.Mail.Text, a.Mail.Files = "", make([]postal.File, len(files))
	for i, f := range files {
		a.Mail.Files[i] = postal.File{Name: f.Name, Type: f.Type}
		a.Files = append(a.Files, len(f.Content))
	}
	head, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := writeLength(w, len(head)); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := w.Write(f.Content); err != nil {
			return err
		}
	}
	return nil
}

// readAnswer takes what a child says about a mail of so many bytes, if it is within the bounds of what there can be to say.
func readAnswer(r io.Reader, size int) (postal.Mail, error) {
	length, err := readLength(r, maxHead)
	if err != nil {
		return postal.Mail{}, err
	}
	head := make([]byte, length)
	if _, err := io.ReadFull(r, head); err != nil {
		return postal.Mail{}, err
	}
	var a answer
	decoder := json.NewDecoder(bytes.NewReader(head))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		return postal.Mail{}, fmt.Errorf("%w: %w", errSaidWrong, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return postal.Mail{}, fmt.Errorf("%w: more than one head", errSaidWrong)
	}
	if err := a.fill(r, size); err != nil {
		return postal.Mail{}, err
	}
	return a.Mail, a.Mail.Check(postal.DefaultLimits())
}

// fill reads the text and the files that the head announces.
func (a *answer) fill(r io.Reader, size int) error {
	most := 4*size + freeContent
	if len(a.Files) != len(a.Mail.Files) || a.Text < 0 || a.Text > postal.DefaultLimits().Text {
		return fmt.Errorf("%w: a head that does not agree with itself", errSaidWrong)
	}
	for _, n := range a.Files {
		if n < 0 || n > most {
			return fmt.Errorf("%w: a file of %d bytes", errSaidWrong, n)
		}
		most -= n
	}
	text := make([]byte, a.Text)
	if _, err := io.ReadFull(r, text); err != nil {
		return err
	}
	a.Mail.Text = string(text)
	for i, n := range a.Files {
		a.Mail.Files[i].Content = make([]byte, n)
		if _, err := io.ReadFull(r, a.Mail.Files[i].Content); err != nil {
			return err
		}
	}
	return nil
}
