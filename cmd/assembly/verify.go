package assembly

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"

	"chancery/archive"
	"chancery/correspondence"
)

// Stage names a part of a verification, for whoever shows how far it is.
type Stage string

// The stages of Verify, in their order.
const (
	StageJournal  Stage = "journal"
	StageMessages Stage = "messages"
	StageReadings Stage = "readings"
	StageIndex    Stage = "index"
)

// VerifyOptions say how a house is verified.
type VerifyOptions struct {
	Report   func(archive.Problem)                      // is told every problem
	Progress func(stage Stage, done, total archive.Seq) // nil: nobody is told
	Witness  [][]byte                                   // signed checkpoints that were kept elsewhere
}

// Verify reads everything again: the journals with their chain, trees and keys, every payload, every attachment cited, every signature, and
// whether the folds and the index say what the journal says. Its error says that it could not finish.
func (h *House) Verify(ctx context.Context, o VerifyOptions) error {
	progress := func(stage Stage) func(done, total archive.Seq) {
		return func(done, total archive.Seq) {
			if o.Progress != nil {
				o.Progress(stage, done, total)
			}
		}
	}
	key, _ := h.Sealery.CheckpointKey().Public().(ed25519.PublicKey)
	var main, noted archive.Chain
	messages := correspondence.Examination{Journal: h.Journal, Verifier: archive.NewVerifier(h.Sealery.Roots()), Held: h.Chancery.Folds, Progress: progress(StageMessages)}
	err := archive.Verify(ctx, archive.Verification{Name: "journal", Journal: h.Journal, Trees: h.Trees, Origin: h.Config.origin(), Key: key,
		Engines: append(examiners(h.Journal), messages), Vault: h.Vault, Cited: correspondence.Cited, Chain: &main, Witnessed: o.Witness, Progress: progress(StageJournal)}, o.Report)
	if err != nil {
		return err
	}
	err = archive.Verify(ctx, archive.Verification{Name: "readings", Journal: h.Readings, Engines: examiners(h.Readings), Chain: &noted, Progress: progress(StageReadings)}, o.Report)
	if err != nil {
		return err
	}
	archive.VerifyCitations(&main, &noted, o.Report)
	for _, part := range slices.Concat(examiners(h.Keys), examiners(h.Store), examiners(h.Credentials)) {
		if err := part.Examine(ctx, o.Report); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	if why := h.Index.SetAside(); why != nil {
		o.Report(archive.Problem{Where: "index", What: "it was set aside and made again: " + why.Error(), Information: true})
	}
	return h.verifyIndex(ctx, o.Report, progress(StageIndex))
}

// examiners is the engine itself where it checks what only it can see.
func examiners(part any) []archive.Examiner {
	if examiner, ok := part.(archive.Examiner); ok {
		return []archive.Examiner{examiner}
	}
	return nil
}

// verifyIndex compares the words index with the journal: how far it is, and that it holds every message once.
func (h *House) verifyIndex(ctx context.Context, report func(archive.Problem), progress func(done, total archive.Seq)) error {
	if err := h.Chancery.Settled(ctx); err != nil {
		return fmt.Errorf("verify index: %w", err)
	}
	held, err := h.Index.Held(ctx)
	if err != nil {
		return fmt.Errorf("verify index: %w", err)
	}
	total := archive.Seq(h.Chancery.Folds.Ledger.Count())
	done := archive.Seq(0)
	for id, seq := range h.Chancery.Folds.MessageIDs {
		if !held[uint64(seq)] {
			report(archive.Problem{Where: "index", Seq: seq, What: fmt.Sprintf("the words of message %s are not in it; reindex", id)})
		}
		delete(held, uint64(seq))
		if done++; done%1024 == 0 || done == total {
			progress(done, total)
		}
	}
	if len(held) > 0 {
		report(archive.Problem{Where: "index", What: fmt.Sprintf("it holds %d messages that the journal does not; reindex", len(held))})
	}
	return nil
}
