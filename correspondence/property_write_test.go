package correspondence_test

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/habilitation"
)

// What the random houses write, and whether it may be released.

// write draws a message with its form, legal or not.
func (p *play) write(t *rapid.T, author string) (*modelMessage, correspondence.Form) {
	x := &modelMessage{drafter: author, level: pickOne(t, habilitation.Levels[:], "level"), kind: pickOne(t, correspondence.KindNames(), "kind"),
		origin: pickOne(t, p.origins(author), "origin"), agents: some(t, p.logins(), 2, "agents"), tags: some(t, p.model.tags, 2, "tags"), words: some(t, vocabulary, 3, "words")}
	x.action = []string{pickOne(t, p.groupKeys(), "action")}
	x.info = slices.DeleteFunc(some(t, p.groupKeys(), 2, "info"), func(key string) bool { return key == x.action[0] })
	form := p.formOf(x)
	for _, key := range x.action {
		to := correspondence.FormAddressee{Group: key}
		if rapid.Bool().Draw(t, "to do") {
			to.Qualification, to.Instruction, to.Deadline = "do", "Faire", p.Clock.Now().Add(time.Hour).Format(time.RFC3339)
		}
		form.Action = append(form.Action, to)
	}
	for _, key := range x.info {
		form.Info = append(form.Info, correspondence.FormAddressee{Group: key})
	}
	for _, cited := range p.cited(t) {
		if rapid.Bool().Draw(t, "by number") && !cited.imported {
			form.References = append(form.References, cited.number)
		} else {
			form.References = append(form.References, cited.id.String())
		}
	}
	return x, form
}

// formOf is the head and the words of a message; a restricted one says what nobody else says.
func (p *play) formOf(x *modelMessage) correspondence.Form {
	p.words++
	form := correspondence.Form{Kind: x.kind, Origin: x.origin, Level: x.level.String(), Agents: x.agents, Tags: x.tags,
		Subject: "Objet " + strings.Join(x.words, " "), Summary: "Résumé", Text: "Texte " + strings.Join(x.words, " ")}
	if x.level == dr {
		x.canary = "zorglub" + strconv.Itoa(p.words) + "q"
		form.Text += " " + x.canary
		form.Subject += " " + x.canary
	}
	return form
}

// linesOf are the addressees that a form asks for.
func linesOf(form correspondence.Form) (lines []*modelLine) {
	for _, to := range form.Action {
		l := &modelLine{key: to.Group, role: "action", asked: "read", state: "delivered"}
		if to.Qualification == "do" {
			l.asked = "do"
			l.deadline, _ = time.Parse(time.RFC3339, to.Deadline)
		}
		lines = append(lines, l)
	}
	for _, to := range form.Info {
		lines = append(lines, &modelLine{key: to.Group, role: "info", asked: "information", state: "delivered"})
	}
	return lines
}

func (p *play) cited(t *rapid.T) []*modelMessage {
	if len(p.model.messages) == 0 {
		return nil
	}
	return some(t, p.model.messages, 2, "cited")
}

// origins are the groups that the author signs for, twice over, and all others.
func (p *play) origins(author string) (keys []string) {
	for _, g := range p.model.groups[:3] {
		keys = append(keys, g.key)
		if m := g.member(author); m != nil && m.sign {
			keys = append(keys, g.key, g.key)
		}
	}
	return keys
}

// legal decides whether the house must release the form when the viewer signs it, by what right, and resolves what it names.
func (p *play) legal(v viewer, x *modelMessage, form correspondence.Form) bool {
	ok := x.level <= p.model.ceiling(v) && x.level <= p.model.group(x.origin).level
	stead, signs := p.model.signs(v.login, x.origin, x.level)
	if own := p.model.group(x.origin).member(v.login); own != nil && own.sign {
		stead, signs = "", true // what hinders them is told as the level of the session
	}
	x.signatory, x.stead, x.drafter, x.cites = v.login, stead, v.login, nil
	if form.Drafter != "" {
		x.drafter = form.Drafter
		writes := p.model.group(x.origin).member(x.drafter)
		ok = ok && writes != nil && writes.sign && p.model.agent(x.drafter).level >= x.level && !p.model.agent(x.drafter).disabled
	}
	for _, key := range x.addressed() {
		ok = ok && x.level <= p.model.group(key).level
	}
	for _, login := range x.agents {
		ok = ok && x.level <= p.model.agent(login).level && !p.model.agent(login).disabled
	}
	for _, to := range form.Action {
		ok = ok && !p.model.group(to.Group).community
		until, err := time.Parse(time.RFC3339, to.Deadline)
		ok = ok && (err != nil || !until.Before(p.Clock.Now().Truncate(time.Second)))
	}
	for _, text := range form.References {
		y, known := p.resolve(v, text)
		if known && !slices.Contains(x.cites, y.place) {
			x.cites = append(x.cites, y.place)
		}
		ok = ok && (known || strings.Contains(text, " ")) && !p.tells(x, text, y)
	}
	return ok && signs && p.legalCorrection(v, x, form) && p.legalAnswer(v, x, form)
}

// resolve finds the message that a text names, if the viewer sees it.
func (p *play) resolve(v viewer, text string) (*modelMessage, bool) {
	for _, y := range p.model.messages {
		if (text == y.id.String() || text == y.number && !y.imported) && p.model.reads(v, y) {
			return y, true
		}
	}
	return nil, false
}

// tells reports whether an unprotected message would name a restricted one.
func (p *play) tells(x *modelMessage, text string, named *modelMessage) bool {
	return x.level == np && (strings.Contains(text, " DR ") || named != nil && named.level == dr)
}

func (p *play) legalCorrection(v viewer, x *modelMessage, form correspondence.Form) bool {
	if form.Corrects == nil {
		return true
	}
	old, known := p.resolve(v, form.Corrects.Message)
	if !known || old.imported || old.origin != x.origin {
		return false
	}
	x.corrects, x.how = old, form.Corrects.How
	switch x.how {
	case "raises":
		return old.level == np && x.level == dr
	case "lowers":
		return old.level == dr && x.level == np
	}
	ended := slices.ContainsFunc(p.model.messages, func(y *modelMessage) bool {
		return y.corrects == old && (y.how == "cancels" || y.how == "replaces")
	})
	return old.level == x.level && !ended
}

func (p *play) legalAnswer(v viewer, x *modelMessage, form correspondence.Form) bool {
	if form.ReplyTo == "" {
		return true
	}
	asked, known := p.resolve(v, form.ReplyTo)
	x.answers = asked
	return known && !p.tells(x, form.ReplyTo, asked)
}

// draft draws a message that may be released, or in one of six cases any.
func (p *play) draft(t *rapid.T) (v viewer, x *modelMessage, form correspondence.Form, legal bool) {
	signs := func(login string) bool {
		return slices.ContainsFunc(p.model.groups, func(g *modelGroup) bool { m := g.member(login); return m != nil && m.sign })
	}
	any, wanted := upTo(t, 6, "any") == 1, pickOne(t, habilitation.Levels[:], "wanted level")
	for try := range 24 {
		v = p.oneOf(t, "author", signs)
		x, form = p.write(t, v.login)
		if legal = p.legal(v, x, form); legal && (x.level == wanted || try > 19) || any {
			break
		}
	}
	return v, x, form, legal
}
