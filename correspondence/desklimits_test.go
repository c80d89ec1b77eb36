package correspondence_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestDeskHasRoomForSoManyDrafts: a desk never holds more than one answer can list, in number or in size, and says so without losing a draft.
func TestDeskHasRoomForSoManyDrafts(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		room int
	}{
		"many":  {"court", 200},
		"large": {strings.Repeat("a", 500_000), 16},
	} {
		t.Run(name, func(t *testing.T) {
			h := housetest.WithPeople(t)
			paul := h.As("paul")
			form := housetest.Telegram("bamako", "dam", np, "Projet")
			form.Text = c.text
			var last correspondence.DraftView
			for i := range c.room {
				var err error
				if last, err = paul.NewDraft(t.Context(), form); err != nil {
					t.Fatalf("draft %d: %v", i, err)
				}
			}
			_, err := paul.NewDraft(t.Context(), form)
			wantsDeskFull(t, err)
			if _, err := paul.SaveDraft(t.Context(), last.ID, 0, form); err != nil {
				t.Errorf("a draft that is there cannot be saved: %v", err)
			}
			if _, err := h.At("paul", habilitation.ID{}).NewDraft(t.Context(), form); err == nil {
				t.Error("another terminal sees the same drafts, and finds room")
			}
			if err := paul.DiscardDraft(t.Context(), last.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := paul.NewDraft(t.Context(), form); err != nil {
				t.Errorf("no room after one was thrown away: %v", err)
			}
		})
	}
}

func wantsDeskFull(t *testing.T, err error) {
	t.Helper()
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != correspondence.Invalid || !slices.Equal(faultsOf(refusal.Faults), []string{" desk-full"}) {
		t.Fatalf("%v, want a full desk", err)
	}
}

// TestFullDeskTellsNothingOfOtherLevels: what a session does not show takes no room there.
func TestFullDeskTellsNothingOfOtherLevels(t *testing.T) {
	h := housetest.WithPeople(t)
	inside, outside := h.As("paul"), h.At("paul", habilitation.ID{})
	for range 200 {
		if _, err := inside.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", dr, "Fermé")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := inside.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", dr, "Fermé"))
	wantsDeskFull(t, err)
	if _, err := outside.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", np, "Ouvert")); err != nil {
		t.Errorf("an unprotected terminal learns of restricted drafts: %v", err)
	}
}

// TestClearancesAreToldUpToTheSession: who may read restricted messages is not told to a session that may not, by no fault and no count.
func TestClearancesAreToldUpToTheSession(t *testing.T) {
	h := housetest.WithPeople(t)
	outside := h.At("paul", habilitation.ID{})
	draft := func(level string, agents ...string) (correspondence.DraftView, correspondence.AudienceView) {
		form := housetest.Telegram("bamako", "dam", dr, "Qui lit quoi")
		form.Level, form.Agents, form.Tags = level, agents, []string{"sahel"}
		saved, err := outside.NewDraft(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		view, err := outside.Audience(t.Context(), saved.ID)
		if err != nil {
			t.Fatal(err)
		}
		return saved, view
	}
	cleared, clearedView := draft("restricted", "marie")
	other, otherView := draft("restricted", "lea")
	if want := []string{"level above-session"}; !slices.Equal(faultsOf(cleared.Faults), want) || !reflect.DeepEqual(cleared.Faults, other.Faults) {
		t.Errorf("faults %v for who is cleared, %v for who is not, want %v", faultsOf(cleared.Faults), faultsOf(other.Faults), want)
	}
	if len(clearedView.Groups) != 0 || clearedView.Readers != 0 || len(clearedView.NotCleared) != 0 || !reflect.DeepEqual(clearedView, otherView) {
		t.Errorf("audience %+v for who is cleared, %+v for who is not", clearedView, otherView)
	}
	if _, view := draft("unprotected", "lea"); view.Readers == 0 {
		t.Error("nothing is told of the session's own level")
	}
}
