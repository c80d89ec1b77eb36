package web

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestHandlingOnItsPages walks through what is done with a message on its page and in the list of what is to be done.
func TestHandlingOnItsPages(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés")
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04", "Rendre compte"
	sent := l.As("paul").Dispatches(form)
	fixed := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Rectificatif")
	fixed.Corrects = &correspondence.FormCorrection{Message: sent.ID.String(), How: "rectifies"}
	l.As("paul").Dispatches(fixed)
	marie, karim, theo := l.visit("marie", 2), l.visit("karim", 2), l.visit("theo", 2)
	page := "/messages/" + sent.ID.String()
	says := func(v *visitor, path string, words ...string) {
		t.Helper()
		body := string(v.get(path).wants(200).body)
		for _, word := range words {
			if !strings.Contains(body, word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
	}
	says(karim, "/", "Rectifié par", "TD BAMAKO 2")
	says(karim, "/actions", "Rendre compte", "Prendre en charge", "Rectifié par")
	says(karim, page, "Traitement", "Prendre en charge", "Clore sans réponse", "Rectifié par")
	karim.post(page+"/handling/dam/take", url.Values{"due": {"jamais"}}).wants(422)
	karim.post(page+"/handling/dam/take", url.Values{}).wants(303)
	if told := string(marie.post(page+"/handling/dam/take", url.Values{}).wants(409).body); !strings.Contains(told, "Pris en charge par Karim Benali le 2 mars 2026") {
		t.Errorf("the second is told %s", told)
	}
	says(marie, "/", "Pris en charge par Karim Benali")
	marie.post(page+"/addressees", url.Values{"group": {"sante"}, "qualification": {"information"}, "reason": {"Oubliée"}}).wants(303)
	says(marie, page, "par Marie Roy (DAM) le 2 mars 2026", "Oubliée", "RT")
	karim.post(page+"/shares", url.Values{"community": {"sahel"}}).wants(303)
	says(karim, page, "Partagé avec", "Retirer le partage")
	karim.post(page+"/shares/sahel/revoke", url.Values{}).wants(303)
	theo.get(page + "/row").wants(404)
	says(karim, page+"/row", "data-row")
	l.Enact(habilitation.OperatorDeskNamed{Audience: 3})
	dossier, err := l.As("paul").OpenDossier(t.Context(), correspondence.DossierForm{Title: "Hélicoptères", Owner: "bamako", Level: "unprotected"})
	if err != nil {
		t.Fatal(err)
	}
	l.visit("paul", 2).post(page+"/dossiers", url.Values{"dossier": {dossier.ID.String()}}).wants(303)
	says(l.visit("paul", 2), page, "Partage révoqué – Communauté Sahel – Karim Benali", "Mis dans un dossier – Paul Noël", `– <a href="/dossiers/`+dossier.ID.String()+`">Hélicoptères</a>`)
	karim.post(page+"/handling/dam/misaddressed", url.Values{"reason": {"Pas pour nous"}}).wants(303)
	says(l.visit("paul", 2), "/operator", "Renvoyé comme mal adressé", "Pas pour nous")
	says(theo, "/operator", "Rien sur le bureau d’ordre.")
}

// TestACancelledMessageOffersNothingNew: its page keeps the ways to close it, and whoever still takes it in charge is told what cancelled it.
func TestACancelledMessageOffersNothingNew(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés")
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04", "Rendre compte"
	sent := l.As("paul").Dispatches(form)
	cancels := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Annulation")
	cancels.Corrects = &correspondence.FormCorrection{Message: sent.ID.String(), How: "cancels"}
	l.As("paul").Dispatches(cancels)
	marie, page := l.visit("marie", 2), "/messages/"+sent.ID.String()
	shown := string(marie.get(page).wants(200).body)
	_, after, _ := strings.Cut(shown, `id="handling-title"`)
	panel, _, _ := strings.Cut(after, "</section>")
	for _, word := range []string{"Prendre en charge", "Répondre", "Confier", "Réattribuer", "À faire avant le"} {
		if strings.Contains(panel, word) {
			t.Errorf("the page offers %q", word)
		}
	}
	if !strings.Contains(panel, "Clore sans réponse") {
		t.Error("it cannot be closed")
	}
	if row := string(marie.get(page + "/row").wants(200).body); strings.Contains(row, "avant le") {
		t.Error("its row says by when it is to be done")
	}
	if told := string(marie.post(page+"/handling/dam/take", url.Values{}).wants(409).body); !strings.Contains(told, "Annulé par TD BAMAKO 2 le 2 mars 2026") {
		t.Errorf("taking it is answered %s", told)
	}
}

// TestRefusalsTellTheTimeOfTheHouse, as everything else on its pages does; a program is told in UTC.
func TestRefusalsTellTheTimeOfTheHouse(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	l := newLodge(t, func(o *Options) { o.Zone = paris })
	sent := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés"))
	take := sent.ID.String() + "/handling/dam/take"
	l.visit("karim", 2).post("/messages/"+take, url.Values{}).wants(303)
	if told := string(l.visit("marie", 2).post("/messages/"+take, url.Values{}).wants(409).body); !strings.Contains(told, "Pris en charge par Karim Benali le 2 mars 2026 à 09:00.") {
		t.Errorf("marie is told %s", told)
	}
	if told := string(l.visit("marie", 2).sendJSON("POST", "/api/v1/messages/"+take, "{}").wants(409).body); !strings.Contains(told, "le 2 mars 2026 à 08:00 UTC.") {
		t.Errorf("her program is told %s", told)
	}
}

// TestWhatWasDeclinedComesBackOnTop of the list of whoever gave it, under a heading of its own.
func TestWhatWasDeclinedComesBackOnTop(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés")
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04", "Rendre compte"
	sent := l.As("paul").Dispatches(form)
	if err := errors.Join(l.As("karim").Entrust(t.Context(), sent.ID, "dam", wishTo("marie")),
		l.As("marie").DeclineEntrusted(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "En mission"})); err != nil {
		t.Fatal(err)
	}
	if page := text(l.visit("karim", 2).get("/actions").wants(200).document()); !strings.Contains(page, "Décliné, de nouveau à vous") || !strings.Contains(page, "En mission") {
		t.Errorf("the list says %s", page)
	}
}
