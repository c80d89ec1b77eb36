package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chancery/cmd/fiction"
)

// demonstration serves a demonstration and returns its address, its folder and what ends it, as an administrator would, and gives the exit code.
func demonstration(t testing.TB, flags ...string) (address, folder string, end func() int) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "demo")
	server := command(t.Context(), t.TempDir(), nil, append([]string{"demo", "--data", folder, "--listen", "127.0.0.1:0", "--json"}, flags...)...)
	server.Stderr = t.Output()
	said, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Address string }
	if err := json.NewDecoder(said).Decode(&answer); err != nil {
		t.Fatalf("the demonstration did not begin: %v", err)
	}
	return answer.Address, folder, func() int {
		late := time.AfterFunc(stopPatience+5*time.Second, func() {
			t.Error("the program did not stop")
			_ = server.Process.Kill()
		})
		defer late.Stop()
		_ = server.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, said)
		_ = server.Wait()
		return server.ProcessState.ExitCode()
	}
}

// passOf signs somebody of the demonstration in.
func passOf(t testing.TB, address, folder, login string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var accounts []fiction.Account
	if err := json.Unmarshal(text, &accounts); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(accounts, func(a fiction.Account) bool { return a.Login == login })
	if i < 0 {
		t.Fatalf("nobody is called %s", login)
	}
	form, _ := json.Marshal(map[string]string{"login": login, "password": accounts[i].Password, "terminal": accounts[i].Terminal})
	answer, err := http.Post(address+"/api/v1/session", "application/json", bytes.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var pass struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&pass); err != nil || pass.AccessToken == "" {
		t.Fatalf("sign in: %s, %v", answer.Status, err)
	}
	return pass.AccessToken
}

// streamOf signs in and opens a live stream.
func streamOf(t *testing.T, address, folder, login string) io.ReadCloser {
	t.Helper()
	pass := passOf(t, address, folder, login)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+pass)
	stream, err := http.DefaultClient.Do(request)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("open stream: %v, %v", stream, err)
	}
	return stream.Body
}

func TestMessagesArriveAndStoppingEndsTheStreams(t *testing.T) {
	address, folder, end := demonstration(t, "--every", "200ms")
	stream := streamOf(t, address, folder, "jeanne.cormier") // the archivist, who sees whatever arrives
	defer stream.Close()
	arrived := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		seen := false
		for lines := bufio.NewScanner(stream); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data:") && !seen {
				seen = true
				close(arrived)
			}
		}
	}()
	select {
	case <-arrived:
	case <-time.After(30 * time.Second):
		t.Error("no message arrived")
	}
	begun := time.Now()
	if code := end(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(begun); took > stopPatience {
		t.Errorf("stopping took %v with a stream open", took)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the stream is still open")
	}
}
