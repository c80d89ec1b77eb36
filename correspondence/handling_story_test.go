package correspondence_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// asked is a telegram from Bamako that asks the direction to do something within two days.
func asked(level habilitation.Level, subject string) correspondence.Form {
	form := housetest.Telegram("bamako", "dam", level, subject)
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04T08:00:00Z", "Rendre compte"
	form.Info = []correspondence.FormAddressee{{Group: "mae"}}
	return form
}

// withOperator names an operator desk in which theo sits.
func withOperator(t *testing.T) *housetest.House {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.AudienceCreated{Audience: 6, Key: "distribution", Sort: "service", Name: habilitation.Label{FR: "Pupitre", EN: "Desk"}, Timbre: "PUPITRE", Level: dr},
		habilitation.MemberJoined{Audience: 6, Agent: 6}, habilitation.OperatorDeskNamed{Audience: 6})
	return h
}

// lineOf is how far a group has come with a message, as the reader may know it.
func lineOf(t *testing.T, r *housetest.Reader, id habilitation.ID, group string) correspondence.HandlingLine {
	t.Helper()
	view, err := r.HandlingOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range view.Lines {
		if l.Key == group {
			return l
		}
	}
	return correspondence.HandlingLine{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestForgottenAddresseeIsAdded(t *testing.T) {
	h := housetest.WithPeople(t)
	first := h.As("paul").Dispatches(housetest.Telegram("bamako", "sante", np, "Épidémie"))
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Vaccins"))
	h.As("ines").ReadsNothingOf(sent.ID)
	must(t, h.As("ines").MarkAllRead(t.Context(), habilitation.ID{}))
	h.Clock.Advance(time.Hour)
	wantRefusal(t, correspondence.NotMandated)(h.As("karim").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "sante", Reason: "x"}))
	wantRefusal(t, correspondence.Unknown)(h.As("theo").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "sante", Reason: "x"}))
	faults := wantRefusal(t, correspondence.Invalid)(h.As("paul").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "nulle part", Role: "info", Qualification: "do"})).Faults
	if len(faults) != 5 {
		t.Errorf("faults %+v", faults)
	}
	must(t, h.As("paul").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "sante", Reason: "Oubliée à l'envoi"}))
	wantRefusal(t, correspondence.Conflict)(h.As("paul").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "sante", Reason: "encore"}))
	if feed := h.As("ines").Feed(); len(feed) != 2 || !feed[0].Unread && !feed[1].Unread {
		t.Errorf("what was brought later is not unread: %+v", feed)
	}
	read := h.As("ines").Reads(sent.ID)
	added := read.Addressees[len(read.Addressees)-1]
	if added.Key != "sante" || added.Number != 2 || added.Added == nil || added.Added.By.Login != "paul" || added.Added.Reason != "Oubliée à l'envoi" || added.Added.Ground != "origin" {
		t.Errorf("added as %+v %+v", added, added.Added)
	}
	if got := h.As("ines").Feed(); got[0].Unread || got[1].Unread || got[0].Reasons[0].Kind != "info" {
		t.Errorf("read and unread: %+v", got)
	}
	next := h.As("paul").Dispatches(housetest.Telegram("bamako", "sante", np, "Suite"))
	if next.Addressees[0].Number != 3 || first.Addressees[0].Number != 1 {
		t.Errorf("the series goes %d, 2, %d", first.Addressees[0].Number, next.Addressees[0].Number)
	}
	if gaps, err := h.As("ines").Gaps(t.Context()); err != nil || len(gaps) != 0 {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
	h.VerifyAll()
	h.Reopen()
	h.As("ines").Reads(sent.ID)
}

func TestNumberTwoRetransmits(t *testing.T) {
	h := withOperator(t)
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Réservé"))
	must(t, h.As("marie").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "distribution", Role: "action", Qualification: "do", Deadline: "2026-03-05", Instruction: "Voir", Reason: "Compétence"}))
	read := h.As("theo").Reads(sent.ID)
	if added := read.Addressees[1]; added.Added.Ground != "addressee" || added.Added.Through.Key != "dam" || added.Number != 0 || added.Instruction != "Voir" {
		t.Errorf("retransmitted as %+v", added)
	}
	if read.Reasons[0].Kind != "retransmitted" || read.Qualification != correspondence.ToDo || read.Deadline == nil {
		t.Errorf("row %+v", read.Headline)
	}
	wantRefusal(t, correspondence.Invalid)(h.As("marie").AddAddressee(t.Context(), sent.ID, correspondence.AddresseeWish{Group: "sante", Reason: "x"}))
	h.As("ines").ReadsNothingOf(sent.ID)
}

func TestShareLastsUntilRevoked(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Partage"))
	wantRefusal(t, correspondence.NotMandated)(h.As("lea").Share(t.Context(), sent.ID, correspondence.ShareWish{Community: "sahel"}))
	wantRefusal(t, correspondence.Invalid)(h.As("karim").Share(t.Context(), sent.ID, correspondence.ShareWish{Community: "sante"}))
	must(t, h.As("karim").Share(t.Context(), sent.ID, correspondence.ShareWish{Community: "sahel", Reason: "Utile à tous"}))
	if read := h.As("ines").Reads(sent.ID); read.Reasons[0].Kind != "shared" {
		t.Errorf("reads because %+v", read.Reasons)
	}
	fixed := housetest.Telegram("bamako", "dam", np, "Partage, rectifié")
	fixed.Corrects = &correspondence.FormCorrection{Message: sent.ID.String(), How: "rectifies"}
	correction := h.As("paul").Dispatches(fixed)
	h.As("ines").Reads(correction.ID)
	if banners := h.As("ines").Reads(sent.ID).Banners; len(banners) != 1 || banners[0].ID != correction.ID || banners[0].How != correspondence.Rectifies {
		t.Errorf("banners %+v", banners)
	}
	wantRefusal(t, correspondence.NotMandated)(h.As("ines").RevokeShare(t.Context(), sent.ID, correspondence.ShareWish{Community: "sahel"}))
	must(t, h.As("marie").RevokeShare(t.Context(), sent.ID, correspondence.ShareWish{Community: "sahel", Reason: "Trop large"}))
	h.As("ines").ReadsNothingOf(sent.ID)
	h.As("ines").ReadsNothingOf(correction.ID)
	if hits := h.As("ines").Finds("partage"); hits.Total != 0 {
		t.Errorf("ines still finds %d", hits.Total)
	}
	h.Reopen()
	h.As("ines").ReadsNothingOf(sent.ID)
	h.As("lea").Reads(correction.ID)
}

func TestSecondClaimantIsToldWhoTookIt(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(np, "Action"))
	if got := lineOf(t, h.As("marie"), sent.ID, "dam"); got.State != "delivered" || !slices.Contains(got.May, "take") {
		t.Errorf("before: %+v", got)
	}
	h.As("lea").Reads(sent.ID)
	must(t, h.As("karim").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Due: "2026-03-03"}))
	refusal := wantRefusal(t, correspondence.Conflict)(h.As("marie").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{}))
	if refusal.Key != "taken" || refusal.Faults[0].Args["agent"] != "Karim Benali" || refusal.Faults[0].Args["at"] != "2026-03-02T08:00:00Z" {
		t.Errorf("the second is told %+v", refusal)
	}
	wantRefusal(t, correspondence.NotMandated)(h.As("paul").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{}))
	wantRefusal(t, correspondence.Unknown)(h.As("theo").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{}))
	wantRefusal(t, correspondence.Unknown)(h.As("ines").Take(t.Context(), sent.ID, "sante", correspondence.HandlingWish{}))
	if faults := wantRefusal(t, correspondence.Invalid)(h.As("marie").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Due: "hier"})).Faults; len(faults) != 1 || faults[0].Field != "due" {
		t.Errorf("a date that is none: %+v", faults)
	}
	h.Reopen()
	if got := lineOf(t, h.As("marie"), sent.ID, "dam"); got.State != "taken" || got.Holder == nil || got.Holder.Login != "karim" || got.Due.Format(time.DateOnly) != "2026-03-03" || slices.Contains(got.May, "take") {
		t.Errorf("after: %+v", got)
	}
	if got := lineOf(t, h.As("paul"), sent.ID, "dam"); got.State != "taken" || got.Holder != nil || got.Since != nil || got.Reader != nil {
		t.Errorf("the originator, who asked nothing of the kind, sees %+v", got)
	}
	if mark := h.As("marie").Feed()[0].Handling; mark == nil || mark.State != "taken" || mark.Holder.Login != "karim" || mark.ByMe {
		t.Errorf("the row says %+v", mark)
	}
}

func TestReceiptsAskedNameTheReader(t *testing.T) {
	h := housetest.WithPeople(t)
	form := asked(np, "Accusé")
	form.Action[0].Receipt, form.Info[0].Receipt = "charge", "reading"
	h.Enact(habilitation.MemberJoined{Audience: 1, Agent: 6})
	sent := h.As("paul").Dispatches(form)
	h.Clock.Advance(time.Hour)
	h.As("theo").Reads(sent.ID)
	h.As("lea").Reads(sent.ID)
	must(t, h.As("karim").Take(t.Context(), sent.ID, "dam", correspondence.HandlingWish{}))
	if got := lineOf(t, h.As("paul"), sent.ID, "mae"); got.State != "read" || got.Reader == nil || got.Reader.Login != "theo" || !got.ReadAt.Equal(housetest.Opening.Add(time.Hour)) {
		t.Errorf("reading asked: %+v", got)
	}
	if got := lineOf(t, h.As("paul"), sent.ID, "dam"); got.State != "taken" || got.Holder == nil || got.Holder.Login != "karim" {
		t.Errorf("charge asked: %+v", got)
	}
	if got := lineOf(t, h.As("theo"), sent.ID, "dam"); got.State != "" {
		t.Errorf("another addressee sees %+v", got)
	}
	plain := h.As("paul").Dispatches(asked(np, "Sans accusé"))
	h.As("lea").Reads(plain.ID)
	if got := lineOf(t, h.As("paul"), plain.ID, "dam"); got.State != "read" || got.Reader != nil || got.ReadAt != nil || got.Since != nil {
		t.Errorf("reading not asked: %+v", got)
	}
}

func TestEntrustedComesBackWhenDeclined(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(dr, "À confier"))
	give := func(by, to string) error {
		return h.As(by).Entrust(t.Context(), sent.ID, "dam", correspondence.HandlingWish{To: to, Note: "Votre dossier"})
	}
	for _, to := range []string{"lea", "ines", "personne", "karim"} {
		wantRefusal(t, correspondence.Invalid)(give("karim", to))
	}
	must(t, give("karim", "marie"))
	actions, err := h.As("marie").Actions(t.Context())
	if err != nil || len(actions.Items) != 1 || actions.Items[0].Whose != "waiting" || actions.Items[0].Line.Entrusted.Note != "Votre dossier" || actions.Items[0].Line.Instruction != "Rendre compte" {
		t.Fatalf("marie's actions: %+v, %v", actions, err)
	}
	wantRefusal(t, correspondence.Conflict)(h.As("karim").AcceptEntrusted(t.Context(), sent.ID, "dam"))
	must(t, h.As("marie").DeclineEntrusted(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "En mission"}))
	if actions, _ = h.As("karim").Actions(t.Context()); len(actions.Items) != 1 || actions.Items[0].Whose != "mine" || !actions.Items[0].Returned || actions.Items[0].Line.Declined.Reason != "En mission" {
		t.Errorf("karim's actions: %+v", actions)
	}
	pressing := asked(dr, "En retard")
	pressing.Action[0].Deadline = "2026-03-02T08:30:00Z"
	late := h.As("paul").Dispatches(pressing)
	h.Clock.Advance(time.Hour)
	if actions, _ = h.As("karim").Actions(t.Context()); len(actions.Items) != 2 || actions.Items[0].ID != sent.ID || !actions.Items[1].Line.Late {
		t.Errorf("what was given back is not before what is late: %+v", actions)
	}
	if actions, _ = h.As("marie").Actions(t.Context()); len(actions.Items) != 2 || actions.Items[0].ID != late.ID || actions.Items[1].Returned {
		t.Errorf("to marie, who declined it: %+v", actions)
	}
	must(t, h.As("karim").CloseHandling(t.Context(), late.ID, "dam", correspondence.HandlingWish{Reason: "fait"}))
	h.Reopen()
	must(t, give("karim", "marie"))
	must(t, h.As("marie").AcceptEntrusted(t.Context(), sent.ID, "dam"))
	if got := lineOf(t, h.As("karim"), sent.ID, "dam"); got.Holder.Login != "marie" || got.Entrusted != nil {
		t.Errorf("accepted: %+v", got)
	}
	if me, _ := h.As("marie").Me(t.Context()); me.ToDo != 1 {
		t.Errorf("marie has %d to do", me.ToDo)
	}
}

func TestEndsOfHandling(t *testing.T) {
	h := withOperator(t)
	closed, moved, lost, answered := h.As("paul").Dispatches(asked(np, "Close")), h.As("paul").Dispatches(asked(np, "Réattribuée")), h.As("paul").Dispatches(asked(np, "Mal adressée")), h.As("paul").Dispatches(asked(np, "Répondue"))
	wantRefusal(t, correspondence.Invalid)(h.As("karim").CloseHandling(t.Context(), closed.ID, "dam", correspondence.HandlingWish{Reason: " "}))
	must(t, h.As("karim").CloseHandling(t.Context(), closed.ID, "dam", correspondence.HandlingWish{Reason: "Sans objet"}))
	must(t, h.As("marie").Reassign(t.Context(), moved.ID, "dam", correspondence.HandlingWish{To: "sante", Reason: "Relève de la santé"}))
	must(t, h.As("karim").Misaddressed(t.Context(), lost.ID, "dam", correspondence.HandlingWish{Reason: "Pas pour nous"}))
	reply := housetest.Telegram("dam", "bamako", np, "Réponse")
	reply.ReplyTo = answered.Number
	answer := h.As("marie").Dispatches(reply)
	if refusal := wantRefusal(t, correspondence.Conflict)(h.As("marie").Take(t.Context(), closed.ID, "dam", correspondence.HandlingWish{})); refusal.Key != "handling-closed" || refusal.Faults[0].Args["agent"] != "Karim Benali" {
		t.Errorf("what is closed is refused as %+v", refusal)
	}
	if got := lineOf(t, h.As("paul"), closed.ID, "dam"); got.State != "closed" || got.End.Reason != "Sans objet" || got.End.By.Login != "karim" {
		t.Errorf("closed: %+v", got)
	}
	if got := lineOf(t, h.As("ines"), moved.ID, "sante"); got.State != "delivered" || got.Instruction != "Rendre compte" || got.Deadline == nil {
		t.Errorf("reassigned: %+v", got)
	}
	if got := lineOf(t, h.As("paul"), answered.ID, "dam"); got.State != "answered" || got.Answer == nil || *got.Answer.ID != answer.ID {
		t.Errorf("answered: %+v", got)
	}
	tray, err := h.As("theo").OperatorTray(t.Context())
	if err != nil || len(tray) != 5 { // mae has no member at all: four times undelivered, once sent back
		t.Fatalf("tray %+v, %v", tray, err)
	}
	back := tray[slices.IndexFunc(tray, func(v correspondence.TrayView) bool { return v.Why == "misaddressed" })]
	if back.Word.Reason != "Pas pour nous" || back.Group.Key != "dam" || back.Message.ID != lost.ID {
		t.Errorf("sent back: %+v", back)
	}
	wantRefusal(t, correspondence.Unknown)(h.As("marie").SettleTray(t.Context(), back.ID, correspondence.SettleWish{Reason: "x"}))
	must(t, h.As("theo").SettleTray(t.Context(), back.ID, correspondence.SettleWish{Group: "sante", Reason: "À la santé"}))
	for range 2 { // as folded, and as restored
		again := wantKey(t, h.As("theo").SettleTray(t.Context(), back.ID, correspondence.SettleWish{Reason: "x"}), correspondence.Conflict, "settled")
		if told := again.Faults[0]; told.Key != "settled-to" || told.Args["agent"] != "Théo Blanc" || told.Args["group"] != "MINSANTE" || told.Args["reason"] != "À la santé" {
			t.Errorf("the second operator is told %+v", told)
		}
		wantRefusal(t, correspondence.Unknown)(h.As("marie").SettleTray(t.Context(), back.ID, correspondence.SettleWish{Reason: "x"}))
		h.Reopen()
	}
	if got := h.As("ines").Reads(lost.ID); got.Reasons[0].Kind != "retransmitted" {
		t.Errorf("ines reads because %+v", got.Reasons)
	}
	for _, item := range tray {
		if item.Why == "undelivered" {
			must(t, h.As("theo").SettleTray(t.Context(), item.ID, correspondence.SettleWish{Reason: "Personne au ministère"}))
		}
	}
	h.As("theo").ReadsNothingOf(lost.ID) // off the desk, off the operator's eyes
	wantRefusal(t, correspondence.Unknown)(h.As("theo").SettleTray(t.Context(), back.ID, correspondence.SettleWish{Reason: "x"}))
	h.Reopen()
	if tray, _ = h.As("theo").OperatorTray(t.Context()); len(tray) != 0 {
		t.Errorf("tray %+v", tray)
	}
	if tray, _ = h.As("marie").OperatorTray(t.Context()); len(tray) != 0 {
		t.Errorf("marie sees the operator desk: %+v", tray)
	}
	h.VerifyAll()
}

func TestLateComesFirstAndEndsWithTheMessage(t *testing.T) {
	h := housetest.WithPeople(t)
	late, cancelled, soon := h.As("paul").Dispatches(asked(np, "Tard")), h.As("paul").Dispatches(asked(np, "Annulé")), asked(np, "Bientôt")
	soon.Action[0].Deadline = "2026-04-01"
	next := h.As("paul").Dispatches(soon)
	cancel := housetest.Telegram("bamako", "dam", np, "Annulation")
	cancel.Corrects = &correspondence.FormCorrection{Message: cancelled.ID.String(), How: "cancels"}
	h.As("paul").Dispatches(cancel)
	must(t, h.As("karim").Take(t.Context(), next.ID, "dam", correspondence.HandlingWish{}))
	h.Clock.Advance(49 * time.Hour)
	page, err := h.As("karim").Actions(t.Context())
	if err != nil || len(page.Items) != 2 || page.Items[0].ID != late.ID || !page.Items[0].Line.Late || page.Items[0].Whose != "group" || page.Items[1].Whose != "mine" || page.Late != 1 {
		t.Errorf("actions %+v, %v", page, err)
	}
	if page, _ = h.As("ines").Actions(t.Context()); len(page.Items) != 0 {
		t.Errorf("ines has %+v to do", page.Items)
	}
}

// TestWhatWasRaisedIsNoGap: the house has it, so nobody is told that its number is missing.
func TestWhatWasRaisedIsNoGap(t *testing.T) {
	h := housetest.WithPeople(t)
	var sent []correspondence.MessageView
	for _, subject := range []string{"Un", "Deux", "Trois", "Quatre"} {
		sent = append(sent, h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, subject)))
	}
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Réservé"))
	for _, i := range []int{1, 3} {
		raise := housetest.Telegram("bamako", "dam", dr, "Relèvement")
		raise.Corrects, raise.LevelReason = &correspondence.FormCorrection{Message: sent[i].ID.String(), How: "raises"}, "Sources"
		h.As("paul").Dispatches(raise)
	}
	h.As("lea").ReadsNothingOf(sent[1].ID)
	for range 2 {
		for _, login := range []string{"lea", "marie"} {
			if gaps, err := h.As(login).Gaps(t.Context()); err != nil || len(gaps) != 0 {
				t.Errorf("%s's gaps: %+v, %v", login, gaps, err)
			}
		}
		h.Reopen()
	}
}

func TestOpeningIsNotedOnce(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(np, "Lu"))
	before, _ := h.Chancery.Journal.Head(t.Context())
	for _, reader := range []string{"ana", "paul", "lea", "karim", "lea"} {
		h.As(reader).Reads(sent.ID)
	}
	after, _ := h.Chancery.Journal.Head(t.Context())
	if after.Seq != before.Seq+1 {
		t.Errorf("%d acts for five openings", after.Seq-before.Seq)
	}
	if got := lineOf(t, h.As("lea"), sent.ID, "dam"); got.State != "read" || strings.Contains(strings.Join(got.May, " "), "close") {
		t.Errorf("lea sees %+v", got)
	}
}

// onDuty puts marie and then karim on the direction's duty roster, who have twenty minutes each.
func onDuty(h *housetest.House) {
	watch := func(agent habilitation.AgentID) habilitation.Watch {
		return habilitation.Watch{Agent: agent, From: housetest.Opening.Add(-time.Hour), Until: housetest.Opening.Add(24 * time.Hour)}
	}
	h.Enact(habilitation.RosterSet{Audience: 2, Watches: []habilitation.Watch{watch(3), watch(1), watch(2)}, AcknowledgeMinutes: 20})
}

// keepTime moves the clock and lets the house decide what is due.
func keepTime(t *testing.T, h *housetest.House, by time.Duration) {
	t.Helper()
	h.Clock.Advance(by)
	must(t, h.Chancery.KeepTime(t.Context()))
}

func TestFlashCallsTheDutyRoster(t *testing.T) {
	h := housetest.WithPeople(t)
	onDuty(h)
	form := asked(dr, "Coup de force")
	form.Precedence = "flash"
	sent := h.As("paul").Dispatches(form)
	keepTime(t, h, 0)
	alerts := func(login string) []correspondence.RingingAlert {
		t.Helper()
		page, err := h.As(login).Actions(t.Context())
		must(t, err)
		return page.Alerts
	}
	first := alerts("marie")
	if len(first) != 1 || first[0].Message.ID != sent.ID || first[0].Group.Key != "dam" || len(first[0].Called) != 1 || first[0].Called[0].Login != "marie" || first[0].Everybody {
		t.Fatalf("marie is called: %+v", first)
	}
	called := func() correspondence.CallView {
		t.Helper()
		line := lineOf(t, h.As("paul"), sent.ID, "dam")
		if line.Alert != nil || line.Call == nil {
			t.Fatalf("the originator is told %+v, %+v", line.Alert, line.Call)
		}
		return *line.Call
	}
	if c := called(); !c.RaisedAt.Equal(first[0].RaisedAt) || c.Called != 1 || c.Everybody || c.AcknowledgedAt != nil {
		t.Errorf("the originator is told %+v", c)
	}
	if lineOf(t, h.As("marie"), sent.ID, "dam").Call != nil {
		t.Error("the addressee is told what is for the originator")
	}
	if len(alerts("lea")) != 0 || len(alerts("karim")) != 0 || len(alerts("paul")) != 0 {
		t.Error("others are called at once: lea is not cleared, karim not yet")
	}
	wantRefusal(t, correspondence.NotMandated)(h.As("karim").AcknowledgeAlert(t.Context(), first[0].ID))
	wantRefusal(t, correspondence.Unknown)(h.As("paul").AcknowledgeAlert(t.Context(), first[0].ID))
	wantRefusal(t, correspondence.Unknown)(h.As("lea").AcknowledgeAlert(t.Context(), first[0].ID))
	keepTime(t, h, 19*time.Minute)
	if len(alerts("karim")) != 0 {
		t.Error("karim is called too early")
	}
	h.Reopen()
	keepTime(t, h, time.Minute)
	if next := alerts("karim"); len(next) != 1 || len(next[0].Called) != 2 {
		t.Errorf("karim is called: %+v", next)
	}
	must(t, h.As("karim").AcknowledgeAlert(t.Context(), first[0].ID))
	if c := called(); c.Called != 2 || c.AcknowledgedAt == nil || !c.AcknowledgedAt.Equal(h.Clock.Now()) {
		t.Errorf("acknowledged, the originator is told %+v", c)
	}
	wantRefusal(t, correspondence.Conflict)(h.As("marie").AcknowledgeAlert(t.Context(), first[0].ID))
	if got := lineOf(t, h.As("marie"), sent.ID, "dam").Alert; got == nil || got.AcknowledgedBy.Login != "karim" || len(alerts("marie")) != 0 {
		t.Errorf("acknowledged: %+v", got)
	}
	keepTime(t, h, time.Hour)
	if len(alerts("marie")) != 0 {
		t.Error("what was acknowledged rings again")
	}
	h.VerifyAll()
}

func TestNightCallsTheWholeGroupWithoutARoster(t *testing.T) {
	h := housetest.WithPeople(t)
	form := asked(np, "De nuit")
	form.Action[0].Night, form.Action[0].NightReason = true, "Évacuation en cours"
	h.As("paul").Dispatches(form)
	keepTime(t, h, 0)
	page, err := h.As("lea").Actions(t.Context())
	if err != nil || len(page.Alerts) != 1 || !page.Alerts[0].Everybody || !page.Alerts[0].MayAcknowledge {
		t.Errorf("lea is called: %+v, %v", page.Alerts, err)
	}
}

func TestSilenceEndsByItself(t *testing.T) {
	h := housetest.WithPeople(t)
	quiet := func(subject string) correspondence.Form {
		form := housetest.Telegram("bamako", "dam", np, subject)
		form.SilenceUntil = "2026-03-02T10:00:00Z"
		return form
	}
	kept, broken := h.As("paul").Dispatches(quiet("Adopté")), h.As("paul").Dispatches(quiet("Rompu"))
	wantRefusal(t, correspondence.NotMandated)(h.As("lea").BreakSilence(t.Context(), broken.ID, "dam", correspondence.HandlingWish{Reason: "x"}))
	must(t, h.As("marie").BreakSilence(t.Context(), broken.ID, "dam", correspondence.HandlingWish{Reason: "Réserve parlementaire"}))
	h.Reopen()
	keepTime(t, h, 119*time.Minute)
	silence := func(id habilitation.ID) *correspondence.SilenceView {
		view, err := h.As("lea").HandlingOf(t.Context(), id)
		must(t, err)
		return view.Silence
	}
	if got := silence(kept.ID); got == nil || got.EndedAt != nil {
		t.Errorf("before its time: %+v", got)
	}
	keepTime(t, h, time.Minute)
	if got := silence(kept.ID); got.EndedAt == nil || !got.Adopted {
		t.Errorf("kept: %+v", got)
	}
	if got := silence(broken.ID); got.EndedAt == nil || got.Adopted || len(got.Broken) != 1 || got.Broken[0].Key != "dam" || got.Broken[0].Reason != "Réserve parlementaire" {
		t.Errorf("broken: %+v", got)
	}
	wantRefusal(t, correspondence.Conflict)(h.As("marie").BreakSilence(t.Context(), kept.ID, "dam", correspondence.HandlingWish{Reason: "trop tard"}))
}

// overhear opens a reader's stream and returns what the acts of the play bring, up to a message that everybody hears at the end.
func overhear(t *testing.T, h *housetest.House, login string, play func()) (changed, gone []habilitation.ID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	began, ended, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := true
	go func() {
		done <- h.As(login).Stream(ctx, habilitation.ID{}, func(e correspondence.Event) error {
			switch {
			case first:
				first = false
				close(began)
			case e.Gone != nil:
				gone = append(gone, *e.Gone)
			case e.Headline != nil && e.Headline.Subject == "Fin":
				close(ended)
			case e.Changed:
				changed = append(changed, e.Headline.ID)
			}
			return nil
		})
	}()
	<-began
	play()
	end := housetest.Telegram("bamako", "dam", np, "Fin")
	end.Info = []correspondence.FormAddressee{{Group: "sante"}}
	h.As("paul").Dispatches(end)
	select {
	case <-ended:
	case err := <-done:
		t.Fatalf("stream ended: %v", err)
	}
	cancel()
	<-done
	return changed, gone
}

func TestStreamsTellWhatIsOtherwise(t *testing.T) {
	play := func(h *housetest.House, sent, secret habilitation.ID) func() {
		return func() {
			must(t, h.As("karim").Share(t.Context(), sent, correspondence.ShareWish{Community: "sahel"}))
			time.Sleep(20 * time.Millisecond)
			must(t, h.As("karim").Take(t.Context(), sent, "dam", correspondence.HandlingWish{}))
			must(t, h.As("karim").Take(t.Context(), secret, "dam", correspondence.HandlingWish{}))
			must(t, h.As("karim").RevokeShare(t.Context(), sent, correspondence.ShareWish{Community: "sahel"}))
			time.Sleep(20 * time.Millisecond)
		}
	}
	for login, want := range map[string]struct{ sent, secret, gone bool }{
		"ines": {sent: true, gone: true}, "lea": {sent: true}, "marie": {sent: true, secret: true}, "theo": {},
	} {
		t.Run(login, func(t *testing.T) {
			h := housetest.WithPeople(t)
			h.Enact(habilitation.MemberJoined{Audience: 4, Agent: 6}) // theo hears the end
			sent, secret := h.As("paul").Dispatches(asked(np, "Ouvert")), h.As("paul").Dispatches(asked(dr, "Réservé"))
			changed, gone := overhear(t, h, login, play(h, sent.ID, secret.ID))
			if slices.Contains(changed, sent.ID) != want.sent || slices.Contains(changed, secret.ID) != want.secret || (len(gone) > 0) != want.gone || want.gone && gone[0] != sent.ID {
				t.Errorf("changed %v, gone %v", changed, gone)
			}
		})
	}
}

func TestBecomingLateIsTold(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(np, "Échéance"))
	changed, _ := overhear(t, h, "lea", func() { keepTime(t, h, 49*time.Hour) })
	if !slices.Contains(changed, sent.ID) {
		t.Errorf("changed %v", changed)
	}
}
