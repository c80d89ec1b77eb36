package correspondence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// UploadForm announces a file that is to be joined to a draft, or put into a dossier.
type UploadForm struct {
	Name   string `json:"name" validate:"required,max=400" required:"true"`
	Size   int64  `json:"size" validate:"min=-1"`                                  // in bytes; -1 when the sender does not know
	Level  string `json:"level,omitempty" validate:"max=20"`                       // default: that of the message or dossier
	SHA512 string `json:"sha512,omitempty" validate:"omitempty,len=128,lowercase"` // of the bytes sent, lower-case hexadecimal; checked at the end
}

// UploadView is a file on its way into a draft or a dossier.
type UploadView struct {
	ID       habilitation.ID `json:"id"`
	Name     string          `json:"name"`
	Size     int64           `json:"size"`   // announced; -1 when the sender did not know
	Offset   int64           `json:"offset"` // how many bytes are there
	Level    string          `json:"level,omitempty"`
	State    string          `json:"state" enum:"receiving,waiting,refused,joined"` // receiving, waiting, refused, joined
	Away     bool            `json:"away,omitempty"`                                // waiting, and no verdict could be had the last time one was wanted
	Fault    *Fault          `json:"fault,omitempty"`
	File     *FormAttachment `json:"file,omitempty"` // once joined: what the draft or dossier has
	Warnings []Warning       `json:"warnings"`
	Expires  time.Time       `json:"expires"` // forgotten then, unless something comes
}

// UploadLimits bound what may be sent in.
type UploadLimits struct {
	File  int64 // bytes of one file; 0 means 100 MiB
	Agent int64 // bytes of all files of an agent that are in no released message; 0 means 500 MiB
}

// settle fills in what was left open.
func (l *UploadLimits) settle() {
	if l.File == 0 {
		l.File = 100 << 20
	}
	if l.Agent == 0 {
		l.Agent = 500 << 20
	}
}

// MostMiB is the most that one file may have, in MiB.
func (l UploadLimits) MostMiB() int { return int(l.File >> 20) }

// maxUploads is how many files one draft has room for, and how many may be on their way into a dossier at a time.
const maxUploads = 20

// BeginUpload announces a file for a draft or a dossier, named by its identity. Nothing of it is anywhere yet.
func (d *Desk) BeginUpload(ctx context.Context, draft habilitation.ID, form UploadForm) (UploadView, error) {
	place, err := d.uploadPlace(ctx, draft)
	if err != nil {
		return UploadView{}, err
	}
	if err := place.opens(d, draft); err != nil {
		return UploadView{}, err
	}
	if d.house.Inspector == nil {
		return UploadView{}, refuse(Busy, "inspection")
	}
	if faults := append(d.uploadFaults(form), place.faults(d, form)...); len(faults) > 0 {
		return UploadView{}, &Refusal{Cause: Invalid, Faults: faults}
	}
	d.house.uploads.announcing.Lock()
	defer d.house.uploads.announcing.Unlock()
	if err := d.roomFor(ctx, draft, place.files(), form.Size); err != nil {
		return UploadView{}, err
	}
	u := upload{ID: d.house.NewID(fmt.Appendf(nil, "upload %s %s", draft, form.Name)), Draft: draft, By: d.badge.Agent(), Name: form.Name, Size: form.Size,
		Level: form.Level, SHA512: form.SHA512, Typed: d.badge.Level(), Touched: d.house.Clock().UTC(), State: UploadReceiving, Dossier: place.dossier != nil}
	if _, err := d.house.Store.Put(ctx, OwnerAgent(u.By), shelfUploads, u.ID.String(), 0, []byte(draft.String())); err != nil {
		return UploadView{}, fmt.Errorf("begin upload: %w", err)
	}
	if err := d.house.putUpload(ctx, u, 0); err != nil {
		return UploadView{}, err
	}
	return d.uploadView(ctx, u)
}

// onItsWay reports whether others were asked about a draft's text, or it is signed: then nothing may join it.
func (c *Chancery) onItsWay(draft habilitation.ID) bool {
	state, onWay := c.Folds.Circuits.Draft(draft)
	return onWay && state.State != circuit.Drafting
}

// uploadFaults is everything wrong with an announcement.
func (d *Desk) uploadFaults(form UploadForm) (faults []Fault) {
	name := fileName(form.Name)
	if name == "" {
		faults = append(faults, Fault{Field: "name", Key: "missing"})
	}
	if form.Size == 0 {
		faults = append(faults, Fault{Field: "size", Key: "file-empty"})
	}
	if form.Size > d.house.Uploads.File {
		faults = append(faults, d.tooLarge())
	}
	if form.Level != "" {
		level, err := habilitation.ParseLevel(form.Level)
		switch {
		case err != nil:
			faults = append(faults, noChoice("level", form.Level, levelNames()...))
		case level > d.badge.Level():
			faults = append(faults, Fault{Field: "level", Key: "above-session"})
		}
	}
	return faults
}

func (d *Desk) tooLarge() Fault {
	return Fault{Field: "size", Key: "file-too-large", Args: map[string]string{"max": strconv.FormatInt(d.house.Uploads.File>>20, 10)}}
}

// roomFor refuses what is beyond an agent's share. What this session does not show takes none of it: a full share would tell of it.
func (d *Desk) roomFor(ctx context.Context, draft habilitation.ID, joined int, size int64) error {
	mine, err := d.house.uploadsBy(ctx, d.badge.Agent())
	if err != nil {
		return err
	}
	taken := max(0, size)
	for _, u := range mine {
		if u.Typed > d.badge.Level() || u.Dossier && u.State == UploadJoined {
			continue
		}
		taken += max(0, u.Size)
		if u.Draft == draft && u.State != UploadJoined { // a joined one stands in the form already
			joined++
		}
	}
	if taken > d.house.Uploads.Agent {
		return &Refusal{Cause: Invalid, Faults: []Fault{{Field: "size", Key: "files-full", Args: map[string]string{"max": strconv.FormatInt(d.house.Uploads.Agent>>20, 10)}}}}
	}
	if joined >= maxUploads {
		return &Refusal{Cause: Invalid, Faults: []Fault{{Field: "name", Key: "too-many-files", Args: map[string]string{"max": strconv.Itoa(maxUploads)}}}}
	}
	return nil
}

// Uploads lists what is on its way into a draft or a dossier, or was refused.
func (d *Desk) Uploads(ctx context.Context, draft habilitation.ID) ([]UploadView, error) {
	place, err := d.uploadPlace(ctx, draft)
	if err != nil {
		return nil, err
	}
	all, err := d.house.uploadsTo(ctx, draft)
	if err != nil {
		return nil, err
	}
	views := []UploadView{}
	for _, u := range all {
		if u.Taken || !place.shows(d, &u) {
			continue
		}
		view, err := d.uploadView(ctx, u)
		if err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	return views, nil
}

// Upload tells how far an upload is.
func (d *Desk) Upload(ctx context.Context, draft, id habilitation.ID) (UploadView, error) {
	u, err := d.uploadOf(ctx, draft, id)
	if err != nil {
		return UploadView{}, err
	}
	return d.uploadView(ctx, u)
}

// uploadOf reads an upload to a draft or dossier that this session shows.
func (d *Desk) uploadOf(ctx context.Context, draft, id habilitation.ID) (upload, error) {
	place, err := d.uploadPlace(ctx, draft)
	if err != nil {
		return upload{}, err
	}
	u, err := d.house.upload(ctx, draft, id)
	if errors.Is(err, ErrNotThere) || err == nil && !place.shows(d, &u) {
		return upload{}, errUnknown
	}
	return u, err
}

func (d *Desk) uploadView(ctx context.Context, u upload) (UploadView, error) {
	view := UploadView{ID: u.ID, Name: u.Name, Size: u.Size, Offset: max(0, u.Size), Level: u.Level, State: u.State, Fault: u.Fault, File: u.File,
		Warnings: u.Warnings, Expires: u.Touched.Add(uploadLife).UTC().Truncate(time.Second)}
	if view.Warnings == nil {
		view.Warnings = []Warning{}
	}
	view.Away = u.State == UploadWaiting && d.house.uploads.isAway()
	if u.State != UploadReceiving {
		return view, nil
	}
	there, err := d.house.Inspector.Received(ctx, u.ID)
	if err != nil {
		return view, fmt.Errorf("read upload %s: %w", u.ID, err)
	}
	view.Offset = there
	return view, nil
}

// ReceiveUpload appends bytes at the offset where those received end, and puts the file in line for its inspection when it is whole. What came
// before the sender left is kept. A sender who did not know the size ends with the end of r.
func (d *Desk) ReceiveUpload(ctx context.Context, draft, id habilitation.ID, offset int64, r io.Reader) (UploadView, error) {
	u, err := d.uploadOf(ctx, draft, id)
	if err != nil {
		return UploadView{}, err
	}
	if u.State != UploadReceiving {
		return UploadView{}, refuse(Conflict, "upload-elsewhere")
	}
	most := u.Size
	if most < 0 {
		most = d.house.Uploads.File + 1
	}
	there, err := d.house.Inspector.Receive(ctx, id, offset, max(0, most-offset), r)
	if errors.Is(err, ErrElsewhere) {
		return UploadView{}, refuse(Conflict, "upload-elsewhere")
	}
	if err != nil {
		if there > offset { // the sender left; what came is kept, and so is the upload
			u.Touched = d.house.Clock().UTC()
			err = errors.Join(err, d.house.replaceUpload(context.WithoutCancel(ctx), u))
		}
		return UploadView{}, fmt.Errorf("receive upload %s: %w", id, err)
	}
	if u.Size < 0 && there > d.house.Uploads.File {
		return UploadView{}, errors.Join(&Refusal{Cause: Invalid, Faults: []Fault{d.tooLarge()}}, d.house.forgetUploads(ctx, u))
	}
	if err := d.received(ctx, u, there); err != nil {
		return UploadView{}, err
	}
	return d.Upload(ctx, draft, id)
}

// received notes how far an upload came, and puts a whole one in line.
func (d *Desk) received(ctx context.Context, u upload, there int64) error {
	u.Touched = d.house.Clock().UTC()
	whole := u.Size < 0 || there == u.Size
	if whole {
		u.Size, u.State = there, UploadWaiting
	}
	if err := d.house.replaceUpload(ctx, u); errors.Is(err, ErrStale) {
		return refuse(Conflict, "upload-elsewhere")
	} else if err != nil {
		return err
	}
	if whole {
		d.house.uploads.await(u.ID, u.Draft)
	}
	return nil
}

// AwaitUpload waits until an upload has its verdict, or the context ends; either way it tells how far the upload is.
func (d *Desk) AwaitUpload(ctx context.Context, draft, id habilitation.ID) (UploadView, error) {
	for {
		ended := d.house.uploads.ended()
		view, err := d.Upload(context.WithoutCancel(ctx), draft, id)
		if err != nil || view.State != UploadWaiting || view.Away {
			return view, err
		}
		select {
		case <-ctx.Done():
			return view, nil
		case <-d.house.stop:
			return view, nil
		case <-ended:
		}
	}
}

// DropUpload takes an upload back, or takes note of a refusal. A joined one is no longer the draft's.
func (d *Desk) DropUpload(ctx context.Context, draft, id habilitation.ID) error {
	u, err := d.uploadOf(ctx, draft, id)
	if err != nil {
		return err
	}
	return d.house.forgetUploads(ctx, u)
}

// joined adds to a form what was joined to its draft since it was saved, and names what is still on its way.
func (c *Chancery) joined(ctx context.Context, draft habilitation.ID, form *Form) (awaited []string, err error) {
	all, err := c.uploadsTo(ctx, draft)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		if u.State == UploadReceiving || u.State == UploadWaiting {
			awaited = append(awaited, u.Name)
		}
		if u.File != nil && !u.Taken && !slices.ContainsFunc(form.Attachments, func(a FormAttachment) bool { return a.SHA512 == u.File.SHA512 && a.Name == u.File.Name }) {
			form.Attachments = append(slices.Clip(form.Attachments), *u.File)
		}
	}
	return awaited, nil
}

// takenOver notes which joined uploads a saved form names by now: from then on the form alone tells what is attached.
func (c *Chancery) takenOver(ctx context.Context, draft habilitation.ID, form Form) error {
	all, err := c.uploadsTo(ctx, draft)
	if err != nil {
		return err
	}
	for _, u := range all {
		if u.File == nil || u.Taken || !slices.ContainsFunc(form.Attachments, func(a FormAttachment) bool { return a.SHA512 == u.File.SHA512 }) {
			continue
		}
		u.Taken = true
		if err := c.replaceUpload(ctx, u); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return nil
}

// forgetDraft forgets what was on its way into a draft that was thrown away. What was joined takes room until it is let go.
func (c *Chancery) forgetDraft(ctx context.Context, draft habilitation.ID) error {
	return c.forgetUploadsTo(ctx, draft, func(u upload) bool { return u.State != UploadJoined })
}

// forgetUploadsTo forgets the uploads to a draft that are meant.
func (c *Chancery) forgetUploadsTo(ctx context.Context, draft habilitation.ID, meant func(upload) bool) error {
	all, err := c.uploadsTo(ctx, draft)
	if err != nil {
		return err
	}
	return c.forgetUploads(ctx, slices.DeleteFunc(all, func(u upload) bool { return !meant(u) })...)
}
