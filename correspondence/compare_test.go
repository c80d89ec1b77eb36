package correspondence

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWordsAreCompared(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"le chat dort", "le chat dort", "le chat dort"},
		{"le chat dort", "le chien dort", "le [-chat][+chien] dort"},
		{"", "tout neuf", "[+tout neuf]"},
		{"tout parti", "", "[-tout parti]"},
		{"a b c d", "a c d e", "a [-b ]c d[+ e]"},
		{"un\ndeux", "un\ntrois\ndeux", "un\n[+trois\n]deux"},
	} {
		var got strings.Builder
		for _, run := range compareWords(c.from, c.to) {
			fmt.Fprint(&got, map[string]string{Same: "", Gone: "[-", New: "[+"}[run.Kind], run.Text, map[string]string{Same: "", Gone: "]", New: "]"}[run.Kind])
		}
		if got.String() != c.want {
			t.Errorf("%q to %q: %q, want %q", c.from, c.to, got.String(), c.want)
		}
	}
}

// TestBothTextsStandInTheDifference reads each text back out of the runs, and expects nothing to be shown as changed that need not be.
func TestBothTextsStandInTheDifference(t *testing.T) {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", " ", "\n", "é"}), 0, 40)
	rapid.Check(t, func(t *rapid.T) {
		from, to := strings.Join(words.Draw(t, "from"), ""), strings.Join(words.Draw(t, "to"), "")
		readBack(t, from, to, compareWords(from, to))
	})
	readBack(t, strings.Repeat("un mot ", 9000), strings.Repeat("autre chose\n", 9000), compareWords(strings.Repeat("un mot ", 9000), strings.Repeat("autre chose\n", 9000)))
}

func readBack(t interface {
	Fatalf(string, ...any)
}, from, to string, runs []DifferenceRun) {
	var before, after strings.Builder
	for i, run := range runs {
		if run.Kind != New {
			before.WriteString(run.Text)
		}
		if run.Kind != Gone {
			after.WriteString(run.Text)
		}
		if i > 0 && runs[i-1].Kind == run.Kind || run.Text == "" {
			t.Fatalf("%q to %q: run %d of %+v stands apart for nothing", from, to, i, runs)
		}
	}
	if before.String() != from || after.String() != to {
		t.Fatalf("%q to %q: the runs read %q and %q", from, to, before.String(), after.String())
	}
	if from == to && len(runs) > 1 {
		t.Fatalf("%q is compared with itself as %+v", from, runs)
	}
}

func TestFormsAreComparedFieldByField(t *testing.T) {
	from := Form{Kind: "note", Subject: "Pluies", Action: []FormAddressee{{Group: "dam"}}, Attachments: []FormAttachment{{Name: "carte.pdf", Size: 3, SHA512: "aa"}}}
	to := from
	to.Subject, to.Action = "Pluies fortes", append(from.Action, FormAddressee{Group: "sante", Instruction: "Répondre"})
	to.Corrects = &FormCorrection{Message: "TD DAM 1", How: "cancels"}
	got := fmt.Sprint(compareForms(from, to))
	for _, want := range []string{"{subject [{same Pluies} {new  fortes}]}", "{action [{same dam} {new \nsante · Répondre}]}", "corrects"} {
		if !strings.Contains(got, want) {
			t.Errorf("compared as %s, want %s in it", got, want)
		}
	}
	if len(compareForms(from, from)) != 0 {
		t.Error("a form differs from itself")
	}
}
