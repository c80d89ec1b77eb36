package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/gate"
	"chancery/correspondence/housetest"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// mails goes through the release gate and the exchanges.
func (c *contract) mails(l *lodge) {
	c.t.Helper()
	c.call(403, "GET", "/api/v1/gate", "/api/v1/gate", "")
	l.Enact(habilitation.AgentAppointed{Agent: 1, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	c.call(422, "PUT", "/api/v1/gate", "/api/v1/gate", `{"rules":[{"name":"","outcome":"perhaps"}],"reason":""}`)
	c.call(200, "PUT", "/api/v1/gate", "/api/v1/gate", `{"rules":[{"name":"interdits","words":["ne pas sortir"],"domains":["ailleurs.example"],"tags":["sahel"],"kinds":["mail"],"files":["picture",".docx"],"outcome":"block"}],"reason":"essai"}`)
	c.call(200, "GET", "/api/v1/gate", "/api/v1/gate", "")
	first, second := held(l, "karim", "a@example.org"), held(l, "karim", "b@example.org")
	c.call(200, "GET", "/api/v1/gate/held", "/api/v1/gate/held", "")
	c.call(422, "POST", "/api/v1/gate/held/{id}", "/api/v1/gate/held/"+first, `{"verdict":"refused"}`)
	c.call(204, "POST", "/api/v1/gate/held/{id}", "/api/v1/gate/held/"+first, `{"verdict":"approved"}`)
	c.call(409, "POST", "/api/v1/gate/held/{id}", "/api/v1/gate/held/"+first, `{"verdict":"approved"}`)
	c.call(204, "POST", "/api/v1/gate/held/{id}", "/api/v1/gate/held/"+second, `{"verdict":"refused","reason":"Trop tôt."}`)
	c.call(200, "GET", "/api/v1/messages/{id}", "/api/v1/messages/"+first, "")
	l.Enact(habilitation.AgentAppointed{Agent: 1, Functions: []habilitation.Function{}, Reason: "essai"})
	c.call(422, "POST", "/api/v1/exchanges", "/api/v1/exchanges", `{"to":"nobody","text":""}`)
	var one struct{ ID string }
	c.call(201, "POST", "/api/v1/exchanges", "/api/v1/exchanges", `{"to":"paul","text":"Bonjour"}`).read(&one)
	path, template := "/api/v1/exchanges/"+one.ID, "/api/v1/exchanges/{id}"
	c.call(200, "GET", "/api/v1/exchanges", "/api/v1/exchanges", "")
	c.call(200, "GET", template, path, "")
	c.call(201, "POST", template, path, `{"text":"Encore"}`)
	c.call(201, "POST", template+"/file", path+"/file", "")
	c.call(204, "DELETE", template, path, "")
	c.call(404, "GET", template, path, "")
}

// held is a mail of dam to outside, signed by an agent.
func held(l *lodge, login, address string) string {
	form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Vers le dehors")
	form.Kind, form.External = "mail", []string{address}
	return l.As(login).Dispatches(form).ID.String()
}

// outside gives the house a mail that is badly made.
func outside(l *lodge, text string) habilitation.ID {
	l.T.Helper()
	raw := "From: \"<b>Amélie</b>\" <a@example.org>\r\nTo: dam@essai.example\r\nSubject: <script>alert(1)</script>\r\nContent-Type: multipart/mixed\r\n\r\n" + text
	to := []string{"dam@essai.example", "inconnu@essai.example"}
	item := postal.Item{Key: postal.KeyOf([]byte(raw), to), Raw: []byte(raw), Envelope: postal.Envelope{From: "a@example.org", To: to, At: l.Clock.Now(), Peer: "192.0.2.7"}}
	if err := l.Chancery.Receive(l.T.(*testing.T).Context(), []postal.Item{item})[0]; err != nil {
		l.T.Fatalf("receive: %v", err)
	}
	return correspondence.ReceivedID(item.Key)
}

func TestMailFromOutsideIsShownWithItsFlaws(t *testing.T) {
	l := newLodge(t)
	id := outside(l, "Bonjour.\r\n")
	marie := l.visit("marie", habilitation.Restricted)
	if words := text(marie.get("/").wants(200).document()); !strings.Contains(words, "Amélie") {
		t.Error("the teleprinter does not say who wrote")
	}
	answer := marie.get("/messages/" + id.String()).wants(200)
	page := text(answer.document())
	for _, want := range []string{"Courriel reçu", "limites de parties absentes", "inconnu@essai.example", "192.0.2.7", "original.eml", "Bonjour."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(string(answer.body), "<script>alert") || strings.Contains(string(answer.body), "<b>Am") {
		t.Error("the mail's own markup is in the page")
	}
	file := marie.get(fmt.Sprintf("/api/v1/messages/%s/attachments/0", id)).wants(200)
	if !strings.HasSuffix(string(file.body), "Bonjour.\r\n") || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the original is handed out as %q", file.Header)
	}
}

func TestGateIsSetAndDecidedOnItsPage(t *testing.T) {
	l := newLodge(t)
	l.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	theo, marie, karim := l.visit("theo", habilitation.Restricted), l.visit("marie", habilitation.Restricted), l.visit("karim", habilitation.Restricted)
	if strings.Contains(text(marie.get("/gate").wants(200).document()), "Règles de sortie") {
		t.Error("marie, who is no administrator, is shown the rules")
	}
	rule := url.Values{"name": {"", "mots", ""}, "words": {"", "ne pas sortir, secret", ""}, "tags": {"", "nulle", ""}, "domains": {"", "", ""}, "types": {"", ".docx, films", ""}, "kinds-1": {"mail"}, "files-1": {"pdf", "picture"}, "outcome": {"block", "block", "block"}, "reason": {"essai"}}
	refused := text(theo.post("/gate", rule).wants(422).document())
	if !strings.Contains(refused, "nulle") || !strings.Contains(refused, "« films » n’est pas un type de fichier") {
		t.Error("the tag and the type that do not exist are not named")
	}
	rule["tags"][1], rule["types"][1] = "", ".docx"
	theo.post("/gate", rule).wants(303)
	if rules := l.Folds().Gate.Rules(); len(rules) != 1 || len(rules[0].Words) != 2 || !slices.Equal(rules[0].Kinds, []string{"mail"}) || !slices.Equal(rules[0].Files, []string{"pdf", "picture", ".docx"}) || rules[0].Outcome != gate.Block {
		t.Errorf("set as %+v", rules)
	}
	again := string(theo.get("/gate").wants(200).body)
	for _, set := range []string{`value="mail" checked`, `value="pdf" checked`, `value="picture" checked`, `name="types" value=".docx"`} {
		if !strings.Contains(again, set) {
			t.Errorf("the rules in force are not in the form: no %s", set)
		}
	}
	id := held(l, "karim", "a@example.org")
	if !strings.Contains(text(karim.get("/messages/"+id).wants(200).document()), "retenu") || strings.Contains(text(karim.get("/gate").document()), "Laisser partir") {
		t.Error("karim, who signed, is not told, or is asked")
	}
	if !strings.Contains(text(marie.get("/gate").document()), "Vers le dehors") {
		t.Error("marie is not asked")
	}
	marie.post("/gate/held/"+id, url.Values{"verdict": {"refused"}}).wants(422)
	marie.post("/gate/held/"+id, url.Values{"verdict": {"approved"}}).wants(303)
	if !strings.Contains(text(karim.get("/messages/"+id).document()), "aucun relais de courriel n’est configuré") {
		t.Error("karim is not told that it waits in vain")
	}
}

func TestExchangeIsFiledFromItsPage(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", habilitation.Restricted)
	marie.post("/exchanges", url.Values{"to": {"nobody at all"}, "text": {"Gardé."}}).wants(422).contains("Gardé.")
	to := marie.post("/exchanges", url.Values{"to": {"Paul Noël"}, "text": {"Bonjour"}}).wants(303).Header.Get("Location")
	marie.get(to).wants(200).contains("ni correspondance")
	if button := find(marie.get(to).document(), "button", "data-key", "f"); button == nil || !strings.Contains(text(button), "Verser aux archives f") {
		t.Error("filing has no key")
	}
	l.visit("paul", habilitation.Restricted).get(to).wants(200).contains("Bonjour")
	l.visit("lea", habilitation.Restricted).get(to).wants(404)
	draft := marie.post(to+"/file", url.Values{}).wants(303).Header.Get("Location")
	marie.get(draft).wants(200).contains("paul")
	marie.post(to+"/drop", url.Values{}).wants(303)
	marie.get(to).wants(404)
}

// contains wants words in the answer.
func (a *answered) contains(words string) {
	a.t.Helper()
	if !strings.Contains(string(a.body), words) {
		a.t.Errorf("%s does not say %q", a.Request.URL, words)
	}
}
