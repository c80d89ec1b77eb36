package inspection

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"chancery/correspondence"
)

// walker reads every entry of an archive, and of those nested in it, to its end.
type walker struct {
	entries  int
	unpacked int64
	warnings []correspondence.Warning
	inside   string // what an office document turned out to be
}

// walkArchive reports whether an archive may be opened, and what is in it that the reader should know. inside is what an office document
// must turn out to be, "" for any archive.
func walkArchive(file io.ReaderAt, size int64, inside string) report {
	w := &walker{}
	err := w.walk(file, size, 1)
	if err == nil && inside != "" && w.inside != inside {
		err = errNotInside
	}
	r := report{Warnings: w.warnings}
	if err == nil {
		return r
	}
	for _, known := range []error{errBomb, errTooMany, errOverlap, errDuplicate, errLink, errEncrypted, errMethod, errTooDeep, errOutside, errNotInside, errExecutable} {
		if errors.Is(err, known) {
			detail, _ := strings.CutPrefix(err.Error(), known.Error()+": ")
			return r.refuse(known.Error(), strings.TrimPrefix(detail, known.Error()))
		}
	}
	return r.refuse(errBroken.Error(), "")
}

func (w *walker) warn(one correspondence.Warning) {
	if !slices.Contains(w.warnings, one) {
		w.warnings = append(w.warnings, one)
	}
}

func (w *walker) walk(file io.ReaderAt, size int64, depth int) error {
	if depth > maxNested {
		return errTooDeep
	}
	entries, err := readDirectory(file, size)
	if err != nil {
		return err
	}
	if w.entries += len(entries); w.entries > maxEntries {
		return errTooMany
	}
	isOffice := slices.ContainsFunc(entries, func(e entry) bool { return e.name == "[Content_Types].xml" || e.name == "mimetype" })
	for _, e := range entries {
		if err := w.read(file, e, depth, isOffice); err != nil {
			return err
		}
	}
	return nil
}

// read unpacks one entry, counting what comes out.
func (w *walker) read(file io.ReaderAt, e entry, depth int, isOffice bool) error {
	packed := io.NewSectionReader(file, e.begin, e.packed)
	var unpacked io.Reader = packed
	if e.method == methodDeflated {
		unpacked = flate.NewReader(packed)
	}
	counted := &counting{from: unpacked, walker: w, packed: e.packed}
	head := make([]byte, 560)
	n, err := io.ReadFull(counted, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return wrongEntry(e, err)
	}
	head = head[:n]
	rest := io.MultiReader(bytes.NewReader(head), counted)
	if err := w.look(e, head, rest, depth, isOffice); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, counted); err != nil {
		return wrongEntry(e, err)
	}
	if counted.count != e.unpacked {
		return fmt.Errorf("%w: %s", errBroken, e.name)
	}
	return nil
}

func wrongEntry(e entry, err error) error {
	if errors.Is(err, errBomb) {
		return fmt.Errorf("%w: %s", errBomb, e.name)
	}
	return fmt.Errorf("%w: %s", errBroken, e.name)
}

// look judges an entry by its first bytes and, where it is known, by what it is for.
func (w *walker) look(e entry, head []byte, content io.Reader, depth int, isOffice bool) error {
	switch {
	case isProgramFile(head):
		return fmt.Errorf("%w: %s", errExecutable, e.name)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		inner, err := io.ReadAll(io.LimitReader(content, maxInner+1))
		if err != nil {
			return wrongEntry(e, err)
		}
		if len(inner) > maxInner {
			return fmt.Errorf("%w: %s", errBomb, e.name)
		}
		if isOffice {
			w.warn(correspondence.WarnEmbedded)
		}
		return w.walk(bytes.NewReader(inner), int64(len(inner)), depth+1)
	case isOtherArchive(head):
		return fmt.Errorf("%w: %s", errMethod, e.name)
	}
	if depth == 1 && isOffice {
		return w.lookInside(e, head, content)
	}
	if hasMacroName(e.name) {
		w.warn(correspondence.WarnMacros)
	}
	return nil
}

// lookInside reads what an office document says of itself, and finds what works when it is opened.
func (w *walker) lookInside(e entry, head []byte, content io.Reader) error {
	name := strings.ToLower(e.name)
	switch {
	case name == "mimetype" && e.method == methodStored:
		w.inside = string(head)
	case name == "word/document.xml":
		w.inside = "word"
	case name == "xl/workbook.xml":
		w.inside = "sheet"
	case name == "ppt/presentation.xml":
		w.inside = "slides"
	case hasMacroName(name):
		w.warn(correspondence.WarnMacros)
	case strings.HasPrefix(string(head), "\xd0\xcf\x11\xe0"):
		w.warn(correspondence.WarnEmbedded)
	}
	if strings.HasSuffix(name, ".rels") || name == "content.xml" || name == "styles.xml" {
		external, err := fetches(content)
		if errors.Is(err, errBomb) {
			return wrongEntry(e, err)
		}
		if external || err != nil {
			w.warn(correspondence.WarnExternal)
		}
	}
	return nil
}

// hasMacroName reports the places where office documents keep programs.
func hasMacroName(name string) bool {
	name = strings.ToLower(name)
	base := path.Base(name)
	return strings.HasPrefix(base, "vbaproject") || base == "vbadata.xml" || strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/") ||
		strings.Contains(name, "/macrosheets/") || strings.Contains(name, "/activex/")
}

// isProgramFile reports the first bytes of what a machine runs.
func isProgramFile(head []byte) bool {
	for _, magic := range []string{"MZ", "\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "#!", "L\x00\x00\x00\x01\x14\x02\x00"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// isOtherArchive reports archives that are not walked, and so are not let in inside one that is.
func isOtherArchive(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "7z\xbc\xaf\x27\x1c", "Rar!", "\x28\xb5\x2f\xfd", "MSCF", "\x1f\x9d"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) > 262 && string(head[257:262]) == "ustar"
}

// counting reads what is unpacked and stops at the limits, whatever the headers announce.
type counting struct {
	from   io.Reader
	walker *walker
	packed int64
	count  int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.count += int64(n)
	c.walker.unpacked += int64(n)
	if c.count > maxEntry || c.walker.unpacked > maxUnpacked || c.count > freeRatio && c.count/max(1, c.packed) > maxRatio {
		return n, errBomb
	}
	return n, err
}
