package web

import (
	"bufio"
	"net/url"
	"os"
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

// TestTextNeverBecomesMarkup: a payload in every text field of a message gives a page of the same shape as a harmless word.
func TestTextNeverBecomesMarkup(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", habilitation.Restricted)
	write := func(text string) string {
		form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, text)
		form.Summary, form.Text, form.Comment, form.References = text, text, text, []string{text}
		form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", l.Clock.Now().AddDate(0, 1, 0).Format("2006-01-02"), text
		draft, err := l.As("marie").NewDraft(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		return draft.ID.String()
	}
	pages := func(id, text string) map[string]string {
		return map[string]string{"sheet": "/drafts/" + id, "search": "/search?q=" + url.QueryEscape(`"`+strings.ReplaceAll(text, `"`, "'")+`"`),
			"sign-in": "/sign-in?next=" + url.QueryEscape(text), "tags": "/tags?q=" + url.QueryEscape(text), "reference": "/compose?reference=" + url.QueryEscape(text)}
	}
	harmless := map[string]string{}
	for name, path := range pages(write("mot inoffensif"), "mot inoffensif") {
		harmless[name] = shape(marie.get(path).document())
	}
	for _, payload := range payloads(t) {
		id := write(payload)
		for name, path := range pages(id, payload) {
			answer := marie.get(path)
			if got := shape(answer.document()); got != harmless[name] && name != "tags" {
				t.Errorf("%s changes its shape with %q", name, payload)
			}
			checkScripts(t, answer.document(), answer.Header.Get("Content-Security-Policy"))
		}
		if err := l.As("marie").DiscardDraft(t.Context(), must(habilitation.ParseID(id))); err != nil {
			t.Fatal(err)
		}
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
