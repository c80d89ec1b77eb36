// Package credentialstest is the conformance suite of habilitation.Credentials: every engine runs it.
package credentialstest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chancery/habilitation"
)

// Run checks an engine. open opens the engine on the same place each time it is called; the engine of before is closed by then.
func Run(t *testing.T, open func(t *testing.T) (engine habilitation.Credentials, end func())) {
	for name, check := range map[string]func(*testing.T, *house){
		"passwords":                        passwords,
		"rotation":                         rotation,
		"reuse ends the family":            reuse,
		"reuse of an older token":          olderReuse,
		"ending":                           ending,
		"proof":                            proof,
		"old families are forgotten":       forgetting,
		"one exchange of a token wins":     race,
		"a cancelled context does nothing": cancelled,
	} {
		t.Run(name, func(t *testing.T) { check(t, &house{t: t, open: open}) })
	}
}

// house opens the engine when it is first used and again after reopen.
type house struct {
	t      *testing.T
	open   func(*testing.T) (habilitation.Credentials, func())
	engine habilitation.Credentials
	end    func()
}

func (h *house) credentials() habilitation.Credentials {
	if h.engine == nil {
		h.engine, h.end = h.open(h.t)
		h.t.Cleanup(func() { h.close() })
	}
	return h.engine
}

func (h *house) close() {
	if h.engine != nil {
		h.end()
		h.engine = nil
	}
}

func (h *house) start(session byte, agent habilitation.AgentID, first byte) habilitation.Family {
	h.t.Helper()
	f := habilitation.Family{Session: habilitation.ID{session}, Agent: agent, Terminal: habilitation.ID{9}, Started: start, Used: start, Proved: start}
	if err := h.credentials().StartFamily(h.t.Context(), f, token(first), start.Add(-time.Hour)); err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h *house) wantFamily(session byte, want error) habilitation.Family {
	h.t.Helper()
	f, err := h.credentials().Family(h.t.Context(), habilitation.ID{session})
	if !errors.Is(err, want) {
		h.t.Fatalf("session %d: %v, want %v", session, err, want)
	}
	return f
}

func (h *house) wantRotate(used, next byte, at time.Time, want error) habilitation.Family {
	h.t.Helper()
	f, err := h.credentials().Rotate(h.t.Context(), token(used), token(next), at)
	if !errors.Is(err, want) {
		h.t.Fatalf("rotate %d to %d: %v, want %v", used, next, err, want)
	}
	return f
}

// start is when the suite's sessions begin, to the microsecond.
var start = time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)

func token(n byte) [32]byte { return [32]byte{n, 1} }

func passwords(t *testing.T, h *house) {
	if _, err := h.credentials().Password(t.Context(), 1); !errors.Is(err, habilitation.ErrUnknown) {
		t.Fatalf("password of nobody: %v", err)
	}
	for _, phc := range []string{"$one", "$two"} {
		if err := h.credentials().SetPassword(t.Context(), 1, phc); err != nil {
			t.Fatal(err)
		}
		h.close()
		if got, err := h.credentials().Password(t.Context(), 1); err != nil || got != phc {
			t.Fatalf("password after reopening: %q %v", got, err)
		}
	}
}

func rotation(t *testing.T, h *house) {
	first := h.start(1, 7, 1)
	if got := h.wantFamily(1, nil); got != first {
		t.Fatalf("family: %+v, want %+v", got, first)
	}
	later := start.Add(time.Minute)
	if before := h.wantRotate(1, 2, later, nil); before != first {
		t.Fatalf("rotate returns %+v, want the family as it was", before)
	}
	h.close()
	if got := h.wantFamily(1, nil); !got.Used.Equal(later) || !got.Started.Equal(start) || got.Agent != 7 || got.Terminal != first.Terminal {
		t.Fatalf("after reopening: %+v", got)
	}
	h.wantRotate(2, 3, later, nil)
	h.wantRotate(77, 78, later, habilitation.ErrUnknown)
	if err := h.credentials().StartFamily(t.Context(), first, token(50), start.Add(-time.Hour)); !errors.Is(err, habilitation.ErrContradiction) {
		t.Fatalf("a session started twice: %v", err)
	}
}

func reuse(_ *testing.T, h *house) {
	h.start(1, 7, 1)
	h.start(2, 7, 11)
	h.wantRotate(1, 2, start, nil)
	h.wantRotate(1, 3, start, habilitation.ErrReused)
	h.wantFamily(1, habilitation.ErrUnknown)
	h.wantRotate(2, 4, start, habilitation.ErrUnknown)
	h.wantFamily(2, nil)
	h.close()
	h.wantFamily(1, habilitation.ErrUnknown)
	h.wantRotate(2, 4, start, habilitation.ErrUnknown)
	h.wantRotate(11, 12, start, nil)
}

func olderReuse(_ *testing.T, h *house) {
	h.start(1, 7, 1)
	for n := byte(1); n < 6; n++ {
		h.wantRotate(n, n+1, start, nil)
	}
	h.close()
	h.wantRotate(2, 20, start, habilitation.ErrReused)
	h.wantRotate(6, 21, start, habilitation.ErrUnknown)
	h.wantFamily(1, habilitation.ErrUnknown)
}

func ending(t *testing.T, h *house) {
	for n := byte(1); n <= 3; n++ {
		h.start(n, 7, n)
	}
	h.start(4, 8, 4)
	end := func(agent habilitation.AgentID, session byte) {
		t.Helper()
		id := habilitation.ID{session}
		if err := h.credentials().EndFamily(t.Context(), agent, id); err != nil {
			t.Fatal(err)
		}
	}
	end(8, 1) // not the agent's
	h.wantFamily(1, nil)
	end(7, 1)
	end(7, 1)
	h.wantFamily(1, habilitation.ErrUnknown)
	h.wantFamily(2, nil)
	end(7, 0)
	for _, reopened := range []bool{false, true} {
		if reopened {
			h.close()
		}
		h.wantFamily(2, habilitation.ErrUnknown)
		h.wantFamily(3, habilitation.ErrUnknown)
		h.wantFamily(4, nil)
		h.wantRotate(2, 30, start, habilitation.ErrUnknown)
	}
}

func proof(t *testing.T, h *house) {
	first := h.start(1, 7, 1)
	h.start(2, 7, 11)
	later := start.Add(time.Hour)
	first.Proved = later
	if got, err := h.credentials().Prove(t.Context(), first.Session, later); err != nil || got != first {
		t.Fatalf("prove: %+v, %v, want %+v", got, err, first)
	}
	for _, reopened := range []bool{false, true} {
		if reopened {
			h.close()
		}
		if got := h.wantFamily(1, nil); got != first {
			t.Fatalf("after the proof: %+v, want %+v", got, first)
		}
		if other := h.wantFamily(2, nil); !other.Proved.Equal(start) {
			t.Fatalf("another session is proved at %s", other.Proved)
		}
	}
	if before := h.wantRotate(1, 2, later, nil); !before.Proved.Equal(later) {
		t.Fatalf("the proof is lost with the exchange: %s", before.Proved)
	}
	if got := h.wantFamily(1, nil); !got.Proved.Equal(later) {
		t.Fatalf("the proof is lost after the exchange: %s", got.Proved)
	}
	if err := h.credentials().EndFamily(t.Context(), 7, first.Session); err != nil {
		t.Fatal(err)
	}
	for _, session := range []habilitation.ID{first.Session, {77}, {}} {
		if _, err := h.credentials().Prove(t.Context(), session, later); !errors.Is(err, habilitation.ErrUnknown) {
			t.Fatalf("prove in no living session: %v", err)
		}
	}
	h.wantFamily(1, habilitation.ErrUnknown)
}

func forgetting(t *testing.T, h *house) {
	h.start(1, 7, 1)
	later := start.Add(48 * time.Hour)
	f := habilitation.Family{Session: habilitation.ID{2}, Agent: 8, Started: later, Used: later, Proved: later}
	if err := h.credentials().StartFamily(t.Context(), f, token(2), later.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	h.wantFamily(2, nil)
	h.close()
	h.wantFamily(2, nil)
}

func race(t *testing.T, h *house) {
	h.start(1, 7, 1)
	credentials := h.credentials()
	var won atomic.Int32
	var all sync.WaitGroup
	for n := range byte(8) {
		all.Go(func() {
			if _, err := credentials.Rotate(t.Context(), token(1), token(100+n), start); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d exchanges of one token succeeded", won.Load())
	}
	h.wantFamily(1, habilitation.ErrUnknown)
}

func cancelled(t *testing.T, h *house) {
	h.start(1, 7, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.credentials().SetPassword(ctx, 7, "$x"); !errors.Is(err, context.Canceled) {
		t.Fatalf("set password: %v", err)
	}
	if _, err := h.credentials().Rotate(ctx, token(1), token(2), start); !errors.Is(err, context.Canceled) {
		t.Fatalf("rotate: %v", err)
	}
	if err := h.credentials().EndFamily(ctx, 7, habilitation.ID{1}); !errors.Is(err, context.Canceled) {
		t.Fatalf("end: %v", err)
	}
	h.wantFamily(1, nil)
	h.wantRotate(1, 2, start, nil)
}
