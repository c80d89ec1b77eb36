package correspondence

import (
	"context"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// DefaultHold is how long the page holds a word to sign before it is carried out, so that it may be taken back.
const DefaultHold = 30 * time.Second

// maxHold bounds it.
const maxHold = time.Hour

// SignView is what became of a word to sign: it is held, or carried out.
type SignView struct {
	State   string       `json:"state" enum:"held,released"` // held, released
	Hold    *HoldView    `json:"hold,omitempty"`
	Message *MessageView `json:"message,omitempty"`
}

// Sign gives the agent's word to sign a draft: it is carried out when the hold is over, and not before the moment that the draft itself names,
// and may be taken back until then; nothing is numbered before. Without a hold it is carried out at once.
func (d *Desk) Sign(ctx context.Context, id habilitation.ID, version uint64, hold time.Duration, whose Whose) (SignView, error) {
	if hold < 0 || hold > maxHold {
		return SignView{}, invalid("hold_seconds", "unknown-choice", "value", hold.String(), "choices", "0s – "+maxHold.String())
	}
	found, err := d.writing(ctx, id, version)
	if err != nil {
		message, err := d.released(ctx, id, err)
		return SignView{State: "released", Message: &message}, err
	}
	if err := d.provedFor(d.draftOf(found)); err != nil {
		return SignView{}, err
	}
	now := d.house.Clock()
	message, faults := d.draftOf(found).finish(d.house.directory(d.badge, now))
	if len(faults) > 0 {
		return SignView{}, &Refusal{Cause: Invalid, Faults: faults}
	}
	until := now.Add(hold)
	if message.NotBefore.After(until) {
		until = message.NotBefore
	}
	if !until.After(now) {
		view, err := d.releaseSaved(ctx, id, found.version, whose)
		return SignView{State: "released", Message: &view}, err
	}
	if err := d.hold(ctx, found, message, until, whose); err != nil {
		return SignView{}, err
	}
	state, _ := d.house.Folds.Circuits.Draft(id)
	return SignView{State: "held", Hold: d.circuitView(&state).Hold}, nil
}

// hold freezes the text and gives the word to sign it when the moment comes, decided with the rights and the visas as they are at head; and once
// before, so that a refused word keeps nothing.
func (d *Desk) hold(ctx context.Context, found foundDraft, message *Message, until time.Time, whose Whose) error {
	digest := circuit.Digest(contentDigest(composeContent(message)))
	decide := func(habilitation.AgentID) (habilitation.Act, error) { return d.held(found, digest, until, whose) }
	if _, err := decide(d.badge.Agent()); err != nil {
		return refusalOf(err)
	}
	if err := d.house.freeze(ctx, message.Origin.Audience, found.id, digest, found.savedDraft); err != nil {
		return err
	}
	return d.enact(ctx, decide)
}

func (d *Desk) held(found foundDraft, digest circuit.Digest, until time.Time, whose Whose) (habilitation.Act, error) {
	now, faults := d.drafted(found.id, found.Form).finish(d.house.directory(d.badge, d.house.Clock()))
	if len(faults) > 0 {
		return nil, &Refusal{Cause: Invalid, Faults: faults}
	}
	if d.house.Folds.Ledger.has(found.id) {
		return nil, refuse(Conflict, "draft-released")
	}
	s := d.house.signing(now, whose)
	if s.Digest != digest {
		return nil, refuse(Conflict, "draft-changed")
	}
	act := circuit.DraftHeld{Draft: found.id, Origin: s.Origin, Level: now.Level, Digest: digest, Until: until, Terminal: d.badge.Terminal(), Own: whose == AsOwn}
	if now.OnBehalf != nil {
		act.For = now.OnBehalf.Agent
	}
	return anAct(d.house.Folds.Circuits.Hold(act, s.Message))
}

// Unhold takes back a word to sign: whoever gave it may, and whoever else signs for the group.
func (d *Desk) Unhold(ctx context.Context, id habilitation.ID) (DraftView, error) {
	if _, err := d.writing(ctx, id, 0); err != nil {
		return DraftView{}, d.tooLate(err, id)
	}
	err := d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		state, known := d.house.Folds.Circuits.Draft(id)
		if known && state.Hold != nil && state.Hold.By != by && !d.maySign(state.Origin, state.Level) {
			return nil, habilitation.ErrNotMandated
		}
		return anAct(d.house.Folds.Circuits.Unhold(id, ""))
	})
	if err != nil {
		return DraftView{}, d.tooLate(err, id)
	}
	return d.again(ctx, id)
}

// tooLate tells the agent who signed a message that it is released, when they would take their word back.
func (d *Desk) tooLate(otherwise error, id habilitation.ID) error {
	if h, ok := d.house.Folds.Ledger.headline(id); ok && h.signatory == d.badge.Agent() {
		return refuse(Conflict, "draft-released")
	}
	return otherwise
}
