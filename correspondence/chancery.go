package correspondence

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chancery/archive"
	"chancery/correspondence/gate"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
	"chancery/search"
)

// Seals makes and checks signatures: the house's own, and each agent's with a certificate issued at the first signature.
type Seals interface {
	SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*archive.Signer, error)
	SealOfHouse() *archive.Signer
	Stamper() *archive.Stamper
	Label(level habilitation.Level) archive.SignedAttribute
	Roots() *x509.CertPool
	Published
}

// Published is what the house hands to anybody, so that a stranger can verify what it signed.
type Published interface {
	Certificates() []byte        // PEM
	CheckpointVerifiers() []byte // lines of c2sp.org/signed-note: the house's name, then the tree of each level
}

// Config is what a house is put together from; cmd chooses the engines.
type Config struct {
	Domain        string        // of message identities: "mae.example"
	MailDomain    string        // of the mail addresses of groups and agents; "": Domain
	Relayed       bool          // some server takes mail to outside; false: what may leave waits
	GateDefault   gate.Outcome  // where no rule of the release gate matches; "": a second person
	Retention     keeping.Rules // nil: the rules of keeping.DefaultRules
	Folds         *Folds
	Journal       archive.Journal
	Trees         archive.Trees
	Readings      archive.Journal
	Vault         archive.Vault
	Seals         Seals
	Index         search.Index
	Store         DeskStore
	Authority     *habilitation.Authority
	Snapshots     string         // folder; empty: none are written
	Zone          *time.Location // in which a day ends; nil: UTC
	Clock         func() time.Time
	NewID         func(hint []byte) habilitation.ID // nil: random. The hint lets tests draw the same identity for the same thing
	Log           *slog.Logger
	SigningLimit  time.Duration // a signature that takes longer is refused; 0 means 250 ms
	SigningWindow time.Duration // how long after showing the password one may sign; 0 means 15 minutes
	Heartbeat     time.Duration // of streams; 0 means 15 s
	Idle          bool          // decides what it is told to and nothing by itself: what is due, and files that wait, are left as they are
	Inspector     Inspector     // of files; nil: the house takes none
	Uploads       UploadLimits  // of files
	InspectAgain  time.Duration // how long a file without a verdict waits until one is asked for again; 0 means 30 s
	// Discard destroys an object of the vault unless the journal cites it; nil: nothing is destroyed.
	Discard func(ctx context.Context, d archive.Digest, reason archive.Reason) error
}

// Chancery is the one writer. Whoever wants something decided sends a command; one goroutine takes the commands that wait, decides
// them against the state at head, signs in parallel, appends once, folds, and answers.
type Chancery struct {
	Config
	commands chan *command
	stop     chan struct{}
	done     sync.WaitGroup
	closing  sync.Once
	failed   atomic.Pointer[error] // the fault that ended the writing
	visits   atomic.Uint64         // how often a desk was opened
	failing  chan struct{}         // closed by that fault

	// owned by the deciding goroutine
	head   archive.Head
	lastAt time.Time
	since  int // entries since the last snapshot

	ticking  sync.Mutex   // held while what is due is decided
	folding  sync.RWMutex // held for writing while folds change, for reading while a snapshot is written
	arrived  arrival
	handover handover
	marks    markCache
	uploads  uploads
	denials  denials
	verifier *archive.Verifier
}

// ErrClosing is returned for a command to a house that is closing.
var ErrClosing = errors.New("the house is closing")

// Open folds what the journal holds beyond the snapshots, then starts to decide and to index.
func Open(ctx context.Context, config Config) (*Chancery, error) {
	c := &Chancery{Config: config, commands: make(chan *command, 1024), stop: make(chan struct{}), failing: make(chan struct{}), uploads: newUploads()}
	c.arrived.next, c.arrived.ended = make(chan struct{}), make(chan struct{})
	c.verifier = archive.NewVerifier(config.Seals.Roots())
	c.settle()
	head, err := c.Journal.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("open house: %w", err)
	}
	if err := c.Folds.replay(ctx, c.Journal, head, c.Log); err != nil {
		return nil, fmt.Errorf("open house: %w", err)
	}
	c.head = head
	if err := c.resumeUploads(ctx); err != nil {
		return nil, fmt.Errorf("open house: %w", err)
	}
	c.done.Add(2)
	go c.decideAll()
	go c.follow()
	if !c.Idle {
		c.done.Add(2)
		go c.keepClock()
		go c.inspectAll()
	}
	return c, nil
}

// settle fills in what was left open.
func (c *Chancery) settle() {
	if c.NewID == nil {
		c.NewID = func([]byte) habilitation.ID { return habilitation.NewID() }
	}
	if c.Retention == nil {
		c.Retention, _ = keeping.ParseRules(keeping.DefaultRules)
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.MailDomain == "" {
		c.MailDomain = c.Domain
	}
	if !c.GateDefault.Valid() {
		c.GateDefault = gate.SecondPerson
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Uploads.settle()
	if c.SigningLimit == 0 {
		c.SigningLimit = 250 * time.Millisecond
	}
	if c.SigningWindow == 0 {
		c.SigningWindow = 15 * time.Minute
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
}

// Close stops deciding and indexing, writes the snapshots and returns; the engines are closed by whoever opened them.
func (c *Chancery) Close() error {
	c.closing.Do(func() { close(c.stop) })
	c.done.Wait()
	counted := c.writeDenials(context.Background(), c.denials.drain())
	if c.failed.Load() != nil {
		return *c.failed.Load()
	}
	return errors.Join(counted, c.snapshot())
}

// Ready reports whether the house can decide.
func (c *Chancery) Ready(context.Context) error {
	if fault := c.failed.Load(); fault != nil {
		return *fault
	}
	select {
	case <-c.stop:
		return ErrClosing
	default:
		return nil
	}
}

// Failed is closed when a write has failed and the house decides no more: whoever serves it ends the process, for what the disk holds is known
// only by opening it again.
func (c *Chancery) Failed() <-chan struct{} { return c.failing }

// Certificates is the chain that a stranger needs to verify signatures and time-stamps, in PEM.
func (c *Chancery) Certificates() []byte { return c.Seals.Certificates() }

// CheckpointVerifiers is the public key that a stranger checks checkpoints and proofs with, one line for each name it signs under.
func (c *Chancery) CheckpointVerifiers() []byte { return c.Seals.CheckpointVerifiers() }

// snapshotEvery is how many entries may have to be refolded after a crash.
const snapshotEvery = 20_000

// snapshot writes the folds as they are; the deciding goroutine or, after it ended, Close calls it.
func (c *Chancery) snapshot() error {
	c.since = 0
	if c.Snapshots == "" {
		return nil
	}
	c.folding.RLock()
	defer c.folding.RUnlock()
	return c.Folds.save(c.Snapshots, c.head.Seq)
}

// command is something to decide: a release or a list of acts.
type command struct {
	ctx      context.Context
	releases []*release
	acts     *enactment
	answer   chan error
}

// submit hands a command to the deciding goroutine and waits for its answer. Once taken, a command is decided even if the caller left.
func (c *Chancery) submit(cmd *command) error {
	cmd.answer = make(chan error, 1)
	select {
	case <-c.stop:
		return ErrClosing
	case <-cmd.ctx.Done():
		return cmd.ctx.Err()
	case c.commands <- cmd:
	}
	select {
	case err := <-cmd.answer:
		return err
	case <-c.stopped():
		select {
		case err := <-cmd.answer:
			return err
		default:
			return ErrClosing
		}
	}
}

// stopped is closed when the deciding goroutine has ended.
func (c *Chancery) stopped() <-chan struct{} { return c.arrived.ended }

// maxBatch bounds how many releases one append carries.
const maxBatch = 256

// decideAll is the deciding goroutine.
func (c *Chancery) decideAll() {
	defer c.done.Done()
	defer close(c.arrived.ended)
	for {
		select {
		case <-c.stop:
			return
		case first := <-c.commands:
			c.decideRun(first)
		}
		if c.since >= snapshotEvery {
			if err := c.snapshot(); err != nil {
				c.Log.Warn("snapshot not written", "why", err.Error())
			}
		}
	}
}

// decideRun takes what waits behind the first command: releases together, acts one command at a time.
func (c *Chancery) decideRun(cmd *command) {
	var batch []*command
	size := 0
	for cmd != nil {
		if cmd.acts != nil {
			c.decideReleases(batch)
			batch, size = nil, 0
			cmd.answer <- c.decideActs(cmd)
		} else {
			batch = append(batch, cmd)
			size += len(cmd.releases)
		}
		cmd = nil
		if size < maxBatch {
			select {
			case cmd = <-c.commands:
			default:
			}
		}
	}
	c.decideReleases(batch)
}

// append writes the drafts behind the head that the decision was made at. Nothing else writes this journal: whatever error it gives
// means that memory and disk may differ, so the house stops deciding.
func (c *Chancery) append(drafts []archive.Draft) ([]archive.Receipt, error) {
	if fault := c.failed.Load(); fault != nil {
		return nil, *fault
	}
	cites, err := c.Readings.Head(context.Background())
	if err != nil {
		return nil, fmt.Errorf("read head of readings: %w", err) // nothing was written: the next decision may find it readable
	}
	for i := range drafts {
		drafts[i].Cites = cites
	}
	receipts, err := c.Journal.Append(context.Background(), c.head, drafts)
	if err != nil {
		return nil, c.fail(fmt.Errorf("append %d entries: %w", len(drafts), err))
	}
	c.head = receipts[len(receipts)-1].Head()
	c.since += len(drafts)
	return receipts, nil
}

// fail notes the first fault for good.
func (c *Chancery) fail(err error) error {
	if c.failed.CompareAndSwap(nil, &err) {
		c.Log.Error("the house stops deciding", "why", err.Error())
		close(c.failing)
	}
	return err
}

// now is the decision's time, never before the last one's.
func (c *Chancery) now() time.Time {
	at := c.Clock().UTC().Truncate(time.Microsecond)
	if at.Before(c.lastAt) {
		at = c.lastAt
	}
	c.lastAt = at
	return at
}

// inParallel calls work for each index on as many goroutines as there are processors.
func inParallel(n int, work func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			work(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}

func timeOf(micro int64) time.Time { return time.UnixMicro(micro).UTC() }
