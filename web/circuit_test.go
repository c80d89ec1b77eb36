package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// circulates takes drafts through every step of a circuit: marie writes and signs, karim and paul give their visas.
func (c *contract) circulates(l *lodge) {
	c.t.Helper()
	const one = "/api/v1/drafts/{id}"
	karim := &contract{visitor: l.visit("karim", 2), document: c.document, met: c.met}
	paul := &contract{visitor: l.visit("paul", 2), document: c.document, met: c.met}
	form := housetest.Telegram("dam", "bamako", habilitation.Restricted, "Écrit à plusieurs")
	draft := c.newDraft(form)
	path := "/api/v1/drafts/" + draft.ID
	c.call(409, "POST", one+"/abandon", path+"/abandon", `{"reason":"non"}`) // a personal draft
	c.call(200, "POST", one+"/share", path+"/share", "")
	c.call(422, "POST", one+"/submit", path+"/submit", `{"steps":[{"agents":["personne"]}]}`)
	c.call(200, "POST", one+"/submit", path+"/submit", `{"steps":[{"agents":["karim"],"groups":["bamako"]}],"comment":"Pour ce soir"}`).read(&draft)
	c.call(409, "POST", one+"/submit", path+"/submit", `{"steps":[{"agents":["karim"]}]}`)
	c.call(409, "POST", one+"/release", path+"/release", "")
	visa := fmt.Sprintf(`{"digest":%q}`, draft.Circuit.Digest)
	karim.call(422, "POST", one+"/visa", path+"/visa", `{"digest":"","verdict":"non"}`)
	karim.call(200, "POST", one+"/visa", path+"/visa", visa)
	karim.call(403, "POST", one+"/visa", path+"/visa", visa)
	paul.call(200, "GET", "/api/v1/circuit", "/api/v1/circuit", "")
	paul.call(204, "POST", one+"/return", path+"/return", fmt.Sprintf(`{"digest":%q,"reason":"Chiffres"}`, draft.Circuit.Digest))
	paul.call(404, "GET", one, path, "")
	form.Text += " Corrigé."
	c.saves(draft.ID, form)
	c.call(200, "POST", one+"/submit", path+"/submit", `{"steps":[{"agents":["karim"],"any":true}]}`).read(&draft)
	refused := karim.call(409, "POST", one+"/visa", path+"/visa", visa)
	if !strings.Contains(string(refused.body), `"difference":[{"field":"text"`) || !strings.Contains(string(refused.body), `"stands":{`) {
		c.t.Errorf("a visa on a text that changed is refused without the difference: %s", refused.body)
	}
	karim.call(200, "GET", one+"/compare", path+"/compare", "")
	karim.call(404, "GET", one+"/compare", path+"/compare?from=nichts", "")
	c.call(200, "GET", one+"/versions", path+"/versions", "")
	c.call(200, "GET", one+"/circuit", path+"/circuit", "")
	c.call(200, "POST", one+"/reopen", path+"/reopen", "")
	c.call(409, "POST", one+"/reopen", path+"/reopen", "")
	c.call(200, "POST", one+"/submit", path+"/submit", `{"steps":[{"agents":["karim"]}]}`).read(&draft)
	karim.call(200, "POST", one+"/visa", path+"/visa", fmt.Sprintf(`{"digest":%q,"verdict":"remarks","comment":"Vu."}`, draft.Circuit.Digest))
	c.call(200, "GET", "/api/v1/circuit", "/api/v1/circuit", "")
	c.call(200, "POST", one+"/sign", path+"/sign", "")
	c.call(200, "GET", "/api/v1/circuit", "/api/v1/circuit", "")
	c.call(200, "POST", one+"/unhold", path+"/unhold", "")
	c.call(409, "POST", one+"/unhold", path+"/unhold", "")
	c.call(422, "POST", one+"/sign", path+"/sign", `{"hold_seconds":-1}`)
	form.Text += " Et signé autrement."
	c.saves(draft.ID, form)
	c.call(409, "POST", one+"/sign", path+"/sign", `{"hold_seconds":0}`)
	signed := c.call(200, "POST", one+"/sign", path+"/sign", `{"hold_seconds":0,"own":true}`)
	if !strings.Contains(string(signed.body), `"own_edit":true`) || !strings.Contains(string(signed.body), `"valid":true,"reasons":[]`) {
		c.t.Errorf("signed as %s", signed.body)
	}
	c.clashes(form)
	c.keepsTemplates()
}

type circulating struct {
	ID      string
	Version int
	Circuit struct{ Digest string }
}

func (c *contract) newDraft(form any) (draft circulating) {
	c.t.Helper()
	body, err := json.Marshal(form)
	if err != nil {
		c.t.Fatal(err)
	}
	c.call(201, "POST", "/api/v1/drafts", "/api/v1/drafts", string(body)).read(&draft)
	return draft
}

func (c *contract) saves(id string, form any) {
	c.t.Helper()
	body, err := json.Marshal(form)
	if err != nil {
		c.t.Fatal(err)
	}
	c.call(200, "PUT", "/api/v1/drafts/{id}", "/api/v1/drafts/"+id, string(body))
}

// clashes saves over another version: the answer holds both texts.
func (c *contract) clashes(form any) {
	c.t.Helper()
	draft := c.newDraft(form)
	path := fmt.Sprintf("/api/v1/drafts/%s?version=%d", draft.ID, draft.Version)
	c.call(200, "PUT", "/api/v1/drafts/{id}", path, `{"kind":"note","origin":"dam","level":"restricted","subject":"A","text":"A"}`)
	refused := c.call(409, "PUT", "/api/v1/drafts/{id}", path, `{"kind":"note","origin":"dam","level":"restricted","subject":"B","text":"B"}`)
	var both struct {
		Stands, Refused struct{ Form struct{ Subject string } }
	}
	if refused.read(&both); both.Stands.Form.Subject != "A" || both.Refused.Form.Subject != "B" {
		c.t.Errorf("a save over another version answers %s", refused.body)
	}
	c.call(200, "POST", "/api/v1/drafts/{id}/share", "/api/v1/drafts/"+draft.ID+"/share", "")
	c.call(422, "POST", "/api/v1/drafts/{id}/abandon", "/api/v1/drafts/"+draft.ID+"/abandon", `{"reason":""}`)
	c.call(204, "POST", "/api/v1/drafts/{id}/abandon", "/api/v1/drafts/"+draft.ID+"/abandon", `{"reason":"Sans objet"}`)
}

func (c *contract) keepsTemplates() {
	c.t.Helper()
	var kept struct{ ID string }
	const templates, rule = "/api/v1/groups/{id}/templates", "/api/v1/groups/{id}/visa-rule"
	c.call(422, "POST", templates, "/api/v1/groups/dam/templates", `{"name":"","form":{"kind":"note","origin":"","level":"","subject":"","text":""}}`)
	c.call(403, "POST", templates, "/api/v1/groups/bamako/templates", `{"name":"Point","form":{"kind":"note","origin":"","level":"","subject":"","text":""}}`)
	c.call(201, "POST", templates, "/api/v1/groups/dam/templates", `{"name":"Point","form":{"kind":"note","origin":"","level":"unprotected","subject":"Point","text":""}}`).read(&kept)
	c.call(200, "GET", "/api/v1/templates", "/api/v1/templates", "")
	c.call(200, "GET", "/api/v1/templates/{id}", "/api/v1/templates/"+kept.ID, "")
	c.call(204, "DELETE", "/api/v1/templates/{id}", "/api/v1/templates/"+kept.ID, "")
	c.call(404, "GET", "/api/v1/templates/{id}", "/api/v1/templates/"+kept.ID, "")
	c.call(204, "PUT", rule, "/api/v1/groups/dam/visa-rule", `{"kind":"note","steps":[{"groups":["mae"]}]}`)
	c.call(409, "PUT", rule, "/api/v1/groups/dam/visa-rule", `{"kind":"note","steps":[{"groups":["mae"]}]}`)
	c.call(403, "PUT", rule, "/api/v1/groups/bamako/visa-rule", `{"kind":"note","steps":[]}`)
	c.call(200, "GET", rule, "/api/v1/groups/dam/visa-rule", "")
	c.call(204, "PUT", rule, "/api/v1/groups/dam/visa-rule", `{"kind":"note","steps":[]}`)
}
