package archive

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is the state of an RFC 6962 tree in the words of c2sp.org/tlog-checkpoint.
type Checkpoint struct {
	// Origin names the tree to the world: the house's origin, a slash, the tree's name; the house's alone for all.
	Origin string
	// Size is the number of leaves, in a house checkpoint the last sequence.
	Size uint64
	// Root is the tree's root, in a house checkpoint the chain hash.
	Root [32]byte
	// Extension is what further lines say: in a house checkpoint one line for each tree, see [HouseState].
	Extension []string
}

// TreeState is the size and root of one tree.
type TreeState struct {
	Tree Tree
	Size uint64
	Root [32]byte
}

// HouseState is all that a house checkpoint commits to.
type HouseState struct {
	Head  Head
	Trees []TreeState // one each, in the order of AllTrees
}

// TreeOrigin is the origin of one tree of the house.
func TreeOrigin(house string, tree Tree) string { return house + "/" + tree.String() }

// Text is the note's text: origin, size, root in base64, extension lines.
func (c Checkpoint) Text() string {
	lines := append([]string{c.Origin, strconv.FormatUint(c.Size, 10), base64.StdEncoding.EncodeToString(c.Root[:])}, c.Extension...)
	return strings.Join(lines, "\n") + "\n"
}

// ParseCheckpoint reads what Text writes, and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" || slices.Contains(lines[3:len(lines)-1], "") {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", ErrBadProof)
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: size %q: %w", lines[1], ErrBadProof)
	}
	c := Checkpoint{Origin: lines[0], Size: size, Extension: lines[3 : len(lines)-1]}
	if c.Root, err = parseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	if c.Text() != text {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", ErrBadProof)
	}
	return c, nil
}

// Checkpoint is the house state as a checkpoint: a line "acts 12 <root>" for each tree.
func (s HouseState) Checkpoint(origin string) Checkpoint {
	c := Checkpoint{Origin: origin, Size: uint64(s.Head.Seq), Root: s.Head.Hash}
	for _, t := range s.Trees {
		c.Extension = append(c.Extension, fmt.Sprintf("%s %d %s", t.Tree, t.Size, base64.StdEncoding.EncodeToString(t.Root[:])))
	}
	return c
}

// HouseState reads a house checkpoint.
func (c Checkpoint) HouseState() (HouseState, error) {
	s := HouseState{Head: Head{Seq: Seq(c.Size), Hash: c.Root}}
	trees := AllTrees()
	if len(c.Extension) != len(trees) {
		return s, fmt.Errorf("read house checkpoint: %d trees: %w", len(c.Extension), ErrBadProof)
	}
	for i, line := range c.Extension {
		words := strings.Split(line, " ")
		if len(words) != 3 || words[0] != trees[i].String() {
			return s, fmt.Errorf("read house checkpoint: line %q: %w", line, ErrBadProof)
		}
		size, err := strconv.ParseUint(words[1], 10, 63)
		if err != nil {
			return s, fmt.Errorf("read house checkpoint: size %q: %w", words[1], ErrBadProof)
		}
		root, err := parseHash(words[2])
		if err != nil {
			return s, fmt.Errorf("read house checkpoint: %w", err)
		}
		s.Trees = append(s.Trees, TreeState{Tree: trees[i], Size: size, Root: root})
	}
	return s, nil
}

func parseHash(text string) ([32]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, fmt.Errorf("hash %q: %w", text, ErrBadProof)
	}
	return [32]byte(raw), nil
}

// Sign is the checkpoint as a signed note. The key's name is the checkpoint's origin, so one Ed25519 key signs for
// every tree and a signature for one never passes for another.
func (c Checkpoint) Sign(key crypto.Signer) ([]byte, error) {
	signer, err := newNoteSigner(c.Origin, key)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint %s: %w", c.Origin, err)
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint %s: %w", c.Origin, err)
	}
	return signed, nil
}

// VerifierKey is the text by which strangers check signatures of the key over checkpoints of the origin
// (c2sp.org/signed-note): origin, key hash and key, joined by '+'.
func VerifierKey(origin string, key ed25519.PublicKey) (string, error) {
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return "", fmt.Errorf("write verifier key %s: %w", origin, err)
	}
	return text, nil
}

// OpenCheckpoint checks the note's signature and reads the checkpoint. The verifier key's name must be its origin.
func OpenCheckpoint(signed []byte, verifierKey string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read verifier key: %w", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w: %w", ErrBadProof, err)
	}
	c, err := ParseCheckpoint(opened.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("checkpoint of %s signed by %s: %w", c.Origin, verifier.Name(), ErrBadProof)
	}
	return c, nil
}

// noteSigner signs notes with any Ed25519 key behind crypto.Signer, so that the key may live in a device.
type noteSigner struct {
	name string
	hash uint32
	key  crypto.Signer
}

func newNoteSigner(name string, key crypto.Signer) (noteSigner, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return noteSigner{}, fmt.Errorf("a key of type %T: %w", key.Public(), ErrBadProof)
	}
	const algorithmEd25519 = 1 // c2sp.org/signed-note, signature types
	sum := sha256.Sum256(slices.Concat([]byte(name), []byte{'\n', algorithmEd25519}, public))
	return noteSigner{name: name, hash: binary.BigEndian.Uint32(sum[:]), key: key}, nil
}

func (s noteSigner) Name() string                    { return s.name }
func (s noteSigner) KeyHash() uint32                 { return s.hash }
func (s noteSigner) Sign(msg []byte) ([]byte, error) { return s.key.Sign(nil, msg, crypto.Hash(0)) }
