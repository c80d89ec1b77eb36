package correspondence

import (
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
)

// authors writes who speaks, who drafted and who signs.
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
	if m.Signatory != (Person{}) {
		w.person("X-Chancery-Signatory", m.Signatory)
		w.begin("MMHS-Authorizing-Users") // RFC 7912
		w.mailbox(m.Signatory.Name, m.Signatory.Login, agentDomain, "")
		w.end()
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
	w.addresses("To", m.Addressees, Action, m.Agents)
	w.addresses("Cc", m.Addressees, Info, nil)
	for i := range m.Addressees {
		w.addressee(&m.Addressees[i])
	}
	for _, p := range m.Agents {
		w.person("X-Chancery-Agent", p)
	}
}

func (w *headerWriter) addresses(field string, all []Addressee, role Role, agents []Person) {
	left := len(agents)
	for i := range all {
		if all[i].Role == role {
			left++
		}
	}
	if left == 0 {
		return
	}
	write := func(name, local, domain string) {
		after := ","
		if left--; left == 0 {
			after = ""
		}
		w.mailbox(name, local, domain, after)
	}
	w.begin(field)
	for i := range all {
		if all[i].Role == role {
			write(all[i].Name, all[i].Key, groupDomain)
		}
	}
	for _, p := range agents {
		write(p.Name, p.Login, agentDomain)
	}
	w.end()
}

// addressee writes one line of the address with what is asked of it.
func (w *headerWriter) addressee(a *Addressee) {
	w.terms("X-Chancery-Addressee", a.Role.String())
	w.partyParams(a.Party)
	w.param("qualification", a.Qualification.String())
	if !a.Deadline.IsZero() {
		w.param("deadline", a.Deadline.UTC().Format(time.RFC3339))
	}
	w.param("instruction", a.Instruction)
	w.end()
}

// handling writes the kind and the precedences, in our words and in those of RFC 6477. Every message is an operation (type 1), no exercise.
func (w *headerWriter) handling(m *Message) {
	w.plain("X-Chancery-Type", orNone(m.Kind.String()))
	w.terms("X-Chancery-Precedence", orNone(m.Precedence.String()))
	w.param("info", m.InfoPrecedence.String())
	w.end()
	w.precedence("MMHS-Primary-Precedence", m.Precedence)
	w.precedence("MMHS-Copy-Precedence", m.InfoPrecedence)
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

// references writes what is cited in the words of the author; the allotted block has them as mail programs follow them.
func (w *headerWriter) references(references []Reference) {
	for _, r := range references {
		w.terms("X-Chancery-Reference", "cited")
		w.param("text", OneLine(r.Text))
		if !r.Message.IsZero() {
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
