package search

import (
	"fmt"
	"time"

	"chancery/habilitation"
)

// Document is what the search half of the house knows of one message: what its row holds, and the words the engine indexes.
type Document struct {
	ID          habilitation.ID
	Seq         uint64    // its place in the journal; never leaves the house
	Time        time.Time // reading date: release, or the printed date of an import; truncated to microseconds
	Kind        Kind
	Imported    bool // printed before this house existed
	Marking     habilitation.Marking
	Origin      habilitation.AudienceID
	Language    string   // "fr" or "en" as declared by the writer; anything else is analysed in both ways
	Subject     string   // counts more than the text
	Summary     string   // what the writer put above the text
	Text        string   // the body, plain
	Files       string   // the words of what is joined to the message; empty where only the row is wanted
	FilesLength int64    // bytes of Files, known without them
	Numbers     []string // "TD PARIS 1234", addressees' numbers, printed numbers
	Own         []string // those it bears itself, also with their year: who asks for one of them is shown this message first
	Names       []string // drafter, signatory, printed from and to: never stemmed
}

// Length is the size of the document's words in bytes, the unit in which relevance compares a text with the average text.
func (d *Document) Length() uint32 {
	return uint32(min(int64(len(d.Subject)+len(d.Summary)+len(d.Text))+d.FilesLength, 1<<31))
}

// Kind is the form of a message.
type Kind uint8

// The kinds of message. The zero kind is none of them.
const (
	Telegram Kind = 1 + iota // télégramme diplomatique
	Note                     // note
	Mail                     // courriel formel
)

// Kinds lists every kind in the order in which they are shown.
var Kinds = [...]Kind{Telegram, Note, Mail}

// String is the kind's stable name in programs: "telegram", "note" or "mail".
func (k Kind) String() string {
	switch k {
	case Telegram:
		return "telegram"
	case Note:
		return "note"
	case Mail:
		return "mail"
	}
	return "none"
}

// Month is a month of the Gregorian calendar, counted from January of the year 0: year·12 + month − 1, in UTC.
type Month int16

// MonthOf is the month in which a moment falls.
func MonthOf(at time.Time) Month {
	year, month, _ := at.UTC().Date()
	return Month(min(max(year*12+int(month)-1, 0), 1<<15-1))
}

func monthOfMicros(micros int64) Month { return MonthOf(time.UnixMicro(micros)) }

// Start is the first moment of the month.
func (m Month) Start() time.Time {
	return time.Date(int(m)/12, time.Month(m%12)+1, 1, 0, 0, 0, 0, time.UTC)
}

// String is the month as the query language writes it: "2026-03".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }
