package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestThrottledSignInsAreToldToWait: on the page and over the API, alike for a login that nobody has; and a terminal of the house is let in.
func TestThrottledSignInsAreToldToWait(t *testing.T) {
	l := newLodge(t)
	l.SignIn("marie", "") // gives her a password
	for _, login := range []string{"marie", "personne"} {
		body := fmt.Sprintf(`{"login":%q,"password":"a wrong password"}`, login)
		for range 10 {
			l.stranger().sendJSON("POST", "/api/v1/session", body).wants(401)
		}
		api := l.stranger().sendJSON("POST", "/api/v1/session", body).wants(429)
		if wait := api.Header.Get("Retry-After"); wait != "360" || !strings.Contains(string(api.body), "6 min") {
			t.Errorf("%s is to wait %q: %s", login, wait, api.body)
		}
		page := l.stranger().send("POST", "/sign-in", "application/x-www-form-urlencoded", "login="+login+"&password=wrong").wants(429)
		if page.Header.Get("Retry-After") != "360" || !strings.Contains(text(page.document()), "réessayez dans 6 min") {
			t.Errorf("the page says to %s: %s", login, page.body)
		}
	}
	l.stranger().signIn("marie", housetest.SecretOf(habilitation.Restricted)).wants(303)
}

// TestRefusedActsAreInTheTrail: what is withheld, what is absent and what one has no mandate for is recorded with who asked, and the log names them.
func TestRefusedActsAreInTheTrail(t *testing.T) {
	l := newLodge(t)
	sent := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Évacuation"))
	l.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Auditor}})
	lea := l.visit("lea", habilitation.Restricted)
	lea.get("/api/v1/messages/" + sent.ID.String()).wants(404)
	lea.get("/messages/" + (habilitation.ID{1}).String()).wants(404)
	lea.get("/api/v1/house/denials").wants(403)
	lea.post("/sign-out", url.Values{"token": {"forged"}}).wants(403)
	var trail struct {
		Items []correspondence.DenialView `json:"items"`
	}
	l.visit("theo", habilitation.Restricted).get("/api/v1/house/denials?limit=50").wants(200).read(&trail)
	var got []string
	for _, one := range trail.Items {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", one.Agent.Login, one.What, one.Reason, one.Subject, one.Post))
	}
	want := []string{"lea POST /sign-out form-token  restricted", "lea GET /api/v1/house/denials not-mandated  restricted",
		"lea GET /messages/:id unknown " + (habilitation.ID{1}).String() + " restricted", "lea GET /api/v1/messages/:id unknown " + sent.ID.String() + " restricted"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the trail is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if log := l.log.String(); !strings.Contains(log, `"agent":3,"session":"`) || strings.Contains(log, "Évacuation") {
		t.Errorf("the log is %s", log)
	}
}

// TestNullIsNoBody: it says nothing, and is not a form with nothing in it.
func TestNullIsNoBody(t *testing.T) {
	l := newLodge(t)
	paul := l.visit("paul", habilitation.Restricted)
	for _, body := range []string{"null", " null\n"} {
		paul.sendJSON("POST", "/api/v1/drafts", body).wants(400)
		paul.sendJSON("POST", "/api/v1/session/step-up", body).wants(400)
	}
}

// TestARefusedSignUpIsTold: who asked reads who refused and why, on the page and over the API.
func TestARefusedSignUpIsTold(t *testing.T) {
	l := newLodge(t)
	lea := l.visit("lea", habilitation.Unprotected)
	var asked correspondence.SignupView
	lea.sendJSON("POST", "/api/v1/groups/sante/requests", `{"motive":"Suivi des crises"}`).wants(201).read(&asked)
	if err := l.As("ines").Refuse(t.Context(), asked.ID, "Effectif complet"); err != nil {
		t.Fatal(err)
	}
	var me correspondence.Me
	lea.get("/api/v1/me").wants(200).read(&me)
	if len(me.Pending) != 0 || len(me.Decided) != 1 || me.Decided[0].Reason != "Effectif complet" || me.Decided[0].DecidedBy.Login != "ines" || me.Decided[0].State != "refused" {
		t.Errorf("lea is told %+v", me.Decided)
	}
	if page := text(lea.get("/requests").wants(200).document()); !strings.Contains(page, "Effectif complet") || !strings.Contains(page, "refusée par Inès Faure") {
		t.Errorf("the page says %s", page)
	}
}
