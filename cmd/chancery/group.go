package main

import (
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// audienceOf finds the group or community of a key.
func audienceOf(house *assembly.House, key string) (habilitation.Audience, error) {
	audience, known := house.Chancery.Folds.Register.AudienceByKey(key)
	if !known {
		return audience, wrongUse("there is no group or community %q", key)
	}
	return audience, nil
}

// named is a name in the two languages of the house, as flags give it: what one language lacks is the other's.
type named struct {
	NameFR string `name:"name-fr" help:"Name in French."`
	NameEN string `name:"name-en" help:"Name in English."`
}

// label is the name, or the key where none was given.
func (n named) label(key string) habilitation.Label {
	if n.NameFR == "" && n.NameEN == "" {
		return habilitation.Label{FR: key}
	}
	return habilitation.Label{FR: n.NameFR, EN: n.NameEN}
}
