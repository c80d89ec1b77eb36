package web

import (
	"encoding/json"
	"fmt"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// handles goes through everything that is done with a message after its release.
func (c *contract) handles(l *lodge) {
	c.t.Helper()
	var ids []string
	for i := range 4 {
		form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, fmt.Sprintf("À traiter %d", i))
		form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-12-24", "Rendre compte"
		form.SilenceUntil = "2026-12-25"
		ids = append(ids, l.As("paul").Dispatches(form).ID.String())
	}
	act := func(status, message int, what string, wish map[string]string) {
		c.t.Helper()
		body, err := json.Marshal(wish)
		if err != nil {
			c.t.Fatal(err)
		}
		template := "/api/v1/messages/{id}/handling/{group}/" + what
		c.call(status, "POST", template, "/api/v1/messages/"+ids[message]+"/handling/dam/"+what, string(body))
	}
	path := "/api/v1/messages/" + ids[0]
	c.call(200, "GET", "/api/v1/messages/{id}/handling", path+"/handling", "")
	c.call(404, "GET", "/api/v1/messages/{id}/handling", "/api/v1/messages/00000000000000000000000000/handling", "")
	act(422, 0, "take", map[string]string{"due": "jamais"})
	act(200, 0, "take", map[string]string{"due": "2026-12-20"})
	act(409, 0, "take", map[string]string{})
	act(200, 0, "assign", map[string]string{"to": "karim", "note": "À toi"})
	act(409, 0, "accept", map[string]string{})
	act(409, 0, "decline", map[string]string{"reason": "x"})
	if err := l.As("karim").Entrust(c.t.Context(), identity(c.t, ids[1]), "dam", wishTo("marie")); err != nil {
		c.t.Fatal(err)
	}
	act(422, 1, "decline", map[string]string{"reason": ""})
	act(200, 1, "decline", map[string]string{"reason": "En mission"})
	if err := l.As("karim").Entrust(c.t.Context(), identity(c.t, ids[1]), "dam", wishTo("marie")); err != nil {
		c.t.Fatal(err)
	}
	act(200, 1, "accept", map[string]string{})
	act(200, 1, "break-silence", map[string]string{"reason": "Réserve"})
	act(200, 1, "close", map[string]string{"reason": "Sans objet"})
	act(200, 2, "reassign", map[string]string{"to": "mae", "reason": "Leur affaire"})
	c.call(200, "POST", "/api/v1/messages/{id}/addressees", path+"/addressees", `{"group":"sante","reason":"Oubliée"}`)
	c.call(422, "POST", "/api/v1/messages/{id}/addressees", path+"/addressees", `{"group":"","reason":""}`)
	c.call(200, "POST", "/api/v1/messages/{id}/shares", path+"/shares", `{"community":"sahel"}`)
	c.call(409, "POST", "/api/v1/messages/{id}/shares", path+"/shares", `{"community":"sahel"}`)
	c.call(204, "DELETE", "/api/v1/messages/{id}/shares/{group}", path+"/shares/sahel?reason=fini", "")
	c.call(200, "GET", "/api/v1/actions", "/api/v1/actions", "")
	c.call(200, "GET", "/api/v1/gaps", "/api/v1/gaps", "")
	c.operates(l, ids[3], act)
}

// operates empties the operator desk, which is the direction itself here, and answers an alert.
func (c *contract) operates(l *lodge, message string, act func(status, message int, what string, wish map[string]string)) {
	c.t.Helper()
	l.Enact(habilitation.OperatorDeskNamed{Audience: 2})
	act(200, 3, "misaddressed", map[string]string{"reason": "Pas pour nous"})
	var tray struct{ Items []struct{ ID string } }
	c.call(200, "GET", "/api/v1/operator/tray", "/api/v1/operator/tray", "").read(&tray)
	if len(tray.Items) != 1 {
		c.t.Fatalf("%d items on the operator desk", len(tray.Items))
	}
	item := "/api/v1/operator/" + tray.Items[0].ID + "/settle"
	c.call(422, "POST", "/api/v1/operator/{id}/settle", item, `{"group":"nulle part","reason":""}`)
	c.call(204, "POST", "/api/v1/operator/{id}/settle", item, `{"group":"mae","role":"info","reason":"Au ministère"}`)
	c.call(409, "POST", "/api/v1/operator/{id}/settle", item, `{"reason":"x"}`)
	c.call(404, "POST", "/api/v1/operator/{id}/settle", "/api/v1/operator/00000000000000000000000000/settle", `{"reason":"x"}`)
	flash := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Coup de force")
	flash.Precedence = "flash"
	sent := l.As("paul").Dispatches(flash)
	if err := l.Chancery.KeepTime(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	var actions struct{ Alerts []struct{ ID string } }
	c.call(200, "GET", "/api/v1/actions", "/api/v1/actions", "").read(&actions)
	if len(actions.Alerts) != 1 {
		c.t.Fatalf("%d alerts", len(actions.Alerts))
	}
	c.call(200, "GET", "/api/v1/messages/{id}/handling", "/api/v1/messages/"+sent.ID.String()+"/handling", "")
	alert := "/api/v1/alerts/" + actions.Alerts[0].ID + "/acknowledge"
	c.call(204, "POST", "/api/v1/alerts/{id}/acknowledge", alert, "")
	c.call(409, "POST", "/api/v1/alerts/{id}/acknowledge", alert, "")
	c.call(404, "POST", "/api/v1/alerts/{id}/acknowledge", "/api/v1/alerts/"+message+"/acknowledge", "")
}

func identity(t testing.TB, text string) habilitation.ID {
	t.Helper()
	id, err := habilitation.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func wishTo(login string) correspondence.HandlingWish { return correspondence.HandlingWish{To: login} }
