package intake

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chancery/archive"
	"chancery/correspondence/handling"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

func TestMailIsImportedWholeAndOnce(t *testing.T) {
	folder := t.TempDir()
	mail := func(n int) string {
		return fmt.Sprintf("From: a@example.org\nTo: dam@essai.example\nSubject: Sujet %d\nDate: Tue, 3 Nov 2009 10:11:12 +0100\n\nTexte %d.\n", n, n)
	}
	var mbox strings.Builder
	for n := range 150 {
		mbox.WriteString("From a@example.org Tue Nov  3 10:11:12 2009\n" + mail(n) + "\n")
	}
	for name, text := range map[string]string{"a/one.eml": mail(1000), "a/two.EML": mail(1001), "a/b/many.mbox": mbox.String(), "a/readme.txt": "rien", "sent": mbox.String()} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	house := openHouse(t)
	group := habilitation.AudienceCreated{Audience: 1, Key: "archives", Sort: "service", Name: habilitation.Label{FR: "Archives", EN: "Archives"}, Timbre: "ARCHIVES", Level: habilitation.Unprotected}
	if err := house.Chancery.Enact(t.Context(), 0, group); err != nil {
		t.Fatal(err)
	}
	run := func(files ...string) Report {
		t.Helper()
		report, err := RunFor(context.Background(), house.Chancery, files, Mails{Group: "archives"}, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := run(filepath.Join(folder, "a")); r.Imported != 152 || r.Present != 0 || len(r.Refused) != 0 {
		t.Errorf("first: %+v", r)
	}
	if r := run(filepath.Join(folder, "a"), filepath.Join(folder, "sent")); r.Imported != 0 || r.Present != 302 {
		t.Errorf("again: %+v", r)
	}
	if n := house.Chancery.Folds.Ledger.Count(); n != 152 {
		t.Errorf("%d messages", n)
	}
	if _, err := RunFor(context.Background(), house.Chancery, []string{folder}, Mails{Group: "nowhere"}, func(int) {}); !errors.Is(err, ErrNoGroup) {
		t.Errorf("for a group that does not exist: %v", err)
	}
}

func TestMailIsToldByHowItBegins(t *testing.T) {
	for text, want := range map[string]bool{
		"From: a@example.org\n\nTexte.": true, "X-Spam: no\n folded: in\nReceived: from b\n": true, "\r\nSUBJECT : ancien\r\n\r\n": true,
		"From a@example.org Tue Nov  3 10:11:12 2009\nX: y\n\n": true, "Content-Type: text/plain\n\n": true,
		"": false, "Note: rien\n\nFrom: a": false, "Cher ami,\nFrom: a": false, " From: a": false, "From here on": false, `{"from": "a"}`: false,
		"\x00\x01: x\nFrom: a": false, "%PDF-1.7\nFrom: a": false, "name: x\nversion: 1\n": false, "X: " + strings.Repeat("a", sniffed): false,
	} {
		if isMail([]byte(text)[:min(len(text), sniffed)]) != want {
			t.Errorf("%.60q is mail: %t", text, !want)
		}
	}
}

// TestNothingIsSkippedInSilence gives files by name, and in a folder that is reached by a link.
func TestNothingIsSkippedInSilence(t *testing.T) {
	top := t.TempDir()
	folder := filepath.Join(top, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	for name, text := range map[string]string{"1": "From: a@example.org\n\nUn.", "2.msg": "Subject: x\n\nDeux.", "3.raw": "// rien", "4.msg": "\xd0\xcf\x11\xe0",
		"5.json": `{"id":"n/5","body":"Cinq."}`, "6.jsonl": `{"id":"n/6","body":"Six."}`} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(top, "link")
	if err := errors.Join(os.Symlink(at("1"), at("7.eml")), os.Symlink(folder, link)); err != nil {
		t.Fatal(err)
	}
	house := openHouse(t)
	report, err := Run(t.Context(), house.Chancery, []string{link}, func(int) {})
	if err != nil || report.Imported != 2 || len(report.Refused) != 0 {
		t.Errorf("a folder: %+v, %v", report, err)
	}
	in := func(name string) string { return filepath.Join(link, name) }
	if want := []Skipped{{in("3.raw"), errNoMail.Error()}, {in("4.msg"), errNoMail.Error()}, {in("5.json"), errRecordsInFolder.Error()},
		{in("6.jsonl"), errRecordsInFolder.Error()}, {in("7.eml"), errIrregular.Error()}}; !slices.Equal(report.Skipped, want) {
		t.Errorf("skipped %+v", report.Skipped)
	}
	report, err = Run(t.Context(), house.Chancery, []string{at("2.msg"), at("3.raw"), at("4.msg"), at("5.json"), at("6.jsonl"), at("7.eml"), os.DevNull}, func(int) {})
	if err != nil || report.Imported != 2 || report.Present != 2 || len(report.Skipped) != 0 {
		t.Errorf("by name: %+v, %v", report, err)
	}
	if want := []Refused{{File: at("3.raw"), Reason: errNeither.Error()}, {File: at("4.msg"), Reason: errNeither.Error()},
		{File: os.DevNull, Reason: errIrregular.Error()}}; !slices.Equal(report.Refused, want) {
		t.Errorf("refused %+v", report.Refused)
	}
}

// notMail are files of the corpus that begin with no header, or with the line of an mbox without its date: they are named, not guessed at.
var notMail = []string{"bad-header-start.raw", "erroneous.raw", "malformedHeader-noheader.msg", "content-length.mbox.txt", "unmunged.mbox.txt"}

// TestMailsOfOtherProgramsAreTold holds what is told of the real mails against what is known of them.
func TestMailsOfOtherProgramsAreTold(t *testing.T) {
	folder := os.Getenv("CHANCERY_CORPORA")
	if folder == "" {
		t.Skip("the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	folder = filepath.Join(folder, "mails", "messages")
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known []struct{ File, Kind string }
	if err := json.Unmarshal(text, &known); err != nil || len(known) < 300 {
		t.Fatalf("%d files are known: %v", len(known), err)
	}
	for _, k := range known {
		path := filepath.Join(folder, strings.TrimPrefix(k.File, "given/"))
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		want := (k.Kind == "message" || k.Kind == "mbox" || k.Kind == "mime-part") && !slices.Contains(notMail, filepath.Base(path))
		if got, err := contentOf(path, info.Mode()); err != nil || (got == mail) != want {
			t.Errorf("%s, a %s, is told as %d: %v", k.File, k.Kind, got, err)
		}
	}
}

// TestEveryFileOfTheCorpusGoesIn, readable or not, and each mail lies in the vault byte by byte. Unless CHANCERY_SOAK is set, of the files that
// need no flag only some.
func TestEveryFileOfTheCorpusGoesIn(t *testing.T) {
	folder := os.Getenv("CHANCERY_CORPORA")
	if folder == "" {
		t.Skip("the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	folder = filepath.Join(folder, "mails", "messages")
	mails := map[string][]byte{}
	var paths []string
	files, times := 0, 0
	take := func(raw []byte) {
		times++
		mails[postal.KeyOf(raw, []string{""})] = raw
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		if known, err := contentOf(path, entry.Type()); err == nil && known == mail && files%25 != 0 && os.Getenv("CHANCERY_SOAK") == "" {
			return nil
		}
		paths = append(paths, path)
		raw, err := os.ReadFile(path)
		if err != nil || !postal.IsMbox(raw) {
			take(raw)
			return err
		}
		return postal.ReadMbox(bytes.NewReader(raw), len(raw), func(e postal.Entry) error {
			take(bytes.Clone(e.Raw))
			return nil
		})
	})
	if err != nil || files < 400 || times < len(paths) {
		t.Fatalf("%d mails in %d of %d files: %v", times, len(paths), files, err)
	}
	house := openHouse(t)
	desk := habilitation.AudienceCreated{Audience: 1, Key: "ordre", Sort: "service", Name: habilitation.Label{FR: "Bureau d’ordre", EN: "Operator desk"}, Timbre: "ORDRE", Level: habilitation.Unprotected}
	if err := house.Chancery.Enact(t.Context(), 0, desk, habilitation.OperatorDeskNamed{Audience: 1}); err != nil {
		t.Fatal(err)
	}
	report, err := RunFor(t.Context(), house.Chancery, paths, Mails{Every: true}, func(int) {})
	if err != nil || len(report.Refused) > 0 || len(report.Skipped) > 0 || report.Imported != len(mails) || report.Imported+report.Present != times {
		t.Fatalf("%d mails, %d of them different: %+v, %v", times, len(mails), report, err)
	}
	for key, raw := range mails {
		if !house.Chancery.Archived(key) {
			t.Errorf("%.60q is not in the archive", raw)
			continue
		}
		kept, err := house.Chancery.Vault.Open(t.Context(), archive.Digest{Sum: sha512.Sum512(raw), Size: int64(len(raw))})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(kept)
		if err := errors.Join(err, kept.Close()); err != nil || !bytes.Equal(text, raw) {
			t.Errorf("%.60q is kept as %.60q: %v", raw, text, err)
		}
	}
	fallen := 0
	for _, item := range house.Chancery.Folds.Handling.Tray(1) {
		if item.Why == handling.WhyUnreadable {
			fallen++
		}
	}
	if fallen == 0 {
		t.Error("nothing that nobody can read lies on the operator desk")
	}
	t.Logf("%d files, %d mails, %d kept, %d unreadable on the operator desk", files, times, report.Imported, fallen)
}
