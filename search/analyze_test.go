package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"chancery/search"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func folded(text string) []string {
	var out []string
	for _, token := range search.Tokens(text) {
		out = append(out, token.Folded)
	}
	return out
}

func TestTokens(t *testing.T) {
	cases := []struct{ text, want string }{
		{"Haïti, HAITI", "haiti haiti"},
		{"cote, côte, coté, côté", "cote cote cote cote"},
		{"Noël noe\u0308l", "noel noel"}, // composed and decomposed
		{"œuvre ŒUVRE æther Straße", "oeuvre oeuvre aether strasse"},
		{"L'accord qu’il l’Élysée jusqu'alors", "accord il elysee alors"},
		{"Iran's the treaties' end", "iran the treaties end"},
		{"aujourd'hui don't", "aujourd hui don t"},
		{"O.N.U., ONU, U.S. policy, M. Dupont", "onu onu us policy m dupont"},
		{"Royaume-Uni porte-parole", "royaume uni porte parole"},
		{"TD ROME 1234 rome1234", "td rome 1234 rome1234"},
		{"ﬁn ſi №", "fin si"},
		{"co\u00ADopération", "cooperation"},
		{"Москва Αθήνα", "москва αθήνα"},
		{"…—'’\"«»", ""},
		{"n° 5 nº 6", "n 5 no 6"},
		{strings.Repeat("é", 100), strings.Repeat("e", 64)},
	}
	for _, c := range cases {
		if got := strings.Join(folded(c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestLatinIsUnicode compares the written table with the decompositions of Unicode, except where a letter does not decompose.
func TestLatinIsUnicode(t *testing.T) {
	for r := rune(0xC0); r < 0x250; r++ {
		compareFold(t, r)
	}
	for r := rune(0x1E00); r < 0x1F00; r++ {
		compareFold(t, r)
	}
}

func compareFold(t *testing.T, r rune) {
	t.Helper()
	var want []rune
	for _, part := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, part) && (unicode.IsLetter(part) || unicode.IsDigit(part)) {
			want = append(want, unicode.ToLower(part))
		}
	}
	decomposed := strings.IndexFunc(string(want), func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	if got := search.Fold(string(r)); decomposed && got != string(want) && !strings.ContainsRune("Ŀŀŉſẛ", r) {
		t.Errorf("%c folds to %q, Unicode has %q", r, got, string(want))
	}
}

// TestFormsMeet indexes one form in a message of either language, or of none, and asks for the other.
func TestFormsMeet(t *testing.T) {
	cases := []struct{ language, written, asked string }{
		{"fr", "journaux", "journal"}, {"fr", "journal", "journaux"}, {"fr", "nationales", "national"}, {"fr", "européenne", "européens"},
		{"fr", "françaises", "français"}, {"fr", "culturelles", "culturel"}, {"fr", "administratives", "administratif"}, {"fr", "bateaux", "bateau"},
		{"fr", "traités", "traité"}, {"fr", "ministres", "ministre"}, {"fr", "armées", "armée"},
		{"en", "countries", "country"}, {"en", "processes", "process"}, {"en", "treaties", "treaty"}, {"en", "taxes", "tax"}, {"en", "ministers", "minister"},
		{"", "journaux", "journal"}, {"", "countries", "country"}, {"de", "accords", "accord"},
		{"en", "Haïti", "haiti"}, {"fr", "O.N.U.", "onu"},
	}
	for _, c := range cases {
		if !meets(c.language, c.written, c.asked) || !meets(c.language, c.asked, c.written) {
			t.Errorf("in %q, %s and %s do not meet", c.language, c.written, c.asked)
		}
	}
	for _, apart := range [][2]string{{"armée", "arme"}, {"pays", "paysan"}, {"accord", "accordéon"}, {"mali", "malien"}} {
		if meets("fr", apart[0], apart[1]) {
			t.Errorf("%s is taken for %s", apart[0], apart[1])
		}
	}
}

func meets(language, written, asked string) bool {
	var terms search.Terms
	terms.Read(&search.Document{Language: language, Text: written})
	return slices.ContainsFunc(search.Stems(search.Fold(asked)), func(stem string) bool { return terms.Stems[stem] > 0 })
}

func TestNumbers(t *testing.T) {
	cases := []struct {
		number, asked string
		want          bool
	}{
		{"TD ROME 1234", "td rome 1234", true}, {"TD ROME 1234", "rome1234", true}, {"TD ROME 1234", "1234", true}, {"TD ROME 1234", "Rome N° 1234", true},
		{"TD ROME DR 87", "TD ROME DR 87", true}, {"TD ROME DR 87", "rome 87", true}, {"TD ROME DR 87", "rome-087", true},
		{"TD ROME 1234", "paris 1234", false}, {"TD ROME 1234", "234", false}, {"TD ROME 1234", "1234 rome", false}, {"TD ROME 1234", "rome", false},
		{"a b c d e f g 9", "g 9", true},
	}
	for _, c := range cases {
		if got := slices.Contains(search.NumberTerms(c.number), search.NumberTerm(c.asked)); got != c.want {
			t.Errorf("%q finds %q: %v", c.asked, c.number, got)
		}
	}
}

func TestPhraseInADocument(t *testing.T) {
	d := search.Document{Subject: "La force", Text: "publique. Une force publique, l'accord de Haïti", Names: []string{"Jeanne Dumas"}, Numbers: []string{"TD ROME 7"}}
	for phrase, want := range map[string]bool{"": false, "force publique": true, "accord de haiti": true, "la force publique": false, "jeanne dumas": true, "rome 7": true,
		"haiti jeanne": false, "une force": true, "publique une force publique accord": true} {
		if got := search.NewSuccession(strings.Fields(phrase)).In(&d); got != want {
			t.Errorf("%q: %v", phrase, got)
		}
	}
}

// TestSuccessionRepeatsItself: a phrase that begins again within itself is found where a beginning of it comes to nothing.
func TestSuccessionRepeatsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b"})
		words, text := rapid.SliceOfN(word, 1, 7).Draw(t, "words"), rapid.SliceOfN(word, 0, 30).Draw(t, "text")
		want := strings.Contains(" "+strings.Join(text, " ")+" ", " "+strings.Join(words, " ")+" ")
		if got := search.NewSuccession(words).In(&search.Document{Text: strings.Join(text, " ")}); got != want {
			t.Fatalf("%v in %v: %v", words, text, got)
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"a", "L'é", "O.N.U.", "ﬁ", "e\u0308", "\xff", "K", "İ", "a.b.", "'s", "qu’"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, token := range search.Tokens(text) {
			if token.Start < end || token.End <= token.Start || token.End > len(text) || token.Folded == "" || len(token.Folded) > 68 {
				t.Fatalf("token %+v after %d of %q", token, end, text)
			}
			end = token.End
			if again := folded(token.Folded); len(again) > 1 || len(again) == 1 && again[0] != token.Folded && len(token.Folded) <= 64 {
				t.Fatalf("%q folds to %q, which folds to %q", text[token.Start:token.End], token.Folded, again)
			}
			for _, stem := range search.Stems(token.Folded) {
				if stem == "" {
					t.Fatalf("%q has an empty stem", token.Folded)
				}
			}
		}
		words := folded(text)
		if len(words) > 0 && !search.NewSuccession(words).In(&search.Document{Text: text}) {
			t.Fatalf("%q does not contain itself", text)
		}
		search.NumberTerms(text)
	})
}
