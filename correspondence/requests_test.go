package correspondence_test

import (
	"slices"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
	"chancery/tagging"
)

// TestWhoMayDecideSeesTheRequest: of everybody in the house, whoever may decide a request has it in their list and on its page, and no one
// else does. A duty of the other sort of audience decides nothing: managers run communities, numbers two run groups.
func TestWhoMayDecideSeesTheRequest(t *testing.T) {
	const sign = habilitation.Drafter | habilitation.Signatory
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.MemberJoined{Audience: 2, Agent: 2, Duties: sign | habilitation.Manager},
		habilitation.MemberJoined{Audience: 2, Agent: 6, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 2, Agent: 4, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 5, Agent: 5, Duties: habilitation.NumberTwo},
		habilitation.MemberJoined{Audience: 5, Agent: 1},
		tagging.TagCreated{Tag: 4, Key: "desert", Label: habilitation.Label{FR: "Désert"}, Steward: 5, State: tagging.Active},
		tagging.TagCreated{Tag: 5, Key: "seul", Label: habilitation.Label{FR: "Sans référent"}, State: tagging.Active},
	)
	asked := map[string]habilitation.ID{}
	for _, tag := range []string{"sahel", "desert", "seul"} {
		declared, err := h.As("paul").Declare(t.Context(), "bamako", tag, dr)
		if err != nil {
			t.Fatal(err)
		}
		asked[tag] = declared.ID
	}
	signup, err := h.As("ana").RequestToJoin(t.Context(), "sahel", "Je suis la zone")
	if err != nil {
		t.Fatal(err)
	}
	asked["ana joins"] = signup.ID
	check := func(want map[string][]string) {
		t.Helper()
		for name, id := range asked {
			for _, login := range everybody(h) {
				t.Run(name+" and "+login, func(t *testing.T) { seenBy(t, h, login, name, id, slices.Contains(want[name], login)) })
			}
		}
	}
	check(map[string][]string{"sahel": {"marie", "theo", "paul"}, "desert": {"karim"}, "ana joins": {"karim"}})

	h.Enact(
		habilitation.AgentDisabled{Agent: 1, Reason: "departed"},
		habilitation.MemberJoined{Audience: 2, Agent: 6, Duties: sign},
		habilitation.MemberLeft{Audience: 2, Agent: 4},
		habilitation.MemberJoined{Audience: 2, Agent: 3, Duties: habilitation.NumberTwo},
		tagging.TagChanged{Tag: 4, Label: habilitation.Label{FR: "Désert"}, Steward: 4, State: tagging.Active},
	)
	check(map[string][]string{"sahel": {"lea"}, "desert": {"ines"}, "ana joins": {"karim"}})

	if err := h.As("lea").Refuse(t.Context(), asked["sahel"], "besoin d'en connaître non établi"); err != nil {
		t.Fatal(err)
	}
	if waiting, err := h.As("lea").Requests(t.Context()); err != nil || len(waiting) != 0 {
		t.Errorf("decided, and still asked: %+v, %v", waiting, err)
	}
}

// everybody lists the logins of the agents who may sit at a desk.
func everybody(h *housetest.House) (logins []string) {
	for a := range h.Folds().Register.Agents() {
		if !a.Disabled {
			logins = append(logins, a.Login)
		}
	}
	return logins
}

// seenBy compares what an agent is shown of a request, and what they may do, with whether they may decide it. A refusal without a reason
// changes nothing, and tells whose it would be.
func seenBy(t *testing.T, h *housetest.House, login, name string, id habilitation.ID, decides bool) {
	t.Helper()
	desk := h.As(login)
	requests, err := desk.Requests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.ContainsFunc(requests, func(r correspondence.Request) bool {
		return r.Signup != nil && r.Signup.ID == id && r.Signup.MayDecide || r.Declaration != nil && r.Declaration.ID == id && r.Declaration.MaySteward
	})
	if listed != decides {
		t.Errorf("listed: %v, want %v", listed, decides)
	}
	if tag, err := desk.Tag(t.Context(), name); err == nil { // a declaration is asked under the tag's own name
		offered := slices.ContainsFunc(tag.Declarations, func(d correspondence.DeclarationView) bool { return d.ID == id && d.MaySteward })
		if offered != decides {
			t.Errorf("offered on the tag's page: %v, want %v", offered, decides)
		}
	}
	cause := correspondence.Unknown
	if decides {
		cause = correspondence.Invalid
	}
	wantRefusal(t, cause)(desk.Refuse(t.Context(), id, " "))
}
