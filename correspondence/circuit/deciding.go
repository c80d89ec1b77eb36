package circuit

import (
	"errors"
	"slices"
	"time"

	"chancery/habilitation"
)

// What a deciding function refuses.
var (
	// ErrUnknown: the draft is on no way, or not one that this agent has a part in.
	ErrUnknown = errors.New("not on its way")
	// ErrInCircuit: a round is open, or the draft is held; that comes first.
	ErrInCircuit = errors.New("a round is open")
	// ErrNotOpen: no round is open, so there is nothing to give a visa on, to send back or to take back.
	ErrNotOpen = errors.New("no round is open")
	// ErrChanged: the text is another than the one that the agent means, or than the one that has the visas.
	ErrChanged = errors.New("the text has changed")
	// ErrNotAsked: no visa of this agent is waited for now.
	ErrNotAsked = errors.New("no visa of the agent is waited for")
	// ErrOwnVisa: nobody gives a visa on what they submitted, nor two in one step.
	ErrOwnVisa = errors.New("no visa on one's own text")
	// ErrVisaMissing: a visa that the steps or the group's rule demand is not there.
	ErrVisaMissing = errors.New("a visa is missing")
	// ErrRule: the steps leave out a visa that the group's rule demands.
	ErrRule = errors.New("the group demands other visas")
	// ErrHeld: the draft is held; the word has to be taken back first.
	ErrHeld = errors.New("the draft is held")
	// ErrNotHeld: there is no word to take back.
	ErrNotHeld = errors.New("the draft is not held")
	// ErrAbandoned: the draft was abandoned.
	ErrAbandoned = errors.New("the draft was abandoned")
	// ErrSameRule: the group demands this already.
	ErrSameRule = errors.New("the rule stands already")
)

// Submit opens a round. The steps must hold every step of the group's rule, in its order; without any, the rule's own are taken.
func (c *Circuits) Submit(by habilitation.AgentID, act DraftSubmitted, message string) (DraftSubmitted, error) {
	rule := c.Rule(act.Origin, message)
	if len(act.Steps) == 0 {
		act.Steps = rule
	}
	if err := checkSteps(act.Steps); err != nil {
		return act, err
	}
	if !holdsRule(act.Steps, rule) {
		return act, ErrRule
	}
	for _, step := range act.Steps {
		if slices.Contains(step.Reviewers, Reviewer{Agent: by}) {
			return act, ErrOwnVisa
		}
	}
	act.Round = 1
	if d, known := c.Draft(act.Draft); known {
		switch {
		case d.State == Abandoned:
			return act, ErrAbandoned
		case d.State != Drafting || d.Origin != act.Origin:
			return act, ErrInCircuit
		}
		act.Round = d.Round + 1
	}
	return act, nil
}

// holdsRule reports whether the steps hold those of a rule in order: each with all its reviewers, and no easier to pass.
func holdsRule(steps, rule []Step) bool {
	at := 0
	for _, demanded := range rule {
		found := slices.IndexFunc(steps[at:], func(s Step) bool { return holdsStep(s, demanded) })
		if found < 0 {
			return false
		}
		at += found + 1
	}
	return true
}

func holdsStep(s, demanded Step) bool {
	if demanded.All {
		return (s.All || len(s.Reviewers) == 1) && !slices.ContainsFunc(demanded.Reviewers, func(r Reviewer) bool { return !slices.Contains(s.Reviewers, r) })
	}
	within := func(r Reviewer) bool { return slices.Contains(demanded.Reviewers, r) }
	if s.All {
		return slices.ContainsFunc(s.Reviewers, within)
	}
	return !slices.ContainsFunc(s.Reviewers, func(r Reviewer) bool { return !within(r) })
}

// ActsAs tells whether the agent who decides may speak as a reviewer now, and in whose stead when not in their own name.
type ActsAs func(Reviewer) (stead habilitation.AgentID, ok bool)

// Visa gives a visa on the text that the agent has before them. The signature is the caller's to add.
func (c *Circuits) Visa(id habilitation.ID, by habilitation.AgentID, text Digest, verdict Verdict, comment string, as ActsAs) (VisaGiven, error) {
	d, reviewer, stead, err := c.asked(id, by, text, as)
	if err != nil {
		return VisaGiven{}, err
	}
	step, _ := d.Asked()
	return VisaGiven{Draft: id, Round: d.Round, Digest: d.Digest, Step: step, Reviewer: reviewer, For: stead, Verdict: verdict, Comment: comment}, nil
}

// asked finds the reviewer that the agent answers for.
func (c *Circuits) asked(id habilitation.ID, by habilitation.AgentID, text Digest, as ActsAs) (d Draft, reviewer int, stead habilitation.AgentID, err error) {
	d, known := c.Draft(id)
	if !known || !d.Reviews(as) {
		return d, 0, 0, ErrUnknown
	}
	if d.State != InVisa {
		return d, 0, 0, ErrNotOpen
	}
	if d.Digest != text {
		return d, 0, 0, ErrChanged
	}
	step, waiting := d.Asked()
	if d.Submitter == by || slices.ContainsFunc(d.Given(), func(v Visa) bool { return v.Step == step && v.By == by }) {
		return d, 0, 0, ErrOwnVisa
	}
	for _, personal := range []bool{true, false} { // one's own name before the group's
		for _, j := range waiting {
			r := d.Steps[step].Reviewers[j]
			if stead, ok := as(r); ok && (r.Agent != 0) == personal && stead != d.Submitter {
				return d, j, stead, nil
			}
		}
	}
	return d, 0, 0, ErrNotAsked
}

// Reviews reports whether the agent is a reviewer of the last round that was opened, in whatever step.
func (d *Draft) Reviews(as ActsAs) bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool {
		return slices.ContainsFunc(s.Reviewers, func(r Reviewer) bool { _, ok := as(r); return ok })
	})
}

// Waits reports whether a visa of the agent is waited for now.
func (d *Draft) Waits(by habilitation.AgentID, as ActsAs) bool {
	step, waiting := d.Asked()
	if d.State != InVisa || d.Submitter == by || slices.ContainsFunc(d.Given(), func(v Visa) bool { return v.Step == step && v.By == by }) {
		return false
	}
	return slices.ContainsFunc(waiting, func(j int) bool {
		stead, ok := as(d.Steps[step].Reviewers[j])
		return ok && stead != d.Submitter
	})
}

// ReturnAsReviewer refuses a text whose visa is asked of the agent.
func (c *Circuits) ReturnAsReviewer(id habilitation.ID, by habilitation.AgentID, text Digest, reason string, as ActsAs) (DraftReturned, error) {
	d, _, _, err := c.asked(id, by, text, as)
	if err != nil {
		return DraftReturned{}, err
	}
	return returned(d, reason)
}

// ReturnToWriters sends back a text that has its visas; that the agent signs for the origin is the caller's to ask.
func (c *Circuits) ReturnToWriters(id habilitation.ID, reason string) (DraftReturned, error) {
	d, known := c.Draft(id)
	if !known {
		return DraftReturned{}, ErrUnknown
	}
	if d.State != ToSign {
		return DraftReturned{}, ErrNotOpen
	}
	return returned(d, reason)
}

func returned(d Draft, reason string) (DraftReturned, error) {
	if reason == "" {
		return DraftReturned{}, habilitation.ErrReasonMissing
	}
	return DraftReturned{Draft: d.ID, Round: d.Round, Digest: d.Digest, Reason: reason}, nil
}

// Reopen ends the open round, because the text was changed or taken back.
func (c *Circuits) Reopen(id habilitation.ID, why Why) (DraftReopened, error) {
	d, known := c.Draft(id)
	switch {
	case !known:
		return DraftReopened{}, ErrUnknown
	case d.State == Held:
		return DraftReopened{}, ErrHeld
	case d.State != InVisa && d.State != ToSign:
		return DraftReopened{}, ErrNotOpen
	}
	return DraftReopened{Draft: id, Round: d.Round, Why: why}, nil
}

// Signing is a text that is about to be signed.
type Signing struct {
	Draft   habilitation.ID
	Origin  habilitation.AudienceID
	Message string // its kind
	Digest  Digest
	Own     bool // the signatory takes a text upon them that differs from the one with the visas
}

// Bound reports whether anything stands between a text of the group and its signature; if not, its digest need not be known.
func (c *Circuits) Bound(id habilitation.ID, origin habilitation.AudienceID, message string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.drafts[id] != nil || len(c.rules[ruleKey{origin, message}]) > 0
}

// MaySign tells whether a text may be signed now: it is not abandoned, its round is complete and on this text or taken upon the signatory,
// and no visa that the group demands is missing. A held text is signed by carrying out the hold alone.
func (c *Circuits) MaySign(s Signing, carriedOut *Hold) error {
	d, known := c.Draft(s.Draft)
	if known {
		switch {
		case d.State == Abandoned:
			return ErrAbandoned
		case d.State == InVisa:
			return ErrVisaMissing
		case d.State == Held && (carriedOut == nil || !d.Hold.same(carriedOut)):
			return ErrHeld
		case d.live() && d.Digest != s.Digest && !s.Own:
			return ErrChanged
		}
	}
	if carriedOut != nil && (!known || d.State != Held || d.Hold.Digest != s.Digest) {
		return ErrChanged
	}
	if len(c.Missing(s, d)) > 0 {
		return ErrVisaMissing
	}
	return nil
}

func (h *Hold) same(other *Hold) bool {
	return h.By == other.By && h.At.Equal(other.At) && h.Digest == other.Digest && h.Until.Equal(other.Until)
}

// Missing are the steps of the group's rule that the draft's visas do not satisfy.
func (c *Circuits) Missing(s Signing, d Draft) (missing []Step) {
	for _, step := range c.Rule(s.Origin, s.Message) {
		count := 0
		for _, r := range step.Reviewers {
			if d.live() && d.visaOf(r) {
				count++
			}
		}
		if count == 0 || step.All && count < len(step.Reviewers) {
			missing = append(missing, step)
		}
	}
	return missing
}

func (d *Draft) visaOf(r Reviewer) bool {
	return slices.ContainsFunc(d.Given(), func(v Visa) bool { return d.Steps[v.Step].Reviewers[v.Reviewer] == r })
}

// Hold gives the word to sign. That the agent may sign is the caller's to ask.
func (c *Circuits) Hold(act DraftHeld, message string) (DraftHeld, error) {
	s := Signing{Draft: act.Draft, Origin: act.Origin, Message: message, Digest: act.Digest, Own: act.Own}
	if err := c.MaySign(s, nil); err != nil {
		return act, err
	}
	act.Until = act.Until.UTC().Truncate(time.Microsecond)
	return act, nil
}

// Unhold takes the word back.
func (c *Circuits) Unhold(id habilitation.ID, reason string) (DraftUnheld, error) {
	d, known := c.Draft(id)
	if !known || d.State != Held {
		return DraftUnheld{}, ErrNotHeld
	}
	return DraftUnheld{Draft: id, Reason: reason}, nil
}

// Abandon ends a draft for good, with its reason.
func (c *Circuits) Abandon(act DraftAbandoned) (DraftAbandoned, error) {
	d, known := c.Draft(act.Draft)
	switch {
	case act.Reason == "":
		return act, habilitation.ErrReasonMissing
	case known && d.State == Held:
		return act, ErrHeld
	case known && d.State == Abandoned:
		return act, ErrAbandoned
	}
	return act, nil
}

// SetRule says which visas a group demands; without steps it demands none. That the agent directs the group is the caller's to ask.
func (c *Circuits) SetRule(act RuleSet) (RuleSet, error) {
	if len(act.Steps) > 0 {
		if err := checkSteps(act.Steps); err != nil {
			return act, err
		}
	}
	if slices.EqualFunc(act.Steps, c.Rule(act.Audience, act.Message), func(a, b Step) bool {
		return a.All == b.All && slices.Equal(a.Reviewers, b.Reviewers)
	}) {
		return act, ErrSameRule
	}
	return act, nil
}
