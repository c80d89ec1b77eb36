package archivetest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// recorder is a test that notes its failure instead of failing.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	first    string   // owned by mu
	failed   bool     // owned by mu
	cleanups []func() // owned by mu
}

// Failure runs a check and tells how it failed; empty when it passed. The suite is tested with it.
func Failure(t testing.TB, check Check, place func(testing.TB) Opener) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.cleanUp()
		check.Run(r, place(t))
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

func (r *recorder) cleanUp() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *recorder) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failed {
		r.first = text
	}
	r.failed = true
}

// Cleanup runs at the end of the check, not of the test that records it.
func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) Error(values ...any)                 { r.note(fmt.Sprintln(values...)) }
func (r *recorder) Errorf(format string, values ...any) { r.note(fmt.Sprintf(format, values...)) }
func (r *recorder) Fail()                               { r.note("failed") }
func (r *recorder) Skip(...any)                         { runtime.Goexit() }
func (r *recorder) Helper()                             {}

// Failed tells whether anything was noted.
func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// FailNow ends the check.
func (r *recorder) FailNow() { r.note("failed"); runtime.Goexit() }

// Fatal notes and ends the check.
func (r *recorder) Fatal(values ...any) { r.note(fmt.Sprintln(values...)); runtime.Goexit() }

// Fatalf notes and ends the check.
func (r *recorder) Fatalf(format string, values ...any) {
	r.note(fmt.Sprintf(format, values...))
	runtime.Goexit()
}
