package correspondence

import (
	"time"

	"chancery/habilitation"
)

// DelegationForm is a delegation as its giver writes it. Times are instants of RFC 3339.
type DelegationForm struct {
	To     string   `json:"to" validate:"max=200"`                // login of whoever receives it
	Group  string   `json:"group" validate:"max=200"`             // key of the group whose duties are lent
	Duties []string `json:"duties" validate:"max=10,dive,max=40"` // drafter, signatory, collective
	Begins string   `json:"begins,omitempty" validate:"max=40"`   // empty: now
	Ends   string   `json:"ends" validate:"max=40"`               // the first moment at which it is over
	Reason string   `json:"reason" validate:"max=4000"`
}

// DelegationView is a delegation as those concerned see it.
type DelegationView struct {
	ID      habilitation.ID `json:"id"`
	From    AgentRef        `json:"from"`
	To      AgentRef        `json:"to"`
	Group   AudienceRef     `json:"group"`
	Duties  []string        `json:"duties"`
	Begins  time.Time       `json:"begins"`
	Ends    time.Time       `json:"ends"` // the first moment at which it is over by itself
	Reason  string          `json:"reason"`
	State   string          `json:"state" enum:"coming,in-force,asleep,over"` // coming, in-force, asleep (its giver does not hold the duty now), over
	EndedAt *time.Time      `json:"ended_at,omitempty"`                       // before its time
	EndedBy *AgentRef       `json:"ended_by,omitempty"`
	MayEnd  bool            `json:"may_end"`
	News    string          `json:"news,omitempty" enum:"given,ended"` // what I have not seen yet of one that I gave or received: given, ended
	NewsAt  *time.Time      `json:"news_at,omitempty"`
}

// DelegationsPage is the delegations that concern an agent.
type DelegationsPage struct {
	Given    []DelegationView `json:"given"`
	Received []DelegationView `json:"received"`
	Groups   []DelegationView `json:"groups"` // between others of my groups, coming or in force
	Lendable []LendableView   `json:"lendable"`
}

// LendableView is what an agent may lend in one group.
type LendableView struct {
	Group  AudienceRef `json:"group"`
	Duties []string    `json:"duties"`
}

// RosterForm is the duty roster of a group as it is set: who is called first stands first. Without watches the group has none.
type RosterForm struct {
	Watches            []WatchForm `json:"watches" validate:"max=1098,dive"`
	AcknowledgeMinutes int         `json:"acknowledge_minutes"` // before the next one is called
}

// WatchForm is one turn on the roster. Times are instants of RFC 3339.
type WatchForm struct {
	Agent string `json:"agent" validate:"max=200"` // login of a member
	From  string `json:"from" validate:"max=40"`
	Until string `json:"until" validate:"max=40"`
}

// RosterView is the duty roster of a group.
type RosterView struct {
	Group              AudienceRef `json:"group"`
	Watches            []WatchView `json:"watches"`
	AcknowledgeMinutes int         `json:"acknowledge_minutes"` // 0 without a roster
	OnDuty             []AgentRef  `json:"on_duty"`             // now, in the order in which they are called
	MaySet             bool        `json:"may_set"`
}

// WatchView is one turn on the roster.
type WatchView struct {
	Agent AgentRef  `json:"agent"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// CollectiveForm is a collective as an administrator defines it: groups by key, and every group of the sorts that stands below the parent.
type CollectiveForm struct {
	Name   habilitation.Label `json:"name"`
	Groups []string           `json:"groups,omitempty" validate:"max=2000,dive,max=200"`
	Sorts  []string           `json:"sorts,omitempty" validate:"max=50,dive,max=200"`
	Parent string             `json:"parent,omitempty" validate:"max=200"`
}

// DefinedCollective is a word that stands for many groups, and which they are now.
type DefinedCollective struct {
	Key    string             `json:"key"`
	Name   habilitation.Label `json:"name"`
	Groups []AudienceRef      `json:"groups"`           // all that it stands for now
	Listed []string           `json:"listed"`           // keys of those named one by one
	Sorts  []string           `json:"sorts"`            // and every group of these sorts
	Parent *AudienceRef       `json:"parent,omitempty"` // below this one
}

// OperatorView is the group that receives what nothing else catches.
type OperatorView struct {
	Group *AudienceRef `json:"group"` // null until one is named
}
