package habilitation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// ErrUnknownKind is returned for an act, or a version of it, that this program does not know. The journal's owner stops at it:
// a history that cannot be read in full is not folded in part.
var ErrUnknownKind = errors.New("unknown kind of act")

// ErrBadPayload is returned for bytes that are not the payload of an act.
var ErrBadPayload = errors.New("bad payload")

// Codec writes and reads the acts of one package, each kind with its exact fields. Every kind is in its first version.
type Codec struct {
	readers map[string]func([]byte) (Act, error)
}

// actVersion is the version of every kind of act.
const actVersion = 1

// ActKind is one kind of act with its reader.
type ActKind struct {
	name string
	read func([]byte) (Act, error)
}

// KindOf is the kind of a type of act.
func KindOf[T Act]() ActKind {
	var zero T
	return ActKind{zero.Kind(), readAct[T]}
}

func readAct[T Act](payload []byte) (Act, error) {
	var act T
	if err := UnmarshalStrict(payload, &act); err != nil {
		return nil, err
	}
	return act, nil
}

// NewCodec makes the codec of a package from all its kinds.
func NewCodec(kinds ...ActKind) Codec {
	c := Codec{readers: make(map[string]func([]byte) (Act, error), len(kinds))}
	for _, kind := range kinds {
		c.readers[kind.name] = kind.read
	}
	return c
}

// Owns reports whether an act is one of the package's.
func (c Codec) Owns(act Act) bool { return c.readers[act.Kind()] != nil }

// Decode reads an act as Encode wrote it. A kind or version that is not the package's is ErrUnknownKind, anything else than its exact fields is
// ErrBadPayload.
func (c Codec) Decode(kind string, version uint8, payload []byte) (Act, error) {
	read, known := c.readers[kind]
	if !known || version != actVersion {
		return nil, fmt.Errorf("read %s version %d: %w", kind, version, ErrUnknownKind)
	}
	act, err := read(payload)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	return act, nil
}

// Encode writes an act of the package for the journal.
func (c Codec) Encode(act Act) (version uint8, payload []byte, err error) {
	if !c.Owns(act) {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), ErrUnknownKind)
	}
	if payload, err = json.Marshal(act); err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), err)
	}
	return actVersion, payload, nil
}

// Acts writes and reads the acts of this package.
var Acts = NewCodec(
	KindOf[AgentAdded](),
	KindOf[AgentCleared](),
	KindOf[AgentAppointed](),
	KindOf[AgentDisabled](),
	KindOf[AgentEnabled](),
	KindOf[TerminalRegistered](),
	KindOf[TerminalCleared](),
	KindOf[TerminalWithdrawn](),
	KindOf[AudienceCreated](),
	KindOf[MemberJoined](),
	KindOf[MemberLeft](),
	KindOf[SignupRequested](),
	KindOf[SignupAccepted](),
	KindOf[SignupRefused](),
	KindOf[DelegationGiven](),
	KindOf[DelegationEnded](),
	KindOf[RosterSet](),
	KindOf[CollectiveDefined](),
	KindOf[CollectiveWithdrawn](),
	KindOf[OperatorDeskNamed](),
)

// UnmarshalStrict decodes one JSON value whose keys are lower-case ASCII. Unlike encoding/json alone it refuses unknown keys,
// keys that stand twice, keys in another case, text that is not UTF-8, and anything after the value.
func UnmarshalStrict(payload []byte, into any) error {
	if !utf8.Valid(payload) {
		return fmt.Errorf("%w: not UTF-8", ErrBadPayload)
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(payload)), 0); err != nil {
		return fmt.Errorf("%w: %w", ErrBadPayload, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrBadPayload, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", ErrBadPayload)
	}
	return nil
}

// checkKeys walks one value; depth is bounded so that a hostile payload cannot exhaust the stack.
func checkKeys(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == 16 {
		return errors.New("nested too deeply")
	}
	seen := make(map[string]bool)
	for decoder.More() {
		if open == '{' {
			if err := checkKey(decoder, seen); err != nil {
				return err
			}
		}
		if err := checkKeys(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

func checkKey(decoder *json.Decoder, seen map[string]bool) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	key, _ := token.(string)
	for _, c := range []byte(key) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return fmt.Errorf("key %q is not lower-case", key)
		}
	}
	if seen[key] {
		return fmt.Errorf("key %q stands twice", key)
	}
	seen[key] = true
	return nil
}
