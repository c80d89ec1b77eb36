package correspondence_test

import (
	"errors"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestNoActBetraysARestrictedNumber gives every act about an unprotected message, and about an unprotected draft, a reason that cites a restricted one.
func TestNoActBetraysARestrictedNumber(t *testing.T) {
	h := housetest.WithPeople(t)
	h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Secret"))
	const words = "voir TDBAMAKO DR1"
	clear := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Clair"))
	secret := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Secret encore"))
	ctx := t.Context()
	draft := h.As("marie").Writes(housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Projet"))
	shared, err := h.As("marie").ShareDraft(ctx, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]func(habilitation.ID) error{
		"an addressee added later": func(id habilitation.ID) error {
			return h.As("paul").AddAddressee(ctx, id, correspondence.AddresseeWish{Group: "sante", Reason: words})
		},
		"what is asked of it": func(id habilitation.ID) error {
			return h.As("paul").AddAddressee(ctx, id, correspondence.AddresseeWish{Group: "mae", Reason: "oubli", Instruction: words})
		},
		"closed without an answer": func(id habilitation.ID) error {
			return h.As("marie").CloseHandling(ctx, id, "dam", correspondence.HandlingWish{Reason: words})
		},
	}
	for what, act := range acts {
		var refusal *correspondence.Refusal
		if err := act(clear.ID); !errors.As(err, &refusal) || len(refusal.Faults) != 1 || refusal.Faults[0].Key != "restricted-number" {
			t.Errorf("%s, of an unprotected message: %v", what, err)
		}
		if err := act(secret.ID); errors.As(err, &refusal) && len(refusal.Faults) > 0 && refusal.Faults[0].Key == "restricted-number" {
			t.Errorf("%s, of a restricted message: %v", what, err)
		}
	}
	_, err = h.As("marie").Submit(ctx, shared.ID, shared.Version, correspondence.Submission{Steps: []correspondence.FormStep{{Agents: []string{"karim"}}}, Comment: words})
	wantRefusal(t, correspondence.Invalid)(err)
	h.As("marie").Submits(shared.ID, correspondence.FormStep{Agents: []string{"karim"}})
	karim := h.As("karim")
	digest := karim.Opens(shared.ID).Circuit.Digest
	_, err = karim.Visa(ctx, shared.ID, correspondence.Opinion{Digest: digest, Verdict: "remarks", Comment: words})
	wantRefusal(t, correspondence.Invalid)(err)
	wantRefusal(t, correspondence.Invalid)(karim.ReturnDraft(ctx, shared.ID, digest, words))
	if _, err := karim.Visa(ctx, shared.ID, correspondence.Opinion{Digest: digest, Verdict: "remarks", Comment: "voir le §2"}); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, correspondence.Invalid)(h.As("marie").Abandon(ctx, shared.ID, words))
}
