package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"chancery/habilitation"
)

// Header is everything about an entry but its payload.
type Header struct {
	Seq     Seq
	ID      habilitation.ID
	Kind    string
	Version uint8
	Actor   habilitation.AgentID
	Level   habilitation.Level
	Tree    Tree
	// Time has whole microseconds and is in UTC.
	Time time.Time
	// Digest is the payload's, see [PayloadDigest].
	Digest [32]byte
	// Index is the leaf's place in its tree, from 0; zero in NoTree.
	Index uint64
	// Cites is the head of the other journal when this was decided, or the zero Head.
	Cites Head
}

const (
	payloadDomain = "chancery payload v1\n"
	chainDomain   = "chancery chain v1\n"
	leafDomain    = "chancery leaf v1\n"
	leafTime      = "2006-01-02T15:04:05.000000Z"

	headerVersion = 1
	// headerFixed is the length of an encoded header without its kind.
	headerFixed = 1 + 8 + 16 + 1 + 1 + 4 + 1 + 1 + 8 + 32 + 8 + 8 + 32
)

// PayloadDigest is the digest a header carries: SHA-256 over the line "chancery payload v1", the salt and the payload.
// The salt keeps a guessed payload from being confirmed by the header alone.
func PayloadDigest(salt [32]byte, payload []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(payloadDomain))
	h.Write(salt[:])
	h.Write(payload)
	return [32]byte(h.Sum(nil))
}

// EmptyHead is the head of a journal without entries.
func EmptyHead() Head { return Head{Hash: sha256.Sum256([]byte(chainDomain))} }

// Follow is the head after the header: SHA-256 over the line "chancery chain v1", the hash before and the header's
// bytes. It does not check that the sequences follow each other.
func (h Head) Follow(header Header) Head {
	sum := sha256.New()
	sum.Write([]byte(chainDomain))
	sum.Write(h.Hash[:])
	sum.Write(header.AppendBinary(make([]byte, 0, headerFixed+len(header.Kind))))
	return Head{Seq: header.Seq, Hash: [32]byte(sum.Sum(nil))}
}

// Leaf is the text that a tree commits to: what a reader cleared for that tree may know of the entry. It holds neither
// sequence nor citation nor the actor's number, for these depend on entries that the reader may not see.
//
//	chancery leaf v1
//	0123456789abcdefghjkmnpqrs        the identity
//	message.released 1                kind and version
//	unprotected unprotected           level and tree
//	2026-11-22T09:30:00.000000Z       the time
//	63af…                             the payload's digest in hexadecimal
func (h Header) Leaf() []byte {
	b := make([]byte, 0, 256)
	b = append(b, leafDomain...)
	b = append(b, h.ID.String()...)
	b = fmt.Appendf(b, "\n%s %d\n%s %s\n", h.Kind, h.Version, h.Level, h.Tree)
	b = h.Time.UTC().AppendFormat(b, leafTime)
	b = append(b, '\n')
	b = hex.AppendEncode(b, h.Digest[:])
	return append(b, '\n')
}

// AppendBinary appends the header's one encoding, which the chain commits to. All integers are big-endian:
//
//	version 1 | seq 8 | id 16 | kind: length 1, bytes | format version 1 | actor 4 | level 1 | tree 1 |
//	time in microseconds since 1970, 8 | digest 32 | index 8 | cited seq 8 | cited hash 32
func (h Header) AppendBinary(b []byte) []byte {
	b = append(b, headerVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Seq))
	b = append(b, h.ID[:]...)
	b = append(b, uint8(len(h.Kind)))
	b = append(b, h.Kind...)
	b = append(b, h.Version)
	b = binary.BigEndian.AppendUint32(b, uint32(h.Actor))
	b = append(b, uint8(h.Level), uint8(h.Tree))
	b = binary.BigEndian.AppendUint64(b, uint64(h.Time.UnixMicro()))
	b = append(b, h.Digest[:]...)
	b = binary.BigEndian.AppendUint64(b, h.Index)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Cites.Seq))
	return append(b, h.Cites.Hash[:]...)
}

// DecodeHeader reads what AppendBinary wrote and refuses everything else: ErrVersion for a later encoding, ErrDamaged
// for bytes that no header has.
func DecodeHeader(b []byte) (Header, error) {
	var h Header
	if len(b) > 0 && b[0] != headerVersion {
		return h, fmt.Errorf("decode header of version %d: %w", b[0], ErrVersion)
	}
	const kindAt = 1 + 8 + 16
	if len(b) <= kindAt || len(b) != headerFixed+int(b[kindAt]) {
		return h, fmt.Errorf("decode header of %d bytes: %w", len(b), ErrDamaged)
	}
	h.Seq = Seq(binary.BigEndian.Uint64(b[1:]))
	h.ID = habilitation.ID(b[9:kindAt])
	h.Kind = string(b[kindAt+1 : kindAt+1+int(b[kindAt])])
	h.decodeRest(b[kindAt+1+len(h.Kind):])
	if !h.sound() || !bytes.Equal(h.AppendBinary(make([]byte, 0, len(b))), b) {
		return Header{}, fmt.Errorf("decode header: %w", ErrDamaged)
	}
	return h, nil
}

// decodeRest reads what follows the kind; its length was checked.
func (h *Header) decodeRest(b []byte) {
	h.Version = b[0]
	h.Actor = habilitation.AgentID(binary.BigEndian.Uint32(b[1:]))
	h.Level, h.Tree = habilitation.Level(b[5]), Tree(b[6])
	h.Time = time.UnixMicro(int64(binary.BigEndian.Uint64(b[7:]))).UTC()
	h.Digest = [32]byte(b[15:47])
	h.Index = binary.BigEndian.Uint64(b[47:])
	h.Cites.Seq = Seq(binary.BigEndian.Uint64(b[55:]))
	h.Cites.Hash = [32]byte(b[63:95])
}

// sound reports whether the journal could have written the header.
func (h Header) sound() bool {
	return h.Seq > 0 && !h.ID.IsZero() && validKind(h.Kind) && h.Tree.takes(h.Level) &&
		(h.Tree != NoTree || h.Index == 0) && h.Time.Year() >= 1 && h.Time.Year() <= 9999
}
