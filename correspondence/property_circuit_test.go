package correspondence_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/habilitation"
)

// The way to the signature in the random houses: visas, words to sign, rules, and signatures that are lent.

// advance moves the clock and carries out, in the house and in the model, every word to sign that has come due.
func (p *play) advance(by time.Duration) {
	p.Elapse(by)
	due := slices.DeleteFunc(slices.Clone(p.model.drafts), func(d *modelDraft) bool { return d.state != "held" || d.hold.until.After(p.Clock.Now()) })
	slices.SortFunc(due, func(a, b *modelDraft) int { return a.hold.until.Compare(b.hold.until) })
	for _, d := range due {
		p.carryOut(d)
	}
}

// carryOut releases a held draft in the model if it may still be signed as its signatory gave the word for it, else takes the word back.
func (p *play) carryOut(d *modelDraft) {
	hold, x := d.hold, d.message
	held := d.form
	d.form = hold.form
	ok := !p.model.agent(hold.by.login).disabled && p.legal(hold.by, x, hold.form) && p.model.ready(d, hold.text, hold.own)
	d.form = held
	if !ok {
		d.takeBack()
		return
	}
	p.leave(d, hold.by, hold.text)
	x.at, x.lines = p.Clock.Now().Truncate(time.Second), linesOf(hold.form)
	p.model.arrive(x)
}

// leave takes a released draft off its way: the message bears the visas that count.
func (p *play) leave(d *modelDraft, by viewer, text string) {
	for _, v := range d.given() {
		d.message.reviewers = append(d.message.reviewers, v.by)
	}
	d.message.id, d.state, d.message.own = d.id, "released", len(d.given()) > 0 && d.text != text
}

// newDraft puts a draft of one of its writers on the desk of its origin.
func (p *play) newDraft(t *rapid.T) {
	v := p.oneOf(t, "author", func(login string) bool { return p.model.writes(login, "nord") || p.model.writes(login, "sud") })
	x, form := p.write(t, v.login)
	if form.References = nil; x.level > p.model.ceiling(v) || !p.model.writes(v.login, x.origin) {
		return
	}
	view, err := p.seat(v).NewDraft(t.Context(), form)
	if err != nil {
		t.Fatalf("new draft: %v", err)
	}
	d := &modelDraft{id: view.ID, message: x, form: form, typed: p.model.ceiling(v), state: "drafting"}
	shared, err := p.seat(v).ShareDraft(t.Context(), d.id)
	if err != nil {
		t.Fatalf("share draft: %v", err)
	}
	d.form = shared.Form
	if own := p.model.group(x.origin).member(v.login); (own != nil && own.sign) != (d.form.Drafter == v.login) {
		t.Fatalf("%v shares a draft as %q", v, d.form.Drafter)
	}
	p.model.drafts = append(p.model.drafts, d)
}

// onDesk draws a draft and mostly one of its writers.
func (p *play) onDesk(t *rapid.T, states ...string) (*modelDraft, viewer) {
	drafts := slices.DeleteFunc(slices.Clone(p.model.drafts), func(d *modelDraft) bool { return d.state == "released" })
	if likely := slices.DeleteFunc(slices.Clone(drafts), func(d *modelDraft) bool { return !slices.Contains(states, d.state) }); len(likely) > 0 {
		drafts = likely
	}
	if len(drafts) == 0 {
		p.newDraft(t)
		t.Skip("no draft yet")
	}
	d := drafts[len(drafts)-1]
	if upTo(t, 4, "another") == 1 {
		d = pickOne(t, drafts, "draft")
	}
	return d, p.oneOf(t, "writer", func(login string) bool { return p.model.writes(login, d.message.origin) })
}

// done compares how something about a draft ended.
func (p *play) done(v viewer, d *modelDraft, allowed bool, err error, what string) bool {
	p.t.Helper()
	if allowed != (err == nil) {
		p.t.Fatalf("%v: %s of a draft %+v of %s: got %v, want it allowed: %v", v, what, d, d.message.origin, err, allowed)
	}
	if err != nil {
		p.clean(v, err)
	}
	p.t.Logf("%v: %s of draft %s: %v", v, what, d.id, allowed)
	return allowed
}

func (p *play) submit(t *rapid.T) {
	d, v := p.onDesk(t, "drafting")
	var steps []modelStep
	rule := p.model.rules[modelRule{d.message.origin, d.message.kind}]
	for range upTo(t, 3, "steps") {
		steps = append(steps, p.drawStep(t))
	}
	wish := correspondence.Submission{Steps: formSteps(steps)}
	if len(steps) == 0 {
		steps = rule
	}
	view, err := p.seat(v).Submit(t.Context(), d.id, 0, wish)
	allowed := p.model.opensAsWriter(v, d) && d.state == "drafting" && p.legal(v, d.message, d.form) && holds(steps, rule) && p.model.maySubmit(v.login, d, steps)
	if !p.done(v, d, allowed, err, "submitting") {
		return
	}
	d.state, d.onWay, d.ended, d.visas, d.submitter, d.steps = "in-visa", true, false, nil, v.login, steps
	d.round++
	d.text, d.digest = d.textOf(v.login), view.Circuit.Digest
	p.clean(v, view)
}

func (p *play) drawStep(t *rapid.T) modelStep {
	step := modelStep{all: rapid.Bool().Draw(t, "all")}
	step.reviewers = []modelReviewer{{group: pickOne(t, p.groupKeys()[:3], "group")}}
	if rapid.Bool().Draw(t, "agent too") {
		step.reviewers = append(step.reviewers, modelReviewer{agent: pickOne(t, p.logins(), "agent")})
	}
	return step
}

func formSteps(steps []modelStep) (form []correspondence.FormStep) {
	for _, s := range steps {
		step := correspondence.FormStep{Any: !s.all}
		for _, agents := range []bool{true, false} { // the form has agents before groups
			for _, r := range s.reviewers {
				if agents && r.agent != "" {
					step.Agents = append(step.Agents, r.agent)
				} else if !agents && r.group != "" {
					step.Groups = append(step.Groups, r.group)
				}
			}
		}
		slices.SortStableFunc(s.reviewers, func(a, b modelReviewer) int { return len(b.agent) - len(a.agent) })
		form = append(form, step)
	}
	return form
}

// push takes a draft the next step on its way: most of them would never reach a signature by chance.
func (p *play) push(t *rapid.T) {
	drafts := slices.DeleteFunc(slices.Clone(p.model.drafts), func(d *modelDraft) bool { return d.state == "released" || d.state == "abandoned" })
	if len(drafts) == 0 {
		p.newDraft(t)
		return
	}
	next := map[string][]func(*rapid.T){"drafting": {p.submit}, "in-visa": {p.visa}, "to-sign": {p.edit, p.sign, p.sign}, "held": {p.elapse, p.unhold}}
	pickOne(t, next[drafts[len(drafts)-1].state], "next")(t)
}

// reviewer draws mostly somebody whose visa is wanted.
func (p *play) reviewer(t *rapid.T) (*modelDraft, viewer) {
	d, _ := p.onDesk(t, "in-visa")
	return d, p.oneOf(t, "reviewer", func(login string) bool {
		_, _, ok := p.model.asked(viewer{login, hall}, d)
		return ok
	})
}

func (p *play) visa(t *rapid.T) {
	d, v := p.reviewer(t)
	given := correspondence.Opinion{Digest: d.digest}
	if d.digest == "" {
		t.Skip("never submitted")
	}
	view, err := p.seat(v).Visa(t.Context(), d.id, given)
	reviewer, stead, allowed := p.model.asked(v, d)
	if !p.done(v, d, allowed, err, "visa") {
		return
	}
	d.visas = append(d.visas, modelVisa{step: d.step(), reviewer: reviewer, by: v.login, stead: stead, text: d.text})
	if d.step() == len(d.steps) {
		d.state = "to-sign"
	}
	if view.State != d.state {
		t.Fatalf("after the visa the draft is %s, want %s", view.State, d.state)
	}
}

// signsNow reports whether the viewer signs for the group something of the level.
func (p *play) signsNow(v viewer, d *modelDraft) bool {
	_, ok := p.model.signs(v.login, d.message.origin, d.level())
	own := p.model.group(d.message.origin).member(v.login)
	return (ok || own != nil && own.sign) && d.level() <= p.model.ceiling(v)
}

func (p *play) returned(t *rapid.T) {
	d, v := p.reviewer(t)
	if d.state == "to-sign" {
		_, v = p.onDesk(t, "to-sign")
	}
	if d.digest == "" {
		t.Skip("never submitted")
	}
	_, _, allowed := p.model.asked(v, d)
	allowed = allowed || d.state == "to-sign" && p.signsNow(v, d)
	if p.done(v, d, allowed, p.seat(v).ReturnDraft(t.Context(), d.id, d.digest, "à revoir"), "returning") {
		d.endRound()
	}
}

func (p *play) reopened(t *rapid.T) {
	d, v := p.onDesk(t, "in-visa", "to-sign")
	_, err := p.seat(v).Reopen(t.Context(), d.id)
	if p.done(v, d, p.model.opensAsWriter(v, d) && (d.state == "in-visa" || d.state == "to-sign"), err, "reopening") {
		d.endRound()
	}
}

// edit changes the text: visas that were given on another one end, unless it is for a signatory to take it upon them.
func (p *play) edit(t *rapid.T) {
	d, v := p.onDesk(t, "to-sign")
	p.words++
	form := d.form
	form.Text += " encore " + time.Duration(p.words).String()
	_, err := p.seat(v).SaveDraft(t.Context(), d.id, 0, form)
	if !p.done(v, d, p.model.opensAsWriter(v, d) && d.state != "held" && d.state != "abandoned", err, "editing") {
		return
	}
	d.form, d.typed = form, p.model.ceiling(v)
	d.edits++
	if d.state == "in-visa" || d.state == "to-sign" && !p.signsNow(v, d) {
		d.endRound()
	}
}

// sign releases a draft at once or gives the word for it, in the reviewed words or in the signatory's own.
func (p *play) sign(t *rapid.T) {
	d, v := p.onDesk(t, "to-sign")
	whose, hold := correspondence.AsReviewed, time.Duration(0)
	if upTo(t, 3, "own words") == 0 {
		whose = correspondence.AsOwn
	}
	if rapid.Bool().Draw(t, "held") {
		p.words++
		hold = 10*time.Second + time.Duration(p.words)*time.Millisecond
	}
	own := whose == correspondence.AsOwn
	view, err := p.seat(v).Sign(t.Context(), d.id, 0, hold, whose)
	allowed := p.model.opensAsWriter(v, d) && p.legal(v, d.message, d.form) && p.model.maySign(v.login, d, own)
	if !p.done(v, d, allowed, err, "signing") {
		return
	}
	if hold > 0 {
		d.state, d.onWay, d.hold = "held", true, &modelHold{by: v, until: p.Clock.Now().Add(hold), text: d.textOf(v.login), own: own, form: d.form}
		if view.State != "held" || !view.Hold.Until.Equal(d.hold.until) {
			t.Fatalf("held as %+v", view)
		}
		return
	}
	p.compareVisas(d, v, *view.Message)
	p.leave(d, v, d.textOf(v.login))
	p.arrived(v, d.message, *view.Message, d.form)
}

// compareVisas expects the message to bear exactly the visas of its round, valid, and on its very text unless it says that it does not.
func (p *play) compareVisas(d *modelDraft, v viewer, view correspondence.MessageView) {
	own := len(d.given()) > 0 && d.text != d.textOf(v.login)
	if len(view.Visas) != len(d.given()) || view.OwnEdit != own {
		p.t.Fatalf("%s bears %+v (own %v), want %+v (own %v)", view.Number, view.Visas, view.OwnEdit, d.given(), own)
	}
	for i, visa := range d.given() {
		got := view.Visas[i]
		stead := ""
		if got.For != nil {
			stead = got.For.Login
		}
		if got.Reviewer.Login != visa.by || stead != visa.stead || got.Same == own || !got.Valid || got.Round != d.round {
			p.t.Fatalf("%s bears the visa %+v, want %+v of round %d (own %v)", view.Number, got, visa, d.round, own)
		}
	}
}

func (p *play) unhold(t *rapid.T) {
	d, v := p.onDesk(t, "held")
	_, err := p.seat(v).Unhold(t.Context(), d.id)
	if p.done(v, d, p.model.opensAsWriter(v, d) && d.state == "held" && (d.hold.by.login == v.login || p.signsNow(v, d)), err, "taking back") {
		d.takeBack()
	}
}

func (p *play) abandon(t *rapid.T) {
	d, v := p.onDesk(t, "drafting")
	err := p.seat(v).Abandon(t.Context(), d.id, "sans suite")
	if p.done(v, d, p.model.opensAsWriter(v, d) && d.state != "held" && d.state != "abandoned", err, "abandoning") {
		d.state, d.onWay = "abandoned", true
	}
}

// setRule demands a visa on the notes of a group, or ends that.
func (p *play) setRule(t *rapid.T) {
	rule := modelRule{pickOne(t, p.groupKeys()[:3], "group"), pickOne(t, []string{"note", "note", "mail"}, "kind")}
	v := p.oneOf(t, "number two", func(login string) bool { return p.model.directs(login, rule.group) })
	var steps []modelStep
	if len(p.model.rules[rule]) == 0 {
		steps = []modelStep{p.drawStep(t)}
	}
	form := formSteps(steps)
	err := p.seat(v).SetVisaRule(t.Context(), rule.group, rule.kind, form)
	known := !slices.ContainsFunc(steps, func(s modelStep) bool {
		return slices.ContainsFunc(s.reviewers, func(r modelReviewer) bool { return r.agent != "" && p.model.agent(r.agent).disabled })
	})
	allowed := p.model.directs(v.login, rule.group) && known
	if allowed != (err == nil) {
		t.Fatalf("%v sets the rule %v %+v: %v", v, rule, form, err)
	}
	if allowed {
		p.model.rules[rule] = steps
	}
}

// compareTray compares what waits for the viewer's visa and signature.
func (p *play) compareTray(v viewer) {
	tray, err := p.seat(v).Tray(p.t.Context())
	if err != nil {
		p.t.Fatalf("tray: %v", err)
	}
	p.clean(v, tray)
	var review, sign []habilitation.ID
	for _, d := range p.model.drafts {
		_, _, asked := p.model.asked(v, d)
		opens := !p.model.writes(v.login, d.message.origin) || p.model.opensAsWriter(v, d)
		switch {
		case asked && opens:
			review = append(review, d.id)
		case d.state == "to-sign" && p.signsNow(v, d):
			sign = append(sign, d.id)
		}
	}
	for what, pair := range map[string][2][]habilitation.ID{"to review": {lines(tray.ToReview), review}, "to sign": {lines(tray.ToSign), sign}} {
		for _, ids := range pair {
			slices.SortFunc(ids, func(a, b habilitation.ID) int { return slices.Compare(a[:], b[:]) })
		}
		if !slices.Equal(pair[0], pair[1]) {
			p.t.Fatalf("%v has %s %v, want %v", v, what, pair[0], pair[1])
		}
	}
}
