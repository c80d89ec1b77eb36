package correspondence_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// lived is the life of a message as a reader is told it: what, then where, by whom (p/o whom), and in what words.
func lived(t *testing.T, r *housetest.Reader, id habilitation.ID) (told []string) {
	t.Helper()
	life, err := r.LifeOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range life.Items {
		words := []string{one.What}
		if one.Audience != nil {
			words = append(words, one.Audience.Key)
		}
		if one.Dossier != nil {
			words = append(words, one.Dossier.Key)
		}
		if one.By != nil {
			words = append(words, one.By.Login)
		}
		if one.For != nil {
			words = append(words, "p/o "+one.For.Login)
		}
		if one.Words != "" {
			words = append(words, "« "+one.Words+" »")
		}
		told = append(told, strings.Join(words, " "))
	}
	return told
}

func wantLife(t *testing.T, r *housetest.Reader, id habilitation.ID, want ...string) {
	t.Helper()
	if got := lived(t, r, id); !slices.Equal(got, want) {
		t.Errorf("told\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestLifeTellsTheCircuit: what was asked, said, refused, taken back and given, by whom and on which text; its words only to whoever writes for the
// origin, and none of it to who is merely of it.
func TestLifeTellsTheCircuit(t *testing.T) {
	h := withWriters(t)
	theo, karim, paul, marie := h.As("theo"), h.As("karim"), h.As("paul"), h.As("marie")
	form := note(np, "Digue")
	form.Agents = []string{"lea"} // of the origin, where she only reads
	draft := theo.Writes(form)
	first, err := theo.Submit(t.Context(), draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("paul"), agents("karim")}, Comment: "Pour ce soir"})
	must(t, err)
	h.Clock.Advance(time.Minute)
	paul.Approves(draft.ID)
	must(t, karim.ReturnDraft(t.Context(), draft.ID, first.Circuit.Digest, "Trop long"))
	h.Clock.Advance(time.Minute)
	theo.Saves(draft.ID, func(f *correspondence.Form) { f.Text = "Court." })
	second := theo.Submits(draft.ID, agents("paul"))
	theo.Saves(draft.ID, func(f *correspondence.Form) { f.Text = "Plus court." })
	third := theo.Submits(draft.ID, agents("paul"))
	must(t, errorOf(theo.Reopen(t.Context(), draft.ID)))
	theo.Submits(draft.ID, agents("paul"))
	must(t, errorOf(paul.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: third.Circuit.Digest, Verdict: "remarks", Comment: "Voir le §2"})))
	marie.Signs(draft.ID, time.Minute)
	must(t, errorOf(marie.Unhold(t.Context(), draft.ID)))
	marie.Signs(draft.ID, time.Minute)
	h.Elapse(2 * time.Minute)
	whole := []string{"submitted theo « Pour ce soir »", "visa-approved paul", "returned karim « Trop long »", "submitted theo", "edited theo", "submitted theo",
		"withdrawn theo", "submitted theo", "visa-remarks paul « Voir le §2 »", "held marie", "unheld marie", "held marie", "released marie"}
	var silent []string
	for _, one := range whole {
		what, _, _ := strings.Cut(one, " «")
		silent = append(silent, what)
	}
	for range 2 {
		wantLife(t, h.As("theo"), draft.ID, whole...)
		wantLife(t, h.As("ana"), draft.ID, silent...)
		wantLife(t, h.As("lea"), draft.ID, "released marie")
		h.Reopen()
	}
	life, err := h.As("theo").LifeOf(t.Context(), draft.ID)
	must(t, err)
	for i, want := range []string{first.Circuit.Digest, first.Circuit.Digest, first.Circuit.Digest, second.Circuit.Digest, "", third.Circuit.Digest, "", third.Circuit.Digest} {
		if life.Items[i].Digest != want {
			t.Errorf("%s is about the text %q, want %q", life.Items[i].What, life.Items[i].Digest, want)
		}
	}
	for i, round := range []int{1, 1, 1, 2, 2, 3, 3, 4, 4} {
		if life.Items[i].Round != round {
			t.Errorf("%s is of round %d, want %d", life.Items[i].What, life.Items[i].Round, round)
		}
	}
	h.VerifyAll()
}

// TestLifeTellsNoRoundAboveTheReader: a text that was restricted while it was reviewed stays so, though it was released unprotected.
func TestLifeTellsNoRoundAboveTheReader(t *testing.T) {
	h := withWriters(t)
	theo := h.As("theo")
	draft := theo.Writes(note(dr, "Escorte"))
	digest := theo.Submits(draft.ID, agents("paul")).Circuit.Digest
	must(t, h.As("paul").ReturnDraft(t.Context(), draft.ID, digest, "Otages nommés"))
	theo.Saves(draft.ID, func(f *correspondence.Form) { f.Level = "unprotected" })
	theo.Submits(draft.ID, agents("paul"))
	h.As("paul").Approves(draft.ID)
	must(t, errorOf(h.As("marie").Release(t.Context(), draft.ID, 0)))
	wantLife(t, h.As("marie"), draft.ID, "submitted theo", "returned paul « Otages nommés »", "submitted theo", "visa-approved paul", "released marie")
	wantLife(t, h.At("marie", housetest.TerminalOf(np)), draft.ID, "submitted theo", "visa-approved paul", "released marie")
}

// TestLifeTellsWhatWasNotCarriedOut: a word to sign that the house took back has the key of why, and nobody who did it.
func TestLifeTellsWhatWasNotCarriedOut(t *testing.T) {
	h := withWriters(t)
	draft := h.As("theo").Writes(note(np, "Quota"))
	h.As("theo").Submits(draft.ID, agents("paul"))
	h.As("paul").Approves(draft.ID)
	h.As("marie").Signs(draft.ID, time.Minute)
	h.Enact(habilitation.MemberLeft{Audience: 2, Agent: 1})
	h.Elapse(2 * time.Minute)
	must(t, errorOf(h.As("karim").Release(t.Context(), draft.ID, 0)))
	got := lived(t, h.As("karim"), draft.ID)
	if len(got) != 5 || got[2] != "held marie" || !strings.HasPrefix(got[3], "unheld «") || got[4] != "released karim" {
		t.Errorf("told %q", got)
	}
}

// TestLifeTellsLinesSharesAndSilence: an addressee that nobody read for at the release, though somebody does now, a share that was revoked, and how a
// silence procedure ended.
func TestLifeTellsLinesSharesAndSilence(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Partage")
	form.Action = append(form.Action, correspondence.FormAddressee{Group: "mae"})
	form.SilenceUntil = "2026-03-02T10:00:00Z"
	broken, kept := h.As("paul").Dispatches(form), h.As("paul").Dispatches(form)
	h.Clock.Advance(time.Minute)
	must(t, h.As("marie").BreakSilence(t.Context(), broken.ID, "dam", correspondence.HandlingWish{Reason: "Réserve"}))
	h.Clock.Advance(time.Minute)
	must(t, h.As("karim").Share(t.Context(), kept.ID, correspondence.ShareWish{Community: "sahel", Reason: "Utile"}))
	h.Clock.Advance(time.Minute)
	must(t, h.As("marie").RevokeShare(t.Context(), kept.ID, correspondence.ShareWish{Community: "sahel", Reason: "Trop large"}))
	h.Enact(habilitation.MemberJoined{Audience: 1, Agent: 6})
	h.As("theo").Reads(kept.ID)
	h.Elapse(3 * time.Hour)
	for range 2 {
		wantLife(t, h.As("paul"), broken.ID, "released paul", "undelivered mae", "silence-broken dam marie « Réserve »", "silence-ended")
		wantLife(t, h.As("paul"), kept.ID, "released paul", "undelivered mae", "shared sahel karim « Utile »", "share-revoked sahel marie « Trop large »", "silence-adopted")
		h.Reopen()
	}
	h.VerifyAll()
}

// TestLifeTellsTheDossiersOfTheReader, and of another's neither that it is there nor that it was.
func TestLifeTellsTheDossiersOfTheReader(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Crue"))
	theirs := opens(t, h.As("marie"), correspondence.DossierForm{Title: "Réservé à la direction", Owner: "dam", Level: "unprotected"})
	ours := opens(t, h.As("paul"), correspondence.DossierForm{Title: "Crues", Owner: "bamako", Level: "unprotected"})
	secret := opens(t, h.As("paul"), correspondence.DossierForm{Title: "Sources", Owner: "bamako", Level: "restricted"})
	put := func(login string, dossier habilitation.ID) {
		h.Clock.Advance(time.Minute)
		must(t, errorOf(h.As(login).AddToDossier(t.Context(), dossier, sent.Number)))
	}
	put("marie", theirs.ID)
	put("paul", ours.ID)
	put("paul", secret.ID)
	h.Clock.Advance(time.Minute)
	must(t, h.As("marie").RemoveFromDossier(t.Context(), theirs.ID, sent.ID, "Doublon"))
	must(t, h.As("paul").RemoveFromDossier(t.Context(), ours.ID, sent.ID, "Mal classé"))
	for range 2 {
		wantLife(t, h.As("paul"), sent.ID, "released paul", "dossier-added crues paul", "dossier-added sources paul", "dossier-removed crues paul « Mal classé »")
		wantLife(t, h.At("paul", housetest.TerminalOf(np)), sent.ID, "released paul", "dossier-added crues paul", "dossier-removed crues paul « Mal classé »")
		wantLife(t, h.As("ana"), sent.ID, "released paul")
		h.Reopen()
	}
	h.Enact(habilitation.MemberJoined{Audience: 2, Agent: 4})
	if got := lived(t, h.As("paul"), sent.ID); len(got) != 6 || !slices.Contains(got, "dossier-removed reserve-a-la-direction marie « Doublon »") {
		t.Errorf("who belongs to the dossier's group now is told %q", got)
	}
	h.VerifyAll()
}

// TestLifeWithoutWhatWasErased: whoever could not know of a restricted draft does not learn of its visas because what told its level is gone.
func TestLifeWithoutWhatWasErased(t *testing.T) {
	h := withWriters(t)
	draft := h.As("theo").Writes(note(dr, "Digue"))
	h.As("theo").Submits(draft.ID, agents("paul"))
	h.As("paul").Approves(draft.ID)
	h.As("theo").Saves(draft.ID, func(f *correspondence.Form) { f.Level = np.String() })
	h.As("theo").Submits(draft.ID, agents("paul"))
	h.As("paul").Approves(draft.ID)
	h.As("marie").Signs(draft.ID, time.Minute)
	h.Elapse(2 * time.Minute)
	open := []string{"submitted theo", "visa-approved paul", "held marie", "released marie"}
	uncleared := h.At("theo", habilitation.ID{})
	wantLife(t, uncleared, draft.ID, open...)
	must(t, h.Chancery.Config.Journal.Erase(t.Context(), h.Folds().Lives.Of(draft.ID)[0], "essai"))
	wantLife(t, uncleared, draft.ID, open...)
	wantLife(t, h.As("theo"), draft.ID, slices.Concat([]string{"visa-approved paul", "edited theo"}, open)...)
}
