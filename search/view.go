package search

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"sync"

	"chancery/habilitation"
)

// View is what one perimeter admits of the rows at one moment. It gives out nothing else: a slot that is not admitted has no row here.
// It is immutable and safe for concurrent use; keep it for one answer, not longer.
type View struct {
	contents  *contents
	table     *table
	perimeter *habilitation.Perimeter
	admission *admission
}

// admission is the outcome of the rule for every row of a table, as a bit each. It is immutable.
type admission struct {
	contents *contents
	rows     uint32 // how many rows were decided
	changes  int    // how many changes of markings were taken into account
	bits     []uint64
	count    int    // admitted rows
	length   uint64 // their lengths together
}

// View decides every message for the perimeter, or recalls what it decided and redoes the part that changed since.
// The first view of a perimeter costs about 10 ns a message, the following ones next to nothing.
func (r *Rows) View(p *habilitation.Perimeter) *View {
	c := r.contents.Load()
	changes := *c.changes.Load() // before any marking is read: a later change is then seen as such by the next view
	t := c.table.Load()
	key := keyOf(p)
	known := r.admitted.recall(key)
	if known == nil || known.contents != c || known.rows > t.count || known.changes > len(changes) {
		known = &admission{contents: c, changes: len(changes)}
	}
	current := known.upTo(t, changes, p)
	if current != known {
		r.admitted.remember(key, current)
	}
	return &View{contents: c, table: t, perimeter: p, admission: current}
}

// upTo is the admission brought up to the table and the changes; itself when nothing is new.
func (a *admission) upTo(t *table, changes []Slot, p *habilitation.Perimeter) *admission {
	if a.rows == t.count && a.changes == len(changes) {
		return a
	}
	next := &admission{contents: a.contents, rows: t.count, changes: len(changes), count: a.count, length: a.length}
	next.bits = make([]uint64, (t.count+63)/64)
	copy(next.bits, a.bits)
	for _, s := range changes[a.changes:] {
		if uint32(s) < a.rows {
			next.decide(t.at(s), s, p)
		}
	}
	for from := Slot(a.rows); from < Slot(t.count); from = from/64*64 + 64 {
		next.decideWord(t, from, min(from/64*64+64, Slot(t.count)), p)
	}
	return next
}

// decideWord decides for up to 64 new rows. What memory holds of them is asked for before any is looked at, so that the waits overlap.
func (a *admission) decideWord(t *table, from, to Slot, p *habilitation.Perimeter) {
	var facts [64]Facts
	a.contents.read(t, from, facts[:to-from])
	word := a.bits[from/64]
	for i := range facts[:to-from] {
		if p.Admits(&facts[i].Marking) {
			word |= 1 << ((from + Slot(i)) % 64)
			a.count++
			a.length += uint64(facts[i].Length)
		}
	}
	a.bits[from/64] = word
}

// read fills facts with the rows from a slot on.
func (c *contents) read(t *table, from Slot, facts []Facts) {
	var refs [64]markingRef
	for i := range facts {
		e := t.at(from + Slot(i))
		facts[i].Length = e.length
		refs[i] = markingRef(e.marking.Load())
	}
	c.markings.read(refs[:len(facts)], facts)
}

// decide decides again for a row whose marking changed.
func (a *admission) decide(e *entry, s Slot, p *habilitation.Perimeter) {
	m := a.contents.marking(e)
	admitted := p.Admits(&m)
	if admitted == a.has(s) {
		return
	}
	a.bits[s/64] ^= 1 << (s % 64)
	if admitted {
		a.count++
		a.length += uint64(e.length)
	} else {
		a.count--
		a.length -= uint64(e.length)
	}
}

func (a *admission) has(s Slot) bool {
	w := s / 64
	return int(w) < len(a.bits) && a.bits[w]>>(s%64)&1 != 0
}

// Len is how many messages the perimeter admits.
func (v *View) Len() int { return v.admission.count }

// Length is the lengths of the admitted messages together, in bytes of words.
func (v *View) Length() uint64 { return v.admission.length }

// Admits reports whether the message is admitted.
func (v *View) Admits(s Slot) bool { return v.admission.has(s) }

// Row returns the row of a message that is admitted, then and now; another has none.
func (v *View) Row(s Slot) (Row, bool) {
	if !v.Admits(s) {
		return Row{}, false
	}
	e := v.table.at(s)
	m := v.contents.marking(e)
	if !v.perimeter.Admits(&m) {
		return Row{}, false
	}
	return e.row(m), true
}

// Facts are the parts of an admitted row that a query looks at, without the cost of a whole Row.
type Facts struct {
	Micros  int64 // reading time since 1970, in microseconds
	Length  uint32
	Origin  habilitation.AudienceID
	Kind    Kind
	Month   Month
	Marking habilitation.Marking
}

// FactsBlock is how many slots are read at once at most.
const FactsBlock = 64

// Read fills facts with those of up to FactsBlock slots; a message that is not admitted has none. Reading many at once overlaps the waits for memory,
// which are most of the cost of a wide answer.
func (v *View) Read(slots []Slot, facts []Facts) {
	var refs [FactsBlock]markingRef
	for i, s := range slots {
		if !v.Admits(s) {
			facts[i], refs[i] = Facts{}, noMarking
			continue
		}
		e := v.table.at(s)
		facts[i] = Facts{Micros: e.micros, Length: e.length, Origin: e.origin, Kind: e.kind, Month: e.month}
		refs[i] = markingRef(e.marking.Load())
	}
	v.contents.markings.read(refs[:len(slots)], facts)
}

// Facts reads one slot.
func (v *View) Facts(s Slot) Facts {
	var one [1]Facts
	v.Read([]Slot{s}, one[:])
	return one[0]
}

// SlotOf returns the slot of the message released at a journal sequence, admitted or not: it is a number without meaning unless Admits accepts it.
func (v *View) SlotOf(seq uint64) (Slot, bool) {
	c, t := v.contents, v.table
	return c.bySeq.find(c.hashSeq(seq), func(s Slot) bool { return uint32(s) < t.count && t.at(s).seq == seq })
}

// Era tells views of different restorations apart: an engine forgets the slots it kept when it changes.
func (v *View) Era() uint64 { return v.contents.era }

// Reach is how many messages the view decided on, admitted or not; slots are below it. For engines, never for a reader.
func (v *View) Reach() int { return int(v.table.count) }

// Newer reports whether a comes before b when the newest is shown first.
func (v *View) Newer(a, b Slot) bool { return v.table.before(b, a) }

// Find returns the slot of an admitted message; withheld and unknown are the same.
func (v *View) Find(id habilitation.ID) (Slot, bool) {
	s, ok := v.contents.slotOf(v.table, id)
	return s, ok && v.Admits(s)
}

// All yields every admitted message from the newest.
func (v *View) All() iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		left := v.admission.count
		for i := len(v.table.order) - 1; i >= 0 && left > 0; i-- {
			if s := v.table.order[i]; v.admission.has(s) {
				left--
				if !yield(s) {
					return
				}
			}
		}
	}
}

// Withdrawn reports whether a message that the view admits has been withheld since. An answer computed from such a view is computed again, never given.
func (v *View) Withdrawn() bool {
	changes := *v.contents.changes.Load()
	for _, s := range changes[v.admission.changes:] {
		if v.Admits(s) {
			if m := v.contents.marking(v.table.at(s)); !v.perimeter.Admits(&m) {
				return true
			}
		}
	}
	return false
}

// perimeterKey is the digest of all that a perimeter grants: equal perimeters share what was decided, whatever version they were compiled from.
type perimeterKey [sha256.Size]byte

func keyOf(p *habilitation.Perimeter) perimeterKey {
	if p == nil {
		return perimeterKey{}
	}
	words := make([]byte, 0, 1024)
	words = binary.LittleEndian.AppendUint32(words, uint32(p.Agent()))
	words = append(words, byte(p.Ceiling()), 0)
	if p.Archivist() {
		words[len(words)-1] = 1
	}
	words = appendRun(words, p.Audiences())
	for _, level := range habilitation.Levels {
		words = appendRun(words, p.Tags(level))
	}
	return sha256.Sum256(words)
}

func appendRun[T ~uint32](words []byte, run []T) []byte {
	words = binary.LittleEndian.AppendUint32(words, uint32(len(run)))
	for _, id := range run {
		words = binary.LittleEndian.AppendUint32(words, uint32(id))
	}
	return words
}

// admissionsBudget bounds the memory of remembered admissions, in bytes.
const admissionsBudget = 64 << 20

// admissions remembers what was decided for the perimeters used last.
type admissions struct {
	mu    sync.Mutex
	known map[perimeterKey]*remembered
	tick  uint64
	bytes int
}

type remembered struct {
	admission *admission
	used      uint64
}

func (a *admissions) recall(key perimeterKey) *admission {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.known[key]
	if one == nil {
		return nil
	}
	a.tick++
	one.used = a.tick
	return one.admission
}

func (a *admissions) remember(key perimeterKey, one *admission) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = map[perimeterKey]*remembered{}
	}
	a.forget(key)
	a.tick++
	a.known[key] = &remembered{admission: one, used: a.tick}
	a.bytes += 8 * len(one.bits)
	for a.bytes > admissionsBudget && len(a.known) > 1 {
		a.forget(a.oldest())
	}
}

func (a *admissions) forget(key perimeterKey) {
	if old := a.known[key]; old != nil {
		a.bytes -= 8 * len(old.admission.bits)
		delete(a.known, key)
	}
}

func (a *admissions) oldest() perimeterKey {
	var oldest perimeterKey
	used := a.tick + 1
	for key, one := range a.known {
		if one.used < used {
			oldest, used = key, one.used
		}
	}
	return oldest
}
