package web

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// payloads is a corpus of markup that ran as script somewhere once.
func payloads(t *testing.T) []string {
	t.Helper()
	file, err := os.Open("testdata/payloads.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	if len(all) < 200 {
		t.Fatalf("%d payloads, want 200 or more", len(all))
	}
	return all
}

// shape is every element of a page with the names of its attributes: text that becomes markup changes it.
func shape(page *html.Node) string {
	var s strings.Builder
	for _, n := range all(page, "") {
		s.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			s.WriteString(" " + a.Key)
		}
		s.WriteString(">")
	}
	return s.String()
}

// TestTextNeverBecomesMarkup: a payload in every text field of a draft, and in every page that says again what it was asked, gives a
// page of the same shape as a harmless word.
func TestTextNeverBecomesMarkup(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", habilitation.Restricted)
	everywhere := payloads(t)
	expect := func(name, path, want, payload string) string {
		answer := marie.get(path)
		page := answer.document()
		got := shape(page)
		if want != "" && got != want {
			t.Errorf("%s changes its shape with %q", name, payload)
		}
		checkScripts(t, page, answer.Header.Get("Content-Security-Policy"))
		return got
	}
	const word = "mot inoffensif"
	echoing := []struct{ name, path string }{{"sign-in", "/sign-in?next=%s"}, {"search", "/search?q=%%22%s%%22"}, {"tags", "/tags?q=%s"}, {"sheet", "/compose?reference=%s"}}
	for _, page := range echoing {
		asked := func(text string) string {
			return fmt.Sprintf(page.path, url.QueryEscape(strings.ReplaceAll(text, `"`, "'")))
		}
		want := expect(page.name, asked("zzz "+word), "", "")
		for _, payload := range everywhere {
			expect(page.name, asked("zzz "+payload), want, payload)
		}
	}
	sheet := func(texts []string) string {
		form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, texts[0])
		form.Summary, form.Text, form.Comment, form.References = texts[1], texts[2], texts[3], []string{texts[4]}
		form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", l.Clock.Now().AddDate(0, 1, 0).Format("2006-01-02"), texts[5]
		return "/drafts/" + must(l.As("marie").NewDraft(t.Context(), form)).ID.String()
	}
	const fields = 6
	want := expect("draft", sheet(slices.Repeat([]string{word}, fields)), "", "")
	for texts := range slices.Chunk(everywhere, fields) {
		texts = append(slices.Clone(texts), slices.Repeat([]string{word}, fields-len(texts))...)
		expect("draft", sheet(texts), want, strings.Join(texts, " | "))
	}
}

// TestSentTextNeverBecomesMarkup sends all payloads in one message and looks at every page that shows it.
func TestSentTextNeverBecomesMarkup(t *testing.T) {
	l := newLodge(t)
	marie, paul := l.visit("marie", habilitation.Restricted), l.visit("paul", habilitation.Restricted)
	everything := strings.Join(payloads(t), "\n\n")
	var shapes []string
	for _, text := range []string{strings.Repeat("mot\n\n", strings.Count(everything, "\n\n")) + "mot", everything} {
		form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Objet "+strings.SplitN(text, "\n", 2)[0])
		form.Text = text
		sent := l.As("marie").Dispatches(form)
		if _, err := l.As("theo").RequestToJoin(t.Context(), "dam", text[:min(len(text), 300)]); err != nil && !isConflict(err) {
			t.Fatal(err)
		}
		l.Settle()
		answer := paul.get("/messages/" + sent.ID.String()).wants(200)
		checkScripts(t, answer.document(), answer.Header.Get("Content-Security-Policy"))
		shapes = append(shapes, shape(answer.document()))
		for _, path := range []string{"/", "/search?q=alert", "/search?q=objet"} {
			answer := paul.get(path).wants(200)
			checkScripts(t, answer.document(), answer.Header.Get("Content-Security-Policy"))
			if len(all(answer.document(), "img"))+len(all(answer.document(), "iframe"))+len(all(answer.document(), "math")) > 0 {
				t.Errorf("%s: a payload became an element", path)
			}
		}
		requests := marie.get("/requests")
		checkScripts(t, requests.document(), requests.Header.Get("Content-Security-Policy"))
	}
	if shapes[0] != shapes[1] {
		t.Error("the message page changes its shape with its text")
	}
	original := paul.get("/api/v1/teleprinter")
	if strings.Contains(string(original.body), "<script") {
		t.Error("JSON is not escaped for a reader that sniffs")
	}
}

func isConflict(err error) bool {
	cause, _ := causeOf(err)
	return cause == correspondence.Conflict
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
