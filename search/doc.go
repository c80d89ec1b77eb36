// Package search is the unified search and the teleprinter: one order of all messages, one language to ask for them, and one contract for the engines
// that keep their words.
//
// The index has two halves. An engine (search/bleveindex) holds words, never rights. Rows hold order and rights in memory: per message its reading
// time, sequence, length, kind, origin and one atomic word that names an immutable marking. A share, an added addressee or a changed level swaps that
// word, so it takes effect on the next read, and no word index is touched.
//
// Everything a reader is told (feed, totals, order, facets, cursors, highlights) is computed from what habilitation.Perimeter.Admits lets through,
// document frequencies and average lengths included: two houses that differ only in what a reader may not see give that reader equal answers.
//
// The life of a message here:
//
//	rows.Append(documents)            // at release, before the writer is answered: the feed has it at once
//	index.Apply(ctx, through, documents) // within moments: the words follow, durable together with the progress
//	rows.Mark(id, marking)            // shared, addressed, raised: immediate
//	index.Find(ctx, perimeter, query) // asked in the grammar of ParseQuery, never in the engine's
//
// Neither half is a truth: both are folds of the journal and may be deleted and rebuilt.
package search
