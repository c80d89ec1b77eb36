package correspondence

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"chancery/archive"
	"chancery/correspondence/gate"
	"chancery/habilitation"
)

// A message leaves the house as it was signed: the canonical original is the first part of a multipart/signed (RFC 8551 §3.5.3) and its detached
// signature the second, so that any program that knows S/MIME verifies it. Files stand beside, each named in the signed text by its digest.

// errStays is returned for a message that does not leave: the gate did not let it, or it is protected by now.
var errStays = errors.New("the message does not leave the house")

// outgoing is a message as it is sent to one address outside. It asks the gate, which let it out by name, and its level as it is now.
func (c *Chancery) outgoing(ctx context.Context, id habilitation.ID, address string) (from string, raw []byte, err error) {
	row, known := c.Folds.Rows.Row(id)
	if !known || row.Marking.Level() != habilitation.Unprotected || !c.leavesFor(id, address) {
		return "", nil, errStays
	}
	entry, err := c.Journal.Fetch(ctx, archive.Seq(row.Seq))
	if errors.Is(err, archive.ErrErased) {
		return "", nil, errStays
	}
	if err != nil {
		return "", nil, fmt.Errorf("fetch message %s: %w", id, err)
	}
	d, err := decodeDispatch(entry)
	if err != nil {
		return "", nil, err
	}
	raw, err = c.letter(ctx, d)
	return localPart(d.Origin.Key) + "@" + c.MailDomain, raw, err
}

// leavesFor reports whether an address waits for a message that the gate let out.
func (c *Chancery) leavesFor(id habilitation.ID, address string) bool {
	leaving, _ := c.Folds.Gate.Of(id)
	return slices.ContainsFunc(leaving.Lines, func(l gate.Line) bool { return l.Address == address && l.Step == gate.Waiting })
}

// letter composes the mail: what only carries stands outside of what is signed.
func (c *Chancery) letter(ctx context.Context, d *Dispatch) ([]byte, error) {
	sum := sha256.Sum256(d.Original)
	outer, inner := "chancery-a-"+hex.EncodeToString(sum[:12]), "chancery-b-"+hex.EncodeToString(sum[:12])
	w := &headerWriter{out: make([]byte, 0, 2*len(d.Original)+2*len(d.P7S)+2048)}
	c.letterHead(w, d)
	if len(d.Attachments) > 0 {
		w.plain("Content-Type", `multipart/mixed; boundary="`+outer+`"`)
		w.out = append(w.out, "\r\n--"+outer+"\r\n"...)
	}
	w.plain("Content-Type", `multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="`+inner+`"`)
	w.out = append(w.out, "\r\n--"+inner+"\r\n"...)
	w.out = append(w.out, d.Original...)
	w.out = append(w.out, "\r\n--"+inner+"\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n"...)
	w.base64(d.P7S)
	w.out = append(w.out, "--"+inner+"--\r\n"...)
	for i := range d.Attachments {
		w.out = append(w.out, "--"+outer+"\r\n"...)
		if err := c.enclose(ctx, w, &d.Attachments[i]); err != nil {
			return nil, err
		}
	}
	if len(d.Attachments) > 0 {
		w.out = append(w.out, "--"+outer+"--\r\n"...)
	}
	return w.out, nil
}

// letterHead writes the fields by which the mail is carried and filed outside.
func (c *Chancery) letterHead(w *headerWriter, d *Dispatch) {
	w.begin("From")
	w.mailbox(d.Origin.Name, d.Origin.Key, c.MailDomain, "")
	w.end()
	w.begin("To")
	for i, address := range d.External {
		if i < len(d.External)-1 {
			address += ","
		}
		w.word(address)
	}
	w.end()
	w.text("Subject", d.Subject)
	w.plain("Date", mailDate(d.At))
	w.plain("Message-ID", messageID(d.ID, c.Domain))
	if answered := c.Folds.Ledger.mailIdentity(d.InReplyTo.Message); isHeaderPlain(answered) {
		w.plain("In-Reply-To", "<"+answered+">")
		w.plain("References", "<"+answered+">")
	}
	w.plain("MIME-Version", "1.0")
}

// enclose writes one file out of the vault as a part.
func (c *Chancery) enclose(ctx context.Context, w *headerWriter, a *Attachment) (err error) {
	file, err := c.Vault.Open(ctx, archive.Digest{Sum: a.SHA512, Size: a.Size})
	if err != nil {
		return fmt.Errorf("enclose %s: %w", a.Name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	content, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("enclose %s: %w", a.Name, err)
	}
	w.plain("Content-Type", mediaName(a.Type))
	w.terms("Content-Disposition", "attachment")
	w.param("filename", OneLine(a.Name))
	w.end()
	w.base64(content)
	return nil
}

// base64 ends the fields of a part and writes its bytes in lines (RFC 2045 §6.8).
func (w *headerWriter) base64(content []byte) {
	const line = 57
	w.out = append(w.out, "Content-Transfer-Encoding: base64\r\n\r\n"...)
	for piece := range slices.Chunk(content, line) {
		w.out = append(base64.StdEncoding.AppendEncode(w.out, piece), '\r', '\n')
	}
}
