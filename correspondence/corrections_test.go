package correspondence_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

const hour = time.Hour

func correcting(form correspondence.Form, id habilitation.ID, how string) correspondence.Form {
	form.Corrects = &correspondence.FormCorrection{Message: id.String(), How: how}
	return form
}

// TestWhoeverSeesTheOldOneSeesTheCorrection, though it is addressed to others.
func TestWhoeverSeesTheOldOneSeesTheCorrection(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "sante", np, "Forages")
	form.Agents, form.Tags = []string{"theo"}, []string{"sahel"}
	old := h.As("paul").Dispatches(form)
	cancelled := h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Annulation"), old.ID, "cancels"))
	for _, login := range []string{"ines", "theo", "karim", "marie"} {
		view := h.As(login).Reads(cancelled.ID)
		if view.Corrects == nil || view.Corrects.How != correspondence.Cancels || view.Corrects.Text != old.Number {
			t.Errorf("%s reads that it corrects %+v", login, view.Corrects)
		}
	}
	if view := h.As("lea").Reads(cancelled.ID); view.Corrects.ID != nil {
		t.Errorf("lea, who does not see the old one, gets its identity %v", view.Corrects.ID)
	}
	h.Reopen()
	h.As("theo").Reads(cancelled.ID)
	h.VerifyAll()
}

// TestRaisedIsGoneAtOnce: a raised message is withdrawn from whoever is not cleared, from every path, and stays so after a restart.
func TestRaisedIsGoneAtOnce(t *testing.T) {
	h := housetest.WithPeople(t)
	old := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Otages"))
	h.As("lea").Reads(old.ID)
	raise := correcting(housetest.Telegram("bamako", "dam", dr, "Relèvement"), old.ID, "raises")
	h.As("paul").Dispatches(raise)
	for range 2 {
		h.As("lea").ReadsNothingOf(old.ID)
		if page := h.As("lea").Finds("otages"); page.Total != 0 {
			t.Errorf("lea finds %+v", page.Items)
		}
		if view := h.As("marie").Reads(old.ID); view.Level != dr {
			t.Errorf("marie reads level %s", view.Level)
		}
		h.Reopen()
	}
	_, err := h.As("paul").Dispatch(t.Context(), habilitation.ID{}, raise)
	refused(t, err, correspondence.Invalid, "corrects.how raised-already")
	h.VerifyAll()
}

// TestLoweredIsOpenAtOnce, and its proof, which stands in the tree of its first level, is only for who is cleared for that tree.
func TestLoweredIsOpenAtOnce(t *testing.T) {
	h := housetest.WithPeople(t)
	old := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Visite"))
	h.As("lea").ReadsNothingOf(old.ID)
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Déclassement du "+old.Number), old.ID, "lowers"))
	h.As("lea").Reads(old.ID)
	if page := h.As("lea").Finds("visite"); page.Total != 1 {
		t.Errorf("lea finds %d, want the message that was lowered", page.Total)
	}
	if _, err := h.As("lea").Proof(t.Context(), old.ID); err == nil {
		t.Error("lea gets a proof out of the restricted tree")
	}
	if _, err := h.As("marie").Proof(t.Context(), old.ID); err != nil {
		t.Errorf("marie gets no proof: %v", err)
	}
	h.VerifyAll()
}

// TestRefoldingGivesTheSameLevels replays the whole journal, without a snapshot.
func TestRefoldingGivesTheSameLevels(t *testing.T) {
	h := housetest.WithPeople(t)
	raised := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Un"))
	lowered := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Deux"))
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", dr, "Relever"), raised.ID, "raises"))
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Abaisser"), lowered.ID, "lowers"))
	h.Rewire(func(config *correspondence.Config) { config.Folds = correspondence.NewFolds() })
	for id, want := range map[habilitation.ID]habilitation.Level{raised.ID: dr, lowered.ID: np} {
		if row, ok := h.Folds().Rows.Row(id); !ok || row.Marking.Level() != want {
			t.Errorf("refolded as %s, want %s", row.Marking.Level(), want)
		}
	}
}

// TestStreamTellsOfACorrection sends the corrected message again, with its new level.
func TestStreamTellsOfACorrection(t *testing.T) {
	h := housetest.WithPeople(t)
	old := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Un"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	events, ended := make(chan correspondence.Event, 16), make(chan error, 1)
	go func() {
		ended <- h.As("marie").Stream(ctx, old.ID, func(e correspondence.Event) error {
			if e.Headline != nil {
				events <- e
			}
			return nil
		})
	}()
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", dr, "Relever"), old.ID, "raises"))
	first, second := <-events, <-events
	if first.Changed || first.Headline.Subject != "Relever" || !second.Changed || second.Headline.ID != old.ID || second.Headline.Level != dr {
		t.Errorf("streamed %+v and %+v", first, second)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("stream ended with %v", err)
	}
}

// TestAnswersAreRecorded: the reply says for which addressee of the answered message it answers, and both are one thread.
func TestRepliesAreThreads(t *testing.T) {
	h := housetest.WithPeople(t)
	asked := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Question"))
	reply := housetest.Telegram("dam", "bamako", np, "Réponse")
	reply.ReplyTo = strings.ToLower(asked.Number)
	answer := h.As("marie").Dispatches(reply)
	if answer.InReplyTo == nil || answer.InReplyTo.ID == nil || *answer.InReplyTo.ID != asked.ID || answer.InReplyTo.Text != asked.Number {
		t.Errorf("answers %+v", answer.InReplyTo)
	}
	if view := h.As("paul").Reads(asked.ID); len(view.CitedBy) != 1 || view.CitedBy[0].ID != answer.ID {
		t.Errorf("cited by %+v", view.CitedBy)
	}
	original, err := h.As("paul").Original(t.Context(), answer.ID)
	if err != nil || !strings.Contains(string(original), "\r\nIn-Reply-To: <"+asked.ID.String()+"@") {
		t.Errorf("original %v\n%s", err, original)
	}
}
