package search

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a question.
const (
	MaxQueryLength = 1000 // characters
	MaxClauses     = 64
	MinPrefix      = 3 // letters before the star
)

// Fault is one thing in a question that cannot be understood, placed in the reader's own text.
type Fault struct {
	Key    string // message key, stable: the words are the reader's language's business
	At     int    // first character concerned, counted in characters (runes) from 0
	Length int    // how many characters are concerned
}

// The keys of faults.
const (
	FaultTooLong      = "query.too_long"
	FaultTooMany      = "query.too_many"
	FaultQuoteOpen    = "query.quote_open"
	FaultValueMissing = "query.value_missing"
	FaultDate         = "query.date"
	FaultType         = "query.type"
	FaultLevel        = "query.level"
	FaultNumber       = "query.number"
	FaultPrefixShort  = "query.prefix_short"
	FaultNoWord       = "query.no_word"
)

// Faults is every fault of one question, in the order of the text. It is the error of ParseQuery.
type Faults []Fault

// Error lists the faults for a log; readers are shown the translation of the keys.
func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fmt.Sprintf("%s at %d", fault.Key, fault.At)
	}
	return strings.Join(parts, ", ")
}

// ParseQuery reads a reader's question. Its only error is Faults, which names every fault at once.
//
//	accord "force publique" -brouillon minist* tag:mali from:"Ambassade à Rome" type:note après:2026-03 rome1234
//
// Everything that is not an operator of ours is a word: no text reaches an engine's own syntax.
func ParseQuery(text string) (Query, error) {
	p := parser{text: []rune(strings.ToValidUTF8(text, "\uFFFD"))}
	if len(p.text) > MaxQueryLength {
		return Query{}, Faults{{Key: FaultTooLong, At: MaxQueryLength, Length: len(p.text) - MaxQueryLength}}
	}
	for p.skipSpace(); p.at < len(p.text); p.skipSpace() {
		p.clause()
	}
	if p.faults == nil && p.clauses == nil && len(strings.TrimSpace(text)) > 0 {
		p.at = len(p.text)
		p.fault(FaultNoWord, 0) // signs alone: asking for nothing is no way to ask for everything
	}
	if p.faults != nil {
		return Query{}, p.faults
	}
	return Query{Clauses: p.clauses}, nil
}

type parser struct {
	text    []rune
	at      int
	clauses []Clause
	faults  Faults
}

func (p *parser) clause() {
	start := p.at
	c := Clause{}
	if p.text[p.at] == '-' {
		c.Not = true
		p.at++
	}
	if p.at == len(p.text) || unicode.IsSpace(p.text[p.at]) {
		return // a dash by itself
	}
	if operator := operatorAt(p.text[p.at:]); operator != nil {
		c.Operator = operator.operator
		p.at += operator.length
		p.operatorValue(&c, start)
	} else if quote := closing(p.text[p.at]); quote != 0 {
		c.Operator = Phrase
		c.Text = p.quote(quote)
		p.keep(c, start, len(Tokens(c.Text)) > 0)
	} else {
		p.word(&c, start)
	}
}

// keep adds a clause unless it asks for nothing, and counts.
func (p *parser) keep(c Clause, start int, asks bool) {
	if !asks {
		return
	}
	if len(p.clauses) == MaxClauses {
		p.fault(FaultTooMany, start)
	}
	p.clauses = append(p.clauses, c)
}

func (p *parser) fault(key string, start int) {
	if key == FaultTooMany && len(p.clauses) > MaxClauses {
		return
	}
	p.faults = append(p.faults, Fault{Key: key, At: start, Length: max(p.at-start, 1)})
}

func (p *parser) skipSpace() {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
}

// word reads up to a space or a quote. A star at its end makes it a prefix; stars elsewhere separate like any sign.
func (p *parser) word(c *Clause, start int) {
	c.Text = p.run()
	stem := strings.TrimRight(c.Text, "*")
	tokens := Tokens(stem)
	if stem == c.Text || len(tokens) == 0 || tokens[len(tokens)-1].End != len(stem) {
		p.keep(*c, start, len(tokens) > 0)
		return
	}
	if utf8.RuneCountInString(tokens[len(tokens)-1].Folded) < MinPrefix {
		p.fault(FaultPrefixShort, start)
		return
	}
	c.Operator, c.Text = Prefix, stem
	p.keep(*c, start, true)
}

// run is the text up to the next space or quote.
func (p *parser) run() string {
	start := p.at
	for p.at < len(p.text) && !unicode.IsSpace(p.text[p.at]) && closing(p.text[p.at]) == 0 {
		p.at++
	}
	if p.at == start {
		p.at++ // never stand still
	}
	return string(p.text[start:p.at])
}

// quote reads to the closing quote. Quotes inside and runs of spaces become one space.
func (p *parser) quote(closing rune) string {
	start := p.at
	p.at++
	for p.at < len(p.text) && p.text[p.at] != closing {
		p.at++
	}
	inside := string(p.text[start+1 : p.at])
	if p.at == len(p.text) {
		p.fault(FaultQuoteOpen, start)
		return ""
	}
	p.at++
	inside = strings.Map(func(r rune) rune {
		if isQuote(r) {
			return ' '
		}
		return r
	}, inside)
	return strings.Join(strings.Fields(inside), " ")
}

// closing is the quote that ends what the rune begins; 0 if it begins nothing.
func closing(r rune) rune {
	switch r {
	case '"':
		return '"'
	case '“':
		return '”'
	case '«':
		return '»'
	}
	return 0
}

func isQuote(r rune) bool { return r == '”' || r == '»' || closing(r) != 0 }

// operatorValue reads the value after an operator's colon; spaces after the colon are forgiven.
func (p *parser) operatorValue(c *Clause, start int) {
	end := p.at
	p.skipSpace()
	if p.at == len(p.text) || operatorAt(p.text[p.at:]) != nil {
		p.at = end
		p.fault(FaultValueMissing, start)
		return
	}
	before := len(p.faults)
	if quote := closing(p.text[p.at]); quote != 0 {
		c.Text = p.quote(quote)
	} else {
		c.Text = p.run()
	}
	if len(p.faults) > before {
		return
	}
	if key := valueFault(c); key != "" {
		p.fault(key, start)
		return
	}
	p.keep(*c, start, true)
}

// valueFault is the key of what is wrong with the value of an operator; empty when nothing is.
func valueFault(c *Clause) string {
	var ok bool
	var key string
	switch c.Operator {
	case Before, After:
		_, ok = parseDate(c.Text)
		key = FaultDate
	case Type:
		_, ok = kindNamed(c.Text)
		key = FaultType
	case Level:
		_, ok = levelNamed(c.Text)
		key = FaultLevel
	case Number:
		ok, key = NumberTerm(c.Text) != "", FaultNumber
	default:
		ok, key = Fold(c.Text) != "", FaultValueMissing
	}
	if ok {
		return ""
	}
	return key
}

// foundOperator is an operator's name with its colon at the beginning of a text.
type foundOperator struct {
	operator Operator
	length   int // with the colon
}

// longestOperator bounds the look for a colon: the letters of "étiquette", decomposed.
const longestOperator = 12

// operatorAt finds an operator of ours, in English or French, with or without accents and case; nil if the text begins otherwise.
func operatorAt(text []rune) *foundOperator {
	for i, r := range text[:min(len(text), longestOperator+1)] {
		if r != ':' {
			continue
		}
		if operator, ok := operatorNamed(string(text[:i])); ok {
			return &foundOperator{operator: operator, length: i + 1}
		}
		return nil
	}
	return nil
}

func operatorNamed(name string) (Operator, bool) {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
			return 0, false
		}
	}
	switch Fold(name) {
	case "number", "numero":
		return Number, true
	case "tag", "etiquette":
		return Tagged, true
	case "from", "de":
		return From, true
	case "to", "a":
		return To, true
	case "type":
		return Type, true
	case "level", "niveau":
		return Level, true
	case "before", "avant":
		return Before, true
	case "after", "apres":
		return After, true
	}
	return 0, false
}
