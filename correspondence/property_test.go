package correspondence_test

import (
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
	checks, steps := "14", "30"
	if os.Getenv("CHANCERY_SOAK") != "" {
		checks, steps = "200", "60"
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
			p.read, p.read, p.mark, p.markAll, p.preview, p.search, p.search, p.reopen, p.correct, p.correct, p.correct, p.reply, p.add, p.share, p.share, p.revoke,
			p.reassign, p.misaddressed, p.settle, p.take, p.claim, p.entrust, p.accept, p.close, p.listen, p.sweep, p.sweep, p.file,
			p.lend, p.setRule, p.newDraft, p.submit, p.visa, p.returned, p.reopened, p.edit, p.sign, p.sign, p.unhold, p.abandon, p.elapse, p.elapse,
			p.push, p.push, p.push, p.push, p.push, p.push, p.push, p.push, p.push, p.push}
		t.Repeat(map[string]func(*rapid.T){"step": func(t *rapid.T) { pickOne(t, steps, "step")(t) }, "": p.compare})
	})
}

// play is a house and the model beside it.
type play struct {
	*housetest.House
	model *model
	t     *rapid.T
	older map[string][]byte // the snapshots of an earlier closing
	words int               // counts the forms, so that each canary is another
}

var hall = habilitation.ID{0: 'h'} // a terminal whose level changes

func newPlay(t *rapid.T) *play {
	p := &play{House: housetest.New(t), t: t, model: &model{desk: "pupitre", terminals: map[habilitation.ID]habilitation.Level{}, rules: map[modelRule][]modelStep{},
		series: map[modelSeries][]*modelMessage{}}}
	p.model.now = p.Clock.Now
	var acts []habilitation.Act
	for i, login := range []string{"anne", "boris", "chloe", "denis", "emma", "fatou"} {
		a := &modelAgent{number: habilitation.AgentID(i + 1), login: login, level: habilitation.Levels[min(i%3, 1)], archivist: i == 4,
			marks: map[habilitation.Level]uint64{}, except: map[int]bool{}}
		p.model.agents = append(p.model.agents, a)
		added := habilitation.AgentAdded{Agent: a.number, Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Level: a.level}
		if a.archivist {
			added.Functions = []habilitation.Function{habilitation.Archivist}
		}
		acts = append(acts, added)
	}
	for i, key := range []string{"nord", "sud", "ouest", "cercle", "pupitre", "ronde"} {
		g := &modelGroup{number: habilitation.AudienceID(i + 1), key: key, timbre: strings.ToUpper(key), community: key == "cercle" || key == "ronde", level: dr}
		if key == "ouest" || key == "ronde" {
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
	acts = append(acts, habilitation.OperatorDeskNamed{Audience: p.model.group("pupitre").number})
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

func (p *play) release(t *rapid.T) {
	p.advance(time.Duration(upTo(t, 4, "seconds")) * time.Second)
	v, x, form, legal := p.draft(t)
	p.send(t, v, x, form, legal)
}

// send releases a form at once, unless the group wants visas on such messages.
func (p *play) send(t *rapid.T, v viewer, x *modelMessage, form correspondence.Form, legal bool) {
	view, err := p.seat(v).Dispatch(t.Context(), habilitation.ID{}, form)
	switch {
	case !legal:
		p.wants(correspondence.Invalid, err, "illegal release")
		return
	case len(p.model.rules[modelRule{x.origin, x.kind}]) > 0:
		p.wants(correspondence.Conflict, err, "release without the visas of the rule")
		return
	case err != nil:
		t.Fatalf("%s releases %+v: %v", v.login, form, err)
	}
	p.arrived(v, x, view, form)
}

// arrived takes a release down in the model and compares what its signatory is shown.
func (p *play) arrived(v viewer, x *modelMessage, view correspondence.MessageView, form correspondence.Form) {
	x.id, x.at, x.lines = view.ID, p.Clock.Now().Truncate(time.Second), linesOf(form)
	p.model.arrive(x)
	if view.Number != x.number {
		p.t.Fatalf("released as %s, want %s", view.Number, x.number)
	}
	if told := onBehalf(view); told != x.stead {
		p.t.Fatalf("%s is signed in the place of %q, want %q", x.number, told, x.stead)
	}
	p.clean(v, view)
	p.t.Logf("%v releases %s to %v from %+v", v.login, x.number, x.addressed(), form.Corrects)
}

func onBehalf(view correspondence.MessageView) string {
	if view.OnBehalf == nil {
		return ""
	}
	return view.OnBehalf.Login
}

func (p *play) importRecords(t *rapid.T) {
	var records []correspondence.Imported
	for range 1 + upTo(t, 2, "records") {
		p.words++
		place := p.words
		x := &modelMessage{level: pickOne(t, habilitation.Levels[:], "level"), kind: "telegram", origin: "nord", action: []string{"sud"}, imported: true,
			tags: some(t, p.model.tags, 1, "tags"), words: some(t, vocabulary, 2, "words"), number: "n° " + strconv.Itoa(place), lines: []*modelLine{{key: "sud", role: "action", asked: "read", state: "delivered"}}}
		x.at = time.Date(1861+upTo(t, 165, "year"), 2, 1, 0, 0, place, 0, time.UTC)
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
		p.model.arrive(x)
	}
	p.Imports(records...)
}
