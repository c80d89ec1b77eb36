package habilitation

// Badge is an agent on a terminal in a session, with the rights of the moment it was minted. Only an Authority mints one that admits
// anything; the zero badge is nobody's and admits nothing. A badge is a value of its holder and never travels in a context.
type Badge struct {
	agent     AgentID
	terminal  ID
	session   ID
	perimeter *Perimeter
}

// Agent is who holds the badge; zero for the zero badge.
func (b Badge) Agent() AgentID { return b.agent }

// Terminal is the registered terminal the agent is on; zero for one that the house does not know.
func (b Badge) Terminal() ID { return b.terminal }

// Session is the sign-in that the badge follows from; zero for a badge of the house's own making.
func (b Badge) Session() ID { return b.session }

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
