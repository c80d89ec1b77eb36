package correspondence_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
	"chancery/tagging"
)

// vocabulary is what the texts of the property test are made of: words that no stemming brings together.
var vocabulary = []string{"baobab", "caravane", "digue", "lagune", "sorgho", "typhon"}

// TestHouseAgreesWithTheModel drives random houses and asks after each step whether they answer as the model does. CHANCERY_SOAK=1 plays many more.
func TestHouseAgreesWithTheModel(t *testing.T) {
	checks, steps := "20", "30"
	if os.Getenv("CHANCERY_SOAK") != "" {
		checks, steps = "400", "60"
	}
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.steps": steps, "rapid.nofailfile": "true", "rapid.shrinktime": "10s"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		steps := []func(*rapid.T){p.release, p.release, p.release, p.importRecords, p.clear, p.disable, p.terminal, p.membership, p.signup, p.declare, p.decide, p.withdraw,
			p.read, p.read, p.mark, p.markAll, p.preview, p.search, p.search, p.reopen}
		t.Repeat(map[string]func(*rapid.T){"step": func(t *rapid.T) { pickOne(t, steps, "step")(t) }, "": p.compare})
	})
}

// play is a house and the model beside it.
type play struct {
	*housetest.House
	model *model
	t     *rapid.T
}

var hall = habilitation.ID{0: 'h'} // a terminal whose level changes

func newPlay(t *rapid.T) *play {
	p := &play{House: housetest.New(t), t: t, model: &model{terminals: map[habilitation.ID]habilitation.Level{}}}
	var acts []habilitation.Act
	for i, login := range []string{"anne", "boris", "chloe", "denis", "emma", "fatou"} {
		a := &modelAgent{number: habilitation.AgentID(i + 1), login: login, level: habilitation.Levels[min(i%3, 1)], archivist: i == 4,
			marks: map[habilitation.Level]int{}, except: map[int]bool{}}
		p.model.agents = append(p.model.agents, a)
		added := habilitation.AgentAdded{Agent: a.number, Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Level: a.level}
		if a.archivist {
			added.Functions = []habilitation.Function{habilitation.Archivist}
		}
		acts = append(acts, added)
	}
	for i, key := range []string{"nord", "sud", "ouest", "cercle"} {
		g := &modelGroup{number: habilitation.AudienceID(i + 1), key: key, timbre: strings.ToUpper(key), community: key == "cercle", level: dr}
		if key == "ouest" {
			g.level = np
		}
		p.model.groups = append(p.model.groups, g)
		acts = append(acts, habilitation.AudienceCreated{Audience: g.number, Key: key, Sort: "group", Name: habilitation.Label{FR: "Groupe " + key}, Timbre: g.timbre,
			Community: g.community, Level: g.level})
		for j := range 2 {
			acts = append(acts, p.joined(g, p.model.agents[(i+j*2)%6], true, j == 0))
		}
	}
	for i, key := range []string{"eau", "feu"} {
		p.model.tags = append(p.model.tags, key)
		p.model.stewards = append(p.model.stewards, []string{"nord", "sud"}[i])
		acts = append(acts, tagging.TagCreated{Tag: habilitation.TagID(i + 1), Key: key, Label: habilitation.Label{FR: "Étiquette " + key}, Steward: habilitation.AudienceID(i + 1), State: tagging.Active})
	}
	for i, id := range []habilitation.ID{housetest.TerminalOf(np), housetest.TerminalOf(dr), hall} {
		level := habilitation.Levels[min(i, 1)]
		p.model.terminals[id] = level
		hash := make([]byte, 32)
		hash[0] = byte(i + 1)
		acts = append(acts, habilitation.TerminalRegistered{Terminal: id, Name: "poste", Level: level, SecretHash: hash})
	}
	p.Enact(acts...)
	for range 6 {
		p.release(t)
	}
	return p
}

// joined makes an agent a member in the model and gives the act that does so in the house.
func (p *play) joined(g *modelGroup, a *modelAgent, sign, chief bool) habilitation.Act {
	g.members = append(g.members, modelMember{login: a.login, since: p.Clock.Now(), sign: sign, chief: chief})
	duties := habilitation.Duty(0)
	if sign {
		duties |= habilitation.Signatory | habilitation.Drafter
	}
	if chief && g.community {
		duties |= habilitation.Manager
	} else if chief {
		duties |= habilitation.NumberTwo
	}
	return habilitation.MemberJoined{Audience: g.number, Agent: a.number, Duties: duties}
}

// upTo draws a number below n, each as likely: rapid's own ranges prefer the small ones, and rare rights would be met too rarely.
func upTo(t *rapid.T, n int, what string) (drawn int) {
	for _, bit := range rapid.SliceOfN(rapid.Bool(), 8, 8).Draw(t, what) {
		drawn *= 2
		if bit {
			drawn++
		}
	}
	return drawn % n
}

func pickOne[E any](t *rapid.T, from []E, what string) E { return from[upTo(t, len(from), what)] }

// some draws at most so many, each once.
func some[E comparable](t *rapid.T, from []E, most int, what string) []E {
	drawn := []E{}
	for range upTo(t, most+1, what) {
		if e := pickOne(t, from, what); !slices.Contains(drawn, e) {
			drawn = append(drawn, e)
		}
	}
	return drawn
}

func (p *play) viewers() (all []viewer) {
	for _, a := range p.model.agents {
		for _, terminal := range []habilitation.ID{{}, housetest.TerminalOf(dr), hall} {
			if !a.disabled {
				all = append(all, viewer{a.login, terminal})
			}
		}
	}
	return all
}

// oneOf draws a viewer: mostly one whose login is among those that the act is for, else anybody.
func (p *play) oneOf(t *rapid.T, what string, fit func(login string) bool) viewer {
	var all []viewer
	for _, v := range p.viewers() {
		if fit(v.login) {
			all = append(all, v)
		}
	}
	if len(all) == 0 || upTo(t, 5, "a stranger") == 1 {
		all = p.viewers()
	}
	return pickOne(t, all, what)
}

func (p *play) seat(v viewer) *housetest.Reader { return p.At(v.login, v.terminal) }

func (p *play) groupKeys() (keys []string) {
	for _, g := range p.model.groups {
		keys = append(keys, g.key)
	}
	return keys
}

func (p *play) logins() (logins []string) {
	for _, a := range p.model.agents {
		logins = append(logins, a.login)
	}
	return logins
}

// write draws a message with its form, legal or not.
func (p *play) write(t *rapid.T, author string) (*modelMessage, correspondence.Form) {
	x := &modelMessage{place: len(p.model.messages), author: author, level: pickOne(t, habilitation.Levels[:], "level"), kind: pickOne(t, correspondence.KindNames(), "kind"),
		origin: pickOne(t, p.origins(author), "origin"), agents: some(t, p.logins(), 2, "agents"), tags: some(t, p.model.tags, 2, "tags"), words: some(t, vocabulary, 3, "words")}
	x.action = []string{pickOne(t, p.groupKeys(), "action")}
	x.info = slices.DeleteFunc(some(t, p.groupKeys(), 2, "info"), func(key string) bool { return key == x.action[0] })
	form := correspondence.Form{Kind: x.kind, Origin: x.origin, Level: x.level.String(), Agents: x.agents, Tags: x.tags,
		Subject: "Objet " + strings.Join(x.words, " "), Summary: "Résumé", Text: "Texte " + strings.Join(x.words, " ")}
	if x.level == dr {
		x.canary = "zorglub" + strconv.Itoa(x.place) + "q"
		form.Text += " " + x.canary
		form.Subject += " " + x.canary
	}
	for _, key := range x.action {
		form.Action = append(form.Action, correspondence.FormAddressee{Group: key})
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

// legal decides whether the house must release the message, and resolves what it cites.
func (p *play) legal(v viewer, x *modelMessage, form correspondence.Form) bool {
	ok := x.level <= p.model.ceiling(v) && x.level <= p.model.group(x.origin).level
	signs := p.model.group(x.origin).member(v.login)
	ok = ok && signs != nil && signs.sign
	for _, key := range x.addressed() {
		ok = ok && x.level <= p.model.group(key).level
	}
	for _, login := range x.agents {
		ok = ok && x.level <= p.model.agent(login).level && !p.model.agent(login).disabled
	}
	for _, text := range form.References {
		for _, y := range p.model.messages {
			if text != y.id.String() && text != y.number {
				continue
			}
			if x.level == np && y.level == dr && (text == y.number || p.model.reads(v, y)) {
				ok = false
			}
			switch {
			case p.model.reads(v, y):
				x.cites = append(x.cites, y.place)
			case text == y.id.String(): // a bare identity names something the author sees
				ok = false
			}
		}
	}
	return ok
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

func (p *play) release(t *rapid.T) {
	p.Clock.Advance(time.Duration(upTo(t, 4, "seconds")) * time.Second)
	v, x, form, legal := p.draft(t)
	view, err := p.seat(v).Dispatch(t.Context(), habilitation.ID{}, form)
	if !legal {
		p.wants(correspondence.Invalid, err, "illegal release")
		return
	}
	if err != nil {
		t.Fatalf("%s releases %+v: %v", v.login, form, err)
	}
	p.model.number(x)
	x.id, x.at = view.ID, p.Clock.Now().Truncate(time.Second)
	p.model.messages = append(p.model.messages, x)
	if view.Number != x.number {
		t.Fatalf("released as %s, want %s", view.Number, x.number)
	}
}

func (p *play) importRecords(t *rapid.T) {
	var records []correspondence.Imported
	for range 1 + upTo(t, 2, "records") {
		place := len(p.model.messages)
		x := &modelMessage{place: place, level: pickOne(t, habilitation.Levels[:], "level"), kind: "telegram", origin: "nord", action: []string{"sud"}, imported: true,
			tags: some(t, p.model.tags, 1, "tags"), words: some(t, vocabulary, 2, "words"), number: "n° " + strconv.Itoa(place), toward: []int{0}}
		x.at = time.Date(1861+upTo(t, 166, "year"), 2, 1, 0, 0, place, 0, time.UTC)
		source := fmt.Sprint("source ", place)
		text := strings.Join(x.words, " ")
		if x.level == dr {
			x.canary = "zorglub" + strconv.Itoa(place) + "q"
			text += " " + x.canary
		}
		record := p.Record(source, "nord", "sud", x.level, x.at, x.number, text)
		for _, tag := range x.tags {
			record.Message.Tags = append(record.Message.Tags, correspondence.TagName{Tag: habilitation.TagID(slices.Index(p.model.tags, tag) + 1), Key: tag, Label: tag})
		}
		x.id = correspondence.ImportedID(source)
		records = append(records, record)
		p.model.messages = append(p.model.messages, x)
	}
	p.Imports(records...)
}

// compare compares every viewer's teleprinter.
func (p *play) compare(t *rapid.T) {
	for _, v := range p.viewers() {
		want, got := p.model.feed(v), p.seat(v).Feed()
		p.clean(v, got)
		page, err := p.seat(v).Teleprinter(t.Context(), correspondence.FeedQuery{Limit: 1})
		if n := p.model.unreadCount(v); err != nil || page.Unread != n {
			t.Fatalf("%v has %d unread, want %d (%v)", v, page.Unread, n, err)
		}
		p.compareCursors(v)
		if len(want) != len(got) {
			t.Fatalf("%v sees %d messages, want %d", v, len(got), len(want))
		}
		for i, x := range want {
			h := got[i]
			if h.ID != x.id || h.Number != x.number || h.Level != x.level || h.Unread != p.model.unread(v, x) || h.Imported != x.imported || !h.ReleasedAt.Equal(x.at) {
				t.Fatalf("%v sees at %d %+v, want %+v (unread %v)", v, i, h, x, p.model.unread(v, x))
			}
			if told := reasonsTold(h.Reasons); !slices.Equal(told, p.model.reasons(v, x)) {
				t.Fatalf("%v sees %s because %q, want %q", v, x.number, told, p.model.reasons(v, x))
			}
		}
	}
}

// compareCursors asks for the page behind each of the messages that arrived last: withheld ones do not exist.
func (p *play) compareCursors(v viewer) {
	desk := p.seat(v)
	for _, x := range p.model.messages[max(len(p.model.messages)-4, 0):] {
		_, err := desk.Teleprinter(p.t.Context(), correspondence.FeedQuery{After: x.id, Limit: 1})
		if !p.model.reads(v, x) {
			p.wants(correspondence.Unknown, err, "the page behind what is withheld")
		} else if err != nil {
			p.t.Fatalf("the page behind %s: %v", x.number, err)
		}
	}
}

func reasonsTold(reasons []correspondence.Reason) (told []string) {
	for _, r := range reasons {
		text := r.Kind
		if r.Audience != nil {
			text += " " + r.Audience.Key
		}
		if r.Tag != nil {
			text += " " + r.Tag.Key
		}
		told = append(told, text)
	}
	return told
}

// clean expects an answer to hold no canary that the viewer may not see.
func (p *play) clean(v viewer, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		p.t.Fatalf("marshal: %v", err)
	}
	for _, x := range p.model.messages {
		if x.canary != "" && strings.Contains(string(text), x.canary) && !p.model.reads(v, x) {
			p.t.Fatalf("%v is told of %s: %s", v, x.number, text)
		}
	}
}

func (p *play) wants(cause correspondence.Cause, err error, what string) {
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != cause {
		p.t.Fatalf("%s: got %v, want a refusal: %s", what, err, cause)
	}
}
