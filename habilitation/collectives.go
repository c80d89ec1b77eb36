package habilitation

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// DefinedCollective is a word that stands for many audiences, and which they are now.
type DefinedCollective struct {
	Key       string
	Name      Label
	Listed    []AudienceID // by name
	Sorts     []string     // every audience of these sorts
	Parent    AudienceID   // below this one; zero: anywhere
	Audiences []AudienceID // all that it stands for now, ascending
}

// collectiveColumns holds the collectives by key, ascending, and the operator desk, which is a name for an audience as they are.
type collectiveColumns struct {
	all      []CollectiveDefined
	operator AudienceID
}

func (c *collectiveColumns) place(key string) (int, bool) {
	return slices.BinarySearchFunc(c.all, key, func(one CollectiveDefined, key string) int { return strings.Compare(one.Collective, key) })
}

func (c *collectiveColumns) define(act CollectiveDefined) {
	act.Audiences, act.Sorts = slices.Clone(act.Audiences), slices.Clone(act.Sorts)
	i, known := c.place(act.Collective)
	if known {
		c.all[i] = act
		return
	}
	c.all = slices.Insert(c.all, i, act)
}

func (c *collectiveColumns) withdraw(act CollectiveWithdrawn) {
	i, _ := c.place(act.Collective)
	c.all = slices.Delete(c.all, i, i+1)
}

// ValidKey reports whether a collective can bear the key: at most 200 bytes of lower-case letters, digits and hyphens, for collectives are
// found by their key to the letter.
func ValidKey(key string) bool {
	return !badName(key) && !strings.ContainsFunc(key, func(c rune) bool { return c != '-' && !unicode.IsLower(c) && !unicode.IsDigit(c) })
}

func (c *columns) checkCollectiveDefined(act CollectiveDefined) error {
	if !ValidKey(act.Collective) || act.Name.IsZero() {
		return contradiction("collective %q: key or name", act.Collective)
	}
	if len(act.Audiences) == 0 && len(act.Sorts) == 0 {
		return contradiction("collective %q stands for nothing", act.Collective)
	}
	for i, a := range act.Audiences {
		if !c.audiences.has(a) || slices.Contains(act.Audiences[:i], a) {
			return contradiction("audience %d is unknown, or stands twice", a)
		}
	}
	for i, sort := range act.Sorts {
		if badName(sort) || slices.Contains(act.Sorts[:i], sort) {
			return contradiction("sort %q", sort)
		}
	}
	if act.Parent != 0 && (!c.audiences.has(act.Parent) || len(act.Sorts) == 0) {
		return contradiction("parent %d is unknown, or no sort is sought below it", act.Parent)
	}
	return nil
}

func (c *columns) checkCollectiveWithdrawn(act CollectiveWithdrawn) error {
	if _, known := c.collectives.place(act.Collective); !known {
		return contradiction("collective %q is unknown", act.Collective)
	}
	return nil
}

func (c *columns) checkOperatorDeskNamed(act OperatorDeskNamed) error {
	if !c.audiences.has(act.Audience) || c.audiences.community[act.Audience-1] {
		return contradiction("audience %d is unknown, or no functional group", act.Audience)
	}
	return nil
}

// expand finds every audience that the collective stands for now.
func (c *columns) expand(act CollectiveDefined) []AudienceID {
	all := slices.Clone(act.Audiences)
	for id := AudienceID(1); c.audiences.has(id) && len(act.Sorts) > 0; id++ {
		if slices.Contains(act.Sorts, c.audiences.sort[id-1]) && (act.Parent == 0 || c.below(id, act.Parent)) {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// below reports whether the audience stands below the other, at any depth. A parent is older than its children, so the way up ends.
func (c *columns) below(id, parent AudienceID) bool {
	for up := c.audiences.parent[id-1]; up != 0; up = c.audiences.parent[up-1] {
		if up == parent {
			return true
		}
	}
	return false
}

func (c *columns) collective(act CollectiveDefined) DefinedCollective {
	return DefinedCollective{Key: act.Collective, Name: act.Name, Listed: slices.Clone(act.Audiences), Sorts: slices.Clone(act.Sorts),
		Parent: act.Parent, Audiences: c.expand(act)}
}

// administers reports whether the agent holds the administrator's function with an open account.
func (c *columns) administers(agent AgentID) bool {
	return c.agents.has(agent) && !c.agents.is(agent, flagDisabled) && c.agents.is(agent, flagAdministrator)
}

// DefineCollective decides whether the agent may define the collective, and gives the act to append. Administrators may.
func (r *Register) DefineCollective(by AgentID, wish CollectiveDefined) (CollectiveDefined, error) {
	return decidedByAdministrator(r, by, wish)
}

// WithdrawCollective decides whether the agent may withdraw the collective, and gives the act to append. Administrators may.
func (r *Register) WithdrawCollective(by AgentID, key, reason string) (CollectiveWithdrawn, error) {
	if _, known := r.Collective(key); !known {
		return CollectiveWithdrawn{}, fmt.Errorf("withdraw collective %q: %w", key, ErrUnknown)
	}
	return decidedByAdministrator(r, by, CollectiveWithdrawn{Collective: key, Reason: reason})
}

// NameOperatorDesk decides whether the agent may name the operator desk, and gives the act to append. Administrators may.
func (r *Register) NameOperatorDesk(by AgentID, audience AudienceID) (OperatorDeskNamed, error) {
	return decidedByAdministrator(r, by, OperatorDeskNamed{Audience: audience})
}

func decidedByAdministrator[A Act](r *Register, by AgentID, act A) (A, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var none A
	if !r.columns.administers(by) {
		return none, fmt.Errorf("decide %s: %w", act.Kind(), ErrNotMandated)
	}
	if err := r.columns.check(act); err != nil {
		return none, fmt.Errorf("decide %s: %w", act.Kind(), err)
	}
	return act, nil
}

// Collective is what the key stands for now.
func (r *Register) Collective(key string) (DefinedCollective, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, known := r.columns.collectives.place(key)
	if !known {
		return DefinedCollective{}, false
	}
	return r.columns.collective(r.columns.collectives.all[i]), true
}

// Collectives lists every collective in the order of the keys.
func (r *Register) Collectives() []DefinedCollective {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]DefinedCollective, len(r.columns.collectives.all))
	for i, one := range r.columns.collectives.all {
		list[i] = r.columns.collective(one)
	}
	return list
}

// OperatorDesk is the audience that receives what nothing else catches; zero until one is named.
func (r *Register) OperatorDesk() AudienceID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.columns.collectives.operator
}
