package bleveindex_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/search"
	"chancery/search/bleveindex"
	"chancery/search/searchtest"
)

// benchDocuments is how many messages the benchmarks search: 20,000, or what CHANCERY_BENCH_DOCS says.
func benchDocuments(b *testing.B) uint64 {
	text := os.Getenv("CHANCERY_BENCH_DOCS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// remade gives texts that were made beforehand, so that the making is not measured; of another message, but as long.
type remade []search.Document

func newRemade(c *searchtest.Corpus) remade {
	texts := make(remade, 500)
	for i := range texts {
		texts[i] = c.Document(uint64(i + 1))
	}
	return texts
}

// Text implements search.Texts.
func (r remade) Text(_ context.Context, seq uint64) (search.Document, error) {
	return r[seq%uint64(len(r))], nil
}

// batchesOf releases a corpus in steps of a hundred.
func batchesOf(c *searchtest.Corpus, documents uint64) iter.Seq2[search.Batch, error] {
	return func(yield func(search.Batch, error) bool) {
		batch := search.Batch{}
		for seq := uint64(1); seq <= documents; seq++ {
			batch.Through = seq
			batch.Documents = append(batch.Documents, c.Document(seq))
			if len(batch.Documents) == 100 || seq == documents {
				if !yield(batch, nil) {
					return
				}
				batch.Documents = nil
			}
		}
	}
}

// benchHouse opens the house of the benchmarks, which is built once and kept among the temporary files.
func benchHouse(b *testing.B) (*searchtest.Corpus, *bleveindex.Index) {
	documents := benchDocuments(b)
	corpus := searchtest.NewCorpus()
	rows := search.NewRows()
	for seq := uint64(1); seq <= documents; seq++ {
		rows.Append([]search.Document{corpus.Row(seq)})
	}
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("chancery-bench-%d-%d", search.Revision, documents))
	index, err := bleveindex.Open(folder, rows, newRemade(corpus), bleveindex.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { index.Close() })
	if through, err := index.Progress(b.Context()); err != nil || through == documents {
		return corpus, index
	}
	start := time.Now()
	if err := index.Rebuild(b.Context(), batchesOf(corpus, documents), nil); err != nil {
		b.Fatal(err)
	}
	b.Logf("built %d messages in %s: %.0f a second", documents, time.Since(start).Round(time.Millisecond), float64(documents)/time.Since(start).Seconds())
	return corpus, index
}

// timings keeps what each operation took of the clock and of one processor, for the slowest in a hundred.
type timings struct{ wall, cpu []time.Duration }

func (t *timings) measure(do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, before := time.Now(), threadTime()
	err := do()
	t.cpu = append(t.cpu, threadTime()-before)
	t.wall = append(t.wall, time.Since(start))
	return err
}

// threadTime is what this thread has used of a processor.
func threadTime() time.Duration {
	var usage syscall.Rusage
	const thread = 1 // RUSAGE_THREAD, getrusage(2)
	_ = syscall.Getrusage(thread, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (t *timings) report(b *testing.B) {
	for name, took := range map[string][]time.Duration{"": t.wall, "cpu-": t.cpu} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, name+"p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, name+"p99-ms")
	}
}

func benchFind(b *testing.B, shape func(search.Query) search.Query) {
	corpus, index := benchHouse(b)
	readers := make([]*habilitation.Perimeter, 20)
	for i := range readers {
		readers[i] = corpus.Reader(habilitation.AgentID(i + 1))
		if _, err := index.Find(b.Context(), readers[i], corpus.Question(i)); err != nil { // decided beforehand, as for anyone at work
			b.Fatal(err)
		}
	}
	var took timings
	total, n := 0, 0
	for b.Loop() {
		q := shape(corpus.Question(n % 500))
		err := took.measure(func() error {
			found, err := index.Find(b.Context(), readers[n%len(readers)], q)
			total += found.Total
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	took.report(b)
	b.ReportMetric(float64(total)/float64(n), "hits/op")
}

func BenchmarkFindByRelevance(b *testing.B) {
	benchFind(b, func(q search.Query) search.Query { return q })
}

func BenchmarkFindByDate(b *testing.B) {
	benchFind(b, func(q search.Query) search.Query {
		q.Sort = search.ByDate
		return q
	})
}

func BenchmarkFindWithFilters(b *testing.B) {
	benchFind(b, func(q search.Query) search.Query {
		q.Clauses = append(q.Clauses, search.Clause{Operator: search.Type, Text: "note"}, search.Clause{Operator: search.After, Text: "2012-03"})
		return q
	})
}

func BenchmarkFindPrefix(b *testing.B) {
	benchFind(b, func(q search.Query) search.Query {
		q.Clauses[0] = search.Clause{Operator: search.Prefix, Text: q.Clauses[0].Text[:4]}
		return q
	})
}

func BenchmarkFindWithoutWords(b *testing.B) {
	benchFind(b, func(search.Query) search.Query { return search.Query{Sort: search.ByDate} })
}

// BenchmarkFindFirst includes deciding the whole house for a perimeter that was never seen.
func BenchmarkFindFirst(b *testing.B) {
	corpus, index := benchHouse(b)
	var took timings
	n := 0
	for b.Loop() {
		b.StopTimer()
		p := corpus.Reader(habilitation.AgentID(1000 + n))
		b.StartTimer()
		err := took.measure(func() error {
			_, err := index.Find(b.Context(), p, corpus.Question(n%500))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	took.report(b)
}

func BenchmarkRebuild(b *testing.B) {
	corpus := searchtest.NewCorpus()
	documents := min(benchDocuments(b), 20_000)
	index, err := bleveindex.Open(b.TempDir(), search.NewRows(), newRemade(corpus), bleveindex.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer index.Close()
	for b.Loop() {
		if err := index.Rebuild(b.Context(), batchesOf(corpus, documents), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(documents)*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
