package web

import (
	"slices"
	"strings"

	"chancery/correspondence"
)

// numberOf is a message's number, or its kind when it has none.
func numberOf(f *frame, h correspondence.Headline) string {
	if h.Number == "" {
		return f.T("kind." + h.Kind.String())
	}
	return h.Number
}

// subjectOf is a message's subject; an old record may have none.
func subjectOf(f *frame, h correspondence.Headline) string {
	if strings.TrimSpace(h.Subject) == "" {
		return f.T("row.no-subject")
	}
	return h.Subject
}

// overtaken reports whether a later message cancelled or replaced this one: then nothing is to be done for it.
func overtaken(h correspondence.Headline) bool {
	return slices.ContainsFunc(h.Banners, func(b correspondence.Banner) bool { return b.How.Overtakes() })
}

// reasonText is one ground on which the reader sees a message.
func reasonText(f *frame, r correspondence.Reason) string {
	var audience, tag string
	if r.Audience != nil {
		audience = calledShort(f, *r.Audience)
	}
	if r.Tag != nil {
		tag = f.Label(r.Tag.Label)
	}
	key := "reason." + r.Kind
	if !f.has(key) {
		key = "reason.other"
	}
	return f.T(key, "Audience", audience, "Tag", tag)
}

// calledShort is how a group is called where room is short: its timbre, or its name.
func calledShort(f *frame, a correspondence.AudienceRef) string {
	if a.Timbre != "" {
		return a.Timbre
	}
	return f.Label(a.Name)
}

// highlighted is the runs of a field that was found in.
func highlighted(highlights []correspondence.Highlight, field string) ([]correspondence.HighlightRun, bool) {
	for _, h := range highlights {
		if h.Field == field {
			return h.Runs, true
		}
	}
	return nil, false
}

// snippets are the fragments found in anything but the subject.
func snippets(highlights []correspondence.Highlight) [][]correspondence.HighlightRun {
	var found [][]correspondence.HighlightRun
	for _, h := range highlights {
		if h.Field != "subject" {
			found = append(found, h.Runs)
		}
	}
	return found
}

// beginning is the first words of a summary, as much as a row has room for.
func beginning(text string) string {
	const room = 180
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= room {
		return text
	}
	cut := string(runes[:room])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return cut + "…"
}
