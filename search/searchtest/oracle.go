package searchtest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"chancery/habilitation"
	"chancery/search"
)

// Oracle answers every question by going through all messages, one after the other. It is an engine too, and serves as the texts of others.
type Oracle struct {
	rows *search.Rows

	mu        sync.Mutex
	documents map[uint64]search.Document // what the house released, by sequence
	applied   map[uint64]search.Document
	progress  uint64
}

var (
	_ search.Index = (*Oracle)(nil)
	_ search.Texts = (*Oracle)(nil)
)

// NewOracle answers from the order and rights of rows, as they are at each question.
func NewOracle(rows *search.Rows) *Oracle {
	return &Oracle{rows: rows, documents: map[uint64]search.Document{}, applied: map[uint64]search.Document{}}
}

// Apply implements search.Index.
func (o *Oracle) Apply(_ context.Context, through uint64, documents []search.Document) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if through <= o.progress {
		return nil
	}
	for _, d := range documents {
		o.applied[d.Seq], o.documents[d.Seq] = d, d
	}
	o.progress = through
	return nil
}

// Progress implements search.Index.
func (o *Oracle) Progress(context.Context) (uint64, error) { return o.progress, nil }

// Close implements search.Index.
func (o *Oracle) Close() error { return nil }

// Text implements search.Texts.
func (o *Oracle) Text(_ context.Context, seq uint64) (search.Document, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d, ok := o.documents[seq]
	if !ok {
		return search.Document{}, search.ErrUnknown
	}
	return d, nil
}

// candidate is one admitted message with all that a question may ask about.
type candidate struct {
	row   search.Row
	text  search.Document
	terms search.Terms
	score float64
}

// Find implements search.Index.
func (o *Oracle) Find(_ context.Context, p *habilitation.Perimeter, q search.Query) (search.Found, error) {
	hits := o.hits(o.admitted(p), q)
	start := 0
	if !q.After.IsZero() {
		at := slices.IndexFunc(hits, func(c candidate) bool { return c.row.ID == q.After })
		if at < 0 {
			return search.Found{}, search.ErrUnknown
		}
		start = at + 1
	}
	found := search.Found{Total: len(hits), Facets: facetsOf(hits)}
	end := min(start+q.PageSize(), len(hits))
	for _, c := range hits[start:end] {
		found.Hits = append(found.Hits, search.Hit{ID: c.row.ID, Seq: c.row.Seq, Fragments: search.Highlight(&c.text, q)})
	}
	if end < len(hits) && end > start {
		found.Next = hits[end-1].row.ID
	}
	return found, nil
}

// admitted lists what the perimeter admits, with the words of what was applied.
func (o *Oracle) admitted(p *habilitation.Perimeter) []candidate {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []candidate
	for seq := range o.documents {
		row, known := o.rows.Row(o.documents[seq].ID)
		if !known || !p.Admits(&row.Marking) {
			continue
		}
		c := candidate{row: row, text: o.applied[seq]}
		c.terms.Read(&c.text)
		all = append(all, c)
	}
	return all
}

// hits are the candidates that meet the query, in order.
func (o *Oracle) hits(admitted []candidate, q search.Query) []candidate {
	length := uint64(0)
	for _, c := range admitted {
		length += uint64(c.row.Length)
	}
	relevance := search.NewRelevance(len(admitted), length)
	asked := q.Wanted()
	counts := make([]int, len(asked))
	for i, one := range asked {
		for _, c := range admitted {
			if c.has(one) {
				counts[i]++
			}
		}
	}
	rarities := relevance.Rarities(counts)
	var hits []candidate
	for _, c := range admitted {
		standing := c.standing(q.Number())
		if !c.meets(q, standing > 0) {
			continue
		}
		if q.Sort == search.ByRelevance {
			for i, one := range asked {
				c.score += relevance.Weight(rarities[i], c.class(one), c.row.Length)
			}
			if standing > 0 {
				c.score = standing
			}
		}
		hits = append(hits, c)
	}
	slices.SortFunc(hits, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.row.Time.Compare(a.row.Time), cmp.Compare(b.row.Seq, a.row.Seq))
	})
	return hits
}

// standing is the score of a message that has the number asked for; 0 for another.
func (c *candidate) standing(number string) float64 {
	if number == "" {
		return 0
	}
	if slices.ContainsFunc(c.text.Own, func(own string) bool { return slices.Contains(search.OwnTerms(own), number) }) {
		return search.ScoreOwnNumber
	}
	if slices.ContainsFunc(c.text.Numbers, func(one string) bool { return slices.Contains(search.NumberTerms(one), number) }) {
		return search.ScoreNumber
	}
	return 0
}

func (c *candidate) meets(q search.Query, numbered bool) bool {
	for _, clause := range q.Effective() {
		if numbered && clause.MetByNumber() {
			continue
		}
		if c.meetsClause(clause) == clause.Not {
			return false
		}
	}
	return true
}

func (c *candidate) meetsClause(clause search.Clause) bool {
	m := c.row.Marking
	switch clause.Operator {
	case search.Tagged:
		return containsAny(slices.Collect(m.Tags), clause.Tags)
	case search.To:
		return containsAny(slices.Collect(m.Audiences), clause.Audiences)
	case search.From:
		return slices.Contains(clause.Audiences, c.row.Origin)
	case search.Type:
		return c.row.Kind == clause.Kind()
	case search.Level:
		return m.Level() == clause.Level()
	case search.Before:
		return c.row.Time.Before(clause.Moment())
	case search.After:
		return !c.row.Time.Before(clause.Moment())
	case search.Phrase:
		return containsInOrder(&c.text, clause.Words())
	}
	for _, one := range clause.Asked() {
		if !c.has(one) {
			return false
		}
	}
	return true
}

// containsInOrder compares the words with every place of every part of the document.
func containsInOrder(d *search.Document, words []string) bool {
	for _, part := range slices.Concat([]string{d.Subject, d.Summary, d.Text}, d.Names, d.Numbers) {
		tokens := search.Tokens(part)
		for from := 0; from+len(words) <= len(tokens) && len(words) > 0; from++ {
			if slices.EqualFunc(tokens[from:from+len(words)], words, func(t search.Token, word string) bool { return t.Folded == word }) {
				return true
			}
		}
	}
	return false
}

func containsAny[T comparable](have, wanted []T) bool {
	return slices.ContainsFunc(wanted, func(w T) bool { return slices.Contains(have, w) })
}

// has reports whether the message has one asked word.
func (c *candidate) has(asked search.Asked) bool {
	if asked.Begins != "" {
		for stem := range c.terms.Stems {
			if strings.HasPrefix(stem, asked.Begins) {
				return true
			}
		}
		for exact := range c.terms.Exact {
			if strings.HasPrefix(exact, asked.Begins) {
				return true
			}
		}
		return false
	}
	if _, numbered := c.terms.Numbers[asked.Number]; numbered && asked.Number != "" {
		return true
	}
	return slices.ContainsFunc(asked.Stems, func(stem string) bool { return c.terms.Stems[stem] > 0 })
}

func (c *candidate) class(asked search.Asked) search.Class {
	count, subject := 0, false
	for _, stem := range asked.Stems {
		count = max(count, int(c.terms.Stems[stem]))
		_, there := c.terms.Subject[stem]
		subject = subject || there
	}
	return search.ClassOf(count, subject)
}

func facetsOf(hits []candidate) search.Facets {
	f := search.Facets{Tags: map[habilitation.TagID]int{}, Audiences: map[habilitation.AudienceID]int{}, Kinds: map[search.Kind]int{},
		Levels: map[habilitation.Level]int{}, Months: map[search.Month]int{}}
	for _, c := range hits {
		for tag := range c.row.Marking.Tags {
			f.Tags[tag]++
		}
		for audience := range c.row.Marking.Audiences {
			f.Audiences[audience]++
		}
		f.Kinds[c.row.Kind]++
		f.Levels[c.row.Marking.Level()]++
		f.Months[search.MonthOf(c.row.Time)]++
	}
	return f
}
