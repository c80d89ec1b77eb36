package correspondence

import (
	"bytes"
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
type headings struct{ exercise, summary, text, comment, attachments, bytes string }

func headingsIn(language string) headings {
	if language == "en" {
		return headings{exercise: "EXERCISE EXERCISE EXERCISE", summary: "SUMMARY", text: "TEXT", comment: "COMMENT", attachments: "ATTACHMENTS", bytes: "bytes"}
	}
	return headings{exercise: "EXERCICE EXERCICE EXERCICE", summary: "RESUME", text: "TEXTE", comment: "COMMENTAIRE", attachments: "PIECES", bytes: "octets"}
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
	w.notices(m, words)
	w.section(partSummary, words.summary, m.Summary)
	w.section(partText, words.text, m.Text)
	w.section(partComment, words.comment, m.Comment)
	w.attachments(words, m.Attachments)
	if m.Level == habilitation.Restricted {
		w.out = append(w.out, restrictedMention+"\r\n"...)
	}
	return w.out, strings.Join(w.parts, ", ")
}

// notices writes what nobody may read the message without seeing: that it is an exercise, and whom it is for.
func (w *bodyWriter) notices(m *Message, words headings) {
	if m.Exercise {
		w.out = append(append(w.out, words.exercise...), "\r\n\r\n"...)
	}
	if mention := OneLine(m.AudienceMention); mention != "" {
		w.out = append(append(w.out, mention...), "\r\n\r\n"...)
	}
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
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(singleBreaks(text), "\r", "\n")
	}
	for {
		line, rest, broken := strings.Cut(text, "\n")
		w.out = append(w.out, line...)
		if !broken {
			return
		}
		w.out = append(w.out, '\r', '\n')
		text = rest
	}
}

func (w *bodyWriter) attachments(words headings, files []Attachment) {
	if len(files) == 0 {
		return
	}
	w.out = append(append(w.out, words.attachments...), "\r\n"...)
	for i, f := range files {
		w.out = append(strconv.AppendInt(w.out, int64(i)+1, 10), ". "...)
		w.out = append(append(w.out, OneLine(f.Name)...), " ("...)
		w.out = append(strconv.AppendInt(w.out, f.Size, 10), " "+words.bytes+", "+mention(f.Level)+")\r\n"...)
	}
	w.out = append(w.out, "\r\n"...)
}

// appendQuotedPrintable encodes a body (RFC 2045 §6.7): lines of at most 76 bytes, no blank at the end of one, every byte beyond
// printable ASCII as =XX. Only a CRLF is a line break.
func appendQuotedPrintable(out, body []byte) []byte {
	const room = encodedLength - 1 // the last place is for the soft break
	for {
		line, rest, broken := bytes.Cut(body, []byte("\r\n"))
		column := 0
		for len(line) > 0 {
			run := literalRun(line, room-column)
			if out, column, line = append(out, line[:run]...), column+run, line[run:]; len(line) == 0 {
				break
			}
			if full := isLiteral(line[0]) && len(line) > 1; full || column+3 > room {
				out, column = append(out, '=', '\r', '\n'), 0
				continue
			}
			out, column, line = appendHex(append(out, '='), line[0]), column+3, line[1:]
		}
		if !broken {
			return out
		}
		out, body = append(out, '\r', '\n'), rest
	}
}

// literalRun counts the bytes from the start of a line that stand for themselves, at most limit; a blank that ends the line does not.
func literalRun(line []byte, limit int) int {
	n := 0
	for n < len(line) && n < limit && isLiteral(line[n]) {
		n++
	}
	if n == len(line) && n > 0 && (line[n-1] == ' ' || line[n-1] == '\t') {
		n--
	}
	return n
}

func isLiteral(c byte) bool { return ' ' <= c && c <= '~' && c != '=' || c == '\t' }
