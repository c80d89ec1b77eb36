package correspondence

import (
	"strconv"
	"strings"

	"chancery/habilitation"
)

// restrictedMention is the stamp of a restricted message, first and last line of it in every language (mention de protection).
const restrictedMention = "DIFFUSION RESTREINTE"

const unprotectedMention = "NON PROTEGE"

func mention(l habilitation.Level) string {
	if l == habilitation.Restricted {
		return restrictedMention
	}
	return unprotectedMention
}

// headings are the words that open the sections of a body.
type headings struct{ summary, text, comment, attachments, bytes string }

func headingsIn(language string) headings {
	if language == "en" {
		return headings{summary: "SUMMARY", text: "TEXT", comment: "COMMENT", attachments: "ATTACHMENTS", bytes: "bytes"}
	}
	return headings{summary: "RESUME", text: "TEXTE", comment: "COMMENTAIRE", attachments: "PIECES", bytes: "octets"}
}

// bodyWriter writes a body in CRLF lines before its transfer encoding, and remembers where each part stands in it.
type bodyWriter struct {
	out   []byte
	parts []string // "summary 40+312"
}

func composeBody(m *Message) (body []byte, parts string) {
	w := bodyWriter{out: make([]byte, 0, 512+len(m.Summary)+len(m.Text)+len(m.Comment))}
	words := headingsIn(m.Language)
	if m.Level == habilitation.Restricted {
		w.out = append(w.out, restrictedMention+"\r\n\r\n"...)
	}
	w.section(partSummary, words.summary, m.Summary)
	w.section(partText, words.text, m.Text)
	w.section(partComment, words.comment, m.Comment)
	w.attachments(words, m.Attachments)
	if m.Level == habilitation.Restricted {
		w.out = append(w.out, restrictedMention+"\r\n"...)
	}
	return w.out, strings.Join(w.parts, ", ")
}

// section writes a heading and a part below it; an empty part is left out.
func (w *bodyWriter) section(part, heading, text string) {
	if text == "" {
		return
	}
	w.out = append(append(w.out, heading...), "\r\n"...)
	start := len(w.out)
	w.lines(text)
	w.parts = append(w.parts, part+" "+strconv.Itoa(start)+"+"+strconv.Itoa(len(w.out)-start))
	w.out = append(w.out, "\r\n\r\n"...)
}

// lines writes a text with each line break, whatever it was, as CRLF.
func (w *bodyWriter) lines(text string) {
	for {
		end := strings.IndexAny(text, "\r\n")
		if end < 0 {
			w.out = append(w.out, text...)
			return
		}
		w.out = append(append(w.out, text[:end]...), "\r\n"...)
		if strings.HasPrefix(text[end:], "\r\n") {
			end++
		}
		text = text[end+1:]
	}
}

func (w *bodyWriter) attachments(words headings, files []Attachment) {
	if len(files) == 0 {
		return
	}
	w.out = append(append(w.out, words.attachments...), "\r\n"...)
	for i, f := range files {
		w.out = append(strconv.AppendInt(w.out, int64(i)+1, 10), ". "...)
		w.out = append(append(w.out, canonicalLine(f.Name)...), " ("...)
		w.out = append(strconv.AppendInt(w.out, f.Size, 10), " "+words.bytes+", "+mention(f.Level)+")\r\n"...)
	}
	w.out = append(w.out, "\r\n"...)
}

// appendQuotedPrintable encodes a body (RFC 2045 §6.7): lines of at most 76 bytes, no blank at the end of one, every byte beyond
// printable ASCII as =XX. Only a CRLF is a line break.
func appendQuotedPrintable(out, body []byte) []byte {
	column := 0
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == '\r' && i+1 < len(body) && body[i+1] == '\n' {
			out, column = append(out, '\r', '\n'), 0
			i++
			continue
		}
		literal := '!' <= c && c <= '~' && c != '=' || (c == ' ' || c == '\t') && !endsLine(body, i+1)
		size := 3
		if literal {
			size = 1
		}
		if column+size > encodedLength-1 { // the last place is for the soft break
			out, column = append(out, '=', '\r', '\n'), 0
		}
		if column += size; literal {
			out = append(out, c)
		} else {
			out = appendHex(append(out, '='), c)
		}
	}
	return out
}

func endsLine(body []byte, i int) bool {
	return i == len(body) || body[i] == '\r' && i+1 < len(body) && body[i+1] == '\n'
}
