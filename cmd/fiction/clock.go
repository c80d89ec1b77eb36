package fiction

import (
	"sync"
	"time"
)

// Clock can be set into the past, so that a house is lived in on the day it is made; released, it tells the time of now.
type Clock struct {
	mu  sync.Mutex
	set time.Time // zero when it runs
	now func() time.Time
}

// NewClock is a clock that runs with now.
func NewClock(now func() time.Time) *Clock { return &Clock{now: now} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set.IsZero() {
		return c.now()
	}
	return c.set
}

// Set stops the clock at a moment; the zero moment lets it run.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = at
}
