package correspondence_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestWhatIsKeptIsDecidedAtRelease: begun, handed in, filed and kept stand in the signed text, from the draft's own life and the rules in force.
func TestWhatIsKeptIsDecidedAtRelease(t *testing.T) {
	h := housetest.WithPeople(t)
	paul := h.As("paul")
	draft, err := paul.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", dr, "Garde"))
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(2 * time.Hour)
	form := draft.Form
	form.LevelOwner = "dam"
	if draft, err = paul.SaveDraft(t.Context(), draft.ID, draft.Version, form); err != nil || len(draft.Faults) > 0 {
		t.Fatal(err, draft.Faults)
	}
	h.Clock.Advance(time.Hour)
	sent, err := paul.Release(t.Context(), draft.ID, draft.Version)
	if err != nil {
		t.Fatal(err)
	}
	original, err := paul.Original(t.Context(), sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	at := h.Clock.Now()
	for _, header := range []string{"X-Chancery-Begun: " + housetest.Opening.Format(time.RFC3339), "X-Chancery-Handed-In: " + at.Format(time.RFC3339), "X-Chancery-File-Plan: BAMAKO\r\n",
		"X-Chancery-Retention: keep; rule=APP-TD; until=2051-03-02; access=ACC-00003;\r\n communicable=2051-03-02", "X-Chancery-Level-Owner: group; group=dam"} {
		if !strings.Contains(string(original), header) {
			t.Errorf("no %q in\n%s", header, original[:min(len(original), 3000)])
		}
	}
	h.VerifyAll()
}

// TestArchivistsFileFreezeAndThaw: with their reasons, told to whoever reads the message and in its life; nobody else may, and nobody else is told
// that life but members of the origin.
func TestArchivistsFileFreezeAndThaw(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.AgentAdded{Agent: 8, Login: "archives", Name: "Archives", Level: dr, Functions: []habilitation.Function{habilitation.Archivist}})
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Gel"))
	keeper, ctx := h.As("archives"), t.Context()
	for _, err := range []error{h.As("paul").Refile(ctx, sent.ID, "AFR", "x"), h.As("marie").Freeze(ctx, sent.ID, "x")} {
		wantRefusal(t, correspondence.NotMandated)(err)
	}
	wantRefusal(t, correspondence.Unknown)(h.As("lea").Refile(ctx, sent.ID, "AFR", "x"))
	wantRefusal(t, correspondence.Invalid)(keeper.Freeze(ctx, sent.ID, " "))
	for _, position := range []string{" ", strings.Repeat("é", 121)} {
		if faults := wantRefusal(t, correspondence.Invalid)(keeper.Refile(ctx, sent.ID, position, " ")).Faults; len(faults) != 2 || faults[0].Field != "position" || faults[1].Field != "reason" {
			t.Errorf("a position of %d letters without a reason: %+v", len(position), faults)
		}
	}
	h.As("marie").Reads(sent.ID)
	h.Clock.Advance(time.Minute)
	if err := errors.Join(keeper.Refile(ctx, sent.ID, "AFR/MALI", "Plan 2026"), keeper.Freeze(ctx, sent.ID, "Contentieux")); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, correspondence.Conflict)(keeper.Refile(ctx, sent.ID, "AFR/MALI", "Encore"))
	freeze := h.As("marie").Reads(sent.ID).Keeping.Freezes[0].ID
	if err := keeper.Thaw(ctx, sent.ID, freeze, "Jugé"); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, correspondence.Unknown)(keeper.Thaw(ctx, sent.ID, freeze, "Jugé"))
	h.Reopen()
	view := h.As("marie").Reads(sent.ID).Keeping
	if view.FilePlan != "AFR/MALI" || len(view.Freezes) != 1 || view.Freezes[0].Lifted == nil || view.MayKeep || view.MayFollow {
		t.Errorf("marie is told %+v", view)
	}
	for _, login := range []string{"paul", "archives"} {
		life, err := h.As(login).LifeOf(ctx, sent.ID)
		var what []string
		for _, one := range life.Items {
			what = append(what, one.What)
		}
		if got := strings.Join(what, " "); err != nil || got != "released refiled frozen thawed" {
			t.Errorf("%s is told %q, %v", login, got, err)
		}
	}
	_, err := h.As("marie").LifeOf(ctx, sent.ID)
	wantRefusal(t, correspondence.NotMandated)(err)
	_, err = h.As("lea").LifeOf(ctx, sent.ID)
	wantRefusal(t, correspondence.Unknown)(err)
	h.VerifyAll()
}
