package habilitation

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

const (
	// PasswordMin is the fewest characters of a password, counted in Unicode normal form C.
	PasswordMin = 12
	// PasswordMax is the most characters of a password, counted likewise.
	PasswordMax = 128
	// hashingsAtOnce bounds the memory that sign-ins take together.
	hashingsAtOnce = 4

	saltSize   = 16
	digestSize = 32
)

var (
	// ErrPasswordPolicy is returned for a password that is too short, too long or not text.
	ErrPasswordPolicy = errors.New("a password has 12 to 128 characters")
	// errBadPHC is for a stored hash that cannot be read.
	errBadPHC = errors.New("not an argon2id hash in PHC form")
)

// Argon is the cost of hashing one password with argon2id (RFC 9106).
type Argon struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

var (
	// ProductionArgon is 46 MiB, one pass, one thread: the first choice of the OWASP password storage paper.
	ProductionArgon = Argon{Memory: 46 << 10, Passes: 1, Threads: 1}
	// CheapestArgon is for test houses; a house's configuration refuses it.
	CheapestArgon = Argon{Memory: 8, Passes: 1, Threads: 1}
)

// check keeps a hash from outside within what argon2id allows and this process can bear: 1 GiB, 16 passes.
func (a Argon) check() error {
	if a.Threads < 1 || a.Passes < 1 || a.Passes > 16 || a.Memory < 8*uint32(a.Threads) || a.Memory > 1<<20 {
		return fmt.Errorf("argon2id m=%d,t=%d,p=%d: out of range", a.Memory, a.Passes, a.Threads)
	}
	return nil
}

// HashPassword checks the password against the policy and hashes it with a fresh salt, in PHC form. It is for filling a house from the
// command line, one password after the other; a running house sets passwords through its Authority, which bounds the memory taken.
func HashPassword(ctx context.Context, password string, a Argon) (phc string, err error) {
	return newHasher(a, rand.Reader).hash(ctx, password)
}

// CheckPassword is ErrPasswordPolicy for what cannot be a password.
func CheckPassword(password string) error {
	_, err := preparePassword(password)
	return err
}

// CheckHash is an error for what cannot be the hash of a password.
func CheckHash(stored string) error {
	_, err := parsePHC(stored)
	return err
}

// preparePassword brings a password into normal form C and checks the policy.
func preparePassword(password string) (string, error) {
	if len(password) > 4*utf8.UTFMax*PasswordMax || !utf8.ValidString(password) {
		return "", ErrPasswordPolicy
	}
	normal := norm.NFC.String(password)
	if n := utf8.RuneCountInString(normal); n < PasswordMin || n > PasswordMax {
		return "", ErrPasswordPolicy
	}
	return normal, nil
}

// hasher hashes with one set of parameters, a few at a time.
type hasher struct {
	argon  Argon
	random io.Reader
	places chan struct{} // one element for each hashing under way
}

func newHasher(a Argon, random io.Reader) *hasher {
	return &hasher{argon: a, random: random, places: make(chan struct{}, hashingsAtOnce)}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	normal, err := preparePassword(password)
	if err != nil {
		return "", err
	}
	if err := h.argon.check(); err != nil {
		return "", err
	}
	p := phc{argon: h.argon, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(h.random, p.salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	if p.digest, err = h.run(ctx, normal, p, digestSize); err != nil {
		return "", err
	}
	return p.String(), nil
}

// verify reports whether the password is the one hashed, and whether it ought to be hashed again because the parameters have changed.
// A password outside the policy costs as much as another.
func (h *hasher) verify(ctx context.Context, password, stored string) (same, stale bool, err error) {
	p, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	normal, policy := preparePassword(password)
	digest, err := h.run(ctx, normal, p, len(p.digest))
	if err != nil {
		return false, false, err
	}
	same = subtle.ConstantTimeCompare(digest, p.digest) == 1 && policy == nil
	return same, p.argon != h.argon, nil
}

// dummy is a hash of nothing known with the current parameters: it is verified where there is no password, for the same cost.
func (h *hasher) dummy() string {
	return phc{argon: h.argon, salt: make([]byte, saltSize), digest: make([]byte, digestSize)}.String()
}

// run waits for a place, or for the end of the context.
func (h *hasher) run(ctx context.Context, normal string, p phc, size int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(normal), p.salt, p.argon.Passes, p.argon.Memory, p.argon.Threads, uint32(size)), nil
}

// phc is a hash in the PHC string format: $argon2id$v=19$m=47104,t=1,p=1$salt$digest.
type phc struct {
	argon  Argon
	salt   []byte
	digest []byte
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.argon.Memory, p.argon.Passes, p.argon.Threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.digest))
}

// parsePHC reads what String wrote, and no other spelling.
func parsePHC(text string) (phc, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 {
		return phc{}, errBadPHC
	}
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return phc{}, errBadPHC
	}
	memory := cost(costs[0], "m=", 32)
	passes := cost(costs[1], "t=", 32)
	threads := cost(costs[2], "p=", 8)
	p := phc{argon: Argon{Memory: uint32(memory), Passes: uint32(passes), Threads: uint8(threads)}}
	p.salt, _ = base64.RawStdEncoding.Strict().DecodeString(fields[4])
	p.digest, _ = base64.RawStdEncoding.Strict().DecodeString(fields[5])
	if p.argon.check() != nil || len(p.salt) < 8 || len(p.digest) < 16 || len(p.digest) > 64 || p.String() != text {
		return phc{}, errBadPHC
	}
	return p, nil
}

// cost reads one parameter; zero, which check refuses, when it cannot.
func cost(field, name string, bits int) uint64 {
	text, ok := strings.CutPrefix(field, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return 0
	}
	return n
}
