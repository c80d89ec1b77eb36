package paper

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Measures of an A4 sheet, in millimetres, and of type, in points.
const (
	side       = 20.0
	head, foot = 24.0, 25.0
	labelWidth = 34.0
	line       = 5.2
	smallLine  = 3.9
	gap        = 2.4 // between paragraphs
	textSize   = 10.5
	frameSize  = 9.5
	smallSize  = 7.5
)

// press prints one document. Its first error is told at the end.
type press struct {
	*fpdf.Fpdf
	fonts    *Fonts
	words    Words
	house    House
	stamp    stamp // of this page
	coming   stamp // of the next: the foot of a page is printed when the next begins
	replaced int   // characters that no typeface has
}

// stamp is what every page bears.
type stamp struct {
	marking string // the level, and what goes with it: first and last line
	boxed   bool   // the marking demands to be seen
	running string // what these pages are pages of
}

// newPress begins a document. The time is the document's own, so that printing it again gives the same bytes.
func newPress(fonts *Fonts, words Words, house House, title string, at time.Time) *press {
	p := &press{Fpdf: fpdf.New("P", "mm", "A4", ""), fonts: fonts, words: words, house: house}
	p.SetCatalogSort(true)
	p.SetCreationDate(at.UTC())
	p.SetModificationDate(at.UTC())
	p.SetProducer("Chancery", true)
	p.SetCreator(house.Name, true)
	p.SetTitle(p.say(title), true)
	p.AliasNbPages("{nb}")
	for _, face := range typefaces {
		p.AddUTF8FontFromBytes(face.family, face.style, fonts.bytes[face.file])
	}
	p.SetMargins(side, head, side)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(true, foot)
	p.SetHeaderFunc(p.top)
	p.SetFooterFunc(p.bottom)
	return p
}

// write ends the document.
func (p *press) write(out io.Writer) error {
	if err := p.Output(out); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// say is a text in characters that can be printed.
func (p *press) say(text string) string {
	printed, replaced := p.fonts.printable(text)
	p.replaced += replaced
	return printed
}

// top prints the head of a page: the marking is its first line.
func (p *press) top() {
	p.stamp = p.coming
	p.mark(9)
	p.SetFont(frameFont, "", smallSize)
	p.SetTextColor(90, 90, 90)
	p.SetXY(side, 16.5)
	p.CellFormat(0, smallLine, p.house.Name, "", 0, "R", false, 0, "")
	p.SetXY(side, 16.5)
	p.CellFormat(0, smallLine, p.stamp.running, "", 0, "L", false, 0, "")
	p.SetTextColor(0, 0, 0)
	p.SetXY(side, head)
}

// bottom prints the foot of a page: the marking is its last line.
func (p *press) bottom() {
	_, height := p.GetPageSize()
	p.SetFont(frameFont, "", smallSize)
	p.SetTextColor(90, 90, 90)
	p.SetXY(side, height-19)
	p.CellFormat(0, smallLine, p.stamp.running, "", 0, "L", false, 0, "")
	page := p.words.T("paper.page")
	width, _ := p.GetPageSize()
	p.SetX(width - side - p.GetStringWidth(page+" 99 / 99"))
	p.CellFormat(0, smallLine, page+" "+fmt.Sprint(p.PageNo())+" / {nb}", "", 0, "L", false, 0, "")
	p.SetTextColor(0, 0, 0)
	p.mark(height - 14)
}

// mark prints the marking in the middle of a line; a restricted one stands in a box.
func (p *press) mark(y float64) {
	p.SetFont(frameFont, "B", 10)
	width, _ := p.GetPageSize()
	wide := p.GetStringWidth(p.stamp.marking) + 10
	p.SetXY((width-wide)/2, y)
	border := ""
	if p.stamp.boxed {
		p.SetLineWidth(0.5)
		border = "1"
	}
	p.CellFormat(wide, 6, p.stamp.marking, border, 0, "C", false, 0, "")
	p.SetLineWidth(0.2)
}

// room begins another page unless so much is left on this one.
func (p *press) room(height float64) {
	_, page := p.GetPageSize()
	if p.GetY()+height > page-foot {
		p.AddPage()
	}
}

// field prints a heading and beside it what it says; nothing when that is empty.
func (p *press) field(label, value string) {
	if value == "" {
		return
	}
	p.room(line)
	p.SetFont(frameFont, "B", frameSize-1)
	y, page := p.GetY(), p.PageNo()
	p.MultiCell(labelWidth, line, p.say(label), "", "L", false)
	below := p.GetY()
	p.SetXY(side+labelWidth, y)
	p.SetFont(frameFont, "", frameSize)
	p.hang(labelWidth, func() { p.MultiCell(0, line, p.say(value), "", "L", false) })
	if p.PageNo() == page && p.GetY() < below {
		p.SetY(below)
	}
}

// hang prints with the left margin further in, so that lines and pages begin there.
func (p *press) hang(by float64, print func()) {
	p.SetLeftMargin(side + by)
	print()
	p.SetLeftMargin(side)
	p.SetX(side)
}

// section prints a heading and a text below it; nothing when there is no text.
func (p *press) section(label, text string) {
	if text == "" {
		return
	}
	p.room(3 * line)
	p.Ln(2.5)
	p.SetFont(frameFont, "B", frameSize)
	p.CellFormat(0, line+1, p.say(label), "", 1, "L", false, 0, "")
	p.SetFont(textFont, "", textSize)
	for i, paragraph := range strings.Split(p.say(text), "\n\n") {
		if i > 0 {
			p.Ln(gap)
		}
		p.MultiCell(0, line+0.2, paragraph, "", "L", false)
	}
}

// frame prints a frame around what is printed, when it stays on one page.
func (p *press) frame(print func()) {
	p.Ln(2)
	top, page := p.GetY(), p.PageNo()
	p.SetY(top + 1.5)
	p.hang(3, func() {
		p.SetRightMargin(side + 3)
		print()
		p.SetRightMargin(side)
	})
	width, _ := p.GetPageSize()
	if p.PageNo() == page {
		p.Rect(side, top, width-2*side, p.GetY()+1.5-top, "D")
	}
	p.SetY(p.GetY() + 3)
}

// small prints a paragraph of what is said about the message rather than in it.
func (p *press) small(style, text string) {
	if text == "" {
		return
	}
	p.SetFont(frameFont, style, smallSize+0.5)
	p.MultiCell(0, smallLine, p.say(text), "", "L", false)
}

// rule prints a thin line across the page.
func (p *press) rule() {
	width, _ := p.GetPageSize()
	p.Ln(1.5)
	p.Line(side, p.GetY(), width-side, p.GetY())
	p.Ln(1.5)
}

// tell says at the end that characters were replaced, and where they are whole.
func (p *press) tell() {
	if p.replaced > 0 {
		p.room(2 * smallLine)
		p.Ln(1)
		p.small("", p.words.T("paper.replaced", "Count", p.replaced, "Mark", string(missing)))
	}
}
