package searchtest

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"chancery/habilitation"
	"chancery/search"

	"pgregory.net/rapid"
)

// World is a small house drawn at random: what was released to it, who reads there, and what they ask.
type World struct {
	Documents []search.Document // by ascending sequence
	Readers   []habilitation.Grants
	Questions []search.Query
	Changes   []Change // markings swapped afterwards
}

// Change gives the message at an index of Documents another marking.
type Change struct {
	Message int
	Marking habilitation.Marking
}

// Worlds draws worlds of up to forty messages. Few words, tags and moments are used, so that everything meets and ties. Half of the worlds are tilted:
// their texts are such that the order of hits turns on which of two words is the rarer.
func Worlds() *rapid.Generator[World] {
	return rapid.Custom(func(t *rapid.T) World {
		tilted := rapid.Bool().Draw(t, "tilted")
		size := rapid.IntRange(0, 40).Draw(t, "size")
		w := World{
			Documents: rapid.SliceOfN(documents(tilted), size, size).Draw(t, "documents"),
			Readers:   rapid.SliceOfN(readers(), 1, 4).Draw(t, "readers"),
			Questions: rapid.SliceOfN(questions(), 4, 10).Draw(t, "questions"),
		}
		if tilted {
			w.Questions[0] = search.Query{Clauses: []search.Clause{{Text: "accord"}, {Text: "journal"}}, Limit: 40}
		}
		number(w.Documents)
		if len(w.Documents) > 0 {
			w.Changes = rapid.SliceOfN(changes(len(w.Documents)), 0, 5).Draw(t, "changes")
		}
		return w
	})
}

// number gives the documents their identities and sequences.
func number(documents []search.Document) {
	for i := range documents {
		documents[i].Seq = uint64(2*i + 1)
		documents[i].ID = identityOf(documents[i].Seq)
	}
}

// identityOf is as good as random and the same in every run.
func identityOf(seq uint64) habilitation.ID {
	digest := sha256.Sum256(binary.BigEndian.AppendUint64(nil, seq))
	return habilitation.ID(digest[:16])
}

var (
	bodyWords = []string{"accord", "accords", "traité", "Treaties", "treaty", "Haïti", "haiti", "côte", "cote", "NOËL", "de", "the", "journal", "journaux",
		"l’accord", "Royaume-Uni", "européenne", "européen", "O.N.U.", "ONU", "force", "publique", "Iran's", "1234"}
	questionParts = []string{"accord", "Traites", "treaty", "haïti", "cote", "noel", "de", "the", "journaux", "l'accord", "royaume-uni", "europeenne", "onu", "1234",
		"acc*", "jour*", "euro*", `"force publique"`, `"accord de haiti"`, `"de"`, "-accord", "-journal", `-"force publique"`, "-royaume-uni", "tag:2", "tag:3", "-tag:2",
		"from:1", "à:2", "-à:1", "type:note", "type:telegram", "-type:mail", "niveau:dr", "level:unprotected", "avant:1990", "après:1990", "after:2026-03",
		"number:paris12", "rome3", "12", "number:12", "-number:120", "1234 number:1234", "number:td-rome-3", "td rome n° 3", "td paris 012", `number:"TD PARIS 12"`, "rome 3", "Dumas", "absent", "accord journal", "accord journal"}
	// sentences whose order depends on which of two words is the rarer.
	sentences = []string{"accord accord journal", "accord journal journal", "accord", "journal", "accord haiti", "journal haiti"}
	numbers   = []string{"TD PARIS 12", "TD ROME DR 3", "TD ROME 3", "TD PARIS 120", "N° 7"}
	moments   = []time.Time{time.Date(1861, 4, 12, 4, 30, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
)

func documents(tilted bool) *rapid.Generator[search.Document] {
	return rapid.Custom(func(t *rapid.T) search.Document {
		d := search.Document{
			Time:     rapid.SampledFrom(moments).Draw(t, "time"),
			Kind:     rapid.SampledFrom(search.Kinds[:]).Draw(t, "kind"),
			Imported: rapid.Bool().Draw(t, "imported"),
			Marking:  markings().Draw(t, "marking"),
			Origin:   habilitation.AudienceID(rapid.IntRange(1, 3).Draw(t, "origin")),
			Language: rapid.SampledFrom([]string{"fr", "en", ""}).Draw(t, "language"),
		}
		if tilted {
			d.Text = rapid.SampledFrom(sentences).Draw(t, "sentence")
			return d
		}
		d.Subject, d.Text = words(3).Draw(t, "subject"), words(12).Draw(t, "text")
		if rapid.Bool().Draw(t, "numbered") {
			d.Numbers = []string{rapid.SampledFrom(numbers).Draw(t, "number")}
			if rapid.Bool().Draw(t, "own") {
				d.Own = d.Numbers[:1:1]
				d.Numbers = append(d.Numbers, rapid.SampledFrom(numbers).Draw(t, "addressee's number"))
			}
			d.Names = []string{"Jeanne Dumas"}
		}
		return d
	})
}

func words(most int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(bodyWords), 0, most), func(words []string) string { return strings.Join(words, " ") })
}

// atoms are the numbers of the few audiences, tags and agents there are.
func atoms[T ~uint32](most int) *rapid.Generator[[]T] {
	return rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 4), func(n int) T { return T(n) }), 0, most)
}

func markings() *rapid.Generator[habilitation.Marking] {
	return rapid.Custom(func(t *rapid.T) habilitation.Marking {
		return habilitation.NewMarking(rapid.SampledFrom(habilitation.Levels[:]).Draw(t, "level"), atoms[habilitation.AudienceID](2).Draw(t, "audiences"),
			atoms[habilitation.TagID](2).Draw(t, "tags"), atoms[habilitation.AgentID](1).Draw(t, "agents"))
	})
}

func readers() *rapid.Generator[habilitation.Grants] {
	return rapid.Custom(func(t *rapid.T) habilitation.Grants {
		return habilitation.Grants{
			Version:   1,
			Agent:     habilitation.AgentID(rapid.IntRange(1, 4).Draw(t, "agent")),
			Ceiling:   rapid.SampledFrom(habilitation.Levels[:]).Draw(t, "ceiling"),
			Archivist: rapid.IntRange(0, 9).Draw(t, "archivist") == 0,
			Audiences: atoms[habilitation.AudienceID](2).Draw(t, "audiences"),
			Tags: map[habilitation.Level][]habilitation.TagID{
				habilitation.Unprotected: atoms[habilitation.TagID](2).Draw(t, "tags"),
				habilitation.Restricted:  atoms[habilitation.TagID](1).Draw(t, "restricted tags"),
			},
		}
	})
}

func changes(messages int) *rapid.Generator[Change] {
	return rapid.Custom(func(t *rapid.T) Change {
		return Change{Message: rapid.IntRange(0, messages-1).Draw(t, "message"), Marking: markings().Draw(t, "marking")}
	})
}

func questions() *rapid.Generator[search.Query] {
	return rapid.Custom(func(t *rapid.T) search.Query {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(questionParts), 0, 3).Draw(t, "parts"), " ")
		q, err := search.ParseQuery(text)
		if err != nil {
			t.Fatalf("parse %q: %v", text, err)
		}
		q.Sort = rapid.SampledFrom([]search.Sort{search.ByRelevance, search.ByDate}).Draw(t, "sort")
		q.Limit = rapid.IntRange(1, 6).Draw(t, "limit")
		return q.Resolve(Vocabulary{})
	})
}

// Vocabulary names tags and audiences by their numbers.
type Vocabulary struct{}

// Tags implements search.Vocabulary.
func (Vocabulary) Tags(text string) []habilitation.TagID { return named[habilitation.TagID](text) }

// Audiences implements search.Vocabulary.
func (Vocabulary) Audiences(text string) []habilitation.AudienceID {
	return named[habilitation.AudienceID](text)
}

func named[T ~uint32](text string) []T {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return nil
	}
	return []T{T(n)}
}
