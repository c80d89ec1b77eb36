package correspondence

import (
	"context"
	"errors"
	"time"
)

// dueSource is a part of the house that has something to decide when a moment comes: a word to sign, a deadline, an alert.
type dueSource interface {
	// dueNext is the next moment at which something is to be decided, as the folds stand; zero when nothing waits. It may lie in the past.
	dueNext(now time.Time) time.Time
	// decideDue decides everything that is due by now, through the same doors as everybody: afterwards dueNext lies beyond now. What cannot be
	// decided now and is to be tried again is an error.
	decideDue(ctx context.Context, now time.Time) error
}

// dueSources are all that the house's clock watches.
func (c *Chancery) dueSources() []dueSource { return []dueSource{holds{c}, matters{c}} }

const (
	clockRest  = time.Minute // at the longest: the clock on the wall may be set
	clockRetry = time.Second // after something that could not be decided
)

// keepClock is the house's clock: it sleeps until the next moment that any fold waits for and decides what is due. It keeps nothing of its
// own, so that after a restart, however the last run ended, it goes on where the journal stands.
func (c *Chancery) keepClock() {
	defer c.done.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		news := c.arrived.wait()
		timer.Reset(c.untilDue(ctx))
		select {
		case <-c.stop:
			return
		case <-c.stopped():
			return
		case <-news:
		case <-timer.C:
		}
	}
}

// untilDue decides what is due, and says how long nothing else will be.
func (c *Chancery) untilDue(ctx context.Context) time.Duration {
	if err := c.KeepTime(ctx); err != nil {
		if !errors.Is(err, ErrClosing) {
			c.Log.Warn("what is due could not be decided", "why", err.Error())
		}
		return clockRetry
	}
	rest, now := clockRest, c.Clock()
	for _, source := range c.dueSources() {
		if next := source.dueNext(now); !next.IsZero() {
			rest = min(rest, max(next.Sub(now), time.Millisecond))
		}
	}
	return rest
}

// KeepTime decides everything that is due now. The house does so by itself; a command line or a test may ask for it, and it has happened when
// KeepTime returns.
func (c *Chancery) KeepTime(ctx context.Context) error {
	c.ticking.Lock()
	defer c.ticking.Unlock()
	var faults []error
	for _, source := range c.dueSources() {
		now := c.Clock()
		if next := source.dueNext(now); !next.IsZero() && !next.After(now) {
			faults = append(faults, source.decideDue(ctx, now))
		}
	}
	return errors.Join(faults...)
}
