package correspondence

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"chancery/habilitation"
	"chancery/search"
)

// Search answers the reader's words. Totals, order, facets and fragments come from what the perimeter admits and from nothing else.
func (d *Desk) Search(ctx context.Context, q SearchQuery) (SearchPage, error) {
	query, err := search.ParseQuery(q.Text)
	if err != nil {
		return SearchPage{}, queryRefusal(q.Text, err)
	}
	query = query.Resolve(vocabulary{d.house.Folds})
	query.Limit, query.After = q.Limit, q.After
	switch q.Sort {
	case "", "relevance":
	case "date":
		query.Sort = search.ByDate
	default:
		return SearchPage{}, &Refusal{Cause: Invalid, Faults: []Fault{noChoice("sort", q.Sort, "relevance", "date")}}
	}
	found, err := d.house.Index.Find(ctx, d.badge.Perimeter(), query)
	if err != nil {
		return SearchPage{}, refusalOf(err)
	}
	return d.searchPage(ctx, found)
}

func queryRefusal(text string, err error) error {
	var faults search.Faults
	if !errors.As(err, &faults) {
		return err
	}
	out := &Refusal{Cause: Invalid}
	runes := []rune(text)
	for _, f := range faults {
		at := min(f.At, len(runes))
		out.Faults = append(out.Faults, Fault{Field: "q", Key: f.Key, Args: map[string]string{"at": strconv.Itoa(f.At), "length": strconv.Itoa(f.Length),
			"text": string(runes[at:min(at+f.Length, len(runes))])}})
	}
	return out
}

func (d *Desk) searchPage(ctx context.Context, found search.Found) (SearchPage, error) {
	unread, err := d.unreads(ctx)
	if err != nil {
		return SearchPage{}, err
	}
	page := SearchPage{Total: found.Total, Items: make([]SearchHit, 0, len(found.Hits)), Facets: d.facets(found.Facets)}
	for _, hit := range found.Hits {
		row, err := d.admit(hit.ID)
		if err != nil {
			continue // withdrawn since the index answered
		}
		if h, ok := d.headline(row, unread); ok {
			page.Items = append(page.Items, SearchHit{Headline: h, Highlights: highlights(hit)})
		}
	}
	if !found.Next.IsZero() {
		next := found.Next
		page.Next = &next
	}
	return page, nil
}

var partNames = map[search.Part]string{search.PartSubject: "subject", search.PartSummary: "summary", search.PartText: "text", search.PartFiles: "attachments"}

func highlights(hit search.Hit) []Highlight {
	out := []Highlight{}
	for _, f := range hit.Fragments {
		h := Highlight{Field: partNames[f.Part], Runs: make([]HighlightRun, 0, len(f.Segments)+2)}
		if f.Cut&search.CutBefore != 0 {
			h.Runs = append(h.Runs, HighlightRun{Text: "… "})
		}
		for _, s := range f.Segments {
			h.Runs = append(h.Runs, HighlightRun{Text: s.Text, Match: s.Marked})
		}
		if f.Cut&search.CutAfter != 0 {
			h.Runs = append(h.Runs, HighlightRun{Text: " …"})
		}
		out = append(out, h)
	}
	return out
}

// maxFacet is how many values of one facet are shown.
const maxFacet = 50

func (d *Desk) facets(f search.Facets) Facets {
	return Facets{
		Tag: facetValues(f.Tags, func(t habilitation.TagID) FacetValue {
			ref := d.house.Folds.tag(t)
			return FacetValue{Value: ref.Key, Label: ref.Label, Query: "tag:" + ref.Key}
		}),
		Group: facetValues(f.Audiences, func(a habilitation.AudienceID) FacetValue {
			ref := d.house.Folds.audience(a)
			return FacetValue{Value: ref.Key, Label: ref.Name, Query: "to:" + ref.Key}
		}),
		Kind: facetValues(f.Kinds, func(k search.Kind) FacetValue {
			return FacetValue{Value: k.String(), Query: "type:" + k.String()}
		}),
		Level: facetValues(f.Levels, func(l habilitation.Level) FacetValue {
			return FacetValue{Value: l.String(), Query: "level:" + l.String()}
		}),
		Month: facetValues(f.Months, func(m search.Month) FacetValue {
			month := search.Query{Clauses: []search.Clause{{Operator: search.After, Text: m.String()}, {Operator: search.Before, Text: (m + 1).String()}}}
			return FacetValue{Value: m.String(), Query: month.String()}
		}),
	}
}

// facetValues orders values by count, then by name, and keeps the first.
func facetValues[K comparable](counts map[K]int, describe func(K) FacetValue) []FacetValue {
	out := make([]FacetValue, 0, len(counts))
	for key, count := range counts {
		value := describe(key)
		value.Count = count
		out = append(out, value)
	}
	slices.SortFunc(out, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), maxFacet)]
}

// vocabulary finds what a reader's words name. Tags and groups are known to every agent of the house.
type vocabulary struct{ folds *Folds }

func (v vocabulary) Tags(text string) []habilitation.TagID { return v.folds.Thesaurus.Find(text) }

// Audiences finds groups by key, timbre or name, whatever their case and accents.
func (v vocabulary) Audiences(text string) []habilitation.AudienceID {
	wanted := search.Fold(text)
	var out []habilitation.AudienceID
	for a := range v.folds.Register.Audiences() {
		for _, name := range []string{a.Key, a.Timbre, a.Name.FR, a.Name.EN} {
			if name != "" && search.Fold(name) == wanted {
				out = append(out, a.ID)
				break
			}
		}
	}
	return out
}
