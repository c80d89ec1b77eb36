package correspondence

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// sentLines is how many addressees of a sent message are listed one by one, those of which something is awaited first.
const sentLines = 12

// sentPage is how many sent messages a page has when it is not said, and sentMost how many at most.
const (
	sentPage = 50
	sentMost = 200
)

// Which sent messages are listed.
const (
	SentOpen        = "open"        // something is still awaited
	SentLate        = "late"        // of those: something is late
	SentUndelivered = "undelivered" // of those: an addressee has nobody who may read it
	SentAnswered    = "answered"    // an addressee answered
	SentAll         = "all"
)

// SentStates are the lists of sent messages, in the order in which they are offered.
func SentStates() []string {
	return []string{SentOpen, SentLate, SentUndelivered, SentAnswered, SentAll}
}

// SentQuery asks for a page of what the reader's groups sent.
type SentQuery struct {
	State string // one of SentStates; "" means open
	Limit int    // 1 to 200; 0 means 50
	After habilitation.ID
}

// SentItem is a sent message with how far its addressees have come.
type SentItem struct {
	Headline
	States []StateCount   `json:"states"` // how many addressees are in each state
	Lines  []HandlingLine `json:"lines"`  // those of which something is awaited first
	More   int            `json:"more"`   // addressees beside those listed
	Due    *time.Time     `json:"due,omitempty"`
	Open   bool           `json:"open"`
	Late   bool           `json:"late"`
	// Silence is told as on the message itself.
	Silence *SilenceView `json:"silence,omitempty"`
}

// StateCount is how many addressees are in a state.
type StateCount struct {
	State string `json:"state"` // as in a line; "late" counts beside them
	Count int    `json:"count"`
}

// SentCounts is how many messages each list has; of all of them only a page is told.
type SentCounts struct {
	Open        int `json:"open"`
	Late        int `json:"late"`
	Undelivered int `json:"undelivered"`
	Answered    int `json:"answered"`
}

// SentPage is a page of what the reader's groups sent: what is late first, then by due date, where something is awaited, else the newest first.
type SentPage struct {
	Counts SentCounts       `json:"counts"`
	Items  []SentItem       `json:"items"`
	Next   *habilitation.ID `json:"next"` // null at the end
}

// sentMatter is a sent message as this reader sees it.
type sentMatter struct {
	handling.Matter
	row                         search.Row
	open, late, lost, responded bool
	due                         time.Time
}

// Sent lists what the reader's groups sent, as far as the reader may read it, with how far each addressee has come: as [Desk.HandlingOf] tells it.
func (d *Desk) Sent(ctx context.Context, q SentQuery) (SentPage, error) {
	page := SentPage{Items: []SentItem{}}
	if q.State = cmp.Or(q.State, SentOpen); !slices.Contains(SentStates(), q.State) {
		return page, &Refusal{Cause: Invalid, Faults: []Fault{noChoice("state", q.State, SentStates()...)}}
	}
	unread, err := d.unreads(ctx)
	if err != nil {
		return page, err
	}
	now := d.house.Clock()
	open, answered := d.awaited(now), d.answered(now)
	page.Counts = countSent(open)
	page.Counts.Answered = len(answered)
	var list []sentMatter
	switch q.State {
	case SentAll:
		return d.sentAll(page, q, unread, now)
	case SentAnswered:
		list = answered
		slices.SortFunc(list, newestFirst)
	default:
		list = slices.DeleteFunc(open, func(s sentMatter) bool {
			return q.State == SentLate && !s.late || q.State == SentUndelivered && !s.lost
		})
		slices.SortFunc(list, compareSent)
	}
	if !q.After.IsZero() {
		at := slices.IndexFunc(list, func(s sentMatter) bool { return s.Message == q.After })
		if at < 0 {
			return page, errUnknown
		}
		list = list[at+1:]
	}
	for i := range list {
		if page.full(q) {
			break
		}
		page.add(d.sentItem(&list[i], unread, now))
	}
	return page, nil
}

// full reports whether the page is, and then says after what it goes on.
func (p *SentPage) full(q SentQuery) bool {
	limit := min(cmp.Or(max(q.Limit, 0), sentPage), sentMost)
	if len(p.Items) < limit {
		return false
	}
	p.Next = &p.Items[len(p.Items)-1].ID
	return true
}

func (p *SentPage) add(item SentItem, ok bool) {
	if ok {
		p.Items = append(p.Items, item)
	}
}

// sentAll is a page of everything, the newest first.
func (d *Desk) sentAll(page SentPage, q SentQuery, unread *unreads, now time.Time) (SentPage, error) {
	begun := q.After.IsZero()
	for h := range d.house.Folds.Ledger.sentBy(d.badge.Perimeter().Audiences()) {
		row, err := d.admit(h.id)
		if err != nil {
			continue
		}
		if !begun {
			begun = h.id == q.After
			continue
		}
		if page.full(q) {
			break
		}
		if matter, known := d.house.Folds.Handling.Of(h.id); known {
			one := d.sentMatter(matter, row, now)
			page.add(d.sentItem(&one, unread, now))
		}
	}
	if !begun {
		return page, errUnknown
	}
	return page, nil
}

// awaited lists the messages of the reader's groups of which something is still to come.
func (d *Desk) awaited(now time.Time) []sentMatter {
	return d.sentOf(d.house.Folds.Handling.Awaited, now, func(s *sentMatter) bool { return s.open })
}

// answered lists those that somebody answered.
func (d *Desk) answered(now time.Time) []sentMatter {
	return d.sentOf(d.house.Folds.Handling.AnsweredOf, now, func(s *sentMatter) bool { return s.responded })
}

func (d *Desk) sentOf(list func(habilitation.AudienceID) []handling.Matter, now time.Time, keep func(*sentMatter) bool) []sentMatter {
	var out []sentMatter
	for _, origin := range d.badge.Perimeter().Audiences() {
		for _, matter := range list(origin) {
			row, err := d.admit(matter.Message)
			if err != nil {
				continue
			}
			if one := d.sentMatter(matter, row, now); keep(&one) {
				out = append(out, one)
			}
		}
	}
	return out
}

func (d *Desk) sentMatter(matter handling.Matter, row search.Row, now time.Time) sentMatter {
	s, ceiling := sentMatter{Matter: matter, row: row}, d.badge.Level()
	over := d.overtaken(matter.Message)
	for _, l := range matter.Lines {
		_, answered := l.Answered(ceiling)
		s.responded = s.responded || answered
		lost := matter.Lost(l) || l.State == handling.Delivered && !d.house.Folds.Register.HasReader(l.Audience, row.Marking.Level())
		if over || !matter.Awaits(l, ceiling, now) && (!lost || matter.Expired(now)) {
			continue
		}
		s.open, s.late, s.lost = true, s.late || matter.Late(l, ceiling, now), s.lost || lost
		if due := l.Due(); matter.Waits(l, ceiling, now) && !due.IsZero() && (s.due.IsZero() || due.Before(s.due)) {
			s.due = due
		}
	}
	if silence := matter.Silence; silence != nil && silence.Ended.IsZero() && !over {
		s.open = true
	}
	return s
}

func countSent(all []sentMatter) (c SentCounts) {
	c.Open = len(all)
	for i := range all {
		if all[i].late {
			c.Late++
		}
		if all[i].lost {
			c.Undelivered++
		}
	}
	return c
}

// compareSent puts what is late first, then what is due first; what has no date comes last, the newest first.
func compareSent(a, b sentMatter) int {
	return cmp.Or(compareFirst(a.late, b.late), compareDue(a.due, b.due), newestFirst(a, b))
}

func newestFirst(a, b sentMatter) int {
	return cmp.Or(b.At.Compare(a.At), slices.Compare(a.Message[:], b.Message[:]))
}

// compareFirst puts what is so before what is not.
func compareFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (d *Desk) sentItem(one *sentMatter, unread *unreads, now time.Time) (SentItem, bool) {
	h, ok := d.headline(one.row, unread)
	if !ok {
		return SentItem{}, false
	}
	item := SentItem{Headline: h, States: []StateCount{}, Lines: []HandlingLine{}, Due: moment(one.due), Open: one.open, Late: one.late, Silence: d.silence(one.Silence)}
	hand, ceiling := d.hand(one.row), d.badge.Level()
	lines := slices.Clone(one.Lines)
	slices.SortStableFunc(lines, func(a, b handling.Line) int {
		return compareFirst(one.open && one.Awaits(a, ceiling, now), one.open && one.Awaits(b, ceiling, now))
	})
	for _, l := range lines {
		line, shown := d.handlingLine(hand, &one.Matter, l)
		if !shown {
			continue
		}
		item.count(line)
		if len(item.Lines) == sentLines {
			item.More++
			continue
		}
		item.Lines = append(item.Lines, line)
	}
	return item, true
}

func (s *SentItem) count(l HandlingLine) {
	states := []string{l.State}
	if l.Late {
		states = append(states, handling.NewsLate)
	}
	for _, state := range states {
		at := slices.IndexFunc(s.States, func(c StateCount) bool { return c.State == state })
		if at < 0 {
			at, s.States = len(s.States), append(s.States, StateCount{State: state})
		}
		s.States[at].Count++
	}
}
