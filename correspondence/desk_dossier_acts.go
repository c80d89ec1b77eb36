package correspondence

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"chancery/correspondence/dossier"
	"chancery/habilitation"
	"chancery/search"
)

// What a dossier holds, so that one answer lists it without labour.
const (
	maxDossierKey      = 60
	maxNote            = 20_000 // characters
	maxDossierMessages = 5_000
	maxDossierParts    = 500 // notes, and files
)

// dossierKey is the form of a dossier's key.
var dossierKey = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// keyFrom makes a key from a title: "Sahel, printemps 2026" → "sahel-printemps-2026".
func keyFrom(title string) string {
	words := strings.FieldsFunc(search.Fold(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := ""
	for _, word := range words {
		if len(key)+1+len(word) > maxDossierKey {
			break
		}
		key = strings.TrimPrefix(key+"-"+word, "-")
	}
	return key
}

// OpenDossier begins a dossier of a group or community in which the agent writes. All faults are told at once.
func (d *Desk) OpenDossier(ctx context.Context, form DossierForm) (DossierView, error) {
	act, faults := d.readDossier(form)
	if len(faults) > 0 {
		return DossierView{}, &Refusal{Cause: Invalid, Faults: faults}
	}
	act.Dossier = d.house.NewID(fmt.Appendf(nil, "dossier %d %s %s", act.Owner, act.Level, act.Key))
	err := d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.Open(d.house.Folds.Register, by, act)
	})
	if err != nil {
		return DossierView{}, err
	}
	one, err := d.dossier(act.Dossier)
	return d.dossierView(&one), err
}

// readDossier reads the form of a dossier against the house as it is.
func (d *Desk) readDossier(form DossierForm) (dossier.Opened, []Fault) {
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	act := dossier.Opened{Key: strings.TrimSpace(form.Key), Title: OneLine(form.Title)}
	f.length("title", act.Title, true, maxSubject)
	if act.Key == "" {
		act.Key = keyFrom(act.Title)
	}
	if (act.Key != "" || len(f.faults) == 0) && (len(act.Key) > maxDossierKey || !dossierKey.MatchString(act.Key)) {
		f.fault("key", "bad-key")
	}
	act.Level = f.level("level", form.Level, 0)
	if act.Level > d.badge.Level() {
		f.fault("level", "above-session")
	}
	f.m.Level = act.Level
	f.inClear("title", act.Title)
	owner := f.dossierReader("owner", form.Owner, act.Level)
	if act.Owner = owner.ID; owner.ID != 0 && !dossier.Writes(f.register, d.badge.Agent(), owner.ID) {
		f.fault("owner", "no-right-to-write", "group", owner.Key)
	}
	for i, key := range form.Members {
		if member := f.dossierReader(fmt.Sprintf("members[%d]", i), key, act.Level); member.ID != 0 {
			act.Members = append(act.Members, member.ID)
		}
	}
	return act, f.faults
}

// dossierReader finds an audience that may read a dossier of the level; zero when there is a fault.
func (f *finishing) dossierReader(field, key string, level habilitation.Level) habilitation.Audience {
	if strings.TrimSpace(key) == "" {
		f.fault(field, "missing")
		return habilitation.Audience{}
	}
	a, known := f.register.AudienceByKey(strings.TrimSpace(key))
	if !known {
		f.fault(field, "group-unknown", "value", key)
		return habilitation.Audience{}
	}
	if level > a.Level {
		f.fault(field, "group-not-cleared", "group", a.Key)
		return habilitation.Audience{}
	}
	return a
}

// AddToDossier puts a message, named by its identity or number, into a dossier. Only what the agent may see can be put there.
func (d *Desk) AddToDossier(ctx context.Context, id habilitation.ID, message string) (DossierMessage, error) {
	one, err := d.dossier(id)
	if err != nil {
		return DossierMessage{}, err
	}
	reference, _, found := d.resolve(OneLine(message), d.house.Clock())
	if !found {
		return DossierMessage{}, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "message", Key: "reference-unknown"}}}
	}
	if len(d.dossierMessages(&one)) >= maxDossierMessages {
		return DossierMessage{}, dossierFull("message", maxDossierMessages)
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.AddMessage(d.house.Folds.Register, by, id, reference.Message)
	})
	if err != nil {
		return DossierMessage{}, err
	}
	row, err := d.admit(reference.Message)
	if err != nil {
		return DossierMessage{}, err
	}
	unread, err := d.unreads(ctx)
	if err != nil {
		return DossierMessage{}, err
	}
	h, _ := d.headline(row, unread)
	return DossierMessage{Headline: h, AddedBy: d.house.Folds.agent(d.badge.Agent()), AddedAt: d.house.Clock().UTC()}, nil
}

func dossierFull(field string, most int) error {
	return &Refusal{Cause: Invalid, Faults: []Fault{{Field: field, Key: "dossier-full", Args: map[string]string{"max": strconv.Itoa(most)}}}}
}

// RemoveFromDossier takes a message out of a dossier, with the reason; the message stays where it was.
func (d *Desk) RemoveFromDossier(ctx context.Context, id, message habilitation.ID, reason string) error {
	if _, err := d.dossier(id); err != nil {
		return err
	}
	if _, err := d.admit(message); err != nil {
		return err
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.RemoveMessage(d.house.Folds.Register, by, id, message, reason)
	})
}

// AddNote writes a note into a dossier.
func (d *Desk) AddNote(ctx context.Context, id habilitation.ID, form NoteForm) (NoteView, error) {
	one, err := d.dossier(id)
	if err != nil {
		return NoteView{}, err
	}
	if len(one.Notes) >= maxDossierParts {
		return NoteView{}, dossierFull("text", maxDossierParts)
	}
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	act := dossier.NoteAdded{Dossier: id, Text: strings.TrimSpace(CleanText(form.Text)), Level: f.partLevel(form.Level, one.Level)}
	f.length("text", act.Text, true, maxNote)
	f.inClear("text", act.Text)
	if len(f.faults) > 0 {
		return NoteView{}, &Refusal{Cause: Invalid, Faults: f.faults}
	}
	act.Note = d.house.NewID(fmt.Appendf(nil, "note %s %d", id, len(one.Notes)))
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.AddNote(d.house.Folds.Register, by, act)
	})
	return NoteView{ID: act.Note, Level: act.Level, Text: act.Text, By: d.house.Folds.agent(d.badge.Agent()), At: d.house.Clock().UTC()}, err
}

// partLevel reads the level of a note or file: the dossier's when none is given, and never above it.
func (f *finishing) partLevel(name string, of habilitation.Level) habilitation.Level {
	level := f.level("level", name, of)
	if level > of {
		f.fault("level", "above-dossier")
	}
	f.m.Level = level
	return level
}

// AddFile puts a file into a dossier.
func (d *Desk) AddFile(ctx context.Context, id habilitation.ID, form FormAttachment) (DossierFile, error) {
	one, err := d.dossier(id)
	if err != nil {
		return DossierFile{}, err
	}
	if len(one.Files) >= maxDossierParts {
		return DossierFile{}, dossierFull("content", maxDossierParts)
	}
	if !dossier.Writes(d.house.Folds.Register, d.badge.Agent(), one.Owner) {
		return DossierFile{}, refuse(NotMandated, "")
	}
	act, err := d.readFile(ctx, &one, form)
	if err != nil {
		return DossierFile{}, err
	}
	digest, err := digestFrom(act.SHA512, act.Size)
	if err != nil {
		return DossierFile{}, err
	}
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		decided, err := d.house.Folds.Dossiers.AddFile(d.house.Folds.Register, by, act)
		if err != nil {
			return nil, err
		}
		return decided, d.house.Vault.Retain(ctx, digest)
	})
	file := dossier.File{ID: act.File, Level: act.Level, Name: act.Name, Type: act.Type, Size: act.Size, SHA512: act.SHA512, By: d.badge.Agent(), At: d.house.Clock().UTC()}
	return d.dossierFile(&file), err
}

// readFile checks a file and puts its bytes into the vault.
func (d *Desk) readFile(ctx context.Context, one *dossier.Dossier, form FormAttachment) (dossier.FileAdded, error) {
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	act := dossier.FileAdded{Dossier: one.ID, Name: fileName(form.Name), Type: form.Type, Level: f.partLevel(form.Level, one.Level)}
	if act.Name == "" || !utf8.ValidString(act.Name) {
		f.fault("name", "missing")
	}
	f.inClear("name", act.Name)
	if len(form.Content) == 0 {
		f.fault("content", "missing")
	}
	if len(f.faults) > 0 {
		return act, &Refusal{Cause: Invalid, Faults: f.faults}
	}
	kept, fault, err := d.house.keepBytes(ctx, "content", form.Name, form.Content)
	if err != nil {
		return act, fmt.Errorf("keep file of dossier %s: %w", one.ID, err)
	}
	if fault != nil {
		return act, &Refusal{Cause: Invalid, Faults: []Fault{*fault}}
	}
	if fault := d.house.fileInClear("content", act.Level, act.Name, kept); fault != nil {
		return act, &Refusal{Cause: Invalid, Faults: []Fault{*fault}}
	}
	act.Type, act.Size, act.SHA512 = kept.Type, kept.Size, kept.SHA512
	act.File = d.house.NewID(fmt.Appendf(nil, "file %s %d", one.ID, len(one.Files)))
	return act, nil
}

// ShareDossier lets the members of one more group or community read a dossier. It shares no message: each stays with those it came to.
func (d *Desk) ShareDossier(ctx context.Context, id habilitation.ID, group string) error {
	one, err := d.dossier(id)
	if err != nil {
		return err
	}
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	audience := f.dossierReader("group", group, one.Level)
	if len(f.faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: f.faults}
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.Share(d.house.Folds.Register, by, id, audience.ID)
	})
}

// CloseDossier ends the writing in a dossier, with the reason; it is read as before.
func (d *Desk) CloseDossier(ctx context.Context, id habilitation.ID, reason string) error {
	if _, err := d.dossier(id); err != nil {
		return err
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Dossiers.Close(d.house.Folds.Register, by, id, reason)
	})
}
