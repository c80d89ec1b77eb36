package dossier

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"chancery/habilitation"
)

// Entry is a message that stands in a dossier.
type Entry struct {
	Message habilitation.ID
	By      habilitation.AgentID
	At      time.Time
}

// Note is a text written into a dossier.
type Note struct {
	ID    habilitation.ID
	Level habilitation.Level
	Text  string
	By    habilitation.AgentID
	At    time.Time
}

// File is a file put into a dossier; the vault has its bytes.
type File struct {
	ID     habilitation.ID
	Level  habilitation.Level
	Name   string
	Type   string
	Size   int64
	SHA512 string // lower-case hexadecimal
	By     habilitation.AgentID
	At     time.Time
}

// Dossier is what is known of one dossier. What Find and Of return shares nothing that is written later.
type Dossier struct {
	ID       habilitation.ID
	Key      string
	Title    string
	Owner    habilitation.AudienceID
	Level    habilitation.Level
	Readers  []habilitation.AudienceID // whom it was opened or shared to beside the owner, ascending
	By       habilitation.AgentID
	At       time.Time
	ClosedBy habilitation.AgentID
	ClosedAt time.Time // zero while it is open
	Reason   string    // of the closing
	Entries  []Entry   // in the order in which they came
	Notes    []Note
	Files    []File
}

// IsClosed reports whether nothing more is written into the dossier.
func (d *Dossier) IsClosed() bool { return !d.ClosedAt.IsZero() }

// OpenTo reports whether the members of an audience read the dossier, as far as they are cleared for its level.
func (d *Dossier) OpenTo(audience habilitation.AudienceID) bool {
	_, shared := slices.BinarySearch(d.Readers, audience)
	return shared || audience == d.Owner
}

// Has reports whether the message stands in the dossier.
func (d *Dossier) Has(message habilitation.ID) bool { return d.place(message) >= 0 }

func (d *Dossier) place(message habilitation.ID) int {
	return slices.IndexFunc(d.Entries, func(e Entry) bool { return e.Message == message })
}

// name is what no two dossiers share.
type name struct {
	owner habilitation.AudienceID
	level habilitation.Level
	key   string
}

func (d *Dossier) name() name { return name{d.Owner, d.Level, strings.ToLower(d.Key)} }

// Dossiers are all dossiers of the house: a fold of the journal's acts. It is safe for any number of readers beside one writer.
type Dossiers struct {
	mu     sync.RWMutex
	all    []*Dossier                           // as they were opened; guarded by mu
	byID   map[habilitation.ID]*Dossier         // guarded by mu
	byName map[name]bool                        // guarded by mu
	parts  map[habilitation.ID]bool             // identities of notes and files; guarded by mu
	with   map[habilitation.ID]map[*Dossier]int // by message: where it stands, with its place; guarded by mu
}

// New is a house without a dossier.
func New() *Dossiers {
	return &Dossiers{byID: map[habilitation.ID]*Dossier{}, byName: map[name]bool{}, parts: map[habilitation.ID]bool{}, with: map[habilitation.ID]map[*Dossier]int{}}
}

// Find is the dossier of an identity. It says nothing about who may read it.
func (d *Dossiers) Find(id habilitation.ID) (Dossier, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found, ok := d.byID[id]
	if !ok {
		return Dossier{}, false
	}
	return *found, true
}

// All yields every dossier in the order in which they were opened. The lock is not held while the consumer works.
func (d *Dossiers) All() iter.Seq[Dossier] {
	return func(yield func(Dossier) bool) {
		for i := 0; ; i++ {
			one, ok := d.at(i)
			if !ok || !yield(one) {
				return
			}
		}
	}
}

func (d *Dossiers) at(i int) (Dossier, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if i >= len(d.all) {
		return Dossier{}, false
	}
	return *d.all[i], true
}

// With lists the dossiers in which a message stands, in the order in which they were opened.
func (d *Dossiers) With(message habilitation.ID) []Dossier {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var found []Dossier
	for one := range d.with[message] {
		found = append(found, *one)
	}
	slices.SortFunc(found, func(a, b Dossier) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID.String(), b.ID.String()))
	})
	return found
}

// Count is how many dossiers the house holds; for the house itself, never for a reader.
func (d *Dossiers) Count() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.all)
}

// Apply folds one act of this package: done by the agent at the time. An act that history does not allow is
// habilitation.ErrContradiction and changes nothing.
func (d *Dossiers) Apply(at time.Time, by habilitation.AgentID, act Act) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.check(act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	d.fold(time.UnixMicro(at.UnixMicro()).UTC(), by, act)
	return nil
}

// Check tells whether Apply would take the act now, and changes nothing.
func (d *Dossiers) Check(act Act) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.check(act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

func contradiction(format string, args ...any) error {
	return fmt.Errorf("%w: %s", habilitation.ErrContradiction, fmt.Sprintf(format, args...))
}

func (d *Dossiers) check(act Act) error {
	switch act := act.(type) {
	case Opened:
		return d.checkOpened(act)
	case MessageAdded:
		return d.checkEntry(act.Dossier, act.Message, false)
	case MessageRemoved:
		return d.checkEntry(act.Dossier, act.Message, true)
	case NoteAdded:
		return d.checkPart(act.Dossier, act.Note, act.Level)
	case FileAdded:
		return d.checkPart(act.Dossier, act.File, act.Level)
	case Shared:
		one, err := d.writable(act.Dossier)
		if err == nil && (act.Audience == 0 || one.OpenTo(act.Audience)) {
			return contradiction("dossier %s is open to audience %d", act.Dossier, act.Audience)
		}
		return err
	case Closed:
		_, err := d.writable(act.Dossier)
		return err
	}
	return habilitation.ErrUnknownKind
}

func (d *Dossiers) checkOpened(act Opened) error {
	if _, known := d.byID[act.Dossier]; known || act.Dossier.IsZero() {
		return contradiction("dossier %s is not new", act.Dossier)
	}
	if act.Key == "" || act.Title == "" || act.Owner == 0 || !act.Level.Valid() {
		return contradiction("dossier %q: key, title, owner or level missing", act.Key)
	}
	if d.byName[name{act.Owner, act.Level, strings.ToLower(act.Key)}] {
		return contradiction("key %q is taken", act.Key)
	}
	if !slices.IsSorted(act.Members) || len(slices.Compact(slices.Clone(act.Members))) != len(act.Members) || slices.Contains(act.Members, act.Owner) {
		return contradiction("members %v", act.Members)
	}
	return nil
}

// writable is a dossier that is not closed.
func (d *Dossiers) writable(id habilitation.ID) (*Dossier, error) {
	one, known := d.byID[id]
	if !known {
		return nil, contradiction("dossier %s is unknown", id)
	}
	if one.IsClosed() {
		return nil, contradiction("dossier %s is closed", id)
	}
	return one, nil
}

func (d *Dossiers) checkEntry(id, message habilitation.ID, standing bool) error {
	one, err := d.writable(id)
	if err != nil {
		return err
	}
	if _, stands := d.with[message][one]; stands != standing || message.IsZero() {
		return contradiction("message %s in dossier %s", message, id)
	}
	return nil
}

func (d *Dossiers) checkPart(id, part habilitation.ID, level habilitation.Level) error {
	one, err := d.writable(id)
	if err != nil {
		return err
	}
	if d.parts[part] || part.IsZero() {
		return contradiction("part %s is not new", part)
	}
	if !level.Valid() || level > one.Level {
		return contradiction("level %s in dossier %s", level, id)
	}
	return nil
}

// fold applies an act that check allowed. Lists that readers may hold are copied before they change in place.
func (d *Dossiers) fold(at time.Time, by habilitation.AgentID, act Act) {
	switch act := act.(type) {
	case Opened:
		d.add(&Dossier{ID: act.Dossier, Key: act.Key, Title: act.Title, Owner: act.Owner, Level: act.Level, Readers: slices.Clone(act.Members), By: by, At: at})
	case MessageAdded:
		d.enter(d.byID[act.Dossier], Entry{Message: act.Message, By: by, At: at})
	case MessageRemoved:
		d.leave(d.byID[act.Dossier], act.Message)
	case NoteAdded:
		d.note(d.byID[act.Dossier], Note{ID: act.Note, Level: act.Level, Text: act.Text, By: by, At: at})
	case FileAdded:
		d.file(d.byID[act.Dossier], File{ID: act.File, Level: act.Level, Name: act.Name, Type: act.Type, Size: act.Size, SHA512: act.SHA512, By: by, At: at})
	case Shared:
		one := d.byID[act.Dossier]
		i, _ := slices.BinarySearch(one.Readers, act.Audience)
		one.Readers = slices.Insert(slices.Clone(one.Readers), i, act.Audience)
	case Closed:
		one := d.byID[act.Dossier]
		one.ClosedBy, one.ClosedAt, one.Reason = by, at, act.Reason
	}
}

func (d *Dossiers) add(one *Dossier) {
	d.all = append(d.all, one)
	d.byID[one.ID] = one
	d.byName[one.name()] = true
}

func (d *Dossiers) enter(one *Dossier, e Entry) {
	if d.with[e.Message] == nil {
		d.with[e.Message] = map[*Dossier]int{}
	}
	d.with[e.Message][one] = len(one.Entries)
	one.Entries = append(one.Entries, e)
}

func (d *Dossiers) leave(one *Dossier, message habilitation.ID) {
	place := d.with[message][one]
	one.Entries = slices.Delete(slices.Clone(one.Entries), place, place+1)
	for i := place; i < len(one.Entries); i++ {
		d.with[one.Entries[i].Message][one] = i
	}
	if delete(d.with[message], one); len(d.with[message]) == 0 {
		delete(d.with, message)
	}
}

func (d *Dossiers) note(one *Dossier, n Note) {
	d.parts[n.ID] = true
	one.Notes = append(one.Notes, n)
}

func (d *Dossiers) file(one *Dossier, f File) {
	d.parts[f.ID] = true
	one.Files = append(one.Files, f)
}
