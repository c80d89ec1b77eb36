package correspondence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// Canary stands in every restricted message and nowhere else.
const canary = "zorglubville"

// world is one of two houses that differ only in what an uncleared reader may not see.
type world struct {
	*housetest.House
	open, closed []habilitation.ID
}

// newWorld plays the same correspondence; with restricted set, restricted messages are released between the others.
func newWorld(t *testing.T, restricted bool) *world {
	w := &world{House: housetest.WithPeople(t)}
	subjects := []string{"Campagne de vaccination à Haïti", "Accord de pêche", "Élection du bureau", "Crue du fleuve", "Visite à Rome", "Noël à la résidence"}
	for i, subject := range subjects {
		w.Clock.Advance(7 * time.Minute)
		if restricted {
			w.secret(i)
		}
		form := housetest.Telegram("bamako", "dam", np, subject)
		form.Tags = [][]string{{"sahel"}, {"peche"}, {"sante", "sahel"}}[i%3]
		if i > 0 {
			form.References = []string{fmt.Sprintf("TD BAMAKO %d", i), "TD BAMAKO 41", "Votre note verbale"}
		}
		if i == 2 {
			form.Attachments = []correspondence.FormAttachment{{Name: "liste.csv", Content: []byte("a;b\n1;2\n")}}
		}
		if i >= 3 {
			form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-02T10:00:00Z", "Rendre compte"
		}
		w.open = append(w.open, w.As("paul").Dispatches(form).ID)
	}
	if restricted {
		w.secret(len(subjects))
		w.handleSecrets()
	}
	w.Clock.Advance(3 * time.Hour) // what is to be done is late
	if err := w.Chancery.KeepTime(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	return w
}

// secret releases a restricted message with the words, tags, groups and references of the others.
func (w *world) secret(i int) {
	form := housetest.Telegram("bamako", "dam", dr, "Accord de pêche, vaccination et crue : "+canary)
	form.Info = []correspondence.FormAddressee{{Group: "mae"}}
	form.Tags = []string{"sahel", "peche"}
	form.Agents = []string{"karim"}
	form.Text += strings.Repeat(" Haïti Rome Noël pêche", 40+i)
	if i > 0 {
		form.References = []string{w.open[i-1].String()}
	}
	w.closed = append(w.closed, w.As("paul").Dispatches(form).ID)
}

// answerText writes down an answer or its refusal.
func answerText(what string, answer any, err error) string {
	text, _ := json.Marshal(answer)
	var refusal *correspondence.Refusal
	if errors.As(err, &refusal) {
		text, _ = json.Marshal(refusal)
	} else if err != nil {
		text = []byte(err.Error())
	}
	return what + " → " + string(text)
}

// handleSecrets does what can be done with restricted messages, and answers an open one by a restricted message.
func (w *world) handleSecrets() {
	ctx := w.T.Context()
	reply := housetest.Telegram("dam", "bamako", dr, "Réponse réservée "+canary)
	reply.ReplyTo = w.open[4].String()
	w.closed = append(w.closed, w.As("marie").Dispatches(reply).ID)
	raise := housetest.Telegram("bamako", "dam", dr, "Rectification "+canary)
	raise.Corrects = &correspondence.FormCorrection{Message: w.closed[1].String(), How: "cancels"}
	w.closed = append(w.closed, w.As("paul").Dispatches(raise).ID)
	karim := w.As("karim")
	karim.Reads(w.closed[0])
	if err := errors.Join(karim.Take(ctx, w.closed[0], "dam", correspondence.HandlingWish{}), karim.Share(ctx, w.closed[2], correspondence.ShareWish{Community: "sahel"}),
		w.As("marie").AddAddressee(ctx, w.closed[3], correspondence.AddresseeWish{Group: "sahel", Reason: canary}), karim.CloseHandling(ctx, w.closed[4], "dam", correspondence.HandlingWish{Reason: canary})); err != nil {
		w.T.Fatalf("handle the restricted messages: %v", err)
	}
}

// answers asks a desk everything and writes down every answer.
func (w *world) answers(desk *housetest.Reader, ids []habilitation.ID) []string {
	var out []string
	note := func(what string, answer any, err error) { out = append(out, answerText(what, answer, err)) }
	ctx := w.T.Context()
	for _, limit := range []int{2, 50} {
		page, err := desk.Teleprinter(ctx, correspondence.FeedQuery{Limit: limit})
		note("feed", page, err)
	}
	queries := []string{"", "pêche", "haiti", "crue fleuve", "vaccin*", `"accord de pêche"`, canary, "tag:sahel", "from:bamako", "to:dam", "to:mae", "level:restricted", "-pêche", "type:telegram rome",
		"td bamako 1", "bamako3", "number:1", "TD BAMAKO DR 1", "after:2026", "before:2026-03-02"}
	for _, text := range queries {
		for _, sort := range []string{"relevance", "date"} {
			page, err := desk.Search(ctx, correspondence.SearchQuery{Text: text, Sort: sort})
			note("search "+text+" by "+sort, page, err)
		}
	}
	page, err := desk.Search(ctx, correspondence.SearchQuery{Text: "", Limit: 2})
	for err == nil && page.Next != nil {
		page, err = desk.Search(ctx, correspondence.SearchQuery{Limit: 2, After: *page.Next})
		note("next page", page, err)
	}
	for i, id := range ids {
		ways := map[string]func() ([]byte, error){
			"original": func() ([]byte, error) { return desk.Original(ctx, id) }, "signature": func() ([]byte, error) { return desk.Signature(ctx, id) },
			"token": func() ([]byte, error) { return desk.Timestamp(ctx, id) }, "stamped": func() ([]byte, error) { return desk.Timestamped(ctx, id) },
			"proof": func() ([]byte, error) { return desk.Proof(ctx, id) },
		}
		for _, way := range []string{"original", "signature", "token", "stamped", "proof"} {
			answer, err := ways[way]()
			note(fmt.Sprintf("%s of %d", way, i), answer, err)
		}
		view, err := desk.Message(ctx, id)
		note(fmt.Sprintf("message %d", i), view, err)
		handled, err := desk.HandlingOf(ctx, id)
		note(fmt.Sprintf("handling of %d", i), handled, err)
		row, err := desk.Row(ctx, id)
		note(fmt.Sprintf("row of %d", i), row, err)
		note(fmt.Sprintf("take %d", i), nil, desk.Take(ctx, id, "bamako", correspondence.HandlingWish{}))
		note(fmt.Sprintf("share %d", i), nil, desk.Share(ctx, id, correspondence.ShareWish{Community: "nulle part"}))
	}
	actions, err := desk.Actions(ctx)
	note("actions", actions, err)
	for _, state := range correspondence.SentStates() {
		sent, err := desk.Sent(ctx, correspondence.SentQuery{State: state})
		note("sent "+state, sent, err)
	}
	news, err := desk.SentNews(ctx)
	note("news", news, err)
	group, err := desk.Group(ctx, "bamako")
	note("group", group, err)
	gaps, err := desk.Gaps(ctx)
	note("gaps", gaps, err)
	tray, err := desk.OperatorTray(ctx)
	note("operator desk", tray, err)
	checkpoint, err := desk.Checkpoint(ctx)
	note("checkpoint", checkpoint, err)
	me, err := desk.Me(ctx)
	note("me", me, err)
	groups, err := desk.Groups(ctx)
	note("groups", groups, err)
	tags, err := desk.Tags(ctx, "", 0)
	note("tags", tags, err)
	form := housetest.Telegram("dam", "bamako", np, "Réponse")
	form.Tags, form.References = []string{"sahel"}, []string{"TD BAMAKO 1", "TD BAMAKO DR 1"}
	audience, err := desk.AudienceOf(ctx, form)
	note("audience", audience, err)
	note("marks", nil, desk.MarkAllRead(ctx, habilitation.ID{}))
	feed, err := desk.Teleprinter(ctx, correspondence.FeedQuery{})
	note("feed after marking", feed, err)
	return out
}

func TestTwoWorldsAnswerAlike(t *testing.T) {
	bare, full := newWorld(t, false), newWorld(t, true)
	ids := append(append([]habilitation.ID{}, full.open...), full.closed...)
	readers := map[string]func(w *world) *housetest.Reader{
		"uncleared member of the addressee":     func(w *world) *housetest.Reader { return w.As("lea") },
		"cleared, on an unknown terminal":       func(w *world) *housetest.Reader { return w.At("marie", habilitation.ID{}) },
		"cleared, on an unprotected terminal":   func(w *world) *housetest.Reader { return w.At("paul", housetest.TerminalOf(np)) },
		"uncleared member of a tagged audience": func(w *world) *housetest.Reader { return w.As("ines") },
		"cleared, concerned by nothing":         func(w *world) *housetest.Reader { return w.As("theo") },
		"archivist on an unknown terminal":      func(w *world) *housetest.Reader { return w.At("ana", habilitation.ID{}) },
	}
	for name, seat := range readers {
		t.Run(name, func(t *testing.T) {
			want, got := bare.answers(seat(bare), ids), full.answers(seat(full), ids)
			for i := range want {
				if strings.HasPrefix(want[i], "checkpoint") && strings.HasPrefix(name, "cleared, concerned") {
					continue // the size of the tree of a level is known to whoever is cleared for the level
				}
				if want[i] != got[i] {
					t.Errorf("the worlds differ:\n  without %s\n  with    %s", want[i], got[i])
				}
				if strings.Contains(got[i], canary) && !strings.HasPrefix(got[i], "search "+canary) {
					t.Errorf("the canary got out: %s", got[i])
				}
			}
		})
	}
	if seen := full.answers(full.As("marie"), ids); !strings.Contains(strings.Join(seen, "\n"), canary) {
		t.Error("the cleared reader sees no restricted message: the test proves nothing")
	}
}

func TestTwoWorldsStreamAlike(t *testing.T) {
	var heard [2][]string
	for i, restricted := range []bool{false, true} {
		w := newWorld(t, false)
		heard[i] = w.listen(3, func(n int) {
			w.Clock.Advance(time.Minute)
			if restricted {
				w.secret(n)
			}
			w.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, fmt.Sprintf("Direct %d", n)))
		})
	}
	if a, b := strings.Join(heard[0], "\n"), strings.Join(heard[1], "\n"); a != b || len(heard[0]) != 3 {
		t.Errorf("streams differ:\n%s\n—\n%s", a, b)
	}
}

// listen opens lea's stream and returns the event that follows each act of the play.
func (w *world) listen(acts int, play func(act int)) []string {
	ctx, cancel := context.WithTimeout(w.T.Context(), 20*time.Second)
	defer cancel()
	events := make(chan string, 100)
	began, done := make(chan struct{}), make(chan error, 1)
	first := true
	go func() {
		done <- w.As("lea").Stream(ctx, habilitation.ID{}, func(e correspondence.Event) error {
			if first {
				first = false
				close(began)
			}
			if e.Headline != nil || e.Resync {
				text, err := json.Marshal(e)
				events <- string(text)
				return err
			}
			return nil
		})
	}()
	<-began // the first heartbeat
	var out []string
	for len(out) < acts {
		play(len(out))
		select {
		case e := <-events:
			out = append(out, e)
		case err := <-done:
			w.T.Fatalf("stream ended: %v", err)
		}
	}
	cancel()
	<-done
	return out
}
