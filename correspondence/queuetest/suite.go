// Package queuetest is what every engine of postal.Queue must pass.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence/postal"
)

// Opener opens one and the same queue each time it is called; it is never asked to while the queue is open.
type Opener func(postal.Bounds) (postal.Queue, error)

// Run puts an engine to every check. Fresh gives each check an opener of a queue of its own, empty.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), fresh(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one demand of the contract; it returns what was broken.
type check struct {
	name string
	run  func(ctx context.Context, open Opener) error
}

func checks() []check {
	return []check{
		{"what was put waits, in its order", whatWasPutWaits},
		{"the same key is one item", sameKeyIsOne},
		{"what is postponed is not due", postponedIsNotDue},
		{"bounds hold", boundsHold},
		{"a change outlives the process", changeOutlivesProcess},
		{"many at once all wait", manyAtOnce},
		{"an ended context changes nothing", endedContext},
		{"closed is closed", closedIsClosed},
	}
}

// noon is the time of every check.
func noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

func mail(n int) postal.Item {
	return postal.Item{Key: fmt.Sprintf("mail %03d", n), Raw: []byte(strings.Repeat("x", n) + "\r\n"),
		Envelope: postal.Envelope{From: "a@example.org", To: []string{"dam@essai.example"}, At: noon(), Peer: "192.0.2.1", Helo: "example.org", TLS: "1.3"}}
}

func putAll(ctx context.Context, q postal.Queue, items ...postal.Item) error {
	for _, item := range items {
		if err := q.Put(ctx, item); err != nil {
			return err
		}
	}
	return nil
}

// expect compares what is due with the keys that should be.
func expect(ctx context.Context, q postal.Queue, at time.Time, keys ...string) error {
	due, err := q.Due(ctx, at, 1000, 1<<20)
	if err != nil {
		return err
	}
	var got []string
	for _, item := range due {
		got = append(got, item.Key)
	}
	if !slices.Equal(got, keys) {
		return fmt.Errorf("due are %q, not %q", got, keys)
	}
	return nil
}

func with(ctx context.Context, open Opener, bounds postal.Bounds, use func(postal.Queue) error) error {
	q, err := open(bounds)
	if err != nil {
		return err
	}
	return errors.Join(use(q), q.Close())
}

func whatWasPutWaits(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{}, func(q postal.Queue) error {
		if err := putAll(ctx, q, mail(30), mail(20), mail(10)); err != nil {
			return err
		}
		if err := expect(ctx, q, noon(), "mail 030", "mail 020", "mail 010"); err != nil {
			return err
		}
		one, err := q.Due(ctx, noon(), 1, 1<<20)
		few, failed := q.Due(ctx, noon(), 10, 40)
		if err != nil || failed != nil || len(one) != 1 || len(few) != 2 {
			return fmt.Errorf("%d of at most 1, %d of at most 40 bytes; %w %w", len(one), len(few), err, failed)
		}
		if want := mail(30); string(one[0].Raw) != string(want.Raw) || one[0].Envelope.From != want.Envelope.From || !one[0].Envelope.At.Equal(noon()) ||
			!slices.Equal(one[0].Envelope.To, want.Envelope.To) || one[0].Envelope.Peer+one[0].Envelope.Helo+one[0].Envelope.TLS != "192.0.2.1example.org1.3" {
			return fmt.Errorf("came back as %+v", one[0])
		}
		one[0].Raw[0] = 'y'
		if again, err := q.Due(ctx, noon(), 1, 1); err != nil || again[0].Raw[0] != 'x' {
			return fmt.Errorf("the bytes are not the caller's own: %w", err)
		}
		return errors.Join(q.Remove(ctx, "mail 020", "mail 999"), expect(ctx, q, noon(), "mail 030", "mail 010"))
	})
}

func sameKeyIsOne(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{}, func(q postal.Queue) error {
		if err := putAll(ctx, q, mail(1), mail(2), mail(1)); err != nil {
			return err
		}
		if load, _ := q.Load(); load != (postal.Load{Items: 2, Bytes: 7}) {
			return fmt.Errorf("load %+v", load)
		}
		return expect(ctx, q, noon(), "mail 001", "mail 002")
	})
}

func postponedIsNotDue(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{}, func(q postal.Queue) error {
		later := noon().Add(time.Hour)
		if err := errors.Join(putAll(ctx, q, mail(1), mail(2)), q.Postpone(ctx, "mail 001", later, "busy"), q.Postpone(ctx, "mail 999", later, "gone")); err != nil {
			return err
		}
		if err := errors.Join(expect(ctx, q, noon(), "mail 002"), expect(ctx, q, later, "mail 001", "mail 002")); err != nil {
			return err
		}
		due, err := q.Due(ctx, later, 1, 1)
		if err != nil || due[0].Tries != 1 || due[0].Note != "busy" || string(due[0].Raw) != string(mail(1).Raw) {
			return fmt.Errorf("postponed as %+v: %w", due, err)
		}
		return nil
	})
}

func boundsHold(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{Items: 3, Bytes: 50}, func(q postal.Queue) error {
		if err := putAll(ctx, q, mail(10), mail(11)); err != nil {
			return err
		}
		if err := q.Put(ctx, mail(30)); !errors.Is(err, postal.ErrFull) {
			return fmt.Errorf("beyond the bytes: %w", err)
		}
		if err := putAll(ctx, q, mail(12), mail(11)); err != nil {
			return err
		}
		if err := q.Put(ctx, mail(1)); !errors.Is(err, postal.ErrFull) {
			return fmt.Errorf("beyond the count: %w", err)
		}
		return errors.Join(q.Remove(ctx, "mail 011"), q.Put(ctx, mail(1)), expect(ctx, q, noon(), "mail 010", "mail 012", "mail 001"))
	})
}

func changeOutlivesProcess(ctx context.Context, open Opener) error {
	err := with(ctx, open, postal.Bounds{}, func(q postal.Queue) error {
		return errors.Join(putAll(ctx, q, mail(5), mail(6), mail(7)), q.Remove(ctx, "mail 006"), q.Postpone(ctx, "mail 007", noon().Add(time.Hour), "later"))
	})
	if err != nil {
		return err
	}
	return with(ctx, open, postal.Bounds{Items: 2}, func(q postal.Queue) error {
		if load, bounds := q.Load(); load != (postal.Load{Items: 2, Bytes: 16}) || bounds != (postal.Bounds{Items: 2}) {
			return fmt.Errorf("opened again with %+v of %+v", load, bounds)
		}
		if err := q.Put(ctx, mail(8)); !errors.Is(err, postal.ErrFull) {
			return fmt.Errorf("what waited is not counted: %w", err)
		}
		return expect(ctx, q, noon(), "mail 005")
	})
}

func manyAtOnce(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{Items: 150}, func(q postal.Queue) error {
		var wait sync.WaitGroup
		var mu sync.Mutex
		full := 0
		for n := range 200 {
			wait.Go(func() {
				if err := q.Put(ctx, mail(n)); err != nil {
					mu.Lock()
					defer mu.Unlock()
					full++
				}
			})
		}
		wait.Wait()
		due, err := q.Due(ctx, noon(), 1000, 1<<20)
		if err != nil || len(due) != 150 || full != 50 {
			return fmt.Errorf("%d wait and %d were refused: %w", len(due), full, err)
		}
		return nil
	})
}

func endedContext(ctx context.Context, open Opener) error {
	return with(ctx, open, postal.Bounds{}, func(q postal.Queue) error {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := q.Put(ended, mail(1)); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("put in an ended context: %w", err)
		}
		return expect(ctx, q, noon())
	})
}

func closedIsClosed(ctx context.Context, open Opener) error {
	q, err := open(postal.Bounds{})
	if err != nil {
		return err
	}
	if err := errors.Join(q.Close(), q.Close()); err != nil {
		return err
	}
	_, reading := q.Due(ctx, noon(), 1, 1)
	for what, err := range map[string]error{"put": q.Put(ctx, mail(1)), "remove": q.Remove(ctx, "x"), "due": reading} {
		if !errors.Is(err, postal.ErrClosed) {
			return fmt.Errorf("%s after close: %w", what, err)
		}
	}
	return nil
}
