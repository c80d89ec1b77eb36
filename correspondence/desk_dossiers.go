package correspondence

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"chancery/archive"
	"chancery/correspondence/dossier"
	"chancery/habilitation"
	"chancery/search"
)

// The sizes of a page of a dossier.
const (
	dossierPage    = 200
	maxDossierPage = 1000
)

// dossier is the one question about a dossier: it exists, the session is cleared for its level, and one of the reader's audiences has it.
// Anything else is one answer.
func (d *Desk) dossier(id habilitation.ID) (dossier.Dossier, error) {
	one, known := d.house.Folds.Dossiers.Find(id)
	if !known || !d.readsDossier(&one) {
		return dossier.Dossier{}, errUnknown
	}
	return one, nil
}

func (d *Desk) readsDossier(one *dossier.Dossier) bool {
	p := d.badge.Perimeter()
	return one.Level <= d.badge.Level() && (p.HasAudience(one.Owner) || slices.ContainsFunc(one.Readers, p.HasAudience))
}

// openDossier is the way to what stands in a dossier itself, its notes and files: the question above, then the reading recorded.
func (d *Desk) openDossier(ctx context.Context, id habilitation.ID, how string) (dossier.Dossier, error) {
	one, err := d.dossier(id)
	if err != nil {
		return one, err
	}
	return one, d.recordDossier(ctx, &one, how)
}

// kindDossierRead is what the journal of readings keeps of a restricted dossier opened.
const kindDossierRead = "dossier.read"

// dossierReading says which dossier was read, where and how; who is in the entry's header.
type dossierReading struct {
	Dossier  habilitation.ID `json:"dossier"`
	Terminal habilitation.ID `json:"terminal,omitzero"`
	Session  habilitation.ID `json:"session,omitzero"`
	How      string          `json:"how"` // page, file, export
}

func (d *Desk) recordDossier(ctx context.Context, one *dossier.Dossier, how string) error {
	if one.Level != habilitation.Restricted {
		return nil
	}
	payload, err := json.Marshal(dossierReading{Dossier: one.ID, Terminal: d.badge.Terminal(), Session: d.badge.Session(), How: how})
	if err != nil {
		return fmt.Errorf("encode reading of dossier %s: %w", one.ID, err)
	}
	return d.noteReading(ctx, kindDossierRead, 1, payload)
}

// Dossiers lists the dossiers that the reader may open, the last one written in first; closed ones after the others.
func (d *Desk) Dossiers(context.Context) ([]DossierView, error) {
	out := []DossierView{}
	for one := range d.house.Folds.Dossiers.All() {
		if d.readsDossier(&one) {
			out = append(out, d.dossierView(&one))
		}
	}
	slices.SortStableFunc(out, func(a, b DossierView) int {
		if a.Closed != b.Closed {
			return map[bool]int{true: 1, false: -1}[a.Closed]
		}
		return cmp.Or(b.LastAt.Compare(a.LastAt), strings.Compare(a.Title, b.Title), strings.Compare(a.ID.String(), b.ID.String()))
	})
	return out, nil
}

// dossiersOf lists the dossiers of the reader in which a message stands that they may see.
func (d *Desk) dossiersOf(message habilitation.ID) []DossierRef {
	out := []DossierRef{}
	for _, one := range d.house.Folds.Dossiers.With(message) {
		if d.readsDossier(&one) {
			out = append(out, dossierRef(&one))
		}
	}
	return out
}

func dossierRef(one *dossier.Dossier) DossierRef {
	return DossierRef{ID: one.ID, Key: one.Key, Title: one.Title, Level: one.Level}
}

func (d *Desk) dossierView(one *dossier.Dossier) DossierView {
	folds := d.house.Folds
	v := DossierView{DossierRef: dossierRef(one), Owner: folds.audience(one.Owner), Readers: []AudienceRef{}, OpenedBy: folds.agent(one.By), OpenedAt: one.At,
		LastAt: one.At, Closed: one.IsClosed(), Notes: len(one.Notes), Files: len(one.Files),
		MayWrite: !one.IsClosed() && dossier.Writes(folds.Register, d.badge.Agent(), one.Owner)}
	for _, reader := range one.Readers {
		v.Readers = append(v.Readers, folds.audience(reader))
	}
	for _, e := range one.Entries {
		if _, err := d.admit(e.Message); err == nil {
			v.Messages++
			v.LastAt = later(v.LastAt, e.At)
		}
	}
	for _, n := range one.Notes {
		v.LastAt = later(v.LastAt, n.At)
	}
	for _, f := range one.Files {
		v.LastAt = later(v.LastAt, f.At)
	}
	if one.IsClosed() {
		by, at := folds.agent(one.ClosedBy), one.ClosedAt
		v.ClosedBy, v.ClosedAt, v.Reason = &by, &at, one.Reason
	}
	return v
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Dossier opens a dossier: a page of its messages, each asked of the rule, and its notes and files.
func (d *Desk) Dossier(ctx context.Context, id habilitation.ID, q DossierQuery) (DossierPage, error) {
	one, err := d.openDossier(ctx, id, "page")
	if err != nil {
		return DossierPage{}, err
	}
	page := d.dossierParts(&one)
	return page, d.fillDossier(ctx, &page, &one, q)
}

// dossierParts is a dossier with its notes and files, which whoever reads it sees all of.
func (d *Desk) dossierParts(one *dossier.Dossier) DossierPage {
	page := DossierPage{DossierView: d.dossierView(one), Items: []DossierMessage{}, NoteItems: []NoteView{}, FileItems: []DossierFile{}}
	for _, n := range one.Notes {
		page.NoteItems = append(page.NoteItems, NoteView{ID: n.ID, Level: n.Level, Text: n.Text, By: d.house.Folds.agent(n.By), At: n.At})
	}
	for i := range one.Files {
		page.FileItems = append(page.FileItems, d.dossierFile(&one.Files[i]))
	}
	return page
}

// fillDossier puts the asked page of the messages into a dossier's page.
func (d *Desk) fillDossier(ctx context.Context, page *DossierPage, one *dossier.Dossier, q DossierQuery) error {
	entries := d.dossierMessages(one)
	from := 0
	if !q.After.IsZero() {
		if from = slices.IndexFunc(entries, func(e dossierEntry) bool { return e.row.ID == q.After }) + 1; from == 0 {
			return errUnknown
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = dossierPage
	}
	entries = entries[from:]
	if limit = min(limit, maxDossierPage); len(entries) > limit {
		entries = entries[:limit]
		last := entries[limit-1].row.ID
		page.Next = &last
	}
	unread, err := d.unreads(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if h, ok := d.headline(e.row, unread); ok {
			page.Items = append(page.Items, DossierMessage{Headline: h, AddedBy: d.house.Folds.agent(e.By), AddedAt: e.At})
		}
	}
	return nil
}

// dossierEntry is a message of a dossier with its row as it is now.
type dossierEntry struct {
	dossier.Entry
	row search.Row
}

// dossierMessages are the messages of a dossier that the rule admits, newest first.
func (d *Desk) dossierMessages(one *dossier.Dossier) []dossierEntry {
	out := make([]dossierEntry, 0, len(one.Entries))
	for _, e := range one.Entries {
		if row, err := d.admit(e.Message); err == nil {
			out = append(out, dossierEntry{e, row})
		}
	}
	slices.SortStableFunc(out, func(a, b dossierEntry) int {
		return cmp.Or(b.row.Time.Compare(a.row.Time), cmp.Compare(b.row.Seq, a.row.Seq))
	})
	return out
}

func (d *Desk) dossierFile(f *dossier.File) DossierFile {
	return DossierFile{ID: f.ID, AttachmentView: AttachmentView{Name: f.Name, Type: f.Type, Size: f.Size, Level: f.Level, SHA512: f.SHA512},
		By: d.house.Folds.agent(f.By), At: f.At}
}

// DossierFile opens a file of a dossier; the caller closes it.
func (d *Desk) DossierFile(ctx context.Context, id, file habilitation.ID) (DossierFile, io.ReadCloser, error) {
	one, err := d.openDossier(ctx, id, "file")
	if err != nil {
		return DossierFile{}, nil, err
	}
	i := slices.IndexFunc(one.Files, func(f dossier.File) bool { return f.ID == file })
	if i < 0 {
		return DossierFile{}, nil, errUnknown
	}
	digest, err := digestFrom(one.Files[i].SHA512, one.Files[i].Size)
	if err != nil {
		return DossierFile{}, nil, err
	}
	content, err := d.house.Vault.Open(ctx, digest)
	if err != nil {
		return DossierFile{}, nil, fmt.Errorf("open file %s of dossier %s: %w", file, id, err)
	}
	return d.dossierFile(&one.Files[i]), content, nil
}

// digestFrom reads the name of an object of the vault from its parts.
func digestFrom(sum string, size int64) (archive.Digest, error) {
	digest := archive.Digest{Size: size}
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != len(digest.Sum) {
		return digest, fmt.Errorf("read digest %q: %w", sum, errRecord)
	}
	copy(digest.Sum[:], raw)
	return digest, nil
}
