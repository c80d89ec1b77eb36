package web

import (
	"fmt"
	"time"

	"chancery/correspondence"
)

var months = map[string][12]string{
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

var shortMonths = map[string][12]string{
	"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// Date is a day in full: "12 juillet 2026".
func (w *words) Date(t time.Time) string {
	day := fmt.Sprint(t.Day())
	if w.lang == "fr" && t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[w.lang][t.Month()-1], t.Year())
}

// ShortDate is a day in short: "12 juil. 2026".
func (w *words) ShortDate(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), shortMonths[w.lang][t.Month()-1], t.Year())
}

// DateTime is a day and its hour: "12 juillet 2026 à 13:02".
func (w *words) DateTime(t time.Time) string {
	joint := " à "
	if w.lang == "en" {
		joint = " at "
	}
	return w.Date(t) + joint + t.Format("15:04")
}

// Until is a day, where a date was given, or else a day and its hour in a zone.
func (w *words) Until(t time.Time, zone *time.Location) string {
	if day, whole := correspondence.WholeDay(t, zone); whole {
		return w.Date(day)
	}
	return w.DateTime(t.In(zone))
}

// RowTime is what a row of the teleprinter says: the hour today, the day and the hour this year, the day and the year before.
func (w *words) RowTime(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return w.Deadline(t, now)
	}
	return w.ShortDate(t)
}

// ShortDay is a day of this year, or of another with its year: "12 juil.".
func (w *words) ShortDay(day, now time.Time) string {
	if day.Year() == now.Year() {
		return fmt.Sprintf("%d %s", day.Day(), shortMonths[w.lang][day.Month()-1])
	}
	return w.ShortDate(day)
}

// Deadline is a day of this year, or of another with its year, and its hour: "12 juil. 17:00".
func (w *words) Deadline(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() == now.Year() {
		return fmt.Sprintf("%d %s %s", t.Day(), shortMonths[w.lang][t.Month()-1], t.Format("15:04"))
	}
	return w.ShortDate(t) + " " + t.Format("15:04")
}

// Month is a facet's month, "2026-11", in words; what is no month is told as it is.
func (w *words) Month(value string) string {
	t, err := time.Parse("2006-01", value)
	if err != nil {
		return value
	}
	return fmt.Sprintf("%s %d", months[w.lang][t.Month()-1], t.Year())
}

// Size is a file's size in powers of ten: "12 ko", "12 kB".
func (w *words) Size(n int64) string {
	unit := map[string]string{"fr": "o", "en": "B"}[w.lang]
	switch {
	case n < 1000:
		return fmt.Sprintf("%d\u00a0%s", n, unit)
	case n < 1_000_000:
		return fmt.Sprintf("%d\u00a0k%s", (n+500)/1000, unit)
	}
	return fmt.Sprintf("%d\u00a0M%s", (n+500_000)/1_000_000, unit)
}
