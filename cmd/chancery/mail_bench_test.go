package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The measures of BenchmarkFeedWhileMailComes: so many rounds of reading alone and of reading while mails of 20 kB come, one in each pace over so many
// connections; the reader pauses after each answer.
const (
	feedRounds  = 5
	feedAlone   = 6 * time.Second
	feedLoaded  = 8 * time.Second
	feedPause   = 2 * time.Millisecond
	mailPace    = 5 * time.Millisecond
	mailSenders = 8
)

// BenchmarkFeedWhileMailComes serves the demonstration as an administrator would, with a reader and with senders outside of it: it reports the median
// over the rounds of the p99 of the first page of the feed while mail comes by the p99 before.
func BenchmarkFeedWhileMailComes(b *testing.B) {
	_, folder, end := demonstration(b, "--every", "0")
	end()
	told, kill := serving(b, folder)
	defer kill()
	feed := feedOf{told["address"] + "/api/v1/teleprinter", passOf(b, told["address"], folder, "claire.morel")}
	for b.Loop() {
		var ratios, before, during []float64
		for round := range feedRounds {
			alone := feed.p99(b, feedAlone)
			stop := make(chan struct{})
			var sent int
			var sending sync.WaitGroup
			sending.Go(func() { sent = sendUntil(b, told["smtp"], stop) })
			loaded := feed.p99(b, feedLoaded)
			close(stop)
			sending.Wait()
			b.Logf("round %d: p99 %.2f ms, %.2f ms while %d mails came", round+1, alone, loaded, sent)
			ratios, before, during = append(ratios, loaded/alone), append(before, alone), append(during, loaded)
		}
		b.ReportMetric(median(before), "quiet-p99-ms")
		b.ReportMetric(median(during), "loaded-p99-ms")
		b.ReportMetric(median(ratios), "ratio")
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// feedOf is the feed as one agent asks for it.
type feedOf struct{ address, pass string }

// p99 asks for the feed for a while and returns the p99 of the answers, in milliseconds.
func (f feedOf) p99(b *testing.B, during time.Duration) float64 {
	b.Helper()
	var times []float64
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(feedPause) {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, f.address, nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+f.pass)
		begun := time.Now()
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
			b.Fatalf("%s, %v", answer.Status, err)
		}
		times = append(times, float64(time.Since(begun).Microseconds())/1000)
	}
	slices.Sort(times)
	return times[len(times)*99/100]
}

// sendUntil sends mails at the pace until it is told to stop, and counts them.
func sendUntil(b *testing.B, address string, stop <-chan struct{}) (sent int) {
	var counting sync.Mutex
	var senders sync.WaitGroup
	text, begun := strings.Repeat("Le barrage de Selingue retient beaucoup d'eau cette annee encore.\r\n", 300), time.Now()
	for sender := range mailSenders {
		senders.Go(func() {
			for n := sender; ; n += mailSenders {
				select {
				case <-stop:
					return
				case <-time.After(time.Until(begun.Add(time.Duration(n) * mailPace))):
				}
				if err := send(address, "dam@diplomatie.example", fmt.Sprintf("From: a@example.org\r\nSubject: %d-%d\r\n\r\n%s", begun.UnixNano(), n, text)); err != nil {
					b.Error(err)
					return
				}
				counting.Lock()
				sent++
				counting.Unlock()
			}
		})
	}
	senders.Wait()
	return sent
}
