package correspondence

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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

// FindRestrictedNumbers lists, once each and as String writes them, the restricted numbers that a text cites: in any case, with any signs, breaks or
// accents between their parts or with nothing, the year of the series anywhere, the kind left out. Prose may look like one ("note du DR 12"), so the
// timbre must be one that is known: timbreOf tells it by its letters and digits alone, in upper case.
func FindRestrictedNumbers(text string, timbreOf func(squashed string) (timbre string, known bool)) []string {
	if !mayCiteRestricted(text) {
		return nil
	}
	runs := numberRuns(text)
	var found []string
	for i := range runs {
		if number, ok := restrictedNumberAt(runs, i, timbreOf); ok {
			found = appendOnce(found, number)
		}
	}
	return found
}

// numberRun is a run of letters or of digits in a text, in upper case without accents.
type numberRun struct {
	text   string
	digits bool
	loose  bool // a sign of a sentence stands before it
	stroke bool // exactly a stroke stands before it
}

// numberRuns cuts a text into its runs; the sign "N°" is left out, and so is what nobody sees.
func numberRuns(text string) (runs []numberRun) {
	if !isPlain(text) {
		text = strings.Map(visibleRune, norm.NFKD.String(numberSigns(text)))
	}
	text = strings.ReplaceAll(strings.ToUpper(text), "N°", " ")
	kind := func(r rune) int {
		switch {
		case unicode.IsDigit(r):
			return 2
		case unicode.IsLetter(r):
			return 1
		}
		return 0
	}
	for begin := 0; begin < len(text); {
		first, size := utf8.DecodeRuneInString(text[begin:])
		end := begin + size
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if kind(r) != kind(first) {
				break
			}
			end += size
		}
		if kind(first) > 0 {
			before := strings.TrimRightFunc(text[:begin], func(r rune) bool { return kind(r) == 0 })
			gap := text[len(before):begin]
			runs = append(runs, numberRun{text: text[begin:end], digits: kind(first) == 2, loose: strings.ContainsAny(gap, ".,;:!?()"), stroke: gap == "/"})
		}
		begin = end
	}
	return runs
}

// restrictedNumberAt reads the restricted number whose figure is run i.
func restrictedNumberAt(runs []numberRun, i int, timbreOf func(string) (string, bool)) (string, bool) {
	if !runs[i].digits || i == 0 {
		return "", false
	}
	figure := runs[i].text
	if i+1 < len(runs) && runs[i+1].digits && runs[i+1].stroke {
		figure += "/" + runs[i+1].text
	}
	_, n, ok := readFigure(figure)
	if !ok { // a stroke between two numbers
		_, n, ok = readFigure(runs[i].text)
	}
	if !ok {
		return "", false
	}
	before, bare, loose := "", "", false // what stands before the figure, from run j on
	for j := i - 1; j >= max(0, i-numberReach); j-- {
		before = runs[j].text + before
		name, restricted := strings.CutSuffix(before, restrictedWord)
		if len(before) >= len(restrictedWord) && !restricted {
			return "", false
		}
		name = withoutYear(name)
		for kind := Telegram; int(kind) < len(numberPrefixes); kind++ {
			rest, prefixed := strings.CutPrefix(name, numberPrefixes[kind])
			if known, ok := timbreOf(rest); prefixed && ok {
				return Number{Kind: kind, Timbre: known, Level: habilitation.Restricted, N: n}.String(), true
			}
		}
		if known, ok := timbreOf(name); ok && !loose && bare == "" {
			bare = known + " " + restrictedWord + " " + strconv.FormatUint(n, 10)
		}
		loose = loose || runs[j].loose
	}
	return bare, bare != ""
}

// numberReach is how many runs before its figure a number begins at most.
const numberReach = 12

// withoutYear leaves out the year at the end.
func withoutYear(name string) string {
	if len(name) > 4 {
		if year, err := strconv.ParseUint(name[len(name)-4:], 10, 64); err == nil && isYear(year) {
			return name[:len(name)-4]
		}
	}
	return name
}

// SquashedTimbre is a timbre by its letters and digits alone, in upper case.
func SquashedTimbre(timbre string) string {
	var squashed strings.Builder
	for _, run := range numberRuns(timbre) {
		squashed.WriteString(run.text)
	}
	return squashed.String()
}

// mayCiteRestricted spares most texts the cutting: without D, R and a figure after one another, whatever signs stand between, and without
// characters that could hide them, there is nothing to find. No letter of Latin-1 but the plain ones comes apart into D or R.
func mayCiteRestricted(text string) bool {
	var last, before, earlier rune // letters or figures
	for _, r := range text {
		switch {
		case r == '\u00AD' || r > unicode.MaxLatin1 && r != 'œ' && r != 'Œ' && r != '€' && !unicode.IsPunct(r):
			return true
		case unicode.IsDigit(r) && (last == 'r' || last == 'R') && (before == 'd' || before == 'D'):
			return true
		case (r == '°' || r == 'º') && (last == 'n' || last == 'N'):
			last, before = before, earlier
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			last, before, earlier = r, last, before
		}
	}
	return false
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
