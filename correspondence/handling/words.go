package handling

import (
	"errors"
	"fmt"
	"slices"
)

// Role is the line of the message that an addressee stands on. Its numbers are those of a released message.
type Role uint8

// The two lines: action (AD) must act or answer, information (CQ) receives a copy.
const (
	Action Role = iota + 1
	Info
)

// Asked is what the producer asks of an addressee. Its numbers are those of a released message.
type Asked uint8

// What is asked: nothing, to read, to do something before a deadline.
const (
	ForInformation Asked = iota + 1
	ToRead
	ToDo
)

// Receipt is what the originator asked to be told of an addressee.
type Receipt uint8

// The receipts: none, of delivery, of reading, of taking in charge. Only the last two name somebody.
const (
	NoReceipt Receipt = iota
	OfDelivery
	OfReading
	OfCharge
)

// State is how far an addressee has come with a message.
type State uint8

const (
	// Undelivered: no member of the addressee is cleared for it; the operator desk is told.
	Undelivered State = iota + 1
	// Delivered: a member can read it.
	Delivered
	// Read: a member has opened it.
	Read
	// Taken in charge by a named agent.
	Taken
	// Answered by a message of the addressee. The fold keeps answers apart from states, because who may not read the answer must not learn of it.
	Answered
	// Closed without answer, with its reason.
	Closed
	// Reassigned to another addressee.
	Reassigned
	// Misaddressed: the operator desk finds the right addressee.
	Misaddressed
)

// Ended reports whether nothing is to be done any more by this addressee.
func (s State) Ended() bool {
	return s == Answered || s == Closed || s == Reassigned || s == Misaddressed
}

// Ground is by what right an addressee was added after the release.
type Ground uint8

// The grounds: a signatory of the origin completes the address, the number two of an addressee passes it on, the operator desk finds the right one.
const (
	ByOrigin Ground = iota + 1
	ByAddressee
	ByOperator
)

// Why is what brought a message to the operator desk.
type Why uint8

// The reasons: nobody of an addressee is cleared, an addressee says it is not theirs, nobody is addressed, nobody can read what came in.
const (
	WhyUndelivered Why = iota + 1
	WhyMisaddressed
	WhyUnaddressed
	WhyUnreadable
)

var (
	roleNames    = []string{"", "action", "info"}
	askedNames   = []string{"", "information", "read", "do"}
	receiptNames = []string{"none", "delivery", "reading", "charge"}
	stateNames   = []string{"", "undelivered", "delivered", "read", "taken", "answered", "closed", "reassigned", "misaddressed"}
	groundNames  = []string{"", "origin", "addressee", "operator"}
	whyNames     = []string{"", "undelivered", "misaddressed", "unaddressed", "unreadable"}
)

// ErrBadWord is returned for a text that names nothing of the kind asked for.
var ErrBadWord = errors.New("no such word")

func (r Role) String() string    { return nameOf(roleNames, r) }
func (a Asked) String() string   { return nameOf(askedNames, a) }
func (r Receipt) String() string { return nameOf(receiptNames, r) }
func (s State) String() string   { return nameOf(stateNames, s) }
func (g Ground) String() string  { return nameOf(groundNames, g) }
func (w Why) String() string     { return nameOf(whyNames, w) }

func (r Role) MarshalText() ([]byte, error)    { return write(roleNames, r) }
func (a Asked) MarshalText() ([]byte, error)   { return write(askedNames, a) }
func (r Receipt) MarshalText() ([]byte, error) { return write(receiptNames, r) }
func (s State) MarshalText() ([]byte, error)   { return write(stateNames, s) }
func (g Ground) MarshalText() ([]byte, error)  { return write(groundNames, g) }
func (w Why) MarshalText() ([]byte, error)     { return write(whyNames, w) }

func (r *Role) UnmarshalText(text []byte) error    { return read(r, roleNames, text) }
func (a *Asked) UnmarshalText(text []byte) error   { return read(a, askedNames, text) }
func (r *Receipt) UnmarshalText(text []byte) error { return read(r, receiptNames, text) }
func (s *State) UnmarshalText(text []byte) error   { return read(s, stateNames, text) }
func (g *Ground) UnmarshalText(text []byte) error  { return read(g, groundNames, text) }
func (w *Why) UnmarshalText(text []byte) error     { return read(w, whyNames, text) }

func nameOf[T ~uint8](names []string, value T) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("unknown-%d", value)
}

func known[T ~uint8](names []string, value T) bool {
	return int(value) < len(names) && names[value] != ""
}

func write[T ~uint8](names []string, value T) ([]byte, error) {
	if !known(names, value) {
		return nil, fmt.Errorf("write %d: %w", value, ErrBadWord)
	}
	return []byte(names[value]), nil
}

func read[T ~uint8](to *T, names []string, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 || names[i] == "" {
		return fmt.Errorf("read %q: %w", text, ErrBadWord)
	}
	*to = T(i)
	return nil
}
