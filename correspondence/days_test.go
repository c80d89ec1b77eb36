package correspondence_test

import (
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
)

// TestADateEndsWithItsDayInTheHouse: a date is the last second of its day in the zone of the house, summer and winter, and the signed text says
// which day; what was given with its hour stays an instant.
func TestADateEndsWithItsDayInTheHouse(t *testing.T) {
	h := housetest.WithPeople(t) // in Europe/Paris
	form := housetest.Telegram("bamako", "dam", np, "Dates")
	form.Action[0] = correspondence.FormAddressee{Group: "dam", Qualification: "do", Deadline: "2026-07-20", Instruction: "Répondre."}
	form.ReassessOn, form.ValidUntil, form.ReplyBefore = "2028-01-02", "2026-12-31", "2026-07-15T17:00"
	form.SilenceUntil = "2026-07-14T18:00:00Z"
	sent := h.As("paul").Dispatches(form)
	for _, reopened := range []bool{false, true} {
		if reopened {
			h.Reopen()
		}
		view := h.As("marie").Reads(sent.ID)
		for name, c := range map[string]struct {
			at   *time.Time
			want string
		}{
			"deadline":      {view.Addressees[0].Deadline, "2026-07-20T21:59:59Z"},
			"row":           {view.Deadline, "2026-07-20T21:59:59Z"},
			"reassess_on":   {view.ReassessOn, "2028-01-02T22:59:59Z"},
			"valid_until":   {view.ValidUntil, "2026-12-31T22:59:59Z"},
			"reply_before":  {view.ReplyBefore, "2026-07-15T15:00:00Z"},
			"silence_until": {view.SilenceUntil, "2026-07-14T18:00:00Z"},
		} {
			if got := c.at.UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("%s at %s, want %s", name, got, c.want)
			}
			day, whole := correspondence.WholeDay(*c.at, h.Config.Zone())
			if wanted := strings.HasSuffix(c.want, "59:59Z"); whole != wanted {
				t.Errorf("%s told as a day: %v, %s", name, whole, day)
			}
		}
	}
	original, err := h.As("marie").Original(t.Context(), sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"X-Chancery-Reassess-On: 2028-01-02T23:59:59+01:00\r\n", "Expires: Thu, 31 Dec 2026 23:59:59 +0100\r\n",
		"Reply-By: Wed, 15 Jul 2026 15:00:00 +0000\r\n", "X-Chancery-Silence-Until: 2026-07-14T18:00:00Z\r\n", `deadline="2026-07-20T23:59:59+02:00"`} {
		if !strings.Contains(string(original), header) {
			t.Errorf("no %q in\n%s", header, original)
		}
	}
	h.VerifyAll()
}
