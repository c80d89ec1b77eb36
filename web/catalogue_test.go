package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sentences reads a catalogue as it lies.
func sentences(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("locales/active." + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

var gap = regexp.MustCompile(`{{\.\w+}}|{n}`)

// gaps is what a sentence leaves to be filled, in every plural form.
func gaps(sentence any) []string {
	forms, plural := sentence.(map[string]any)
	if !plural {
		found := gap.FindAllString(sentence.(string), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	var found []string
	for _, form := range forms {
		found = append(found, gap.FindAllString(form.(string), -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestCataloguesSayTheSame(t *testing.T) {
	french, english := sentences(t, "fr"), sentences(t, "en")
	for key := range english {
		if _, ok := french[key]; !ok {
			t.Errorf("%s is English only", key)
		}
	}
	for key, sentence := range french {
		other, ok := english[key]
		if !ok {
			t.Errorf("%s is French only", key)
			continue
		}
		if !slices.Equal(gaps(sentence), gaps(other)) {
			t.Errorf("%s: gaps %v and %v", key, gaps(sentence), gaps(other))
		}
		wantForms(t, key, sentence, "one", "many", "other")
		wantForms(t, key, other, "one", "other")
	}
}

// wantForms: a sentence that counts has exactly the plural forms that CLDR gives its language.
func wantForms(t *testing.T, key string, sentence any, want ...string) {
	t.Helper()
	forms, plural := sentence.(map[string]any)
	if !plural {
		if strings.Contains(sentence.(string), "{{.Count}}") {
			t.Errorf("%s counts without plural forms", key)
		}
		return
	}
	for _, form := range want {
		if text, ok := forms[form].(string); !ok || text == "" {
			t.Errorf("%s has no form %q", key, form)
		}
	}
	if len(forms) != len(want) {
		t.Errorf("%s has %d forms, want %v", key, len(forms), want)
	}
}

// TestFrenchKeepsItsSpaces: no line may break before a double mark or inside quotation marks.
func TestFrenchKeepsItsSpaces(t *testing.T) {
	raw, err := os.ReadFile("locales/active.fr.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		_, sentence, _ := strings.Cut(line, `": "`)
		if regexp.MustCompile(` [:;?!»]|« |'`).MatchString(sentence) {
			t.Errorf("breaking space or straight apostrophe: %s", line)
		}
	}
}

// sources of this package, without tests and what templ writes.
func ownSources(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	for _, pattern := range []string{"*.go", "*.templ", "paper/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources[name] = string(raw)
		}
	}
	return sources
}

// TestEveryKeyIsUsed: a key stands in the code whole, or its beginning does where keys are put together.
func TestEveryKeyIsUsed(t *testing.T) {
	var code strings.Builder
	for _, source := range ownSources(t) {
		code.WriteString(source)
	}
	known := sentences(t, "fr")
	for _, use := range regexp.MustCompile(`\bT\("([a-z][a-z.-]+[a-z])"[,)]`).FindAllStringSubmatch(code.String(), -1) {
		if _, ok := known[use[1]]; !ok {
			t.Errorf("%s is used and not in the catalogue", use[1])
		}
	}
	for key := range known {
		used := strings.Contains(code.String(), `"`+key+`"`) || strings.Contains(code.String(), `"`+strings.TrimSuffix(key, "-long")+`"`)
		for at, letter := range key {
			used = used || (letter == '.' || letter == '-') && strings.Contains(code.String(), `"`+key[:at+1]+`"`)
		}
		if !used {
			t.Errorf("%s is in the catalogue and not used", key)
		}
	}
}

var (
	expression = regexp.MustCompile(`{[^{}]*(?:{[^{}]*}[^{}]*)*}`)
	markup     = regexp.MustCompile(`<[^>]*>`)
	statement  = regexp.MustCompile(`^\s*(@|if |for |switch |case |default:|}|//|package |import |"|\)|templ |<!|.*:= )`)
	letters    = regexp.MustCompile(`\p{L}{2,}`)
)

// TestNoLiteralTextInTemplates: every word that a reader sees comes from a catalogue. The names of languages are written in their own.
func TestNoLiteralTextInTemplates(t *testing.T) {
	for name, source := range ownSources(t) {
		if !strings.HasSuffix(name, ".templ") {
			continue
		}
		for _, mistake := range []string{"templ.Raw", "SafeURL", "style=", "onclick", "javascript:"} {
			if strings.Contains(source, mistake) {
				t.Errorf("%s: %s", name, mistake)
			}
		}
		source = regexp.MustCompile(`(?s)<(input|select|textarea|form|button|body|span)\s*\n.*?\n\t*>`).ReplaceAllString(source, "")
		for i, line := range strings.Split(source, "\n") {
			if statement.MatchString(line) {
				continue
			}
			rest := markup.ReplaceAllString(expression.ReplaceAllString(line, ""), "")
			rest = strings.NewReplacer("Français", "", "English", "", "SHA-512", "").Replace(rest)
			if letters.MatchString(rest) {
				t.Errorf("%s:%d: literal text %q", name, i+1, strings.TrimSpace(rest))
			}
		}
	}
}

func TestWordsOfALanguage(t *testing.T) {
	c, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	fr, en := c.in("fr"), c.in("en")
	for _, row := range []struct{ got, want string }{
		{fr.T("teleprinter.unread", "Count", 0), "0 message non lu"},
		{fr.T("teleprinter.unread", "Count", 1), "1 message non lu"},
		{fr.T("teleprinter.unread", "Count", 12345), "12\u202f345 messages non lus"},
		{fr.T("teleprinter.unread", "Count", 1000000), "1\u202f000\u202f000 de messages non lus"},
		{en.T("teleprinter.unread", "Count", 0), "0 unread messages"},
		{en.T("teleprinter.unread", "Count", 12345), "12,345 unread messages"},
		{fr.Number(-1234), "-1\u202f234"},
		{fr.Date(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)), "1er août 2026"},
		{en.DateTime(time.Date(2026, 8, 1, 9, 5, 0, 0, time.UTC)), "1 August 2026 at 09:05"},
		{fr.Month("2026-02"), "février 2026"},
		{fr.Month("soon"), "soon"},
		{fr.Size(999), "999\u00a0o"},
		{en.Size(1_234_567), "1\u00a0MB"},
	} {
		if row.got != row.want {
			t.Errorf("%q, want %q", row.got, row.want)
		}
	}
}

// TestLanguageIsChosen: what the reader chose, else what the browser prefers, else French.
func TestLanguageIsChosen(t *testing.T) {
	l := newLodge(t)
	for _, c := range []struct{ chosen, accepted, want string }{
		{"", "", "fr"}, {"", "en-GB,en;q=0.9", "en"}, {"", "de-DE", "fr"}, {"", "de, en;q=0.5", "en"}, {"fr", "en", "fr"}, {"en", "fr", "en"}, {"xx", "en", "en"},
	} {
		v := l.stranger()
		v.cookies[languageCookie] = c.chosen
		v.headers["Accept-Language"] = c.accepted
		if got := attribute(all(v.get("/sign-in").document(), "html")[0], "lang"); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
