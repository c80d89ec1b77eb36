package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
)

// typedSheet is a sheet as the page sends it.
func typedSheet(more ...string) url.Values {
	form := url.Values{"kind": {"note"}, "origin": {"dam"}, "level": {"restricted"}, "language": {"fr"}, "subject": {"Convois"}, "text": {"Trois convois passeront."},
		"action.group": {"bamako"}, "action.qualification": {""}, "action.deadline": {""}, "action.instruction": {""}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	return form
}

// TestADraftGoesItsWayOnPages: asked, seen, approved, signed with a hold, undone, signed again, released; without a script all along.
func TestADraftGoesItsWayOnPages(t *testing.T) {
	l := newLodge(t)
	marie, karim, paul := l.visit("marie", 2), l.visit("karim", 2), l.visit("paul", 2)
	asked := marie.post("/compose", typedSheet("act", "submit", "step", "Karim Benali", "step.any", "", "step", "BAMAKO", "step.any", "any", "visa.comment", "Pour ce soir")).wants(303)
	draft := strings.Split(asked.Header.Get("Location"), "?")[0]
	page := marie.get(draft + "?done=submitted").wants(200).document()
	if body := text(page); !strings.Contains(body, "en visa") || !strings.Contains(body, "Reprendre le texte") || find(page, "textarea", "name", "text") != nil {
		t.Errorf("a draft in visa shows %s", body)
	}
	paul.get(draft).wants(200) // asked in the second step: may look
	if body := text(paul.get("/circuit").wants(200).document()); strings.Contains(body, "Convois") {
		t.Errorf("paul's tray holds what is not asked yet: %s", body)
	}
	if body := text(karim.get("/circuit").wants(200).document()); !strings.Contains(body, "À viser") || !strings.Contains(body, "Convois") {
		t.Errorf("karim's tray: %s", body)
	}
	visa := karim.get(draft).wants(200).document()
	digest := attribute(find(visa, "input", "name", "digest"), "value")
	if body := text(visa); !strings.Contains(body, "Trois convois passeront.") || !strings.Contains(body, "Pour ce soir") {
		t.Errorf("karim sees %s", body)
	}
	refused := karim.post(draft+"/circuit", url.Values{"act": {"return"}, "digest": {digest}, "comment": {""}}).wants(422)
	if !strings.Contains(text(refused.document()), "Refuser") {
		t.Error("a refusal without a reason does not show the page again")
	}
	karim.post(draft+"/circuit", url.Values{"act": {"visa"}, "digest": {digest}}).wants(303)
	paul.post(draft+"/circuit", url.Values{"act": {"remarks"}, "digest": {digest}, "comment": {"Voir la carte."}}).wants(303)

	sheet := marie.get(draft).wants(200).document()
	version := attribute(find(sheet, "input", "name", "version"), "value")
	id := strings.TrimPrefix(draft, "/drafts/")
	marie.post("/compose", typedSheet("act", "sign", "draft", id, "version", version)).wants(303)
	held := marie.get(draft).wants(200).document()
	if body := text(held); !strings.Contains(body, "Retenu avant signature") || find(held, "button", "value", "unhold") == nil {
		t.Errorf("a held draft shows %s", body)
	}
	marie.post(draft+"/circuit", url.Values{"act": {"unhold"}}).wants(303)
	version = attribute(find(marie.get(draft).wants(200).document(), "input", "name", "version"), "value")
	marie.post("/compose", typedSheet("act", "sign", "draft", id, "version", version)).wants(303)
	l.Elapse(31 * time.Second)
	went := marie.get(draft).wants(303)
	message := marie.get(strings.Split(went.Header.Get("Location"), "?")[0]).wants(200).document()
	if body := text(message); !strings.Contains(body, "Visas") || !strings.Contains(body, "Karim Benali") || !strings.Contains(body, "Paul Noël (BAMAKO)") ||
		!strings.Contains(body, "Voir la carte.") || strings.Count(body, "signature du visa valable") != 2 {
		t.Errorf("the message shows %s", body)
	}
	for _, words := range []string{"Visas demandés – tour 1 – Marie Roy", "texte " + digest[:12] + "…", "Pour ce soir", "Visa avec remarques – tour 1 – Paul Noël", "Ordre de signer annulé – Marie Roy"} {
		if body := text(message); !strings.Contains(body, words) {
			t.Errorf("its life does not tell %q: %s", words, body)
		}
	}
	if body := text(paul.get("/circuit").wants(200).document()); !strings.Contains(body, "Marie Roy a signé le message") {
		t.Errorf("paul is told %s", body)
	}
}

// TestNamesOfOneAreReadAsKeys: who drafted and who answers for the level may be typed by name, and are shown by name.
func TestNamesOfOneAreReadAsKeys(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", 2)
	draft := strings.Split(marie.post("/compose", typedSheet("act", "save", "drafter", "karim benali", "level_owner", "Ambassade à Bamako")).wants(303).Header.Get("Location"), "?")[0]
	sheet := marie.get(draft).wants(200).document()
	for field, want := range map[string][2]string{"drafter": {"karim", "Karim Benali"}, "level_owner": {"bamako", "BAMAKO – Ambassade à Bamako"}} {
		if value := attribute(find(sheet, "input", "name", field), "value"); value != want[0] {
			t.Errorf("%s is kept as %q", field, value)
		}
		if hint := text(find(sheet, "p", "id", field+"-hint")); !strings.HasPrefix(hint, want[1]) {
			t.Errorf("%s is told as %q", field, hint)
		}
	}
}

func TestWhatChangedIsShown(t *testing.T) {
	l := newLodge(t)
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	draft := strings.Split(marie.post("/compose", typedSheet("act", "submit", "step", "karim", "step.any", "")).wants(303).Header.Get("Location"), "?")[0]
	digest := attribute(find(karim.get(draft).wants(200).document(), "input", "name", "digest"), "value")
	marie.post(draft+"/circuit", url.Values{"act": {"withdraw"}}).wants(303)
	changed := typedSheet("act", "submit", "draft", strings.TrimPrefix(draft, "/drafts/"), "version", "0", "step", "karim", "step.any", "")
	changed.Set("text", "Quatre convois passeront.")
	marie.post("/compose", changed).wants(303)
	late := karim.post(draft+"/circuit", url.Values{"act": {"visa"}, "digest": {digest}}).wants(409).document()
	if gone, fresh := find(late, "del", "", ""), find(late, "ins", "", ""); gone == nil || fresh == nil || !strings.Contains(text(gone), "Trois") || !strings.Contains(text(fresh), "Quatre") {
		t.Errorf("a visa on a text that changed shows %s", text(late))
	}
	compared := marie.get(draft + "/compare").wants(200).document()
	if find(compared, "select", "name", "from") == nil {
		t.Errorf("the comparison shows %s", text(compared))
	}
	karim.get(draft + "/compare?from=nichts").wants(404)
	l.visit("ines", 2).get(draft).wants(404)
	l.visit("ines", 2).get(draft + "/compare").wants(404)
}

// TestATextTakenBackIsSaidToBe: whoever was to give a visa from another group cannot see the text that is being written again; they are told what
// became of it, and led to their signature book.
func TestATextTakenBackIsSaidToBe(t *testing.T) {
	l := newLodge(t)
	marie, paul := l.visit("marie", 2), l.visit("paul", 2)
	draft := strings.Split(marie.post("/compose", typedSheet("act", "submit", "step", "paul", "step.any", "")).wants(303).Header.Get("Location"), "?")[0]
	digest := attribute(find(paul.get(draft).wants(200).document(), "input", "name", "digest"), "value")
	marie.post(draft+"/circuit", url.Values{"act": {"withdraw"}}).wants(303)
	for range 2 {
		told := paul.post(draft+"/circuit", url.Values{"act": {"visa"}, "digest": {digest}}).wants(409).document()
		if body := text(told); !strings.Contains(body, "Le texte a été repris") || !strings.Contains(body, "Repris par Marie Roy") || strings.Contains(body, "différence") ||
			find(find(told, "section", "class", "problem"), "a", "href", "/circuit") == nil {
			t.Errorf("paul is told %s", body)
		}
		changed := typedSheet("act", "save", "draft", strings.TrimPrefix(draft, "/drafts/"), "version", "0")
		changed.Set("text", "Quatre convois passeront.")
		marie.post("/compose", changed).wants(303)
	}
}

// TestTheSecondSignatoryIsToldWhoSigned, whatever they were about to do with the draft, and loses no word.
func TestTheSecondSignatoryIsToldWhoSigned(t *testing.T) {
	l := newLodge(t)
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	draft := strings.Split(karim.post("/compose", typedSheet("act", "share")).wants(303).Header.Get("Location"), "?")[0]
	id := strings.TrimPrefix(draft, "/drafts/")
	marie.post("/compose", typedSheet("act", "release", "draft", id, "version", "0")).wants(303)
	for _, act := range []string{"sign", "release", "save", "submit"} {
		sheet := typedSheet("act", act, "draft", id, "version", "0")
		sheet.Set("comment", "Vu avec le cabinet.")
		told := karim.post("/compose", sheet).wants(409).document()
		if body := text(told); !strings.Contains(body, "Déjà signé par Marie Roy, sous le numéro NOTE DAM DR 1") || !strings.Contains(body, "Vu avec le cabinet.") || find(told, "textarea", "name", "text") != nil {
			t.Errorf("%s: karim is told %s", act, body)
		}
	}
	karim.post(draft+"/circuit", url.Values{"act": {"abandon"}, "reason": {"Sans objet"}}).wants(409)
}

// TestTheSheetOffersWhatMayBeDone: the one group that an agent writes for is chosen, and nobody is offered to sign who may not.
func TestTheSheetOffersWhatMayBeDone(t *testing.T) {
	l := newLodge(t)
	l.Enact(habilitation.MemberJoined{Audience: 2, Agent: 6, Duties: habilitation.Drafter}) // theo, who signs for nobody
	for login, signs := range map[string]bool{"marie": true, "theo": false} {
		sheet := l.visit(login, 2).get("/compose").wants(200).document()
		if origin := find(find(sheet, "select", "id", "origin"), "option", "value", "dam"); origin == nil || !hasAttribute(origin, "selected") {
			t.Errorf("%s: the only group is not chosen", login)
		}
		if hasAttribute(find(find(sheet, "form", "id", "sheet"), "input", "value", "unprotected"), "checked") || hasAttribute(find(find(sheet, "form", "id", "sheet"), "input", "value", "restricted"), "checked") {
			t.Errorf("%s: a level is chosen", login)
		}
		for _, act := range []string{"sign", "release"} {
			if offered := find(sheet, "button", "value", act) != nil; offered != signs {
				t.Errorf("%s is offered to %s: %v", login, act, offered)
			}
		}
	}
	l.Enact(habilitation.MemberJoined{Audience: 3, Agent: 6, Duties: habilitation.Signatory})
	sheet := l.visit("theo", 2).get("/compose").wants(200).document()
	if chosen := find(find(sheet, "select", "id", "origin"), "option", "value", ""); find(sheet, "button", "value", "sign") == nil || hasAttribute(find(find(sheet, "select", "id", "origin"), "option", "value", "dam"), "selected") || chosen == nil {
		t.Error("who writes for two groups has one chosen, or is not offered to sign")
	}
}

func TestBadReviewersAreNamedBesideTheirStep(t *testing.T) {
	l := newLodge(t)
	page := l.visit("marie", 2).post("/compose", typedSheet("act", "submit", "step", "personne", "step.any", "")).wants(422).document()
	step := find(page, "input", "id", "sheet-steps-0")
	if attribute(step, "value") != "personne" || !strings.Contains(text(step.Parent.Parent), "« personne » n’est pas un agent") {
		t.Errorf("a reviewer whom nobody knows: %s", text(page))
	}
}

func TestTemplatesAndPresenceOnPages(t *testing.T) {
	l := newLodge(t)
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	shared := strings.Split(marie.post("/compose", typedSheet("act", "share")).wants(303).Header.Get("Location"), "?")[0]
	marie.post("/compose", typedSheet("act", "template", "draft", strings.TrimPrefix(shared, "/drafts/"), "version", "0", "template.name", "Point convois")).wants(303)
	begin := karim.get("/compose").wants(200).document()
	var address string
	for _, link := range all(begin, "a") {
		if strings.Contains(text(link), "Point convois") {
			address = attribute(link, "href")
		}
	}
	if begun := karim.get(address).wants(200).document(); attribute(find(begun, "input", "id", "subject"), "value") != "Convois" {
		t.Errorf("a draft begun from %q", address)
	}
	karim.get(shared).wants(200)
	if body := text(marie.get(shared).wants(200).document()); !strings.Contains(body, "Karim Benali modifie ce brouillon") {
		t.Error("nobody is told that karim is at the draft")
	}
	l.visit("paul", 2).get(shared).wants(404)
}
