package search

import (
	"context"
	"time"
)

// Batch is what is applied to an index in one step.
type Batch struct {
	Through   uint64 // the journal sequence it reaches
	Documents []Document
}

// Gather hands on what arrives, in as few batches as it waits for: an index takes twenty documents in the time of one. A batch goes out when limit
// documents are in it, or when the first has waited for the duration; while one is being applied the next one gathers. It ends when the channel is
// closed or the context is, with what was gathered applied in the first case only.
func Gather(ctx context.Context, arriving <-chan Batch, limit int, wait time.Duration, apply func(context.Context, Batch) error) error {
	for {
		batch, open, err := gatherOne(ctx, arriving, limit, wait)
		if err != nil {
			return err
		}
		if batch.Through > 0 {
			if err := apply(ctx, batch); err != nil {
				return err
			}
		}
		if !open {
			return nil
		}
	}
}

func gatherOne(ctx context.Context, arriving <-chan Batch, limit int, wait time.Duration) (batch Batch, open bool, err error) {
	var due <-chan time.Time
	for len(batch.Documents) < limit {
		select {
		case <-ctx.Done():
			return batch, false, ctx.Err()
		case <-due:
			return batch, true, nil
		case one, ok := <-arriving:
			if !ok {
				return batch, false, nil
			}
			batch.Through = max(batch.Through, one.Through)
			batch.Documents = append(batch.Documents, one.Documents...)
			if due == nil {
				timer := time.NewTimer(wait)
				defer timer.Stop()
				due = timer.C
			}
		}
	}
	return batch, true, nil
}
