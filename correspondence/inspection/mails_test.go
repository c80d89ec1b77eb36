package inspection_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/inspection"
	"chancery/correspondence/postal"
)

// liar is a job of this test binary alone: a child that greets, reads one mail and answers what its argument says; "" for nothing, and for ever.
const liar = "liar"

func lie(answer string) {
	_, _ = os.Stdout.WriteString("1")
	for answer == "" {
		time.Sleep(time.Hour)
	}
	var length [4]byte
	_, _ = io.ReadFull(os.Stdin, length[:])
	_, _ = io.CopyN(io.Discard, os.Stdin, int64(binary.BigEndian.Uint32(length[:])))
	head, content, _ := strings.Cut(answer, "|")
	_, _ = os.Stdout.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(head))), head+content...))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

const letter = "From: =?utf-8?q?Am=C3=A9lie?= <a@example.org>\r\nTo: dam@essai.example\r\nSubject: Visite\r\nDate: Tue, 3 Nov 2026 10:11:12 +0100\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour.\r\n--b\r\nContent-Type: text/csv; name=plan.csv\r\n\r\na,b\r\n--b--\r\n"

// heavy is a mail whose one file has so many bytes.
func heavy(size int) []byte {
	return []byte("From: a@example.org\r\nSubject: Lourd\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(make([]byte, size)))
}

func readMail(t *testing.T, i *inspection.Inspector, raw []byte) postal.Mail {
	t.Helper()
	mail, err := i.ReadMail(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return mail
}

// same reports whether a child found what is found in this process.
func same(found postal.Mail, raw []byte) bool {
	want := postal.Read(raw, postal.DefaultLimits())
	if len(want.Files) == 0 {
		found.Files, want.Files = nil, nil
	}
	for _, mail := range []postal.Mail{found, want} {
		for i := range mail.Files {
			mail.Files[i].Content = append([]byte{}, mail.Files[i].Content...)
		}
	}
	return reflect.DeepEqual(found, want)
}

// children are the processes that this one has started and that live.
func children(t *testing.T) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(text)) {
			pid := 0
			if _, err := fmt.Sscan(word, &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func TestOneChildReadsManyMails(t *testing.T) {
	i := open(t, nil)
	var before []int
	for n := range 50 {
		raw := []byte(strings.Replace(letter, "Visite", fmt.Sprintf("Visite %d", n), 1))
		if mail := readMail(t, i, raw); !same(mail, raw) || mail.Subject != fmt.Sprintf("Visite %d", n) || len(mail.Files) != 1 {
			t.Fatalf("mail %d is read as %+v", n, mail)
		}
		now := children(t)
		if len(now) != 1 || before != nil && !slices.Equal(now, before) {
			t.Fatalf("after mail %d the children are %v, before it %v", n, now, before)
		}
		before = now
	}
	if err := i.Close(); err != nil || len(children(t)) != 0 {
		t.Errorf("closed: %v, children %v", err, children(t))
	}
	if _, err := i.ReadMail(t.Context(), []byte(letter)); !errors.Is(err, correspondence.ErrNotInspected) {
		t.Errorf("after the end: %v", err)
	}
}

// TestMailThatBreaksItsReader: the child dies of a limit of memory that is real, the mail is unread, and the next one is read.
func TestMailThatBreaksItsReader(t *testing.T) {
	i := open(t, func(c *inspection.Config) { c.Mail.Memory = 16 << 20 })
	if mail := readMail(t, i, heavy(18<<20)); !reflect.DeepEqual(mail, postal.Unread()) {
		t.Errorf("a mail too heavy for its child has the flaws %v", mail.Flaws)
	}
	if mail := readMail(t, i, []byte(letter)); !same(mail, []byte(letter)) {
		t.Errorf("the mail after it is read as %+v", mail)
	}
	if mail := readMail(t, open(t, nil), heavy(18<<20)); len(mail.Files) != 1 || len(mail.Files[0].Content) != 18<<20 {
		t.Errorf("within the limits of a house it is read with %d files, flaws %v", len(mail.Files), mail.Flaws)
	}
}

// TestKilledChildIsNoFaultOfTheMail: whoever kills the child that waits has the next mail read by another.
func TestKilledChildIsNoFaultOfTheMail(t *testing.T) {
	i := open(t, nil)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		readMail(t, i, []byte(letter))
		for _, pid := range children(t) {
			if err := syscall.Kill(pid, signal); err != nil {
				t.Fatal(err)
			}
		}
		if mail := readMail(t, i, []byte(letter)); !same(mail, []byte(letter)) {
			t.Errorf("after %v it is read as %+v", signal, mail)
		}
	}
}

func TestChildThatHangs(t *testing.T) {
	i := open(t, func(c *inspection.Config) {
		c.Program, c.Mail.Time = []string{os.Args[0], liar, ""}, 200*time.Millisecond
	})
	if mail := readMail(t, i, []byte(letter)); !reflect.DeepEqual(mail, postal.Unread()) {
		t.Errorf("read by nobody as %+v", mail)
	}
	if mail := readMail(t, i, heavy(1<<20)); !reflect.DeepEqual(mail, postal.Unread()) { // more than a pipe holds
		t.Errorf("read by nobody as %+v", mail)
	}
	i = open(t, func(c *inspection.Config) { c.Program = []string{os.Args[0], liar, ""} })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := i.ReadMail(ctx, []byte(letter)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("whoever asked has gone: %v", err)
	}
	i = open(t, nil)
	readMail(t, i, []byte(letter))
	for _, pid := range children(t) {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

// TestChildThatLies: whatever a child says is within the bounds of what a mail may be, or it is not taken.
func TestChildThatLies(t *testing.T) {
	head := func(mail string, rest string) string { return `{"mail":{` + mail + `},` + rest + `}` }
	for name, c := range map[string]struct {
		answer string
		taken  bool
	}{
		"the truth":         {head(`"Subject":"Visite"`, `"text":3,"files":null`) + "|Oui", true},
		"nothing":           {"|", false},
		"no JSON":           {"bonjour|", false},
		"two heads":         {head(``, `"text":0,"files":null`) + "{}|", false},
		"another field":     {head(`"Level":"dr"`, `"text":0,"files":null`) + "|", false},
		"a negative text":   {head(``, `"text":-1,"files":null`) + "|", false},
		"a long text":       {head(``, `"text":400001,"files":null`) + "|", false},
		"a text of bytes":   {head(``, `"text":2,"files":null`) + "|\xff\xfe", false},
		"a file too large":  {head(`"Files":[{"Name":"a"}]`, `"text":0,"files":[2000000000]`) + "|", false},
		"a file too few":    {head(``, `"text":0,"files":[1]`) + "|x", false},
		"a negative file":   {head(`"Files":[{"Name":"a"}]`, `"text":0,"files":[-1]`) + "|", false},
		"another flaw":      {head(`"Flaws":["harmless"]`, `"text":0,"files":null`) + "|", false},
		"a flaw twice":      {head(`"Flaws":["no-text","no-text"]`, `"text":0,"files":null`) + "|", false},
		"a subject of two":  {head(`"Subject":"a\r\nBcc: b"`, `"text":0,"files":null`) + "|", false},
		"a long subject":    {head(`"Subject":"`+strings.Repeat("x", 5000)+`"`, `"text":0,"files":null`) + "|", false},
		"a year":            {head(`"Date":"0001-02-03T00:00:00Z"`, `"text":0,"files":null`) + "|", false},
		"many addressees":   {head(`"To":[{}`+strings.Repeat(`,{}`, 1000)+`]`, `"text":0,"files":null`) + "|", false},
		"many files":        {head(`"Files":[{}`+strings.Repeat(`,{}`, 500)+`]`, `"text":0,"files":[0`+strings.Repeat(`,0`, 500)+`]`) + "|", false},
		"what is not there": {head(`"Subject":"Visite"`, `"text":3,"files":null`) + "|", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open(t, func(config *inspection.Config) {
				config.Program, config.Mail.Time = []string{os.Args[0], liar, c.answer}, 10*time.Second
				if name == "what is not there" { // it waits in vain for the rest
					config.Mail.Time = 200 * time.Millisecond
				}
			})
			if mail := readMail(t, i, []byte(letter)); reflect.DeepEqual(mail, postal.Unread()) == c.taken {
				t.Errorf("taken as %+v", mail)
			}
		})
	}
}

// TestNoChildForAMail: what cannot be started, or cannot be confined, has read nothing, and the mail is not at fault.
func TestNoChildForAMail(t *testing.T) {
	for _, command := range [][]string{nil, {"/nowhere/chancery"}, {"/bin/true"}, {"/usr/bin/yes"}, {os.Args[0], inspection.Subcommand, "mail", "much"}} {
		_, err := open(t, func(c *inspection.Config) { c.Program = command }).ReadMail(t.Context(), []byte(letter))
		if !errors.Is(err, correspondence.ErrNotInspected) {
			t.Errorf("%v: %v", command, err)
		}
	}
}

// TestBombsOfMailsAreRead: parts in parts, mails in mails, headers and addresses without end.
func TestBombsOfMailsAreRead(t *testing.T) {
	i := open(t, nil)
	var parts, mails bytes.Buffer
	for n := range 5_000 {
		fmt.Fprintf(&parts, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", n, n)
		mails.WriteString("Content-Type: message/rfc822\r\n\r\n")
	}
	for name, raw := range map[string][]byte{
		"parts":     append([]byte("From: a@example.org\r\n"), parts.Bytes()...),
		"mails":     append([]byte("From: a@example.org\r\n"), mails.Bytes()...),
		"addresses": []byte("From: a@example.org\r\nTo: " + strings.Repeat("((<a@example.org>,", 100_000)),
		"words":     []byte("From: a@example.org\r\nSubject: " + strings.Repeat("=?utf-8?q?a?= ", 100_000)),
		"elements":  []byte("From: a@example.org\r\nContent-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 200_000)),
	} {
		if mail := readMail(t, i, raw); len(mail.From) != 1 {
			t.Errorf("%s: from %v, flaws %v", name, mail.From, mail.Flaws)
		}
	}
}

// TestCorporaAreReadAlikeInAChild reads every real mail in a child and here.
func TestCorporaAreReadAlikeInAChild(t *testing.T) {
	corpora := os.Getenv("CHANCERY_CORPORA")
	if corpora == "" {
		t.Skip("the mails of the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	i := open(t, nil)
	count := 0
	err := filepath.WalkDir(filepath.Join(corpora, "mails", "messages"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "manifest.json" {
			return err
		}
		raw, err := os.ReadFile(path)
		if count++; err == nil && !same(readMail(t, i, raw), raw) {
			t.Errorf("%s is read otherwise in a child", path)
		}
		return err
	})
	if err != nil || count != 403 {
		t.Errorf("%d mails, %v", count, err)
	}
}

// BenchmarkReadMail has mails of 20 kB read in a child.
// BenchmarkReadMail reads one mail of 20 kB in a child that stays, in a child of its own, and in this process.
func BenchmarkReadMail(b *testing.B) {
	raw := []byte("From: a@example.org\r\nSubject: a\r\n\r\n" + strings.Repeat("Les cours montent et la soudure sera longue cette fois encore.\r\n", 20_000/64))
	begin := func(b *testing.B) *inspection.Inspector {
		i, err := inspection.New(inspection.Config{Folder: b.TempDir(), Program: program()})
		if err != nil {
			b.Fatal(err)
		}
		return i
	}
	read := func(b *testing.B, i *inspection.Inspector) {
		if _, err := i.ReadMail(context.Background(), raw); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("in a child that stays", func(b *testing.B) {
		i := begin(b)
		defer func() { _ = i.Close() }()
		for b.Loop() {
			read(b, i)
		}
	})
	b.Run("in a child of its own", func(b *testing.B) {
		for b.Loop() {
			i := begin(b)
			read(b, i)
			_ = i.Close()
		}
	})
	b.Run("in this process", func(b *testing.B) {
		for b.Loop() {
			postal.Read(raw, postal.DefaultLimits())
		}
	})
}
