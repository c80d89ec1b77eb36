package habilitation

import (
	"errors"
	"time"
)

// ErrTooManyAttempts is returned, beside ErrNotAdmitted, when an account or an address has failed too often of late.
var ErrTooManyAttempts = errors.New("too many attempts")

// Throttle bounds failed sign-ins. A failure is forgotten little by little: after Window all of them are.
type Throttle struct {
	PerAccount int // failures in a Window for one login, known or not
	PerAddress int // failures in a Window from one address
	Window     time.Duration
}

// DefaultThrottle is ten failures an hour for an account and a hundred for an address, behind which a whole embassy may sit.
func DefaultThrottle() Throttle { return Throttle{PerAccount: 10, PerAddress: 100, Window: time.Hour} }

// throttledKeys is how many accounts and how many addresses are remembered at least.
const throttledKeys = 1 << 15

// throttle counts attempts before they cost anything. An attempt counts from its beginning, so that many at once do not slip through;
// one that succeeds is taken back.
type throttle struct {
	limits    Throttle
	clock     func() time.Time
	accounts  *recent[string, failures]
	addresses *recent[string, failures]
}

// failures is a bucket that leaks: how full it was, and when that was.
type failures struct {
	level float64
	at    time.Time
}

func newThrottle(limits Throttle, clock func() time.Time) *throttle {
	return &throttle{limits: limits, clock: clock,
		accounts: newRecent[string, failures](throttledKeys), addresses: newRecent[string, failures](throttledKeys)}
}

// begin counts an attempt, or reports that there were too many. An empty address is not counted.
// A refused attempt counts nowhere, so that nobody is kept out for longer by trying on.
func (t *throttle) begin(account, address string) bool {
	if address != "" && !t.take(t.addresses, address, t.limits.PerAddress) {
		return false
	}
	if !t.take(t.accounts, account, t.limits.PerAccount) {
		t.give(t.addresses, address, t.limits.PerAddress)
		return false
	}
	return true
}

// succeed takes back what begin counted, and forgives the account its failures.
func (t *throttle) succeed(account, address string) {
	t.accounts.change(account, func(failures) failures { return failures{} })
	t.give(t.addresses, address, t.limits.PerAddress)
}

// spare takes back what begin counted: the attempt came to no verdict.
func (t *throttle) spare(account, address string) {
	t.give(t.accounts, account, t.limits.PerAccount)
	t.give(t.addresses, address, t.limits.PerAddress)
}

func (t *throttle) take(from *recent[string, failures], key string, limit int) bool {
	taken := false
	from.change(key, func(f failures) failures {
		f = t.leak(f, limit)
		if f.level+1 <= float64(limit) {
			f.level++
			taken = true
		}
		return f
	})
	return taken
}

func (t *throttle) give(to *recent[string, failures], key string, limit int) {
	if key == "" {
		return
	}
	to.change(key, func(f failures) failures {
		f = t.leak(f, limit)
		f.level = max(0, f.level-1)
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
