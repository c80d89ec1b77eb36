package correspondence

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
)

const shelfDrafts Shelf = "drafts"

// savedDraft is what the desk store keeps of a draft. The draft's identity becomes the message's, so a draft is released once.
type savedDraft struct {
	Form  Form               `json:"form"`
	Saved time.Time          `json:"saved"`
	Typed habilitation.Level `json:"typed"` // of the session that the whole form was sent from
}

// directory is the house as a draft of this badge is checked against it.
func (c *Chancery) directory(badge habilitation.Badge, now time.Time) directory {
	d := c.DeskOf(badge)
	return directory{register: c.Folds.Register, thesaurus: c.Folds.Thesaurus, now: now, headline: c.Folds.Ledger.headline, resolve: func(text string) (Reference, habilitation.Level, bool) {
		return d.resolve(text, now)
	}}
}

// resolve finds the message that a reference names, by identity or by number, if the reader may see it.
func (d *Desk) resolve(text string, now time.Time) (Reference, habilitation.Level, bool) {
	id, err := habilitation.ParseID(text)
	if err != nil {
		number, ok := ParseNumber(text)
		if !ok {
			return Reference{Text: text}, 0, false
		}
		origin, known := d.house.Folds.Register.AudienceByTimbre(number.Timbre)
		if !known {
			return Reference{Text: text}, 0, false
		}
		text = number.InYear() // the same words for every hand, whatever it sees
		if id, ok = d.house.Folds.Ledger.numbered(origin.ID, number, now); !ok {
			return Reference{Text: text}, 0, false
		}
	}
	row, admitErr := d.admit(id)
	if admitErr != nil {
		return Reference{Text: text}, 0, false
	}
	if h, ok := d.house.Folds.Ledger.headline(id); ok && h.number != "" && err == nil {
		text = h.number
	}
	return Reference{Text: text, Message: id}, row.Marking.Level(), true
}

// NewDraft puts a new draft on the desk. Faults do not hinder: they are told, and what was typed is kept.
func (d *Desk) NewDraft(ctx context.Context, form Form) (DraftView, error) {
	id := d.house.NewID(fmt.Appendf(nil, "draft %d %s", d.badge.Agent(), form.Subject))
	return d.putDraft(ctx, id, 0, form, nil)
}

// SaveDraft replaces a draft; version is the one that the writer began from, or 0 for whatever is there.
func (d *Desk) SaveDraft(ctx context.Context, id habilitation.ID, version uint64, form Form) (DraftView, error) {
	saved, _, err := d.savedDraft(ctx, id)
	if err != nil {
		return DraftView{}, err
	}
	if version == 0 {
		version = AnyVersion
	}
	return d.putDraft(ctx, id, version, form, saved.Form.Attachments)
}

func (d *Desk) putDraft(ctx context.Context, id habilitation.ID, over uint64, form Form, had []FormAttachment) (DraftView, error) {
	if err := d.keepFiles(ctx, &form, had); err != nil {
		return DraftView{}, err
	}
	saved := savedDraft{Form: form, Saved: d.house.Clock().UTC().Truncate(time.Millisecond), Typed: d.badge.Level()}
	value, err := json.Marshal(saved)
	if err != nil {
		return DraftView{}, fmt.Errorf("save draft %s: %w", id, err)
	}
	if err := d.hasRoom(ctx, id, len(value)); err != nil {
		return DraftView{}, err
	}
	version, err := d.house.Store.Put(ctx, OwnerAgent(d.badge.Agent()), shelfDrafts, id.String(), over, value)
	if errors.Is(err, ErrStale) {
		return DraftView{}, refuse(Conflict, "draft-changed")
	}
	if err != nil {
		return DraftView{}, fmt.Errorf("save draft %s: %w", id, err)
	}
	return d.draftView(id, version, saved), nil
}

// What an agent may have on the desk at once: as much as one answer lists without labour.
const (
	maxDrafts     = 200
	maxDraftBytes = 8 << 20
)

// hasRoom refuses a draft for which the desk has no room beside the others. Those that this session does not show take none: else a full
// desk would tell of them.
func (d *Desk) hasRoom(ctx context.Context, id habilitation.ID, size int) error {
	items, err := d.house.Store.List(ctx, OwnerAgent(d.badge.Agent()), shelfDrafts)
	if err != nil {
		return fmt.Errorf("make room for draft %s: %w", id, err)
	}
	count := 1
	for _, item := range items {
		if item.Key == id.String() {
			continue
		}
		saved, err := readDraft(item)
		if err != nil {
			return err
		}
		if d.mayOpen(saved) {
			count, size = count+1, size+len(item.Value)
		}
	}
	if count > maxDrafts || size > maxDraftBytes {
		return &Refusal{Cause: Invalid, Faults: []Fault{{Key: "desk-full", Args: map[string]string{"max": strconv.Itoa(maxDrafts)}}}}
	}
	return nil
}

// keepFiles puts the bytes of new attachments into the vault and keeps their digests in the form. A digest without bytes stands for a file
// that the draft had before and for no other: it would tell who guesses one whether the house has the file, and hand it out.
func (d *Desk) keepFiles(ctx context.Context, form *Form, had []FormAttachment) error {
	files := append([]FormAttachment(nil), form.Attachments...)
	for i := range files {
		if len(files[i].Content) == 0 {
			if !slices.ContainsFunc(had, func(h FormAttachment) bool { return h.SHA512 == files[i].SHA512 && h.Size == files[i].Size }) {
				files[i].SHA512, files[i].Size = "", 0
			}
			continue
		}
		digest, err := d.house.Vault.Put(ctx, bytes.NewReader(files[i].Content))
		if err != nil {
			return fmt.Errorf("keep attachment %d: %w", i, err)
		}
		if files[i].Type == "" {
			files[i].Type, _, _ = strings.Cut(http.DetectContentType(files[i].Content), ";")
		}
		files[i].Content, files[i].Size, files[i].SHA512 = nil, digest.Size, hex.EncodeToString(digest.Sum[:])
	}
	form.Attachments = files
	return nil
}

// savedDraft reads a draft of the desk's owner that may be shown on this session; a released one is gone.
func (d *Desk) savedDraft(ctx context.Context, id habilitation.ID) (saved savedDraft, version uint64, err error) {
	item, err := d.house.Store.Get(ctx, OwnerAgent(d.badge.Agent()), shelfDrafts, id.String())
	if errors.Is(err, ErrNotThere) {
		return saved, 0, errUnknown
	}
	if err != nil {
		return saved, 0, fmt.Errorf("read draft %s: %w", id, err)
	}
	if saved, err = readDraft(item); err != nil {
		return saved, 0, err
	}
	if !d.mayOpen(saved) {
		return savedDraft{}, 0, errUnknown
	}
	return saved, item.Version, nil
}

func readDraft(item Item) (saved savedDraft, err error) {
	if err := json.Unmarshal(item.Value, &saved); err != nil {
		return saved, fmt.Errorf("read draft %s: %w", item.Key, err)
	}
	return saved, nil
}

func (d *Desk) draftView(id habilitation.ID, version uint64, saved savedDraft) DraftView {
	_, faults := d.drafted(id, saved.Form).finish(d.house.directory(d.badge, d.house.Clock()))
	if faults == nil {
		faults = []Fault{}
	}
	return DraftView{ID: id, Version: version, Form: saved.Form, Faults: faults, SavedAt: saved.Saved}
}

func (d *Desk) drafted(id habilitation.ID, form Form) Draft {
	return Draft{ID: id, Form: form, Agent: d.badge.Agent(), Ceiling: d.badge.Level()}
}

// mayOpen reports whether a draft may be shown on this session. One that is to be restricted, or has no level yet, is not shown on an
// unprotected terminal unless it was typed on one, and an answer there is the same as for none.
func (d *Desk) mayOpen(saved savedDraft) bool {
	level, err := habilitation.ParseLevel(saved.Form.Level)
	if err != nil {
		level = habilitation.Restricted
	}
	return min(level, saved.Typed) <= d.badge.Level()
}

// Drafts lists the owner's drafts, the last saved first.
func (d *Desk) Drafts(ctx context.Context) ([]DraftView, error) {
	items, err := d.house.Store.List(ctx, OwnerAgent(d.badge.Agent()), shelfDrafts)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	out := []DraftView{}
	for _, item := range items {
		id, err := habilitation.ParseID(item.Key)
		if err != nil || d.house.Folds.Ledger.has(id) {
			continue
		}
		saved, err := readDraft(item)
		if err != nil {
			return nil, err
		}
		if d.mayOpen(saved) {
			out = append(out, d.draftView(id, item.Version, saved))
		}
	}
	sortNewest(out)
	return out, nil
}

// Draft opens one of the owner's drafts.
func (d *Desk) Draft(ctx context.Context, id habilitation.ID) (DraftView, error) {
	saved, version, err := d.savedDraft(ctx, id)
	if err != nil {
		return DraftView{}, err
	}
	return d.draftView(id, version, saved), nil
}

// DiscardDraft throws a draft away.
func (d *Desk) DiscardDraft(ctx context.Context, id habilitation.ID) error {
	if _, _, err := d.savedDraft(ctx, id); err != nil {
		return err
	}
	if err := d.house.Store.Remove(ctx, OwnerAgent(d.badge.Agent()), shelfDrafts, id.String()); err != nil {
		return fmt.Errorf("discard draft %s: %w", id, err)
	}
	return nil
}

// Release decides a saved draft. The same draft again gives the same message.
func (d *Desk) Release(ctx context.Context, id habilitation.ID, version uint64) (MessageView, error) {
	saved, stands, err := d.savedDraft(ctx, id)
	if err != nil {
		return d.released(ctx, id, err)
	}
	if version != 0 && version != stands {
		return MessageView{}, refuse(Conflict, "draft-changed")
	}
	view, err := d.dispatch(ctx, id, saved.Form)
	if err != nil {
		return MessageView{}, err
	}
	if err := d.putAway(context.WithoutCancel(ctx), id, saved.Form); err != nil {
		d.house.Log.Warn("released draft left on the desk", "draft", id.String(), "why", err.Error())
	}
	return view, nil
}

// putAway takes a released draft off the desk. What was saved over it since it was read was not released: it becomes a draft of its own.
func (d *Desk) putAway(ctx context.Context, id habilitation.ID, released Form) error {
	owner, store := OwnerAgent(d.badge.Agent()), d.house.Store
	item, err := store.Get(ctx, owner, shelfDrafts, id.String())
	if err != nil {
		return err
	}
	later, err := readDraft(item)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(later.Form, released) {
		key := d.house.NewID(fmt.Appendf(nil, "draft after %s", id)).String()
		if _, err := store.Put(ctx, owner, shelfDrafts, key, 0, item.Value); err != nil {
			return err
		}
	}
	return store.Remove(ctx, owner, shelfDrafts, id.String())
}

// released answers for a draft that is gone because its own hand released it.
func (d *Desk) released(ctx context.Context, id habilitation.ID, otherwise error) (MessageView, error) {
	h, ok := d.house.Folds.Ledger.headline(id)
	if !ok || h.signatory != d.badge.Agent() {
		return MessageView{}, otherwise
	}
	return d.Message(ctx, id)
}

// Dispatch releases a form at once, under an identity that no message bears yet; a zero one is drawn. The faults of the form are told all at once.
func (d *Desk) Dispatch(ctx context.Context, id habilitation.ID, form Form) (MessageView, error) {
	if err := d.keepFiles(ctx, &form, nil); err != nil {
		return MessageView{}, err
	}
	return d.dispatch(ctx, id, form)
}

// dispatch releases a form whose files are in the vault.
func (d *Desk) dispatch(ctx context.Context, id habilitation.ID, form Form) (MessageView, error) {
	if id.IsZero() {
		id = d.house.NewID(fmt.Appendf(nil, "message %d %s", d.badge.Agent(), form.Subject))
	}
	if err := d.provedFor(id, form); err != nil {
		return MessageView{}, err
	}
	r, err := d.house.Release(ctx, d.badge, id, form)
	if err != nil {
		return MessageView{}, refusalOf(err)
	}
	if r == nil {
		return d.released(ctx, id, errUnknown)
	}
	row, err := d.admit(id)
	if err != nil {
		return MessageView{}, err
	}
	return d.view(ctx, row, r)
}
