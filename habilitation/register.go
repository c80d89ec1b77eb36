package habilitation

import (
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrContradiction is returned for an act that the history before it does not allow; the register is unchanged.
	ErrContradiction = errors.New("contradicts the register")
	// ErrUnknown is returned for an agent, audience, terminal, sign-up or secret that does not exist.
	ErrUnknown = errors.New("unknown")
	// ErrNotMandated is returned to an agent who does not hold the duty that an act needs.
	ErrNotMandated = errors.New("not mandated")
	// ErrNotCleared is returned where an audience or an agent is not cleared for the level.
	ErrNotCleared = errors.New("not cleared for this level")
	// ErrAlreadyMember is returned for joining an audience one belongs to.
	ErrAlreadyMember = errors.New("already a member")
	// ErrAlreadyAsked is returned for a second sign-up while the first one waits.
	ErrAlreadyAsked = errors.New("already asked")
	// ErrReasonMissing is returned where the law of the house wants a reason and none was given.
	ErrReasonMissing = errors.New("reason missing")
	// ErrNotGivable is returned for giving a duty that only the house gives.
	ErrNotGivable = errors.New("given by the house alone")
	// ErrDecided is returned for deciding a second time what is decided once.
	ErrDecided = errors.New("already decided")
)

// Register holds agents, terminals, audiences, memberships, sign-ups, delegations, rosters and collectives as the journal's acts left them.
// It is safe for any number of readers beside one writer. What it returns are copies.
type Register struct {
	version atomic.Uint64 // written under mu; read alone to learn that nothing has changed
	mu      sync.RWMutex
	columns *columns // guarded by mu
}

// columns is the register without its lock: numbers and texts by position, maps only where something is looked up by name.
type columns struct {
	agents      agentColumns
	terminals   terminalColumns
	audiences   audienceColumns
	signups     signupColumns
	delegations delegationColumns
	rosters     rosterColumns
	collectives collectiveColumns
}

func newColumns() *columns {
	return &columns{
		agents:      agentColumns{byLogin: make(map[string]AgentID)},
		terminals:   terminalColumns{byID: make(map[ID]uint32), bySecret: make(map[[32]byte]uint32)},
		audiences:   audienceColumns{byKey: make(map[string]AudienceID), byTimbre: make(map[string]AudienceID)},
		signups:     signupColumns{byID: make(map[ID]uint32)},
		delegations: delegationColumns{byID: make(map[ID]uint32), to: make(map[AgentID][]uint32)},
		rosters:     make(rosterColumns),
	}
}

// NewRegister is an empty register.
func NewRegister() *Register { return &Register{columns: newColumns()} }

// Apply folds one act that the journal holds: done by the agent at the time. An act that history does not allow is ErrContradiction,
// an act of another package ErrUnknownKind; both leave the register as it was.
// When Apply has returned, no badge admitted or renewed afterwards has the rights of before.
func (r *Register) Apply(at time.Time, by AgentID, act Act) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.columns.check(act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	r.columns.fold(at, by, act)
	r.version.Add(1)
	return nil
}

// Check tells whether Apply would take the act now, and changes nothing. Who decides an act checks it before the journal has it.
func (r *Register) Check(act Act) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.columns.check(act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

// Version grows with every act applied, and so names a state of the register.
func (r *Register) Version() uint64 { return r.version.Load() }

func (c *columns) check(act Act) error {
	switch act := act.(type) {
	case AgentAdded:
		return c.checkAgentAdded(act)
	case AgentCleared:
		return c.checkAgentCleared(act)
	case AgentAppointed:
		return c.checkAgentAppointed(act)
	case AgentDisabled:
		return c.checkAgentDisabled(act)
	case AgentEnabled:
		return c.checkAgentEnabled(act)
	case TerminalRegistered:
		return c.checkTerminalRegistered(act)
	case TerminalCleared:
		return c.checkTerminalCleared(act)
	case TerminalWithdrawn:
		return c.checkTerminalWithdrawn(act)
	case AudienceCreated:
		return c.checkAudienceCreated(act)
	case MemberJoined:
		return c.checkMemberJoined(act)
	case MemberLeft:
		return c.checkMemberLeft(act)
	case SignupRequested:
		return c.checkSignupRequested(act)
	case SignupAccepted:
		return c.checkSignupAccepted(act)
	case SignupRefused:
		return c.checkSignupRefused(act)
	case DelegationGiven:
		return c.checkDelegationGiven(act)
	case DelegationEnded:
		return c.checkDelegationEnded(act)
	case RosterSet:
		return c.checkRosterSet(act)
	case CollectiveDefined:
		return c.checkCollectiveDefined(act)
	case CollectiveWithdrawn:
		return c.checkCollectiveWithdrawn(act)
	case OperatorDeskNamed:
		return c.checkOperatorDeskNamed(act)
	}
	return ErrUnknownKind
}

// fold applies an act that check allowed.
func (c *columns) fold(at time.Time, by AgentID, act Act) {
	switch act := act.(type) {
	case AgentAdded:
		c.agents.add(act)
	case AgentCleared:
		c.agents.level[act.Agent-1] = act.Level
	case AgentAppointed:
		c.agents.appoint(act)
	case AgentDisabled:
		c.agents.flags[act.Agent-1] |= flagDisabled
	case AgentEnabled:
		c.agents.flags[act.Agent-1] &^= flagDisabled
	case TerminalRegistered:
		c.terminals.add(act)
	case TerminalCleared:
		c.terminals.level[c.terminals.byID[act.Terminal]] = act.Level
	case TerminalWithdrawn:
		c.terminals.withdrawn[c.terminals.byID[act.Terminal]] = true
	case AudienceCreated:
		c.audiences.add(act)
	case MemberJoined:
		c.join(at, act.Audience, act.Agent, act.Duties)
		c.signups.acceptWaiting(at, by, act)
	case MemberLeft:
		c.leave(act)
	case SignupRequested:
		c.signups.add(at, act)
	case SignupAccepted:
		i := c.signups.byID[act.Request]
		c.signups.accept(at, by, i, act.Duties)
		c.join(at, c.signups.audience[i], c.signups.agent[i], act.Duties)
	case SignupRefused:
		c.signups.refuse(at, by, act)
	case DelegationGiven:
		c.delegations.add(delegationOf(at, act))
	case DelegationEnded:
		c.delegations.end(at, by, act.Delegation)
	case RosterSet:
		c.rosters.set(at, by, act)
	case CollectiveDefined:
		c.collectives.define(act)
	case CollectiveWithdrawn:
		c.collectives.withdraw(act)
	case OperatorDeskNamed:
		c.collectives.operator = act.Audience
	}
}

// NextAgent is the number that the next agent added must bear.
func (r *Register) NextAgent() AgentID { return AgentID(r.AgentCount() + 1) }

// NextAudience is the number that the next audience created must bear.
func (r *Register) NextAudience() AudienceID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return AudienceID(len(r.columns.audiences.key) + 1)
}

// each copies out one numbered thing at a time, so that the consumer runs without the lock. It ends at the first number that is unknown.
func each[N ~uint32, T any](get func(N) (T, bool)) iter.Seq[T] {
	return func(yield func(T) bool) {
		for n := N(1); ; n++ {
			thing, ok := get(n)
			if !ok || !yield(thing) {
				return
			}
		}
	}
}

// contradiction says what history does not allow.
func contradiction(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrContradiction, fmt.Sprintf(format, args...))
}
