package paper

import (
	"fmt"
	"io"
	"strings"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Sheet prints a message as a telegram.
func Sheet(out io.Writer, fonts *Fonts, words Words, house House, m *correspondence.MessageView) error {
	p := newPress(fonts, words, house, joined(" – ", numberOf(words, &m.Headline), m.Subject), m.ReleasedAt)
	p.SetLang(m.Language)
	p.telegram(m)
	p.tell()
	return p.write(out)
}

// telegram prints a message on pages of its own.
func (p *press) telegram(m *correspondence.MessageView) {
	p.coming = stamp{p.say(markingOf(p.words, m)), m.Level == habilitation.Restricted, p.say(numberOf(p.words, &m.Headline))}
	p.AddPage()
	p.Bookmark(p.say(joined(" – ", numberOf(p.words, &m.Headline), m.Subject)), 0, 0)
	p.banners(m)
	p.title(m)
	p.origin(m)
	p.address(m)
	p.about(m)
	p.kept(m)
	p.rule()
	p.body(m)
	p.visas(m)
	p.files(m)
	p.reception(m)
	p.provenance(m)
	p.verdict(m)
}

// markingOf is the level as it is stamped, with what restricts the circle further.
func markingOf(w Words, m *correspondence.MessageView) string {
	exercise := ""
	if m.Exercise {
		exercise = w.T("paper.exercise")
	}
	return heading(joined(" – ", w.Level(m.Level), m.AudienceMention, exercise))
}

// title prints number and date as the trade does: "TD KIGALI 305 LE 7 AVRIL 1994", then station and hour, then urgency.
func (p *press) title(m *correspondence.MessageView) {
	at := m.ReleasedAt.UTC() // as the date-time group: no zone of the house under the name of a station
	p.SetFont(frameFont, "B", 15)
	p.MultiCell(0, 7.5, p.say(heading(joined(" ", numberOf(p.words, &m.Headline), p.words.T("paper.on"), p.words.Date(at)))), "", "L", false)
	p.SetFont(frameFont, "", frameSize)
	station := heading(joined(" ", m.Origin.Timbre, p.words.T("paper.on"), at.Format("02/01/06"), p.words.T("paper.at"), at.Format("15H04Z")))
	p.MultiCell(0, line, p.say(joined("   ", station, m.DTG)), "", "L", false)
	p.urgency(m)
	p.Ln(2)
}

func (p *press) urgency(m *correspondence.MessageView) {
	if m.Imported {
		return
	}
	urgency := heading(p.words.T("precedence." + m.ActionFirst.String()))
	if m.InfoFirst != m.ActionFirst && hasRole(m, correspondence.Info) {
		urgency += " – " + p.words.T("paper.copies") + " " + p.words.T("precedence."+m.InfoFirst.String())
	}
	p.SetFont(frameFont, "B", frameSize+1)
	p.MultiCell(0, line, p.say(urgency), "", "L", false)
	if m.Instruction {
		p.MultiCell(0, line, p.say(heading(p.words.T("paper.instruction"))), "", "L", false)
	}
}

func hasRole(m *correspondence.MessageView, role correspondence.Role) bool {
	for i := range m.Addressees {
		if m.Addressees[i].Role == role {
			return true
		}
	}
	return false
}

// origin prints who speaks, who wrote, and for whom inside the addressees.
func (p *press) origin(m *correspondence.MessageView) {
	origin := p.words.Label(m.Origin.Name)
	if m.Origin.Timbre != "" && !strings.EqualFold(m.Origin.Timbre, origin) {
		origin += " (" + m.Origin.Timbre + ")"
	}
	p.field(p.words.T("paper.origin"), origin)
	if m.Drafter != nil {
		p.field(p.words.T("paper.drafter"), m.Drafter.Name)
	}
	if m.DistributionClass != 0 {
		p.field(p.words.T("paper.nota-bene"), heading(p.words.T("paper.class-"+m.DistributionClass.String())))
	}
}

// address prints a line for each addressee: AD for action, CQ for information, then who is named in person and who is left out.
func (p *press) address(m *correspondence.MessageView) {
	for _, role := range []correspondence.Role{correspondence.Action, correspondence.Info} {
		label := p.words.T("paper." + role.String())
		for i := range m.Addressees {
			if m.Addressees[i].Role == role && m.Addressees[i].Added == nil {
				p.field(label, p.addressee(&m.Addressees[i]))
				label = " "
			}
		}
	}
	p.retransmitted(m)
	var personal []string
	for _, agent := range m.Agents {
		personal = append(personal, agent.Name)
	}
	p.field(p.words.T("paper.personal"), strings.Join(personal, ", "))
	p.field(p.words.T("paper.external"), strings.Join(m.External, ", "))
	for _, c := range m.Collectives {
		p.field(p.words.T("paper.collective"), p.words.T("paper.collective-members", "Name", p.words.Label(c.Name), "Count", c.Members))
	}
	var exempted []string
	for _, a := range m.Exempted {
		exempted = append(exempted, called(p.words, a))
	}
	p.field(p.words.T("paper.exempted"), strings.Join(exempted, ", "))
}

// retransmitted prints the addressees that were added after the release: RT.
func (p *press) retransmitted(m *correspondence.MessageView) {
	label := p.words.T("paper.retransmitted")
	for i := range m.Addressees {
		if a := &m.Addressees[i]; a.Added != nil {
			added := p.words.T("paper.added", "Name", a.Added.By.Name, "Date", p.moment(&a.Added.At))
			p.field(label, joined("\n", p.addressee(a), joined(" – ", added, a.Added.Reason)))
			label = " "
		}
	}
}

// addressee is one line of the address with its number and all that is asked of it.
func (p *press) addressee(a *correspondence.AddresseeView) string {
	name := called(p.words, a.AudienceRef)
	if a.Number > 0 {
		name += " " + fmt.Sprint(a.Number)
	}
	asked := ""
	if a.Qualification != correspondence.ForInformation && a.Qualification != 0 {
		asked = p.words.T("qualification." + a.Qualification.String())
	}
	if a.Deadline != nil {
		asked = joined(" ", asked, p.words.T("paper.before"), p.until(a.Deadline))
	}
	urgency, receipt := "", ""
	if a.Precedence != 0 {
		urgency = p.words.T("precedence." + a.Precedence.String())
	}
	if a.Receipt != 0 {
		receipt = p.words.T("paper.receipt-" + a.Receipt.String())
	}
	first := joined(" – ", name, urgency, asked, receipt)
	return joined("\n", first, p.labelled("paper.attention", a.Attention), p.labelled("paper.serve", strings.Join(a.Serve, " - ")),
		p.night(a), a.Instruction)
}

func (p *press) night(a *correspondence.AddresseeView) string {
	if !a.Night {
		return ""
	}
	return joined(" ", p.words.T("paper.night"), a.NightReason)
}

// labelled is a word and what it introduces; nothing when that is empty.
func (p *press) labelled(key, value string) string {
	if value == "" {
		return ""
	}
	return p.words.T(key) + " " + value
}

func (p *press) moment(at *time.Time) string { return p.words.DateTime(at.In(p.house.Zone)) }

// until is a moment to come, told as a day where a date was given.
func (p *press) until(at *time.Time) string { return p.words.Until(*at, p.house.Zone) }

// date prints a field of time, where there is one.
func (p *press) date(key string, at *time.Time) {
	if at != nil {
		p.field(p.words.T(key), p.until(at))
	}
}

// about prints subject, key words, references and terms.
func (p *press) about(m *correspondence.MessageView) {
	p.rule()
	p.field(p.words.T("paper.subject"), m.Subject)
	var tags []string
	for _, tag := range m.Tags {
		tags = append(tags, p.words.Label(tag.Label))
	}
	p.field(p.words.T("paper.tags"), strings.Join(append(tags, m.FreeTags...), ", "))
	p.field(p.words.T("paper.countries"), strings.Join(m.Countries, ", "))
	p.field(p.words.T("paper.persons"), strings.Join(m.Persons, ", "))
	var references []string
	for _, r := range m.References {
		references = append(references, p.cited(&r))
	}
	p.field(p.words.T("paper.references"), strings.Join(references, "\n"))
	if m.InReplyTo != nil {
		p.field(p.words.T("paper.reply-to"), p.cited(m.InReplyTo))
	}
	if m.Follows != nil {
		p.field(p.words.T("paper.follows"), p.cited(m.Follows))
	}
	p.date("paper.reply-before", m.ReplyBefore)
	p.date("paper.valid-until", m.ValidUntil)
	p.date("paper.silence-until", m.SilenceUntil)
	p.date("paper.not-before", m.NotBefore)
	p.date("paper.reassess-on", m.ReassessOn)
	p.field(p.words.T("paper.level-reason"), m.LevelReason)
	if m.Level == habilitation.Restricted && m.LevelOwner.Key != "" {
		p.field(p.words.T("paper.level-owner"), called(p.words, m.LevelOwner))
	}
	p.field(p.words.T("paper.handling"), m.HandlingInstructions)
}

// cited is a message cited and what corrects it.
func (p *press) cited(r *correspondence.ReferenceView) string {
	parts := []string{r.Text}
	for _, b := range r.Banners {
		parts = append(parts, p.words.Corrected(b, p.house.Zone))
	}
	return strings.Join(parts, " – ")
}

// kept prints what the archive says of the message.
func (p *press) kept(m *correspondence.MessageView) {
	k := &m.Keeping
	if k.HandedIn != nil && k.BegunAt != nil {
		p.field(p.words.T("keeping.begun"), joined(" – ", p.moment(k.BegunAt), p.words.T("keeping.handed-in")+" "+p.moment(k.HandedIn)))
	}
	p.field(p.words.T("keeping.file-plan"), k.FilePlan)
	if r := k.Retention; r != nil {
		p.field(p.words.T("keeping.retention"), p.words.T("keeping.final-"+r.Final, "Date", p.words.Date(r.KeepUntil), "Rule", r.Rule)+"\n"+
			p.words.T("keeping.communicable", "Date", p.words.Date(r.CommunicableOn), "Rule", r.Access))
	}
	for _, f := range k.Freezes {
		if f.Lifted == nil {
			p.field(p.words.T("keeping.freeze"), joined(" – ", f.Reason, p.words.T("keeping.freeze-by", "Name", f.By.Name, "Date", p.words.Date(f.At))))
		}
	}
}

// body prints what was written, and who signed it.
func (p *press) body(m *correspondence.MessageView) {
	if m.Summary != "" {
		p.frame(func() { p.section(heading(p.words.T("paper.summary")), m.Summary) })
	}
	p.section(heading(p.words.T("paper.text")), m.Text)
	p.section(heading(p.words.T("paper.comment")), m.Comment)
	p.SetFont(textFont, "", textSize)
	p.CellFormat(0, line, "./.", "", 1, "R", false, 0, "")
	if m.Signatory == nil {
		return
	}
	p.room(3 * line)
	p.Ln(3)
	name := heading(m.Signatory.Name)
	if m.OnBehalf != nil {
		name += " " + p.words.T("paper.on-behalf") + " " + heading(m.OnBehalf.Name)
	}
	p.SetFont(frameFont, "B", frameSize+1)
	p.MultiCell(0, line, p.say(name), "", "R", false)
}
