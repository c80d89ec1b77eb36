package correspondence

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chancery/habilitation"
	"chancery/tagging"
)

// maxReason bounds a motive or a reason, in bytes.
const maxReason = 2000

func (d *Desk) signupView(s habilitation.Signup) SignupView {
	state := s.State.String()
	view := SignupView{ID: s.ID, Agent: d.house.Folds.agent(s.Agent), Audience: d.house.Folds.audience(s.Audience), Motive: s.Motive, AskedAt: s.Asked,
		State: state, Reason: s.Reason, MayDecide: s.Agent != d.badge.Agent() && d.house.Folds.Register.Directs(d.badge.Agent(), s.Audience)}
	if s.State != habilitation.SignupPending {
		by := d.house.Folds.agent(s.By)
		view.DecidedBy, view.DecidedAt = &by, &s.Decided
	}
	return view
}

func (d *Desk) declarationView(one tagging.Declaration) DeclarationView {
	tag, _ := d.house.Folds.Thesaurus.Tag(one.Tag)
	v := DeclarationView{ID: one.ID, Tag: tagRef(tag), Audience: d.house.Folds.audience(one.Audience), Unprotected: one.Granted().Valid(), Restricted: "none",
		Reason: one.Reason, Since: one.At, MaySteward: one.State == tagging.Pending && d.house.Folds.Declarations.Stewards(d.house.Folds.Register, d.badge.Agent(), one.Tag),
		MayWithdraw: d.house.Folds.Register.Directs(d.badge.Agent(), one.Audience)}
	switch {
	case one.State == tagging.Pending:
		v.Restricted = "waiting"
	case one.State == tagging.Refused:
		v.Restricted = "refused"
	case one.Granted() == habilitation.Restricted:
		v.Restricted = "approved"
	}
	return v
}

// reasonOf cleans what somebody gave as motive or reason.
func reasonOf(text string) (string, error) {
	return textOf("reason", text)
}

// textOf cleans what was typed into a field that has the bounds of a reason.
func textOf(field, text string) (string, error) {
	text = CleanText(text)
	if len(text) > maxReason {
		return "", invalid(field, "too-long", "max", fmt.Sprint(maxReason))
	}
	return strings.TrimSpace(text), nil
}

// RequestToJoin asks to be taken into a group or community.
func (d *Desk) RequestToJoin(ctx context.Context, group, motive string) (SignupView, error) {
	motive, err := textOf("motive", motive)
	if err != nil {
		return SignupView{}, err
	}
	audience, ok := d.house.Folds.Register.AudienceByKey(group)
	if !ok {
		return SignupView{}, errUnknown
	}
	id := d.house.NewID(fmt.Appendf(nil, "signup %d %d", d.badge.Agent(), audience.ID))
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Register.RequestToJoin(by, audience.ID, motive, id)
	})
	if err != nil {
		return SignupView{}, err
	}
	signup, _ := d.house.Folds.Register.Signup(id)
	return d.signupView(signup), nil
}

// enact decides one act in the agent's name, with the rights as they are when it is decided.
func (d *Desk) enact(ctx context.Context, decide func(by habilitation.AgentID) (habilitation.Act, error)) error {
	err := d.house.enact(ctx, d.badge.Agent(), func() ([]habilitation.Act, error) {
		if _, err := d.house.Authority.Renew(d.badge); err != nil {
			return nil, err
		}
		act, err := decide(d.badge.Agent())
		if err != nil {
			return nil, err
		}
		return []habilitation.Act{act}, nil
	})
	return refusalOf(err)
}

// Requests lists what waits for a decision of this agent: sign-ups to their groups, declarations of tags they are steward of.
func (d *Desk) Requests(context.Context) ([]Request, error) {
	out := []Request{}
	register, me := d.house.Folds.Register, d.badge.Agent()
	for _, m := range register.Memberships(me) {
		if m.Duties == 0 {
			continue // whoever decides holds a duty: most members do not
		}
		for _, s := range register.PendingSignups(m.Audience) {
			if v := d.signupView(s); v.MayDecide {
				out = append(out, Request{Signup: &v})
			}
		}
		for _, one := range d.house.Folds.Declarations.Pending(m.Audience) {
			if v := d.declarationView(one); v.MaySteward {
				out = append(out, Request{Declaration: &v})
			}
		}
	}
	return out, nil
}

// Accept accepts a sign-up, with duties, or approves a declaration for restricted messages.
func (d *Desk) Accept(ctx context.Context, request habilitation.ID, duties []string) error {
	given, faults := dutiesOf(duties)
	if len(faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: faults}
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		if _, declared := d.house.Folds.Declarations.Declaration(request); declared {
			return act(d.house.Folds.Declarations.Approve(d.house.Folds.Register, by, request))
		}
		return act(d.house.Folds.Register.AcceptSignup(by, request, given))
	})
}

// Refuse refuses a sign-up or a declaration, with its reason.
func (d *Desk) Refuse(ctx context.Context, request habilitation.ID, reason string) error {
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		if _, declared := d.house.Folds.Declarations.Declaration(request); declared {
			return act(d.house.Folds.Declarations.Refuse(d.house.Folds.Register, by, request, reason))
		}
		return act(d.house.Folds.Register.RefuseSignup(by, request, reason))
	})
}

// act hands a decided act on without its type. A request that the agent has no say in is unknown to them.
func act[A habilitation.Act](decided A, err error) (habilitation.Act, error) {
	if errors.Is(err, habilitation.ErrNotMandated) {
		return nil, errUnknown
	}
	return decided, err
}

// Declare declares a tag for a group or community, for unprotected messages at once, for restricted ones when its steward approves.
func (d *Desk) Declare(ctx context.Context, group, tag string, level habilitation.Level) (DeclarationView, error) {
	audience, t, err := d.groupAndTag(group, tag)
	if err != nil {
		return DeclarationView{}, err
	}
	if !level.Valid() {
		return DeclarationView{}, &Refusal{Cause: Invalid, Faults: []Fault{{Field: "level", Key: "missing"}}}
	}
	id := d.house.NewID(fmt.Appendf(nil, "declaration %d %d %s", audience, t, level))
	err = d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Declarations.Declare(d.house.Folds.Register, by, t, audience, level, id)
	})
	if err != nil {
		return DeclarationView{}, err
	}
	declared, _ := d.house.Folds.Declarations.Declaration(id)
	return d.declarationView(declared), nil
}

// Withdraw ends a declaration, at once and for both levels.
func (d *Desk) Withdraw(ctx context.Context, group, tag, reason string) error {
	audience, t, err := d.groupAndTag(group, tag)
	if err != nil {
		return err
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	return d.enact(ctx, func(by habilitation.AgentID) (habilitation.Act, error) {
		return d.house.Folds.Declarations.Withdraw(d.house.Folds.Register, by, t, audience, reason)
	})
}

func (d *Desk) groupAndTag(group, tag string) (habilitation.AudienceID, habilitation.TagID, error) {
	audience, known := d.house.Folds.Register.AudienceByKey(group)
	if !known {
		return 0, 0, errUnknown
	}
	t, known := d.house.Folds.Thesaurus.ByKey(tag)
	if !known {
		return 0, 0, errUnknown
	}
	return audience.ID, t.ID, nil
}
