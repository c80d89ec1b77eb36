package correspondence_test

import (
	"slices"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestPreviewLeavesOutGuestsOfATag: guests have no declared tags, so a tag alone brings them nothing, in the preview as on the teleprinter.
func TestPreviewLeavesOutGuestsOfATag(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.AgentAdded{Agent: 8, Login: "ong", Name: "Une ONG", Level: np, Guest: true},
		habilitation.MemberJoined{Audience: 5, Agent: 8},
	)
	for _, c := range []struct {
		name    string
		change  func(*correspondence.Form)
		agents  int // of the community sahel
		readers int // with marie, karim and lea of dam
		reads   bool
	}{
		{"by tag alone", func(*correspondence.Form) {}, 2, 4, false},
		{"by tag, and named", func(f *correspondence.Form) { f.Agents = []string{"ong", "ines"} }, 2, 5, true},
		{"by tag, and for information", func(f *correspondence.Form) { f.Info = []correspondence.FormAddressee{{Group: "sahel"}} }, 3, 5, true},
	} {
		form := housetest.Telegram("bamako", "dam", np, "Forages")
		form.Tags = []string{"sahel"}
		c.change(&form)
		view, err := h.As("paul").AudienceOf(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(view.Groups, func(line correspondence.AudienceLine) bool { return line.Key == "sahel" })
		if at < 0 || view.Groups[at].Agents != c.agents || view.Readers != c.readers {
			t.Errorf("%s: %+v, want %d in sahel and %d readers", c.name, view, c.agents, c.readers)
		}
		sent := h.As("paul").Dispatches(form)
		if c.reads {
			h.As("ong").Reads(sent.ID)
		} else {
			h.As("ong").ReadsNothingOf(sent.ID)
		}
		h.As("ines").Reads(sent.ID)
	}
}

// TestPreviewCountsNobodyOfWhoIsNotCleared: a group beneath the level is named as such, written on the address or meant by a collective, and counts
// neither among the groups nor through its members who are cleared.
func TestPreviewCountsNobodyOfWhoIsNotCleared(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.AgentAdded{Agent: 8, Login: "oumar", Name: "Oumar", Level: dr},
		habilitation.MemberJoined{Audience: 4, Agent: 8},
		habilitation.MemberJoined{Audience: 3, Agent: 4, Duties: habilitation.Drafter | habilitation.Signatory | habilitation.Collective},
		habilitation.CollectiveDefined{Collective: "tous", Name: habilitation.Label{FR: "Tous"}, Audiences: []habilitation.AudienceID{2, 4}},
	)
	for name, address := range map[string]func(*correspondence.Form){
		"named":        func(f *correspondence.Form) { f.Info = []correspondence.FormAddressee{{Group: "sante"}} },
		"a collective": func(f *correspondence.Form) { f.Collectives = []correspondence.FormCollective{{Collective: "tous"}} },
		"both": func(f *correspondence.Form) {
			f.Action, f.Info = []correspondence.FormAddressee{{Group: "sante"}, {Group: "dam"}}, nil
			f.Collectives = []correspondence.FormCollective{{Collective: "tous"}}
		},
	} {
		form := housetest.Telegram("bamako", "dam", dr, "Convois")
		address(&form)
		view := preview(t, h.As("paul"), form)
		if len(view.Groups) != 1 || view.Groups[0].Key != "dam" || view.Readers != 2 || len(view.NotCleared) != 1 || view.NotCleared[0].Key != "sante" || len(view.Undelivered) != 0 {
			t.Errorf("%s: %d readers in %+v, not cleared %+v, undelivered %+v", name, view.Readers, view.Groups, view.NotCleared, view.Undelivered)
		}
		if len(view.Faults) == 0 || view.Row == nil || view.Row.Reasons[0].Audience.Key != "dam" {
			t.Errorf("%s: faults %+v, row %+v", name, view.Faults, view.Row)
		}
	}
}
