package correspondence

import (
	"slices"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// CircuitView is where a draft stands on its way to the signature.
type CircuitView struct {
	State       string      `json:"state" enum:"drafting,in-visa,to-sign,held,abandoned"` // drafting, in-visa, to-sign, held, abandoned
	Round       int         `json:"round"`                                                // the last one opened; 0 when no visa was ever asked
	Digest      string      `json:"digest,omitempty"`                                     // of the content that the round is about, SHA-256 in lower-case hexadecimal: a visa names it
	Step        int         `json:"step"`                                                 // the one whose visas are asked now, from 1; 0 when none is
	Steps       []StepView  `json:"steps"`
	Comment     string      `json:"comment,omitempty"` // of who asked for the visas
	Submitter   *AgentRef   `json:"submitter,omitempty"`
	SubmittedAt *time.Time  `json:"submitted_at,omitempty"`
	Hold        *HoldView   `json:"hold,omitempty"`
	Ending      *EndingView `json:"ending,omitempty"`  // how the last round ended without a signature
	Differs     bool        `json:"differs,omitempty"` // the text that stands is not the one that has the visas
	MyVisa      *MyVisaView `json:"my_visa,omitempty"` // the last that I gave on this draft, in whatever round
}

// StepView is the reviewers who are asked at the same time.
type StepView struct {
	All       bool           `json:"all"` // every one of them is needed; else one is enough
	State     string         `json:"state" enum:"to-come,asked,done"`
	Reviewers []ReviewerView `json:"reviewers"`
}

// ReviewerView is whose visa is asked, and what became of it.
type ReviewerView struct {
	Agent   *AgentRef    `json:"agent,omitempty"`
	Group   *AudienceRef `json:"group,omitempty"`
	Asked   bool         `json:"asked"` // now
	By      *AgentRef    `json:"by,omitempty"`
	For     *AgentRef    `json:"for,omitempty"` // in whose place
	At      *time.Time   `json:"at,omitempty"`
	Verdict string       `json:"verdict,omitempty" enum:"approved,remarks"` // approved, remarks
	Comment string       `json:"comment,omitempty"`
}

// HoldView is a word to sign that may still be taken back.
type HoldView struct {
	By    AgentRef  `json:"by"`
	For   *AgentRef `json:"for,omitempty"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
	Own   bool      `json:"own,omitempty"`
}

// EndingView is how a round, or the whole, ended.
type EndingView struct {
	Why    string    `json:"why" enum:"returned,edit,withdrawn,abandoned"` // returned, edit, withdrawn, abandoned
	By     AgentRef  `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// MyVisaView is a visa that I gave.
type MyVisaView struct {
	Round  int    `json:"round"`
	Digest string `json:"digest"`
	Same   bool   `json:"same"` // on the text that the last round is about
}

func (d *Desk) agentRef(id habilitation.AgentID) *AgentRef {
	if id == 0 {
		return nil
	}
	ref := d.house.Folds.agent(id)
	return &ref
}

// circuitOf fills in where a draft stands, and what the agent may do with it; message is its text as it would be signed, nil with faults.
func (d *Desk) circuitOf(v *DraftView, found foundDraft, message *Message) {
	v.May = d.allowed(found)
	if found.state == nil {
		return
	}
	v.Circuit = d.circuitView(found.state)
	if s := found.state.State; found.group != 0 && !found.review && (s == circuit.ToSign || s == circuit.InVisa) {
		v.Circuit.Differs = message == nil || contentDigest(composeContent(message)) != found.state.Digest
	}
}

func (d *Desk) circuitView(s *circuit.Draft) *CircuitView {
	v := &CircuitView{State: s.State.String(), Round: s.Round, Steps: []StepView{}, Comment: s.Comment, Submitter: d.agentRef(s.Submitter), SubmittedAt: moment(s.Submitted)}
	if s.Round > 0 {
		v.Digest = s.Digest.String()
	}
	now, asked := s.Asked()
	if s.State == circuit.InVisa {
		v.Step = now + 1
	}
	for i, step := range s.Steps {
		v.Steps = append(v.Steps, d.stepView(s, i, step, s.State == circuit.InVisa && i == now, asked))
	}
	if h := s.Hold; h != nil {
		v.Hold = &HoldView{By: d.house.Folds.agent(h.By), For: d.agentRef(h.For), At: h.At, Until: h.Until, Own: h.Own}
	}
	if e := s.Ending; e != nil {
		v.Ending = &EndingView{Why: e.Why, By: d.house.Folds.agent(e.By), At: e.At, Reason: e.Reason}
	}
	if mine, ok := s.LastVisa(d.badge.Agent()); ok {
		v.MyVisa = &MyVisaView{Round: mine.Round, Digest: mine.Digest.String(), Same: mine.Digest == s.Digest}
	}
	return v
}

func (d *Desk) stepView(s *circuit.Draft, i int, step circuit.Step, now bool, asked []int) StepView {
	v := StepView{All: step.All, State: "to-come", Reviewers: []ReviewerView{}}
	given := 0
	for j, r := range step.Reviewers {
		line := ReviewerView{Agent: d.agentRef(r.Agent), Asked: now && slices.Contains(asked, j)}
		if r.Audience != 0 {
			group := d.house.Folds.audience(r.Audience)
			line.Group = &group
		}
		for _, visa := range s.Given() {
			if visa.Step == i && visa.Reviewer == j {
				given++
				line.By, line.For, line.At = d.agentRef(visa.By), d.agentRef(visa.For), moment(visa.At)
				line.Verdict, line.Comment = string(visa.Verdict), visa.Comment
			}
		}
		v.Reviewers = append(v.Reviewers, line)
	}
	switch {
	case now:
		v.State = "asked"
	case given > 0:
		v.State = "done"
	}
	return v
}

// allowed is what the agent may do with a draft now, as far as it depends on where the draft stands; each is decided anew when it is done.
func (d *Desk) allowed(found foundDraft) []string {
	may := []string{}
	s, state := found.state, circuit.Drafting
	if s != nil {
		state = s.State
	}
	if found.review || state == circuit.InVisa {
		if s.Waits(d.badge.Agent(), d.actsAs(s.Level)) {
			may = append(may, "visa", "return")
		}
		if found.review {
			return may
		}
	}
	signs := d.mayBeSigned(found)
	switch state {
	case circuit.Drafting:
		may = append(may, "edit")
		if found.group == 0 {
			may = append(may, "share")
		}
		may = append(may, "submit")
		if signs {
			may = append(may, "sign")
		}
		may = append(may, "discard")
	case circuit.InVisa:
		may = append(may, "withdraw", "abandon")
	case circuit.ToSign:
		if d.signs(found) {
			may = append(may, "edit")
		}
		if signs {
			may = append(may, "sign")
		}
		if d.signs(found) {
			may = append(may, "return")
		}
		may = append(may, "withdraw", "abandon")
	case circuit.Held:
		if d.signs(found) {
			may = append(may, "unhold")
		}
	case circuit.Abandoned:
		may = append(may, "discard")
	}
	return may
}

// MayWithNew is what the agent may do with a draft that is not written yet.
func (d *Desk) MayWithNew() []string { return d.allowed(foundDraft{}) }

// mayBeSigned reports whether the agent may sign a draft as it stands: they sign for its group at its level, and no visa that the group demands of its
// kind is missing. While the draft names no group of theirs, it is asked of any.
func (d *Desk) mayBeSigned(found foundDraft) bool {
	level, err := habilitation.ParseLevel(found.Form.Level)
	if err != nil {
		level = habilitation.Unprotected
	}
	group := found.group
	if origin, known := d.house.Folds.Register.AudienceByKey(found.Form.Origin); group == 0 && known {
		group = origin.ID
	}
	if group == 0 || !d.mayWrite(group) {
		return slices.ContainsFunc(d.writingGroups(), func(one habilitation.AudienceID) bool { return d.maySign(one, level) })
	}
	var state circuit.Draft
	if found.state != nil {
		state = *found.state
	}
	return d.maySign(group, level) && len(d.house.Folds.Circuits.Missing(circuit.Signing{Origin: group, Message: found.Form.Kind}, state)) == 0
}
