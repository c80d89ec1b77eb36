package circuit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"chancery/habilitation"
)

// Digest is the SHA-256 of a message's content as it would be signed: what a visa binds.
type Digest [sha256.Size]byte

// ErrBadDigest is returned for a text that is not 64 lower-case hexadecimal characters.
var ErrBadDigest = errors.New("not a digest of content")

// ParseDigest reads what String writes.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(d) || hex.EncodeToString(raw) != text {
		return d, ErrBadDigest
	}
	return Digest(raw), nil
}

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digest for JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	read, err := ParseDigest(string(text))
	if err != nil {
		return fmt.Errorf("read digest %q: %w", text, err)
	}
	*d = read
	return nil
}

// Reviewer is whose visa is asked: one agent's, or that of a group, which one of its signatories gives. Exactly one of the two is set.
type Reviewer struct {
	Agent    habilitation.AgentID    `json:"agent,omitempty"`
	Audience habilitation.AudienceID `json:"audience,omitempty"`
}

func (r Reviewer) valid() bool { return (r.Agent == 0) != (r.Audience == 0) }

// Step is the reviewers who are asked at the same time. It is done when all of them have given their visa, or one where one is enough.
type Step struct {
	Reviewers []Reviewer `json:"reviewers"`
	All       bool       `json:"all"` // every reviewer's visa is needed
}

// The bounds of a circuit.
const (
	MaxSteps     = 20
	MaxReviewers = 50 // of one step
)

// ErrBadSteps is returned for steps that are no circuit: none, too many, a step without reviewers, a reviewer twice in a step.
var ErrBadSteps = errors.New("not the steps of a circuit")

// checkSteps holds steps against the bounds; a rule without steps is one withdrawn and is checked by its caller.
func checkSteps(steps []Step) error {
	if len(steps) == 0 || len(steps) > MaxSteps {
		return fmt.Errorf("%d steps: %w", len(steps), ErrBadSteps)
	}
	for i, step := range steps {
		if len(step.Reviewers) == 0 || len(step.Reviewers) > MaxReviewers {
			return fmt.Errorf("step %d with %d reviewers: %w", i+1, len(step.Reviewers), ErrBadSteps)
		}
		for j, r := range step.Reviewers {
			if !r.valid() || slices.Contains(step.Reviewers[:j], r) {
				return fmt.Errorf("step %d, reviewer %d: %w", i+1, j+1, ErrBadSteps)
			}
		}
	}
	return nil
}

func cloneSteps(steps []Step) []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		out[i] = Step{Reviewers: slices.Clone(s.Reviewers), All: s.All}
	}
	return out
}

// Verdict is what a reviewer says of a text.
type Verdict string

const (
	// Approved is a plain visa.
	Approved Verdict = "approved"
	// ApprovedWithRemarks is a visa that goes with remarks, which bind nobody.
	ApprovedWithRemarks Verdict = "remarks"
)

// Valid reports whether v is one of the two.
func (v Verdict) Valid() bool { return v == Approved || v == ApprovedWithRemarks }

// VisaText is what the reviewer's own certificate signs: the draft, the round, the content, the verdict, and the comment as it was given.
// It holds no number and no date: the first does not exist yet, the second stands in the signature.
func VisaText(draft habilitation.ID, round int, content Digest, verdict Verdict, comment string) []byte {
	return fmt.Appendf(nil, "chancery visa 1\ndraft %s\nround %d\ncontent sha256=%s\nverdict %s\n\n%s", draft, round, content, verdict, comment)
}
