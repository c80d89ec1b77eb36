package correspondence_test

import (
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// counts expects the number of unread messages that a desk is told, and that as many headlines are.
func counts(t *testing.T, r *housetest.Reader, want int) {
	t.Helper()
	page, err := r.Teleprinter(t.Context(), correspondence.FeedQuery{Limit: 1})
	marked := 0
	for _, h := range r.Feed() {
		if h.Unread {
			marked++
		}
	}
	if err != nil || page.Unread != want || marked != want {
		t.Errorf("unread: told %d, marked %d, want %d (%v)", page.Unread, marked, want, err)
	}
}

func TestMessageReadBeforeItWasCountedIsNotTakenOffTwice(t *testing.T) {
	h := housetest.WithPeople(t)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Un"))
	counts(t, h.As("lea"), 1)
	second := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Deux"))
	h.As("lea").Reads(second.ID)
	counts(t, h.As("lea"), 1)
	if err := h.As("lea").MarkRead(t.Context(), second.ID, false); err != nil {
		t.Fatal(err)
	}
	counts(t, h.As("lea"), 2)
}

func TestWhatAnUnprotectedTerminalDoesNotShowIsNotMarkedReadThere(t *testing.T) {
	h := housetest.WithPeople(t)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Ouvert"))
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Fermé"))
	last := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Ouvert encore"))
	outside := h.At("marie", habilitation.ID{})
	counts(t, outside, 2)
	for _, upTo := range []habilitation.ID{last.ID, {}} {
		if err := outside.MarkAllRead(t.Context(), upTo); err != nil {
			t.Fatal(err)
		}
		counts(t, outside, 0)
		counts(t, h.As("marie"), 1)
	}
	h.Reopen()
	counts(t, h.As("marie"), 1)
	if err := h.As("marie").MarkAllRead(t.Context(), habilitation.ID{}); err != nil {
		t.Fatal(err)
	}
	counts(t, h.As("marie"), 0)
}

func TestMarkingUpToAPrintedRecordLeavesTheNewsUnread(t *testing.T) {
	h := housetest.WithPeople(t)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Avant"))
	h.Clock.Advance(2 * time.Hour)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Après"))
	h.Imports(h.Record("1", "bamako", "dam", np, housetest.Opening.Add(time.Hour), "I, 1", "Imprimé"))
	marie := h.As("marie")
	counts(t, marie, 2)
	for _, headline := range marie.Feed() {
		if headline.Imported {
			if err := marie.MarkAllRead(t.Context(), headline.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	counts(t, marie, 1)
}

func TestUnreadBeginsWithTheGroupThatReceives(t *testing.T) {
	h := housetest.WithPeople(t)
	named, tagged := housetest.Telegram("bamako", "dam", np, "Pour Théo"), housetest.Telegram("bamako", "dam", np, "Sahel")
	named.Agents, tagged.Tags = []string{"theo"}, []string{"sahel"}
	h.As("paul").Dispatches(named)
	h.As("paul").Dispatches(tagged)
	counts(t, h.As("theo"), 1)
	h.Clock.Advance(time.Hour)
	h.Enact(habilitation.MemberJoined{Audience: 1, Agent: 6}, habilitation.MemberJoined{Audience: 5, Agent: 3})
	counts(t, h.As("theo"), 1) // it names theo: joining a group makes nobody miss it
	h.Enact(habilitation.MemberJoined{Audience: 5, Agent: 6})
	if n := len(h.As("theo").Feed()); n != 2 {
		t.Errorf("theo sees %d messages", n)
	}
	counts(t, h.As("theo"), 1) // what was there before theo joined the community that receives it
	h.As("paul").Dispatches(tagged)
	counts(t, h.As("theo"), 2)
}
