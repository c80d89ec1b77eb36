package correspondence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/textproto"
	"strconv"
	"strings"
)

// errOriginal is returned for bytes that are not a whole and unaltered original.
var errOriginal = errors.New("not an original of this house, or a damaged one")

// The parts of a body, and the field that says where each stands in it: "summary 40+312" is 312 bytes from byte 40 of the decoded body.
const (
	partSummary, partText, partComment = "summary", "text", "comment"
	partsField                         = "X-Chancery-Parts"
)

// Parts is an original taken apart.
type Parts struct {
	Header                 textproto.MIMEHeader // every field of both blocks, unfolded and still encoded; Get takes the name in any case
	Summary, Text, Comment string               // lines end in LF
	Content                []byte               // what the digest covers; shares the original's memory
	Digest                 [sha256.Size]byte    // of Content; it agrees with the allotted block
}

// Field is the first value of a field with its encoded words read.
func (p *Parts) Field(name string) string {
	value := p.Header.Get(name)
	if text, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return text
	}
	return value
}

// parseOriginal takes an original apart and checks the digest of its content. It takes any bytes; what composeOriginal did not write is
// errOriginal. That the allotted block is unaltered is for the signature to say.
func parseOriginal(eml []byte) (Parts, error) {
	content, digest, ok := splitOriginal(eml)
	if !ok {
		return Parts{}, fmt.Errorf("read allotted block: %w", errOriginal)
	}
	p := Parts{Content: content, Digest: contentDigest(content)}
	if p.Digest != digest {
		return Parts{}, fmt.Errorf("check content digest: %w", errOriginal)
	}
	end := bytes.Index(eml, []byte("\r\n\r\n"))
	if end < 0 {
		return Parts{}, fmt.Errorf("find end of headers: %w", errOriginal)
	}
	var err error
	if p.Header, err = readHeader(eml[:end+4]); err != nil {
		return Parts{}, err
	}
	body, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(eml[end+4:])))
	if err != nil {
		return Parts{}, fmt.Errorf("decode body: %w: %w", errOriginal, err)
	}
	return p, p.cut(body)
}

// splitOriginal finds the field that closes the allotted block, the digest in it and the content after it.
func splitOriginal(eml []byte) (content []byte, digest [sha256.Size]byte, ok bool) {
	for len(eml) > 0 {
		line, rest, ok := bytes.Cut(eml, []byte("\r\n"))
		if !ok || len(line) == 0 {
			break
		}
		if text, found := bytes.CutPrefix(line, []byte(contentField+": sha256=")); found {
			n, err := hex.Decode(digest[:], text[:min(len(text), hex.EncodedLen(len(digest)))])
			return rest, digest, err == nil && n == len(digest) && len(text) == hex.EncodedLen(n) && bytes.Equal(text, bytes.ToLower(text))
		}
		eml = rest
	}
	return nil, digest, false
}

// readHeader reads both blocks as one; a field that must be alone and is not would let two programs read two different messages.
func readHeader(block []byte) (textproto.MIMEHeader, error) {
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(block))).ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("read headers: %w: %w", errOriginal, err)
	}
	for name, values := range header {
		if len(values) > 1 && !isRepeated(name) {
			return nil, fmt.Errorf("read header %s, %d times: %w", name, len(values), errOriginal)
		}
	}
	if header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return nil, fmt.Errorf("read transfer encoding: %w", errOriginal)
	}
	return header, nil
}

// isRepeated reports the fields that a message may bear more than once.
func isRepeated(name string) bool {
	switch name {
	case "X-Chancery-Addressee", "X-Chancery-Agent", "X-Chancery-Tag", "X-Chancery-Reference", "X-Chancery-Attachment",
		"X-Chancery-Provenance-To", "X-Chancery-Provenance-Pair", "X-Chancery-Exempted", "X-Chancery-Collective", "X-Chancery-Expanded",
		"X-Chancery-Resolved", "X-Chancery-Visa", "X-Chancery-Country", "X-Chancery-Person", "X-Chancery-External":
		return true
	}
	return false
}

// cut takes summary, text and comment out of the decoded body.
func (p *Parts) cut(body []byte) error {
	list := p.Header.Get(partsField)
	if list == "" {
		return nil
	}
	after := 0 // parts stand in order and do not overlap
	for entry := range strings.SplitSeq(list, ", ") {
		name, text, end, ok := cutPart(entry, body, after)
		to := p.part(name)
		if !ok || to == nil || *to != "" {
			return fmt.Errorf("cut part %q: %w", entry, errOriginal)
		}
		*to, after = text, end
	}
	return nil
}

func (p *Parts) part(name string) *string {
	switch name {
	case partSummary:
		return &p.Summary
	case partText:
		return &p.Text
	case partComment:
		return &p.Comment
	}
	return nil
}

// cutPart reads one entry of X-Chancery-Parts and the text it names, which starts at or beyond after.
func cutPart(entry string, body []byte, after int) (name, text string, end int, ok bool) {
	name, place, _ := strings.Cut(entry, " ")
	from, length, _ := strings.Cut(place, "+")
	start, err := strconv.ParseUint(from, 10, 31)
	if err != nil {
		return "", "", 0, false
	}
	size, err := strconv.ParseUint(length, 10, 31)
	if err != nil || int(start) < after || int(start)+int(size) > len(body) {
		return "", "", 0, false
	}
	end = int(start) + int(size)
	return name, strings.ReplaceAll(string(body[start:end]), "\r\n", "\n"), end, true
}
