package correspondence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// shelfVersions begins the name of the shelf, beside a draft, that holds its earlier texts: under the digest of its content one that a round
// or a hold froze, under "v" and its version one that somebody else wrote over. shelfAside, on the desk of whoever saved it, holds texts that
// were refused because another stood there.
const shelfVersions, shelfAside = "versions ", "aside "

// Current names the text that stands now, among the versions of a draft.
const Current = "current"

// frozen is the text that a round or a hold froze.
func (c *Chancery) frozen(ctx context.Context, group habilitation.AudienceID, id habilitation.ID, digest circuit.Digest) (savedDraft, error) {
	item, err := c.Store.Get(ctx, OwnerAudience(group), Shelf(shelfVersions+id.String()), digest.String())
	if err != nil {
		return savedDraft{}, fmt.Errorf("read frozen text of draft %s: %w", id, err)
	}
	return readDraft(item)
}

// freeze keeps a text under the digest of its content, before anything is decided about it.
func (c *Chancery) freeze(ctx context.Context, group habilitation.AudienceID, id habilitation.ID, digest circuit.Digest, saved savedDraft) error {
	return c.keepText(ctx, OwnerAudience(group), Shelf(shelfVersions+id.String()), digest.String(), saved)
}

func (c *Chancery) keepText(ctx context.Context, owner Owner, shelf Shelf, key string, saved savedDraft) error {
	value, err := json.Marshal(saved)
	if err != nil {
		return fmt.Errorf("keep a text: %w", err)
	}
	if _, err := c.Store.Put(ctx, owner, shelf, key, AnyVersion, value); err != nil {
		return fmt.Errorf("keep a text on %s: %w", shelf, err)
	}
	return nil
}

// mayEdit refuses to write where only reading is allowed, and a change of origin of what lies on a group's desk.
func (d *Desk) mayEdit(found foundDraft, form Form) error {
	switch {
	case found.review:
		return refuse(NotMandated, "")
	case found.state != nil && found.state.State == circuit.Held:
		return refuse(Conflict, "draft-held")
	case found.state != nil && found.state.State == circuit.Abandoned:
		return refuse(Conflict, "draft-abandoned")
	case found.group != 0 && form.Origin != d.house.Folds.audience(found.group).Key:
		return invalid("origin", "shared-origin", "group", d.house.Folds.audience(found.group).Name.In(form.Language))
	}
	return nil
}

// keepBefore keeps what somebody else wrote into a shared draft before it is written over.
func (d *Desk) keepBefore(ctx context.Context, found foundDraft, over uint64) error {
	if found.group == 0 || found.By == d.badge.Agent() || over != AnyVersion && over != found.version {
		return nil
	}
	return d.house.keepText(ctx, found.owner, Shelf(shelfVersions+found.id.String()), versionKey(found.version), found.savedDraft)
}

func versionKey(version uint64) string { return fmt.Sprintf("v%020d", version) }

// clash answers a save over another version: with both texts, the refused one kept aside on the desk of whoever wrote it.
func (d *Desk) clash(ctx context.Context, id habilitation.ID, form Form) error {
	stands, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if err := d.keepFiles(ctx, &form, stands.Form.Attachments); err != nil {
		return err
	}
	now := d.house.Clock().UTC().Truncate(time.Millisecond)
	aside := savedDraft{Form: form, Saved: now, Typed: d.badge.Level(), By: d.badge.Agent()}
	if err := d.house.keepText(ctx, OwnerAgent(d.badge.Agent()), Shelf(shelfAside+id.String()), asideKey(now), aside); err != nil {
		return err
	}
	view := d.draftView(stands)
	refused := view
	me := d.house.Folds.agent(d.badge.Agent())
	refused.Form, refused.SavedAt, refused.Version, refused.SavedBy = form, now, 0, &me
	return &Refusal{Cause: Conflict, Key: "draft-changed", Stands: &view, Refused: &refused, Difference: compareForms(form, stands.Form)}
}

func asideKey(at time.Time) string { return "a" + at.Format("20060102T150405.000") }

// afterEdit ends the round of a text that was changed, unless a signatory changed one that has its visas: then it is theirs to send back or to
// take upon them. It asks only after the change is made, so that a submission that went between does not stand over another text.
func (d *Desk) afterEdit(ctx context.Context, found *foundDraft) error {
	state, onWay := d.house.Folds.Circuits.Draft(found.id)
	if !onWay || state.State != circuit.InVisa && state.State != circuit.ToSign {
		return nil
	}
	if state.State == circuit.ToSign && d.maySign(state.Origin, state.Level) {
		return nil
	}
	if digest, err := d.digestOf(d.drafted(found.id, found.Form)); err == nil && digest == state.Digest {
		return nil
	}
	err := d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		return anAct(d.house.Folds.Circuits.Reopen(found.id, circuit.Edited))
	})
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) && refusal.Cause == Conflict {
		err = nil // it ended, or was held, in the meantime
	}
	if state, onWay = d.house.Folds.Circuits.Draft(found.id); onWay {
		found.state = &state
	}
	return err
}

// digestOf is the digest of the content that a draft would be signed with now; its faults are a Refusal.
func (d *Desk) digestOf(draft Draft) (circuit.Digest, error) {
	draft.Purpose = ToAskVisas
	message, faults := draft.finish(d.house.directory(d.badge, d.house.Clock()))
	if len(faults) > 0 {
		return circuit.Digest{}, &Refusal{Cause: Invalid, Faults: faults}
	}
	return contentDigest(composeContent(message)), nil
}

// VersionView is one text of a draft: the one that stands, or an earlier one.
type VersionView struct {
	Key     string    `json:"key"`  // names it in a comparison: "current", a digest of content, or another word of the house's
	Kind    string    `json:"kind"` // current, frozen (visas or a word to sign bind it), saved (somebody wrote over it), aside (mine, refused)
	SavedAt time.Time `json:"saved_at"`
	By      *AgentRef `json:"by,omitempty"`
	Rounds  []int     `json:"rounds"` // in which visas were asked on it
	MyVisa  bool      `json:"my_visa"`
}

// Versions lists the texts of a draft that this desk may have, the newest first.
func (d *Desk) Versions(ctx context.Context, id habilitation.ID) ([]VersionView, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return nil, err
	}
	texts, err := d.texts(ctx, found)
	if err != nil {
		return nil, err
	}
	out := []VersionView{}
	for key, saved := range texts {
		out = append(out, d.versionView(found, key, saved))
	}
	slices.SortFunc(out, func(a, b VersionView) int {
		return cmp.Or(b.SavedAt.Compare(a.SavedAt), cmp.Compare(b.Key, a.Key))
	})
	return out, nil
}

func (d *Desk) versionView(found foundDraft, key string, saved savedDraft) VersionView {
	v := VersionView{Key: key, Kind: "frozen", SavedAt: saved.Saved, Rounds: []int{}}
	switch {
	case key == Current:
		v.Kind = "current"
	case strings.HasPrefix(key, "v"):
		v.Kind = "saved"
	case strings.HasPrefix(key, "a") && len(key) < 64:
		v.Kind = "aside"
	}
	if saved.By != 0 {
		by := d.house.Folds.agent(saved.By)
		v.By = &by
	}
	if found.state == nil {
		return v
	}
	for _, visa := range found.state.Visas {
		if visa.Digest.String() == key {
			v.MyVisa = v.MyVisa || visa.By == d.badge.Agent()
			if !slices.Contains(v.Rounds, visa.Round) {
				v.Rounds = append(v.Rounds, visa.Round)
			}
		}
	}
	if found.state.Digest.String() == key && !slices.Contains(v.Rounds, found.state.Round) && found.state.Round > 0 {
		v.Rounds = append(v.Rounds, found.state.Round)
	}
	return v
}

// texts are the texts of a draft that this desk may have, by key: a writer has all of them, a reviewer the one that is asked about and those
// that they gave a visa on.
func (d *Desk) texts(ctx context.Context, found foundDraft) (map[string]savedDraft, error) {
	out := map[string]savedDraft{Current: found.savedDraft}
	owner := found.owner
	if found.state != nil {
		owner = OwnerAudience(found.state.Origin)
	}
	for _, place := range []struct {
		owner Owner
		shelf Shelf
	}{{owner, Shelf(shelfVersions + found.id.String())}, {OwnerAgent(d.badge.Agent()), Shelf(shelfAside + found.id.String())}} {
		items, err := d.house.Store.List(ctx, place.owner, place.shelf)
		if err != nil {
			return nil, fmt.Errorf("list versions of draft %s: %w", found.id, err)
		}
		for _, item := range items {
			saved, err := readDraft(item)
			if err != nil {
				return nil, err
			}
			if d.mayOpen(saved) && (!found.review || d.reviewed(found, item.Key)) {
				out[item.Key] = saved
			}
		}
	}
	return out, nil
}

func (d *Desk) reviewed(found foundDraft, key string) bool {
	return slices.ContainsFunc(found.state.Visas, func(v circuit.Visa) bool { return v.By == d.badge.Agent() && v.Digest.String() == key })
}

// Comparison is the difference between two texts of a draft, field by field.
type Comparison struct {
	From   VersionView       `json:"from"`
	To     VersionView       `json:"to"`
	Fields []FieldDifference `json:"fields"` // those that differ
}

// Compare shows what changed between two texts of a draft. Without from it is the one of my last visa, else the one before; without to, the one
// that stands.
func (d *Desk) Compare(ctx context.Context, id habilitation.ID, from, to string) (Comparison, error) {
	found, err := d.find(ctx, id)
	if err != nil {
		return Comparison{}, err
	}
	texts, err := d.texts(ctx, found)
	if err != nil {
		return Comparison{}, err
	}
	if to == "" {
		to = Current
	}
	if from == "" {
		from = d.lastKnown(found, texts)
	}
	before, known := texts[from]
	after, knownToo := texts[to]
	if !known || !knownToo {
		return Comparison{}, errUnknown
	}
	return Comparison{From: d.versionView(found, from, before), To: d.versionView(found, to, after), Fields: compareForms(before.Form, after.Form)}, nil
}

// lastKnown is the text that the agent knows: that of their last visa, else the last one that a round froze, else the last before this.
func (d *Desk) lastKnown(found foundDraft, texts map[string]savedDraft) string {
	if found.state != nil {
		if mine, ok := found.state.LastVisa(d.badge.Agent()); ok {
			return mine.Digest.String()
		}
		if _, frozen := texts[found.state.Digest.String()]; frozen && !found.review {
			return found.state.Digest.String()
		}
	}
	last := Current
	for key, saved := range texts {
		if key != Current && !reflect.DeepEqual(saved.Form, found.Form) && (last == Current || saved.Saved.After(texts[last].Saved)) {
			last = key
		}
	}
	return last
}
