package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// opened is a stream read line by line.
type opened struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
}

// openStream opens a stream on a real connection.
func (v *visitor) openStream(address, after string) (*opened, *http.Response) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+streamPath+after, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+v.pass.AccessToken)
	for name, value := range v.headers {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	o := &opened{v.t, bufio.NewScanner(response.Body), func() { cancel(); response.Body.Close() }}
	o.lines.Buffer(nil, 1<<20)
	v.t.Cleanup(o.close)
	return o, response
}

// event reads to the next event, past heartbeats.
func (o *opened) event() (id, kind string, e correspondence.Event) {
	o.t.Helper()
	for o.lines.Scan() {
		field, value, _ := strings.Cut(o.lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				o.t.Fatal(err)
			}
			return id, kind, e
		}
	}
	o.t.Fatalf("the stream ended: %v", o.lines.Err())
	return
}

func TestStreamTellsWhatArrives(t *testing.T) {
	l := newLodge(t)
	address := l.listen()
	first := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Avant"))
	marie, lea := l.visit("marie", 2), l.visit("lea", 2)
	cleared, response := marie.openStream(address, "?after="+first.ID.String())
	uncleared, _ := lea.openStream(address, "?after="+first.ID.String())
	if media := response.Header.Get("Content-Type"); media != "text/event-stream" || response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("headers %v", response.Header)
	}
	l.Clock.Advance(time.Minute)
	closed := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Pour marie seule"))
	open := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Pour tous"))
	if id, _, e := cleared.event(); id != closed.ID.String() || e.Headline == nil || e.Headline.Subject != "Pour marie seule" || e.Unread != 2 {
		t.Errorf("marie is told %s %+v", id, e)
	}
	if id, _, _ := cleared.event(); id != open.ID.String() {
		t.Errorf("then %s", id)
	}
	if id, _, e := uncleared.event(); id != open.ID.String() || e.Unread != 2 {
		t.Errorf("lea is told %s %+v", id, e)
	}
	again, _ := marie.openStream(address, "?after="+first.ID.String())
	if id, _, _ := again.event(); id != closed.ID.String() {
		t.Errorf("whoever comes back is told %s first", id)
	}
}

// TestStreamAtAnUnknownPlace: a place that is unknown, withheld or no identity at all is answered by the same advice.
func TestStreamAtAnUnknownPlace(t *testing.T) {
	l := newLodge(t)
	address := l.listen()
	closed := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Restricted, "Fermé"))
	for name, place := range map[string]string{"withheld": closed.ID.String(), "unknown": "4" + strings.Repeat("0", 25), "nonsense": "%20x"} {
		stream, _ := l.visit("lea", 0).openStream(address, "?after="+place)
		if id, kind, e := stream.event(); kind != "resync" || !e.Resync || id != "" || e.Headline != nil {
			t.Errorf("%s: %q %q %+v", name, id, kind, e)
		}
		stream.close()
	}
	lea := l.visit("lea", 0)
	lea.headers["Last-Event-ID"] = closed.ID.String()
	stream, _ := lea.openStream(address, "")
	if _, kind, _ := stream.event(); kind != "resync" {
		t.Errorf("Last-Event-ID: %q", kind)
	}
}

// TestStreamsAreBounded: five for one agent, no more than the house allows, and each gives its place back when its reader goes.
func TestStreamsAreBounded(t *testing.T) {
	l := newLodge(t, func(o *Options) { o.Streams = 6 })
	address := l.listen()
	marie, karim := l.visit("marie", 2), l.visit("karim", 2)
	var streams []*opened
	for range 5 {
		s, response := marie.openStream(address, "")
		if response.StatusCode != 200 {
			t.Fatal(response.Status)
		}
		streams = append(streams, s)
	}
	if _, response := marie.openStream(address, ""); response.StatusCode != 429 || response.Header.Get("Retry-After") == "" {
		t.Errorf("a sixth: %s", response.Status)
	}
	if _, response := karim.openStream(address, ""); response.StatusCode != 200 {
		t.Errorf("another agent: %s", response.Status)
	}
	if _, response := l.visit("paul", 2).openStream(address, ""); response.StatusCode != 429 {
		t.Errorf("beyond the house's bound: %s", response.Status)
	}
	for _, s := range streams {
		s.close()
	}
	for range 100 { // a reader who is gone is known by a write that fails
		if l.server.streams.open() == 1 {
			return
		}
		l.Clock.Advance(time.Second)
		l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Réveil"))
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d streams are still open", l.server.streams.open())
}

// TestShutdownEndsStreams: a server that stops does not wait for readers.
func TestShutdownEndsStreams(t *testing.T) {
	l := newLodge(t)
	stream, _ := l.visit("marie", 2).openStream(l.listen(), "")
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	for stream.lines.Scan() {
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if n := l.server.streams.open(); n != 0 {
		t.Errorf("%d streams are still open", n)
	}
}

// open is how many streams are live.
func (n *streamCount) open() int {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.all
}
