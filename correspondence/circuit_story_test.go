package correspondence_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// withWriters adds to the people of the house: theo drafts for dam and signs for nobody, nadia directs and signs for mae.
func withWriters(t testing.TB) *housetest.House {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.MemberJoined{Audience: 2, Agent: 6, Duties: habilitation.Drafter},
		habilitation.AgentAdded{Agent: 8, Login: "nadia", Name: "Nadia Diop", Level: dr},
		habilitation.MemberJoined{Audience: 1, Agent: 8, Duties: habilitation.Drafter | habilitation.Signatory | habilitation.NumberTwo})
	return h
}

func note(level habilitation.Level, subject string) correspondence.Form {
	form := housetest.Telegram("dam", "bamako", level, subject)
	form.Kind = "note"
	return form
}

func agents(logins ...string) correspondence.FormStep {
	return correspondence.FormStep{Agents: logins}
}

func groups(keys ...string) correspondence.FormStep { return correspondence.FormStep{Groups: keys} }

func wantKey(t *testing.T, err error, cause correspondence.Cause, key string) *correspondence.Refusal {
	t.Helper()
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != cause || refusal.Key != key && (len(refusal.Faults) == 0 || refusal.Faults[0].Key != key) {
		t.Fatalf("got %v, want %s %s", err, cause, key)
	}
	return refusal
}

func lines(tray []correspondence.TrayLine) (ids []habilitation.ID) {
	for _, l := range tray {
		ids = append(ids, l.ID)
	}
	return ids
}

func trayOf(t *testing.T, r *housetest.Reader) correspondence.Tray {
	t.Helper()
	tray, err := r.Tray(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tray
}

func told(t *testing.T, r *housetest.Reader) (what []string) {
	t.Helper()
	for _, n := range trayOf(t, r).Notices {
		what = append(what, n.What)
	}
	return what
}

// wantPersonal sees that a draft still lies on its writer's own desk, and is to a colleague of the group what none is.
func wantPersonal(t *testing.T, writer, colleague *housetest.Reader, id habilitation.ID) {
	t.Helper()
	if writer.Opens(id).Group != nil {
		t.Error("what was refused shared the draft")
	}
	wantRefusal(t, correspondence.Unknown)(errorOf(colleague.Draft(t.Context(), id)))
	if drafts, err := colleague.Drafts(t.Context()); err != nil || slices.ContainsFunc(drafts, func(v correspondence.DraftView) bool { return v.ID == id }) {
		t.Errorf("a colleague lists %+v, %v", drafts, err)
	}
}

func TestVisasInParallelThenInOrder(t *testing.T) {
	h := withWriters(t)
	theo, karim, paul, nadia, marie := h.As("theo"), h.As("karim"), h.As("paul"), h.As("nadia"), h.As("marie")
	draft := theo.Writes(note(dr, "Convois du fleuve"))
	wantRefusal(t, correspondence.Unknown)(errorOf(paul.Draft(t.Context(), draft.ID)))
	wantRefusal(t, correspondence.Unknown)(errorOf(marie.Draft(t.Context(), draft.ID))) // not shared yet
	sent := theo.Submits(draft.ID, correspondence.FormStep{Agents: []string{"karim"}, Groups: []string{"bamako"}}, agents("nadia"))
	if sent.Group == nil || sent.Group.Key != "dam" || sent.Circuit.State != "in-visa" || sent.Circuit.Step != 1 || sent.Form.Drafter != "theo" {
		t.Fatalf("submitted as %+v, circuit %+v", sent, sent.Circuit)
	}
	if got := lines(trayOf(t, paul).ToReview); !slices.Equal(got, []habilitation.ID{draft.ID}) {
		t.Errorf("paul is to give a visa on %v", got)
	}
	if got := trayOf(t, nadia); len(got.ToReview) != 0 {
		t.Errorf("nadia is asked too early: %+v", got)
	}
	seen := paul.Opens(draft.ID)
	if !seen.Review || seen.Form.Text != draft.Form.Text || !slices.Equal(seen.May, []string{"visa", "return"}) {
		t.Errorf("paul sees %+v", seen)
	}
	wantRefusal(t, correspondence.NotMandated)(errorOf(paul.SaveDraft(t.Context(), draft.ID, 0, seen.Form)))
	wantRefusal(t, correspondence.NotMandated)(errorOf(paul.Release(t.Context(), draft.ID, 0)))
	wantRefusal(t, correspondence.Unknown)(errorOf(h.At("paul", housetest.TerminalOf(np)).Draft(t.Context(), draft.ID)))
	wantRefusal(t, correspondence.Unknown)(errorOf(h.At("karim", habilitation.ID{}).Draft(t.Context(), draft.ID)))
	wantRefusal(t, correspondence.Unknown)(errorOf(h.As("lea").Draft(t.Context(), draft.ID)))
	_, err := nadia.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: sent.Circuit.Digest})
	wantKey(t, err, correspondence.Conflict, "visa-not-asked")
	_, err = theo.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: sent.Circuit.Digest})
	wantRefusal(t, correspondence.Unknown)(err) // theo is no reviewer
	_, err = marie.Release(t.Context(), draft.ID, 0)
	wantKey(t, err, correspondence.Conflict, "visa-missing")

	paul.Approves(draft.ID)
	if at := karim.Approves(draft.ID); at.Step != 2 {
		t.Errorf("after the first step: %+v", at)
	}
	given, err := nadia.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: sent.Circuit.Digest, Verdict: "remarks", Comment: "Voir le §2"})
	if err != nil || given.State != "to-sign" {
		t.Fatalf("last visa: %+v, %v", given, err)
	}
	if got := lines(trayOf(t, marie).ToSign); !slices.Equal(got, []habilitation.ID{draft.ID}) {
		t.Errorf("marie is to sign %v", got)
	}
	if got := told(t, theo); !slices.Equal(got, []string{"to-sign"}) {
		t.Errorf("theo is told %q", got)
	}
	wantKey(t, errorOf(theo.Release(t.Context(), draft.ID, 0)), correspondence.Invalid, "no-right-to-sign")
	message, err := marie.Release(t.Context(), draft.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if message.Drafter.Login != "theo" || message.Signatory.Login != "marie" || len(message.Visas) != 3 || message.OwnEdit {
		t.Errorf("released as %+v", message)
	}
	for i, want := range []string{"paul bamako approved true true", "karim  approved true true", "nadia  remarks true true"} {
		v := message.Visas[i]
		if got := fmt.Sprintf("%s %s %s %v %v", v.Reviewer.Login, v.Group.Key, v.Verdict, v.Same, v.Valid); got != want {
			t.Errorf("visa %d is %q, want %q (%v)", i, got, want, v.Reasons)
		}
	}
	nadia.Reads(message.ID) // gave a visa on it
	if got := told(t, nadia); !slices.Equal(got, []string{"released"}) {
		t.Errorf("nadia is told %q", got)
	}
	wantKey(t, errorOf(theo.Draft(t.Context(), draft.ID)), correspondence.Conflict, "draft-released")
	h.VerifyAll()
}

func TestAnEditVoidsTheVisasAndShowsTheDifference(t *testing.T) {
	h := withWriters(t)
	theo, karim, paul := h.As("theo"), h.As("karim"), h.As("paul")
	draft := theo.Writes(note(np, "Pluies"))
	first := theo.Submits(draft.ID, agents("paul"), agents("karim"))
	paul.Approves(draft.ID)
	edited := theo.Saves(draft.ID, func(f *correspondence.Form) { f.Text, f.Drafter = "Texte refait.", "" })
	if edited.Circuit.State != "drafting" || edited.Circuit.Ending.Why != "edit" || edited.Form.Drafter != "theo" {
		t.Fatalf("after the edit: %+v", edited.Circuit)
	}
	if got := told(t, paul); !slices.Equal(got, []string{"edit"}) {
		t.Errorf("paul is told %q", got)
	}
	_, err := karim.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: first.Circuit.Digest})
	if shown := wantKey(t, err, correspondence.Conflict, "visa-text-changed"); len(shown.Difference) != 1 || shown.Difference[0].Field != "text" {
		t.Errorf("karim, who writes for the group, is shown %+v", shown.Difference)
	}
	_, err = paul.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: first.Circuit.Digest})
	if told := wantKey(t, err, correspondence.Conflict, "text-taken-back"); told.Stands != nil || len(told.Faults) != 1 || told.Faults[0].Args["agent"] != "Théo Blanc" {
		t.Errorf("paul, who does not, is told %+v", told)
	}
	theo.Submits(draft.ID, agents("paul"), agents("karim"))
	_, err = paul.Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: first.Circuit.Digest})
	refused := wantKey(t, err, correspondence.Conflict, "visa-text-changed")
	if len(refused.Difference) != 1 || refused.Difference[0].Field != "text" || refused.Stands == nil || refused.Stands.Form.Text != "Texte refait." {
		t.Errorf("the refusal shows %+v", refused.Difference)
	}
	compared, err := paul.Compare(t.Context(), draft.ID, "", "")
	if err != nil || !compared.From.MyVisa || len(compared.Fields) != 1 || compared.Fields[0].Field != "text" {
		t.Errorf("since paul's visa: %+v, %v", compared, err)
	}
	if view := paul.Opens(draft.ID); view.Circuit.MyVisa == nil || view.Circuit.MyVisa.Same || view.Circuit.Round != 2 {
		t.Errorf("paul sees the circuit %+v", view.Circuit)
	}
	paul.Approves(draft.ID)
	karim.Approves(draft.ID)
	again := theo.Saves(draft.ID, func(*correspondence.Form) {}) // nothing changed: the visas stand
	if again.Circuit.State != "to-sign" {
		t.Errorf("after saving the same: %+v", again.Circuit)
	}
	again = theo.Saves(draft.ID, func(f *correspondence.Form) { f.Comment = "Ajout" })
	if again.Circuit.State != "drafting" {
		t.Errorf("a drafter's edit of what was to be signed: %+v", again.Circuit)
	}
}

func TestReturnedWithdrawnAbandoned(t *testing.T) {
	h := withWriters(t)
	theo, karim, paul, marie := h.As("theo"), h.As("karim"), h.As("paul"), h.As("marie")
	draft := theo.Writes(note(np, "Pluies"))
	digest := theo.Submits(draft.ID, agents("paul"), agents("karim")).Circuit.Digest
	wantKey(t, paul.ReturnDraft(t.Context(), draft.ID, digest, " "), correspondence.Invalid, "missing")
	wantRefusal(t, correspondence.Unknown)(h.As("ines").ReturnDraft(t.Context(), draft.ID, digest, "non"))
	if err := paul.ReturnDraft(t.Context(), draft.ID, digest, "Chiffres à vérifier"); err != nil {
		t.Fatal(err)
	}
	if got := trayOf(t, theo); !slices.Equal(lines(got.Returned), []habilitation.ID{draft.ID}) || got.Notices[0].What != "returned" || got.Notices[0].Reason != "Chiffres à vérifier" ||
		got.Notices[0].By.Login != "paul" || got.Returned[0].Circuit.Ending.Reason != "Chiffres à vérifier" {
		t.Errorf("theo's tray %+v", got)
	}
	wantRefusal(t, correspondence.Unknown)(errorOf(paul.Draft(t.Context(), draft.ID))) // a reviewer sees nothing between rounds

	theo.Submits(draft.ID, agents("paul"))
	paul.Approves(draft.ID)
	if err := marie.ReturnDraft(t.Context(), draft.ID, "", "Trop long"); err != nil { // the signatory sends it back
		t.Fatal(err)
	}
	if got := told(t, paul); got[0] != "returned" {
		t.Errorf("paul is told %q", got)
	}
	theo.Submits(draft.ID, agents("paul"))
	if view, err := karim.Reopen(t.Context(), draft.ID); err != nil || view.Circuit.State != "drafting" || view.Circuit.Ending.Why != "withdrawn" {
		t.Errorf("withdrawn: %+v, %v", view.Circuit, err)
	}
	if told := wantKey(t, paul.ReturnDraft(t.Context(), draft.ID, digest, "Trop tard"), correspondence.Conflict, "text-taken-back"); told.Faults[0].Args["agent"] != "Karim Benali" {
		t.Errorf("paul is told %+v", told.Faults)
	}
	wantKey(t, errorOf(karim.Reopen(t.Context(), draft.ID)), correspondence.Conflict, "round-closed")
	wantKey(t, theo.Abandon(t.Context(), draft.ID, ""), correspondence.Invalid, "missing")
	if err := theo.Abandon(t.Context(), draft.ID, "Sans objet"); err != nil {
		t.Fatal(err)
	}
	wantKey(t, errorOf(marie.Release(t.Context(), draft.ID, 0)), correspondence.Conflict, "draft-abandoned")
	_, err := theo.SaveDraft(t.Context(), draft.ID, 0, draft.Form)
	wantKey(t, err, correspondence.Conflict, "draft-abandoned")
	if drafts, err := karim.Drafts(t.Context()); err != nil || len(drafts) != 0 {
		t.Errorf("drafts after the end: %+v, %v", drafts, err)
	}
	if err := theo.DiscardDraft(t.Context(), draft.ID); err != nil {
		t.Error(err)
	}
	wantRefusal(t, correspondence.Unknown)(errorOf(theo.Draft(t.Context(), draft.ID)))
}

func TestTheSignatoryTakesATextUponThem(t *testing.T) {
	h := withWriters(t)
	theo, paul, marie := h.As("theo"), h.As("paul"), h.As("marie")
	draft := theo.Writes(note(np, "Pluies"))
	theo.Submits(draft.ID, agents("paul"))
	paul.Approves(draft.ID)
	edited := marie.Saves(draft.ID, func(f *correspondence.Form) { f.Text = "En mes mots." })
	if edited.Circuit.State != "to-sign" || !edited.Circuit.Differs {
		t.Fatalf("after the signatory's edit: %+v", edited.Circuit)
	}
	wantKey(t, errorOf(marie.Release(t.Context(), draft.ID, 0)), correspondence.Conflict, "changed-since-visas")
	signed, err := marie.Sign(t.Context(), draft.ID, edited.Version, 0, correspondence.AsOwn)
	if err != nil || signed.State != "released" {
		t.Fatalf("signs as her own: %+v, %v", signed, err)
	}
	m := signed.Message
	if !m.OwnEdit || len(m.Visas) != 1 || m.Visas[0].Same || !m.Visas[0].Valid || m.Text != "En mes mots." {
		t.Errorf("released as own %v with %+v", m.OwnEdit, m.Visas)
	}
	if got := told(t, paul); !slices.Equal(got, []string{"own-edit"}) {
		t.Errorf("paul is told %q", got)
	}
	if got := told(t, theo); !slices.Equal(got, []string{"own-edit", "to-sign"}) {
		t.Errorf("theo is told %q", got)
	}
	h.VerifyAll()
}

func TestTheGroupsRuleIsEnforced(t *testing.T) {
	h := withWriters(t)
	theo, karim, marie, nadia := h.As("theo"), h.As("karim"), h.As("marie"), h.As("nadia")
	wantRefusal(t, correspondence.NotMandated)(karim.SetVisaRule(t.Context(), "dam", "note", []correspondence.FormStep{groups("mae")}))
	wantKey(t, marie.SetVisaRule(t.Context(), "dam", "lettre", []correspondence.FormStep{groups("nulle-part")}), correspondence.Invalid, "group-unknown")
	if err := marie.SetVisaRule(t.Context(), "dam", "note", []correspondence.FormStep{groups("mae")}); err != nil {
		t.Fatal(err)
	}
	if rules, err := theo.VisaRules(t.Context(), "dam"); err != nil || len(rules) != 1 || rules[0].Kind != "note" || rules[0].Steps[0].Reviewers[0].Group.Key != "mae" {
		t.Errorf("rules %+v, %v", rules, err)
	}
	_, err := marie.Dispatch(t.Context(), habilitation.ID{}, note(np, "Sans visa"))
	wantKey(t, err, correspondence.Conflict, "visa-missing")
	marie.Dispatches(housetest.Telegram("dam", "bamako", np, "Un autre type"))
	if may := marie.Writes(note(np, "Sans visa")).May; slices.Contains(may, "sign") || !slices.Contains(may, "submit") {
		t.Errorf("before the visas marie may %q", may)
	}
	if may := marie.Writes(housetest.Telegram("dam", "bamako", np, "Un autre type")).May; !slices.Contains(may, "sign") {
		t.Errorf("with a telegram marie may %q", may)
	}
	draft := theo.Writes(note(np, "Avec visa"))
	_, err = theo.Submit(t.Context(), draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("karim")}})
	if told := wantKey(t, err, correspondence.Invalid, "rule-demands-more"); told.Faults[0].Args["steps"] != "Ministère" {
		t.Errorf("the rule is told as %+v", told.Faults)
	}
	wantPersonal(t, theo, karim, draft.ID)
	theo.Submits(draft.ID) // as the rule has it
	nadia.Approves(draft.ID)
	if may := marie.Opens(draft.ID).May; !slices.Contains(may, "sign") {
		t.Errorf("after the visas marie may %q", may)
	}
	if may := theo.Opens(draft.ID).May; slices.Contains(may, "sign") {
		t.Errorf("theo, who drafts, may %q", may)
	}
	if m := marie.Signs(draft.ID, 0).Message; len(m.Visas) != 1 || m.Visas[0].Group.Key != "mae" {
		t.Errorf("released with %+v", m.Visas)
	}
	if err := marie.SetVisaRule(t.Context(), "dam", "note", nil); err != nil {
		t.Fatal(err)
	}
	marie.Dispatches(note(np, "Sans visa"))
}

func TestBadSubmissionsAreToldAtOnce(t *testing.T) {
	h := withWriters(t)
	form := note(dr, "")
	draft := h.As("theo").Writes(form)
	_, err := h.As("theo").Submit(t.Context(), draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("personne", "karim", "karim"), {}}})
	refused := wantKey(t, err, correspondence.Invalid, "missing")
	var keys []string
	for _, f := range refused.Faults {
		keys = append(keys, f.Field+" "+f.Key)
	}
	if got := strings.Join(keys, ", "); got != "subject missing, steps[0].agents[0] agent-unknown, steps[0].agents[2] twice, steps[1] missing" {
		t.Errorf("faults %s", got)
	}
	wantPersonal(t, h.As("theo"), h.As("karim"), draft.ID)
	h.As("theo").Saves(draft.ID, func(f *correspondence.Form) { f.Subject = "Convois" })
	_, err = h.As("theo").Submit(t.Context(), draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("lea"), groups("sante")}})
	if refused := wantKey(t, err, correspondence.Invalid, "agent-not-cleared"); len(refused.Faults) != 2 || refused.Faults[1].Key != "group-not-cleared" {
		t.Errorf("faults %+v", refused.Faults)
	}
	wantPersonal(t, h.As("theo"), h.As("karim"), draft.ID)
	_, err = h.As("theo").Submit(t.Context(), draft.ID, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("theo")}})
	wantKey(t, err, correspondence.NotMandated, "own-visa")
	wantPersonal(t, h.As("theo"), h.As("karim"), draft.ID)
	_, err = h.As("theo").Submit(t.Context(), draft.ID, 0, correspondence.Submission{})
	wantKey(t, err, correspondence.Invalid, "missing")
	wantPersonal(t, h.As("theo"), h.As("karim"), draft.ID)
}

func TestHeldUndoneDueAndDeferred(t *testing.T) {
	h := withWriters(t)
	marie, karim := h.As("marie"), h.As("karim")
	draft := marie.Writes(note(np, "Pluies"))
	held := marie.Signs(draft.ID, 30*time.Second)
	if held.State != "held" || !held.Hold.Until.Equal(h.Clock.Now().Add(30*time.Second)) || held.Hold.By.Login != "marie" {
		t.Fatalf("held as %+v", held)
	}
	h.Elapse(29 * time.Second)
	wantKey(t, errorOf(marie.Release(t.Context(), draft.ID, 0)), correspondence.Conflict, "draft-held")
	_, err := marie.SaveDraft(t.Context(), draft.ID, 0, draft.Form)
	wantKey(t, err, correspondence.Conflict, "draft-held")
	wantRefusal(t, correspondence.Unknown)(errorOf(karim.Unhold(t.Context(), draft.ID))) // a personal draft is nobody else's
	if view, err := marie.Unhold(t.Context(), draft.ID); err != nil || view.Circuit != nil {
		t.Fatalf("taken back: %+v, %v", view.Circuit, err)
	}
	h.Elapse(time.Minute)
	marie.Opens(draft.ID) // still a draft
	wantKey(t, errorOf(marie.Unhold(t.Context(), draft.ID)), correspondence.Conflict, "draft-not-held")

	marie.Signs(draft.ID, 30*time.Second)
	h.Elapse(30 * time.Second)
	message := marie.Reads(draft.ID)
	if message.Number != "NOTE DAM 1" && !strings.Contains(message.Number, "DAM 1") {
		t.Errorf("released as %q", message.Number)
	}
	if !message.ReleasedAt.Equal(h.Clock.Now()) {
		t.Errorf("released at %v, want %v", message.ReleasedAt, h.Clock.Now())
	}
	wantKey(t, errorOf(marie.Unhold(t.Context(), draft.ID)), correspondence.Conflict, "draft-released")
	if drafts, err := marie.Drafts(t.Context()); err != nil || len(drafts) != 0 {
		t.Errorf("drafts left: %+v, %v", drafts, err)
	}

	deferred := note(np, "Demain")
	deferred.NotBefore = h.Clock.Now().Add(20 * time.Hour).Format(time.RFC3339)
	later := marie.Writes(deferred)
	wantKey(t, errorOf(marie.Release(t.Context(), later.ID, 0)), correspondence.Invalid, "not-yet")
	if held := marie.Signs(later.ID, 0); held.State != "held" || !held.Hold.Until.Equal(h.Clock.Now().Add(20*time.Hour)) {
		t.Fatalf("deferred as %+v", held)
	}
	h.Elapse(19 * time.Hour)
	h.Reopen()
	h.As("karim").ReadsNothingOf(later.ID)
	h.Elapse(time.Hour)
	h.As("marie").Reads(later.ID)
	h.VerifyAll()
}

// TestADelegationEndsBeforeTheWordIsCarriedOut also shows "Y p/o X" on what goes out in time.
func TestADelegationEndsBeforeTheWordIsCarriedOut(t *testing.T) {
	h := withWriters(t)
	h.Enact(habilitation.DelegationGiven{Delegation: habilitation.ID{7}, From: 1, To: 8, Audience: 2, Duties: habilitation.Signatory, Reason: "Mission",
		Begins: h.Clock.Now(), Ends: h.Clock.Now().Add(time.Hour)})
	nadia, theo := h.As("nadia"), h.As("theo")
	draft := theo.Writes(note(np, "Pluies"))
	theo.Submits(draft.ID, agents("karim"))
	h.As("karim").Approves(draft.ID)
	if got := lines(trayOf(t, nadia).ToSign); !slices.Equal(got, []habilitation.ID{draft.ID}) {
		t.Errorf("nadia is to sign %v", got)
	}
	nadia.Signs(draft.ID, 30*time.Second)
	h.Elapse(30 * time.Second)
	message := theo.Reads(draft.ID)
	if message.Signatory.Login != "nadia" || message.OnBehalf == nil || message.OnBehalf.Login != "marie" || !message.Signature.Valid {
		t.Errorf("signed by %+v p/o %+v", message.Signatory, message.OnBehalf)
	}
	h.As("marie").Reads(draft.ID)

	second := theo.Writes(note(np, "Crue"))
	theo.Submits(second.ID, agents("karim"))
	h.As("karim").Approves(second.ID)
	nadia.Signs(second.ID, 50*time.Minute)
	h.Elapse(20 * time.Minute)
	h.Enact(habilitation.DelegationEnded{Delegation: habilitation.ID{7}, Reason: "Retour"})
	h.Elapse(40 * time.Minute)
	if view := theo.Opens(second.ID); view.Circuit.State != "to-sign" {
		t.Errorf("after the refusal: %+v", view.Circuit)
	}
	if notices := trayOf(t, nadia).Notices; len(notices) == 0 || notices[0].What != "unheld" || notices[0].Reason != "no-right-to-sign" || notices[0].By != nil {
		t.Errorf("nadia is told %+v", notices)
	}
	wantRefusal(t, correspondence.Unknown)(errorOf(nadia.Draft(t.Context(), second.ID)))
	h.As("marie").Signs(second.ID, 0)
}

func TestAVisaIsGivenInSomebodysStead(t *testing.T) {
	h := withWriters(t)
	h.Enact(habilitation.DelegationGiven{Delegation: habilitation.ID{7}, From: 8, To: 4, Audience: 1, Duties: habilitation.Signatory, Reason: "Congé",
		Begins: h.Clock.Now(), Ends: h.Clock.Now().Add(time.Hour)})
	theo, paul := h.As("theo"), h.As("paul")
	draft := theo.Writes(note(np, "Pluies"))
	theo.Submits(draft.ID, groups("mae"))
	paul.Approves(draft.ID)
	if m := h.As("marie").Signs(draft.ID, 0).Message; len(m.Visas) != 1 || m.Visas[0].Reviewer.Login != "paul" || m.Visas[0].For == nil || m.Visas[0].For.Login != "nadia" {
		t.Errorf("visas %+v", m.Visas)
	}
	second := theo.Writes(note(np, "Crue"))
	digest := theo.Submits(second.ID, groups("mae")).Circuit.Digest
	h.Clock.Advance(time.Hour)
	wantRefusal(t, correspondence.Unknown)(errorOf(paul.Visa(t.Context(), second.ID, correspondence.Opinion{Digest: digest})))
}

func TestTwoReleasesOfOneDraftMakeOneMessage(t *testing.T) {
	h := withWriters(t)
	draft := h.As("theo").Writes(note(np, "Pluies"))
	h.As("theo").Submits(draft.ID, agents("paul"))
	h.As("paul").Approves(draft.ID)
	marie, karim := h.As("marie"), h.As("karim")
	answers := make(chan error, 8)
	for i := range 8 {
		go func() {
			who := []*housetest.Reader{marie, karim}[i%2]
			_, err := who.Release(t.Context(), draft.ID, 0)
			answers <- err
		}()
	}
	done := 0
	for range 8 {
		err := <-answers
		var refusal *correspondence.Refusal
		switch {
		case err == nil:
			done++
		case !errors.As(err, &refusal) || refusal.Cause != correspondence.Conflict && refusal.Cause != correspondence.Unknown:
			t.Errorf("the other release: %v", err)
		}
	}
	count := 0
	for range h.Folds().MessageIDs {
		count++
	}
	if done == 0 || count != 1 {
		t.Errorf("%d releases were answered, %d messages made", done, count)
	}
	h.VerifyAll()
}

func TestARestartInTheMiddle(t *testing.T) {
	h := withWriters(t)
	draft := h.As("theo").Writes(note(dr, "Convois"))
	h.As("theo").Submits(draft.ID, agents("paul", "karim"))
	h.As("paul").Approves(draft.ID)
	h.Reopen()
	if view := h.As("theo").Opens(draft.ID); view.Circuit.State != "in-visa" || view.Circuit.Steps[0].Reviewers[0].By.Login != "paul" {
		t.Fatalf("after the restart: %+v", view.Circuit)
	}
	h.As("karim").Approves(draft.ID)
	h.As("marie").Signs(draft.ID, 30*time.Second)
	h.Reopen()
	if got := lines(trayOf(t, h.As("marie")).Held); !slices.Equal(got, []habilitation.ID{draft.ID}) {
		t.Fatalf("held after the restart: %v", got)
	}
	h.Shut()
	h.Clock.Advance(time.Hour)
	h.Open()
	h.Elapse(0) // what came due while the house was closed
	if m := h.As("marie").Reads(draft.ID); len(m.Visas) != 2 || m.Number == "" {
		t.Errorf("released as %q with %+v", m.Number, m.Visas)
	}
	h.Reopen()
	if tray := trayOf(t, h.As("marie")); len(tray.Held)+len(tray.ToSign) != 0 {
		t.Errorf("tray after the release: %+v", tray)
	}
	h.VerifyAll()
}

func TestConcurrentEditsLoseNeitherText(t *testing.T) {
	h := withWriters(t)
	theo, karim := h.As("theo"), h.As("karim")
	draft := theo.Writes(note(np, "Pluies"))
	shared, err := theo.ShareDraft(t.Context(), draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	mine, others := shared.Form, shared.Form
	mine.Text, others.Text = "Version de Théo", "Version de Karim"
	if _, err := karim.SaveDraft(t.Context(), draft.ID, shared.Version, others); err != nil {
		t.Fatal(err)
	}
	_, err = theo.SaveDraft(t.Context(), draft.ID, shared.Version, mine)
	refused := wantKey(t, err, correspondence.Conflict, "draft-changed")
	if refused.Stands == nil || refused.Stands.Form.Text != others.Text || refused.Refused == nil || refused.Refused.Form.Text != mine.Text || refused.Refused.SavedBy.Login != "theo" || len(refused.Difference) != 1 {
		t.Fatalf("the refusal holds %+v and %+v", refused.Stands, refused.Refused)
	}
	versions, err := theo.Versions(t.Context(), draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, v := range versions {
		kinds = append(kinds, v.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"aside", "current", "saved"}) { // karim wrote over theo's first text, which is kept
		t.Errorf("versions %+v", versions)
	}
	if versions, err := karim.Versions(t.Context(), draft.ID); err != nil || len(versions) != 2 {
		t.Errorf("karim has %+v, %v", versions, err) // what was refused is theo's own
	}
	if view := theo.Opens(draft.ID); len(view.Others) != 0 || view.SavedBy.Login != "karim" {
		t.Errorf("at the draft: %+v", view.Others)
	}
	karim.Opens(draft.ID)
	if view := theo.Opens(draft.ID); len(view.Others) != 1 || view.Others[0].Login != "karim" {
		t.Errorf("at the draft: %+v", view.Others)
	}
	h.Clock.Advance(2 * time.Minute)
	if view := theo.Opens(draft.ID); len(view.Others) != 0 {
		t.Errorf("at the draft after a while: %+v", view.Others)
	}
	moved := others
	moved.Origin = "bamako"
	_, err = karim.SaveDraft(t.Context(), draft.ID, 0, moved)
	wantKey(t, err, correspondence.Invalid, "shared-origin")
}

func TestTemplatesBelongToTheGroup(t *testing.T) {
	h := withWriters(t)
	kept, err := h.As("theo").KeepTemplate(t.Context(), "dam", correspondence.Template{Name: "Point hebdomadaire", Form: note(np, "Point de la semaine")})
	if err != nil || kept.Group.Key != "dam" {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	if all, err := h.As("marie").Templates(t.Context()); err != nil || len(all) != 1 || all[0].Form.Subject != "Point de la semaine" || all[0].SavedBy.Login != "theo" {
		t.Errorf("marie has %+v, %v", all, err)
	}
	wantRefusal(t, correspondence.Unknown)(errorOf(h.As("paul").Template(t.Context(), kept.ID)))
	wantRefusal(t, correspondence.NotMandated)(errorOf(h.As("lea").KeepTemplate(t.Context(), "dam", correspondence.Template{Name: "x"})))
	wantRefusal(t, correspondence.Unknown)(h.As("paul").DropTemplate(t.Context(), kept.ID))
	if err := h.As("karim").DropTemplate(t.Context(), kept.ID); err != nil {
		t.Error(err)
	}
}

// TestTheSecondHandLearnsTheNumber: of two signatories who release one draft, the second is told what the first made of it.
func TestTheSecondHandLearnsTheNumber(t *testing.T) {
	h := withWriters(t)
	draft := h.As("karim").Writes(note(np, "Pluies"))
	if _, err := h.As("karim").ShareDraft(t.Context(), draft.ID); err != nil {
		t.Fatal(err)
	}
	sent, err := h.As("marie").Release(t.Context(), draft.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.As("marie").Release(t.Context(), draft.ID, 0); err != nil || again.Number != sent.Number {
		t.Errorf("the same hand again: %s, %v", again.Number, err)
	}
	for way, second := range map[string]func(*housetest.Reader) error{
		"release": func(r *housetest.Reader) error { return errorOf(r.Release(t.Context(), draft.ID, 0)) },
		"sign": func(r *housetest.Reader) error {
			return errorOf(r.Sign(t.Context(), draft.ID, 0, time.Minute, correspondence.AsReviewed))
		},
		"open": func(r *housetest.Reader) error { return errorOf(r.Draft(t.Context(), draft.ID)) },
		"save": func(r *housetest.Reader) error { return errorOf(r.SaveDraft(t.Context(), draft.ID, 0, draft.Form)) },
		"submit": func(r *housetest.Reader) error {
			return errorOf(r.Submit(t.Context(), draft.ID, 0, correspondence.Submission{}))
		},
		"discard": func(r *housetest.Reader) error { return r.DiscardDraft(t.Context(), draft.ID) },
	} {
		told := wantKey(t, second(h.As("karim")), correspondence.Conflict, "draft-released")
		if len(told.Faults) != 1 || told.Faults[0].Args["number"] != sent.Number || told.Faults[0].Args["agent"] != "Marie Roy" {
			t.Errorf("%s: karim is told %+v", way, told.Faults)
		}
		wantKey(t, second(h.As("ines")), correspondence.Unknown, "")
		wantKey(t, second(h.As("paul")), correspondence.Unknown, "") // reads the message, and writes for another group
	}
}

// TestIdleHouseLeavesWhatIsDue: a command that opens the house for something else does not carry out a word to sign meanwhile.
func TestIdleHouseLeavesWhatIsDue(t *testing.T) {
	h := withWriters(t)
	draft := h.As("marie").Writes(note(np, "Pluies"))
	h.As("marie").Signs(draft.ID, time.Minute)
	h.Rewire(func(c *correspondence.Config) { c.Idle = true })
	h.Clock.Advance(2 * time.Minute) // a house that serves might carry it out before it is shut
	before, err := h.Journal.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Settle()
	h.Rewire(func(*correspondence.Config) {}) // ended, and opened again as idle
	if after, err := h.Journal.Head(t.Context()); err != nil || after != before {
		t.Errorf("an idle house went on from %v to %v, %v", before, after, err)
	}
	if state := h.As("marie").Opens(draft.ID).Circuit.State; state != "held" {
		t.Errorf("the draft is %s", state)
	}
	h.Rewire(func(c *correspondence.Config) { c.Idle = false })
	h.Elapse(0)
	if _, err := h.As("marie").Message(t.Context(), draft.ID); err != nil {
		t.Errorf("a house that serves leaves it too: %v", err)
	}
}
