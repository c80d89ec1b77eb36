package intake

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/tagging"
)

// The group of what no post can be made out for; it also keeps the tags that records bring, until somebody else is named.
const (
	catchAllKey    = "poste-non-identifie"
	catchAllTimbre = "NON-IDENTIFIE"
	catchAllSort   = "service"
)

func catchAllName() habilitation.Label {
	return habilitation.Label{FR: "Poste non identifié (documents importés)", EN: "Unidentified post (imported documents)"}
}

// directory finds the posts and tags that records name, and lists the acts that make those the house has not.
type directory struct {
	gazetteer gazetteer
	register  *habilitation.Register
	posts     map[string]habilitation.Audience // by folded name; catchAll included
	tags      map[string]tagging.Tag           // by folded label
	thesaurus *tagging.Thesaurus

	acts         []habilitation.Act
	nextAudience habilitation.AudienceID
	nextTag      habilitation.TagID
	keys         map[string]bool // keys and timbres of groups that wait among the acts
	tagKeys      map[string]bool
}

func newDirectory(folds *correspondence.Folds, g gazetteer) *directory {
	d := &directory{gazetteer: g, register: folds.Register, thesaurus: folds.Thesaurus, posts: map[string]habilitation.Audience{}, tags: map[string]tagging.Tag{},
		nextAudience: folds.Register.NextAudience(), nextTag: folds.Thesaurus.Next(), keys: map[string]bool{}, tagKeys: map[string]bool{}}
	for a := range folds.Register.Audiences() {
		if a.Community {
			continue
		}
		d.know(a)
	}
	for tag := range folds.Thesaurus.All() {
		for _, label := range append([]string{tag.Label.EN, tag.Label.FR}, tag.Synonyms...) {
			if folded := tagging.Fold(label); folded != "" {
				if _, known := d.tags[folded]; !known {
					d.tags[folded] = tag
				}
			}
		}
	}
	return d
}

// know remembers a group by its names.
func (d *directory) know(a habilitation.Audience) {
	if a.Key == catchAllKey {
		d.posts[catchAll] = a
	}
	for _, name := range []string{a.Name.EN, a.Name.FR} {
		if folded := tagging.Fold(name); folded != "" {
			if _, known := d.posts[folded]; !known {
				d.posts[folded] = a
			}
		}
	}
}

// settle makes every post and tag of the records known, and returns the acts that must be enacted first.
func (d *directory) settle(records []prepared) []habilitation.Act {
	d.acts = nil
	d.post(catchAll)
	for i := range records {
		p := &records[i]
		if p.refused != nil {
			continue
		}
		d.post(p.origin)
		for _, name := range slices.Concat(p.action, p.info) {
			d.post(name)
		}
		for _, wish := range p.tags {
			d.tag(wish)
		}
	}
	return d.acts
}

// post finds or makes the group of a post.
func (d *directory) post(name string) habilitation.Audience {
	folded := tagging.Fold(name)
	if a, known := d.posts[folded]; known {
		return a
	}
	a := habilitation.Audience{ID: d.nextAudience, Level: habilitation.Restricted}
	if name == catchAll {
		a.Key, a.Timbre, a.Sort, a.Name = d.freeKey(catchAllKey), d.freeTimbre(catchAllTimbre), catchAllSort, catchAllName()
	} else {
		key := slug(name, 60)
		a.Key, a.Timbre, a.Sort, a.Name = d.freeKey(key), d.freeTimbre(strings.Trim(key[:min(len(key), 40)], "-")), d.gazetteer.sortOf(name), habilitation.Label{FR: name, EN: name}
	}
	d.nextAudience++
	d.posts[folded] = a
	d.acts = append(d.acts, habilitation.AudienceCreated{Audience: a.ID, Key: a.Key, Sort: a.Sort, Name: a.Name, Timbre: a.Timbre, Level: a.Level})
	return a
}

// known is those of the names that groups bear.
func (d *directory) known(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, known := d.posts[tagging.Fold(name)]; return !known })
}

// freeKey is the wanted key, with letters behind it while another group bears it.
func (d *directory) freeKey(wanted string) string {
	return d.free(cmp.Or(wanted, "poste"), func(key string) bool { _, taken := d.register.AudienceByKey(key); return taken })
}

// freeTimbre is freeKey for timbres. DR behind a timbre would read as restricted distribution.
func (d *directory) freeTimbre(wanted string) string {
	wanted = strings.ToUpper(cmp.Or(wanted, "poste"))
	if wanted == "DR" || strings.HasSuffix(wanted, "-DR") {
		wanted += "-A"
	}
	return d.free(wanted, func(timbre string) bool { _, taken := d.register.AudienceByTimbre(timbre); return taken })
}

func (d *directory) free(wanted string, taken func(string) bool) string {
	name, first := wanted, byte('a')
	if wanted[0] < 'a' {
		first = 'A'
	}
	for i := 1; taken(name) || d.keys[name]; i++ {
		name = fmt.Sprintf("%s-%s%c", wanted, strings.Repeat(string(first), i/26), first+byte(i%26))
	}
	d.keys[name] = true
	return name
}

// tag finds or makes a tag.
func (d *directory) tag(wish tagWish) tagging.Tag {
	if tag, known := d.tags[wish.folded]; known {
		return tag
	}
	tag := tagging.Tag{ID: d.nextTag, Key: d.freeTag(wish), Label: wish.label, Steward: d.posts[catchAll].ID, State: tagging.Active}
	d.nextTag++
	d.tags[wish.folded] = tag
	d.acts = append(d.acts, tagging.TagCreated{Tag: tag.ID, Key: tag.Key, Label: tag.Label, Steward: tag.Steward, State: tag.State})
	return tag
}

// freeTag is a key made of the label; a digest of the label parts two that begin alike.
func (d *directory) freeTag(wish tagWish) string {
	key := slug(wish.folded, 64)
	_, taken := d.thesaurus.ByKey(key)
	if taken || d.tagKeys[key] || len(key) >= 64 {
		digest := fnv.New64a()
		_, _ = digest.Write([]byte(wish.folded)) // never fails
		key = fmt.Sprintf("%.50s-%x", key, digest.Sum64())
	}
	d.tagKeys[key] = true
	return key
}

// resolve gives the message the identities of its posts and tags.
func (d *directory) resolve(p *prepared) correspondence.Imported {
	m := &p.message
	origin := d.post(p.origin)
	m.Origin = partyOf(origin)
	for _, name := range p.action {
		m.Addressees = appendAddressee(m, d.post(name), correspondence.Action, correspondence.ToRead)
	}
	if len(m.Addressees) == 0 {
		m.Addressees = appendAddressee(m, d.post(catchAll), correspondence.Action, correspondence.ToRead)
	}
	for _, name := range slices.Concat(p.info, d.known(p.doubtful)) {
		m.Addressees = appendAddressee(m, d.post(name), correspondence.Info, correspondence.ForInformation)
	}
	seen := map[habilitation.TagID]bool{}
	for _, wish := range p.tags {
		if tag := d.tag(wish); !seen[tag.ID] && tag.State == tagging.Active {
			seen[tag.ID] = true
			m.Tags = append(m.Tags, correspondence.TagName{Tag: tag.ID, Key: tag.Key, Label: correspondence.OneLine(tag.Label.In(m.Language))})
		}
	}
	return correspondence.Imported{Source: p.source, Message: *m}
}

// appendAddressee adds a group once. A group that is not cleared for the message's level receives nothing: the provenance still names it.
func appendAddressee(m *correspondence.Message, a habilitation.Audience, role correspondence.Role, asks correspondence.Qualification) []correspondence.Addressee {
	twice := slices.ContainsFunc(m.Addressees, func(to correspondence.Addressee) bool { return to.Audience == a.ID })
	if a.Level < m.Level || twice {
		return m.Addressees
	}
	return append(m.Addressees, correspondence.Addressee{Party: partyOf(a), Role: role, Qualification: asks})
}

func partyOf(a habilitation.Audience) correspondence.Party {
	return correspondence.Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: correspondence.OneLine(a.Name.In("en"))}
}
