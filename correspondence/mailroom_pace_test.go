package correspondence

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestMailStandsBackBehindReaders: once somebody was at a desk, and for some time after, batches are few and far between.
func TestMailStandsBackBehindReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Mailroom{house: &Chancery{stop: make(chan struct{})}}
		if m.reading() {
			t.Error("nobody came, and somebody reads")
		}
		m.house.visits.Add(1)
		if !m.reading() {
			t.Error("somebody came, and nobody reads")
		}
		time.Sleep(mailQuiet - time.Second)
		if !m.reading() {
			t.Error("who came lately reads no more")
		}
		time.Sleep(time.Second)
		if m.reading() {
			t.Error("who came long ago reads for ever")
		}
		for took, want := range map[time.Duration]time.Duration{10 * time.Millisecond: 90 * time.Millisecond, time.Second: mailPause} {
			begun := time.Now()
			if m.rest(t.Context(), took); time.Since(begun) != want {
				t.Errorf("after a batch of %v it rests %v, want %v", took, time.Since(begun), want)
			}
		}
		close(m.house.stop)
		begun := time.Now()
		if m.rest(t.Context(), time.Second); time.Since(begun) != 0 {
			t.Error("it rests in a house that has stopped")
		}
	})
}
