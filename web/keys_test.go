package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// foundIn gives what the expression's group names in the text.
func foundIn(text, expression string) (found []string) {
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// TestNoButtonTakesAKeyOfTheLists: a key that leads through a list does nothing else on any page, and the help names every key of a button.
func TestNoButtonTakesAKeyOfTheLists(t *testing.T) {
	script, err := os.ReadFile("assets/app.js")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(script), "const acts = {")
	acts, _, _ := strings.Cut(after, "\n};")
	lists := append(foundIn(acts, `(?m)^  "?([^\s":]+)"?: \(`), foundIn(string(script), `event\.key === "(.)"`)...)
	for _, key := range []string{"j", "k", "o", "/", "?", "g"} {
		if !slices.Contains(lists, key) {
			t.Fatalf("the keys of the lists, %q, lack %s", lists, key)
		}
	}
	pages, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	var buttons, help []string
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		buttons = append(buttons, foundIn(string(text), `data-key="(.)"`)...)
		buttons = append(buttons, foundIn(string(text), `@reasonedAct\(.*, "(.)"\)`)...)
		help = append(help, foundIn(string(text), `@helpKey\("(.)"`)...)
	}
	for _, key := range quickKeys {
		buttons = append(buttons, key)
	}
	if len(buttons) < 9 {
		t.Fatalf("the keys of buttons are %q only", buttons)
	}
	for _, key := range buttons {
		if slices.Contains(lists, key) {
			t.Errorf("a button takes %s, a key of the lists", key)
		}
		if !slices.Contains(help, key) {
			t.Errorf("the help does not name %s", key)
		}
	}
}
