package desktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"chancery/correspondence"
)

func aChangeOutlivesTheProcess(ctx context.Context, open Opener) error {
	var version uint64
	err := withStore(func(ctx context.Context, d desk) (err error) {
		version, err = d.put(ctx, drafts, "a", 0, "kept")
		return errors.Join(err, d.putNew(ctx, drafts, "b"), d.putNew(ctx, reads, "r"), d.Remove(ctx, d.owner, drafts, "b"),
			d.Clear(ctx, d.owner, []correspondence.Shelf{reads}, marks, correspondence.Item{Key: "m", Value: []byte("marked")}))
	})(ctx, open)
	return errors.Join(err, withStore(func(ctx context.Context, d desk) error {
		return errors.Join(d.holds(ctx, drafts, "a", "kept", version), d.shelf(ctx, drafts, "a"), d.shelf(ctx, reads), d.holds(ctx, marks, "m", "marked", 0))
	})(ctx, open))
}

// together runs n calls at the same time and returns their errors.
func together(n int, call func(i int) error) []error {
	faults := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { faults[i] = call(i) })
	}
	all.Wait()
	return faults
}

func oneOfManyWins(ctx context.Context, d desk) error {
	for round := range 10 {
		key := fmt.Sprint("contended ", round)
		first, err := d.put(ctx, drafts, key, 0, "first")
		if err != nil {
			return err
		}
		wins := 0
		for _, err := range together(16, func(i int) error {
			_, err := d.put(ctx, drafts, key, first, fmt.Sprint("by ", i))
			return err
		}) {
			if err == nil {
				wins++
			} else if err := refused("put over a version just replaced", err, correspondence.ErrStale); err != nil {
				return err
			}
		}
		if wins != 1 {
			return fmt.Errorf("%d of 16 replaced the same version, want 1", wins)
		}
	}
	return nil
}

// concurrentChangesAllStand lets many owners change at once, some of it refused, and looks after reopening whether any answer was wrong.
func concurrentChangesAllStand(ctx context.Context, open Opener) error {
	const callers, rounds = 16, 8
	err := withStore(func(ctx context.Context, d desk) error {
		return errors.Join(together(callers, func(i int) error {
			own := desk{d.DeskStore, correspondence.Owner(i)}
			for round := range rounds {
				if err := own.putNew(ctx, drafts, fmt.Sprint(round)); err != nil {
					return err
				}
				_, stale := own.put(ctx, drafts, "0", 1000, "late")
				if err := refused("put late among many", stale, correspondence.ErrStale); err != nil {
					return err
				}
			}
			return own.Remove(ctx, own.owner, drafts, "7")
		})...)
	})(ctx, open)
	return errors.Join(err, withStore(func(ctx context.Context, d desk) error {
		return errors.Join(together(callers, func(i int) error {
			own := desk{d.DeskStore, correspondence.Owner(i)}
			return errors.Join(own.shelf(ctx, drafts, "0", "1", "2", "3", "4", "5", "6"), own.holds(ctx, drafts, "0", "value of 0", 0))
		})...)
	})(ctx, open))
}

func anEndedContextChangesNothing(ctx context.Context, d desk) error {
	if err := d.putNew(ctx, drafts, "a"); err != nil {
		return err
	}
	ended, end := context.WithCancel(ctx)
	end()
	_, put := d.put(ended, drafts, "b", 0, "late")
	_, get := d.Get(ended, d.owner, drafts, "a")
	_, list := d.List(ended, d.owner, drafts)
	return errors.Join(refused("put", put, context.Canceled), refused("get", get, context.Canceled), refused("list", list, context.Canceled),
		refused("remove", d.Remove(ended, d.owner, drafts), context.Canceled),
		refused("clear", d.Clear(ended, d.owner, []correspondence.Shelf{drafts}, marks), context.Canceled),
		d.shelf(ctx, drafts, "a"))
}

func closedIsClosed(ctx context.Context, open Opener) error {
	store, err := open()
	if err != nil {
		return err
	}
	d := desk{store, 7}
	if err := errors.Join(d.putNew(ctx, drafts, "a"), store.Close(), store.Close()); err != nil {
		return err
	}
	_, put := d.put(ctx, drafts, "b", 0, "late")
	_, get := d.Get(ctx, d.owner, drafts, "a")
	_, list := d.List(ctx, d.owner, drafts)
	return errors.Join(refused("put", put, correspondence.ErrClosed), refused("get", get, correspondence.ErrClosed),
		refused("list", list, correspondence.ErrClosed), refused("remove", d.Remove(ctx, d.owner, drafts), correspondence.ErrClosed),
		refused("clear", d.Clear(ctx, d.owner, nil, marks), correspondence.ErrClosed))
}

// agreesWithPlainMap makes 300 changes drawn from a fixed seed, reopening now and then, beside a map.
func agreesWithPlainMap(ctx context.Context, open Opener) error {
	draw := rand.New(rand.NewPCG(1861, 7))
	model := plain{}
	for range 3 {
		if err := withStore(func(ctx context.Context, d desk) error { return course(ctx, draw, d.DeskStore, model) })(ctx, open); err != nil {
			return err
		}
	}
	return nil
}

// plain is what the store should hold: shelf by owner and name, item by key.
type plain map[string]map[string]correspondence.Item

func course(ctx context.Context, draw *rand.Rand, store correspondence.DeskStore, model plain) error {
	for step := range 100 {
		d := desk{store, correspondence.Owner(draw.IntN(3))}
		shelf := []correspondence.Shelf{drafts, reads, marks}[draw.IntN(3)]
		name := fmt.Sprint(d.owner, shelf)
		if model[name] == nil {
			model[name] = map[string]correspondence.Item{}
		}
		if err := oneChange(ctx, draw, d, shelf, model[name]); err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
		if err := d.shelf(ctx, shelf, slices.Sorted(maps.Keys(model[name]))...); err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
		for key, item := range model[name] {
			if err := d.holds(ctx, shelf, key, string(item.Value), item.Version); err != nil {
				return fmt.Errorf("step %d: %w", step, err)
			}
		}
	}
	return nil
}

func oneChange(ctx context.Context, draw *rand.Rand, d desk, shelf correspondence.Shelf, held map[string]correspondence.Item) error {
	key := fmt.Sprint("k", draw.IntN(5))
	standing, there := held[key]
	switch draw.IntN(8) {
	case 0:
		delete(held, key)
		return d.Remove(ctx, d.owner, shelf, key)
	case 1:
		clear(held)
		return d.Remove(ctx, d.owner, shelf)
	}
	over := []uint64{standing.Version, correspondence.AnyVersion, 0, standing.Version + 1}[draw.IntN(4)]
	value := fmt.Sprint(draw.Uint64())
	version, err := d.put(ctx, shelf, key, over, value)
	if over == correspondence.AnyVersion || over == standing.Version || !there && over == 0 {
		held[key] = correspondence.Item{Key: key, Version: version, Value: []byte(value)}
		return err
	}
	return refused(fmt.Sprintf("put over %d where %d stands", over, standing.Version), err, correspondence.ErrStale)
}
