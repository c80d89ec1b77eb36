package tagging

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chancery/habilitation"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"eau":                       "eau",
		"COTE D'IVOIRE":             "cote d'ivoire",
		"Côte d’Ivoire":             "cote d'ivoire",
		"Co\u0302te d\u02bcIvoire":  "cote d'ivoire",
		"  deux\t\n mots\u00a0ici ": "deux mots ici",
		"Œuvre, Æthelred, Straße":   "oeuvre, aethelred, strasse",
		"Łódź, København":           "lodz, kobenhavn",
		"ﬁnance":                    "finance",
		"İstanbul, Diyarbakır":      "istanbul, diyarbakir",
		"Sahel–Sahara":              "sahel-sahara",
		"ΑΘΗΝΑ":                     "αθηνα",
		"\u0301":                    "",
	} {
		if got := Fold(text); got != want {
			t.Errorf("Fold(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, text := range []string{"", "Côte d’Ivoire", " a  b ", "İ", "ß ẞ ŉ ﬆ", "`", "´", "\u00a0x", "\xff", "Å\u0301", "ǆ ǅ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := Fold(text)
		if twice := Fold(once); twice != once {
			t.Fatalf("%q folds to %q, then %q", text, once, twice)
		}
		if strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
			t.Fatalf("%q folds to %q", text, once)
		}
	})
}

func TestFindByKeyLabelOrSynonym(t *testing.T) {
	h := newHouse(t)
	for text, want := range map[string][]habilitation.TagID{
		"EAU":            {1},
		"eau douce":      {1},
		"Fresh  Water":   {1},
		"Fleuves":        {1},
		"COTE D'IVOIRE":  {2},
		"rci":            {2},
		"télex":          {4}, // retired tags stay on old messages
		"ivoire":         nil, // not a whole name
		"":               nil,
		"cote d'ivoire ": {2},
	} {
		if got := h.thesaurus.Find(text); !slices.Equal(got, want) {
			t.Errorf("find %q: %v, want %v", text, got, want)
		}
	}
	if tag, ok := h.thesaurus.ByKey("Côte-d-Ivoire"); !ok || tag.ID != 2 {
		t.Errorf("by key: %+v %v", tag, ok)
	}
	if _, ok := h.thesaurus.ByKey(""); ok {
		t.Error("the empty key names a tag")
	}
	h.apply(TagChanged{Tag: 1, Label: habilitation.Label{FR: "Hydrologie"}, Steward: 3, State: Retired})
	if got := h.thesaurus.Find("fleuves"); got != nil {
		t.Errorf("an old synonym finds %v", got)
	}
	if tag, ok := h.thesaurus.ByKey("eau"); !ok || tag.Label.FR != "Hydrologie" || tag.State != Retired || !slices.Equal(h.thesaurus.Find("hydrologie"), []habilitation.TagID{1}) {
		t.Errorf("changed: %+v %v", tag, ok)
	}
}

func TestCompleteOffersActiveTags(t *testing.T) {
	h := newHouse(t)
	for prefix, want := range map[string][]habilitation.TagID{
		"e":       {1, 3}, // "eau" before "droit de l'eau"; the proposed "espace" is not offered
		"EAU":     {1, 3},
		"wat":     {3, 1}, // "water law" begins so, "fresh water" has a word that does
		"côte":    {2},
		"ivoi":    {2},
		"d":       {3, 2, 1}, // "droit de l'eau" begins so; "d'ivoire" before "douce"
		"tel":     nil,
		"":        nil,
		"  ":      nil,
		"zzz":     nil,
		"fleuves": {1},
	} {
		got := ids(h.thesaurus.Complete(prefix, 10))
		if !slices.Equal(got, want) {
			t.Errorf("complete %q: %v, want %v", prefix, got, want)
		}
	}
	if got := h.thesaurus.Complete("e", 1); len(got) != 1 || h.thesaurus.Complete("e", 0) != nil {
		t.Errorf("%d tags where one was wanted", len(got))
	}
	if all := slices.Collect(h.thesaurus.All()); len(all) != 5 || h.thesaurus.Next() != 6 {
		t.Errorf("%d tags", len(all))
	}
}

func ids(tags []Tag) []habilitation.TagID {
	var out []habilitation.TagID
	for _, tag := range tags {
		out = append(out, tag.ID)
	}
	return out
}

// TestLookupsAgreeWithAPlainSearch compares Find and Complete with loops over every tag.
func TestLookupsAgreeWithAPlainSearch(t *testing.T) {
	word := rapid.SampledFrom([]string{"eau", "Eau", "été", "ETE", "l'eau", "a-b", "a", "ab", "côte"})
	rapid.Check(t, func(t *rapid.T) {
		h := NewThesaurus()
		words := func(name string) string {
			return strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, name), " ")
		}
		state := rapid.SampledFrom([]State{Active, Retired})
		for range rapid.IntRange(0, 8).Draw(t, "tags") {
			act := TagCreated{Tag: h.Next(), Key: fmt.Sprintf("k%d", h.Next()), Label: habilitation.Label{FR: words("fr"), EN: words("en")}, State: state.Draw(t, "state")}
			if err := h.Apply(noon, 0, act); err != nil {
				t.Fatal(err)
			}
		}
		if h.Next() > 1 && rapid.Bool().Draw(t, "changed") {
			tag := habilitation.TagID(rapid.IntRange(1, int(h.Next())-1).Draw(t, "tag"))
			if err := h.Apply(noon, 0, TagChanged{Tag: tag, Label: habilitation.Label{FR: words("new")}, Synonyms: []string{words("synonym")}, State: state.Draw(t, "new state")}); err != nil {
				t.Fatal(err)
			}
		}
		typed := words("typed")
		var found, completed []habilitation.TagID
		for tag := range h.All() {
			whole, begins := plainSearch(tag, typed)
			if whole {
				found = append(found, tag.ID)
			}
			if begins && tag.State == Active {
				completed = append(completed, tag.ID)
			}
		}
		got := ids(h.Complete(typed, 100))
		slices.Sort(got)
		if !slices.Equal(h.Find(typed), found) || !slices.Equal(got, completed) {
			t.Fatalf("%q: found %v, want %v; completed %v, want %v", typed, h.Find(typed), found, got, completed)
		}
	})
}

func plainSearch(tag Tag, typed string) (whole, begins bool) {
	for _, words := range append(slices.Clone(tag.Synonyms), tag.Key, tag.Label.FR, tag.Label.EN) {
		folded := Fold(words)
		whole = whole || folded != "" && folded == Fold(typed)
		for i := range folded {
			if i == 0 || strings.ContainsAny(folded[i-1:i], " '-/(") {
				begins = begins || strings.HasPrefix(folded[i:], Fold(typed))
			}
		}
	}
	return whole, begins
}

func BenchmarkThesaurus(b *testing.B) {
	t := NewThesaurus()
	for i := range 3000 {
		act := TagCreated{Tag: t.Next(), Key: fmt.Sprintf("tag-%d", i), Label: habilitation.Label{FR: fmt.Sprintf("Étiquette de l'essai %d", i), EN: fmt.Sprintf("Trial %d", i)}, State: Active}
		if err := t.Apply(noon, 0, act); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("Complete", func(b *testing.B) {
		for b.Loop() {
			t.Complete("essai 2", 10)
		}
	})
	b.Run("Find", func(b *testing.B) {
		for b.Loop() {
			t.Find("Étiquette de l’essai 2999")
		}
	})
}
