package tagging

import (
	"cmp"
	"slices"

	"chancery/habilitation"
)

// Reason is why an audience receives a message that it is not an addressee of: it declared one of the message's tags.
type Reason struct {
	Audience habilitation.AudienceID
	Tag      habilitation.TagID
}

// DeclaredBy lists by number the tags under which the audience receives messages of the level: all that hold for unprotected ones,
// for restricted ones those that the steward approved.
func (d *Declarations) DeclaredBy(a habilitation.AudienceID, level habilitation.Level) []habilitation.TagID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if !level.Valid() {
		return nil
	}
	var tags []habilitation.TagID
	for _, i := range d.ledger.ofAudience[a] {
		if d.ledger.all[i].Granted() >= level {
			tags = append(tags, d.ledger.all[i].Tag)
		}
	}
	return tags
}

// By lists by number the audiences that receive messages of the level under the tag.
func (d *Declarations) By(tag habilitation.TagID, level habilitation.Level) []habilitation.AudienceID {
	var audiences []habilitation.AudienceID
	for _, reason := range d.Route([]habilitation.TagID{tag}, level) {
		audiences = append(audiences, reason.Audience)
	}
	return audiences
}

// Route tells who receives a message of the level that bears the tags, and why: every pair of an audience and a tag it declared that far,
// by audience, then by tag. Tags that stand twice count once.
func (d *Declarations) Route(tags []habilitation.TagID, level habilitation.Level) []Reason {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if !level.Valid() {
		return nil
	}
	var reasons []Reason
	for _, tag := range tags {
		for _, i := range d.ledger.ofTag[tag] {
			if d.ledger.all[i].Granted() >= level {
				reasons = append(reasons, Reason{Audience: d.ledger.all[i].Audience, Tag: tag})
			}
		}
	}
	slices.SortFunc(reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Audience, b.Audience), cmp.Compare(a.Tag, b.Tag))
	})
	return slices.Compact(reasons)
}

// Of lists the declarations of the audience that hold, by tag.
func (d *Declarations) Of(a habilitation.AudienceID) []Declaration {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := make([]Declaration, 0, len(d.ledger.ofAudience[a]))
	for _, i := range d.ledger.ofAudience[a] {
		list = append(list, d.ledger.all[i])
	}
	return list
}

// Pending lists, oldest first, the declarations that wait for the steward; the zero audience stands for every steward.
func (d *Declarations) Pending(steward habilitation.AudienceID) []Declaration {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var list []Declaration
	for _, i := range d.ledger.pendingOnly {
		if waiting := d.ledger.all[i]; steward == 0 || d.ledger.tags[waiting.Tag-1].steward == steward {
			list = append(list, waiting)
		}
	}
	return list
}

// Declaration is the declaration made under the identity, whatever became of it.
func (d *Declarations) Declaration(id habilitation.ID) (Declaration, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	i, ok := d.ledger.byID[id]
	if !ok {
		return Declaration{}, false
	}
	return d.ledger.all[i], true
}

// OfTag lists the declarations of the tag that hold, by audience.
func (d *Declarations) OfTag(tag habilitation.TagID) []Declaration {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := make([]Declaration, 0, len(d.ledger.ofTag[tag]))
	for _, i := range d.ledger.ofTag[tag] {
		list = append(list, d.ledger.all[i])
	}
	return list
}
