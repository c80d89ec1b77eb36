package web

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"chancery/habilitation"
)

// everyPage is the address of each page, by the name that screenshots bear too.
func everyPage(ids map[string]string) map[string]string {
	return map[string]string{
		"teleprinter": "/", "older": "/?after=" + ids["closed"], "message": "/messages/" + ids["closed"], "open message": "/messages/" + ids["open"],
		"compose": "/compose", "draft": "/drafts/" + ids["draft"] + "?check=1", "drafts": "/drafts",
		"search": "/search?q=delegation+crue", "empty search": "/search", "nothing found": "/search?q=nichts", "wrong search": "/search?q=%22",
		"groups": "/groups", "communities": "/communities", "group": "/groups/dam", "group to join": "/groups/bamako", "community": "/groups/sahel",
		"tags": "/tags", "tags found": "/tags?q=sa", "tag": "/tags/sahel", "requests": "/requests", "delegations": "/delegations", "gate": "/gate", "exchanges": "/exchanges", "collectives": "/collectives", "unknown": "/nowhere", "withheld": "/messages/00000000000000000000000000",
	}
}

func TestEveryPageIsWellMade(t *testing.T) {
	l, ids := furnished(t)
	for _, lang := range []string{"fr", "en"} {
		marie := l.visit("marie", habilitation.Restricted)
		marie.cookies[languageCookie] = lang
		for name, path := range everyPage(ids) {
			t.Run(lang+" "+name, func(t *testing.T) {
				marie.t = t
				answer := marie.get(path)
				page := answer.document()
				checkSkeleton(t, page, lang)
				checkFields(t, page)
				checkScripts(t, page, answer.Header.Get("Content-Security-Policy"))
				checkWords(t, page, l.server.catalogue)
				if answer.StatusCode < 400 || answer.StatusCode == 422 {
					checkSession(t, page, lang)
				}
			})
		}
	}
	t.Run("sign-in", func(t *testing.T) {
		answer := l.stranger().get("/sign-in")
		page := answer.document()
		checkSkeleton(t, page, "fr")
		checkFields(t, page)
		checkScripts(t, page, answer.Header.Get("Content-Security-Policy"))
		checkWords(t, page, l.server.catalogue)
		if details := all(page, "details"); len(details) != 1 || find(details[0], "input", "name", "terminal") == nil {
			t.Error("the terminal's secret is not folded away on the sign-in page")
		}
	})
}

// checkSkeleton: language, title, one heading of the first rank, landmarks, a skip link that leads somewhere, headings without a gap,
// identifiers once each.
func checkSkeleton(t *testing.T, page *html.Node, lang string) {
	t.Helper()
	if got := attribute(all(page, "html")[0], "lang"); got != lang {
		t.Errorf("language %q, want %q", got, lang)
	}
	if title := text(find(page, "title", "", "")); len(title) < 5 {
		t.Errorf("title %q", title)
	}
	if h1 := all(page, "h1"); len(h1) != 1 || text(h1[0]) == "" {
		t.Errorf("%d headings of the first rank", len(h1))
	}
	if len(all(page, "main")) != 1 || len(all(page, "header")) == 0 || len(all(page, "footer")) == 0 {
		t.Error("a landmark is missing")
	}
	if skip := find(page, "a", "class", "skip"); skip == nil || find(page, "main", "id", strings.TrimPrefix(attribute(skip, "href"), "#")) == nil {
		t.Error("the skip link leads nowhere")
	}
	rank, ids := 0, map[string]bool{}
	for _, n := range all(page, "") {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			if now := int(n.Data[1] - '0'); now > rank+1 {
				t.Errorf("heading %s %q follows one of rank %d", n.Data, text(n), rank)
			} else {
				rank = now
			}
		}
		if id := attribute(n, "id"); id != "" && ids[id] {
			t.Errorf("identifier %q twice", id)
		} else {
			ids[id] = true
		}
	}
	for _, n := range all(page, "") {
		for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "popovertarget", "aria-controls"} {
			for _, id := range strings.Fields(attribute(n, key)) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> names nothing", n.Data, key, id)
				}
			}
		}
		if href := attribute(n, "href"); n.Data == "a" && strings.HasPrefix(href, "#") && !ids[href[1:]] {
			t.Errorf("link to %s, which is not there", href)
		}
	}
}

// checkFields: every field has a name that a screen reader tells, every button a word, every form that changes something the token.
func checkFields(t *testing.T, page *html.Node) {
	t.Helper()
	for _, name := range []string{"input", "select", "textarea"} {
		for _, field := range all(page, name) {
			if attribute(field, "type") == "hidden" {
				continue
			}
			labelled := attribute(field, "aria-label") != "" || find(page, "label", "for", attribute(field, "id")) != nil && attribute(field, "id") != ""
			for p := field.Parent; p != nil && !labelled; p = p.Parent {
				labelled = p.Data == "label" && text(p) != ""
			}
			if !labelled {
				t.Errorf("<%s name=%q> has no label", name, attribute(field, "name"))
			}
		}
	}
	for _, button := range all(page, "button") {
		if text(button) == "" && attribute(button, "aria-label") == "" {
			t.Errorf("a button without a word: %v", button.Attr)
		}
	}
	for _, form := range all(page, "form") {
		if attribute(form, "method") == "post" && attribute(find(form, "input", "name", "token"), "value") == "" && !strings.HasPrefix(attribute(form, "action"), "/sign-in") {
			t.Errorf("form %q without a token", attribute(form, "action"))
		}
	}
	for _, link := range all(page, "a") {
		if text(link) == "" && attribute(link, "id") != "pill" {
			t.Errorf("a link without a word: %v", link.Attr)
		}
	}
}

var nonceOf = regexp.MustCompile(`'nonce-([\w-]+)'`)

// checkScripts: nothing inline, nothing foreign, and every script and htmx element bears the nonce of this answer.
func checkScripts(t *testing.T, page *html.Node, policy string) {
	t.Helper()
	nonce := nonceOf.FindStringSubmatch(policy)[1]
	for _, n := range all(page, "") {
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				t.Errorf("<%s> has an inline %s", n.Data, a.Key)
			case (a.Key == "src" || a.Key == "href" || a.Key == "action" || a.Key == "formaction") && (strings.Contains(a.Val, "//") || strings.Contains(strings.ToLower(a.Val), "script:")):
				t.Errorf("<%s %s=%q> leads away", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "style" {
			t.Error("an inline style")
		}
	}
	for _, script := range all(page, "script") {
		if attribute(script, "nonce") != nonce || text(script) != "" || !strings.HasPrefix(attribute(script, "src"), "/assets/") {
			t.Errorf("script %v", script.Attr)
		}
	}
	if attribute(all(page, "body")[0], "hx-nonce:inherited") != nonce {
		t.Error("htmx is not given this answer's nonce")
	}
}

var looksLikeKey = regexp.MustCompile(`\b[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\b`)

// checkWords: no key of the catalogue is shown instead of its sentence, no gap is left unfilled, no verb of Go's formatting.
func checkWords(t *testing.T, page *html.Node, c *catalogue) {
	t.Helper()
	seen := text(page)
	for _, n := range all(page, "") {
		for _, key := range []string{"aria-label", "title", "placeholder", "data-new-one", "data-new-many"} {
			seen += " " + attribute(n, key)
		}
	}
	for _, word := range looksLikeKey.FindAllString(seen, -1) {
		section, _, _ := strings.Cut(word, ".")
		for key := range c.tongues[0].known {
			if strings.HasPrefix(key, section+".") {
				t.Errorf("shows the key %q", word)
				break
			}
		}
	}
	for _, mistake := range []string{"<no value>", "%!", "{{", "}}"} {
		if strings.Contains(seen, mistake) {
			t.Errorf("shows %q", mistake)
		}
	}
}

// checkSession: the level is on screen in plain words, the menu names its page.
func checkSession(t *testing.T, page *html.Node, lang string) {
	t.Helper()
	want := map[string]string{"fr": "Niveau : diffusion restreinte", "en": "Level: restricted distribution"}[lang]
	var level string
	for _, p := range all(page, "p") {
		if strings.HasPrefix(attribute(p, "class"), "session-level") {
			level = text(p)
		}
	}
	if level != want {
		t.Errorf("level on screen %q, want %q", level, want)
	}
	if find(find(page, "nav", "id", "menu"), "a", "aria-current", "page") == nil {
		t.Error("the menu does not say where one is")
	}
}

// TestEveryLinkAnswers follows every link of every page once.
func TestEveryLinkAnswers(t *testing.T) {
	l, ids := furnished(t)
	marie := l.visit("marie", habilitation.Restricted)
	var waiting []string
	for _, path := range everyPage(ids) {
		waiting = append(waiting, path)
	}
	met := map[string]bool{}
	for len(waiting) > 0 && len(met) < 400 {
		path := waiting[0]
		waiting = waiting[1:]
		if met[path] {
			continue
		}
		met[path] = true
		answer := marie.get(path)
		wanted := path == "/nowhere" || path == "/messages/00000000000000000000000000" || path == "/search?q=%22"
		if answer.StatusCode >= 400 && !wanted {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
		if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, link := range all(answer.document(), "a") {
			if href := attribute(link, "href"); strings.HasPrefix(href, "/") && !slices.Contains(waiting, href) {
				waiting = append(waiting, href)
			}
		}
	}
	if len(met) < 60 {
		t.Errorf("followed only %d links", len(met))
	}
}

// TestMessagePageIsATelegram: the level first and last, the header block, the summary before the text, the verdict, the ground.
func TestMessagePageIsATelegram(t *testing.T) {
	l, ids := furnished(t)
	page := l.visit("marie", habilitation.Restricted).get("/messages/" + ids["closed"]).wants(200).document()
	telegram := find(page, "article", "class", "telegram")
	var parts []string
	for n := range telegram.ChildNodes() {
		if n.Type == html.ElementNode {
			parts = append(parts, attribute(n, "class"))
		}
	}
	first, last := parts[0], parts[len(parts)-1]
	if first != last || first != "marking level-restricted" {
		t.Errorf("the telegram begins %q and ends %q", first, last)
	}
	if s, x := slices.Index(parts, "summary"), slices.Index(parts, "text"); s < 0 || x < s {
		t.Errorf("parts %q: the summary does not come before the text", parts)
	}
	words := text(page)
	for _, want := range []string{"TD BAMAKO DR 1", "Position de la délégation", "AD", "Signature valide", "Pourquoi je vois ceci", "Action : DAM", "TD ROME 99", "Paul"} {
		if !strings.Contains(words, want) {
			t.Errorf("does not tell %q", want)
		}
	}
	if find(page, "a", "href", "/messages/"+ids["open"]) == nil {
		t.Error("the reference that the reader may see is no link")
	}
	for _, piece := range []string{"original", "signature", "timestamp", "timestamped", "proof"} {
		if find(page, "a", "href", "/api/v1/messages/"+ids["closed"]+"/"+piece) == nil {
			t.Errorf("no way to the %s", piece)
		}
	}
}

// TestWriting goes from an empty sheet to a released message as a browser without scripts does.
func TestWriting(t *testing.T) {
	l := newLodge(t)
	marie := l.visit("marie", habilitation.Restricted)
	form := url.Values{"kind": {"telegram"}, "origin": {"dam"}, "level": {"restricted"}, "language": {"fr"}, "subject": {""}, "text": {"1. Bonjour.\r\n\r\n2. Fin."},
		"action.add": {"bamako, Nulle Part"}, "tags.add": {"SAHEL"}, "act": {"release"}}
	refused := marie.post("/compose", form).wants(422)
	page := refused.document()
	summary := find(page, "section", "id", "faults")
	if summary == nil || len(all(summary, "a")) < 3 {
		t.Fatalf("no summary of the faults: %s", text(page))
	}
	if got := attribute(find(page, "input", "name", "action.group"), "value"); got != "bamako" {
		t.Errorf("addressee %q", got)
	}
	if got := text(find(page, "textarea", "name", "text")); got != "1. Bonjour. 2. Fin." {
		t.Errorf("what was typed is gone: %q", got)
	}
	if attribute(find(page, "input", "name", "subject"), "aria-invalid") != "true" {
		t.Error("the fault is not beside its field")
	}
	draft, version := attribute(find(page, "input", "name", "draft"), "value"), attribute(find(page, "input", "name", "version"), "value")
	form = url.Values{"draft": {draft}, "version": {version}, "kind": {"telegram"}, "origin": {"dam"}, "level": {"restricted"}, "language": {"fr"},
		"subject": {"Réponse"}, "summary": {"Tout va bien."}, "text": {"1. Bonjour."}, "tags.key": {"sahel"}, "precedence": {"routine"}, "info_precedence": {"routine"},
		"action.group": {"bamako", "Nulle Part"}, "action.qualification": {"", ""}, "action.deadline": {"", ""}, "action.instruction": {"", ""}, "remove": {"action.1"}, "act": {"add"}}
	saved := marie.post("/compose", form).wants(303)
	page = marie.get(saved.Header.Get("Location")).wants(200).document()
	if groups := find(page, "input", "value", "Nulle Part"); groups != nil {
		t.Error("the line taken away is still there")
	}
	form.Set("version", attribute(find(page, "input", "name", "version"), "value"))
	form.Del("remove")
	for _, part := range []string{"group", "qualification", "deadline", "instruction"} {
		form["action."+part] = form["action."+part][:1]
	}
	form.Set("act", "release")
	released := marie.post("/compose", form).wants(303)
	to := released.Header.Get("Location")
	if !strings.HasPrefix(to, "/messages/") || !strings.HasSuffix(to, "?done=released") {
		t.Fatalf("released to %q", to)
	}
	if words := text(marie.get(to).wants(200).document()); !strings.Contains(words, "TD DAM DR 1") || !strings.Contains(words, "Message signé") {
		t.Errorf("the message page: %s", words)
	}
	if words := text(l.visit("paul", habilitation.Restricted).get("/").document()); !strings.Contains(words, "Réponse") {
		t.Error("the addressee does not see it arrive")
	}
	if words := text(l.visit("paul", habilitation.Unprotected).get("/").document()); strings.Contains(words, "Réponse") {
		t.Error("it is seen on an unprotected terminal")
	}
}

// TestConflictLosesNoText: two tabs write the same draft; the second is told, and keeps what it typed.
func TestConflictLosesNoText(t *testing.T) {
	l, ids := furnished(t)
	marie := l.visit("marie", habilitation.Restricted)
	version := attribute(find(marie.get("/drafts/"+ids["draft"]).document(), "input", "name", "version"), "value")
	form := func(text, act string) url.Values {
		return url.Values{"draft": {ids["draft"]}, "version": {version}, "kind": {"telegram"}, "subject": {"En cours"}, "text": {text}, "act": {act}}
	}
	marie.post("/compose", form("première", "save")).wants(303)
	second := marie.post("/compose", form("seconde", "save")).wants(409).document()
	if got := text(find(second, "textarea", "name", "text")); got != "seconde" {
		t.Errorf("the second text is %q", got)
	}
	if got := text(find(marie.get("/drafts/"+ids["draft"]).document(), "textarea", "name", "text")); got != "première" {
		t.Errorf("the first text is %q", got)
	}
	marie.post("/compose", form("seconde", "overwrite")).wants(303)
	marie.post("/compose", form("", "discard")).wants(303)
	marie.get("/drafts/" + ids["draft"]).wants(404)
}

// TestDeciding: asking to join, accepting, refusing with a reason, declaring and withdrawing, each from its page.
func TestDeciding(t *testing.T) {
	l := newLodge(t)
	marie, theo, karim := l.visit("marie", 2), l.visit("theo", 2), l.visit("karim", 2)
	theo.post("/groups/dam/requests", url.Values{"motive": {"Mutation."}}).wants(303)
	theo.post("/groups/dam/requests", url.Values{"motive": {"Encore."}}).wants(409)
	page := marie.get("/requests").document()
	var accept string
	for _, form := range all(page, "form") {
		if action := attribute(form, "action"); strings.HasSuffix(action, "/accept") {
			accept = action
		}
	}
	if !strings.Contains(text(page), "Mutation.") || accept == "" {
		t.Fatalf("the request is not shown: %s", text(page))
	}
	theo.post(accept, url.Values{}).wants(404) // it is not his to see
	marie.post(strings.Replace(accept, "accept", "refuse", 1), url.Values{"reason": {""}}).wants(422)
	marie.post(accept, url.Values{"duties": {"drafter"}, "next": {"/requests"}}).wants(303)
	if words := text(theo.get("/groups/dam").document()); !strings.Contains(words, "Vous en êtes membre rédacteur") {
		t.Errorf("not a member: %s", words)
	}
	karim.post("/groups/sahel/tags", url.Values{"tag": {"Sahel"}, "level": {"restricted"}})
	marie.post("/groups/dam/tags", url.Values{"tag": {"sante"}, "level": {"unprotected"}}).wants(303)
	marie.post("/groups/dam/tags/sante/withdraw", url.Values{"reason": {"Sans objet."}}).wants(303)
	theo.post("/groups/dam/tags", url.Values{"tag": {"peche"}, "level": {"unprotected"}}).wants(403)
}

// TestADossierOnItsPages: opened, filled, shared and closed with forms alone; what is refused is shown where it was typed.
func TestADossierOnItsPages(t *testing.T) {
	l, ids := furnished(t)
	marie := l.visit("marie", habilitation.Restricted)
	refused := marie.post("/dossiers", url.Values{"title": {"Crue"}, "owner": {"dam"}, "members": {"Ambassade à Bamako, nulle part"}}).wants(422)
	if page := refused.document(); attribute(find(page, "input", "name", "title"), "value") != "Crue" || attribute(find(page, "input", "name", "members"), "value") != "Ambassade à Bamako, nulle part" ||
		!strings.Contains(text(page), "« nulle part » n’est pas un groupe") {
		t.Errorf("what was typed is gone: %s", text(page))
	}
	opened := marie.post("/dossiers", url.Values{"title": {"Crue du fleuve 2026"}, "owner": {"dam"}, "level": {"unprotected"}, "members": {"Ambassade à Bamako"}}).wants(303)
	address, _, _ := strings.Cut(opened.Header.Get("Location"), "?")
	act := func(status int, act string, fields ...string) *answered {
		form := url.Values{"act": {act}}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return marie.post(address, form).wants(status)
	}
	marie.post("/messages/"+ids["closed"]+"/dossiers", url.Values{"dossier": {strings.TrimPrefix(address, "/dossiers/")}}).wants(303)
	act(303, "message", "message", "TD BAMAKO 1")
	again := act(409, "message", "message", "TD BAMAKO 1")
	if page := again.document(); attribute(find(page, "input", "id", "message-message"), "value") != "TD BAMAKO 1" || !strings.Contains(text(page), "déjà dans ce dossier") {
		t.Errorf("refused without its words: %s", text(page))
	}
	act(422, "message", "message", "TD ROME 99")
	act(303, "note", "text", "À suivre <b>de près</b>.")
	if page := text(marie.get(address).document()); !strings.Contains(page, "À suivre <b>de près</b>.") || !strings.Contains(page, "TD BAMAKO DR 1") || !strings.Contains(page, "2 messages") {
		t.Errorf("the page shows %s", page)
	}
	if page := text(l.visit("lea", habilitation.Restricted).get(address).wants(200).document()); strings.Contains(page, "TD BAMAKO DR 1") || !strings.Contains(page, "1 message") || strings.Contains(page, "Tenir le dossier") {
		t.Errorf("lea sees %s", page)
	}
	if page := text(marie.get("/messages/" + ids["closed"]).document()); !strings.Contains(page, "Tout le fil") || !strings.Contains(page, "cite TD BAMAKO 1") || !strings.Contains(page, "Crue du fleuve 2026") {
		t.Errorf("the message's page shows %s", page)
	}
	act(303, "share", "group", "MINSANTE")
	act(303, "remove", "message", ids["open"], "reason", "hors sujet")
	act(422, "close", "reason", " ")
	act(303, "close", "reason", "décrue")
	if page := text(marie.get(address).document()); !strings.Contains(page, "décrue") || strings.Contains(page, "Tenir le dossier") {
		t.Errorf("a closed dossier shows %s", page)
	}
	l.visit("theo", habilitation.Restricted).get(address).wants(404)
	marie.get("/dossiers/nowhere").wants(404)
}
