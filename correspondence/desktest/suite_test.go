package desktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence"
)

// TestSuitePassesSoundEngine also keeps the next test honest: without a fault nothing is caught.
func TestSuitePassesSoundEngine(t *testing.T) {
	Run(t, func(*testing.T) Opener { return newDisk("").open })
}

// TestSuiteCatchesFaultyEngine plants every fault that the memory engine can have.
func TestSuiteCatchesFaultyEngine(t *testing.T) {
	for _, fault := range []string{
		"ignores the version", "writes what is stale", "makes new over old", "counts from one again", "counts for all owners",
		"shares owners", "takes audiences for agents", "takes any owner", "shares shelves by prefix", "lists by chance", "keeps the caller's value", "hands out its own value",
		"removes the whole shelf", "removes nothing", "clears without putting", "puts without clearing", "clears before it looks",
		"forgets on closing", "checks outside the lock", "ignores the context", "works after closing", "says not there as nil",
		"takes any name", "cuts the key at a nul", "returns version zero",
	} {
		t.Run(fault, func(t *testing.T) {
			var caught []string
			for _, c := range checks() {
				if err := c.run(t.Context(), newDisk(fault).open); err != nil {
					caught = append(caught, c.name)
				}
			}
			if len(caught) == 0 {
				t.Errorf("an engine that %s passes the suite", fault)
			}
			t.Logf("caught by %q", caught)
		})
	}
}

// disk is what outlives a memory engine.
type disk struct {
	fault string
	sync.Mutex
	items    map[string]correspondence.Item // by owner, shelf and key
	versions map[string]uint64
}

func newDisk(fault string) *disk {
	return &disk{fault: fault, items: map[string]correspondence.Item{}, versions: map[string]uint64{}}
}

func (d *disk) open() (correspondence.DeskStore, error) { return &memory{disk: d}, nil }

// memory is an engine without durability, with one fault or none.
type memory struct {
	disk   *disk
	closed bool
}

func (m *memory) has(fault string) bool { return m.disk.fault == fault }

func (m *memory) prefix(owner correspondence.Owner, shelf correspondence.Shelf) string {
	if m.has("shares owners") {
		owner = 0
	}
	end := "\x00"
	if m.has("shares shelves by prefix") {
		end = ""
	}
	if m.has("takes audiences for agents") {
		owner %= 1 << 32
	}
	return fmt.Sprintf("%010x", uint64(owner)) + string(shelf) + end
}

func (m *memory) refuses(ctx context.Context) error {
	if m.closed && !m.has("works after closing") {
		return correspondence.ErrClosed
	}
	if m.has("ignores the context") {
		return nil
	}
	return ctx.Err()
}

func (m *memory) badName(shelf correspondence.Shelf, key string) error {
	if (shelf == "" || key == "" || strings.Contains(string(shelf), "\x00")) && !m.has("takes any name") {
		return errors.New("bad name")
	}
	return nil
}

func (m *memory) Put(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string, over uint64, value []byte) (uint64, error) {
	m.disk.Lock()
	defer m.disk.Unlock()
	if err := errors.Join(m.refuses(ctx), m.badName(shelf, key)); err != nil {
		return 0, err
	}
	if owner >= 1<<33 && !m.has("takes any owner") {
		return 0, errors.New("bad owner")
	}
	if m.has("cuts the key at a nul") {
		key, _, _ = strings.Cut(key, "\x00")
	}
	prefix := m.prefix(owner, shelf)
	standing := m.disk.items[prefix+key].Version
	if m.has("checks outside the lock") {
		m.disk.Unlock()
		time.Sleep(time.Millisecond) // gives the others their turn
		m.disk.Lock()
	}
	stale := over != correspondence.AnyVersion && over != standing
	if m.has("ignores the version") || m.has("makes new over old") && over == 0 {
		stale = false
	}
	if stale && !m.has("writes what is stale") {
		return 0, correspondence.ErrStale
	}
	version := m.set(owner, prefix, key, value)
	if stale {
		return 0, correspondence.ErrStale
	}
	return version, nil
}

func (m *memory) set(owner correspondence.Owner, prefix, key string, value []byte) uint64 {
	counter := prefix
	if m.has("counts for all owners") {
		counter = ""
	}
	if _, there := m.disk.items[prefix+key]; !there && m.has("counts from one again") {
		m.disk.versions[counter] = 0
	}
	m.disk.versions[counter]++
	if !m.has("keeps the caller's value") {
		value = bytes.Clone(value)
	}
	m.disk.items[prefix+key] = correspondence.Item{Key: key, Version: m.disk.versions[counter], Value: value}
	if m.has("returns version zero") {
		return 0
	}
	return m.disk.versions[counter]
}

func (m *memory) give(item correspondence.Item) correspondence.Item {
	if !m.has("hands out its own value") {
		item.Value = bytes.Clone(item.Value)
	}
	return item
}

func (m *memory) Get(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, key string) (correspondence.Item, error) {
	m.disk.Lock()
	defer m.disk.Unlock()
	if err := m.refuses(ctx); err != nil {
		return correspondence.Item{}, err
	}
	item, there := m.disk.items[m.prefix(owner, shelf)+key]
	if !there && !m.has("says not there as nil") {
		return correspondence.Item{}, correspondence.ErrNotThere
	}
	return m.give(item), nil
}

func (m *memory) List(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf) ([]correspondence.Item, error) {
	m.disk.Lock()
	defer m.disk.Unlock()
	if err := m.refuses(ctx); err != nil {
		return nil, err
	}
	places := slices.Collect(maps.Keys(m.disk.items))
	slices.Sort(places)
	if m.has("lists by chance") {
		slices.Reverse(places)
	}
	var items []correspondence.Item
	for _, at := range places {
		if strings.HasPrefix(at, m.prefix(owner, shelf)) {
			items = append(items, m.give(m.disk.items[at]))
		}
	}
	return items, nil
}

func (m *memory) Remove(ctx context.Context, owner correspondence.Owner, shelf correspondence.Shelf, keys ...string) error {
	m.disk.Lock()
	defer m.disk.Unlock()
	if err := m.refuses(ctx); err != nil || m.has("removes nothing") {
		return err
	}
	if len(keys) == 0 || m.has("removes the whole shelf") {
		m.empty(m.prefix(owner, shelf))
	}
	for _, key := range keys {
		delete(m.disk.items, m.prefix(owner, shelf)+key)
	}
	return nil
}

func (m *memory) empty(prefix string) {
	maps.DeleteFunc(m.disk.items, func(at string, _ correspondence.Item) bool { return strings.HasPrefix(at, prefix) })
}

func (m *memory) Clear(ctx context.Context, owner correspondence.Owner, empty []correspondence.Shelf, onto correspondence.Shelf, items ...correspondence.Item) error {
	m.disk.Lock()
	defer m.disk.Unlock()
	if err := m.refuses(ctx); err != nil {
		return err
	}
	var bad error
	for _, item := range items {
		bad = errors.Join(bad, m.badName(onto, item.Key))
	}
	if bad != nil && !m.has("clears before it looks") {
		return bad
	}
	for _, shelf := range empty {
		if !m.has("puts without clearing") {
			m.empty(m.prefix(owner, shelf))
		}
	}
	for _, item := range items {
		if !m.has("clears without putting") && bad == nil {
			m.set(owner, m.prefix(owner, onto), item.Key, item.Value)
		}
	}
	return bad
}

func (m *memory) Close() error {
	m.disk.Lock()
	defer m.disk.Unlock()
	m.closed = true
	if m.has("forgets on closing") {
		clear(m.disk.items)
	}
	return nil
}
