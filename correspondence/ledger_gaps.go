package correspondence

import (
	"slices"

	"chancery/habilitation"
)

// gapBook remembers where a series toward an addressee may lack a number for some reader: what was passed over when a later number came, and
// what was raised to a level that not every reader of the series has.
type gapBook struct {
	holes  map[towardKey][]uint64
	raised []habilitation.ID
}

func newGapBook() *gapBook { return &gapBook{holes: map[towardKey][]uint64{}} }

// holesKept bounds what is remembered of one series: beyond so many, that something is wrong is told already.
const holesKept = 1000

// note takes down what a message leaves out; last is the series' number before it.
func (g *gapBook) note(key towardKey, last, n uint64) {
	for missing := last + 1; missing < n && len(g.holes[key]) < holesKept; missing++ {
		g.holes[key] = append(g.holes[key], missing)
	}
}

func (g *gapBook) noteCorrection(h *headline) {
	if h.how == Raises {
		g.raised = append(g.raised, h.corrects)
	}
}

// missing are the numbers that the series toward an addressee may lack, by series; whoever tells them looks at each again.
func (l *Ledger) missing(to habilitation.AudienceID) map[towardKey][]uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := map[towardKey][]uint64{}
	for key, holes := range l.gaps.holes {
		if key.to == to {
			out[key] = slices.Clone(holes)
		}
	}
	for _, id := range l.gaps.raised {
		place, known := l.byID[id]
		if !known {
			continue
		}
		h := &l.lines[place/ledgerChunk][place%ledgerChunk]
		for i := range h.lines {
			if h.lines[i].audience == to && h.lines[i].n > 0 {
				key := h.towards(to)
				out[key] = append(out[key], h.lines[i].n)
			}
		}
	}
	return out
}

// numberedToward is the message that bears the number in a series toward an addressee, among those that may be missing for somebody.
func (l *Ledger) numberedToward(key towardKey, n uint64) (habilitation.ID, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, id := range l.gaps.raised {
		place, known := l.byID[id]
		if !known {
			continue
		}
		h := &l.lines[place/ledgerChunk][place%ledgerChunk]
		for i := range h.lines {
			if h.lines[i].n == n && h.towards(h.lines[i].audience) == key {
				return h.id, true
			}
		}
	}
	return habilitation.ID{}, false
}
