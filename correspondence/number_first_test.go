package correspondence_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
)

// TestANumberIsFoundFirst asks for a message by its number, among messages that cite it, that an addressee has under a number alike, and whose number
// only has more to it.
func TestANumberIsFoundFirst(t *testing.T) {
	h := housetest.WithPeople(t)
	telegram := func(by, origin, to, subject string) correspondence.MessageView {
		form := housetest.Telegram(origin, to, np, subject)
		return h.As(by).Dispatches(form)
	}
	first := telegram("paul", "bamako", "dam", "Crue du fleuve") // TD BAMAKO 1, DAM 1
	restricted := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Évacuation"))
	second := telegram("paul", "bamako", "dam", "Suites de la crue")                               // TD BAMAKO 2, DAM 2
	answer := telegram("marie", "dam", "bamako", "Le TD BAMAKO 1, TD BAMAKO 1 et TD BAMAKO 1 lus") // TD DAM 1, BAMAKO 1
	h.Elapse(366 * 24 * time.Hour)
	later := telegram("paul", "bamako", "dam", "Une autre année") // TD BAMAKO 1 of the next year
	if later.Number != first.Number || answer.Addressees[0].Number != 1 || restricted.Number != "TD BAMAKO DR 1" {
		t.Fatalf("numbers %s, %s, %d, %s", first.Number, later.Number, answer.Addressees[0].Number, restricted.Number)
	}
	years := []string{first.ReleasedAt.Format("2006"), later.ReleasedAt.Format("2006")}
	for question, want := range map[string][]string{
		"td bamako 1": {later.Subject, first.Subject}, "bamako1": {later.Subject, first.Subject}, "BAMAKO 0001": {later.Subject, first.Subject},
		`number:"TD BAMAKO 1"`: {later.Subject, first.Subject}, "TD Bamako n° 1": {later.Subject, first.Subject}, "td-bamako-1": {later.Subject, first.Subject},
		"TD BAMAKO DR 1": {restricted.Subject}, "bamako dr1": {restricted.Subject}, "td bamako 2": {second.Subject}, "dam 2": {second.Subject},
		"td bamako " + years[0] + "/1": {first.Subject}, "TD BAMAKO 1/" + years[1]: {later.Subject}, "type:telegram bamako 1": {later.Subject, first.Subject},
	} {
		var got []string
		for _, hit := range h.As("marie").Finds(question).Items {
			got = append(got, hit.Subject)
		}
		if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("%s finds %q first, want %q", question, got, want)
		}
	}
	if hits := h.As("lea").Finds("TD BAMAKO DR 1"); slices.ContainsFunc(hits.Items, func(h correspondence.SearchHit) bool { return h.ID == restricted.ID }) {
		t.Error("a restricted number is found by who is not cleared")
	}
}

// TestSignsAloneFindNothing: a question without a word is refused, never taken for a question about everything.
func TestSignsAloneFindNothing(t *testing.T) {
	h := housetest.WithPeople(t)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Crue du fleuve"))
	h.Settle()
	for _, text := range []string{"-", "---", ":", "(((", `" "`, "…", "- &", `""`, "«»", "*"} {
		page, err := h.As("marie").Search(t.Context(), correspondence.SearchQuery{Text: text})
		var refusal *correspondence.Refusal
		if !errors.As(err, &refusal) || refusal.Cause != correspondence.Invalid || refusal.Faults[0].Field != "q" {
			t.Errorf("%s finds %d, %v", text, page.Total, err)
		}
	}
	if page := h.As("marie").Finds("  "); page.Total != 1 {
		t.Errorf("no question at all finds %d", page.Total)
	}
}

// TestPrecedenceIsTheOriginsForWhoIsOnNoLine: the urgency of a telegram is its action precedence, except for who only receives a copy.
func TestPrecedenceIsTheOriginsForWhoIsOnNoLine(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Crue du fleuve")
	form.Precedence, form.Tags = "urgent", []string{"sahel"}
	form.Info = []correspondence.FormAddressee{{Group: "sante"}}
	sent := h.As("paul").Dispatches(form)
	for login, want := range map[string]correspondence.Precedence{"paul": correspondence.Urgent, "marie": correspondence.Urgent, "ana": correspondence.Urgent, "karim": correspondence.Urgent,
		"ines": correspondence.Routine} {
		if got := h.As(login).Feed()[0]; got.ID != sent.ID || got.Precedence != want {
			t.Errorf("%s reads %d, want %d", login, got.Precedence, want)
		}
	}
}
