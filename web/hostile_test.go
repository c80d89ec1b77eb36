package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestStrictJSON(t *testing.T) {
	type inner struct {
		Deadline string `json:"deadline"`
	}
	type body struct {
		Login  string  `json:"login"`
		Action []inner `json:"action"`
		ID     [16]byte
		Hidden string `json:"-"`
	}
	for name, c := range map[string]struct{ body, key, field string }{
		"good":                 {`{"login":"a","action":[{"deadline":"x"}]}`, "", ""},
		"good with spaces":     {" \n{\"login\" : \"é\"}\n ", "", ""},
		"fail unknown":         {`{"login":"a","role":"x"}`, "malformed", "role: unknown-key"},
		"fail unknown nested":  {`{"action":[{},{"when":1}]}`, "malformed", "action[1].when: unknown-key"},
		"fail doubled":         {`{"login":"a","login":"b"}`, "malformed", "login: doubled-key"},
		"fail case variant":    {`{"login":"a","LOGIN":"b"}`, "malformed", "LOGIN: doubled-key"},
		"fail other case":      {`{"Login":"a"}`, "malformed", "Login: unknown-key"},
		"fail hidden":          {`{"Hidden":"a"}`, "malformed", "Hidden: unknown-key"},
		"fail two values":      {`{"login":"a"}{"login":"b"}`, "more-than-one", ""},
		"fail trailing":        {`{"login":"a"} x`, "more-than-one", ""},
		"fail not json":        {`{"login":`, "not-json", ""},
		"fail comment":         {`{"login":"a"/**/}`, "not-json", ""},
		"fail empty":           {"", "empty", ""},
		"fail spaces":          {" \n", "empty", ""},
		"fail not utf-8":       {"{\"login\":\"\xff\"}", "not-utf8", ""},
		"fail deep":            {strings.Repeat("[", 40) + strings.Repeat("]", 40), "too-deep", ""},
		"fail very deep":       {strings.Repeat(`{"action":[`, 50000), "too-deep", ""},
		"fail type":            {`{"login":{}}`, "malformed", "login: wrong-type"},
		"fail array for value": {`[]`, "malformed", ": wrong-type"},
	} {
		t.Run(name, func(t *testing.T) {
			var to body
			err := readStrict([]byte(c.body), &to)
			if c.key == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			p := problemOf(err)
			if p == nil || p.status != 400 || p.key != c.key {
				t.Fatalf("%v, want %s", err, c.key)
			}
			if c.field != "" && (len(p.faults) != 1 || p.faults[0].Field+": "+p.faults[0].Key != c.field) {
				t.Errorf("faults %v, want %s", p.faults, c.field)
			}
		})
	}
}

// TestLongKeyCostsOnce: the place of a fault is not copied for each value that stands under a long key.
func TestLongKeyCostsOnce(t *testing.T) {
	key := strings.Repeat("k", 300<<10)
	for name, body := range map[string]string{
		"array":  `{"` + key + `":[` + strings.Repeat("1,", 100_000) + `1]}`,
		"object": `{"` + key + `":{` + strings.Repeat(`"a":1,`, 50_000) + `"b":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			var to credentials
			p := problemOf(readStrict([]byte(body), &to))
			if p == nil || p.key != "malformed" || len(p.faults) == 0 || len(p.faults[0].Field) > maxPlace+len("…") {
				t.Fatalf("%v", p)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func FuzzStrictJSON(f *testing.F) {
	f.Add(`{"login":"a","password":"b","terminal":"c"}`)
	f.Add(`{"login":"a","Login":"b"}`)
	f.Fuzz(func(t *testing.T, body string) {
		var strict, loose credentials
		if readStrict([]byte(body), &strict) != nil {
			return
		}
		if err := json.Unmarshal([]byte(body), &loose); err != nil || loose != strict {
			t.Errorf("%q: read as %v, by encoding/json as %v (%v)", body, strict, loose, err)
		}
	})
}

func squeezed(text string, times int) string {
	for range times {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		text = out.String()
	}
	return text
}

// TestBadInput: whatever is wrong is answered by one plain page or one problem, names what was wrong, and never a stack or an error text.
func TestBadInput(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", 2)
	bomb := squeezed(strings.Repeat("0", 1<<20), 2)
	for name, c := range map[string]struct {
		method, path, media, body string
		headers                   map[string]string
		status                    int
		key                       string
	}{
		"fail gzip":             {"POST", "/api/v1/drafts", "application/json", bomb, map[string]string{"Content-Encoding": "gzip, gzip"}, 415, "compressed"},
		"fail deflate":          {"POST", "/api/v1/drafts", "application/json", "x", map[string]string{"Content-Encoding": "deflate"}, 415, "compressed"},
		"fail form for JSON":    {"POST", "/api/v1/drafts", "application/x-www-form-urlencoded", "kind=note", nil, 415, "media-type"},
		"fail multipart":        {"POST", "/compose", "multipart/form-data; boundary=x", "--x--", nil, 415, "media-type"},
		"fail broken multipart": {"POST", "/compose", "multipart/form-data; boundary=x", "broken", nil, 415, "media-type"},
		"fail no type":          {"POST", "/api/v1/drafts", "", `{"kind":"note"}`, nil, 415, "media-type"},
		"fail charset":          {"POST", "/api/v1/drafts", "application/json; charset=utf-16", `{}`, nil, 415, "media-type"},
		"fail empty":            {"POST", "/api/v1/session", "", "", nil, 400, "empty"},
		"fail unknown key":      {"POST", "/api/v1/drafts", "application/json", `{"kind":"note","role":"admin"}`, nil, 400, "malformed"},
		"fail too long":         {"POST", "/api/v1/drafts", "application/json", `{"subject":"` + strings.Repeat("x", 2000) + `"}`, nil, 422, "invalid"},
		"fail body on get":      {"GET", "/api/v1/me", "application/json", `{}`, nil, 400, "unexpected-body"},
		"fail id":               {"GET", "/api/v1/messages/../me", "", "", nil, 404, "unknown"},
		"fail malformed id":     {"GET", "/api/v1/messages/UPPER", "", "", nil, 404, "unknown"},
		"fail limit":            {"GET", "/api/v1/teleprinter?limit=201", "", "", nil, 422, "invalid"},
		"fail limit word":       {"GET", "/api/v1/teleprinter?limit=many", "", "", nil, 422, "invalid"},
		"fail negative":         {"GET", "/api/v1/search?limit=-1", "", "", nil, 422, "invalid"},
		"fail sort":             {"GET", "/api/v1/search?q=x&sort=luck", "", "", nil, 422, "invalid"},
		"fail quote":            {"GET", "/api/v1/search?q=%22open", "", "", nil, 422, "invalid"},
		"fail cross-site":       {"POST", "/api/v1/drafts", "application/json", `{}`, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "cross-origin"},
		"fail same-site":        {"POST", "/sign-in", "application/x-www-form-urlencoded", `login=a`, map[string]string{"Sec-Fetch-Site": "same-site"}, 403, "cross-origin"},
		"fail origin":           {"POST", "/api/v1/drafts", "application/json", `{}`, map[string]string{"Origin": "https://evil.example"}, 403, "cross-origin"},
		"fail null origin":      {"POST", "/api/v1/drafts", "application/json", `{}`, map[string]string{"Origin": "null"}, 403, "cross-origin"},
		"fail form token":       {"POST", "/read-all", "application/x-www-form-urlencoded", `token=abc`, nil, 403, "form-token"},
		"fail no form token":    {"POST", "/sign-out", "", "", nil, 403, "form-token"},
		"fail bad percent form": {"POST", "/compose", "application/x-www-form-urlencoded", `a=%zz`, nil, 400, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			marie.t, marie.headers = t, c.headers
			answer := marie.send(c.method, c.path, c.media, c.body).wants(c.status)
			answer.bearsHeaders()
			if isAPI(c.path) {
				var p Problem
				answer.read(&p)
				if p.Status != c.status || p.Type != "urn:chancery:problem:"+c.key || p.Title == "" || answer.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%+v, want %s", p, c.key)
				}
			} else if h1 := text(find(answer.document(), "h1", "", "")); h1 == "" {
				t.Errorf("no heading: %s", answer.body)
			}
			for _, word := range []string{"goroutine", ".go:", "panic", "runtime error", "json:", "fasthttp"} {
				if bytes.Contains(answer.body, []byte(word)) {
					t.Errorf("tells %q: %s", word, answer.body)
				}
			}
		})
	}
}

// TestInternalErrorIsToldByNumber: the words stay in the log, once, under the number that the reader is told.
func TestInternalErrorIsToldByNumber(t *testing.T) {
	l := newLodge(t)
	l.server.register(route{"GET", "/api/v1/breaks", public, nil}, nil)
	marie := l.visit("marie", 2)
	l.Shut() // the house is gone under the server's feet
	for _, path := range []string{"/api/v1/me", "/api/v1/breaks"} {
		answer := marie.get(path)
		answer.bearsHeaders()
		if answer.StatusCode < 500 {
			continue // what a closed house still knows by heart
		}
		var p Problem
		answer.read(&p)
		if p.Status == 500 && (len(p.Incident) != 12 || strings.Count(l.log.String(), `"incident":"`+p.Incident) != 2) {
			t.Errorf("%s: %+v, log %s", path, p, l.log)
		}
	}
	if !strings.Contains(l.log.String(), "internal error") {
		t.Error("nothing failed: the test proves nothing")
	}
}

// TestRefusedBodyIsAnswered: over a real connection, whoever sends too much reads the refusal, whether the length was announced or not.
func TestRefusedBodyIsAnswered(t *testing.T) {
	l := newLodge(t)
	address := l.listen()
	big := strings.NewReader(strings.Repeat("x", 3<<20))
	for name, body := range map[string]io.Reader{"announced": big, "chunked": io.MultiReader(strings.NewReader(strings.Repeat("x", 3<<20)))} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/v1/session", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		(&answered{t, response, content}).wants(413).bearsHeaders()
	}
}

// TestStrangersAreNotWaitedFor: whoever announces much without a pass of a living session is answered before it is read, and no room is made
// for it; whoever has one, even one that ran out, is read to the end.
func TestStrangersAreNotWaitedFor(t *testing.T) {
	l := newLodge(t)
	address := strings.TrimPrefix(l.listen(), "http://")
	marie := l.visit("marie", 2)
	for name, c := range map[string]struct{ path, media, header, status string }{
		"sign-in over the API":     {"/api/v1/session", "application/json", "", "401"},
		"sign-in page":             {"/sign-in", "application/x-www-form-urlencoded", "", "303"},
		"no pass":                  {"/api/v1/drafts", "application/json", "", "401"},
		"no pass on a page":        {"/compose", "application/x-www-form-urlencoded", "", "303"},
		"pass that is none":        {"/api/v1/drafts", "application/json", "Authorization: Bearer " + marie.pass.RefreshToken, "401"},
		"cookie that is none":      {"/compose", "application/x-www-form-urlencoded", "Cookie: chancery-access=a.b.c", "303"},
		"pass with another letter": {"/api/v1/drafts", "application/json", "Authorization: Bearer " + marie.pass.AccessToken + "A", "401"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			header := c.header
			if header != "" {
				header += "\r\n"
			}
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000000\r\n%s\r\n{", c.path, c.media, header)
			_ = conn.(*net.TCPConn).CloseWrite()
			got, _ := io.ReadAll(conn)
			if !strings.HasPrefix(string(got), "HTTP/1.1 "+c.status) || !strings.Contains(string(got), "X-Content-Type-Options: nosniff") {
				t.Errorf("%.300s", got)
			}
		})
	}
	long := `{"kind":"note","text":"` + strings.Repeat("a", 300<<10) + `"}`
	marie.sendJSON("POST", "/api/v1/drafts", long).wants(201)
	l.Clock.Advance(11 * time.Minute)
	marie.sendJSON("POST", "/api/v1/drafts", long).wants(401)
	marie.cookies[refreshCookie] = marie.pass.RefreshToken
	marie.sendJSON("POST", "/api/v1/drafts", long).wants(201)
}

// TestManyNamesCostLittle: names are looked up as far as a message has room for them, and a body full of names is refused.
func TestManyNamesCostLittle(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", 2)
	for _, field := range []string{"action.add", "info.add", "tags.add", "agents.add"} {
		for names, status := range map[int]int{40: 303, 90_000: 422} {
			began := time.Now()
			answer := marie.post("/compose", url.Values{"kind": {"note"}, "act": {"add"}, field: {strings.Repeat("a,", names)}}).wants(status)
			if took := time.Since(began); took > 2*time.Second || len(answer.body) > 1<<20 {
				t.Errorf("%d names in %s: %v, %d bytes", names, field, took, len(answer.body))
			}
		}
	}
	var apart []string
	for i := range 501 {
		apart = append(apart, fmt.Sprintf("groupe %d", i))
	}
	marie.post("/compose", url.Values{"kind": {"note"}, "action.add": {strings.Join(apart, ",")}}).wants(422)
	marie.post("/compose", url.Values{"kind": {"note"}, "action.add": {strings.Join(apart[:500], ",")}}).wants(303)
}

// TestRawRequests replays what smuggles or splits with an older fasthttp.
func TestRawRequests(t *testing.T) {
	l := newLodge(t)
	address := strings.TrimPrefix(l.listen(), "http://")
	for name, raw := range map[string]string{
		"length and chunks":   "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"two encodings":       "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"chunks on 1.0":       "POST /api/v1/session HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"no host":             "GET /healthz HTTP/1.1\r\n\r\n",
		"two hosts":           "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"chunk with bare LF":  "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"huge header":         "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
		"garbage":             "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 64) + "\r\n\r\n",
		"unknown method":      "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"newline in the path": "GET /sign-in?next=/x%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if _, err := io.WriteString(conn, raw); err != nil {
				t.Fatal(err)
			}
			_ = conn.(*net.TCPConn).CloseWrite()
			got, _ := io.ReadAll(conn)
			head, _, _ := strings.Cut(string(got), "\r\n\r\n")
			if strings.Contains(string(got), "\r\nok\n") || strings.Contains(head, "Set-Cookie: evil") {
				t.Errorf("the second request was answered, or a header split: %s", got)
			}
			for _, word := range []string{"fasthttp", "goroutine", "error when"} {
				if strings.Contains(string(got), word) {
					t.Errorf("tells %q: %s", word, got)
				}
			}
			if len(got) > 0 && !strings.Contains(string(got), "X-Content-Type-Options: nosniff") {
				t.Errorf("an answer without our headers: %.300s", got)
			}
		})
	}
}

// listen serves the lodge on loopback until the test ends.
func (l *lodge) listen() string {
	l.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.server.Serve(listener) }()
	l.t.Cleanup(func() {
		if err := l.server.Shutdown(l.t.Context()); err != nil && l.t.Context().Err() == nil {
			l.t.Error(err)
		}
		if err := <-done; err != nil {
			l.t.Error(err)
		}
	})
	return fmt.Sprintf("http://%s", listener.Addr())
}
