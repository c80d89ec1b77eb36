package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Sizes of the pieces that a hit shows, in bytes of text; pieces end between words.
const (
	fragmentSize  = 240
	fragmentLimit = 2 // pieces of the body; the subject is always whole
)

// Highlight marks where a document answers the query: its subject whole, and the pieces of summary and text where most of what was asked stands together.
// It reads with the analysis that indexed the document. Without words in the query there is nothing to show.
func Highlight(d *Document, q Query) []Fragment {
	marker := newMarker(d.Language, q)
	if marker == nil {
		return nil
	}
	fragments := marker.whole(PartSubject, d.Subject)
	for _, part := range [...]struct {
		part Part
		text string
	}{{PartSummary, d.Summary}, {PartText, d.Text}} {
		if len(fragments) > fragmentLimit {
			break
		}
		fragments = append(fragments, marker.pieces(part.part, part.text)...)
	}
	return fragments
}

// marker knows the words and phrases to mark.
type marker struct {
	language string
	stems    map[string]int // stem or folded word: which of the words asked
	begins   []string
	phrases  [][]string
}

// newMarker is nil when the query asks for no words.
func newMarker(language string, q Query) *marker {
	m := &marker{language: language, stems: map[string]int{}}
	for _, c := range q.Effective() {
		if c.Not || !c.AsksWords() {
			continue
		}
		if c.Operator == Phrase {
			m.phrases = append(m.phrases, c.Words())
			continue
		}
		for _, asked := range c.Asked() {
			m.ask(asked)
		}
	}
	if len(m.stems)+len(m.begins)+len(m.phrases) == 0 {
		return nil
	}
	return m
}

func (m *marker) ask(asked Asked) {
	if asked.Begins != "" {
		m.begins = append(m.begins, asked.Begins)
		return
	}
	which := len(m.stems)
	for _, stem := range asked.Stems {
		m.stems[stem] = which
	}
	if asked.Number != "" {
		for _, part := range strings.Fields(asked.Number) {
			m.stems[part] = which
		}
	}
}

// mark is one marked range of a text and what it answers, which is only compared.
type mark struct {
	start, end int
	which      int
}

// marks finds the marked ranges of a text, in order and without overlap.
func (m *marker) marks(text string) []mark {
	tokens := Tokens(text)
	var marks []mark
	for i := 0; i < len(tokens); i++ {
		if n, which := m.phraseAt(tokens[i:]); n > 0 {
			marks = append(marks, mark{tokens[i].Start, tokens[i+n-1].End, which})
			i += n - 1
		} else if which := m.wordAt(tokens[i].Folded); which >= 0 {
			marks = append(marks, mark{tokens[i].Start, tokens[i].End, which})
		}
	}
	return marks
}

func (m *marker) phraseAt(tokens []Token) (length, which int) {
	for i, phrase := range m.phrases {
		if len(phrase) > len(tokens) || len(phrase) <= length {
			continue
		}
		same := slices.EqualFunc(tokens[:len(phrase)], phrase, func(t Token, word string) bool { return t.Folded == word })
		if same {
			length, which = len(phrase), -2-i
		}
	}
	return length, which
}

// wordAt is which of the words asked a word answers, -1 for none.
func (m *marker) wordAt(folded string) int {
	for _, stem := range m.stemsOf(folded) {
		if which, ok := m.stems[stem]; ok {
			return which
		}
		for i, begins := range m.begins {
			if strings.HasPrefix(stem, begins) {
				return len(m.stems) + i
			}
		}
	}
	return -1
}

// stemsOf is under what a word of this document is indexed.
func (m *marker) stemsOf(folded string) []string {
	switch m.language {
	case "fr":
		return []string{folded, string(stemFrench([]byte(folded)))}
	case "en":
		return []string{folded, string(stemEnglish([]byte(folded)))}
	}
	return Stems(folded)
}

// whole is a short part entire, marked or not.
func (m *marker) whole(part Part, text string) []Fragment {
	if text == "" {
		return nil
	}
	return []Fragment{cutSegments(part, text, 0, len(text), m.marks(text))}
}

// pieces are the richest pieces of a text, in its order; none where nothing is marked.
func (m *marker) pieces(part Part, text string) []Fragment {
	marks := m.marks(text)
	var chosen []int // first marks of the pieces
	for len(chosen) < fragmentLimit {
		best, bestScore := -1, 0
		for i := range marks {
			if overlaps(marks, chosen, i) {
				continue
			}
			if score := richness(marks[i:]); score > bestScore {
				best, bestScore = i, score
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, best)
	}
	slices.Sort(chosen)
	var fragments []Fragment
	for _, i := range chosen {
		start, end := around(text, marks[i].start, spanEnd(marks[i:]))
		fragments = append(fragments, cutSegments(part, text, start, end, marks))
	}
	return fragments
}

// richness counts the different answers first, then all of them, within one piece from the first mark on.
func richness(marks []mark) int {
	different := map[int]bool{}
	all := 0
	for _, one := range marks {
		if one.end-marks[0].start > fragmentSize {
			break
		}
		different[one.which] = true
		all++
	}
	return 100*len(different) + min(all, 99)
}

func spanEnd(marks []mark) int {
	end := marks[0].end
	for _, one := range marks {
		if one.end-marks[0].start > fragmentSize {
			break
		}
		end = one.end
	}
	return end
}

func overlaps(marks []mark, chosen []int, i int) bool {
	for _, c := range chosen {
		if distance := marks[i].start - marks[c].start; distance < 2*fragmentSize && distance > -2*fragmentSize {
			return true
		}
	}
	return false
}

// around widens a range to the size of a piece, ending between words and never inside a character.
func around(text string, start, end int) (int, int) {
	spare := max(fragmentSize-(end-start), 0)
	from, to := max(start-spare/2, 0), min(end+spare-spare/2, len(text))
	for from > 0 && from < start && text[from-1] != ' ' && text[from-1] != '\n' {
		from++
	}
	for to < len(text) && to > end && text[to] != ' ' && text[to] != '\n' {
		to--
	}
	for from > 0 && from < len(text) && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	return from, to
}

// cutSegments cuts a range of a text at its marks.
func cutSegments(part Part, text string, from, to int, marks []mark) Fragment {
	f := Fragment{Part: part}
	if from > 0 {
		f.Cut |= CutBefore
	}
	if to < len(text) {
		f.Cut |= CutAfter
	}
	add := func(start, end int, marked bool) {
		if start < end {
			f.Segments = append(f.Segments, Segment{Text: text[start:end], Marked: marked})
		}
	}
	at := from
	for _, one := range marks {
		if one.start < from || one.end > to {
			continue
		}
		add(at, one.start, false)
		add(one.start, one.end, true)
		at = one.end
	}
	add(at, to, false)
	return f
}
