package boltjournal

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// Options say how a journal is kept. Only Keys and Name are required.
type Options struct {
	// Keys keeps the payloads' keys; it is used, never closed.
	Keys archive.Keys
	// Name tells this journal's keys from those of another in the same store: "main", "readings". It is written into
	// the file, which opens under no other name.
	Name string
	// Origin names the house's trees to the world, "chancery.example/house": no space and no '+'.
	Origin string
	// Signer is the Ed25519 key that signs checkpoints. A journal without one keeps the chain but no trees, and takes
	// no draft that belongs to a tree.
	Signer crypto.Signer
	// Clock dates drafts that have no time; time.Now when nil.
	Clock func() time.Time
	// Salt gives the salt of an entry's payload; random when nil. Only tests that compare bytes set it.
	Salt func(habilitation.ID) [32]byte
	// Random draws keys, nonces and salts; crypto/rand when nil. It must be safe for concurrent use.
	Random io.Reader
	// BatchEntries is about how many entries one commit takes at most; 1,024 when zero.
	BatchEntries int
	// PageEntries is how many entries a tail reads at once; 256 when zero.
	PageEntries int
	// Fault, when set, is asked before each step of an append; its error stops the journal there as a failing disk
	// would. Only tests set it.
	Fault func(Step) error
}

// Step is a moment in an append at which a crash leaves its own traces.
type Step string

// The steps of an append, in order.
const (
	// StepKeys is before a block of keys is made durable, ahead of the appends that will use it: nothing was written.
	StepKeys Step = "keys"
	// StepEntries is before the entries are put into a transaction: keys that no entry uses are left behind.
	StepEntries Step = "entries"
	// StepCommit is before the entries' commit: still nothing of them is on the disk.
	StepCommit Step = "commit"
	// StepAnswer is after the commit and before any caller hears of it: the entries are there.
	StepAnswer Step = "answer"
)

// complete checks the options and fills in what was left out.
func (o Options) complete() (Options, error) {
	if o.Keys == nil || o.Name == "" || len(o.Name) > 64 {
		return o, fmt.Errorf("open journal %q: a key store and a name of at most 64 bytes are needed", o.Name)
	}
	if o.Signer != nil && o.Origin == "" {
		return o, fmt.Errorf("open journal %q: a signer without an origin", o.Name)
	}
	if o.Signer != nil {
		if _, ok := o.Signer.Public().(ed25519.PublicKey); !ok {
			return o, fmt.Errorf("open journal %q: checkpoints need an Ed25519 key, not %T", o.Name, o.Signer.Public())
		}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.BatchEntries <= 0 {
		o.BatchEntries = 1024
	}
	if o.PageEntries <= 0 {
		o.PageEntries = 256
	}
	return o, nil
}

func (o Options) step(s Step) error {
	if o.Fault == nil {
		return nil
	}
	return o.Fault(s)
}
