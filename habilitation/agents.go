package habilitation

import (
	"iter"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Agent is somebody with an account.
type Agent struct {
	ID        AgentID
	Login     string
	Name      string
	Title     string
	Level     Level // how far the agent reads on a terminal that allows it
	Functions []Function
	Guest     bool // from outside the house
	Disabled  bool
}

// Is reports whether the agent holds the function.
func (a Agent) Is(f Function) bool { return slices.Contains(a.Functions, f) }

// flags of one agent: what is not a function, then the functions in the order of their table.
const (
	flagDisabled uint8 = 1 << iota
	flagGuest
	flagFunctions // the first function; the others follow
)

const (
	flagArchivist     = flagFunctions
	flagAdministrator = flagFunctions << 1
)

type agentColumns struct {
	login   []string
	name    []string
	title   []string
	level   []Level
	flags   []uint8
	of      [][]AudienceID // the agent's audiences, ascending
	byLogin map[string]AgentID
}

func (c *agentColumns) has(id AgentID) bool { return id >= 1 && int(id) <= len(c.login) }

func (c *agentColumns) is(id AgentID, flag uint8) bool { return c.flags[id-1]&flag != 0 }

func (c *agentColumns) add(act AgentAdded) {
	flags := functionFlags(act.Functions)
	if act.Guest {
		flags |= flagGuest
	}
	c.login = append(c.login, act.Login)
	c.name = append(c.name, act.Name)
	c.title = append(c.title, act.Title)
	c.level = append(c.level, act.Level)
	c.flags = append(c.flags, flags)
	c.of = append(c.of, nil)
	c.byLogin[foldKey(act.Login)] = act.Agent
}

func (c *agentColumns) appoint(act AgentAppointed) {
	kept := c.flags[act.Agent-1] & (flagDisabled | flagGuest)
	c.flags[act.Agent-1] = kept | functionFlags(act.Functions)
}

func (c *agentColumns) get(id AgentID) (Agent, bool) {
	if !c.has(id) {
		return Agent{}, false
	}
	i := id - 1
	a := Agent{ID: id, Login: c.login[i], Name: c.name[i], Title: c.title[i], Level: c.level[i],
		Guest: c.is(id, flagGuest), Disabled: c.is(id, flagDisabled)}
	for n, f := range functions {
		if c.is(id, flagFunctions<<n) {
			a.Functions = append(a.Functions, f)
		}
	}
	return a, true
}

// ceiling is the highest level that the agent may read anywhere; a guest's is unprotected whatever was recorded.
func (c *agentColumns) ceiling(id AgentID) Level {
	if c.is(id, flagGuest) {
		return min(c.level[id-1], Unprotected)
	}
	return c.level[id-1]
}

func functionFlags(held []Function) uint8 {
	var flags uint8
	for n, f := range functions {
		if slices.Contains(held, f) {
			flags |= flagFunctions << n
		}
	}
	return flags
}

// foldKey is the form under which logins, keys and timbres are unique and found.
func foldKey(text string) string { return strings.ToLower(norm.NFC.String(text)) }

// badName reports a name of at most 200 bytes that people or programs could not use as one: empty, padded, or with control characters.
func badName(name string) bool {
	return name == "" || len(name) > 200 || strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl)
}

func (c *columns) checkAgentAdded(act AgentAdded) error {
	if int(act.Agent) != len(c.agents.login)+1 {
		return contradiction("agent %d where %d is next", act.Agent, len(c.agents.login)+1)
	}
	if badName(act.Login) || strings.ContainsFunc(act.Login, unicode.IsSpace) {
		return contradiction("login %q", act.Login)
	}
	if owner, taken := c.agents.byLogin[foldKey(act.Login)]; taken {
		return contradiction("login %q belongs to agent %d", act.Login, owner)
	}
	if err := checkFunctions(act.Functions); err != nil {
		return err
	}
	if act.Guest && len(act.Functions) > 0 {
		return contradiction("guest with a function")
	}
	return checkLevel(act.Level, act.Guest)
}

func checkFunctions(held []Function) error {
	for i, f := range held {
		if !slices.Contains(functions[:], f) || slices.Contains(held[:i], f) {
			return contradiction("function %q", f)
		}
	}
	return nil
}

func checkLevel(level Level, guest bool) error {
	if !level.Valid() {
		return contradiction("level %d", level)
	}
	if guest && level > Unprotected {
		return contradiction("guest cleared %s", level)
	}
	return nil
}

func (c *columns) checkAgentCleared(act AgentCleared) error {
	if !c.agents.has(act.Agent) {
		return contradiction("agent %d is unknown", act.Agent)
	}
	return checkLevel(act.Level, c.agents.is(act.Agent, flagGuest))
}

func (c *columns) checkAgentAppointed(act AgentAppointed) error {
	if !c.agents.has(act.Agent) {
		return contradiction("agent %d is unknown", act.Agent)
	}
	if len(act.Functions) > 0 && c.agents.is(act.Agent, flagGuest) {
		return contradiction("guest with a function")
	}
	return checkFunctions(act.Functions)
}

func (c *columns) checkAgentDisabled(act AgentDisabled) error {
	if !c.agents.has(act.Agent) || c.agents.is(act.Agent, flagDisabled) {
		return contradiction("agent %d has no open account", act.Agent)
	}
	return nil
}

func (c *columns) checkAgentEnabled(act AgentEnabled) error {
	if !c.agents.has(act.Agent) || !c.agents.is(act.Agent, flagDisabled) {
		return contradiction("agent %d has no closed account", act.Agent)
	}
	return nil
}

// Agent is the agent who bears the number.
func (r *Register) Agent(id AgentID) (Agent, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.agents.get(id)
}

// AgentByLogin finds an agent by login, whatever its case.
func (r *Register) AgentByLogin(login string) (Agent, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	id, ok := r.columns.agents.byLogin[foldKey(login)]
	if !ok {
		return Agent{}, false
	}
	return r.columns.agents.get(id)
}

// Agents iterates over all agents, disabled ones included, in the order of their numbers. The lock is not held while the consumer works.
func (r *Register) Agents() iter.Seq[Agent] { return each(r.Agent) }

// AgentCount is how many agents were ever added.
func (r *Register) AgentCount() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.columns.agents.login)
}
