package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
	"chancery/web"
)

// secretWord stands in every restricted message of the fuller world and in nothing else.
const secretWord = "quasimodale"

// served is a house with a server on loopback.
type served struct {
	*housetest.House
	address string
	ids     []habilitation.ID
}

func serve(t testing.TB, house *housetest.House) *served {
	t.Helper()
	server, err := web.New(web.Options{House: house.Chancery, Clock: house.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &served{House: house, address: "http://" + listener.Addr().String()}
}

// correspond plays the same unprotected correspondence in both worlds, and restricted messages between in one of them.
func (s *served) correspond(restricted bool) (closed []habilitation.ID) {
	for i, subject := range []string{"Vaccins à Haïti", "Accord de pêche", "Crue du fleuve", "Noël à Rome"} {
		s.Clock.Advance(time.Minute)
		if restricted {
			form := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Vaccins, pêche et crue "+secretWord)
			form.Tags = []string{"sahel", "peche"}
			form.Text += strings.Repeat(" Haïti Rome Noël pêche crue", 30+i)
			closed = append(closed, s.As("paul").Dispatches(form).ID)
		}
		form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, subject)
		form.Tags = []string{"sahel"}
		form.References = []string{fmt.Sprintf("TD BAMAKO %d", i)}
		s.ids = append(s.ids, s.As("paul").Dispatches(form).ID)
	}
	s.Settle()
	return closed
}

// gather opens a dossier of the open messages in both worlds; in the fuller one it holds the closed ones too, and so does a restricted one.
func (s *served) gather(t *testing.T, closed []habilitation.ID) (dossiers []habilitation.ID) {
	t.Helper()
	for _, level := range habilitation.Levels {
		if level == habilitation.Restricted && len(closed) == 0 {
			continue
		}
		form := correspondence.DossierForm{Title: "Fleuve", Owner: "dam", Level: level.String(), Members: []string{"bamako"}}
		d, err := s.As("marie").OpenDossier(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range append(append([]habilitation.ID{}, s.ids...), closed...) {
			if _, err := s.As("marie").AddToDossier(t.Context(), d.ID, id.String()); err != nil {
				t.Fatal(err)
			}
		}
		text := map[habilitation.Level]string{habilitation.Unprotected: "Relire.", habilitation.Restricted: secretWord}[level]
		if _, err := s.As("marie").AddNote(t.Context(), d.ID, correspondence.NoteForm{Text: text}); err != nil {
			t.Fatal(err)
		}
		dossiers = append(dossiers, d.ID)
	}
	return dossiers
}

// moment masks what no two answers share: nonces, form tokens, incident numbers and the passes themselves.
var moment = regexp.MustCompile(`(nonce[-=]"?|name="token" value="|"incident": ?"|hx-nonce[^=]*=")[A-Za-z0-9+/=_.-]+`)

// ask is one request as the reader sends it, and everything that comes back but the date.
func (s *served) ask(t *testing.T, pass, path, accept string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Authorization", "Bearer "+pass)
	request.AddCookie(&http.Cookie{Name: "chancery-access", Value: pass})
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Header.Del("Date")
	var out bytes.Buffer
	fmt.Fprintln(&out, answer.StatusCode)
	_ = answer.Header.Write(&out)
	out.WriteString("\r\n")
	out.Write(body)
	return moment.ReplaceAllString(out.String(), "$1…")
}

// addresses is everything a reader may ask for.
func addresses(ids, dossiers []habilitation.ID) []string {
	paths := []string{"/api/v1/me", "/api/v1/teleprinter", "/api/v1/teleprinter?limit=2", "/api/v1/search", "/api/v1/groups", "/api/v1/communities", "/api/v1/tags", "/api/v1/agents",
		"/api/v1/house/checkpoint", "/api/v1/house/checkpoint/key", "/api/v1/house/certificates", "/api/v1/drafts", "/", "/search", "/groups", "/communities", "/tags", "/tags/sahel", "/groups/dam", "/requests", "/compose", "/drafts",
		"/delegations", "/collectives", "/api/v1/delegations", "/api/v1/collectives", "/api/v1/operator", "/api/v1/groups/dam/roster", "/dossiers", "/api/v1/dossiers",
		"/sent", "/sent?state=all", "/api/v1/sent", "/api/v1/sent?state=all", "/api/v1/sent?state=answered", "/api/v1/sent/news", "/groups/bamako", "/api/v1/groups/bamako"}
	for _, id := range dossiers {
		for _, part := range []string{"", "/export.pdf", "/export.zip", "/files/" + id.String(), "?after=" + ids[len(ids)-1].String()} {
			paths = append(paths, "/api/v1/dossiers/"+id.String()+part)
		}
		paths = append(paths, "/dossiers/"+id.String())
	}
	for _, q := range []string{"p%C3%AAche", "haiti+rome", secretWord, "tag%3Asahel", "level%3Arestricted", "td+bamako+1", "td+bamako+dr+1", "%22accord+de+p%C3%AAche%22", "-crue", "%22"} {
		for _, form := range []string{"/api/v1/search?q=%s", "/api/v1/search?q=%s&sort=date&limit=2", "/search?q=%s"} {
			paths = append(paths, fmt.Sprintf(form, q))
		}
	}
	for i, id := range ids {
		parts := []string{"", "/original", "/signature", "/timestamp", "/timestamped", "/proof", "/attachments/0", "/thread", "/smime"}
		if i%4 == 0 { // one that is open and one that is not: printing takes its time
			parts = append(parts, "/sheet.pdf", "/export.zip")
		}
		for _, part := range parts {
			paths = append(paths, "/api/v1/messages/"+id.String()+part)
		}
		paths = append(paths, "/messages/"+id.String(), "/api/v1/teleprinter?after="+id.String(), "/api/v1/search?after="+id.String())
	}
	return paths
}

func TestTwoWorldsAnswerAlikeOverHTTP(t *testing.T) {
	bare, full := serve(t, housetest.WithPeople(t)), serve(t, housetest.WithPeople(t))
	bare.correspond(false)
	closed := full.correspond(true)
	bare.gather(t, nil)
	dossiers := full.gather(t, closed)
	paths := addresses(append(append([]habilitation.ID{}, full.ids...), closed...), dossiers)
	for _, reader := range []struct{ login, secret string }{
		{"lea", housetest.SecretOf(habilitation.Restricted)}, // not cleared
		{"marie", ""}, // cleared, on a terminal nobody knows
		{"paul", housetest.SecretOf(habilitation.Unprotected)}, // the author, on an unprotected terminal
	} {
		t.Run(reader.login, func(t *testing.T) {
			first, second := bare.SignIn(reader.login, reader.secret), full.SignIn(reader.login, reader.secret)
			for _, path := range paths {
				accept := "text/html"
				if strings.HasPrefix(path, "/api/") {
					accept = "application/json"
				}
				want, got := bare.ask(t, first.AccessToken, path, accept), full.ask(t, second.AccessToken, path, accept)
				if want != got {
					t.Errorf("%s differs:\nwithout: %s\nwith:    %s", path, want, got)
				}
				if strings.Contains(got, secretWord) && !strings.Contains(path, secretWord) {
					t.Errorf("%s tells what it must not", path)
				}
			}
		})
	}
	pass := full.SignIn("marie", housetest.SecretOf(habilitation.Restricted))
	var page struct{ Items []json.RawMessage }
	_, body, _ := strings.Cut(full.ask(t, pass.AccessToken, "/api/v1/teleprinter", "application/json"), "\r\n\r\n")
	if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Items) != len(full.ids)+len(closed) {
		t.Errorf("whoever is cleared sees %d messages (%v), want %d: the test proves nothing", len(page.Items), err, len(full.ids)+len(closed))
	}
	if home := full.ask(t, pass.AccessToken, "/", "text/html"); !strings.Contains(home, secretWord) {
		t.Error("the page of whoever is cleared shows no restricted message: the test proves nothing")
	}
}
