package paper

import (
	"fmt"
	"io"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Part says which part of a dossier too long for one document is printed, and how many there are; 1 of 1 is all of it.
type Part struct{ Number, Of int }

// Dossier prints a dossier: what it is, its notes and files, under the highest level in it, then each message on pages of its own, under its own level. The messages come
// one at a time; an error of theirs ends the printing.
func Dossier(out io.Writer, fonts *Fonts, words Words, house House, d *correspondence.DossierPage, part Part, messages func(yield func(*correspondence.MessageView, error) bool)) error {
	p := newPress(fonts, words, house, d.Title, d.LastAt)
	p.coming = stamp{heading(words.Level(d.Highest())), d.Highest() == habilitation.Restricted, p.say(words.T("paper.dossier") + " " + d.Key)}
	p.AddPage()
	p.cover(d, part)
	for i := range d.NoteItems {
		p.note(&d.NoteItems[i])
	}
	p.dossierFiles(d.FileItems)
	var fault error
	messages(func(m *correspondence.MessageView, err error) bool {
		if fault = err; err != nil {
			return false
		}
		p.telegram(m)
		return p.Ok()
	})
	if fault != nil {
		return fault
	}
	p.tell()
	return p.write(out)
}

// cover prints what the dossier is and who reads it.
func (p *press) cover(d *correspondence.DossierPage, part Part) {
	p.Ln(8)
	p.SetFont(frameFont, "B", 18)
	p.MultiCell(0, 9, p.say(d.Title), "", "L", false)
	p.Ln(3)
	p.field(p.words.T("paper.dossier"), d.Key)
	p.field(p.words.T("paper.owner"), p.words.Label(d.Owner.Name))
	var readers string
	for _, a := range d.Readers {
		readers = joined(", ", readers, called(p.words, a))
	}
	p.field(p.words.T("paper.open-to"), readers)
	p.field(p.words.T("paper.opened"), joined(" – ", p.moment(&d.OpenedAt), d.OpenedBy.Name))
	if d.Closed && d.ClosedAt != nil {
		p.field(p.words.T("paper.closed"), joined(" – ", p.moment(d.ClosedAt), d.Reason))
	}
	p.field(p.words.T("paper.messages"), p.words.Number(d.Messages))
	if part.Of > 1 {
		p.field(p.words.T("paper.part"), fmt.Sprintf("%d / %d", part.Number, part.Of))
	}
	p.Ln(2)
	p.small("", p.words.T("paper.dossier-refers"))
}

func (p *press) note(n *correspondence.NoteView) {
	p.section(joined(" – ", heading(p.words.T("paper.note")), p.words.Level(n.Level), n.By.Name, p.moment(&n.At)), n.Text)
}

func (p *press) dossierFiles(files []correspondence.DossierFile) {
	if len(files) == 0 {
		return
	}
	p.room(4 * line)
	p.Ln(3)
	p.small("B", heading(p.words.T("paper.dossier-files")))
	for i := range files {
		p.file(i+1, &files[i].AttachmentView)
	}
}
