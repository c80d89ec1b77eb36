package tagging

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chancery/habilitation"
)

// DeclarationState is where a declaration stands.
type DeclarationState uint8

const (
	// InForce holds as far as it asked.
	InForce DeclarationState = iota
	// Pending asked for restricted messages and waits for the steward; for unprotected ones it holds.
	Pending
	// Refused asked for restricted messages in vain; for unprotected ones it holds.
	Refused
	// Withdrawn holds no more.
	Withdrawn
	// Superseded was followed by another declaration of the same tag by the same audience.
	Superseded
)

// String is the state's stable name in programs.
func (s DeclarationState) String() string {
	return [...]string{"in force", "pending", "refused", "withdrawn", "superseded"}[s]
}

// holds reports whether the declaration is the one that counts for its audience and tag.
func (s DeclarationState) holds() bool { return s <= Refused }

// Declaration is an audience's interest in a tag, with what became of it.
type Declaration struct {
	ID        habilitation.ID
	Tag       habilitation.TagID
	Audience  habilitation.AudienceID
	Level     habilitation.Level // asked for
	State     DeclarationState
	By        habilitation.AgentID // who declared
	At        time.Time
	DecidedBy habilitation.AgentID // who approved, refused or withdrew; zero before
	DecidedAt time.Time
	Reason    string // of a refusal or a withdrawal
}

// Granted is the level up to which the declaration holds now; zero when it does not.
func (d Declaration) Granted() habilitation.Level {
	switch d.State {
	case InForce:
		return d.Level
	case Pending, Refused:
		return habilitation.Unprotected
	}
	return 0
}

// Declarations tells which audience declared which tag, up to which level: a fold of the journal's acts.
// It is safe for any number of readers beside one writer; what it returns are copies.
type Declarations struct {
	version atomic.Uint64 // written under mu; read alone to learn that nothing has changed
	mu      sync.RWMutex
	ledger  *ledger // guarded by mu
}

// ledger is the declarations without their lock.
type ledger struct {
	tags        []tagDuties   // by number, from 1
	all         []Declaration // as they were made
	byID        map[habilitation.ID]uint32
	ofAudience  map[habilitation.AudienceID][]uint32 // positions of those that hold, by tag
	ofTag       map[habilitation.TagID][]uint32      // positions of those that hold, by audience
	pendingOnly []uint32                             // positions, oldest first
}

// tagDuties is what a decision needs to know of a tag.
type tagDuties struct {
	steward habilitation.AudienceID
	state   State
}

func newLedger() *ledger {
	return &ledger{
		byID:       make(map[habilitation.ID]uint32),
		ofAudience: make(map[habilitation.AudienceID][]uint32),
		ofTag:      make(map[habilitation.TagID][]uint32),
	}
}

// NewDeclarations is without any declaration.
func NewDeclarations() *Declarations { return &Declarations{ledger: newLedger()} }

// Apply folds one act of this package: done by the agent at the time. It needs the acts about tags too: give every act to both folds.
// When Apply has returned, DeclaredBy answers with it and Version has grown.
func (d *Declarations) Apply(at time.Time, by habilitation.AgentID, act Act) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ledger.check(act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	d.ledger.fold(time.UnixMicro(at.UnixMicro()).UTC(), by, act)
	d.version.Add(1)
	return nil
}

// Check tells whether Apply would take the act now, and changes nothing.
func (d *Declarations) Check(act Act) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.ledger.check(act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

// Version grows with every act applied, and so names a state of the declarations.
func (d *Declarations) Version() uint64 { return d.version.Load() }

func (l *ledger) check(act Act) error {
	switch act := act.(type) {
	case TagCreated:
		if int(act.Tag) != len(l.tags)+1 {
			return contradiction("tag %d where %d is next", act.Tag, len(l.tags)+1)
		}
	case TagChanged:
		return l.checkTag(act.Tag)
	case TagDeclared:
		return l.checkDeclared(act)
	case DeclarationApproved:
		return l.checkPending(act.Declaration)
	case DeclarationRefused:
		return l.checkPending(act.Declaration)
	case DeclarationWithdrawn:
		if _, holds := l.holding(act.Tag, act.Audience); !holds {
			return contradiction("tag %d is not declared by audience %d", act.Tag, act.Audience)
		}
	default:
		return habilitation.ErrUnknownKind
	}
	return nil
}

func (l *ledger) checkTag(tag habilitation.TagID) error {
	if tag < 1 || int(tag) > len(l.tags) {
		return contradiction("tag %d is unknown", tag)
	}
	return nil
}

func (l *ledger) checkDeclared(act TagDeclared) error {
	if err := l.checkTag(act.Tag); err != nil {
		return err
	}
	if _, known := l.byID[act.Declaration]; known || act.Declaration.IsZero() {
		return contradiction("declaration %s is not new", act.Declaration)
	}
	if act.Audience == 0 || !act.Level.Valid() {
		return contradiction("audience %d, level %d", act.Audience, act.Level)
	}
	if l.declared(act.Tag, act.Audience, act.Level) {
		return contradiction("tag %d is declared by audience %d", act.Tag, act.Audience)
	}
	return nil
}

func (l *ledger) checkPending(id habilitation.ID) error {
	if i, known := l.byID[id]; !known || l.all[i].State != Pending {
		return contradiction("declaration %s is not pending", id)
	}
	return nil
}

// declared reports whether declaring the tag for the level would add nothing: it holds that far, or waits to.
func (l *ledger) declared(tag habilitation.TagID, audience habilitation.AudienceID, level habilitation.Level) bool {
	i, holds := l.holding(tag, audience)
	return holds && (l.all[i].Granted() >= level || l.all[i].State == Pending)
}

// holding finds the position of the declaration that counts for the tag and audience.
func (l *ledger) holding(tag habilitation.TagID, audience habilitation.AudienceID) (uint32, bool) {
	list := l.ofAudience[audience]
	i, holds := slices.BinarySearchFunc(list, tag, l.compareToTag)
	if !holds {
		return 0, false
	}
	return list[i], true
}

func (l *ledger) compareToTag(position uint32, tag habilitation.TagID) int {
	return cmp.Compare(l.all[position].Tag, tag)
}

func (l *ledger) compareToAudience(position uint32, audience habilitation.AudienceID) int {
	return cmp.Compare(l.all[position].Audience, audience)
}

// fold applies an act that check allowed.
func (l *ledger) fold(at time.Time, by habilitation.AgentID, act Act) {
	switch act := act.(type) {
	case TagCreated:
		l.tags = append(l.tags, tagDuties{steward: act.Steward, state: act.State})
	case TagChanged:
		l.tags[act.Tag-1] = tagDuties{steward: act.Steward, state: act.State}
	case TagDeclared:
		if old, holds := l.holding(act.Tag, act.Audience); holds {
			l.end(old, Superseded)
		}
		l.add(Declaration{ID: act.Declaration, Tag: act.Tag, Audience: act.Audience, Level: act.Level, State: firstState(act.Level), By: by, At: at})
	case DeclarationApproved:
		l.decide(l.byID[act.Declaration], InForce, by, at, "")
	case DeclarationRefused:
		l.decide(l.byID[act.Declaration], Refused, by, at, act.Reason)
	case DeclarationWithdrawn:
		i, _ := l.holding(act.Tag, act.Audience)
		l.end(i, Withdrawn)
		l.all[i].DecidedBy, l.all[i].DecidedAt, l.all[i].Reason = by, at, act.Reason
	}
}

func firstState(level habilitation.Level) DeclarationState {
	if level > habilitation.Unprotected {
		return Pending
	}
	return InForce
}

// add appends a declaration and enters it where it is looked up.
func (l *ledger) add(d Declaration) {
	position := uint32(len(l.all))
	l.all = append(l.all, d)
	l.byID[d.ID] = position
	if d.State.holds() {
		list := l.ofAudience[d.Audience]
		i, _ := slices.BinarySearchFunc(list, d.Tag, l.compareToTag)
		l.ofAudience[d.Audience] = slices.Insert(list, i, position)
		list = l.ofTag[d.Tag]
		i, _ = slices.BinarySearchFunc(list, d.Audience, l.compareToAudience)
		l.ofTag[d.Tag] = slices.Insert(list, i, position)
	}
	if d.State == Pending {
		l.pendingOnly = append(l.pendingOnly, position)
	}
}

// end takes a declaration out of where those that hold are looked up.
func (l *ledger) end(position uint32, state DeclarationState) {
	d := &l.all[position]
	l.ofAudience[d.Audience] = without(l.ofAudience[d.Audience], position)
	l.ofTag[d.Tag] = without(l.ofTag[d.Tag], position)
	l.pendingOnly = without(l.pendingOnly, position)
	d.State = state
}

func (l *ledger) decide(position uint32, state DeclarationState, by habilitation.AgentID, at time.Time, reason string) {
	d := &l.all[position]
	d.State, d.DecidedBy, d.DecidedAt, d.Reason = state, by, at, reason
	l.pendingOnly = without(l.pendingOnly, position)
}

func without(list []uint32, position uint32) []uint32 {
	return slices.DeleteFunc(list, func(p uint32) bool { return p == position })
}
