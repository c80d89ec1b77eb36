package correspondence

import "fmt"

// Kind is what a message is in the trade.
type Kind uint8

const (
	// Telegram (télégramme diplomatique, TD) always carries a summary.
	Telegram Kind = 1
	// Note is a written note between services.
	Note Kind = 2
	// Mail (courriel formel) is a formal mail.
	Mail Kind = 3
)

// Role says on which line of the message an addressee stands.
type Role uint8

const (
	// Action (AD) is who must act or answer.
	Action Role = 1
	// Info (CQ) receives a copy for information.
	Info Role = 2
)

// Qualification is what the producer asks of one addressee. It orders the reader's day and restricts nobody's access.
type Qualification uint8

const (
	// ForInformation asks nothing.
	ForInformation Qualification = 1
	// ToRead asks to be read.
	ToRead Qualification = 2
	// ToDo asks for something to be done before a deadline.
	ToDo Qualification = 3
)

// Precedence is how fast a message must be handled; a copy's is never above the action's.
type Precedence uint8

// The five precedences from the lowest.
const (
	Routine Precedence = iota + 1
	Priority
	Urgent
	Immediate
	Flash
)

var (
	kindNames          = []string{"", "telegram", "note", "mail"}
	roleNames          = []string{"", "action", "info"}
	qualificationNames = []string{"", "information", "read", "do"}
	precedenceNames    = []string{"", "routine", "priority", "urgent", "immediate", "flash"}
)

// KindNames, QualificationNames and PrecedenceNames list the names that programs use, in order.
func KindNames() []string          { return append([]string(nil), kindNames[1:]...) }
func QualificationNames() []string { return append([]string(nil), qualificationNames[1:]...) }
func PrecedenceNames() []string    { return append([]string(nil), precedenceNames[1:]...) }

func (k Kind) String() string          { return nameOf(kindNames, uint8(k)) }
func (r Role) String() string          { return nameOf(roleNames, uint8(r)) }
func (q Qualification) String() string { return nameOf(qualificationNames, uint8(q)) }
func (p Precedence) String() string    { return nameOf(precedenceNames, uint8(p)) }

func (k Kind) MarshalText() ([]byte, error)          { return []byte(k.String()), nil }
func (r Role) MarshalText() ([]byte, error)          { return []byte(r.String()), nil }
func (q Qualification) MarshalText() ([]byte, error) { return []byte(q.String()), nil }
func (p Precedence) MarshalText() ([]byte, error)    { return []byte(p.String()), nil }

func (k *Kind) UnmarshalText(b []byte) error          { return setByName(k, kindNames, b) }
func (r *Role) UnmarshalText(b []byte) error          { return setByName(r, roleNames, b) }
func (q *Qualification) UnmarshalText(b []byte) error { return setByName(q, qualificationNames, b) }
func (p *Precedence) UnmarshalText(b []byte) error    { return setByName(p, precedenceNames, b) }

func nameOf(names []string, value uint8) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("unknown-%d", value)
}

func valueOf(names []string, name string) (uint8, bool) {
	for i, n := range names {
		if n == name {
			return uint8(i), true
		}
	}
	return 0, false
}

func setByName[T ~uint8](to *T, names []string, text []byte) error {
	value, ok := valueOf(names, string(text))
	if !ok {
		return fmt.Errorf("%q: not one of %q", text, names[1:])
	}
	*to = T(value)
	return nil
}
