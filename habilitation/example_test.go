package habilitation_test

import (
	"fmt"
	"time"

	"chancery/habilitation"
)

// An agent asks to join a group; its number two accepts. Deciding gives the act, applying folds it.
func ExampleRegister() {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	register := habilitation.NewRegister()
	for _, act := range []habilitation.Act{
		habilitation.AgentAdded{Agent: 1, Login: "second", Name: "Paul Ferrand", Level: habilitation.Restricted},
		habilitation.AgentAdded{Agent: 2, Login: "nouveau", Name: "Théo Blanc", Level: habilitation.Unprotected},
		habilitation.AudienceCreated{Audience: 1, Key: "dam", Sort: "directorate", Name: habilitation.Label{FR: "Afrique"}, Timbre: "DAM", Level: habilitation.Restricted},
		habilitation.MemberJoined{Audience: 1, Agent: 1, Duties: habilitation.NumberTwo},
	} {
		if err := register.Apply(noon, 0, act); err != nil {
			fmt.Println(err)
		}
	}
	request := habilitation.NewID()
	asked, _ := register.RequestToJoin(2, 1, "I follow the Sahel", request)
	_ = register.Apply(noon, 2, asked)

	_, err := register.AcceptSignup(2, request, habilitation.Drafter)
	fmt.Println(err)
	accepted, _ := register.AcceptSignup(1, request, habilitation.Drafter)
	_ = register.Apply(noon, 1, accepted)

	duties, member := register.Duties(2, 1)
	fmt.Println(duties, member)
	// Output:
	// accept sign-up: not mandated
	// drafter true
}

// A message is read by whoever is cleared for it on a cleared terminal and has a reason to.
func ExamplePerimeter_Admits() {
	toDAM := habilitation.NewMarking(habilitation.Restricted, []habilitation.AudienceID{1}, nil, nil)
	for _, ceiling := range habilitation.Levels {
		perimeter := habilitation.CompilePerimeter(habilitation.Grants{Agent: 7, Ceiling: ceiling, Audiences: []habilitation.AudienceID{1}})
		fmt.Println(ceiling, perimeter.Admits(&toDAM))
	}
	// Output:
	// unprotected false
	// restricted true
}
