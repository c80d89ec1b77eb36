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

// Highlight is what a Highlighter of the query shows of one document.
func Highlight(d *Document, q Query) []Fragment { return NewHighlighter(q).Document(d) }

// Document marks where a document answers the query: its subject whole, and the pieces of summary and text where most of what was asked stands
// together. It reads with the analysis that indexed the document. Without words in the query there is nothing to show.
func (m *Highlighter) Document(d *Document) []Fragment {
	if len(m.stems)+len(m.begins)+len(m.phrases) == 0 {
		return nil
	}
	m.language = d.Language
	fragments := m.whole(PartSubject, d.Subject)
	for _, part := range [...]struct {
		part Part
		text string
	}{{PartSummary, d.Summary}, {PartText, d.Text}, {PartFiles, d.Files}} {
		if len(fragments) > fragmentLimit {
			break
		}
		fragments = append(fragments, m.pieces(part.part, part.text)...)
	}
	return fragments
}

// Highlighter knows the words and phrases that a query marks. It is made once for all the hits of a page, and serves one of them at a time.
type Highlighter struct {
	language string         // of the document at hand
	stems    map[string]int // stem or folded word: which of the words asked
	begins   []string
	phrases  []Succession
	scratch  []byte
}

// NewHighlighter reads what the query asks for.
func NewHighlighter(q Query) *Highlighter {
	m := &Highlighter{stems: map[string]int{}}
	for _, c := range q.Effective() {
		if c.Not || !c.AsksWords() {
			continue
		}
		if c.Operator == Phrase {
			m.phrases = append(m.phrases, NewSuccession(c.Words()))
			continue
		}
		for _, asked := range c.Asked() {
			m.ask(asked)
		}
	}
	return m
}

func (m *Highlighter) ask(asked Asked) {
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
func (m *Highlighter) marks(text string) []mark {
	var marks []mark
	phrases := followers(m.phrases)
	for s := (scanner{text: text, folded: m.scratch}); s.next(); m.scratch = s.folded {
		if start, which, complete := phrases.read(s.start, s.folded); complete {
			for len(marks) > 0 && marks[len(marks)-1].start >= start {
				marks = marks[:len(marks)-1] // words of the phrase that were marked by themselves
			}
			if len(marks) == 0 || marks[len(marks)-1].end <= start {
				marks = append(marks, mark{start, s.end, -2 - which})
				continue
			}
		}
		if which := m.wordAt(s.folded); which >= 0 {
			marks = append(marks, mark{s.start, s.end, which})
		}
	}
	return marks
}

// phraseFollower follows one phrase through a text.
type phraseFollower struct {
	Succession
	followed int   // how many of its words the last words are
	starts   []int // where the last words stand, as many as the phrase has
	seen     int
}

type phraseFollowers []phraseFollower

func followers(phrases []Succession) phraseFollowers {
	all := make(phraseFollowers, len(phrases))
	for i, phrase := range phrases {
		all[i] = phraseFollower{Succession: phrase, starts: make([]int, len(phrase.words))}
	}
	return all
}

// read takes the next word and reports the phrase that it completes, and where that begins.
func (f phraseFollowers) read(at int, folded []byte) (start, which int, complete bool) {
	for i := range f {
		one := &f[i]
		one.starts[one.seen%len(one.words)] = at
		one.seen++
		one.followed = one.follow(one.followed, folded)
		if one.followed == len(one.words) && !complete {
			start, which, complete = one.starts[one.seen%len(one.words)], i, true
		}
	}
	return start, which, complete
}

// wordAt is which of the words asked a folded word answers, -1 for none. The folded word is not kept, but may be changed.
func (m *Highlighter) wordAt(folded []byte) int {
	var kept [tokenLimit + 4]byte
	word := kept[:copy(kept[:], folded)]
	which := m.answers(word)
	if which < 0 && m.language != "en" {
		which = m.answers(stemFrench(folded))
		folded = append(folded[:0], word...)
	}
	if which < 0 && m.language != "fr" {
		which = m.answers(stemEnglish(folded))
	}
	return which
}

func (m *Highlighter) answers(stem []byte) int {
	if which, ok := m.stems[string(stem)]; ok {
		return which
	}
	for i, begins := range m.begins {
		if len(stem) >= len(begins) && string(stem[:len(begins)]) == begins {
			return len(m.stems) + i
		}
	}
	return -1
}

// whole is a short part entire, marked or not.
func (m *Highlighter) whole(part Part, text string) []Fragment {
	if text == "" {
		return nil
	}
	return []Fragment{cutSegments(part, text, 0, len(text), m.marks(text))}
}

// pieces are the richest pieces of a text, in its order; none where nothing is marked.
func (m *Highlighter) pieces(part Part, text string) []Fragment {
	marks := m.marks(text)
	scores := richness(marks)
	var chosen []int // first marks of the pieces
	for len(chosen) < fragmentLimit {
		best, bestScore := -1, 0
		for i, score := range scores {
			if score > bestScore && !overlaps(marks, chosen, i) {
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

// richness is the score of the piece that begins at each mark: the different answers in it first, then all of them. The piece moves on from mark
// to mark, so that each is counted in once and out once.
func richness(marks []mark) []int {
	scores := make([]int, len(marks))
	inside := make(map[int]int, 16) // answers of the piece, by what they answer
	end := 0
	for i, first := range marks {
		for ; end < len(marks) && marks[end].end-first.start <= fragmentSize; end++ {
			inside[marks[end].which]++
		}
		scores[i] = 100*len(inside) + min(end-i, 99)
		if end == i { // longer than a piece by itself
			end++
			continue
		}
		if inside[first.which]--; inside[first.which] == 0 {
			delete(inside, first.which)
		}
	}
	return scores
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
