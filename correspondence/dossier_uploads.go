package correspondence

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"chancery/correspondence/dossier"
	"chancery/habilitation"
)

// uploadPlace is what an upload goes into: a draft, or a dossier.
type uploadPlace struct {
	dossier *dossier.Dossier // nil for a draft
	draft   foundDraft
}

// uploadPlace finds what an agent sends files into. A dossier shows the uploads to nobody but who sends them.
func (d *Desk) uploadPlace(ctx context.Context, id habilitation.ID) (uploadPlace, error) {
	if one, err := d.dossier(id); err == nil {
		return uploadPlace{dossier: &one}, nil
	}
	found, err := d.find(ctx, id)
	return uploadPlace{draft: found}, err
}

// shows reports whether the agent sees an upload into the place.
func (p uploadPlace) shows(d *Desk, u *upload) bool {
	return p.dossier == nil || u.By == d.badge.Agent()
}

// opens reports why nothing may be sent into the place now; nil when something may.
func (p uploadPlace) opens(d *Desk, id habilitation.ID) error {
	switch {
	case p.dossier != nil:
		_, err := d.house.Folds.Dossiers.AddFile(d.house.Folds.Register, d.badge.Agent(), dossier.FileAdded{Dossier: id})
		return refusalOf(err)
	case p.draft.review:
		return refuse(NotMandated, "")
	case d.house.onItsWay(id):
		return refuse(Conflict, "draft-in-circuit")
	}
	return nil
}

// faults is what is wrong with an announcement because of the place that it names.
func (p uploadPlace) faults(d *Desk, form UploadForm) []Fault {
	if p.dossier == nil {
		return nil
	}
	if len(p.dossier.Files) >= maxDossierParts {
		return []Fault{{Field: "name", Key: "dossier-full", Args: map[string]string{"max": strconv.Itoa(maxDossierParts)}}}
	}
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	f.m.Level = levelOfFile(form.Level, p.dossier.Level)
	if f.m.Level > p.dossier.Level {
		f.fault("level", "above-dossier")
	}
	f.inClear("name", fileName(form.Name))
	return f.faults
}

// files is how many files stand in a draft already; a dossier has room of its own.
func (p uploadPlace) files() int {
	if p.dossier != nil {
		return 0
	}
	return len(p.draft.Form.Attachments)
}

// levelOfFile is the level announced for a file, else that of the dossier.
func levelOfFile(announced string, dossier habilitation.Level) habilitation.Level {
	if level, err := habilitation.ParseLevel(announced); err == nil {
		return level
	}
	return dossier
}

// putInDossier makes an inspected upload one of a dossier's files, in the name of who sent it, with their rights as they are now.
func (c *Chancery) putInDossier(ctx context.Context, u upload, file FormAttachment) (*Fault, error) {
	digest, err := digestFrom(file.SHA512, file.Size)
	if err != nil {
		return nil, err
	}
	place, _ := c.Folds.Dossiers.Find(u.Draft)
	if fault := c.fileInClear("attachments", levelOfFile(u.Level, place.Level), fileName(u.Name), file); fault != nil {
		return fault, nil
	}
	err = refusalOf(c.enact(ctx, u.By, func() ([]habilitation.Act, error) {
		one, known := c.Folds.Dossiers.Find(u.Draft)
		if slices.ContainsFunc(one.Files, func(there dossier.File) bool { return there.ID == u.ID }) {
			return nil, nil // put there before the power failed
		}
		if agent, _ := c.Folds.Register.Agent(u.By); !known || agent.Disabled || agent.Level < one.Level {
			return nil, errUnknown
		}
		if len(one.Files) >= maxDossierParts {
			return nil, dossierFull("attachments", maxDossierParts)
		}
		act, err := c.Folds.Dossiers.AddFile(c.Folds.Register, u.By, dossier.FileAdded{Dossier: one.ID, File: u.ID, Level: levelOfFile(u.Level, one.Level), Name: fileName(u.Name),
			Type: file.Type, Size: file.Size, SHA512: file.SHA512})
		if err != nil {
			return nil, err
		}
		return []habilitation.Act{act}, c.Vault.Retain(ctx, digest)
	}))
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Cause == Busy {
		return nil, err
	}
	return &Fault{Field: "attachments", Key: "file-dossier-shut", Args: map[string]string{"name": fileName(u.Name)}}, nil
}
