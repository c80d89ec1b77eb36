package correspondence

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"plain":                          "plain",
		"e\u0301te\u0301":                "été",
		"a\r\nb\rc\nd":                   "a\nb\nc\nd",
		"a\vb\fc\u0085d\u2028e\u2029f":   "a\nb\nc\nd\ne\nf",
		"a \t\nb\u00a0\n\n c\n \n\n":     "a\nb\n\n c",
		"col\tcol":                       "col\tcol",
		"nul\x00 esc\x1b del\x7f \u009b": "nul esc del",
		"pay \u202eyap\u202c \u2066x\u2069\u200f\u200e\u061c.": "pay yap x.",
		"\ufeffbad \xff utf8 \xc3":                             "bad \ufffd utf8 \ufffd",
		"non\ufffecharacter\U0001ffff":                         "noncharacter",
		"e\u202e\u0301":                                        "é",
		"👩\u200d🚀 می\u200cخواهم":                               "👩\u200d🚀 می\u200cخواهم",
	} {
		if got := CleanText(text); got != want {
			t.Errorf("canonical text of %q: %q, want %q", text, got, want)
		}
	}
}

func TestCanonicalLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"Objet : crues":             "Objet : crues",
		"  two\r\nlines\tand  gap ": "two lines and gap",
		"Objet\u00a0: crues\u2028":  "Objet\u00a0: crues",
		"a\r\nBcc: b":               "a Bcc: b",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("canonical line of %q: %q, want %q", text, got, want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"a \r\n\tb\x00", "e\u0301\u202e", "\xff\ufeff", " \u0301", "\u1100\u1161", "a\n\u00a0\n\u0301", strings.Repeat("\u0301", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, line := CleanText(text), OneLine(text)
		for name, form := range map[string]string{"text": whole, "line": line} {
			if !utf8.ValidString(form) || !norm.NFC.IsNormalString(form) {
				t.Fatalf("canonical %s of %q: %q is not UTF-8 in NFC", name, text, form)
			}
			if bad := strings.IndexFunc(form, func(r rune) bool {
				return unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\n' && r != '\t'
			}); bad >= 0 {
				t.Fatalf("canonical %s of %q: %q has a control character", name, text, form)
			}
			for part := range strings.SplitSeq(form, "\n") {
				if part != strings.TrimRightFunc(part, unicode.IsSpace) {
					t.Fatalf("canonical %s of %q: %q has a blank at a line's end", name, text, form)
				}
			}
		}
		if again := CleanText(whole); again != whole {
			t.Fatalf("canonical text of %q: %q, and of that %q", text, whole, again)
		}
		if again := OneLine(line); again != line || strings.ContainsAny(line, "\n\t") || strings.Contains(line, "  ") {
			t.Fatalf("canonical line of %q: %q, and of that %q", text, line, again)
		}
	})
}
