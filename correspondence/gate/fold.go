package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"chancery/habilitation"
)

var (
	// ErrUnknown is returned for a message that leaves for nowhere.
	ErrUnknown = errors.New("no such mail leaves")
	// ErrDecided is returned for a message or address whose course has ended, or that waits for nobody.
	ErrDecided = errors.New("it is decided already")
	// ErrBadRule is returned for rules that cannot be meant.
	ErrBadRule = errors.New("no rule of the gate")
	// ErrSamePerson is returned to a signatory who would let through what they signed.
	ErrSamePerson = errors.New("a second person is another one")
	// ErrReason is returned for an act that needs a reason and has none.
	ErrReason = errors.New("a reason is needed")
)

// Gate is the fold. Safe for many readers and one writer.
type Gate struct {
	mu    sync.RWMutex
	rules []Rule
	all   map[habilitation.ID]*Leaving
	open  map[habilitation.ID]struct{} // some line of theirs is held or waiting
}

// New returns the gate of an empty journal: no rules, nothing leaving.
func New() *Gate {
	return &Gate{all: map[habilitation.ID]*Leaving{}, open: map[habilitation.ID]struct{}{}}
}

// Rules are the rules in force, in their order.
func (g *Gate) Rules() []Rule {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Clone(g.rules)
}

// Release folds a message that was released to addresses outside; the same again changes nothing.
func (g *Gate) Release(message habilitation.ID, origin habilitation.AudienceID, signatory habilitation.AgentID, at time.Time, verdicts []Verdict) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.all[message]; known || len(verdicts) == 0 {
		return
	}
	one := &Leaving{Message: message, Origin: origin, Signatory: signatory}
	for _, v := range verdicts {
		step := Waiting
		if v.Outcome == SecondPerson {
			step = Held
		}
		one.Lines = append(one.Lines, Line{Address: v.Address, Rule: v.Rule, Found: v.Found, Unread: v.Unread, Step: step, At: at})
	}
	g.all[message], g.open[message] = one, struct{}{}
}

// Check tells what Apply would say to an act, and changes nothing.
func (g *Gate) Check(act Act) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.check(act)
}

func (g *Gate) check(act Act) error {
	switch act := act.(type) {
	case RulesSet:
		return checkRules(act.Rules)
	case Approved:
		return g.stands(act.Message, "", Held)
	case Refused:
		if act.Reason == "" {
			return ErrReason
		}
		return g.stands(act.Message, "", Held)
	case Sent:
		return g.stands(act.Message, act.Address, Waiting)
	case Undeliverable:
		return g.stands(act.Message, act.Address, Waiting)
	}
	return fmt.Errorf("check %s: %w", act.Kind(), habilitation.ErrUnknownKind)
}

// stands reports whether a message has a line at a step: of the address, or any when none is named.
func (g *Gate) stands(message habilitation.ID, address string, step Step) error {
	one, known := g.all[message]
	if !known {
		return ErrUnknown
	}
	for _, l := range one.Lines {
		if l.Step == step && (address == "" || l.Address == address) {
			return nil
		}
	}
	return ErrDecided
}

// Apply folds an act that the journal holds.
func (g *Gate) Apply(at time.Time, by habilitation.AgentID, act Act) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.check(act); err != nil {
		return fmt.Errorf("fold %s: %w", act.Kind(), err)
	}
	switch act := act.(type) {
	case RulesSet:
		g.rules = slices.Clone(act.Rules)
	case Approved:
		g.move(act.Message, "", Held, Line{Step: Waiting, At: at, By: by})
	case Refused:
		g.move(act.Message, "", Held, Line{Step: Stopped, At: at, By: by, Why: act.Reason})
	case Sent:
		g.move(act.Message, act.Address, Waiting, Line{Step: Gone, At: at})
	case Undeliverable:
		g.move(act.Message, act.Address, Waiting, Line{Step: Failed, At: at, Why: act.Why})
	}
	return nil
}

// move takes lines from one step to another; the one who let them through stays known. Readers may hold the old message: it is replaced.
func (g *Gate) move(message habilitation.ID, address string, from Step, to Line) {
	one := *g.all[message]
	one.Lines = slices.Clone(one.Lines)
	for i := range one.Lines {
		l := &one.Lines[i]
		if l.Step != from || address != "" && l.Address != address {
			continue
		}
		l.Step, l.At, l.Why = to.Step, to.At, to.Why
		if to.By != 0 {
			l.By = to.By
		}
	}
	g.all[message] = &one
	g.note(&one)
}

func (g *Gate) note(one *Leaving) {
	delete(g.open, one.Message)
	for _, l := range one.Lines {
		if l.Step == Held || l.Step == Waiting {
			g.open[one.Message] = struct{}{}
		}
	}
}

// Of is what became of a message; ok is false for one that leaves for nowhere. The lines are never written again.
func (g *Gate) Of(message habilitation.ID) (Leaving, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	one, ok := g.all[message]
	if !ok {
		return Leaving{}, false
	}
	return *one, true
}

// At lists the messages that have a line at a step which may change, those released first before the others.
func (g *Gate) At(step Step) (all []Leaving) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for id := range g.open {
		if slices.ContainsFunc(g.all[id].Lines, func(l Line) bool { return l.Step == step }) {
			all = append(all, *g.all[id])
		}
	}
	slices.SortFunc(all, func(a, b Leaving) int {
		if by := a.Lines[0].At.Compare(b.Lines[0].At); by != 0 {
			return by
		}
		return slices.Compare(a.Message[:], b.Message[:])
	})
	return all
}

// SecondPerson decides whether an agent, who is a signatory of the origin, may decide about a message: nobody does about their own.
func (g *Gate) SecondPerson(by habilitation.AgentID, message habilitation.ID) error {
	one, ok := g.Of(message)
	switch {
	case !ok:
		return ErrUnknown
	case one.Signatory == by:
		return ErrSamePerson
	}
	return nil
}

// format of the snapshot; a change of its layout needs another number.
const format = "chancery gate 1"

type snapshot struct {
	Format string    `json:"format"`
	Rules  []Rule    `json:"rules"`
	All    []Leaving `json:"all"`
}

// Snapshot writes the gate as it is. The same history always gives the same bytes.
func (g *Gate) Snapshot(w io.Writer) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	s := snapshot{Format: format, Rules: g.rules}
	for _, one := range g.all {
		s.All = append(s.All, *one)
	}
	slices.SortFunc(s.All, func(a, b Leaving) int { return slices.Compare(a.Message[:], b.Message[:]) })
	if err := json.NewEncoder(w).Encode(s); err != nil {
		return fmt.Errorf("write snapshot of the gate: %w", err)
	}
	return nil
}

// Restore replaces the gate by a snapshot; after an error it is as it was.
func (g *Gate) Restore(r io.Reader) error {
	var s snapshot
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return fmt.Errorf("read snapshot of the gate: %w", err)
	}
	if s.Format != format {
		return fmt.Errorf("read snapshot of the gate: format %q", s.Format)
	}
	fresh := New()
	for i := range s.All {
		fresh.all[s.All[i].Message] = &s.All[i]
		fresh.note(&s.All[i])
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules, g.all, g.open = s.Rules, fresh.all, fresh.open
	return nil
}
