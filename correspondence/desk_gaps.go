package correspondence

import (
	"cmp"
	"context"
	"slices"

	"chancery/habilitation"
)

// gapsMost is how many missing numbers of a series are listed.
const gapsMost = 20

// Gaps lists the series toward the reader's groups in which numbers are missing, this year and the last: a number is missing when a later one has
// come to the reader and the house knows of no message that bears it. What the reader was never cleared for has a series of its own, and what was raised
// above the reader came to the house: neither is a gap, whoever asks.
func (d *Desk) Gaps(context.Context) ([]GapView, error) {
	out := []GapView{}
	year := d.house.Clock().Year()
	for _, audience := range d.badge.Perimeter().Audiences() {
		for key, numbers := range d.house.Folds.Ledger.missing(audience) {
			if key.level > d.badge.Level() || int(key.year) < year-1 {
				continue
			}
			if v, missing := d.gap(key, numbers); missing {
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(a, b GapView) int {
		return cmp.Or(cmp.Compare(a.Origin.Key, b.Origin.Key), cmp.Compare(a.Group.Key, b.Group.Key), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Year, b.Year))
	})
	return out, nil
}

// gap is a series with the numbers that are missing in it for the reader; false when none is.
func (d *Desk) gap(key towardKey, numbers []uint64) (GapView, bool) {
	v := GapView{Origin: d.house.Folds.audience(key.origin), Group: d.house.Folds.audience(key.to), Level: key.level, Year: int(key.year), Missing: []uint64{}}
	for _, n := range d.lacking(key, numbers) {
		if len(v.Missing) == gapsMost {
			v.More++
			continue
		}
		v.Missing = append(v.Missing, n)
	}
	return v, len(v.Missing) > 0
}

// lacking are the numbers that no message bears, ascending, up to the last that has come to the reader: what follows it is no gap, or the reader
// would learn of it.
func (d *Desk) lacking(key towardKey, numbers []uint64) []uint64 {
	slices.Sort(numbers)
	lacking := slices.DeleteFunc(slices.Compact(numbers), func(n uint64) bool { return d.hasNumber(key, n) })
	last := d.house.Folds.lastToward(key)
	for len(lacking) > 0 && lacking[len(lacking)-1] == last {
		lacking, last = lacking[:len(lacking)-1], last-1
	}
	return slices.DeleteFunc(lacking, func(n uint64) bool { _, borne := d.house.Folds.bearer(key, n); return borne })
}

// hasNumber reports whether the reader may read the message that bears the number.
func (d *Desk) hasNumber(key towardKey, n uint64) bool {
	id, borne := d.house.Folds.bearer(key, n)
	if !borne {
		return false
	}
	_, err := d.admit(id)
	return err == nil
}

// bearer is the message that bears a number in a series toward an addressee, among those that may be missing for somebody.
func (f *Folds) bearer(key towardKey, n uint64) (habilitation.ID, bool) {
	if id, known := f.Handling.Numbered(key.origin, key.to, key.level, int(key.year), n); known {
		return id, true
	}
	return f.Ledger.numberedToward(key, n)
}
