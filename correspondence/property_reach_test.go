package correspondence_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/habilitation"
)

// What the random houses tell while things happen, and everything at once that a viewer may ask.

// heard is what a stream told.
type heard struct {
	viewer viewer
	saw    map[habilitation.ID]bool // what the viewer read before
	mu     sync.Mutex
	events []correspondence.Event
	beats  int
	close  func()
}

func (h *heard) takes(e correspondence.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Headline == nil && e.Gone == nil && !e.Resync {
		h.beats++
	} else {
		h.events = append(h.events, e)
	}
	return nil
}

// beaten waits for so many more heartbeats, after which the stream has told whatever there was.
func (h *heard) beaten(more int) {
	h.mu.Lock()
	until := h.beats + more
	h.mu.Unlock()
	for beats := 0; beats < until; time.Sleep(2 * time.Millisecond) {
		h.mu.Lock()
		beats = h.beats
		h.mu.Unlock()
	}
}

// listen opens streams, lets something happen, and compares what they told with what was read before and is read now.
func (p *play) listen(t *rapid.T) {
	p.advance(0)
	ears := []*heard{p.ear(pickOne(t, p.viewers(), "ear")), p.ear(pickOne(t, p.viewers(), "ear")), p.ear(pickOne(t, p.viewers(), "ear"))}
	defer func() {
		for _, h := range ears {
			h.close()
		}
	}()
	for _, h := range ears {
		h.beaten(1)
	}
	arrivals := len(p.model.messages)
	pickOne(t, []func(*rapid.T){p.release, p.correct, p.correct, p.share, p.revoke, p.add, p.reassign, p.sign, p.elapse}, "what happens")(t)
	for _, h := range ears {
		h.beaten(2)
	}
	for _, h := range ears {
		p.compareHeard(h, p.model.messages[arrivals:])
	}
}

func (p *play) ear(v viewer) *heard {
	ctx, cancel := context.WithCancel(context.Background())
	h := &heard{viewer: v, saw: map[habilitation.ID]bool{}}
	for _, x := range p.model.feed(v) {
		h.saw[x.id] = true
	}
	ended := make(chan error, 1)
	desk := p.seat(v)
	go func() { ended <- desk.Stream(ctx, habilitation.ID{}, h.takes) }()
	h.close = func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			p.t.Fatalf("the stream ended with %v", err)
		}
	}
	return h
}

// compareHeard expects to be told of all that came into sight, of all that went out of it, and of what was corrected; and of nothing that is
// withheld.
func (p *play) compareHeard(h *heard, news []*modelMessage) {
	told, gone := map[habilitation.ID]correspondence.Headline{}, map[habilitation.ID]bool{}
	for _, e := range h.events {
		p.clean(h.viewer, e)
		if e.Gone != nil {
			gone[*e.Gone] = true
		}
		if e.Headline != nil {
			told[e.Headline.ID] = *e.Headline
		}
	}
	for _, x := range p.model.messages {
		reads := p.model.reads(h.viewer, x)
		if want := h.saw[x.id] && !reads; gone[x.id] != want {
			p.t.Fatalf("%v is told that %s is gone: %v, want %v", h.viewer, x.number, gone[x.id], want)
		}
		corrected := slices.ContainsFunc(news, func(y *modelMessage) bool { return y.corrects == x })
		headline, heard := told[x.id]
		if reads && !x.imported && !heard && (!h.saw[x.id] || corrected) {
			p.t.Fatalf("%v is not told of %s", h.viewer, x.number)
		}
		if heard {
			p.compareRow(h.viewer, headline, x)
		}
	}
}

// sweep asks for everything that a viewer may ask without naming a message.
func (p *play) sweep(t *rapid.T) {
	v := pickOne(t, p.viewers(), "viewer")
	desk, ctx := p.seat(v), t.Context()
	p.compareActions(v)
	p.compareGaps(v)
	p.compareDossiers(v)
	p.compareTray(v)
	for what, ask := range map[string]func() (any, error){
		"me":          func() (any, error) { return desk.Me(ctx) },
		"drafts":      func() (any, error) { return desk.Drafts(ctx) },
		"groups":      func() (any, error) { return desk.Groups(ctx) },
		"requests":    func() (any, error) { return desk.Requests(ctx) },
		"delegations": func() (any, error) { return desk.Delegations(ctx) },
		"operator":    func() (any, error) { return desk.OperatorTray(ctx) },
	} {
		answer, err := ask()
		if err != nil {
			t.Fatalf("%v asks for %s: %v", v, what, err)
		}
		p.clean(v, answer)
	}
	for _, x := range p.model.messages {
		row, err := desk.Row(ctx, x.id)
		if !p.model.reads(v, x) {
			p.wants(correspondence.Unknown, err, "a row that is withheld")
			continue
		}
		if err != nil {
			t.Fatalf("%v asks for the row of %s: %v", v, x.number, err)
		}
		p.compareRow(v, row, x)
	}
}

// file opens a dossier, or puts a message into one.
func (p *play) file(t *rapid.T) {
	v := p.oneOf(t, "hand", func(login string) bool { return p.model.writes(login, "nord") })
	own := p.model.group("nord").member(v.login)
	if len(p.model.dossiers) < 2 {
		if own == nil || !own.sign {
			return
		}
		d := &modelDossier{owner: "nord", level: habilitation.Levels[len(p.model.dossiers)]}
		if d.level > p.model.ceiling(v) {
			return
		}
		view, err := p.seat(v).OpenDossier(t.Context(), correspondence.DossierForm{Title: "Dossier " + d.level.String(), Owner: "nord", Level: d.level.String()})
		if err != nil {
			t.Fatalf("open dossier: %v", err)
		}
		d.id = view.ID
		p.model.dossiers = append(p.model.dossiers, d)
		return
	}
	d, x := pickOne(t, p.model.dossiers, "dossier"), pickOne(t, p.model.messages, "message")
	_, err := p.seat(v).AddToDossier(t.Context(), d.id, x.id.String())
	switch member := own != nil && d.level <= p.model.ceiling(v); {
	case !member:
		p.wants(correspondence.Unknown, err, "a dossier that is withheld")
	case !p.model.reads(v, x):
		p.wants(correspondence.Invalid, err, "filing what is withheld")
	case own.sign && !slices.Contains(d.messages, x):
		if err != nil {
			t.Fatalf("%v files %s: %v", v, x.number, err)
		}
		d.messages = append(d.messages, x)
	case err == nil:
		t.Fatalf("%v files %s", v, x.number)
	}
}

// compareDossiers compares what stands in the dossiers for the viewer.
func (p *play) compareDossiers(v viewer) {
	for _, d := range p.model.dossiers {
		page, err := p.seat(v).Dossier(p.t.Context(), d.id, correspondence.DossierQuery{})
		if p.model.group(d.owner).member(v.login) == nil || d.level > p.model.ceiling(v) {
			p.wants(correspondence.Unknown, err, "a dossier that is withheld")
			continue
		}
		if err != nil {
			p.t.Fatalf("dossier: %v", err)
		}
		p.clean(v, page)
		var got []correspondence.Headline
		for _, item := range page.Items {
			got = append(got, item.Headline)
		}
		want := slices.DeleteFunc(slices.Clone(d.messages), func(x *modelMessage) bool { return !p.model.reads(v, x) })
		p.compareRows(v, "the dossier", got, want)
		if page.Messages != len(want) {
			p.t.Fatalf("%v counts %d messages in the dossier, want %d", v, page.Messages, len(want))
		}
	}
}

// lend lends a signature for a while.
func (p *play) lend(t *rapid.T) {
	g := pickOne(t, p.model.groups[:3], "group")
	v := p.oneOf(t, "giver", func(login string) bool { m := g.member(login); return m != nil && m.sign })
	to := pickOne(t, p.model.agents, "receiver")
	ends := p.Clock.Now().Add(time.Duration(1+upTo(t, 90, "seconds")) * time.Second).Truncate(time.Second)
	view, err := p.seat(v).Delegate(t.Context(), correspondence.DelegationForm{To: to.login, Group: g.key, Duties: []string{"signatory"}, Ends: ends.Format(time.RFC3339), Reason: "congé"})
	own := g.member(v.login)
	if own == nil || !own.sign || to.disabled || to.login == v.login || !ends.After(p.Clock.Now()) {
		p.wants(correspondence.Invalid, err, "lending what is not held")
		return
	}
	if err != nil {
		t.Fatalf("%v lends to %s: %v", v, to.login, err)
	}
	p.model.loans = append(p.model.loans, &modelLoan{id: view.ID, from: v.login, to: to.login, group: g.key, begins: view.Begins, ends: view.Ends})
	if !view.Ends.Equal(ends) {
		t.Fatalf("lent until %s, want %s", view.Ends, ends)
	}
}

// elapse lets time pass, now and then an hour and more.
func (p *play) elapse(t *rapid.T) {
	p.advance(pickOne(t, []time.Duration{time.Second, 11 * time.Second, 11 * time.Second, 40 * time.Second, 40 * time.Minute}, "time"))
}

// compareGaps: the house has every message that it numbered, so nothing is missing for anybody, whatever was withheld since.
func (p *play) compareGaps(v viewer) {
	if gaps, err := p.seat(v).Gaps(p.t.Context()); err != nil || len(gaps) > 0 {
		p.t.Fatalf("%v lacks %+v, %v", v, gaps, err)
	}
}
