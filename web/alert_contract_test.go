package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// calling are the messages that call the duty roster of their addressee.
func calling() map[string]func(*correspondence.Form) {
	return map[string]func(*correspondence.Form){
		"flash to read": func(f *correspondence.Form) { f.Precedence = "flash" },
		"flash to do": func(f *correspondence.Form) {
			f.Precedence = "flash"
			f.Action[0].Qualification, f.Action[0].Deadline, f.Action[0].Instruction = "do", "2026-12-24", "Rendre compte"
		},
		"by night": func(f *correspondence.Form) {
			f.Action[0].Night, f.Action[0].NightReason = true, "Évacuation en cours"
			f.Action[0].Qualification, f.Action[0].Deadline, f.Action[0].Instruction = "do", "2026-12-24", "Rendre compte"
		},
	}
}

// TestEveryActAnswersOnALineThatCalls: what the API describes of handling holds on a line with an alert, before and after it is acknowledged.
func TestEveryActAnswersOnALineThatCalls(t *testing.T) {
	l := newLodge(t)
	document := loadDescription(t, l.server)
	seat := func(login string) *contract {
		return &contract{visitor: l.visit(login, 2), document: document, met: map[string]bool{}}
	}
	marie, karim, paul := seat("marie"), seat("karim"), seat("paul")
	l.Enact(habilitation.OperatorDeskNamed{Audience: 3})
	wishes := map[string]string{"take": `{}`, "assign": `{"to":"marie"}`, "accept": `{}`, "decline": `{"reason":"En mission"}`, "close": `{"reason":"Sans objet"}`,
		"reassign": `{"to":"mae","reason":"Leur affaire"}`, "misaddressed": `{"reason":"Pas pour nous"}`, "break-silence": `{"reason":"Réserve"}`}
	for name, call := range calling() {
		for _, acknowledged := range []bool{false, true} {
			for _, one := range handlingActs() {
				if acknowledged && name != "flash to do" {
					continue
				}
				form := housetest.Telegram("bamako", "dam", habilitation.Restricted, name+", "+one.name)
				form.SilenceUntil = "2026-12-25"
				call(&form)
				path := "/api/v1/messages/" + l.As("paul").Dispatches(form).ID.String()
				if err := l.Chancery.KeepTime(t.Context()); err != nil {
					t.Fatal(err)
				}
				if acknowledged {
					var view struct {
						Lines []struct{ Alert *struct{ ID string } }
					}
					marie.call(200, "GET", "/api/v1/messages/{id}/handling", path+"/handling", "").read(&view)
					if view.Lines[0].Alert == nil {
						t.Fatalf("%s: nobody is called", name)
					}
					marie.call(204, "POST", "/api/v1/alerts/{id}/acknowledge", "/api/v1/alerts/"+view.Lines[0].Alert.ID+"/acknowledge", "")
				}
				told := "réception pas encore accusée"
				if acknowledged {
					told = "réception accusée le"
				}
				if page := text(paul.get(strings.TrimPrefix(path, "/api/v1")).wants(200).document()); !strings.Contains(page, "Permanence appelée le") || !strings.Contains(page, told) || strings.Contains(page, "Marie Roy est appelé") {
					t.Errorf("%s: the originator is not told how far the call came, or by name: %s", name, page)
				}
				looks := func() {
					for c, lists := range map[*contract][]string{marie: {"/api/v1/actions", "/api/v1/teleprinter", "/api/v1/operator/tray"}, karim: {"/api/v1/actions"}, paul: {"/api/v1/sent", "/api/v1/sent/news", "/api/v1/operator/tray"}} {
						c.call(200, "GET", "/api/v1/messages/{id}/handling", path+"/handling", "")
						for _, list := range lists {
							c.call(200, "GET", list, list, "")
						}
					}
				}
				if one.name == "take" {
					looks()
				}
				acts := func(c *contract, what string) {
					c.call(200, "POST", "/api/v1/messages/{id}/handling/{group}/"+what, path+"/handling/dam/"+what, wishes[what])
				}
				if one.name == "accept" || one.name == "decline" {
					acts(karim, "assign")
				}
				if one.name == "assign" {
					acts(karim, "assign")
				} else {
					acts(marie, one.name)
				}
				looks()
			}
		}
	}
}

// sends goes through what the originator is told, as paul.
func (c *contract) sends(l *lodge) {
	c.t.Helper()
	paul := &contract{visitor: l.visit("paul", 2), document: c.document, met: c.met}
	for _, state := range append(correspondence.SentStates(), "") {
		paul.call(200, "GET", "/api/v1/sent", "/api/v1/sent?limit=2&state="+state, "")
	}
	paul.call(422, "GET", "/api/v1/sent", "/api/v1/sent?state=lost", "")
	paul.call(404, "GET", "/api/v1/sent", "/api/v1/sent?after=10000000000000000000000000", "")
	paul.call(404, "GET", "/api/v1/sent", "/api/v1/sent?state=all&after=10000000000000000000000000", "")
	var page correspondence.SentPage
	seen := map[habilitation.ID]bool{}
	next := ""
	for {
		paul.call(200, "GET", "/api/v1/sent", "/api/v1/sent?state=all&limit=3"+next, "").read(&page)
		for _, item := range page.Items {
			if seen[item.ID] {
				c.t.Fatalf("%s stands on two pages", item.Number)
			}
			seen[item.ID] = true
		}
		if page.Next == nil {
			break
		}
		next = "&after=" + page.Next.String()
	}
	if len(seen) < 5 {
		c.t.Errorf("only %d messages were sent", len(seen))
	}
	var news correspondence.SentNewsPage
	paul.call(200, "GET", "/api/v1/sent/news", "/api/v1/sent/news", "").read(&news)
	if news.New == 0 {
		c.t.Fatal("nothing became of anything")
	}
	body, err := json.Marshal(map[string]any{"through": news.Items[0].At})
	if err != nil {
		c.t.Fatal(err)
	}
	paul.call(400, "POST", "/api/v1/sent/seen", "/api/v1/sent/seen", `{"through":"hier"}`)
	l.Clock.Advance(time.Second)
	paul.call(204, "POST", "/api/v1/sent/seen", "/api/v1/sent/seen", string(body))
	if paul.call(200, "GET", "/api/v1/sent/news", "/api/v1/sent/news", "").read(&news); news.New != 0 {
		c.t.Errorf("%d are new after all was seen", news.New)
	}
}

// TestSentOnItsPage: what is late and undelivered, what came of it and that it was seen, that it expired, and what a group presses.
func TestSentOnItsPage(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés")
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04", "Rendre compte"
	form.Info = []correspondence.FormAddressee{{Group: "mae"}}
	form.ValidUntil = "2026-03-06"
	sent := l.As("paul").Dispatches(form)
	paul, karim := l.visit("paul", 2), l.visit("karim", 2)
	says := func(v *visitor, path string, words ...string) {
		t.Helper()
		body := string(v.get(path).wants(200).body)
		for _, word := range words {
			if !strings.Contains(body, word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
	}
	says(paul, "/sent", "Moyens héliportés", "Non remis", "DIPLOMATIE\u00a0: non remis", "Tout est vu")
	says(karim, "/sent", "Rien n’est plus attendu.")
	if err := l.As("karim").CloseHandling(t.Context(), sent.ID, "dam", correspondence.HandlingWish{Reason: "Sans objet"}); err != nil {
		t.Fatal(err)
	}
	says(paul, "/sent?lang=en", "closed without answer by Karim Benali", "Sans objet")
	var news correspondence.SentNewsPage
	paul.get("/api/v1/sent/news").wants(200).read(&news)
	l.Clock.Advance(time.Second)
	paul.post("/sent/seen", map[string][]string{"through": {news.Items[0].At.Format("2006-01-02T15:04:05.999999999Z07:00")}}).wants(303)
	if body := string(paul.get("/sent").wants(200).body); strings.Contains(body, "Tout est vu</button>") {
		t.Error("what was seen is still new")
	}
	paul.post("/sent/seen", map[string][]string{"through": {"hier"}}).wants(400)
	says(paul, "/groups/bamako", "Ce que le groupe presse")
	if body := string(karim.get("/groups/bamako").wants(200).body); strings.Contains(body, "Ce que le groupe presse") {
		t.Error("what the group presses is told to who does not direct it")
	}
}
