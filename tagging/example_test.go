package tagging_test

import (
	"fmt"
	"time"

	"chancery/habilitation"
	"chancery/tagging"
)

// A community declares a tag; what bears the tag is routed to it, with the reason.
func ExampleDeclarations_Route() {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	register, declarations := habilitation.NewRegister(), tagging.NewDeclarations()
	for _, act := range []habilitation.Act{
		habilitation.AgentAdded{Agent: 1, Login: "meneuse", Name: "Awa Diarra", Level: habilitation.Unprotected},
		habilitation.AudienceCreated{Audience: 1, Key: "eau", Community: true, Sort: "community", Name: habilitation.Label{FR: "Eau"}, Level: habilitation.Unprotected},
		habilitation.MemberJoined{Audience: 1, Agent: 1, Duties: habilitation.Manager},
	} {
		if err := register.Apply(noon, 0, act); err != nil {
			fmt.Println(err)
		}
	}
	_ = declarations.Apply(noon, 0, tagging.TagCreated{Tag: 1, Key: "fleuves", Label: habilitation.Label{FR: "Fleuves"}, State: tagging.Active})

	declared, err := declarations.Declare(register, 1, 1, 1, habilitation.Unprotected, habilitation.NewID())
	if err != nil {
		fmt.Println(err)
	}
	_ = declarations.Apply(noon, 1, declared)
	fmt.Println(declarations.Route([]habilitation.TagID{1}, habilitation.Unprotected))
	fmt.Println(declarations.Route([]habilitation.TagID{1}, habilitation.Restricted))
	// Output:
	// [{1 1}]
	// []
}

func ExampleFold() {
	fmt.Println(tagging.Fold("  Côte  d’Ivoire "))
	// Output: cote d'ivoire
}
