package tagging

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which words are compared: lower case, without accents, ligatures opened, every apostrophe and hyphen alike,
// outer blanks gone and inner ones single. Folding twice changes nothing more. "Côte d’Ivoire", "COTE D'IVOIRE" → "cote d'ivoire".
func Fold(text string) string {
	if plain(text) {
		return text
	}
	var folded strings.Builder
	folded.Grow(len(text))
	blank := false
	for _, c := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, c) {
			continue
		}
		if unicode.IsSpace(c) {
			blank = folded.Len() > 0
			continue
		}
		if blank {
			folded.WriteByte(' ')
			blank = false
		}
		writeFolded(&folded, c)
	}
	return folded.String()
}

func writeFolded(to *strings.Builder, c rune) {
	switch c = unicode.ToLower(c); c {
	case 'œ':
		to.WriteString("oe")
	case 'æ':
		to.WriteString("ae")
	case 'ß':
		to.WriteString("ss")
	case 'ø':
		to.WriteByte('o')
	case 'đ', 'ð':
		to.WriteByte('d')
	case 'ł':
		to.WriteByte('l')
	case 'ı':
		to.WriteByte('i')
	case '’', '‘', 'ʼ', '´', '`':
		to.WriteByte('\'')
	case '‐', '‑', '‒', '–', '—':
		to.WriteByte('-')
	default:
		to.WriteRune(c)
	}
}

// plain reports a text that is its own folded form, so that most texts need no copy.
func plain(text string) bool {
	blank := true // a blank at the start, at the end or after another blank is not plain
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' || c < ' ' || c == '`' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank || text == ""
}
