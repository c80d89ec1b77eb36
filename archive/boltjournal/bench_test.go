package boltjournal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"chancery/archive"
	"chancery/archive/boltjournal"
	"chancery/archive/boltkeys"
	"chancery/habilitation"
)

const benchPayload = 6 << 10

// telegram is an invented text of the size and redundancy of a signed telegram: words, and a signature in base64.
func telegram(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	syllables := strings.Fields("la de mi ni stère con su lat am bas sade ré gion tra vaux ren con tre jour note visa tion ment par le ser vice")
	var b strings.Builder
	for b.Len() < size*55/100 {
		for range 1 + r.IntN(4) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		b.WriteByte(' ')
	}
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for b.Len() < size {
		b.WriteByte(base64[r.IntN(64)])
	}
	return []byte(b.String())
}

// openBench opens an empty journal and counts its commits.
func openBench(b *testing.B) (*boltjournal.Journal, *atomic.Int64) {
	b.Helper()
	dir := b.TempDir()
	keys, err := boltkeys.Create(filepath.Join(dir, "keys"), archive.NewMasterKey(), boltkeys.Options{})
	if err != nil {
		b.Fatal(err)
	}
	commits := new(atomic.Int64)
	j, err := boltjournal.Create(filepath.Join(dir, "journal"), boltjournal.Options{
		Keys: keys, Name: "main", Origin: origin, Signer: signer(), Fault: func(s boltjournal.Step) error {
			if s == boltjournal.StepCommit {
				commits.Add(1)
			}
			return nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = j.Close(); _ = keys.Close() })
	return j, commits
}

func benchDrafts(n int) []archive.Draft {
	drafts := make([]archive.Draft, n)
	for i := range drafts {
		level := habilitation.Unprotected
		if i%4 == 0 {
			level = habilitation.Restricted
		}
		drafts[i] = archive.Draft{Kind: "message.released", Version: 1, Actor: 7, Level: level, Tree: archive.TreeOf(level), Payload: telegram(uint64(i), benchPayload)}
	}
	return drafts
}

func fill(b *testing.B, j *boltjournal.Journal, n int) {
	b.Helper()
	for done := 0; done < n; done += 500 {
		drafts := benchDrafts(min(500, n-done))
		for i := range drafts {
			drafts[i].ID = habilitation.NewID()
		}
		if _, err := j.Append(context.Background(), archive.AnyHead, drafts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend is durable appends of one 6 KB message each by so many callers at once.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			j, commits := openBench(b)
			drafts := benchDrafts(256)
			var next atomic.Int64
			var running sync.WaitGroup
			b.SetBytes(benchPayload)
			b.ResetTimer()
			for range callers {
				running.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						d := drafts[int(i)%len(drafts)]
						d.ID = habilitation.NewID()
						if _, err := j.Append(context.Background(), archive.AnyHead, []archive.Draft{d}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(b.N)/float64(commits.Load()), "entries/commit")
		})
	}
}

// BenchmarkAppendBatch is one writer that hands over 64 messages at a time, as the house does.
func BenchmarkAppendBatch(b *testing.B) {
	j, _ := openBench(b)
	drafts := benchDrafts(64)
	b.ResetTimer()
	for range b.N {
		for i := range drafts {
			drafts[i].ID = habilitation.NewID()
		}
		if _, err := j.Append(context.Background(), archive.AnyHead, drafts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(64*b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkFetch reads random entries, each opened and hashed again.
func BenchmarkFetch(b *testing.B) {
	j, _ := openBench(b)
	fill(b, j, 5000)
	b.SetBytes(benchPayload)
	b.ResetTimer()
	for range b.N {
		if _, err := j.Fetch(context.Background(), archive.Seq(1+rand.IntN(5000))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkTail reads 5,000 entries from the first to the last, as a fold does when it is rebuilt.
func BenchmarkTail(b *testing.B) {
	const entries = 5000
	j, _ := openBench(b)
	fill(b, j, entries)
	b.ResetTimer()
	for range b.N {
		for entry, err := range j.Tail(context.Background(), 1) {
			if err != nil {
				b.Fatal(err)
			}
			if entry.Seq == entries {
				break
			}
		}
	}
	b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
}
