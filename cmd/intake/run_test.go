package intake

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"chancery/cmd/assembly"
)

// swollen is a text longer than any that the mapping lets through: its letters take three times their room in what is kept.
var swollen = sync.OnceValue(func() string { return strings.Repeat("éèà ", 2<<20) })

// keepFour keeps four lines: two good ones, one with the text given, and one that cannot be read.
func keepFour(t *testing.T, house *assembly.House, text string) (Report, error) {
	t.Helper()
	r := newRun(house.Chancery, func(int) {})
	var lines []Line
	for i, text := range []string{
		`{"id":"s/1","corpus":"essai","place":"Paris","body":"Un."}`,
		`{"id":"s/2","corpus":"essai","place":"Rome","tags":{"countries":["Italie"]},"body":"Deux."}`,
		`{"id":`,
		`{"id":"s/4","corpus":"essai","place":"Rome","body":"Quatre."}`,
	} {
		lines = append(lines, Line{Number: i + 1, Text: []byte(text)})
	}
	records := r.gazetteer.prepareBatch(lines)
	records[1].message.Text = text
	err := r.keep(t.Context(), "essai.jsonl", records)
	return r.report, err
}

// TestWhatTheArchiveRefusesIsListed gives the house a record that only the archive refuses: it is listed, the rest goes in, and run again
// nothing is there twice.
func TestWhatTheArchiveRefusesIsListed(t *testing.T) {
	house := openHouse(t)
	folds := house.Chancery.Folds
	report, err := keepFour(t, house, swollen())
	if err != nil || report.Imported != 2 || report.Present != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	checkRefused(t, report.Refused)
	groups, tags := folds.Register.NextAudience(), folds.Thesaurus.Next()
	report, err = keepFour(t, house, swollen())
	if err != nil || report.Imported != 0 || report.Present != 2 {
		t.Errorf("run again: %+v, %v", report, err)
	}
	checkRefused(t, report.Refused)
	if folds.Register.NextAudience() != groups || folds.Thesaurus.Next() != tags || folds.Ledger.Count() != 2 {
		t.Errorf("run again: %d messages, %d groups and %d tags more", folds.Ledger.Count(), folds.Register.NextAudience()-groups, folds.Thesaurus.Next()-tags)
	}
	if err := house.Chancery.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkSearch(t, house, 2)
}

// checkRefused wants the two lines of keepFour that stay outside, in their order.
func checkRefused(t *testing.T, got []Refused) {
	t.Helper()
	want := []Refused{
		{File: "essai.jsonl", Line: 2, Record: "essai:s/2", Reason: "the archive does not take it: SIZE bytes, at most 33554432 are kept"},
		{File: "essai.jsonl", Line: 3, Reason: "not a record in JSON: at byte 6, unexpected end of json input"},
	}
	got = slices.Clone(got)
	for i := range got { // a signature is some bytes longer or shorter each time
		got[i].Reason = regexp.MustCompile(`: \d{8,} bytes`).ReplaceAllString(got[i].Reason, ": SIZE bytes")
	}
	if !slices.Equal(got, want) {
		t.Errorf("refused: %+v", got)
	}
}

// TestFaultOfTheHouseEndsTheRun: a house that decides no more has refused no record.
func TestFaultOfTheHouseEndsTheRun(t *testing.T) {
	house := openHouse(t)
	if err := house.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := keepFour(t, house, "Deux.")
	if err == nil || len(report.Refused) != 1 || report.Refused[0].Line != 3 {
		t.Errorf("%+v, %v", report, err)
	}
}
