package correspondence_test

import (
	"encoding/json"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestRefusedActLeavesNothingBehind: nothing is known of a printed record's handling before the first act about it, whoever tried what in vain,
// or a house that was opened again would answer otherwise.
func TestRefusedActLeavesNothingBehind(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Imports(records(h, 1)...)
	id := h.As("ana").Feed()[0].ID
	known := func() string {
		view, err := h.As("ana").HandlingOf(t.Context(), id)
		must(t, err)
		lines := 0
		for _, login := range []string{"marie", "paul", "lea"} {
			if mine, err := h.As(login).HandlingOf(t.Context(), id); err == nil {
				lines += len(mine.Lines)
			}
		}
		text, err := json.Marshal([]any{view, lines, h.Folds().Handling.Has(id)})
		must(t, err)
		return string(text)
	}
	before := known()
	wantRefusal(t, correspondence.NotMandated)(h.As("ana").Take(t.Context(), id, h.As("ana").Reads(id).Addressees[0].Key, correspondence.HandlingWish{}))
	if after := known(); after != before {
		t.Errorf("a refused act changes what is known from\n%s to\n%s", before, after)
	}
	h.Reopen()
	if after := known(); after != before {
		t.Errorf("opened again the house knows\n%s, before\n%s", after, before)
	}
}

// TestAnswerOfAnAddedAddresseeIsTold to its own members, as that of any other addressee is.
func TestAnswerOfAnAddedAddresseeIsTold(t *testing.T) {
	h := housetest.WithPeople(t)
	asked := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, "Vaccins"))
	must(t, h.As("paul").AddAddressee(t.Context(), asked.ID, correspondence.AddresseeWish{Group: "sante", Reason: "oubli"}))
	ear := listen(t, h.As("ines"), habilitation.ID{})
	reply := housetest.Telegram("sante", "bamako", np, "Réponse")
	reply.ReplyTo = asked.Number
	ear.hears(h.As("ines").Dispatches(reply).ID)
	ear.hears(asked.ID)
}

// TestAnswerThatMissesTheAskerAnswersNothing: what was asked stays to be done, the writer is warned, and the asker is told of no answer. A copy is enough,
// and so is a tag that the asker follows.
func TestAnswerThatMissesTheAskerAnswersNothing(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(np, "Affaire"))
	reply := housetest.Telegram("dam", "sante", np, "Réponse")
	reply.ReplyTo = sent.Number
	if told := preview(t, h.As("marie"), reply).Warnings; len(told) != 1 || told[0].Key != "answer-misses-asker" || told[0].Field != "reply_to" || told[0].Args["group"] != "Ambassade à Bamako" {
		t.Errorf("warned of %+v", told)
	}
	ear := listen(t, h.As("paul"), habilitation.ID{})
	h.As("marie").Dispatches(reply)
	ear.quiet()
	for range 2 {
		for _, login := range []string{"marie", "paul"} {
			if got := lineOf(t, h.As(login), sent.ID, "dam"); got.State != "delivered" || got.Answer != nil {
				t.Errorf("%s sees %s, answered by %+v", login, got.State, got.Answer)
			}
		}
		h.Reopen()
	}
	wantNews(t, h.As("paul"), "undelivered mae*")
	reply.Info = []correspondence.FormAddressee{{Group: "bamako"}}
	if told := preview(t, h.As("marie"), reply).Warnings; len(told) != 0 {
		t.Errorf("warned of %+v", told)
	}
	h.As("marie").Dispatches(reply)
	if got := lineOf(t, h.As("paul"), sent.ID, "dam"); got.State != "answered" || got.Answer == nil || got.Answer.ID == nil {
		t.Errorf("answered by a copy it is %+v", got)
	}
}

// TestLoweredStaysToDo for whoever may not know of the answer: the page and the list of what is to be done say the same.
func TestLoweredStaysToDo(t *testing.T) {
	h := housetest.WithPeople(t)
	sent := h.As("paul").Dispatches(asked(dr, "Affaire"))
	reply := housetest.Telegram("dam", "bamako", dr, "Réponse")
	reply.ReplyTo = sent.Number
	h.As("marie").Dispatches(reply)
	h.As("paul").Dispatches(correcting(housetest.Telegram("bamako", "dam", np, "Abaissement"), sent.ID, "lowers"))
	for range 2 {
		for login, state := range map[string]string{"marie": "answered", "lea": "delivered"} {
			if got := lineOf(t, h.As(login), sent.ID, "dam"); got.State != state {
				t.Errorf("%s sees it %s, want %s", login, got.State, state)
			}
			page, err := h.As(login).Actions(t.Context())
			must(t, err)
			if open := len(page.Items) == 1; open != (state == "delivered") {
				t.Errorf("%s, who sees it %s, has to do %+v", login, state, page.Items)
			}
		}
		h.Reopen()
	}
}
