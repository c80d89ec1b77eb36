package correspondence

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// newsMost is how many news of sent messages are listed.
const newsMost = 100

// SentNews is one thing that became of a sent message.
type SentNews struct {
	What    string             `json:"what"` // delivered, read, taken, undelivered, answered, closed, reassigned, misaddressed, settled, added, late, expired, broken, adopted, not-adopted
	At      time.Time          `json:"at"`
	New     bool               `json:"new"` // since the reader last looked
	ID      habilitation.ID    `json:"id"`  // the message
	Number  string             `json:"number"`
	Subject string             `json:"subject"`
	Level   habilitation.Level `json:"level"`
	Group   *AudienceRef       `json:"group,omitempty"` // the addressee
	By      *AgentRef          `json:"by,omitempty"`
	Reason  string             `json:"reason,omitempty"`
	To      *AudienceRef       `json:"to,omitempty"` // to whom it went instead
	Answer  *AnswerView        `json:"answer,omitempty"`
}

// SentNewsPage is what became of sent messages, the last first.
type SentNewsPage struct {
	Items []SentNews `json:"items"`
	New   int        `json:"new"`
}

// SentNews tells whoever drafted a message, or signs for the group that sent it, what became of it: as far as [Desk.HandlingOf] tells it to them,
// and nothing that they did themselves.
func (d *Desk) SentNews(ctx context.Context) (SentNewsPage, error) {
	page := SentNewsPage{Items: []SentNews{}}
	seen, err := d.newsSeen(ctx)
	if err != nil {
		return page, err
	}
	all := d.newsAfter(time.Time{})
	slices.SortStableFunc(all, func(a, b sentNews) int { return cmp.Or(b.At.Compare(a.At), slices.Compare(a.row.ID[:], b.row.ID[:])) })
	for i := range all {
		isNew := all[i].At.After(seen[all[i].level()])
		if isNew {
			page.New++
		}
		if len(page.Items) < newsMost {
			page.Items = append(page.Items, d.newsView(&all[i], isNew))
		}
	}
	return page, nil
}

// newsCount is how much of it is new: what the menu says.
func (d *Desk) newsCount(ctx context.Context) (int, error) {
	seen, err := d.newsSeen(ctx)
	if err != nil {
		return 0, err
	}
	oldest := seen[d.badge.Level()]
	for _, level := range habilitation.Levels {
		if level <= d.badge.Level() && seen[level].Before(oldest) {
			oldest = seen[level]
		}
	}
	count := 0
	for _, one := range d.newsAfter(oldest) {
		if one.At.After(seen[one.level()]) {
			count++
		}
	}
	return count, nil
}

// sentNews is a piece of news with the message that it is about.
type sentNews struct {
	handling.News
	row    search.Row
	matter *handling.Matter
}

// level is what one must be cleared for to know of it.
func (n *sentNews) level() habilitation.Level { return max(n.row.Marking.Level(), n.Level) }

// newsAfter lists what became, after a moment, of the messages that concern the reader.
func (d *Desk) newsAfter(after time.Time) []sentNews {
	var out []sentNews
	now, me := d.house.Clock(), d.badge.Agent()
	for _, origin := range d.badge.Perimeter().Audiences() {
		for _, matter := range d.house.Folds.Handling.Latest(origin, d.badge.Level(), after) {
			row, err := d.admit(matter.Message)
			if err != nil || !d.answersFor(row) {
				continue
			}
			for _, news := range matter.News(d.badge.Level(), now) {
				if news.At.After(after) && (me == 0 || news.By != me) {
					out = append(out, sentNews{News: news, row: row, matter: &matter})
				}
			}
		}
	}
	return out
}

// answersFor reports whether the reader drafted or signed the message, or signs for its origin.
func (d *Desk) answersFor(row search.Row) bool {
	h, known := d.house.Folds.Ledger.headline(row.ID)
	me := d.badge.Agent()
	return known && (h.drafter == me || h.signatory == me || d.maySign(h.origin, row.Marking.Level()))
}

func (d *Desk) newsView(n *sentNews, isNew bool) SentNews {
	h, _ := d.house.Folds.Ledger.headline(n.row.ID)
	v := SentNews{What: n.What, At: n.At, New: isNew, ID: n.row.ID, Number: h.number, Subject: h.subject, Level: n.row.Marking.Level()}
	if n.By != 0 {
		v.By = d.agentRef(n.By)
	}
	if n.Audience != 0 {
		ref := d.house.Folds.audience(n.Audience)
		v.Group = &ref
	}
	if n.What == handling.NewsBroken {
		for _, b := range n.matter.Silence.Broken {
			if b.Audience == n.Audience {
				v.Reason = b.Reason
			}
		}
		return v
	}
	l, ok := n.matter.Line(n.Audience)
	if !ok {
		return v
	}
	line, _ := d.handlingLine(d.hand(n.row), n.matter, l)
	switch n.What {
	case handling.NewsClosed, handling.NewsMisaddressed:
		v.Reason, v.To = line.End.Reason, line.ReassignedTo
	case handling.NewsReassigned:
		v.Reason, v.To = line.End.Reason, line.ReassignedTo
	case handling.NewsSettled:
		v.Reason, v.To = line.Settled.Reason, line.ReassignedTo
	case handling.NewsAdded:
		v.Reason = l.Details().Addition.Reason
	case handling.NewsAnswered:
		v.Answer = line.Answer
	}
	return v
}

// shelfNews holds until when the agent has looked at the news of sent messages, level by level: what a session does not show is not marked in it.
const shelfNews Shelf = "news"

func (d *Desk) newsSeen(ctx context.Context) (seen [habilitation.Restricted + 1]time.Time, err error) {
	items, err := d.house.Store.List(ctx, OwnerAgent(d.badge.Agent()), shelfNews)
	if err != nil {
		return seen, fmt.Errorf("read until when news were seen: %w", err)
	}
	for _, item := range items {
		for _, level := range habilitation.Levels {
			if micros, n := binary.Varint(item.Value); item.Key == level.String() && n > 0 {
				seen[level] = time.UnixMicro(micros).UTC()
			}
		}
	}
	return seen, nil
}

// SeeNews notes that the reader has seen what became of sent messages up to a moment, as far as this session shows it. Releases are dated to the
// second: what is dated in the second that still runs is not taken as seen, for more of it may come.
func (d *Desk) SeeNews(ctx context.Context, through time.Time) error {
	if ended := d.house.Clock().Truncate(time.Second).Add(-time.Microsecond); through.After(ended) {
		through = ended
	}
	seen, err := d.newsSeen(ctx)
	if err != nil {
		return err
	}
	for _, level := range habilitation.Levels {
		if level > d.badge.Level() || !through.After(seen[level]) {
			continue
		}
		value := binary.AppendVarint(nil, through.UnixMicro())
		if _, err := d.house.Store.Put(ctx, OwnerAgent(d.badge.Agent()), shelfNews, level.String(), AnyVersion, value); err != nil {
			return fmt.Errorf("note until when news were seen: %w", err)
		}
	}
	return nil
}
