package web

import (
	"net/url"
	"strings"
	"testing"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestTheRuleOfVisasOnTheGroupsPage: number two sets, changes and takes it away; members see it; a draft says what will be demanded before
// anybody asks for it.
func TestTheRuleOfVisasOnTheGroupsPage(t *testing.T) {
	l := newLodge(t)
	marie, lea, paul := l.visit("marie", habilitation.Restricted), l.visit("lea", habilitation.Restricted), l.visit("paul", habilitation.Restricted)
	rule := func(v *visitor) string {
		return text(find(v.get("/groups/dam").wants(200).document(), "section", "id", "visas"))
	}
	if words := rule(lea); !strings.Contains(words, "Fixés par le numéro deux : Marie Roy") || strings.Count(words, "Aucun visa exigé") != 3 || strings.Contains(words, "Exiger ces visas") {
		t.Errorf("léa, a member, sees %s", words)
	}
	if words := rule(paul); words != "" {
		t.Errorf("paul, who is no member, sees %s", words)
	}
	form := url.Values{"step": {"Karim Benali, diplomatie", "", "BAMAKO"}, "step.any": {"any", "", ""}, "act": {"add"}}
	more := marie.post("/groups/dam/visas/note", form).wants(200).document()
	if lines := all(find(more, "form", "id", "rule-note"), "fieldset"); len(lines) != 3 || attribute(find(more, "input", "id", "rule-note-steps-0"), "value") != "Karim Benali, diplomatie" || find(more, "section", "id", "faults") != nil {
		t.Errorf("with a step added: %d lines", len(lines))
	}
	form.Set("act", "save")
	paul.post("/groups/dam/visas/note", form).wants(403)
	marie.post("/groups/dam/visas/letter", form).wants(422)
	if to := marie.post("/groups/dam/visas/note", form).wants(303).Header.Get("Location"); to != "/groups/dam?done=visas-set" {
		t.Errorf("led to %q", to)
	}
	if words := rule(lea); !strings.Contains(words, "Un seul visa suffit") || !strings.Contains(words, "Karim Benali") || !strings.Contains(words, "BAMAKO – Ambassade à Bamako") {
		t.Errorf("léa sees %s", words)
	}
	set := marie.get("/groups/dam").document()
	if got := attribute(find(set, "input", "id", "rule-note-steps-0"), "value"); got != "karim, DIPLOMATIE" && got != "DIPLOMATIE, karim" {
		t.Errorf("the rule that stands is %q in its form", got)
	}
	marie.post("/groups/dam/visas/note", form).wants(409)
	draft := strings.Split(marie.post("/compose", typedSheet("act", "save")).wants(303).Header.Get("Location"), "?")[0]
	if words := text(find(marie.get(draft).wants(200).document(), "div", "id", "draft-live")); !strings.Contains(words, "Visas exigés DAM – Direction de l'Afrique exige") || !strings.Contains(words, "Karim Benali") {
		t.Errorf("the sheet says %s", words)
	}
	other := typedSheet("act", "save")
	other.Set("kind", "telegram")
	draft = strings.Split(marie.post("/compose", other).wants(303).Header.Get("Location"), "?")[0]
	if words := text(marie.get(draft).wants(200).document()); strings.Contains(words, "Visas exigés") {
		t.Error("visas are said to be demanded of a telegram")
	}
	marie.post("/groups/dam/visas/note", url.Values{"act": {"drop"}}).wants(303)
	if words := rule(marie); strings.Count(words, "Aucun visa exigé") != 3 {
		t.Errorf("the rule that was taken away: %s", words)
	}
	l.As("marie").Dispatches(housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Sans visa"))
}
