package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// tooLong is more than any reason may be.
var tooLong = strings.Repeat("é", 1500)

// badForm is a form of a page with something wrong in it.
type badForm struct {
	route  string // as it is registered
	who    string
	to     string
	from   string // the page that it is sent from
	form   url.Values
	status int
	at     []string // the fields that the faults lead to, in their order; "" for the form itself, "-" for no place on the page
}

// buttonsAlone are the addresses of forms into which nothing is typed, and what is chosen cannot be wrong. Each answers with a page, whatever
// it is sent.
var buttonsAlone = []string{
	"POST /sign-out", "POST /settings", "POST /read-all", "POST /messages/{id}/unread", "POST /messages/{id}/handling/{group}/take", "POST /messages/{id}/handling/{group}/accept",
	"POST /messages/{id}/shares/{group}/revoke", "POST /alerts/{id}/acknowledge", "POST /exchanges/{id}/file", "POST /exchanges/{id}/drop", "POST /sent/seen", "POST /delegations/seen",
}

// busyHouse is a house in which every form is on some page.
func busyHouse(t *testing.T) (l *lodge, ids map[string]string) {
	t.Helper()
	l, ids = furnished(t)
	l.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"}, habilitation.OperatorDeskNamed{Audience: 3})
	ctx := t.Context()
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Moyens héliportés")
	form.Action[0].Qualification, form.Action[0].Deadline, form.Action[0].Instruction = "do", "2026-03-04", "Rendre compte"
	form.SilenceUntil = l.Clock.Now().Add(48 * time.Hour).Format(time.RFC3339)
	todo := l.As("paul").Dispatches(form).ID
	entrusted := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "À confier")).ID
	stray := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Égaré")).ID
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.As("marie").Take(ctx, todo, "dam", correspondence.HandlingWish{}))
	must(l.As("marie").Take(ctx, entrusted, "dam", correspondence.HandlingWish{}))
	must(l.As("marie").Entrust(ctx, entrusted, "dam", correspondence.HandlingWish{To: "karim"}))
	must(l.As("marie").Misaddressed(ctx, stray, "dam", correspondence.HandlingWish{Reason: "Pas pour nous"}))
	tray, err := l.As("paul").OperatorTray(ctx)
	must(err)
	said, err := l.As("marie").Say(ctx, habilitation.ID{}, correspondence.ExchangeForm{To: "paul", Text: "Bonjour"})
	must(err)
	opened, err := l.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Crue du fleuve", Owner: "dam", Level: "unprotected"})
	must(err)
	other, err := l.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Clos depuis", Owner: "dam", Level: "unprotected"})
	must(err)
	_, err = l.As("marie").Declare(ctx, "dam", "sante", habilitation.Unprotected)
	must(err)
	_, err = l.As("marie").AddToDossier(ctx, opened.ID, ids["open"])
	must(err)
	marie := l.visit("marie", 2)
	draft := strings.Split(marie.post("/compose", typedSheet("act", "submit", "step", "karim", "step.any", "")).wants(303).Header.Get("Location"), "?")[0]
	lent, err := l.As("marie").Delegations(ctx)
	must(err)
	requests, err := l.As("marie").Requests(ctx)
	must(err)
	for _, r := range requests {
		if r.Signup != nil {
			ids["signup"] = r.Signup.ID.String()
		} else {
			ids["declaration"] = r.Declaration.ID.String()
		}
	}
	must(l.As("ana").Freeze(ctx, todo, "Enquête"))
	must(l.As("ana").Freeze(ctx, todo, "Procès"))
	kept, err := l.As("ana").Message(ctx, todo)
	must(err)
	ids["freeze"] = kept.Keeping.Freezes[1].ID.String()
	l.Settle()
	ids["todo"], ids["entrusted"], ids["stray"], ids["tray"], ids["exchange"] = todo.String(), entrusted.String(), stray.String(), tray[0].ID.String(), said.ID.String()
	ids["dossier"], ids["other"], ids["visa"], ids["held"] = opened.ID.String(), other.ID.String(), strings.TrimPrefix(draft, "/drafts/"), held(l, "karim", "a@example.org")
	ids["delegation"] = lent.Groups[0].ID.String()
	return l, ids
}

// badForms are all forms of all pages, each with as much wrong as can be wrong in it.
func badForms(ids map[string]string) []badForm {
	message, line := "/messages/"+ids["todo"], "/messages/"+ids["todo"]+"/handling/dam/"
	dossier, draft := "/dossiers/"+ids["dossier"], "/drafts/"+ids["visa"]
	handling := "POST /messages/{id}/handling/{group}/"
	reason := url.Values{"reason": {tooLong}}
	return []badForm{
		{handling + "assign", "marie", line + "assign", message, url.Values{"to": {"nemo"}, "due": {"jamais"}, "note": {tooLong}}, 422, []string{"to", "due", "note"}},
		{handling + "assign", "marie", line + "assign", "/actions", url.Values{"to": {"nemo"}, "due": {"jamais"}, "note": {"Vite."}}, 422, []string{"-", "-"}},
		{handling + "close", "marie", line + "close", message, reason, 422, []string{"reason"}},
		{handling + "close", "marie", line + "close", message, url.Values{"reason": {""}}, 422, []string{"reason"}},
		{handling + "reassign", "marie", line + "reassign", message, url.Values{"to": {"Nulle Part"}, "reason": {tooLong}}, 422, []string{"to", "reason"}},
		{handling + "misaddressed", "marie", line + "misaddressed", "", reason, 422, []string{"reason"}},
		{handling + "break-silence", "marie", line + "break-silence", message, reason, 422, []string{"reason"}},
		{handling + "decline", "karim", "/messages/" + ids["entrusted"] + "/handling/dam/decline", "/messages/" + ids["entrusted"], reason, 422, []string{"reason"}},
		{"POST /messages/{id}/addressees", "marie", message + "/addressees", message,
			url.Values{"group": {"Nulle Part"}, "qualification": {"do"}, "deadline": {"jamais"}, "instruction": {""}, "reason": {tooLong}}, 422, []string{"group", "deadline", "instruction", "reason"}},
		{"POST /messages/{id}/shares", "marie", message + "/shares", message, url.Values{"community": {"Nulle Part"}, "reason": {tooLong}}, 422, []string{"community", "reason"}},
		{"POST /messages/{id}/shares", "marie", message + "/shares", message, url.Values{"community": {"MINSANTE"}, "reason": {"Pour avis"}}, 422, []string{"community"}},
		{"POST /messages/{id}/dossiers", "marie", "/messages/" + ids["todo"] + "/dossiers", message, url.Values{"dossier": {""}}, 422, []string{"dossier"}},
		{"POST /messages/{id}/file-plan", "ana", message + "/file-plan", message, url.Values{"position": {""}, "reason": {""}}, 422, []string{"position", "reason"}},
		{"POST /messages/{id}/file-plan", "ana", message + "/file-plan", message, url.Values{"position": {""}, "reason": {"Mal rangé"}}, 422, []string{"position"}},
		{"POST /messages/{id}/file-plan", "ana", message + "/file-plan", message, url.Values{"position": {strings.Repeat("é", 121)}, "reason": {"Mal rangé"}}, 422, []string{"position"}},
		{"POST /messages/{id}/freeze", "ana", message + "/freeze", message, url.Values{"reason": {" "}}, 422, []string{"reason"}},
		{"POST /messages/{id}/freeze", "ana", message + "/freeze", message, reason, 422, []string{"reason"}},
		{"POST /messages/{id}/thaw", "ana", message + "/thaw", message, url.Values{"freeze": {ids["freeze"]}, "act": {ids["freeze"]}, "reason": {" "}}, 422, []string{"reason"}},
		{"POST /operator/{id}/settle", "paul", "/operator/" + ids["tray"] + "/settle", "/operator", url.Values{"group": {"Nulle Part"}, "role": {"info"}, "reason": {""}}, 422, []string{"group", "reason"}},
		{"POST /groups/{id}/requests", "theo", "/groups/bamako/requests", "/groups/bamako", url.Values{"motive": {tooLong}}, 422, []string{"motive"}},
		{"POST /groups/{id}/tags", "marie", "/groups/dam/tags", "/groups/dam", url.Values{"tag": {"nichts"}, "level": {"restricted"}}, 422, []string{"tag"}},
		{"POST /groups/{id}/tags", "marie", "/groups/dam/tags", "/groups/dam", url.Values{"tag": {""}}, 422, []string{"tag", "level"}},
		{"POST /groups/{id}/tags/{tag}/withdraw", "marie", "/groups/dam/tags/sante/withdraw", "/groups/dam", reason, 422, []string{"reason"}},
		{"POST /groups/{id}/roster", "marie", "/groups/dam/roster", "/groups/dam",
			url.Values{"agent": {"Karim Benali", "", "paul"}, "from": {"2026-03-02T08:00", "hier", ""}, "until": {"2026-03-02T09:00", "", "demain"}, "acknowledge_minutes": {"dix"}, "act": {"save"}},
			422, []string{"acknowledge_minutes", "agent", "from", "until", "agent", "from", "until"}},
		{"POST /groups/{id}/visas/{kind}", "marie", "/groups/dam/visas/note", "/groups/dam",
			url.Values{"step": {"karim", "personne, nulle", ""}, "step.any": {"", "any", ""}, "act": {"save"}}, 422, []string{"step", "step"}},
		{"POST /groups/{id}/visas/{kind}", "marie", "/groups/dam/visas/mail", "/groups/dam", url.Values{"step": {""}, "step.any": {""}, "act": {"save"}}, 422, []string{""}},
		{"POST /requests/{id}/accept", "marie", "/requests/" + ids["signup"] + "/accept", "/requests", url.Values{"duties": {"drafter", "king"}}, 422, []string{"duties"}},
		{"POST /requests/{id}/refuse", "marie", "/requests/" + ids["signup"] + "/refuse", "/groups/dam", reason, 422, []string{"reason"}},
		{"POST /requests/{id}/refuse", "marie", "/requests/" + ids["declaration"] + "/refuse", "/tags/sahel", url.Values{"reason": {""}}, 422, []string{"reason"}},
		{"POST /delegations", "marie", "/delegations", "/delegations",
			url.Values{"to": {"personne"}, "group": {"dam"}, "begins": {"hier"}, "ends": {"2020-01-01T10:00"}, "reason": {tooLong}}, 422, []string{"to", "duties", "begins", "ends", "reason"}},
		{"POST /delegations/{id}/end", "marie", "/delegations/" + ids["delegation"] + "/end", "/delegations", reason, 422, []string{"reason"}},
		{"POST /collectives", "theo", "/collectives", "/collectives",
			url.Values{"key": {"Deux mots"}, "name_fr": {""}, "name_en": {""}, "groups": {"Nulle Part, dam"}, "parent": {"ailleurs"}}, 422, []string{"key", "name_fr", "groups", "parent", "sorts"}},
		{"POST /collectives/{key}/withdraw", "theo", "/collectives/postes/withdraw", "/collectives", reason, 422, []string{"reason"}},
		{"POST /collectives/operator", "theo", "/collectives/operator", "/collectives", url.Values{"group": {"Nulle Part"}}, 422, []string{"group"}},
		{"POST /gate", "theo", "/gate", "/gate",
			url.Values{"name": {"", "secrets"}, "words": {"ne pas sortir", ""}, "tags": {"", "nulle"}, "domains": {"", ""}, "outcome": {"perhaps", "block"}, "kinds-1": {"mail"}, "files-1": {"pdf"}, "types": {"", "nichts"}, "reason": {""}},
			422, []string{"reason", "name", "outcome", "types", "tags"}},
		{"POST /gate/held/{id}", "marie", "/gate/held/" + ids["held"], "/gate", url.Values{"verdict": {"refused"}, "reason": {""}}, 422, []string{"reason"}},
		{"POST /exchanges", "marie", "/exchanges", "/exchanges", url.Values{"to": {"nobody at all"}, "text": {""}}, 422, []string{"to", "text"}},
		{"POST /exchanges/{id}", "marie", "/exchanges/" + ids["exchange"], "/exchanges/" + ids["exchange"], url.Values{"text": {strings.Repeat("é", 4100)}}, 422, []string{"text"}},
		{"POST /dossiers", "marie", "/dossiers", "/dossiers", url.Values{"title": {""}, "owner": {"bamako"}, "level": {""}, "members": {"dam, nulle part"}}, 422, []string{"title", "level", "owner", "members"}},
		{"POST /dossiers", "marie", "/dossiers", "/dossiers", url.Values{"title": {"Crue du fleuve"}, "owner": {"dam"}, "level": {"unprotected"}}, 422, []string{"title"}},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"message"}, "message": {"TD ROME 99"}}, 422, []string{"message"}},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"message"}, "message": {"TD BAMAKO 1"}}, 409, nil},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"note"}, "text": {"Voir TD BAMAKO DR 1."}}, 422, []string{"text"}},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"share"}, "group": {"Nulle Part"}}, 422, []string{"group"}},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"remove"}, "message": {ids["open"]}, "reason": {tooLong}}, 422, []string{"reason"}},
		{"POST /dossiers/{id}", "marie", dossier, dossier, url.Values{"act": {"close"}, "reason": {tooLong}}, 422, []string{"reason"}},
		{"POST /drafts/{id}/circuit", "karim", draft + "/circuit", draft, url.Values{"act": {"return"}, "digest": {"00"}, "comment": {tooLong}}, 422, []string{"comment"}},
		{"POST /drafts/{id}/circuit", "karim", draft + "/circuit", draft, url.Values{"act": {"remarks"}, "digest": {""}, "comment": {tooLong}}, 422, []string{"comment", ""}},
		{"POST /drafts/{id}/circuit", "marie", draft + "/circuit", draft, url.Values{"act": {"abandon"}, "reason": {tooLong}}, 422, []string{"reason"}},
		{"POST /compose", "marie", "/compose", "/compose", typedSheet("act", "submit", "step", "personne", "step.any", "any", "visa.comment", tooLong, "template.name", "Point"), 422, []string{"step", "visa.comment"}},
		{"POST /compose", "marie", "/compose", "/compose", typedSheet("act", "template", "template.name", "", "step", "karim", "step.any", "", "visa.comment", "Pour ce soir"), 422, []string{"template.name"}},
		{"POST /compose", "marie", "/compose", "/compose", url.Values{"kind": {"telegram"}, "origin": {"dam"}, "level": {"restricted"}, "language": {"fr"}, "subject": {""}, "text": {"Bonjour."}, "precedence": {"flash"},
			"step": {"karim"}, "step.any": {"any"}, "act": {"release"}}, 422, []string{"action.add", "subject", "summary"}},
	}
}

// TestEveryFormComesBackAsItWasTyped sends every form of every page with faults. Whoever adds a form adds it to the table, or to the list of
// those that are buttons alone.
func TestEveryFormComesBackAsItWasTyped(t *testing.T) {
	l, ids := busyHouse(t)
	visitors := map[string]*visitor{}
	for _, who := range []string{"marie", "karim", "paul", "theo", "ana"} {
		visitors[who] = l.visit(who, habilitation.Restricted)
	}
	elsewhere := []string{"POST /sign-in", "POST " + sheetWithFile, "POST " + dossierWithFile} // shown again by tests of their own
	table := badForms(ids)
	for _, r := range l.server.routes {
		name := r.method + " " + r.path
		if r.method != "POST" || r.api != nil || slices.Contains(elsewhere, name) || slices.Contains(buttonsAlone, name) {
			continue
		}
		if !slices.ContainsFunc(table, func(b badForm) bool { return b.route == name }) {
			t.Errorf("%s: no test sends it with a fault", name)
		}
	}
	for _, lang := range []string{"fr", "en"} {
		for _, bad := range table {
			t.Run(lang+" "+bad.route+" "+bad.form.Get("act"), func(t *testing.T) {
				v := *visitors[bad.who]
				v.t, v.cookies[languageCookie] = t, lang
				sent := url.Values{}
				for name, values := range bad.form {
					sent[name] = values
				}
				if bad.from != "" {
					sent.Set("next", bad.from)
				}
				answer := v.post(bad.to, sent).wants(bad.status)
				page := answer.document()
				checkSkeleton(t, page, lang)
				checkFields(t, page)
				checkScripts(t, page, answer.Header.Get("Content-Security-Policy"))
				checkWords(t, page, l.server.catalogue)
				checkSession(t, page, lang)
				checkSummary(t, page, bad.at)
				checkTyped(t, page, bad)
			})
		}
	}
}

// checkSummary: every fault stands in the summary, leads to its field, and stands beside it in the same words.
func checkSummary(t *testing.T, page *html.Node, at []string) {
	t.Helper()
	summary := find(page, "section", "id", "faults")
	if summary == nil || attribute(summary, "role") != "alert" {
		t.Fatalf("no summary of what is wrong: %s", text(page))
	}
	if strings.Contains(text(summary), "(") && strings.Contains(text(summary), "Refus") {
		t.Errorf("a fault is told by its key: %s", text(summary))
	}
	var led []string
	for _, line := range all(summary, "li") {
		link := find(line, "a", "", "")
		if links := all(line, "a"); len(links) == 1 {
			link = links[0]
		}
		if link == nil {
			led = append(led, "-")
			continue
		}
		target := find(page, "", "id", strings.TrimPrefix(attribute(link, "href"), "#"))
		if target == nil {
			t.Errorf("%q leads to %s, which is nowhere", text(link), attribute(link, "href"))
			continue
		}
		led = append(led, fieldLedTo(target))
		checkBeside(t, page, target, text(link))
	}
	if at != nil && !slices.Equal(places(led, at), at) {
		t.Errorf("the summary leads to %q, want %q", led, at)
	}
}

// places are where faults led; what is wanted nowhere in particular counts wherever it led.
func places(led, at []string) []string {
	out := slices.Clone(led)
	for i := range out {
		if i < len(at) && at[i] == "-" {
			out[i] = "-"
		}
	}
	return out
}

// fieldLedTo is the name of the field that an element is, or groups.
func fieldLedTo(target *html.Node) string {
	if name := attribute(target, "name"); name != "" {
		return name
	}
	if target.Data == "fieldset" {
		if inputs := all(target, "input"); len(inputs) > 0 {
			return attribute(inputs[0], "name")
		}
	}
	return ""
}

func checkBeside(t *testing.T, page, target *html.Node, told string) {
	t.Helper()
	if name := attribute(target, "name"); name == "" {
		return
	}
	if attribute(target, "aria-invalid") != "true" {
		t.Errorf("%s is not marked as wrong", attribute(target, "name"))
	}
	for _, id := range strings.Fields(attribute(target, "aria-describedby")) {
		if beside := find(page, "p", "id", id); beside != nil && attribute(beside, "class") == "fault" {
			_, words, _ := strings.Cut(text(beside), ":")
			if strings.Contains(told, strings.TrimSpace(words)) {
				return
			}
		}
	}
	t.Errorf("%q is not told beside its field", told)
}

// checkTyped: what was typed stands in the form again, or where it was written is told.
func checkTyped(t *testing.T, page *html.Node, bad badForm) {
	t.Helper()
	machine := []string{"token", "next", "act", "digest", "verdict", "freeze"}
	for name, values := range bad.form {
		if slices.Contains(machine, name) {
			continue
		}
		for _, value := range values {
			if strings.TrimSpace(value) != "" && !standsIn(page, bad.to, name, value) {
				t.Errorf("%s was typed %q, and is gone", name, value[:min(len(value), 40)])
			}
		}
	}
}

// standsIn reports whether a form of an address says a value in the field of a name, or the page tells it apart.
func standsIn(page *html.Node, to, name, value string) bool {
	for _, form := range all(page, "form") {
		if attribute(form, "action") != to {
			continue
		}
		boxes, offered := 0, false
		for _, n := range all(form, "") {
			if saysIn(n, name, value) {
				return true
			}
			if attribute(n, "name") == name && (attribute(n, "type") == "checkbox" || attribute(n, "type") == "radio") {
				boxes, offered = boxes+1, offered || attribute(n, "value") == value
			}
		}
		if boxes > 0 && !offered {
			return true // nobody could tick it
		}
	}
	for _, dd := range all(page, "dd") {
		if attribute(dd, "class") == "typed" && text(dd) == value {
			return true
		}
	}
	return false
}

func saysIn(n *html.Node, name, value string) bool {
	if attribute(n, "name") != name {
		return false
	}
	has := func(n *html.Node, key string) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	}
	switch n.Data {
	case "textarea":
		return text(n) == value
	case "select":
		return slices.ContainsFunc(all(n, "option"), func(o *html.Node) bool { return attribute(o, "value") == value && has(o, "selected") })
	case "input":
		choice := attribute(n, "type") == "checkbox" || attribute(n, "type") == "radio"
		return attribute(n, "value") == value && (!choice || has(n, "checked"))
	}
	return false
}

// TestFormsWithoutFieldsHaveNone: what is taken for buttons alone asks for nothing.
func TestFormsWithoutFieldsHaveNone(t *testing.T) {
	l, ids := busyHouse(t)
	paths := []string{"/messages/" + ids["todo"], "/messages/" + ids["entrusted"], "/actions", "/operator", "/exchanges/" + ids["exchange"], "/dossiers/" + ids["dossier"], "/drafts/" + ids["visa"]}
	for _, path := range everyPage(ids) {
		paths = append(paths, path)
	}
	met := map[string]bool{}
	for _, who := range []string{"marie", "karim", "paul", "theo"} {
		v := l.visit(who, habilitation.Restricted)
		for _, path := range paths {
			for _, form := range all(v.get(path).document(), "form") {
				for _, name := range buttonsAlone {
					if route := strings.TrimPrefix(name, "POST "); attribute(form, "method") == "post" && name != "POST /settings" && fits(route, attribute(form, "action")) {
						met[name] = true
						for _, field := range slices.Concat(all(form, "input"), all(form, "textarea"), all(form, "select")) {
							if attribute(field, "type") != "hidden" {
								t.Errorf("%s asks for %q", name, attribute(field, "name"))
							}
						}
					}
				}
			}
		}
	}
	if len(met) < 6 {
		t.Errorf("met only %v", met)
	}
}

func fits(route, address string) bool {
	pattern, pieces := strings.Split(route, "/"), strings.Split(address, "/")
	return len(pattern) == len(pieces) && !slices.ContainsFunc(pattern, func(piece string) bool {
		return !strings.HasPrefix(piece, "{") && piece != pieces[slices.Index(pattern, piece)]
	})
}

// TestNoWordIsLostWithItsForm: when the page has the form no more, or there is no page any more, what was typed is shown all the same.
func TestNoWordIsLostWithItsForm(t *testing.T) {
	l, ids := busyHouse(t)
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	to := "/messages/" + ids["todo"] + "/handling/dam/close"
	marie.post(to, url.Values{"reason": {"Réponse par téléphone."}}).wants(303)
	late := marie.post(to, url.Values{"reason": {"Sans objet depuis ce matin."}, "next": {"/messages/" + ids["todo"]}}).wants(409)
	if words := text(late.document()); !strings.Contains(words, "Clos par Marie Roy") || !strings.Contains(words, "Ce que vous aviez écrit") || !strings.Contains(words, "Sans objet depuis ce matin.") {
		t.Errorf("a late reason: %s", words)
	}
	marie.post("/compose", url.Values{"draft": {ids["draft"]}, "act": {"discard"}}).wants(303)
	gone := marie.post("/compose", url.Values{"draft": {ids["draft"]}, "version": {"1"}, "subject": {"En cours"}, "text": {"Deux heures de travail."}, "act": {"save"}}).wants(404)
	if words := text(gone.document()); !strings.Contains(words, "Deux heures de travail.") || strings.Contains(words, ids["draft"]) {
		t.Errorf("a text whose draft is gone: %s", words)
	}
	karim.post("/requests/"+ids["signup"]+"/refuse", url.Values{"reason": {"Poste <b>pourvu</b>."}}).wants(404).contains("Poste &lt;b&gt;pourvu&lt;/b&gt;.")
}
