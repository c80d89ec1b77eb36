package correspondence

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
)

// The bounds of the smaller fields, in characters.
const (
	maxWord   = 60  // an office, a country, a free tag
	maxPhrase = 120 // a person, a mention, to whose attention
)

// particulars reads the fields that only some messages have.
func (f *finishing) particulars() {
	f.instruction()
	f.times()
	f.relations()
	f.subjects()
	f.protection()
	f.external()
	f.paragraphMarks()
}

// instruction reads the sort and the class of the message: an instruction opens an action, so somebody must have something to do.
func (f *finishing) instruction() {
	form := &f.draft.Form
	f.m.Instruction, f.m.Exercise = form.Instruction, form.Exercise
	if form.DistributionClass != "" {
		f.m.DistributionClass = choose(f, "distribution_class", form.DistributionClass, distributionNames, DistributionClass(0))
	}
	if !f.m.Instruction {
		return
	}
	if f.m.Kind == Mail {
		f.fault("instruction", "instruction-in-mail")
	}
	asksToDo := func(a Addressee) bool { return a.Qualification == ToDo }
	collectiveToDo := func(c Collective) bool { return c.Qualification == ToDo }
	if !slices.ContainsFunc(f.m.Addressees, asksToDo) && !slices.ContainsFunc(f.m.Collectives, collectiveToDo) {
		f.fault("instruction", "instruction-without-do")
	}
}

// extras reads what only some addressees are asked.
func (f *finishing) extras(field string, role Role, to FormAddressee) Asked {
	a := Asked{Night: to.Night, NightReason: CleanText(to.NightReason), Attention: OneLine(to.Attention)}
	a.Precedence, a.Receipt = f.urgency(field, role, to.Precedence, to.Receipt)
	a.Serve = f.list(field+".serve", to.Serve, maxWord)
	f.length(field+".attention", a.Attention, false, maxPhrase)
	f.length(field+".night_reason", a.NightReason, a.Night, maxSummary)
	f.inClear(field+".night_reason", a.NightReason)
	f.inClear(field+".attention", a.Attention)
	if a.Night && role == Info {
		f.fault(field+".night", "info-cannot-night")
	}
	if !a.Night && a.NightReason != "" {
		f.fault(field+".night_reason", "reason-without-night")
	}
	return a
}

// urgency reads the precedence and the receipt of one line. No action is more urgent than the message.
func (f *finishing) urgency(field string, role Role, precedence, receipt string) (own Precedence, asked Receipt) {
	if precedence != "" {
		own = choose(f, field+".precedence", precedence, precedenceNames, Precedence(0))
	}
	if role == Action && own > f.m.Precedence {
		f.fault(field+".precedence", "above-message-precedence")
	}
	if receipt != "" && receipt != NoReceipt.String() {
		asked = choose(f, field+".receipt", receipt, receiptNames, NoReceipt)
	}
	if role == Info && asked == ChargeReceipt {
		f.fault(field+".receipt", "info-cannot-charge")
	}
	return own, asked
}

// copiesBeneathAction refuses a copy that is more urgent than every action.
func (f *finishing) copiesBeneathAction() {
	form := &f.draft.Form
	own := func(name string, otherwise Precedence) Precedence {
		if value, ok := valueOf(precedenceNames, name); ok && value != 0 {
			return Precedence(value)
		}
		return otherwise
	}
	var action Precedence
	for _, a := range form.Action {
		action = max(action, own(a.Precedence, f.m.Precedence))
	}
	for _, c := range form.Collectives {
		if c.Role == Action.String() {
			action = max(action, own(c.Precedence, f.m.Precedence))
		}
	}
	action = cmp.Or(action, f.m.Precedence)
	if f.m.InfoPrecedence > action {
		f.fault("info_precedence", "above-action")
	}
	for i, a := range form.Info {
		if own(a.Precedence, 0) > action {
			f.fault(fmt.Sprintf("info[%d].precedence", i), "above-action")
		}
	}
	for i, c := range form.Collectives {
		if c.Role != Action.String() && own(c.Precedence, 0) > action {
			f.fault(fmt.Sprintf("collectives[%d].precedence", i), "above-action")
		}
	}
}

// list reads short lines, each once.
func (f *finishing) list(field string, values []string, most int) []string {
	var out []string
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		value = OneLine(value)
		f.length(at, value, true, most)
		f.inClear(at, value)
		if slices.ContainsFunc(out, func(other string) bool { return strings.EqualFold(other, value) }) {
			f.fault(at, "twice", "value", value)
			continue
		}
		out = append(out, value)
	}
	return out
}

// moment reads an instant; a date ends with its day. Without a zone it is in that of the house.
func (f *finishing) moment(field, text string) (at time.Time, ok bool) {
	if text == "" {
		return at, false
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if err == nil {
			break
		}
		if at, err = time.ParseInLocation(layout, text, f.zone); err == nil && layout == time.DateOnly {
			at = endOfDay(at, f.zone)
		}
	}
	if at = asGiven(at.Truncate(time.Second)); err != nil || at.UTC().Year() > 9999 || at.UTC().Year() < 1 {
		f.fault(field, "not-a-date", "value", text)
		return time.Time{}, false
	}
	return at, true
}

// times reads the moments of the message: each must be to come, after the release where that is put off, and within the validity.
func (f *finishing) times() {
	form := &f.draft.Form
	f.m.NotBefore, _ = f.moment("not_before", form.NotBefore) // past: it may be released now
	f.m.ValidUntil = f.toCome("valid_until", form.ValidUntil)
	f.m.ReplyBefore = f.toCome("reply_before", form.ReplyBefore)
	f.m.SilenceUntil = f.toCome("silence_until", form.SilenceUntil)
	f.m.ReassessOn = f.toCome("reassess_on", form.ReassessOn)
	for _, within := range []struct {
		field string
		at    time.Time
	}{{"reply_before", f.m.ReplyBefore}, {"silence_until", f.m.SilenceUntil}} {
		if !f.m.ValidUntil.IsZero() && within.at.After(f.m.ValidUntil) {
			f.fault(within.field, "after-validity")
		}
	}
}

func (f *finishing) toCome(field, text string) time.Time {
	at, ok := f.moment(field, text)
	switch {
	case !ok:
	case at.Before(f.now):
		f.fault(field, "past")
	case at.Before(f.m.NotBefore):
		f.fault(field, "before-release")
	}
	return at
}

// relations resolves the message that is answered and the one that is gone on from. Unlike what is merely cited, both must be messages that
// the author can see: whoever answers has read.
func (f *finishing) relations() {
	f.m.InReplyTo = f.relation("reply_to", f.draft.Form.ReplyTo)
	f.m.Follows = f.relation("follows", f.draft.Form.Follows)
}

func (f *finishing) relation(field, text string) Reference {
	text = OneLine(text)
	if text == "" {
		return Reference{}
	}
	reference, level, ok := f.resolve(text)
	switch {
	case f.m.Level == habilitation.Unprotected && (len(f.restrictedNumbers(text)) > 0 || ok && level > f.m.Level):
		f.fault(field, "restricted-number", "number", text)
	case !ok:
		f.fault(field, "reference-unknown")
	default:
		return reference
	}
	return Reference{}
}

// subjects reads countries, persons and free tags.
func (f *finishing) subjects() {
	form := &f.draft.Form
	f.m.Countries = f.list("countries", form.Countries, maxWord)
	f.m.Persons = f.list("persons", form.Persons, maxPhrase)
	f.m.FreeTags = f.list("free_tags", form.FreeTags, maxWord)
	for i, tag := range f.m.FreeTags {
		if strings.Contains(tag, ",") {
			f.fault(fmt.Sprintf("free_tags[%d]", i), "one-tag-each", "value", tag)
		}
	}
}

// protection reads what goes with the level.
func (f *finishing) protection() {
	form := &f.draft.Form
	f.m.LevelReason, f.m.AudienceMention = OneLine(form.LevelReason), OneLine(form.AudienceMention)
	f.m.HandlingInstructions = OneLine(form.HandlingInstructions)
	f.length("level_reason", f.m.LevelReason, false, maxSummary)
	f.length("audience_mention", f.m.AudienceMention, false, maxPhrase)
	f.length("handling_instructions", f.m.HandlingInstructions, false, maxSummary)
	if form.LevelOwner != "" && form.LevelOwner != form.Origin {
		f.levelOwner(form.LevelOwner)
	}
	f.inClear("level_reason", f.m.LevelReason)
	f.inClear("audience_mention", f.m.AudienceMention)
	f.inClear("handling_instructions", f.m.HandlingInstructions)
}

// levelOwner reads the group that answers for the level in the place of the origin.
func (f *finishing) levelOwner(key string) {
	owner, ok := f.register.AudienceByKey(key)
	switch {
	case !ok || owner.Community:
		f.fault("level_owner", "group-unknown", "value", key)
	case owner.Level < f.m.Level:
		f.fault("level_owner", "group-not-cleared", "group", owner.Name.In(f.m.Language))
	default:
		party := f.party(owner)
		f.m.LevelOwner = &party
	}
}

// external reads the addresses outside the house: of a formal mail, and of nothing that is protected.
func (f *finishing) external() {
	form := &f.draft.Form
	if len(form.External) == 0 {
		return
	}
	if f.m.Kind != Mail && f.m.Kind != 0 {
		f.fault("external", "external-mail-only")
	}
	if f.m.Level == habilitation.Restricted {
		f.fault("external", "external-restricted")
	}
	for i, address := range form.External {
		address = strings.TrimSpace(address)
		field := fmt.Sprintf("external[%d]", i)
		switch {
		case !isMailAddress(address):
			f.fault(field, "not-an-address", "value", address)
		case slices.ContainsFunc(f.m.External, func(other string) bool { return strings.EqualFold(other, address) }):
			f.fault(field, "twice", "value", address)
		default:
			f.m.External = append(f.m.External, address)
		}
	}
}

// paragraphMark opens a paragraph that is protected on its own: "(NP)" unprotected, "(DR)" restricted.
var paragraphMarks = map[string]habilitation.Level{"(NP)": habilitation.Unprotected, "(DR)": habilitation.Restricted}

// ParagraphLevel is the level that a paragraph gives itself, and its words after the mark; zero when it gives none.
func ParagraphLevel(paragraph string) (level habilitation.Level, words string) {
	trimmed := strings.TrimLeft(paragraph, " \t\n")
	for mark, level := range paragraphMarks {
		if after, marked := strings.CutPrefix(trimmed, mark); marked {
			return level, strings.TrimLeft(after, " \t")
		}
	}
	return 0, paragraph
}

// paragraphMarks refuses a paragraph, a subject or an instruction above the message, which takes the highest level of its parts.
func (f *finishing) paragraphMarks() {
	if !f.m.Level.Valid() {
		return
	}
	marked := func(field, words string) {
		if level, _ := ParagraphLevel(words); level > f.m.Level {
			f.fault(field, "above-message")
		}
	}
	marked("subject", f.m.Subject)
	for i, a := range f.draft.Form.Action {
		marked(fmt.Sprintf("action[%d].instruction", i), a.Instruction)
	}
	for i, c := range f.draft.Form.Collectives {
		marked(fmt.Sprintf("collectives[%d].instruction", i), c.Instruction)
	}
	for _, part := range []struct{ field, text string }{{"summary", f.m.Summary}, {"text", f.m.Text}, {"comment", f.m.Comment}} {
		n := 0
		for paragraph := range strings.SplitSeq(part.text, "\n\n") {
			if strings.TrimSpace(paragraph) == "" {
				continue
			}
			n++
			if level, _ := ParagraphLevel(paragraph); level > f.m.Level {
				f.fault(part.field, "paragraph-above-message", "paragraph", strconv.Itoa(n))
			}
		}
	}
}
