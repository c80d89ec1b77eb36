package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// mandates goes through delegations, rosters, collectives, the operator desk and the password shown again.
func (c *contract) mandates(l *lodge) {
	c.t.Helper()
	l.Enact(habilitation.AgentAppointed{Agent: 1, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	ends := l.Clock.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	lent := fmt.Sprintf(`{"to":"lea","group":"dam","duties":["signatory"],"ends":%q,"reason":"Congé."}`, ends)
	var given struct{ ID, State string }
	c.call(201, "POST", "/api/v1/delegations", "/api/v1/delegations", lent).read(&given)
	if given.State != "in-force" {
		c.t.Errorf("the delegation is %s", given.State)
	}
	c.call(422, "POST", "/api/v1/delegations", "/api/v1/delegations", `{"to":"nobody","group":"bamako","duties":["number_two"],"begins":"hier","ends":"","reason":""}`)
	c.call(200, "GET", "/api/v1/delegations", "/api/v1/delegations", "")
	c.call(204, "DELETE", "/api/v1/delegations/{id}", "/api/v1/delegations/"+given.ID+"?reason=retour", "")
	c.call(409, "DELETE", "/api/v1/delegations/{id}", "/api/v1/delegations/"+given.ID, "")
	c.call(404, "DELETE", "/api/v1/delegations/{id}", "/api/v1/delegations/00000000000000000000000000", "")
	roster := fmt.Sprintf(`{"watches":[{"agent":"karim","from":"2026-03-02T00:00:00Z","until":%q}],"acknowledge_minutes":10}`, ends)
	c.call(200, "PUT", "/api/v1/groups/{id}/roster", "/api/v1/groups/dam/roster", roster)
	c.call(422, "PUT", "/api/v1/groups/{id}/roster", "/api/v1/groups/dam/roster", strings.Replace(roster, "karim", "paul", 1))
	c.call(403, "PUT", "/api/v1/groups/{id}/roster", "/api/v1/groups/bamako/roster", roster)
	c.call(200, "GET", "/api/v1/groups/{id}/roster", "/api/v1/groups/dam/roster", "")
	c.call(200, "PUT", "/api/v1/collectives/{key}", "/api/v1/collectives/postes", `{"name":{"fr":"Tous les postes","en":"All posts"},"sorts":["embassy"],"groups":["dam"]}`)
	c.call(422, "PUT", "/api/v1/collectives/{key}", "/api/v1/collectives/Les%20postes", `{"name":{"fr":"","en":""}}`)
	c.call(200, "GET", "/api/v1/collectives", "/api/v1/collectives", "")
	c.call(200, "GET", "/api/v1/collectives/{key}", "/api/v1/collectives/postes", "")
	c.call(422, "DELETE", "/api/v1/collectives/{key}", "/api/v1/collectives/postes", "")
	c.call(204, "DELETE", "/api/v1/collectives/{key}", "/api/v1/collectives/postes?reason=fini", "")
	c.call(404, "GET", "/api/v1/collectives/{key}", "/api/v1/collectives/postes", "")
	c.call(200, "GET", "/api/v1/operator", "/api/v1/operator", "")
	c.call(200, "PUT", "/api/v1/operator", "/api/v1/operator", `{"group":"dam"}`)
	c.call(422, "PUT", "/api/v1/operator", "/api/v1/operator", `{"group":"sahel"}`)
	c.call(200, "GET", "/api/v1/operator", "/api/v1/operator", "")
	c.call(422, "POST", "/api/v1/session/step-up", "/api/v1/session/step-up", `{"password":"wrong"}`)
	c.call(200, "POST", "/api/v1/session/step-up", "/api/v1/session/step-up", `{"password":"`+housetest.Password+`"}`)
	l.Enact(habilitation.AgentAppointed{Agent: 1, Functions: []habilitation.Function{}, Reason: "essai"})
	c.call(403, "PUT", "/api/v1/operator", "/api/v1/operator", `{"group":"dam"}`)
}

// signing is an old session with a draft that may be released: what is released needs the password again.
func signing(t *testing.T) (l *lodge, marie *visitor, draft string) {
	l = newLodge(t)
	l.SignIn("marie", "")
	marie = l.stranger()
	marie.signIn("marie", housetest.SecretOf(habilitation.Restricted)).wants(303)
	saved, err := l.As("marie").NewDraft(t.Context(), housetest.Telegram("dam", "bamako", habilitation.Restricted, "Signé plus tard"))
	if err != nil {
		t.Fatal(err)
	}
	l.Clock.Advance(16 * time.Minute)
	return l, marie, saved.ID.String()
}

func TestSigningOverTheAPINeedsThePasswordAgain(t *testing.T) {
	_, marie, draft := signing(t)
	release := "/api/v1/drafts/" + draft + "/release"
	marie.get("/").wants(200) // the pass is refreshed on the way, and proves nothing
	refused := marie.sendJSON("POST", release, "").wants(403)
	var told Problem
	if refused.read(&told); told.Type != "urn:chancery:problem:step-up" || told.Detail == "" {
		t.Errorf("refused as %+v", told)
	}
	marie.sendJSON("POST", "/api/v1/session/step-up", `{"password":"wrong"}`).wants(422)
	marie.sendJSON("POST", release, "").wants(403)
	refresh := marie.cookies[refreshCookie]
	marie.sendJSON("POST", "/api/v1/session/step-up", `{"password":"`+housetest.Password+`"}`).wants(200)
	if marie.cookies[refreshCookie] != refresh || refresh == "" {
		t.Error("the refresh token did not go on")
	}
	marie.sendJSON("POST", release, "").wants(201)
	marie.Clock.Advance(14 * time.Minute)
	marie.get("/").wants(200)
	marie.sendJSON("POST", "/api/v1/delegations", `{"to":"lea","group":"dam","duties":["signatory"],"ends":"2030-01-01T00:00:00Z","reason":"x"}`).wants(422) // too far, and no more
	marie.Clock.Advance(2 * time.Minute)
	marie.sendJSON("POST", "/api/v1/delegations", fmt.Sprintf(`{"to":"lea","group":"dam","duties":["signatory"],"ends":%q,"reason":"x"}`,
		marie.Clock.Now().Add(time.Hour).UTC().Format(time.RFC3339))).wants(403)
}

func TestAProgramStepsUpWithItsBearerToken(t *testing.T) {
	l, marie, draft := signing(t)
	program := l.stranger()
	var pass struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	program.sendJSON("POST", "/api/v1/session/refresh", `{"refresh_token":"`+marie.cookies[refreshCookie]+`"}`).wants(200).read(&pass)
	refresh := pass.RefreshToken
	program.headers["Authorization"], program.cookies = "Bearer "+pass.AccessToken, map[string]string{}
	program.sendJSON("POST", "/api/v1/drafts/"+draft+"/release", "").wants(403)
	stepped := program.sendJSON("POST", "/api/v1/session/step-up", `{"password":"`+housetest.Password+`"}`).wants(200)
	if len(stepped.Cookies()) > 0 || strings.Contains(string(stepped.body), "refresh_token") {
		t.Errorf("answered %s with %v", stepped.body, stepped.Cookies())
	}
	stepped.read(&pass)
	program.sendJSON("POST", "/api/v1/drafts/"+draft+"/release", "").wants(403) // the pass of before proves no more than it did
	program.headers["Authorization"] = "Bearer " + pass.AccessToken
	program.sendJSON("POST", "/api/v1/drafts/"+draft+"/release", "").wants(201)
	l.stranger().sendJSON("POST", "/api/v1/session/refresh", `{"refresh_token":"`+refresh+`"}`).wants(200)
}

// fieldsOf is what a browser sends of the page's form, with the password typed.
func fieldsOf(a *answered, action, password string) url.Values {
	a.t.Helper()
	for _, form := range all(a.document(), "form") {
		if attribute(form, "action") != action {
			continue
		}
		fields := url.Values{}
		for _, input := range all(form, "input") {
			fields.Add(attribute(input, "name"), attribute(input, "value"))
		}
		fields.Set(stepUpField, password)
		return fields
	}
	a.t.Fatalf("no form for %s: %s", action, a.body)
	return nil
}

// TestSigningOnThePageGoesOnWithThePassword: what was typed since the draft was last saved is asked after once, and released.
func TestSigningOnThePageGoesOnWithThePassword(t *testing.T) {
	l, marie, draft := signing(t)
	page := marie.get("/drafts/" + draft).wants(200).document()
	form := url.Values{"draft": {draft}, "version": {attribute(find(page, "input", "name", "version"), "value")}, "kind": {"telegram"}, "origin": {"dam"},
		"level": {"restricted"}, "language": {"fr"}, "subject": {"Objet « refait » & <relu>"}, "summary": {"Bref."}, "text": {"1. Une ligne.\r\n\r\n2. \"Deux\"."},
		"precedence": {"routine"}, "info_precedence": {"routine"}, "action.group": {"bamako"}, "action.qualification": {""}, "action.deadline": {""},
		"action.instruction": {""}, "info.add": {"mae"}, "act": {"release"}}
	asked := marie.post("/compose", form).wants(403)
	if find(asked.document(), "input", "name", stepUpField) == nil || strings.Contains(string(asked.body), housetest.Password) {
		t.Fatalf("the password is not asked for: %s", asked.body)
	}
	checkSkeleton(t, asked.document(), "fr")
	checkFields(t, asked.document())
	wrong := marie.send("POST", "/compose", "application/x-www-form-urlencoded", fieldsOf(asked, "/compose", "wrong").Encode()).wants(401)
	if strings.Contains(string(wrong.body), `"wrong"`) || find(wrong.document(), "div", "role", "alert") == nil {
		t.Errorf("after a wrong password: %s", wrong.body)
	}
	marie.send("POST", "/compose", "application/x-www-form-urlencoded", fieldsOf(wrong, "/compose", "").Encode()).wants(401)
	released := marie.send("POST", "/compose", "application/x-www-form-urlencoded", fieldsOf(wrong, "/compose", housetest.Password).Encode()).wants(303)
	message := text(marie.get(released.Header.Get("Location")).wants(200).document())
	for _, want := range []string{"TD DAM DR 1", "Objet « refait » & <relu>", `2. "Deux".`, "DIPLOMATIE"} {
		if !strings.Contains(message, want) {
			t.Errorf("the message does not tell %q: %s", want, message)
		}
	}
	if n := l.Folds().Ledger.Count(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestThePasswordIsNotAskedForAFormWithFaults: the faults come first.
func TestThePasswordIsNotAskedForAFormWithFaults(t *testing.T) {
	_, marie, draft := signing(t)
	marie.post("/compose", url.Values{"kind": {"telegram"}, "origin": {"dam"}, "act": {"release"}}).wants(422)
	marie.sendJSON("PUT", "/api/v1/drafts/"+draft, `{"kind":"telegram","origin":"bamako"}`).wants(200)
	marie.sendJSON("POST", "/api/v1/drafts/"+draft+"/release", "").wants(422)
}
