package postal

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

// part is one part as our own hand takes it apart: only what must be known to show it.
type part struct {
	header   header
	body     []byte // as it was sent
	kind     string // media type
	params   map[string]string
	attached bool
	name     string
	parts    []*part
}

// walk takes a mail apart within limits.
type walk struct {
	limits Limits
	count  int
	root   *part
	flaws  []Flaw
}

// walkMail takes a whole mail apart. It never fails: what is beyond a limit stays one part.
func walkMail(h header, body []byte, limits Limits) *walk {
	w := &walk{limits: limits}
	w.root = w.part(h, body, 1, "text/plain")
	return w
}

// beyond reports whether the mail goes beyond a limit, so that no other reader should try it.
func (w *walk) beyond() bool {
	for _, f := range w.flaws {
		if f == TooDeep || f == TooManyParts {
			return true
		}
	}
	return false
}

func (w *walk) part(h header, body []byte, depth int, fallback string) *part {
	w.count++
	p := &part{header: h, body: body}
	p.kind, p.params = mediaType(h.get("Content-Type"), fallback)
	disposition, params := mediaType(h.get("Content-Disposition"), "")
	p.attached = disposition == "attachment"
	for _, name := range []string{params["filename"], p.params["name"], p.params["file"]} {
		if p.name == "" {
			p.name = oneLine(decodeWords(name))
		}
	}
	switch {
	case depth > w.limits.Depth:
		w.flaws = append(w.flaws, TooDeep)
	case strings.HasPrefix(p.kind, "multipart/"):
		w.split(p, depth)
	case p.kind == "message/rfc822" || p.kind == "message/global":
		inner, innerBody, _ := cutHeader(p.decoded())
		p.parts = []*part{w.part(inner, innerBody, depth+1, "text/plain")}
	case p.kind == "application/pkcs7-mime" || p.kind == "application/x-pkcs7-mime" || p.kind == "multipart/encrypted":
		w.flaws = append(w.flaws, Enveloped)
	}
	return p
}

// split cuts a multipart at its boundary (RFC 2046 §5.1).
func (w *walk) split(p *part, depth int) {
	if p.kind == "multipart/encrypted" {
		w.flaws = append(w.flaws, Enveloped)
	}
	boundary := p.params["boundary"]
	if boundary == "" {
		w.flaws = append(w.flaws, BrokenBounds)
		return
	}
	fallback := "text/plain"
	if p.kind == "multipart/digest" {
		fallback = "message/rfc822"
	}
	pieces, closed := cutAt(p.body, []byte("--"+boundary), w.limits.Parts-w.count+1)
	if !closed || len(pieces) == 0 {
		w.flaws = append(w.flaws, BrokenBounds)
	}
	for _, piece := range pieces {
		if w.count >= w.limits.Parts {
			w.flaws = append(w.flaws, TooManyParts)
			return
		}
		inner, body, _ := cutPartHeader(piece)
		p.parts = append(p.parts, w.part(inner, body, depth+1, fallback))
	}
}

// cutPartHeader is cutHeader for a part, which may have no header at all: then it begins with an empty line, or with its text.
func cutPartHeader(piece []byte) (header, []byte, bool) {
	if line, rest := cutLine(piece); len(line) == 0 {
		return nil, rest, false
	}
	return cutHeader(piece)
}

// cutAt cuts a body at the lines that begin with the delimiter, at most so many times.
func cutAt(body, delimiter []byte, most int) (pieces [][]byte, closed bool) {
	start := -1
	for at := 0; at < len(body) && len(pieces) < most; {
		line, rest := cutLine(body[at:])
		next := len(body) - len(rest)
		after, ok := bytes.CutPrefix(line, delimiter)
		if after = bytes.TrimRight(after, " \t"); ok && (len(after) == 0 || string(after) == "--") {
			if start >= 0 {
				pieces = append(pieces, trimBreak(body[start:at]))
			}
			if start = next; len(after) > 0 {
				return pieces, true
			}
		}
		if at = next; len(rest) == 0 {
			break
		}
	}
	if start >= 0 && start < len(body) && len(pieces) < most {
		pieces = append(pieces, body[start:])
	}
	return pieces, false
}

// trimBreak takes off the line end that belongs to the boundary after it.
func trimBreak(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// mediaType reads a Content-Type or Content-Disposition as well as it can.
func mediaType(value, fallback string) (string, map[string]string) {
	if strings.TrimSpace(value) == "" {
		return fallback, nil
	}
	kind, params, _, err := mediatype.ParseWithOptions(value, mediatype.ParseOptions{StripMediaTypeInvalidCharacters: true})
	if err != nil {
		kind, _, _ = strings.Cut(value, ";")
	}
	if kind = strings.ToLower(strings.TrimSpace(kind)); fallback != "" && !strings.Contains(kind, "/") {
		return fallback, params
	}
	return kind, params
}

// decoded undoes the transfer encoding; what cannot be undone is left as it was sent.
func (p *part) decoded() []byte {
	switch strings.ToLower(strings.TrimSpace(p.header.get("Content-Transfer-Encoding"))) {
	case "base64":
		return looseBase64(p.body)
	case "quoted-printable":
		decoded, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(p.body)))
		if err != nil && len(decoded) < len(p.body)/2 {
			return p.body
		}
		return decoded
	}
	return p.body
}

// words is a text part as a reader sees it.
func (w *walk) words(p *part) string {
	text, sound := readCharset(p.decoded(), p.params["charset"])
	if !sound {
		w.flaws = append(w.flaws, BrokenCharset)
	}
	if p.kind == "text/html" {
		w.flaws = append(w.flaws, FromHTML)
		return htmlText(text)
	}
	return text
}

// isText reports a part that is read where it stands; a named one of another kind than text or HTML is a file (a calendar, a table).
func (p *part) isText() bool {
	shown := p.kind == "text/plain" || p.kind == "text/html" || isMultipart(p.kind) || strings.HasPrefix(p.kind, "text/") && p.name == ""
	return len(p.parts) == 0 && !p.attached && shown
}

// isBinary reports bytes that came without a header and are no text.
func (p *part) isBinary() bool { return len(p.header) == 0 && bytes.IndexByte(p.body, 0) >= 0 }

// text is what a reader of mail shows: the best of alternatives, else one text after the other; an enclosed mail's when there is nothing else.
func (w *walk) text() string {
	if w.root.isBinary() {
		return ""
	}
	if text := w.textOf(w.root); strings.TrimSpace(text) != "" {
		return text
	}
	if text := w.enclosedText(w.root); strings.TrimSpace(text) != "" {
		return text
	}
	return w.attachedText(w.root)
}

// attachedText is the first text that was sent as a file, for a mail that says nothing else.
func (w *walk) attachedText(p *part) string {
	if len(p.parts) == 0 && p.kind == "text/plain" {
		return w.words(p)
	}
	for _, inner := range p.parts {
		if text := w.attachedText(inner); strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

func (w *walk) textOf(p *part) string {
	switch {
	case p.isText():
		return w.words(p)
	case strings.HasPrefix(p.kind, "message/"):
		return ""
	case p.kind == "multipart/alternative":
		return w.bestOf(p.parts)
	}
	var texts []string
	for _, inner := range p.parts {
		if text := w.textOf(inner); strings.TrimSpace(text) != "" {
			texts = append(texts, strings.TrimRight(text, "\r\n"))
		}
	}
	return strings.Join(texts, "\n\n")
}

// bestOf is the plainest of the alternatives that says anything.
func (w *walk) bestOf(parts []*part) string {
	for _, plain := range []bool{true, false} {
		for _, p := range parts {
			if (p.kind == "text/plain") != plain {
				continue
			}
			if text := w.textOf(p); strings.TrimSpace(text) != "" {
				return text
			}
		}
	}
	return ""
}

func (w *walk) enclosedText(p *part) string {
	if strings.HasPrefix(p.kind, "message/") && len(p.parts) == 1 {
		inner := p.parts[0]
		text := w.textOf(inner)
		if text == "" {
			text = w.enclosedText(inner)
		}
		if subject := inner.header.text("Subject"); subject != "" {
			return subject + "\n\n" + text
		}
		return text
	}
	for _, inner := range p.parts {
		if text := w.enclosedText(inner); strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

// files are the parts that are not shown as text, an enclosed mail as one.
func (w *walk) files() (files []File) { return filesOf(w.root, nil) }

func filesOf(p *part, files []File) []File {
	switch {
	case p.kind == "message/rfc822" || p.kind == "message/global" || p.isFile():
		return append(files, File{Name: p.name, Type: p.kind, Content: p.decoded()})
	}
	for _, inner := range p.parts {
		files = filesOf(inner, files)
	}
	return files
}

func (p *part) isFile() bool {
	return len(p.parts) == 0 && (!p.isText() || p.name != "" && p.kind != "text/plain" && p.kind != "text/html")
}
