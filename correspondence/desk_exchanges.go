package correspondence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"chancery/habilitation"
)

// An exchange is a few short lines between two agents (D28). It is no correspondence: it lies on the desks of the two and nowhere else, bears no
// number, no signature and no proof, and holds nothing protected. What is worth keeping is filed: it becomes a formal mail.

// shelfExchanges holds, on the desk of each of the two, a copy of every line.
const shelfExchanges Shelf = "exchanges"

// The bounds of exchanges.
const (
	maxLine         = 4000 // characters
	maxLines        = 300  // of one exchange
	maxExchanges    = 300  // lines of all exchanges together are bounded by the two
	exchangeOneLine = 80
)

// ExchangeForm is one line, to begin an exchange or to go on with one.
type ExchangeForm struct {
	To   string `json:"to,omitempty" validate:"max=100"` // login; left out when an exchange goes on
	Text string `json:"text" validate:"max=20000"`
}

// ExchangeView is one exchange, newest line last.
type ExchangeView struct {
	ID      habilitation.ID    `json:"id"`
	With    AgentRef           `json:"with"`
	Lines   []ExchangeLineView `json:"lines"`
	Last    time.Time          `json:"last"`
	Opening string             `json:"opening"` // the first words of the last line
}

// ExchangeLineView is one line of an exchange.
type ExchangeLineView struct {
	From AgentRef  `json:"from"`
	Mine bool      `json:"mine"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// savedLine is what each of the two desks keeps of a line.
type savedLine struct {
	From habilitation.AgentID `json:"from"`
	To   habilitation.AgentID `json:"to"`
	At   time.Time            `json:"at"`
	Text string               `json:"text"`
}

// Exchanges lists my exchanges, the one with the newest line first.
func (d *Desk) Exchanges(ctx context.Context) ([]ExchangeView, error) {
	items, err := d.house.Store.List(ctx, OwnerAgent(d.badge.Agent()), shelfExchanges)
	if err != nil {
		return nil, fmt.Errorf("list exchanges: %w", err)
	}
	all := map[habilitation.ID]*ExchangeView{}
	for _, item := range items {
		word, _, _ := strings.Cut(item.Key, "/")
		id, err := habilitation.ParseID(word)
		var line savedLine
		if err := errors.Join(err, json.Unmarshal(item.Value, &line)); err != nil {
			return nil, fmt.Errorf("read exchange %s: %w", item.Key, err)
		}
		if all[id] == nil {
			all[id] = &ExchangeView{ID: id, Lines: []ExchangeLineView{}}
		}
		d.addLine(all[id], line)
	}
	out := []ExchangeView{}
	for _, one := range all {
		slices.SortStableFunc(one.Lines, func(a, b ExchangeLineView) int { return a.At.Compare(b.At) })
		last := one.Lines[len(one.Lines)-1]
		one.Last, one.Opening = last.At, cutRunes(OneLine(last.Text), exchangeOneLine)
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b ExchangeView) int { return cmp.Or(b.Last.Compare(a.Last), slices.Compare(a.ID[:], b.ID[:])) })
	return out, nil
}

func (d *Desk) addLine(to *ExchangeView, line savedLine) {
	mine := line.From == d.badge.Agent()
	to.With = d.house.Folds.agent(line.From)
	if mine {
		to.With = d.house.Folds.agent(line.To)
	}
	to.Lines = append(to.Lines, ExchangeLineView{From: d.house.Folds.agent(line.From), Mine: mine, At: line.At, Text: line.Text})
}

// Exchange is one of my exchanges.
func (d *Desk) Exchange(ctx context.Context, id habilitation.ID) (ExchangeView, error) {
	all, err := d.Exchanges(ctx)
	if err != nil {
		return ExchangeView{}, err
	}
	i := slices.IndexFunc(all, func(one ExchangeView) bool { return one.ID == id })
	if i < 0 {
		return ExchangeView{}, errUnknown
	}
	return all[i], nil
}

// Say writes a line to an agent: a new exchange for the zero identity, else one that goes on. All faults are told at once.
func (d *Desk) Say(ctx context.Context, id habilitation.ID, form ExchangeForm) (ExchangeView, error) {
	to := form.To
	if !id.IsZero() {
		one, err := d.Exchange(ctx, id)
		if err != nil {
			return ExchangeView{}, err
		}
		if to = one.With.Login; len(one.Lines) >= maxLines {
			return ExchangeView{}, refuse(Conflict, "exchange-full")
		}
	}
	other, text, faults := d.readLine(to, form.Text)
	if len(faults) > 0 {
		return ExchangeView{}, &Refusal{Cause: Invalid, Faults: faults}
	}
	line := savedLine{From: d.badge.Agent(), To: other.ID, At: d.house.Clock().UTC().Truncate(time.Millisecond), Text: text}
	value, err := json.Marshal(line)
	if err != nil {
		return ExchangeView{}, fmt.Errorf("write exchange: %w", err)
	}
	if id.IsZero() {
		if err := d.roomForExchange(ctx); err != nil {
			return ExchangeView{}, err
		}
		id = d.house.NewID(append([]byte("exchange "), value...))
	}
	key := id.String() + "/" + d.house.NewID(append([]byte("line "), value...)).String()
	for _, owner := range []habilitation.AgentID{other.ID, d.badge.Agent()} { // mine last: what I see is there for both
		if _, err := d.house.Store.Put(ctx, OwnerAgent(owner), shelfExchanges, key, AnyVersion, value); err != nil {
			return ExchangeView{}, fmt.Errorf("write exchange: %w", err)
		}
	}
	return d.Exchange(ctx, id)
}

// readLine finds the other agent and reads the words; a number of a protected message is refused as in any unprotected text.
func (d *Desk) readLine(login, text string) (habilitation.Agent, string, []Fault) {
	f := &finishing{directory: d.house.directory(d.badge, d.house.Clock())}
	f.m.Level = habilitation.Unprotected
	other, ok := f.register.AgentByLogin(strings.TrimSpace(login))
	switch {
	case login == "":
		f.fault("to", "missing")
	case !ok || other.Disabled:
		f.fault("to", "agent-unknown", "value", login)
	case other.ID == d.badge.Agent():
		f.fault("to", "yourself")
	}
	text = CleanText(text)
	f.length("text", text, true, maxLine)
	f.inClear("text", text)
	return other, text, f.faults
}

func (d *Desk) roomForExchange(ctx context.Context) error {
	all, err := d.Exchanges(ctx)
	if err == nil && len(all) >= maxExchanges {
		return refuse(Conflict, "exchange-full")
	}
	return err
}

// DropExchange takes an exchange off my desk; the other one keeps theirs.
func (d *Desk) DropExchange(ctx context.Context, id habilitation.ID) error {
	items, err := d.house.Store.List(ctx, OwnerAgent(d.badge.Agent()), shelfExchanges)
	if err != nil {
		return fmt.Errorf("list exchanges: %w", err)
	}
	var keys []string
	for _, item := range items {
		if strings.HasPrefix(item.Key, id.String()+"/") {
			keys = append(keys, item.Key)
		}
	}
	if len(keys) == 0 {
		return errUnknown
	}
	if err := d.house.Store.Remove(ctx, OwnerAgent(d.badge.Agent()), shelfExchanges, keys...); err != nil {
		return fmt.Errorf("drop exchange %s: %w", id, err)
	}
	return nil
}

// FileExchange turns an exchange into a draft of a formal mail to the other agent: what was said, who said it and when. It is released like any
// other, for the group that the agent writes for; whoever writes for several says for which.
func (d *Desk) FileExchange(ctx context.Context, id habilitation.ID) (DraftView, error) {
	one, err := d.Exchange(ctx, id)
	if err != nil {
		return DraftView{}, err
	}
	form := Form{Kind: Mail.String(), Level: habilitation.Unprotected.String(), Agents: []string{one.With.Login},
		Subject: cutRunes(OneLine(one.Lines[0].Text), exchangeOneLine)}
	if origins, err := d.Origins(ctx); err != nil {
		return DraftView{}, err
	} else if len(origins) == 1 {
		form.Origin = origins[0].Key
	}
	var text strings.Builder
	for _, line := range one.Lines {
		if text.Len() > 0 {
			text.WriteString("\n\n")
		}
		fmt.Fprintf(&text, "%s, %s :\n%s", line.From.Name, DTG(line.At), line.Text)
	}
	if form.Text = text.String(); utf8.RuneCountInString(form.Text) > maxText {
		form.Text = cutRunes(form.Text, maxText)
	}
	return d.NewDraft(ctx, form)
}
