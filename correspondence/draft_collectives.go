package correspondence

import (
	"fmt"
	"slices"
	"strings"

	"chancery/habilitation"
)

// collectives reads the collective addresses and puts their members on the address, each once and none of those already there. Who may
// speak to so many at once holds a duty of its own. Whoever has a collective stand for other groups than it does says so under exempted.
func (f *finishing) collectives(seen map[habilitation.AudienceID]bool) {
	for i, to := range f.draft.Form.Collectives {
		field := fmt.Sprintf("collectives[%d]", i)
		if to.Collective == "" {
			f.fault(field+".collective", "missing")
			continue
		}
		defined, ok := f.register.Collective(to.Collective)
		if !ok {
			f.fault(field+".collective", "collective-unknown", "value", to.Collective)
			continue
		}
		if slices.ContainsFunc(f.m.Collectives, func(c Collective) bool { return c.Key == defined.Key }) {
			f.fault(field+".collective", "twice", "value", to.Collective)
			continue
		}
		f.mandateForCollectives(field)
		f.collective(field, to, defined, seen)
	}
}

// mandateForCollectives demands the duty to address collectives in the origin, one's own or somebody's who gave it.
func (f *finishing) mandateForCollectives(field string) {
	if f.m.Origin.Audience == 0 {
		return
	}
	if _, may := f.register.MayAct(f.draft.Agent, f.m.Origin.Audience, habilitation.Collective, f.now); !may {
		f.fault(field+".collective", "no-right-to-collective", "group", f.m.Origin.Name)
	}
}

func (f *finishing) collective(field string, to FormCollective, defined habilitation.DefinedCollective, seen map[habilitation.AudienceID]bool) {
	c := Collective{Key: defined.Key, Name: OneLine(defined.Name.In(f.m.Language)), Role: choose(f, field+".role", to.Role, roleNames, Info)}
	c.Qualification, c.Deadline, c.Instruction = f.asked(field, c.Role, to.Qualification, to.Deadline, to.Instruction)
	c.Precedence, c.Receipt = f.urgency(field, c.Role, to.Precedence, to.Receipt)
	var beneath []string
	for _, id := range defined.Audiences {
		if seen[id] || id == f.m.Origin.Audience || f.isExempted(id) {
			continue
		}
		group, _ := f.register.Audience(id)
		if group.Community && c.Role == Action {
			f.fault(field+".role", "community-cannot-act", "group", group.Name.In(f.m.Language))
			continue
		}
		if group.Level < f.m.Level {
			beneath, f.notCleared = append(beneath, group.Name.In(f.m.Language)), append(f.notCleared, id)
			continue
		}
		seen[id] = true
		c.Audiences = append(c.Audiences, id)
		f.m.Addressees = append(f.m.Addressees, Addressee{Party: f.party(group), Role: c.Role, Qualification: c.Qualification, Deadline: c.Deadline,
			Instruction: c.Instruction, Asked: Asked{Precedence: c.Precedence, Receipt: c.Receipt, Collective: c.Key}})
	}
	switch {
	case len(beneath) > 0:
		f.fault(field+".collective", "collective-not-cleared", "groups", strings.Join(beneath, ", "))
	case len(c.Audiences) == 0:
		f.fault(field+".collective", "collective-empty", "value", to.Collective)
	}
	f.m.Collectives = append(f.m.Collectives, c)
}

func (f *finishing) isExempted(id habilitation.AudienceID) bool {
	return slices.ContainsFunc(f.m.Exempted, func(p Party) bool { return p.Audience == id })
}

// exempted reads the groups that no collective reaches.
func (f *finishing) exempted() {
	for i, key := range f.draft.Form.Exempted {
		field := fmt.Sprintf("exempted[%d]", i)
		group, ok := f.register.AudienceByKey(key)
		switch {
		case !ok:
			f.fault(field, "group-unknown", "value", key)
		case f.isExempted(group.ID):
			f.fault(field, "twice", "value", key)
		case slices.ContainsFunc(f.m.Addressees, func(a Addressee) bool { return a.Audience == group.ID }):
			f.fault(field, "exempted-addressee", "group", group.Name.In(f.m.Language))
		default:
			f.m.Exempted = append(f.m.Exempted, f.party(group))
		}
	}
}
