package correspondence_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	netsmtp "net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/boltqueue"
	"chancery/correspondence/housetest"
	"chancery/correspondence/postal"
	"chancery/correspondence/smtp"
)

// The measures of BenchmarkMail: CHANCERY_BENCH_MAILS, 10,000 unless told, come in over so many connections in so many rounds; before each round,
// and in it, a reader asks for the feed, with a pause after each answer.
const (
	mailRounds  = 5
	mailSenders = 8
	mailPace    = 5 * time.Millisecond // from one to the next: 10,000 in 50 s
	readerRest  = 2 * time.Millisecond
	readerQuiet = 4 * time.Second
)

func benchMails() int {
	if n, err := strconv.Atoi(os.Getenv("CHANCERY_BENCH_MAILS")); err == nil && n > 0 {
		return n
	}
	return 10_000
}

// BenchmarkMail has mails of 20 kB come in over SMTP and be archived at the same time. Flat out, nobody reads: it reports how long the queue took
// to have them all, and how long the archive. Paced, somebody reads the feed of a big house: it reports the median over the rounds of the reader's
// p99 while they come by the p99 before.
func BenchmarkMail(b *testing.B) {
	h := bigHouse(b, benchMessages())
	h.As("karim") // who reads
	line := openLine(b, h)
	b.Run("flat out", func(b *testing.B) {
		for b.Loop() {
			begun := time.Now()
			line.send(b, benchMails(), 0)
			b.ReportMetric(time.Since(begun).Seconds(), "queued-s")
			line.emptied(b)
			b.ReportMetric(time.Since(begun).Seconds(), "archived-s")
		}
	})
	b.Run("paced", func(b *testing.B) {
		for b.Loop() {
			var ratios, quiet, loaded []float64
			var queued time.Duration
			for round := range mailRounds {
				before := readsWhile(b, h, func() { time.Sleep(readerQuiet) })
				during := readsWhile(b, h, func() {
					begun := time.Now()
					line.send(b, benchMails()/mailRounds, mailPace)
					queued += time.Since(begun)
				})
				line.emptied(b)
				quiet, loaded, ratios = append(quiet, before), append(loaded, during), append(ratios, during/before)
				b.Logf("round %d: p99 %.3f ms, under load %.3f ms", round+1, before, during)
			}
			b.ReportMetric(middle(quiet), "quiet-p99-ms")
			b.ReportMetric(middle(loaded), "loaded-p99-ms")
			b.ReportMetric(middle(ratios), "ratio")
			b.ReportMetric(queued.Seconds(), "queued-s")
		}
	})
}

func middle(values []float64) float64 {
	slices.SortFunc(values, cmp.Compare[float64])
	return values[len(values)/2]
}

// readsWhile asks for the feed until work ends and returns the p99 of the answers, in milliseconds.
func readsWhile(b *testing.B, h *housetest.House, work func()) float64 {
	b.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	var times []float64
	for {
		select {
		case <-done:
			slices.SortFunc(times, cmp.Compare[float64])
			return times[len(times)*99/100]
		default:
		}
		desk := h.As("karim") // as a request opens it
		begun := time.Now()
		if _, err := desk.Teleprinter(context.Background(), correspondence.FeedQuery{}); err != nil {
			b.Fatal(err)
		}
		times = append(times, float64(time.Since(begun).Microseconds())/1000)
		time.Sleep(readerRest)
	}
}

// mailLine is a server that takes mail for a house, and the mailroom behind it.
type mailLine struct {
	address string
	queue   postal.Queue
	sent    int // how often it was sent to
}

func openLine(b *testing.B, h *housetest.House) *mailLine {
	b.Helper()
	queue, err := boltqueue.Open(filepath.Join(b.TempDir(), "queue.db"), postal.Bounds{})
	if err != nil {
		b.Fatal(err)
	}
	room := correspondence.OpenMailroom(h.Chancery, queue)
	limits := smtp.DefaultLimits()
	limits.PerConnection = 1 << 30
	server := smtp.New(smtp.Options{Domain: "essai.example", Queue: queue, Taken: room.Wake, Limits: limits, Clock: h.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = room.Close()
		_ = queue.Close()
	})
	return &mailLine{address: listener.Addr().String(), queue: queue}
}

// send has the line take so many mails of 20 kB, each its own, one in each pace or as fast as it takes them.
func (l *mailLine) send(b *testing.B, count int, pace time.Duration) {
	l.sent++
	text, begun := wrapped(newLanguage().text(20_000/8)), time.Now()
	var wait sync.WaitGroup
	for sender := range mailSenders {
		wait.Go(func() {
			client, err := netsmtp.Dial(l.address)
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = client.Close() }()
			for n := sender; n < count; n += mailSenders {
				time.Sleep(time.Until(begun.Add(time.Duration(n) * pace)))
				raw := fmt.Sprintf("From: a@example.org\r\nTo: dam@essai.example\r\nSubject: Courrier %d-%d\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\n%s", l.sent, n, text)
				if err := deliverOver(client, raw); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// wrapped gives a text lines that the standard allows.
func wrapped(text string) string {
	var lines strings.Builder
	for len(text) > 0 {
		n := min(len(text), 76)
		lines.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return lines.String()
}

func deliverOver(client *netsmtp.Client, raw string) error {
	if err := client.Mail("a@example.org"); err != nil {
		return err
	}
	if err := client.Rcpt("dam@essai.example"); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(raw)); err != nil {
		return err
	}
	return w.Close()
}

// emptied waits until the mailroom has dealt with everything.
func (l *mailLine) emptied(b *testing.B) {
	for {
		load, _ := l.queue.Load()
		if load.Items == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
		if b.Failed() {
			return
		}
	}
}
