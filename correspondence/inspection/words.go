package inspection

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// maxTags is how deep the XML of a document may nest.
const maxTags = 500

// writeWords writes the words of a text or an office document and reports whether these are all; of is its extension.
func writeWords(of string, file *os.File, size int64, to io.Writer) (whole bool, err error) {
	k, known := kinds()[of]
	if !known {
		return false, fmt.Errorf("no words of %q", of)
	}
	switch k.sort {
	case sortText:
		text, err := io.ReadAll(io.LimitReader(file, 4*maxWords))
		if err != nil {
			return false, err
		}
		whole, err = keepWords(to, decoded(text))
		return whole && len(text) < 4*maxWords, err
	case sortHTML:
		return writeHTML(file, to)
	case sortOffice:
		return writeOffice(file, size, to)
	}
	return false, fmt.Errorf("no words of %q", of)
}

// keepWords writes words in the form in which they are kept, and reports whether that has room for all of them.
func keepWords(to io.Writer, text string) (whole bool, err error) {
	kept, whole := cleanWords(text)
	_, err = io.WriteString(to, kept)
	return whole, err
}

// decoded reads a text as UTF-8, as UTF-16 where its mark says so, else as Windows-1252, in which no byte is wrong.
func decoded(text []byte) string {
	if rest, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); marked {
		return string(rest)
	}
	if len(text) >= 2 && (text[0] == 0xFF && text[1] == 0xFE || text[0] == 0xFE && text[1] == 0xFF) {
		units := make([]uint16, 0, len(text)/2)
		low, high := 0, 1
		if text[0] == 0xFE {
			low, high = 1, 0
		}
		for i := 2; i+1 < len(text); i += 2 {
			units = append(units, uint16(text[i+low])|uint16(text[i+high])<<8)
		}
		return string(utf16.Decode(units))
	}
	if utf8.Valid(text) || len(text) == 4*maxWords {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(text)
	if err != nil {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	return string(out)
}

// cleanWords brings words into the form in which they are kept: NFC, no control characters but line ends, no run of empty lines, and no more than
// are kept; whole says that none is left out.
func cleanWords(text string) (kept string, whole bool) {
	var out strings.Builder
	breaks := 2
	text = norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD"))
	for _, r := range strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n").Replace(text) {
		switch {
		case r == '\n':
			if breaks++; breaks > 2 {
				continue
			}
		case r == '\t' || unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			continue
		}
		if r != '\n' && r != ' ' {
			breaks = 0
		}
		if out.Len()+utf8.RuneLen(r) > maxWords {
			return strings.TrimSpace(out.String()), false
		}
		out.WriteRune(r)
	}
	return strings.TrimSpace(out.String()), true
}

// collector gathers words up to their bound.
type collector struct{ strings.Builder }

var errEnough = errors.New("enough words")

func (c *collector) add(text string) error {
	if c.Len() > 2*maxWords {
		return errEnough
	}
	c.WriteString(text)
	return nil
}

// writeHTML writes what stands between the tags, and reports whether that is all.
func writeHTML(file io.Reader, to io.Writer) (whole bool, err error) {
	raw, err := io.ReadAll(io.LimitReader(file, 8*maxWords))
	if err != nil {
		return false, err
	}
	var words collector
	tokens := html.NewTokenizer(strings.NewReader(decoded(raw)))
	hidden := 0
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			whole, err := keepWords(to, words.String())
			return whole && len(raw) < 8*maxWords, err
		case html.TextToken:
			if hidden == 0 && words.add(string(tokens.Text())) != nil {
				_, err := keepWords(to, words.String())
				return false, err
			}
		case html.StartTagToken:
			name, _ := tokens.TagName()
			if string(name) == "script" || string(name) == "style" {
				hidden++
			}
			words.WriteByte('\n')
		case html.EndTagToken:
			name, _ := tokens.TagName()
			if string(name) == "script" || string(name) == "style" {
				hidden = max(0, hidden-1)
			}
		}
	}
}

// writeOffice writes the words of the parts of a document that hold any, in the order of their names, and reports whether that is all. The archive
// was walked before.
func writeOffice(file io.ReaderAt, size int64, to io.Writer) (whole bool, err error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return false, err
	}
	var parts []*zip.File
	for _, f := range archive.File {
		if holdsWords(f.Name) {
			parts = append(parts, f)
		}
	}
	slices.SortFunc(parts, func(a, b *zip.File) int { return comparePart(a.Name, b.Name) })
	var words collector
	for _, part := range parts {
		if err := readPart(part, &words); errors.Is(err, errEnough) {
			_, err := keepWords(to, words.String())
			return false, err
		} else if err != nil {
			return false, err
		}
		words.WriteString("\n\n")
	}
	return keepWords(to, words.String())
}

// holdsWords reports the parts of office documents that hold words.
func holdsWords(name string) bool {
	folder, base := path.Dir(name), path.Base(name)
	switch folder {
	case ".":
		return base == "content.xml"
	case "word":
		return slices.Contains([]string{"document.xml", "footnotes.xml", "endnotes.xml", "comments.xml"}, base) ||
			strings.HasPrefix(base, "header") || strings.HasPrefix(base, "footer")
	case "xl":
		return base == "sharedStrings.xml"
	case "xl/worksheets", "ppt/slides", "ppt/notesSlides":
		return strings.HasSuffix(base, ".xml")
	}
	return false
}

// comparePart orders slide2 before slide10.
func comparePart(a, b string) int {
	if len(a) != len(b) && path.Dir(a) == path.Dir(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// readPart gathers the words of one part: of the elements t in OOXML, of p and h in ODF.
func readPart(part *zip.File, words *collector) error {
	content, err := part.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	isODF := part.Name == "content.xml"
	decoder := xml.NewDecoder(io.LimitReader(content, maxEntry))
	decoder.Strict = false
	depth, inside := 0, 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", part.Name, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxTags {
				return fmt.Errorf("read %s: nested too deep", part.Name)
			}
			if bearsWords(token.Name.Local, isODF) {
				inside++
			}
			if space := spaceOf(token.Name.Local); space != "" {
				words.WriteString(space)
			}
		case xml.EndElement:
			depth--
			if bearsWords(token.Name.Local, isODF) {
				inside--
			}
			switch token.Name.Local {
			case "p", "h", "si", "row", "table-row":
				words.WriteByte('\n')
			}
		case xml.CharData:
			if inside > 0 {
				if err := words.add(string(token)); err != nil {
					return err
				}
			}
		}
	}
}

func bearsWords(name string, isODF bool) bool {
	if isODF {
		return name == "p" || name == "h"
	}
	return name == "t"
}

// spaceOf is what an element without words puts between words.
func spaceOf(name string) string {
	switch name {
	case "tab", "s", "c", "table-cell":
		return " "
	case "br", "cr", "line-break":
		return "\n"
	}
	return ""
}

// fetches reports whether a part names something that is fetched when the document is opened. A link that a reader follows is not.
func fetches(part io.Reader) (bool, error) {
	decoder := xml.NewDecoder(part)
	decoder.Strict = false
	for depth := 0; ; {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		start, is := token.(xml.StartElement)
		if !is {
			continue
		}
		if depth++; depth > 1_000_000 {
			return true, nil
		}
		values := map[string]string{}
		for _, a := range start.Attr {
			values[a.Name.Local] = a.Value
		}
		if strings.EqualFold(values["TargetMode"], "External") && !strings.HasSuffix(values["Type"], "/hyperlink") {
			return true, nil
		}
		if href := values["href"]; start.Name.Local != "a" && strings.Contains(href, "://") {
			return true, nil
		}
	}
}
