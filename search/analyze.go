package search

import (
	"unicode"
	"unicode/utf8"
)

// Revision numbers the way texts become terms. An engine that finds another revision in its index sets it aside and asks to be rebuilt.
const Revision = 2

// tokenLimit is how many bytes of a folded token count: what is longer is no word, and is cut alike in messages and questions.
const tokenLimit = 64

// Token is one word of a text as both messages and questions are cut: accents folded before anything else, lower case, elided articles dropped.
type Token struct {
	Start, End int    // where it stands, in bytes of the text
	Folded     string // without accents and case
}

// Tokens cuts a text into its words. "L'accord de Haïti, O.N.U." gives accord, de, haiti, onu.
func Tokens(text string) []Token {
	var tokens []Token
	for s := (scanner{text: text}); s.next(); {
		tokens = append(tokens, Token{Start: s.start, End: s.end, Folded: string(s.folded)})
	}
	return tokens
}

// scanner reads a text once from left to right and allocates nothing but its own buffer.
type scanner struct {
	text       string
	at         int // next byte to read
	start, end int // the token found
	folded     []byte
}

// next finds the next token.
func (s *scanner) next() bool {
	for s.at < len(s.text) {
		if !s.word() {
			continue
		}
		if s.elided() || s.possessive() {
			continue
		}
		return true
	}
	return false
}

// word reads one run of letters and digits, or one acronym with points; false when the character at hand begins none, which is then passed over.
func (s *scanner) word() bool {
	s.start, s.folded = s.at, s.folded[:0]
	if s.acronym() {
		return true
	}
	for s.at < len(s.text) {
		size, ok := s.letter()
		if !ok {
			if s.at == s.start {
				s.at += size
			}
			break
		}
		s.at += size
	}
	s.end = s.at
	return len(s.folded) > 0
}

// letter folds the character at hand into the token and returns its size; false when it belongs to no word. Marks alone fold to nothing.
func (s *scanner) letter() (size int, ok bool) {
	b := s.text[s.at]
	if b < utf8.RuneSelf {
		b = asciiFold[b]
		if b == 0 {
			return 1, false
		}
		if len(s.folded) < tokenLimit {
			s.folded = append(s.folded, b)
		}
		return 1, true
	}
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	r = unicode.ToLower(r) // the ångström sign becomes a Latin letter here
	switch {
	case r < utf8.RuneSelf:
		return size, s.add(string(rune(asciiFold[r])))
	case r >= latinFirst && r < latinLimit:
		return size, s.add(latin[r-latinFirst])
	case r >= additionalFirst && r < additionalLimit:
		return size, s.add(latinAdditional[r-additionalFirst])
	case r == 'º':
		return size, s.add("o")
	case r == 'ª':
		return size, s.add("a")
	case r >= 'ﬀ' && r <= 'ﬆ':
		return size, s.add([...]string{"ff", "fi", "fl", "ffi", "ffl", "st", "st"}[r-'ﬀ'])
	case r == '\u00AD' || r == '\u200C' || r == '\u200D' || unicode.Is(unicode.Mn, r):
		return size, len(s.folded) > 0 // inside a word, and only there, these are no character
	case r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		if len(s.folded) < tokenLimit {
			s.folded = utf8.AppendRune(s.folded, r)
		}
		return size, true
	}
	return size, false
}

func (s *scanner) add(folded string) bool {
	if len(s.folded) < tokenLimit {
		s.folded = append(s.folded, folded...)
	}
	return folded != ""
}

// acronym reads two or more single ASCII letters each followed by a point: O.N.U. is onu.
func (s *scanner) acronym() bool {
	at := s.at
	for at+1 < len(s.text) && isLetter(s.text[at]) && s.text[at+1] == '.' {
		s.folded = append(s.folded, asciiFold[s.text[at]])
		at += 2
	}
	if len(s.folded) < 2 || len(s.folded) > tokenLimit {
		s.folded = s.folded[:0]
		return false
	}
	if at < len(s.text) && s.text[at] < utf8.RuneSelf && asciiFold[s.text[at]] != 0 { // "p.m.exact" is no acronym; "U.S" ends in a letter that belongs to it
		last := at + 1
		if !isLetter(s.text[at]) || last < len(s.text) && s.wordByte(last) {
			s.folded = s.folded[:0]
			return false
		}
		s.folded = append(s.folded, asciiFold[s.text[at]])
		at = last
	}
	s.at, s.end = at, at
	return true
}

func (s *scanner) wordByte(at int) bool {
	return s.text[at] >= utf8.RuneSelf || asciiFold[s.text[at]] != 0
}

func isLetter(b byte) bool { return asciiFold[b] >= 'a' && asciiFold[b] <= 'z' }

// elided reports whether the token is an article or pronoun elided before an apostrophe: l'accord, qu'il, jusqu'alors.
func (s *scanner) elided() bool {
	size := apostrophe(s.text[s.end:])
	if size == 0 {
		return false
	}
	switch string(s.folded) {
	case "l", "d", "j", "m", "n", "s", "t", "c", "qu", "lorsqu", "puisqu", "jusqu", "quoiqu":
	default:
		return false
	}
	next := s.text[s.end+size:]
	r, _ := utf8.DecodeRuneInString(next)
	return unicode.IsLetter(r)
}

// possessive reports whether the token is the English genitive: Iran's.
func (s *scanner) possessive() bool {
	if len(s.folded) != 1 || s.folded[0] != 's' {
		return false
	}
	before := s.text[:s.start]
	r, _ := utf8.DecodeLastRuneInString(before)
	return r == '\'' || r == '’' || r == 'ʼ'
}

// apostrophe is the size of the apostrophe that the text begins with, 0 if it begins with none.
func apostrophe(text string) int {
	if text == "" {
		return 0
	}
	if text[0] == '\'' {
		return 1
	}
	if r, size := utf8.DecodeRuneInString(text); r == '’' || r == 'ʼ' {
		return size
	}
	return 0
}

// Fold writes a name without accents, case and punctuation, words apart by one space: what two spellings of it have in common.
func Fold(text string) string {
	var out []byte
	for s := (scanner{text: text}); s.at < len(text); {
		if !s.word() {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, s.folded...)
	}
	return string(out)
}

// asciiFold gives the lower case of ASCII letters and digits; 0 is no character of a word.
var asciiFold = func() (table [256]byte) {
	for b := byte('0'); b <= '9'; b++ {
		table[b] = b
	}
	for b := byte('a'); b <= 'z'; b++ {
		table[b], table[b-'a'+'A'] = b, b
	}
	return table
}()
