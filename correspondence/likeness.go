package correspondence

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"chancery/habilitation"
	"chancery/search"
)

// Whoever writes is shown what was sent lately and says much the same, out of what they may read. The ledger remembers a sketch of the
// latest texts for that: it tells how much of two texts is alike, and none of their words.

// likenessDays is how far back likeness is looked for, and likenessKept how many sketches are kept for it.
const likenessDays, likenessKept = 7, 1 << 14

// sketchSize is how many shingles stand for a text; shingleWords is how many words are one.
const sketchSize, shingleWords = 16, 4

// sketch is the least hash of a text's shingles under each of some orders (MinHash): two sketches agree in as many places as the texts have
// shingles in common. The zero sketch is that of no text and like nothing.
type sketch [sketchSize]uint32

func sketchOf(text string) sketch {
	words := strings.Fields(search.Fold(text))
	if len(words) == 0 {
		return sketch{}
	}
	hashes := make([]uint64, len(words))
	for i, word := range words {
		hashes[i] = hashOf(word)
	}
	var least sketch
	for i := range least {
		least[i] = math.MaxUint32
	}
	for start := 0; start == 0 || start+shingleWords <= len(hashes); start++ {
		shingle := uint64(0)
		for _, hash := range hashes[start:min(start+shingleWords, len(hashes))] {
			shingle = mixed(shingle ^ hash)
		}
		for i := range least {
			shingle = mixed(shingle)
			least[i] = min(least[i], uint32(shingle>>32))
		}
	}
	return least
}

func hashOf(word string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(word)) // never fails
	return h.Sum64()
}

// mixed spreads every bit of a hash over all of it (the finalizer of SplitMix64).
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// like is the share of shingles that two texts have in common, as far as their sketches tell, in hundredths.
func (s sketch) like(other sketch) int {
	if s == (sketch{}) || other == (sketch{}) {
		return 0
	}
	same := 0
	for i := range s {
		if s[i] == other[i] {
			same++
		}
	}
	return same * 100 / sketchSize
}

// leastTellingWord is the length of the shortest word of a subject that tells something.
const leastTellingWord = 4

// tellingWords are the words of a subject, hashed, ascending, each once.
func tellingWords(subject string) []uint32 {
	var words []uint32
	for word := range strings.FieldsSeq(search.Fold(subject)) {
		if len(word) >= leastTellingWord {
			words = append(words, uint32(hashOf(word)))
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// commonWords is the share of the words of two subjects that stand in both, in hundredths; a single one in common is a chance.
func commonWords(a, b []uint32) int {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			common, i, j = common+1, i+1, j+1
		}
	}
	if common < 2 {
		return 0
	}
	return common * 100 / (len(a) + len(b) - common)
}

// remembered is what the ledger knows of a message for likeness.
type remembered struct {
	place uint32
	text  sketch
	words []uint32 // of the subject
}

// remember keeps the sketch of a message that was just folded; the oldest are forgotten.
func (l *Ledger) remember(id habilitation.ID, text sketch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	place, known := l.byID[id]
	if !known || len(l.latest) > 0 && l.latest[len(l.latest)-1].place >= place {
		return
	}
	if len(l.latest) >= 2*likenessKept {
		l.latest = slices.Clone(l.latest[likenessKept:])
	}
	l.latest = append(l.latest, remembered{place: place, text: text, words: tellingWords(l.at(place).subject)})
}

// since lists what is remembered of messages from a moment on, the newest first, with their headlines; whoever looks into one asks the rule for it.
func (l *Ledger) since(from time.Time, look func(*headline, remembered)) {
	l.mu.RLock()
	latest := l.latest // entries are never written again
	l.mu.RUnlock()
	for i := len(latest) - 1; i >= max(0, len(latest)-likenessKept); i-- {
		h := l.headlineAt(latest[i].place)
		if h.at < from.UnixMicro() {
			return
		}
		look(h, latest[i])
	}
}
