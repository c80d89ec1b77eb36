package correspondence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

const shelfDrafts Shelf = "drafts"

// savedDraft is what the desk store keeps of a draft. The draft's identity becomes the message's, so a draft is released once.
type savedDraft struct {
	Form  Form                 `json:"form"`
	Begun time.Time            `json:"begun,omitzero"` // when the draft was first saved
	Saved time.Time            `json:"saved"`
	Typed habilitation.Level   `json:"typed"`        // of the session that the whole form was sent from
	By    habilitation.AgentID `json:"by,omitempty"` // who saved it, of a shared draft or a version
}

// directory is the house as a draft of this badge is checked against it.
func (c *Chancery) directory(badge habilitation.Badge, now time.Time) directory {
	d := c.DeskOf(badge)
	return directory{register: c.Folds.Register, thesaurus: c.Folds.Thesaurus, now: now, zone: c.Zone, headline: c.Folds.Ledger.headline, ended: c.Folds.Ledger.endedBy, inspected: c.verdictOn, resolve: func(text string) (Reference, habilitation.Level, bool) {
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
	found, err := d.putDraft(ctx, foundDraft{id: id, owner: OwnerAgent(d.badge.Agent())}, 0, form, nil)
	if err != nil {
		return DraftView{}, err
	}
	return d.foundView(ctx, found)
}

// SaveDraft replaces a draft; version is the one that the writer began from, or 0 for whatever is there. Over another version it is refused
// with both texts, and the refused one is kept aside. An edit of a text that visas are asked on, or were given on, ends the round; a signatory
// alone may change a text that has its visas, and then sends it back or signs it as their own.
func (d *Desk) SaveDraft(ctx context.Context, id habilitation.ID, version uint64, form Form) (DraftView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return DraftView{}, d.gone(id, err)
	}
	if err := d.mayEdit(found, form); err != nil {
		return DraftView{}, err
	}
	if version == 0 {
		version = AnyVersion
	}
	if err := d.keepBefore(ctx, found, version); err != nil {
		return DraftView{}, err
	}
	if found.group != 0 && form.Drafter == "" {
		form.Drafter = found.Form.Drafter // who wrote it stays its drafter, whoever saves it, or the text would depend on who signs it
	}
	had := found.savedDraft.Form.Attachments
	found, err = d.putDraft(ctx, found, version, form, had)
	if errors.Is(err, ErrStale) {
		return DraftView{}, d.clash(ctx, id, form)
	}
	if err != nil {
		return DraftView{}, err
	}
	if err := d.house.takenOver(ctx, id, form); err != nil {
		return DraftView{}, err
	}
	if err := d.afterEdit(ctx, &found); err != nil {
		return DraftView{}, err
	}
	return d.foundView(ctx, found)
}

// putDraft writes a form in place of a version; ErrStale when another stands there.
func (d *Desk) putDraft(ctx context.Context, to foundDraft, over uint64, form Form, had []FormAttachment) (foundDraft, error) {
	if err := d.keepFiles(ctx, &form, had); err != nil {
		return to, err
	}
	now := d.house.Clock().UTC().Truncate(time.Millisecond)
	begun := cmp.Or(to.savedDraft.Begun, to.savedDraft.Saved, now)
	to.savedDraft = savedDraft{Form: form, Begun: begun, Saved: now, Typed: d.badge.Level(), By: d.badge.Agent()}
	value, err := json.Marshal(to.savedDraft)
	if err != nil {
		return to, fmt.Errorf("save draft %s: %w", to.id, err)
	}
	if err := d.hasRoom(ctx, to.owner, to.id, len(value)); err != nil {
		return to, err
	}
	if to.version, err = d.house.Store.Put(ctx, to.owner, shelfDrafts, to.id.String(), over, value); err != nil {
		return to, fmt.Errorf("save draft %s: %w", to.id, err)
	}
	return to, nil
}

// What may lie on one desk at once, an agent's or a group's: as much as one answer lists without labour.
const (
	maxDrafts     = 200
	maxDraftBytes = 8 << 20
)

// hasRoom refuses a draft for which the desk has no room beside the others. Those that this session does not show take none: else a full
// desk would tell of them.
func (d *Desk) hasRoom(ctx context.Context, owner Owner, id habilitation.ID, size int) error {
	items, err := d.house.Store.List(ctx, owner, shelfDrafts)
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

// keepFiles has new attachments inspected and keeps their digests in the form. A digest without bytes stands for a file that the draft had
// before and for no other: it would tell who guesses one whether the house has the file, and hand it out. A file that is not taken stays in the
// form with the reason, and without its bytes.
func (d *Desk) keepFiles(ctx context.Context, form *Form, had []FormAttachment) error {
	files := append([]FormAttachment(nil), form.Attachments...)
	for i := range files {
		if len(files[i].Content) == 0 {
			known := slices.IndexFunc(had, func(h FormAttachment) bool { return h.SHA512 == files[i].SHA512 && h.Size == files[i].Size })
			if files[i].Refused = nil; known < 0 {
				files[i].SHA512, files[i].Size = "", 0
			} else if files[i].SHA512 == "" {
				files[i].Refused = had[known].Refused
			}
			continue
		}
		kept, fault, err := d.house.keepBytes(ctx, "content", files[i].Name, files[i].Content)
		if err != nil {
			return fmt.Errorf("keep attachment %d: %w", i, err)
		}
		files[i] = FormAttachment{Name: files[i].Name, Level: files[i].Level, Type: kept.Type, Size: kept.Size, SHA512: kept.SHA512, Refused: fault}
	}
	form.Attachments = files
	return nil
}

func readDraft(item Item) (saved savedDraft, err error) {
	if err := json.Unmarshal(item.Value, &saved); err != nil {
		return saved, fmt.Errorf("read draft %s: %w", item.Key, err)
	}
	return saved, nil
}

// foundView is a draft with everything about it that the page of one shows.
func (d *Desk) foundView(ctx context.Context, found foundDraft) (DraftView, error) {
	v := d.draftView(found)
	var err error
	if v.Others, err = d.others(ctx, found); err != nil {
		return DraftView{}, err
	}
	return v, nil
}

func (d *Desk) draftView(found foundDraft) DraftView {
	draft := d.draftOf(found)
	if !d.signs(found) {
		draft.Purpose = ToAskVisas // what hinders a signatory hinders this agent too, but for the right to sign
	}
	message, faults := draft.finish(d.house.directory(d.badge, d.house.Clock()))
	if faults == nil || found.review {
		faults = []Fault{}
	}
	v := DraftView{ID: found.id, Version: found.version, Form: found.Form, Faults: faults, SavedAt: found.Saved, Review: found.review, Others: []AgentRef{}}
	if found.group != 0 {
		group := d.house.Folds.audience(found.group)
		v.Group = &group
	}
	if found.By != 0 {
		by := d.house.Folds.agent(found.By)
		v.SavedBy = &by
	}
	d.circuitOf(&v, found, message)
	return v
}

func (d *Desk) draftOf(found foundDraft) Draft {
	draft := d.drafted(found.id, found.Form)
	draft.Awaited, draft.Begun = found.awaited, cmp.Or(found.Begun, found.Saved)
	return draft
}

func (d *Desk) drafted(id habilitation.ID, form Form) Draft {
	return Draft{ID: id, Form: form, Agent: d.badge.Agent(), Ceiling: d.badge.Level()}
}

// mayOpen reports whether a draft may be shown on this session. One that is to be restricted, or has no level yet, is not shown on an
// unprotected terminal unless it was typed on one, and an answer there is the same as for none.
func (d *Desk) mayOpen(saved savedDraft) bool {
	return min(saved.Form.Mark(), saved.Typed) <= d.badge.Level()
}

// Drafts lists the agent's own drafts and those shared in the groups that they write for, the last saved first.
func (d *Desk) Drafts(ctx context.Context) ([]DraftView, error) {
	out := []DraftView{}
	err := d.eachDraft(ctx, func(found foundDraft) {
		if found.state == nil || found.state.State != circuit.Abandoned {
			out = append(out, d.draftView(found))
		}
	})
	sortNewest(out)
	return out, err
}

// eachDraft walks the drafts that the desk opens as one of their writers.
func (d *Desk) eachDraft(ctx context.Context, yield func(foundDraft)) error {
	for _, group := range append([]habilitation.AudienceID{0}, d.writingGroups()...) {
		owner := OwnerAgent(d.badge.Agent())
		if group != 0 {
			owner = OwnerAudience(group)
		}
		items, err := d.house.Store.List(ctx, owner, shelfDrafts)
		if err != nil {
			return fmt.Errorf("list drafts: %w", err)
		}
		for _, item := range items {
			id, err := habilitation.ParseID(item.Key)
			if err != nil || d.house.Folds.Ledger.has(id) {
				continue
			}
			saved, err := readDraft(item)
			if err != nil {
				return err
			}
			if d.mayOpen(saved) {
				awaited, err := d.house.joined(ctx, id, &saved.Form)
				if err != nil {
					return err
				}
				state, onWay := d.house.Folds.Circuits.Draft(id)
				yield(foundDraft{savedDraft: saved, id: id, version: item.Version, owner: owner, group: group, awaited: awaited}.on(state, onWay))
			}
		}
	}
	return nil
}

// Draft opens a draft: of the agent's own, shared in a group that they write for, or one whose visa is asked of them.
func (d *Desk) Draft(ctx context.Context, id habilitation.ID) (DraftView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return DraftView{}, d.gone(id, err)
	}
	if s := found.state; s == nil || s.State == circuit.Drafting || s.State == circuit.ToSign { // else it is looked at, not written
		if err := d.arrive(ctx, found); err != nil {
			return DraftView{}, err
		}
	}
	return d.foundView(ctx, found)
}

// DiscardDraft throws a draft away. One that visas are asked on, or that is to be signed, is abandoned instead, with a reason.
func (d *Desk) DiscardDraft(ctx context.Context, id habilitation.ID) error {
	found, err := d.find(ctx, id)
	if err != nil {
		return d.gone(id, err)
	}
	if found.review {
		return refuse(NotMandated, "")
	}
	if s := found.state; s != nil && s.State != circuit.Drafting && s.State != circuit.Abandoned {
		return refuse(Conflict, "draft-in-circuit")
	}
	if err := d.house.clearAway(ctx, found.owner, id); err != nil {
		return err
	}
	return d.house.forgetDraft(ctx, id)
}

// clearAway takes a draft off a desk, with its versions and who was at it.
func (c *Chancery) clearAway(ctx context.Context, owner Owner, id habilitation.ID) error {
	if err := c.Store.Remove(ctx, owner, shelfDrafts, id.String()); err != nil {
		return fmt.Errorf("discard draft %s: %w", id, err)
	}
	for _, shelf := range []string{shelfVersions, shelfPresence} {
		if err := c.Store.Remove(ctx, owner, Shelf(shelf+id.String())); err != nil {
			return fmt.Errorf("discard versions of draft %s: %w", id, err)
		}
	}
	return nil
}

// Release decides a saved draft at once. The same draft again gives the same message.
func (d *Desk) Release(ctx context.Context, id habilitation.ID, version uint64) (MessageView, error) {
	return d.releaseSaved(ctx, id, version, AsReviewed)
}

func (d *Desk) releaseSaved(ctx context.Context, id habilitation.ID, version uint64, whose Whose) (MessageView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return d.released(ctx, id, err)
	}
	if found.review {
		return MessageView{}, refuse(NotMandated, "")
	}
	if version != 0 && version != found.version {
		return MessageView{}, refuse(Conflict, "draft-changed")
	}
	view, err := d.dispatch(ctx, d.draftOf(found), whose)
	if err != nil {
		return MessageView{}, err
	}
	if err := d.house.putAway(context.WithoutCancel(ctx), found.owner, id, found.Form, view.OwnEdit); err != nil {
		d.house.Log.Warn("released draft left on the desk", "draft", id.String(), "why", err.Error())
	}
	return view, nil
}

// putAway takes a released draft off the desk. What was saved over it since it was read was not released: it becomes a draft of its own. The
// texts that visas were given on stay while they are not the one that was released.
func (c *Chancery) putAway(ctx context.Context, owner Owner, id habilitation.ID, released Form, ownEdit bool) error {
	item, err := c.Store.Get(ctx, owner, shelfDrafts, id.String())
	if err != nil {
		return err
	}
	later, err := readDraft(item)
	if err != nil {
		return err
	}
	if _, err := c.joined(ctx, id, &later.Form); err != nil {
		return err
	}
	if !reflect.DeepEqual(later.Form, released) {
		key := c.NewID(fmt.Appendf(nil, "draft after %s", id)).String()
		value, err := json.Marshal(later)
		if err != nil {
			return err
		}
		if _, err := c.Store.Put(ctx, owner, shelfDrafts, key, 0, value); err != nil {
			return err
		}
	}
	if err := c.forgetUploadsTo(ctx, id, func(upload) bool { return true }); err != nil {
		return err
	}
	if ownEdit {
		return c.Store.Remove(ctx, owner, shelfDrafts, id.String())
	}
	return c.clearAway(ctx, owner, id)
}

// released answers for a draft that is gone because it was released: with the message to whoever released it, and else as gone does.
func (d *Desk) released(ctx context.Context, id habilitation.ID, otherwise error) (MessageView, error) {
	if h, ok := d.house.Folds.Ledger.headline(id); ok && h.signatory == d.badge.Agent() {
		return d.Message(ctx, id)
	}
	return MessageView{}, d.gone(id, otherwise)
}

// gone tells whoever writes for the origin of a draft that is not there who signed it, and as what: to them it was there until then. Whether it lay on
// the desk of the group is not remembered, so it is told to those only who may read what it became.
func (d *Desk) gone(id habilitation.ID, otherwise error) error {
	h, ok := d.house.Folds.Ledger.headline(id)
	if _, err := d.admit(id); !ok || err != nil || !isUnknown(otherwise) || !d.mayWrite(h.origin) {
		return otherwise
	}
	return &Refusal{Cause: Conflict, Key: "draft-released", Faults: []Fault{{Field: "draft", Key: "released-as",
		Args: map[string]string{"agent": d.house.Folds.agent(h.signatory).Name, "number": h.number}}}}
}

// Dispatch releases a form at once, under an identity that no message bears yet; a zero one is drawn. The faults of the form are told all at once.
func (d *Desk) Dispatch(ctx context.Context, id habilitation.ID, form Form) (MessageView, error) {
	if err := d.keepFiles(ctx, &form, nil); err != nil {
		return MessageView{}, err
	}
	return d.dispatch(ctx, d.drafted(id, form), AsReviewed)
}

// dispatch releases a draft whose files are in the vault.
func (d *Desk) dispatch(ctx context.Context, draft Draft, whose Whose) (MessageView, error) {
	if draft.ID.IsZero() {
		draft.ID = d.house.NewID(fmt.Appendf(nil, "message %d %s", d.badge.Agent(), draft.Form.Subject))
	}
	if err := d.provedFor(draft); err != nil {
		return MessageView{}, err
	}
	r, err := d.house.decide(ctx, &release{badge: d.badge, draft: draft, whose: whose})
	if err != nil {
		return MessageView{}, refusalOf(err)
	}
	if r == nil {
		return d.released(ctx, draft.ID, errUnknown)
	}
	row, err := d.admit(draft.ID)
	if err != nil {
		return MessageView{}, err
	}
	return d.view(ctx, row, r)
}
