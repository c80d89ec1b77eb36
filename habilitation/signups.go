package habilitation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SignupState is where a sign-up stands.
type SignupState uint8

const (
	// SignupPending waits for the number two or the manager.
	SignupPending SignupState = iota
	// SignupIsAccepted made the agent a member.
	SignupIsAccepted
	// SignupIsRefused was refused, with a reason.
	SignupIsRefused
)

// String is the state's stable name in programs.
func (s SignupState) String() string { return [...]string{"pending", "accepted", "refused"}[s] }

// Signup is an agent's wish to join an audience and what became of it.
type Signup struct {
	ID       ID
	Audience AudienceID
	Agent    AgentID
	Motive   string
	Asked    time.Time
	State    SignupState
	By       AgentID   // who decided; zero while pending
	Decided  time.Time // zero while pending
	Duties   Duty      // given on acceptance
	Reason   string    // of a refusal
}

type signupColumns struct {
	id       []ID
	audience []AudienceID
	agent    []AgentID
	motive   []string
	asked    []int64 // microseconds since 1970
	state    []SignupState
	by       []AgentID
	decided  []int64
	duties   []Duty
	reason   []string
	pending  []uint32 // positions, oldest first
	byID     map[ID]uint32
}

func (c *signupColumns) add(at time.Time, act SignupRequested) {
	position := uint32(len(c.id))
	c.id = append(c.id, act.Request)
	c.audience = append(c.audience, act.Audience)
	c.agent = append(c.agent, act.Agent)
	c.motive = append(c.motive, act.Motive)
	c.asked = append(c.asked, at.UnixMicro())
	c.state = append(c.state, SignupPending)
	c.by = append(c.by, 0)
	c.decided = append(c.decided, 0)
	c.duties = append(c.duties, 0)
	c.reason = append(c.reason, "")
	c.pending = append(c.pending, position)
	c.byID[act.Request] = position
}

func (c *signupColumns) decide(at time.Time, by AgentID, i uint32, state SignupState) {
	c.state[i], c.by[i], c.decided[i] = state, by, at.UnixMicro()
	place := slices.Index(c.pending, i)
	c.pending = slices.Delete(c.pending, place, place+1)
}

func (c *signupColumns) accept(at time.Time, by AgentID, i uint32, duties Duty) {
	c.decide(at, by, i, SignupIsAccepted)
	c.duties[i] = duties
}

func (c *signupColumns) refuse(at time.Time, by AgentID, act SignupRefused) {
	i := c.byID[act.Request]
	c.decide(at, by, i, SignupIsRefused)
	c.reason[i] = act.Reason
}

func (c *signupColumns) acceptWaiting(at time.Time, by AgentID, act MemberJoined) {
	if i, waits := c.waiting(act.Agent, act.Audience); waits {
		c.accept(at, by, i, act.Duties)
	}
}

// waiting finds the one pending sign-up of the agent for the audience.
func (c *signupColumns) waiting(agent AgentID, audience AudienceID) (uint32, bool) {
	for _, i := range c.pending {
		if c.agent[i] == agent && c.audience[i] == audience {
			return i, true
		}
	}
	return 0, false
}

func (c *signupColumns) get(i uint32) Signup {
	s := Signup{ID: c.id[i], Audience: c.audience[i], Agent: c.agent[i], Motive: c.motive[i], Asked: time.UnixMicro(c.asked[i]).UTC(),
		State: c.state[i], By: c.by[i], Duties: c.duties[i], Reason: c.reason[i]}
	if s.State != SignupPending {
		s.Decided = time.UnixMicro(c.decided[i]).UTC()
	}
	return s
}

func (c *columns) checkSignupRequested(act SignupRequested) error {
	if !c.agents.has(act.Agent) || !c.audiences.has(act.Audience) {
		return contradiction("agent %d or audience %d is unknown", act.Agent, act.Audience)
	}
	if _, known := c.signups.byID[act.Request]; known || act.Request.IsZero() {
		return contradiction("sign-up %s is not new", act.Request)
	}
	if c.agents.is(act.Agent, flagGuest) {
		return contradiction("guest asks to join")
	}
	if _, member := c.duties(act.Agent, act.Audience); member {
		return contradiction("agent %d is a member of %d", act.Agent, act.Audience)
	}
	if _, waits := c.signups.waiting(act.Agent, act.Audience); waits {
		return contradiction("agent %d has asked to join %d", act.Agent, act.Audience)
	}
	return nil
}

func (c *columns) checkSignupAccepted(act SignupAccepted) error {
	i, err := c.pendingSignup(act.Request)
	if err != nil {
		return err
	}
	return c.checkDuties(c.signups.agent[i], act.Duties)
}

func (c *columns) checkSignupRefused(act SignupRefused) error {
	_, err := c.pendingSignup(act.Request)
	return err
}

func (c *columns) pendingSignup(id ID) (uint32, error) {
	i, known := c.signups.byID[id]
	if !known || c.signups.state[i] != SignupPending {
		return 0, contradiction("sign-up %s is not pending", id)
	}
	return i, nil
}

// RequestToJoin decides whether the agent may ask to join the audience, and gives the act to append.
// A guest does not ask: guests are where they were invited.
func (r *Register) RequestToJoin(agent AgentID, a AudienceID, motive string, id ID) (SignupRequested, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.columns
	act := SignupRequested{Request: id, Audience: a, Agent: agent, Motive: motive}
	if !c.agents.has(agent) || !c.audiences.has(a) {
		return SignupRequested{}, fmt.Errorf("ask to join audience %d: %w", a, ErrUnknown)
	}
	if c.agents.is(agent, flagDisabled|flagGuest) {
		return SignupRequested{}, fmt.Errorf("ask to join audience %d: %w", a, ErrNotMandated)
	}
	if _, member := c.duties(agent, a); member {
		return SignupRequested{}, fmt.Errorf("ask to join audience %d: %w", a, ErrAlreadyMember)
	}
	if _, waits := c.signups.waiting(agent, a); waits {
		return SignupRequested{}, fmt.Errorf("ask to join audience %d: %w", a, ErrAlreadyAsked)
	}
	return act, c.check(act)
}

// AcceptSignup decides whether the agent may accept the sign-up with the duties, and gives the act to append.
// A group's number two and a community's manager decide, never about themselves, and once; the right to address collectives only an
// administrator among them gives.
func (r *Register) AcceptSignup(by AgentID, request ID, duties Duty) (SignupAccepted, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.columns.mayDecide(by, request); err != nil {
		return SignupAccepted{}, fmt.Errorf("accept sign-up: %w", err)
	}
	if duties.Has(Collective) && !r.columns.administers(by) {
		return SignupAccepted{}, fmt.Errorf("accept sign-up as %s: %w", Collective, ErrNotGivable)
	}
	act := SignupAccepted{Request: request, Duties: duties}
	return act, r.columns.check(act)
}

// RefuseSignup decides whether the agent may refuse the sign-up, and gives the act to append. A refusal says why.
func (r *Register) RefuseSignup(by AgentID, request ID, reason string) (SignupRefused, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.columns.mayDecide(by, request); err != nil {
		return SignupRefused{}, fmt.Errorf("refuse sign-up: %w", err)
	}
	if strings.TrimSpace(reason) == "" {
		return SignupRefused{}, fmt.Errorf("refuse sign-up: %w", ErrReasonMissing)
	}
	return SignupRefused{Request: request, Reason: reason}, nil
}

// mayDecide hides a sign-up from whoever has no say in it: not mandated comes before decided.
func (c *columns) mayDecide(by AgentID, request ID) error {
	i, known := c.signups.byID[request]
	if !known {
		return ErrUnknown
	}
	if by == c.signups.agent[i] || !c.directs(by, c.signups.audience[i]) {
		return ErrNotMandated
	}
	if c.signups.state[i] != SignupPending {
		return ErrDecided
	}
	return nil
}

// Signup is the sign-up that was requested under the identity, decided or not.
func (r *Register) Signup(id ID) (Signup, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, ok := r.columns.signups.byID[id]
	if !ok {
		return Signup{}, false
	}
	return r.columns.signups.get(i), true
}

// PendingSignups lists who waits to join the audience, oldest first.
func (r *Register) PendingSignups(a AudienceID) []Signup {
	return r.pending(func(s Signup) bool { return s.Audience == a })
}

// PendingOf lists what the agent waits to join, oldest first.
func (r *Register) PendingOf(agent AgentID) []Signup {
	return r.pending(func(s Signup) bool { return s.Agent == agent })
}

// DecidedOf lists the agent's own requests to join that were decided since a moment, the last decided first.
func (r *Register) DecidedOf(agent AgentID, since time.Time) []Signup {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []Signup
	for i, asked := range r.columns.signups.agent {
		if asked != agent || r.columns.signups.state[i] == SignupPending || r.columns.signups.decided[i] < since.UnixMicro() {
			continue
		}
		list = append(list, r.columns.signups.get(uint32(i)))
	}
	slices.SortStableFunc(list, func(a, b Signup) int { return b.Decided.Compare(a.Decided) })
	return list
}

func (r *Register) pending(wanted func(Signup) bool) []Signup {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []Signup
	for _, i := range r.columns.signups.pending {
		if s := r.columns.signups.get(i); wanted(s) {
			list = append(list, s)
		}
	}
	return list
}
