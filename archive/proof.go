package archive

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows that a leaf is in a tree, to whoever holds the house's public key. Its text form is c2sp.org/tlog-proof:
//
//	c2sp.org/tlog-proof@v1
//	extra <the leaf in base64>
//	index 73894
//	<hash in base64>
//	…
//
//	<the signed checkpoint>
//
// A stranger recomputes the root with SHA-256 alone: hash the byte 0 and the leaf, then for each line the byte 1, left
// and right, and compares with the checkpoint's third line (RFC 6962 §2.1).
type Proof struct {
	// Leaf is the text of [Header.Leaf].
	Leaf []byte
	// Index is the leaf's place in the tree, from 0; Size is the tree's number of leaves at the checkpoint.
	Index, Size uint64
	// Hashes is the RFC 6962 §2.1.1 audit path from the leaf upwards.
	Hashes [][32]byte
	// Checkpoint is the signed note that commits to the tree.
	Checkpoint []byte
}

const proofFirstLine = "c2sp.org/tlog-proof@v1\n"

// maxAuditPath is the longest path there is: a tree has fewer than 2^63 leaves.
const maxAuditPath = 63

// MarshalText writes the text form.
func (p Proof) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(proofFirstLine)
	fmt.Fprintf(&b, "extra %s\nindex %d\n", base64.StdEncoding.EncodeToString(p.Leaf), p.Index)
	for _, hash := range p.Hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes(), nil
}

// UnmarshalText reads what MarshalText wrote, and nothing else. It checks the form; [CheckProof] checks the proof.
func (p *Proof) UnmarshalText(text []byte) error {
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	rest, first := strings.CutPrefix(head+"\n", proofFirstLine)
	lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	if !ok || !first || len(lines) < 2 || len(lines) > 2+maxAuditPath {
		return fmt.Errorf("read proof: %w", ErrBadProof)
	}
	read := Proof{Checkpoint: []byte(checkpoint)}
	leaf, isExtra := strings.CutPrefix(lines[0], "extra ")
	index, isIndex := strings.CutPrefix(lines[1], "index ")
	var leafErr, indexErr error
	read.Leaf, leafErr = base64.StdEncoding.DecodeString(leaf)
	read.Index, indexErr = strconv.ParseUint(index, 10, 63)
	if !isExtra || !isIndex || leafErr != nil || indexErr != nil {
		return fmt.Errorf("read proof: leaf or index: %w", ErrBadProof)
	}
	for _, line := range lines[2:] {
		hash, err := parseHash(line)
		if err != nil {
			return fmt.Errorf("read proof: %w", err)
		}
		read.Hashes = append(read.Hashes, hash)
	}
	if err := read.readSize(); err != nil {
		return err
	}
	if again, err := read.MarshalText(); err != nil || !bytes.Equal(again, text) {
		return fmt.Errorf("read proof: %w", ErrBadProof)
	}
	*p = read
	return nil
}

// readSize takes the tree's size from the checkpoint's text.
func (p *Proof) readSize() error {
	text, _, ok := strings.Cut(string(p.Checkpoint), "\n\n")
	if !ok {
		return fmt.Errorf("read proof: no signature: %w", ErrBadProof)
	}
	c, err := ParseCheckpoint(text + "\n")
	if err != nil {
		return fmt.Errorf("read proof: %w", err)
	}
	p.Size = c.Size
	return nil
}

// CheckProof checks the checkpoint's signature under the verifier key, that the key is for that very tree, and that the
// leaf is where the proof says. The error wraps ErrBadProof. That the leaf is the right one is for the caller to see.
func CheckProof(p Proof, verifierKey string) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, verifierKey)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: %w", err)
	}
	if p.Size != c.Size || p.Index >= c.Size {
		return Checkpoint{}, fmt.Errorf("check proof: leaf %d of %d: %w", p.Index, c.Size, ErrBadProof)
	}
	path := make(tlog.RecordProof, len(p.Hashes))
	for i, hash := range p.Hashes {
		path[i] = tlog.Hash(hash)
	}
	err = tlog.CheckRecord(path, int64(c.Size), tlog.Hash(c.Root), int64(p.Index), tlog.RecordHash(p.Leaf))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: %w: %w", ErrBadProof, err)
	}
	return c, nil
}
