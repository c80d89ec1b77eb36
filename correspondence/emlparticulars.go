package correspondence

import (
	"strconv"
	"strings"
	"time"
)

// The domain of a collective's address, which leads nowhere: whom it stood for is in the allotted block.
const collectiveDomain = "collectives.invalid"

// particulars writes the fields that only some messages have; a message without them has none of these headers.
func (w *headerWriter) particulars(m *Message) {
	w.sort(m)
	w.exempted(m.Exempted)
	w.requests(m)
	w.times(m)
	w.relation("X-Chancery-In-Reply-To", m.InReplyTo)
	w.relation("X-Chancery-Follows", m.Follows)
	w.correction(m.Corrects)
	w.list("Keywords", m.FreeTags)
	w.each("X-Chancery-Country", m.Countries)
	w.each("X-Chancery-Person", m.Persons)
	w.each("X-Chancery-External", m.External)
	w.text("X-Chancery-Audience-Mention", m.AudienceMention)
	w.text("X-Chancery-Level-Reason", m.LevelReason)
	if m.LevelOwner != nil {
		w.terms("X-Chancery-Level-Owner", "group")
		w.partyParams(*m.LevelOwner)
		w.end()
	}
	w.text("MMHS-Handling-Instructions", m.HandlingInstructions)
}

func (w *headerWriter) sort(m *Message) {
	if m.Instruction {
		w.plain("X-Chancery-Sort", "instruction")
	}
	if m.DistributionClass != 0 {
		w.plain("X-Chancery-Distribution-Class", m.DistributionClass.String())
	}
}

func (w *headerWriter) exempted(parties []Party) {
	if len(parties) == 0 {
		return
	}
	w.begin("MMHS-Exempted-Address")
	for i, p := range parties {
		w.mailbox(p.Name, p.Key, groupDomain, commaBefore(i, len(parties)))
	}
	w.end()
	for _, p := range parties {
		w.terms("X-Chancery-Exempted", "group")
		w.partyParams(p)
		w.end()
	}
}

// commaBefore is what parts one of several addresses from the next.
func commaBefore(i, count int) string {
	if i == count-1 {
		return ""
	}
	return ","
}

// requests writes what the addressees are to serve and to acknowledge, in the words of RFC 6477 and RFC 8098.
func (w *headerWriter) requests(m *Message) {
	receipt := false
	var serve []string
	for i := range m.Addressees {
		a := &m.Addressees[i]
		receipt = receipt || a.Receipt >= ReadingReceipt && a.Collective == ""
		if len(a.Serve) > 0 {
			serve = append(serve, addresseeWord(a.Party)+": SERVIR "+strings.Join(a.Serve, " - "))
		}
	}
	w.text("MMHS-Message-Instructions", strings.Join(serve, "; "))
	for i := range m.Collectives {
		receipt = receipt || m.Collectives[i].Receipt >= ReadingReceipt
	}
	if receipt {
		w.begin("Disposition-Notification-To")
		w.mailbox(m.Origin.Name, m.Origin.Key, groupDomain, "")
		w.end()
	}
}

// times writes the moments of a message: in the words of RFC 4021 where it has one, for mail programs, and in ours.
func (w *headerWriter) times(m *Message) {
	w.moment("Reply-By", m.ReplyBefore)
	w.moment("Expires", m.ValidUntil)
	w.instant("X-Chancery-Not-Before", m.NotBefore)
	w.instant("X-Chancery-Silence-Until", m.SilenceUntil)
	w.instant("X-Chancery-Reassess-On", m.ReassessOn)
}

func (w *headerWriter) moment(field string, at time.Time) {
	if !at.IsZero() {
		w.plain(field, asGiven(at).Format(mailDateLayout))
	}
}

func (w *headerWriter) instant(field string, at time.Time) {
	if !at.IsZero() {
		w.plain(field, asGiven(at).Format(time.RFC3339))
	}
}

// relation writes a message that this one stands in a relation to; its author saw it, and so must whoever releases it.
func (w *headerWriter) relation(field string, r Reference) {
	if r == (Reference{}) {
		return
	}
	w.terms(field, "message")
	w.param("text", OneLine(r.Text))
	if !r.Message.IsZero() {
		w.param("message", r.Message.String())
	}
	w.end()
}

func (w *headerWriter) correction(c *Correction) {
	if c == nil {
		return
	}
	w.terms("X-Chancery-Corrects", c.How.String())
	w.param("message", c.Message.String())
	w.param("number", OneLine(c.Number))
	w.end()
}

// list writes phrases parted by commas (RFC 5322 §3.6.5), each encoded on its own where it must be.
func (w *headerWriter) list(field string, phrases []string) {
	if len(phrases) == 0 {
		return
	}
	clean := make([]string, len(phrases))
	for i, phrase := range phrases {
		clean[i] = strings.ReplaceAll(OneLine(phrase), ",", " ")
	}
	w.text(field, strings.Join(clean, ", "))
}

// each writes one field for each value.
func (w *headerWriter) each(field string, values []string) {
	for _, value := range values {
		w.terms(field, "value")
		w.param("text", OneLine(value))
		w.end()
	}
}

// collectives writes the collective addresses: their members are allotted at release.
func (w *headerWriter) collectives(m *Message) {
	for _, role := range []Role{Action, Info} {
		var names []string
		for i := range m.Collectives {
			if m.Collectives[i].Role == role {
				names = append(names, localPart(m.Collectives[i].Key))
			}
		}
		if len(names) > 0 {
			w.plain("MMHS-Other-Recipients-Indicator-"+otherRecipients(role), strings.Join(names, "; "))
		}
	}
	for i := range m.Collectives {
		c := &m.Collectives[i]
		w.terms("X-Chancery-Collective", c.Role.String())
		w.param("collective", c.Key)
		w.param("name", c.Name)
		w.asked(c.Qualification, c.Deadline, c.Instruction)
		w.extras(&Asked{Precedence: c.Precedence, Receipt: c.Receipt})
		w.end()
	}
}

func otherRecipients(role Role) string {
	if role == Action {
		return "To"
	}
	return "CC"
}

// asked writes what every addressee is asked.
func (w *headerWriter) asked(q Qualification, deadline time.Time, instruction string) {
	w.param("qualification", q.String())
	if !deadline.IsZero() {
		w.param("deadline", asGiven(deadline).Format(time.RFC3339))
	}
	w.param("instruction", instruction)
}

// extras writes what only some addressees are asked; several offices are one parameter, a line for each.
func (w *headerWriter) extras(a *Asked) {
	if a.Precedence != 0 {
		w.param("precedence", a.Precedence.String())
	}
	if a.Night {
		w.param("night", "yes")
		w.param("night-reason", a.NightReason)
	}
	if a.Receipt != NoReceipt {
		w.param("receipt", a.Receipt.String())
	}
	w.param("serve", strings.Join(a.Serve, "\n"))
	w.param("attention", a.Attention)
}

// signatures writes by what hands the message went: who signs, in whose place, and who gave a visa on which content.
func (w *headerWriter) signatures(m *Message) {
	if m.Signatory == (Person{}) {
		return
	}
	w.person("X-Chancery-Signatory", m.Signatory)
	if m.OnBehalf != nil {
		w.person("X-Chancery-On-Behalf", *m.OnBehalf)
	}
	if m.OwnEdit {
		w.plain("X-Chancery-Own-Edit", "yes")
	}
	for i := range m.Visas {
		w.visa(&m.Visas[i])
	}
	w.authorizing(m)
}

// authorizing lists who approved of the message, the signatory first (RFC 7912).
func (w *headerWriter) authorizing(m *Message) {
	people := []Person{m.Signatory}
	for i := range m.Visas {
		people = append(people, m.Visas[i].Person)
	}
	w.begin("MMHS-Authorizing-Users")
	for i, p := range people {
		w.mailbox(p.Name, p.Login, agentDomain, commaBefore(i, len(people)))
	}
	w.end()
}

func (w *headerWriter) visa(v *VisaLine) {
	w.terms("X-Chancery-Visa", localPart(orNone(v.Verdict)))
	w.param("login", v.Person.Login)
	w.param("name", v.Person.Name)
	w.param("group", v.Group.Key)
	w.param("timbre", v.Group.Timbre)
	w.param("group-name", v.Group.Name)
	w.param("round", strconv.Itoa(v.Round))
	w.param("digest", v.Digest)
	w.param("at", v.At.UTC().Format(time.RFC3339))
	w.param("comment", v.Comment)
	if v.For != nil {
		w.param("for-login", v.For.Login)
		w.param("for-name", v.For.Name)
	}
	w.end()
}

// resolved writes what was only found at release: which messages the references name, and whom the collectives stood for.
func (w *headerWriter) resolved(m *Message) {
	for i, r := range m.References {
		if !r.Message.IsZero() {
			w.terms("X-Chancery-Resolved", strconv.Itoa(i+1))
			w.param("message", r.Message.String())
			w.end()
		}
	}
	for i := range m.Addressees {
		if a := &m.Addressees[i]; a.Collective != "" {
			w.terms("X-Chancery-Expanded", a.Role.String())
			w.param("collective", a.Collective)
			w.partyParams(a.Party)
			w.end()
		}
	}
}
