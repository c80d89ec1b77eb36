package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"chancery/cmd/assembly"
	"chancery/correspondence/inspection"
	"chancery/habilitation"
)

// program is the file of the program under test, as it is shipped: without the race detector, which would make each of its many short lives
// slow.
var program string

func TestMain(m *testing.M) {
	if inspection.IsChild(os.Args) {
		syscall.Exit(inspection.Child(os.Args[2:])) // os.Exit would wait a second for the race detector
	}
	folder, err := os.MkdirTemp("", "chancery-program-")
	if err == nil {
		program = filepath.Join(folder, "chancery")
		build := exec.Command("go", "build", "-o", program, ".")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// TestScripts runs every script under testdata/script. Beside testscript's own commands they have
//
//	exits CODE chancery …     the command ends with that exit code
//	start chancery …          starts a server, waits until it listens and sets $URL and $ADDRESS
//	get [-code N] PATH        fetches from the server; the body is the standard output
//	stop                      asks the server to end by SIGTERM, which it must do well within its patience
//	lend LOGIN TO GROUP       has an agent lend their signature to another for a year, and sets $DELEGATION
//	flip FILE TEXT            changes one bit of the file wherever it holds the text
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Values[serverKey{}] = &server{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "start": scriptStart, "get": scriptGet, "stop": scriptStop, "flip": scriptFlip, "lend": scriptLend,
		},
	})
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE chancery …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var ended *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

func scriptLend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: lend LOGIN TO GROUP")
	}
	house, err := assembly.Open(context.Background(), ts.MkAbs(ts.Getenv("CHANCERY_DATA")), assembly.Options{Idle: true, Log: slog.New(slog.DiscardHandler)})
	ts.Check(err)
	from, err := agentOf(house, args[0])
	ts.Check(err)
	to, err := agentOf(house, args[1])
	ts.Check(err)
	group, err := audienceOf(house, args[2])
	ts.Check(err)
	now := house.Chancery.Clock()
	act := habilitation.DelegationGiven{Delegation: house.Chancery.NewID([]byte("lent")), From: from.ID, To: to.ID, Audience: group.ID, Duties: habilitation.Signatory,
		Begins: now.UTC().Truncate(time.Second), Ends: now.AddDate(1, 0, 0).UTC(), Reason: "Mission à Rome"}
	ts.Check(house.Chancery.Enact(context.Background(), from.ID, act))
	ts.Check(house.Close())
	ts.Setenv("DELEGATION", act.Delegation.String())
}

type serverKey struct{}

// server is the one that a script has started. What it warns of is written by a goroutine of its command, and read after Wait only.
type server struct {
	command *exec.Cmd
	url     string
	said    *bufio.Reader
	warned  bytes.Buffer
}

// command is the program under test as a process of its own.
func command(ctx context.Context, folder string, environment []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir, c.Env = folder, append(os.Environ(), environment...)
	return c
}

func scriptStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[0] != "chancery" {
		ts.Fatalf("usage: start chancery …")
	}
	s := ts.Value(serverKey{}).(*server)
	s.command = command(context.Background(), ts.MkAbs("."), []string{"HOME=" + ts.Getenv("HOME"), "CHANCERY_DATA=" + ts.Getenv("CHANCERY_DATA")}, args[1:]...)
	out, err := s.command.StdoutPipe()
	ts.Check(err)
	s.warned.Reset()
	s.command.Stderr = &s.warned
	ts.Check(s.command.Start())
	ts.Defer(func() { _ = s.command.Process.Kill(); _ = s.command.Wait() })
	s.said = bufio.NewReader(out)
	for {
		line, err := s.said.ReadString('\n')
		if err != nil {
			_ = s.command.Wait()
			ts.Fatalf("the server ended before it listened: %v\n%s", err, &s.warned)
		}
		if _, url, found := strings.Cut(line, "listening on "); found {
			s.url = strings.TrimSpace(url)
			ts.Setenv("URL", s.url)
			ts.Setenv("ADDRESS", s.url[strings.LastIndex(s.url, "/")+1:])
			return
		}
	}
}

func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	want := http.StatusOK
	if len(args) == 3 && args[0] == "-code" {
		code, err := strconv.Atoi(args[1])
		ts.Check(err)
		want, args = code, args[2:]
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: get [-code N] PATH")
	}
	client := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // self-signed, and what is asked is whether it answers
	answer, err := client.Get(ts.Value(serverKey{}).(*server).url + args[0])
	ts.Check(err)
	defer answer.Body.Close()
	_, err = io.Copy(ts.Stdout(), io.LimitReader(answer.Body, 1<<20))
	ts.Check(err)
	if answer.StatusCode != want {
		ts.Fatalf("%s answered %s", args[0], answer.Status)
	}
}

func scriptStop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: stop")
	}
	s := ts.Value(serverKey{}).(*server)
	ts.Check(s.command.Process.Signal(syscall.SIGTERM))
	timer := time.AfterFunc(stopPatience-2*time.Second, func() { _ = s.command.Process.Kill() })
	_, err := io.Copy(ts.Stdout(), s.said)
	ts.Check(err)
	err = s.command.Wait()
	fmt.Fprint(ts.Stderr(), s.warned.String())
	if err != nil {
		ts.Fatalf("the server did not end in good order: %v", err)
	}
	timer.Stop()
}

func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE TEXT")
	}
	ts.Check(flip(ts.MkAbs(args[0]), args[1]))
}

// flip changes one bit in every place where the file holds the text: which of several copies is in use, only its engine knows.
func flip(path, text string) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	flipped := strings.ReplaceAll(string(bytes), text, string(text[0]^1)+text[1:])
	if flipped == string(bytes) {
		return fmt.Errorf("%s does not hold %q", filepath.Base(path), text)
	}
	return os.WriteFile(path, []byte(flipped), 0o600)
}
