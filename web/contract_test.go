package web

import (
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// contract checks answers against the API's own description and remembers what was checked.
type contract struct {
	*visitor
	document *openapi3.T
	met      map[string]bool
}

// call makes a request of an operation, wants the status, and checks the answer against what the description says of it.
func (c *contract) call(status int, method, template, path, body string) *answered {
	c.t.Helper()
	answer := c.sendJSON(method, path, body).wants(status)
	c.met[method+" "+template] = true
	operation := c.document.Paths.Find(template).GetOperation(method)
	if operation == nil {
		c.t.Fatalf("%s %s is not described", method, template)
	}
	described := operation.Responses.Status(status)
	if described == nil {
		c.t.Fatalf("%s %s: status %d is not described", method, template, status)
	}
	if status == 204 {
		if len(answer.body) != 0 {
			c.t.Errorf("%s %s: 204 with a body", method, template)
		}
		return answer
	}
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	content := described.Value.Content[media]
	if content == nil && described.Value.Content[anyMedia] != nil && inertMedia(media) == media {
		return answer
	}
	if content == nil {
		c.t.Fatalf("%s %s: answers %q, described as %v", method, template, media, described.Value.Content)
	}
	if strings.HasSuffix(media, "json") {
		c.agrees(content.Schema.Value, answer)
	}
	return answer
}

func (c *contract) agrees(schema *openapi3.Schema, answer *answered) {
	c.t.Helper()
	var value any
	if err := json.Unmarshal(answer.body, &value); err != nil {
		c.t.Fatal(err)
	}
	if err := c.document.ValidateSchemaJSON(schema, value, openapi3.MultiErrors(), openapi3.VisitAsResponse()); err != nil {
		c.t.Errorf("%s %s answers otherwise than described: %v\n%s", answer.Request.Method, answer.Request.URL, err, answer.body)
	}
}

// TestAnswersAreAsDescribed goes through every operation, as a program written against the description would.
func TestAnswersAreAsDescribed(t *testing.T) {
	l, ids := furnished(t)
	c := &contract{visitor: l.visit("marie", 2), document: loadDescription(t, l.server), met: map[string]bool{}}
	c.reads(ids)
	c.writes()
	c.decides()
	c.gathers(ids)
	c.joins(l)
	c.circulates(l)
	c.mandates(l)
	c.handles(l)
	c.sends(l)
	c.mails(l)
	c.keeps(l, ids["closed"])
	c.session(l)
	for path, item := range c.document.Paths.Map() {
		for method := range item.Operations() {
			if key := method + " " + path; !c.met[key] && path != streamPath {
				t.Errorf("%s was not called", key)
			}
		}
	}
}

func (c *contract) reads(ids map[string]string) {
	c.t.Helper()
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/house/certificates", "/api/v1/house/checkpoint", "/api/v1/house/checkpoint/key", "/api/v1/me",
		"/api/v1/drafts", "/api/v1/groups", "/api/v1/communities", "/api/v1/agents", "/api/v1/tags", "/api/v1/requests"} {
		c.call(200, "GET", path, path, "")
	}
	c.call(200, "GET", "/api/v1/teleprinter", "/api/v1/teleprinter?limit=1", "")
	c.call(200, "GET", "/api/v1/teleprinter", "/api/v1/teleprinter", "")
	c.call(422, "GET", "/api/v1/teleprinter", "/api/v1/teleprinter?limit=9999", "")
	c.call(200, "GET", "/api/v1/search", "/api/v1/search?q=crue&sort=date&limit=1", "")
	c.call(200, "GET", "/api/v1/search", "/api/v1/search?q=nichts", "")
	c.call(422, "GET", "/api/v1/search", "/api/v1/search?q=%22", "")
	message := "/api/v1/messages/" + ids["closed"]
	c.call(200, "GET", "/api/v1/messages/{id}", message, "")
	for _, piece := range []string{"original", "signature", "timestamp", "timestamped", "proof"} {
		if got := c.call(200, "GET", "/api/v1/messages/{id}/"+piece, message+"/"+piece, ""); len(got.body) == 0 {
			c.t.Errorf("%s is empty", piece)
		}
	}
	for _, piece := range []string{"sheet.pdf", "smime", "export.zip"} {
		if got := c.call(200, "GET", "/api/v1/messages/{id}/"+piece, message+"/"+piece, ""); len(got.body) == 0 {
			c.t.Errorf("%s is empty", piece)
		}
		c.call(404, "GET", "/api/v1/messages/{id}/"+piece, "/api/v1/messages/"+ids["draft"]+"/"+piece, "")
	}
	c.call(404, "GET", "/api/v1/messages/{id}/attachments/{n}", message+"/attachments/0", "")
	c.call(404, "GET", "/api/v1/messages/{id}", "/api/v1/messages/00000000000000000000000000", "")
	c.call(204, "PUT", "/api/v1/messages/{id}/read", message+"/read", `{"read":false}`)
	c.call(204, "POST", "/api/v1/teleprinter/read", "/api/v1/teleprinter/read", "")
	c.call(200, "GET", "/api/v1/groups/{id}", "/api/v1/groups/dam", "")
	c.call(404, "GET", "/api/v1/groups/{id}", "/api/v1/groups/nowhere", "")
	c.call(200, "GET", "/api/v1/tags/{tag}", "/api/v1/tags/sahel", "")
}

func (c *contract) writes() {
	c.t.Helper()
	form, err := json.Marshal(housetest.Telegram("dam", "bamako", habilitation.Restricted, "Écrit par un programme"))
	if err != nil {
		c.t.Fatal(err)
	}
	var draft struct {
		ID      string
		Version int
	}
	c.call(201, "POST", "/api/v1/drafts", "/api/v1/drafts", `{"kind":"telegram","subject":""}`).read(&draft)
	path := "/api/v1/drafts/" + draft.ID
	c.call(422, "POST", "/api/v1/drafts/{id}/release", path+"/release", "")
	c.call(200, "GET", "/api/v1/drafts/{id}", path, "")
	over := fmt.Sprintf("%s?version=%d", path, draft.Version)
	c.call(200, "PUT", "/api/v1/drafts/{id}", over, string(form)).read(&draft)
	c.call(409, "PUT", "/api/v1/drafts/{id}", over, string(form))
	c.call(200, "GET", "/api/v1/drafts/{id}/audience", path+"/audience", "")
	released := c.call(201, "POST", "/api/v1/drafts/{id}/release", path+"/release", fmt.Sprintf(`{"version":%d}`, draft.Version))
	if location := released.Header.Get("Location"); !strings.HasPrefix(location, "/api/v1/messages/") {
		c.t.Errorf("released at %q", location)
	}
	c.call(201, "POST", "/api/v1/drafts", "/api/v1/drafts", string(form)).read(&draft)
	c.call(204, "DELETE", "/api/v1/drafts/{id}", "/api/v1/drafts/"+draft.ID, "")
	c.call(404, "GET", "/api/v1/drafts/{id}", "/api/v1/drafts/"+draft.ID, "")
}

func (c *contract) decides() {
	c.t.Helper()
	var waiting struct {
		Items []struct {
			Signup      *struct{ ID string }
			Declaration *struct{ ID string }
		}
	}
	c.call(200, "GET", "/api/v1/requests", "/api/v1/requests", "").read(&waiting)
	for _, item := range waiting.Items {
		if item.Signup != nil {
			c.call(422, "POST", "/api/v1/requests/{id}/refuse", "/api/v1/requests/"+item.Signup.ID+"/refuse", `{"reason":""}`)
			c.call(204, "POST", "/api/v1/requests/{id}/accept", "/api/v1/requests/"+item.Signup.ID+"/accept", `{"duties":["drafter"]}`)
			c.call(409, "POST", "/api/v1/requests/{id}/accept", "/api/v1/requests/"+item.Signup.ID+"/accept", "")
		} else {
			c.call(204, "POST", "/api/v1/requests/{id}/refuse", "/api/v1/requests/"+item.Declaration.ID+"/refuse", `{"reason":"Sans rapport."}`)
		}
	}
	c.call(201, "POST", "/api/v1/groups/{id}/requests", "/api/v1/groups/bamako/requests", `{"motive":"Mutation."}`)
	c.call(409, "POST", "/api/v1/groups/{id}/requests", "/api/v1/groups/bamako/requests", `{"motive":"Mutation."}`)
	c.call(200, "PUT", "/api/v1/groups/{id}/tags/{tag}", "/api/v1/groups/dam/tags/sante", `{"level":"unprotected"}`)
	c.call(403, "PUT", "/api/v1/groups/{id}/tags/{tag}", "/api/v1/groups/bamako/tags/sante", `{"level":"unprotected"}`)
	c.call(204, "DELETE", "/api/v1/groups/{id}/tags/{tag}", "/api/v1/groups/dam/tags/sante?reason=fini", "")
}

func (c *contract) gathers(ids map[string]string) {
	c.t.Helper()
	var dossier struct{ ID string }
	c.call(422, "POST", "/api/v1/dossiers", "/api/v1/dossiers", `{"title":"","owner":"dam","level":"restricted"}`)
	c.call(201, "POST", "/api/v1/dossiers", "/api/v1/dossiers", `{"title":"Crue","owner":"dam","level":"restricted","members":["bamako"]}`).read(&dossier)
	c.call(200, "GET", "/api/v1/dossiers", "/api/v1/dossiers", "")
	one, path := "/api/v1/dossiers/{id}", "/api/v1/dossiers/"+dossier.ID
	c.call(201, "POST", one+"/messages", path+"/messages", `{"message":"`+ids["open"]+`"}`)
	c.call(409, "POST", one+"/messages", path+"/messages", `{"message":"TD BAMAKO 1"}`)
	c.call(422, "POST", one+"/messages", path+"/messages", `{"message":"TD ROME 99"}`)
	c.call(201, "POST", one+"/notes", path+"/notes", `{"text":"À suivre."}`)
	var file struct{ ID string }
	c.call(422, "POST", one+"/files", path+"/files", `{"name":"a.txt","content":"","level":"restricted"}`)
	c.call(201, "POST", one+"/files", path+"/files", `{"name":"a.txt","content":"YQ=="}`).read(&file)
	if got := c.sendJSON("GET", path+"/files/"+file.ID, "").wants(200); string(got.body) != "a" {
		c.t.Errorf("the file reads %q", got.body)
	}
	c.met["GET "+one+"/files/{file}"] = true
	c.call(404, "GET", one+"/files/{file}", path+"/files/"+dossier.ID, "")
	c.call(204, "POST", one+"/share", path+"/share", `{"group":"mae"}`)
	c.call(409, "POST", one+"/share", path+"/share", `{"group":"mae"}`)
	c.call(200, "GET", one, path, "")
	c.call(200, "GET", one, path+"?limit=1", "")
	c.call(404, "GET", one, path+"?after="+dossier.ID, "")
	for _, kind := range []string{"pdf", "zip"} {
		if got := c.call(200, "GET", one+"/export."+kind, path+"/export."+kind, ""); len(got.body) == 0 {
			c.t.Errorf("the %s is empty", kind)
		}
		c.call(404, "GET", one+"/export."+kind, "/api/v1/dossiers/"+ids["open"]+"/export."+kind, "")
	}
	c.call(422, "GET", one+"/export.pdf", path+"/export.pdf?part=2", "")
	c.call(422, "DELETE", one+"/messages/{message}", path+"/messages/"+ids["open"], "")
	c.call(204, "DELETE", one+"/messages/{message}", path+"/messages/"+ids["open"]+"?reason=doublon", "")
	c.call(204, "POST", one+"/close", path+"/close", `{"reason":"fini"}`)
	c.call(409, "POST", one+"/notes", path+"/notes", `{"text":"Encore."}`)
	c.call(200, "GET", "/api/v1/messages/{id}/thread", "/api/v1/messages/"+ids["open"]+"/thread", "")
	c.call(404, "GET", "/api/v1/messages/{id}/thread", "/api/v1/messages/"+dossier.ID+"/thread", "")
}

func (c *contract) session(l *lodge) {
	c.t.Helper()
	v := c.visitor
	c.visitor = l.stranger()
	c.call(401, "GET", "/api/v1/me", "/api/v1/me", "")
	c.call(401, "POST", "/api/v1/session", "/api/v1/session", `{"login":"marie","password":"wrong"}`)
	c.call(422, "POST", "/api/v1/session", "/api/v1/session", `{"login":"","password":""}`)
	var given struct {
		RefreshToken string `json:"refresh_token"`
	}
	c.call(200, "POST", "/api/v1/session", "/api/v1/session", `{"login":"marie","password":"`+housetest.Password+`"}`).read(&given)
	c.call(200, "GET", "/api/v1/me", "/api/v1/me", "")
	c.cookies = map[string]string{}
	c.call(200, "POST", "/api/v1/session/refresh", "/api/v1/session/refresh", `{"refresh_token":"`+given.RefreshToken+`"}`)
	c.call(401, "POST", "/api/v1/session/refresh", "/api/v1/session/refresh", `{"refresh_token":"`+given.RefreshToken+`"}`)
	c.visitor = v
	c.headers["Authorization"] = "Bearer " + v.pass.AccessToken
	c.cookies = map[string]string{}
	c.call(200, "GET", "/api/v1/me", "/api/v1/me", "")
	c.call(204, "DELETE", "/api/v1/session", "/api/v1/session", "")
	c.call(401, "GET", "/api/v1/me", "/api/v1/me", "")
}

// TestDescriptionNamesEachTypeOnce: two Go types of one name would share a component and one of them would be described wrongly.
func TestDescriptionNamesEachTypeOnce(t *testing.T) {
	document := loadDescription(t, bareServer(t))
	for name := range document.Components.Schemas {
		if strings.HasSuffix(name, "Type2") || strings.ContainsAny(name, "[./") {
			t.Errorf("component %q", name)
		}
	}
}
