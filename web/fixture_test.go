package web

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// lodge is a small real house with a server at its door.
type lodge struct {
	*housetest.House
	t      *testing.T
	server *Server
	log    *bytes.Buffer
}

func newLodge(t *testing.T, change ...func(*Options)) *lodge {
	t.Helper()
	l := &lodge{House: housetest.WithPeople(t), t: t, log: new(bytes.Buffer)}
	options := Options{House: l.Chancery, Version: "1.2.3", Clock: l.Clock.Now, Log: slog.New(slog.NewJSONHandler(l.log, nil))}
	for _, c := range change {
		c(&options)
	}
	var err error
	if l.server, err = New(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.server.end)
	return l
}

// visitor is a browser or a program that shows a pass.
type visitor struct {
	*lodge
	pass    correspondence.Pass
	cookies map[string]string
	headers map[string]string
}

// visit signs an agent in on a terminal of a level; 0 is a terminal nobody knows.
func (l *lodge) visit(login string, level habilitation.Level) *visitor {
	l.t.Helper()
	secret := ""
	if level != 0 {
		secret = housetest.SecretOf(level)
	}
	pass := l.SignIn(login, secret)
	return &visitor{lodge: l, pass: pass, cookies: map[string]string{accessCookie: pass.AccessToken}, headers: map[string]string{}}
}

func (l *lodge) stranger() *visitor {
	return &visitor{lodge: l, cookies: map[string]string{}, headers: map[string]string{}}
}

// answered is an answer read to its end.
type answered struct {
	t *testing.T
	*http.Response
	body []byte
}

// send sends a request and keeps the cookies of the answer, as a browser does.
func (v *visitor) send(method, path, mediaType, body string) *answered {
	v.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	for name, value := range v.headers {
		request.Header.Set(name, value)
	}
	for name, value := range v.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := v.server.app.Test(request, -1)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	for _, cookie := range response.Cookies() {
		v.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		}
	}
	return &answered{v.t, response, content}
}

func (v *visitor) get(path string) *answered { v.t.Helper(); return v.send("GET", path, "", "") }

func (v *visitor) sendJSON(method, path, body string) *answered {
	v.t.Helper()
	media := "application/json"
	if body == "" {
		media = ""
	}
	return v.send(method, path, media, body)
}

// post sends a form with the token of a page of this session.
func (v *visitor) post(path string, form url.Values) *answered {
	v.t.Helper()
	if form.Get("token") == "" {
		page := v.get("/requests").document()
		form.Set("token", attribute(find(page, "input", "name", "token"), "value"))
	}
	return v.send("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

// wants fails the test unless the answer has the status.
func (a *answered) wants(status int) *answered {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("%s %s: %d, want %d: %s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	return a
}

// read reads the answer's JSON.
func (a *answered) read(to any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, to); err != nil {
		a.t.Fatalf("%s: %v: %s", a.Request.URL, err, a.body)
	}
}

// document is the answer as a page.
func (a *answered) document() *html.Node {
	a.t.Helper()
	page, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return page
}

// all is every element of a name, in the order of the page; "" is every element.
func all(page *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

// find is the first element of a name whose attribute has the value.
func find(page *html.Node, name, key, value string) *html.Node {
	for _, n := range all(page, name) {
		if attribute(n, key) == value {
			return n
		}
	}
	return nil
}

// hasAttribute reports whether an element has an attribute, whatever it says.
func hasAttribute(n *html.Node, key string) bool {
	return n != nil && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func attribute(n *html.Node, key string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of an element, with single spaces.
func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var words strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}

// furnished is a house with two messages, a draft, a request to join and a declaration that waits.
func furnished(t *testing.T) (*lodge, map[string]string) {
	t.Helper()
	l := newLodge(t)
	open := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Crue du fleuve"))
	l.Clock.Advance(time.Minute)
	form := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Position de la délégation")
	form.References = []string{open.Number, "TD ROME 99"}
	form.Tags = []string{"sahel"}
	closed := l.As("paul").Dispatches(form)
	draft, err := l.As("marie").NewDraft(t.Context(), correspondence.Form{Kind: "telegram", Origin: "dam", Subject: "En cours", Tags: []string{"sahel"},
		Action: []correspondence.FormAddressee{{Group: "bamako"}, {Group: "nowhere"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.As("theo").RequestToJoin(t.Context(), "dam", "Je prends le poste."); err != nil {
		t.Fatal(err)
	}
	if _, err := l.As("paul").Declare(t.Context(), "bamako", "sahel", habilitation.Restricted); err != nil {
		t.Fatal(err)
	}
	l.mandates()
	l.Settle()
	return l, map[string]string{"open": open.ID.String(), "closed": closed.ID.String(), "draft": draft.ID.String()}
}
