package search_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"chancery/search"
)

func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arriving := make(chan search.Batch)
		var got []search.Batch
		done := make(chan error)
		go func() {
			done <- search.Gather(t.Context(), arriving, 4, 50*time.Millisecond, func(_ context.Context, b search.Batch) error {
				got = append(got, b)
				return nil
			})
		}()
		send := func(through uint64, documents int) {
			arriving <- search.Batch{Through: through, Documents: make([]search.Document, documents)}
		}
		for seq := uint64(1); seq <= 5; seq++ { // the fourth fills a batch
			send(seq, 1)
		}
		time.Sleep(60 * time.Millisecond) // the fifth has waited long enough
		send(9, 0)                        // an act without a document moves the progress too
		close(arriving)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || len(got[0].Documents) != 4 || got[0].Through != 4 || len(got[1].Documents) != 1 || got[1].Through != 5 || got[2].Through != 9 {
			t.Errorf("batches %+v", got)
		}
	})
}

func TestGatherEnds(t *testing.T) {
	broken := errors.New("broken")
	arriving := make(chan search.Batch, 1)
	arriving <- search.Batch{Through: 1}
	if err := search.Gather(t.Context(), arriving, 1, time.Millisecond, func(context.Context, search.Batch) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("gather: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := search.Gather(ctx, make(chan search.Batch), 1, time.Millisecond, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("gather: %v", err)
	}
}
