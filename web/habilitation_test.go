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
	c.call(204, "POST", "/api/v1/delegations/seen", "/api/v1/delegations/seen", `{"through":"2026-01-01T00:00:00Z"}`)
	c.call(400, "POST", "/api/v1/delegations/seen", "/api/v1/delegations/seen", `{"through":"hier"}`)
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

// TestTooManyPasswordsKeepWhatWasBeingSent: the page says how long to wait, and the same form goes on then.
func TestTooManyPasswordsKeepWhatWasBeingSent(t *testing.T) {
	l, marie, draft := signing(t)
	page := marie.get("/drafts/" + draft).wants(200).document()
	form := url.Values{"draft": {draft}, "version": {attribute(find(page, "input", "name", "version"), "value")}, "kind": {"telegram"}, "origin": {"dam"}, "level": {"restricted"},
		"language": {"fr"}, "subject": {"Objet"}, "summary": {"Bref."}, "text": {"Texte."}, "precedence": {"routine"}, "info_precedence": {"routine"}, "action.group": {"bamako"},
		"action.qualification": {""}, "action.deadline": {""}, "action.instruction": {""}, "info.add": {""}, "act": {"release"}}
	asked := marie.post("/compose", form).wants(403)
	send := func(password string) *answered {
		return marie.send("POST", "/compose", "application/x-www-form-urlencoded", fieldsOf(asked, "/compose", password).Encode())
	}
	for range 20 {
		if asked = send("wrong"); asked.StatusCode != 401 {
			break
		}
	}
	asked.wants(429)
	wait, err := time.ParseDuration(asked.Header.Get("Retry-After") + "s")
	if err != nil || wait <= 0 || !strings.Contains(text(asked.document()), "réessayez dans") {
		t.Errorf("wait %v, %v: %s", wait, err, text(asked.document()))
	}
	checkFields(t, asked.document())
	l.Clock.Advance(wait)
	send(housetest.Password).wants(303)
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

// mandates furnishes the house with a delegation, a roster, a collective and an operator desk.
func (l *lodge) mandates() {
	l.t.Helper()
	today := l.Clock.Now().Truncate(24 * time.Hour)
	l.Enact(
		habilitation.RosterSet{Audience: 2, AcknowledgeMinutes: 10, Watches: []habilitation.Watch{{Agent: 2, From: today, Until: today.AddDate(0, 0, 1)}, {Agent: 3, From: today, Until: today.AddDate(0, 0, 7)}}},
		habilitation.CollectiveDefined{Collective: "postes", Name: habilitation.Label{FR: "Tous les postes", EN: "All posts"}, Sorts: []string{"embassy"}, Audiences: []habilitation.AudienceID{2}},
		habilitation.OperatorDeskNamed{Audience: 1},
		habilitation.DelegationGiven{Delegation: habilitation.ID{9}, From: 2, To: 6, Audience: 2, Duties: habilitation.Signatory, Begins: today, Ends: today.AddDate(0, 0, 7), Reason: "Mission."},
	)
}

// TestDelegatingOnThePage: giving with faults first, then giving, seeing and giving up.
func TestDelegatingOnThePage(t *testing.T) {
	l := newLodge(t)
	marie, theo := l.visit("marie", 2), l.visit("theo", 2)
	refused := marie.post("/delegations", url.Values{"to": {"Théo Blanc"}, "group": {"dam"}, "begins": {"hier"}, "ends": {"2020-01-01T10:00"}, "reason": {"Congé « long »"}}).wants(422).document()
	for id, want := range map[string]string{"delegate-to": "Théo Blanc", "delegate-begins": "hier", "delegate-ends": "2020-01-01T10:00", "delegate-reason": "Congé « long »"} {
		if got := attribute(find(refused, "input", "id", id), "value"); got != want {
			t.Errorf("%s was typed %q, is %q", id, want, got)
		}
	}
	for _, id := range []string{"delegate-duties-fault-0", "delegate-begins-fault-0", "delegate-ends-fault-0"} {
		if find(refused, "p", "id", id) == nil {
			t.Errorf("no %s: %s", id, text(refused))
		}
	}
	ends := l.Clock.Now().In(l.server.options.Zone).Add(48 * time.Hour).Format(localMoment)
	given := url.Values{"to": {"theo"}, "group": {"dam"}, "duties": {"signatory"}, "ends": {ends}, "reason": {"Congé."}}
	if to := marie.post("/delegations", given).wants(303).Header.Get("Location"); to != "/delegations?done=delegation-given" {
		t.Errorf("led to %q", to)
	}
	page := theo.get("/delegations").wants(200).document()
	if menu := find(page, "a", "data-section", "delegations"); !strings.Contains(text(menu), "1") || !strings.Contains(text(page), "Nouvelle") {
		t.Errorf("theo is not told of what is given to him: %s", text(menu))
	}
	theo.post("/delegations/seen", url.Values{"through": {attribute(find(page, "input", "name", "through"), "value")}}).wants(303)
	theo.post("/delegations/seen", url.Values{"through": {"hier"}}).wants(400)
	if page := theo.get("/delegations").document(); strings.Contains(text(find(page, "a", "data-section", "delegations")), "1") || find(page, "input", "name", "through") != nil {
		t.Error("what theo has seen stays new")
	}
	if words := text(page); !strings.Contains(words, "Théo Blanc, p/o Marie Roy") || !strings.Contains(words, "en vigueur") || !strings.Contains(words, "Y renoncer") {
		t.Errorf("theo sees %s", words)
	}
	if find(page, "select", "id", "delegate-group") != nil {
		t.Error("theo, who holds nothing of his own, is offered to delegate")
	}
	var end string
	for _, form := range all(page, "form") {
		if action := attribute(form, "action"); strings.HasSuffix(action, "/end") {
			end = action
		}
	}
	l.visit("paul", 2).post(end, url.Values{}).wants(404)
	theo.post(end, url.Values{}).wants(303)
	theo.post(end, url.Values{}).wants(409)
	if words := text(marie.get("/delegations").document()); !strings.Contains(words, "Terminée par Théo Blanc") || !strings.Contains(words, "Vient de se terminer") {
		t.Errorf("marie sees %s", words)
	}
}

// TestADelegationGivenLateAsksForThePassword and goes on with the moments as they were typed.
func TestADelegationGivenLateAsksForThePassword(t *testing.T) {
	l, marie, _ := signing(t)
	ends := l.Clock.Now().In(l.server.options.Zone).Add(time.Hour).Format(localMoment)
	asked := marie.post("/delegations", url.Values{"to": {"lea"}, "group": {"dam"}, "duties": {"signatory", "drafter"}, "ends": {ends}, "reason": {"Congé."}}).wants(403)
	marie.send("POST", "/delegations", "application/x-www-form-urlencoded", fieldsOf(asked, "/delegations", housetest.Password).Encode()).wants(303)
	if lent := l.Folds().Register.DelegationsOf(3); len(lent) != 1 || lent[0].Duties != habilitation.Signatory|habilitation.Drafter {
		t.Errorf("lent %+v", lent)
	}
}

// TestTheRosterOnTheGroupsPage: number two sets it, members see it, others do not.
func TestTheRosterOnTheGroupsPage(t *testing.T) {
	l := newLodge(t)
	marie, lea, paul := l.visit("marie", 2), l.visit("lea", 2), l.visit("paul", 2)
	now := l.Clock.Now().In(l.server.options.Zone)
	from, until := now.Add(-time.Hour).Format(localMoment), now.Add(time.Hour).Format(localMoment)
	form := url.Values{"agent": {"Karim Benali", "", "paul"}, "from": {from, "", from}, "until": {until, "", ""}, "acknowledge_minutes": {"0"}, "act": {"save"}}
	refused := marie.post("/groups/dam/roster", form).wants(422).document()
	for _, id := range []string{"roster-form-watches-1-agent-fault-0", "roster-form-watches-1-until-fault-0", "roster-form-acknowledge_minutes-fault-0"} {
		if find(refused, "p", "id", id) == nil {
			t.Errorf("no %s: %s", id, text(refused))
		}
	}
	checkSkeleton(t, refused, "fr")
	checkFields(t, refused)
	if find(refused, "input", "value", "Karim Benali") == nil || find(refused, "input", "value", from) == nil {
		t.Error("what was typed is gone")
	}
	form = url.Values{"agent": {"karim", "lea"}, "from": {from, from}, "until": {until, until}, "acknowledge_minutes": {"15"}, "act": {"add"}}
	if lines := all(marie.post("/groups/dam/roster", form).wants(200).document(), "input"); len(lines) < 12 {
		t.Errorf("%d fields with lines added", len(lines))
	}
	form.Set("act", "save")
	marie.post("/groups/dam/roster", form).wants(303)
	if words := text(find(lea.get("/groups/dam").document(), "section", "id", "roster")); !strings.Contains(words, "De permanence : Karim Benali Léa Petit") || !strings.Contains(words, "15 minutes") || strings.Contains(words, "Régler") {
		t.Errorf("léa sees %s", words)
	}
	if find(paul.get("/groups/dam").wants(200).document(), "section", "id", "roster") != nil {
		t.Error("paul, who is no member, sees the roster")
	}
	paul.post("/groups/dam/roster", form).wants(403)
	marie.post("/groups/dam/roster", url.Values{"agent": {"karim"}}).wants(422)
	marie.post("/groups/dam/roster", url.Values{"agent": {""}, "from": {""}, "until": {""}, "act": {"save"}}).wants(303)
	if _, set := l.Folds().Register.Roster(2); set {
		t.Error("the emptied roster is still there")
	}
}

// TestCollectivesOnTheirPage: everybody sees them, administrators define and withdraw them and name the operator desk.
func TestCollectivesOnTheirPage(t *testing.T) {
	l := newLodge(t)
	l.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	theo, lea := l.visit("theo", 2), l.visit("lea", 2)
	define := url.Values{"key": {"Les Postes"}, "name_fr": {"Tous les postes"}, "sorts": {"embassy"}, "groups": {"dam, Nulle Part"}, "parent": {"nulle part"}}
	lea.post("/collectives", url.Values{"key": {"postes"}, "name_fr": {"x"}, "sorts": {"embassy"}}).wants(403)
	refused := theo.post("/collectives", define).wants(422).document()
	for _, id := range []string{"collective-key-fault-0", "collective-groups-fault-0", "collective-parent-fault-0"} {
		if find(refused, "p", "id", id) == nil {
			t.Errorf("no %s: %s", id, text(refused))
		}
	}
	if got := text(find(refused, "textarea", "name", "groups")); got != "dam, Nulle Part" {
		t.Errorf("the groups typed are %q", got)
	}
	define.Set("key", "postes")
	define.Set("groups", "Ministère")
	define.Del("parent")
	theo.post("/collectives", define).wants(303)
	page := lea.get("/collectives").wants(200).document()
	if words := text(page); !strings.Contains(words, "Tous les postes postes 2 groupes") || strings.Contains(words, "Définir un collectif") {
		t.Errorf("léa sees %s", words)
	}
	again := theo.get("/collectives?key=postes").wants(200).document()
	if attribute(find(again, "input", "name", "key"), "value") != "postes" || find(again, "input", "value", "embassy") == nil {
		t.Errorf("the form to define it anew is %s", text(again))
	}
	theo.get("/collectives?key=nulle-part").wants(404)
	theo.post("/collectives/operator", url.Values{"group": {"Communauté Sahel"}}).wants(422)
	theo.post("/collectives/operator", url.Values{"group": {"DAM"}}).wants(303)
	lea.post("/collectives/operator", url.Values{"group": {"DAM"}}).wants(403)
	if words := text(lea.get("/collectives").document()); !strings.Contains(words, "Bureau d’ordre DAM") {
		t.Errorf("léa sees %s", words)
	}
	theo.post("/collectives/postes/withdraw", url.Values{"reason": {""}}).wants(422)
	lea.post("/collectives/postes/withdraw", url.Values{"reason": {"x"}}).wants(403)
	theo.post("/collectives/postes/withdraw", url.Values{"reason": {"Réorganisation."}}).wants(303)
	if words := text(lea.get("/collectives").document()); !strings.Contains(words, "Aucun collectif") {
		t.Errorf("léa sees %s", words)
	}
}
