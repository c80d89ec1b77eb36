package correspondence_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

func TestExchangeIsBetweenTwoAndBecomesAFormalMail(t *testing.T) {
	h := housetest.WithPeople(t)
	paul, marie := h.As("paul"), h.As("marie")
	one, err := paul.Say(t.Context(), habilitation.ID{}, correspondence.ExchangeForm{To: "marie", Text: "Tu as vu la note ?\r\n"})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	if _, err := marie.Say(t.Context(), one.ID, correspondence.ExchangeForm{Text: "Oui, demain."}); err != nil {
		t.Fatal(err)
	}
	mine, err := paul.Exchanges(t.Context())
	if err != nil || len(mine) != 1 || len(mine[0].Lines) != 2 || mine[0].With.Login != "marie" || mine[0].Opening != "Oui, demain." || mine[0].Lines[1].Mine {
		t.Errorf("paul has %+v, %v", mine, err)
	}
	var refusal *correspondence.Refusal
	if _, err := h.As("lea").Exchange(t.Context(), one.ID); !errors.As(err, &refusal) || refusal.Cause != correspondence.Unknown {
		t.Errorf("lea reads it: %v", err)
	}
	if _, err := h.As("lea").Say(t.Context(), one.ID, correspondence.ExchangeForm{Text: "moi aussi"}); !errors.As(err, &refusal) || refusal.Cause != correspondence.Unknown {
		t.Errorf("lea joins it: %v", err)
	}
	if n := h.Folds().Ledger.Count(); n != 0 || len(marie.Feed()) != 0 {
		t.Errorf("it is correspondence: %d messages", n)
	}
	for _, c := range []struct{ to, text, fault string }{{"", "x", "missing"}, {"x", "x", "agent-unknown"}, {"paul", "x", "yourself"}, {"marie", " ", "missing"},
		{"marie", strings.Repeat("x", 5000), "too-long"}, {"marie", "voir TD BAMAKO DR 1", "restricted-number"}} {
		if _, err := paul.Say(t.Context(), habilitation.ID{}, correspondence.ExchangeForm{To: c.to, Text: c.text}); !errors.As(err, &refusal) || refusal.Faults[0].Key != c.fault {
			t.Errorf("%+v: %v", c, err)
		}
	}
	draft, err := marie.FileExchange(t.Context(), one.ID)
	if err != nil || draft.Form.Origin != "dam" || len(draft.Form.Action) != 0 || len(draft.Form.Agents) != 1 || draft.Form.Agents[0] != "paul" || len(draft.Faults) != 0 {
		t.Fatalf("filed as %+v, %v", draft, err)
	}
	view, err := marie.Release(t.Context(), draft.ID, draft.Version)
	if err != nil || view.Number != "CF DAM 1" || !strings.Contains(view.Text, "Paul Noël, ") || !strings.Contains(view.Text, "Tu as vu la note ?") {
		t.Errorf("released as %+v, %v", view, err)
	}
	paul.Reads(view.ID)
	h.As("ines").ReadsNothingOf(view.ID)
	h.VerifyAll()
	if err := marie.DropExchange(t.Context(), one.ID); err != nil {
		t.Error(err)
	}
	if _, err := paul.Exchange(t.Context(), one.ID); err != nil {
		t.Errorf("it is gone from the other desk too: %v", err)
	}
}

// TestAnExchangeIsFiledForTheOneGroup that the agent writes for, whatever their duty there; of several none is chosen for them.
func TestAnExchangeIsFiledForTheOneGroup(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(
		habilitation.AgentAdded{Agent: 8, Login: "oumar", Name: "Oumar", Level: np},
		habilitation.MemberJoined{Audience: 4, Agent: 8, Duties: habilitation.Signatory},
		habilitation.MemberJoined{Audience: 2, Agent: 8},
	)
	oumar := h.As("oumar")
	one, err := oumar.Say(t.Context(), habilitation.ID{}, correspondence.ExchangeForm{To: "marie", Text: "Bonjour"})
	if err != nil {
		t.Fatal(err)
	}
	if draft, err := oumar.FileExchange(t.Context(), one.ID); err != nil || draft.Form.Origin != "sante" || len(draft.Faults) != 0 {
		t.Errorf("a signatory files %+v, %v", draft, err)
	}
	h.Enact(habilitation.MemberJoined{Audience: 3, Agent: 8, Duties: habilitation.Drafter})
	if draft, err := oumar.FileExchange(t.Context(), one.ID); err != nil || draft.Form.Origin != "" {
		t.Errorf("who writes for two groups files for %q, %v", draft.Form.Origin, err)
	}
}
