package correspondence_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// sentBy is a list of what the reader's groups sent.
func sentBy(t *testing.T, r *housetest.Reader, state string) correspondence.SentPage {
	t.Helper()
	page, err := r.Sent(t.Context(), correspondence.SentQuery{State: state})
	must(t, err)
	return page
}

// newsOf are the news that the reader is told, as "what group", the oldest first, with a star for what is new.
func newsOf(t *testing.T, r *housetest.Reader) []string {
	t.Helper()
	page, err := r.SentNews(t.Context())
	must(t, err)
	out := []string{}
	for _, n := range slices.Backward(page.Items) {
		told := n.What
		if n.Group != nil {
			told += " " + n.Group.Key
		}
		if n.To != nil {
			told += " to " + n.To.Key
		}
		if n.New {
			told += "*"
		}
		out = append(out, told)
	}
	return out
}

func wantNews(t *testing.T, r *housetest.Reader, want ...string) {
	t.Helper()
	if got := newsOf(t, r); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// asText is everything that a desk is told of what was sent.
func asText(t *testing.T, r *housetest.Reader) string {
	t.Helper()
	all := []any{}
	for _, state := range correspondence.SentStates() {
		all = append(all, sentBy(t, r, state))
	}
	news, err := r.SentNews(t.Context())
	must(t, err)
	text, err := json.Marshal(append(all, news))
	must(t, err)
	return string(text)
}

func TestOriginatorLearnsWhatIsLateAndWhoAnswered(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(np, "Crue")) // the ministry has nobody to read it
	plain := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Pour lecture"))
	page := sentBy(t, h.As("paul"), "")
	if page.Counts != (correspondence.SentCounts{Open: 1, Undelivered: 1}) || len(page.Items) != 1 || page.Items[0].ID != sent.ID || page.Items[0].Late || len(page.Items[0].Lines) != 2 {
		t.Errorf("open %+v", page)
	}
	if all := sentBy(t, h.As("paul"), correspondence.SentAll); len(all.Items) != 2 || all.Items[0].ID != plain.ID || all.Items[0].Open {
		t.Errorf("all %+v", all)
	}
	wantNews(t, h.As("paul"), "undelivered mae*")
	for _, login := range []string{"marie", "lea", "theo"} {
		if text := asText(t, h.As(login)); strings.Contains(text, sent.ID.String()) {
			t.Errorf("%s, who sent nothing, is told %s", login, text)
		}
	}
	h.Clock.Advance(72 * time.Hour)
	keepTime(t, h, 0)
	if late := sentBy(t, h.As("paul"), correspondence.SentLate); late.Counts.Late != 1 || !late.Items[0].Late {
		t.Errorf("late %+v", late)
	}
	wantNews(t, h.As("paul"), "undelivered mae*", "late dam*")
	seen, err := h.As("paul").SentNews(t.Context())
	must(t, err)
	must(t, h.As("paul").SeeNews(t.Context(), seen.Items[0].At))
	wantNews(t, h.As("paul"), "undelivered mae", "late dam")
	reply := housetest.Telegram("dam", "bamako", dr, "Réponse réservée")
	reply.ReplyTo = sent.Number
	answer := h.As("marie").Dispatches(reply)
	wantNews(t, h.As("paul"), "undelivered mae", "answered dam*")
	unprotected := h.At("paul", habilitation.ID{})
	wantNews(t, unprotected, "undelivered mae", "late dam")
	if page := sentBy(t, unprotected, correspondence.SentAnswered); page.Counts.Answered != 0 || page.Counts.Late != 1 || len(page.Items) != 0 {
		t.Errorf("who may not know of the answer sees %+v", page)
	}
	page = sentBy(t, h.As("paul"), correspondence.SentAnswered)
	if page.Counts.Answered != 1 || page.Counts.Late != 0 || page.Items[0].ID != sent.ID || *page.Items[0].Lines[1].Answer.ID != answer.ID && *page.Items[0].Lines[0].Answer.ID != answer.ID {
		t.Errorf("answered %+v", page)
	}
	before := asText(t, h.As("paul"))
	h.Reopen()
	keepTime(t, h, 0)
	if after := asText(t, h.As("paul")); after != before {
		t.Errorf("opened again\n%s\nbefore\n%s", after, before)
	}
	h.Rewire(func(config *correspondence.Config) { config.Folds = correspondence.NewFolds() })
	keepTime(t, h, 0)
	if after := asText(t, h.As("paul")); after != before {
		t.Errorf("refolded\n%s\nbefore\n%s", after, before)
	}
}

// TestReceiptsComeAsTheyWereAsked: each when it comes, and of nothing else the name or the hour.
func TestReceiptsComeAsTheyWereAsked(t *testing.T) {
	for receipt, told := range map[string][]string{"none": {}, "delivery": {"delivered dam*"}, "reading": {"read dam*"}, "charge": {"taken dam*"}} {
		h := housetest.WithPeople(t)
		form := housetest.Telegram("bamako", "dam", np, "Accusé")
		form.Action[0].Receipt = receipt
		sent := h.As("paul").Dispatches(form)
		names := receipt == "reading" || receipt == "charge"
		if page := sentBy(t, h.As("paul"), ""); (page.Counts.Open == 1) != names {
			t.Errorf("with a receipt of %s, open %+v", receipt, page.Counts)
		}
		h.Clock.Advance(time.Minute)
		h.As("karim").Reads(sent.ID)
		must(t, h.As("karim").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{}))
		wantNews(t, h.As("paul"), told...)
		if text := asText(t, h.As("paul")); strings.Contains(text, "karim") != names {
			t.Errorf("with a receipt of %s the originator is told %s", receipt, text)
		}
		h.Clock.Advance(time.Minute)
		must(t, h.As("karim").CloseHandling(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "fait"}))
		wantNews(t, h.As("paul"), append(told, "closed dam*")...)
	}
}

func TestOriginatorLearnsWhereTheMisaddressedWent(t *testing.T) {
	h := withOperator(t)
	sent := h.As("paul").Dispatches(asked(np, "Pêche"))
	must(t, h.As("karim").Misaddressed(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "Pas pour nous"}))
	wantNews(t, h.As("paul"), "undelivered mae*", "misaddressed dam*")
	if page := sentBy(t, h.As("paul"), ""); page.Counts.Open != 1 {
		t.Errorf("while it lies on the operator desk, open %+v", page.Counts)
	}
	h.Clock.Advance(time.Minute)
	tray, err := h.As("theo").OperatorTray(t.Context())
	must(t, err)
	for _, item := range tray {
		wish := correspondence.SettleWish{Reason: "Personne ne la lira"}
		if item.Why == "misaddressed" {
			wish = correspondence.SettleWish{Group: "sante", Role: "info", Reason: "À la santé"}
		}
		must(t, h.As("theo").SettleTray(t.Context(), item.ID, wish))
	}
	got := newsOf(t, h.As("paul"))
	slices.Sort(got)
	if want := []string{"added sante*", "misaddressed dam to sante*", "settled dam to sante*", "settled mae*", "undelivered mae*"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if page := sentBy(t, h.As("paul"), ""); page.Counts.Open != 0 {
		t.Errorf("when everything is settled, open %+v", page)
	}
}

func TestOriginatorLearnsHowTheSilenceEnded(t *testing.T) {
	h := housetest.WithPeople(t)
	for _, broken := range []bool{true, false} {
		form := housetest.Telegram("bamako", "dam", np, "Silence")
		form.SilenceUntil = h.Clock.Now().Add(time.Hour).Format(time.RFC3339)
		sent := h.As("paul").Dispatches(form)
		if page := sentBy(t, h.As("paul"), ""); page.Counts.Open != 1 {
			t.Errorf("while the silence runs, open %+v", page.Counts)
		}
		if h.Clock.Advance(time.Minute); broken {
			must(t, h.As("marie").BreakSilence(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "Réserve"}))
		}
		h.Clock.Advance(2 * time.Hour)
		keepTime(t, h, 0)
	}
	wantNews(t, h.As("paul"), "broken dam*", "not-adopted*", "adopted*")
	if page := sentBy(t, h.As("paul"), ""); page.Counts.Open != 0 {
		t.Errorf("after it, open %+v", page.Counts)
	}
}

// TestOvertakenIsNoLongerActedUpon: nobody begins to handle what was cancelled or replaced, the refusal names what did it, and what was taken may be
// closed.
func TestOvertakenIsNoLongerActedUpon(t *testing.T) {
	for _, how := range []string{"cancels", "replaces"} {
		h := housetest.WithPeople(t)
		untouched, held := h.As("paul").Dispatches(asked(np, "Intact")).ID, h.As("paul").Dispatches(asked(np, "Pris")).ID
		must(t, h.As("karim").Take(t.Context(), held, "dam", correspondence.HandlingWish{}))
		must(t, h.As("karim").Entrust(t.Context(), held, "dam", correspondence.HandlingWish{To: "marie"}))
		by := map[habilitation.ID]string{}
		for _, id := range []habilitation.ID{untouched, held} {
			by[id] = h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Suite"), id, how)).Number
		}
		h.Clock.Advance(72 * time.Hour)
		for id, acts := range map[habilitation.ID][]error{
			untouched: {h.As("karim").Take(t.Context(), untouched, "dam", correspondence.HandlingWish{}),
				h.As("karim").Entrust(t.Context(), untouched, "dam", correspondence.HandlingWish{To: "marie"}),
				h.As("marie").Reassign(t.Context(), untouched, "dam", correspondence.HandlingWish{To: "mae", Reason: "x"})},
			held: {h.As("marie").AcceptEntrusted(t.Context(), held, "dam")},
		} {
			for _, act := range acts {
				if refusal := wantRefusal(t, correspondence.Conflict)(act); refusal.Key != "overtaken-"+how || refusal.Faults[0].Args["number"] != by[id] {
					t.Errorf("%s: refused as %+v", how, refusal)
				}
			}
		}
		if l := lineOf(t, h.As("marie"), untouched, "dam"); !slices.Equal(l.May, []string{"close", "misaddressed"}) || l.Due != nil || l.Late {
			t.Errorf("%s: offered %q, due %v", how, l.May, l.Due)
		}
		if may := lineOf(t, h.As("marie"), held, "dam").May; slices.Contains(may, "accept") || !slices.Contains(may, "decline") {
			t.Errorf("%s: offered %q", how, may)
		}
		for _, row := range h.As("karim").Feed() {
			if row.Handling != nil && row.Handling.Late {
				t.Errorf("%s: the row of %s is late", how, row.Number)
			}
		}
		must(t, h.As("karim").CloseHandling(t.Context(), held, "dam", correspondence.HandlingWish{Reason: "sans objet"}))
	}
}

// TestExpiredIsNoLongerActedUpon: every row says so, nobody begins to handle it, and what was taken may be closed.
func TestExpiredIsNoLongerActedUpon(t *testing.T) {
	h := housetest.WithPeople(t)
	valid := func(subject string) habilitation.ID {
		form := asked(np, subject)
		form.Info, form.ValidUntil = nil, "2026-03-05T08:00:00Z"
		return h.As("paul").Dispatches(form).ID
	}
	untouched, held := valid("Intact"), valid("Pris")
	must(t, h.As("karim").Take(t.Context(), held, "dam", correspondence.HandlingWish{}))
	must(t, h.As("karim").Entrust(t.Context(), held, "dam", correspondence.HandlingWish{To: "marie"}))
	h.Clock.Advance(time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC).Sub(h.Clock.Now()))
	if row := h.As("karim").Feed()[0]; row.ExpiredAt != nil {
		t.Errorf("at the last moment of its validity it is told as expired")
	}
	ear := listen(t, h.As("karim"), habilitation.ID{})
	keepTime(t, h, time.Second)
	ear.hears(untouched, held)
	ear.hears(untouched, held)
	for _, row := range h.As("lea").Feed() {
		if row.ExpiredAt == nil || row.ExpiredAt.Hour() != 8 {
			t.Errorf("the row says %v", row.ExpiredAt)
		}
	}
	for _, act := range []error{h.As("karim").Take(t.Context(), untouched, "dam", correspondence.HandlingWish{}),
		h.As("karim").Entrust(t.Context(), untouched, "dam", correspondence.HandlingWish{To: "marie"}),
		h.As("marie").Reassign(t.Context(), untouched, "dam", correspondence.HandlingWish{To: "mae", Reason: "x"}),
		h.As("marie").AcceptEntrusted(t.Context(), held, "dam")} {
		if key := wantRefusal(t, correspondence.Conflict)(act).Key; key != "expired" {
			t.Errorf("refused as %q", key)
		}
	}
	if may := lineOf(t, h.As("marie"), untouched, "dam").May; slices.Contains(may, "take") || slices.Contains(may, "assign") || slices.Contains(may, "reassign") || !slices.Contains(may, "close") {
		t.Errorf("offered %q", may)
	}
	if may := lineOf(t, h.As("marie"), held, "dam").May; slices.Contains(may, "accept") || !slices.Contains(may, "decline") {
		t.Errorf("offered %q", may)
	}
	page, err := h.As("karim").Actions(t.Context())
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].ID != held || page.Late != 1 {
		t.Errorf("to do %+v", page.Items)
	}
	got := newsOf(t, h.As("paul"))
	if want := []string{"late dam*", "expired dam*"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if page := sentBy(t, h.As("paul"), ""); len(page.Items) != 1 || page.Items[0].ID != held || page.Items[0].ExpiredAt == nil {
		t.Errorf("awaited %+v", page.Items)
	}
	must(t, h.As("karim").CloseHandling(t.Context(), held, "dam", correspondence.HandlingWish{Reason: "fait"}))
	must(t, h.As("karim").CloseHandling(t.Context(), untouched, "dam", correspondence.HandlingWish{Reason: "trop tard"}))
}

// TestReplyBeforeIsDueWhereNoDeadlineIs: of whoever must act or answer; a deadline of one's own goes before, and copies answer nothing.
func TestReplyBeforeIsDueWhereNoDeadlineIs(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Avis demandé")
	form.Info = []correspondence.FormAddressee{{Group: "sante"}}
	form.ReplyBefore = "2026-03-03T08:00:00Z"
	sent := h.As("paul").Dispatches(form)
	own := asked(np, "Propre échéance")
	own.ReplyBefore = form.ReplyBefore
	mine := h.As("paul").Dispatches(own)
	due := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	for range 2 {
		if l := lineOf(t, h.As("marie"), sent.ID, "dam"); l.Due == nil || !l.Due.Equal(due) || l.Deadline != nil || l.Late {
			t.Errorf("asked to answer by %v, deadline %v", l.Due, l.Deadline)
		}
		if l := lineOf(t, h.As("marie"), mine.ID, "dam"); l.Due == nil || l.Due.Day() != 4 {
			t.Errorf("its own deadline is %v", l.Due)
		}
		if l := lineOf(t, h.As("ines"), sent.ID, "sante"); l.Due != nil {
			t.Errorf("a copy is due on %v", l.Due)
		}
		h.Reopen()
	}
	if row := h.As("marie").Feed()[1]; row.Deadline == nil || !row.Deadline.Equal(due) {
		t.Errorf("the row is due on %v", row.Deadline)
	}
	h.Clock.Advance(due.Add(time.Second).Sub(h.Clock.Now()))
	keepTime(t, h, 0)
	page, err := h.As("karim").Actions(t.Context())
	must(t, err)
	if page.Late != 1 || page.Items[0].ID != sent.ID || !page.Items[0].Line.Late {
		t.Errorf("late %d of %+v", page.Late, page.Items)
	}
	wantNews(t, h.As("paul"), "undelivered mae*", "late dam*")
	must(t, h.As("marie").Reassign(t.Context(), sent.ID, "dam", correspondence.HandlingWish{To: "mae", Reason: "Leur avis"}))
	if l := lineOf(t, h.As("paul"), sent.ID, "mae"); l.Due == nil || !l.Late {
		t.Errorf("passed on it is due on %v", l.Due)
	}
}

// TestEmphasisIsForWhoDirects: the share of a group's messages that press their readers, of the last ninety days, as far as one may see.
func TestEmphasisIsForWhoDirects(t *testing.T) {
	h := housetest.WithPeople(t)
	release := func(level habilitation.Level, precedence, copies string) {
		form := housetest.Telegram("bamako", "dam", level, "Objet")
		form.Precedence = precedence
		form.Info = []correspondence.FormAddressee{{Group: "mae", Qualification: copies}}
		h.As("paul").Dispatches(form)
	}
	release(np, "flash", "information")
	h.Clock.Advance(91 * 24 * time.Hour)
	for range 7 {
		release(np, "", "information")
	}
	release(np, "immediate", "information")
	release(np, "", "read")
	release(dr, "flash", "information")
	emphasis := func(r *housetest.Reader) *correspondence.EmphasisView {
		page, err := r.Group(t.Context(), "bamako")
		must(t, err)
		return page.Emphasis
	}
	want := correspondence.EmphasisView{Days: 90, Released: 10, ToRead: 10, Copies: 1, Urgent: 2, Flash: 1, Pressing: 2, Share: 20, TooMany: true}
	if got := emphasis(h.As("paul")); got == nil || *got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if got := emphasis(h.At("paul", habilitation.ID{})); got == nil || got.Released != 9 || got.Flash != 0 || got.TooMany {
		t.Errorf("counted of what is withheld: %+v", got)
	}
	if emphasis(h.As("marie")) != nil {
		t.Error("told to who does not direct the group")
	}
}

// TestNewsOfTheSameSecondStayNew: a release is dated to the second, so what comes later in the second in which one looked is news all the same.
func TestNewsOfTheSameSecondStayNew(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Clock.Advance(300 * time.Millisecond)
	h.As("paul").Dispatches(asked(np, "Avant"))
	h.Clock.Advance(time.Second)
	must(t, h.As("paul").SeeNews(t.Context(), h.Clock.Now()))
	h.Clock.Advance(300 * time.Millisecond)
	h.As("paul").Dispatches(asked(np, "Après"))
	wantNews(t, h.As("paul"), "undelivered mae", "undelivered mae*")
}

// TestDeliveryIsToldWhenItComes: a receipt of delivery of what nobody could read at the release is news when somebody does, not at the release, which
// the originator has long seen; and what loses its readers after its delivery is listed as undelivered.
func TestDeliveryIsToldWhenItComes(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "mae", np, "Sans lecteur")
	form.Action[0].Receipt = "delivery"
	sent := h.As("paul").Dispatches(form)
	wantNews(t, h.As("paul"), "undelivered mae*")
	h.Clock.Advance(time.Hour)
	must(t, h.As("paul").SeeNews(t.Context(), h.Clock.Now()))
	wantNews(t, h.As("paul"), "undelivered mae")
	h.Clock.Advance(time.Minute)
	h.Enact(habilitation.MemberJoined{Audience: 1, Agent: 6})
	h.As("theo").Reads(sent.ID)
	wantNews(t, h.As("paul"), "undelivered mae", "delivered mae*")
	if news, err := h.As("paul").SentNews(t.Context()); err != nil || news.Items[0].By != nil || !news.Items[0].At.Equal(h.Clock.Now()) {
		t.Errorf("delivered as %+v, %v", news.Items, err)
	}
	if me, err := h.As("paul").Me(t.Context()); err != nil || me.News != 1 {
		t.Errorf("the menu says %d, %v", me.News, err)
	}
	h.Reopen()
	wantNews(t, h.As("paul"), "undelivered mae", "delivered mae*")

	again := h.As("paul").Dispatches(form)
	if page := sentBy(t, h.As("paul"), correspondence.SentUndelivered); page.Counts.Undelivered != 0 {
		t.Errorf("delivered, and yet listed: %+v", page.Items)
	}
	h.Enact(habilitation.MemberLeft{Audience: 1, Agent: 6})
	for range 2 {
		if page := sentBy(t, h.As("paul"), correspondence.SentUndelivered); len(page.Items) != 1 || page.Items[0].ID != again.ID || page.Items[0].Lines[0].State != "undelivered" {
			t.Errorf("nobody reads it any more: %+v", page.Items)
		}
		h.Reopen()
	}
	h.VerifyAll()
}
