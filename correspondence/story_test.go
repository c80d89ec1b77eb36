package correspondence_test

import (
	"errors"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

const (
	np = habilitation.Unprotected
	dr = habilitation.Restricted
)

func TestTelegramReachesWhomItMay(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Évacuation du consulat"))
	if sent.Number != "TD BAMAKO DR 1" || sent.Signature.Quality != "agent" || !sent.Signature.Valid {
		t.Errorf("released as %q with %+v", sent.Number, sent.Signature)
	}
	read := h.As("marie").Reads(sent.ID)
	if read.Text != "Texte de la dépêche.\n\nÉvacuation du consulat." || read.Summary != "Résumé : Évacuation du consulat" || read.Addressees[0].Number != 1 {
		t.Errorf("read as %+v", read)
	}
	if len(read.Reasons) != 1 || read.Reasons[0].Kind != "action" || read.Reasons[0].Audience.Key != "dam" {
		t.Errorf("reasons %+v", read.Reasons)
	}
	if hits := h.As("marie").Finds("évacuation"); hits.Total != 1 {
		t.Errorf("marie finds %d", hits.Total)
	}
	h.As("lea").ReadsNothingOf(sent.ID)                             // in the group, not cleared
	h.At("marie", habilitation.ID{}).ReadsNothingOf(sent.ID)        // cleared, on a terminal nobody knows
	h.At("marie", housetest.TerminalOf(np)).ReadsNothingOf(sent.ID) // cleared, on an unprotected terminal
	h.As("theo").ReadsNothingOf(sent.ID)                            // cleared, not concerned
	h.As("ines").ReadsNothingOf(sent.ID)                            // elsewhere
	h.As("ana").Reads(sent.ID)                                      // archivist
	if again := h.As("paul").Reads(sent.ID); again.Unread || again.Number != sent.Number {
		t.Errorf("its author reads it as %+v", again.Headline)
	}
}

func TestTagsBringMessagesToWhoDeclaredThem(t *testing.T) {
	h := housetest.WithPeople(t)
	open, closed := housetest.Telegram("bamako", "dam", np, "Pluies"), housetest.Telegram("bamako", "dam", dr, "Convois")
	open.Tags, closed.Tags = []string{"sahel"}, []string{"sahel"}
	first, second := h.As("paul").Dispatches(open), h.As("paul").Dispatches(closed)
	if got := h.As("ines").Reads(first.ID).Reasons; len(got) != 1 || got[0].Kind != "tag" || got[0].Audience.Key != "sahel" || got[0].Tag.Key != "sahel" {
		t.Errorf("ines reads because %+v", got)
	}
	h.As("theo").ReadsNothingOf(first.ID)

	karim := h.As("karim")
	declared, err := karim.Declare(t.Context(), "sahel", "sahel", dr)
	if err != nil || declared.Restricted != "waiting" {
		t.Fatalf("declares for restricted: %+v, %v", declared, err)
	}
	h.Enact(habilitation.MemberJoined{Audience: 5, Agent: 6})
	h.As("theo").Reads(first.ID)
	h.As("theo").ReadsNothingOf(second.ID)
	wantRefusal(t, correspondence.Unknown)(karim.Accept(t.Context(), declared.ID, nil)) // a member of the steward, without the duty
	if err := h.As("marie").Accept(t.Context(), declared.ID, nil); err != nil {
		t.Fatalf("steward approves: %v", err)
	}
	h.As("theo").Reads(second.ID)
	h.As("ines").ReadsNothingOf(second.ID) // in the community, not cleared
	if err := karim.Withdraw(t.Context(), "sahel", "sahel", "plus d'objet"); err != nil {
		t.Fatal(err)
	}
	h.As("theo").ReadsNothingOf(first.ID)
	h.As("theo").ReadsNothingOf(second.ID)
}

func TestSignupIsDecidedOnceByTheNumberTwo(t *testing.T) {
	h := housetest.WithPeople(t)
	before := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Avant"))
	asked, err := h.As("theo").RequestToJoin(t.Context(), "dam", "Je reprends le dossier Sahel")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.As("theo").RequestToJoin(t.Context(), "dam", "encore")
	wantRefusal(t, correspondence.Conflict)(err)
	wantRefusal(t, correspondence.Unknown)(h.As("paul").Accept(t.Context(), asked.ID, nil))
	wantRefusal(t, correspondence.Unknown)(h.As("theo").Accept(t.Context(), asked.ID, nil))
	if waiting, _ := h.As("marie").Requests(t.Context()); len(waiting) != 1 || waiting[0].Signup.Motive != "Je reprends le dossier Sahel" {
		t.Errorf("marie has %+v to decide", waiting)
	}
	wantRefusal(t, correspondence.Invalid)(h.As("marie").Refuse(t.Context(), asked.ID, " "))
	h.Clock.Advance(3600e9)
	if err := h.As("marie").Accept(t.Context(), asked.ID, []string{"drafter"}); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, correspondence.Conflict)(h.As("marie").Accept(t.Context(), asked.ID, nil))
	if read := h.As("theo").Feed(); len(read) != 1 || read[0].ID != before.ID || read[0].Unread {
		t.Errorf("what was there before theo joined: %+v", read)
	}
}

func TestReadMarks(t *testing.T) {
	h := housetest.WithPeople(t)
	var ids []habilitation.ID
	for _, subject := range []string{"Un", "Deux", "Trois"} {
		ids = append(ids, h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, subject)).ID)
	}
	unread := func(want int) {
		t.Helper()
		page, err := h.As("lea").Teleprinter(t.Context(), correspondence.FeedQuery{})
		if err != nil || page.Unread != want {
			t.Errorf("unread %d (%v), want %d", page.Unread, err, want)
		}
	}
	unread(3)
	h.As("lea").Reads(ids[1])
	unread(2)
	if err := h.As("lea").MarkAllRead(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	unread(1)
	if err := h.As("lea").MarkRead(t.Context(), ids[0], false); err != nil {
		t.Fatal(err)
	}
	unread(2)
	h.Reopen()
	unread(2)
	if err := h.As("lea").MarkAllRead(t.Context(), habilitation.ID{}); err != nil {
		t.Fatal(err)
	}
	unread(0)
}

// wantRefusal expects an error to be a refusal of that cause.
func wantRefusal(t *testing.T, cause correspondence.Cause) func(error) *correspondence.Refusal {
	return func(err error) *correspondence.Refusal {
		t.Helper()
		var refusal *correspondence.Refusal
		if !errors.As(err, &refusal) || refusal.Cause != cause {
			t.Errorf("got %v, want a refusal: %s", err, cause)
			return &correspondence.Refusal{}
		}
		return refusal
	}
}

func TestDigestOfAFileIsNotTheFile(t *testing.T) {
	h := housetest.WithPeople(t)
	closed := housetest.Telegram("bamako", "dam", dr, "Pièce")
	closed.Attachments = []correspondence.FormAttachment{{Name: "secret.txt", Content: []byte("what only the cleared may read")}}
	file := h.As("paul").Dispatches(closed).Files[0]
	for what, form := range map[string]func() (correspondence.DraftView, error){
		"a new draft": func() (correspondence.DraftView, error) {
			return h.As("ines").NewDraft(t.Context(), stolen(file))
		},
		"a draft saved again": func() (correspondence.DraftView, error) {
			draft, err := h.As("ines").NewDraft(t.Context(), housetest.Telegram("sante", "dam", np, "Rien"))
			if err != nil {
				return draft, err
			}
			return h.As("ines").SaveDraft(t.Context(), draft.ID, 0, stolen(file))
		},
	} {
		draft, err := form()
		if err != nil || len(draft.Faults) != 1 || draft.Faults[0].Field != "attachments[0].content" {
			t.Errorf("%s: %+v, %v", what, draft.Faults, err)
		}
	}
	_, err := h.As("ines").Dispatch(t.Context(), habilitation.ID{}, stolen(file))
	wantRefusal(t, correspondence.Invalid)(err)
}

// stolen is a form that names a file by its digest alone.
func stolen(file correspondence.AttachmentView) correspondence.Form {
	form := housetest.Telegram("sante", "dam", np, "Pièce d'autrui")
	form.Attachments = []correspondence.FormAttachment{{Name: "a.txt", Size: file.Size, SHA512: file.SHA512}}
	return form
}
