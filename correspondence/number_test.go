package correspondence

import (
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
)

func TestNumberAsTheTradeWritesIt(t *testing.T) {
	for want, n := range map[string]Number{
		"TD BAMAKO 1234":     {Telegram, "BAMAKO", habilitation.Unprotected, 2026, 1234},
		"TD BAMAKO DR 12":    {Telegram, "BAMAKO", habilitation.Restricted, 2026, 12},
		"NOTE DAM 88":        {Note, "DAM", habilitation.Unprotected, 0, 88},
		"CF ARMEES PARIS 12": {Mail, "ARMEES PARIS", habilitation.Unprotected, 2026, 12},
		"":                   {},
	} {
		if got := n.String(); got != want {
			t.Errorf("%+v is %q, want %q", n, got, want)
		}
	}
	n := Number{Telegram, "ROME", habilitation.Restricted, 2026, 1234}
	if got := n.InYear(); got != "TD ROME DR 2026/1234" {
		t.Errorf("in its year %+v is %q", n, got)
	}
	if got := (Number{}).InYear(); got != "" {
		t.Errorf("no number in its year is %q", got)
	}
}

func TestParseNumberForgives(t *testing.T) {
	bamako := Number{Telegram, "BAMAKO", habilitation.Unprotected, 0, 1234}
	restricted := Number{Telegram, "BAMAKO", habilitation.Restricted, 0, 12}
	dated := Number{Telegram, "BAMAKO", habilitation.Unprotected, 2026, 1234}
	for text, want := range map[string]Number{
		"TD BAMAKO 1234":              bamako,
		"td bamako 1234":              bamako,
		"td bamako1234":               bamako,
		"  td\tBamako \u00a0\n 1234 ": bamako,
		"TD BAMAKO 01234":             bamako,
		"TD BAMAKO N° 1234":           bamako,
		"td bamako nº1234":            bamako,
		"TD BAMAKO \u2116 1234.":      bamako,
		"TD BAMAKO, 1234":             bamako,
		"TD BAMAKO-1234":              bamako,
		"TD BAMAKO 1234/2026":         dated,
		"TD BAMAKO 2026/1234":         dated,
		"(TD BAMAKO 1234/2026/)":      dated,
		"td bamako2026/1234":          dated,
		"TD BAMAKO 2026/2025":         {Telegram, "BAMAKO", habilitation.Unprotected, 2026, 2025},
		"TD BAMAKO DR 12":             restricted,
		"td bamako dr12":              restricted,
		"TD BAMAKO DR 2026/12":        {Telegram, "BAMAKO", habilitation.Restricted, 2026, 12},
		"td armées paris 82":          {Telegram, "ARMEES PARIS", habilitation.Unprotected, 0, 82},
		"TD NEW-YORK 7":               {Telegram, "NEW-YORK", habilitation.Unprotected, 0, 7},
		"TD PR4 12":                   {Telegram, "PR4", habilitation.Unprotected, 0, 12},
		"TD DR 12":                    {Telegram, "DR", habilitation.Unprotected, 0, 12},
		"note dam dr 88":              {Note, "DAM", habilitation.Restricted, 0, 88},
		"cf dam 12":                   {Mail, "DAM", habilitation.Unprotected, 0, 12},
		"TD B 18446744073709551615":   {Telegram, "B", habilitation.Unprotected, 0, 1<<64 - 1},
	} {
		if got, ok := ParseNumber(text); !ok || got != want {
			t.Errorf("read %q: %+v %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "TD", "TD 12", "BAMAKO 1234", "rome1234", "TD BAMAKO", "TD BAMAKO 0", "TD BAMAKO -", "TD BAMAKO 1234/12",
		"TD BAMAKO 1/2/3", "TD BAMAKO 18446744073709551616", "TD BAMAKO 2026/0", "TD BAMAKO 12 13x", "TD " + strings.Repeat("A ", 200) + "1"} {
		if got, ok := ParseNumber(text); ok {
			t.Errorf("read %q: %+v, want nothing", text, got)
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(uint8(1), "BAMAKO", false, 2026, uint64(1234))
	f.Add(uint8(2), "ARMEES PARIS", true, 0, uint64(1))
	f.Add(uint8(3), "DR", true, 1999, uint64(2000))
	f.Fuzz(func(t *testing.T, kind uint8, timbre string, restricted bool, year int, place uint64) {
		_, _ = ParseNumber(timbre) // any text at all
		everything := func(squashed string) (string, bool) { return squashed, squashed != "" }
		_ = FindRestrictedNumbers(timbre, everything)
		words := strings.Fields(strings.Map(timbreRune, strings.ToUpper(timbre)))
		if len(words) == 0 || len(words) > 4 || len(timbre) > 100 || len(words) > 1 && words[len(words)-1] == restrictedWord || place == 0 {
			return
		}
		n := Number{Kind: Kind(kind%3) + Telegram, Timbre: strings.Join(words, " "), Level: habilitation.Unprotected, N: place}
		if restricted {
			n.Level = habilitation.Restricted
		}
		if got, ok := ParseNumber(n.String()); !ok || got != n {
			t.Fatalf("%q read back: %+v %v, want %+v", n, got, ok, n)
		}
		if found := FindRestrictedNumbers("vu le "+n.String()+" et", timbresOf(n.Timbre)); restricted != slices.Contains(found, n.String()) {
			t.Fatalf("restricted numbers in a text that cites %q: %q", n, found)
		}
		if restricted && !mayCiteRestricted(n.Timbre+"\u00a0dr12") {
			t.Fatalf("%q is passed over", n)
		}
		if isYear(uint64(year)) {
			n.Year = year
		}
		if got, ok := ParseNumber(strings.ToLower(n.InYear())); !ok || got != n {
			t.Fatalf("%q read back: %+v %v, want %+v", n.InYear(), got, ok, n)
		}
	})
}

// timbreRune keeps what a timbre is made of; digits and kinds would make another number of some words.
func timbreRune(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r
	}
	return ' '
}

func TestFindRestrictedNumbers(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    nil,
		"Je me réfère au TD BAMAKO 1234.":     nil,
		"Je me réfère au TD BAMAKO DR 12.":    {"TD BAMAKO DR 12"},
		"cf. td bamako dr12, NOTE DAM DR 3":   {"TD BAMAKO DR 12", "NOTE DAM DR 3"},
		"(TD\nARMEES\nPARIS\nDR\nn° 82)":      {"TD ARMEES PARIS DR 82"},
		"TD BAMAKO DR 2026/12 puis DR 13":     {"TD BAMAKO DR 12"},
		"TD BAMAKO DR-12, TD BAMAKO DR 12":    {"TD BAMAKO DR 12"},
		"T\u00adD BAMA\u200bKO D\u2060R 12":   {"TD BAMAKO DR 12"},
		"ＴＤ ＢＡＭＡＫＯ ＤＲ １２":                     {"TD BAMAKO DR 12"},
		"TD BAMAKO ĎR 12":                     {"TD BAMAKO DR 12"},
		"TD BAMAKO DŘ 12":                     {"TD BAMAKO DR 12"},
		"TD BAMAKO ᴰᴿ 12":                     {"TD BAMAKO DR 12"},
		"TD BAMAKO d\u0307r 12":               {"TD BAMAKO DR 12"},
		"TD BAMAKO 1234 et TD NAIROBI DR 5":   {"TD NAIROBI DR 5"},
		"la mention DR est portée en tête":    nil,
		"le Dr Martin, 12 rue de la Paix":     nil,
		"TD un deux trois quatre cinq DR 12":  nil,
		"TD ADDIS ABEBA UNION AFRICAINE DR 9": {"TD ADDIS ABEBA UNION AFRICAINE DR 9"},
		"TD DR 12":                            nil,
		"TDBAMAKO DR3":                        {"TD BAMAKO DR 3"},
		"tdbamakodr3":                         {"TD BAMAKO DR 3"},
		"TD BAMAKO/DR/3":                      {"TD BAMAKO DR 3"},
		"TD BAMAKO 2026/DR 3":                 {"TD BAMAKO DR 3"},
		"TD BAMAKO 2026/DR/2026/3":            {"TD BAMAKO DR 3"},
		"TD BAMAKO DR 3/4":                    {"TD BAMAKO DR 3"},
		"TD BAMAKO D.R. 3":                    {"TD BAMAKO DR 3"},
		"bamako dr 3":                         {"BAMAKO DR 3"},
		"BAMAKODR3":                           {"BAMAKO DR 3"},
		"TD-ARMEES-PARIS-DR-4.pdf":            {"TD ARMEES PARIS DR 4"},
		"armées-Paris dr 4":                   {"ARMEES PARIS DR 4"},
		"Vu à Bamako. Dr 3 fois consulté":     nil,
		"la note du DR 12":                    nil,
		"un cadre de 12 mètres, le cadr 12":   nil,
	} {
		if got := FindRestrictedNumbers(text, timbresOf("BAMAKO", "DAM", "NAIROBI", "ARMEES PARIS", "ADDIS ABEBA UNION AFRICAINE")); !slices.Equal(got, want) {
			t.Errorf("restricted numbers in %q: %q, want %q", text, got, want)
		}
	}
}

func TestDateTimeGroup(t *testing.T) {
	paris := time.FixedZone("Paris", 2*60*60)
	if got := DTG(time.Date(2026, 7, 12, 15, 2, 59, 0, paris)); got != "121302Z JUL 26" {
		t.Errorf("date-time group %q", got)
	}
}

// timbresOf knows these timbres.
func timbresOf(timbres ...string) func(string) (string, bool) {
	return func(squashed string) (string, bool) {
		i := slices.IndexFunc(timbres, func(t string) bool { return SquashedTimbre(t) == squashed })
		if i < 0 {
			return "", false
		}
		return timbres[i], true
	}
}
