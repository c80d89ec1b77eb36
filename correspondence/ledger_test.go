package correspondence

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// someLedger holds a message of every sort: numbered in two series, citing, printed in 1861, with every field at an extreme.
func someLedger(t testing.TB) *Ledger {
	t.Helper()
	l := NewLedger()
	party := Party{Audience: 7, Key: "bamako", Timbre: "BAMAKO"}
	first := &Dispatch{ID: habilitation.ID{1}, record: record{Kind: Telegram, Number: &recordedNumber{2026, 1}, At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Origin: party,
		Signatory: Person{Agent: 3}, Drafter: Person{Agent: 4}, Precedence: Flash, InfoPrecedence: Routine, Level: habilitation.Restricted, Subject: "Évacuation",
		Addressees: []recordedLine{{Addressee{Party: Party{Audience: 2}, Role: Action, Qualification: ToDo, Deadline: time.Unix(1<<33, 0)}, 1}, {Addressee{Party: party, Role: Info}, 9}},
		Agents:     []Person{{Agent: 1}, {Agent: 1 << 31}}, Attachments: make([]Attachment, 300)}}
	second := &Dispatch{ID: habilitation.ID{2}, record: record{Kind: Telegram, Number: &recordedNumber{2026, 2}, At: first.At, Origin: party, Level: habilitation.Restricted,
		References: []Reference{{Text: "TD BAMAKO DR 1", Message: first.ID}, {Text: "votre note"}}}}
	printed := &Dispatch{ID: habilitation.ID{3}, record: record{Kind: Note, At: first.At, Origin: party, Level: habilitation.Unprotected,
		Provenance: &Provenance{Number: "No. 1", Date: time.Date(1861, 4, 12, 0, 0, 0, 0, time.UTC)}}}
	for i, d := range []*Dispatch{first, second, printed} {
		if err := l.apply(uint64(i)*1000+1, d); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestLedgerSnapshotRoundTrip(t *testing.T) {
	l, again := someLedger(t), NewLedger()
	var b, c bytes.Buffer
	if err := errors.Join(l.Snapshot(&b), again.Restore(bytes.NewReader(b.Bytes())), again.Snapshot(&c)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), c.Bytes()) || !reflect.DeepEqual(l.lines, again.lines) || !reflect.DeepEqual(l.byID, again.byID) ||
		!reflect.DeepEqual(l.series, again.series) || !reflect.DeepEqual(l.toward, again.toward) || !reflect.DeepEqual(l.cited, again.cited) || l.count != again.count {
		t.Errorf("restored as %+v", again)
	}
	id, ok := again.numbered(7, Number{Kind: Telegram, Level: habilitation.Restricted, N: 2}, time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC))
	if !ok || id != (habilitation.ID{2}) {
		t.Errorf("TD BAMAKO DR 2 two years later is %s, %v", id, ok)
	}
	if _, ok := again.numbered(7, Number{Kind: Telegram, Level: habilitation.Unprotected, N: 2}, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)); ok {
		t.Error("the series of one level answers for the other")
	}
	for cut := range b.Len() {
		if err := again.Restore(bytes.NewReader(b.Bytes()[:cut])); err == nil {
			t.Errorf("a snapshot cut at %d of %d is taken", cut, b.Len())
		}
	}
	if err := again.Restore(bytes.NewReader(append(b.Bytes(), 0))); err == nil {
		t.Error("a snapshot with a byte too many is taken")
	}
	if again.Count() != 3 {
		t.Errorf("a refused snapshot left %d messages", again.Count())
	}
}

func TestLedgerRefusesAGap(t *testing.T) {
	l := someLedger(t)
	gap := &Dispatch{ID: habilitation.ID{9}, record: record{Kind: Telegram, Number: &recordedNumber{2026, 4}, Origin: Party{Audience: 7}, Level: habilitation.Restricted}}
	if err := l.apply(9, gap); err == nil || l.has(gap.ID) || l.Count() != 3 {
		t.Errorf("number 4 after 2: %v, %d messages", err, l.Count())
	}
}

// FuzzLedgerRestore restores anything: no panic, no memory out of proportion, and what is taken is written again as it was read.
func FuzzLedgerRestore(f *testing.F) {
	var b bytes.Buffer
	if err := someLedger(f).Snapshot(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{ledgerVersion, 0})
	f.Add([]byte{ledgerVersion, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, body []byte) {
		l, again := NewLedger(), NewLedger()
		if l.Restore(bytes.NewReader(body)) != nil {
			return
		}
		var b, c bytes.Buffer
		if err := errors.Join(l.Snapshot(&b), again.Restore(bytes.NewReader(b.Bytes())), again.Snapshot(&c)); err != nil || !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Errorf("written again otherwise: %v", err)
		}
	})
}

// TestWhatNeverCameIsMissing: numbers that no message of the house bears, but not those that an addressee added later was given.
func TestWhatNeverCameIsMissing(t *testing.T) {
	l, matters := someLedger(t), handling.NewMatters()
	matters.Release(handling.Released{Message: habilitation.ID{2}, Origin: 7, Level: habilitation.Restricted, Year: 2026})
	added := handling.AddresseeAdded{Message: habilitation.ID{2}, Audience: 7, Role: handling.Info, Asked: handling.ForInformation, N: 4, Ground: handling.ByOrigin, Through: 7, Reason: "oubli"}
	if err := matters.Apply(3000, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), 3, added); err != nil {
		t.Fatal(err)
	}
	d := &Desk{house: &Chancery{Config: Config{Folds: &Folds{Ledger: l, Handling: matters, Rows: search.NewRows()}}}}
	for key, numbers := range l.missing(7) {
		if got := d.lacking(key, numbers); !slices.Equal(got, []uint64{1, 2, 3, 5, 6, 7, 8}) {
			t.Errorf("of %+v %v are missing", key, got)
		}
	}
	if len(l.missing(7)) != 1 {
		t.Errorf("%d series lack something", len(l.missing(7)))
	}
}
