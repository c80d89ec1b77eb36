package correspondence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CleanText gives a text of several lines the one form in which it is signed, compared and searched: valid UTF-8 in NFC, lines that
// end in LF, no control character but LF and TAB, no bidirectional control (it would let a text read otherwise than it is signed), no
// blank at the end of a line and no empty line at the end. It is idempotent.
func CleanText(text string) string {
	if !isPlain(text) && !hasCanonicalRunes(text) {
		text = norm.NFC.String(strings.Map(canonicalRune, singleBreaks(strings.ToValidUTF8(text, "\uFFFD"))))
	}
	return trimLines(text)
}

// OneLine is CleanText for what must stand on one line, a subject or a name: line breaks and tabs are blanks, and a run of
// blanks is one.
func OneLine(text string) string {
	text = CleanText(text)
	if !strings.ContainsAny(text, "\n\t") && !strings.Contains(text, "  ") && !strings.HasPrefix(text, " ") {
		return text
	}
	var line strings.Builder
	line.Grow(len(text))
	for word := range strings.FieldsFuncSeq(text, isLineBlank) {
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	return line.String()
}

func isLineBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }

// isPlain reports whether a text is ASCII with no control character but LF and TAB: such a text needs only its line ends trimmed.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// hasCanonicalRunes reports whether a text is UTF-8 in NFC in which canonicalRune changes nothing; most texts are.
func hasCanonicalRunes(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || canonicalRune(r) != r {
			return false
		}
	}
	return norm.NFC.IsNormalString(text)
}

// singleBreaks makes a CRLF one LF; canonicalRune sees to every other break.
func singleBreaks(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// canonicalRune maps each rune to what stands for it in a canonical text; below zero it is removed.
func canonicalRune(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029: // every other way to end a line
		return '\n'
	case unicode.IsControl(r) || isBidiControl(r):
		return -1
	case r == 0xFEFF || r&0xFFFE == 0xFFFE: // byte order mark, and what no text may hold (Unicode 16 §23.7)
		return -1
	}
	return r
}

// isBidiControl reports the characters of Unicode's Bidi_Control property (UAX #9).
func isBidiControl(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069
}

// trimLines removes blanks at the end of each line and empty lines at the end of the text.
func trimLines(text string) string {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if !hasBlankLineEnd(text) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	return strings.Join(lines, "\n")
}

func hasBlankLineEnd(text string) bool {
	for i := strings.IndexByte(text, '\n'); i >= 0; {
		if before, _ := utf8.DecodeLastRuneInString(text[:i]); before != '\n' && unicode.IsSpace(before) {
			return true
		}
		next := strings.IndexByte(text[i+1:], '\n')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}
