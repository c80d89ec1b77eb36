package intake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/tagging"
)

// The bounds of a kept record's parts, in characters.
const (
	maxSubject = 200
	maxText    = 1_000_000
	maxPair    = 2_000
	maxLabel   = 200
	maxTags    = 64
	maxPosts   = 64
)

// prepared is a record in the words of the house, before its posts and tags have identities there.
type prepared struct {
	line   int
	source string
	volume volume
	origin string // post, or catchAll
	action []string
	info   []string
	// doubtful are copies that are posts only if the house knows posts of these names.
	doubtful []string
	tags     []tagWish
	dated    bool   // whether the record itself gave a date
	warning  string // what could not be read of a record that is kept all the same
	message  correspondence.Message
	refused  error
}

// volume is where a record stands beside others. The name of one may be that of another series or collection too.
type volume struct{ corpus, series, name string }

// tagWish is a tag as the record names it.
type tagWish struct {
	folded string
	label  habilitation.Label
}

var (
	errNoText  = errors.New("it has no body")
	errTooLong = errors.New("its body is longer than 1,000,000 characters")
)

// prepare turns a line into words of the house. It depends on nothing but the line, so that lines are prepared in parallel.
func (g gazetteer) prepare(l Line) prepared {
	p := prepared{line: l.Number, refused: l.Fault}
	if p.refused != nil {
		return p
	}
	r, err := parse(l.Text)
	if err != nil {
		p.refused = err
		return p
	}
	p.source, p.volume = sourceOf(r), volume{string(r.Corpus), string(r.Source.Series), string(r.Source.Volume)}
	p.refused = p.fill(r, g)
	return p
}

// sourceOf names a record for ever. The id of one collection may be another's too.
func sourceOf(r *record) string { return string(r.Corpus) + ":" + string(r.ID) }

func (p *prepared) fill(r *record, g gazetteer) error {
	m := &p.message
	m.Text = correspondence.CleanText(string(r.Body))
	switch length := utf8.RuneCountInString(m.Text); {
	case strings.TrimSpace(m.Text) == "":
		return errNoText
	case length > maxText:
		return errTooLong
	}
	m.Kind, m.Level, m.Language = kindOf(string(r.Type)), levelOf(r), languageOf(string(r.Language))
	m.Precedence, m.InfoPrecedence = precedenceOf(r.Handling), correspondence.Routine
	m.Subject = subjectOf(r, m.Text)
	m.Drafter = person(r.Drafting, r.From.Name, r.From.Raw)
	m.Signatory = person(r.Signed, r.From.Name, r.From.Raw)
	p.parties(r, g)
	p.tags = tagsOf(r)
	m.Provenance = p.provenance(r)
	return nil
}

// parties makes out the posts that the record is from and to.
func (p *prepared) parties(r *record, g gazetteer) {
	if p.origin = post(string(r.From.Post)); p.origin == catchAll {
		p.origin = post(string(r.Place))
	}
	for _, to := range r.To {
		p.action = appendPost(p.action, post(string(to.Post)))
	}
	for _, to := range r.InfoTo {
		name, certain := g.copiedPost(string(to.Raw))
		if to.Post != "" {
			name, certain = post(string(to.Post)), true
		}
		if certain {
			p.info = appendPost(p.info, name)
		} else {
			p.doubtful = appendPost(p.doubtful, name)
		}
	}
}

// appendPost adds a post once; that the catch-all is needed is decided when all are known.
func appendPost(posts []string, name string) []string {
	if name == catchAll || len(posts) >= maxPosts || slices.Contains(posts, name) {
		return posts
	}
	return append(posts, name)
}

// kindOf reads the form of the document in English or French.
func kindOf(printed string) correspondence.Kind {
	folded := tagging.Fold(printed)
	switch {
	case strings.Contains(folded, "telegram"): // telegramme, circular telegram
		return correspondence.Telegram
	case strings.Contains(folded, "letter"), strings.Contains(folded, "lettre"), strings.Contains(folded, "mail"), strings.Contains(folded, "message"):
		return correspondence.Mail
	}
	return correspondence.Note
}

// guarded matches the markings that become restricted distribution. A longer marking that holds one of them, or its French form, is as
// closed as the marking alone: when in doubt, less is read.
var guarded = regexp.MustCompile(`\b(secrete?|confidential|confidentiel(le)?|restricted)\b`)

func levelOf(r *record) habilitation.Level {
	marking := r.Normal
	if marking == "" {
		marking = r.Classification
	}
	if guarded.MatchString(tagging.Fold(string(marking))) {
		return habilitation.Restricted
	}
	return habilitation.Unprotected
}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// languageOf is the language's code; "und" when it is not said.
func languageOf(code string) string {
	if languageCode.MatchString(code) {
		return code
	}
	return "und"
}

// precedenceOf reads the handling words that tell how fast a message was to be handled.
func precedenceOf(handling list) correspondence.Precedence {
	highest := correspondence.Routine
	for _, printed := range handling {
		folded := tagging.Fold(printed)
		switch {
		case strings.Contains(folded, "flash"):
			highest = max(highest, correspondence.Flash)
		case strings.Contains(folded, "immediate"), strings.Contains(folded, "niact"), strings.Contains(folded, "emergency"):
			highest = max(highest, correspondence.Immediate)
		case strings.Contains(folded, "urgent"):
			highest = max(highest, correspondence.Urgent)
		case strings.Contains(folded, "priority"):
			highest = max(highest, correspondence.Priority)
		}
	}
	return highest
}

// subjectOf is the subject, else the title, else how the text begins.
func subjectOf(r *record, text string) string {
	for _, candidate := range []string{string(r.Subject), string(r.Title), text[:min(len(text), 4*maxSubject)]} {
		if line := correspondence.OneLine(strings.ToValidUTF8(candidate, "")); line != "" {
			return cut(line, maxSubject)
		}
	}
	return string(r.ID)
}

// cut shortens a text at a blank where there is one near.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	short := string([]rune(text)[:most-1])
	if blank := strings.LastIndexByte(short, ' '); blank > len(short)*3/4 {
		short = short[:blank]
	}
	return strings.TrimRight(short, " ,;:–—-") + "…"
}

// person is the first name that is printed; it names no agent.
func person(names ...word) correspondence.Person {
	for _, name := range names {
		if line := correspondence.OneLine(string(name)); line != "" {
			return correspondence.Person{Name: cut(line, maxLabel)}
		}
	}
	return correspondence.Person{}
}

// tagsOf lists the tags once for each folded form, in the record's order.
func tagsOf(r *record) []tagWish {
	var tags []tagWish
	add := func(printed, language string) {
		label := cut(strings.TrimRight(correspondence.OneLine(printed), " .:;,"), maxLabel)
		wish := tagWish{folded: tagging.Fold(label), label: habilitation.Label{EN: label}}
		if language == "fr" {
			wish.label = habilitation.Label{FR: label}
		}
		if slug(label, 8) == "" || len(tags) >= maxTags || slices.ContainsFunc(tags, func(t tagWish) bool { return t.folded == wish.folded }) {
			return
		}
		tags = append(tags, wish)
	}
	for _, printed := range r.Tags.Countries {
		add(printed, "en") // the collections name countries in English whatever their language
	}
	for _, printed := range slices.Concat(r.Tags.Sections, r.Tags.IndexTerms) {
		add(printed, string(r.Language))
	}
	return tags
}

// provenance keeps where the record comes from.
func (p *prepared) provenance(r *record) *correspondence.Provenance {
	out := &correspondence.Provenance{Number: cut(correspondence.OneLine(string(r.Number)), maxLabel), From: cut(correspondence.OneLine(r.From.printed()), maxPair)}
	if r.NumberPrinted != "" {
		out.Number = cut(correspondence.OneLine(string(r.NumberPrinted)), maxLabel)
	}
	for _, to := range r.To[:min(len(r.To), maxPosts)] {
		if printed := cut(correspondence.OneLine(to.printed()), maxPair); printed != "" {
			out.To = append(out.To, printed)
		}
	}
	for _, printed := range []word{r.Date, r.FileDate} {
		if p.dated || printed == "" {
			continue
		}
		if out.Date, p.dated = readDate(string(printed)); !p.dated && p.warning == "" {
			p.warning = fmt.Sprintf("the date %q cannot be read", cut(correspondence.OneLine(string(printed)), maxLabel))
		}
	}
	out.Pairs = pairsOf(r)
	return out
}

// readDate reads a day at noon UTC, or a month or a year at its first day: which day it was is never a matter of a reader's zone.
func readDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1000 {
			return at.Add(12 * time.Hour), true
		}
	}
	return time.Time{}, false
}

// pairsOf lists what the record says of itself, in a fixed order.
func pairsOf(r *record) [][2]string {
	var copies []string
	for _, to := range r.InfoTo {
		copies = append(copies, to.printed())
	}
	var pairs [][2]string
	for _, pair := range [][2]string{
		{"corpus", string(r.Corpus)}, {"record", string(r.ID)}, {"series", string(r.Source.Series)}, {"volume", string(r.Source.Volume)},
		{"volume_title", string(r.Source.VolumeTitle)}, {"document", string(r.Source.Document)}, {"pages", strings.Join(r.Source.Pages, ", ")},
		{"url", string(r.Source.URL)}, {"licence", licenceOf(r)}, {"type", string(r.Type)}, {"type_basis", string(r.TypeBasis)},
		{"title", string(r.Title)}, {"subject_basis", string(r.SubjectBasis)}, {"date", string(r.Date)}, {"date_basis", string(r.DateBasis)},
		{"date_printed", string(r.DatePrinted)}, {"received_printed", string(r.Received)}, {"place", string(r.Place)}, {"file_number", string(r.FileNumber)},
		{"classification", string(r.Classification)}, {"handling", strings.Join(r.Handling, "; ")}, {"info_to", strings.Join(copies, "; ")},
		{"registry_marks", strings.Join(r.RegistryMarks, "; ")}, {"source_note", string(r.SourceNote)}, {"paragraphs", string(r.Paragraphs)},
		{"quality", strings.Join(r.Flags, "; ")},
	} {
		if pair[1] = cut(correspondence.OneLine(pair[1]), maxPair); pair[1] != "" {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// licenceOf is what the record says, else what its collection is known to be under.
func licenceOf(r *record) string {
	switch corpus := string(r.Corpus); {
	case r.Licence != "":
		return string(r.Licence)
	case strings.HasPrefix(corpus, "frus"):
		return "US government work, public domain; CC0 outside the United States"
	case strings.HasPrefix(corpus, "od-"):
		return "public domain; scan under the terms of Gallica"
	}
	return "not stated"
}

// yearIn finds the year that a volume's name ends in or holds: "frus1945v03".
var yearIn = regexp.MustCompile(`1[5-9][0-9]{2}|20[0-9]{2}`)

// datedBy dates a record without a date: by the record before it in its volume, else by the year in the volume's name unless that is to come,
// else not at all. The basis is kept beside the date, so that nobody takes the hint for a print.
// A record whose own date is after latest is refused: it would stand above all that comes in until then.
func datedBy(before map[volume]time.Time, p *prepared, latest time.Time) error {
	out := p.message.Provenance
	if p.dated && out.Date.After(latest) {
		return fmt.Errorf("its date %s is in the future", out.Date.Format(time.DateOnly))
	}
	if p.dated {
		if p.volume.name != "" {
			before[p.volume] = out.Date
		}
		return nil
	}
	var basis string
	year, err := strconv.Atoi(yearIn.FindString(p.volume.name))
	if at, known := before[p.volume]; known {
		out.Date, basis = at, "inferred: as the record before it in its volume"
	} else if err == nil && year <= latest.Year() {
		out.Date, basis = time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC), "inferred: year of the volume"
	} else {
		out.Date, basis = time.Date(1900, time.January, 1, 12, 0, 0, 0, time.UTC), "unknown: 1900 stands for it"
	}
	out.Pairs = slices.DeleteFunc(out.Pairs, func(pair [2]string) bool { return pair[0] == "date_basis" })
	out.Pairs = append(out.Pairs, [2]string{"date_basis", basis})
	return nil
}
