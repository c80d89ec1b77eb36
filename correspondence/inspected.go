package correspondence

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// ownerHouse is the house itself: what it keeps for nobody in particular.
const ownerHouse Owner = 0

// shelfInspected holds what was found about each file that was taken, by the digest of what is kept.
const shelfInspected Shelf = "inspected"

// inspected is the verdict on a file that was taken, and where what was made from it lies. Nothing without one is ever released.
type inspected struct {
	At       time.Time `json:"at"`
	Size     int64     `json:"size"`
	Media    string    `json:"media"`
	Warnings []Warning `json:"warnings,omitempty"`
	Scanner  string    `json:"scanner,omitempty"`
	// Protection is what its words say of their own protection; nil when nobody asked.
	Protection *protection `json:"protection,omitempty"`
	Derived
}

// Derived is what was made from a file, each an object of the vault of its own. It is as protected as the message: it says the same.
type Derived struct {
	Text      *Stored `json:"text,omitempty"`      // its words, UTF-8
	Picture   *Stored `json:"picture,omitempty"`   // how it looks, JPEG of up to 1200 pixels a side
	Thumbnail *Stored `json:"thumbnail,omitempty"` // the same, up to 240 pixels
}

// Stored names an object of the vault.
type Stored struct {
	SHA512 string `json:"sha512"` // lower-case hexadecimal
	Size   int64  `json:"size"`
}

func storedAs(d archive.Digest) *Stored {
	return &Stored{SHA512: hex.EncodeToString(d.Sum[:]), Size: d.Size}
}

// digest is the vault's name of the object.
func (s Stored) digest() (archive.Digest, error) { return digestFrom(s.SHA512, s.Size) }

// all lists what was made.
func (d Derived) all() []Stored {
	var all []Stored
	for _, piece := range []*Stored{d.Text, d.Picture, d.Thumbnail} {
		if piece != nil {
			all = append(all, *piece)
		}
	}
	return all
}

// keepFound puts what was found good into the vault, with what was made from it, and notes the verdict.
func (c *Chancery) keepFound(ctx context.Context, found *Findings) (FormAttachment, error) {
	c.uploads.keeping.RLock()
	defer c.uploads.keeping.RUnlock()
	content, err := c.Vault.Put(ctx, found.Content)
	if err != nil {
		return FormAttachment{}, fmt.Errorf("keep file: %w", err)
	}
	verdict := inspected{At: c.Clock().UTC().Truncate(time.Second), Size: content.Size, Media: found.Media, Warnings: found.Warnings, Scanner: found.Scanner}
	for _, piece := range []struct {
		from io.Reader
		to   **Stored
	}{{found.Text, &verdict.Text}, {found.Picture, &verdict.Picture}, {found.Thumbnail, &verdict.Thumbnail}} {
		if piece.from == nil {
			continue
		}
		digest, err := c.Vault.Put(ctx, piece.from)
		if err != nil {
			return FormAttachment{}, fmt.Errorf("keep what was made from a file: %w", err)
		}
		*piece.to = storedAs(digest)
	}
	if verdict.Protection, err = c.protectionIn(ctx, verdict); err != nil {
		return FormAttachment{}, fmt.Errorf("keep verdict: %w", err)
	}
	value, err := json.Marshal(verdict)
	if err != nil {
		return FormAttachment{}, fmt.Errorf("keep verdict: %w", err)
	}
	name := hex.EncodeToString(content.Sum[:])
	if _, err := c.Store.Put(ctx, ownerHouse, shelfInspected, name, AnyVersion, value); err != nil {
		return FormAttachment{}, fmt.Errorf("keep verdict: %w", err)
	}
	return FormAttachment{Type: found.Media, Size: content.Size, SHA512: name}, nil
}

// inspectedAs is the verdict on a file that is kept; false when there is none.
func (c *Chancery) inspectedAs(ctx context.Context, sum string) (inspected, bool, error) {
	if len(sum) != hex.EncodedLen(64) {
		return inspected{}, false, nil
	}
	item, err := c.Store.Get(ctx, ownerHouse, shelfInspected, sum)
	if errors.Is(err, ErrNotThere) {
		return inspected{}, false, nil
	}
	if err != nil {
		return inspected{}, false, fmt.Errorf("read verdict: %w", err)
	}
	verdict, err := readInspected(item)
	return verdict, err == nil, err
}

// verdictOn is inspectedAs for whoever needs the verdict to go on: one that cannot be read is none.
func (c *Chancery) verdictOn(sum string) (inspected, bool) {
	verdict, known, err := c.inspectedAs(context.Background(), sum)
	if err != nil {
		c.Log.Error("a verdict cannot be read", "why", err.Error())
	}
	if known && verdict.Protection == nil {
		if verdict.Protection, err = c.protectionIn(context.Background(), verdict); err != nil {
			c.Log.Error("the words of a file cannot be read", "why", err.Error())
			return verdict, false
		}
	}
	return verdict, known
}

func readInspected(item Item) (verdict inspected, err error) {
	if err := json.Unmarshal(item.Value, &verdict); err != nil {
		return verdict, fmt.Errorf("read verdict: %w", err)
	}
	return verdict, nil
}

// keepBytes inspects a file that came whole, and keeps it. A file that is not taken is a fault at the place, without an error.
func (c *Chancery) keepBytes(ctx context.Context, place, name string, content []byte) (FormAttachment, *Fault, error) {
	if c.Inspector == nil {
		return FormAttachment{}, nil, refuse(Busy, "inspection")
	}
	if fileName(name) == "" {
		return FormAttachment{}, nil, nil // it has a fault of its own
	}
	id := habilitation.NewID()
	if _, err := c.Inspector.Receive(ctx, id, 0, int64(len(content)), bytes.NewReader(content)); err != nil {
		return FormAttachment{}, nil, fmt.Errorf("keep file: %w", err)
	}
	file, fault, err := c.keepReceived(ctx, id, place, name, "")
	if errors.Is(err, ErrNotInspected) {
		c.Log.Warn("a file waits in vain for its inspection", "why", err.Error())
		err = refuse(Busy, "inspection")
	}
	if dropped := c.Inspector.Drop(context.WithoutCancel(ctx), id); dropped != nil && err == nil {
		err = fmt.Errorf("keep file: %w", dropped)
	}
	return file, fault, err
}

// keepReceived inspects what was received and keeps it when it is good, and what was announced: a digest, or "".
func (c *Chancery) keepReceived(ctx context.Context, id habilitation.ID, place, name, announced string) (FormAttachment, *Fault, error) {
	found, err := c.Inspector.Inspect(ctx, id, fileName(name))
	if err != nil {
		return FormAttachment{}, nil, fmt.Errorf("keep file: %w", err)
	}
	defer found.Close()
	if found.Refused == "" && announced != "" && announced != hex.EncodeToString(found.Sent[:]) {
		found.Refused = "digest"
	}
	if found.Refused != "" {
		c.Log.Warn("a file was not taken", "why", found.Refused, "found", found.Detail)
		return FormAttachment{}, &Fault{Field: place, Key: "file-" + found.Refused, Args: map[string]string{"name": fileName(name), "detail": found.Detail}}, nil
	}
	file, err := c.keepFound(ctx, found)
	file.Name = name
	return file, nil, err
}

// Extract is what the decision records of an attachment: what its inspection found, and what was made from it then, so that no index needs
// a parser to be made again.
type Extract struct {
	N        int       `json:"n"` // of the attachment, from 0
	Warnings []Warning `json:"warnings,omitempty"`
	Scanner  string    `json:"scanner,omitempty"`
	// Protection is what its words say of their own protection; nil when nobody asked.
	Protection *protection `json:"protection,omitempty"`
	Derived
}

// extracts are the findings about a message's attachments.
func (c *Chancery) extracts(ctx context.Context, m *Message) ([]Extract, error) {
	var all []Extract
	for i, a := range m.Attachments {
		verdict, known, err := c.inspectedAs(ctx, a.Digest)
		if err != nil {
			return nil, err
		}
		if known && (len(verdict.Warnings) > 0 || verdict.Scanner != "" || len(verdict.all()) > 0) {
			all = append(all, Extract{N: i, Warnings: verdict.Warnings, Scanner: verdict.Scanner, Derived: verdict.Derived})
		}
	}
	return all, nil
}

// extractOf is what was recorded of an attachment.
func (r *record) extractOf(n int) (Extract, bool) {
	i := slices.IndexFunc(r.Extracts, func(e Extract) bool { return e.N == n })
	if i < 0 {
		return Extract{}, false
	}
	return r.Extracts[i], true
}

// wordsOfFiles is how many bytes of words the files of a message have.
func (r *record) wordsOfFiles() (size int64) {
	for _, e := range r.Extracts {
		if e.Text != nil {
			size += e.Text.Size
		}
	}
	return size
}

// readWords reads the words of a message's files out of the vault. What was removed from it, or is damaged, has none: the message is found by its own.
func readWords(ctx context.Context, vault archive.Vault, r *record) (string, error) {
	var words strings.Builder
	for _, e := range r.Extracts {
		text, _, err := e.readText(ctx, vault)
		if err != nil {
			return "", err
		}
		if text != "" {
			words.WriteString(text)
			words.WriteString("\n\n")
		}
	}
	return words.String(), nil
}

// readText reads the words that were taken from a file; whole says that they are all there.
func (e Extract) readText(ctx context.Context, vault archive.Vault) (text string, whole bool, err error) {
	if e.Text == nil {
		return "", false, nil
	}
	digest, err := e.Text.digest()
	if err != nil {
		return "", false, err
	}
	file, err := vault.Open(ctx, digest)
	if errors.Is(err, archive.ErrErased) || errors.Is(err, archive.ErrUnknown) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read words of a file: %w", err)
	}
	var words strings.Builder
	_, err = io.Copy(&words, file)
	whole = err == nil && !slices.Contains(e.Warnings, WarnUnread) && !slices.Contains(e.Warnings, WarnCut)
	if err := errors.Join(err, file.Close()); err != nil && !errors.Is(err, archive.ErrDamaged) {
		return "", false, fmt.Errorf("read words of a file: %w", err)
	}
	return words.String(), whole, nil
}
