package paper

import (
	"embed"
	"encoding/binary"
	"fmt"
	"strings"
)

// The fonts lie beside their licence; MANIFEST.json says where they come from and how they were cut down.
//
//go:embed fonts/*.ttf
var fontFiles embed.FS

// The families of a document: what frames a text, and the text itself.
const (
	frameFont = "sans"
	textFont  = "serif"
)

// typeface is one font file under the name that a document uses it by.
type typeface struct{ family, style, file string }

var typefaces = []typeface{
	{frameFont, "", "NotoSans-Regular.ttf"},
	{frameFont, "B", "NotoSans-Bold.ttf"},
	{textFont, "", "NotoSerif-Regular.ttf"},
}

// Fonts are the typefaces of every document, read once. They never change, so any number of documents may be printed with them at once.
type Fonts struct {
	bytes    map[string][]byte // by file
	coverage [1 << 16]bool     // the characters that every typeface has
}

// ReadFonts reads the typefaces that the program carries.
func ReadFonts() (*Fonts, error) {
	f := &Fonts{bytes: map[string][]byte{}}
	for i, face := range typefaces {
		content, err := fontFiles.ReadFile("fonts/" + face.file)
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		characters, err := charactersOf(content)
		if err != nil {
			return nil, fmt.Errorf("read font %s: %w", face.file, err)
		}
		f.bytes[face.file] = content
		for c := range f.coverage {
			f.coverage[c] = characters[c] && (i == 0 || f.coverage[c])
		}
	}
	return f, nil
}

// missing stands for a character that no typeface has.
const missing = '\ufffd'

// printable is a text in characters that the typefaces have, and how many were replaced. Line breaks stay, tabs become blanks, what has
// neither shape nor width goes.
func (f *Fonts) printable(text string) (printed string, replaced int) {
	var out strings.Builder
	out.Grow(len(text))
	for _, c := range text {
		switch {
		case c == '\n' || c >= ' ' && int(c) < len(f.coverage) && f.coverage[c] && c != missing:
			out.WriteRune(c)
		case c == '\t':
			out.WriteString("    ")
		case c < ' ' || c >= 0xfe00 && c <= 0xfe0f || c >= 0x200b && c <= 0x200f || c >= 0x202a && c <= 0x202e || c >= 0x2060 && c <= 0x206f || c == 0xfeff:
		default:
			out.WriteRune(missing)
			replaced++
		}
	}
	return out.String(), replaced
}

// errFont is returned for a font file without the map of characters that every TrueType font has.
var errFont = fmt.Errorf("no map of characters")

// charactersOf reads which characters a TrueType font has: format 4 of its cmap table (OpenType 1.9, cmap).
func charactersOf(font []byte) (has [1 << 16]bool, err error) {
	defer func() {
		if recover() != nil { // an offset beyond the file
			err = errFont
		}
	}()
	word := func(at int) int { return int(binary.BigEndian.Uint16(font[at:])) }
	long := func(at int) int { return int(binary.BigEndian.Uint32(font[at:])) }
	table := 0
	for i := range word(4) {
		if entry := 12 + 16*i; string(font[entry:entry+4]) == "cmap" {
			table = long(entry + 8)
		}
	}
	if table == 0 {
		return has, errFont
	}
	for i := range word(table + 2) {
		sub := table + long(table+4+8*i+4)
		if word(sub) != 4 {
			continue
		}
		segments := word(sub+6) / 2
		for s := range segments {
			end, start := word(sub+14+2*s), word(sub+16+2*segments+2*s)
			for c := start; c <= end && c < 0xffff; c++ {
				has[c] = true
			}
		}
		return has, nil
	}
	return has, errFont
}
