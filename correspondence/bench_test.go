package correspondence_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// benchMessages is how many messages the big house of the benchmarks holds: CHANCERY_BENCH_MESSAGES, 20,000 unless told.
func benchMessages() int {
	if n, err := strconv.Atoi(os.Getenv("CHANCERY_BENCH_MESSAGES")); err == nil && n > 0 {
		return n
	}
	return 20_000
}

// BenchmarkRelease releases durable, signed, stamped telegrams from 64 callers while the index follows.
func BenchmarkRelease(b *testing.B) {
	h := housetest.WithPeople(b)
	desk := h.As("paul")
	form := housetest.Telegram("bamako", "dam", np, "Situation du marché céréalier")
	form.Tags = []string{"sahel", "peche"}
	form.Text += string(slices.Repeat([]byte(" Les cours montent et la soudure sera longue."), 40))
	desk.Dispatches(form)
	paul, _ := h.Folds().Register.AgentByLogin("paul")
	badge, err := h.Authority.BadgeFor(paul.ID, housetest.TerminalOf(np))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := h.Chancery.Release(context.Background(), badge, habilitation.NewID(), form); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "releases/s")
}

// bigHouse is a house with many messages, half of them read by nobody but their addressee, for reading benchmarks.
func bigHouse(b *testing.B, messages int) *housetest.House {
	b.Helper()
	h := housetest.WithPeople(b)
	party := func(key string) correspondence.Party {
		a, _ := h.Folds().Register.AudienceByKey(key)
		return correspondence.Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: a.Name.FR}
	}
	draw := newLanguage()
	for done := 0; done < messages; {
		batch := make([]correspondence.Imported, 0, 1000)
		for len(batch) < cap(batch) && done < messages {
			text := draw.text(120)
			to := []string{"dam", "mae", "sante"}[done%3]
			at := housetest.Opening.Add(-time.Duration(messages-done) * time.Minute)
			batch = append(batch, correspondence.Imported{Source: strconv.Itoa(done), Message: correspondence.Message{Kind: correspondence.Note, Origin: party("bamako"),
				Addressees: []correspondence.Addressee{{Party: party(to), Role: correspondence.Action, Qualification: correspondence.ToRead}},
				Precedence: correspondence.Routine, InfoPrecedence: correspondence.Routine, Level: habilitation.Levels[min(done%4/3, 1)], Language: "fr",
				Tags: []correspondence.TagName{{Tag: habilitation.TagID(done%3 + 1), Key: "t", Label: "t"}}, Subject: "Note " + strconv.Itoa(done), Text: text,
				Provenance: &correspondence.Provenance{Date: at}}})
			done++
		}
		if _, err := h.Chancery.Import(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	h.Settle()
	return h
}

// language makes texts whose words are as unequal as those of a language: the most frequent is in most messages, most are in few.
type language struct {
	random *rand.Rand
	zipf   *rand.Zipf
}

func newLanguage() *language {
	random := rand.New(rand.NewPCG(1, 2))
	return &language{random: random, zipf: rand.NewZipf(random, 1.2, 3, 20_000)}
}

// word is the n-th most frequent: letters alone, so that no analyser cuts or stems it.
func word(n uint64) string {
	letters := []byte("zk")
	for n += 26; n > 0; n /= 26 {
		letters = append(letters, byte('a'+n%26))
	}
	return string(append(letters, 'k'))
}

func (d *language) text(words int) string {
	var text strings.Builder
	for range words {
		text.WriteString(word(d.zipf.Uint64()))
		text.WriteByte(' ')
	}
	return text.String()
}

// questions are pairs of words as texts have them, but for the few that are everywhere.
func (d *language) questions(n int) []string {
	questions := make([]string, n)
	for i := range questions {
		questions[i] = word(20+d.zipf.Uint64()) + " " + word(20+d.zipf.Uint64())
	}
	return questions
}

// BenchmarkReading times what a reader asks most, in a big house.
func BenchmarkReading(b *testing.B) {
	h := bigHouse(b, benchMessages())
	desk := h.As("karim")
	questions, asked := newLanguage().questions(200), 0
	question := func() string {
		asked++
		return questions[asked%len(questions)]
	}
	for _, one := range []struct {
		name string
		ask  func() error
	}{
		{"first feed page", func() error { _, err := desk.Teleprinter(context.Background(), correspondence.FeedQuery{}); return err }},
		{"two words with facets", func() error {
			_, err := desk.Search(context.Background(), correspondence.SearchQuery{Text: question()})
			return err
		}},
		{"two words by date", func() error {
			_, err := desk.Search(context.Background(), correspondence.SearchQuery{Text: question(), Sort: "date"})
			return err
		}},
		{"audience preview", func() error {
			form := housetest.Telegram("dam", "bamako", np, "Aperçu")
			form.Tags = []string{"sahel", "peche", "sante"}
			_, err := desk.AudienceOf(context.Background(), form)
			return err
		}},
	} {
		b.Run(one.name, func(b *testing.B) {
			b.ReportAllocs()
			times := make([]time.Duration, 0, b.N)
			for b.Loop() {
				begun := time.Now()
				if err := one.ask(); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(begun))
			}
			reportPercentiles(b, times)
		})
	}
	b.Run("open the house", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			h.Shut()
			b.StartTimer()
			h.Open()
		}
		b.ReportMetric(float64(benchMessages()), "messages")
	})
}

func reportPercentiles(b *testing.B, times []time.Duration) {
	slices.SortFunc(times, cmp.Compare[time.Duration])
	if n := len(times); n > 0 {
		b.ReportMetric(float64(times[n/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(times[n*99/100].Microseconds())/1000, "p99-ms")
	}
}

// BenchmarkLive releases ten messages a second before 1,000 streams and times each arrival, from the call of release to the event at the reader.
func BenchmarkLive(b *testing.B) {
	const streams = 1000
	h := housetest.WithPeople(b)
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	begun := map[string]time.Time{}
	var times []time.Duration
	var ready, done sync.WaitGroup
	for range streams {
		ready.Add(1)
		var once sync.Once
		done.Go(func() {
			_ = h.As("lea").Stream(ctx, habilitation.ID{}, func(e correspondence.Event) error {
				once.Do(ready.Done)
				if e.Headline != nil {
					now := time.Now()
					mu.Lock()
					times = append(times, now.Sub(begun[e.Headline.Subject]))
					mu.Unlock()
				}
				return nil
			})
		})
	}
	ready.Wait()
	arrived := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(times)
	}
	released := 0
	for b.Loop() {
		subject := fmt.Sprintf("Direct %d", released)
		mu.Lock()
		begun[subject] = time.Now()
		mu.Unlock()
		h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", np, subject))
		released++
		time.Sleep(100 * time.Millisecond)
	}
	for wait := 0; arrived() < released*streams && wait < 1000; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	b.StopTimer()
	if got := arrived(); got != released*streams {
		b.Errorf("%d arrivals of %d", got, released*streams)
	}
	reportPercentiles(b, times)
	cancel()
	done.Wait()
}
