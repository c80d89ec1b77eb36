package correspondence

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"chancery/archive"
)

// How long what nobody goes on with stays.
const (
	uploadLife = 24 * time.Hour // an upload that receives nothing, or a refusal that nobody took note of
	fileLife   = 24 * time.Hour // a file that no draft cites
)

// TidyFiles forgets uploads that nobody goes on with, and lets go of files that no draft cites any more; what the journal cites stays for
// ever. The house calls it every hour.
func (c *Chancery) TidyFiles(ctx context.Context) error {
	now := c.Clock()
	all, err := c.everyUpload(ctx)
	if err != nil {
		return err
	}
	cited, err := c.citedByDrafts(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		if c.isOver(u, cited, now) {
			if err := c.forgetUploads(ctx, u); err != nil {
				return err
			}
		}
	}
	return c.letGo(ctx, now)
}

// isOver reports whether nobody goes on with an upload.
func (c *Chancery) isOver(u upload, cited citations, now time.Time) bool {
	if u.State == UploadWaiting {
		return false
	}
	if u.State != UploadJoined {
		return now.Sub(u.Touched) > uploadLife
	}
	return now.Sub(u.Touched) > fileLife && (!cited.drafts[u.Draft.String()] || u.Taken && !cited.files[u.File.SHA512])
}

// letGo destroys files, and what was made from them, that were inspected long ago and that no draft cites.
func (c *Chancery) letGo(ctx context.Context, now time.Time) error {
	if c.Discard == nil {
		return nil
	}
	items, err := c.Store.List(ctx, ownerHouse, shelfInspected)
	if err != nil {
		return fmt.Errorf("list verdicts: %w", err)
	}
	cited, err := c.citedByDrafts(ctx)
	if err != nil {
		return err
	}
	var old []string
	kept := map[string]bool{} // what was made from files that stay
	for _, item := range items {
		verdict, err := readInspected(item)
		if err != nil {
			return err
		}
		if now.Sub(verdict.At) > fileLife && !cited.files[item.Key] {
			old = append(old, item.Key)
			continue
		}
		for _, made := range verdict.all() {
			kept[made.SHA512] = true
		}
	}
	for _, sum := range old {
		if err := c.letGoOf(ctx, now, sum, kept); err != nil {
			return err
		}
	}
	return nil
}

// letGoOf destroys one file unless it was sent in again meanwhile. The vault keeps whatever the journal cites.
func (c *Chancery) letGoOf(ctx context.Context, now time.Time, sum string, kept map[string]bool) error {
	c.uploads.keeping.Lock()
	defer c.uploads.keeping.Unlock()
	verdict, known, err := c.inspectedAs(ctx, sum)
	if err != nil || !known || now.Sub(verdict.At) <= fileLife {
		return err
	}
	for _, piece := range append(verdict.all(), Stored{SHA512: sum, Size: verdict.Size}) {
		if kept[piece.SHA512] {
			continue
		}
		digest, err := piece.digest()
		if err != nil {
			return err
		}
		if err := c.Discard(ctx, digest, archive.Reason("no draft cites it")); err != nil {
			return fmt.Errorf("let go of a file: %w", err)
		}
	}
	if err := c.Store.Remove(ctx, ownerHouse, shelfInspected, sum); err != nil {
		return fmt.Errorf("let go of a file: %w", err)
	}
	return nil
}

// citations are the drafts that stand, and the digests of every file that they cite.
type citations struct {
	drafts, files map[string]bool
}

// digestText is a digest wherever it stands in what a desk keeps.
var digestText = regexp.MustCompile(`[0-9a-f]{128}`)

// citedByDrafts reads every desk.
func (c *Chancery) citedByDrafts(ctx context.Context) (citations, error) {
	cited := citations{drafts: map[string]bool{}, files: map[string]bool{}}
	var owners []Owner
	for agent := range c.Folds.Register.Agents() {
		owners = append(owners, OwnerAgent(agent.ID))
	}
	for audience := range c.Folds.Register.Audiences() {
		owners = append(owners, OwnerAudience(audience.ID))
	}
	for _, owner := range owners {
		if err := c.citedOnDesk(ctx, owner, &cited); err != nil {
			return cited, fmt.Errorf("read what drafts cite: %w", err)
		}
	}
	return cited, c.citedByUploads(ctx, &cited)
}

// citedOnDesk adds what the drafts of one desk, their versions and its templates cite.
func (c *Chancery) citedOnDesk(ctx context.Context, owner Owner, cited *citations) error {
	drafts, err := c.Store.List(ctx, owner, shelfDrafts)
	if err != nil {
		return err
	}
	shelves := []Shelf{shelfTemplates}
	for _, item := range drafts {
		cited.drafts[item.Key] = true
		shelves = append(shelves, Shelf(shelfVersions+item.Key))
	}
	texts := drafts
	for _, shelf := range shelves {
		items, err := c.Store.List(ctx, owner, shelf)
		if err != nil {
			return err
		}
		texts = append(texts, items...)
	}
	for _, item := range texts {
		for _, sum := range digestText.FindAllString(string(item.Value), -1) {
			cited.files[sum] = true
		}
	}
	return nil
}

// citedByUploads adds what was joined to a draft and is not in its form yet.
func (c *Chancery) citedByUploads(ctx context.Context, cited *citations) error {
	all, err := c.everyUpload(ctx)
	for _, u := range all {
		if u.File != nil && !u.Taken {
			cited.files[u.File.SHA512] = true
		}
	}
	return err
}
