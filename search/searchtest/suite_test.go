package searchtest

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"chancery/habilitation"
	"chancery/search"
)

// planted is the oracle as an engine, with one fault in it.
type planted struct {
	*Oracle
	fault  string
	frozen map[habilitation.ID]habilitation.Marking
	twice  map[uint64]int
}

const (
	sound         = ""
	filtersLate   = "drops withheld hits after counting them"
	countsAll     = "weighs words by messages nobody asked about"
	staleMarkings = "keeps the rights of the day of release"
	tiesByArrival = "breaks ties by arrival"
	tellsCursors  = "lets a withheld message be a cursor"
	countsTwice   = "counts a message again when it is applied again"
)

func openPlanted(fault string) Opener {
	return func(_ string, rows *search.Rows, _ search.Texts) (search.Index, error) {
		return &planted{Oracle: NewOracle(rows), fault: fault, frozen: map[habilitation.ID]habilitation.Marking{}, twice: map[uint64]int{}}, nil
	}
}

func (f *planted) Apply(ctx context.Context, through uint64, documents []search.Document) error {
	for _, d := range documents {
		f.twice[d.Seq]++
		if _, known := f.frozen[d.ID]; !known {
			f.frozen[d.ID] = d.Marking
		}
	}
	return f.Oracle.Apply(ctx, through, documents)
}

// everyone admits the whole house.
var everyone = habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Restricted, Archivist: true})

func (f *planted) Find(ctx context.Context, p *habilitation.Perimeter, q search.Query) (search.Found, error) {
	admitted := f.admitted(p)
	slices.SortFunc(admitted, func(a, b candidate) int { return cmp.Compare(a.row.Seq, b.row.Seq) })
	switch f.fault {
	case filtersLate:
		found, err := f.Oracle.Find(ctx, p, q)
		found.Total = len(f.hits(f.admitted(everyone), q))
		return found, err
	case countsAll:
		return f.page(p, f.hits(f.admitted(everyone), q), q)
	case staleMarkings:
		admitted = slices.DeleteFunc(f.admitted(everyone), func(c candidate) bool {
			m := f.frozen[c.row.ID]
			return !p.Admits(&m)
		})
		return f.page(everyone, f.hits(admitted, q), q)
	case tiesByArrival:
		hits := f.hits(admitted, q)
		slices.SortStableFunc(hits, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.row.Seq, b.row.Seq))
		})
		return f.page(p, hits, q)
	case tellsCursors:
		if row, known := f.rows.Row(q.After); known && !p.Admits(&row.Marking) {
			q.After = habilitation.ID{}
		}
	case countsTwice:
		found, err := f.Oracle.Find(ctx, p, q)
		for _, h := range f.hits(admitted, q) {
			found.Total += f.twice[h.row.Seq] - 1
		}
		return found, err
	}
	return f.Oracle.Find(ctx, p, q)
}

// page cuts a page out of hits, leaving out what p does not admit.
func (f *planted) page(p *habilitation.Perimeter, hits []candidate, q search.Query) (search.Found, error) {
	hits = slices.DeleteFunc(hits, func(c candidate) bool { return !p.Admits(&c.row.Marking) })
	start := 1 + slices.IndexFunc(hits, func(c candidate) bool { return c.row.ID == q.After })
	if start == 0 && !q.After.IsZero() {
		return search.Found{}, search.ErrUnknown
	}
	found := search.Found{Total: len(hits), Facets: facetsOf(hits)}
	end := min(start+q.PageSize(), len(hits))
	for _, c := range hits[start:end] {
		found.Hits = append(found.Hits, search.Hit{ID: c.row.ID, Seq: c.row.Seq, Fragments: search.Highlight(&c.text, q)})
	}
	if end < len(hits) && end > start {
		found.Next = hits[end-1].row.ID
	}
	return found, nil
}

func TestPlantedFaultsAreCaught(t *testing.T) {
	const worlds = 60
	for _, fault := range []string{filtersLate, countsAll, staleMarkings, tiesByArrival, tellsCursors, countsTwice} {
		if caught := firstFailure(worlds, openPlanted(fault)); caught == "" {
			t.Errorf("an engine that %s passes", fault)
		} else {
			t.Logf("an engine that %s fails: %s", fault, caught)
		}
	}
	if caught := firstFailure(worlds/4, openPlanted(sound)); caught != "" {
		t.Errorf("a sound engine fails: %s", caught)
	}
}

// TestInterferenceAloneIsCaught makes sure that the two-world check does not lean on the oracle.
func TestInterferenceAloneIsCaught(t *testing.T) {
	for _, fault := range []string{filtersLate, countsAll} {
		caught := false
		for seed := range 60 {
			caught = caught || interferes(Worlds().Example(seed), openPlanted(fault)) != nil
		}
		if !caught {
			t.Errorf("two worlds look alike to an engine that %s", fault)
		}
	}
}

func firstFailure(worlds int, open Opener) string {
	for seed := range worlds {
		for _, check := range Checks {
			if check.Run(Worlds().Example(seed), open) != nil {
				return check.Name
			}
		}
	}
	return ""
}
