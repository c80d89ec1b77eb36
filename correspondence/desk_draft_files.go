package correspondence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"chancery/archive"
	"chancery/habilitation"
)

// DraftFile is an attachment of a draft with what its inspection found.
type DraftFile struct {
	FormAttachment
	Mark     habilitation.Level `json:"mark"` // its own level, else that of the draft
	Warnings []Warning          `json:"warnings"`
	Words    bool               `json:"words"` // its words can be shown
	Looks    bool               `json:"looks"` // its first page can be shown, or the picture that it is
}

// DraftFiles lists the attachments of a draft.
func (d *Desk) DraftFiles(ctx context.Context, form Form) ([]DraftFile, error) {
	files := make([]DraftFile, len(form.Attachments))
	for n := range files {
		var err error
		if files[n], _, err = d.draftFile(ctx, form, n); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (d *Desk) draftFile(ctx context.Context, form Form, n int) (DraftFile, inspected, error) {
	a := form.Attachments[n]
	file := DraftFile{FormAttachment: a, Mark: markTyped(cmp.Or(a.Level, form.Level)), Warnings: []Warning{}}
	verdict, known, err := d.house.inspectedAs(ctx, strings.ToLower(a.SHA512))
	if known {
		file.Type, file.Words, file.Looks = verdict.Media, verdict.Text != nil, verdict.Picture != nil
		file.Warnings = append(file.Warnings, verdict.Warnings...)
	}
	return file, verdict, err
}

// DraftFileOf tells about a file of a draft, counted from 0, to whoever may open the draft.
func (d *Desk) DraftFileOf(ctx context.Context, id habilitation.ID, n int) (DraftFile, error) {
	file, _, err := d.findDraftFile(ctx, id, n)
	return file, err
}

// DraftFile opens a file of a draft, counted from 0; the caller closes it.
func (d *Desk) DraftFile(ctx context.Context, id habilitation.ID, n int) (DraftFile, io.ReadCloser, error) {
	file, _, err := d.findDraftFile(ctx, id, n)
	if err != nil {
		return file, nil, err
	}
	content, err := d.openDraftFile(ctx, Stored{file.SHA512, file.Size})
	return file, content, err
}

// DraftMade opens what was made from a file of a draft, counted from 0; the caller closes it.
func (d *Desk) DraftMade(ctx context.Context, id habilitation.ID, n int, what Making) (int64, io.ReadCloser, error) {
	_, verdict, err := d.findDraftFile(ctx, id, n)
	if err != nil {
		return 0, nil, err
	}
	made := what.of(verdict.Derived)
	if made == nil {
		return 0, nil, errUnknown
	}
	content, err := d.openDraftFile(ctx, *made)
	return made.Size, content, err
}

// findDraftFile is the one way to the files of a draft: of the text that find shows this session, those up to the level of the session.
func (d *Desk) findDraftFile(ctx context.Context, id habilitation.ID, n int) (DraftFile, inspected, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return DraftFile{}, inspected{}, err
	}
	if n < 0 || n >= len(found.Form.Attachments) || found.Form.Attachments[n].SHA512 == "" {
		return DraftFile{}, inspected{}, errUnknown
	}
	if a := found.Form.Attachments[n]; a.Level != "" && markTyped(a.Level) > d.badge.Level() {
		return DraftFile{}, inspected{}, errUnknown
	}
	return d.draftFile(ctx, found.Form, n)
}

func (d *Desk) openDraftFile(ctx context.Context, what Stored) (io.ReadCloser, error) {
	digest, err := what.digest()
	if err != nil {
		return nil, err
	}
	content, err := d.house.Vault.Open(ctx, digest)
	if errors.Is(err, archive.ErrErased) {
		return nil, errUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("open a file of a draft: %w", err)
	}
	return content, nil
}
