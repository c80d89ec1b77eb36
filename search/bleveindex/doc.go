// Package bleveindex keeps the words of messages in Bleve's scorch segments and answers with an executor of its own.
//
// Of Bleve it takes the storage engine only: term dictionaries and memory-mapped bitmaps per immutable segment. It stores no text, no frequency, no
// position, no right and no order. A document's identity there is its journal sequence in 8 bytes, and its fields are
//
//	t   every word's stem            t2  stems that stand twice       t4  stems that stand four times
//	s   stems of the subject         x   words that stemming changed  n   every way to write its numbers
//	o   the ways to ask for it by a number of its own
//
// A question intersects bitmaps, turns document numbers into slots of search.Rows through an array per segment, asks the search.View of the reader's
// perimeter, and only then counts, scores and keeps the best. Bleve's query parser, collectors, facets and highlighter are not used at all.
//
// On disk, under the folder the index is opened with, readable by its owner alone:
//
//	words/        the index in use: root.bolt and *.zap
//	words.new/    one that is being built beside it
//	words.aside/  the last one that could not be used
//
// The index is a fold of the journal: one that is damaged, of another revision or ahead of the journal is set aside, and Progress is 0 again.
package bleveindex
