package correspondence_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"chancery/archive"
	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// records are printed between 1861 and 1914, in no order.
func records(h *housetest.House, n int) (all []correspondence.Imported) {
	for i := range n {
		printed := time.Date(1861+i*37%53, time.Month(1+i%12), 3, 0, 0, 0, 0, time.UTC)
		all = append(all, h.Record(fmt.Sprintf("dd/%d", i), "bamako", "dam", habilitation.Levels[i%4/3], printed, fmt.Sprintf("N° %d", 400+i), fmt.Sprintf("Affaire du Levant %d", i)))
	}
	return all
}

func TestImportIsResumedAndNeverDoubles(t *testing.T) {
	h := housetest.WithPeople(t)
	all := records(h, 40)
	h.Imports(all[:25]...)
	h.Reopen()
	if n, err := h.Chancery.Import(t.Context(), append(all, all[3], all[30])); n != 15 || err != nil {
		t.Errorf("the rest: %d new, %v", n, err)
	}
	if n, err := h.Chancery.Import(t.Context(), all); n != 0 || err != nil {
		t.Errorf("once more: %d new, %v", n, err)
	}
	if h.Folds().Ledger.Count() != len(all) {
		t.Errorf("%d messages of %d records", h.Folds().Ledger.Count(), len(all))
	}
	for _, record := range all {
		if !h.Chancery.Archived(record.Source) {
			t.Errorf("%s is not archived", record.Source)
		}
	}
	if h.Chancery.Archived("dd/1000") {
		t.Error("what was never imported is archived")
	}
}

func TestPrintedRecordIsReadAsPrinted(t *testing.T) {
	h := housetest.WithPeople(t)
	first := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "De nos jours"))
	marie := listen(t, h.As("marie"), habilitation.ID{})
	h.Imports(records(h, 40)...)
	feed := h.As("marie").Feed()
	if len(feed) != 41 || feed[0].ID != first.ID {
		t.Fatalf("%d messages, the newest %+v", len(feed), feed[0])
	}
	for i, m := range feed[1:] {
		if i > 0 && m.ReleasedAt.After(feed[i].ReleasedAt) {
			t.Errorf("%s printed %s stands behind %s", m.Number, m.ReleasedAt, feed[i].ReleasedAt)
		}
		if !m.Imported || m.Unread || m.ReleasedAt.Year() < 1861 || m.ReleasedAt.Year() > 1914 || !strings.HasPrefix(m.Number, "N° ") {
			t.Errorf("headline %+v", m)
		}
	}
	counts(t, h.As("marie"), 1)
	marie.quiet()
	view := h.As("lea").Reads(correspondence.ImportedID("dd/8"))
	if !view.Signature.Valid || view.Signature.Quality != "house" || view.Signature.StampedAt == nil || view.Provenance["document"] != "dd/8" || view.Provenance["from"] != "Ferry" ||
		view.Signatory.Name != "Ferry" || view.Signatory.Login != "" || view.Addressees[0].Number != 0 || view.Number != "N° 408" {
		t.Errorf("read as %+v", view)
	}
	original, err := h.As("lea").Original(t.Context(), view.ID)
	if err != nil || !bytes.Contains(original, []byte("dd/8")) {
		t.Errorf("the sealed text does not bear the provenance: %v\n%s", err, original)
	}
	h.As("lea").ReadsNothingOf(correspondence.ImportedID("dd/3")) // restricted
	if next := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Ensuite")); next.Number != "TD BAMAKO 2" || next.Addressees[0].Number != 2 {
		t.Errorf("after the import the next is %s, %d toward its addressee", next.Number, next.Addressees[0].Number)
	}
	for question, want := range map[string]int{"number:408": 1, "408": 1, "levant": 30, "before:1870": 0, "after:2026 levant": 0, "ferry": 30} {
		got := h.As("lea").Finds(question).Total
		if question == "before:1870" {
			for _, m := range h.As("lea").Feed() {
				if m.ReleasedAt.Year() < 1870 {
					want++
				}
			}
		}
		if got != want {
			t.Errorf("%q finds %d, want %d", question, got, want)
		}
	}
	if hits := h.As("lea").Finds("number:408"); len(hits.Items) != 1 || hits.Items[0].ID != view.ID {
		t.Errorf("by its printed number: %+v", hits.Items)
	}
}

// TestRecordThatCannotBeKeptIsNamed gives the house records that no journal takes, among good ones.
func TestRecordThatCannotBeKeptIsNamed(t *testing.T) {
	h := housetest.WithPeople(t)
	all := records(h, 6)
	all[1].Message.Provenance = nil
	all[2].Message.Text = strings.Repeat("éèà ", archive.MaxPayload/18) // each of its letters takes six bytes in what is kept
	all[3].Message.Level = 0
	all[4].Message.Attachments = []correspondence.Attachment{{Name: "absent.pdf", Type: "application/pdf", Size: 3, Level: np, Digest: strings.Repeat("0", 128)}}
	n, err := h.Chancery.Import(t.Context(), all)
	if n != 2 {
		t.Errorf("%d records kept: %v", n, err)
	}
	for i, record := range all {
		refused := i >= 1 && i <= 4
		if h.Chancery.Archived(record.Source) == refused || strings.Contains(fmt.Sprint(err), "record "+record.Source+":") != refused {
			t.Errorf("%s archived: %v; told: %.300v", record.Source, h.Chancery.Archived(record.Source), err)
		}
	}
	var refusals correspondence.RecordFaults
	if !errors.As(err, &refusals) || len(refusals) != 4 {
		t.Errorf("%d faults", len(refusals))
	}
	var fault *correspondence.RecordFault
	if !errors.As(err, &fault) || fault.Source != all[1].Source || !errors.Is(err, archive.ErrBadDraft) {
		t.Errorf("told as %.300v", err)
	}
	if _, err := h.Chancery.Import(t.Context(), all[3:4]); !errors.As(err, &refusals) || len(refusals) != 1 || refusals[0].Source != all[3].Source {
		t.Errorf("alone: %.300v", err)
	}
	if n, err := h.Chancery.Import(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
	if err := h.Chancery.Ready(t.Context()); err != nil {
		t.Errorf("the house stopped: %v", err)
	}
}

func TestFilesOfARecordAreRetained(t *testing.T) {
	h := housetest.WithPeople(t)
	digest, err := h.Vault.Put(t.Context(), strings.NewReader("fac-similé"))
	if err != nil {
		t.Fatal(err)
	}
	record := records(h, 1)[0]
	record.Message.Attachments = []correspondence.Attachment{{Name: "f.txt", Type: "text/plain", Size: digest.Size, Level: np, SHA512: digest.Sum, Digest: fmt.Sprintf("%x", digest.Sum)}}
	faults := cued(h)
	faults.on("vault.Retain")
	var refused correspondence.RecordFaults
	if n, err := h.Chancery.Import(t.Context(), append(records(h, 3)[1:], record)); n != 2 || err == nil || errors.As(err, &refused) {
		t.Errorf("a vault that fails is a record's fault: %d kept, %v", n, err)
	}
	faults.on("")
	h.Imports(record)
	if faults.called["vault.Retain"] != 2 {
		t.Error("the file may be swept away")
	}
	h.Reopen()
	_, file, err := h.As("lea").Attachment(t.Context(), correspondence.ImportedID(record.Source), 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil || string(text) != "fac-similé" {
		t.Errorf("%q, %v", text, err)
	}
}
