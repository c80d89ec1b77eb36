package correspondence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"chancery/archive"
	"chancery/habilitation"
)

// Envelope is a released message as mail programs open it: S/MIME, RFC 8551 §3.5.3, multipart/signed.
//
// A message without files is one part, its signed bytes as they are, and the signatory's signature. The signatory signed the names and
// digests of the files, not a bundle of them: with files, that pair and the files become one bundle, and the house signs that it put them
// together.
type Envelope struct {
	*Evidence
	seal  *archive.Signer
	stamp *archive.Stamper
	label archive.SignedAttribute
	house *Chancery
}

// Envelope opens a message to hand it out as a mail.
func (d *Desk) Envelope(ctx context.Context, id habilitation.ID) (*Envelope, error) {
	evidence, err := d.Export(ctx, id)
	if err != nil {
		return nil, err
	}
	seals := d.house.Seals
	return &Envelope{Evidence: evidence, seal: seals.SealOfHouse(), stamp: seals.Stamper(), label: seals.Label(evidence.View.Level), house: d.house}, nil
}

// Write writes the mail; no file is held in memory.
func (e *Envelope) Write(ctx context.Context, out io.Writer) error {
	w := &mailWriter{out: out}
	w.bytes(e.since())
	w.text(mailHeader(e.Original, e.marks()))
	if len(e.dispatch.Attachments) == 0 {
		e.writeSigned(w, "message")
		return w.err
	}
	if err := e.writeBundle(ctx, w); err != nil {
		return err
	}
	return w.err
}

// signedType is the type of a part that a detached signature follows.
const signedType = `Content-Type: multipart/signed; protocol="application/pkcs7-signature";` + "\r\n micalg=sha-256; boundary=%q\r\n\r\n"

// boundary parts what lies in the mail. "=_" stands in no line that quoted-printable or base64 writes (RFC 2045 §6.7).
func (e *Envelope) boundary(of string) string { return "=_" + of + "_" + e.View.ID.String() }

// writeSigned writes the signed bytes with the signatory's signature.
func (e *Envelope) writeSigned(w *mailWriter, name string) {
	boundary := e.boundary(name)
	w.text(fmt.Sprintf(signedType, boundary))
	w.text("--" + boundary + "\r\n")
	w.bytes(e.Original)
	w.text("\r\n--" + boundary + "\r\n")
	w.signature(e.Signature)
	w.text("--" + boundary + "--\r\n")
}

// writeBundle writes message and files under the seal of the house.
func (e *Envelope) writeBundle(ctx context.Context, w *mailWriter) error {
	outer, inner := e.boundary("bundle"), e.boundary("parts")
	w.text(fmt.Sprintf(signedType, outer))
	w.text("--" + outer + "\r\n")
	w.sum = sha256.New()
	w.text("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"" + inner + "\"\r\n\r\n--" + inner + "\r\n")
	e.writeSigned(w, "message")
	for i := range e.dispatch.Attachments {
		w.text("\r\n--" + inner + "\r\n")
		if err := e.writeFile(ctx, w, i); err != nil {
			return err
		}
	}
	w.text("\r\n--" + inner + "--\r\n")
	digest := [sha256.Size]byte(w.sum.Sum(nil))
	w.sum = nil
	sealed, err := archive.SignDigest(ctx, digest, e.seal, e.stamp, e.house.Clock().UTC(), e.label)
	if err != nil {
		return fmt.Errorf("seal mail of %s: %w", e.View.ID, err)
	}
	w.text("\r\n--" + outer + "\r\n")
	w.signature(sealed)
	w.text("--" + outer + "--\r\n")
	return nil
}

func (e *Envelope) writeFile(ctx context.Context, w *mailWriter, n int) error {
	a := e.dispatch.Attachments[n]
	fields := &headerWriter{}
	fields.terms("Content-Type", safeMedia(a.Type))
	fields.param("name", a.Name)
	fields.end()
	fields.plain("Content-Transfer-Encoding", "base64")
	fields.terms("Content-Disposition", "attachment")
	fields.param("filename", a.Name)
	fields.end()
	fields.plain("X-Chancery-Level", a.Level.String())
	w.bytes(append(fields.out, "\r\n"...))
	file, err := e.File(ctx, n)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := &lineBreaker{out: w}
	encoder := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := io.Copy(encoder, file); err != nil {
		return fmt.Errorf("write attachment %d of %s: %w", n, e.View.ID, err)
	}
	return encoder.Close()
}

// safeMedia is a media type that may stand in a header.
func safeMedia(media string) string {
	if !mediaType.MatchString(media) {
		return "application/octet-stream"
	}
	return media
}

// since is what became of the message after it was signed, as far as the reader may see it: who was added to its addressees, the last first
// (RFC 5322 §3.6.6), since when it is no longer to be acted upon, and what corrects it. No signature covers it.
func (e *Envelope) since() []byte {
	w := &headerWriter{}
	for _, to := range slices.Backward(e.View.Addressees) {
		if to.Added != nil {
			w.resent(&to, e.View.Language)
		}
	}
	if e.View.ExpiredAt != nil {
		w.plain("X-Chancery-Expired", mailDate(*e.View.ExpiredAt))
	}
	for _, b := range e.View.Banners {
		w.text("X-Chancery-Corrected-By", b.How.String()+" "+b.Number)
	}
	return w.out
}

// resent writes that an addressee was added after the release, by whom and when.
func (w *headerWriter) resent(to *AddresseeView, language string) {
	w.plain("Resent-Date", mailDate(to.Added.At))
	w.begin("Resent-From")
	w.mailbox(to.Added.By.Name, to.Added.By.Login, agentDomain, "")
	w.end()
	w.begin("Resent-To")
	w.mailbox(to.Name.In(language), to.Key, groupDomain, "")
	w.end()
}

// marks are what a list of mails must show before the subject: the mention of a restricted message, and what became of one that was corrected.
func (e *Envelope) marks() (marks string) {
	if e.View.Level == habilitation.Restricted {
		marks = "[" + restrictedMention + "] "
	}
	for _, b := range e.View.Banners {
		marks += "[" + correctedWords[b.How].in(e.View.Language) + "] "
	}
	return strings.TrimSpace(marks)
}

// correctedWord is what became of a message, in ASCII, which every mail program shows.
type correctedWord struct{ fr, en string }

func (w correctedWord) in(language string) string {
	if language == "en" {
		return w.en
	}
	return w.fr
}

var correctedWords = map[How]correctedWord{Rectifies: {"RECTIFIE", "RECTIFIED"}, Cancels: {"ANNULE", "CANCELLED"}, Replaces: {"REMPLACE", "REPLACED"},
	Raises: {"NIVEAU RELEVE", "LEVEL RAISED"}, Lowers: {"NIVEAU ABAISSE", "LEVEL LOWERED"}}

// mailHeader copies what a mail program lists a message by from its signed header, with the marks before its subject.
func mailHeader(original []byte, marks string) string {
	var out strings.Builder
	header, _, _ := bytes.Cut(original, []byte("\r\n\r\n"))
	keep := false
	for _, line := range strings.SplitAfter(string(header)+"\r\n", "\r\n") {
		if line == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, value, _ := strings.Cut(line, ":")
			switch strings.ToLower(name) {
			case "from", "sender", "to", "cc", "date", "message-id", "references", "in-reply-to", "content-language":
				keep = true
			case "subject":
				keep = true
				if marks != "" {
					line = name + ": " + marks + "\r\n" + value
				}
			default:
				keep = false
			}
		}
		if keep {
			out.WriteString(line)
		}
	}
	return out.String() + "MIME-Version: 1.0\r\n"
}

// mailWriter writes a mail, and sums what the house seals of it. After an error it writes nothing more.
type mailWriter struct {
	out io.Writer
	sum hash.Hash
	err error
}

// Write implements io.Writer for what is copied in.
func (w *mailWriter) Write(b []byte) (int, error) {
	w.bytes(b)
	return len(b), w.err
}

func (w *mailWriter) text(text string) { w.bytes([]byte(text)) }

func (w *mailWriter) bytes(b []byte) {
	if w.err == nil && w.sum != nil {
		_, w.err = w.sum.Write(b)
	}
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

// signature writes a detached signature as a part.
func (w *mailWriter) signature(der []byte) {
	w.text("Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n")
	lines := &lineBreaker{out: w}
	_, _ = lines.Write([]byte(base64.StdEncoding.EncodeToString(der))) // the error stays in w
	w.text("\r\n")
}

// lineBreaker breaks what it writes into lines of 76 bytes (RFC 2045 §6.8); none ends the last.
type lineBreaker struct {
	out    io.Writer
	column int
}

// Write implements io.Writer.
func (l *lineBreaker) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		if l.column == 76 {
			if _, err := l.out.Write([]byte("\r\n")); err != nil {
				return written, err
			}
			l.column = 0
		}
		n, err := l.out.Write(b[:min(len(b), 76-l.column)])
		l.column, written = l.column+n, written+n
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}
