package correspondence_test

import (
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/habilitation"
)

// What the random houses decide: rights, memberships, declarations.

func (p *play) clear(t *rapid.T) {
	a := pickOne(t, p.model.agents, "agent")
	a.level = pickOne(t, habilitation.Levels[:], "level")
	p.Enact(habilitation.AgentCleared{Agent: a.number, Level: a.level, Reason: "essai"})
}

func (p *play) disable(t *rapid.T) {
	a := pickOne(t, p.model.agents[1:], "agent")
	a.disabled = !a.disabled
	if a.disabled {
		p.Enact(habilitation.AgentDisabled{Agent: a.number, Reason: "essai"})
		if _, err := p.Authority.BadgeFor(a.number, hall); !errors.Is(err, habilitation.ErrNotAdmitted) {
			t.Fatalf("badge of a disabled agent: %v", err)
		}
		return
	}
	p.Enact(habilitation.AgentEnabled{Agent: a.number})
}

func (p *play) terminal(t *rapid.T) {
	p.model.terminals[hall] = pickOne(t, habilitation.Levels[:], "level")
	p.Enact(habilitation.TerminalCleared{Terminal: hall, Level: p.model.terminals[hall], Reason: "essai"})
}

func (p *play) membership(t *rapid.T) {
	p.advance(time.Second)
	g, a := pickOne(t, p.model.groups, "group"), pickOne(t, p.model.agents, "agent")
	if g.member(a.login) == nil {
		p.Enact(p.joined(g, a, rapid.Bool().Draw(t, "signs"), false))
		return
	}
	g.members = slices.DeleteFunc(g.members, func(m modelMember) bool { return m.login == a.login })
	p.Enact(habilitation.MemberLeft{Audience: g.number, Agent: a.number, Reason: "essai"})
}

func (p *play) chief(g *modelGroup, login string) bool {
	m := g.member(login)
	return m != nil && m.chief && !p.model.agent(login).disabled
}

// signup lets an agent ask, and then another one accept or refuse.
func (p *play) signup(t *rapid.T) {
	g := pickOne(t, p.model.groups, "group")
	asks := pickOne(t, p.viewers(), "asks")
	decides := p.oneOf(t, "decides", func(login string) bool { return p.chief(g, login) })
	asked, err := p.seat(asks).RequestToJoin(t.Context(), g.key, "essai")
	if g.member(asks.login) != nil {
		p.wants(correspondence.Conflict, err, "a member asks to join")
		return
	}
	if err != nil {
		t.Fatalf("ask to join: %v", err)
	}
	p.advance(time.Second)
	mayDecide := p.chief(g, decides.login) && decides.login != asks.login
	if rapid.Bool().Draw(t, "accepts") {
		err = p.seat(decides).Accept(t.Context(), asked.ID, []string{"signatory"})
		if mayDecide {
			g.members = append(g.members, modelMember{login: asks.login, since: p.Clock.Now(), sign: true})
		}
	} else {
		err = p.seat(decides).Refuse(t.Context(), asked.ID, "essai")
	}
	if !mayDecide {
		p.wants(correspondence.Unknown, err, "a stranger decides")
		p.Enact(habilitation.SignupRefused{Request: asked.ID, Reason: "essai"})
	} else if err != nil {
		t.Fatalf("decide a sign-up: %v", err)
	}
}

func (p *play) declare(t *rapid.T) {
	g, tag, level := pickOne(t, p.model.groups, "group"), pickOne(t, p.model.tags, "tag"), pickOne(t, habilitation.Levels[:], "level")
	v := p.oneOf(t, "by", func(login string) bool { return p.chief(g, login) })
	i := slices.IndexFunc(p.model.declared, func(d *modelDeclaration) bool { return d.group == g.key && d.tag == tag })
	view, err := p.seat(v).Declare(t.Context(), g.key, tag, level)
	switch {
	case !p.chief(g, v.login):
		p.wants(correspondence.NotMandated, err, "a stranger declares")
		return
	case level > g.level:
		p.wants(correspondence.Invalid, err, "declares above the group")
		return
	case i >= 0 && (level == np || p.model.declared[i].approved || p.model.declared[i].pending):
		p.wants(correspondence.Conflict, err, "declares twice")
		return
	case err != nil:
		t.Fatalf("declare: %v", err)
	case i >= 0:
		p.model.declared = slices.Delete(p.model.declared, i, i+1)
	}
	p.model.declared = append(p.model.declared, &modelDeclaration{id: view.ID, group: g.key, tag: tag, pending: level == dr})
}

func (p *play) decide(t *rapid.T) {
	if len(p.model.declared) == 0 {
		t.Skip("nothing is declared")
	}
	d, approve := pickOne(t, p.model.declared, "declaration"), rapid.Bool().Draw(t, "approve")
	steward := p.model.group(p.model.stewards[slices.Index(p.model.tags, d.tag)])
	v := p.oneOf(t, "by", func(login string) bool { return p.chief(steward, login) })
	ask := func() error { return p.seat(v).Refuse(t.Context(), d.id, "essai") }
	if approve {
		ask = func() error { return p.seat(v).Accept(t.Context(), d.id, nil) }
	}
	err := ask()
	switch {
	case !p.chief(steward, v.login):
		p.wants(correspondence.Unknown, err, "a stranger decides")
	case !d.pending:
		p.wants(correspondence.Conflict, err, "decides twice")
	case err != nil:
		t.Fatalf("decide: %v", err)
	default:
		d.pending, d.approved = false, approve
	}
}

func (p *play) withdraw(t *rapid.T) {
	g, tag := pickOne(t, p.model.groups, "group"), pickOne(t, p.model.tags, "tag")
	v := p.oneOf(t, "by", func(login string) bool { return p.chief(g, login) })
	err := p.seat(v).Withdraw(t.Context(), g.key, tag, "")
	i := slices.IndexFunc(p.model.declared, func(d *modelDeclaration) bool { return d.group == g.key && d.tag == tag })
	switch {
	case !p.chief(g, v.login):
		p.wants(correspondence.NotMandated, err, "a stranger withdraws")
	case i < 0:
		p.wants(correspondence.Conflict, err, "withdraws nothing")
	case err != nil:
		t.Fatalf("withdraw: %v", err)
	default:
		p.model.declared = slices.Delete(p.model.declared, i, i+1)
	}
}
