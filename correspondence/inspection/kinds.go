package inspection

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// The sorts of file, by how they are looked at.
type sort uint8

const (
	sortPlain   sort = iota + 1 // nothing but the scanner
	sortText                    // words as they stand
	sortHTML                    // words between the tags
	sortPicture                 // drawn anew
	sortPDF
	sortOffice // a ZIP file with a known inside
	sortZIP
	sortLegacy // the office documents of before 2007
)

// kind is a sort of file that the house takes under some extension.
type kind struct {
	sort   sort
	media  string   // what it is handed out as
	magics []string // what its first bytes may show; the first ancestor that fits decides
	inside string   // of an office document: what its archive must turn out to be
}

const (
	mediaZIP  = "application/zip"
	mediaOLE  = "application/x-ole-storage"
	openXML   = "application/vnd.openxmlformats-officedocument."
	openDoc   = "application/vnd.oasis.opendocument."
	plainText = "text/plain"
)

func office(media, inside string) kind {
	return kind{sort: sortOffice, media: media, magics: []string{mediaZIP}, inside: inside}
}

// kinds are the extensions that the house takes, each with what it must be. Everything else is refused, whatever its bytes show.
func kinds() map[string]kind {
	text := kind{sort: sortText, media: plainText, magics: []string{plainText}}
	jpeg := kind{sort: sortPicture, media: "image/jpeg", magics: []string{"image/jpeg"}}
	html := kind{sort: sortHTML, media: "text/html", magics: []string{plainText}}
	return map[string]kind{
		".txt": text, ".md": text, ".log": text, ".json": text, ".xml": text, ".ics": text, ".vcf": text, ".eml": text, ".geojson": text,
		".csv": {sort: sortText, media: "text/csv", magics: []string{plainText}},
		".rtf": {sort: sortPlain, media: "application/rtf", magics: []string{"text/rtf"}},
		".svg": {sort: sortPlain, media: "image/svg+xml", magics: []string{plainText}},
		".htm": html, ".html": html,
		".jpg": jpeg, ".jpeg": jpeg,
		".png":  {sort: sortPicture, media: "image/png", magics: []string{"image/png"}},
		".gif":  {sort: sortPicture, media: "image/gif", magics: []string{"image/gif"}},
		".pdf":  {sort: sortPDF, media: "application/pdf", magics: []string{"application/pdf"}},
		".zip":  {sort: sortZIP, media: mediaZIP, magics: []string{mediaZIP}},
		".docx": office(openXML+"wordprocessingml.document", "word"), ".docm": office("application/vnd.ms-word.document.macroenabled.12", "word"),
		".xlsx": office(openXML+"spreadsheetml.sheet", "sheet"), ".xlsm": office("application/vnd.ms-excel.sheet.macroenabled.12", "sheet"),
		".pptx": office(openXML+"presentationml.presentation", "slides"), ".pptm": office("application/vnd.ms-powerpoint.presentation.macroenabled.12", "slides"),
		".odt": office(openDoc+"text", openDoc+"text"), ".ods": office(openDoc+"spreadsheet", openDoc+"spreadsheet"),
		".odp": office(openDoc+"presentation", openDoc+"presentation"),
		".doc": {sort: sortLegacy, media: "application/msword", magics: []string{mediaOLE}},
		".xls": {sort: sortLegacy, media: "application/vnd.ms-excel", magics: []string{mediaOLE}},
		".ppt": {sort: sortLegacy, media: "application/vnd.ms-powerpoint", magics: []string{mediaOLE}},
	}
}

// Extensions lists what the house takes, in order.
func Extensions() []string {
	var all []string
	for extension := range kinds() {
		all = append(all, extension)
	}
	slices.Sort(all)
	return all
}

// sniffed is how much of a file shows what it is.
const sniffed = 3072

// kindOf is what a file is by its name and its first bytes; false when the two do not agree, or the house does not take it.
func kindOf(name string, first io.Reader) (kind, bool, error) {
	k, known := kinds()[strings.ToLower(path.Ext(name))]
	if !known {
		return kind{}, false, nil
	}
	head, err := io.ReadAll(io.LimitReader(first, sniffed))
	if err != nil {
		return kind{}, false, fmt.Errorf("read first bytes: %w", err)
	}
	if len(head) == 0 {
		return kind{}, false, nil
	}
	for is := mimetype.Detect(head); is != nil; is = is.Parent() {
		if slices.ContainsFunc(k.magics, is.Is) {
			return k, true, nil
		}
	}
	return kind{}, false, nil
}
