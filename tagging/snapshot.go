package tagging

import (
	"fmt"
	"io"
	"slices"
	"time"

	"chancery/habilitation"
)

// The formats of the two snapshots; a change of either half of one needs another number.
const (
	thesaurusFormat    = "chancery thesaurus 1"
	declarationsFormat = "chancery declarations 1"
)

// Snapshot writes the thesaurus as it is. The same history always gives the same bytes.
func (t *Thesaurus) Snapshot(w io.Writer) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := habilitation.NewSnapshotWriter(w, thesaurusFormat)
	s.Number(uint64(len(t.tags)))
	for i := range t.tags {
		writeTag(s, &t.tags[i])
	}
	return s.Close()
}

func writeTag(s *habilitation.SnapshotWriter, tag *Tag) {
	s.Text(tag.Key)
	s.Label(tag.Label)
	s.Number(uint64(len(tag.Synonyms)))
	for _, synonym := range tag.Synonyms {
		s.Text(synonym)
	}
	s.Number(uint64(tag.Steward))
	s.Text(string(tag.State))
}

// Restore replaces the thesaurus by a snapshot of one. A snapshot of another format is habilitation.ErrSnapshotVersion, one that was cut
// short or changed habilitation.ErrSnapshotDamaged; both leave the thesaurus as it was.
func (t *Thesaurus) Restore(from io.Reader) error {
	s := habilitation.NewSnapshotReader(from, thesaurusFormat)
	restored := NewThesaurus()
	s.Count(func() { restored.restoreTag(s) })
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore thesaurus: %w", err)
	}
	slices.SortFunc(restored.terms, compareTerms)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tags, t.byKey, t.terms = restored.tags, restored.byKey, slices.Compact(restored.terms)
	return nil
}

// restoreTag leaves the terms to be sorted once.
func (t *Thesaurus) restoreTag(s *habilitation.SnapshotReader) {
	act := TagCreated{Tag: habilitation.TagID(len(t.tags) + 1), Key: s.Text(), Label: s.Label()}
	s.Count(func() { act.Synonyms = append(act.Synonyms, s.Text()) })
	act.Steward, act.State = habilitation.AudienceID(s.Number()), State(s.Text())
	if err := t.check(act); err != nil {
		s.Fail(err.Error())
		return
	}
	tag := Tag{ID: act.Tag, Key: act.Key, Label: act.Label, Synonyms: act.Synonyms, Steward: act.Steward, State: act.State}
	t.tags = append(t.tags, tag)
	t.byKey[Fold(tag.Key)] = tag.ID
	t.terms = append(t.terms, termsOf(&tag)...)
}

// Snapshot writes the declarations as they are. The same history always gives the same bytes.
func (d *Declarations) Snapshot(w io.Writer) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := habilitation.NewSnapshotWriter(w, declarationsFormat)
	s.Number(d.version.Load())
	s.Number(uint64(len(d.ledger.tags)))
	for _, tag := range d.ledger.tags {
		s.Number(uint64(tag.steward))
		s.Text(string(tag.state))
	}
	s.Number(uint64(len(d.ledger.all)))
	for i := range d.ledger.all {
		writeDeclaration(s, &d.ledger.all[i])
	}
	return s.Close()
}

func writeDeclaration(s *habilitation.SnapshotWriter, d *Declaration) {
	s.ID(d.ID)
	s.Number(uint64(d.Tag))
	s.Number(uint64(d.Audience))
	s.Number(uint64(d.Level))
	s.Number(uint64(d.State))
	s.Number(uint64(d.By))
	s.Signed(d.At.UnixMicro())
	s.Number(uint64(d.DecidedBy))
	if d.DecidedAt.IsZero() {
		s.Number(0)
	} else {
		s.Number(1)
		s.Signed(d.DecidedAt.UnixMicro())
	}
	s.Text(d.Reason)
}

// Restore replaces the declarations by a snapshot of some. A snapshot of another format is habilitation.ErrSnapshotVersion, one that was
// cut short or changed habilitation.ErrSnapshotDamaged; both leave the declarations as they were.
func (d *Declarations) Restore(from io.Reader) error {
	s := habilitation.NewSnapshotReader(from, declarationsFormat)
	version := s.Number()
	l := newLedger()
	s.Count(func() {
		l.tags = append(l.tags, tagDuties{steward: habilitation.AudienceID(s.Number()), state: State(s.Text())})
	})
	s.Count(func() { l.restore(s) })
	if err := s.Close(); err != nil {
		return fmt.Errorf("restore declarations: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger = l
	d.version.Store(habilitation.NextVersion(d.version.Load(), version))
	return nil
}

func (l *ledger) restore(s *habilitation.SnapshotReader) {
	d := Declaration{ID: s.ID(), Tag: habilitation.TagID(s.Number()), Audience: habilitation.AudienceID(s.Number()),
		Level: habilitation.Level(s.Number()), State: DeclarationState(s.Number()), By: habilitation.AgentID(s.Number()),
		At: time.UnixMicro(s.Signed()).UTC(), DecidedBy: habilitation.AgentID(s.Number())}
	if s.Number() == 1 {
		d.DecidedAt = time.UnixMicro(s.Signed()).UTC()
	}
	d.Reason = s.Text()
	_, known := l.byID[d.ID]
	_, holds := l.holding(d.Tag, d.Audience)
	if known || l.checkTag(d.Tag) != nil || !d.Level.Valid() || d.State > Superseded || d.State.holds() && holds {
		s.Fail("declaration " + d.ID.String())
		return
	}
	l.add(d)
}
