package correspondence_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"chancery/correspondence"
	"chancery/habilitation"
)

// What the readers of the random houses ask.

// pick draws a viewer and a message.
func (p *play) pick(t *rapid.T) (viewer, *modelMessage) {
	if len(p.model.messages) == 0 {
		t.Skip("no message yet")
	}
	return pickOne(t, p.viewers(), "viewer"), pickOne(t, p.model.messages, "message")
}

func (p *play) read(t *rapid.T) {
	v, x := p.pick(t)
	desk := p.seat(v)
	if !p.model.reads(v, x) {
		desk.ReadsNothingOf(x.id)
		return
	}
	was := p.model.unread(v, x)
	view, err := desk.Message(t.Context(), x.id)
	if err != nil {
		t.Fatalf("%v reads %s: %v", v, x.number, err)
	}
	t.Logf("%v reads %s", v, x.number)
	p.model.mark(v, x, true)
	p.model.opens(v.login, x)
	p.clean(v, view)
	p.compareRow(v, view.Headline, x)
	var toward, want []string
	for _, to := range view.Addressees {
		toward = append(toward, fmt.Sprint(to.Role, " ", to.Key, " ", to.Number))
	}
	for _, l := range x.lines {
		want = append(want, fmt.Sprint(l.role, " ", l.key, " ", l.n))
	}
	if !slices.Equal(toward, want) || !view.Signature.Valid || view.OwnEdit != x.own || (view.Signature.Quality == "house") != x.imported || view.Unread {
		t.Fatalf("%s (unread before: %v) reads as %+v, want %v", x.number, was, view, want)
	}
	p.compareLinks(v, x, view)
	p.compareThread(v, x)
	p.compareHandling(v, x)
	p.compareLife(v, view)
}

// compareLife expects the life of a message to be told to whoever is offered it, in order and without what they may not see, and to nobody else.
func (p *play) compareLife(v viewer, view correspondence.MessageView) {
	life, err := p.seat(v).LifeOf(p.t.Context(), view.ID)
	if !view.Keeping.MayFollow {
		p.wants(correspondence.NotMandated, err, "following what one may not")
		return
	}
	inOrder := slices.IsSortedFunc(life.Items, func(a, b correspondence.LifeEntry) int { return a.At.Compare(b.At) })
	if err != nil || !inOrder || !slices.ContainsFunc(life.Items, func(one correspondence.LifeEntry) bool { return one.What == "released" }) {
		p.t.Fatalf("the life of %s: %+v, %v", view.Number, life.Items, err)
	}
	p.clean(v, life)
}

// points reports whether one message names another as cited, answered or corrected.
func points(from, to *modelMessage) bool {
	return from.answers == to || from.corrects == to || slices.Contains(from.cites, to.place)
}

// compareLinks compares the links to what is cited and from what cites.
func (p *play) compareLinks(v viewer, x *modelMessage, view correspondence.MessageView) {
	var want, got []habilitation.ID
	for _, r := range view.References {
		if r.ID != nil {
			got = append(got, *r.ID)
		}
	}
	for _, place := range x.cites {
		if p.model.reads(v, p.model.messages[place]) {
			want = append(want, p.model.messages[place].id)
		}
	}
	for _, later := range view.CitedBy {
		got = append(got, later.ID)
	}
	for _, y := range p.model.messages {
		if points(y, x) && p.model.reads(v, y) {
			want = append(want, y.id)
		}
	}
	if !slices.Equal(want, got) {
		p.t.Fatalf("%v sees the links of %s as %v, want %v", v, x.number, got, want)
	}
	if c := view.Corrects; (c != nil) != (x.corrects != nil) || c != nil && (c.ID != nil) != p.model.reads(v, x.corrects) {
		p.t.Fatalf("%v sees that %s corrects %+v", v, x.number, c)
	}
}

// compareThread walks the thread through what the viewer reads, both ways.
func (p *play) compareThread(v viewer, x *modelMessage) {
	met := []*modelMessage{x}
	for i := 0; i < len(met); i++ {
		for _, y := range p.model.messages {
			if (points(y, met[i]) || points(met[i], y)) && p.model.reads(v, y) && !slices.Contains(met, y) {
				met = append(met, y)
			}
		}
	}
	view, err := p.seat(v).Thread(p.t.Context(), x.id)
	if err != nil {
		p.t.Fatalf("thread: %v", err)
	}
	var got []correspondence.Headline
	for _, item := range view.Items {
		got = append(got, item.Headline)
	}
	p.compareRows(v, "the thread of "+x.number, got, met)
}

func (p *play) mark(t *rapid.T) {
	v, x := p.pick(t)
	read := rapid.Bool().Draw(t, "read")
	err := p.seat(v).MarkRead(t.Context(), x.id, read)
	if !p.model.reads(v, x) {
		p.wants(correspondence.Unknown, err, "marks what is withheld")
		return
	}
	if err != nil {
		t.Fatalf("mark: %v", err)
	}
	p.model.mark(v, x, read)
	t.Logf("%v marks %s: %v", v, x.number, read)
}

func (p *play) markAll(t *rapid.T) {
	v, x := p.pick(t)
	if rapid.Bool().Draw(t, "everything") {
		if err := p.seat(v).MarkAllRead(t.Context(), habilitation.ID{}); err != nil {
			t.Fatalf("mark all: %v", err)
		}
		t.Logf("%v marks all", v)
		p.model.markAll(v, nil)
		return
	}
	err := p.seat(v).MarkAllRead(t.Context(), x.id)
	if !p.model.reads(v, x) {
		p.wants(correspondence.Unknown, err, "marks up to what is withheld")
		return
	}
	if err != nil {
		t.Fatalf("mark up to: %v", err)
	}
	p.model.markAll(v, x)
}

func (p *play) preview(t *rapid.T) {
	v := pickOne(t, p.viewers(), "author")
	x, form := p.write(t, v.login)
	form.References = nil
	view, err := p.seat(v).AudienceOf(t.Context(), form)
	if err != nil {
		t.Fatalf("preview: %v", err)
	}
	if x.level > p.model.ceiling(v) {
		if len(view.Groups)+len(view.NotCleared)+view.Readers > 0 {
			t.Fatalf("preview above the session: %+v", view)
		}
		return
	}
	beneath := func(key string) bool { return p.model.group(key).level < x.level }
	for _, key := range x.addressed() {
		told := slices.ContainsFunc(view.NotCleared, func(ref correspondence.AudienceRef) bool { return ref.Key == key })
		if told != beneath(key) {
			t.Fatalf("preview of %s, beneath the level: %v: not cleared are %+v", key, beneath(key), view.NotCleared)
		}
	}
	reached := slices.DeleteFunc(x.addressed(), beneath)
	lost := slices.ContainsFunc(reached, func(key string) bool { return !p.model.hasReader(key, x.level) })
	if lost && !slices.Contains(reached, p.model.desk) {
		reached = append(reached, p.model.desk)
	}
	for _, g := range p.model.groups {
		for _, tag := range x.tags {
			if p.model.declares(g.key, tag, x.level) && !slices.Contains(reached, g.key) {
				reached = append(reached, g.key)
			}
		}
	}
	var got []string
	for _, line := range view.Groups {
		got = append(got, line.Key)
		if n := p.model.receivers(x.level, []string{line.Key}, nil); line.Agents != n || line.Cleared != (p.model.group(line.Key).level >= x.level) {
			t.Fatalf("preview of %s: %+v, want %d agents", line.Key, line, n)
		}
	}
	slices.Sort(got)
	slices.Sort(reached)
	named := slices.DeleteFunc(slices.Clone(x.agents), func(login string) bool { return p.model.agent(login).level < x.level })
	if n := p.model.receivers(x.level, reached, named); view.Readers != n || !slices.Equal(got, reached) {
		t.Fatalf("preview: %d readers in %v, want %d in %v", view.Readers, got, n, reached)
	}
}

// reopen closes the house and opens it again: from the snapshots it wrote, from none, or from some that an earlier closing left.
func (p *play) reopen(t *rapid.T) {
	p.Shut()
	folder := filepath.Join(p.Folder, "snapshots")
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string][]byte{}
	for _, file := range files {
		path := filepath.Join(folder, file.Name())
		if written[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		switch earlier := p.older[path]; upTo(t, 4, "which snapshot") {
		case 1:
			err = os.Remove(path)
		case 2:
			if earlier != nil {
				err = os.WriteFile(path, earlier, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if p.older == nil || rapid.Bool().Draw(t, "keep") {
		p.older = written
	}
	p.Open()
}

// search asks a few questions as one viewer.
func (p *play) search(t *rapid.T) {
	v := pickOne(t, p.viewers(), "viewer")
	clauses := append(slices.Clone(vocabulary), "tag:eau", "tag:feu", "to:nord", "to:sud", "to:cercle", "from:nord", "type:note", "level:restricted", "level:unprotected", "-digue", "-tag:eau")
	for _, x := range p.model.messages {
		if x.canary != "" {
			clauses = append(clauses, x.canary)
		}
	}
	asked := some(t, clauses, 2, "question")
	var want []*modelMessage
	for _, x := range p.model.feed(v) {
		if !slices.ContainsFunc(asked, func(c string) bool { return !p.model.matches(x, c) }) {
			want = append(want, x)
		}
	}
	p.Settle()
	page, err := p.seat(v).Search(t.Context(), correspondence.SearchQuery{Text: strings.Join(asked, " "), Limit: 100, Sort: "date"})
	if err != nil {
		t.Fatalf("search %q: %v", asked, err)
	}
	p.clean(v, page)
	if page.Total != len(want) || len(page.Items) != len(want) {
		t.Fatalf("%v searches %q: %d of %d, want %d", v, asked, len(page.Items), page.Total, len(want))
	}
	for i, x := range want {
		p.compareRow(v, page.Items[i].Headline, x)
	}
	p.compareFacets(page.Facets, want)
}

func (p *play) compareFacets(got correspondence.Facets, hits []*modelMessage) {
	want := map[string]int{}
	for _, x := range hits {
		want["kind "+x.kind]++
		want["level "+x.level.String()]++
		want["month "+x.at.Format("2006-01")]++
		for _, tag := range p.model.tagsOf(x) {
			want["tag "+tag]++
		}
		for _, key := range p.model.audiences(x) {
			want["group "+key]++
		}
	}
	for name, values := range map[string][]correspondence.FacetValue{"kind": got.Kind, "level": got.Level, "month": got.Month, "tag": got.Tag, "group": got.Group} {
		for _, value := range values {
			key := name + " " + value.Value
			if want[key] != value.Count {
				p.t.Fatalf("facet %s counts %d, want %d", key, value.Count, want[key])
			}
			delete(want, key)
		}
	}
	if len(want) > 0 {
		p.t.Fatalf("facets leave out %v", want)
	}
}
