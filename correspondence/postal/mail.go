package postal

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mail is what was found in the bytes of one mail. Every text is valid UTF-8; nothing in it is to be believed.
type Mail struct {
	From, To, Cc []Address
	Subject      string
	Date         time.Time // as written by whoever sent it; zero when there is none that can be read
	Received     time.Time // as written by the last machine that passed it on; zero when there is none that can be read
	MessageID    string    // without angle brackets, as are the two below
	InReplyTo    []string
	References   []string
	Text         string // lines end in LF; made of the HTML when there is nothing else, with nothing fetched from anywhere
	Files        []File
	Flaws        []Flaw // each once
}

// Address is one mailbox of a header; either half may be missing.
type Address struct{ Name, Address string }

// String is the address as a reader would write it.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Address
	case a.Address == "":
		return a.Name
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Address)
}

// File is a part that is not the text.
type File struct {
	Name    string // as written, or made up from the type
	Type    string // as declared: media type without parameters
	Content []byte // decoded
}

// Flaw is something wrong with a mail, as a word that web translates.
type Flaw string

// What may be wrong with a mail.
const (
	NoHeader      Flaw = "no-header"       // not a mail at all, as far as anybody can see
	NoSender      Flaw = "no-sender"       // no From, or none that can be read
	NoDate        Flaw = "no-date"         // no Date, or none that can be read
	FutureDate    Flaw = "future-date"     // a Date later than the mail came: another stands for it
	BrokenHeader  Flaw = "broken-header"   // a line of the header that is no field
	BrokenPart    Flaw = "broken-part"     // a part that could be decoded in part only, or not at all
	BrokenBounds  Flaw = "broken-bounds"   // parts without their boundary, or not closed
	BrokenCharset Flaw = "broken-charset"  // bytes that are no text in the character set they claim
	TooDeep       Flaw = "too-deep"        // parts within parts beyond the limit
	TooManyParts  Flaw = "too-many-parts"  // more parts than the limit
	TooLarge      Flaw = "too-large"       // longer than the limit: what lies beyond was not read
	TextCut       Flaw = "text-cut"        // the text is longer than the limit
	FromHTML      Flaw = "from-html"       // the text was made of HTML
	NoText        Flaw = "no-text"         // nothing that could be read as text
	Enveloped     Flaw = "enveloped"       // the content is inside a cryptographic envelope
	FileRefused   Flaw = "file-refused"    // a file that the inspection does not take: it stands in the original alone
	FileUnseen    Flaw = "file-unseen"     // a file that could not be inspected: the same
	Unreadable    Flaw = "reading-stopped" // the reading itself went wrong: only the header was taken
	BrokeReader   Flaw = "broke-reader"    // it broke whatever tried to read it, or took too long or too much: nothing was taken
)

// IsUnread reports a flaw for which somebody has to look at the mail itself.
func (f Flaw) IsUnread() bool { return f == NoHeader || f == Unreadable || f == BrokeReader }

// flaws are all there are.
func flaws() []Flaw {
	return []Flaw{NoHeader, NoSender, NoDate, FutureDate, BrokenHeader, BrokenPart, BrokenBounds, BrokenCharset, TooDeep, TooManyParts, TooLarge, TextCut, FromHTML, NoText, Enveloped,
		FileRefused, FileUnseen, Unreadable, BrokeReader}
}

// Unread is a mail that nothing could be found in, because its reading came to no end.
func Unread() Mail { return Mail{Flaws: []Flaw{BrokeReader}} }

// Limits bound what is read of one mail.
type Limits struct {
	Size  int // bytes
	Parts int // leaves and branches together
	Depth int // parts within parts; a mail of one part has depth 1
	Text  int // bytes of the text
}

// DefaultLimits is right for what arrives over a line.
func DefaultLimits() Limits { return Limits{Size: 64 << 20, Parts: 500, Depth: 16, Text: 400_000} }

// flaw notes a flaw once.
func (m *Mail) flaw(f Flaw) {
	if !slices.Contains(m.Flaws, f) {
		m.Flaws = append(m.Flaws, f)
	}
}

// Read reads a mail twice: headers and text by our own hand, which cannot fail, and the files by enmime, which repairs more, unless the parts go
// beyond the limits. Where one of them finds nothing the other's word counts; what neither finds is not there for a reader of mail either.
func Read(raw []byte, limits Limits) Mail {
	var m Mail
	if len(raw) > limits.Size {
		raw = raw[:limits.Size]
		m.flaw(TooLarge)
	}
	header, body, broken := cutHeader(raw)
	if len(header) == 0 {
		m.flaw(NoHeader)
	}
	if broken {
		m.flaw(BrokenHeader)
	}
	m.head(header)
	own := walkMail(header, body, limits)
	text := own.text()
	other, files, flaws, ok := readBody(raw, own)
	if strings.TrimSpace(text) == "" && strings.Trim(other, "- \t\r\n") != "" && !own.root.isBinary() { // enmime joins texts with dashes
		text = other
	}
	if !ok {
		files = own.files()
	}
	for _, f := range slices.Concat(own.flaws, flaws) {
		m.flaw(f)
	}
	m.Files = files
	m.words(text, limits)
	m.bound()
	return m
}

// words keeps the text, within its limit.
func (m *Mail) words(text string, limits Limits) {
	text = plainText(text)
	if len(text) > limits.Text {
		text = strings.ToValidUTF8(text[:limits.Text], "")
		m.flaw(TextCut)
	}
	if m.Text = text; text == "" {
		m.flaw(NoText)
	}
}

// head reads the fields that a list of mails shows.
func (m *Mail) head(h header) {
	m.Subject = h.text("Subject")
	m.From = addresses(h.all("From"))
	if len(m.From) == 0 {
		m.From = addresses(h.all("Sender"))
	}
	m.To, m.Cc = addresses(h.all("To")), addresses(h.all("Cc"))
	if len(m.From) == 0 {
		m.flaw(NoSender)
	}
	var ok bool
	if m.Date, ok = parseDate(h.get("Date")); !ok {
		m.flaw(NoDate)
	}
	passed := h.get("Received") // whoever passes a mail on writes above what it finds, and the time behind the last semicolon (RFC 5321 §4.4)
	m.Received, _ = parseDate(passed[strings.LastIndex(passed, ";")+1:])
	if ids := identities(h.get("Message-ID")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo, m.References = identities(h.get("In-Reply-To")), identities(h.get("References"))
}

// plainText gives a text LF line ends and nothing that is not UTF-8.
func plainText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	return strings.TrimRight(strings.TrimLeft(text, "\n"), " \t\n")
}
