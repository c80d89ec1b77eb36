package search

import (
	"context"
	"errors"

	"chancery/habilitation"
)

var (
	// ErrUnknown answers for a cursor that names no message, one that is withheld, or one that is not among what was asked for: the same answer for all.
	ErrUnknown = errors.New("no such message")
	// ErrTooWide is returned when a phrase would have to be looked for in more texts than an engine reads for one question. Totals are exact or not given.
	ErrTooWide = errors.New("the phrase is looked for in too many texts")
	// ErrClosed is returned by an index that was closed.
	ErrClosed = errors.New("the index is closed")
)

// Index keeps the words of messages and answers questions about them. Every engine passes the suite in search/searchtest.
//
// One goroutine applies; any number find. An engine reads order and rights from the Rows it was opened with and MUST NOT keep any of its own.
type Index interface {
	// Apply makes the documents searchable and moves the progress to through, in one durable step: after a crash either both are there or neither.
	// It MUST change nothing when through is not beyond the progress. A document whose Seq was applied before replaces the earlier words.
	Apply(ctx context.Context, through uint64, documents []Document) error
	// Progress is the journal sequence up to which everything was applied; 0 for an index that has to be built.
	Progress(ctx context.Context) (uint64, error)
	// Find answers a resolved query. Totals, order, facets and cursors are computed only from the messages the perimeter admits; totals and facets are exact.
	Find(ctx context.Context, p *habilitation.Perimeter, q Query) (Found, error)
	// Close releases the engine. Nothing applied is lost.
	Close() error
}

// Texts gives an engine the text of a hit, for phrases and highlights; an engine stores none.
type Texts interface {
	// Text returns the document released at a journal sequence.
	Text(ctx context.Context, seq uint64) (Document, error)
}

// Found is the answer to one query.
type Found struct {
	Total  int             // of all pages, exact
	Hits   []Hit           // this page, in the order asked for
	Facets Facets          // counted over all pages
	Next   habilitation.ID // the cursor of the next page; zero when this is the last
}

// Hit is one message that answers.
type Hit struct {
	ID        habilitation.ID
	Seq       uint64     // for fetching; never leaves the house
	Fragments []Fragment // where the words were found; empty when the query has none
}

// Facets counts the hits by what they have in common; values without a hit are absent.
type Facets struct {
	Tags      map[habilitation.TagID]int
	Audiences map[habilitation.AudienceID]int
	Kinds     map[Kind]int
	Levels    map[habilitation.Level]int
	Months    map[Month]int
}

// Fragment is a piece of a hit's text cut into plain and marked segments. It is text: whoever shows it escapes it.
type Fragment struct {
	Part     Part
	Cut      Cut // which ends the piece was cut at
	Segments []Segment
}

// Segment is a run of text that is marked as a match throughout, or not at all.
type Segment struct {
	Text   string
	Marked bool
}

// Part says which part of a message a fragment is taken from.
type Part uint8

// The parts of a message that are highlighted.
const (
	PartSubject Part = 1 + iota
	PartSummary
	PartText
	PartFiles
)

// Cut tells where a fragment does not reach the end of its part.
type Cut uint8

// The ends at which a fragment may be cut.
const (
	CutBefore Cut = 1 << iota
	CutAfter
)
