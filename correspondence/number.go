package correspondence

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"chancery/habilitation"
)

// Number is a message's place in its origin's yearly series. There is a series for each kind and each level, so that a number tells
// nothing about messages that its reader may not see. The zero number is none.
type Number struct {
	Kind   Kind
	Timbre string // how the origin signs: "BAMAKO"; upper case; of several words the last is not DR
	Level  habilitation.Level
	Year   int // of the series; zero when not given
	N      uint64
}

// numberPrefixes open a number, by kind: télégramme diplomatique, note, courriel formel.
var numberPrefixes = [...]string{Telegram: "TD", Note: "NOTE", Mail: "CF"}

// restrictedWord stands before the figure of every restricted number (diffusion restreinte).
const restrictedWord = "DR"

// The years that may stand before or after the stroke of a number: outside them a figure is a place in a series.
const firstYear, lastYear = 1900, 2199

// timbreWords is how many words a timbre may have in a number cited in a text.
const timbreWords = 4

// String is the number as the trade writes it: "TD BAMAKO 1234", "TD BAMAKO DR 12"; "" for the zero number.
func (n Number) String() string {
	if n.N == 0 {
		return ""
	}
	return n.series() + " " + strconv.FormatUint(n.N, 10)
}

// InYear is the number with the year of its series, unique for ever: "TD BAMAKO 2026/1234". Without a year it is String.
func (n Number) InYear() string {
	if n.N == 0 || n.Year == 0 {
		return n.String()
	}
	return n.series() + " " + strconv.Itoa(n.Year) + "/" + strconv.FormatUint(n.N, 10)
}

func (n Number) series() string {
	prefix := ""
	if int(n.Kind) < len(numberPrefixes) {
		prefix = numberPrefixes[n.Kind] + " "
	}
	if n.Level == habilitation.Restricted {
		return prefix + n.Timbre + " " + restrictedWord
	}
	return prefix + n.Timbre
}

// ParseNumber reads a number as people type it: any case, accents or blanks, "td bamako1234", "TD BAMAKO DR 12", "TD ARMEES PARIS 82",
// with the year of its series as "1234/2026" or "2026/1234" (the house writes the year first, and so it is read when both might be one).
// The kind must be given.
func ParseNumber(text string) (Number, bool) {
	if len(text) > 200 {
		return Number{}, false
	}
	words := numberWords(text)
	if len(words) < 2 {
		return Number{}, false
	}
	kind, ok := prefixKind(words[0])
	if !ok {
		return Number{}, false
	}
	return readNumber(kind, words[1:])
}

// readNumber reads what follows the kind: the timbre, DR or not, and the figure.
func readNumber(kind Kind, words []string) (Number, bool) {
	last := len(words) - 1
	letters, figure := splitFigure(words[last])
	words = words[:last:last]
	if letters != "" {
		words = append(words, letters)
	}
	year, place, ok := readFigure(figure)
	if !ok || len(words) == 0 {
		return Number{}, false
	}
	n := Number{Kind: kind, Level: habilitation.Unprotected, Year: year, N: place}
	if last = len(words) - 1; last > 0 && words[last] == restrictedWord {
		n.Level, words = habilitation.Restricted, words[:last]
	}
	n.Timbre = strings.Join(words, " ")
	return n, true
}

// splitFigure parts "BAMAKO1234" into its letters and its figure; a word of digits and strokes alone is all figure.
func splitFigure(word string) (letters, figure string) {
	rest := strings.TrimRight(word, "0123456789/")
	return strings.TrimRight(rest, "-"), strings.TrimLeft(word[len(rest):], "/")
}

// readFigure reads "1234", "1234/2026" or "2026/1234".
func readFigure(figure string) (year int, n uint64, ok bool) {
	first, second, stroke := strings.Cut(figure, "/")
	a, err := strconv.ParseUint(first, 10, 64)
	if err != nil || a == 0 {
		return 0, 0, false
	}
	if !stroke {
		return 0, a, true
	}
	b, err := strconv.ParseUint(second, 10, 64)
	switch {
	case err != nil || b == 0:
		return 0, 0, false
	case isYear(a):
		return int(a), b, true
	case isYear(b):
		return int(b), a, true
	}
	return 0, 0, false
}

func isYear(n uint64) bool { return firstYear <= n && n <= lastYear }

func prefixKind(word string) (Kind, bool) {
	for kind := Telegram; int(kind) < len(numberPrefixes); kind++ {
		if numberPrefixes[kind] == word {
			return kind, true
		}
	}
	return 0, false
}

// FindRestrictedNumbers lists, once each and as String writes them, the restricted numbers that a text cites in any case and with any
// blanks, breaks, strokes or accents between. A few words of prose may look like one ("note du DR 12"): who refuses a text should first
// ask whether the timbre is known.
func FindRestrictedNumbers(text string) []string {
	if !mayCiteRestricted(text) {
		return nil
	}
	words := numberWords(text)
	var found []string
	for i := range words {
		if !isRestrictedAt(words, i) {
			continue
		}
		for start := i - 2; start >= 0 && start >= i-timbreWords-1; start-- { // nearest first
			if letters, _ := splitFigure(words[start+1]); letters == "" {
				break // a figure ends another number
			}
			kind, ok := prefixKind(words[start])
			if !ok {
				continue
			}
			end := i + 1
			if words[i] == restrictedWord {
				end++
			}
			if n, ok := readNumber(kind, words[start+1:end]); ok {
				found = appendOnce(found, n.String())
			}
			break
		}
	}
	return found
}

// mayCiteRestricted spares most texts the cutting into words: without the letters DR at the beginning of a word, and without characters
// that could hide them, there is nothing to find. No letter of Latin-1 but the plain ones comes apart into D or R.
func mayCiteRestricted(text string) bool {
	before := rune(' ')
	for i, r := range text {
		switch {
		case r == '\u00AD' || r > unicode.MaxLatin1 && r != 'œ' && r != 'Œ' && r != '€' && !unicode.IsPunct(r):
			return true
		case (r == 'd' || r == 'D') && !unicode.IsLetter(before) && i+1 < len(text) && (text[i+1]|0x20) == 'r':
			return true
		}
		before = r
	}
	return false
}

// isRestrictedAt reports whether word i is DR with a figure after it or joined to it.
func isRestrictedAt(words []string, i int) bool {
	letters, figure := splitFigure(words[i])
	if letters != restrictedWord {
		return false
	}
	if figure == "" && i+1 < len(words) {
		letters, figure = splitFigure(words[i+1])
		return letters == "" && figure != ""
	}
	return figure != ""
}

func appendOnce(list []string, text string) []string {
	for _, t := range list {
		if t == text {
			return list
		}
	}
	return append(list, text)
}

// numberWords cuts a text into words in upper-case ASCII letters, digits, hyphens and strokes, as far as accents can be taken off; the
// sign "N°" before a figure is left out, and so is what nobody sees (soft hyphens, joiners).
func numberWords(text string) []string {
	if !isPlain(text) {
		text = strings.Map(visibleRune, norm.NFKD.String(numberSigns(text)))
	}
	var words []string
	for word := range strings.FieldsFuncSeq(strings.ToUpper(text), isNumberBreak) {
		if word = strings.Trim(word, "-/"); word != "" && word != "N°" {
			words = append(words, strings.TrimPrefix(word, "N°"))
		}
	}
	return words
}

// numberSigns writes every "numéro" sign as N°, before compatibility forms make "No" of it.
func numberSigns(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\u2116", "N°"), "\u00BA", "°")
}

// visibleRune drops marks and format characters of a decomposed text, and gives every hyphen and stroke its ASCII form.
func visibleRune(r rune) rune {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return -1
	case unicode.Is(unicode.Pd, r):
		return '-'
	case r == '⁄' || r == '∕':
		return '/'
	}
	return r
}

func isNumberBreak(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '/' && r != '°'
}

// DTG is the date-time group of a moment, in UTC and with the trade's English months: "121302Z JUL 26".
func DTG(t time.Time) string { return strings.ToUpper(t.UTC().Format("021504Z Jan 06")) }
