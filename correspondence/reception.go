package correspondence

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// A mail from outside is kept twice over: as a message under the seal of the house, that is addressed, listed, searched and answered like any
// other, and whole as its first attachment, exactly the bytes that came. It has no number, for no group of the house speaks in it, and it is
// always unprotected: nothing protected comes in over the Internet.

// Reception is how a mail came in.
type Reception struct {
	Over      Way           `json:"over"`
	MessageID string        `json:"message_id,omitempty"` // of the mail itself, without angle brackets
	Flaws     []postal.Flaw `json:"flaws,omitempty"`      // what is wrong with it
	Unknown   []string      `json:"unknown,omitempty"`    // addresses of the house that nobody has: their mail is on the operator desk
}

// Way is the way that a mail came in.
type Way string

const (
	// OverLine came over SMTP: it is news.
	OverLine Way = "smtp"
	// OverFile was imported: it is no news.
	OverFile Way = "file"
)

// OriginalName is the name of a mail's first attachment: the bytes that came.
const OriginalName = "original.eml"

// The bounds of what is taken over from a mail into the message about it; the attachment has all of it.
const (
	maxMailSubject = 500 // characters
	maxMailFiles   = 100
	maxMailNames   = 100 // addresses of a header
	vaultAtOnce    = 2   // mails that are read and put into the vault at once: most of it is waiting for the disk
)

// inbound is a mail on its way in. Whom it is for is asked when it is decided.
type inbound struct {
	item  postal.Item
	mail  postal.Mail
	over  Way
	named []string // keys of groups that an import is for, beside those the mail names
}

// ReceivedID is the identity of a mail by the key it was queued under: the same mail to the same recipients is one message in every house.
func ReceivedID(key string) habilitation.ID {
	sum := sha256.Sum256([]byte("chancery received mail\n" + key))
	return habilitation.ID(sum[:16])
}

// identityOf is the identity of a mail that came one way or the other.
func identityOf(over Way, key string) habilitation.ID {
	if over == OverFile {
		return ImportedID(key)
	}
	return ReceivedID(key)
}

// prepareArrival reads a mail and puts its bytes into the vault; nothing cites them yet. What is put again is the same object.
func (c *Chancery) prepareArrival(ctx context.Context, item postal.Item, over Way, named []string) (*release, error) {
	mail, err := c.readMail(ctx, item)
	if err != nil {
		return nil, err
	}
	a := &inbound{item: item, over: over, named: named, mail: mail}
	m := a.message(c.Clock())
	file, err := c.keep(ctx, OriginalName, "message/rfc822", item.Raw)
	if err != nil {
		return nil, err
	}
	m.Attachments = append(m.Attachments, file)
	for i, f := range a.mail.Files[:min(len(a.mail.Files), maxMailFiles)] {
		if len(f.Content) == 0 {
			continue
		}
		if err := c.enclosed(ctx, m, f, i+1, item.Tries); err != nil {
			return nil, err
		}
	}
	return &release{imported: m, source: item.Key, arrival: a}, nil
}

// patientTries is how often a mail is tried again because it cannot be read, or one of its files inspected; then it is kept unread, or without that file.
const patientTries = 10

// readMail has a mail read where it can break nothing.
func (c *Chancery) readMail(ctx context.Context, item postal.Item) (postal.Mail, error) {
	err := fmt.Errorf("%w: the house has no inspector", ErrNotInspected)
	var mail postal.Mail
	if c.Inspector != nil {
		mail, err = c.Inspector.ReadMail(ctx, item.Raw)
	}
	if errors.Is(err, ErrNotInspected) && item.Tries >= patientTries {
		c.Log.Error("a mail is kept unread", "mail", item.Key, "why", err.Error())
		return postal.Unread(), nil
	}
	if err != nil {
		return mail, fmt.Errorf("read mail: %w", err)
	}
	return mail, nil
}

// enclosed keeps one file of a mail, inspected like any that is sent in. One that is not taken stands in the original alone, and the message says so.
func (c *Chancery) enclosed(ctx context.Context, m *Message, f postal.File, n, tries int) error {
	name := cmp.Or(fileName(f.Named(strconv.Itoa(n))), strconv.Itoa(n)+".bin")
	if c.Inspector == nil {
		file, err := c.keep(ctx, name, mediaName(f.Type), f.Content)
		m.Attachments = append(m.Attachments, file)
		return err
	}
	taken, fault, err := c.keepBytes(ctx, "attachments", name, f.Content)
	var flaw postal.Flaw
	var why string
	switch {
	case err != nil && tries < patientTries:
		return err
	case err != nil:
		flaw, why = postal.FileUnseen, "not inspected"
	case fault != nil:
		flaw, why = postal.FileRefused, cmp.Or(fault.Args["detail"], fault.Key)
	default:
		file := Attachment{Name: name, Type: mediaName(taken.Type), Size: taken.Size, Level: habilitation.Unprotected, Digest: taken.SHA512}
		if _, err := hex.Decode(file.SHA512[:], []byte(taken.SHA512)); err != nil {
			return fmt.Errorf("keep %s: %w", name, err)
		}
		m.Attachments = append(m.Attachments, file)
		return nil
	}
	if !slices.Contains(m.Reception.Flaws, flaw) {
		m.Reception.Flaws = append(slices.Clone(m.Reception.Flaws), flaw)
	}
	m.Provenance.Pairs = append(m.Provenance.Pairs, [2]string{string(flaw), cutRunes(OneLine(name+": "+why), 300)})
	return nil
}

// keep puts a file into the vault.
func (c *Chancery) keep(ctx context.Context, name, media string, content []byte) (Attachment, error) {
	digest, err := c.Vault.Put(ctx, bytes.NewReader(content))
	if err != nil {
		return Attachment{}, fmt.Errorf("keep %s: %w", name, err)
	}
	return Attachment{Name: name, Type: media, Size: digest.Size, Level: habilitation.Unprotected, SHA512: digest.Sum, Digest: hex.EncodeToString(digest.Sum[:])}, nil
}

// mediaName is a declared type as far as it is one; it serves nobody as the type of an answer.
func mediaName(declared string) string {
	if len(declared) > 100 || !strings.Contains(declared, "/") || strings.ContainsFunc(declared, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "application/octet-stream"
	}
	return declared
}

func cutRunes(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// message is the mail as a message of the house, but for its addressees.
func (a *inbound) message(now time.Time) *Message {
	if a.mail.Date.After(now) {
		a.mail.Flaws = append(slices.Clone(a.mail.Flaws), postal.FutureDate)
	}
	m := &Message{ID: identityOf(a.over, a.item.Key), Kind: Mail, Precedence: Routine, InfoPrecedence: Routine, Level: habilitation.Unprotected, Language: "fr",
		Subject: cutRunes(OneLine(a.mail.Subject), maxMailSubject), Text: CleanText(a.mail.Text),
		Reception: &Reception{Over: a.over, MessageID: cutRunes(a.mail.MessageID, 300), Flaws: a.mail.Flaws}}
	sender := a.sender()
	m.Origin = Party{Name: sender}
	m.Signatory = Person{Name: sender}
	m.Provenance = &Provenance{Date: a.dated(now).UTC().Truncate(time.Second), From: sender, To: names(a.mail.To, a.mail.Cc), Pairs: a.pairs()}
	return m
}

// dated is the time that the mail bears in the house: its own, unless that is to come, for it would stand above all that comes in until then; else when
// it was passed on, came over the line, or was taken in.
func (a *inbound) dated(now time.Time) time.Time {
	for _, at := range []time.Time{a.mail.Date, a.mail.Received, a.item.Envelope.At} {
		if !at.IsZero() && !at.After(now) {
			return at
		}
	}
	return now
}

// sender is who wrote the mail as it says itself, else what the line said.
func (a *inbound) sender() string {
	if len(a.mail.From) > 0 {
		return cutRunes(OneLine(a.mail.From[0].String()), 200)
	}
	return cutRunes(cmp.Or(OneLine(a.item.Envelope.From), "?"), 200)
}

func names(lists ...[]postal.Address) (all []string) {
	for _, list := range lists {
		for _, one := range list {
			if len(all) == maxMailNames {
				return append(all, "…")
			}
			all = append(all, cutRunes(OneLine(one.String()), 200))
		}
	}
	return all
}

// pairs is the provenance that is signed: how the mail came, and what it calls itself.
func (a *inbound) pairs() (pairs [][2]string) {
	add := func(name, value string) {
		if value = cutRunes(OneLine(value), 1000); value != "" {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	e := a.item.Envelope
	add("over", string(a.over))
	if !e.At.IsZero() {
		add("received", e.At.UTC().Format(time.RFC3339))
	}
	if a.over == OverLine {
		add("envelope-from", cmp.Or(e.From, "<>"))
		add("envelope-to", strings.Join(e.To, ", "))
		add("peer", e.Peer)
		add("helo", e.Helo)
		add("tls", cmp.Or(e.TLS, "none"))
	} else {
		add("file", e.Peer)
	}
	if !a.mail.Date.IsZero() {
		add("dated", a.mail.Date.Format(time.RFC3339))
	}
	add("message-id", a.mail.MessageID)
	add("in-reply-to", strings.Join(a.mail.InReplyTo, " "))
	add("references", strings.Join(a.mail.References, " "))
	var flaws []string
	for _, f := range a.mail.Flaws {
		flaws = append(flaws, string(f))
	}
	add("flaws", strings.Join(flaws, ", "))
	return pairs
}

// joinThread resolves what the mail answers and cites among the unprotected messages of the house. The text of a reference is the mail's own
// identity of it: it names nothing that its reader may not see.
func (c *Chancery) joinThread(m *Message, mail postal.Mail) {
	answered := map[habilitation.ID]bool{}
	for _, id := range mail.InReplyTo {
		if message, ok := c.ownMessage(id); ok && m.InReplyTo.Message.IsZero() {
			m.InReplyTo = Reference{Text: cutRunes(id, 200), Message: message}
			answered[message] = true
		}
	}
	for _, id := range mail.References {
		if message, ok := c.ownMessage(id); ok && !answered[message] && len(m.References) < 50 {
			m.References = append(m.References, Reference{Text: cutRunes(id, 200), Message: message})
			answered[message] = true
		}
	}
}

// ownMessage is the unprotected message that an identity of a mail names.
func (c *Chancery) ownMessage(id string) (habilitation.ID, bool) {
	local, domain, _ := strings.Cut(id, "@")
	if !strings.EqualFold(domain, domainOf(c.Domain)) {
		return habilitation.ID{}, false
	}
	message, err := habilitation.ParseID(strings.ToLower(local))
	if err != nil {
		return habilitation.ID{}, false
	}
	row, known := c.Folds.Rows.Row(message)
	return message, known && row.Marking.Level() == habilitation.Unprotected
}

// bare is the mail with its original alone: for one whose words no archive takes.
func (r *release) bare() *release {
	m := *r.imported
	m.Attachments, m.Text = m.Attachments[:1], ""
	m.Provenance = &Provenance{Date: m.Provenance.Date, From: m.Provenance.From}
	reception := *m.Reception
	m.Reception, reception.Flaws = &reception, append(slices.Clone(reception.Flaws), postal.Unreadable)
	return &release{imported: &m, source: r.source, arrival: r.arrival}
}

// Receive keeps mails in one durable write and returns what became of each: nil for one that is in the archive now, whether it came before or
// not. A mail that the archive takes in no other way is kept with its original alone; any other error is not the mail's, and it is to be given again.
func (c *Chancery) Receive(ctx context.Context, items []postal.Item) []error {
	return c.receive(ctx, items, OverLine, nil)
}

// ImportMail is Receive for mails out of files, which are news to nobody: for whoever of the house they name, and for the groups given by their
// keys. A mail is an imported record whose source is the item's key.
func (c *Chancery) ImportMail(ctx context.Context, items []postal.Item, groups ...string) []error {
	return c.receive(ctx, items, OverFile, groups)
}

func (c *Chancery) receive(ctx context.Context, items []postal.Item, over Way, named []string) []error {
	errs := make([]error, len(items))
	releases := make([]*release, len(items))
	var wait sync.WaitGroup
	slots := make(chan struct{}, vaultAtOnce)
	for i, item := range items {
		if c.Folds.Ledger.has(identityOf(over, item.Key)) {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			releases[i], errs[i] = c.prepareArrival(ctx, item, over, named)
		})
	}
	wait.Wait()
	c.decideArrivals(ctx, releases, errs)
	var fault *RecordFault
	for i := range errs {
		if errors.As(errs[i], &fault) && releases[i] != nil {
			releases[i], errs[i] = releases[i].bare(), nil
			continue
		}
		releases[i] = nil
	}
	c.decideArrivals(ctx, releases, errs)
	return errs
}

// decideArrivals has decided whatever is there, and notes what went wrong with each.
func (c *Chancery) decideArrivals(ctx context.Context, releases []*release, errs []error) {
	var ready []*release
	for i, r := range releases {
		if r != nil && errs[i] == nil {
			ready = append(ready, r)
		}
	}
	if len(ready) == 0 {
		return
	}
	failed := c.submit(&command{ctx: ctx, releases: ready})
	for i, r := range releases {
		if r != nil && errs[i] == nil {
			errs[i] = cmp.Or(failed, r.err)
		}
	}
}

// kindOfEntry is what a message under the seal of the house is in the journal.
func (m *Message) kindOfEntry() string {
	if m.Reception != nil && m.Reception.Over == OverLine {
		return kindReceived
	}
	return kindImported
}

// isReceived reports a mail that came over a line: news, unlike what was imported.
func (r *record) isReceived() bool { return r.Reception != nil && r.Reception.Over == OverLine }

// isImported reports what was written before it came into the house, and is news to nobody.
func (r *record) isImported() bool { return r.Provenance != nil && !r.isReceived() }
