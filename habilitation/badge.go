package habilitation

import "time"

// Badge is an agent on a terminal in a session, with the rights of the moment it was minted. Only an Authority mints one that admits
// anything; the zero badge is nobody's and admits nothing. A badge is a value of its holder and never travels in a context.
type Badge struct {
	agent     AgentID
	terminal  ID
	session   ID
	proved    int64 // seconds since 1970; zero: never
	perimeter *Perimeter
}

// Agent is who holds the badge; zero for the zero badge.
func (b Badge) Agent() AgentID { return b.agent }

// Terminal is the registered terminal the agent is on; zero for one that the house does not know.
func (b Badge) Terminal() ID { return b.terminal }

// Session is the sign-in that the badge follows from; zero for a badge of the house's own making.
func (b Badge) Session() ID { return b.session }

// ProvedAt is when the holder last showed the password, to the second: at the sign-in, or at a step-up since. A badge of the house's own
// making was proved when it was minted. It is the zero time for the zero badge.
func (b Badge) ProvedAt() time.Time {
	if b.proved == 0 {
		return time.Time{}
	}
	return time.Unix(b.proved, 0).UTC()
}

// Level is the highest level that the badge reads: the lower of the agent's and the terminal's. The zero badge reads none.
func (b Badge) Level() Level {
	if b.perimeter == nil {
		return 0
	}
	return b.perimeter.Ceiling()
}

// Perimeter is what the badge may read; never nil, and empty for the zero badge.
func (b Badge) Perimeter() *Perimeter {
	if b.perimeter == nil {
		return &Perimeter{}
	}
	return b.perimeter
}
