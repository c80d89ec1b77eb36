package correspondence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// opens begins a dossier and expects it to be begun.
func opens(t *testing.T, desk *housetest.Reader, form correspondence.DossierForm) correspondence.DossierView {
	t.Helper()
	view, err := desk.OpenDossier(t.Context(), form)
	if err != nil {
		t.Fatalf("open dossier %q: %v", form.Title, err)
	}
	return view
}

// pageOf opens a dossier and expects to.
func pageOf(t *testing.T, desk *housetest.Reader, id habilitation.ID) correspondence.DossierPage {
	t.Helper()
	page, err := desk.Dossier(t.Context(), id, correspondence.DossierQuery{})
	if err != nil {
		t.Fatalf("open dossier %s: %v", id, err)
	}
	return page
}

// refusedAs expects a refusal of a cause.
func refusedAs(t *testing.T, what string, err error, cause correspondence.Cause) *correspondence.Refusal {
	t.Helper()
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != cause {
		t.Errorf("%s: %v, want %s", what, err, cause)
		return &correspondence.Refusal{}
	}
	return refusal
}

// TestADossierFromOpeningToClosing: who belongs to it gathers messages, notes and files, shares it and closes it; each reader sees what the
// rule admits to them, and counts no more.
func TestADossierFromOpeningToClosing(t *testing.T) {
	h := housetest.WithPeople(t)
	open := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Crue du fleuve"))
	h.Clock.Advance(time.Minute)
	closed := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Position de la délégation"))
	h.Clock.Advance(time.Minute)
	elsewhere := h.As("ines").Dispatches(housetest.Telegram("sante", "mae", np, "Note interne"))
	ctx := t.Context()
	d := opens(t, h.As("marie"), correspondence.DossierForm{Title: "Crue du Niger, été 2026", Owner: "dam", Level: "unprotected"})
	if d.Key != "crue-du-niger-ete-2026" || !d.MayWrite || d.Messages != 0 {
		t.Errorf("opened as %+v", d)
	}
	for _, message := range []string{open.Number, closed.ID.String()} {
		h.Clock.Advance(time.Minute)
		if _, err := h.As("karim").AddToDossier(ctx, d.ID, message); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.As("karim").AddToDossier(ctx, d.ID, open.Number)
	refusedAs(t, "the same message twice", err, correspondence.Conflict)
	_, err = h.As("karim").AddToDossier(ctx, d.ID, elsewhere.Number)
	refusedAs(t, "a message that the writer may not see", err, correspondence.Invalid)
	_, err = h.As("lea").AddToDossier(ctx, d.ID, open.Number)
	refusedAs(t, "a reader adds", err, correspondence.NotMandated)
	if _, err := h.As("marie").AddNote(ctx, d.ID, correspondence.NoteForm{Text: "Voir avec la météo."}); err != nil {
		t.Fatal(err)
	}
	content := []byte("hauteur;date\n4,2;2026-03-01\n")
	file, err := h.As("marie").AddFile(ctx, d.ID, correspondence.FormAttachment{Name: "../releve.csv", Type: "text/csv", Content: content})
	if err != nil || file.Name != "releve.csv" {
		t.Fatalf("%+v, %v", file, err)
	}

	if page := pageOf(t, h.As("marie"), d.ID); page.Messages != 2 || len(page.Items) != 2 || page.Items[0].ID != closed.ID || page.Items[0].AddedBy.Login != "karim" ||
		len(page.NoteItems) != 1 || len(page.FileItems) != 1 {
		t.Errorf("marie sees %+v", page)
	}
	lea := pageOf(t, h.As("lea"), d.ID)
	if lea.Messages != 1 || len(lea.Items) != 1 || lea.Items[0].ID != open.ID || lea.MayWrite {
		t.Errorf("lea sees %+v", lea)
	}
	refusedAs(t, "a stranger opens", errorOf(h.As("theo").Dossier(ctx, d.ID, correspondence.DossierQuery{})), correspondence.Unknown)
	if of := h.As("lea").Reads(open.ID).Dossiers; len(of) != 1 || of[0].Key != d.Key {
		t.Errorf("the message says it stands in %+v", of)
	}

	if err := h.As("marie").ShareDossier(ctx, d.ID, "sante"); err != nil {
		t.Fatal(err)
	}
	ines := pageOf(t, h.As("ines"), d.ID)
	if ines.Messages != 0 || ines.LastAt.Equal(lea.LastAt) == false || len(ines.NoteItems) != 1 {
		t.Errorf("ines, to whom it was shared, sees %+v", ines)
	}
	_, reader, err := h.As("ines").DossierFile(ctx, d.ID, file.ID)
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(reader)
	if err != nil || reader.Close() != nil || !bytes.Equal(read, content) {
		t.Errorf("the file reads %q, %v", read, err)
	}
	h.As("ines").ReadsNothingOf(closed.ID)

	refusedAs(t, "taking out without a reason", h.As("karim").RemoveFromDossier(ctx, d.ID, open.ID, " "), correspondence.Invalid)
	if err := h.As("karim").RemoveFromDossier(ctx, d.ID, open.ID, "sans rapport"); err != nil {
		t.Fatal(err)
	}
	if err := h.As("marie").CloseDossier(ctx, d.ID, "décrue"); err != nil {
		t.Fatal(err)
	}
	_, err = h.As("marie").AddNote(ctx, d.ID, correspondence.NoteForm{Text: "Encore"})
	if refusal := refusedAs(t, "writing into a closed dossier", err, correspondence.Conflict); refusal.Key != "dossier-closed" {
		t.Errorf("refused as %+v", refusal)
	}
	h.Reopen()
	page := pageOf(t, h.As("marie"), d.ID)
	if !page.Closed || page.Reason != "décrue" || page.MayWrite || page.Messages != 1 || page.Items[0].ID != closed.ID {
		t.Errorf("after closing and reopening the house: %+v", page)
	}
	h.VerifyAll()
}

func errorOf(_ any, err error) error { return err }

// TestEveryFaultOfADossierAtOnce: whoever opens one badly is told all that is wrong, in the words of the form.
func TestEveryFaultOfADossierAtOnce(t *testing.T) {
	h := housetest.WithPeople(t)
	for name, c := range map[string]struct {
		login string
		form  correspondence.DossierForm
		want  string
	}{
		"empty":           {"marie", correspondence.DossierForm{}, "title missing, level missing, owner missing"},
		"all wrong":       {"paul", correspondence.DossierForm{Title: "x", Key: "Clé !", Owner: "dam", Level: "secret", Members: []string{"nulle", ""}}, "key bad-key, level unknown-choice, owner no-right-to-write, members[0] group-unknown, members[1] missing"},
		"not cleared":     {"marie", correspondence.DossierForm{Title: "x", Owner: "dam", Level: "restricted", Members: []string{"sante"}}, "members[0] group-not-cleared"},
		"above":           {"ines", correspondence.DossierForm{Title: "x", Owner: "sante", Level: "restricted"}, "level above-session, owner group-not-cleared"},
		"restricted word": {"marie", correspondence.DossierForm{Title: "Suite au TD BAMAKO DR 1", Owner: "dam", Level: "unprotected"}, "title restricted-number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.As(c.login).OpenDossier(t.Context(), c.form)
			var got []string
			for _, fault := range refusedAs(t, name, err, correspondence.Invalid).Faults {
				got = append(got, fault.Field+" "+fault.Key)
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("faults: %s\nwant:   %s", text, c.want)
			}
		})
	}
	opens(t, h.As("marie"), correspondence.DossierForm{Title: "Pêche", Owner: "dam", Level: "restricted"})
	_, err := h.As("karim").OpenDossier(t.Context(), correspondence.DossierForm{Title: "pêche !", Owner: "dam", Level: "restricted"})
	if refusal := refusedAs(t, "the key twice", err, correspondence.Invalid); len(refusal.Faults) != 1 || refusal.Faults[0].Key != "key-taken" {
		t.Errorf("%+v", refusal)
	}
}

// TestReadingARestrictedDossierIsRecorded: page and file of a restricted dossier leave a trace before anything is shown.
func TestReadingARestrictedDossierIsRecorded(t *testing.T) {
	h := housetest.WithPeople(t)
	d := opens(t, h.As("marie"), correspondence.DossierForm{Title: "Pêche", Owner: "dam", Level: "restricted"})
	file, err := h.As("marie").AddFile(t.Context(), d.ID, correspondence.FormAttachment{Name: "a.txt", Content: []byte("a")})
	if err != nil || file.Level != dr {
		t.Fatalf("%+v, %v", file, err)
	}
	before := readings(t, h)
	pageOf(t, h.As("karim"), d.ID)
	_, content, err := h.As("karim").DossierFile(t.Context(), d.ID, file.ID)
	if err != nil {
		t.Fatal(err)
	}
	_ = content.Close()
	refusedAs(t, "lea opens", errorOf(h.As("lea").Dossier(t.Context(), d.ID, correspondence.DossierQuery{})), correspondence.Unknown)
	if after := readings(t, h); after-before != 2 {
		t.Errorf("%d readings recorded, want 2", after-before)
	}
}

// readings is how many readings the house has recorded.
func readings(t *testing.T, h *housetest.House) uint64 {
	t.Helper()
	head, err := h.Chancery.Readings.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return uint64(head.Seq)
}

// TestThreadsGoBothWays: references join messages in both directions, however far, and a circle ends.
func TestThreadsGoBothWays(t *testing.T) {
	h := housetest.WithPeople(t)
	var ids []habilitation.ID
	for i := range 5 {
		h.Clock.Advance(time.Minute)
		form := housetest.Telegram("bamako", "dam", np, fmt.Sprintf("Fil %d", i))
		if i > 0 {
			form.References = []string{fmt.Sprintf("TD BAMAKO %d", i)}
		}
		if i == 4 {
			form.References = append(form.References, "TD BAMAKO 1")
		}
		ids = append(ids, h.As("paul").Dispatches(form).ID)
	}
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Autre affaire"))
	for _, from := range ids {
		thread, err := h.As("lea").Thread(t.Context(), from)
		if err != nil || thread.More || len(thread.Items) != len(ids) {
			t.Fatalf("from %s: %+v, %v", from, thread, err)
		}
		for i, item := range thread.Items {
			links := min(i, 1)
			if i == 4 {
				links = 2
			}
			if item.ID != ids[i] || len(item.Links) != links || links > 0 && (item.Links[0].ID != ids[i-1] || item.Links[0].How != "cites") {
				t.Errorf("%d: %s with %+v", i, item.Subject, item.Links)
			}
		}
	}
	refusedAs(t, "a thread of nothing", errorOf(h.As("theo").Thread(t.Context(), ids[0])), correspondence.Unknown)
}

// TestAThreadSaysHowItHangsTogether: an answer, a follow-up and a correction are links of their own, each once, after a reopening too.
func TestAThreadSaysHowItHangsTogether(t *testing.T) {
	h := housetest.WithPeople(t)
	first := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Demande"))
	release := func(desk, origin, to, subject string, change func(*correspondence.Form)) habilitation.ID {
		h.Clock.Advance(time.Minute)
		form := housetest.Telegram(origin, to, np, subject)
		change(&form)
		return h.As(desk).Dispatches(form).ID
	}
	want := map[habilitation.ID]string{
		first.ID: "",
		release("marie", "dam", "bamako", "Réponse", func(f *correspondence.Form) {
			f.ReplyTo, f.References, f.Info = first.Number, []string{first.Number}, []correspondence.FormAddressee{{Group: "dam"}}
		}): "answers",
		release("paul", "bamako", "dam", "Suite", func(f *correspondence.Form) { f.Follows = first.Number }): "follows",
		release("paul", "bamako", "dam", "Rectificatif", func(f *correspondence.Form) {
			f.Corrects = &correspondence.FormCorrection{Message: first.Number, How: "rectifies"}
		}): "corrects",
		release("paul", "bamako", "dam", "Rappel", func(f *correspondence.Form) { f.References = []string{first.Number} }): "cites",
	}
	h.Reopen()
	for from := range want {
		thread, err := h.As("karim").Thread(t.Context(), from)
		if err != nil || len(thread.Items) != len(want) {
			t.Fatalf("%+v, %v", thread, err)
		}
		for _, item := range thread.Items {
			how := ""
			for _, link := range item.Links {
				how += link.How
			}
			if how != want[item.ID] {
				t.Errorf("%s: %q, want %q", item.Subject, how, want[item.ID])
			}
		}
	}
}

// gather puts the open messages of a world into dossiers, and the closed ones where there are any.
func (w *world) gather() []habilitation.ID {
	ctx := w.T.Context()
	form := correspondence.DossierForm{Title: "Fleuve", Owner: "dam", Level: "unprotected", Members: []string{"sante"}}
	d, err := w.As("marie").OpenDossier(ctx, form)
	if err != nil {
		w.T.Fatalf("%v", err)
	}
	put := func(dossier, message habilitation.ID) {
		w.Clock.Advance(time.Second)
		if _, err := w.As("marie").AddToDossier(ctx, dossier, message.String()); err != nil {
			w.T.Fatalf("%v", err)
		}
	}
	for _, id := range w.open {
		put(d.ID, id)
	}
	if _, err := w.As("marie").AddNote(ctx, d.ID, correspondence.NoteForm{Text: "Relire."}); err != nil {
		w.T.Fatalf("%v", err)
	}
	out := []habilitation.ID{d.ID}
	if len(w.closed) == 0 {
		w.Clock.Advance(time.Duration(2*len(w.open)+1) * time.Second)
		return out
	}
	form.Level, form.Members = "restricted", []string{"bamako"}
	secret, err := w.As("marie").OpenDossier(ctx, form)
	if err != nil {
		w.T.Fatalf("%v", err)
	}
	for _, id := range w.closed {
		put(d.ID, id)
	}
	for _, id := range w.open {
		put(secret.ID, id)
	}
	if _, err := w.As("marie").AddNote(ctx, secret.ID, correspondence.NoteForm{Text: canary}); err != nil {
		w.T.Fatalf("%v", err)
	}
	return append(out, secret.ID)
}

// TestTwoWorldsGatherAlike: dossiers and threads tell a reader nothing of messages and dossiers that they may not see.
func TestTwoWorldsGatherAlike(t *testing.T) {
	bare, full := newWorld(t, false), newWorld(t, true)
	dossiers := [2][]habilitation.ID{bare.gather(), full.gather()}
	if dossiers[0][0] != dossiers[1][0] {
		t.Fatal("the worlds name the same dossier otherwise")
	}
	ids := append(append([]habilitation.ID{}, full.open...), full.closed...)
	readers := map[string]func(w *world) *housetest.Reader{
		"uncleared member of the owner":       func(w *world) *housetest.Reader { return w.As("lea") },
		"cleared, on an unknown terminal":     func(w *world) *housetest.Reader { return w.At("marie", habilitation.ID{}) },
		"uncleared, it was opened to them":    func(w *world) *housetest.Reader { return w.As("ines") },
		"cleared, concerned by nothing":       func(w *world) *housetest.Reader { return w.As("theo") },
		"cleared, on an unprotected terminal": func(w *world) *housetest.Reader { return w.At("paul", housetest.TerminalOf(np)) },
	}
	for name, seat := range readers {
		t.Run(name, func(t *testing.T) {
			want, got := bare.gathered(seat(bare), dossiers[1], ids), full.gathered(seat(full), dossiers[1], ids)
			for i := range want {
				if want[i] != got[i] {
					t.Errorf("the worlds differ:\n  without %s\n  with    %s", want[i], got[i])
				}
				if strings.Contains(got[i], canary) {
					t.Errorf("the canary got out: %s", got[i])
				}
			}
		})
	}
	if seen := full.gathered(full.As("marie"), dossiers[1], ids); !strings.Contains(strings.Join(seen, "\n"), canary) {
		t.Error("the cleared reader sees nothing restricted: the test proves nothing")
	}
}

// gathered asks a desk everything about dossiers and threads, and writes down every answer.
func (w *world) gathered(desk *housetest.Reader, dossiers, messages []habilitation.ID) []string {
	ctx := w.T.Context()
	var out []string
	note := func(what string, answer any, err error) { out = append(out, answerText(what, answer, err)) }
	list, err := desk.Dossiers(ctx)
	note("dossiers", list, err)
	for i, id := range dossiers {
		page, err := desk.Dossier(ctx, id, correspondence.DossierQuery{})
		note(fmt.Sprintf("dossier %d", i), page, err)
		page, err = desk.Dossier(ctx, id, correspondence.DossierQuery{Limit: 2})
		note(fmt.Sprintf("page of dossier %d", i), page, err)
		for j, message := range messages {
			page, err := desk.Dossier(ctx, id, correspondence.DossierQuery{After: message})
			note(fmt.Sprintf("dossier %d after %d", i, j), page, err)
			note(fmt.Sprintf("take %d out of %d", j, i), nil, desk.RemoveFromDossier(ctx, id, message, ""))
		}
		note(fmt.Sprintf("close %d", i), nil, desk.CloseDossier(ctx, id, ""))
	}
	for i, id := range messages {
		thread, err := desk.Thread(ctx, id)
		note(fmt.Sprintf("thread of %d", i), thread, err)
		view, err := desk.Message(ctx, id)
		note(fmt.Sprintf("message %d", i), view.Dossiers, err)
	}
	_, err = desk.OpenDossier(ctx, correspondence.DossierForm{Title: "Fleuve", Owner: "dam", Level: "restricted"})
	note("the restricted key again", nil, err)
	return out
}

// BenchmarkDossier opens a dossier of a thousand messages that are one thread, and the thread.
func BenchmarkDossier(b *testing.B) {
	h := housetest.WithPeople(b)
	ctx := context.Background()
	view, err := h.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Mille", Owner: "dam", Level: "restricted"})
	if err != nil {
		b.Fatal(err)
	}
	var last habilitation.ID
	for i := range 1000 {
		form := housetest.Telegram("bamako", "dam", habilitation.Levels[i%2], fmt.Sprintf("Message %d", i))
		if i%2 == 1 {
			form.References = []string{last.String()}
		} else if i > 1 {
			form.References = []string{"TD BAMAKO " + fmt.Sprint(i/2)}
		}
		last = h.As("paul").Dispatches(form).ID
		if _, err := h.As("marie").AddToDossier(ctx, view.ID, last.String()); err != nil {
			b.Fatal(err)
		}
	}
	desk := h.As("karim")
	for name, open := range map[string]func() (int, error){
		"dossier": func() (int, error) {
			page, err := desk.Dossier(ctx, view.ID, correspondence.DossierQuery{Limit: 1000})
			return len(page.Items), err
		},
		"thread": func() (int, error) {
			thread, err := desk.Thread(ctx, last)
			return len(thread.Items), err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := open(); err != nil || n != 1000 {
					b.Fatalf("%d messages, %v", n, err)
				}
			}
		})
	}
}
