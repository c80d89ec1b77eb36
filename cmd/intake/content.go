package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"chancery/correspondence/postal"
)

// content is what a file holds.
type content int

const (
	neither content = iota
	mail
	records
)

// sniffed is how many bytes of a file tell what it holds.
const sniffed = 4 << 10

var (
	errNeither         = errors.New("it holds neither mail nor records in JSON; --mails takes it as a mail")
	errIrregular       = errors.New("it is a link or a device, not a file")
	errNoMail          = errors.New("it holds no mail that can be told; --mails takes every file as one")
	errRecordsInFolder = errors.New("it holds records: give it by its name")
)

// irregular is why a file of that mode is not opened, if so.
func irregular(mode fs.FileMode) error {
	if mode.IsRegular() {
		return nil
	}
	return errIrregular
}

// contentOf tells what a file of that mode holds, where the import does not say that every file is a mail.
func (r *run) contentOf(path string, mode fs.FileMode) (content, error) {
	if r.mail.Every && irregular(mode) == nil {
		return mail, nil
	}
	return contentOf(path, mode)
}

// contentOf tells what a file of that mode holds: by its name where the name leaves no doubt, else by how it begins. Programs name
// mails in many ways (.msg, .raw, .txt, a number), and some of those names are given to other things too.
func contentOf(path string, mode fs.FileMode) (content, error) {
	if irregular(mode) != nil {
		return neither, nil
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".eml", ".mbox", ".mbx":
		return mail, nil
	case ".jsonl", ".zst":
		return records, nil
	}
	start, err := startOf(path)
	switch {
	case err != nil:
		return neither, fmt.Errorf("read %s: %w", path, err)
	case isMail(start):
		return mail, nil
	case bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(start, []byte("\ufeff"))), []byte("{")):
		return records, nil
	}
	return neither, nil
}

func startOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, sniffed))
}

var (
	// field is a header field (RFC 5322 §2.2), with the blanks before the colon that old mails have (§4.5).
	field = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)
	// mailField is a field that mail has and other texts made of names and values have not.
	mailField = regexp.MustCompile(`(?i)^(from|to|cc|subject|date|message-id|mime-version|content-type|received|return-path|delivered-to|sender|reply-to)[ \t]*:`)
)

// isMail reports whether a file that begins so is an mbox or one mail: a block of header fields, one of mail among them.
func isMail(start []byte) bool {
	if postal.IsMbox(start) {
		return true
	}
	begun := false
	for line := range bytes.Lines(bytes.TrimLeft(start, "\r\n")) {
		folded := begun && (line[0] == ' ' || line[0] == '\t')
		switch {
		case mailField.Match(line):
			return true
		case !folded && !field.Match(line):
			return false
		}
		begun = true
	}
	return false
}
