package web

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"chancery/correspondence"
)

// bareServer is a server of a house that cannot answer: enough for whatever is refused before the house is asked.
func bareServer(t *testing.T) *Server {
	t.Helper()
	s, err := New(Options{House: new(correspondence.Chancery), Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

// loadDescription reads the API's own description.
func loadDescription(t *testing.T, s *Server) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	description, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	document, err := loader.LoadFromData(description)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(loader.Context); err != nil {
		t.Fatalf("not a valid OpenAPI document: %v", err)
	}
	return document
}

func TestDescriptionIsValidAndNamesEveryRoute(t *testing.T) {
	s := bareServer(t)
	document := loadDescription(t, s)
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", document.OpenAPI)
	}
	described := map[string]bool{}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, r := range s.routes {
		key := r.method + " " + r.path
		inAPI := strings.HasPrefix(r.path, "/api/v1/") || r.path == "/healthz" || r.path == "/readyz"
		if inAPI != described[key] {
			t.Errorf("%s: in the API %v, described %v", key, inAPI, described[key])
		}
		delete(described, key)
	}
	for key := range described {
		t.Errorf("%s is described but not registered", key)
	}
}
