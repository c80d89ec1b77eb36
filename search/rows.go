package search

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chancery/habilitation"
)

// Slot is a message's place in the rows, in the order of arrival: it never changes while the rows live, and is meaningless outside of them.
type Slot uint32

// Row is one message as the rows know it.
type Row struct {
	ID       habilitation.ID
	Seq      uint64 // never leaves the house
	Time     time.Time
	Length   uint32 // bytes of words, see Document.Length
	Kind     Kind
	Imported bool
	Origin   habilitation.AudienceID
	Marking  habilitation.Marking // as it is now
}

// Rows holds the order and the rights of every message in memory, about 64 bytes each and a marking.
// It is safe for any number of readers and for several writers, who wait for one another; readers never wait.
type Rows struct {
	writing  sync.Mutex // held by Append, Mark, Snapshot and Restore
	contents atomic.Pointer[contents]
	admitted admissions // what perimeters admit, remembered
}

// contents is what Restore replaces as a whole.
type contents struct {
	table    atomic.Pointer[table] // grows with Append
	markings *arena
	byID     *slotTable
	bySeq    *slotTable
	seed     maphash.Seed
	era      uint64                 // counts restorations: slots of two eras have nothing in common
	changes  atomic.Pointer[[]Slot] // every slot whose marking was swapped, in that order
}

// table is the columns as they were at one moment; what it reaches never changes but for the marking words.
type table struct {
	chunks []*chunk
	count  uint32
	order  []Slot // ascending by time, then sequence
}

const chunkRows = 1 << 12

type chunk [chunkRows]entry

// entry is one message in 48 bytes without pointers.
type entry struct {
	id      habilitation.ID
	micros  int64 // reading time; negative before 1970
	seq     uint64
	length  uint32
	origin  habilitation.AudienceID
	marking atomic.Uint32 // a markingRef; the only word that changes
	month   Month
	kind    Kind
	flags   entryFlags
}

type entryFlags uint8

const flagImported entryFlags = 1

// NewRows returns rows without a message.
func NewRows() *Rows {
	r := &Rows{}
	r.contents.Store(newContents(0))
	return r
}

func newContents(capacity int) *contents {
	c := &contents{markings: newArena(), byID: newSlotTable(capacity), bySeq: newSlotTable(capacity), seed: maphash.MakeSeed()}
	c.table.Store(&table{})
	c.changes.Store(&[]Slot{})
	return c
}

// Append adds messages, which are in the feed when it returns. A message already known keeps its row and its marking, so replaying changes nothing.
// Messages that arrive in the order of their reading time cost constant time each; older ones (an import) are merged, once per call.
func (r *Rows) Append(documents []Document) {
	r.writing.Lock()
	defer r.writing.Unlock()
	c := r.contents.Load()
	next := *c.table.Load()
	first := Slot(next.count)
	for i := range documents {
		d := &documents[i]
		if _, known := c.slotOf(&next, d.ID); known {
			continue
		}
		if next.count%chunkRows == 0 {
			next.chunks = append(next.chunks[:len(next.chunks):len(next.chunks)], new(chunk))
		}
		slot := Slot(next.count)
		next.count++
		next.at(slot).fill(d, c.markings.intern(d.Marking))
		c.enter(&next, slot)
	}
	next.placeFrom(first)
	c.table.Store(&next)
}

// enter makes the slot findable by its keys; whoever finds it before the table that reaches it is published takes it for unknown.
func (c *contents) enter(next *table, slot Slot) {
	e := next.at(slot)
	c.byID.add(c.hashID(e.id), slot, func(s Slot) uint64 { return c.hashID(next.at(s).id) })
	c.bySeq.add(c.hashSeq(e.seq), slot, func(s Slot) uint64 { return c.hashSeq(next.at(s).seq) })
}

func (e *entry) fill(d *Document, ref markingRef) {
	e.id, e.seq, e.micros, e.month = d.ID, d.Seq, d.Time.UnixMicro(), MonthOf(d.Time)
	e.length, e.origin, e.kind = d.Length(), d.Origin, d.Kind
	if d.Imported {
		e.flags |= flagImported
	}
	e.marking.Store(uint32(ref))
}

// Mark replaces what a message demands of its readers: denied or admitted at once, on every path. It reports whether the message is known.
func (r *Rows) Mark(id habilitation.ID, m habilitation.Marking) bool {
	r.writing.Lock()
	defer r.writing.Unlock()
	c := r.contents.Load()
	t := c.table.Load()
	slot, known := c.slotOf(t, id)
	if !known {
		return false
	}
	ref := uint32(c.markings.intern(m))
	word := &t.at(slot).marking
	if word.Swap(ref) == ref {
		return true
	}
	changes := append(*c.changes.Load(), slot)
	c.changes.Store(&changes)
	return true
}

// Row returns a message's row, whoever asks: for the house itself, which asks the rule before it tells anyone.
func (r *Rows) Row(id habilitation.ID) (Row, bool) {
	c := r.contents.Load()
	t := c.table.Load()
	slot, ok := c.slotOf(t, id)
	if !ok {
		return Row{}, false
	}
	e := t.at(slot)
	return e.row(c.marking(e)), true
}

// Len is how many messages there are, seen or unseen: for the house itself, never for a reader.
func (r *Rows) Len() int { return int(r.contents.Load().table.Load().count) }

func (c *contents) slotOf(t *table, id habilitation.ID) (Slot, bool) {
	return c.byID.find(c.hashID(id), func(s Slot) bool { return uint32(s) < t.count && t.at(s).id == id })
}

func (c *contents) hashID(id habilitation.ID) uint64 { return maphash.Bytes(c.seed, id[:]) }

func (c *contents) hashSeq(seq uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seq)
	return maphash.Bytes(c.seed, b[:])
}

// row is the entry with the marking that the caller has tested, or may.
func (e *entry) row(m habilitation.Marking) Row {
	return Row{ID: e.id, Seq: e.seq, Time: time.UnixMicro(e.micros).UTC(), Length: e.length, Kind: e.kind,
		Imported: e.flags&flagImported != 0, Origin: e.origin, Marking: m}
}

// marking reads the word first and the arena after, so that the arena always holds what the word names.
func (c *contents) marking(e *entry) habilitation.Marking {
	return c.markings.at(markingRef(e.marking.Load()))
}

func (t *table) at(s Slot) *entry { return &t.chunks[s/chunkRows][s%chunkRows] }

// before reports whether a comes before b in the ascending order.
func (t *table) before(a, b Slot) bool { return t.compare(a, b) < 0 }

func (t *table) compare(a, b Slot) int {
	x, y := t.at(a), t.at(b)
	if c := cmp.Compare(x.micros, y.micros); c != 0 {
		return c
	}
	return cmp.Compare(x.seq, y.seq)
}

// placeFrom puts the slots from first on into the order: at its end when they belong there, else merged into a new one.
func (t *table) placeFrom(first Slot) {
	fresh := make([]Slot, 0, Slot(t.count)-first)
	for s := first; s < Slot(t.count); s++ {
		fresh = append(fresh, s)
	}
	if len(fresh) == 0 {
		return
	}
	if !slices.IsSortedFunc(fresh, t.compare) {
		slices.SortFunc(fresh, t.compare)
	}
	if len(t.order) == 0 || t.before(t.order[len(t.order)-1], fresh[0]) {
		t.order = append(t.order, fresh...) // beyond what any reader of an older table looks at
		return
	}
	merged := make([]Slot, 0, len(t.order)+len(fresh)+len(t.order)/8)
	old := t.order
	for len(old) > 0 && len(fresh) > 0 {
		if t.before(old[0], fresh[0]) {
			merged, old = append(merged, old[0]), old[1:]
		} else {
			merged, fresh = append(merged, fresh[0]), fresh[1:]
		}
	}
	t.order = append(append(merged, old...), fresh...)
}

// rank is the place of a slot in the order.
func (t *table) rank(s Slot) (int, bool) {
	return slices.BinarySearchFunc(t.order, s, t.compare)
}
