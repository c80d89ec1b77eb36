package archive

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"chancery/habilitation"
)

// maxName is the most characters an organisation or a person may have in a certificate (RFC 5280, ub-common-name).
const maxName = 64

// ErrBadName is returned for a name that no certificate can bear.
var ErrBadName = errors.New("not a name for a certificate")

// SealeryConfig is what a house's sealery is made from.
type SealeryConfig struct {
	// House is the organisation every certificate names: 1 to 64 characters.
	House string
	// Origin names the key that signs checkpoint notes, as in C2SP tlog-checkpoint: no space, no plus sign.
	Origin string
	// Keys keeps every private key, and the certificates beside them.
	Keys Keys
	// Clock tells when certificates begin and whether they need renewal.
	Clock func() time.Time
	// Random gives the bytes for one purpose, such as "root" or "agent/7/1"; nil means the operating system's. A test house that gives
	// each purpose its own bytes has the same certificates whatever the order they were issued in.
	Random func(purpose string) io.Reader
	// Serial numbers time-stamp tokens; nil means DerivedSerial.
	Serial SerialSource
	// Arc is the object identifier the house's policies stand under: time-stamping is .1, the security label .2. Nil means 2.999, the
	// arc for examples; a house with a registered arc names it here before its first signature.
	Arc asn1.ObjectIdentifier
}

// Sealery keeps the house's seals: its certificate authority, its time-stamp authority, the seal of the house, the agents' certificates,
// and the keys for checkpoint notes and passes. Any number of goroutines may use it.
type Sealery struct {
	config     SealeryConfig
	root       *x509.Certificate
	issuing    certified
	stamper    *Stamper
	seal       *Signer
	checkpoint note.Signer
	verifier   string
	verifiers  string
	notes      ed25519.PrivateKey // the key of checkpoint
	pass       ed25519.PrivateKey
	labels     map[habilitation.Level]SignedAttribute

	signers sync.Map   // habilitation.AgentID → *agentSeal
	issue   sync.Mutex // held while an agent's certificate is read or issued
}

// certified is a private key and its certificate.
type certified struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// Names of what the sealery keeps in Keys. Agents' certificates are under agentPrefix.
const (
	nameRoot       = "sealery/root"
	nameIssuing    = "sealery/issuing"
	nameTimestamp  = "sealery/timestamp"
	nameSeal       = "sealery/seal"
	nameCheckpoint = "sealery/checkpoint"
	namePass       = "sealery/pass"
	agentPrefix    = "sealery/agent/"
)

// FoundSealery makes every key and certificate of a new house and keeps them in one write. ErrExists when the house has them already.
func FoundSealery(ctx context.Context, config SealeryConfig) (*Sealery, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	secrets, err := config.found()
	if err != nil {
		return nil, fmt.Errorf("found sealery: %w", err)
	}
	if err := config.Keys.Put(ctx, secrets); err != nil {
		return nil, fmt.Errorf("keep the keys of the sealery: %w", err)
	}
	return OpenSealery(ctx, config)
}

// OpenSealery reads the keys and certificates of a founded house. ErrUnknown when there is none.
func OpenSealery(ctx context.Context, config SealeryConfig) (*Sealery, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	s := &Sealery{config: config, labels: make(map[habilitation.Level]SignedAttribute)}
	if err := errors.Join(s.loadCertificates(ctx), s.loadSeeds(ctx), s.prepareLabels()); err != nil {
		return nil, fmt.Errorf("open sealery: %w", err)
	}
	return s, nil
}

// complete checks the names and fills in what was left out.
func (c SealeryConfig) complete() (SealeryConfig, error) {
	if err := checkName(c.House); err != nil {
		return c, err
	}
	if c.Origin == "" || strings.ContainsFunc(c.Origin, func(r rune) bool { return unicode.IsSpace(r) || r == '+' }) {
		return c, fmt.Errorf("read origin %q: not empty, no space, no plus sign: %w", c.Origin, ErrBadName)
	}
	if c.Random == nil {
		c.Random = func(string) io.Reader { return rand.Reader }
	}
	if c.Arc == nil {
		c.Arc = asn1.ObjectIdentifier{2, 999}
	}
	return c, nil
}

// checkName refuses what a certificate cannot bear.
func checkName(name string) error {
	if count := utf8.RuneCountInString(name); count == 0 || count > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("read name %q: 1 to %d characters of UTF-8: %w", name, maxName, ErrBadName)
	}
	return nil
}

// policy is the house's identifier for one set of rules.
func (c SealeryConfig) policy(rules int) asn1.ObjectIdentifier {
	return append(append(asn1.ObjectIdentifier{}, c.Arc...), rules)
}

// found makes the secrets of a new house: private keys with their certificates, and two seeds.
func (c SealeryConfig) found() ([]Secret, error) {
	root, err := c.certify(rootAuthority(c.House), "root", elliptic.P384(), certified{})
	if err != nil {
		return nil, err
	}
	issuing, err := c.certify(issuingAuthority(c.House), "issuing", elliptic.P256(), root)
	if err != nil {
		return nil, err
	}
	stamp, err := c.certify(timestampAuthority(c.House), "timestamp", elliptic.P256(), issuing)
	if err != nil {
		return nil, err
	}
	seal, err := c.certify(sealOfHouse(c.House), "seal", elliptic.P256(), issuing)
	if err != nil {
		return nil, err
	}
	var secrets []Secret
	for name, made := range map[string]certified{nameRoot: root, nameIssuing: issuing, nameTimestamp: stamp, nameSeal: seal} {
		value, err := made.marshal()
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, Secret{Name: []byte(name), Value: value})
	}
	for name, purpose := range map[string]string{nameCheckpoint: "checkpoint", namePass: "pass"} {
		seed := make([]byte, ed25519.SeedSize)
		if _, err := io.ReadFull(c.Random(purpose), seed); err != nil {
			return nil, fmt.Errorf("draw %s key: %w", purpose, err)
		}
		secrets = append(secrets, Secret{Name: []byte(name), Value: seed})
	}
	return secrets, nil
}

// loadCertificates reads the authorities and the seal. The root's private key is not kept in memory: only founding uses it.
func (s *Sealery) loadCertificates(ctx context.Context) error {
	root, err := s.load(ctx, nameRoot)
	if err != nil {
		return err
	}
	s.root = root.certificate
	if s.issuing, err = s.load(ctx, nameIssuing); err != nil {
		return err
	}
	stamp, err := s.load(ctx, nameTimestamp)
	if err != nil {
		return err
	}
	if s.stamper, err = NewStamper(stamp.key, stamp.certificate, s.config.policy(1), s.config.Serial); err != nil {
		return err
	}
	seal, err := s.load(ctx, nameSeal)
	if err != nil {
		return err
	}
	s.seal, err = NewSigner(seal.key, seal.certificate, s.issuing.certificate)
	return err
}

// loadSeeds reads the two Ed25519 keys.
func (s *Sealery) loadSeeds(ctx context.Context) error {
	pass, err := s.config.Keys.Get(ctx, []byte(namePass))
	if err != nil {
		return fmt.Errorf("read pass key: %w", err)
	}
	checkpoint, err := s.config.Keys.Get(ctx, []byte(nameCheckpoint))
	if err != nil {
		return fmt.Errorf("read checkpoint key: %w", err)
	}
	if len(pass) != ed25519.SeedSize || len(checkpoint) != ed25519.SeedSize {
		return fmt.Errorf("read pass and checkpoint keys: %w", ErrDamaged)
	}
	s.pass, s.notes = ed25519.NewKeyFromSeed(pass), ed25519.NewKeyFromSeed(checkpoint)
	if s.checkpoint, s.verifier, err = noteKeys(s.config.Origin, checkpoint); err != nil {
		return err
	}
	s.verifiers, err = verifierLines(s.config.Origin, s.notes.Public().(ed25519.PublicKey))
	return err
}

// prepareLabels writes the security label of each level once.
func (s *Sealery) prepareLabels() error {
	for _, level := range habilitation.Levels {
		label, err := SecurityLabel(s.config.policy(2), level)
		if err != nil {
			return err
		}
		s.labels[level] = label
	}
	return nil
}

// Certificates is the public chain in PEM: root, issuing authority, time-stamp authority. Saved as ca.pem it is all that
// `openssl cms -verify -CAfile` and `openssl ts -verify -CAfile` need.
func (s *Sealery) Certificates() []byte {
	var chain []byte
	for _, certificate := range []*x509.Certificate{s.root, s.issuing.certificate, s.stamper.Certificate()} {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	return chain
}

// Roots is the one root of the house, to verify against.
func (s *Sealery) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.root)
	return pool
}

// SealOfHouse signs in the name of the house itself.
func (s *Sealery) SealOfHouse() *Signer { return s.seal }

// Stamper is the house's time-stamp authority.
func (s *Sealery) Stamper() *Stamper { return s.stamper }

// Label is the house's security label for a level; it is empty, and SignDetached then leaves it out, for a level that does not exist.
func (s *Sealery) Label(level habilitation.Level) SignedAttribute { return s.labels[level] }

// CheckpointSigner signs checkpoint notes (C2SP signed note, Ed25519) under the house's origin.
func (s *Sealery) CheckpointSigner() note.Signer { return s.checkpoint }

// CheckpointKey is the key of CheckpointSigner, for a journal that composes its own notes.
func (s *Sealery) CheckpointKey() crypto.Signer { return s.notes }

// CheckpointVerifier is the public key of CheckpointSigner as note.NewVerifier reads it.
func (s *Sealery) CheckpointVerifier() string { return s.verifier }

// CheckpointVerifiers is the public key of CheckpointSigner for whoever checks a checkpoint or a proof: one line "name+hash+key" of
// c2sp.org/signed-note for each name that the key signs under. CheckpointVerifier, for the house checkpoint, is the first; those of the trees
// of the levels follow, for what readers are shown. The key is one, the names keep a signature for one tree from passing for another.
func (s *Sealery) CheckpointVerifiers() []byte { return []byte(s.verifiers) }

// PassKey signs the house's passes (JWT, Ed25519).
func (s *Sealery) PassKey() ed25519.PrivateKey { return s.pass }
