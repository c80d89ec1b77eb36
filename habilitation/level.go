package habilitation

import "fmt"

// Level is how far a message may travel, and how far an agent, a terminal or a session may read.
// The zero level admits nobody and no message bears it.
type Level uint8

const (
	// Unprotected (non protégé) may be read on any terminal.
	Unprotected Level = 1
	// Restricted (diffusion restreinte) needs a cleared agent on a cleared terminal.
	Restricted Level = 2
)

// Levels lists every level from the lowest.
var Levels = [...]Level{Unprotected, Restricted}

// Valid reports whether l is one of the two levels.
func (l Level) Valid() bool { return l == Unprotected || l == Restricted }

// String is the level's stable name in programs: "unprotected" or "restricted".
func (l Level) String() string {
	switch l {
	case Unprotected:
		return "unprotected"
	case Restricted:
		return "restricted"
	}
	return "none"
}

// ParseLevel reads the name that String writes.
func ParseLevel(name string) (Level, error) {
	for _, l := range Levels {
		if l.String() == name {
			return l, nil
		}
	}
	return 0, fmt.Errorf("level %q: neither unprotected nor restricted", name)
}

// MarshalText writes the level's name; a level that admits nobody cannot be written.
func (l Level) MarshalText() ([]byte, error) {
	if !l.Valid() {
		return nil, fmt.Errorf("write level %d: no such level", uint8(l))
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads the name that MarshalText wrote.
func (l *Level) UnmarshalText(text []byte) error {
	level, err := ParseLevel(string(text))
	if err != nil {
		return err
	}
	*l = level
	return nil
}
