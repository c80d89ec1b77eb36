package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// said runs the program and gives its exit code and all that it said.
func said(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	out, err := command(t.Context(), t.TempDir(), nil, args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return code, string(out)
}

// TestSpoiledPagesAreNamed overwrites the head of each page of each file that nothing can make again: whatever command opens the house says in
// a sentence which file is damaged, and ends with 1. Nothing ends with a stack, and nothing with a damaged file ends with 0.
func TestSpoiledPagesAreNamed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "house")
	if code, text := said(t, "generate", "--data", folder, "--agents", "3", "--groups", "1", "--communities", "0", "--tags", "1", "--messages", "3",
		"--password", "correct horse battery"); code != exitDone {
		t.Fatal(text)
	}
	// The journal, whose newer meta page is one of the two, may also be said to end too early.
	month := time.Now().AddDate(0, 0, -365).UTC().Format("2006-01")
	for _, name := range []string{"journal.db", "keys.db", "credentials.db", "desk.db", "readings/" + month + ".journal"} {
		path, size := filepath.Join(folder, name), os.Getpagesize()
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for page := 0; page < min(len(good)/size, 9); page++ {
			bad := slices.Clone(good)
			for i := range 32 {
				bad[page*size+i] ^= 0xA5
			}
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			code, text := said(t, "verify", "--data", folder)
			if strings.Contains(text, "goroutine") || strings.Contains(text, "panic") {
				t.Errorf("%s page %d: a stack\n%s", name, page, text)
			}
			if code != exitDone && (code != exitWanting || !strings.Contains(text, filepath.Base(name)) && !strings.Contains(text, "the journal ends at entry")) || code == exitDone && page < 2 {
				t.Errorf("%s page %d: verify ends with %d\n%s", name, page, code, text)
			}
			if code, text := said(t, "agent", "clear", "--data", folder, "nobody", "--level", "restricted", "--reason", "essai"); code != exitWanting || strings.Contains(text, "goroutine") {
				t.Errorf("%s page %d: agent clear ends with %d\n%s", name, page, code, text)
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, text := said(t, "verify", "--data", folder); code != exitDone {
		t.Errorf("put back as it was: %s", text)
	}
}

// TestALostCommitIsTold spoils the newer meta page of the journal, so that its driver falls back on the state before: the last entries were
// acknowledged and are gone.
func TestALostCommitIsTold(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "house")
	if code, text := said(t, "init", "--data", folder); code != exitDone {
		t.Fatal(text)
	}
	for _, login := range []string{"jean", "luc"} {
		if code, text := said(t, "agent", "add", "--data", folder, login); code != exitDone {
			t.Fatal(text)
		}
	}
	path := filepath.Join(folder, "journal.db")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for page := range 2 {
		bad := slices.Clone(good)
		bad[page*os.Getpagesize()+20] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		code, text := said(t, "verify", "--data", folder)
		if code != exitWanting {
			t.Errorf("meta page %d: %d\n%s", page, code, text)
		}
		if strings.Contains(text, "ends before what its folder has known") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d of the two meta pages are said to have lost entries", told)
	}
}

// panicking is an input that panics when it is read.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("the input is gone") }

// TestAPanicIsNotSwallowed: a fault of the program is no success.
func TestAPanicIsNotSwallowed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "house")
	if err := assembly.Init(t.Context(), folder, assembly.InitOptions{Name: "Maison", Domain: "essai.example"}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if p := recover(); p != "the input is gone" {
			t.Errorf("recovered %v", p)
		}
	}()
	code := run(t.Context(), []string{"agent", "add", "jean", "--data", folder, "--password-stdin"}, panicking{}, io.Discard, io.Discard)
	t.Errorf("it ended with %d", code)
}

// TestServingEndsWithTheFirstFailedWrite takes the journal away under a house that is served: the next decision fails, and the program ends,
// for what memory and disk hold may differ from then on.
func TestServingEndsWithTheFirstFailedWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "house")
	if err := assembly.Init(t.Context(), folder, assembly.InitOptions{Name: "Maison", Domain: "essai.example"}); err != nil {
		t.Fatal(err)
	}
	house, err := assembly.Open(t.Context(), folder, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &session{ctx: t.Context(), quiet: true, out: io.Discard, complaints: io.Discard}
	ended := make(chan error, 1)
	go func() {
		err := s.serve(house, listener, house.Chancery.Log, nil)
		ended <- endedWell(err, house.Close())
	}()
	if err := house.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	if err := house.Chancery.Enact(t.Context(), 0, habilitation.AgentAdded{Agent: 1, Login: "jean", Name: "Jean", Level: habilitation.Restricted}); err == nil {
		t.Fatal("it was decided")
	}
	select {
	case err := <-ended:
		if err == nil || exitCode(err) != exitWanting || !strings.Contains(err.Error(), "the house stops deciding: append 1 entries") {
			t.Errorf("serving ended with %v", err)
		}
	case <-time.After(3 * stopPatience):
		t.Error("the house is served on")
	}
}
