package correspondence_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestEveryFaultOfTheParticularsIsTold writes one fault at a time into a form that is right, and expects that fault and no other.
func TestEveryFaultOfTheParticularsIsTold(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.CollectiveDefined{Collective: "all", Name: habilitation.Label{FR: "Toutes les directions"}, Audiences: []habilitation.AudienceID{2, 4}},
		habilitation.CollectiveDefined{Collective: "self", Name: habilitation.Label{FR: "Soi-même"}, Audiences: []habilitation.AudienceID{3}},
		habilitation.MemberJoined{Audience: 3, Agent: 4, Duties: habilitation.Drafter | habilitation.Signatory | habilitation.Collective},
		habilitation.MemberJoined{Audience: 1, Agent: 4, Duties: habilitation.Drafter | habilitation.Signatory},
	)
	restricted := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Protégé"))
	open := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Clair"))
	theirs := h.As("marie").Dispatches(housetest.Telegram("dam", "bamako", np, "D’ailleurs"))
	type form = correspondence.Form
	long := func(n int) string { return strings.Repeat("é", n) }
	todo := correspondence.FormAddressee{Group: "dam", Qualification: "do", Deadline: "2026-04-01", Instruction: "Répondre."}
	corrects := func(f *form, id habilitation.ID, how string) {
		f.Corrects = &correspondence.FormCorrection{Message: id.String(), How: how}
	}
	cancelled := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "À annuler"))
	cancelling := housetest.Telegram("bamako", "dam", np, "Annulation")
	corrects(&cancelling, cancelled.ID, "cancels")
	h.As("paul").Dispatches(cancelling)
	for i, c := range []struct {
		spoil func(*form)
		want  string
	}{
		{func(f *form) { f.Instruction, f.Action[0] = true, todo }, ""},
		{func(f *form) { f.Instruction = true }, "instruction instruction-without-do"},
		{func(f *form) { f.Kind, f.Instruction, f.Action[0] = "mail", true, todo }, "instruction instruction-in-mail"},
		{func(f *form) { f.DistributionClass = "directors" }, ""},
		{func(f *form) { f.DistributionClass = "all" }, "distribution_class unknown-choice"},
		{func(f *form) { f.Precedence, f.Action[0].Precedence = "urgent", "priority" }, ""},
		{func(f *form) { f.Action[0].Precedence = "flash" }, "action[0].precedence above-message-precedence"},
		{func(f *form) { f.Action[0].Precedence = "hurry" }, "action[0].precedence unknown-choice"},
		{func(f *form) { f.Info = []correspondence.FormAddressee{{Group: "sante", Precedence: "urgent"}} }, "info[0].precedence above-action"},
		{func(f *form) {
			f.Precedence, f.Action[0].Precedence, f.Info = "flash", "routine", []correspondence.FormAddressee{{Group: "sante", Precedence: "urgent"}}
		}, "info[0].precedence above-action"},
		{func(f *form) {
			f.Precedence, f.Action[0].Precedence, f.InfoPrecedence = "flash", "routine", "priority"
		}, "info_precedence above-action"},
		{func(f *form) { f.Action[0].Group = "sahel" }, "action[0].group community-cannot-act"},
		{func(f *form) { f.Info = []correspondence.FormAddressee{{Group: "sahel"}} }, ""},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Instruction = "…" }, "action[0].instruction missing"},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Instruction = "(DR) Répondre." }, "action[0].instruction above-message"},
		{func(f *form) { f.Subject = "(DR) Pluies" }, "subject above-message"},
		{func(f *form) { f.Action[0].Night, f.Action[0].NightReason = true, "Évacuation." }, ""},
		{func(f *form) { f.Action[0].Night = true }, "action[0].night_reason missing"},
		{func(f *form) { f.Action[0].NightReason = "Évacuation." }, "action[0].night_reason reason-without-night"},
		{func(f *form) { f.Action[0].Night, f.Action[0].NightReason = true, long(601) }, "action[0].night_reason too-long"},
		{func(f *form) {
			f.Info = []correspondence.FormAddressee{{Group: "sante", Night: true, NightReason: "x"}}
		}, "info[0].night info-cannot-night"},
		{func(f *form) { f.Action[0].Receipt = "charge" }, ""},
		{func(f *form) { f.Action[0].Receipt = "none" }, ""},
		{func(f *form) { f.Action[0].Receipt = "kiss" }, "action[0].receipt unknown-choice"},
		{func(f *form) { f.Info = []correspondence.FormAddressee{{Group: "sante", Receipt: "charge"}} }, "info[0].receipt info-cannot-charge"},
		{func(f *form) { f.Action[0].Serve = []string{"CMB", "CM5"} }, ""},
		{func(f *form) { f.Action[0].Serve = []string{"CMB", "cmb"} }, "action[0].serve[1] twice"},
		{func(f *form) { f.Action[0].Serve = []string{" "} }, "action[0].serve[0] missing"},
		{func(f *form) { f.Action[0].Attention = long(121) }, "action[0].attention too-long"},
		{func(f *form) { f.Action[0].Attention = "voir TD BAMAKO DR 7" }, "action[0].attention restricted-number"},
		{func(f *form) { f.Collectives = []correspondence.FormCollective{{Collective: "all"}} }, ""},
		{func(f *form) {
			f.Action, f.Collectives = nil, []correspondence.FormCollective{{Collective: "all", Role: "action"}}
		}, ""},
		{func(f *form) { f.Action, f.Collectives = nil, []correspondence.FormCollective{{Collective: "all"}} }, "action missing"},
		{func(f *form) { f.Collectives = []correspondence.FormCollective{{}} }, "collectives[0].collective missing"},
		{func(f *form) { f.Collectives = []correspondence.FormCollective{{Collective: "none"}} }, "collectives[0].collective collective-unknown"},
		{func(f *form) { f.Collectives = []correspondence.FormCollective{{Collective: "self"}} }, "collectives[0].collective collective-empty"},
		{func(f *form) {
			f.Collectives = []correspondence.FormCollective{{Collective: "all"}, {Collective: "all"}}
		}, "collectives[1].collective twice"},
		{func(f *form) { f.Collectives = []correspondence.FormCollective{{Collective: "all", Role: "boss"}} }, "collectives[0].role unknown-choice"},
		{func(f *form) {
			f.Collectives = []correspondence.FormCollective{{Collective: "all", Precedence: "flash"}}
		}, "collectives[0].precedence above-action"},
		{func(f *form) {
			f.Collectives = []correspondence.FormCollective{{Collective: "all", Qualification: "do"}}
		},
			"collectives[0].qualification info-cannot-do, collectives[0].deadline missing, collectives[0].instruction missing"},
		{func(f *form) { f.Origin, f.Collectives = "mae", []correspondence.FormCollective{{Collective: "all"}} }, "collectives[0].collective no-right-to-collective"},
		{func(f *form) {
			f.Level, f.Collectives = dr.String(), []correspondence.FormCollective{{Collective: "all"}}
		}, "collectives[0].collective collective-not-cleared"},
		{func(f *form) {
			f.Level, f.Exempted, f.Action = dr.String(), []string{"sante"}, nil
			f.Collectives = []correspondence.FormCollective{{Collective: "all", Role: "action"}}
		}, ""},
		{func(f *form) { f.Exempted = []string{"nowhere"} }, "exempted[0] group-unknown"},
		{func(f *form) { f.Exempted = []string{"sante", "sante"} }, "exempted[1] twice"},
		{func(f *form) { f.Exempted = []string{"dam"} }, "exempted[0] exempted-addressee"},
		{func(f *form) { f.ReplyTo = theirs.Number }, ""},
		{func(f *form) { f.ReplyTo = "Lettre du préfet" }, "reply_to reference-unknown"},
		{func(f *form) { f.Follows = "TD BAMAKO 900" }, "follows reference-unknown"},
		{func(f *form) { f.Follows = restricted.Number }, "follows restricted-number"},
		{func(f *form) { f.ReplyTo = restricted.ID.String() }, "reply_to restricted-number"},
		{func(f *form) {
			f.ValidUntil, f.ReplyBefore, f.SilenceUntil = "2026-06-01", "2026-05-01T12:00", "2026-05-02T12:00:00Z"
		}, ""},
		{func(f *form) { f.ReplyBefore = "bientôt" }, "reply_before not-a-date"},
		{func(f *form) { f.ReplyBefore = "2026-03-01" }, "reply_before past"},
		{func(f *form) { f.ValidUntil = "2026-03-01" }, "valid_until past"},
		{func(f *form) { f.SilenceUntil = "2026-03-01" }, "silence_until past"},
		{func(f *form) { f.ReassessOn = "2026-03-01" }, "reassess_on past"},
		{func(f *form) { f.NotBefore = "2026-03-01" }, ""}, // it may be released now
		{func(f *form) { f.NotBefore = "mardi" }, "not_before not-a-date"},
		{func(f *form) { f.ReplyBefore, f.ValidUntil = "2026-05-02", "2026-05-01" }, "reply_before after-validity"},
		{func(f *form) { f.SilenceUntil, f.ValidUntil = "2026-05-02", "2026-05-01" }, "silence_until after-validity"},
		{func(f *form) { f.NotBefore, f.ReplyBefore = "2026-05-02", "2026-05-01" }, "reply_before before-release"},
		{func(f *form) {
			f.Countries, f.Persons, f.FreeTags = []string{"Mali"}, []string{"M. Keïta"}, []string{"crue"}
		}, ""},
		{func(f *form) { f.Countries = []string{"Mali", "MALI"} }, "countries[1] twice"},
		{func(f *form) { f.Persons = []string{long(121)} }, "persons[0] too-long"},
		{func(f *form) { f.FreeTags = []string{"crue, eau"} }, "free_tags[0] one-tag-each"},
		{func(f *form) { f.LevelReason = "cf. TD BAMAKO DR 7" }, "level_reason restricted-number"},
		{func(f *form) { f.AudienceMention = long(121) }, "audience_mention too-long"},
		{func(f *form) { f.HandlingInstructions = long(601) }, "handling_instructions too-long"},
		{func(f *form) { f.Kind, f.External = "mail", []string{"a+b@who.example"} }, ""},
		{func(f *form) { f.Kind, f.Action, f.External = "mail", nil, []string{"a@who.example"} }, ""},
		{func(f *form) { f.External = []string{"a@who.example"} }, "external external-mail-only"},
		{func(f *form) { f.Kind, f.Level, f.External = "mail", dr.String(), []string{"a@who.example"} }, "external external-restricted"},
		{func(f *form) { f.Kind, f.External = "mail", []string{"a b@who.example"} }, "external[0] not-an-address"},
		{func(f *form) { f.Kind, f.External = "mail", []string{"a@who.example", "A@who.example"} }, "external[1] twice"},
		{func(f *form) { f.Text = "(NP) Un.\n\n(DR) Deux." }, "text paragraph-above-message"},
		{func(f *form) { f.Text, f.Level = "(NP) Un.\n\n(DR) Deux.", dr.String() }, ""},
		{func(f *form) { f.Summary = "(DR) Deux." }, "summary paragraph-above-message"},
		{func(f *form) { corrects(f, open.ID, "rectifies") }, ""},
		{func(f *form) { corrects(f, open.ID, "burns") }, "corrects.how unknown-choice"},
		{func(f *form) { corrects(f, open.ID, "") }, "corrects.how missing"},
		{func(f *form) { f.Corrects = &correspondence.FormCorrection{How: "cancels"} }, "corrects.message missing"},
		{func(f *form) { corrects(f, habilitation.ID{9}, "cancels") }, "corrects.message reference-unknown"},
		{func(f *form) { corrects(f, cancelled.ID, "cancels") }, "corrects.message corrects-ended"},
		{func(f *form) { corrects(f, cancelled.ID, "rectifies") }, "corrects.message corrects-ended"},
		{func(f *form) { f.Level = dr.String(); corrects(f, cancelled.ID, "raises") }, ""},
		{func(f *form) { corrects(f, theirs.ID, "cancels") }, "corrects.message corrects-not-yours"},
		{func(f *form) { corrects(f, open.ID, "lowers") }, "corrects.how lowered-already"},
		{func(f *form) { corrects(f, open.ID, "raises") }, "level raises-to-restricted"},
		{func(f *form) { corrects(f, restricted.ID, "cancels") }, "level corrects-other-level"},
		{func(f *form) { f.Level = dr.String(); corrects(f, restricted.ID, "lowers") }, "level lowers-to-unprotected"},
		{func(f *form) { f.Level = dr.String(); corrects(f, restricted.ID, "raises") }, "corrects.how raised-already"},
		{func(f *form) {
			f.Text = "Le " + restricted.Number + " est ouvert."
			corrects(f, restricted.ID, "lowers")
		}, ""},
	} {
		written := housetest.Telegram("bamako", "dam", np, fmt.Sprint("Objet ", i))
		c.spoil(&written)
		draft, err := h.As("paul").NewDraft(t.Context(), written)
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Join(faultsOf(draft.Faults), ", "); told != c.want {
			t.Errorf("case %d: told %q, want %q", i, told, c.want)
		}
		if err := h.As("paul").DiscardDraft(t.Context(), draft.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// refused expects a refusal with these faults.
func refused(t *testing.T, err error, cause correspondence.Cause, want ...string) {
	t.Helper()
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != cause || !slices.Equal(faultsOf(refusal.Faults), append([]string{}, want...)) {
		t.Errorf("got %v, want %s with %q", err, cause, want)
	}
}

// TestCollectiveIsFrozenAtRelease: its members are addressees with numbers of their own, and stay those whatever it stands for later.
func TestCollectiveIsFrozenAtRelease(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.CollectiveDefined{Collective: "tous", Name: habilitation.Label{FR: "Tous", EN: "All"}, Audiences: []habilitation.AudienceID{1, 2, 3, 4}},
		habilitation.MemberJoined{Audience: 3, Agent: 4, Duties: habilitation.Drafter | habilitation.Signatory | habilitation.Collective},
	)
	form := housetest.Telegram("bamako", "dam", np, "Circulaire")
	form.Collectives, form.Exempted = []correspondence.FormCollective{{Collective: "tous", Receipt: "delivery"}}, []string{"mae"}
	sent := h.As("paul").Dispatches(form)
	h.Enact(habilitation.CollectiveWithdrawn{Collective: "tous"})
	h.Reopen()
	view := h.As("ines").Reads(sent.ID)
	if len(view.Addressees) != 2 || view.Addressees[1].Key != "sante" || view.Addressees[1].Collective != "tous" || view.Addressees[1].Number != 1 ||
		view.Addressees[1].Receipt != correspondence.DeliveryReceipt {
		t.Errorf("addressees %+v, want dam by name and sante by collective", view.Addressees)
	}
	if len(view.Collectives) != 1 || view.Collectives[0].Members != 1 || len(view.Exempted) != 1 || view.Exempted[0].Key != "mae" {
		t.Errorf("collectives %+v, exempted %+v", view.Collectives, view.Exempted)
	}
	h.VerifyAll()
}

// TestNothingFallsIntoNothing: what an addressee has nobody to read falls on the operator desk.
func TestNothingFallsIntoNothing(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.AgentAdded{Agent: 8, Login: "guichet", Name: "Guichet", Level: dr},
		habilitation.AudienceCreated{Audience: 6, Key: "guichet", Sort: "service", Name: habilitation.Label{FR: "Guichet"}, Timbre: "GUICHET", Level: dr},
		habilitation.MemberJoined{Audience: 6, Agent: 8},
		habilitation.OperatorDeskNamed{Audience: 6},
	)
	lost := h.As("paul").Dispatches(housetest.Telegram("bamako", "mae", dr, "À personne"))
	h.As("guichet").Reads(lost.ID)
	found := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "À quelqu’un"))
	h.As("guichet").ReadsNothingOf(found.ID)
	h.Reopen()
	h.As("guichet").Reads(lost.ID)
	h.VerifyAll()
}

// TestReleaseWaitsForItsTime: what is put off is refused before, and goes out after.
func TestReleaseWaitsForItsTime(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Demain")
	form.NotBefore = housetest.Opening.Add(24 * hour).Format("2006-01-02T15:04:05Z07:00")
	_, err := h.As("paul").Dispatch(t.Context(), habilitation.ID{}, form)
	refused(t, err, correspondence.Invalid, "not_before not-yet")
	h.Clock.Advance(24 * hour)
	h.As("paul").Dispatches(form)
}
