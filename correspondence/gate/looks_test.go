package gate_test

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"chancery/correspondence/gate"
)

// wide is a text in full-width letters.
func wide(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r + 0xFEE0
		}
		return r
	}, text)
}

func TestWordsAreFoundHoweverTheyLook(t *testing.T) {
	for text, word := range map[string]string{
		"note confidentielle":            "confidentiel",
		"CONFIDENTIELS":                  "confidentiel",
		"confi\u200Bdentiel":             "confidentiel",
		"con\u2060fi\u00ADden\uFE0Ftiel": "confidentiel",
		"confi\u034Fdent\u3164iel":       "confidentiel",
		wide("Confidentiel"):             "confidentiel",
		"c\u0301o\u0308nfidentiel":       "confidentiel",
		"соnfidеntiеl":                   "confidentiel", // Cyrillic о, с and е
		"СОΝFΙDЕΝΤΙЕL":                   "confidentiel", // Cyrillic and Greek capitals
		"ᴄᴏɴꜰɪᴅᴇɴᴛɪᴇʟ":                   "confidentiel",
		"𝐜𝐨𝐧𝐟𝐢𝐝𝐞𝐧𝐭𝐢𝐞𝐥 ou ⓒⓞⓝⓕⓘⓓⓔⓝⓣⓘⓔⓛ": "confidentiel",
		"C O N F I D E N T I E L":                  "confidentiel",
		"document c.o.n.f.i.d.e.n.t.i.e.l.":        "confidentiel",
		"d o c u m e n t c-o-n-f-i-d-e-n-t-i-e-l":  "confidentiel",
		"c\u00A0o\u2009n\u3000f i d e n t i e l":   "confidentiel",
		"un texte confi-\n   dentiel":              "confidentiel",
		"À  NE\nPAS   DIFFUSER":                    "ne pas diffuser",
		"n e p a s d i f f u s e r":                "ne pas diffuser",
		"selon l'O.N.U.":                           "ONU",
		"selon l’ONU":                              "O.N.U.",
		"écœurant":                                 "ecoeurant",
		"STRASSE":                                  "Straße",
		"СЕКРЕТНО":                                 "секретно",
		"СEKPETHO in Latin":                        "секретно",
		"совсекретно":                              "секретно",
		"这是机密文件":                                   "机密",
		"السري":                                    "سري",
		gate.OfName("NoteConfidentielle2.pdf"):     "confidentiel",
		gate.OfName("note_confidentiel-v2.pdf"):    "confidentiel",
		gate.OfName("2026confidentiel.pdf"):        "confidentiel",
		"une mention secrète":                      "secret",
		strings.Repeat("a ", 10_000) + "le secret": "secret",
	} {
		if !gate.TextOf(text).Says(word) {
			t.Errorf("%q is not found in %.60q", word, text)
		}
	}
}

func TestWhatIsOnlySimilarIsNotFound(t *testing.T) {
	for text, word := range map[string]string{
		"le secrétaire général":  "secret",
		"en toute confiance":     "confidentiel",
		"confident":              "confidentiel",
		"il se retire":           "tir",
		"le petit rire":          "tir",
		"ne pas le diffuser":     "ne pas diffuser",
		"colonnes a, b et c":     "abc",
		"x y":                    "xy",
		"Jean-\nPierre":          "jean-paul",
		"rien":                   "*** ",
		"":                       "secret",
		"c o n fidentiel":        "confidentiel",
		"confidentiellement dit": "confidentiel",
	} {
		if gate.TextOf(text).Says(word) {
			t.Errorf("%q is found in %q", word, text)
		}
	}
	if gate.IsWord(" *\u200B* ") || !gate.IsWord("é") || !gate.IsWord("密") {
		t.Error("what is a word")
	}
}

// disguises are ways to write a letter that a reader does not tell from it, or hardly.
var disguises = map[rune][]string{'a': {"а", "А", "α", "á", "ａ", "A"}, 'c': {"с", "С", "ç", "ｃ"}, 'e': {"е", "Ε", "é", "Ｅ"}, 'i': {"і", "ι", "ï", "I"}, 'o': {"о", "Ο", "ο", "ø", "𝗼"},
	'p': {"р", "Ρ", "ᴘ"}, 's': {"ѕ", "Ѕ", "ſ"}, 't': {"Т", "τ", "ᴛ"}, 'x': {"х", "Χ", "ⅹ"}, 'n': {"Ν", "ո", "ñ"}, 'd': {"ԁ", "Ď"}}

// TestADisguisedWordIsFound dresses a word up in every way at once, somewhere in other words.
func TestADisguisedWordIsFound(t *testing.T) {
	unseen := []string{"", "", "", "\u200B", "\u200D", "\u2060", "\uFEFF", "\u00AD", "\u034F", "\u202E", "\uFE00", "\u0301", "\U000E0041"}
	gaps := []string{"", "", " ", ".", "-", "\u00A0", "_"}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{3,14}`).Draw(t, "word")
		gap := rapid.SampledFrom(gaps).Draw(t, "gap")
		var dressed []string
		for _, r := range word {
			one := string(r)
			if ways := disguises[r]; len(ways) > 0 && rapid.Bool().Draw(t, "dressed") {
				one = rapid.SampledFrom(ways).Draw(t, "way")
			}
			dressed = append(dressed, one+rapid.SampledFrom(unseen).Draw(t, "unseen"))
		}
		text := strings.Join(dressed, gap)
		if rapid.Bool().Draw(t, "composed") {
			text = norm.NFC.String(text)
		}
		text = rapid.SampledFrom([]string{"", "une note ", "(", "Objet : "}).Draw(t, "before") + text + rapid.SampledFrom([]string{"", " suit", ".", ")", "\n"}).Draw(t, "after")
		if !gate.TextOf(text).Says(word) {
			t.Fatalf("%q is not found in %q", word, text)
		}
	})
}

// TestOtherWordsAreNotFound asks a text of words for one that is not among them.
func TestOtherWordsAreNotFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z]{2,10}`), 0, 20).Draw(t, "words")
		asked := rapid.StringMatching(`[a-z]{3,10}`).Draw(t, "asked")
		there := false
		for _, w := range words {
			rest, begins := strings.CutPrefix(w, asked)
			there = there || begins && strings.Contains("|s|x|e|es|le|les|ne|nes||", "|"+rest+"|")
		}
		if got := gate.TextOf(strings.Join(words, " ")).Says(asked); got != there {
			t.Fatalf("%q in %q: %v", asked, words, got)
		}
	})
}

func FuzzAWordIsFoundInItself(f *testing.F) {
	for _, seed := range []string{"confidentiel", "O.N.U.", "ne pas diffuser", "секретно", "机密", "⒞onfidentiel", "İ", "ß", "a\u0301\u200B", "\xff", "ΌΣΟΣ", "ﷺ", "한국어", "x-\ny"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		// A text of the house is UTF-8 in NFC.
		word = norm.NFC.String(strings.ToValidUTF8(word, "\uFFFD"))
		if len(word) > 200 || strings.ContainsAny(word, "\n\r") {
			return
		}
		found := gate.TextOf("avant\n" + word + "\naprès").Says(word)
		if found != gate.IsWord(word) {
			t.Errorf("%q is found in itself: %v", word, found)
		}
		if unicode.IsUpper([]rune(word + "a")[0]) && gate.IsWord(word) && !gate.TextOf(strings.ToLower(word)).Says(word) {
			t.Errorf("%q is not found in small letters", word)
		}
	})
}
