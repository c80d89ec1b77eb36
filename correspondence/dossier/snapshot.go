package dossier

import (
	"fmt"
	"io"
	"slices"
	"time"

	"chancery/habilitation"
)

// format of the snapshot; a change of either half of it needs another number.
const format = "chancery dossiers 1"

// Snapshot writes the dossiers as they are. The same history always gives the same bytes.
func (d *Dossiers) Snapshot(w io.Writer) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := habilitation.NewSnapshotWriter(w, format)
	s.Number(uint64(len(d.all)))
	for _, one := range d.all {
		write(s, one)
	}
	return s.Close()
}

func write(s *habilitation.SnapshotWriter, d *Dossier) {
	s.ID(d.ID)
	s.Text(d.Key)
	s.Text(d.Title)
	s.Number(uint64(d.Owner))
	s.Number(uint64(d.Level))
	s.Number(uint64(len(d.Readers)))
	for _, reader := range d.Readers {
		s.Number(uint64(reader))
	}
	writeDone(s, d.By, d.At)
	s.Number(uint64(len(d.Entries)))
	for _, e := range d.Entries {
		s.ID(e.Message)
		writeDone(s, e.By, e.At)
	}
	s.Number(uint64(len(d.Notes)))
	for _, n := range d.Notes {
		s.ID(n.ID)
		s.Number(uint64(n.Level))
		s.Text(n.Text)
		writeDone(s, n.By, n.At)
	}
	s.Number(uint64(len(d.Files)))
	for _, f := range d.Files {
		s.ID(f.ID)
		s.Number(uint64(f.Level))
		s.Text(f.Name)
		s.Text(f.Type)
		s.Number(uint64(f.Size))
		s.Text(f.SHA512)
		writeDone(s, f.By, f.At)
	}
	if !d.IsClosed() {
		s.Number(0)
		return
	}
	s.Number(1)
	s.Text(d.Reason)
	writeDone(s, d.ClosedBy, d.ClosedAt)
}

// writeDone writes who did something, and when.
func writeDone(s *habilitation.SnapshotWriter, by habilitation.AgentID, at time.Time) {
	s.Number(uint64(by))
	s.Signed(at.UnixMicro())
}

// Restore replaces the dossiers by a snapshot of some. A snapshot of another format is habilitation.ErrSnapshotVersion, one that was cut
// short or changed habilitation.ErrSnapshotDamaged; both leave the dossiers as they were.
func (d *Dossiers) Restore(from io.Reader) error {
	s := habilitation.NewSnapshotReader(from, format)
	fresh := New()
	s.Count(func() { fresh.restore(s) })
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore dossiers: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all, d.byID, d.byName, d.parts, d.with = fresh.all, fresh.byID, fresh.byName, fresh.parts, fresh.with
	return nil
}

// restore reads one dossier by the checks that its acts once passed, so that damage cannot make one that no history makes.
func (d *Dossiers) restore(s *habilitation.SnapshotReader) {
	act := Opened{Dossier: s.ID(), Key: s.Text(), Title: s.Text(), Owner: habilitation.AudienceID(s.Number()), Level: habilitation.Level(s.Number())}
	s.Count(func() { act.Members = append(act.Members, habilitation.AudienceID(s.Number())) })
	by, at := readDone(s)
	if d.checkOpened(act) != nil {
		s.Fail("dossier " + act.Dossier.String())
		return
	}
	one := &Dossier{ID: act.Dossier, Key: act.Key, Title: act.Title, Owner: act.Owner, Level: act.Level, Readers: slices.Clip(act.Members), By: by, At: at}
	d.add(one)
	s.Count(func() { d.restoreEntry(s, one) })
	s.Count(func() { d.restoreNote(s, one) })
	s.Count(func() { d.restoreFile(s, one) })
	if s.Number() == 1 {
		one.Reason = s.Text()
		one.ClosedBy, one.ClosedAt = readDone(s)
	}
}

func (d *Dossiers) restoreEntry(s *habilitation.SnapshotReader, one *Dossier) {
	e := Entry{Message: s.ID()}
	e.By, e.At = readDone(s)
	if d.checkEntry(one.ID, e.Message, false) != nil {
		s.Fail("message " + e.Message.String())
		return
	}
	d.enter(one, e)
}

func (d *Dossiers) restoreNote(s *habilitation.SnapshotReader, one *Dossier) {
	n := Note{ID: s.ID(), Level: habilitation.Level(s.Number()), Text: s.Text()}
	n.By, n.At = readDone(s)
	if d.checkPart(one.ID, n.ID, n.Level) != nil {
		s.Fail("note " + n.ID.String())
		return
	}
	d.note(one, n)
}

func (d *Dossiers) restoreFile(s *habilitation.SnapshotReader, one *Dossier) {
	f := File{ID: s.ID(), Level: habilitation.Level(s.Number()), Name: s.Text(), Type: s.Text(), Size: int64(s.Number()), SHA512: s.Text()}
	f.By, f.At = readDone(s)
	if d.checkPart(one.ID, f.ID, f.Level) != nil {
		s.Fail("file " + f.ID.String())
		return
	}
	d.file(one, f)
}

func readDone(s *habilitation.SnapshotReader) (habilitation.AgentID, time.Time) {
	return habilitation.AgentID(s.Number()), time.UnixMicro(s.Signed()).UTC()
}
