package bleveindex

import (
	"chancery/habilitation"
	"chancery/search"
)

// facets counts hits in arrays by number while a query runs.
type facets struct {
	tags      []int32
	audiences []int32
	months    []int32 // from firstMonth
	kinds     [256]int32
	levels    [256]int32
	tagged    func(habilitation.TagID) bool // made once, so that counting allocates nothing
	addressed func(habilitation.AudienceID) bool
}

func newFacets() *facets {
	f := &facets{months: make([]int32, 1<<15)}
	f.tagged = func(id habilitation.TagID) bool {
		f.tags = counted(f.tags, uint32(id))
		return true
	}
	f.addressed = func(id habilitation.AudienceID) bool {
		f.audiences = counted(f.audiences, uint32(id))
		return true
	}
	return f
}

// counted adds one to a counter, growing the array to hold it.
func counted(counts []int32, id uint32) []int32 {
	if int(id) >= len(counts) {
		counts = append(counts, make([]int32, int(id)+1-len(counts)+len(counts)/2)...)
	}
	counts[id]++
	return counts
}

func (f *facets) count(one *search.Facts) {
	f.kinds[one.Kind]++
	f.levels[one.Marking.Level()]++
	f.months[max(one.Month, 0)]++
	one.Marking.Tags(f.tagged)
	one.Marking.Audiences(f.addressed)
}

// result leaves out what has no hit.
func (f *facets) result() search.Facets {
	return search.Facets{
		Tags:      positive[habilitation.TagID](f.tags),
		Audiences: positive[habilitation.AudienceID](f.audiences),
		Kinds:     positive[search.Kind](f.kinds[:]),
		Levels:    positive[habilitation.Level](f.levels[:]),
		Months:    positive[search.Month](f.months),
	}
}

func positive[K ~uint8 | ~int16 | ~uint32](counts []int32) map[K]int {
	found := map[K]int{}
	for id, n := range counts {
		if n > 0 {
			found[K(id)] = int(n)
		}
	}
	return found
}
