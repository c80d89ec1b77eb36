package correspondence_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/boltqueue"
	"chancery/correspondence/housetest"
	"chancery/correspondence/inspection"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// arrived is a mail as the line hands it over.
func arrived(h *housetest.House, raw string, to ...string) postal.Item {
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	return postal.Item{Key: postal.KeyOf([]byte(raw), to), Due: h.Clock.Now(), Raw: []byte(raw),
		Envelope: postal.Envelope{From: "a.noel@example.org", To: to, At: h.Clock.Now(), Peer: "192.0.2.7", Helo: "mx.example.org", TLS: "TLS 1.3"}}
}

// receives gives mails to the house and expects them to be kept.
func receives(h *housetest.House, items ...postal.Item) (ids []habilitation.ID) {
	h.T.Helper()
	for i, err := range h.Chancery.Receive(context.Background(), items) {
		if err != nil {
			h.T.Fatalf("mail %d: %v", i, err)
		}
		ids = append(ids, correspondence.ReceivedID(items[i].Key))
	}
	return ids
}

const outside = "From: =?utf-8?q?Am=C3=A9lie_No=C3=ABl?= <a.noel@example.org>\nTo: Afrique <dam@essai.example>\nCc: lea@essai.example\nSubject: Visite\n" +
	"Date: Tue, 3 Nov 2026 10:11:12 +0100\nMessage-ID: <one@example.org>\n"

func attachment(t *testing.T, r *housetest.Reader, id habilitation.ID, n int) string {
	t.Helper()
	_, file, err := r.Attachment(t.Context(), id, n)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMailFromOutsideIsNewsToWhomItIsFor(t *testing.T) {
	h := housetest.WithPeople(t)
	item := arrived(h, outside+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour.\n--b\nContent-Type: text/csv; name=plan.csv\n\na,b\n--b--\n",
		"DAM+visite@Essai.Example", "bamako@essai.example", "ines@essai.example")
	id := receives(h, item)[0]
	for _, login := range []string{"marie", "paul", "ines"} {
		feed := h.As(login).Feed()
		if len(feed) != 1 || feed[0].ID != id || !feed[0].Unread || feed[0].Imported || !feed[0].Received || feed[0].Number != "" || feed[0].Origin.Name.FR != "Amélie Noël <a.noel@example.org>" {
			t.Errorf("%s is shown %+v", login, feed)
		}
	}
	h.As("theo").ReadsNothingOf(id)
	view := h.As("marie").Reads(id)
	if view.Text != "Bonjour." || view.Subject != "Visite" || view.Kind != correspondence.Mail || !view.Signature.Valid || view.Signature.Quality != "house" ||
		view.Provenance["peer"] != "192.0.2.7" || view.Provenance["envelope-from"] != "a.noel@example.org" || view.Provenance["message-id"] != "one@example.org" || view.Reception == nil {
		t.Errorf("read as %+v", view)
	}
	if len(view.Addressees) != 2 || view.Addressees[0].Key != "dam" || view.Addressees[0].Role != correspondence.Action || view.Addressees[1].Role != correspondence.Info {
		t.Errorf("addressed to %+v", view.Addressees)
	}
	if len(view.Files) != 2 || view.Files[0].Name != correspondence.OriginalName || view.Files[1].Name != "plan.csv" {
		t.Errorf("files %+v", view.Files)
	}
	if got := attachment(t, h.As("marie"), id, 0); got != string(item.Raw) {
		t.Errorf("the bytes are not those that came: %q", got)
	}
	if found := h.As("paul").Finds("visite"); found.Total != 1 {
		t.Errorf("found %d times", found.Total)
	}
	h.Reopen()
	if feed := h.As("paul").Feed(); len(feed) != 1 || !feed[0].Received || feed[0].Origin.Name.FR != "Amélie Noël <a.noel@example.org>" {
		t.Errorf("after a restart %+v", feed)
	}
	h.VerifyAll()
}

func TestSameMailTwiceIsOneMessage(t *testing.T) {
	h := housetest.WithPeople(t)
	one, other := arrived(h, outside+"\nBonjour.\n", "dam@essai.example", "paul@essai.example"), arrived(h, outside+"\nBonjour.\n", "paul@essai.example", "DAM@essai.example")
	receives(h, one, other)
	receives(h, one)
	receives(h, arrived(h, outside+"\nBonjour.\n", "dam@essai.example"))
	if n := h.Folds().Ledger.Count(); n != 2 {
		t.Errorf("%d messages of one mail to two circles of recipients", n)
	}
}

// TestADateToComeIsNotBelieved: the mail bears the time of its reception instead, says so among its flaws, and does not stay above what comes later.
func TestADateToComeIsNotBelieved(t *testing.T) {
	h := housetest.WithPeople(t)
	const from = "From: a@example.org\nTo: dam@essai.example\nSubject: Visite\n"
	passed := "Received: by mx.example.org; Sun, 1 Mar 2026 09:00:00 +0000\n"
	now := h.Clock.Now()
	for i, c := range []struct {
		header string
		want   time.Time
		future bool
	}{
		{"Date: Fri, 4 May 3609 10:00:00 +0000\n", now, true},
		{passed + "Date: Fri, 4 May 3609 10:00:00 +0000\n", time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), true},
		{"Received: by mx; Fri, 4 May 3609 10:00:00 +0000\nDate: Fri, 4 May 3609 10:00:00 +0000\n", now, true},
		{"Date: " + now.Add(time.Second).Format(time.RFC1123Z) + "\n", now, true},
		{passed + "Date: " + now.Format(time.RFC1123Z) + "\n", now, false},
		{passed, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), false},
	} {
		raw := []byte(from + c.header + fmt.Sprintf("\nBonjour %d.\n", i))
		key := postal.KeyOf(raw, nil)
		if err := h.Chancery.ImportMail(t.Context(), []postal.Item{{Key: key, Raw: raw}})[0]; err != nil {
			t.Fatal(err)
		}
		imported := correspondence.ImportedID(key)
		came := receives(h, arrived(h, string(raw), "dam@essai.example"))[0]
		for _, id := range []habilitation.ID{imported, came} {
			view := h.As("marie").Reads(id)
			if slices.Contains(view.Reception.Flaws, string(postal.FutureDate)) != c.future {
				t.Errorf("%q: flaws %v", c.header, view.Reception.Flaws)
			}
		}
		if got := h.As("marie").Reads(imported).ReleasedAt; !got.Equal(c.want) {
			t.Errorf("%q stands at %s, want %s", c.header, got, c.want)
		}
	}
	h.Clock.Advance(time.Minute)
	last := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Dernier"))
	if first := h.As("marie").Feed()[0]; first.ID != last.ID {
		t.Errorf("above what came last stands %s of %s", first.Subject, first.ReleasedAt)
	}
}

func TestWhatIsForNobodyFallsOnTheOperatorDesk(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.OperatorDeskNamed{Audience: 4})
	ids := receives(h, arrived(h, outside+"\nBonjour.\n", "inconnu@essai.example", "paul@essai.example"), arrived(h, "\x00\x01\x02", "bamako@essai.example"),
		arrived(h, outside+"\nAutre.\n", "bamako@essai.example"))
	feed := h.As("ines").Feed() // of the desk
	if len(feed) != 2 || feed[0].ID != ids[1] && feed[1].ID != ids[1] {
		t.Errorf("on the operator desk: %+v", feed)
	}
	if view := h.As("ines").Reads(ids[0]); !slices.Equal(view.Reception.Unknown, []string{"inconnu@essai.example"}) {
		t.Errorf("reception %+v", view.Reception)
	}
	if view := h.As("ines").Reads(ids[1]); !slices.Contains(view.Reception.Flaws, string(postal.NoHeader)) || attachment(t, h.As("ines"), ids[1], 0) != "\x00\x01\x02" {
		t.Errorf("what nobody can read: %+v", view.Reception)
	}
	if got := len(h.As("paul").Feed()); got != 3 {
		t.Errorf("paul is shown %d", got)
	}
	h.As("ines").ReadsNothingOf(ids[2])
	tray, err := h.As("ines").OperatorTray(t.Context())
	if err != nil || len(tray) != 2 || tray[0].Why == tray[1].Why {
		t.Errorf("tray %+v, %v", tray, err)
	}
	for _, item := range tray {
		if err := h.As("ines").SettleTray(t.Context(), item.ID, correspondence.SettleWish{Group: "dam", Role: "info", Reason: "Pour information"}); err != nil {
			t.Error(err)
		}
	}
	h.As("ines").ReadsNothingOf(ids[0])
	h.As("lea").Reads(ids[1])
}

func TestMailJoinsItsThread(t *testing.T) {
	h := housetest.WithPeople(t)
	np := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Ouvert"))
	dr := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Fermé"))
	answer := fmt.Sprintf("From: a@example.org\nSubject: Re: Ouvert\nIn-Reply-To: <%s@essai.example>\nReferences: <%s@essai.example> <%s@essai.example> <x@elsewhere.example>\n\nRéponse.\n", np.ID, dr.ID, np.ID)
	id := receives(h, arrived(h, answer, "dam@essai.example"))[0]
	view := h.As("marie").Reads(id)
	if view.InReplyTo == nil || view.InReplyTo.ID == nil || *view.InReplyTo.ID != np.ID || len(view.References) != 0 {
		t.Errorf("answers %+v, cites %+v", view.InReplyTo, view.References)
	}
	if cited := h.As("paul").Reads(np.ID).CitedBy; len(cited) != 0 {
		t.Errorf("paul is shown an answer to another group: %+v", cited)
	}
	if cited := h.As("marie").Reads(np.ID).CitedBy; len(cited) != 1 || cited[0].ID != id {
		t.Errorf("marie is shown the answers %+v", cited)
	}
}

func TestMailroomEmptiesTheQueue(t *testing.T) {
	h := housetest.WithPeople(t)
	queue, err := boltqueue.Open(filepath.Join(t.TempDir(), "queue.db"), postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = queue.Close() }()
	for i := range 150 {
		if err := queue.Put(t.Context(), arrived(h, fmt.Sprintf("%sX-N: %d\n\nBonjour.\n", outside, i), "dam@essai.example")); err != nil {
			t.Fatal(err)
		}
	}
	room := correspondence.OpenMailroom(h.Chancery, queue)
	waitUntilEmpty(t, queue)
	if err := room.Close(); err != nil {
		t.Error(err)
	}
	if n := h.Folds().Ledger.Count(); n != 150 {
		t.Errorf("%d messages", n)
	}
}

func waitUntilEmpty(t *testing.T, queue postal.Queue) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if load, _ := queue.Load(); load.Items == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the queue is not emptied")
		}
	}
}

// TestMailThatFailsStaysInTheQueue lets the vault fail: nothing is lost, and it is tried again later.
func TestMailThatFailsStaysInTheQueue(t *testing.T) {
	h := housetest.WithPeople(t)
	faults := cued(h)
	faults.on("vault.Put")
	item := arrived(h, outside+"\nBonjour.\n", "dam@essai.example")
	if errs := h.Chancery.Receive(t.Context(), []postal.Item{item}); errs[0] == nil {
		t.Error("kept without its original")
	}
	faults.on("")
	receives(h, item)
	if err := h.Chancery.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMailThatBreaksItsReaderIsKeptWhole has the mailroom take a mail whose reading goes beyond the memory of the child, between two that are letters:
// all three are kept, once and for all, and the one lies on the operator desk.
func TestMailThatBreaksItsReaderIsKeptWhole(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.OperatorDeskNamed{Audience: 4})
	inspector, err := inspection.New(inspection.Config{Folder: filepath.Join(t.TempDir(), "quarantine"), Program: []string{os.Args[0], inspection.Subcommand},
		Mail: inspection.MailLimits{Memory: 16 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	h.Rewire(func(c *correspondence.Config) { c.Inspector = inspector })
	defer func() {
		h.Shut()
		_ = inspector.Close()
	}()
	queue, err := boltqueue.Open(filepath.Join(t.TempDir(), "queue.db"), postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = queue.Close() }()
	heavy := outside + "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("A", 24<<20)
	items := []postal.Item{arrived(h, outside+"\nAvant.\n", "dam@essai.example"), arrived(h, heavy, "dam@essai.example", "paul@essai.example"), arrived(h, outside+"\nAprès.\n", "dam@essai.example")}
	for _, item := range items {
		if err := queue.Put(t.Context(), item); err != nil {
			t.Fatal(err)
		}
	}
	room := correspondence.OpenMailroom(h.Chancery, queue)
	waitUntilEmpty(t, queue)
	if err := room.Close(); err != nil {
		t.Error(err)
	}
	for i, text := range []string{"Avant.", "", "Après."} {
		id := correspondence.ReceivedID(items[i].Key)
		view := h.As("marie").Reads(id)
		if broken := slices.Contains(view.Reception.Flaws, string(postal.BrokeReader)); view.Text != text || broken != (text == "") || attachment(t, h.As("marie"), id, 0) != string(items[i].Raw) {
			t.Errorf("mail %d is kept as %.100q with the flaws %v", i, view.Text, view.Reception.Flaws)
		}
	}
	tray, err := h.As("ines").OperatorTray(t.Context())
	if err != nil || len(tray) != 1 || tray[0].Message.ID != correspondence.ReceivedID(items[1].Key) || tray[0].Why != "unreadable" {
		t.Errorf("on the operator desk: %+v, %v", tray, err)
	}
	h.As("paul").Reads(correspondence.ReceivedID(items[1].Key)) // whom it is for is said by the line, not by the mail
}

// TestMailWaitsForItsReader: a house that can start no child has read nothing; it tries again, and not for ever.
func TestMailWaitsForItsReader(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.OperatorDeskNamed{Audience: 4})
	inspector, err := inspection.New(inspection.Config{Folder: filepath.Join(t.TempDir(), "quarantine"), Program: []string{"/nowhere/chancery"}})
	if err != nil {
		t.Fatal(err)
	}
	h.Rewire(func(c *correspondence.Config) { c.Inspector = inspector })
	item := arrived(h, outside+"\nBonjour.\n", "dam@essai.example")
	for item.Tries = range 10 {
		if errs := h.Chancery.Receive(t.Context(), []postal.Item{item}); !errors.Is(errs[0], correspondence.ErrNotInspected) {
			t.Fatalf("try %d: %v", item.Tries, errs[0])
		}
	}
	item.Tries = 10
	id := receives(h, item)[0]
	if view := h.As("ines").Reads(id); !slices.Equal(view.Reception.Flaws, []string{string(postal.BrokeReader)}) || attachment(t, h.As("ines"), id, 0) != string(item.Raw) {
		t.Errorf("kept with the flaws %v", view.Reception.Flaws)
	}
}

// TestCorporaGoInWithoutALostByte has the house receive every real mail that the corpora hold.
func TestCorporaGoInWithoutALostByte(t *testing.T) {
	corpora := os.Getenv("CHANCERY_CORPORA")
	if corpora == "" {
		t.Skip("the mails of the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	h := housetest.WithPeople(t)
	h.Enact(habilitation.OperatorDeskNamed{Audience: 4})
	var items []postal.Item
	err := filepath.WalkDir(filepath.Join(corpora, "mails", "messages"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "manifest.json" {
			return err
		}
		raw, err := os.ReadFile(path)
		to := []string{"dam@essai.example"}
		items = append(items, postal.Item{Key: postal.KeyOf(raw, to), Raw: raw, Envelope: postal.Envelope{To: to, At: h.Clock.Now()}})
		return err
	})
	if err != nil || len(items) != 403 {
		t.Fatalf("%d mails: %v", len(items), err)
	}
	if os.Getenv("CHANCERY_SOAK") == "" { // the vault keeps every file durably, which takes its time
		n := 0
		items = slices.DeleteFunc(items, func(postal.Item) bool { n++; return n%8 != 0 })
		t.Logf("SHORTENED to %d of 403 mails: CHANCERY_SOAK=1 takes all", len(items))
	}
	for batch := range slices.Chunk(items, 50) {
		for i, id := range receives(h, batch...) {
			if got := attachment(t, h.As("marie"), id, 0); got != string(batch[i].Raw) {
				t.Errorf("%s: %d bytes of %d", batch[i].Key, len(got), len(batch[i].Raw))
			}
		}
	}
	if feed := h.As("marie").Feed(); len(feed) != h.Folds().Ledger.Count() {
		t.Errorf("%d lines of %d messages", len(feed), h.Folds().Ledger.Count())
	}
	h.VerifyAll()
}

// TestFilesOfAMailAreInspected sends a program in disguise beside a text.
func TestFilesOfAMailAreInspected(t *testing.T) {
	h := housetest.WithPeople(t)
	id := receives(h, arrived(h, outside+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour.\n--b\nContent-Type: text/plain; name=notes.txt\n\nDes notes.\n"+
		"--b\nContent-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAA==\n--b--\n", "dam@essai.example"))[0]
	view := h.As("marie").Reads(id)
	if len(view.Files) != 2 || view.Files[1].Name != "notes.txt" || !slices.Contains(view.Reception.Flaws, string(postal.FileRefused)) || !strings.Contains(view.Provenance["file-refused"], "plan.pdf") {
		t.Errorf("files %+v, reception %+v, provenance %v", view.Files, view.Reception, view.Provenance)
	}
	if original := attachment(t, h.As("marie"), id, 0); !strings.Contains(original, "TVqQAAM") {
		t.Error("the original is not whole")
	}
}
