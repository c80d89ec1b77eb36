package main

import (
	"context"
	"iter"
	"time"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/search"
)

// reindexCommand builds the index anew.
type reindexCommand struct{}

// Run builds an index beside the one in use and swaps the two when the new one is complete.
func (reindexCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		if err := house.Chancery.Settled(s.ctx); err != nil { // nothing else writes to the index meanwhile
			return err
		}
		begun := time.Now()
		m, count := s.meter("messages", int64(house.Chancery.Folds.Ledger.Count())), 0
		err := house.Index.Rebuild(s.ctx, batches(s.ctx, house.Journal, house.Vault), func(_ uint64, documents int) {
			count = documents
			m.reach(int64(documents))
		})
		m.end()
		if err != nil {
			return err
		}
		s.say("reindexed", count, time.Since(begun).Round(time.Millisecond))
		return s.answer(struct {
			Messages int     `json:"messages"`
			Seconds  float64 `json:"seconds"`
		}{count, time.Since(begun).Seconds()})
	})
}

// batches are the messages of the journal as an index takes them.
func batches(ctx context.Context, journal archive.Journal, vault archive.Vault) iter.Seq2[search.Batch, error] {
	return func(yield func(search.Batch, error) bool) {
		enough := false
		err := correspondence.Reindexed(ctx, journal, vault, func(through uint64, documents []search.Document) error {
			if enough = !yield(search.Batch{Through: through, Documents: documents}, nil); enough {
				return context.Canceled
			}
			return nil
		})
		if err != nil && !enough {
			yield(search.Batch{}, err)
		}
	}
}
