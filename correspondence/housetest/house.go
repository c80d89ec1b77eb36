// Package housetest gives tests a small house that is real throughout: the engines of the embedded default in a temporary folder, set up by
// acts like any other, with a clock and a source of identities that the test owns. Two houses made alike differ in nothing.
package housetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/correspondence/inspection"
	"chancery/habilitation"
)

// Opening is when a test house's clock begins.
var Opening = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// testMaster is the master key of every test house.
const testMaster = "a master key for tests, 32 bytes"

// Password is everybody's.
const Password = "correct horse battery"

// T is what a house needs of the test that it stands in: a *testing.T, a *testing.B or a *rapid.T.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// House is a test house.
type House struct {
	*assembly.House
	T        T
	Clock    *Clock
	Folder   string
	ctx      context.Context
	master   archive.MasterKey
	draw     *draw
	settings []assembly.Setting
	inner    *correspondence.Chancery // the one that Rewire put another in front of
}

// Clock stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// draw makes identities, salts and keys out of what they are for, so that what one thing draws does not depend on what was drawn before.
type draw struct {
	mu    sync.Mutex
	times map[string]uint64
}

func (d *draw) sum(purpose string) [32]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times[purpose]++
	mac := hmac.New(sha256.New, []byte("housetest"))
	fmt.Fprintf(mac, "%s\n%d", purpose, d.times[purpose])
	return [32]byte(mac.Sum(nil))
}

func (d *draw) id(hint []byte) habilitation.ID {
	sum := d.sum("id " + string(hint))
	return habilitation.ID(sum[:16])
}

func (d *draw) salt(id habilitation.ID) [32]byte {
	return sha256.Sum256(append([]byte("salt "), id[:]...))
}

func (d *draw) random(purpose string) io.Reader { return rand.NewChaCha8(d.sum("random " + purpose)) }

// New makes an empty house, closed when the test ends.
func New(t T) *House {
	t.Helper()
	folder, err := os.MkdirTemp("", "chancery-house-")
	if err != nil {
		t.Fatalf("make folder of test house: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	h := &House{T: t, Clock: &Clock{at: Opening}, Folder: filepath.Join(folder, "house"), ctx: context.Background(), draw: &draw{times: map[string]uint64{}}}
	copy(h.master[:], testMaster)
	err = assembly.Init(h.ctx, h.Folder, assembly.InitOptions{Name: "Maison d'essai", Domain: "essai.example", MasterKey: &h.master, Clock: h.Clock.Now, Random: h.draw.random})
	if err != nil {
		t.Fatalf("make test house: %v", err)
	}
	h.Open()
	t.Cleanup(h.Shut)
	return h
}

// Open opens the house again after Shut.
func (h *House) Open() {
	h.T.Helper()
	house, err := assembly.Open(h.ctx, h.Folder, h.Options())
	if err != nil {
		h.T.Fatalf("open test house: %v", err)
	}
	h.House = house
}

// Configure opens the house again with settings over those it was made with.
func (h *House) Configure(settings ...assembly.Setting) {
	h.T.Helper()
	h.settings = settings
	h.Reopen()
}

// Options are what the house is opened with.
func (h *House) Options() assembly.Options {
	cheapest := habilitation.CheapestArgon
	return assembly.Options{Settings: h.settings, Child: childOf(), InspectAgain: 50 * time.Millisecond, MasterKey: &h.master, Clock: h.Clock.Now, NewID: h.draw.id, Salt: h.draw.salt, Random: h.draw.random, Argon: &cheapest,
		SigningLimit: time.Minute, Heartbeat: 50 * time.Millisecond, Log: slog.New(slog.NewTextHandler(failing{h.T}, &slog.HandlerOptions{Level: slog.LevelError}))}
}

// childVariable tells that the test binary turns into a child that looks at a file when it is called as one.
const childVariable = "CHANCERY_TEST_CHILD"

// Inspecting is called first in TestMain by packages whose houses look into files: it turns the test binary into a child when it was started as
// one. The houses of other packages take what needs no parser.
func Inspecting() {
	if inspection.IsChild(os.Args) {
		syscall.Exit(inspection.Child(os.Args[2:])) // os.Exit would wait a second for the race detector
	}
	_ = os.Setenv(childVariable, "1")
}

func childOf() []string {
	if os.Getenv(childVariable) == "" {
		return nil
	}
	return []string{os.Args[0], inspection.Subcommand}
}

// failing fails a test for every error that the house logs.
type failing struct{ t T }

func (f failing) Write(line []byte) (int, error) {
	f.t.Errorf("the house logged an error: %s", line)
	return len(line), nil
}

// Shut closes the house; a second call does nothing.
func (h *House) Shut() {
	h.T.Helper()
	if h.House == nil {
		return
	}
	if h.inner != nil {
		_ = h.Chancery.Close() // a rewired house may have failed on purpose
		h.Chancery, h.inner = h.inner, nil
	}
	if err := h.House.Close(); err != nil {
		h.T.Errorf("close test house: %v", err)
	}
	h.House = nil
}

// Rewire opens the house's Chancery again over what change makes of its engines: for tests that let one of them go wrong. It lasts until
// the house is shut. The log of a rewired house is silent, for it tells of the faults that the test plants.
func (h *House) Rewire(change func(*correspondence.Config)) {
	h.T.Helper()
	if h.inner == nil {
		h.inner = h.Chancery
	}
	if err := h.Chancery.Close(); err != nil {
		h.T.Fatalf("close the chancery to rewire it: %v", err)
	}
	config := h.Chancery.Config
	h.inner.Snapshots = "" // written just now, and not to be written again by the one that ended
	config.Log = slog.New(slog.DiscardHandler)
	change(&config)
	var err error
	if h.Chancery, err = correspondence.Open(h.ctx, config); err != nil {
		h.T.Fatalf("open the rewired chancery: %v", err)
	}
}

// Reopen closes the house and opens it again from what is on disk.
func (h *House) Reopen() {
	h.T.Helper()
	h.Shut()
	h.Open()
}

// Enact appends acts in the house's own name.
func (h *House) Enact(acts ...habilitation.Act) {
	h.T.Helper()
	if err := h.Chancery.Enact(h.ctx, 0, acts...); err != nil {
		h.T.Fatalf("enact: %v", err)
	}
}

// Settle waits until the words index has followed.
func (h *House) Settle() {
	h.T.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, time.Minute)
	defer cancel()
	if err := h.Chancery.Settled(ctx); err != nil {
		h.T.Fatalf("wait for the index: %v", err)
	}
}

// Folds is what the house knows by heart.
func (h *House) Folds() *correspondence.Folds { return h.Chancery.Folds }

// OpenChild opens a test house in another process, with its own clock and identities: for tests that kill the process.
func OpenChild(folder string) (*assembly.House, error) {
	h := &House{}
	copy(h.master[:], testMaster)
	cheapest := habilitation.CheapestArgon
	return assembly.Open(context.Background(), folder, assembly.Options{MasterKey: &h.master, Argon: &cheapest, SigningLimit: time.Minute})
}

// VerifyAll verifies the whole archive and fails the test for every problem.
func (h *House) VerifyAll() {
	h.T.Helper()
	report := func(p archive.Problem) {
		if !p.Information {
			h.T.Errorf("verify: %s", p)
		}
	}
	if err := h.House.Verify(h.ctx, assembly.VerifyOptions{Report: report}); err != nil {
		h.T.Errorf("verify: %v", err)
	}
}
