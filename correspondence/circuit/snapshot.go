package circuit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"chancery/habilitation"
)

// format is that of the snapshot; a change of it needs another number.
const format = "chancery circuits 1"

// heldNotice is a notice with the agent whom it is owed.
type heldNotice struct {
	To     habilitation.AgentID `json:"to"`
	Notice Notice               `json:"notice"`
}

// Snapshot writes the fold as it is. The same history always gives the same bytes.
func (c *Circuits) Snapshot(w io.Writer) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := habilitation.NewSnapshotWriter(w, format)
	ids := slices.SortedFunc(maps.Keys(c.drafts), func(a, b habilitation.ID) int { return slices.Compare(a[:], b[:]) })
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		if err := writeDraft(s, c.drafts[id]); err != nil {
			return err
		}
	}
	rules := slices.SortedFunc(maps.Keys(c.rules), func(a, b ruleKey) int {
		return cmp.Or(cmp.Compare(a.audience, b.audience), cmp.Compare(a.message, b.message))
	})
	s.Number(uint64(len(rules)))
	for _, key := range rules {
		if err := writePiece(s, RuleSet{Audience: key.audience, Message: key.message, Steps: c.rules[key]}); err != nil {
			return err
		}
	}
	if err := c.writeNotices(s); err != nil {
		return err
	}
	return s.Close()
}

// writeDraft writes the visas one by one: each holds a signature.
func writeDraft(s *habilitation.SnapshotWriter, d *Draft) error {
	bare := *d
	bare.Visas = nil
	if err := writePiece(s, bare); err != nil {
		return err
	}
	s.Number(uint64(len(d.Visas)))
	for _, v := range d.Visas {
		if err := writePiece(s, v); err != nil {
			return err
		}
	}
	return nil
}

func readDraft(s *habilitation.SnapshotReader) *Draft {
	d := &Draft{}
	if readPiece(s, d) && (d.ID.IsZero() || (d.State == Held) != (d.Hold != nil)) {
		s.Fail("draft " + d.ID.String())
	}
	s.Count(func() {
		var v Visa
		if readPiece(s, &v) {
			d.Visas = append(d.Visas, v)
		}
	})
	return d
}

func (c *Circuits) writeNotices(s *habilitation.SnapshotWriter) error {
	var owed []heldNotice
	for _, to := range slices.Sorted(maps.Keys(c.notices)) {
		for _, n := range c.notices[to] {
			owed = append(owed, heldNotice{To: to, Notice: n})
		}
	}
	s.Number(uint64(len(owed)))
	for _, n := range owed {
		if err := writePiece(s, n); err != nil {
			return err
		}
	}
	return nil
}

// writePiece writes one thing as JSON: drafts on their way are few, and their visas hold what JSON holds well.
func writePiece(s *habilitation.SnapshotWriter, piece any) error {
	text, err := json.Marshal(piece)
	if err != nil {
		return fmt.Errorf("write snapshot of circuits: %w", err)
	}
	s.Text(string(text))
	return nil
}

// Restore replaces the fold by a snapshot of one. A snapshot of another format is habilitation.ErrSnapshotVersion, one that was cut short
// or changed habilitation.ErrSnapshotDamaged; both leave the fold as it was.
func (c *Circuits) Restore(from io.Reader) error {
	s := habilitation.NewSnapshotReader(from, format)
	restored := NewCircuits()
	s.Count(func() {
		d := readDraft(s)
		restored.drafts[d.ID] = d
		if d.Hold != nil {
			restored.held[d.ID] = d
		}
	})
	s.Count(func() {
		var rule RuleSet
		if readPiece(s, &rule) {
			restored.rules[ruleKey{rule.Audience, rule.Message}] = rule.Steps
		}
	})
	s.Count(func() {
		var n heldNotice
		if readPiece(s, &n) {
			restored.notices[n.To] = append(restored.notices[n.To], n.Notice)
		}
	})
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore circuits: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drafts, c.held, c.rules, c.notices = restored.drafts, restored.held, restored.rules, restored.notices
	return nil
}

func readPiece(s *habilitation.SnapshotReader, into any) bool {
	if err := json.Unmarshal([]byte(s.Text()), into); err != nil {
		s.Fail(err.Error())
		return false
	}
	return true
}
