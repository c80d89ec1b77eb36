package correspondence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// Denial is what the trail keeps of something that somebody was refused: a sign-in, a message withheld or absent, an act without its mandate.
type Denial struct {
	What     string          `json:"what"`   // "sign-in", "step-up", or the method and route that were asked
	Reason   string          `json:"reason"` // "not-admitted", "too-many-attempts", "unknown", "not-mandated"…
	Subject  habilitation.ID `json:"subject,omitzero"`
	Address  string          `json:"address,omitempty"`
	Terminal habilitation.ID `json:"terminal,omitzero"`
	Session  habilitation.ID `json:"session,omitzero"`
	Again    int             `json:"again,omitempty"` // how many more times since Since, of which there is no other record
	Since    time.Time       `json:"since,omitzero"`
}

// kindDenied is the entry of a denial in the journal of readings. Its actor is who was refused; 0 where nobody is known by that login.
const (
	kindDenied    = "access.denied"
	deniedVersion = 1
)

// The bounds of the trail: a denial is recorded before it is told; the same one again within the hour is counted, and the count recorded when the
// hour is over or the house closes. In one hour no more than this many different ones are told apart: a flood fills no disk.
const (
	denialsWithin = time.Hour
	denialsMost   = 1024
)

// reasonOthers stands for what came after the most that are told apart.
const reasonOthers = "others"

// denialKey is what makes two denials the same. It MUST NOT depend on whether a login is known: what is new is written to the disk, which takes
// longer than counting, and would tell.
type denialKey struct{ who, address, what, reason string }

// denials is what was refused in the hour at hand.
type denials struct {
	mu    sync.Mutex
	since time.Time
	seen  map[denialKey]*denied
}

// denied is a denial that was recorded, and how often it has come again.
type denied struct {
	denial Denial
	agent  habilitation.AgentID
	again  int
}

// take counts a denial; what is to be written is returned: the denial, when it is new, and the counts of an hour that is over.
func (d *denials) take(key denialKey, one denied, now time.Time) (write []denied) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil || now.Sub(d.since) >= denialsWithin || now.Before(d.since) {
		write = d.repeated()
		d.since, d.seen = now, map[denialKey]*denied{}
	}
	if len(d.seen) >= denialsMost && d.seen[key] == nil {
		key, one = denialKey{reason: reasonOthers}, denied{denial: Denial{What: one.denial.What, Reason: reasonOthers}}
	}
	if known := d.seen[key]; known != nil {
		known.again++
		return write
	}
	d.seen[key] = &one
	return append(write, one)
}

// repeated are the counts of the hour; the caller holds the lock.
func (d *denials) repeated() (all []denied) {
	for _, one := range d.seen {
		if one.again > 0 {
			one.denial.Again, one.denial.Since = one.again, d.since
			all = append(all, *one)
		}
	}
	return all
}

// drain empties it, and returns the counts that are not written yet.
func (d *denials) drain() []denied {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.repeated()
	d.seen = nil
	return all
}

// forget takes back what could not be written: the next one tries again.
func (d *denials) forget(key denialKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.seen, key)
}

// deny records a denial before it is told. Who cannot be recorded is told of an internal error, not of the denial.
func (c *Chancery) deny(ctx context.Context, who string, agent habilitation.AgentID, denial Denial) error {
	key := denialKey{who: who, address: denial.Address, what: denial.What, reason: denial.Reason}
	if err := c.writeDenials(ctx, c.denials.take(key, denied{denial: denial, agent: agent}, c.Clock())); err != nil {
		c.denials.forget(key)
		return err
	}
	return nil
}

func (c *Chancery) writeDenials(ctx context.Context, all []denied) error {
	if len(all) == 0 {
		return nil
	}
	main, err := c.Journal.Head(ctx)
	if err != nil {
		return fmt.Errorf("record denial: %w", err)
	}
	drafts := make([]archive.Draft, len(all))
	for i, one := range all {
		payload, err := json.Marshal(one.denial)
		if err != nil {
			return fmt.Errorf("encode denial: %w", err)
		}
		drafts[i] = archive.Draft{ID: c.NewID(payload), Kind: kindDenied, Version: deniedVersion, Actor: one.agent, Level: habilitation.Restricted,
			Time: c.Clock(), Payload: payload, Cites: main}
	}
	if _, err := c.Readings.Append(ctx, archive.AnyHead, drafts); errors.Is(err, archive.ErrStopped) {
		return c.fail(fmt.Errorf("record denial: %w", err))
	} else if err != nil {
		return fmt.Errorf("record denial: %w", err)
	}
	return nil
}

// denySignIn records a sign-in that was refused. An unknown login is not kept: people type passwords there.
func (c *Chancery) denySignIn(ctx context.Context, login, terminal, address string, refused error) error {
	agent, _ := c.Folds.Register.AgentByLogin(login)
	denial := Denial{What: "sign-in", Reason: string(NotAdmitted), Address: address}
	if known, ok := c.Folds.Register.TerminalBySecret(terminal); ok {
		denial.Terminal = known.ID
	}
	who := login
	if errors.Is(refused, habilitation.ErrTooManyAttempts) {
		denial.Reason, who = string(Throttled), "" // nothing was tried: whoever tries on, with whatever login, is one entry
	}
	return c.deny(ctx, who, agent.ID, denial)
}

// Denied records that this desk was refused something, before that is told. What is the method and the route, subject the identity asked for, if any.
func (d *Desk) Denied(ctx context.Context, what, reason string, subject habilitation.ID, address string) error {
	b := d.badge
	return d.house.deny(ctx, fmt.Sprint(b.Agent()), b.Agent(), Denial{What: what, Reason: reason, Subject: subject, Address: address, Terminal: b.Terminal(), Session: b.Session()})
}

// DenialView is one denial as an auditor reads it.
type DenialView struct {
	At      time.Time  `json:"at"`
	Agent   *AgentRef  `json:"agent,omitempty"` // absent where nobody is known by the login
	What    string     `json:"what"`
	Reason  string     `json:"reason"`
	Subject string     `json:"subject,omitempty"` // the identity asked for, which need not exist
	Address string     `json:"address,omitempty"`
	Post    string     `json:"terminal,omitempty"` // the name of the terminal
	Session string     `json:"session,omitempty"`
	Again   int        `json:"again,omitempty"` // how many more times since Since
	Since   *time.Time `json:"since,omitempty"`
}

// The most denials on a page, and the most entries of the trail that are looked through for one.
const (
	maxDenials       = 200
	denialsLookedFor = 50_000
)

// Denials is the trail of what was refused before a moment (the zero moment: now), the newest first, for auditors.
func (d *Desk) Denials(ctx context.Context, before time.Time, limit int) ([]DenialView, error) {
	if !d.isAuditor() {
		return nil, refuse(NotMandated, "")
	}
	if limit <= 0 || limit > maxDenials {
		limit = maxDenials
	}
	head, err := d.house.Readings.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read denials: %w", err)
	}
	out := []DenialView{}
	for seq, n := head.Seq, 0; seq > 0 && n < denialsLookedFor && len(out) < limit; seq, n = seq-1, n+1 {
		entry, err := d.house.Readings.Fetch(ctx, seq)
		if errors.Is(err, archive.ErrErased) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read denials: %w", err)
		}
		if entry.Kind != kindDenied || !before.IsZero() && !entry.Time.Before(before) {
			continue
		}
		view, err := d.denialView(entry)
		if err != nil {
			return nil, err
		}
		out = append(out, view)
	}
	return out, nil
}

func (d *Desk) isAuditor() bool {
	agent, known := d.house.Folds.Register.Agent(d.badge.Agent())
	return known && agent.Is(habilitation.Auditor)
}

func (d *Desk) denialView(entry archive.Entry) (DenialView, error) {
	var one Denial
	if err := json.Unmarshal(entry.Payload, &one); err != nil {
		return DenialView{}, fmt.Errorf("read denial: %w", err)
	}
	view := DenialView{At: entry.Time, What: one.What, Reason: one.Reason, Address: one.Address, Again: one.Again}
	if entry.Actor != 0 {
		person := d.house.Folds.agent(entry.Actor)
		view.Agent = &person
	}
	if !one.Subject.IsZero() {
		view.Subject = one.Subject.String()
	}
	if !one.Session.IsZero() {
		view.Session = one.Session.String()
	}
	if terminal, known := d.house.Folds.Register.Terminal(one.Terminal); known {
		view.Post = terminal.Name
	}
	if !one.Since.IsZero() {
		view.Since = &one.Since
	}
	return view, nil
}
