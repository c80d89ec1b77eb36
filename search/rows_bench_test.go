package search_test

import (
	"bytes"
	"testing"

	"chancery/habilitation"
	"chancery/search"
	"chancery/search/searchtest"
)

func benchRows(b *testing.B, count uint64) (*searchtest.Corpus, *search.Rows) {
	corpus := searchtest.NewCorpus()
	rows := search.NewRows()
	documents := make([]search.Document, 0, count)
	for seq := uint64(1); seq <= count; seq++ {
		documents = append(documents, corpus.Row(seq))
	}
	rows.Append(documents)
	return corpus, rows
}

const benchRowCount = 300_000

func BenchmarkFeed(b *testing.B) {
	corpus, rows := benchRows(b, benchRowCount)
	rare := habilitation.CompilePerimeter(habilitation.Grants{Agent: 7, Ceiling: habilitation.Restricted})
	for name, p := range map[string]*habilitation.Perimeter{"usual": corpus.Reader(3), "rare": rare} {
		b.Run(name, func(b *testing.B) {
			dst := make([]search.Row, 0, 50)
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, _, err = rows.Feed(p, habilitation.ID{}, 50, dst[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(dst)), "rows")
		})
	}
}

func BenchmarkViewFirst(b *testing.B) {
	corpus, rows := benchRows(b, benchRowCount)
	agent := habilitation.AgentID(0)
	for b.Loop() {
		agent++
		rows.View(corpus.Reader(agent))
	}
}

func BenchmarkViewAgain(b *testing.B) {
	corpus, rows := benchRows(b, benchRowCount)
	p := corpus.Reader(3)
	for b.Loop() {
		rows.View(p)
	}
}

func BenchmarkAdmits(b *testing.B) {
	corpus, rows := benchRows(b, 4096)
	p := corpus.Reader(3)
	page, _, err := rows.Feed(habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Restricted, Archivist: true}), habilitation.ID{}, 4096, nil)
	if err != nil {
		b.Fatal(err)
	}
	n, admitted := 0, 0
	for b.Loop() {
		if p.Admits(&page[n%len(page)].Marking) {
			admitted++
		}
		n++
	}
	b.ReportMetric(float64(admitted)/float64(n), "admitted")
}

func BenchmarkAppendInOrder(b *testing.B) {
	corpus := searchtest.NewCorpus()
	rows := search.NewRows()
	seq := uint64(0)
	one := make([]search.Document, 1)
	template := corpus.Row(1)
	for b.Loop() {
		seq++
		one[0] = template
		one[0].Seq, one[0].ID = seq, habilitation.ID{byte(seq), byte(seq >> 8), byte(seq >> 16), byte(seq >> 24)}
		rows.Append(one)
	}
}

func BenchmarkRestore(b *testing.B) {
	_, rows := benchRows(b, benchRowCount)
	var image bytes.Buffer
	if err := rows.Snapshot(&image, benchRowCount); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(image.Len())/benchRowCount, "bytes/row")
	for b.Loop() {
		if _, err := search.NewRows().Restore(bytes.NewReader(image.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnalyze(b *testing.B) {
	d := searchtest.NewCorpus().Document(1)
	d.Text = accented(d.Text)
	b.SetBytes(int64(d.Length()))
	var terms search.Terms
	for b.Loop() {
		terms.Read(&d)
	}
}

func BenchmarkHighlight(b *testing.B) {
	corpus := searchtest.NewCorpus()
	d, q := corpus.Document(1), corpus.Question(1)
	b.SetBytes(int64(d.Length()))
	for b.Loop() {
		search.Highlight(&d, q)
	}
}

// accented gives a text as many accents as French has, one letter in thirty.
func accented(text string) string {
	var out []rune
	for i, r := range text {
		if r == 'e' && i%2 == 0 {
			r = 'é'
		}
		out = append(out, r)
	}
	return string(out)
}
