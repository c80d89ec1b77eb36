package postal

import (
	"bytes"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// readBody has enmime read the body. It is not asked where the parts go beyond the limits; ok is false when it fails, whatever the way.
func readBody(raw []byte, own *walk) (text string, files []File, flaws []Flaw, ok bool) {
	if own.beyond() {
		return "", nil, nil, false
	}
	defer func() {
		if recover() != nil {
			text, files, flaws, ok = "", nil, []Flaw{Unreadable}, false
		}
	}()
	parser := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.MultipartWOBoundaryAsSinglePart(true), enmime.MaxStoredPartErrors(20),
		enmime.StripMediaTypeInvalidCharacters(true), enmime.DisableTextConversion(true), enmime.DisableCharacterDetection(true),
		enmime.SetReadPartErrorPolicy(enmime.AllowCorruptTextPartErrorPolicy))
	envelope, err := parser.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return "", nil, []Flaw{BrokenPart}, false
	}
	text = strings.ToValidUTF8(envelope.Text, "\uFFFD") // of an unknown character set the bytes are handed through
	if strings.TrimSpace(text) == "" && envelope.HTML != "" {
		text, flaws = htmlText(envelope.HTML), append(flaws, FromHTML)
	}
	files = enmimeFiles(envelope.Root, nil)
	for _, problem := range envelope.Errors {
		flaws = append(flaws, flawOf(problem)...)
	}
	return text, files, flaws, true
}

// enmimeFiles lists the leaves that are not the text.
func enmimeFiles(p *enmime.Part, files []File) []File {
	for ; p != nil; p = p.NextSibling {
		kind := strings.ToLower(p.ContentType)
		shown := !strings.Contains(kind, "/") || kind == "text/plain" || kind == "text/html" || strings.HasPrefix(kind, "multipart/")
		if p.FirstChild == nil && (!shown || p.Disposition == "attachment" || p.FileName != "" && !isMultipart(kind)) {
			files = append(files, File{Name: oneLine(p.FileName), Type: kind, Content: p.Content})
		}
		files = enmimeFiles(p.FirstChild, files)
	}
	return files
}

func isMultipart(kind string) bool { return strings.HasPrefix(kind, "multipart/") }

// flawOf is what enmime complains of in our words; what it only remarks upon is no flaw.
func flawOf(problem *enmime.Error) []Flaw {
	switch problem.Name {
	case enmime.ErrorMissingBoundary:
		return []Flaw{BrokenBounds}
	case enmime.ErrorCharsetConversion:
		return []Flaw{BrokenCharset}
	case enmime.ErrorMalformedBase64, enmime.ErrorContentEncoding, enmime.ErrorMalformedChildPart, enmime.ErrorDataHasBoundary:
		return []Flaw{BrokenPart}
	}
	return nil
}

// endings are the names of files that have none, by type; whatever else is only bytes.
var endings = map[string]string{
	"message/rfc822": ".eml", "message/global": ".eml", "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "message/delivery-status": ".txt",
	"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
	"application/pgp-signature": ".asc", "text/rfc822-headers": ".txt",
}

// Named is the file's name, or one made up from its place among the files and its type.
func (f File) Named(place string) string {
	if f.Name != "" {
		return f.Name
	}
	if ending, known := endings[f.Type]; known {
		return place + ending
	}
	return place + ".bin"
}
