package fiction

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Patience is how long a signature may take while a house is filled: nobody waits for it, and a message refused would be missing.
const Patience = time.Minute

// callers is how many agents release at the same time: enough for the house to decide in large batches.
const callers = 256

// citesBack is how far back a message may cite: a chapter, so that the cited one is released before whatever the order of the callers.
const citesBack = chapter

// chapter is how many messages are released at one time of the story. The clock stands still within one, because nobody's certificate may
// begin after what it signs.
const chapter = 4 * callers

// Tell releases the messages of the seed, numbered from 0, many at a time. What each says is fixed by the seed; the numbers they are given
// depend on who came first. One that is in the archive already is passed over, so Tell goes on where it was interrupted. before is called
// before each chapter with the number of its first message, for a clock that moves with the story; progress is told how many are released.
func (g *Generated) Tell(ctx context.Context, before func(number int), progress func(done int)) (added int, err error) {
	var told, fresh atomic.Int64
	for first := 0; first < g.Messages; first += chapter {
		before(first)
		err := g.tellChapter(ctx, first, min(first+chapter, g.Messages), &told, &fresh, progress)
		if err != nil {
			return int(fresh.Load()), err
		}
	}
	return int(fresh.Load()), g.house.Settled(ctx)
}

// tellChapter releases the messages from first up to end.
func (g *Generated) tellChapter(ctx context.Context, first, end int, told, fresh *atomic.Int64, progress func(done int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := atomic.Int64{}
	next.Store(int64(first))
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for number := int(next.Add(1)) - 1; number < end && ctx.Err() == nil; number = int(next.Add(1)) - 1 {
				isNew, err := g.tell(ctx, number)
				if err != nil {
					cancel(fmt.Errorf("tell message %d: %w", number, err))
					return
				}
				if isNew {
					fresh.Add(1)
				}
				told.Add(1)
			}
		})
	}
	watch(&wait, func() { progress(int(told.Load())) })
	return context.Cause(ctx)
}

// watch calls look now and then until everybody has come home, and once more.
func watch(wait *sync.WaitGroup, look func()) {
	home := make(chan struct{})
	go func() {
		wait.Wait()
		close(home)
	}()
	for {
		select {
		case <-home:
			look()
			return
		case <-time.After(100 * time.Millisecond):
			look()
		}
	}
}

// tell releases one message. A form that the house refuses is an error: the generator makes valid ones only.
func (g *Generated) tell(ctx context.Context, number int) (isNew bool, err error) {
	id := g.id("message", number)
	if _, there := g.house.Folds.Rows.Row(id); there {
		return false, nil
	}
	draw := g.drawFor("message", number)
	origin, agent, level := g.author(draw)
	badge, err := g.authority.BadgeFor(agent.ID, g.restricted)
	if err != nil {
		return false, err
	}
	form := g.form(draw, number, origin, level, badge.Perimeter())
	if _, err = g.house.DeskOf(badge).Dispatch(ctx, id, form); err != nil {
		var refused *correspondence.Refusal
		if errors.As(err, &refused) {
			return false, fmt.Errorf("%s from %s: %w", agent.Login, origin.Key, refused)
		}
		return false, err
	}
	return true, nil
}

// author draws who speaks in whose name, and how openly: one message in five is restricted where the group and the agent are cleared.
func (g *Generated) author(draw *rand.Rand) (origin habilitation.Audience, agent habilitation.Agent, level habilitation.Level) {
	group := zipf(draw, g.Groups)
	for len(g.signatures[group]) == 0 {
		group = (group + 1) % g.Groups
	}
	agent, _ = g.house.Folds.Register.AgentByLogin(g.signatures[group][draw.IntN(len(g.signatures[group]))])
	origin, _ = g.house.Folds.Register.AudienceByKey(key(groupPrefix, group+1))
	level = habilitation.Unprotected
	if draw.IntN(5) == 0 {
		level = min(habilitation.Restricted, origin.Level, agent.Level)
	}
	return origin, agent, level
}

// zipf draws a place under n, the first ones most often.
func zipf(draw *rand.Rand, n int) int {
	return int(rand.NewZipf(draw, 1.3, 8, uint64(n-1)).Uint64())
}

// form writes one message; it cites what its author may see.
func (g *Generated) form(draw *rand.Rand, number int, origin habilitation.Audience, level habilitation.Level, author *habilitation.Perimeter) correspondence.Form {
	f := correspondence.Form{Kind: "telegram", Origin: origin.Key, Level: level.String(), Language: "fr", Precedence: "routine"}
	switch n := draw.IntN(10); {
	case n == 8:
		f.Kind = "note"
	case n == 9:
		f.Kind = "mail"
	}
	if draw.IntN(4) == 0 {
		f.Language = "en"
	}
	if draw.IntN(6) == 0 {
		f.Precedence = []string{"priority", "urgent", "immediate"}[draw.IntN(3)]
	}
	words := g.lexicons[f.Language]
	f.Subject = words.sentence(draw, 6+draw.IntN(6), false)
	f.Summary = words.paragraph(draw, 2)
	f.Text = words.text(draw, 2+draw.IntN(6))
	g.address(draw, &f, level)
	for range 1 + draw.IntN(4) {
		f.Tags = appendNew(f.Tags, key(tagPrefix, 1+zipf(draw, g.Tags)))
	}
	if cited := number - citesBack - zipf(draw, 1000); cited >= 0 && draw.IntN(3) == 0 {
		if row, there := g.house.Folds.Rows.Row(g.id("message", cited)); there && row.Marking.Level() <= level && author.Admits(&row.Marking) {
			f.References = []string{g.id("message", cited).String()}
		}
	}
	return f
}

// address draws action and information addressees that are cleared.
func (g *Generated) address(draw *rand.Rand, f *correspondence.Form, level habilitation.Level) {
	seen := map[string]bool{f.Origin: true}
	cleared := func() string {
		for range 50 {
			k := key(groupPrefix, 1+zipf(draw, g.Groups))
			if a, _ := g.house.Folds.Register.AudienceByKey(k); a.Level >= level && !seen[k] {
				seen[k] = true
				return k
			}
		}
		return ""
	}
	for range 1 + draw.IntN(3) {
		if k := cleared(); k != "" {
			f.Action = append(f.Action, correspondence.FormAddressee{Group: k, Qualification: "read"})
		}
	}
	for range draw.IntN(4) {
		if k := cleared(); k != "" {
			f.Info = append(f.Info, correspondence.FormAddressee{Group: k})
		}
	}
	if len(f.Action) == 0 {
		f.Action = []correspondence.FormAddressee{{Group: f.Origin, Qualification: "read"}}
	}
}

func appendNew(list []string, one string) []string {
	for _, other := range list {
		if other == one {
			return list
		}
	}
	return append(list, one)
}

// sentence is so many words, the common ones most often, with a capital; a subject has no full stop.
func (l lexicon) sentence(draw *rand.Rand, length int, stop bool) string {
	var out strings.Builder
	distribution := rand.NewZipf(draw, 1.07, 3, uint64(len(l)-1))
	for i := range length {
		w := l[distribution.Uint64()]
		if i == 0 {
			first := []rune(w)
			w = strings.ToUpper(string(first[:1])) + string(first[1:])
		} else {
			out.WriteByte(' ')
		}
		out.WriteString(w)
	}
	if stop {
		out.WriteByte('.')
	}
	return out.String()
}

func (l lexicon) paragraph(draw *rand.Rand, sentences int) string {
	var out []string
	for range sentences {
		out = append(out, l.sentence(draw, 8+draw.IntN(14), true))
	}
	return strings.Join(out, " ")
}

func (l lexicon) text(draw *rand.Rand, paragraphs int) string {
	var out []string
	for range paragraphs {
		out = append(out, l.paragraph(draw, 2+draw.IntN(4)))
	}
	return strings.Join(out, "\n\n")
}
