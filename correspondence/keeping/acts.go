package keeping

import "chancery/habilitation"

// Refiled gives a message another place in the filing plan.
type Refiled struct {
	Message  habilitation.ID `json:"message"`
	Position string          `json:"position"`
	Reason   string          `json:"reason"`
}

// Frozen forbids that a message be eliminated, until it is thawed. Several freezes may lie on one message.
type Frozen struct {
	Freeze  habilitation.ID `json:"freeze"`
	Message habilitation.ID `json:"message"`
	Reason  string          `json:"reason"`
}

// Thawed lifts one freeze.
type Thawed struct {
	Freeze  habilitation.ID `json:"freeze"`
	Message habilitation.ID `json:"message"`
	Reason  string          `json:"reason"`
}

// Kind is "message.refiled".
func (Refiled) Kind() string { return "message.refiled" }

// Kind is "message.frozen".
func (Frozen) Kind() string { return "message.frozen" }

// Kind is "message.thawed".
func (Thawed) Kind() string { return "message.thawed" }

// Acts writes and reads the acts of this package.
var Acts = habilitation.NewCodec(
	habilitation.KindOf[Refiled](),
	habilitation.KindOf[Frozen](),
	habilitation.KindOf[Thawed](),
)
