package postal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord bounds every word that is taken from a header, in bytes: a subject, an address, an identity, the name of a file.
const maxWord = 4000

// headWords are all that were taken from headers.
func (m *Mail) headWords() (all []*string) {
	all = append(all, &m.Subject, &m.MessageID)
	for _, list := range [][]Address{m.From, m.To, m.Cc} {
		for i := range list {
			all = append(all, &list[i].Name, &list[i].Address)
		}
	}
	for _, list := range [][]string{m.InReplyTo, m.References} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	for i := range m.Files {
		all = append(all, &m.Files[i].Name, &m.Files[i].Type)
	}
	return all
}

// bound cuts what is longer than anybody reads, and takes out what nobody sees.
func (m *Mail) bound() {
	for _, word := range m.headWords() {
		if len(*word) > maxWord {
			*word = (*word)[:maxWord]
		}
		if !isWord(*word) {
			*word = oneLine(*word)
		}
	}
}

func isWord(text string) bool {
	return len(text) <= maxWord && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// ErrBounds is returned by Check for what Read never gives.
var ErrBounds = errors.New("no reader of mail finds this")

// Check reports whether a mail is one that Read may give within the limits: for what another process says that it has read.
func (m *Mail) Check(limits Limits) error {
	for _, word := range m.headWords() {
		if !isWord(*word) {
			return fmt.Errorf("%w: a word of %d bytes", ErrBounds, len(*word))
		}
	}
	all := flaws()
	for i, f := range m.Flaws {
		if !slices.Contains(all, f) || slices.Contains(m.Flaws[:i], f) {
			return fmt.Errorf("%w: a flaw %q", ErrBounds, f)
		}
	}
	switch {
	case max(len(m.From), len(m.To), len(m.Cc)) > maxAddresses, max(len(m.InReplyTo), len(m.References)) > maxIdentities, len(m.Files) > limits.Parts:
		return fmt.Errorf("%w: more than there may be of something", ErrBounds)
	case !m.Date.IsZero() && !isYear(m.Date.Year()), !m.Received.IsZero() && !isYear(m.Received.Year()):
		return fmt.Errorf("%w: the year %d or %d", ErrBounds, m.Date.Year(), m.Received.Year())
	case len(m.Text) > limits.Text, m.Text != plainText(m.Text):
		return fmt.Errorf("%w: a text of %d bytes", ErrBounds, len(m.Text))
	}
	return nil
}
