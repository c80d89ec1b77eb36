package intake

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"chancery/correspondence"
	"chancery/habilitation"
)

// recordOf prepares one record of JSON.
func recordOf(t *testing.T, text string) prepared {
	t.Helper()
	p := newGazetteer().prepare(Line{Number: 1, Text: []byte(text)})
	if p.refused != nil {
		t.Fatalf("%s: %v", text, p.refused)
	}
	return p
}

func TestRecordBecomesAMessage(t *testing.T) {
	p := recordOf(t, `{"id":"essai/1","corpus":"frus-x","source":{"series":"S","volume":"frus1921","document":7,"url":"https://example.org/7"},"type":"circular telegram",
		"number":"12","number_printed":"No. 12","date":"1921-05-04","date_basis":"tei","place":"Paris","from":{"raw":"Mr. A","name":"A","post":"France"},
		"to":[{"raw":"the Secretary of State","post":"Washington (Department of State)"},{"raw":"B","post":"Italy Repeated to London"}],
		"info_to":["rptd Belgrade as 14","the other NATO capitals","Bundy","USUN","to Moscow for X"],"classification":"Top Secret","classification_norm":"TOP SECRET","handling":["niact"],
		"title":"A to B","subject":"Fisheries","signed":"A.","tags":{"countries":["Italy","italy"],"sections":["Fisheries:"],"index_terms":["FISHERIES"]},"language":"en","body":"One.\r\n\r\nTwo.  "}`)
	m := p.message
	for what, same := range map[string]bool{
		"kind":       m.Kind == correspondence.Telegram,
		"level":      m.Level == habilitation.Restricted,
		"precedence": m.Precedence == correspondence.Immediate,
		"origin":     p.origin == "France",
		"action":     slices.Equal(p.action, []string{department, "Italy"}),
		"info":       slices.Equal(p.info, []string{"Belgrade", "USUN", "Moscow"}),
		"subject":    m.Subject == "Fisheries",
		"text":       m.Text == "One.\n\nTwo.",
		"tags":       len(p.tags) == 2 && p.tags[0].label.EN == "Italy" && p.tags[1].label.EN == "Fisheries",
		"number":     m.Provenance.Number == "No. 12",
		"date":       m.Provenance.Date.Format("2006-01-02T15:04Z07:00") == "1921-05-04T12:00Z",
		"signatory":  m.Signatory.Name == "A." && m.Signatory.Agent == 0,
		"pairs":      slices.Contains(m.Provenance.Pairs, [2]string{"licence", "US government work, public domain; CC0 outside the United States"}) && slices.Contains(m.Provenance.Pairs, [2]string{"date_basis", "tei"}),
	} {
		if !same {
			t.Errorf("%s: %+v", what, p)
		}
	}
}

// TestDatesAreNeitherGuessedNorToCome sifts records one after the other, on the second of March 2026 at noon at the latest.
func TestDatesAreNeitherGuessedNorToCome(t *testing.T) {
	r := newRun(openHouse(t).Chancery, func(int) {})
	r.latest = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	const unknown = "1900 unknown: 1900 stands for it"
	for i, c := range []struct{ keys, want, warning string }{
		{`"date":"1921-05-04"`, "1921 ", ""},
		{`"date":null`, unknown, ""},
		{`"date":"never"`, unknown, `the date "never" cannot be read`},
		{`"date":"never","file_date":"1930"`, "1930 ", `the date "never" cannot be read`},
		{`"date":"0900"`, unknown, `the date "0900" cannot be read`},
		{`"date":"1922","source":{"volume":"I"}`, "1922 ", ""},
		{`"source":{"volume":"I"}`, "1922 inferred: as the record before it in its volume", ""},
		{`"source":{"volume":"I","series":"S"}`, unknown, ""},
		{`"corpus":"c","source":{"volume":"I"}`, unknown, ""},
		{`"source":{"volume":"v1925"}`, "1925 inferred: year of the volume", ""},
		{`"source":{"volume":"v2099"}`, unknown, ""},
		{`"date":"2026-03-02"`, "2026 ", ""},
		{`"date":"2026-03-03","source":{"volume":"I"}`, "its date 2026-03-03 is in the future", ""},
		{`"date":"9999"`, "its date 9999-01-01 is in the future", ""},
		{`"source":{"volume":"I"}`, "1922 inferred: as the record before it in its volume", ""},
	} {
		p := recordOf(t, `{"id":"d/`+strconv.Itoa(i)+`","body":"x",`+c.keys+`}`)
		r.report.Warnings = nil
		r.sift("essai.jsonl", &p)
		got := p.message.Provenance.Date.Format("2006 ")
		for _, pair := range p.message.Provenance.Pairs {
			if pair[0] == "date_basis" {
				got += pair[1]
			}
		}
		if p.refused != nil {
			got = p.refused.Error()
		}
		var warning string
		for _, w := range r.report.Warnings {
			warning += w.Reason
		}
		if got != c.want || warning != c.warning {
			t.Errorf("%s: %q, warning %q", c.keys, got, warning)
		}
	}
}

func TestKeyThatStandsTwiceIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"a","body":"b","body":"c"}`:                           `key "body" stands twice`,
		`{"id":"a","body":"b","BODY":"c"}`:                           `key "BODY" stands twice`,
		`{"id":"a","body":"b","ſource":{},"source":{}}`:              `key "source" stands twice`,
		`{"id":"a","body":"b","x":[1,{"y":[{"z":1,"z":2}]}]}`:        `key "z" stands twice`,
		`{"id":"a","body":"b","x":[{"y":1},{"y":1}],"y":{"id":"b"}}`: "",
		`{"Id":"a","body":"b"}`:                                      "",
	} {
		got := ""
		if p := newGazetteer().prepare(Line{Number: 1, Text: []byte(text)}); p.refused != nil {
			got = p.refused.Error()
		}
		if got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestLevelIsTheMarkings(t *testing.T) {
	for marking, want := range map[string]habilitation.Level{
		"SECRET": habilitation.Restricted, "CONFIDENTIAL": habilitation.Restricted, "RESTRICTED": habilitation.Restricted, "TOP SECRET": habilitation.Restricted,
		"STRICTLY CONFIDENTIAL": habilitation.Restricted, "CONFIDENTIELLE": habilitation.Restricted, "": habilitation.Unprotected, "UNCLASSIFIED": habilitation.Unprotected,
		"OFFICIAL USE ONLY": habilitation.Unprotected, "NO CLASSIFICATION MARKING": habilitation.Unprotected, "UNRESTRICTED": habilitation.Unprotected,
	} {
		if got := levelOf(&record{Normal: word(marking)}); got != want {
			t.Errorf("%q becomes %s", marking, got)
		}
	}
}

func TestKindIsTheForm(t *testing.T) {
	for form, want := range map[string]correspondence.Kind{
		"telegram": correspondence.Telegram, "télégramme": correspondence.Telegram, "circular telegram": correspondence.Telegram, "note": correspondence.Note, "memorandum": correspondence.Note,
		"dépêche": correspondence.Note, "despatch": correspondence.Note, "": correspondence.Note, "letter": correspondence.Mail, "lettre particulière": correspondence.Mail,
	} {
		if got := kindOf(form); got != want {
			t.Errorf("%q becomes a %s", form, got)
		}
	}
}

func TestPostsAreCleaned(t *testing.T) {
	for printed, want := range map[string]string{
		"Paris": "Paris", "Washington": department, "Department of State, Washington": department, "Legation of the United States, Madrid": "Madrid",
		"Legation of the United States in Japan, Kanagawa": "Kanagawa", "American Embassy, London": "London", "Embassy in the Soviet Union": "Soviet Union",
		"Legation of Spain, Washington": "Legation of Spain, Washington", "Soviet UnionDrafted by Barbour and Henry": "Soviet Union", "Secret Washington": department,
		"(Cabinet": catchAll, `\ Vienne`: "Vienne", "Cf. la dépêche de lord Russell": catchAll, "": catchAll, "at sea": catchAll, "X": catchAll, strings.Repeat("Long ", 20): catchAll,
	} {
		if got := post(printed); got != want {
			t.Errorf("%q is cleaned to %q", printed, got)
		}
	}
}

// FuzzPrepare gives any line to the importer: it keeps a well-formed message or says why not.
func FuzzPrepare(f *testing.F) {
	for _, seed := range []string{`{"id":"a","body":"b"}`, `{"id":"a/1","corpus":"c","to":[{"post":"Rome"}],"from":"x","tags":{"countries":["\u0000 é"]},"body":"x\u202ey"}`,
		`{"id":1,"body":[]}`, `null`, `[]`, `{"id":"a","body":"b","source":{"document":null,"pages":[1,null,"3"]},"info_to":["rptd Paris"]}`} {
		f.Add([]byte(seed))
	}
	g := newGazetteer()
	f.Fuzz(func(t *testing.T, text []byte) {
		p := g.prepare(Line{Number: 1, Text: text})
		if p.refused != nil {
			if p.refused.Error() == "" || strings.ContainsAny(p.refused.Error(), "\n\x00") {
				t.Errorf("reason %q", p.refused)
			}
			return
		}
		m := p.message
		if m.Subject == "" || strings.ContainsAny(m.Subject, "\n\r") || utf8.RuneCountInString(m.Subject) > maxSubject || correspondence.CleanText(m.Text) != m.Text || !m.Level.Valid() {
			t.Errorf("kept %+v", m)
		}
		for _, wish := range p.tags {
			if slug(wish.folded, 64) == "" || wish.label.IsZero() {
				t.Errorf("tag %+v", wish)
			}
		}
	})
}
