package correspondence_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"chancery/correspondence"
)

// How what the random houses answer is held against the model.

// compare compares every viewer's teleprinter.
func (p *play) compare(t *rapid.T) {
	for _, v := range p.viewers() {
		want, got := p.model.feed(v), p.seat(v).Feed()
		p.clean(v, got)
		page, err := p.seat(v).Teleprinter(t.Context(), correspondence.FeedQuery{Limit: 1})
		p.compareCursors(v)
		if len(want) != len(got) {
			t.Fatalf("%v sees %d messages, want %d", v, len(got), len(want))
		}
		for i, x := range want {
			p.compareRow(v, got[i], x)
			if h := got[i]; h.Unread != p.model.unread(v, x) {
				t.Fatalf("%v sees %s unread: %v, want %v", v, x.number, h.Unread, p.model.unread(v, x))
			}
			if told := reasonsTold(got[i].Reasons); !slices.Equal(told, p.model.reasons(v, x)) {
				t.Fatalf("%v sees %s because %q, want %q", v, x.number, told, p.model.reasons(v, x))
			}
		}
		if n := p.model.unreadCount(v); err != nil || page.Unread != n {
			t.Fatalf("%v has %d unread, want %d (%v)", v, page.Unread, n, err)
		}
	}
}

// compareRow compares a message as one row of any list: nowhere does it stand without what corrects it, as far as the viewer may read that.
func (p *play) compareRow(v viewer, h correspondence.Headline, x *modelMessage) {
	p.t.Helper()
	if h.ID != x.id || h.Number != x.number || h.Level != x.level || h.Imported != x.imported || !h.ReleasedAt.Equal(x.at) || !p.model.reads(v, x) {
		p.t.Fatalf("%v sees %+v, want %+v (read: %v)", v, h, x, p.model.reads(v, x))
	}
	var want, got []string
	for _, y := range p.model.corrections(v, x) {
		want = append(want, y.how+" "+y.number)
	}
	for _, banner := range h.Banners {
		got = append(got, banner.How.String()+" "+banner.Number)
	}
	if !slices.Equal(got, want) {
		p.t.Fatalf("%v sees %s corrected by %q, want %q", v, x.number, got, want)
	}
	for _, y := range p.model.messages {
		if y.corrects == x && y.level <= x.level && !p.model.reads(v, y) { // a level above is asked for on its own
			p.t.Fatalf("%v sees %s and not its correction %s", v, x.number, y.number)
		}
	}
}

// compareRows compares a list with what it is to hold, in any order.
func (p *play) compareRows(v viewer, what string, got []correspondence.Headline, want []*modelMessage) {
	p.t.Helper()
	p.clean(v, got)
	if len(got) != len(want) {
		p.t.Fatalf("%v has %d rows in %s, want %d", v, len(got), what, len(want))
	}
	for _, h := range got {
		i := slices.IndexFunc(want, func(x *modelMessage) bool { return x.id == h.ID })
		if i < 0 {
			p.t.Fatalf("%v has %s in %s", v, h.Number, what)
		}
		p.compareRow(v, h, want[i])
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
	for _, d := range p.model.drafts {
		if d.message.canary != "" && d.state != "released" && min(d.level(), d.typed) > p.model.ceiling(v) && strings.Contains(string(text), d.message.canary) {
			p.t.Fatalf("%v is told of a draft: %s", v, text)
		}
	}
}

func (p *play) wants(cause correspondence.Cause, err error, what string) {
	var refusal *correspondence.Refusal
	if !errors.As(err, &refusal) || refusal.Cause != cause {
		p.t.Fatalf("%s: got %v, want a refusal: %s", what, err, cause)
	}
}
