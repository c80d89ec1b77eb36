package keeping

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"chancery/habilitation"
)

var (
	// ErrReason is returned for an act that needs a reason and has none.
	ErrReason = errors.New("a reason is needed")
	// ErrSame is returned for a place in the filing plan that the message has already, or that is none.
	ErrSame = errors.New("not another place in the filing plan")
	// ErrFreeze is returned for a freeze that lies on the message already, or does not lie on it.
	ErrFreeze = errors.New("no such freeze")
)

// Stamp is who did something, when and why.
type Stamp struct {
	By     habilitation.AgentID `json:"by"`
	At     time.Time            `json:"at"`
	Reason string               `json:"reason"`
}

// Move is a place in the filing plan that an archivist gave.
type Move struct {
	Stamp
	Position string `json:"position"`
}

// Freeze forbids the elimination; a lifted one stays told.
type Freeze struct {
	Stamp
	ID     habilitation.ID `json:"id"`
	Lifted *Stamp          `json:"lifted,omitempty"`
}

// Kept is what archivists did about one message.
type Kept struct {
	Moves   []Move   `json:"moves,omitempty"`
	Freezes []Freeze `json:"freezes,omitempty"`
}

// Shelves is the fold. Safe for many readers and one writer.
type Shelves struct {
	mu sync.RWMutex
	by map[habilitation.ID]Kept
}

// New returns the fold of an empty journal.
func New() *Shelves { return &Shelves{by: map[habilitation.ID]Kept{}} }

// Of is what was done about a message. What it points to is never written again.
func (s *Shelves) Of(message habilitation.ID) Kept {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.by[message]
}

// Check tells what Apply would say, and changes nothing.
func (s *Shelves) Check(act habilitation.Act) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.check(act)
}

func (s *Shelves) check(act habilitation.Act) error {
	switch act := act.(type) {
	case Refiled:
		moves := s.by[act.Message].Moves
		if strings.TrimSpace(act.Position) == "" || len(moves) > 0 && moves[len(moves)-1].Position == act.Position {
			return ErrSame
		}
		return reasoned(act.Reason)
	case Frozen:
		if act.Freeze.IsZero() || s.by[act.Message].freeze(act.Freeze) >= 0 {
			return ErrFreeze
		}
		return reasoned(act.Reason)
	case Thawed:
		kept := s.by[act.Message]
		if i := kept.freeze(act.Freeze); i < 0 || kept.Freezes[i].Lifted != nil {
			return ErrFreeze
		}
		return reasoned(act.Reason)
	}
	return habilitation.ErrUnknownKind
}

func reasoned(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	return nil
}

func (k Kept) freeze(id habilitation.ID) int {
	return slices.IndexFunc(k.Freezes, func(f Freeze) bool { return f.ID == id })
}

// Apply folds an act that the journal holds.
func (s *Shelves) Apply(at time.Time, by habilitation.AgentID, act habilitation.Act) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(act); err != nil {
		return fmt.Errorf("fold %s: %w", act.Kind(), err)
	}
	switch act := act.(type) {
	case Refiled:
		kept := s.by[act.Message]
		kept.Moves = append(slices.Clip(kept.Moves), Move{Stamp{by, at, act.Reason}, act.Position})
		s.by[act.Message] = kept
	case Frozen:
		kept := s.by[act.Message]
		kept.Freezes = append(slices.Clip(kept.Freezes), Freeze{Stamp: Stamp{by, at, act.Reason}, ID: act.Freeze})
		s.by[act.Message] = kept
	case Thawed:
		kept := s.by[act.Message]
		kept.Freezes = slices.Clone(kept.Freezes)
		kept.Freezes[kept.freeze(act.Freeze)].Lifted = &Stamp{by, at, act.Reason}
		s.by[act.Message] = kept
	}
	return nil
}

// format of the snapshot; a change of its layout needs another number.
const format = "chancery keeping 1"

type snapshot struct {
	Format string   `json:"format"`
	All    []record `json:"all"`
}

type record struct {
	Message habilitation.ID `json:"message"`
	Kept
}

// Snapshot writes the fold as it is. The same history always gives the same bytes.
func (s *Shelves) Snapshot(w io.Writer) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := snapshot{Format: format}
	for id, kept := range s.by {
		out.All = append(out.All, record{id, kept})
	}
	slices.SortFunc(out.All, func(a, b record) int { return slices.Compare(a.Message[:], b.Message[:]) })
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return fmt.Errorf("write snapshot of what is kept: %w", err)
	}
	return nil
}

// Restore replaces the fold by a snapshot; after an error it is as it was.
func (s *Shelves) Restore(r io.Reader) error {
	var in snapshot
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("read snapshot of what is kept: %w", err)
	}
	if in.Format != format {
		return fmt.Errorf("read snapshot of what is kept: format %q", in.Format)
	}
	fresh := map[habilitation.ID]Kept{}
	for _, one := range in.All {
		fresh[one.Message] = one.Kept
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by = fresh
	return nil
}
