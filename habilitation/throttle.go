package habilitation

import (
	"errors"
	"time"
)

// ErrTooManyAttempts is what a TooManyAttempts is, beside ErrNotAdmitted.
var ErrTooManyAttempts = errors.New("too many attempts")

// TooManyAttempts is returned when there were too many failures of late: nothing was hashed, and nothing is told of whether the login is known.
type TooManyAttempts struct {
	Wait time.Duration // after which one more may be made
}

// Error implements error.
func (e *TooManyAttempts) Error() string { return ErrTooManyAttempts.Error() }

// Is makes it an ErrTooManyAttempts and an ErrNotAdmitted.
func (e *TooManyAttempts) Is(target error) bool {
	return target == ErrTooManyAttempts || target == ErrNotAdmitted
}

// Throttle bounds failed sign-ins by where they come from: an address, or a terminal or a session that the house knows, each of which is counted by
// itself, so that nobody keeps an agent out by failing somewhere else. A failure is forgotten little by little: after Window all of them are.
type Throttle struct {
	PerAccount int // failures in a Window for one login, known or not, from one place; ten times as many from all unknown places together
	PerAddress int // failures in a Window from one place
	Window     time.Duration
}

// DefaultThrottle is ten failures an hour for an account and a hundred for an address, behind which a whole embassy may sit.
func DefaultThrottle() Throttle { return Throttle{PerAccount: 10, PerAddress: 100, Window: time.Hour} }

// everywhere is how many times more failures an account has from all unknown places together than from one of them.
const everywhere = 10

// throttledKeys is how many accounts and how many addresses are remembered at least.
const throttledKeys = 1 << 15

// throttle counts attempts before they cost anything. An attempt counts from its beginning, so that many at once do not slip through;
// one that succeeds is taken back.
type throttle struct {
	limits   Throttle
	clock    func() time.Time
	accounts *recent[string, failures] // from unknown places
	pairs    *recent[string, failures] // of account and place
	places   *recent[string, failures]
}

// failures is a bucket that leaks: how full it was, and when that was.
type failures struct {
	level float64
	at    time.Time
}

func newThrottle(limits Throttle, clock func() time.Time) *throttle {
	kept := func() *recent[string, failures] { return newRecent[string, failures](throttledKeys) }
	return &throttle{limits: limits, clock: clock, accounts: kept(), pairs: kept(), places: kept()}
}

// count is one bucket that an attempt is counted in.
type count struct {
	in    *recent[string, failures]
	key   string
	limit int
	whole bool // a success empties it
}

// counts are the buckets of an attempt. A place that is not told is not counted by itself.
func (t *throttle) counts(a attempt) []count {
	counts := []count{{t.pairs, a.account + "\x00" + a.place, t.limits.PerAccount, true}}
	if a.place != "" {
		counts = append(counts, count{t.places, a.place, t.limits.PerAddress, false})
	}
	if !a.known {
		counts = append(counts, count{t.accounts, a.account, everywhere * t.limits.PerAccount, true})
	}
	return counts
}

// begin counts an attempt, or tells how long to wait where there were too many. A refused attempt counts nowhere, so that nobody is kept out for
// longer by trying on.
func (t *throttle) begin(a attempt) (wait time.Duration) {
	counts := t.counts(a)
	for i, c := range counts {
		if wait = t.take(c); wait > 0 {
			for _, taken := range counts[:i] {
				t.give(taken, 1)
			}
			return wait
		}
	}
	return 0
}

// succeed takes back what begin counted, and forgives the account its failures.
func (t *throttle) succeed(a attempt) {
	for _, c := range t.counts(a) {
		if c.whole {
			t.give(c, float64(c.limit))
		} else {
			t.give(c, 1)
		}
	}
}

// spare takes back what begin counted: the attempt came to no verdict.
func (t *throttle) spare(a attempt) {
	for _, c := range t.counts(a) {
		t.give(c, 1)
	}
}

// take counts one, or tells after how long there is room for one.
func (t *throttle) take(c count) (wait time.Duration) {
	c.in.change(c.key, func(f failures) failures {
		f = t.leak(f, c.limit)
		if over := f.level + 1 - float64(c.limit); over > 0 {
			wait = max(time.Duration(over/float64(c.limit)*float64(t.limits.Window)), time.Second)
			return f
		}
		f.level++
		return f
	})
	return wait
}

func (t *throttle) give(c count, back float64) {
	c.in.change(c.key, func(f failures) failures {
		f = t.leak(f, c.limit)
		f.level = max(0, f.level-back)
		return f
	})
}

func (t *throttle) leak(f failures, limit int) failures {
	now := t.clock()
	if passed := now.Sub(f.at); passed > 0 {
		f.level = max(0, f.level-float64(limit)*float64(passed)/float64(t.limits.Window))
		f.at = now
	}
	return f
}
