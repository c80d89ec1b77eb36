package search

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"chancery/habilitation"
)

// markingRef names a marking in the arena: the offset of its length word.
type markingRef uint32

// arenaChunk is how many words one chunk of the arena holds. A marking never spans two; one larger than a chunk has a chunk of its own.
const arenaChunk = 1 << 14

// arena keeps immutable markings in their flat form, equal ones once. One writer adds, any number read.
// A reference that was published is valid for ever, so a reader needs no lock.
type arena struct {
	chunks atomic.Pointer[[][]uint32] // read by anyone; replaced by the writer
	used   int                        // words used of the last chunk; writer only
	seed   maphash.Seed
	known  map[uint64]markingRef // by hash of the words; writer only
	words  []uint32              // the writer's scratch
	bytes  []byte                // the writer's scratch
}

func newArena() *arena {
	a := &arena{seed: maphash.MakeSeed(), known: map[uint64]markingRef{}}
	a.chunks.Store(&[][]uint32{})
	return a
}

// at views the marking without copying it.
func (a *arena) at(ref markingRef) habilitation.Marking {
	chunk := (*a.chunks.Load())[ref/arenaChunk]
	start := uint32(ref) % arenaChunk
	return habilitation.MarkingFrom(chunk[start+1 : start+1+chunk[start]])
}

// noMarking names none: at gives no meaning to it, read leaves it out.
const noMarking = markingRef(1<<32 - 1)

// read views the markings of a block of rows.
func (a *arena) read(refs []markingRef, facts []Facts) {
	chunks := *a.chunks.Load()
	var views [FactsBlock][]uint32
	for i, ref := range refs {
		if ref != noMarking {
			views[i] = chunks[ref/arenaChunk][uint32(ref)%arenaChunk:]
		}
	}
	touched := uint32(0)
	for _, view := range views[:len(refs)] {
		if len(view) > 0 {
			touched |= view[0] // the loads do not depend on one another
		}
	}
	if touched == 0 {
		return // no marking at all: every marking has words
	}
	for i, view := range views[:len(refs)] {
		if len(view) > 0 {
			facts[i].Marking = habilitation.MarkingFrom(view[1 : 1+view[0]])
		}
	}
}

// intern returns the reference of a marking, adding it if no equal one is known.
func (a *arena) intern(m habilitation.Marking) markingRef {
	a.words = m.AppendWords(append(a.words[:0], 0))
	a.words[0] = uint32(len(a.words) - 1)
	hash := a.hash(a.words)
	if ref, ok := a.known[hash]; ok && slices.Equal(a.flat(ref), a.words) {
		return ref
	}
	ref := a.add(a.words)
	a.known[hash] = ref
	return ref
}

// flat is the marking's words with their length before them.
func (a *arena) flat(ref markingRef) []uint32 {
	chunk := (*a.chunks.Load())[ref/arenaChunk]
	start := uint32(ref) % arenaChunk
	return chunk[start : start+1+chunk[start]]
}

func (a *arena) hash(words []uint32) uint64 {
	a.bytes = a.bytes[:0]
	for _, w := range words {
		a.bytes = binary.LittleEndian.AppendUint32(a.bytes, w)
	}
	return maphash.Bytes(a.seed, a.bytes)
}

func (a *arena) add(words []uint32) markingRef {
	chunks := *a.chunks.Load()
	if len(chunks) == 0 || a.used+len(words) > arenaChunk {
		// A full slice expression: readers of the old list never see the new chunk's place.
		chunks = append(chunks[:len(chunks):len(chunks)], make([]uint32, max(arenaChunk, len(words))))
		a.chunks.Store(&chunks)
		a.used = 0
	}
	last := len(chunks) - 1
	ref := markingRef(last*arenaChunk + a.used)
	a.used += copy(chunks[last][a.used:], words)
	return ref
}
