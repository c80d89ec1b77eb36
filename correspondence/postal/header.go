package postal

import (
	"bytes"
	"regexp"
	"strings"
)

// field is one field of a header, unfolded and not decoded.
type field struct{ name, value string }

// header is the fields in their order.
type header []field

// get is the first value of a field, not decoded.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// all is every value of a field.
func (h header) all(name string) (values []string) {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// text is the first value of a field in words.
func (h header) text(name string) string { return oneLine(decodeWords(h.get(name))) }

// maxFields bounds the header of one part.
const maxFields = 2000

// cutHeader splits off the header whatever ends its lines. An mbox's "From " line and empty lines before the header are passed over; a line that
// is no field ends the header, as nearly every reader of mail has it, and the body begins with it.
func cutHeader(raw []byte) (h header, body []byte, broken bool) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	rest := bytes.TrimLeft(raw, "\r\n")
	if line, after := cutLine(rest); isEnvelope(line) {
		rest = after
	}
	for len(rest) > 0 && len(h) < maxFields {
		line, after := cutLine(rest)
		if len(line) == 0 {
			return h, after, broken
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(h) == 0 {
				broken, rest = true, after
				continue
			}
			if blank := strings.TrimSpace(string(line)) == ""; blank && !nextContinues(after) {
				return h, after, broken // a line of blanks that ends the header
			}
			h[len(h)-1].value += " " + strings.TrimSpace(string(line))
			rest = after
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if name = bytes.TrimRight(name, " \t"); !ok || !isFieldName(name) {
			if fieldAhead(after) { // rubbish between fields
				broken, rest = true, after
				continue
			}
			if len(h) == 0 {
				return nil, raw, true
			}
			return h, rest, true
		}
		h = append(h, field{string(name), strings.TrimSpace(string(value))})
		rest = after
	}
	return h, rest, broken
}

// usual are the fields that tell a header that goes on from a text that has begun.
var usual = regexp.MustCompile(`(?i)^(from|to|cc|bcc|date|subject|sender|reply-to|message-id|in-reply-to|references|mime-version|received|return-path|content-[a-z-]+|x-[a-z0-9-]+)[ \t]*:`)

// fieldAhead reports whether one of the next three lines is a usual field, with no empty line before it.
func fieldAhead(rest []byte) bool {
	for range 3 {
		var line []byte
		if line, rest = cutLine(rest); len(line) == 0 {
			return false
		}
		if usual.Match(line) {
			return true
		}
	}
	return false
}

// isEnvelope reports the line that an mbox puts before a mail (RFC 4155).
func isEnvelope(line []byte) bool {
	after, ok := bytes.CutPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(after, " \t"), []byte(":"))
}

// nextIsField reports whether the next line is a field.
func nextIsField(rest []byte) bool {
	line, _ := cutLine(rest)
	name, _, ok := bytes.Cut(line, []byte(":"))
	return ok && isFieldName(bytes.TrimRight(name, " \t"))
}

// nextContinues reports whether the header goes on after a line of blanks (obsolete folding, RFC 5322 §4.2).
func nextContinues(rest []byte) bool {
	return len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') || nextIsField(rest)
}

// isFieldName reports printable ASCII without a colon or a blank (RFC 5322 §3.6.8), of a length that somebody might have meant.
func isFieldName(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c > '~' || c == ':' {
			return false
		}
	}
	return 0 < len(name) && len(name) <= 100
}

// cutLine splits off one line that ends in CRLF, LF or CR.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case i < 0:
		return b, nil
	case b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return b[:i], b[i+2:]
	}
	return b[:i], b[i+1:]
}
