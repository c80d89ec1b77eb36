// Package desktest is what every engine of correspondence.DeskStore must pass.
package desktest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"chancery/correspondence"
)

// Opener opens one and the same store each time it is called; it is never asked to while the store is open.
type Opener func() (correspondence.DeskStore, error)

// Run puts an engine to every check. Fresh gives each check an opener of a store of its own, empty.
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
		{"what was put is there", withStore(whatWasPutIsThere)},
		{"a shelf is listed by key", withStore(aShelfIsListedByKey)},
		{"a version replaces only its own", withStore(aVersionReplacesOnlyItsOwn)},
		{"a version never comes twice", aVersionNeverComesTwice},
		{"owners and shelves are apart", withStore(ownersAndShelvesAreApart)},
		{"versions tell nothing about other owners", withStore(versionsTellNothingAboutOthers)},
		{"removal takes what it names", withStore(removalTakesWhatItNames)},
		{"clear empties and puts at once", withStore(clearEmptiesAndPuts)},
		{"values belong to the caller", withStore(valuesBelongToTheCaller)},
		{"odd keys and values are kept", withStore(oddKeysAndValuesAreKept)},
		{"names must be names", withStore(namesMustBeNames)},
		{"a change outlives the process", aChangeOutlivesTheProcess},
		{"one of many wins", withStore(oneOfManyWins)},
		{"concurrent changes all stand", concurrentChangesAllStand},
		{"an ended context changes nothing", withStore(anEndedContextChangesNothing)},
		{"closed is closed", closedIsClosed},
		{"any course of changes agrees with a plain map", agreesWithPlainMap},
	}
}

// withStore opens the store for a check and closes it afterwards.
func withStore(run func(context.Context, desk) error) func(context.Context, Opener) error {
	return func(ctx context.Context, open Opener) error {
		store, err := open()
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		return errors.Join(run(ctx, desk{store, 7}), store.Close())
	}
}

// desk is a store seen by one owner.
type desk struct {
	correspondence.DeskStore
	owner correspondence.Owner
}

const drafts, reads, marks correspondence.Shelf = "drafts", "reads", "marks"

func (d desk) put(ctx context.Context, shelf correspondence.Shelf, key string, over uint64, value string) (uint64, error) {
	return d.Put(ctx, d.owner, shelf, key, over, []byte(value))
}

// putNew puts several keys with a value each and demands that it works.
func (d desk) putNew(ctx context.Context, shelf correspondence.Shelf, keys ...string) error {
	for _, key := range keys {
		if _, err := d.put(ctx, shelf, key, 0, "value of "+key); err != nil {
			return fmt.Errorf("put new %s: %w", key, err)
		}
	}
	return nil
}

// holds demands one item.
func (d desk) holds(ctx context.Context, shelf correspondence.Shelf, key, value string, version uint64) error {
	item, err := d.Get(ctx, d.owner, shelf, key)
	if err != nil {
		return fmt.Errorf("get %s from %s of %d: %w", key, shelf, d.owner, err)
	}
	if item.Key != key || string(item.Value) != value || version != 0 && item.Version != version {
		return fmt.Errorf("get %s from %s of %d: %q version %d under %q, want %q version %d",
			key, shelf, d.owner, item.Value, item.Version, item.Key, value, version)
	}
	return nil
}

// shelf demands exactly these keys in this order.
func (d desk) shelf(ctx context.Context, shelf correspondence.Shelf, keys ...string) error {
	items, err := d.List(ctx, d.owner, shelf)
	if err != nil {
		return fmt.Errorf("list %s of %d: %w", shelf, d.owner, err)
	}
	found := make([]string, len(items))
	for i, item := range items {
		found[i] = item.Key
		if held, err := d.Get(ctx, d.owner, shelf, item.Key); err != nil || string(held.Value) != string(item.Value) || held.Version != item.Version {
			return fmt.Errorf("list %s of %d: %+v, but get: %+v, %w", shelf, d.owner, item, held, err)
		}
	}
	if fmt.Sprintf("%q", found) != fmt.Sprintf("%q", append([]string{}, keys...)) {
		return fmt.Errorf("list %s of %d: %q, want %q", shelf, d.owner, found, keys)
	}
	return nil
}

// refused demands one sentinel.
func refused(what string, err, want error) error {
	switch {
	case errors.Is(err, want):
		return nil
	case err == nil:
		return fmt.Errorf("%s: done, want %q", what, want.Error())
	}
	return fmt.Errorf("%s: %w, want %q", what, err, want.Error())
}
