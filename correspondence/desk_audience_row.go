package correspondence

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"chancery/habilitation"
)

// row is the message as the first addressee for action would see it on the teleprinter.
func (p *preview) row(now time.Time) {
	m := p.message
	h := Headline{Kind: m.Kind, Level: m.Level, Precedence: m.InfoPrecedence, Qualification: ForInformation, Subject: m.Subject, Summary: m.Summary,
		Origin: p.desk.house.Folds.audience(m.Origin.Audience), ReleasedAt: now.UTC(), Reasons: []Reason{}, Unread: true,
		Attachments: len(m.Attachments), Instruction: m.Instruction, Exercise: m.Exercise}
	if m.Kind == 0 {
		h.Kind = Telegram
	}
	if len(m.Addressees) > 0 {
		to := &m.Addressees[0]
		if h.Precedence = to.Precedence; h.Precedence == 0 && to.Role == Action {
			h.Precedence = m.Precedence
		}
		ref := p.desk.house.Folds.party(&to.Party, m.Language)
		h.Precedence = cmp.Or(h.Precedence, m.InfoPrecedence)
		h.Qualification, h.Deadline, h.Night = to.Qualification, moment(to.Deadline), to.Night
		if h.Deadline == nil && to.Role == Action {
			h.Deadline = moment(m.ReplyBefore)
		}
		h.Reasons = append(h.Reasons, Reason{Kind: to.Role.String(), Audience: &ref})
	}
	p.view.Row = &h
}

// How much alike a text or a subject must be to be shown, in hundredths, and how many are.
const (
	likeText       = 50
	likeSubject    = 60
	mostDuplicates = 5
)

// duplicates finds what was sent lately and says much the same. Only what the author may read is looked at.
func (p *preview) duplicates(now time.Time, unread *unreads) {
	text, words := sketchOf(documentText(p.message.Text, p.message.Comment, &p.message.Particulars)), tellingWords(p.message.Subject)
	related := cites(p.message.References, &p.message.Particulars)
	type found struct {
		id    habilitation.ID
		alike int
	}
	var all []found
	p.desk.house.Folds.Ledger.since(now.AddDate(0, 0, -likenessDays), func(h *headline, kept remembered) {
		if _, err := p.desk.admit(h.id); err != nil || slices.Contains(related, h.id) {
			return
		}
		byText, bySubject := text.like(kept.text), commonWords(words, kept.words)
		if byText >= likeText || bySubject >= likeSubject {
			all = append(all, found{h.id, max(byText, bySubject)})
		}
	})
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.alike, a.alike) })
	for _, one := range all[:min(len(all), mostDuplicates)] {
		row, err := p.desk.admit(one.id)
		if err != nil {
			continue
		}
		if h, ok := p.desk.headline(row, unread); ok {
			p.view.Duplicates = append(p.view.Duplicates, Duplicate{Headline: h, Alike: one.alike})
		}
	}
}

// warn tells what does not hinder: who would not receive by tag, an exemption that exempts nobody, a group that cries wolf, and mail that would stay.
func (p *preview) warn(now time.Time) {
	p.warnOfTags()
	if len(p.message.Exempted) > 0 && len(p.message.Collectives) == 0 {
		p.warning("exempted", "exempted-from-nothing")
	}
	p.warnOfUrgency(now)
	p.warnOfEnded()
	p.warnOfAnswer()
	if len(p.message.External) > 0 && !p.desk.house.Relayed {
		p.warning("external", "no-relay")
	}
}

func (p *preview) warning(field, key string, args ...string) {
	w := Fault{Field: field, Key: key, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		w.Args[args[i]] = args[i+1]
	}
	p.view.Warnings = append(p.view.Warnings, w)
}

// warnOfEnded names the messages cited that were cancelled or replaced, as far as the author may see; one that is corrected again is a fault.
func (p *preview) warnOfEnded() {
	keys := map[How]string{Cancels: "cites-cancelled", Replaces: "cites-replaced"}
	for _, cited := range p.view.References {
		for _, b := range cited.Banners {
			if key := keys[b.How]; key != "" && cited.Field != "corrects.message" {
				p.warning(cited.Field, key, "number", cited.Text, "by", b.Number)
			}
		}
	}
}

// warnOfAnswer names the group that asked and would not receive the answer: what it asked stays to be done.
func (p *preview) warnOfAnswer() {
	if _, missed := p.desk.house.answers(p.message, p.outcome.Distribution); missed != 0 && !p.desk.overtaken(p.message.InReplyTo.Message) {
		p.warning("reply_to", "answer-misses-asker", "group", p.desk.house.Folds.audience(missed).Name.In(p.message.Language))
	}
}

// warnOfTags names the audiences that declared a tag of a restricted message and do not receive it.
func (p *preview) warnOfTags() {
	if p.message.Level == habilitation.Unprotected {
		return
	}
	for i, t := range p.message.Tags {
		for _, reached := range p.desk.house.Folds.Declarations.Route([]habilitation.TagID{t.Tag}, habilitation.Unprotected) {
			if _, there := p.byAudience[reached.Audience]; there {
				continue
			}
			audience, _ := p.desk.house.Folds.Register.Audience(reached.Audience)
			key := "tag-not-approved"
			if audience.Level < p.message.Level {
				key = "tag-not-cleared"
				p.notCleared(audience.ID)
			}
			p.warning("tags["+strconv.Itoa(i)+"]", key, "group", audience.Name.In(p.message.Language), "tag", t.Label)
		}
	}
}
