package correspondence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// FormStep is the reviewers who are asked at the same time, as the pen writes them.
type FormStep struct {
	Agents []string `json:"agents,omitempty" validate:"max=50,dive,max=100"` // logins
	Groups []string `json:"groups,omitempty" validate:"max=50,dive,max=100"` // keys: one of the group's signatories gives the visa in its name
	Any    bool     `json:"any,omitempty"`                                   // one of them is enough; default: all
}

// Submission asks for visas on a draft.
type Submission struct {
	Steps   []FormStep `json:"steps,omitempty" validate:"max=20,dive"` // in order; without any, those that the group demands
	Comment string     `json:"comment,omitempty" validate:"max=10000"`
}

// Opinion is a reviewer's visa on the text that they have before them.
type Opinion struct {
	Digest  string `json:"digest" validate:"max=64"`                                    // of the content, as the circuit names it
	Verdict string `json:"verdict,omitempty" validate:"max=20" enum:"approved,remarks"` // approved (default) or remarks
	Comment string `json:"comment,omitempty" validate:"max=10000"`                      // needed by remarks
}

// anAct hands a decided act on without its type; unlike act, an agent without the mandate is told so.
func anAct[A habilitation.Act](decided A, err error) (habilitation.Act, error) { return decided, err }

// writing finds a draft for one of its writers; a reviewer has not the mandate.
func (d *Desk) writing(ctx context.Context, id habilitation.ID, version uint64) (foundDraft, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return found, d.gone(id, err)
	}
	if found.review {
		return found, refuse(NotMandated, "")
	}
	if version != 0 && version != found.version {
		return found, refuse(Conflict, "draft-changed")
	}
	return found, nil
}

// Submit asks for visas on the text that stands, which is frozen for it; a personal draft is shared with that, and stays personal when it is
// refused. A draft with faults is not submitted, but for those that only hinder a signature.
func (d *Desk) Submit(ctx context.Context, id habilitation.ID, version uint64, asked Submission) (DraftView, error) {
	found, err := d.writing(ctx, id, version)
	if err != nil {
		return DraftView{}, err
	}
	if s := found.state; s != nil && s.State != circuit.Drafting {
		return DraftView{}, refusalOf(notSubmitted(s.State))
	}
	steps, faults := d.steps(asked.Steps)
	comment, tooLong := d.remark(asked.Comment)
	_, unfit := d.digestOf(d.draftOf(found))
	if err := allFaults(unfit, faultList(faults).refusal(), tooLong); err != nil {
		return DraftView{}, err
	}
	shared, err := d.toShare(ctx, found)
	if err != nil {
		return DraftView{}, err
	}
	if err := d.submit(ctx, found, &shared, steps, comment); err != nil {
		return DraftView{}, err
	}
	if stands, err := d.find(ctx, id); err == nil && stands.version != shared.version { // saved while it was being submitted
		if err := d.afterEdit(ctx, &stands); err != nil {
			return DraftView{}, err
		}
	}
	return d.again(ctx, id)
}

// notSubmitted is why a draft in that state is not submitted.
func notSubmitted(state circuit.State) error {
	switch state {
	case circuit.Abandoned:
		return circuit.ErrAbandoned
	case circuit.Held:
		return circuit.ErrHeld
	}
	return circuit.ErrInCircuit
}

// again shows a draft after something was decided about it.
func (d *Desk) again(ctx context.Context, id habilitation.ID) (DraftView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return DraftView{}, err
	}
	return d.foundView(ctx, found)
}

// withFaults adds faults to a refusal of a form, if that is what the error is.
func withFaults(err error, more []Fault) error {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Cause == Invalid {
		return &Refusal{Cause: Invalid, Faults: append(slices.Clone(refusal.Faults), more...)}
	}
	if err == nil && len(more) > 0 {
		return &Refusal{Cause: Invalid, Faults: more}
	}
	return err
}

// submit decides twice: before anything is kept or shared, so that a refused submission changes nothing, and for good with everything as it is
// at head.
func (d *Desk) submit(ctx context.Context, found foundDraft, shared *foundDraft, steps []circuit.Step, comment string) error {
	digest, err := d.digestOf(d.drafted(shared.id, shared.Form))
	if err != nil {
		return err
	}
	asked := circuit.DraftSubmitted{Draft: shared.id, Origin: shared.group, Digest: digest, Steps: steps, Comment: comment}
	if _, err := d.submitted(d.badge.Agent(), asked, shared.Form); err != nil {
		return refusalOf(err)
	}
	if err := d.house.freeze(ctx, shared.group, shared.id, digest, shared.savedDraft); err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		act, err := d.submitted(by, asked, shared.Form)
		if err != nil {
			return nil, err
		}
		return act, d.move(ctx, found, shared)
	})
}

// submitted decides a submission, with names and rights as they are now.
func (d *Desk) submitted(by habilitation.AgentID, act circuit.DraftSubmitted, form Form) (habilitation.Act, error) {
	now, err := d.digestOf(d.drafted(act.Draft, form))
	if err != nil {
		return nil, err
	}
	if d.house.Folds.Ledger.has(act.Draft) {
		return nil, refuse(Conflict, "draft-released")
	}
	if act.Level, err = habilitation.ParseLevel(form.Level); err != nil || now != act.Digest {
		return nil, refuse(Conflict, "draft-changed")
	}
	act, err = d.house.Folds.Circuits.Submit(by, act, form.Kind)
	if errors.Is(err, circuit.ErrRule) {
		return nil, invalid("steps", "rule-demands-more", "steps", d.stepsInWords(d.house.Folds.Circuits.Rule(act.Origin, form.Kind), form.Language))
	}
	if err != nil {
		return nil, err
	}
	return d.inClear(act.Level)(act, d.cleared(act.Steps, act.Level))
}

// stepsInWords names the reviewers of steps in their order: those of one step together, with a stroke between those of whom one is enough.
func (d *Desk) stepsInWords(steps []circuit.Step, language string) string {
	words := make([]string, len(steps))
	for i, step := range steps {
		names := make([]string, len(step.Reviewers))
		for j, r := range step.Reviewers {
			if names[j] = d.house.Folds.agent(r.Agent).Name; r.Audience != 0 {
				group, _ := d.house.Folds.Register.Audience(r.Audience)
				names[j] = group.Name.In(language)
			}
		}
		between := " / "
		if step.All {
			between = " + "
		}
		words[i] = strings.Join(names, between)
	}
	return strings.Join(words, " → ")
}

// cleared refuses reviewers who could not read what they are asked about.
func (d *Desk) cleared(steps []circuit.Step, level habilitation.Level) error {
	var faults []Fault
	for i, step := range steps {
		field := fmt.Sprintf("steps[%d]", i)
		for _, r := range step.Reviewers {
			if agent, known := d.house.Folds.Register.Agent(r.Agent); known && (agent.Level < level || agent.Disabled) {
				faults = append(faults, Fault{Field: field, Key: "agent-not-cleared", Args: map[string]string{"agent": agent.Name}})
			}
			if group, known := d.house.Folds.Register.Audience(r.Audience); known && group.Level < level {
				faults = append(faults, Fault{Field: field, Key: "group-not-cleared", Args: map[string]string{"group": group.Name.FR}})
			}
		}
	}
	if len(faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: faults}
	}
	return nil
}

// steps resolves reviewers; every name that nobody bears is a fault.
func (d *Desk) steps(form []FormStep) (steps []circuit.Step, faults []Fault) {
	for i, s := range form {
		step := circuit.Step{All: !s.Any}
		add := func(field, name, unknown string, r circuit.Reviewer, known bool) {
			switch {
			case !known:
				faults = append(faults, Fault{Field: field, Key: unknown, Args: map[string]string{"value": name}})
			case slices.Contains(step.Reviewers, r):
				faults = append(faults, Fault{Field: field, Key: "twice", Args: map[string]string{"value": name}})
			default:
				step.Reviewers = append(step.Reviewers, r)
			}
		}
		for j, login := range s.Agents {
			agent, known := d.house.Folds.Register.AgentByLogin(login)
			add(fmt.Sprintf("steps[%d].agents[%d]", i, j), login, "agent-unknown", circuit.Reviewer{Agent: agent.ID}, known && !agent.Disabled)
		}
		for j, key := range s.Groups {
			group, known := d.house.Folds.Register.AudienceByKey(key)
			add(fmt.Sprintf("steps[%d].groups[%d]", i, j), key, "group-unknown", circuit.Reviewer{Audience: group.ID}, known)
		}
		if len(s.Agents)+len(s.Groups) == 0 {
			faults = append(faults, Fault{Field: fmt.Sprintf("steps[%d]", i), Key: "missing"})
		}
		steps = append(steps, step)
	}
	return steps, faults
}

// remark cleans a comment; it has the bounds of a reason.
func (d *Desk) remark(text string) (string, error) {
	return textOf("comment", text)
}

// ReturnDraft sends a text back to who writes it: a reviewer whose visa is asked refuses it so, or a signatory of the origin who is to sign it.
// The digest is that of the text that the agent has before them; the reason goes to everybody who had a hand in it.
func (d *Desk) ReturnDraft(ctx context.Context, id habilitation.ID, digest, reason string) error {
	text, badDigest := circuit.ParseDigest(digest)
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		as, err := d.reviewer(id)
		if err != nil {
			return nil, err
		}
		state, _ := d.house.Folds.Circuits.Draft(id)
		if state.State == circuit.ToSign && d.maySign(state.Origin, state.Level) {
			return d.inClear(state.Level)(anAct(d.house.Folds.Circuits.ReturnToWriters(id, reason)))
		}
		if badDigest != nil {
			return nil, invalid("digest", "missing")
		}
		return d.inClear(state.Level)(anAct(d.house.Folds.Circuits.ReturnAsReviewer(id, by, text, reason, as)))
	})
	return d.explained(ctx, err, id, text)
}

// Reopen takes a draft back from its reviewers, or from who is to sign it, to go on writing; the visas given are void.
func (d *Desk) Reopen(ctx context.Context, id habilitation.ID) (DraftView, error) {
	if _, err := d.writing(ctx, id, 0); err != nil {
		return DraftView{}, err
	}
	err := d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		if state, known := d.house.Folds.Circuits.Draft(id); !known || !d.mayWrite(state.Origin) {
			return nil, errUnknown
		}
		return anAct(d.house.Folds.Circuits.Reopen(id, circuit.Withdrawn))
	})
	if err != nil {
		return DraftView{}, err
	}
	return d.again(ctx, id)
}

// Abandon ends a shared draft for good, with its reason. The text stays to be read by its writers until one of them throws it away.
func (d *Desk) Abandon(ctx context.Context, id habilitation.ID, reason string) error {
	found, err := d.writing(ctx, id, 0)
	if err != nil {
		return err
	}
	if found.group == 0 {
		return refuse(Conflict, "draft-not-shared")
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	level, err := habilitation.ParseLevel(found.Form.Level)
	if err != nil {
		level = found.Typed // no level yet: that of the session that it was typed in
	}
	return d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		if !d.mayWrite(found.group) {
			return nil, errUnknown
		}
		return d.inClear(level)(anAct(d.house.Folds.Circuits.Abandon(circuit.DraftAbandoned{Draft: id, Origin: found.group, Level: level, Reason: reason})))
	})
}

// CircuitOf is where a draft stands on its way, for who writes it and for its reviewers.
func (d *Desk) CircuitOf(_ context.Context, id habilitation.ID) (CircuitView, error) {
	state, known := d.house.Folds.Circuits.Draft(id)
	if !known || state.Level > d.badge.Level() || !d.takesPart(&state) {
		return CircuitView{}, errUnknown
	}
	return *d.circuitView(&state), nil
}

// takesPart reports whether the agent has a hand in a draft's way: writes for its origin, holds it, or is or was one of its reviewers.
func (d *Desk) takesPart(s *circuit.Draft) bool {
	_, gave := s.LastVisa(d.badge.Agent())
	return gave || d.mayWrite(s.Origin) || s.Reviews(d.actsAs(s.Level)) || s.Hold != nil && s.Hold.By == d.badge.Agent()
}

// isUnknown reports whether an error says that something does not exist, or not for this reader.
func isUnknown(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Cause == Unknown
}
