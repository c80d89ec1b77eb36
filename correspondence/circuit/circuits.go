package circuit

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"chancery/habilitation"
)

// ruleKey is a group and a kind of its messages.
type ruleKey struct {
	audience habilitation.AudienceID
	message  string
}

// Circuits is the fold of every draft that is on its way, of the visas that groups demand, and of the notices that agents are owed.
type Circuits struct {
	mu      sync.RWMutex
	drafts  map[habilitation.ID]*Draft
	held    map[habilitation.ID]*Draft // those of the drafts that are held
	rules   map[ruleKey][]Step
	notices map[habilitation.AgentID][]Notice // the oldest first
}

// NewCircuits returns the fold of an empty journal.
func NewCircuits() *Circuits {
	return &Circuits{drafts: map[habilitation.ID]*Draft{}, held: map[habilitation.ID]*Draft{}, rules: map[ruleKey][]Step{},
		notices: map[habilitation.AgentID][]Notice{}}
}

// ErrContradiction is returned for an act that the history before it does not allow; the fold is unchanged.
var ErrContradiction = errors.New("contradicts the circuits")

func contradiction(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrContradiction, fmt.Sprintf(format, args...))
}

// Apply folds one act that the journal holds: done by the agent at the time. An act that history does not allow is ErrContradiction, and
// one of another package habilitation.ErrUnknownKind.
func (c *Circuits) Apply(at time.Time, by habilitation.AgentID, act Act) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.check(act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	c.fold(at.UTC().Truncate(time.Microsecond), by, act)
	return nil
}

// Check tells whether Apply would take the act now, and changes nothing.
func (c *Circuits) Check(act Act) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.check(act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

func (c *Circuits) check(act Act) error {
	switch act := act.(type) {
	case DraftSubmitted:
		return c.checkSubmitted(act)
	case VisaGiven:
		return c.checkVisa(act)
	case DraftReturned:
		return c.checkOpen(act.Draft, act.Round, &act.Digest)
	case DraftReopened:
		if act.Why != Edited && act.Why != Withdrawn {
			return contradiction("reopened because %q", act.Why)
		}
		return c.checkOpen(act.Draft, act.Round, nil)
	case DraftHeld:
		return c.checkHeld(act)
	case DraftUnheld:
		if d := c.drafts[act.Draft]; d == nil || d.State != Held {
			return contradiction("draft %s is not held", act.Draft)
		}
	case DraftAbandoned:
		if d := c.drafts[act.Draft]; d != nil && (d.State == Held || d.State == Abandoned) || act.Draft.IsZero() || !act.Level.Valid() || act.Origin == 0 {
			return contradiction("draft %s cannot be abandoned", act.Draft)
		}
	case RuleSet:
		return c.checkRule(act)
	default:
		return habilitation.ErrUnknownKind
	}
	return nil
}

func (c *Circuits) checkSubmitted(act DraftSubmitted) error {
	if act.Draft.IsZero() || act.Origin == 0 || !act.Level.Valid() {
		return contradiction("draft %s of group %d at level %d", act.Draft, act.Origin, act.Level)
	}
	if err := checkSteps(act.Steps); err != nil {
		return fmt.Errorf("%w: %w", ErrContradiction, err)
	}
	round := 1
	if d := c.drafts[act.Draft]; d != nil {
		if d.State != Drafting || d.Origin != act.Origin {
			return contradiction("draft %s of group %d is %s", act.Draft, d.Origin, d.State)
		}
		round = d.Round + 1
	}
	if act.Round != round {
		return contradiction("round %d where %d is next", act.Round, round)
	}
	return nil
}

func (c *Circuits) checkVisa(act VisaGiven) error {
	if err := c.checkOpen(act.Draft, act.Round, &act.Digest); err != nil {
		return err
	}
	d := c.drafts[act.Draft]
	step, asked := d.Asked()
	if d.State != InVisa || act.Step != step || !slices.Contains(asked, act.Reviewer) {
		return contradiction("no visa of reviewer %d in step %d is waited for", act.Reviewer, act.Step)
	}
	if !act.Verdict.Valid() || len(act.Signature) == 0 {
		return contradiction("verdict %q, signature of %d bytes", act.Verdict, len(act.Signature))
	}
	return nil
}

// checkOpen holds an act about a round against the round that is open; a nil digest leaves the text aside.
func (c *Circuits) checkOpen(id habilitation.ID, round int, digest *Digest) error {
	d := c.drafts[id]
	if d == nil || d.State != InVisa && d.State != ToSign {
		return contradiction("no round of draft %s is open", id)
	}
	if d.Round != round || digest != nil && d.Digest != *digest {
		return contradiction("draft %s is in round %d on %s", id, d.Round, d.Digest)
	}
	return nil
}

func (c *Circuits) checkHeld(act DraftHeld) error {
	if act.Draft.IsZero() || act.Origin == 0 || !act.Level.Valid() || act.Until.IsZero() {
		return contradiction("draft %s of group %d at level %d until %s", act.Draft, act.Origin, act.Level, act.Until)
	}
	d := c.drafts[act.Draft]
	switch {
	case d == nil:
		return nil
	case d.State != Drafting && d.State != ToSign || d.Origin != act.Origin:
		return contradiction("draft %s of group %d is %s", act.Draft, d.Origin, d.State)
	case d.State == ToSign && d.Digest != act.Digest && !act.Own:
		return contradiction("draft %s has its visas on %s", act.Draft, d.Digest)
	}
	return nil
}

func (c *Circuits) checkRule(act RuleSet) error {
	if act.Audience == 0 || act.Message == "" {
		return contradiction("a rule of group %d for %q", act.Audience, act.Message)
	}
	if len(act.Steps) == 0 {
		if _, stands := c.rules[ruleKey{act.Audience, act.Message}]; !stands {
			return contradiction("group %d has no rule for %s", act.Audience, act.Message)
		}
		return nil
	}
	if err := checkSteps(act.Steps); err != nil {
		return fmt.Errorf("%w: %w", ErrContradiction, err)
	}
	return nil
}

// fold applies an act that check allowed.
func (c *Circuits) fold(at time.Time, by habilitation.AgentID, act Act) {
	switch act := act.(type) {
	case DraftSubmitted:
		d := c.draft(act.Draft, act.Origin)
		d.Level, d.State, d.Round, d.Digest, d.Steps, d.Comment = act.Level, InVisa, act.Round, act.Digest, cloneSteps(act.Steps), act.Comment
		d.Submitter, d.Submitted, d.Ending, d.Since = by, at, nil, at
	case VisaGiven:
		c.foldVisa(at, by, act)
	case DraftReturned:
		c.endRound(c.drafts[act.Draft], Ending{Why: NoticeReturned, By: by, At: at, Reason: act.Reason})
	case DraftReopened:
		c.endRound(c.drafts[act.Draft], Ending{Why: string(act.Why), By: by, At: at})
	case DraftHeld:
		d := c.draft(act.Draft, act.Origin)
		d.State, d.Since, d.Level = Held, at, act.Level
		act.Until = act.Until.UTC().Truncate(time.Microsecond)
		d.Hold = &Hold{DraftHeld: act, By: by, At: at}
		c.held[d.ID] = d
	case DraftUnheld:
		c.foldUnheld(at, by, act)
	case DraftAbandoned:
		d := c.draft(act.Draft, act.Origin)
		c.tellReviewers(d, Notice{What: NoticeAbandoned, By: by, At: at, Reason: act.Reason})
		d.State, d.Since, d.Ending = Abandoned, at, &Ending{Why: NoticeAbandoned, By: by, At: at, Reason: act.Reason}
		if d.Level == 0 {
			d.Level = act.Level
		}
	case RuleSet:
		key := ruleKey{act.Audience, act.Message}
		if delete(c.rules, key); len(act.Steps) > 0 {
			c.rules[key] = cloneSteps(act.Steps)
		}
	}
}

// draft is the draft on its way, or one that begins it.
func (c *Circuits) draft(id habilitation.ID, origin habilitation.AudienceID) *Draft {
	d := c.drafts[id]
	if d == nil {
		d = &Draft{ID: id, Origin: origin, State: Drafting}
		c.drafts[id] = d
	}
	return d
}

func (c *Circuits) foldVisa(at time.Time, by habilitation.AgentID, act VisaGiven) {
	d := c.drafts[act.Draft]
	act.Signature = slices.Clone(act.Signature)
	d.Visas = append(d.Visas, Visa{VisaGiven: act, By: by, At: at})
	d.Since = at
	if d.Step() == len(d.Steps) {
		d.State = ToSign
		c.tell(d.Submitter, d, Notice{What: NoticeToSign, By: by, At: at})
	}
}

// endRound voids the visas of the open round and tells who gave them and who asked.
func (c *Circuits) endRound(d *Draft, e Ending) {
	c.tellReviewers(d, Notice{What: e.Why, By: e.By, At: e.At, Reason: e.Reason})
	d.State, d.Ending, d.Since = Drafting, &e, e.At
}

func (c *Circuits) foldUnheld(at time.Time, by habilitation.AgentID, act DraftUnheld) {
	d := c.drafts[act.Draft]
	if by != d.Hold.By {
		c.tell(d.Hold.By, d, Notice{What: NoticeUnheld, By: by, At: at, Reason: act.Reason})
	}
	d.Hold, d.State, d.Since = nil, Drafting, at
	delete(c.held, act.Draft)
	switch {
	case d.Round == 0:
		delete(c.drafts, act.Draft)
	case d.Ending == nil:
		d.State = ToSign
	}
}

// Released takes a draft off its way because it is a message now; own says that the signatory released a text of their own over the visas.
func (c *Circuits) Released(id habilitation.ID, at time.Time, by habilitation.AgentID, own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.drafts[id]
	if d == nil {
		return
	}
	notice := Notice{What: NoticeReleased, By: by, At: at.UTC().Truncate(time.Microsecond)}
	if own {
		notice.What = NoticeOwnEdit
	}
	c.tellReviewers(d, notice)
	delete(c.drafts, id)
	delete(c.held, id)
}
