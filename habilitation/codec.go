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

// actVersion is the version of every kind of act in this package.
const actVersion = 1

// readers gives each kind its decoder.
var readers = map[string]func([]byte) (Act, error){
	AgentAdded{}.Kind():          ReadAct[AgentAdded],
	AgentCleared{}.Kind():        ReadAct[AgentCleared],
	AgentAppointed{}.Kind():      ReadAct[AgentAppointed],
	AgentDisabled{}.Kind():       ReadAct[AgentDisabled],
	AgentEnabled{}.Kind():        ReadAct[AgentEnabled],
	TerminalRegistered{}.Kind():  ReadAct[TerminalRegistered],
	TerminalCleared{}.Kind():     ReadAct[TerminalCleared],
	TerminalWithdrawn{}.Kind():   ReadAct[TerminalWithdrawn],
	AudienceCreated{}.Kind():     ReadAct[AudienceCreated],
	MemberJoined{}.Kind():        ReadAct[MemberJoined],
	MemberLeft{}.Kind():          ReadAct[MemberLeft],
	SignupRequested{}.Kind():     ReadAct[SignupRequested],
	SignupAccepted{}.Kind():      ReadAct[SignupAccepted],
	SignupRefused{}.Kind():       ReadAct[SignupRefused],
	DelegationGiven{}.Kind():     ReadAct[DelegationGiven],
	DelegationEnded{}.Kind():     ReadAct[DelegationEnded],
	RosterSet{}.Kind():           ReadAct[RosterSet],
	CollectiveDefined{}.Kind():   ReadAct[CollectiveDefined],
	CollectiveWithdrawn{}.Kind(): ReadAct[CollectiveWithdrawn],
	OperatorDeskNamed{}.Kind():   ReadAct[OperatorDeskNamed],
}

// DecodeAct reads an act of this package as EncodeAct wrote it. A kind or version that is not ours is ErrUnknownKind,
// anything else than its exact fields is ErrBadPayload.
func DecodeAct(kind string, version uint8, payload []byte) (Act, error) {
	read, ok := readers[kind]
	if !ok || version != actVersion {
		return nil, fmt.Errorf("read %s version %d: %w", kind, version, ErrUnknownKind)
	}
	act, err := read(payload)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	return act, nil
}

// EncodeAct writes an act of this package for the journal.
func EncodeAct(act Act) (version uint8, payload []byte, err error) {
	if _, ok := readers[act.Kind()]; !ok {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), ErrUnknownKind)
	}
	payload, err = json.Marshal(act)
	if err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", act.Kind(), err)
	}
	return actVersion, payload, nil
}

// ReadAct decodes one kind of act with UnmarshalStrict; packages that have acts of their own build their decoders from it.
func ReadAct[T Act](payload []byte) (Act, error) {
	var act T
	if err := UnmarshalStrict(payload, &act); err != nil {
		return nil, err
	}
	return act, nil
}

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
