package habilitation

import "time"

// DelegationGiven lends duties that an agent holds in an audience to another agent for a time. It ends by itself: nothing is decided at
// its end. Whoever uses it acts in their own name on behalf of the giver, and both are named.
type DelegationGiven struct {
	Delegation ID         `json:"delegation"`
	From       AgentID    `json:"from"`
	To         AgentID    `json:"to"`
	Audience   AudienceID `json:"audience"`
	Duties     Duty       `json:"duties"`
	Begins     time.Time  `json:"begins"`
	Ends       time.Time  `json:"ends"` // the first moment at which it is over
	Reason     string     `json:"reason"`
}

// DelegationEnded ends a delegation before its time.
type DelegationEnded struct {
	Delegation ID     `json:"delegation"`
	Reason     string `json:"reason,omitempty"`
}

// Watch is one agent's turn on the duty roster of an audience.
type Watch struct {
	Agent AgentID   `json:"agent"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // the first moment at which the turn is over
}

// RosterSet replaces the duty roster of an audience: who is called for a flash or a night delivery, the first in the list first, and how
// long one has to acknowledge before the next is called. Without watches the audience has no roster.
type RosterSet struct {
	Audience           AudienceID `json:"audience"`
	Watches            []Watch    `json:"watches"`
	AcknowledgeMinutes int        `json:"acknowledge_minutes"`
}

// CollectiveDefined names many audiences by one word, "all posts in Africa", or gives the word another meaning than before. Its audiences
// are those listed and, when sorts are given, every audience of one of the sorts that stands below the parent at the moment of asking;
// without a parent, every audience of the sorts.
type CollectiveDefined struct {
	Collective string       `json:"collective"` // its key in addresses and scripts: "posts-africa"
	Name       Label        `json:"name"`
	Audiences  []AudienceID `json:"audiences,omitempty"`
	Sorts      []string     `json:"sorts,omitempty"`
	Parent     AudienceID   `json:"parent,omitempty"`
}

// CollectiveWithdrawn ends a collective; messages released to it keep the audiences that it had.
type CollectiveWithdrawn struct {
	Collective string `json:"collective"`
	Reason     string `json:"reason"`
}

// OperatorDeskNamed says which audience receives what no addressee and no declaration catches.
type OperatorDeskNamed struct {
	Audience AudienceID `json:"audience"`
}

// Kind is "delegation.given".
func (DelegationGiven) Kind() string { return "delegation.given" }

// Kind is "delegation.ended".
func (DelegationEnded) Kind() string { return "delegation.ended" }

// Kind is "roster.set".
func (RosterSet) Kind() string { return "roster.set" }

// Kind is "collective.defined".
func (CollectiveDefined) Kind() string { return "collective.defined" }

// Kind is "collective.withdrawn".
func (CollectiveWithdrawn) Kind() string { return "collective.withdrawn" }

// Kind is "operator.named".
func (OperatorDeskNamed) Kind() string { return "operator.named" }
