package search

import (
	"slices"
	"strings"
)

// Terms is everything an engine indexes of one document. It is filled by Read and may be reused.
type Terms struct {
	// Stems counts every word as the document's language stems it; names and numbers as they are.
	Stems map[string]uint16
	// Subject holds the stems that the subject has.
	Subject map[string]struct{}
	// Exact holds the folded words that stemming changed, for prefixes.
	Exact map[string]struct{}
	// Numbers holds every way to write each of the document's numbers, see NumberTerms.
	Numbers map[string]struct{}
	// Own holds the ways to name the message by a number of its own, see OwnTerms.
	Own map[string]struct{}

	scratch []byte
}

// Read fills the terms from a document, forgetting an earlier one.
func (t *Terms) Read(d *Document) {
	if t.Stems == nil {
		t.Stems, t.Subject = map[string]uint16{}, map[string]struct{}{}
		t.Exact, t.Numbers = map[string]struct{}{}, map[string]struct{}{}
		t.Own = map[string]struct{}{}
	}
	clear(t.Stems)
	clear(t.Subject)
	clear(t.Exact)
	clear(t.Numbers)
	clear(t.Own)
	t.readText(d.Subject, d.Language, true)
	t.readText(d.Summary, d.Language, false)
	t.readText(d.Text, d.Language, false)
	t.readText(d.Files, d.Language, false)
	for _, name := range d.Names {
		t.readPlain(name)
	}
	for _, number := range d.Numbers {
		t.readPlain(number)
		for _, term := range NumberTerms(number) {
			t.Numbers[term] = struct{}{}
		}
	}
	for _, number := range d.Own {
		for _, term := range OwnTerms(number) {
			t.Own[term] = struct{}{}
		}
	}
}

func (t *Terms) readText(text, language string, subject bool) {
	for s := (scanner{text: text, folded: t.scratch}); s.next(); t.scratch = s.folded {
		switch language {
		case "fr":
			t.add(s.folded, stemFrench, subject)
		case "en":
			t.add(s.folded, stemEnglish, subject)
		default:
			t.addUnknown(s.folded, subject)
		}
	}
}

// add counts one word's stem. The stem is made in place, after the folded word was kept if they will differ.
func (t *Terms) add(folded []byte, stem func([]byte) []byte, subject bool) {
	var kept [tokenLimit + 4]byte
	word := kept[:copy(kept[:], folded)]
	stemmed := stem(folded)
	if string(stemmed) != string(word) {
		t.note(t.Exact, word)
	}
	t.count(stemmed)
	if subject {
		t.note(t.Subject, stemmed)
	}
}

// addUnknown counts the word under each of its stems, since no one knows which language it is of.
func (t *Terms) addUnknown(folded []byte, subject bool) {
	for _, stem := range Stems(string(folded)) {
		t.count([]byte(stem))
		if subject {
			t.note(t.Subject, []byte(stem))
		}
	}
}

func (t *Terms) readPlain(text string) {
	for s := (scanner{text: text, folded: t.scratch}); s.next(); t.scratch = s.folded {
		t.count(s.folded)
	}
}

// count and note look up without allocating and allocate the key once.
func (t *Terms) count(word []byte) {
	if n := t.Stems[string(word)]; n < 1<<16-1 {
		t.Stems[string(word)] = n + 1
	}
}

func (t *Terms) note(set map[string]struct{}, word []byte) {
	if _, known := set[string(word)]; !known {
		set[string(word)] = struct{}{}
	}
}

// Frequency classes: an engine needs not count beyond them.
const (
	Once      = 1 // the word stands in the document
	Twice     = 2 // at least twice
	FourTimes = 4 // at least four times
)

// NumberTerms lists the forms under which a printed number is found: every choice of its parts that keeps their order and at least one number.
// "TD ROME DR 87" is found as 87, rome 87, td rome 87, td rome dr 87, rome dr 87 and so on.
func NumberTerms(number string) []string {
	parts := numberParts(number)
	if len(parts) > maxNumberParts {
		parts = parts[len(parts)-maxNumberParts:]
	}
	var terms []string
	for choice := 1; choice < 1<<len(parts); choice++ {
		var chosen []string
		digits := false
		for i, part := range parts {
			if choice>>i&1 != 0 {
				chosen = append(chosen, part)
				digits = digits || isDigit(part[0])
			}
		}
		if digits {
			terms = append(terms, strings.Join(chosen, " "))
		}
	}
	return terms
}

// OwnTerms lists the forms under which a message is asked for by a number of its own: whole, without its kind, and by its figure alone where there is
// one. Nothing else may be left out: "rome 87" is TD ROME 87, not TD ROME DR 87.
func OwnTerms(number string) []string {
	parts := numberParts(number)
	figures := slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return !isDigit(part[0]) })
	if len(figures) == 0 {
		return nil
	}
	terms := []string{strings.Join(parts, " ")}
	switch parts[0] {
	case "td", "note", "cf":
		terms = append(terms, strings.Join(parts[1:], " "))
	}
	if len(figures) == 1 {
		terms = append(terms, figures[0])
	}
	return slices.Compact(terms)
}

// maxNumberParts bounds the forms of one number to 31; of a longer number the last parts count.
const maxNumberParts = 5

// NumberTerm is the one form in which a question asks for a number; empty when it holds no digit.
func NumberTerm(asked string) string {
	parts := numberParts(asked)
	if len(parts) > maxNumberParts {
		parts = parts[len(parts)-maxNumberParts:]
	}
	for _, part := range parts {
		if isDigit(part[0]) {
			return strings.Join(parts, " ")
		}
	}
	return ""
}

// numberParts cuts a number into runs of letters and runs of digits without leading zeros; the word "number" itself is left out.
func numberParts(number string) []string {
	var parts []string
	for _, token := range Tokens(number) {
		for word := token.Folded; word != ""; {
			n := 1
			for n < len(word) && isDigit(word[n]) == isDigit(word[0]) {
				n++
			}
			part := word[:n]
			word = word[n:]
			if isDigit(part[0]) {
				part = strings.TrimLeft(part[:len(part)-1], "0") + part[len(part)-1:]
			}
			switch part {
			case "n", "no", "nr", "num", "numero", "number":
			default:
				parts = append(parts, part)
			}
		}
	}
	return parts
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
