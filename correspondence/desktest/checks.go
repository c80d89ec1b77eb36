package desktest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chancery/correspondence"
)

func whatWasPutIsThere(ctx context.Context, d desk) error {
	version, err := d.put(ctx, drafts, "a", 0, "first")
	if err != nil || version == 0 {
		return fmt.Errorf("put new: version %d, %w", version, err)
	}
	_, missing := d.Get(ctx, d.owner, drafts, "b")
	second, err := d.put(ctx, drafts, "a", version, "second")
	if err != nil || second <= version {
		return fmt.Errorf("put over %d: version %d, %w", version, second, err)
	}
	return errors.Join(d.holds(ctx, drafts, "a", "second", second), refused("get what was never put", missing, correspondence.ErrNotThere))
}

func aShelfIsListedByKey(ctx context.Context, d desk) error {
	if err := d.shelf(ctx, drafts); err != nil {
		return err
	}
	return errors.Join(d.putNew(ctx, drafts, "m", "b", "aa", "a", "z", "é", "Z"), d.shelf(ctx, drafts, "Z", "a", "aa", "b", "m", "z", "é"))
}

func aVersionReplacesOnlyItsOwn(ctx context.Context, d desk) error {
	first, err1 := d.put(ctx, drafts, "a", 0, "first")
	second, err2 := d.put(ctx, drafts, "a", first, "second")
	_, twiceNew := d.put(ctx, drafts, "a", 0, "again")
	_, stale := d.put(ctx, drafts, "a", first, "late")
	_, early := d.put(ctx, drafts, "a", second+5, "early")
	_, absent := d.put(ctx, drafts, "b", first, "over nothing")
	kept := d.holds(ctx, drafts, "a", "second", second)
	third, err3 := d.put(ctx, drafts, "a", correspondence.AnyVersion, "third")
	_, err4 := d.put(ctx, drafts, "c", correspondence.AnyVersion, "new")
	return errors.Join(err1, err2, err3, err4, kept,
		refused("put new where something stands", twiceNew, correspondence.ErrStale),
		refused("put over an older version", stale, correspondence.ErrStale),
		refused("put over a version to come", early, correspondence.ErrStale),
		refused("put over a version of nothing", absent, correspondence.ErrStale),
		d.holds(ctx, drafts, "a", "third", third), d.shelf(ctx, drafts, "a", "c"))
}

// aVersionNeverComesTwice lets a key go in every way there is, the process too, and come back.
func aVersionNeverComesTwice(ctx context.Context, open Opener) error {
	given := map[uint64]bool{}
	again := func(d desk, after string) error {
		version, err := d.put(ctx, drafts, "a", 0, "new")
		if err != nil || given[version] {
			return fmt.Errorf("put new after %s: version %d given before: %v, %w", after, version, given[version], err)
		}
		given[version] = true
		return nil
	}
	err := withStore(func(ctx context.Context, d desk) error {
		return errors.Join(again(d, "nothing"),
			d.Remove(ctx, d.owner, drafts, "a"), again(d, "removal"),
			d.Remove(ctx, d.owner, drafts), again(d, "removal of the shelf"),
			d.Clear(ctx, d.owner, []correspondence.Shelf{drafts}, marks), again(d, "clear"),
			d.Remove(ctx, d.owner, drafts))
	})(ctx, open)
	return errors.Join(err, withStore(func(_ context.Context, d desk) error { return again(d, "reopening") })(ctx, open))
}

func ownersAndShelvesAreApart(ctx context.Context, d desk) error {
	var faults []error
	for _, owner := range []desk{d, {d.DeskStore, 0}, {d.DeskStore, 7 << 8}, {d.DeskStore, 7<<8 + 7}, {d.DeskStore, 1<<32 - 1},
		{d.DeskStore, 1 << 32}, {d.DeskStore, 1<<32 + 7}, {d.DeskStore, 1<<33 - 1}} {
		for _, shelf := range []correspondence.Shelf{drafts, "draft", "draftss", reads} {
			key := fmt.Sprint(owner.owner, shelf)
			faults = append(faults, owner.putNew(ctx, shelf, key, "same"), owner.shelf(ctx, shelf, key, "same"))
		}
	}
	faults = append(faults, d.Remove(ctx, d.owner, "draft"), d.shelf(ctx, "draft"), d.shelf(ctx, drafts, "7drafts", "same"),
		d.shelf(ctx, "draftss", "7draftss", "same"), desk{d.DeskStore, 0}.shelf(ctx, "draft", "0draft", "same"))
	return errors.Join(faults...)
}

func versionsTellNothingAboutOthers(ctx context.Context, d desk) error {
	other := desk{d.DeskStore, d.owner + 1}
	before, err1 := d.put(ctx, drafts, "a", 0, "mine")
	err2 := other.putNew(ctx, drafts, "a", "b", "c")
	after, err3 := d.put(ctx, drafts, "a", before, "mine again")
	if after != before+1 {
		err3 = errors.Join(err3, fmt.Errorf("version %d after %d: another owner's changes show", after, before))
	}
	return errors.Join(err1, err2, err3)
}

func removalTakesWhatItNames(ctx context.Context, d desk) error {
	return errors.Join(d.putNew(ctx, drafts, "a", "b", "c", "d"), d.putNew(ctx, reads, "a", "b"),
		d.Remove(ctx, d.owner, drafts, "a", "c", "never there"), d.shelf(ctx, drafts, "b", "d"), d.shelf(ctx, reads, "a", "b"),
		d.Remove(ctx, d.owner, drafts), d.shelf(ctx, drafts), d.shelf(ctx, reads, "a", "b"),
		d.Remove(ctx, d.owner, drafts), d.Remove(ctx, d.owner, marks, "a"))
}

func clearEmptiesAndPuts(ctx context.Context, d desk) error {
	faults := []error{d.putNew(ctx, reads, "a", "b"), d.putNew(ctx, marks, "old", "upto"), d.putNew(ctx, drafts, "kept")}
	items := []correspondence.Item{{Key: "upto", Version: 99, Value: []byte("now")}, {Key: "more", Value: []byte("more")}}
	faults = append(faults, d.Clear(ctx, d.owner, []correspondence.Shelf{reads}, marks, items...),
		d.shelf(ctx, reads), d.shelf(ctx, marks, "more", "old", "upto"), d.holds(ctx, marks, "upto", "now", 0), d.shelf(ctx, drafts, "kept"))
	faults = append(faults, d.Clear(ctx, d.owner, []correspondence.Shelf{marks, drafts}, marks, items[1]),
		d.shelf(ctx, marks, "more"), d.shelf(ctx, drafts))
	faults = append(faults, d.Clear(ctx, d.owner, []correspondence.Shelf{marks}, reads), d.shelf(ctx, marks), d.shelf(ctx, reads))
	bad := []correspondence.Item{{Key: "good"}, {Key: ""}}
	faults = append(faults, d.putNew(ctx, reads, "a"))
	if err := d.Clear(ctx, d.owner, []correspondence.Shelf{reads}, marks, bad...); err == nil {
		faults = append(faults, errors.New("clear with an item that cannot be put: no error"))
	}
	return errors.Join(append(faults, d.shelf(ctx, reads, "a"), d.shelf(ctx, marks))...)
}

func valuesBelongToTheCaller(ctx context.Context, d desk) error {
	value := []byte("value")
	_, err := d.Put(ctx, d.owner, drafts, "a", 0, value)
	copy(value, "XXXXX")
	kept := d.holds(ctx, drafts, "a", "value", 0)
	item, err2 := d.Get(ctx, d.owner, drafts, "a")
	copy(item.Value, "YYYYY")
	items, err3 := d.List(ctx, d.owner, drafts)
	for _, item := range items {
		copy(item.Value, "ZZZZZ")
	}
	return errors.Join(err, err2, err3, kept, d.holds(ctx, drafts, "a", "value", 0))
}

func oddKeysAndValuesAreKept(ctx context.Context, d desk) error {
	var faults []error
	keys := []string{"\x00", "\x00\x00", "a\x00b", "\xff\xfe", " ", strings.Repeat("k", 500)}
	values := []string{"", "\x00", "\xff", strings.Repeat("long ", 200_000)}
	for _, key := range keys {
		for _, value := range values {
			_, err := d.put(ctx, drafts, key, correspondence.AnyVersion, value)
			faults = append(faults, err, d.holds(ctx, drafts, key, value, 0))
		}
	}
	return errors.Join(append(faults, d.shelf(ctx, drafts, "\x00", "\x00\x00", " ", "a\x00b", keys[5], "\xff\xfe"))...)
}

func namesMustBeNames(ctx context.Context, d desk) error {
	var faults []error
	for _, name := range []struct {
		shelf correspondence.Shelf
		key   string
	}{{drafts, ""}, {"", "a"}, {"a\x00b", "c"}} {
		if _, err := d.put(ctx, name.shelf, name.key, 0, "value"); err == nil {
			faults = append(faults, fmt.Errorf("put %q on shelf %q: no error", name.key, name.shelf))
		}
	}
	if _, err := (desk{d.DeskStore, 1 << 33}).put(ctx, drafts, "a", 0, "value"); err == nil {
		faults = append(faults, errors.New("put for an owner that is no agent and no audience: no error"))
	}
	return errors.Join(append(faults, d.shelf(ctx, drafts))...)
}
