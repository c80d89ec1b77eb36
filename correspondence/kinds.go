package correspondence

import (
	"fmt"

	"chancery/habilitation"
)

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

// Receipt is the acknowledgement that the producer asks of one addressee.
type Receipt uint8

// The receipts, from none; each contains those before it.
const (
	NoReceipt Receipt = iota
	DeliveryReceipt
	ReadingReceipt
	ChargeReceipt // that somebody has taken it in charge
)

// DistributionClass is how far the addressee may pass a message on inside their house; zero is no class.
type DistributionClass uint8

// The classes of distribution of French telegrams.
const (
	ForDirectors DistributionClass = iota + 1
	ForServices
	StrictlyLimited
)

// How is what a correction does to the message it corrects.
type How uint8

// The corrections. Raises and Lowers change the level of the corrected message from the moment of their release.
const (
	Rectifies How = iota + 1
	Cancels
	Replaces
	Raises
	Lowers
)

var (
	receiptNames       = []string{"none", "delivery", "reading", "charge"}
	distributionNames  = []string{"", "directors", "services", "strictly-limited"}
	howNames           = []string{"", "rectifies", "cancels", "replaces", "raises", "lowers"}
	kindNames          = []string{"", "telegram", "note", "mail"}
	roleNames          = []string{"", "action", "info"}
	qualificationNames = []string{"", "information", "read", "do"}
	precedenceNames    = []string{"", "routine", "priority", "urgent", "immediate", "flash"}
)

// KindNames, QualificationNames and PrecedenceNames list the names that programs use, in order.
func KindNames() []string          { return append([]string(nil), kindNames[1:]...) }
func QualificationNames() []string { return append([]string(nil), qualificationNames[1:]...) }
func PrecedenceNames() []string    { return append([]string(nil), precedenceNames[1:]...) }

// ReceiptNames, DistributionNames and HowNames list the names that programs use, in order.
func ReceiptNames() []string      { return append([]string(nil), receiptNames...) }
func DistributionNames() []string { return append([]string(nil), distributionNames[1:]...) }
func HowNames() []string          { return append([]string(nil), howNames[1:]...) }

func (r Receipt) String() string           { return nameOf(receiptNames, uint8(r)) }
func (c DistributionClass) String() string { return nameOf(distributionNames, uint8(c)) }
func (h How) String() string               { return nameOf(howNames, uint8(h)) }

// Overtakes reports whether nothing is to be done any more for what is corrected so.
func (h How) Overtakes() bool { return h == Cancels || h == Replaces }

func (r Receipt) MarshalText() ([]byte, error)           { return []byte(r.String()), nil }
func (c DistributionClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
func (h How) MarshalText() ([]byte, error)               { return []byte(h.String()), nil }

func (r *Receipt) UnmarshalText(b []byte) error           { return setByName(r, receiptNames, b) }
func (c *DistributionClass) UnmarshalText(b []byte) error { return setByName(c, distributionNames, b) }
func (h *How) UnmarshalText(b []byte) error               { return setByName(h, howNames, b) }

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

func levelNames() []string {
	names := make([]string, 0, len(habilitation.Levels))
	for _, level := range habilitation.Levels {
		names = append(names, level.String())
	}
	return names
}

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
