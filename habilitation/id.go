package habilitation

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
)

// ID is the random 128-bit identity of whatever the house names in public: a message, a request, a draft, a terminal.
// It carries no order and no count, so it tells nothing about its neighbours.
type ID [16]byte

// ErrBadID is returned for a text that is not an identity.
var ErrBadID = errors.New("not an identity")

// idEncoding is lower-case Crockford base32: 26 characters, no letter that is easily misread.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID draws an identity from the operating system.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // never fails: crypto/rand ends the program itself
	return id
}

// ParseID reads the 26 characters that String writes; every other spelling is ErrBadID.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 26 {
		return id, ErrBadID
	}
	raw, err := idEncoding.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, ErrBadID
	}
	copy(id[:], raw)
	if id.String() != text {
		return ID{}, ErrBadID
	}
	return id, nil
}

// String is the identity as it stands in addresses: 26 lower-case characters.
func (i ID) String() string { return idEncoding.EncodeToString(i[:]) }

// IsZero reports whether no identity was set.
func (i ID) IsZero() bool { return i == ID{} }

// MarshalText writes the identity for JSON.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (i *ID) UnmarshalText(text []byte) error {
	id, err := ParseID(string(text))
	if err != nil {
		return fmt.Errorf("read identity %q: %w", text, err)
	}
	*i = id
	return nil
}

// AgentID numbers the agents of the register in the order of their arrival, from 1. Zero is the house itself.
type AgentID uint32

// AudienceID numbers functional groups and interest communities together, from 1: wherever access is decided a group means either.
type AudienceID uint32

// TagID numbers the tags of the thesaurus from 1.
type TagID uint32
