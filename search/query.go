package search

import (
	"strings"
	"time"

	"chancery/habilitation"
)

// Page sizes, in hits.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// Query is a question in parts, all of which an answer must meet. The zero query asks for every message.
type Query struct {
	Clauses []Clause
	Sort    Sort
	After   habilitation.ID // the last hit of the page before; zero asks for the first page
	Limit   int             // hits on a page; 0 is DefaultPage, more than MaxPage is MaxPage
}

// Sort is the order of hits.
type Sort uint8

const (
	// ByRelevance puts first what answers best; equals, and questions without words, are newest first.
	ByRelevance Sort = iota
	// ByDate puts the newest first.
	ByDate
)

// Clause is one part of a query.
type Clause struct {
	Operator Operator
	Not      bool   // asks for messages that do not meet it
	Text     string // as the reader wrote it: the word, the phrase, the name, the date

	Tags      []habilitation.TagID      // by Resolve, for Tagged: any of them
	Audiences []habilitation.AudienceID // by Resolve, for From and To: any of them
}

// Operator says what a clause asks of a message.
type Operator uint8

// The operators, with the names by which readers call them in English and French.
const (
	Word   Operator = iota // a word, in any of its forms
	Phrase                 // "words" that follow one another as written
	Prefix                 // wor*: a word that begins so
	Number                 // number: numéro: a printed number, forgiving: rome1234 is TD ROME 1234
	Tagged                 // tag: étiquette:
	From                   // from: de: the audience it comes from
	To                     // to: à: an audience it is addressed to or shared with
	Type                   // type: telegram, note, mail
	Level                  // level: niveau: unprotected, restricted
	Before                 // before: avant: read before that day, month or year began
	After                  // after: après: read on that day, month or year, or later
)

// names of the operators as String writes them; ParseQuery knows more.
var operatorNames = [...]string{Number: "number", Tagged: "tag", From: "from", To: "to", Type: "type", Level: "level", Before: "before", After: "after"}

// String writes the query so that ParseQuery reads the same clauses again. Order, cursor and page size are not part of the text.
func (q Query) String() string {
	clauses := make([]string, len(q.Clauses))
	for i, c := range q.Clauses {
		clauses[i] = c.String()
	}
	return strings.Join(clauses, " ")
}

// String writes the clause as a reader would.
func (c Clause) String() string {
	var text string
	switch c.Operator {
	case Word:
		text = c.Text
	case Phrase:
		text = `"` + c.Text + `"`
	case Prefix:
		text = c.Text + "*"
	default:
		text = operatorNames[c.Operator] + ":" + quoted(c.Text)
	}
	if c.Not {
		return "-" + text
	}
	return text
}

func quoted(value string) string {
	if strings.ContainsAny(value, " ") || strings.HasPrefix(value, "-") || operatorAt([]rune(value)) != nil {
		return `"` + value + `"`
	}
	return value
}

// Vocabulary turns the names that readers write into what they name. One text may name several; none when the house knows no such name.
type Vocabulary interface {
	Tags(text string) []habilitation.TagID
	Audiences(text string) []habilitation.AudienceID
}

// Resolve fills in what tag:, from: and to: name. A name that is not known finds nothing, which is no error: it tells nothing of what exists.
func (q Query) Resolve(v Vocabulary) Query {
	clauses := make([]Clause, len(q.Clauses))
	for i, c := range q.Clauses {
		switch c.Operator {
		case Tagged:
			c.Tags = v.Tags(c.Text)
		case From, To:
			c.Audiences = v.Audiences(c.Text)
		}
		clauses[i] = c
	}
	q.Clauses = clauses
	return q
}

// PageSize is how many hits a page holds.
func (q Query) PageSize() int {
	if q.Limit <= 0 {
		return DefaultPage
	}
	return min(q.Limit, MaxPage)
}

// Moment is the date of a Before or After clause: the first moment, in UTC, of the day, month or year written.
func (c Clause) Moment() time.Time {
	moment, _ := parseDate(c.Text)
	return moment
}

// Kind is the kind of message that a Type clause names; 0 if none.
func (c Clause) Kind() Kind {
	kind, _ := kindNamed(c.Text)
	return kind
}

// Level is the level that a Level clause names; 0 if none.
func (c Clause) Level() habilitation.Level {
	level, _ := levelNamed(c.Text)
	return level
}

// parseDate reads 2026, 2026-03 or 2026-03-01.
func parseDate(text string) (time.Time, bool) {
	for _, layout := range [...]string{"2006", "2006-01", "2006-01-02"} {
		if moment, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return moment, true
		}
	}
	return time.Time{}, false
}

func kindNamed(text string) (Kind, bool) {
	switch Fold(text) {
	case "telegram", "telegramme", "telegrams", "telegrammes", "td":
		return Telegram, true
	case "note", "notes":
		return Note, true
	case "mail", "mails", "courriel", "courriels", "email":
		return Mail, true
	}
	return 0, false
}

func levelNamed(text string) (habilitation.Level, bool) {
	switch Fold(text) {
	case "unprotected", "non protege", "np":
		return habilitation.Unprotected, true
	case "restricted", "diffusion restreinte", "restreint", "restreinte", "dr":
		return habilitation.Restricted, true
	}
	return 0, false
}
