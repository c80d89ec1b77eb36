package correspondence

import "time"

// A moment that was given as a date ends with its day where the house is. It is kept with the offset from UTC that its day had there, so that
// the signed text says which day was meant, to whoever reads it and wherever: 2028-01-02T23:59:59+01:00. Every other moment is kept in UTC.

// endOfDay is the last second of a day, with the offset that the zone has then.
func endOfDay(day time.Time, zone *time.Location) time.Time {
	year, month, date := day.Date()
	return withOffset(time.Date(year, month, date, 23, 59, 59, 0, zone))
}

// withOffset keeps of a zone what a text can say of it.
func withOffset(at time.Time) time.Time {
	if _, offset := at.Zone(); offset != 0 {
		return at.In(time.FixedZone("", offset))
	}
	return at.UTC()
}

// isWholeDay reports whether a moment is the last second of a day where it was given.
func isWholeDay(at time.Time) bool {
	hour, minute, second := at.Clock()
	return hour == 23 && minute == 59 && second == 59
}

// asGiven is a moment as the signed text says it: with its own offset where a day was given, else in UTC.
func asGiven(at time.Time) time.Time {
	if isWholeDay(at) {
		return withOffset(at)
	}
	return at.UTC()
}

// WholeDay is the day that a moment ends, where it was given as a date: in its own zone, or in that of the house for a moment that comes
// without. Whoever tells it tells no hour.
func WholeDay(at time.Time, house *time.Location) (day time.Time, ok bool) {
	if isWholeDay(at) {
		return at, true
	}
	at = at.In(house)
	return at, isWholeDay(at)
}
