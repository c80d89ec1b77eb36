package handling

import (
	"bytes"
	"io"
	"slices"
	"time"

	"chancery/habilitation"
)

// format changes with the layout below; a snapshot of another format is refolded from the journal.
const format = "chancery handling 3"

// Snapshot writes the fold as it is. The same history always gives the same bytes.
func (m *Matters) Snapshot(w io.Writer) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := snapshot{habilitation.NewSnapshotWriter(w, format)}
	ids := sortedIDs(m.state.by)
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		s.ID(id)
		s.matter(m.state.by[id])
		_, later := m.state.later[id]
		s.truth(later)
	}
	ids = sortedIDs(m.state.alerts)
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		s.alert(m.state.alerts[id])
	}
	ids = sortedIDs(m.state.tray)
	s.Number(uint64(len(ids)))
	for _, id := range ids {
		s.item(m.state.tray[id])
	}
	return s.Close()
}

func sortedIDs[T any](of map[habilitation.ID]T) []habilitation.ID {
	ids := make([]habilitation.ID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b habilitation.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// snapshot writes the parts of the fold.
type snapshot struct{ *habilitation.SnapshotWriter }

func (s snapshot) at(at time.Time) {
	if at.IsZero() {
		s.Number(0)
		return
	}
	s.Number(1)
	s.Signed(at.UnixMicro())
}

func (s snapshot) truth(t bool) {
	if t {
		s.Number(1)
	} else {
		s.Number(0)
	}
}

func (s snapshot) stamp(t Stamp) {
	s.Number(uint64(t.By))
	s.at(t.At)
}

func (s snapshot) word(w Word) {
	s.stamp(w.Stamp)
	s.Number(uint64(w.For))
	s.Text(w.Reason)
}

func (s snapshot) matter(m *matter) {
	s.Signed(m.at)
	s.Number(uint64(m.origin))
	s.Number(uint64(m.level))
	s.Number(uint64(m.year))
	s.ID(m.corrects)
	s.Number(uint64(len(m.fixedBy)))
	for _, id := range m.fixedBy {
		s.ID(id)
	}
	s.Number(uint64(len(m.others)))
	for _, a := range m.others {
		s.Number(uint64(a))
	}
	s.Number(uint64(len(m.lines)))
	for i := range m.lines {
		s.line(&m.lines[i])
	}
	s.Number(uint64(len(m.shares)))
	for _, share := range m.shares {
		s.Number(uint64(share.Audience))
		s.Number(uint64(share.Through))
		s.Number(share.Seq)
		s.word(share.Word)
	}
	s.Signed(m.replyBy)
	s.Signed(m.until)
	s.truth(m.silence != nil)
	if m.silence != nil {
		s.silence(m.silence)
	}
}

func (s snapshot) silence(one *Silence) {
	s.at(one.Until)
	s.at(one.Ended)
	s.truth(one.Adopted)
	s.Number(uint64(len(one.Broken)))
	for _, b := range one.Broken {
		s.Number(uint64(b.Audience))
		s.word(b.Word)
	}
}

func (s snapshot) line(l *Line) {
	for _, n := range []uint64{uint64(l.Audience), uint64(l.Holder), uint64(l.Role), uint64(l.Asked), uint64(l.Receipt), uint64(l.State), l.N} {
		s.Number(n)
	}
	s.truth(l.Called)
	s.Signed(l.deadline)
	s.Signed(l.reply)
	s.Signed(l.since)
	s.truth(l.more != nil)
	if l.more != nil {
		s.details(l.more)
	}
}

func (s snapshot) details(d *Details) {
	s.Text(d.Instruction)
	s.truth(d.Addition != nil)
	if d.Addition != nil {
		s.word(d.Addition.Word)
		s.Number(uint64(d.Addition.Ground))
		s.Number(uint64(d.Addition.Through))
		s.Number(d.Addition.Seq)
	}
	s.stamp(d.Reader)
	s.at(d.Due)
	s.at(d.HeldSince)
	s.truth(d.Entrusted != nil)
	if d.Entrusted != nil {
		s.stamp(d.Entrusted.Stamp)
		s.Number(uint64(d.Entrusted.For))
		s.Number(uint64(d.Entrusted.To))
		s.at(d.Entrusted.Due)
		s.Text(d.Entrusted.Note)
	}
	s.truth(d.Declined != nil)
	if d.Declined != nil {
		s.word(*d.Declined)
	}
	s.word(d.End)
	s.Number(uint64(d.To))
	s.truth(d.Settled != nil)
	if d.Settled != nil {
		s.word(*d.Settled)
	}
	s.Number(uint64(len(d.Answers)))
	for _, a := range d.Answers {
		s.ID(a.Message)
		s.Number(uint64(a.Level))
		s.at(a.At)
	}
	s.ID(d.Alert)
	s.truth(d.Missed)
}

func (s snapshot) alert(a *Alert) {
	s.ID(a.ID)
	s.ID(a.Message)
	s.Number(uint64(a.Audience))
	s.Number(uint64(len(a.Watch)))
	for _, agent := range a.Watch {
		s.Number(uint64(agent))
	}
	s.Number(uint64(a.Minutes))
	s.Number(uint64(a.Place))
	s.at(a.Called)
	s.at(a.Raised)
	s.stamp(a.Acknowledged)
}

func (s snapshot) item(t *TrayItem) {
	s.ID(t.Message)
	s.Number(uint64(t.Audience))
	s.Number(uint64(t.Desk))
	s.Number(uint64(t.Why))
	s.word(t.Word)
}
