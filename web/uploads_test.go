package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestMain turns the test binary into a child that looks at a file.
func TestMain(m *testing.M) {
	housetest.Inspecting()
	os.Exit(m.Run())
}

// begun is an upload announced over the API.
func (v *visitor) begun(draft, name string, size int) correspondence.UploadView {
	v.t.Helper()
	var view correspondence.UploadView
	v.sendJSON("POST", "/api/v1/drafts/"+draft+"/uploads", fmt.Sprintf(`{"name":%q,"size":%d}`, name, size)).wants(201).read(&view)
	return view
}

// piece sends one piece of an upload.
func (v *visitor) piece(address string, offset int, body string) *answered {
	v.t.Helper()
	v.headers["Upload-Offset"] = strconv.Itoa(offset)
	defer delete(v.headers, "Upload-Offset")
	return v.send("PATCH", address, pieceMedia, body)
}

func (l *lodge) draft(level habilitation.Level) string {
	l.t.Helper()
	draft, err := l.As("paul").NewDraft(l.t.Context(), housetest.Telegram("bamako", "dam", level, "Avec pièces"))
	if err != nil {
		l.t.Fatal(err)
	}
	return draft.ID.String()
}

// joins goes through the operations of uploads and of what is made of files.
func (c *contract) joins(l *lodge) {
	c.t.Helper()
	paul := *c
	paul.visitor = l.visit("paul", 2)
	draft := l.draft(habilitation.Unprotected)
	all, one := "/api/v1/drafts/{id}/uploads", "/api/v1/drafts/{id}/uploads/{upload}"
	var u correspondence.UploadView
	paul.call(422, "POST", all, "/api/v1/drafts/"+draft+"/uploads", `{"name":"","size":4}`)
	paul.call(201, "POST", all, "/api/v1/drafts/"+draft+"/uploads", `{"name":"note.txt","size":4}`).read(&u)
	address := "/api/v1/drafts/" + draft + "/uploads/" + u.ID.String()
	paul.call(200, "GET", all, "/api/v1/drafts/"+draft+"/uploads", "")
	paul.call(200, "GET", one, address, "")
	paul.call(404, "GET", one, "/api/v1/drafts/"+draft+"/uploads/"+draft, "")
	paul.agrees(c.document.Components.Schemas["UploadView"].Value, paul.piece(address, 0, "Note").wants(200))
	c.met["PATCH "+one] = true
	paul.call(201, "POST", all, "/api/v1/drafts/"+draft+"/uploads", `{"name":"b.txt","size":4}`).read(&u)
	paul.call(204, "DELETE", one, "/api/v1/drafts/"+draft+"/uploads/"+u.ID.String(), "")
	paul.joinsDossier()
	joined := "/api/v1/drafts/{id}/files/{n}"
	paul.call(200, "GET", joined, "/api/v1/drafts/"+draft+"/files/0", "")
	paul.call(404, "GET", joined, "/api/v1/drafts/"+draft+"/files/1", "")
	paul.call(200, "GET", joined+"/words", "/api/v1/drafts/"+draft+"/files/0/words", "")
	for _, made := range []string{"picture", "thumbnail"} { // a text has none
		paul.call(404, "GET", joined+"/"+made, "/api/v1/drafts/"+draft+"/files/0/"+made, "")
	}
	var sent correspondence.MessageView
	paul.call(201, "POST", "/api/v1/drafts/{id}/release", "/api/v1/drafts/"+draft+"/release", "").read(&sent)
	file := "/api/v1/messages/" + sent.ID.String() + "/attachments/0/"
	paul.call(200, "GET", "/api/v1/messages/{id}/attachments/{n}/words", file+"words", "")
	for _, made := range []string{"picture", "thumbnail"} { // a text has none
		paul.call(404, "GET", "/api/v1/messages/{id}/attachments/{n}/"+made, file+made, "")
	}
}

// joinsDossier goes through the same operations for a dossier.
func (c *contract) joinsDossier() {
	c.t.Helper()
	var kept struct{ ID string }
	c.call(201, "POST", "/api/v1/dossiers", "/api/v1/dossiers", `{"title":"Avec des pièces","owner":"bamako","level":"unprotected"}`).read(&kept)
	place, all := "/api/v1/dossiers/"+kept.ID+"/uploads", "/api/v1/dossiers/{id}/uploads"
	var u correspondence.UploadView
	c.call(422, "POST", all, place, `{"name":"a.txt","size":4,"level":"restricted"}`)
	c.call(201, "POST", all, place, `{"name":"note.txt","size":4}`).read(&u)
	c.call(200, "GET", all, place, "")
	c.call(200, "GET", all+"/{upload}", place+"/"+u.ID.String(), "")
	c.agrees(c.document.Components.Schemas["UploadView"].Value, c.piece(place+"/"+u.ID.String(), 0, "Note").wants(200))
	c.met["PATCH "+all+"/{upload}"] = true
	c.call(201, "POST", all, place, `{"name":"b.txt","size":4}`).read(&u)
	c.call(204, "DELETE", all+"/{upload}", place+"/"+u.ID.String(), "")
	if page := string(c.get("/dossiers/" + kept.ID).wants(200).body); !strings.Contains(page, "note.txt") || strings.Contains(page, "b.txt") {
		c.t.Error("the dossier does not hold what was sent into it, or holds what was taken back")
	}
}

// TestDossierWithFile: a browser without scripts puts a file into a dossier; a refusal is told where it was chosen.
func TestDossierWithFile(t *testing.T) {
	l := newLodge(t)
	opened, err := l.As("marie").OpenDossier(t.Context(), correspondence.DossierForm{Title: "Crue du fleuve", Owner: "dam", Level: "restricted", Members: []string{"bamako"}})
	if err != nil {
		t.Fatal(err)
	}
	marie, paul := l.visit("marie", 2), l.visit("paul", 2)
	address := "/dossiers/" + opened.ID.String()
	shown := marie.get(address).wants(200).document()
	send := func(v *visitor, name, level, content string) *answered {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		_ = w.WriteField("token", attribute(find(v.get(address).document(), "input", "name", "token"), "value"))
		_ = w.WriteField("next", address)
		_ = w.WriteField("level", level)
		if name != "" {
			part, _ := w.CreateFormFile("file", name)
			_, _ = io.WriteString(part, content)
		}
		_ = w.Close()
		return v.send("POST", address+"/files", w.FormDataContentType(), body.String())
	}
	if find(shown, "input", "type", "file") == nil || find(paul.get(address).wants(200).document(), "input", "type", "file") != nil {
		t.Error("the field for a file is missing, or offered to who does not write")
	}
	if to := send(marie, "relevé.csv", "unprotected", "a;b\n1;2\n").wants(303).Header.Get("Location"); to != address+"#files" {
		t.Errorf("led to %q", to)
	}
	if words := text(find(paul.get(address).document(), "section", "id", "files")); !strings.Contains(words, "relevé.csv") || strings.Contains(words, "DR") {
		t.Errorf("paul sees %s", words)
	}
	send(marie, "virus.exe", "", "MZ\x90").wants(303)
	told := marie.get(address).document()
	if words := text(find(told, "ul", "id", "files-coming")); !strings.Contains(words, "virus.exe") || !strings.Contains(words, "contient un programme") && !strings.Contains(words, "type de fichier non admis") {
		t.Errorf("the refusal is told as %s", words)
	}
	if words := text(paul.get(address).document()); strings.Contains(words, "virus.exe") {
		t.Error("paul is told what marie sends")
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("token", attribute(find(told, "input", "name", "token"), "value"))
	_ = w.WriteField("drop", attribute(find(told, "button", "name", "drop"), "value"))
	_ = w.Close()
	marie.send("POST", address+"/files", w.FormDataContentType(), body.String()).wants(303)
	if words := text(marie.get(address).document()); strings.Contains(words, "virus.exe") {
		t.Error("a refusal of which note was taken is still told")
	}
	refused := send(marie, "", "unprotected", "").wants(422).document()
	checkSkeleton(t, refused, "fr")
	checkSummary(t, refused, []string{"file"})
	if !standsIn(refused, address+"/files", "level", "unprotected") {
		t.Error("the level that was chosen is gone")
	}
	empty := send(marie, "vide.txt", "unprotected", "")
	if empty.StatusCode == 303 {
		if words := text(marie.get(address).document()); !strings.Contains(words, "vide") {
			t.Error("nothing is told of an empty file")
		}
	}
	send(paul, "de-paul.txt", "", "Bonjour").wants(403)
	if err := l.As("marie").CloseDossier(t.Context(), opened.ID, "décrue"); err != nil {
		t.Fatal(err)
	}
	send(marie, "tard.txt", "", "Bonjour").wants(409)
	l.visit("ines", 2).send("POST", address+"/files", "application/x-www-form-urlencoded", "a=b").wants(415)
}

// TestUploadOverAPI: announced, sent in two pieces with a place asked in between, joined, released, looked at.
func TestUploadOverAPI(t *testing.T) {
	l := newLodge(t)
	paul := l.visit("paul", 2)
	draft := l.draft(habilitation.Unprotected)
	text := "<script>alert('x')</script><p>Le barrage"
	u := paul.begun(draft, "page.html", len(text))
	address := "/api/v1/drafts/" + draft + "/uploads/" + u.ID.String()
	paul.piece(address, 0, text[:10]).wants(200)
	if at := paul.send("HEAD", address, "", "").wants(200).Header.Get("Upload-Offset"); at != "10" {
		t.Errorf("the place is %q", at)
	}
	paul.piece(address, 0, text).wants(409)
	paul.send("PATCH", address, "application/octet-stream", text).wants(415)
	paul.send("PATCH", address, pieceMedia, text).wants(400)
	l.visit("marie", 2).piece(address, 10, text[10:]).wants(404)
	l.stranger().piece(address, 10, text[10:]).wants(401)
	paul.piece(address, 10, text[10:]).wants(200).read(&u)
	if u.State != correspondence.UploadJoined || u.File.Type != "text/html" {
		t.Fatalf("%+v", u)
	}
	var sent correspondence.MessageView
	paul.sendJSON("POST", "/api/v1/drafts/"+draft+"/release", "").wants(201).read(&sent)
	marie := l.visit("marie", 2)
	file := marie.get("/api/v1/messages/" + sent.ID.String() + "/attachments/0").wants(200)
	if string(file.body) != text || file.Header.Get("Content-Type") != "application/octet-stream" || file.Header.Get("Content-Security-Policy") != inertPolicy ||
		file.Header.Get("X-Content-Type-Options") != "nosniff" || file.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%v %s", file.Header, file.body)
	}
	words := marie.get("/api/v1/messages/" + sent.ID.String() + "/attachments/0/words").wants(200)
	if string(words.body) != "Le barrage" || words.Header.Get("Content-Type") != "text/plain; charset=utf-8" || words.Header.Get("Content-Security-Policy") != inertPolicy {
		t.Errorf("%v", words.Header)
	}
	page := marie.get("/messages/" + sent.ID.String()).wants(200).document()
	if find(page, "a", "href", "/messages/"+sent.ID.String()+"/files/0") == nil {
		t.Error("no way to the preview")
	}
	marie.get("/api/v1/messages/" + sent.ID.String() + "/attachments/0/picture").wants(404)
}

// TestPreviewTellsNothingToTheOthers: what is made from a restricted file is as absent as the file, for whoever may not read it.
func TestPreviewTellsNothingToTheOthers(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Plan")
	form.Attachments = []correspondence.FormAttachment{{Name: "plan.txt", Content: []byte("le plan secret")}}
	sent := l.As("paul").Dispatches(form)
	l.Settle()
	absent := habilitation.NewID()
	for name, v := range map[string]*visitor{"not cleared": l.visit("lea", 2), "unprotected terminal": l.visit("marie", 0)} {
		for _, place := range []string{"/api/v1/messages/%s/attachments/0/words", "/api/v1/messages/%s/attachments/0/thumbnail", "/messages/%s/files/0", "/messages/%s/files/9"} {
			there, not := v.get(fmt.Sprintf(place, sent.ID)).wants(404), v.get(fmt.Sprintf(place, absent)).wants(404)
			mask := func(a *answered, id string) string {
				return strings.ReplaceAll(strings.ReplaceAll(string(a.body), id, "ID"), drawnIn(a), "NONCE")
			}
			if mask(there, sent.ID.String()) != mask(not, absent.String()) {
				t.Errorf("%s, %s: the answers differ", name, place)
			}
		}
	}
	page := l.visit("marie", 2).get("/messages/" + sent.ID.String() + "/files/0").wants(200)
	if !strings.Contains(string(page.body), "le plan secret") {
		t.Error("the words are not shown")
	}
}

// TestReviewersReadTheFilesOfADraft: whoever is asked for a visa reads what is joined to the text that the round froze, as does whoever writes it,
// and nobody else.
func TestReviewersReadTheFilesOfADraft(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("dam", "bamako", habilitation.Restricted, "Plan")
	form.Attachments = []correspondence.FormAttachment{{Name: "plan.txt", Content: []byte("le plan secret")}}
	draft := l.As("marie").Writes(form)
	page, api := "/drafts/"+draft.ID.String()+"/files/0", "/api/v1/drafts/"+draft.ID.String()+"/files/0"
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	karim.get(page).wants(404)
	l.As("marie").Submits(draft.ID, correspondence.FormStep{Agents: []string{"karim"}})
	if review := karim.get("/drafts/" + draft.ID.String()).wants(200).document(); find(review, "a", "href", page) == nil {
		t.Errorf("the page of the draft leads to no file: %s", text(review))
	}
	for name, v := range map[string]*visitor{"reviewer": karim, "writer": marie} {
		if shown := v.get(page).wants(200).document(); !strings.Contains(text(shown), "le plan secret") || find(shown, "a", "href", api) == nil {
			t.Errorf("%s sees %s", name, text(shown))
		}
		file := v.get(api).wants(200)
		if string(file.body) != "le plan secret" || !strings.Contains(file.Header.Get("Content-Disposition"), "DR-plan.txt") || file.Header.Get("Content-Security-Policy") != inertPolicy {
			t.Errorf("%s has %v %s", name, file.Header, file.body)
		}
	}
	for name, v := range map[string]*visitor{"a reader of its addressee": l.visit("paul", 2), "the reviewer on an unprotected terminal": l.visit("karim", 0)} {
		for _, place := range []string{page, api, api + "/words"} {
			if answer := v.get(place).wants(404); strings.Contains(string(answer.body), "plan") {
				t.Errorf("%s: %s", name, answer.body)
			}
		}
	}
}

// TestRestrictedFileOfAnUnprotectedDraft: a draft in which a file is to be restricted is no way to it from an unprotected terminal.
func TestRestrictedFileOfAnUnprotectedDraft(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Plan")
	form.Attachments = []correspondence.FormAttachment{{Name: "plan.txt", Level: "restricted", Content: []byte("le plan secret")}}
	draft := l.As("marie").Writes(form)
	l.visit("marie", 2).get("/drafts/" + draft.ID.String() + "/files/0").wants(200)
	unprotected := l.visit("marie", 0)
	unprotected.get("/drafts/" + draft.ID.String()).wants(200)
	unprotected.get("/drafts/" + draft.ID.String() + "/files/0").wants(404)
	unprotected.get("/api/v1/drafts/" + draft.ID.String() + "/files/0").wants(404)
}

// drawnIn is the nonce of an answer.
func drawnIn(a *answered) string {
	_, after, _ := strings.Cut(a.Header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, _ := strings.Cut(after, "'")
	return nonce
}

// TestSheetWithFile: a browser without scripts sends the sheet with a file, and what was typed beside it is kept.
func TestSheetWithFile(t *testing.T) {
	l := newLodge(t)
	paul := l.visit("paul", 2)
	sheet := paul.get("/compose").wants(200).document()
	send := func(draft, name, content string) *answered {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for field, value := range map[string]string{"token": attribute(find(sheet, "input", "name", "token"), "value"), "draft": draft, "kind": "note", "origin": "bamako",
			"level": "unprotected", "subject": "Saisi sans script"} {
			_ = w.WriteField(field, value)
		}
		part, _ := w.CreateFormFile("file", name)
		_, _ = io.WriteString(part, content)
		_ = w.Close()
		return paul.send("POST", sheetWithFile, w.FormDataContentType(), body.String())
	}
	to := send("", "relevé.csv", "a;b\n1;2\n").wants(303).Header.Get("Location")
	draft := strings.TrimSuffix(strings.TrimPrefix(to, "/drafts/"), "#files")
	page := paul.get("/drafts/" + draft).wants(200)
	if body := string(page.body); !strings.Contains(body, "relevé.csv") || !strings.Contains(body, "Saisi sans script") {
		t.Error("the file or the text is lost")
	}
	send(draft, "virus.exe", "MZ\x90").wants(303)
	if body := string(paul.get("/drafts/" + draft).body); !strings.Contains(body, "virus.exe") || strings.Contains(body, "attachments-1") {
		t.Error("the refusal is not told, or the file was taken")
	}
	paul.send("POST", sheetWithFile, "multipart/form-data; boundary=x", "broken").wants(403) // it has no token
	paul.send("POST", sheetWithFile, "application/x-www-form-urlencoded", "a=b").wants(415)
	l.stranger().send("POST", sheetWithFile, "multipart/form-data; boundary=x", "--x--").wants(303)
}

// TestUploadGoesOnAfterABrokenConnection, over real connections, and takes little memory however large the file.
func TestUploadGoesOnAfterABrokenConnection(t *testing.T) {
	l := newLodge(t)
	address := l.listen()
	paul := l.visit("paul", 2)
	draft := l.draft(habilitation.Unprotected)
	content := bytes.Repeat([]byte("le fleuve monte\n"), 2<<20) // 32 MiB
	u := paul.begun(draft, "releve.txt", len(content))
	place := "/api/v1/drafts/" + draft + "/uploads/" + u.ID.String()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nUpload-Offset: 0\r\nContent-Length: %d\r\n\r\n", place, paul.pass.AccessToken, pieceMedia, len(content))
	_, _ = conn.Write(content[:5<<20])
	_ = conn.Close()
	there, last := 0, -1
	for deadline := time.Now().Add(10 * time.Second); (there < 1<<20 || there != last) && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		last = there
		there, _ = strconv.Atoi(paul.send("HEAD", place, "", "").wants(200).Header.Get("Upload-Offset"))
	}
	if there < 1<<20 || there > 5<<20 {
		t.Fatalf("%d bytes are there", there)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPatch, address+place, bytes.NewReader(content[there:]))
	request.Header = http.Header{"Authorization": {"Bearer " + paul.pass.AccessToken}, "Content-Type": {pieceMedia}, "Upload-Offset": {strconv.Itoa(there)}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	runtime.ReadMemStats(&after)
	if response.StatusCode != 200 {
		t.Fatalf("%d: %s", response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &u); err != nil || u.Offset != int64(len(content)) {
		t.Fatalf("%+v, %v", u, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 { // of both ends, and of keeping the file
		t.Errorf("%d MiB were allocated for it", grown>>20)
	}
}

// TestOtherBodiesStayBounded: that uploads are read as they come lets nothing else grow.
func TestOtherBodiesStayBounded(t *testing.T) {
	l := newLodge(t)
	paul, address := l.visit("paul", 2), l.listen()
	for _, path := range []string{"/api/v1/drafts", "/compose"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, io.LimitReader(endless{}, 64<<20))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+paul.pass.AccessToken)
		request.Header.Set("Content-Type", map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[isAPI(path)])
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 413 {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}
