package correspondence_test

import (
	"fmt"
	"slices"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// The way of a draft to its signature, in plain slices: what each visa was given on, and whose word is still wanted.

// modelReviewer is an agent or a group, by name.
type modelReviewer struct{ agent, group string }

type modelStep struct {
	reviewers []modelReviewer
	all       bool
}

// modelRule is a group and a kind of its messages.
type modelRule struct{ group, kind string }

type modelVisa struct {
	step, reviewer int
	by, stead      string
	text           string
}

// modelHold is a word to sign that waits.
type modelHold struct {
	by    viewer
	until time.Time
	text  string
	own   bool
	form  correspondence.Form
}

// modelDraft is a draft on the desk of its origin.
type modelDraft struct {
	id        habilitation.ID
	message   *modelMessage // what it becomes
	form      correspondence.Form
	typed     habilitation.Level
	edits     int
	state     string // drafting, in-visa, to-sign, held, abandoned, released
	onWay     bool
	round     int
	ended     bool // the last round, without a signature
	text      string
	digest    string // what the house calls the text
	steps     []modelStep
	visas     []modelVisa // of the last round
	submitter string
	hold      *modelHold
}

// textOf names the text that somebody would sign now: it depends on its drafter, who is the signatory when nobody else is named.
func (d *modelDraft) textOf(signs string) string {
	drafter := d.form.Drafter
	if drafter == "" {
		drafter = signs
	}
	return fmt.Sprint(d.edits, " by ", drafter)
}

func (d *modelDraft) level() habilitation.Level { return d.message.level }

// given are the visas that count.
func (d *modelDraft) given() []modelVisa {
	if d.state == "in-visa" || d.live() {
		return d.visas
	}
	return nil
}

func (d *modelDraft) live() bool {
	return d.round > 0 && !d.ended && (d.state == "to-sign" || d.state == "held")
}

// step is the first that is not done.
func (d *modelDraft) step() int {
	for i, step := range d.steps {
		count := 0
		for _, v := range d.visas {
			if v.step == i {
				count++
			}
		}
		if count == 0 || step.all && count < len(step.reviewers) {
			return i
		}
	}
	return len(d.steps)
}

// writes reports whether somebody writes for the group.
func (m *model) writes(login, group string) bool {
	_, ok := m.signs(login, group, habilitation.Unprotected)
	return ok
}

// opensAsWriter reports whether the viewer has the draft before them to write in it.
func (m *model) opensAsWriter(v viewer, d *modelDraft) bool {
	return m.writes(v.login, d.message.origin) && min(d.level(), d.typed) <= m.ceiling(v)
}

// speaksAs reports whether somebody gives a reviewer's visa, and in whose stead.
func (m *model) speaksAs(login string, r modelReviewer, level habilitation.Level) (stead string, ok bool) {
	if r.agent != "" {
		return "", r.agent == login
	}
	if stead, ok = m.signs(login, r.group, level); ok {
		return stead, true
	}
	return "", m.directs(login, r.group) && m.agent(login).level >= level
}

// asked finds the reviewer whose visa the viewer may give now; false when there is none.
func (m *model) asked(v viewer, d *modelDraft) (reviewer int, stead string, ok bool) {
	if d.state != "in-visa" || d.level() > m.ceiling(v) || d.submitter == v.login {
		return 0, "", false
	}
	step := d.step()
	if slices.ContainsFunc(d.visas, func(given modelVisa) bool { return given.step == step && given.by == v.login }) {
		return 0, "", false
	}
	for _, personal := range []bool{true, false} {
		for j, r := range d.steps[step].reviewers {
			waits := !slices.ContainsFunc(d.visas, func(given modelVisa) bool { return given.step == step && given.reviewer == j })
			if stead, may := m.speaksAs(v.login, r, d.level()); waits && may && (r.agent != "") == personal && stead != d.submitter {
				return j, stead, true
			}
		}
	}
	return 0, "", false
}

// maySign reports whether the visas let the viewer sign the draft as it stands, in its reviewed words or their own.
func (m *model) maySign(login string, d *modelDraft, own bool) bool {
	return d.state != "in-visa" && d.state != "held" && m.ready(d, d.textOf(login), own)
}

// ready reports whether every visa that is wanted stands over the text.
func (m *model) ready(d *modelDraft, text string, own bool) bool {
	return d.state != "abandoned" && (!d.live() || d.text == text || own) && m.meetsRule(d)
}

// meetsRule reports whether every visa that the origin demands of such messages is there.
func (m *model) meetsRule(d *modelDraft) bool {
	for _, step := range m.rules[modelRule{d.message.origin, d.message.kind}] {
		count := 0
		for _, r := range step.reviewers {
			if d.live() && slices.ContainsFunc(d.visas, func(v modelVisa) bool { return d.steps[v.step].reviewers[v.reviewer] == r }) {
				count++
			}
		}
		if count == 0 || step.all && count < len(step.reviewers) {
			return false
		}
	}
	return true
}

// maySubmit reports whether somebody may ask for such visas: enough for the rule, of people who may read it, and never their own.
func (m *model) maySubmit(login string, d *modelDraft, steps []modelStep) bool {
	for _, step := range steps {
		for _, r := range step.reviewers {
			switch {
			case r.group != "" && m.group(r.group).level < d.level():
				return false
			case r.agent == login:
				return false
			case r.agent != "" && (m.agent(r.agent).disabled || m.agent(r.agent).level < d.level()):
				return false
			}
		}
	}
	return len(steps) > 0
}

// holds reports whether asked steps hold the one step of a rule, and none easier to pass: where the rule wants all of its reviewers, all of them;
// where one of them is enough, nobody else is.
func holds(steps, rule []modelStep) bool {
	return len(rule) == 0 || slices.ContainsFunc(steps, func(s modelStep) bool {
		within := 0
		for _, r := range s.reviewers {
			if slices.Contains(rule[0].reviewers, r) {
				within++
			}
		}
		switch {
		case rule[0].all:
			return within == len(rule[0].reviewers) && (s.all || len(s.reviewers) == 1)
		case s.all:
			return within > 0
		}
		return within == len(s.reviewers)
	})
}

// endRound voids the visas.
func (d *modelDraft) endRound() { d.state, d.ended = "drafting", true }

// takeBack undoes a word to sign.
func (d *modelDraft) takeBack() {
	d.hold, d.state = nil, "drafting"
	if d.round == 0 {
		d.onWay = false
	} else if !d.ended {
		d.state = "to-sign"
	}
}
