package correspondence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// holds carries out the words to sign that were given with a delay.
type holds struct{ *Chancery }

func (h holds) dueNext(time.Time) time.Time { return h.Folds.Circuits.DueNext() }

func (h holds) decideDue(ctx context.Context, now time.Time) error {
	var faults []error
	for _, draft := range h.Folds.Circuits.Due(now) {
		if err := h.carryOut(ctx, draft); err != nil {
			faults = append(faults, fmt.Errorf("carry out the word to sign draft %s: %w", draft.ID, err))
		}
	}
	return errors.Join(faults...)
}

// carryOut releases a held draft in the name of who gave the word, with the rights that they have now. What is refused is taken back by the
// house, with its reason, and who gave the word is told; what the house cannot do at the moment stays due.
func (h holds) carryOut(ctx context.Context, draft circuit.Draft) error {
	frozen, err := h.frozen(ctx, draft.Origin, draft.ID, draft.Hold.Digest)
	if errors.Is(err, ErrNotThere) {
		return h.takeBack(ctx, draft, "text-gone")
	}
	if err != nil {
		return err
	}
	badge, err := h.Authority.BadgeFor(draft.Hold.By, draft.Hold.Terminal)
	if errors.Is(err, habilitation.ErrNotAdmitted) {
		return h.takeBack(ctx, draft, string(NotAdmitted))
	}
	if err != nil {
		return err
	}
	r := &release{badge: badge, hold: draft.Hold, whose: AsReviewed,
		draft: Draft{ID: draft.ID, Form: frozen.Form, Agent: badge.Agent(), Ceiling: badge.Level(), Begun: frozen.Begun}}
	if draft.Hold.Own {
		r.whose = AsOwn
	}
	dispatch, err := h.decide(ctx, r)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Cause != Busy {
		return h.takeBack(ctx, draft, reasonKey(refusal))
	}
	if err != nil {
		return err
	}
	return h.clearHeld(context.WithoutCancel(ctx), draft, frozen.Form, dispatch)
}

// reasonKey is the key that tells best why something was refused.
func reasonKey(r *Refusal) string {
	switch {
	case len(r.Faults) > 0:
		return r.Faults[0].Key
	case r.Key != "":
		return r.Key
	}
	return string(r.Cause)
}

// takeBack undoes a word that could not be carried out, unless it was undone already.
func (h holds) takeBack(ctx context.Context, draft circuit.Draft, reason string) error {
	return h.enact(ctx, 0, func() ([]habilitation.Act, error) {
		now, known := h.Folds.Circuits.Draft(draft.ID)
		if !known || now.Hold == nil || !now.Hold.At.Equal(draft.Hold.At) {
			return nil, nil
		}
		act, err := h.Folds.Circuits.Unhold(draft.ID, reason)
		return []habilitation.Act{act}, err
	})
}

// clearHeld takes a released draft off the desk that it lies on: the group's, or that of who gave the word.
func (h holds) clearHeld(ctx context.Context, draft circuit.Draft, released Form, dispatch *Dispatch) error {
	ownEdit := dispatch != nil && dispatch.OwnEdit
	for _, owner := range []Owner{OwnerAudience(draft.Origin), OwnerAgent(draft.Hold.By)} {
		err := h.putAway(ctx, owner, draft.ID, released, ownEdit)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNotThere) {
			h.Log.Warn("released draft left on the desk", "draft", draft.ID.String(), "why", err.Error())
		}
	}
	if ownEdit {
		return nil
	}
	return h.Store.Remove(ctx, OwnerAudience(draft.Origin), Shelf(shelfVersions+draft.ID.String()))
}
