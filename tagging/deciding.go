package tagging

import (
	"errors"
	"fmt"
	"strings"

	"chancery/habilitation"
)

var (
	// ErrUnknown is returned for a tag, audience or declaration that does not exist.
	ErrUnknown = habilitation.ErrUnknown
	// ErrNotMandated is returned to an agent who does not hold the duty that the act needs.
	ErrNotMandated = habilitation.ErrNotMandated
	// ErrNotCleared is returned for declaring a tag above the level that the audience may be addressed.
	ErrNotCleared = habilitation.ErrNotCleared
	// ErrReasonMissing is returned for a refusal without a reason.
	ErrReasonMissing = habilitation.ErrReasonMissing
	// ErrDecided is returned for deciding a declaration that waits no more.
	ErrDecided = habilitation.ErrDecided
	// ErrAlreadyDeclared is returned for declaring what holds that far already, or waits to.
	ErrAlreadyDeclared = errors.New("already declared")
	// ErrNotDeclared is returned for withdrawing what was not declared.
	ErrNotDeclared = errors.New("not declared")
	// ErrNotActive is returned for declaring a tag that is proposed or retired.
	ErrNotActive = errors.New("tag is not active")
)

// Declare decides whether the agent may declare the tag for the audience up to the level, and gives the act to append.
// A group's number two and a community's manager declare; an audience that may not be addressed at the level does not ask for it.
func (d *Declarations) Declare(reg *habilitation.Register, by habilitation.AgentID, tag habilitation.TagID, audience habilitation.AudienceID,
	level habilitation.Level, id habilitation.ID) (TagDeclared, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	act := TagDeclared{Declaration: id, Tag: tag, Audience: audience, Level: level}
	if err := d.ledger.mayDeclare(reg, by, act); err != nil {
		return TagDeclared{}, fmt.Errorf("declare tag %d for audience %d: %w", tag, audience, err)
	}
	return act, nil
}

func (l *ledger) mayDeclare(reg *habilitation.Register, by habilitation.AgentID, act TagDeclared) error {
	audience, known := reg.Audience(act.Audience)
	if !known || l.checkTag(act.Tag) != nil {
		return ErrUnknown
	}
	if !reg.Directs(by, act.Audience) {
		return ErrNotMandated
	}
	if l.tags[act.Tag-1].state != Active {
		return ErrNotActive
	}
	if act.Level > audience.Level {
		return ErrNotCleared
	}
	if l.declared(act.Tag, act.Audience, act.Level) {
		return ErrAlreadyDeclared
	}
	return l.checkDeclared(act)
}

// Approve decides whether the agent may grant the declaration for restricted messages, and gives the act to append:
// one of the tag's stewards does, see Stewards.
func (d *Declarations) Approve(reg *habilitation.Register, by habilitation.AgentID, declaration habilitation.ID) (DeclarationApproved, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.ledger.mayDecide(reg, by, declaration); err != nil {
		return DeclarationApproved{}, fmt.Errorf("approve declaration: %w", err)
	}
	return DeclarationApproved{Declaration: declaration}, nil
}

// Refuse decides whether the agent may refuse the declaration for restricted messages, and gives the act to append. A refusal says why.
func (d *Declarations) Refuse(reg *habilitation.Register, by habilitation.AgentID, declaration habilitation.ID, reason string) (DeclarationRefused, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.ledger.mayDecide(reg, by, declaration); err != nil {
		return DeclarationRefused{}, fmt.Errorf("refuse declaration: %w", err)
	}
	if strings.TrimSpace(reason) == "" {
		return DeclarationRefused{}, fmt.Errorf("refuse declaration: %w", ErrReasonMissing)
	}
	return DeclarationRefused{Declaration: declaration, Reason: reason}, nil
}

// mayDecide hides a declaration from whoever has no say in it: not mandated comes before decided.
func (l *ledger) mayDecide(reg *habilitation.Register, by habilitation.AgentID, id habilitation.ID) error {
	i, known := l.byID[id]
	if !known {
		return ErrUnknown
	}
	if !l.stewards(reg, by, l.all[i].Tag) {
		return ErrNotMandated
	}
	if l.all[i].State != Pending {
		return ErrDecided
	}
	return nil
}

// Stewards reports whether the agent is a steward of the tag, who approves and refuses its declarations for restricted messages: whoever
// directs the tag's steward audience now, see habilitation.Register.Directs. A tag without such an audience has no steward.
func (d *Declarations) Stewards(reg *habilitation.Register, agent habilitation.AgentID, tag habilitation.TagID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.ledger.stewards(reg, agent, tag)
}

func (l *ledger) stewards(reg *habilitation.Register, agent habilitation.AgentID, tag habilitation.TagID) bool {
	return l.checkTag(tag) == nil && reg.Directs(agent, l.tags[tag-1].steward)
}

// Withdraw decides whether the agent may end the audience's interest in the tag, and gives the act to append. It holds at once.
// Who may declare for the audience may withdraw; a reason is welcome, not demanded.
func (d *Declarations) Withdraw(reg *habilitation.Register, by habilitation.AgentID, tag habilitation.TagID, audience habilitation.AudienceID, reason string) (DeclarationWithdrawn, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	act := DeclarationWithdrawn{Tag: tag, Audience: audience, Reason: reason}
	if err := d.ledger.mayWithdraw(reg, by, act); err != nil {
		return DeclarationWithdrawn{}, fmt.Errorf("withdraw tag %d of audience %d: %w", tag, audience, err)
	}
	return act, nil
}

func (l *ledger) mayWithdraw(reg *habilitation.Register, by habilitation.AgentID, act DeclarationWithdrawn) error {
	if _, known := reg.Audience(act.Audience); !known || l.checkTag(act.Tag) != nil {
		return ErrUnknown
	}
	if !reg.Directs(by, act.Audience) {
		return ErrNotMandated
	}
	if _, holds := l.holding(act.Tag, act.Audience); !holds {
		return ErrNotDeclared
	}
	return nil
}
