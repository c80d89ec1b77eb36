package correspondence_test

import (
	"slices"
)

// The reading rule over what was corrected, brought later and shared.

func (x *modelMessage) addressed() []string { return append(slices.Clone(x.action), x.info...) }

// chain is the message, what it corrects, what that corrects, and so on: it is brought to whoever any of them is brought to.
func (x *modelMessage) chain() (chain []*modelMessage) {
	for ; x != nil; x = x.corrects {
		chain = append(chain, x)
	}
	return chain
}

// brought are the keys of the groups that the message itself is brought to.
func (x *modelMessage) brought(m *model) (keys []string) {
	for _, l := range x.lines {
		keys = append(keys, l.key)
		if l.lost || l.misplaced {
			keys = append(keys, m.desk)
		}
	}
	for _, s := range x.shares {
		keys = append(keys, s.key)
	}
	return keys
}

// audiences are the groups that the message is brought to, in the order of the groups.
func (m *model) audiences(x *modelMessage) (keys []string) {
	var all []string
	for _, one := range x.chain() {
		all = append(all, one.brought(m)...)
	}
	for _, g := range m.groups {
		if slices.Contains(all, g.key) {
			keys = append(keys, g.key)
		}
	}
	return keys
}

func (m *model) tagsOf(x *modelMessage) (tags []string) {
	for _, tag := range m.tags {
		if slices.ContainsFunc(x.chain(), func(one *modelMessage) bool { return slices.Contains(one.tags, tag) }) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// hands reports whether somebody wrote, signed, lent the signature for, gave a visa on or is named by the message or what it corrects.
func (x *modelMessage) hands(login string) bool {
	return slices.ContainsFunc(x.chain(), func(one *modelMessage) bool {
		return login == one.drafter || login == one.signatory || login == one.stead || slices.Contains(one.agents, login) || slices.Contains(one.reviewers, login)
	})
}

// reads is the reading rule.
func (m *model) reads(v viewer, x *modelMessage) bool {
	member := func(key string) bool { return m.group(key).member(v.login) != nil }
	return x.level <= m.ceiling(v) && (x.hands(v.login) || slices.ContainsFunc(m.audiences(x), member) || len(m.tagReasons(v, x)) > 0 || m.agent(v.login).archivist)
}

// reasons are the grounds on which a reader is told to see the message, in the order they are shown.
func (m *model) reasons(v viewer, x *modelMessage) (reasons []string) {
	addressed := map[string]bool{}
	for _, role := range []string{"action", "info"} {
		for _, l := range x.lines {
			addressed[l.key] = true
			if l.role == role && m.group(l.key).member(v.login) != nil {
				reasons = append(reasons, l.ground()+" "+l.key)
			}
		}
	}
	if slices.Contains(x.agents, v.login) {
		reasons = append(reasons, "named")
	}
	if x.drafter == v.login || x.signatory == v.login {
		reasons = append(reasons, "author")
	}
	for _, key := range m.audiences(x) {
		if !addressed[key] && m.group(key).member(v.login) != nil {
			reasons = append(reasons, m.broughtBy(x, key)+" "+key)
		}
	}
	reasons = append(reasons, m.tagReasons(v, x)...)
	if len(reasons) == 0 && m.agent(v.login).archivist {
		reasons = append(reasons, "archivist")
	}
	return reasons
}

func (m *model) broughtBy(x *modelMessage, key string) string {
	switch {
	case slices.ContainsFunc(x.shares, func(s *modelShare) bool { return s.key == key }):
		return "shared"
	case slices.Contains(x.brought(m), key):
		return "operator"
	}
	return "correction"
}

func (m *model) tagReasons(v viewer, x *modelMessage) (reasons []string) {
	for _, tag := range m.tagsOf(x) {
		for _, g := range m.groups {
			if g.member(v.login) != nil && m.declares(g.key, tag, x.level) {
				reasons = append(reasons, "tag "+g.key+" "+tag)
			}
		}
	}
	return reasons
}

// corrections are those of the message that the viewer reads.
func (m *model) corrections(v viewer, x *modelMessage) (by []*modelMessage) {
	for _, y := range m.messages {
		if y.corrects == x && m.reads(v, y) {
			by = append(by, y)
		}
	}
	return by
}
