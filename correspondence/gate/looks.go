package gate

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Words of a rule are found however they look alike to a reader: whatever their case, accents, width and invisible characters, written with
// letters of another alphabet that look Latin, with a space or a point between the letters, or broken at the end of a line. A word that is only
// similar is another word: "secret" is found in "secrets" and "secrète", not in "secrétaire".

// Text is words made ready to be looked for.
type Text struct {
	plain  string // every letter as it is
	looks  string // letters of other alphabets as the Latin ones that they look like
	spaced string // letters that stood one by one, put together
}

// TextOf makes ready everything that is read in a message: lines, each apart from the others.
func TextOf(lines ...string) Text {
	whole := unbroken(strings.Join(lines, "\n\n"))
	plain, looks := cut(whole, itself), cut(whole, latin)
	return Text{plain: padded(plain), looks: padded(looks), spaced: padded(spelled(looks))}
}

// OfName are the words of a file's name, in which a capital or a digit begins a word too: "NoteConfidentielle2.pdf".
func OfName(name string) string {
	var out strings.Builder
	last := ' '
	for _, r := range name {
		if unicode.IsLower(last) && unicode.IsUpper(r) || unicode.IsDigit(last) != unicode.IsDigit(r) {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
		last = r
	}
	return name + "\n\n" + out.String()
}

// IsWord reports whether there is anything in a text that can be looked for.
func IsWord(text string) bool { return len(cut(text, itself)) > 0 }

// Says reports whether a word, or words in their order, stand in the text.
func (t Text) Says(word string) bool {
	plain := whole(cut(word, itself))
	if plain == "" {
		return false
	}
	if stands(t.plain, plain) {
		return true
	}
	// Capitals of another alphabet look Latin where their small letters do not, so the word is tried in each case.
	for _, spelling := range []string{word, strings.ToLower(word), strings.ToUpper(word)} {
		looks := cut(spelling, latin)
		letters := strings.Join(looks, "")
		if stands(t.looks, whole(looks)) || utf8.RuneCountInString(letters) >= fewest && strings.Contains(t.spaced, letters) {
			return true
		}
	}
	return false
}

// whole joins the words of a rule; one that was spelled letter by letter is one word.
func whole(words []string) string {
	if one := spelled(words); len(one) == 1 && len(words) == utf8.RuneCountInString(one[0]) {
		return one[0]
	}
	return strings.Join(words, " ")
}

func padded(words []string) string { return " " + strings.Join(words, " ") + " " }

// endings are what may follow a word that is still the same word, in French and in English.
var endings = []string{"", "s", "x", "e", "es", "le", "les", "ne", "nes"}

// stands reports whether a word stands in a text. Words in Latin letters stand whole but for their endings; other scripts write other words without
// a space before them, or change the ends.
func stands(text, word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	if !unicode.Is(unicode.Latin, first) && !unicode.IsDigit(first) {
		return strings.Contains(text, word)
	}
	for rest := text; ; {
		_, after, found := strings.Cut(rest, " "+word)
		if !found {
			return false
		}
		ending, _, _ := strings.Cut(after, " ")
		if slices.Contains(endings, ending) {
			return true
		}
		rest = after
	}
}

// fewest is how many letters that stand one by one may be a word.
const fewest = 3

// spelled puts together letters that stand one by one; everything else is left out.
func spelled(words []string) (out []string) {
	for i := 0; i < len(words); {
		j := i
		for j < len(words) && isLetter(words[j]) {
			j++
		}
		if j-i >= fewest {
			out = append(out, strings.Join(words[i:j], ""))
		}
		i = max(j, i+1)
	}
	return out
}

// isLetter reports one letter that stands by itself.
func isLetter(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && unicode.IsLetter(r)
}

// broken is where a word goes on on the next line.
var broken = regexp.MustCompile("[-\u2010\u00AD][ \\t]*\r?\n[ \\t]*")

// unbroken adds, where words were broken at the ends of lines, the text with the whole of them.
func unbroken(text string) string {
	if joined := broken.ReplaceAllLiteralString(text, ""); joined != text {
		return text + "\n\n" + joined
	}
	return text
}

// cut gives the words of a text, folded letter by letter.
func cut(text string, as func(rune) rune) (words []string) {
	var word []byte
	end := func() {
		if len(word) > 0 {
			words, word = append(words, string(word)), word[:0]
		}
	}
	for _, r := range text {
		switch {
		case invisible(r):
		case r < utf8.RuneSelf && !isWordByte(byte(r)):
			end()
		default:
			for _, folded := range fold(r, as) {
				if unicode.IsLetter(folded) || unicode.IsDigit(folded) {
					word = utf8.AppendRune(word, folded)
				} else if !invisible(folded) {
					end()
				}
			}
		}
	}
	end()
	return words
}

func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// invisible reports a character that nobody sees or that only marks another: format characters, combining marks, and what UAX #44 lets a program
// leave out of sight.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// fold is a letter without case, accents and width (the compatibility form of UAX #15), each as it is taken for.
func fold(r rune, as func(rune) rune) string {
	if r < utf8.RuneSelf {
		return string(unicode.ToLower(r))
	}
	if alike := as(r); alike != r {
		return string(alike)
	}
	if one, known := spellings[unicode.ToLower(r)]; known {
		return one
	}
	var out []rune
	for _, part := range norm.NFKD.String(string(r)) {
		if !invisible(part) {
			out = append(out, folded(as(part))...)
		}
	}
	return string(out)
}

// folded is the small form of a letter; the orbit of unicode.SimpleFold makes one of the forms that fold together.
func folded(r rune) []rune {
	if one, known := spellings[unicode.ToLower(r)]; known {
		return []rune(one)
	}
	least := unicode.ToLower(r)
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		if small := unicode.ToLower(next); small < least {
			least = small
		}
	}
	return []rune{least}
}

// spellings are Latin letters that do not come apart into one and an accent.
var spellings = map[rune]string{'æ': "ae", 'œ': "oe", 'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l", 'ħ': "h", 'ı': "i", 'ŧ': "t", 'ŋ': "n"}

func itself(r rune) rune { return r }

// latin is the small Latin letter for which a letter is taken by who reads it, or the letter itself.
func latin(r rune) rune {
	if alike, known := alikes[r]; known {
		return alike
	}
	return r
}

// alikes are the letters of Cyrillic, Greek and Armenian, and the phonetic ones, that look like one Latin letter, capital or small: from the single
// letters of these alphabets among the confusable characters of Unicode (UTS #39 §4, confusables.txt), and the small capitals.
var alikes = func() map[rune]rune {
	table := map[rune]rune{}
	for _, row := range []struct {
		latin   rune
		letters string
	}{
		{'a', "АаΑαɑᴀ"}, {'b', "ВвЬΒʙ"}, {'c', "СсϹϲᴄ"}, {'d', "ԁᴅ"}, {'e', "ЕеҽΕᴇ"}, {'f', "Ϝƒꜰ"}, {'g', "Ԍցɡɢ"}, {'h', "НнһΗհʜ"},
		{'i', "ІіӀΙιɩɪı"}, {'j', "ЈјϳͿյᴊ"}, {'k', "КкΚκĸᴋ"}, {'l', "ӏʟ"}, {'m', "МмΜϺᴍ"}, {'n', "пΝոռɴ"}, {'o', "ОоΟοσՕօᴏ"}, {'p', "РрΡρϱᴘ"},
		{'q', "Ԛԛգզ"}, {'r', "гᴦʀ"}, {'s', "ЅѕՏꜱ"}, {'t', "ТтΤτᴛ"}, {'u', "υՍսᴜʋ"}, {'v', "Ѵѵνᴠ"}, {'w', "Ԝԝѡաᴡ"}, {'x', "ХхΧχ"}, {'y', "УуҮүΥγʏ"}, {'z', "Ζᴢ"},
	} {
		for _, letter := range row.letters {
			table[letter] = row.latin
		}
	}
	return table
}()
