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
	readerRest  = 2 * time.Millisecond
	readerQuiet = 4 * time.Second
)

func benchMails() int {
	if n, err := strconv.Atoi(os.Getenv("CHANCERY_BENCH_MAILS")); err == nil && n > 0 {
		return n
	}
	return 10_000
}

// BenchmarkMail has mails of 20 kB come in over SMTP and be archived at the same time, while somebody reads the feed of a big house. It reports how
// long the queue took to have them all, how long the archive, and the median over the rounds of the reader's p99 under load by the p99 before it.
func BenchmarkMail(b *testing.B) {
	h := bigHouse(b, benchMessages())
	h.As("karim") // who reads
	line := openLine(b, h)
	for b.Loop() {
		var ratios, quiet, loaded []float64
		var queued, archived time.Duration
		for round := range mailRounds {
			before := readsWhile(b, h, func() { time.Sleep(readerQuiet) })
			during := readsWhile(b, h, func() {
				begun := time.Now()
				line.send(b, round, benchMails()/mailRounds)
				queued += time.Since(begun)
				line.emptied(b)
				archived += time.Since(begun)
			})
			quiet, loaded, ratios = append(quiet, before), append(loaded, during), append(ratios, during/before)
			b.Logf("round %d: p99 %.3f ms, under load %.3f ms", round+1, before, during)
		}
		b.ReportMetric(middle(quiet), "quiet-p99-ms")
		b.ReportMetric(middle(loaded), "loaded-p99-ms")
		b.ReportMetric(middle(ratios), "ratio")
		b.ReportMetric(queued.Seconds(), "queued-s")
		b.ReportMetric(archived.Seconds(), "archived-s")
	}
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
}

func openLine(b *testing.B, h *housetest.House) mailLine {
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
	return mailLine{address: listener.Addr().String(), queue: queue}
}

// send has the line take so many mails of 20 kB, each its own.
func (l mailLine) send(b *testing.B, round, count int) {
	text := newLanguage().text(20_000 / 8)
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
				raw := fmt.Sprintf("From: a@example.org\r\nTo: dam@essai.example\r\nSubject: Courrier %d-%d\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\n%s", round, n, wrapped(text))
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
func (l mailLine) emptied(b *testing.B) {
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
