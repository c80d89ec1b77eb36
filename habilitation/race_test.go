package habilitation_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"chancery/habilitation"
)

// TestRevocationIsImmediate is INV-4: whatever ends a right, a read that begins after it has returned is not admitted.
// Readers race with a writer who gives and takes; each reads the phase before and after, and judges when it did not move.
func TestRevocationIsImmediate(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	m := restricted()
	for name, step := range map[string]struct{ take, give func() }{
		"member":  {func() { h.apply(habilitation.MemberLeft{Audience: 1, Agent: second}) }, func() { h.apply(habilitation.MemberJoined{Audience: 1, Agent: second}) }},
		"account": {func() { h.apply(habilitation.AgentDisabled{Agent: second}) }, func() { h.apply(habilitation.AgentEnabled{Agent: second}) }},
		"clearance": {func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Unprotected}) },
			func() { h.apply(habilitation.AgentCleared{Agent: second, Level: habilitation.Restricted}) }},
		"terminal": {func() { h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Unprotected}) },
			func() { h.apply(habilitation.TerminalCleared{Terminal: h.desk.ID, Level: habilitation.Restricted}) }},
	} {
		t.Run(name, func(t *testing.T) { raceRights(t, h, session, &m, step.take, step.give) })
	}
	// A session does not come back, so it is raced once for each sign-in.
	for range 20 {
		session := h.signIn("second", h.secret)
		var phase phases
		raceReaders(t, &phase, func() bool { return h.reads(session, &m) }, func() {
			phase.change(false, func() {
				if err := h.authority.SignOut(t.Context(), session.Badge); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func raceRights(t *testing.T, h *house, session habilitation.Session, m *habilitation.Marking, take, give func()) {
	var phase phases
	raceReaders(t, &phase, func() bool { return h.reads(session, m) }, func() {
		for range 300 {
			phase.change(false, take)
			phase.change(true, give)
		}
	})
}

// reads reports whether a read that begins now is admitted, by the token and by the badge.
func (h *house) reads(session habilitation.Session, m *habilitation.Marking) bool {
	admitted, err := h.authority.Admit(context.Background(), session.Access)
	byToken := err == nil && admitted.Perimeter().Admits(m)
	renewed, err := h.authority.Renew(session.Badge)
	return byToken || err == nil && renewed.Perimeter().Admits(m)
}

// phases is what the writer has done so far: odd while it is at it.
type phases struct {
	mu      sync.Mutex
	count   int
	allowed bool
}

func (p *phases) change(allowed bool, do func()) {
	p.set(allowed)
	do()
	p.set(allowed)
}

func (p *phases) set(allowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	p.allowed = allowed
}

func (p *phases) now() (count int, allowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count, p.allowed
}

func raceReaders(t *testing.T, phase *phases, reads func() bool, write func()) {
	done := make(chan struct{})
	var readers sync.WaitGroup
	phase.set(true)
	phase.set(true)
	for range 3 {
		readers.Go(func() {
			for {
				before, allowed := phase.now()
				admitted := reads()
				after, _ := phase.now()
				if before == after && before%2 == 0 && admitted != allowed {
					t.Errorf("admitted %v where the register says %v", admitted, allowed)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	write()
	close(done)
	readers.Wait()
}

// interrupted grants tags and does something at its nth call, as if another goroutine had got in between.
type interrupted struct {
	*declared
	calls int
	at    int
	do    func()
}

func (i *interrupted) call() {
	if i.calls++; i.calls == i.at {
		i.do()
	}
}

func (i *interrupted) DeclaredBy(a habilitation.AudienceID, l habilitation.Level) []habilitation.TagID {
	before := i.declared.DeclaredBy(a, l)
	i.call()
	return before
}

func (i *interrupted) Version() uint64 {
	before := i.declared.Version()
	i.call()
	return before
}

// TestRevocationDuringCompilation takes a right away at every point of compiling a perimeter; the next badge is without it.
func TestRevocationDuringCompilation(t *testing.T) {
	addressed := restricted()
	tagged := habilitation.NewMarking(habilitation.Restricted, nil, []habilitation.TagID{9}, nil)
	for name, c := range map[string]struct {
		m      habilitation.Marking
		revoke func(*house)
	}{
		"membership": {addressed, func(h *house) { h.apply(habilitation.MemberLeft{Audience: 1, Agent: second}) }},
		"tag":        {tagged, func(h *house) { h.declared.set(habilitation.Restricted, 1) }},
	} {
		for at := 1; at <= 8; at++ {
			h, revoked := newHouse(t), false
			h.declared.set(habilitation.Restricted, 1, 9)
			h.config.Grants = &interrupted{declared: h.declared, at: at, do: func() { c.revoke(h); revoked = true }}
			h.reopen()
			badge, err := h.authority.BadgeFor(second, h.desk.ID)
			for err == nil && !revoked {
				badge, err = h.authority.Renew(badge)
			}
			if badge, err = h.authority.Renew(badge); err != nil || badge.Perimeter().Admits(&c.m) {
				t.Errorf("%s taken at call %d: still admitted, %v", name, at, err)
			}
		}
	}
}

// TestPasswordChangeWinsOverSignIns races sign-ins with changes of the password: once a change has returned, no session that the old
// password opened is alive.
func TestPasswordChangeWinsOverSignIns(t *testing.T) {
	h := newHouse(t)
	h.config.Throttle = habilitation.Throttle{PerAccount: 1 << 20, PerAddress: 1 << 20, Window: time.Hour}
	h.reopen()
	current, next := password, wrong
	for range 20 {
		var mu sync.Mutex
		var opened []habilitation.Session
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if session, err := h.authority.SignIn(context.Background(), "second", current, ""); err == nil {
					mu.Lock()
					defer mu.Unlock()
					opened = append(opened, session)
				}
			})
		}
		if err := h.authority.SetPassword(t.Context(), second, next); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		for _, session := range opened {
			_, err := h.authority.Admit(t.Context(), session.Access)
			h.wantNotAdmitted("session of the old password", err)
		}
		current, next = next, current
	}
}
