package paper

import (
	"fmt"
	"sort"
	"strings"

	"chancery/correspondence"
)

// banners print what corrects this message, since when it is not to be acted upon, and what it corrects: the reader is told before the text.
func (p *press) banners(m *correspondence.MessageView) {
	if m.Corrects == nil && len(m.Banners) == 0 && m.ExpiredAt == nil {
		return
	}
	p.frame(func() {
		p.SetFont(frameFont, "B", frameSize+1)
		for _, b := range m.Banners {
			p.MultiCell(0, line, p.say(heading(p.words.Corrected(b, p.house.Zone))), "", "C", false)
		}
		if m.ExpiredAt != nil {
			p.MultiCell(0, line, p.say(heading(p.words.T("paper.expired", "Date", p.until(m.ExpiredAt)))), "", "C", false)
		}
		if m.Corrects == nil {
			return
		}
		p.MultiCell(0, line, p.say(heading(p.words.T("paper.corrects-"+m.Corrects.How.String(), "Number", m.Corrects.Text))), "", "C", false)
	})
}

// visas print who read the text before it was signed.
func (p *press) visas(m *correspondence.MessageView) {
	if len(m.Visas) == 0 {
		return
	}
	p.room(4 * line)
	p.Ln(2)
	p.small("B", heading(p.words.T("paper.visas")))
	for i := range m.Visas {
		p.small("", p.visa(&m.Visas[i]))
	}
	if m.OwnEdit {
		p.small("", p.words.T("paper.own-edit"))
	}
}

func (p *press) visa(v *correspondence.VisaView) string {
	who := v.Reviewer.Name
	if v.For != nil {
		who += " " + p.words.T("paper.on-behalf") + " " + v.For.Name
	}
	verdict := v.Verdict
	if known := "paper.verdict-" + v.Verdict; p.words.T(known) != known {
		verdict = p.words.T(known)
	}
	if !v.Same {
		verdict += " " + p.words.T("paper.visa-earlier")
	}
	return joined(" – ", joined(", ", who, called(p.words, v.Group)), verdict, p.moment(&v.At), v.Comment)
}

// files print the attachments with what names their bytes.
func (p *press) files(m *correspondence.MessageView) {
	if len(m.Files) == 0 {
		return
	}
	p.room(4 * line)
	p.Ln(2)
	p.small("B", heading(p.words.T("paper.files")))
	for i := range m.Files {
		p.file(i+1, &m.Files[i])
	}
}

func (p *press) file(n int, f *correspondence.AttachmentView) {
	p.room(2*smallLine + 1)
	p.small("", fmt.Sprintf("%d. ", n)+joined(" – ", f.Name, p.words.Size(f.Size), p.words.Level(f.Level), f.Type))
	p.small("", "SHA-512 "+f.SHA512[:len(f.SHA512)/2]+"\n"+f.SHA512[len(f.SHA512)/2:])
	p.Ln(0.5)
}

// reception prints how a mail came in, and to whom it was written.
func (p *press) reception(m *correspondence.MessageView) {
	r := m.Reception
	if r == nil {
		return
	}
	p.room(4 * line)
	p.Ln(2)
	p.small("B", heading(p.words.T("paper.received")))
	p.small("", p.labelled("paper.received-to", strings.Join(r.To, ", ")))
	p.small("", p.labelled("paper.received-unknown", strings.Join(r.Unknown, ", ")))
	p.small("", p.labelled("paper.received-flaws", strings.Join(r.Flaws, ", ")))
}

// provenance prints where an imported record comes from.
func (p *press) provenance(m *correspondence.MessageView) {
	if len(m.Provenance) == 0 {
		return
	}
	p.room(4 * line)
	p.Ln(2)
	p.small("B", heading(p.words.T("message.provenance")))
	p.small("", p.words.T("message.imported"))
	names := make([]string, 0, len(m.Provenance))
	for name := range m.Provenance {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		p.small("", joined(" ", name+":", m.Provenance[name]))
	}
}

// verdict prints what was found of the signature when the sheet was asked for, and how a stranger finds it again.
func (p *press) verdict(m *correspondence.MessageView) {
	s := &m.Signature
	p.room(9 * smallLine)
	p.frame(func() {
		found := p.words.T("signature.valid")
		if !s.Valid {
			found = p.words.T("signature.wrong")
		}
		p.small("B", found)
		for _, reason := range s.Reasons {
			p.small("", p.flaw(reason))
		}
		stamped := ""
		if s.StampedAt != nil {
			stamped = p.words.T("signature.stamped") + " " + p.moment(s.StampedAt)
		}
		p.small("", joined(" – ", p.words.T("signature.signer")+" "+s.Signer, p.words.T("signature.quality-"+s.Quality),
			p.words.T("signature.at")+" "+p.moment(&s.SignedAt), stamped))
		p.small("", p.words.T("paper.identity")+" "+m.ID.String()+p.content(m))
		p.small("", p.words.T("paper.verify"))
		p.small("", "openssl cms -verify -cades -binary -inform DER -in m.p7s -content m.eml -CAfile ca.pem -out /dev/null")
	})
}

// flaw is one thing wrong with a signature, in words.
func (p *press) flaw(key string) string {
	known := "signature.reason-" + key
	if words := p.words.T(known); words != known {
		return words
	}
	return p.words.T("signature.reason-other", "Key", key)
}

func (p *press) content(m *correspondence.MessageView) string {
	if m.ContentDigest == "" {
		return ""
	}
	return "\n" + p.words.T("paper.content") + " " + m.ContentDigest
}
