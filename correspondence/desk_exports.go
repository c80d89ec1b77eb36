package correspondence

import (
	"context"
	"fmt"
	"io"

	"chancery/archive"
	"chancery/habilitation"
)

// Sheet opens a message to print it.
func (d *Desk) Sheet(ctx context.Context, id habilitation.ID) (MessageView, error) {
	row, _, m, err := d.open(ctx, id, "sheet")
	if err != nil {
		return MessageView{}, err
	}
	return d.view(ctx, row, m)
}

// Evidence is a message with all that proves it, by one reading: what an export holds.
type Evidence struct {
	View        MessageView
	Original    []byte // the signed bytes, message/rfc822
	Signature   []byte // detached CAdES-T, DER
	Timestamp   []byte // the RFC 3161 token of the signature, DER
	Timestamped []byte // what the token covers
	Proof       []byte // that it stands in the tree of its level, in text form
	dispatch    *Dispatch
	vault       archive.Vault
}

// Export opens a message with everything that proves it, to be handed out together.
func (d *Desk) Export(ctx context.Context, id habilitation.ID) (*Evidence, error) {
	row, entry, m, err := d.open(ctx, id, "export")
	if err != nil {
		return nil, err
	}
	e := &Evidence{Original: m.Original, Signature: m.P7S, dispatch: m, vault: d.house.Vault}
	if e.View, err = d.view(ctx, row, m); err != nil {
		return nil, err
	}
	if e.Timestamp, err = archive.Token(m.P7S); err != nil {
		return nil, fmt.Errorf("export message %s: %w", id, err)
	}
	if e.Timestamped, err = archive.StampedBytes(m.P7S); err != nil {
		return nil, fmt.Errorf("export message %s: %w", id, err)
	}
	proof, err := d.house.Trees.Prove(ctx, entry.Tree, entry.Index)
	if err != nil {
		return nil, fmt.Errorf("export message %s: %w", id, err)
	}
	e.Proof, err = proof.MarshalText()
	return e, err
}

// File opens a file of the message exported, counted from 0; the caller closes it.
func (e *Evidence) File(ctx context.Context, n int) (io.ReadCloser, error) {
	a := e.dispatch.Attachments[n]
	file, err := e.vault.Open(ctx, archive.Digest{Sum: a.SHA512, Size: a.Size})
	if err != nil {
		return nil, fmt.Errorf("export attachment %d of %s: %w", n, e.View.ID, err)
	}
	return file, nil
}

// DossierMessages lists the messages of a dossier that the reader may see, newest first: what an export goes through, opening each.
func (d *Desk) DossierMessages(ctx context.Context, id habilitation.ID) (DossierPage, []habilitation.ID, error) {
	one, err := d.openDossier(ctx, id, "export")
	if err != nil {
		return DossierPage{}, nil, err
	}
	page := d.dossierParts(&one)
	unread, err := d.unreads(ctx)
	if err != nil {
		return DossierPage{}, nil, err
	}
	ids := []habilitation.ID{}
	for _, e := range d.dossierMessages(&one) {
		ids = append(ids, e.row.ID)
		if h, ok := d.headline(e.row, unread); ok {
			page.Items = append(page.Items, DossierMessage{Headline: h, AddedBy: d.house.Folds.agent(e.By), AddedAt: e.At})
		}
	}
	return page, ids, nil
}
