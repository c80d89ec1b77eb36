package search

import (
	"slices"
	"strings"
)

// Asked is one word of a clause, in the terms an engine knows. A document has it when its Stems hold one of Stems, or its Numbers hold Number;
// with Begins set, when one of its Stems or Exact begins with it.
type Asked struct {
	Folded string   // the word without accents and case
	Stems  []string // the ways it may have been stemmed
	Number string   // the number it may be, empty if it holds no digit
	Begins string   // for a prefix, how the word begins; nothing else is set then but Folded
}

// Name tells words apart: two with the same name are in the same documents, whatever these are.
func (a Asked) Name() string { return strings.Join(a.Stems, " ") + "\n" + a.Number + "\n" + a.Begins }

// Wanted gives the words that a hit has and is weighed by: those of the effective clauses that are not unwanted, in the order of the query.
// To ask for a word again asks for no more: each is there once.
func (q Query) Wanted() []Asked {
	var wanted []Asked
	for _, c := range q.Effective() {
		if !c.Not {
			wanted = append(wanted, c.Asked()...)
		}
	}
	return distinct(wanted)
}

// Number is the number that the words of the query are, all together, as an index knows it: "td rome n° 0087" is "td rome 87". It is empty when they hold
// no figure, and when something else is asked for in words. A message with that number answers, even where its words are written otherwise.
func (q Query) Number() string {
	var words []string
	digits := false
	for _, c := range q.Clauses {
		switch {
		case c.Not || !c.AsksWords():
		case c.MetByNumber():
			words = append(words, numberParts(c.Text)...)
		default:
			return ""
		}
	}
	for _, part := range words {
		digits = digits || isDigit(part[0])
	}
	if !digits {
		return ""
	}
	return strings.Join(words, " ")
}

// MetByNumber reports whether the clause is part of Query.Number where there is one: a message that has the number need not meet it otherwise.
func (c Clause) MetByNumber() bool { return !c.Not && (c.Operator == Word || c.Operator == Number) }

// distinct leaves out what is asked again.
func distinct(asked []Asked) []Asked {
	known := make(map[string]bool, len(asked))
	return slices.DeleteFunc(asked, func(a Asked) bool {
		again := known[a.Name()]
		known[a.Name()] = true
		return again
	})
}

// Asked gives the words that a clause of words asks for, each once; all must be there. Clauses about a message's row ask for none.
// For a phrase they are necessary, not sufficient: its Succession decides.
func (c Clause) Asked() []Asked {
	switch c.Operator {
	case Number:
		return []Asked{{Folded: Fold(c.Text), Number: NumberTerm(c.Text)}}
	case Word, Phrase, Prefix:
	default:
		return nil
	}
	tokens := Tokens(c.Text)
	asked := make([]Asked, len(tokens))
	for i, token := range tokens {
		asked[i] = Asked{Folded: token.Folded, Stems: Stems(token.Folded)}
		if c.Operator == Word {
			asked[i].Number = NumberTerm(token.Folded)
		}
	}
	if c.Operator == Prefix && len(asked) > 0 {
		last := &asked[len(asked)-1]
		*last = Asked{Folded: last.Folded, Begins: last.Folded}
	}
	return distinct(asked)
}

// Words are the folded words of a phrase, in their order, for a Succession.
func (c Clause) Words() []string {
	tokens := Tokens(c.Text)
	words := make([]string, len(tokens))
	for i, token := range tokens {
		words[i] = token.Folded
	}
	return words
}

// AsksWords reports whether the clause is about a message's words, not its row.
func (c Clause) AsksWords() bool { return c.Operator <= Number }

// onlyStopWords reports whether a clause of plain words asks for nothing but stop words.
func (c Clause) onlyStopWords() bool {
	if c.Operator != Word {
		return false
	}
	for _, token := range Tokens(c.Text) {
		if !IsStopWord(token.Folded) {
			return false
		}
	}
	return true
}

// Effective are the clauses that an engine meets: a clause that stands there already is left out, and a plain stop word when another clause of
// words asks for more.
func (q Query) Effective() []Clause {
	telling := false
	for _, c := range q.Clauses {
		telling = telling || !c.Not && c.AsksWords() && !c.onlyStopWords()
	}
	var kept []Clause
	for _, c := range q.Clauses {
		if telling && !c.Not && c.onlyStopWords() || slices.ContainsFunc(kept, c.repeats) {
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

// repeats reports whether the other clause asks for the same in the same words, which Resolve gives the same meaning.
func (c Clause) repeats(other Clause) bool {
	return c.Operator == other.Operator && c.Not == other.Not && c.Text == other.Text
}

// Test compiles a clause about rows into a test of an admitted row, its Not included. It is nil for a clause of words.
func (c Clause) Test() func(*Facts) bool {
	meets := c.meets()
	if meets == nil || !c.Not {
		return meets
	}
	return func(f *Facts) bool { return !meets(f) }
}

func (c Clause) meets() func(*Facts) bool {
	switch c.Operator {
	case Tagged:
		return func(f *Facts) bool { return meetsAny(c.Tags, f.Marking.Tags) }
	case To:
		return func(f *Facts) bool { return meetsAny(c.Audiences, f.Marking.Audiences) }
	case From:
		return func(f *Facts) bool { return slices.Contains(c.Audiences, f.Origin) }
	case Type:
		kind := c.Kind()
		return func(f *Facts) bool { return f.Kind == kind }
	case Level:
		level := c.Level()
		return func(f *Facts) bool { return f.Marking.Level() == level }
	case Before:
		limit := c.Moment().UnixMicro()
		return func(f *Facts) bool { return f.Micros < limit }
	case After:
		limit := c.Moment().UnixMicro()
		return func(f *Facts) bool { return f.Micros >= limit }
	}
	return nil
}

func meetsAny[T comparable](wanted []T, runs func(func(T) bool)) bool {
	for has := range runs {
		if slices.Contains(wanted, has) {
			return true
		}
	}
	return false
}
