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

// Lives is where the journal speaks of each message in acts that no other fold keeps once they are past: the way of its draft, where it was shared and
// where that was revoked, the dossiers that it was put into and taken from. It keeps their places, and the journal what they say. Safe for many
// readers and one writer.
type Lives struct {
	mu sync.RWMutex
	by map[habilitation.ID][]archive.Seq // ascending; guarded by mu
}

// NewLives is the fold of an empty journal.
func NewLives() *Lives { return &Lives{by: map[habilitation.ID][]archive.Seq{}} }

// Of are the entries that speak of a message, the oldest first. What it returns is never written again.
func (l *Lives) Of(message habilitation.ID) []archive.Seq {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.by[message]
}

// note keeps the place of an act. Of a draft that was abandoned there will be no message.
func (l *Lives) note(seq archive.Seq, act habilitation.Act) {
	message, speaks := spokenOf(act)
	if !speaks {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, abandoned := act.(circuit.DraftAbandoned); abandoned {
		delete(l.by, message)
		return
	}
	l.by[message] = append(l.by[message], seq)
}

// spokenOf is the message that such an act is about; a draft has the identity of its message.
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

// livesFormat of the snapshot; a change of its layout needs another number.
const livesFormat = "chancery lives 1"

// Snapshot writes the fold as it is. The same history always gives the same bytes.
func (l *Lives) Snapshot(w io.Writer) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	ids := make([]habilitation.ID, 0, len(l.by))
	for id := range l.by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b habilitation.ID) int { return slices.Compare(a[:], b[:]) })
	s := habilitation.NewSnapshotWriter(w, livesFormat)
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		s.ID(id)
		s.Number(uint64(len(l.by[id])))
		for _, seq := range l.by[id] {
			s.Number(uint64(seq))
		}
	}
	return s.Close()
}

// Restore replaces the fold by a snapshot; after an error it is as it was.
func (l *Lives) Restore(r io.Reader) error {
	s := habilitation.NewSnapshotReader(r, livesFormat)
	fresh := map[habilitation.ID][]archive.Seq{}
	s.Count(func() {
		id := s.ID()
		s.Count(func() { fresh[id] = append(fresh[id], archive.Seq(s.Number())) })
	})
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore lives: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by = fresh
	return nil
}
