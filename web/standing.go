package web

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"chancery/correspondence"
)

// standing is the page of a draft that is not to be written now. Whoever gives a visa or signs puts their name to all of it, so it shows all
// that the form says.
type standing struct {
	draft correspondence.DraftView
	files []correspondence.DraftFile
	names names
	done  string
}

// draftViewOf is the page of a draft that is not to be written now: its text, with what there is to do about it.
func draftViewOf(c *Call, d *correspondence.Desk, draft correspondence.DraftView, p standing) (view, error) {
	var err error
	p.draft = draft
	if p.names, err = nameKeys(c, d, draft.Form); err != nil {
		return view{}, err
	}
	if p.files, err = d.DraftFiles(c.ctx, draft.Form); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.drafts"), section: "drafts", echoes: true, body: func(f *frame) templ.Component { return standingBody(f, p) }}, nil
}

// standingLine is one field in the head of the text.
type standingLine struct {
	label string
	texts []string
}

// sort is what kind of message it is to be.
func (p standing) sort(f *frame) string {
	sort := []string{kindOf(f, p.draft.Form.Kind)}
	if p.draft.Form.Instruction {
		sort = append(sort, f.T("field.instruction-sort"))
	}
	if p.draft.Form.Exercise {
		sort = append(sort, f.T("message.exercise"))
	}
	return strings.Join(sort, " – ")
}

// lines are the fields that stand in the head, in the order of the sheet.
func (p standing) lines(f *frame) (lines []standingLine) {
	form := p.draft.Form
	add := func(field string, texts ...string) {
		if strings.Join(texts, "") != "" {
			lines = append(lines, standingLine{f.T("field." + field), texts})
		}
	}
	add("action", each(form.Action, func(a correspondence.FormAddressee) string { return p.addressee(f, a) })...)
	add("info", each(form.Info, func(a correspondence.FormAddressee) string { return p.addressee(f, a) })...)
	add("collectives", each(form.Collectives, func(c correspondence.FormCollective) string { return p.collective(f, c) })...)
	add("exempted", joined(each(form.Exempted, func(key string) string { return p.names.group(f, key) })))
	add("agents", joined(each(form.Agents, p.names.agent)))
	add("external", form.External...)
	for _, one := range [][2]string{{"precedence", form.Precedence}, {"info_precedence", form.InfoPrecedence}} {
		if one[1] != "" {
			add(one[0], knownWord(f, "precedence."+one[1], one[1]))
		}
	}
	for _, one := range [][2]string{{"reply_before", form.ReplyBefore}, {"valid_until", form.ValidUntil}, {"not_before", form.NotBefore}, {"silence_until", form.SilenceUntil}} {
		add(one[0], typedMoment(f, one[1]))
	}
	add("tags", joined(each(form.Tags, func(key string) string { return p.names.tag(f, key) })))
	add("free_tags", joined(form.FreeTags))
	add("countries", joined(form.Countries))
	add("persons", joined(form.Persons))
	add("references", form.References...)
	add("reply_to", form.ReplyTo)
	add("follows", form.Follows)
	if how := corrected(form); how.Message != "" {
		add("corrects", knownWord(f, "how."+how.How, how.How)+" "+how.Message)
	}
	add("level_reason", form.LevelReason)
	if form.LevelOwner != "" {
		add("level_owner", p.names.group(f, form.LevelOwner))
	}
	add("reassess_on", typedMoment(f, form.ReassessOn))
	add("handling_instructions", form.HandlingInstructions)
	if form.DistributionClass != "" {
		add("distribution_class", knownWord(f, "class."+form.DistributionClass, form.DistributionClass))
	}
	return lines
}

// addressee is a group with all that is asked of it.
func (p standing) addressee(f *frame, a correspondence.FormAddressee) string {
	text := p.names.group(f, a.Group) + asked(f, asks{a.Qualification, a.Deadline, a.Instruction}, a.Precedence, a.Receipt)
	if len(a.Serve) > 0 {
		text += " – " + f.T("message.serve", "Offices", strings.Join(a.Serve, " - "))
	}
	if a.Attention != "" {
		text += " – " + f.T("message.attention", "Whom", a.Attention)
	}
	if a.Night {
		text += " – " + f.T("message.night", "Why", a.NightReason)
	}
	return text
}

func (p standing) collective(f *frame, c correspondence.FormCollective) string {
	line := f.T("compose.line-" + collectiveRole(c))
	return p.names.collective(f, c.Collective) + " – " + line + asked(f, asks{c.Qualification, c.Deadline, c.Instruction}, c.Precedence, c.Receipt)
}

// asked is what is asked of an addressee, each part after a dash.
func asked(f *frame, a asks, precedence, receipt string) (text string) {
	after := func(part string) {
		if part != "" {
			text += " – " + part
		}
	}
	if a.qualification != "" {
		after(knownWord(f, "qualification."+a.qualification, a.qualification))
	}
	if a.deadline != "" {
		after(f.T("field.deadline") + " " + typedMoment(f, a.deadline))
	}
	after(a.instruction)
	if precedence != "" {
		after(knownWord(f, "precedence."+precedence, precedence))
	}
	if receipt != "" && receipt != correspondence.ReceiptNames()[0] {
		after(f.T("compose.receipt-of", "What", knownWord(f, "receipt."+receipt, receipt)))
	}
	return text
}

// typedMoment is a moment of a form in words; what is none stays as it was typed.
func typedMoment(f *frame, typed string) string {
	if day, err := time.ParseInLocation(time.DateOnly, typed, f.now.Location()); err == nil {
		return f.date(day)
	}
	at, err := time.Parse(time.RFC3339, typed)
	if err != nil {
		at, err = time.ParseInLocation(localMoment, typed, f.now.Location())
	}
	if err != nil {
		return typed
	}
	return f.dateTime(at)
}

// each is what is said of every one of a list.
func each[T any](all []T, say func(T) string) []string {
	said := make([]string, len(all))
	for i, one := range all {
		said[i] = say(one)
	}
	return said
}
