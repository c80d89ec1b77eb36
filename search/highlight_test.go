package search_test

import (
	"strings"
	"testing"

	"chancery/search"
)

// shown writes fragments with their marks in brackets and their cuts as dots.
func shown(fragments []search.Fragment) string {
	var out []string
	for _, f := range fragments {
		var text strings.Builder
		if f.Cut&search.CutBefore != 0 {
			text.WriteString("…")
		}
		for _, s := range f.Segments {
			if s.Marked {
				text.WriteString("[" + s.Text + "]")
			} else {
				text.WriteString(s.Text)
			}
		}
		if f.Cut&search.CutAfter != 0 {
			text.WriteString("…")
		}
		out = append(out, text.String())
	}
	return strings.Join(out, " | ")
}

func TestHighlight(t *testing.T) {
	d := search.Document{Language: "fr", Subject: "Haïti : journaux", Summary: "Rien.", Text: "L'accord de paix. <Les Accords> de Haïti, TD ROME 1234."}
	for query, want := range map[string]string{
		"journal":               "Haïti : [journaux]",
		"haiti accord":          "[Haïti] : journaux | L'[accord] de paix. <Les [Accords]> de [Haïti], TD ROME 1234.",
		`"accords de haïti"`:    "Haïti : journaux | L'accord de paix. <Les [Accords> de Haïti], TD ROME 1234.",
		`"de haiti" haiti`:      "[Haïti] : journaux | L'accord de paix. <Les Accords> [de Haïti], TD ROME 1234.",
		"jour*":                 "Haïti : [journaux]",
		"number:rome1234":       "Haïti : journaux | L'accord de paix. <Les Accords> de Haïti, TD [ROME] [1234].",
		"-haiti type:note":      "",
		"paix -accord le":       "Haïti : journaux | L'accord de [paix]. <Les Accords> de Haïti, TD ROME 1234.",
		"absent":                "Haïti : journaux",
		`"accord de la" absent`: "Haïti : journaux",
	} {
		q, err := search.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(search.Highlight(&d, q)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", query, got, want)
		}
	}
}

func TestHighlightChoosesTheRichestPiece(t *testing.T) {
	filler := strings.Repeat("é vide mot sans suite ", 40)
	d := search.Document{Language: "fr", Text: "accord " + filler + "accord de haïti " + filler + "haïti " + filler}
	q, err := search.ParseQuery("accord haiti")
	if err != nil {
		t.Fatal(err)
	}
	fragments := search.Highlight(&d, q)
	if len(fragments) != 2 || !strings.Contains(shown(fragments), "[accord] de [haïti]") {
		t.Errorf("shown: %s", shown(fragments))
	}
	for _, f := range fragments {
		var text string
		for _, s := range f.Segments {
			text += s.Text
		}
		if len(text) > 300 || !strings.Contains(d.Text, text) || strings.ContainsRune(text, '\uFFFD') {
			t.Errorf("piece of %d bytes: %q", len(text), text)
		}
	}
}

// TestDenseTextCostsOnce: a long text full of what was asked is gone through once, not once for each mark.
func TestDenseTextCostsOnce(t *testing.T) {
	words := strings.Fields("accord mission note crise sahel fleuve eau pont route paix visa culture")
	var text strings.Builder
	for i := range 20_000 {
		text.WriteString(words[i*i%len(words)] + " " + words[i%len(words)] + " ")
	}
	document := &search.Document{Language: "fr", Subject: "Sujet", Text: text.String()}
	query, err := search.ParseQuery(strings.Join(words, " "))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1, func() { search.Highlight(document, query) }); n > 1000 {
		t.Errorf("%v allocations for %d marks", n, 40_000)
	}
}
