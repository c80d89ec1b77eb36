package correspondence

import (
	"chancery/habilitation"
	"chancery/tagging"
)

// audience names a group or community; a zero reference for a number that nobody bears.
func (f *Folds) audience(id habilitation.AudienceID) AudienceRef {
	a, _ := f.Register.Audience(id)
	return audienceRef(a)
}

// party names a group by the key and timbre that it bore, and by the name that it bears now, in both languages. One that is not in the register
// keeps the words that it bore, in the language that they are in.
func (f *Folds) party(p *Party, language string) AudienceRef {
	ref := AudienceRef{Key: p.Key, Timbre: p.Timbre, Name: frozen(p.Name, language)}
	if a, known := f.Register.Audience(p.Audience); known {
		ref.Name, ref.Community = a.Name, a.Community
	}
	return ref
}

// collectiveName is what a collective is called now, or was when it stood for its members.
func (f *Folds) collectiveName(c *Collective, language string) habilitation.Label {
	if now, known := f.Register.Collective(c.Key); known {
		return now.Name
	}
	return frozen(c.Name, language)
}

// frozen is a name as it stood in a message of that language.
func frozen(name, language string) habilitation.Label {
	if language == "en" {
		return habilitation.Label{EN: name}
	}
	return habilitation.Label{FR: name}
}

func audienceRef(a habilitation.Audience) AudienceRef {
	return AudienceRef{Key: a.Key, Name: a.Name.Whole(), Timbre: a.Timbre, Community: a.Community}
}

func (f *Folds) agent(id habilitation.AgentID) AgentRef {
	a, _ := f.Register.Agent(id)
	return AgentRef{Login: a.Login, Name: a.Name}
}

func (f *Folds) tag(id habilitation.TagID) TagRef {
	t, _ := f.Thesaurus.Tag(id)
	return tagRef(t)
}

func tagRef(t tagging.Tag) TagRef { return TagRef{Key: t.Key, Label: t.Label.Whole()} }

// dutyNames are the names of duties that programs use, in order.
var dutyNames = []struct {
	duty habilitation.Duty
	name string
}{{habilitation.Drafter, "drafter"}, {habilitation.Signatory, "signatory"}, {habilitation.NumberTwo, "number_two"}, {habilitation.Manager, "manager"},
	{habilitation.Collective, "collective"}}

func namesOfDuties(d habilitation.Duty) []string {
	names := []string{}
	for _, one := range dutyNames {
		if d.Has(one.duty) {
			names = append(names, one.name)
		}
	}
	return names
}

func allDuties() []string {
	var names []string
	for _, one := range dutyNames {
		names = append(names, one.name)
	}
	return names
}

// dutiesOf reads the names back; an unknown one is a fault.
func dutiesOf(names []string) (habilitation.Duty, []Fault) {
	var duties habilitation.Duty
	var faults []Fault
	for _, name := range names {
		known := false
		for _, one := range dutyNames {
			if one.name == name {
				duties |= one.duty
				known = true
			}
		}
		if !known {
			faults = append(faults, noChoice("duties", name, allDuties()...))
		}
	}
	return duties, faults
}
