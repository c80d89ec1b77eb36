package correspondence

import (
	"cmp"
	"context"
	"slices"
)

// gapsMost is how many missing numbers of a series are listed.
const gapsMost = 20

// Gaps lists the series toward the reader's groups in which numbers are missing among what the reader may read, this year and the last: a
// number is missing when a later one has come. What the reader is not cleared for from the first has a series of its own, and is no gap here.
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

// gap is a series with the numbers that the reader lacks; false when they lack none.
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

// lacking are the numbers that the reader lacks, ascending, up to the last that has come to them: what follows it is no gap.
func (d *Desk) lacking(key towardKey, numbers []uint64) []uint64 {
	slices.Sort(numbers)
	lacking := slices.DeleteFunc(slices.Compact(numbers), func(n uint64) bool { return d.hasNumber(key, n) })
	last := d.house.Folds.lastToward(key)
	for len(lacking) > 0 && lacking[len(lacking)-1] == last {
		lacking, last = lacking[:len(lacking)-1], last-1
	}
	return lacking
}

// hasNumber reports whether the reader may read the message that bears the number.
func (d *Desk) hasNumber(key towardKey, n uint64) bool {
	id, known := d.house.Folds.Handling.Numbered(key.origin, key.to, key.level, int(key.year), n)
	if !known {
		id, known = d.house.Folds.Ledger.numberedToward(key, n)
	}
	if !known {
		return false
	}
	_, err := d.admit(id)
	return err == nil
}
