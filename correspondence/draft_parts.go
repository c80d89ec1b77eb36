package correspondence

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chancery/habilitation"
)

// references resolves what the author may see; the rest stays as the words that were typed, but a bare identity has none. That a restricted number is refused in an
// unprotected message depends on its form alone, so the refusal tells nothing.
func (f *finishing) references() {
	for i, text := range f.draft.Form.References {
		field := fmt.Sprintf("references[%d]", i)
		text = OneLine(text)
		if text == "" {
			f.fault(field, "missing")
			continue
		}
		if utf8.RuneCountInString(text) > maxSubject {
			f.fault(field, "too-long", "max", strconv.Itoa(maxSubject))
			continue
		}
		reference, level, ok := f.resolve(text)
		if _, err := habilitation.ParseID(text); err == nil && !ok {
			f.fault(field, "reference-unknown")
			continue
		}
		if f.m.Level == habilitation.Unprotected && (len(f.restrictedNumbers(text)) > 0 || ok && level > f.m.Level) {
			f.fault(field, "restricted-number", "number", text)
			continue
		}
		f.m.References = append(f.m.References, reference)
	}
}

// mediaType is the plain form of a media type, without parameters.
var mediaType = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}$`)

// attachments reads the files, whose bytes are in the vault by now; one that is still on its way is not silently left behind.
func (f *finishing) attachments() {
	for _, name := range f.draft.Awaited {
		f.fault("attachments", "file-awaited", "name", fileName(name))
	}
	for i, file := range f.draft.Form.Attachments {
		field := fmt.Sprintf("attachments[%d]", i)
		a := Attachment{Name: fileName(file.Name), Size: file.Size, Digest: file.SHA512, Level: f.level(field+".level", file.Level, f.m.Level)}
		f.inClear(field+".name", a.Name)
		if a.Level > f.m.Level && f.m.Level.Valid() {
			f.fault(field+".level", "above-message")
		}
		switch {
		case a.Name == "":
			f.fault(field+".name", "missing")
		case slices.ContainsFunc(f.m.Attachments, func(b Attachment) bool { return b.Name == a.Name }):
			f.fault(field+".name", "twice", "value", a.Name)
		}
		f.verdict(field+".content", file, &a)
		f.m.Attachments = append(f.m.Attachments, a)
	}
}

// verdict takes the type of a file from its inspection. A file without a verdict is not released, and in a restricted message none that works
// when it is opened.
func (f *finishing) verdict(field string, file FormAttachment, a *Attachment) {
	digest, err := digestFrom(file.SHA512, file.Size)
	a.SHA512 = digest.Sum
	switch found, known := f.inspected(file.SHA512); {
	case file.Refused != nil:
		f.faults = append(f.faults, Fault{Field: field, Key: file.Refused.Key, Args: file.Refused.Args})
	case err != nil || file.SHA512 != strings.ToLower(file.SHA512):
		f.fault(field, "missing")
	case !known:
		f.fault(field, "not-inspected")
	default:
		a.Type = found.Media
		f.fileInClear(field, a.Name, a.Level, found)
		if f.m.Level == habilitation.Restricted && slices.ContainsFunc(found.Warnings, Warning.active) {
			f.fault(field, "active-content", "name", a.Name)
		}
	}
}

// fileName keeps the last element of a name without what a file system or a header would mistake.
func fileName(name string) string {
	name = OneLine(name)
	if i := strings.LastIndexAny(name, `/\:`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	for len(name) > 120 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}
