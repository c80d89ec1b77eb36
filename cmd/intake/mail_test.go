package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
		report, err := RunFor(context.Background(), house.Chancery, files, "archives", func(int) {})
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
	if _, err := RunFor(context.Background(), house.Chancery, []string{folder}, "nowhere", func(int) {}); !errors.Is(err, ErrNoGroup) {
		t.Errorf("for a group that does not exist: %v", err)
	}
}
