package correspondence_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/cmd/fiction"
	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// preview asks what a form would become.
func preview(t testing.TB, desk *housetest.Reader, form correspondence.Form) correspondence.AudienceView {
	t.Helper()
	view, err := desk.AudienceOf(context.Background(), form)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// TestPreviewIsExact releases what was previewed, and counts on whose teleprinter it stands: nobody more and nobody less.
func TestPreviewIsExact(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.AgentAdded{Agent: 8, Login: "ong", Name: "Une ONG", Level: np, Guest: true},
		habilitation.MemberJoined{Audience: 5, Agent: 8},
		habilitation.AgentAdded{Agent: 9, Login: "guichet", Name: "Guichet", Level: dr},
		habilitation.AudienceCreated{Audience: 6, Key: "guichet", Sort: "service", Name: habilitation.Label{FR: "Guichet"}, Timbre: "GUICHET", Level: dr},
		habilitation.MemberJoined{Audience: 6, Agent: 9},
		habilitation.OperatorDeskNamed{Audience: 6},
		habilitation.MemberJoined{Audience: 3, Agent: 4, Duties: habilitation.Drafter | habilitation.Signatory | habilitation.Collective},
		habilitation.CollectiveDefined{Collective: "tous", Name: habilitation.Label{FR: "Tous"}, Audiences: []habilitation.AudienceID{1, 2, 3, 4}},
	)
	old := housetest.Telegram("bamako", "sante", np, "Ancien")
	old.Agents, old.Tags = []string{"theo"}, []string{"sahel"}
	corrected := h.As("paul").Dispatches(old)
	people := []string{"marie", "karim", "lea", "ines", "theo", "ong", "guichet"} // not paul, who writes, nor the archivist
	for name, change := range map[string]func(*correspondence.Form){
		"plain":      func(*correspondence.Form) {},
		"tag":        func(f *correspondence.Form) { f.Tags = []string{"sahel"} },
		"named":      func(f *correspondence.Form) { f.Agents = []string{"ong", "theo"} },
		"community":  func(f *correspondence.Form) { f.Info = []correspondence.FormAddressee{{Group: "sahel"}} },
		"restricted": func(f *correspondence.Form) { f.Level = dr.String() },
		"nobody":     func(f *correspondence.Form) { f.Action[0].Group = "mae" },
		"collective": func(f *correspondence.Form) { f.Collectives = []correspondence.FormCollective{{Collective: "tous"}} },
		"exempted": func(f *correspondence.Form) {
			f.Collectives, f.Exempted = []correspondence.FormCollective{{Collective: "tous"}}, []string{"mae"}
		},
		"correction": func(f *correspondence.Form) {
			f.Corrects = &correspondence.FormCorrection{Message: corrected.Number, How: "rectifies"}
		},
	} {
		form := housetest.Telegram("bamako", "dam", np, "Objet "+name)
		change(&form)
		view := preview(t, h.As("paul"), form)
		sent := h.As("paul").Dispatches(form)
		readers, guests := 0, 0
		for _, login := range people {
			if slices.ContainsFunc(h.As(login).Feed(), func(one correspondence.Headline) bool { return one.ID == sent.ID }) {
				readers++
				if login == "ong" {
					guests++
				}
			}
		}
		if view.Readers != readers || view.Guests != guests || len(view.Faults) > 0 {
			t.Errorf("%s: previewed %d readers, %d guests, faults %v; received by %d and %d", name, view.Readers, view.Guests, view.Faults, readers, guests)
		}
	}
}

// TestPreviewShowsTheRowAndItsCost as the first addressee would see it.
func TestPreviewShowsTheRowAndItsCost(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Objet")
	form.Precedence, form.Instruction = "immediate", true
	form.Action[0] = correspondence.FormAddressee{Group: "dam", Qualification: "do", Deadline: "2026-04-01T12:00", Instruction: "Répondre.", Night: true, NightReason: "Urgence."}
	form.Text = strings.Repeat("mot ", 396)
	view := preview(t, h.As("paul"), form)
	if view.Cost.Words != 400 || view.Cost.Seconds != 120 || view.Cost.Total != 120*3 || view.Readers != 3 {
		t.Errorf("cost %+v for %d readers", view.Cost, view.Readers)
	}
	shown := *view.Row
	real := h.As("karim").Reads(h.As("paul").Dispatches(form).ID).Headline
	shown.ID, shown.Number, shown.Unread, real.Summary = real.ID, real.Number, real.Unread, shown.Summary
	shown.Reasons[0].Audience.Name = real.Reasons[0].Audience.Name
	if got, want := fmt.Sprintf("%+v %v %+v", shown.Deadline, shown.ReleasedAt, *shown.Reasons[0].Audience), fmt.Sprintf("%+v %v %+v", real.Deadline, real.ReleasedAt, *real.Reasons[0].Audience); got != want {
		t.Errorf("row %s, released as %s", got, want)
	}
	shown.Deadline, shown.Reasons, real.Deadline, real.Reasons = nil, nil, nil, nil
	if fmt.Sprintf("%+v", shown) != fmt.Sprintf("%+v", real) {
		t.Errorf("row %+v\nreleased as %+v", shown, real)
	}
}

// TestPreviewWarnsOfWhatWasCancelled or replaced among the references, and says of each reference what corrects it, as far as the author may see.
func TestPreviewWarnsOfWhatWasCancelled(t *testing.T) {
	h := housetest.WithPeople(t)
	old := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Forages"))
	replaced := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Puits"))
	cancelling := h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Annulation"), old.ID, "cancels"))
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Puits, texte revu"), replaced.ID, "replaces"))
	form := housetest.Telegram("dam", "bamako", np, "Réponse")
	form.References, form.ReplyTo = []string{"td bamako 1"}, "td bamako 2"
	view := preview(t, h.As("marie"), form)
	if got := fmt.Sprint(view.Warnings); got != "[{references[0] cites-cancelled map[by:TD BAMAKO 3 number:TD BAMAKO 1]} {reply_to cites-replaced map[by:TD BAMAKO 4 number:TD BAMAKO 2]}]" {
		t.Errorf("warned of %s", got)
	}
	if b := view.References[0].Banners; len(b) != 1 || b[0].ID != cancelling.ID || b[0].How != correspondence.Cancels {
		t.Errorf("the first reference bears %+v", b)
	}
	form.Action[0].Group = "sante"
	sent := h.As("marie").Dispatches(form)
	if read := h.As("marie").Reads(sent.ID); len(read.References[0].Banners) != 1 || len(read.InReplyTo.Banners) != 1 {
		t.Errorf("cites %+v in reply to %+v", read.References, read.InReplyTo)
	}
	if read := h.As("ines").Reads(sent.ID); read.References[0].Banners != nil || read.References[0].ID != nil {
		t.Errorf("ines, who sees neither, is told %+v", read.References[0])
	}
	if read := h.As("marie").Reads(cancelling.ID); len(read.Corrects.Banners) != 0 {
		t.Errorf("the correction says of itself %+v", read.Corrects)
	}
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", dr, "Relèvement"), cancelling.ID, "raises"))
	if view := preview(t, h.As("lea"), form); len(view.References[0].Banners) != 0 || len(view.Warnings) != 1 {
		t.Errorf("lea, who may not read that it was cancelled, is told %+v and %+v", view.References[0], view.Warnings)
	}
	if view := preview(t, h.As("marie"), form); len(view.References[0].Banners) != 1 || len(view.Warnings) != 2 {
		t.Errorf("marie is told %+v and %+v", view.References[0], view.Warnings)
	}
}

// TestPreviewResolvesReferencesAsTyped, and tells of a message withheld what it tells of none.
func TestPreviewResolvesReferencesAsTyped(t *testing.T) {
	h := housetest.WithPeople(t)
	seen := h.As("marie").Dispatches(housetest.Telegram("dam", "bamako", np, "Vu"))
	h.As("marie").Dispatches(housetest.Telegram("dam", "sante", np, "Pas vu"))
	form := housetest.Telegram("bamako", "dam", np, "Objet")
	form.References = []string{"td dam 1", "TD DAM 2", "TD DAM 3", "Lettre du préfet"}
	form.ReplyTo = "TD DAM 1/2026"
	told := preview(t, h.As("paul"), form).References
	if len(told) != 5 || told[0].ID == nil || *told[0].ID != seen.ID || told[0].Subject != "Vu" || told[4].Field != "reply_to" || told[4].ID == nil {
		t.Fatalf("references %+v", told)
	}
	told[1].Text, told[2].Text, told[1].Field, told[2].Field = "", "", "", ""
	if fmt.Sprintf("%+v", told[1]) != fmt.Sprintf("%+v", told[2]) {
		t.Errorf("withheld %+v, none %+v", told[1], told[2])
	}
}

const flood = "Le fleuve a dépassé la cote d’alerte à Mopti et quatre mille personnes ont quitté les quartiers bas pour trois sites que la préfecture a ouverts hier soir."

// TestPreviewFindsWhatWasSaidAlready, lately, and only what the author may read.
func TestPreviewFindsWhatWasSaidAlready(t *testing.T) {
	h := housetest.WithPeople(t)
	said := func(origin, to, subject, text string) correspondence.Form {
		form := housetest.Telegram(origin, to, np, subject)
		form.Text = text
		return form
	}
	h.As("marie").Dispatches(said("dam", "bamako", "Crue du Niger à Mopti", "Rien de commun dans ce texte-ci."))
	h.Clock.Advance(8 * 24 * time.Hour)
	alike := h.As("marie").Dispatches(said("dam", "bamako", "Point de situation", flood))
	subject := h.As("marie").Dispatches(said("dam", "bamako", "Crue du fleuve Niger à Mopti", "Rien de commun dans ce texte-là."))
	withheld := h.As("marie").Dispatches(said("dam", "sante", "Crue du Niger à Mopti", flood))
	h.As("marie").Dispatches(said("dam", "bamako", "Calendrier des visites", "La mission arrive lundi et repart vendredi."))
	form := said("bamako", "dam", "La crue du Niger, Mopti", flood+" Suite demain.")
	for range 2 {
		told := preview(t, h.As("paul"), form).Duplicates
		if len(told) != 2 || told[0].ID != alike.ID || told[1].ID != subject.ID || told[0].Alike < 70 {
			t.Errorf("duplicates %+v, want %s and %s, not %s", told, alike.ID, subject.ID, withheld.ID)
		}
		h.Reopen()
	}
	h.Rewire(func(config *correspondence.Config) { config.Folds = correspondence.NewFolds() })
	if told := preview(t, h.As("paul"), form).Duplicates; len(told) != 2 || told[0].ID != alike.ID {
		t.Errorf("refolded: %+v", told)
	}
	form.References = []string{alike.Number}
	if told := preview(t, h.As("paul"), form).Duplicates; len(told) != 1 || told[0].ID != subject.ID {
		t.Errorf("what is cited is told as a duplicate: %+v", told)
	}
}

// TestPreviewWarns of what does not hinder.
func TestPreviewWarns(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", dr, "Objet")
	form.Tags, form.Exempted = []string{"sahel"}, []string{"sante"}
	if told := faultsOf(preview(t, h.As("paul"), form).Warnings); !slices.Equal(told, []string{"tags[0] tag-not-approved", "exempted exempted-from-nothing"}) {
		t.Errorf("warned %q", told)
	}
	flash := housetest.Telegram("bamako", "dam", np, "Urgent")
	flash.Precedence = "flash"
	for i := range 12 {
		if told := preview(t, h.As("paul"), flash).Warnings; i < 10 && len(told) > 0 {
			t.Errorf("warned after %d: %+v", i, told)
		}
		sent := flash
		if i > 1 {
			sent.Precedence = ""
		}
		h.As("paul").Dispatches(sent)
	}
	told := preview(t, h.As("paul"), flash).Warnings
	if len(told) != 1 || told[0].Key != "presses-too-often" || told[0].Args["share"] != "16" {
		t.Errorf("warned %+v", told)
	}
	flash.Precedence = "immediate"
	if told := preview(t, h.As("paul"), flash).Warnings; len(told) > 0 {
		t.Errorf("warned of what does not press: %+v", told)
	}
}

// BenchmarkAudience previews a circular to fifty groups with five tags in a house of 13,600 agents that lately sent 7,000 messages. The
// target is 20 ms.
func BenchmarkAudience(b *testing.B) {
	h := housetest.New(b)
	size := fiction.Size{Agents: 13_600, Groups: 500, Communities: 200, Tags: 300, Seed: 7}
	if _, err := fiction.Populate(b.Context(), h.Chancery, h.Authority, size, func(int, int) {}); err != nil {
		b.Fatal(err)
	}
	desk, form := circular(b, h)
	for i := range benchSent() {
		form.Subject = fmt.Sprint("Situation du marché ", i)
		desk.Dispatches(form)
	}
	view := preview(b, desk, form)
	if len(view.Faults) > 0 || len(view.Groups) < 50 {
		b.Fatalf("faults %+v, %d groups", view.Faults, len(view.Groups))
	}
	for b.Loop() {
		preview(b, desk, form)
	}
	b.ReportMetric(float64(view.Readers), "readers")
}

// benchSent is how many messages the house of BenchmarkAudience sent: few, unless CHANCERY_SOAK asks for a week's.
func benchSent() int {
	if os.Getenv("CHANCERY_SOAK") != "" {
		return 7_000
	}
	return 700
}

// circular is a form of somebody who signs, to fifty groups and with five tags.
func circular(b *testing.B, h *housetest.House) (*housetest.Reader, correspondence.Form) {
	b.Helper()
	form := correspondence.Form{Kind: "note", Level: np.String(), Text: strings.Repeat(flood+"\n\n", 15)}
	var desk *housetest.Reader
	for a := range h.Folds().Register.Audiences() {
		if len(form.Info) < 50 && !a.Community {
			form.Info = append(form.Info, correspondence.FormAddressee{Group: a.Key})
		}
		for _, m := range h.Folds().Register.Members(a.ID) {
			if desk == nil && !a.Community && m.Duties.Has(habilitation.Signatory) {
				who, _ := h.Folds().Register.Agent(m.Agent)
				form.Origin, desk = a.Key, h.At(who.Login, habilitation.ID{})
			}
		}
	}
	form.Action, form.Info = form.Info[:1], form.Info[1:]
	for id := habilitation.TagID(1); id <= 5; id++ {
		tag, _ := h.Folds().Thesaurus.Tag(id)
		form.Tags = append(form.Tags, tag.Key)
	}
	return desk, form
}
