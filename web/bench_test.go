package web_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// BenchmarkLiveStreams releases ten messages a second before 1,000 open event streams over loopback, five for each of 200 agents, and times each
// arrival from the call of release to the event read by the client.
func BenchmarkLiveStreams(b *testing.B) {
	const agents, each = 200, 5
	house := housetest.WithPeople(b)
	s := serve(b, house)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	l := &listeners{begun: map[string]time.Time{}}
	var opened, ended sync.WaitGroup
	for n := range agents {
		id := house.Folds().Register.NextAgent()
		login := fmt.Sprintf("lecteur.%d", n)
		house.Enact(habilitation.AgentAdded{Agent: id, Login: login, Name: "Lecteur", Level: habilitation.Unprotected}, habilitation.MemberJoined{Audience: 2, Agent: id})
		pass := house.SignIn(login, "")
		for range each {
			opened.Add(1)
			ended.Go(func() { l.listen(ctx, b, s.address+"/api/v1/stream", pass.AccessToken, opened.Done) })
		}
	}
	opened.Wait()
	released := 0
	for b.Loop() {
		subject := fmt.Sprintf("Direct-%d.", released)
		l.begin(subject)
		house.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, subject))
		released++
		time.Sleep(100 * time.Millisecond)
	}
	for wait := 0; l.count() < released*agents*each && wait < 1000; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	b.StopTimer()
	cancel()
	ended.Wait()
	if got := l.count(); got != released*agents*each {
		b.Errorf("%d arrivals of %d", got, released*agents*each)
	}
	l.report(b)
}

// listeners gather the times of arrival at many clients.
type listeners struct {
	mu    sync.Mutex
	begun map[string]time.Time
	times []time.Duration
}

func (l *listeners) begin(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun[subject] = time.Now()
}

func (l *listeners) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.times)
}

// listen reads one stream until ctx ends.
func (l *listeners) listen(ctx context.Context, b *testing.B, address, pass string, opened func()) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		b.Error(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+pass)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Error(err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b.Errorf("stream answers %s", answer.Status)
	}
	var once sync.Once
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		once.Do(opened)
		if _, rest, found := strings.Cut(lines.Text(), `"subject":"`); found {
			subject, _, _ := strings.Cut(rest, `"`)
			now := time.Now()
			l.mu.Lock()
			l.times = append(l.times, now.Sub(l.begun[subject]))
			l.mu.Unlock()
		}
	}
}

func (l *listeners) report(b *testing.B) {
	slices.SortFunc(l.times, cmp.Compare[time.Duration])
	if n := len(l.times); n > 0 {
		b.ReportMetric(float64(l.times[n/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(l.times[n*99/100].Microseconds())/1000, "p99-ms")
	}
}
