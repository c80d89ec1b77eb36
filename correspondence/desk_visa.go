package correspondence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// Visa gives a visa on the text that the agent has before them, signed with their own certificate. When the round is about another text by now,
// it is refused, and the refusal shows the difference.
func (d *Desk) Visa(ctx context.Context, id habilitation.ID, given Opinion) (CircuitView, error) {
	digest, verdict, comment, err := d.opinion(given)
	if err != nil {
		return CircuitView{}, err
	}
	if err := d.proved(); err != nil {
		return CircuitView{}, err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		as, err := d.reviewer(id)
		if err != nil {
			return nil, err
		}
		state, _ := d.house.Folds.Circuits.Draft(id)
		act, err := d.house.Folds.Circuits.Visa(id, by, digest, verdict, comment, as)
		if _, err := d.inClear(state.Level)(act, err); err != nil {
			return nil, err
		}
		act.Signature, err = d.signVisa(act)
		return act, err
	})
	if err != nil {
		return CircuitView{}, d.explained(ctx, err, id, digest)
	}
	return d.CircuitOf(ctx, id)
}

func (d *Desk) opinion(given Opinion) (circuit.Digest, circuit.Verdict, string, error) {
	var faults []Fault
	digest, err := circuit.ParseDigest(given.Digest)
	if err != nil {
		faults = append(faults, Fault{Field: "digest", Key: "missing"})
	}
	verdict := circuit.Verdict(given.Verdict)
	if verdict == "" {
		verdict = circuit.Approved
	}
	if !verdict.Valid() {
		faults = append(faults, noChoice("verdict", given.Verdict, string(circuit.Approved), string(circuit.ApprovedWithRemarks)))
	}
	comment, err := d.remark(given.Comment)
	if verdict == circuit.ApprovedWithRemarks && comment == "" && err == nil {
		faults = append(faults, Fault{Field: "comment", Key: "missing"})
	}
	if err = withFaults(err, faults); err != nil {
		return digest, verdict, comment, err
	}
	return digest, verdict, comment, nil
}

// reviewer tells what the agent may speak as in the circuit of a draft; one above the session is unknown to it.
func (d *Desk) reviewer(id habilitation.ID) (circuit.ActsAs, error) {
	state, known := d.house.Folds.Circuits.Draft(id)
	if !known || state.Level > d.badge.Level() {
		return nil, errUnknown
	}
	return d.actsAs(state.Level), nil
}

func (d *Desk) signVisa(act circuit.VisaGiven) ([]byte, error) {
	ctx := context.Background()
	signer, err := d.house.Seals.SignerFor(ctx, d.badge.Agent(), d.house.Folds.person(d.badge.Agent()).Name)
	if err != nil {
		return nil, fmt.Errorf("sign visa: %w", err)
	}
	text := circuit.VisaText(act.Draft, act.Round, act.Digest, act.Verdict, act.Comment)
	p7s, err := archive.SignDetached(ctx, text, signer, d.house.Seals.Stamper(), d.house.Clock())
	if err != nil {
		return nil, fmt.Errorf("sign visa: %w", err)
	}
	return p7s, nil
}

// explained adds, to the refusal of a visa on a text that has changed, what differs between the text that the reviewer knew and the one that
// stands now; only a text that they were asked about once can be shown. While it is in the hands of those who write it, who does not learns by
// whom it was taken back, and when.
func (d *Desk) explained(ctx context.Context, err error, id habilitation.ID, knew circuit.Digest) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	state, known := d.house.Folds.Circuits.Draft(id)
	back := known && state.Ending != nil && (state.Ending.Why == string(circuit.Edited) || state.Ending.Why == string(circuit.Withdrawn))
	closed := refusal.Key == "round-closed"
	if refusal.Key != "changed-since-visas" && (!closed || !back) {
		return err
	}
	found, unseen := d.find(ctx, id)
	if unseen != nil {
		if back && d.takesPart(&state) {
			return &Refusal{Cause: Conflict, Key: "text-taken-back", Faults: []Fault{{Field: "digest", Key: "taken-back", Args: map[string]string{
				"agent": d.house.Folds.agent(state.Ending.By).Name, "at": state.Ending.At.UTC().Format(time.RFC3339)}}}}
		}
		return err
	}
	view := d.draftView(found)
	out := &Refusal{Cause: Conflict, Key: "visa-text-changed", Stands: &view}
	if before, err := d.house.frozen(ctx, found.state.Origin, id, knew); err == nil && d.mayOpen(before) {
		out.Difference = compareForms(before.Form, found.Form)
	}
	if closed && len(out.Difference) == 0 {
		return err
	}
	return out
}
