package correspondence

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
)

// A message is signed, kept and handed out as an Internet message (RFC 5322) that a stranger reads with any mail program:
//
//	allotted block   number, numbers by addressee, date, signatory, visas, Message-ID, then X-Chancery-Content: sha256=…
//	content          the digest covers this: every other header, a blank line, the body in quoted-printable
//
// The content depends neither on what is allotted nor on who signs, so that drafts and visas bind its digest before there is either. The
// bytes depend on nothing but the message. Golden files hold them still: a change here is a new version of the format.

// The domains of addresses that are names and lead nowhere (RFC 2606): the content does not know its house.
const groupDomain, agentDomain = "groups.invalid", "agents.invalid"

// contentField closes the allotted block.
const contentField = "X-Chancery-Content"

// essUnprotected and essRestricted are the ESS security labels (RFC 2634 §3) with classification 1, unclassified, and 2, restricted,
// under the policy 2.25.147609156935392906573202717054185489968.
const essUnprotected, essRestricted = "MRkGFGmB3oy+1NGx8rD1na/L0MqN34wwAgEB", "MRkGFGmB3oy+1NGx8rD1na/L0MqN34wwAgEC"

// mmhsPrecedences are the precedences of RFC 6477 §3.8, by ours: it has none between priority and immediate.
var mmhsPrecedences = [...]string{Routine: "1", Priority: "2", Urgent: "2", Immediate: "3", Flash: "4"}

// composeContent writes the content: what drafts, visas and consents bind.
func composeContent(m *Message) []byte {
	body, parts := composeBody(m)
	w := &headerWriter{out: make([]byte, 0, 4096+len(body)+len(body)/4)}
	w.authors(m)
	w.recipients(m)
	w.text("Subject", m.Subject)
	w.handling(m)
	w.protection(m.Level)
	w.tags(m.Tags)
	w.text("Content-Language", m.Language)
	w.references(m)
	w.particulars(m)
	w.files(m.Attachments)
	w.provenance(m.Provenance)
	if parts != "" {
		w.plain(partsField, parts)
	}
	w.plain("MIME-Version", "1.0")
	w.plain("Content-Type", "text/plain; charset=utf-8")
	w.plain("Content-Transfer-Encoding", "quoted-printable")
	w.end()
	return appendQuotedPrintable(w.out, body)
}

// contentDigest is what stands in X-Chancery-Content and what a visa signs.
func contentDigest(content []byte) [sha256.Size]byte { return sha256.Sum256(content) }

// composeOriginal puts the allotted block before a content that composeContent wrote for the same message.
func composeOriginal(a Allotted, m *Message, content []byte) []byte {
	w := &headerWriter{out: make([]byte, 0, 1024+32*len(m.Addressees)+len(content))}
	if m.Provenance == nil {
		w.allotted(a, m)
	} else {
		field := "X-Chancery-Imported"
		if m.kindOfEntry() == kindReceived {
			field = "X-Chancery-Received"
		}
		w.plain(field, a.At.UTC().Format(time.RFC3339))
		w.text("MMHS-Originator-Reference", m.Provenance.Number)
		w.plain("Date", mailDate(datedAt(a, m.Provenance)))
	}
	w.plain("Message-ID", messageID(m.ID, a.House))
	w.threads(m, a.House)
	digest := contentDigest(content)
	w.out = append(w.out, contentField+": sha256="...)
	w.out = hex.AppendEncode(w.out, digest[:])
	w.end()
	return append(w.out, content...)
}

// datedAt is the printed date of an imported record, or the moment of the import when none was found.
func datedAt(a Allotted, p *Provenance) time.Time {
	if p.Date.IsZero() {
		return a.At
	}
	return p.Date
}

// allotted writes what only a released message has.
func (w *headerWriter) allotted(a Allotted, m *Message) {
	w.text("X-Chancery-Number", a.Number.String())
	w.plain("X-Chancery-Series", strconv.Itoa(a.Number.Year))
	w.addresseeNumbers(a.Addressees, m.Addressees)
	w.text("MMHS-Originator-Reference", a.Number.InYear())
	w.plain("MMHS-Extended-Authorisation-Info", a.At.UTC().Format("20060102150405Z"))
	w.plain("Date", mailDate(a.At))
	w.signatures(m)
	w.keeping(&m.Keeping)
	w.resolved(m)
}

// addresseeNumbers writes "DAM=308, MINSANTE=12": who receives sees at once whether one from this origin is missing.
func (w *headerWriter) addresseeNumbers(numbers []uint64, to []Addressee) {
	var list []string
	for i, n := range numbers {
		if n > 0 && i < len(to) {
			list = append(list, addresseeWord(to[i].Party)+"="+strconv.FormatUint(n, 10))
		}
	}
	if len(list) > 0 {
		w.plain("X-Chancery-Addressee-Numbers", strings.Join(list, ", "))
	}
}

// addresseeWord is a group's timbre, or the key of one that has none, as one word.
func addresseeWord(p Party) string {
	if p.Timbre != "" {
		return localPart(p.Timbre)
	}
	return localPart(p.Key)
}

// mailDateLayout is a date-time of RFC 5322 §3.3.
const mailDateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

func mailDate(t time.Time) string { return t.UTC().Format(mailDateLayout) }

func messageID(id habilitation.ID, house string) string {
	return "<" + id.String() + "@" + domainOf(house) + ">"
}

// domainOf makes the house's name fit for the right side of an address.
func domainOf(house string) string {
	house = strings.Map(func(r rune) rune {
		if r < 0x80 && (isAlphanumeric(byte(r)) || r == '.' || r == '-') {
			return r
		}
		return '-'
	}, house)
	if house = strings.Trim(house, ".-"); house == "" || len(house) > longestLocalPart || strings.Contains(house, "..") {
		return "house.invalid"
	}
	return house
}

// threads writes the cited messages as mail programs follow them: RFC 5322 §3.6.4, and Supersedes (RFC 4021) for what is not to be used any more.
func (w *headerWriter) threads(m *Message, house string) {
	w.identities("In-Reply-To", house, m.InReplyTo.Message)
	w.identities("References", house, cites(m.References, &m.Particulars)...)
	if m.Corrects != nil && m.Corrects.How.Overtakes() {
		w.identities("Supersedes", house, m.Corrects.Message)
	}
}

// cites lists the messages that one names, each once, in the order of its fields.
func cites(references []Reference, p *Particulars) []habilitation.ID {
	var named []habilitation.ID
	for _, r := range references {
		named = append(named, r.Message)
	}
	named = append(named, p.InReplyTo.Message, p.Follows.Message)
	if p.Corrects != nil {
		named = append(named, p.Corrects.Message)
	}
	var once []habilitation.ID
	for _, id := range named {
		if !id.IsZero() && !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
}

func (w *headerWriter) identities(field, house string, ids ...habilitation.ID) {
	begun := false
	for _, id := range ids {
		if id.IsZero() {
			continue
		}
		if !begun {
			w.begin(field)
			begun = true
		}
		w.word(messageID(id, house))
	}
	if begun {
		w.end()
	}
}

// digestOf is the attachment's SHA-512 in lower-case hexadecimal.
func digestOf(f *Attachment) string {
	if f.SHA512 == [len(f.SHA512)]byte{} {
		return f.Digest
	}
	return hex.EncodeToString(f.SHA512[:])
}
