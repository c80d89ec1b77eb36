package correspondence_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

var snapshotFiles = []string{"register", "tags", "ledger", "rows", "lives"}

// damages spoil a snapshot file, given the one that an earlier closing left. Whatever comes back stands in its place; nil: no file.
var damages = map[string]func(good, earlier []byte) []byte{
	"missing":       func(_, _ []byte) []byte { return nil },
	"empty":         func(_, _ []byte) []byte { return []byte{} },
	"cut short":     func(good, _ []byte) []byte { return good[:len(good)*2/3] },
	"one bit":       func(good, _ []byte) []byte { good[len(good)-7] ^= 4; return good },
	"later version": func(good, _ []byte) []byte { good[len("chancery snapshot ")]++; return good },
	"of an earlier closing": func(_, earlier []byte) []byte {
		return earlier
	},
	"another sequence": func(good, _ []byte) []byte {
		binary.BigEndian.PutUint64(good[len("chancery snapshot 2\n"):], 1<<40)
		return good
	},
}

// sayings are the answers to a few readers, as text.
func sayings(h *housetest.House) string {
	h.T.Helper()
	var all []any
	for _, desk := range []*housetest.Reader{h.As("marie"), h.As("lea"), h.As("theo"), h.At("ana", habilitation.ID{}), h.As("ines")} {
		page, err := desk.Teleprinter(h.T.Context(), correspondence.FeedQuery{})
		me, err2 := desk.Me(h.T.Context())
		groups, err3 := desk.Groups(h.T.Context())
		tags, err4 := desk.Tags(h.T.Context(), "", 0)
		for _, row := range page.Items {
			life, err := desk.LifeOf(h.T.Context(), row.ID)
			all = append(all, life, err)
		}
		all = append(all, page, err, me, err2, groups, err3, tags, err4, desk.Finds("crue"), desk.Finds("tag:sahel levant"), desk.Finds("td bamako 2"))
	}
	text, err := json.Marshal(all)
	if err != nil {
		h.T.Fatalf("marshal: %v", err)
	}
	return string(text)
}

func readSnapshots(t *testing.T, h *housetest.House) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range snapshotFiles {
		body, err := os.ReadFile(filepath.Join(h.Folder, "snapshots", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = body
	}
	return files
}

// TestSpoiledSnapshotsAreFoldedAgain spoils each snapshot in each way: the house gives the same answers and writes the same snapshots again.
func TestSpoiledSnapshotsAreFoldedAgain(t *testing.T) {
	h := housetest.WithPeople(t)
	send := func(subject string, level habilitation.Level, tags ...string) {
		h.Clock.Advance(time.Minute)
		form := housetest.Telegram("bamako", "dam", level, subject)
		form.Tags, form.References = tags, []string{"TD BAMAKO 1"}
		h.As("paul").Dispatches(form)
	}
	send("Crue du fleuve", np, "sahel")
	h.Imports(records(h, 5)...)
	h.Reopen()
	earlier := readSnapshots(t, h)
	send("Crue et convois", dr, "sahel", "peche")
	if _, err := h.As("karim").Declare(t.Context(), "sahel", "sahel", dr); err != nil {
		t.Fatal(err)
	}
	if _, err := h.As("theo").RequestToJoin(t.Context(), "dam", "essai"); err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"Crues", "Convois"} {
		into := opens(t, h.As("marie"), correspondence.DossierForm{Title: title, Owner: "dam", Level: "unprotected"})
		if _, err := h.As("marie").AddToDossier(t.Context(), into.ID, "TD BAMAKO 1"); err != nil {
			t.Fatal(err)
		}
	}
	h.Enact(habilitation.MemberJoined{Audience: 3, Agent: 1}) // who follows what Bamako sent
	h.Enact(habilitation.AgentCleared{Agent: 5, Level: dr, Reason: "essai"})
	send("Crue, suite", np)
	want := sayings(h)
	h.Reopen()
	good := readSnapshots(t, h)
	check := func(what string) {
		t.Helper()
		h.Open()
		if got := sayings(h); got != want {
			t.Errorf("%s: the house says\n%s\nwant\n%s", what, got, want)
		}
		h.Shut()
		for name, body := range readSnapshots(t, h) {
			if string(body) != string(good[name]) {
				t.Errorf("%s: the snapshot of %s is not written again as it was", what, name)
			}
		}
	}
	h.Shut()
	for what, damage := range damages {
		for _, name := range snapshotFiles {
			path := filepath.Join(h.Folder, "snapshots", name)
			body := damage(append([]byte{}, good[name]...), earlier[name])
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if body != nil {
				if err := os.WriteFile(path, body, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			check(fmt.Sprint(name, " ", what))
		}
	}
	for _, name := range []string{"snapshots", "index"} {
		if err := os.RemoveAll(filepath.Join(h.Folder, name)); err != nil {
			t.Fatal(err)
		}
		check("no " + name)
	}
}
