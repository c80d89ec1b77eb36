package main

import (
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meterEvery is how often progress is logged where no person watches.
const meterEvery = 10 * time.Second

// meter shows how far long work has come: a bar on a terminal, a line in the log every ten seconds elsewhere. One goroutine uses it.
type meter struct {
	what  string
	total int64 // below zero when not known
	begun time.Time
	last  time.Time
	bar   *progressbar.ProgressBar
	log   *slog.Logger
}

// meter begins to show progress; nothing is shown when quiet.
func (s *session) meter(what string, total int64) *meter {
	m := &meter{what: what, total: total, begun: time.Now(), last: time.Now()}
	switch {
	case s.quiet:
	case isTerminal(s.complaints) && !s.json:
		m.bar = progressbar.NewOptions64(total, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(s.complaints),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	default:
		m.log = slog.New(slog.NewTextHandler(s.complaints, nil))
	}
	return m
}

// reach tells how many are done in all.
func (m *meter) reach(done int64) {
	switch {
	case m.bar != nil:
		_ = m.bar.Set64(done) // a bar that cannot be drawn hinders no work
	case m.log != nil && time.Since(m.last) >= meterEvery:
		m.last = time.Now()
		m.log.Info(m.what, "done", done, "of", m.total, "seconds", int(time.Since(m.begun).Seconds()))
	}
}

// end takes the bar away.
func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Finish()
	}
}
