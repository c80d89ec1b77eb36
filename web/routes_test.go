package web

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// openToAll is every address that answers without a pass. Whoever adds one adds it here, and says why.
var openToAll = []string{
	"GET /healthz", "GET /readyz", // watched by machines
	"GET /sign-in", "POST /sign-in", "POST /api/v1/session", // where a pass is given
	"POST /api/v1/session/refresh",     // shows a refresh token instead
	"GET /assets/{file}",               // the same files for everybody
	"GET /api/v1/house/certificates",   // what a stranger verifies a signature with
	"GET /api/v1/house/checkpoint/key", // and a proof
	"GET /api/openapi.json",            // describes, holds nothing
}

var varying = regexp.MustCompile(`[:{][a-z]+}?`)

// example is an address of a route that fits its pattern.
func example(path string) string {
	return varying.ReplaceAllString(path, "00000000000000000000000000")
}

func TestNoRouteAnswersWithoutAPass(t *testing.T) {
	s := bareServer(t)
	seen := map[string]bool{}
	for _, stack := range s.app.Stack() {
		for _, r := range stack {
			if r.Path == "/" && len(r.Params) == 0 && r.Method != "GET" && r.Method != "HEAD" {
				continue // the guard itself, which stands before every method
			}
			path := regexp.MustCompile(`:([a-z]+)`).ReplaceAllString(r.Path, "{$1}")
			method := strings.Replace(r.Method, "HEAD", "GET", 1)
			seen[method+" "+path] = true
			if slices.Contains(openToAll, method+" "+path) {
				continue
			}
			for _, cookie := range []string{"", accessCookie + "=forged", refreshCookie + "="} {
				request := httptest.NewRequest(r.Method, example(path), nil)
				request.Header.Set("Cookie", cookie)
				answer, err := s.app.Test(request, -1)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				toSignIn := answer.StatusCode == 303 && strings.HasPrefix(answer.Header.Get("Location"), "/sign-in")
				// A forged pass meets a house that cannot answer: that it was asked at all is what matters here.
				if answer.StatusCode != 401 && !toSignIn && !(cookie != "" && answer.StatusCode == 500) {
					t.Errorf("%s %s answers %d without a pass", r.Method, path, answer.StatusCode)
				}
			}
		}
	}
	for _, r := range s.routes {
		if !seen[r.method+" "+r.path] {
			t.Errorf("%s %s was not met on the walk", r.method, r.path)
		}
		if (r.policy == public) != slices.Contains(openToAll, r.method+" "+r.path) {
			t.Errorf("%s %s: its policy and the list of open addresses differ", r.method, r.path)
		}
	}
	if len(seen) != len(s.routes) {
		t.Errorf("%d routes answer, %d are registered: something went around the registry", len(seen), len(s.routes))
	}
}

// TestNothingNearAnAddressAnswers: another case, a slash more, another method, or an encoded slash is another address.
func TestNothingNearAnAddressAnswers(t *testing.T) {
	s := bareServer(t)
	for _, r := range s.routes {
		if r.policy == public {
			continue
		}
		path := example(r.path)
		variants := map[string]string{"OPTIONS": path, "TRACE": path, "PATCH": path}
		for method, target := range variants {
			expectNothing(t, s, method, target)
		}
		if path != "/" {
			expectNothing(t, s, r.method, path+"/")
			expectNothing(t, s, r.method, "/"+strings.ToUpper(path[1:2])+path[2:])
			expectNothing(t, s, r.method, path+"%2f")
			expectNothing(t, s, r.method, "/x/.."+path)
		}
	}
}

func expectNothing(t *testing.T, s *Server, method, target string) {
	t.Helper()
	answer, err := s.app.Test(httptest.NewRequest(method, target, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	switch answer.StatusCode {
	case 401, 303, 400, 404, 405, 501:
	default:
		t.Errorf("%s %s: %d", method, target, answer.StatusCode)
	}
}

// everyHeader is what each answer bears, whatever its status.
var everyHeader = map[string]*regexp.Regexp{
	"Cross-Origin-Opener-Policy":   regexp.MustCompile(`^same-origin$`),
	"Cross-Origin-Resource-Policy": regexp.MustCompile(`^same-origin$`),
	"Cross-Origin-Embedder-Policy": regexp.MustCompile(`^require-corp$`),
	"X-Content-Type-Options":       regexp.MustCompile(`^nosniff$`),
	"Referrer-Policy":              regexp.MustCompile(`^no-referrer$`),
	"Permissions-Policy":           regexp.MustCompile(`camera=\(\).*geolocation=\(\)`),
	"Cache-Control":                regexp.MustCompile(`^(no-store|public, max-age=31536000, immutable)$`),
	"Content-Security-Policy":      regexp.MustCompile(`^default-src 'none'; (script-src 'nonce-[\w-]{22}' 'strict-dynamic'; .*require-trusted-types-for 'script'; trusted-types htmx chancery|sandbox; .*)$`),
}

func (a *answered) bearsHeaders() {
	a.t.Helper()
	for name, want := range everyHeader {
		if got := a.Header.Values(name); len(got) != 1 || !want.MatchString(got[0]) {
			a.t.Errorf("%s %s (%d): %s is %q", a.Request.Method, a.Request.URL, a.StatusCode, name, got)
		}
	}
	if server := a.Header.Get("Server"); server != "" {
		a.t.Errorf("%s: says that it is %q", a.Request.URL, server)
	}
}

func TestEveryAnswerBearsTheHeaders(t *testing.T) {
	l, ids := furnished(t)
	for name, v := range map[string]*visitor{"a stranger": l.stranger(), "marie": l.visit("marie", 2)} {
		t.Run(name, func(t *testing.T) {
			v.t = t
			for _, r := range l.server.routes {
				if r.path == streamPath && v.pass.AccessToken != "" {
					continue // endless; stream_test.go reads it
				}
				v.send(r.method, strings.Replace(example(r.path), "00000000000000000000000000", ids["open"], 1), "", "").bearsHeaders()
				if r.method == "GET" && r.path != streamPath {
					head := v.send("HEAD", example(r.path), "", "")
					head.bearsHeaders()
					if len(head.body) > 0 {
						t.Errorf("HEAD %s has a body", r.path)
					}
				}
			}
			for path, status := range map[string]int{"/nowhere": 404, "/api/v1/nowhere": 404, "/assets/app-0000000000.css": 404} {
				v.get(path).wants(status).bearsHeaders()
			}
			v.send("PATCH", "/api/v1/me", "", "").wants(405).bearsHeaders()
			v.send("POST", "/api/v1/session", "text/plain", "x").wants(415).bearsHeaders()
			v.send("POST", "/api/v1/session", "application/json", "{").wants(400).bearsHeaders()
		})
	}
	secure := newLodge(t, func(o *Options) { o.Secure = true })
	if secure.stranger().get("/sign-in").Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under TLS")
	}
}
