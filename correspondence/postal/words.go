package postal

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
)

// encodedWord is RFC 2047 §2, as loosely as it is written in practice: blanks inside, a language after the character set (RFC 2231 §5).
var encodedWord = regexp.MustCompile(`=\?([^?\s*]+)(?:\*[^?]*)?\?([bBqQ])\?([^?]*)\?=`)

// decodeWords puts a header's value into words: encoded words decoded, raw bytes guessed at. Neighbouring words of one character set are joined
// before they are read, because senders cut characters in two.
func decodeWords(value string) string {
	var out strings.Builder
	var bytesOf []byte
	set := ""
	flush := func() {
		out.WriteString(toUTF8(bytesOf, set))
		bytesOf, set = nil, ""
	}
	end := 0
	for _, at := range encodedWord.FindAllStringSubmatchIndex(value, -1) {
		between := value[end:at[0]]
		if strings.TrimSpace(between) != "" || end == 0 {
			flush()
			out.WriteString(rawWords(between))
		}
		label := strings.ToLower(value[at[2]:at[3]])
		if label != set {
			flush()
			set = label
		}
		bytesOf = append(bytesOf, decodeWord(value[at[4]:at[5]], value[at[6]:at[7]])...)
		end = at[1]
	}
	flush()
	out.WriteString(rawWords(value[end:]))
	return out.String()
}

// decodeWord undoes one encoded word; what is no base64 stands as it was written.
func decodeWord(encoding, text string) []byte {
	if strings.EqualFold(encoding, "b") {
		if decoded := looseBase64([]byte(text)); len(decoded) > 0 || text == "" {
			return decoded
		}
		return []byte(text)
	}
	text = strings.ReplaceAll(text, "_", " ")
	decoded, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(text)))
	if err != nil {
		return []byte(text)
	}
	if tail := len(text) - len(strings.TrimRight(text, " ")); tail > 0 { // the reader of bodies drops blanks at the end of a line
		decoded = append(bytes.TrimRight(decoded, " "), strings.Repeat(" ", tail)...)
	}
	return decoded
}

// rawWords reads header bytes that nobody encoded.
func rawWords(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return toUTF8([]byte(text), "")
}

// toUTF8 reads bytes in a character set; when it is none we know, as UTF-8 if they are that, else as Windows-1252, which takes any byte.
func toUTF8(b []byte, label string) string {
	text, _ := readCharset(b, label)
	return text
}

// readCharset tells beside the text whether the bytes were text in the character set they claim.
func readCharset(b []byte, label string) (text string, sound bool) {
	label = strings.ToLower(strings.Trim(label, ` "'`))
	known := label == "" || label == "us-ascii" || label == "ascii" || label == "utf-8" || label == "utf8"
	if !known {
		if set, _ := charset.Lookup(label); set != nil {
			if decoded, err := set.NewDecoder().Bytes(b); err == nil {
				return strings.ToValidUTF8(string(decoded), "\uFFFD"), !bytes.ContainsRune(decoded, utf8.RuneError)
			}
		}
	}
	if utf8.Valid(b) {
		return string(b), known
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), false
	}
	return string(decoded), false
}

// looseBase64 decodes what can be decoded: line ends, blanks and stray characters are passed over, and padding may be missing.
func looseBase64(text []byte) []byte {
	kept := make([]byte, 0, len(text))
	for _, c := range text {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			kept = append(kept, c)
		case c == '-':
			kept = append(kept, '+')
		case c == '_':
			kept = append(kept, '/')
		}
	}
	if len(kept)%4 == 1 {
		kept = kept[:len(kept)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(kept)))
	n, _ := base64.RawStdEncoding.Decode(out, kept)
	return out[:n]
}

// oneLine makes every run of blanks and breaks one blank and drops what nobody sees.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}
