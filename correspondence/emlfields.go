package correspondence

import (
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
)

// authors writes who speaks and who drafted. Who signs a message stands in its allotted block: visas bind the content before anybody has signed.
func (w *headerWriter) authors(m *Message) {
	w.begin("From")
	w.mailbox(m.Origin.Name, m.Origin.Key, groupDomain, "")
	w.end()
	if m.Drafter != (Person{}) {
		w.begin("Sender")
		w.mailbox(m.Drafter.Name, m.Drafter.Login, agentDomain, "")
		w.end()
		w.person("X-Chancery-Drafter", m.Drafter)
	}
	if m.Provenance != nil {
		w.signatures(m) // printed there, like everything else of an imported record
	}
	w.terms("X-Chancery-Origin", "group")
	w.partyParams(m.Origin)
	w.end()
	w.text("MMHS-Originator-PLAD", m.Origin.Timbre)
}

// person writes an agent of the house, or a name that is only printed on an imported record.
func (w *headerWriter) person(field string, p Person) {
	word := "agent"
	if p.Agent == 0 {
		word = "printed"
	}
	w.terms(field, word)
	w.param("login", p.Login)
	w.param("name", p.Name)
	w.end()
}

func (w *headerWriter) partyParams(p Party) {
	w.param("group", p.Key)
	w.param("timbre", p.Timbre)
	w.param("name", p.Name)
}

// recipients writes the address: To is action and the agents personally addressed, Cc is information.
func (w *headerWriter) recipients(m *Message) {
	w.addresses("To", m, Action)
	w.addresses("Cc", m, Info)
	for i := range m.Addressees {
		if m.Addressees[i].Collective == "" {
			w.addressee(&m.Addressees[i])
		}
	}
	w.collectives(m)
	for _, p := range m.Agents {
		w.person("X-Chancery-Agent", p)
	}
}

// mailbox is a name with an address that may lead nowhere.
type mailbox struct{ name, local, domain string }

// mailboxes lists who stands on a line as its author wrote it: a collective by its own name.
func mailboxes(m *Message, role Role) []mailbox {
	var list []mailbox
	for i := range m.Addressees {
		if a := &m.Addressees[i]; a.Role == role && a.Collective == "" {
			list = append(list, mailbox{a.Name, a.Key, groupDomain})
		}
	}
	for i := range m.Collectives {
		if c := &m.Collectives[i]; c.Role == role {
			list = append(list, mailbox{c.Name, c.Key, collectiveDomain})
		}
	}
	if role != Action {
		return list
	}
	for _, p := range m.Agents {
		list = append(list, mailbox{p.Name, p.Login, agentDomain})
	}
	for _, address := range m.External {
		local, domain, _ := strings.Cut(address, "@")
		list = append(list, mailbox{local: local, domain: domain})
	}
	return list
}

func (w *headerWriter) addresses(field string, m *Message, role Role) {
	list := mailboxes(m, role)
	if len(list) == 0 {
		return
	}
	w.begin(field)
	for i, to := range list {
		if address := to.local + "@" + to.domain; isMailAddress(address) {
			w.mailboxAt(to.name, address, commaBefore(i, len(list)))
			continue
		}
		w.mailbox(to.name, to.local, domainOf(to.domain), commaBefore(i, len(list)))
	}
	w.end()
}

// addressee writes one line of the address with what is asked of it.
func (w *headerWriter) addressee(a *Addressee) {
	w.terms("X-Chancery-Addressee", a.Role.String())
	w.partyParams(a.Party)
	w.asked(a.Qualification, a.Deadline, a.Instruction)
	w.extras(&a.Asked)
	w.end()
}

// handling writes the kind and the precedences, in our words and in those of RFC 6477: a message is an operation
// (type 1) or an exercise (type 0).
func (w *headerWriter) handling(m *Message) {
	w.plain("X-Chancery-Type", orNone(m.Kind.String()))
	w.terms("X-Chancery-Precedence", orNone(m.Precedence.String()))
	w.param("info", m.InfoPrecedence.String())
	w.end()
	w.precedence("MMHS-Primary-Precedence", m.Precedence)
	w.precedence("MMHS-Copy-Precedence", m.InfoPrecedence)
	if m.Exercise {
		w.plain("MMHS-Message-Type", "0")
		return
	}
	w.plain("MMHS-Message-Type", "1")
}

func orNone(name string) string {
	if name == "" {
		return "none"
	}
	return name
}

func (w *headerWriter) precedence(field string, p Precedence) {
	if Routine <= p && p <= Flash {
		w.plain(field, mmhsPrecedences[p])
	}
}

// protection writes the level in our word and as a label that mail programs show (RFC 7444).
func (w *headerWriter) protection(l habilitation.Level) {
	w.plain("X-Chancery-Level", l.String())
	label, colour := essUnprotected, "green"
	if l == habilitation.Restricted {
		label, colour = essRestricted, "red"
	}
	w.begin("SIO-Label")
	w.word(`marking="` + mention(l) + `";`)
	w.word("fgcolor=white;")
	w.word("bgcolor=" + colour + ";")
	w.word(`type=":ess";`)
	w.word(`label="` + label + `"`)
	w.end()
}

func (w *headerWriter) tags(tags []TagName) {
	if len(tags) == 0 {
		return
	}
	codes := make([]string, len(tags))
	for i, t := range tags {
		codes[i] = localPart(t.Key)
	}
	w.plain("MMHS-Subject-Indicator-Codes", strings.Join(codes, "; "))
	for _, t := range tags {
		w.terms("X-Chancery-Tag", "tag")
		w.param("key", t.Key)
		w.param("label", t.Label)
		w.end()
	}
}

// references writes what is cited in the words of the author. What the words were found to name stands in the allotted block, because two
// hands may not see the same messages; an imported record has no such block.
func (w *headerWriter) references(m *Message) {
	for _, r := range m.References {
		w.terms("X-Chancery-Reference", "cited")
		w.param("text", OneLine(r.Text))
		if !r.Message.IsZero() && m.Provenance != nil {
			w.param("message", r.Message.String())
		}
		w.end()
	}
}

func (w *headerWriter) files(files []Attachment) {
	for i := range files {
		f := &files[i]
		w.terms("X-Chancery-Attachment", f.Level.String())
		w.param("size", strconv.FormatInt(f.Size, 10))
		w.param("sha512", digestOf(f))
		w.param("type", f.Type)
		w.param("filename", OneLine(f.Name))
		w.end()
	}
}

// provenance writes where an imported record comes from, in the order of the import.
func (w *headerWriter) provenance(p *Provenance) {
	if p == nil {
		return
	}
	w.text("X-Chancery-Provenance-Number", p.Number)
	if !p.Date.IsZero() {
		w.plain("X-Chancery-Provenance-Date", p.Date.UTC().Format(time.RFC3339))
	}
	w.text("X-Chancery-Provenance-From", p.From)
	for _, to := range p.To {
		w.text("X-Chancery-Provenance-To", to)
	}
	for _, pair := range p.Pairs {
		w.terms("X-Chancery-Provenance-Pair", "pair")
		w.param("name", pair[0])
		w.param("value", pair[1])
		w.end()
	}
}
