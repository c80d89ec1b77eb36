package habilitation

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPasswordPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		good     bool
	}{
		"eleven":                 {"abcdefghijk", false},
		"twelve":                 {"abcdefghijkl", true},
		"a hundred twenty-eight": {strings.Repeat("é", 128), true},
		"one more":               {strings.Repeat("é", 129), false},
		"twelve once composed":   {strings.Repeat("e\u0301", 12), true},
		"eleven once composed":   {strings.Repeat("e\u0301", 11), false},
		"not UTF-8":              {"abcdefghijkl\xff", false},
		"very long":              {strings.Repeat("a", 1<<20), false},
		"empty":                  {"", false},
	} {
		phc, err := HashPassword(t.Context(), c.password, CheapestArgon)
		if (err == nil) != c.good || !c.good && !errors.Is(err, ErrPasswordPolicy) {
			t.Errorf("%s: %q, %v", name, phc, err)
		}
	}
}

func TestPasswordsAreVerifiedInNormalForm(t *testing.T) {
	h := newHasher(CheapestArgon, rand.Reader)
	phc, err := h.hash(t.Context(), "Ambassade à Bamako")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{
		"Ambassade à Bamako":       true,
		"Ambassade a\u0300 Bamako": true,
		"Ambassade a Bamako":       false,
		"ambassade à bamako":       false,
		"Ambassade à Bamako ":      false,
		"":                         false,
	} {
		if same, stale, err := h.verify(t.Context(), password, phc); same != want || stale || err != nil {
			t.Errorf("%q: %v %v %v", password, same, stale, err)
		}
	}
	if same, _, _ := h.verify(t.Context(), "x", h.dummy()); same {
		t.Error("the dummy has a password")
	}
	dearer := newHasher(Argon{Memory: 16, Passes: 1, Threads: 1}, rand.Reader)
	if same, stale, err := dearer.verify(t.Context(), "Ambassade à Bamako", phc); !same || !stale || err != nil {
		t.Errorf("other parameters: %v %v %v", same, stale, err)
	}
	if other, _ := h.hash(t.Context(), "Ambassade à Bamako"); other == phc {
		t.Error("salted alike")
	}
}

// TestKnownPHC is a vector of the reference implementation (phc-winner-argon2, test.c, version 0x13).
func TestKnownPHC(t *testing.T) {
	const known = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	p, err := parsePHC(known)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := newHasher(p.argon, rand.Reader).run(t.Context(), "password", p, len(p.digest))
	if err != nil || string(digest) != string(p.digest) {
		t.Fatalf("%x, want %x, %v", digest, p.digest, err)
	}
}

func TestForeignHashesAreRefused(t *testing.T) {
	for _, phc := range []string{
		"", "$", "plain", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=0256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/5",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4=",
		"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
	} {
		if _, err := parsePHC(phc); err == nil {
			t.Errorf("%q was read", phc)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parsePHC(text); err == nil && p.String() != text {
			t.Fatalf("%q is read %q", text, p)
		}
	})
}

func TestHashingOutOfRangeIsRefused(t *testing.T) {
	for _, a := range []Argon{ProductionArgon, CheapestArgon} {
		if err := a.check(); err != nil {
			t.Error(err)
		}
	}
	for _, a := range []Argon{{}, {Memory: 2 << 20, Passes: 1, Threads: 1}, {Memory: 1 << 19, Passes: 17, Threads: 1}, {Memory: 1 << 19, Passes: 1}} {
		if err := a.check(); err == nil {
			t.Errorf("%+v is allowed", a)
		}
	}
}

func TestHashingsWaitForAPlaceOrTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(CheapestArgon, rand.Reader)
		for range hashingsAtOnce {
			h.places <- struct{}{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.hash(ctx, "a long enough one"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a fifth hashing: %v", err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := h.hash(t.Context(), "a long enough one"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		<-h.places
		all.Wait()
		if len(h.places) != hashingsAtOnce-1 {
			t.Fatalf("%d places taken", len(h.places))
		}
	})
}

func TestThrottleCountsFailuresAndForgets(t *testing.T) {
	now := noon
	th := newThrottle(Throttle{PerAccount: 3, PerAddress: 5, Window: time.Hour}, func() time.Time { return now })
	tries := func(account, address string) (n int) {
		for th.begin(attempt{account: account, place: address}) == 0 && n < 100 {
			n++
		}
		return n
	}
	if n := tries("a", "x"); n != 3 {
		t.Fatalf("%d tries at one account", n)
	}
	if n := tries("b", "x"); n != 2 {
		t.Fatalf("%d tries left at the address", n)
	}
	if n := tries("b", "y"); n != 3 {
		t.Fatalf("%d tries at the other account from another address", n)
	}
	if n := tries("c", ""); n != 3 {
		t.Fatalf("%d tries without an address", n)
	}
	now = now.Add(20 * time.Minute)
	if n := tries("a", "x"); n != 1 {
		t.Fatalf("%d tries after a third of the window", n)
	}
	if wait := th.begin(attempt{account: "a", place: "x"}); wait != 20*time.Minute {
		t.Fatalf("to wait %s", wait)
	}
	now = now.Add(20 * time.Minute)
	a := attempt{account: "a", place: "z"}
	for range 50 {
		if th.begin(a) > 0 {
			t.Fatal("successes are held against the account")
		}
		th.succeed(a)
	}
	th.begin(a)
	th.spare(a)
	if n := tries("a", "z"); n != 3 {
		t.Fatalf("%d tries after a success", n)
	}
	now = now.Add(-time.Hour)
	if th.begin(a) == 0 {
		t.Fatal("a clock set back forgives")
	}
	now = now.Add(10 * time.Hour)
	all := 0
	for i := range 20 {
		all += tries("d", fmt.Sprint("from ", i))
	}
	if all != 30 {
		t.Fatalf("%d tries at one account from everywhere", all)
	}
	if th.begin(attempt{account: "d", place: "terminal", known: true}) > 0 {
		t.Fatal("failures elsewhere are held against a place that the house knows")
	}
}

func TestRecentIsBounded(t *testing.T) {
	r := newRecent[int, int](4)
	for i := range 100 {
		r.put(i, i)
		if kept, ok := r.get(0); i < 8 && (!ok || kept != 0) {
			t.Fatalf("0 was dropped at %d though it was asked for", i)
		}
		if n := len(r.newer) + len(r.older); n > 8 {
			t.Fatalf("%d kept", n)
		}
		for back := range 4 {
			if _, ok := r.get(max(0, i-back)); !ok && back == 0 {
				t.Fatalf("%d was dropped at once", i)
			}
		}
	}
}

func BenchmarkHashPassword(b *testing.B) {
	for b.Loop() {
		if _, err := HashPassword(b.Context(), "Ambassade à Bamako", ProductionArgon); err != nil {
			b.Fatal(err)
		}
	}
}
