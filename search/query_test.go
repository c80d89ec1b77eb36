package search_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/search"
)

func ExampleParseQuery() {
	q, err := search.ParseQuery(`accord "force publique" -brouillon étiquette:mali de:“Ambassade à Rome” après:2026-03 minist*`)
	if err != nil {
		panic(err)
	}
	fmt.Println(q)
	// Output: accord "force publique" -brouillon tag:mali from:"Ambassade à Rome" after:2026-03 minist*
}

func TestParseQuery(t *testing.T) {
	cases := []struct{ text, want string }{
		{"", ""},
		{"  accord   de  paix ", "accord de paix"},
		{`"force   publique"`, `"force publique"`},
		{"« force publique » “à vous”", `"force publique" "à vous"`},
		{`abc"def ghi"`, `abc "def ghi"`},
		{"-brouillon -\"x y\" -tag:z --a", `-brouillon -"x y" -tag:z --a`},
		{"étiquette:mali E\u0301TIQUETTE:x", "tag:mali tag:x"},
		{"de:rome à:paris a:x A:y", "from:rome to:paris to:x to:y"},
		{`from:"Ambassade à Rome"`, `from:"Ambassade à Rome"`},
		{"type:télégramme niveau:dr", "type:télégramme level:dr"},
		{"avant:2026 après:2026-03 before:2026-03-01", "before:2026 after:2026-03 before:2026-03-01"},
		{"numéro:rome1234 number:\"TD ROME 1\"", `number:rome1234 number:"TD ROME 1"`},
		{"tag: mali", "tag:mali"},
		{"minist* a*bcd* porte-par*", "minist* a*bcd* porte-par*"},
		{"*mot mo*t ***", "*mot mo*t"},
		{"10:30 http://x objet:crise", "10:30 http://x objet:crise"},
		{"- & … a", "a"},
		{`tag:"from:x"`, `tag:"from:x"`},
		{"body:abc* title:/x/ a^3 b~2 +c (d", "body:abc* title:/x/ a^3 b~2 +c (d"},
	}
	for _, c := range cases {
		q, err := search.ParseQuery(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := q.String(); got != c.want {
			t.Errorf("%q is read as %q, want %q", c.text, got, c.want)
		}
	}
}

func TestFaultsComeTogether(t *testing.T) {
	cases := []struct {
		text string
		want search.Faults
	}{
		{"é avant:hier  type:lettre", search.Faults{{search.FaultDate, 2, 10}, {search.FaultType, 14, 11}}},
		{"niveau:secret numéro:rome ab*", search.Faults{{search.FaultLevel, 0, 13}, {search.FaultNumber, 14, 11}, {search.FaultPrefixShort, 26, 3}}},
		{`a "b c`, search.Faults{{search.FaultQuoteOpen, 2, 4}}},
		{`tag: from:x de:`, search.Faults{{search.FaultValueMissing, 0, 4}, {search.FaultValueMissing, 12, 3}}},
		{`tag:"" tag:…`, search.Faults{{search.FaultValueMissing, 0, 6}, {search.FaultValueMissing, 7, 5}}},
		{"before:2026-13 after:2026-02-30 before:26", search.Faults{{search.FaultDate, 0, 14}, {search.FaultDate, 15, 16}, {search.FaultDate, 32, 9}}},
		{" -… ", search.Faults{{search.FaultNoWord, 0, 4}}},
		{strings.Repeat("é", 1001), search.Faults{{search.FaultTooLong, 1000, 1}}},
		{strings.Repeat("a ", 66), search.Faults{{search.FaultTooMany, 128, 1}}},
	}
	for _, c := range cases {
		_, err := search.ParseQuery(c.text)
		var faults search.Faults
		if !errors.As(err, &faults) || !reflect.DeepEqual(faults, c.want) {
			t.Errorf("%.40q: %v, want %v", c.text, err, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	q, err := search.ParseQuery("before:2026 before:2026-03 before:2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)} {
		if got := q.Clauses[i].Moment(); !got.Equal(want) {
			t.Errorf("%s: %v", q.Clauses[i], got)
		}
	}
}

type oneTag struct{}

func (oneTag) Tags(text string) []habilitation.TagID {
	if search.Fold(text) == "mali" {
		return []habilitation.TagID{7}
	}
	return nil
}

func (oneTag) Audiences(string) []habilitation.AudienceID { return nil }

func TestUnknownNamesFindNothingSilently(t *testing.T) {
	q, err := search.ParseQuery("tag:MALI tag:nowhere from:nobody")
	if err != nil {
		t.Fatal(err)
	}
	resolved := q.Resolve(oneTag{})
	if !reflect.DeepEqual(resolved.Clauses[0].Tags, []habilitation.TagID{7}) || resolved.Clauses[1].Tags != nil || resolved.Clauses[2].Audiences != nil {
		t.Errorf("resolved to %+v", resolved.Clauses)
	}
	if q.Clauses[0].Tags != nil {
		t.Error("resolving changed the query it was asked for")
	}
}

func TestStopWordsAreAskedOnlyAlone(t *testing.T) {
	for text, want := range map[string]string{"le traité de paix": "traité paix", "the": "the", "le la": "le la", "de tag:x": "de tag:x", "-le traité": "-le traité",
		`de "x y"`: `"x y"`} {
		q, err := search.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := (search.Query{Clauses: q.Effective()}).String(); got != want {
			t.Errorf("%q asks for %q, want %q", text, got, want)
		}
	}
}

// TestAskingAgainAsksForNoMore: a question as long as it may be, of one word over and over, is a question of one word.
func TestAskingAgainAsksForNoMore(t *testing.T) {
	for text, want := range map[string]string{
		"accord Accord ACCORD":                    "accord",
		strings.Repeat("a-", 400):                 "a",
		"accord-haiti haiti accord":               "accord haiti",
		`"force publique force" publique -accord`: "force publique",
		"bac* bac* baccalaureat":                  "bac baccalaureat",
		"rome1234 rome":                           "rome1234 rome",
		"-accord type:note":                       "",
	} {
		q, err := search.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, asked := range q.Wanted() {
			got = append(got, asked.Folded)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%.30s wants %v, want %s", text, got, want)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"a", "-a", `"a b"`, "tag:x", `tag:"x y"`, "after:2026", "a*", "« é »", "--", "tag: x", "- &", "td rome n° 0087", "à:b", "\xff", `-"`, `tag:”`, "abc**"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := search.ParseQuery(text)
		if err != nil {
			var faults search.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("%q: %v", text, err)
			}
			for _, fault := range faults {
				if fault.At < 0 || fault.Length < 1 || fault.At+fault.Length > len([]rune(text)) {
					t.Fatalf("%q: fault %+v lies outside", text, fault)
				}
			}
			return
		}
		again, err := search.ParseQuery(q.String())
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("%q is %q, which is read as %q, %v", text, q, again, err)
		}
		q.Effective()
		q.Number()
		for _, c := range q.Clauses {
			c.Asked()
			c.Test()
		}
	})
}

// TestNumberOfAQuery: words are a number when there is a figure among them and nothing else is asked for in words.
func TestNumberOfAQuery(t *testing.T) {
	for text, want := range map[string]string{"td rome n° 0087": "td rome 87", "rome1234": "rome 1234", `number:"TD ROME DR 87" -accord type:note`: "td rome dr 87", "La Haye 12": "la haye 12",
		"accord": "", `"td rome 12"`: "", "rome* 12": "", "-rome 12": "12"} {
		q, err := search.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Number(); got != want {
			t.Errorf("%s is the number %q, want %q", text, got, want)
		}
	}
}
