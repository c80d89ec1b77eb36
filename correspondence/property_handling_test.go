package correspondence_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
)

// What the random houses do with released messages: corrections, answers, addressees added, shares, handling.

// correct releases a correction of a message of the same origin, or tries to.
func (p *play) correct(t *rapid.T) {
	old := pickOne(t, p.model.messages, "corrected")
	how := pickOne(t, []string{"rectifies", "cancels", "replaces", "raises", "lowers", "raises", "lowers"}, "how")
	v := p.oneOf(t, "author", func(login string) bool { _, ok := p.model.signs(login, old.origin, old.level); return ok })
	x, form := p.write(t, v.login)
	if x.level = old.level; how == "raises" {
		x.level = dr
	} else if how == "lowers" {
		x.level = np
	}
	if upTo(t, 8, "elsewhere") > 0 {
		x.origin = old.origin
	}
	form = p.onlyTo(x, form)
	form.Corrects = &correspondence.FormCorrection{Message: old.id.String(), How: how}
	p.send(t, v, x, form, p.legal(v, x, form))
}

// onlyTo is the form anew, with the head that the message has now and the addressees that may have it.
func (p *play) onlyTo(x *modelMessage, drawn correspondence.Form) correspondence.Form {
	x.action = slices.DeleteFunc(x.action, func(key string) bool { return p.model.group(key).level < x.level })
	x.info = slices.DeleteFunc(x.info, func(key string) bool { return p.model.group(key).level < x.level })
	if len(x.action) == 0 {
		x.action, x.info = []string{"nord"}, slices.DeleteFunc(x.info, func(key string) bool { return key == "nord" })
		drawn.Action = []correspondence.FormAddressee{{Group: "nord"}}
	}
	x.agents, x.canary = nil, ""
	form := p.formOf(x)
	form.Action = drawn.Action
	for _, key := range x.info {
		form.Info = append(form.Info, correspondence.FormAddressee{Group: key})
	}
	return form
}

// reply answers a message in the name of one of its addressees, or of another group.
func (p *play) reply(t *rapid.T) {
	asked := pickOne(t, p.model.messages, "asked")
	from := pickOne(t, asked.lines, "line").key
	if p.model.group(from).community {
		from = "nord"
	}
	v := p.oneOf(t, "author", func(login string) bool { _, ok := p.model.signs(login, from, asked.level); return ok })
	x, form := p.write(t, v.login)
	x.origin, x.level = from, max(asked.level, x.level)
	form = p.onlyTo(x, form)
	if form.ReplyTo = asked.id.String(); rapid.Bool().Draw(t, "by number") && !asked.imported {
		form.ReplyTo = asked.number
	}
	p.send(t, v, x, form, p.legal(v, x, form))
}

// decided compares how an act about a message ended: what is not read is unknown, what is not allowed is refused.
func (p *play) decided(v viewer, x *modelMessage, allowed bool, err error, what string) bool {
	p.t.Helper()
	var refusal *correspondence.Refusal
	switch {
	case !p.model.reads(v, x):
		p.wants(correspondence.Unknown, err, what+" of what is withheld")
		return false
	case !allowed && (err == nil || !errors.As(err, &refusal)):
		p.t.Fatalf("%v: %s of %s: got %v, want a refusal", v, what, x.number, err)
	case allowed && err != nil:
		p.t.Fatalf("%v: %s of %s: %v", v, what, x.number, err)
	}
	x.begun = x.begun || allowed
	p.t.Logf("%v: %s of %s: %v", v, what, x.number, allowed)
	return allowed
}

// hand draws a message and somebody who may do the act about it, if there is one.
func (p *play) hand(t *rapid.T, may func(login string, x *modelMessage) bool) (viewer, *modelMessage) {
	x := pickOne(t, p.model.messages, "message")
	return p.oneOf(t, "hand", func(login string) bool { return may(login, x) }), x
}

func (p *play) add(t *rapid.T) {
	p.advance(time.Second)
	v, x := p.hand(t, func(login string, x *modelMessage) bool { return p.model.mayAdd(login, x) != "" })
	key := pickOne(t, p.groupKeys(), "to")
	wish := correspondence.AddresseeWish{Group: key, Role: pickOne(t, []string{"action", "info"}, "role"), Reason: "oubli"}
	err := p.seat(v).AddAddressee(t.Context(), x.id, wish)
	ground := p.model.mayAdd(v.login, x)
	if p.decided(v, x, x.line(key) == nil && x.level <= p.model.group(key).level && ground != "", err, "adding "+key) {
		l := &modelLine{key: key, role: wish.Role, asked: "read"}
		if wish.Role == "info" {
			l.asked = "information"
		}
		p.model.bring(x, l, ground)
	}
}

func (p *play) share(t *rapid.T) {
	p.advance(time.Second)
	v, x := p.hand(t, func(login string, x *modelMessage) bool { return p.model.sharer(login, x) != "" })
	key := pickOne(t, []string{"cercle", "ronde", "cercle", "nord"}, "to")
	err := p.seat(v).Share(t.Context(), x.id, correspondence.ShareWish{Community: key})
	g, through := p.model.group(key), p.model.sharer(v.login, x)
	has := x.line(key) != nil || slices.ContainsFunc(x.shares, func(s *modelShare) bool { return s.key == key })
	if p.decided(v, x, g.community && g.level >= x.level && !has && through != "", err, "sharing with "+key) {
		p.model.arrivals++
		x.shares = append(x.shares, &modelShare{key: key, through: through, by: v.login, arrival: p.model.arrivals, at: p.Clock.Now()})
	}
}

// revoke takes back a share, mostly of a message that is shared.
func (p *play) revoke(t *rapid.T) {
	shared := slices.DeleteFunc(slices.Clone(p.model.messages), func(x *modelMessage) bool { return len(x.shares) == 0 })
	if len(shared) == 0 {
		t.Skip("nothing is shared")
	}
	x := pickOne(t, shared, "message")
	s := pickOne(t, x.shares, "share")
	v := p.oneOf(t, "hand", func(login string) bool { return p.model.mayRevoke(login, x, s) })
	err := p.seat(v).RevokeShare(t.Context(), x.id, correspondence.ShareWish{Community: s.key, Reason: "trop large"})
	if p.decided(v, x, p.model.mayRevoke(v.login, x, s), err, "revoking") {
		x.shares = slices.DeleteFunc(x.shares, func(other *modelShare) bool { return other == s })
	}
}

// atLine draws a line of a message and somebody of its group.
func (p *play) atLine(t *rapid.T) (viewer, *modelMessage, *modelLine) {
	x := pickOne(t, p.model.messages[max(0, len(p.model.messages)-5):], "message")
	l := pickOne(t, x.lines, "line")
	return p.oneOf(t, "hand", func(login string) bool { return p.model.group(l.key).member(login) != nil }), x, l
}

func (p *play) reassign(t *rapid.T) {
	p.advance(time.Second)
	v, x, l := p.atLine(t)
	to := pickOne(t, p.groupKeys(), "to")
	err := p.seat(v).Reassign(t.Context(), x.id, l.key, correspondence.HandlingWish{To: to, Reason: "compétence"})
	allowed := p.model.group(l.key).member(v.login) != nil && !l.ended() && p.model.directs(v.login, l.key) && p.model.agent(v.login).level >= x.level &&
		to != l.key && p.model.group(to).level >= x.level && !p.overtaken(v, x)
	if p.decided(v, x, allowed, err, "reassigning") {
		l.state, l.offered = "reassigned", ""
		if x.line(to) == nil {
			p.model.bring(x, &modelLine{key: to, role: l.role, asked: l.asked, deadline: l.deadline}, "addressee")
		}
	}
}

func (p *play) misaddressed(t *rapid.T) {
	v, x, l := p.atLine(t)
	err := p.seat(v).Misaddressed(t.Context(), x.id, l.key, correspondence.HandlingWish{Reason: "pas nous"})
	if p.decided(v, x, p.model.mayEnd(v.login, x, l), err, "sending back") {
		l.state, l.offered, l.misplaced = "misaddressed", "", true
	}
}

// settle takes what lies on the operator desk away, to a group or for good; who does not sit there sees an empty desk.
func (p *play) settle(t *rapid.T) {
	p.advance(time.Second)
	v := p.oneOf(t, "operator", func(login string) bool { return p.model.group("pupitre").member(login) != nil })
	items, err := p.seat(v).OperatorTray(t.Context())
	want := p.lying(v)
	if err != nil || len(items) != len(want) {
		t.Fatalf("%v has %d items on the operator desk, want %d (%v)", v, len(items), len(want), err)
	}
	p.clean(v, items)
	if len(items) == 0 {
		return
	}
	item, to := pickOne(t, items, "item"), pickOne(t, append(p.groupKeys(), "", ""), "to")
	x := p.model.messages[slices.IndexFunc(p.model.messages, func(x *modelMessage) bool { return x.id == item.Message.ID })]
	err = p.seat(v).SettleTray(t.Context(), item.ID, correspondence.SettleWish{Group: to, Reason: "suite"})
	if !p.decided(v, x, to == "" || x.line(to) == nil && p.model.group(to).level >= x.level, err, "settling") {
		return
	}
	from := x.line(item.Group.Key)
	if item.Why == "undelivered" {
		from.lost = false
	} else {
		from.misplaced = false
	}
	if to != "" {
		l := &modelLine{key: to, role: "action", asked: "read"}
		if from.role == "action" {
			l.asked, l.deadline = from.asked, from.deadline
		}
		p.model.bring(x, l, "operator")
	}
}

// lying is what lies on the operator desk for the viewer.
func (p *play) lying(v viewer) (items []*modelLine) {
	if p.model.group("pupitre").member(v.login) == nil {
		return nil
	}
	for _, x := range p.model.messages {
		for _, l := range x.lines {
			if l.lost && p.model.reads(v, x) {
				items = append(items, l)
			}
			if l.misplaced && p.model.reads(v, x) {
				items = append(items, l)
			}
		}
	}
	return items
}

func (p *play) mayTake(v viewer, x *modelMessage, l *modelLine) bool {
	return p.model.group(l.key).member(v.login) != nil && !l.ended() && l.holder == "" && !p.overtaken(v, x)
}

// overtaken reports whether the viewer sees a message that cancelled or replaced this one.
func (p *play) overtaken(v viewer, x *modelMessage) bool {
	return slices.ContainsFunc(p.model.corrections(v, x), func(y *modelMessage) bool { return y.how == "cancels" || y.how == "replaces" })
}

func (l *modelLine) hold(login string, due time.Time) {
	l.holder, l.state, l.due = login, "taken", due
}

func (p *play) take(t *rapid.T) {
	v, x, l := p.atLine(t)
	err := p.seat(v).Take(t.Context(), x.id, l.key, correspondence.HandlingWish{})
	if p.decided(v, x, p.mayTake(v, x, l), err, "taking") {
		l.hold(v.login, time.Time{})
	}
}

// claim lets everybody who may take a message do so at once: one wins, and the others are told that somebody has it.
func (p *play) claim(t *rapid.T) {
	_, x, l := p.atLine(t)
	var claimants []viewer
	for _, v := range p.viewers() {
		if p.model.reads(v, x) && p.mayTake(v, x, l) {
			claimants = append(claimants, v)
		}
	}
	outcomes := make([]error, len(claimants))
	var wait sync.WaitGroup
	for i, v := range claimants {
		desk := p.seat(v)
		wait.Go(func() {
			outcomes[i] = desk.Take(context.Background(), x.id, l.key, correspondence.HandlingWish{})
		})
	}
	wait.Wait()
	winners := 0
	for i, err := range outcomes {
		if err == nil {
			winners++
			x.begun = true
			l.hold(claimants[i].login, time.Time{})
			continue
		}
		p.wants(correspondence.Conflict, err, "a claim that comes second")
	}
	if winners != min(len(claimants), 1) {
		t.Fatalf("%d of %d win the claim to %s", winners, len(claimants), x.number)
	}
}

func (p *play) entrust(t *rapid.T) {
	v, x, l := p.atLine(t)
	to := pickOne(t, p.model.agents, "colleague")
	err := p.seat(v).Entrust(t.Context(), x.id, l.key, correspondence.HandlingWish{To: to.login, Note: "merci"})
	allowed := p.model.mayEnd(v.login, x, l) && !p.overtaken(v, x) && p.model.group(l.key).member(to.login) != nil && !to.disabled && to.level >= x.level && to.login != v.login && to.login != l.holder
	if p.decided(v, x, allowed, err, "entrusting") {
		if l.holder == "" {
			l.hold(v.login, time.Time{})
		}
		l.offered = to.login
	}
}

// accept takes over what was entrusted, or gives it back.
func (p *play) accept(t *rapid.T) {
	v, x, l := p.atLine(t)
	if l.offered != "" && !p.model.agent(l.offered).disabled {
		v.login = l.offered
	}
	allowed := p.model.group(l.key).member(v.login) != nil && !l.ended() && l.offered == v.login
	if rapid.Bool().Draw(t, "accepts") {
		if p.decided(v, x, allowed && !p.overtaken(v, x), p.seat(v).AcceptEntrusted(t.Context(), x.id, l.key), "accepting") {
			l.hold(v.login, time.Time{})
			l.offered = ""
		}
		return
	}
	if p.decided(v, x, allowed, p.seat(v).DeclineEntrusted(t.Context(), x.id, l.key, correspondence.HandlingWish{Reason: "absent"}), "declining") {
		l.offered = ""
	}
}

func (p *play) close(t *rapid.T) {
	v, x, l := p.atLine(t)
	err := p.seat(v).CloseHandling(t.Context(), x.id, l.key, correspondence.HandlingWish{Reason: "sans objet"})
	if p.decided(v, x, p.model.mayEnd(v.login, x, l), err, "closing") {
		l.state, l.offered = "closed", ""
	}
}

// compareHandling compares how far a message has come, as its reader may know it: members of an addressee and of the origin alone.
func (p *play) compareHandling(v viewer, x *modelMessage) {
	view, err := p.seat(v).HandlingOf(p.t.Context(), x.id)
	if err != nil {
		p.t.Fatalf("handling: %v", err)
	}
	p.clean(v, view)
	member := func(key string) bool { return p.model.group(key).member(v.login) != nil }
	got := view.Lines
	for _, l := range x.lines {
		if !x.handled() || !member(l.key) && !member(x.origin) {
			continue
		}
		if len(got) == 0 || got[0].Key != l.key || got[0].State != p.model.stateFor(x, l, p.model.ceiling(v)) || (got[0].Holder != nil) != (member(l.key) && l.holder != "") ||
			got[0].Holder != nil && got[0].Holder.Login != l.holder {
			p.t.Fatalf("%v sees of %s %+v, want %+v", v, x.number, got, l)
		}
		if offered := got[0].Entrusted; (offered != nil) != (member(l.key) && l.offered != "") {
			p.t.Fatalf("%v sees %s entrusted as %+v, want %q", v, x.number, offered, l.offered)
		}
		got = got[1:]
	}
	if len(got) > 0 {
		p.t.Fatalf("%v is told of %s too much: %+v", v, x.number, got)
	}
	for _, s := range view.Shares {
		i := slices.IndexFunc(x.shares, func(one *modelShare) bool { return one.key == s.Key })
		if i < 0 || !member(s.Key) && !member(x.shares[i].through) && !member(x.origin) {
			p.t.Fatalf("%v is told that %s is shared: %+v", v, x.number, s)
		}
	}
}

// compareActions compares what is to be done.
func (p *play) compareActions(v viewer) {
	page, err := p.seat(v).Actions(p.t.Context())
	if err != nil {
		p.t.Fatalf("actions: %v", err)
	}
	p.clean(v, page)
	want := map[string]string{}
	for _, x := range p.model.messages {
		for _, l := range x.lines {
			if p.model.reads(v, x) && x.handled() && !p.overtaken(v, x) && p.model.group(l.key).member(v.login) != nil && p.model.open(x, l, p.model.ceiling(v)) {
				want[x.id.String()+" "+l.key] = p.whose(v, l)
			}
		}
	}
	for _, item := range page.Items {
		key := item.ID.String() + " " + item.Line.Key
		if want[key] != item.Whose {
			p.t.Fatalf("%v has to do %s for %s as %q, want %q", v, item.Number, item.Line.Key, item.Whose, want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		p.t.Fatalf("%v is not told to do %v", v, want)
	}
}

func (p *play) whose(v viewer, l *modelLine) string {
	switch {
	case l.offered == v.login:
		return "waiting"
	case l.holder == v.login:
		return "mine"
	case l.holder == "":
		return "group"
	}
	return "colleague"
}
