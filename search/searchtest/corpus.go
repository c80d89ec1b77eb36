package searchtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"chancery/habilitation"
	"chancery/search"
)

// Corpus makes a large house, the same in every run: 60 % French, 40 % English, words by Zipf's law and about 150 different ones a message, one to ten
// of 650 audiences, up to six of 3,000 tags, a quarter restricted.
type Corpus struct {
	Words []string // by falling frequency
	ranks []float64
}

// The size of the corpus's house.
const (
	corpusWords     = 60_000
	CorpusAudiences = 650
	CorpusTags      = 3000
)

// NewCorpus prepares the vocabulary.
func NewCorpus() *Corpus {
	c := &Corpus{Words: make([]string, corpusWords), ranks: make([]float64, corpusWords)}
	rng := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"ba", "ce", "di", "fo", "gu", "ha", "ju", "la", "mer", "no", "pa", "quo", "ri", "sen", "ta", "ver", "zi", "tion", "ment", "ur"}
	total := 0.0
	for i := range c.Words {
		var word strings.Builder
		for range 2 + rng.IntN(3) {
			word.WriteString(syllables[rng.IntN(len(syllables))])
		}
		fmt.Fprintf(&word, "%s", string(rune('a'+i%26))+string(rune('a'+i/26%26)))
		c.Words[i] = word.String()
		total += 1 / math.Pow(float64(i)+2.7, 1.07)
		c.ranks[i] = total
	}
	for i := range c.ranks {
		c.ranks[i] /= total
	}
	return c
}

// Document makes the message of one sequence.
func (c *Corpus) Document(seq uint64) search.Document {
	d, rng := c.row(seq)
	d.Subject = c.sentence(rng, 6)
	d.Text = c.sentence(rng, 150+rng.IntN(200))
	d.Numbers = []string{fmt.Sprintf("TD %s %d", strings.ToUpper(c.Words[rng.IntN(160)]), seq/160)}
	return d
}

// Row makes the message of one sequence without its words, which is much faster.
func (c *Corpus) Row(seq uint64) search.Document {
	d, rng := c.row(seq)
	d.Text = strings.Repeat("x", 800+rng.IntN(1500))
	return d
}

func (c *Corpus) row(seq uint64) (search.Document, *rand.Rand) {
	rng := rand.New(rand.NewPCG(seq, 7))
	d := search.Document{ID: identityOf(seq), Seq: seq, Kind: search.Kinds[rng.IntN(3)], Origin: habilitation.AudienceID(1 + rng.IntN(CorpusAudiences)),
		Time: time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seq) * 17 * time.Minute), Language: "fr"}
	if rng.IntN(10) < 4 {
		d.Language = "en"
	}
	level := habilitation.Unprotected
	if rng.IntN(4) == 0 {
		level = habilitation.Restricted
	}
	d.Marking = habilitation.NewMarking(level, draw[habilitation.AudienceID](rng, 1+rng.IntN(10), CorpusAudiences), draw[habilitation.TagID](rng, rng.IntN(7), CorpusTags),
		[]habilitation.AgentID{habilitation.AgentID(1 + rng.IntN(12_000))})
	return d, rng
}

func (c *Corpus) sentence(rng *rand.Rand, words int) string {
	var text strings.Builder
	for i := range words {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(c.Words[c.rank(rng.Float64())])
	}
	return text.String()
}

// rank finds the word whose share holds the point, by halving.
func (c *Corpus) rank(point float64) int {
	low, high := 0, len(c.ranks)-1
	for low < high {
		if middle := (low + high) / 2; c.ranks[middle] < point {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// draw picks numbers of which small ones are likelier, as some audiences and tags are busier than others.
func draw[T ~uint32](rng *rand.Rand, n, most int) []T {
	drawn := make([]T, n)
	for i := range drawn {
		drawn[i] = T(1 + int(float64(most)*math.Pow(rng.Float64(), 2)))
	}
	return drawn
}

// Reader makes the perimeter of one of the house's agents, who belongs to 3 to 20 audiences that declared 5 to 40 tags each.
func (c *Corpus) Reader(agent habilitation.AgentID) *habilitation.Perimeter {
	rng := rand.New(rand.NewPCG(uint64(agent), 11))
	g := habilitation.Grants{Version: 1, Agent: agent, Ceiling: habilitation.Levels[rng.IntN(2)], Tags: map[habilitation.Level][]habilitation.TagID{}}
	g.Audiences = draw[habilitation.AudienceID](rng, 3+rng.IntN(18), CorpusAudiences)
	for range g.Audiences {
		g.Tags[habilitation.Unprotected] = append(g.Tags[habilitation.Unprotected], draw[habilitation.TagID](rng, 5+rng.IntN(36), CorpusTags)...)
	}
	g.Tags[habilitation.Restricted] = g.Tags[habilitation.Unprotected][:len(g.Tags[habilitation.Unprotected])/4]
	return habilitation.CompilePerimeter(g)
}

// Question makes a question of two words, as far from being in every message as from being in hardly any.
func (c *Corpus) Question(n int) search.Query {
	rng := rand.New(rand.NewPCG(uint64(n), 13))
	word := func() search.Clause { return search.Clause{Text: c.Words[int(80*math.Pow(60, rng.Float64()))]} }
	return search.Query{Clauses: []search.Clause{word(), word()}}
}
