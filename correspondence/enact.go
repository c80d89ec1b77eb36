package correspondence

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"chancery/archive"
	"chancery/habilitation"
)

// enactment is a list of acts that are decided together.
type enactment struct {
	by     habilitation.AgentID
	decide func() ([]habilitation.Act, error)
}

// Enact appends acts in the house's own name or an agent's, all or none, each checked against the state that those before it make.
// It asks for no badge: cmd uses it to set a house up, and the Desk after it has asked for the mandate.
func (c *Chancery) Enact(ctx context.Context, by habilitation.AgentID, acts ...habilitation.Act) error {
	return c.enact(ctx, by, func() ([]habilitation.Act, error) { return acts, nil })
}

// enact decides inside the deciding goroutine, so that whatever the function reads is the state at head.
func (c *Chancery) enact(ctx context.Context, by habilitation.AgentID, decide func() ([]habilitation.Act, error)) error {
	return c.submit(&command{ctx: ctx, acts: &enactment{by: by, decide: decide}})
}

// decideActs runs in the deciding goroutine.
func (c *Chancery) decideActs(cmd *command) error {
	acts, err := cmd.acts.decide()
	if err != nil || len(acts) == 0 {
		return err
	}
	if err := c.checkActs(cmd.acts.by, acts); err != nil {
		return err
	}
	drafts, err := c.draftActs(cmd.acts.by, acts)
	if err != nil {
		return err
	}
	receipts, err := c.append(drafts)
	if err != nil {
		return err
	}
	c.folding.Lock()
	defer c.folding.Unlock()
	for i, act := range acts {
		h := archive.Header{Seq: receipts[i].Seq, Time: drafts[i].Time, Actor: drafts[i].Actor}
		if err := c.Folds.apply(h, act); err != nil {
			return c.fail(fmt.Errorf("fold %s: %w", act.Kind(), err))
		}
	}
	c.Folds.foldedThrough(c.head.Seq)
	c.handover.put(receipts[0].Seq-1, c.head.Seq, nil)
	c.arrived.announce()
	return nil
}

// checkActs refuses what the state at head contradicts. One act is asked of the folds themselves, several are tried on a copy.
func (c *Chancery) checkActs(by habilitation.AgentID, acts []habilitation.Act) error {
	if len(acts) == 1 {
		return c.Folds.check(acts[0])
	}
	trial, err := c.Folds.copyOfRights()
	if err != nil {
		return err
	}
	for _, act := range acts {
		if err := trial.apply(archive.Header{Time: c.lastAt, Actor: by}, act); err != nil {
			return fmt.Errorf("check %s: %w", act.Kind(), err)
		}
	}
	return nil
}

// copyOfRights copies what acts that are decided together may be about.
func (f *Folds) copyOfRights() (*Folds, error) {
	trial := NewFolds()
	for from, to := range map[fold]fold{f.Register: trial.Register, f.Thesaurus: trial.Thesaurus, f.Declarations: trial.Declarations, f.Circuits: trial.Circuits, f.Dossiers: trial.Dossiers, f.Gate: trial.Gate, f.Keeping: trial.Keeping} {
		var b bytes.Buffer
		if err := errors.Join(from.Snapshot(&b), to.Restore(&b)); err != nil {
			return nil, fmt.Errorf("copy the folds: %w", err)
		}
	}
	return trial, nil
}

func (c *Chancery) draftActs(by habilitation.AgentID, acts []habilitation.Act) ([]archive.Draft, error) {
	at := c.now()
	drafts := make([]archive.Draft, len(acts))
	for i, act := range acts {
		version, payload, err := c.Folds.familyOf(act).acts.Encode(act)
		if err != nil {
			return nil, err
		}
		drafts[i] = archive.Draft{ID: c.NewID(payload), Kind: act.Kind(), Version: version, Actor: by, Tree: archive.TreeActs, Time: at, Payload: payload}
	}
	return drafts, nil
}
