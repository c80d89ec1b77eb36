package correspondence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"chancery/habilitation"
)

// shelfTemplates holds, on the desk of a group, the forms that its drafts begin from.
const shelfTemplates Shelf = "templates"

// maxTemplates bounds how many a group keeps.
const maxTemplates = 100

// Template is a form that drafts of a group begin from.
type Template struct {
	Name string `json:"name" validate:"required,max=100"`
	Form Form   `json:"form"`
}

// TemplateView is a template of a group that I write for.
type TemplateView struct {
	ID      habilitation.ID `json:"id"`
	Group   AudienceRef     `json:"group"`
	Name    string          `json:"name"`
	Form    Form            `json:"form"`
	SavedAt time.Time       `json:"saved_at"`
	SavedBy *AgentRef       `json:"saved_by,omitempty"`
}

// savedTemplate is what the desk store keeps of one.
type savedTemplate struct {
	savedDraft
	Name string `json:"name"`
}

// Templates lists the templates of the groups that the agent writes for, by group and name.
func (d *Desk) Templates(ctx context.Context) ([]TemplateView, error) {
	out := []TemplateView{}
	for _, group := range d.writingGroups() {
		items, err := d.house.Store.List(ctx, OwnerAudience(group), shelfTemplates)
		if err != nil {
			return nil, fmt.Errorf("list templates: %w", err)
		}
		for _, item := range items {
			view, shown, err := d.template(group, item)
			if err != nil {
				return nil, err
			}
			if shown {
				out = append(out, view)
			}
		}
	}
	slices.SortFunc(out, func(a, b TemplateView) int {
		return cmp.Or(cmp.Compare(a.Group.Key, b.Group.Key), cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
	})
	return out, nil
}

func (d *Desk) template(group habilitation.AudienceID, item Item) (v TemplateView, shown bool, err error) {
	var saved savedTemplate
	if err := json.Unmarshal(item.Value, &saved); err != nil {
		return v, false, fmt.Errorf("read template %s: %w", item.Key, err)
	}
	id, err := habilitation.ParseID(item.Key)
	if err != nil {
		return v, false, fmt.Errorf("read template %s: %w", item.Key, err)
	}
	return TemplateView{ID: id, Group: d.house.Folds.audience(group), Name: saved.Name, Form: saved.Form, SavedAt: saved.Saved, SavedBy: d.agentRef(saved.By)},
		d.mayOpen(saved.savedDraft), nil
}

// KeepTemplate keeps a form as a template of a group; files, the drafter and what it answers are left out of it.
func (d *Desk) KeepTemplate(ctx context.Context, group string, t Template) (TemplateView, error) {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return TemplateView{}, errUnknown
	}
	if !d.mayWrite(audience.ID) {
		return TemplateView{}, refuse(NotMandated, "")
	}
	t.Name = OneLine(t.Name)
	if t.Name == "" || utf8.RuneCountInString(t.Name) > 100 {
		return TemplateView{}, invalid("name", "missing")
	}
	items, err := d.house.Store.List(ctx, OwnerAudience(audience.ID), shelfTemplates)
	if err != nil {
		return TemplateView{}, fmt.Errorf("list templates: %w", err)
	}
	if len(items) >= maxTemplates {
		return TemplateView{}, &Refusal{Cause: Invalid, Faults: []Fault{{Key: "desk-full", Args: map[string]string{"max": fmt.Sprint(maxTemplates)}}}}
	}
	t.Form.Origin, t.Form.Drafter, t.Form.Attachments, t.Form.ReplyTo, t.Form.Follows, t.Form.Corrects = audience.Key, "", nil, "", "", nil
	saved := savedTemplate{Name: t.Name, savedDraft: savedDraft{Form: t.Form, Saved: d.house.Clock().UTC().Truncate(time.Millisecond), Typed: d.badge.Level(), By: d.badge.Agent()}}
	value, err := json.Marshal(saved)
	if err != nil {
		return TemplateView{}, fmt.Errorf("keep template: %w", err)
	}
	id := d.house.NewID(fmt.Appendf(nil, "template %d %s", audience.ID, t.Name))
	if _, err := d.house.Store.Put(ctx, OwnerAudience(audience.ID), shelfTemplates, id.String(), AnyVersion, value); err != nil {
		return TemplateView{}, fmt.Errorf("keep template: %w", err)
	}
	view, _, err := d.template(audience.ID, Item{Key: id.String(), Value: value})
	return view, err
}

// Template opens a template of a group that the agent writes for.
func (d *Desk) Template(ctx context.Context, id habilitation.ID) (TemplateView, error) {
	_, view, err := d.findTemplate(ctx, id)
	return view, err
}

// DropTemplate throws a template away.
func (d *Desk) DropTemplate(ctx context.Context, id habilitation.ID) error {
	group, _, err := d.findTemplate(ctx, id)
	if err != nil {
		return err
	}
	if err := d.house.Store.Remove(ctx, OwnerAudience(group), shelfTemplates, id.String()); err != nil {
		return fmt.Errorf("drop template %s: %w", id, err)
	}
	return nil
}

func (d *Desk) findTemplate(ctx context.Context, id habilitation.ID) (habilitation.AudienceID, TemplateView, error) {
	for _, group := range d.writingGroups() {
		item, err := d.house.Store.Get(ctx, OwnerAudience(group), shelfTemplates, id.String())
		if errors.Is(err, ErrNotThere) {
			continue
		}
		if err != nil {
			return 0, TemplateView{}, fmt.Errorf("read template %s: %w", id, err)
		}
		view, shown, err := d.template(group, item)
		if err != nil || !shown {
			return 0, TemplateView{}, cmp.Or[error](err, errUnknown)
		}
		return group, view, nil
	}
	return 0, TemplateView{}, errUnknown
}
