package postal

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText is the text of HTML, in one pass and without a tree: what it says, links with the address they lead to, pictures by their
// description. Nothing is fetched, and what is not shown is not said.
func htmlText(source string) string {
	w := &htmlWriter{}
	tokens := html.NewTokenizer(strings.NewReader(source))
	tokens.SetMaxBuf(1 << 20)
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return strings.TrimSpace(w.out.String())
		case html.TextToken:
			if w.hidden == 0 {
				w.text(string(tokens.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			w.tag(tokens.Token())
		}
	}
}

type htmlWriter struct {
	out    strings.Builder
	hidden int    // inside so many elements that are not shown
	breaks int    // line ends at the end of what is written
	blank  bool   // a blank waits for the next word
	raw    int    // inside so many elements that keep their line ends
	link   string // address of the link that is open
	linked int    // where its text begins
}

// text writes words; runs of blanks are one.
func (w *htmlWriter) text(text string) {
	if w.raw > 0 {
		w.write(text)
		return
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		w.blank = w.blank || text != ""
		return
	}
	if strings.TrimLeft(text, " \t\r\n\f") != text {
		w.blank = true
	}
	w.write(strings.Join(words, " "))
	w.blank = strings.TrimRight(text, " \t\r\n\f") != text
}

func (w *htmlWriter) write(text string) {
	if w.blank && w.breaks == 0 && w.out.Len() > 0 {
		w.out.WriteByte(' ')
	}
	w.blank, w.breaks = false, 0
	w.out.WriteString(text)
}

// lines ends the line, or leaves lines empty up to so many breaks.
func (w *htmlWriter) lines(n int) {
	w.blank = false
	for ; w.breaks < n && w.out.Len() > 0; w.breaks++ {
		w.out.WriteByte('\n')
	}
}

func (w *htmlWriter) tag(t html.Token) {
	open, close := t.Type != html.EndTagToken, t.Type == html.EndTagToken
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		if t.Type == html.StartTagToken {
			w.hidden++
		} else if close && w.hidden > 0 {
			w.hidden--
		}
	case atom.Body: // whatever was not closed before it
		w.hidden = 0
	case atom.Br:
		w.lines(w.breaks + 1)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Blockquote, atom.Hr:
		w.lines(2)
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd, atom.Address:
		w.lines(1)
	case atom.Td, atom.Th:
		w.blank = true
	case atom.Li:
		w.lines(1)
		if open {
			w.write("- ")
		}
	case atom.Pre:
		w.lines(1)
		if w.raw = 0; open {
			w.raw = 1
		}
	case atom.Img:
		if alt := oneLine(attribute(t, "alt")); alt != "" && w.hidden == 0 {
			w.text(" [" + alt + "] ")
		}
	case atom.A:
		w.anchor(t, open)
	}
}

// anchor writes after the text of a link where it leads, when the text does not say so.
func (w *htmlWriter) anchor(t html.Token, open bool) {
	if open {
		w.link, w.linked = strings.TrimSpace(attribute(t, "href")), w.out.Len()
		return
	}
	said := w.out.String()[min(w.linked, w.out.Len()):]
	address := strings.TrimPrefix(w.link, "mailto:")
	if w.hidden == 0 && isAddress(w.link) && !strings.Contains(said, strings.TrimSuffix(address, "/")) {
		w.text(" <" + oneLine(address) + ">")
	}
	w.link = ""
}

func isAddress(link string) bool {
	return strings.HasPrefix(link, "http://") || strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "mailto:")
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
