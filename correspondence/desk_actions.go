package correspondence

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// actionsMost is how many actions are listed; whoever has more works through these first.
const actionsMost = 200

// Whose something to be done is.
const (
	waitingForMe = "waiting"
	mineToDo     = "mine"
	groupsToDo   = "group"
	colleagues   = "colleague"
)

var whoseOrder = []string{waitingForMe, mineToDo, groupsToDo, colleagues}

// toDo is an open line of one of the reader's groups.
type toDo struct {
	matter   handling.Matter
	line     handling.Line
	whose    string
	late     bool
	returned bool // a colleague declined it, and it is the reader's again
}

// Actions is what is to be done by the reader and the reader's groups: what rings, then what a colleague gave back, then what is late, then what waits for the reader's yes,
// the reader's own, what nobody has taken, and what colleagues have in hand, each by due date.
func (d *Desk) Actions(ctx context.Context) (ActionsPage, error) {
	page := ActionsPage{Alerts: []RingingAlert{}, Items: []ActionItem{}}
	unread, err := d.unreads(ctx)
	if err != nil {
		return page, err
	}
	page.Alerts = d.alerts(unread)
	open := d.openLines()
	slices.SortFunc(open, compareToDo)
	for i := range open {
		if open[i].late {
			page.Late++
		}
		if len(page.Items) == actionsMost {
			page.More++
			continue
		}
		if item, ok := d.actionItem(&open[i], unread); ok {
			page.Items = append(page.Items, item)
		}
	}
	return page, nil
}

// openLines lists everything that is open at the reader's groups and may be read.
func (d *Desk) openLines() []toDo {
	var out []toDo
	now := d.house.Clock()
	for _, audience := range d.badge.Perimeter().Audiences() {
		for _, id := range d.house.Folds.Handling.Open(audience) {
			row, err := d.admit(id)
			if err != nil || d.overtaken(id) {
				continue
			}
			matter, _ := d.house.Folds.Handling.Of(row.ID)
			if l, ok := matter.Line(audience); ok && matter.Waits(l, d.badge.Level(), now) {
				one := toDo{matter: matter, line: l, whose: d.whose(l), late: matter.Late(l, d.badge.Level(), now)}
				one.returned = one.whose == mineToDo && l.Details().Declined != nil
				out = append(out, one)
			}
		}
	}
	return out
}

// overtaking is the later message that cancelled or replaced this one, as far as the reader may know: nothing is to be done for it any more.
func (d *Desk) overtaking(id habilitation.ID) (Banner, bool) {
	for _, b := range d.banners(id) {
		if b.How.Overtakes() {
			return b, true
		}
	}
	return Banner{}, false
}

func (d *Desk) overtaken(id habilitation.ID) bool {
	_, over := d.overtaking(id)
	return over
}

func (d *Desk) whose(l handling.Line) string {
	entrusted := l.Details().Entrusted
	switch {
	case entrusted != nil && entrusted.To == d.badge.Agent():
		return waitingForMe
	case l.Holder == d.badge.Agent():
		return mineToDo
	case l.Holder == 0:
		return groupsToDo
	}
	return colleagues
}

// compareToDo puts what was given back first, then what is late, then by whose it is and when it is due; what has no date comes last, the oldest first.
func compareToDo(a, b toDo) int {
	return cmp.Or(compareFirst(a.returned, b.returned), compareFirst(a.late, b.late),
		cmp.Compare(slices.Index(whoseOrder, a.whose), slices.Index(whoseOrder, b.whose)),
		compareDue(a.line.Due(), b.line.Due()), a.matter.At.Compare(b.matter.At), slices.Compare(a.matter.Message[:], b.matter.Message[:]))
}

func compareDue(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

func (d *Desk) actionItem(one *toDo, unread *unreads) (ActionItem, bool) {
	row, err := d.admit(one.matter.Message)
	if err != nil {
		return ActionItem{}, false
	}
	headline, ok := d.headline(row, unread)
	if !ok {
		return ActionItem{}, false
	}
	line, shown := d.handlingLine(d.hand(row), &one.matter, one.line)
	return ActionItem{Headline: headline, Line: line, Whose: one.whose, Returned: one.returned}, shown
}

// toDoCount is how many actions the reader or nobody yet has in hand, and alerts that call the reader: what the menu says waits.
func (d *Desk) toDoCount() int {
	count := 0
	for _, one := range d.openLines() {
		if one.whose != colleagues {
			count++
		}
	}
	for _, a := range d.house.Folds.Handling.Ringing() {
		if _, ok := d.calling(a); ok {
			count++
		}
	}
	return count
}

// banners are the corrections of a message that the reader may read, in the order of their release.
func (d *Desk) banners(id habilitation.ID) []Banner {
	out := []Banner{}
	for _, by := range d.house.Folds.Ledger.corrections(id) {
		if _, err := d.admit(by.id); err == nil {
			out = append(out, Banner{How: by.how, ID: by.id, Number: by.number, ReleasedAt: timeOf(by.at)})
		}
	}
	return out
}

// handlingMark is what a row says of the handling by the reader's own groups: the first of their action lines that somebody has in hand, that
// has ended or that is late.
func (d *Desk) handlingMark(id habilitation.ID) *HandlingMark {
	one, known := d.house.Folds.Handling.Of(id)
	if !known {
		return nil
	}
	now, ceiling := d.house.Clock(), d.badge.Level()
	for _, l := range one.Lines {
		if l.Role != handling.Action || !d.badge.Perimeter().HasAudience(l.Audience) {
			continue
		}
		state, _ := l.StateFor(ceiling)
		mark := HandlingMark{State: state.String(), Late: one.Late(l, ceiling, now) && !d.overtaken(id), ByMe: l.Holder == d.badge.Agent()}
		if state == handling.Taken {
			mark.Holder = d.agentRef(l.Holder)
		}
		if mark.Late || state == handling.Taken || state.Ended() {
			return &mark
		}
	}
	return nil
}
