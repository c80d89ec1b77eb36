package correspondence_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
)

// mailed is the mail that a reader is handed.
func mailed(t *testing.T, desk *housetest.Reader, m correspondence.MessageView) []byte {
	t.Helper()
	envelope, err := desk.Envelope(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := envelope.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// opened verifies a mail with openssl, as of the time of its signature, and returns what was signed.
func opened(t *testing.T, h *housetest.House, command string, content []byte) ([]byte, error) {
	t.Helper()
	folder := t.TempDir()
	for name, bytes := range map[string][]byte{"m.eml": content, "ca.pem": h.Chancery.Certificates()} {
		if err := os.WriteFile(filepath.Join(folder, name), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.Command("openssl", command, "-verify", "-in", "m.eml", "-CAfile", "ca.pem", "-out", "signed", "-attime", fmt.Sprint(h.Clock.Now().Unix()))
	shell.Dir = folder
	if said, err := shell.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return os.ReadFile(filepath.Join(folder, "signed"))
}

// TestStrangersOpenTheMail: openssl accepts the mail with the house's authority alone, whatever the message holds, gives back the signed
// bytes, and refuses it with one bit changed anywhere in what was signed.
func TestStrangersOpenTheMail(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the mail was not opened by a stranger")
	}
	h := housetest.WithPeople(t)
	plain := housetest.Telegram("bamako", "dam", np, "Évacuation – « accord » de pêche, 42 € par tonne")
	plain.Text += "\n\n.\nFrom here\n\n--=_message\n  à la ligne  \n\nfin"
	bundle := housetest.Telegram("bamako", "dam", dr, "Position de la délégation")
	bundle.Attachments = []correspondence.FormAttachment{{Name: "carte d’été.csv", Type: "text/csv", Content: bytes.Repeat([]byte("hauteur;été\r\n-- 4,2\n"), 4_000)},
		{Name: "liste.csv", Content: []byte("a;b\n1;2\n")}}
	for name, form := range map[string]correspondence.Form{"plain": plain, "bundle": bundle} {
		t.Run(name, func(t *testing.T) {
			m := h.As("paul").Dispatches(form)
			content := mailed(t, h.As("marie"), m)
			if again := mailed(t, h.As("marie"), m); !bytes.Equal(again, content) {
				t.Error("the mail is another one the second time")
			}
			original, err := h.As("marie").Original(t.Context(), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"cms", "smime"} {
				signed, err := opened(t, h, command, content)
				if err != nil {
					t.Fatalf("%s: %v", command, err)
				}
				if name == "plain" && !bytes.Equal(signed, original) || !bytes.Contains(signed, original) {
					t.Errorf("%s gives back %d bytes that are not what was signed", command, len(signed))
				}
			}
			from, to := bytes.Index(content, original), bytes.Index(content, original)+len(original)
			for _, at := range []int{from + 10, (from + to) / 2, to - 5} {
				changed := bytes.Clone(content)
				changed[at] ^= 1
				if _, err := opened(t, h, "cms", changed); err == nil {
					t.Errorf("accepted with a bit changed at %d: %q", at, content[at-5:at+5])
				}
			}
			if name == "bundle" {
				at := bytes.Index(content, []byte("carte")) + 3000
				changed := bytes.Clone(content)
				changed[at] ^= 1
				if _, err := opened(t, h, "cms", changed); err == nil {
					t.Errorf("accepted with a bit of a file changed: %q", content[at-5:at+5])
				}
			}
		})
	}
}

// TestMailProgramsReadTheMail: what lists and shows a mail finds subject, sender, date, text and files where it looks for them, and the
// signatory's own signature opens inside the bundle.
func TestMailProgramsReadTheMail(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", dr, "Évacuation")
	file := []byte("hauteur;date\n4,2;2026-03-01\n")
	form.Attachments = []correspondence.FormAttachment{{Name: "relevé.csv", Type: "text/csv", Content: file}}
	m := h.As("paul").Dispatches(form)
	content := mailed(t, h.As("marie"), m)
	read, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if subject != "[DIFFUSION RESTREINTE] Évacuation" {
		t.Errorf("subject %q", subject)
	}
	for _, field := range []string{"From", "To", "Date", "Message-Id", "Mime-Version"} {
		if len(read.Header[field]) != 1 {
			t.Errorf("%s: %q", field, read.Header[field])
		}
	}
	outer := partsOf(t, read.Header.Get("Content-Type"), read.Body)
	inner := partsOf(t, outer[0].media, bytes.NewReader(outer[0].body))
	signed := partsOf(t, inner[0].media, bytes.NewReader(inner[0].body))
	if len(outer) != 2 || len(inner) != 2 || len(signed) != 2 {
		t.Fatalf("%d, %d and %d parts", len(outer), len(inner), len(signed))
	}
	if !bytes.Contains(signed[0].body, []byte("Texte de la d=C3=A9p=C3=AAche.")) || inner[1].name != "relevé.csv" || !bytes.Equal(inner[1].decoded(t), file) {
		t.Errorf("text %q, file %s %q", signed[0].body, inner[1].name, inner[1].decoded(t))
	}
	if want := fmt.Sprintf("%x", sha512.Sum512(inner[1].decoded(t))); m.Files[0].SHA512 != want {
		t.Errorf("the file is not the one that was signed: %s", want)
	}
	for _, l := range strings.Split(string(content), "\r\n") {
		if len(l) > 998 || strings.ContainsAny(l, "\r\n") {
			t.Errorf("line %q", l)
		}
	}
	refusedAs(t, "lea asks for the mail", errorOf(h.As("lea").Envelope(t.Context(), m.ID)), correspondence.Unknown)
}

// TestTheMailSaysWhatBecameOfTheMessage before what was signed, which stays as it was: addressees added later, and corrections for whoever may read
// them.
func TestTheMailSaysWhatBecameOfTheMessage(t *testing.T) {
	h := housetest.WithPeople(t)
	m := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Forages"))
	before := mailed(t, h.As("marie"), m)
	must(t, h.As("marie").AddAddressee(t.Context(), m.ID, correspondence.AddresseeWish{Group: "sante", Role: "info", Reason: "Oubliée"}))
	h.Clock.Advance(hour)
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Annulation"), m.ID, "cancels"))
	after := mailed(t, h.As("marie"), m)
	read, err := mail.ReadMessage(bytes.NewReader(after))
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Header["X-Chancery-Corrected-By"]; !slices.Equal(got, []string{"cancels TD BAMAKO 2"}) {
		t.Errorf("corrected by %q", got)
	}
	to, err := read.Header.AddressList("Resent-To")
	if err != nil || len(to) != 1 || !strings.HasPrefix(to[0].Address, "sante@") {
		t.Errorf("resent to %v, %v", to, err)
	}
	if by, err := read.Header.AddressList("Resent-From"); err != nil || by[0].Name != "Marie Roy" || read.Header.Get("Resent-Date") != "Mon, 02 Mar 2026 08:00:00 +0000" {
		t.Errorf("resent by %v on %q, %v", by, read.Header.Get("Resent-Date"), err)
	}
	if subject := read.Header.Get("Subject"); subject != "[ANNULE] Forages" {
		t.Errorf("the list of a mail program shows %q", subject)
	}
	if unmarked := bytes.Replace(after, []byte("Subject: [ANNULE]\r\n"), []byte("Subject:"), 1); !bytes.HasSuffix(unmarked, before) {
		t.Error("more than the outer header has changed")
	}
	if _, err := opened(t, h, "cms", after); err != nil {
		t.Error(err)
	}
}

// TestTheMailSaysWhenTheMessageIsNoLongerActedUpon, and not before.
func TestTheMailSaysWhenTheMessageIsNoLongerActedUpon(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Forages")
	form.ValidUntil = "2026-03-05T08:00:00Z"
	m := h.As("paul").Dispatches(form)
	expired := []byte("X-Chancery-Expired: Thu, 05 Mar 2026 08:00:00 +0000\r\n")
	if bytes.Contains(mailed(t, h.As("marie"), m), []byte("X-Chancery-Expired")) {
		t.Error("it is told as expired while it is valid")
	}
	h.Clock.Advance(7 * 24 * hour)
	if !bytes.Contains(mailed(t, h.As("marie"), m), expired) {
		t.Errorf("no %s", expired)
	}
}

// TestTheMailKeepsAWithheldCorrectionToItself: whoever may not read the correction is handed the mail as it was before.
func TestTheMailKeepsAWithheldCorrectionToItself(t *testing.T) {
	h := housetest.WithPeople(t)
	m := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Forages"))
	before := mailed(t, h.As("lea"), m)
	fixed := h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Rectificatif"), m.ID, "rectifies"))
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", dr, "Relèvement"), fixed.ID, "raises"))
	if !bytes.Equal(mailed(t, h.As("lea"), m), before) {
		t.Error("lea is told of a correction that is withheld")
	}
	if !bytes.Contains(mailed(t, h.As("marie"), m), []byte("X-Chancery-Corrected-By: rectifies TD BAMAKO 2\r\n")) {
		t.Error("marie is not told of the correction")
	}
}

// mailPart is one part of a multipart.
type mailPart struct {
	media, name, encoding string
	body                  []byte
}

func (p *mailPart) decoded(t *testing.T) []byte {
	t.Helper()
	if p.encoding != "base64" {
		return p.body
	}
	out, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(p.body)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func partsOf(t *testing.T, media string, body io.Reader) []mailPart {
	t.Helper()
	_, parameters, err := mime.ParseMediaType(media)
	if err != nil {
		t.Fatal(err)
	}
	reader := multipart.NewReader(body, parameters["boundary"])
	var out []mailPart
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, mailPart{part.Header.Get("Content-Type"), part.FileName(), part.Header.Get("Content-Transfer-Encoding"), content})
	}
}
