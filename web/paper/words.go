package paper

import (
	"strings"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Words are one language of the house's catalogues.
type Words interface {
	T(key string, pairs ...any) string
	Label(habilitation.Label) string
	Level(habilitation.Level) string
	Number(int) string
	Size(int64) string
	Date(time.Time) string
	DateTime(time.Time) string
	Until(time.Time, *time.Location) string
	Corrected(correspondence.Banner, *time.Location) string
}

// House is what a printed page says of where it comes from.
type House struct {
	Name string
	Zone *time.Location // in which times are told
}

// heading is a word as the trade prints it.
func heading(word string) string { return strings.ToUpper(word) }

// joined leaves out what is empty.
func joined(separator string, parts ...string) string {
	kept := parts[:0:0]
	for _, part := range parts {
		if strings.TrimSpace(part) != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, separator)
}

// called is how a group is named in an address: its timbre, or its name.
func called(w Words, a correspondence.AudienceRef) string {
	if a.Timbre != "" {
		return a.Timbre
	}
	return w.Label(a.Name)
}

// numberOf is a message's number, or its kind when it has none.
func numberOf(w Words, h *correspondence.Headline) string {
	if h.Number != "" {
		return h.Number
	}
	return w.T("kind." + h.Kind.String())
}
