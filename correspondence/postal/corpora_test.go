package postal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence/postal"
)

// sample is one file of the corpora as their manifest describes it.
type sample struct {
	File     string   `json:"file"`
	SHA256   string   `json:"sha256"`
	Kind     string   `json:"kind"` // message, mime-part, mbox, tnef-blob, outlook-msg-ole
	Features []string `json:"features"`
	raw      []byte
}

// samples are the real test mails of seven programs, which nobody on the project wrote and none of which is in the repository.
func samples(t testing.TB) []sample {
	t.Helper()
	corpora := os.Getenv("CHANCERY_CORPORA")
	if corpora == "" {
		t.Skip("the mails of the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	folder := filepath.Join(corpora, "mails", "messages")
	manifest, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	if err := json.Unmarshal(manifest, &all); err != nil || len(all) != 403 {
		t.Fatalf("%d samples in the manifest, %v", len(all), err)
	}
	for i := range all {
		_, path, _ := strings.Cut(all[i].File, "/")
		if all[i].raw, err = os.ReadFile(filepath.Join(folder, filepath.FromSlash(path))); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// fieldLine finds a field with a value in the header of a mail, as a person would.
func fieldLine(raw []byte, name string) string {
	head, _, _ := bytes.Cut(bytes.ReplaceAll(bytes.TrimLeft(raw, "\r\n"), []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	if found := regexp.MustCompile(`(?im)^` + name + `[ \t]*:[ \t]*(\S.*)$`).FindSubmatch(head); found != nil {
		return string(found[1])
	}
	return ""
}

// wordless are the only mails without a text: a picture, an archive or an envelope and nothing else, or nothing at all.
var wordless = []string{
	"cpython-email/msg_08.txt", "cpython-email/msg_09.txt", "cpython-email/msg_18.txt", "cpython-email/msg_24.txt", "enmime/mail/attachment-only-no-disposition.raw",
	"enmime/mail/attachment-only.raw", "enmime/mail/header-only.raw", "mime4j/mimetools-testmsgs/bluedot-simple.msg", "mime4j/mimetools-testmsgs/dup-names.msg",
	"mime4j/testmsgs/multipartdigestnestedemptyparts.msg", "mime4j/testmsgs/multipartemptypart.msg", "mime4j/testmsgs/multipartnestedemptyparts.msg",
	"mime4j/testmsgs/multipartnestedemptypartsnorfc822.msg", "mimekit/exploded/content-length.mbox.txt/0008.eml", "mimekit/exploded/content-length.mbox.txt/0009.eml",
	"mimekit/exploded/content-length.mbox.txt/0011.eml", "mimekit/exploded/content-length.mbox.txt/0012.eml", "mimekit/exploded/content-length.mbox.txt/0016.eml",
	"mimekit/exploded/content-length.mbox.txt/0018.eml", "mimekit/exploded/content-length.mbox.txt/0019.eml", "mimekit/exploded/content-length.mbox.txt/0020.eml",
	"mimekit/exploded/content-length.mbox.txt/0021.eml", "mimekit/partial/message-partial.2.eml", "mimekit/partial/rfc2046.0.eml", "mimekit/partial/rfc2046.1.eml",
	"mimekit/partial/rfc2046.eml", "mox/dmarc-reports/google.eml", "ruby-mail/emails/attachment_emails/attachment_only_email.eml",
	"ruby-mail/emails/attachment_emails/attachment_with_quoted_filename.eml", "ruby-mail/emails/error_emails/bad_date_header.eml",
	"ruby-mail/emails/error_emails/bad_date_header2.eml", "ruby-mail/emails/error_emails/missing_content_disposition.eml",
	"ruby-mail/emails/error_emails/must_supply_encoding.eml",
}

// TestCorporaAreReadAsAnyReaderOfMailWould reads every real mail: none crashes, no byte is altered, and subject, sender, date and text are found
// where they stand. What the standard library can read of a mail must be what we read.
func TestCorporaAreReadAsAnyReaderOfMailWould(t *testing.T) {
	for _, s := range samples(t) {
		_, name, _ := strings.Cut(s.File, "/")
		m := postal.Read(s.raw, postal.DefaultLimits())
		if sum := sha256.Sum256(s.raw); hex.EncodeToString(sum[:]) != s.SHA256 {
			t.Errorf("%s: the bytes are not those of the manifest", name)
		}
		if s.Kind == "tnef-blob" || s.Kind == "outlook-msg-ole" {
			if !strings.HasSuffix(name, ".list") && (m.Text != "" || !slices.Contains(m.Flaws, postal.NoHeader)) {
				t.Errorf("%s is no mail, and has the text %.80q and the flaws %v", name, m.Text, m.Flaws)
			}
			continue
		}
		for field, found := range map[string]bool{"Subject": m.Subject != "", "From": len(m.From) > 0} {
			if value := fieldLine(s.raw, field); value != "" && !found {
				t.Errorf("%s: no %s read of %q", name, field, value)
			}
		}
		if s.Kind == "message" && (m.Text == "") != slices.Contains(wordless, name) {
			t.Errorf("%s: text %.80q, flaws %v", name, m.Text, m.Flaws)
		}
		agree(t, name, s.raw, m)
	}
}

// agree compares with what net/mail makes of the same bytes, where it makes anything of them.
func agree(t *testing.T, name string, raw []byte, m postal.Mail) {
	t.Helper()
	other, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return
	}
	words := mime.WordDecoder{}
	if subject, err := words.DecodeHeader(other.Header.Get("Subject")); err == nil && subject != "" && subject == strings.ToValidUTF8(subject, "") {
		if squeeze(subject) != squeeze(m.Subject) && !strings.Contains(subject, "=?") {
			t.Errorf("%s: subject %q, net/mail has %q", name, m.Subject, subject)
		}
	}
	if from, err := other.Header.AddressList("From"); err == nil {
		if len(from) != len(m.From) || len(from) > 0 && !strings.EqualFold(from[0].Address, m.From[0].Address) {
			t.Errorf("%s: sender %v, net/mail has %v", name, m.From, from)
		}
	}
	if date, err := other.Header.Date(); err == nil && m.Date.IsZero() {
		t.Errorf("%s: no date, net/mail has %s", name, date)
	}
}

func squeeze(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }), "")
}
