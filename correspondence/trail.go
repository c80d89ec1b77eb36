package correspondence

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// Trail is where the journal speaks of a message in acts that no other fold keeps once they are past: the way of its draft, where it was shared and
// where that was revoked, the dossiers that it was put into and taken from. It keeps their places, and the journal what they say. Safe for many
// readers and one writer.
type Trail struct {
	mu sync.RWMutex
	by map[habilitation.ID][]archive.Seq // ascending; guarded by mu
}

// NewTrail is the trail of an empty journal.
func NewTrail() *Trail { return &Trail{by: map[habilitation.ID][]archive.Seq{}} }

// Of are the entries that speak of a message, the oldest first. What it returns is never written again.
func (t *Trail) Of(message habilitation.ID) []archive.Seq {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.by[message]
}

// note keeps the place of an act. Of a draft that was abandoned there will be no message.
func (t *Trail) note(seq archive.Seq, act habilitation.Act) {
	message, speaks := spokenOf(act)
	if !speaks {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, abandoned := act.(circuit.DraftAbandoned); abandoned {
		delete(t.by, message)
		return
	}
	t.by[message] = append(t.by[message], seq)
}

// spokenOf is the message that an act of the trail is about; a draft has the identity of its message.
func spokenOf(act habilitation.Act) (habilitation.ID, bool) {
	switch act := act.(type) {
	case circuit.DraftSubmitted:
		return act.Draft, true
	case circuit.VisaGiven:
		return act.Draft, true
	case circuit.DraftReturned:
		return act.Draft, true
	case circuit.DraftReopened:
		return act.Draft, true
	case circuit.DraftHeld:
		return act.Draft, true
	case circuit.DraftUnheld:
		return act.Draft, true
	case circuit.DraftAbandoned:
		return act.Draft, true
	case handling.Shared:
		return act.Message, true
	case handling.ShareRevoked:
		return act.Message, true
	case dossier.MessageAdded:
		return act.Message, true
	case dossier.MessageRemoved:
		return act.Message, true
	}
	return habilitation.ID{}, false
}

// trailFormat of the snapshot; a change of its layout needs another number.
const trailFormat = "chancery trail 1"

// Snapshot writes the trail as it is. The same history always gives the same bytes.
func (t *Trail) Snapshot(w io.Writer) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	ids := make([]habilitation.ID, 0, len(t.by))
	for id := range t.by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b habilitation.ID) int { return slices.Compare(a[:], b[:]) })
	s := habilitation.NewSnapshotWriter(w, trailFormat)
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		s.ID(id)
		s.Number(uint64(len(t.by[id])))
		for _, seq := range t.by[id] {
			s.Number(uint64(seq))
		}
	}
	return s.Close()
}

// Restore replaces the trail by a snapshot; after an error it is as it was.
func (t *Trail) Restore(r io.Reader) error {
	s := habilitation.NewSnapshotReader(r, trailFormat)
	fresh := map[habilitation.ID][]archive.Seq{}
	s.Count(func() {
		id := s.ID()
		s.Count(func() { fresh[id] = append(fresh[id], archive.Seq(s.Number())) })
	})
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore trail: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by = fresh
	return nil
}
