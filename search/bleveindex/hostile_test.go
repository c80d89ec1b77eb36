package bleveindex

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chancery/search"
	"chancery/search/searchtest"
)

// reading counts the texts that are read.
type reading struct {
	search.Texts
	texts atomic.Int64
}

func (r *reading) Text(ctx context.Context, seq uint64) (search.Document, error) {
	r.texts.Add(1)
	return r.Texts.Text(ctx, seq)
}

// hostileHouse is a house whose every message has many rare words, some words that all have, and one word many times over.
type hostileHouse struct {
	*house
	corpus *searchtest.Corpus
	common []string // words of two letters that every message has, in this order and no other
	count  int
	read   *reading
	unit   time.Duration // of costs, see calibrate
}

const often = 300 // how many times over the letter a stands in every message

func newHostileHouse(t *testing.T, count int) *hostileHouse {
	h := &hostileHouse{house: newHouse(t, Options{PhraseLength: 6 << 20}), corpus: searchtest.NewCorpus(), count: count}
	for i := range 25 {
		h.common = append(h.common, string(rune('b'+i/5))+string(rune('v'+i%5)))
	}
	fixed := strings.Join(h.common, " ") + strings.Repeat(" a", often)
	var documents []search.Document
	for seq := uint64(1); seq <= uint64(count); seq++ {
		text := []string{fixed}
		for i := range 12 {
			text = append(text, h.corpus.Words[int(seq)*(i*i+1)*37%(40<<(i/2))])
		}
		documents = append(documents, note(seq, strings.Join(text, " ")))
	}
	h.release(documents...)
	h.read = &reading{Texts: h.oracle}
	h.index.texts = h.read
	h.unit = min(h.calibrate(), h.calibrate(), h.calibrate())
	return h
}

// calibrate takes the time to read every text of the house once and cut it into words: what a question that looks for a phrase everywhere must
// spend, on this machine as busy as it is.
func (h *hostileHouse) calibrate() time.Duration {
	h.Helper()
	start := time.Now()
	for seq := 1; seq <= h.count; seq++ {
		d, err := h.oracle.Text(h.Context(), uint64(seq))
		if err != nil || len(search.Tokens(d.Text)) == 0 {
			h.Fatalf("text %d: %v", seq, err)
		}
	}
	return time.Since(start)
}

// attempts is of how many runs one must stay within the bound: a machine that does something else meanwhile slows some, too much work slows all.
const attempts = 10

// costs asks a question that may cost so many units. When it costs more, the machine may be busier than it was: the unit is taken again and
// the question asked again.
func (h *hostileHouse) costs(name, text string, most float64, want error) {
	h.Helper()
	took := time.Duration(0)
	for range attempts {
		before := h.read.texts.Load()
		start := time.Now()
		_, err := h.find(text)
		took = time.Since(start)
		if !errors.Is(err, want) {
			h.Errorf("%s: %v, want %v", name, err, want)
			return
		}
		if read := int(h.read.texts.Load() - before); read > h.count+search.MaxPage {
			h.Errorf("%s read %d texts: more than each once, and one page again", name, read)
			return
		}
		if float64(took) <= most*float64(h.unit) {
			h.Logf("%-26s %5.2f units of %v", name, float64(took)/float64(h.unit), h.unit)
			return
		}
		h.unit = h.calibrate()
	}
	h.Errorf("%s took %v: more than %v times the %v of reading every text once", name, took, most, h.unit)
}

// upTo repeats what is made for 0, 1, 2… as long as a question may be.
func upTo(most int, make func(i int) string) string {
	var text strings.Builder
	for i := range most {
		next := make(i)
		if text.Len()+len(next) > search.MaxQueryLength {
			break
		}
		text.WriteString(next)
	}
	return text.String()
}

// TestHostileQuestions asks questions meant to cost: each as long as it may be, and none costs many times what a plain question does.
func TestHostileQuestions(t *testing.T) {
	h := newHostileHouse(t, 2000)
	repeated := func(part string, times int) string { return upTo(times, func(int) string { return part }) }
	common := func(i int) string { return h.common[i%len(h.common)] }
	apart := func(i int) string { return common(i+3*(i/len(h.common))+2) + " " + common(i) } // never in this order
	quoted := func(inside string) string { return `"` + strings.TrimSpace(inside) + `"` }
	const wordsAlone, everyText = 0.5, 2
	for _, c := range []struct {
		name string
		most float64
		text string
	}{
		{"a word of all", wordsAlone, common(0)},
		{"a phrase of none", everyText, quoted(apart(0))},
		{"one prefix again", wordsAlone, repeated("bac* ", search.MaxClauses)},
		{"one prefix not again", wordsAlone, repeated("-bac* ", search.MaxClauses)},
		{"prefixes of prefixes", wordsAlone, upTo(search.MaxClauses, func(i int) string { return h.corpus.Words[7][:3+i%(len(h.corpus.Words[7])-2)] + "* " })},
		{"many prefixes not", everyText, upTo(search.MaxClauses, func(i int) string { return "-" + h.corpus.Words[i][:3] + "* " })},
		{"one clause again", wordsAlone, repeated(common(0)+" ", search.MaxClauses)},
		{"one word joined", wordsAlone, repeated(common(0)+"-", 333)},
		{"one word not joined", wordsAlone, "-" + repeated(common(0)+"-", 332)},
		{"words of all joined", wordsAlone, upTo(333, func(i int) string { return common(i) + "-" })},
		{"letters joined", wordsAlone, repeated("a-", 499)},
		{"a long word not", wordsAlone, "-" + strings.Repeat("x", 900)},
		{"digits", wordsAlone, strings.Repeat("1", 999)},
		{"letters and digits", wordsAlone, strings.Repeat("a1", 499)},
		{"a long number", wordsAlone, "number:" + strings.Repeat("a1", 400)},
		{"one tag again", wordsAlone, repeated("tag:x ", search.MaxClauses)},
		{"a phrase of one letter", everyText, quoted(strings.Repeat("a ", often+1))},
		{"a phrase nearly there", everyText, quoted(common(24) + strings.Repeat(" a", often+1))},
		{"a phrase that begins well", everyText, quoted(strings.Repeat("a ", often/2) + common(0))},
		{"a phrase of common words", everyText, quoted(upTo(300, func(i int) string { return common(i) + " " }))},
		{"one phrase again", everyText, repeated(quoted("a a a")+" ", search.MaxClauses)},
		{"one phrase not again", everyText, repeated("-"+quoted(common(2)+" a")+" ", search.MaxClauses)},
	} {
		h.costs(c.name, c.text, c.most, nil)
	}
	h.costs("many phrases", upTo(search.MaxClauses, func(i int) string { return quoted(apart(i)) + " " }), 8, search.ErrTooWide)
	h.costs("many phrases not", upTo(search.MaxClauses, func(i int) string { return "-" + quoted(apart(i)) + " " }), 8, search.ErrTooWide)
}

// TestAPageReadsEachTextOnce: looking for the cursor and then for what comes after it asks the texts no more than once.
func TestAPageReadsEachTextOnce(t *testing.T) {
	h := newHouse(t, Options{})
	h.release(note(1, "force publique"), note(2, "force publique"), note(3, "force publique"), note(4, "publique force"))
	read := &reading{Texts: h.oracle}
	h.index.texts = read
	q, err := search.ParseQuery(`"force publique"`)
	if err != nil {
		t.Fatal(err)
	}
	q.Limit, q.After = 1, note(3, "").ID
	found, err := h.index.Find(t.Context(), everyone, q)
	if err != nil || found.Total != 3 || len(found.Hits) != 1 || found.Hits[0].Seq != 2 {
		t.Errorf("after the newest: %+v, %v", found, err)
	}
	if n := read.texts.Load(); n != 4+1 {
		t.Errorf("%d texts read, want each of 4 once and that of the hit again", n)
	}
}
