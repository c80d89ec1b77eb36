package circuit

import (
	"slices"
	"time"

	"chancery/habilitation"
)

// State is where a draft stands on its way.
type State uint8

const (
	// Drafting: it is being written; no visa of it counts.
	Drafting State = iota + 1
	// InVisa: reviewers are asked.
	InVisa
	// ToSign: every visa asked is there.
	ToSign
	// Held: a signatory gave their word, and it may still be taken back.
	Held
	// Abandoned: nothing will come of it.
	Abandoned
)

var stateNames = [...]string{Drafting: "drafting", InVisa: "in-visa", ToSign: "to-sign", Held: "held", Abandoned: "abandoned"}

// String is the name that programs use: drafting, in-visa, to-sign, held, abandoned.
func (s State) String() string {
	if int(s) < len(stateNames) && s > 0 {
		return stateNames[s]
	}
	return "none"
}

// Visa is a visa that was given, with when and by whom.
type Visa struct {
	VisaGiven
	By habilitation.AgentID
	At time.Time
}

// Hold is a word to sign that waits for its moment.
type Hold struct {
	DraftHeld
	By habilitation.AgentID
	At time.Time
}

// Ending is how the last round ended without a signature.
type Ending struct {
	Why    string // returned, edit, withdrawn, abandoned
	By     habilitation.AgentID
	At     time.Time
	Reason string
}

// Draft is what is known of one draft's way. Of a released one nothing is: the message has it.
type Draft struct {
	ID        habilitation.ID
	Origin    habilitation.AudienceID
	Level     habilitation.Level
	State     State
	Round     int // the last one opened; 0: it was never submitted
	Digest    Digest
	Steps     []Step
	Comment   string
	Submitter habilitation.AgentID
	Submitted time.Time
	Visas     []Visa  // of all rounds, in their order
	Hold      *Hold   // while it is held
	Ending    *Ending // of the last round, while it is being written again, or of the whole
	Since     time.Time
}

// Given are the visas of the present round; none once it has ended.
func (d *Draft) Given() []Visa {
	if d.State != InVisa && !d.live() {
		return nil
	}
	first := slices.IndexFunc(d.Visas, func(v Visa) bool { return v.Round == d.Round })
	if first < 0 {
		return nil
	}
	return d.Visas[first:]
}

// live reports whether the last round's visas are all there and count.
func (d *Draft) live() bool {
	return d.Round > 0 && (d.State == ToSign || d.State == Held && d.Ending == nil)
}

// given reports whether a reviewer of a step has given their visa in this round.
func (d *Draft) given(step, reviewer int) bool {
	return slices.ContainsFunc(d.Given(), func(v Visa) bool { return v.Step == step && v.Reviewer == reviewer })
}

// Step is the step whose visas are asked now, and len(Steps) when all are there.
func (d *Draft) Step() int {
	for i, step := range d.Steps {
		count := 0
		for j := range step.Reviewers {
			if d.given(i, j) {
				count++
			}
		}
		if count == 0 || step.All && count < len(step.Reviewers) {
			return i
		}
	}
	return len(d.Steps)
}

// Asked are the places, in the present step, of the reviewers whose visa is waited for.
func (d *Draft) Asked() (step int, reviewers []int) {
	if d.State != InVisa {
		return 0, nil
	}
	step = d.Step()
	for j := range d.Steps[step].Reviewers {
		if !d.given(step, j) {
			reviewers = append(reviewers, j)
		}
	}
	return step, reviewers
}

// LastVisa is the last visa that an agent gave on this draft, in whatever round.
func (d *Draft) LastVisa(by habilitation.AgentID) (Visa, bool) {
	for _, v := range slices.Backward(d.Visas) {
		if v.By == by {
			return v, true
		}
	}
	return Visa{}, false
}

func (d *Draft) clone() Draft {
	out := *d
	out.Steps, out.Visas = cloneSteps(d.Steps), slices.Clone(d.Visas)
	if d.Hold != nil {
		hold := *d.Hold
		out.Hold = &hold
	}
	if d.Ending != nil {
		ending := *d.Ending
		out.Ending = &ending
	}
	return out
}
