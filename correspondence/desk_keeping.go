package correspondence

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chancery/correspondence/handling"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
)

// KeepingView is what the archive says of a message.
type KeepingView struct {
	BegunAt   *time.Time     `json:"begun_at,omitempty"`
	HandedIn  *time.Time     `json:"handed_in,omitempty"` // submitted for visas, or given the word to sign
	FilePlan  string         `json:"file_plan,omitempty"` // its place in the filing plan now
	Retention *RetentionView `json:"retention,omitempty"`
	Freezes   []FreezeView   `json:"freezes"`    // which forbid its elimination; lifted ones stay told
	MayKeep   bool           `json:"may_keep"`   // I file it otherwise, freeze and thaw it
	MayFollow bool           `json:"may_follow"` // I may see its life
}

// RetentionView is what a rule said of the message at its release.
type RetentionView struct {
	Rule           string    `json:"rule"`
	KeepUntil      time.Time `json:"keep_until"` // end of the administrative use (DUA)
	Final          string    `json:"final" enum:"keep,destroy"`
	Access         string    `json:"access"` // the rule of communicability
	CommunicableOn time.Time `json:"communicable_on"`
}

// FreezeView forbids the elimination until it is lifted.
type FreezeView struct {
	ID habilitation.ID `json:"id"`
	WordView
	Lifted *WordView `json:"lifted,omitempty"`
}

// LifeEntry is one thing that happened to a message.
type LifeEntry struct {
	At       time.Time    `json:"at"`
	What     string       `json:"what"` // released, undelivered, read, taken, answered, closed, reassigned, misaddressed, added, shared, corrected, refiled, frozen, thawed…
	By       *AgentRef    `json:"by,omitempty"`
	Audience *AudienceRef `json:"audience,omitempty"`
	Number   string       `json:"number,omitempty"` // of the message that did it
	Words    string       `json:"words,omitempty"`
}

// LifeView is what happened to a message, oldest first.
type LifeView struct {
	Items []LifeEntry `json:"items"`
}

func (d *Desk) keepingView(m *Dispatch) KeepingView {
	k, kept := &m.Keeping, d.house.Folds.Keeping.Of(m.ID)
	v := KeepingView{BegunAt: moment(k.BegunAt), HandedIn: moment(k.HandedIn), FilePlan: k.FilePlan, Freezes: []FreezeView{},
		MayKeep: d.badge.Perimeter().Archivist(), MayFollow: d.mayFollow(m.ID)}
	if n := len(kept.Moves); n > 0 {
		v.FilePlan = kept.Moves[n-1].Position
	}
	if r := k.Retention; r != nil {
		v.Retention = &RetentionView{Rule: r.Rule, KeepUntil: r.KeepUntil, Final: string(r.Final), Access: r.Access, CommunicableOn: r.CommunicableOn}
	}
	for _, f := range kept.Freezes {
		one := FreezeView{ID: f.ID, WordView: d.said(f.Stamp)}
		if f.Lifted != nil {
			lifted := d.said(*f.Lifted)
			one.Lifted = &lifted
		}
		v.Freezes = append(v.Freezes, one)
	}
	return v
}

func (d *Desk) said(s keeping.Stamp) WordView {
	return WordView{By: d.house.Folds.agent(s.By), At: s.At, Reason: s.Reason}
}

// Refile gives a message another place in the filing plan, with the reason. Archivists do.
func (d *Desk) Refile(ctx context.Context, message habilitation.ID, position, reason string) error {
	position = OneLine(position)
	var faults faultList
	switch n := utf8.RuneCountInString(position); {
	case n == 0:
		faults.add("position", "missing")
	case n > maxPhrase:
		faults.add("position", "too-long", "max", strconv.Itoa(maxPhrase), "length", strconv.Itoa(n))
	}
	if len(faults) > 0 {
		_, err := reasonOf(OneLine(reason))
		if strings.TrimSpace(reason) == "" {
			faults.add("reason", "missing")
		}
		return allFaults(faults.refusal(), err)
	}
	return d.keepAs(ctx, message, reason, func(reason string) habilitation.Act {
		return keeping.Refiled{Message: message, Position: position, Reason: reason}
	})
}

// Freeze forbids that a message be eliminated, with the reason. Archivists do.
func (d *Desk) Freeze(ctx context.Context, message habilitation.ID, reason string) error {
	return d.keepAs(ctx, message, reason, func(reason string) habilitation.Act {
		return keeping.Frozen{Freeze: d.house.NewID([]byte("freeze " + message.String() + reason)), Message: message, Reason: reason}
	})
}

// Thaw lifts a freeze, with the reason. Archivists do.
func (d *Desk) Thaw(ctx context.Context, message, freeze habilitation.ID, reason string) error {
	return d.keepAs(ctx, message, reason, func(reason string) habilitation.Act {
		return keeping.Thawed{Freeze: freeze, Message: message, Reason: reason}
	})
}

func (d *Desk) keepAs(ctx context.Context, message habilitation.ID, reason string, act func(reason string) habilitation.Act) error {
	if _, err := d.admit(message); err != nil {
		return err
	}
	reason, err := reasonOf(OneLine(reason))
	if err != nil {
		return err
	}
	if reason == "" {
		return invalid("reason", "missing")
	}
	return d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		if !d.badge.Perimeter().Archivist() {
			return nil, refuse(NotMandated, "")
		}
		return act(reason), nil
	})
}

// mayFollow reports whether the reader is told what happened to a message: members of its origin and archivists.
func (d *Desk) mayFollow(message habilitation.ID) bool {
	h, known := d.house.Folds.Ledger.headline(message)
	p := d.badge.Perimeter()
	return known && (p.Archivist() || p.HasAudience(h.origin))
}

// LifeOf is what happened to a message since its release, for members of its origin and archivists: what the journal holds of it. Who read it is
// told only where reading was asked to be acknowledged, and by what messages it was corrected only to whoever may read them.
func (d *Desk) LifeOf(_ context.Context, message habilitation.ID) (LifeView, error) {
	row, err := d.admit(message)
	if err != nil {
		return LifeView{}, err
	}
	h, known := d.house.Folds.Ledger.headline(message)
	if !known || !d.mayFollow(message) {
		return LifeView{}, refuse(NotMandated, "")
	}
	v := LifeView{Items: []LifeEntry{{At: timeOf(h.at), What: "released", By: d.agentRef(h.signatory), Number: h.number}}}
	for _, b := range d.banners(message) {
		v.Items = append(v.Items, LifeEntry{At: b.ReleasedAt, What: b.How.String(), Number: b.Number})
	}
	if one, begun := d.house.Folds.Handling.Of(row.ID); begun {
		for _, l := range one.Lines {
			v.Items = append(v.Items, d.lifeOfLine(l)...)
		}
		for _, s := range one.Shares {
			v.Items = append(v.Items, d.happened("shared", s.Audience, s.Word))
		}
		if one.Silence != nil {
			for _, b := range one.Silence.Broken {
				v.Items = append(v.Items, d.happened("silence-broken", b.Audience, b.Word))
			}
		}
	}
	kept := d.house.Folds.Keeping.Of(message)
	for _, m := range kept.Moves {
		v.Items = append(v.Items, LifeEntry{At: m.At, What: "refiled", By: d.named(m.By), Words: m.Position + " – " + m.Reason})
	}
	for _, f := range kept.Freezes {
		v.Items = append(v.Items, LifeEntry{At: f.At, What: "frozen", By: d.named(f.By), Words: f.Reason})
		if f.Lifted != nil {
			v.Items = append(v.Items, LifeEntry{At: f.Lifted.At, What: "thawed", By: d.named(f.Lifted.By), Words: f.Lifted.Reason})
		}
	}
	for _, o := range d.outgoingOf(message) {
		v.Items = append(v.Items, LifeEntry{At: o.At, What: "mail-" + o.Step, By: o.By, Words: o.Address})
	}
	slices.SortStableFunc(v.Items, func(a, b LifeEntry) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	return v, nil
}

func (d *Desk) happened(what string, audience habilitation.AudienceID, w handling.Word) LifeEntry {
	ref := d.house.Folds.audience(audience)
	return LifeEntry{At: w.At, What: what, By: d.agentRef(w.By), Audience: &ref, Words: w.Reason}
}

// lifeOfLine is what happened at one addressee, without what its originator did not ask to be told.
func (d *Desk) lifeOfLine(l handling.Line) (out []LifeEntry) {
	more := l.Details()
	if a := more.Addition; a != nil {
		out = append(out, d.happened("added", l.Audience, a.Word))
	}
	if more.Reader.By != 0 && l.Receipt >= handling.OfReading {
		out = append(out, d.happened("read", l.Audience, handling.Word{Stamp: more.Reader}))
	}
	if l.Holder != 0 && l.Receipt >= handling.OfCharge {
		out = append(out, d.happened("taken", l.Audience, handling.Word{Stamp: handling.Stamp{By: l.Holder, At: more.HeldSince}}))
	}
	if answer, ok := l.Answered(d.badge.Level()); ok {
		entry := d.happened("answered", l.Audience, handling.Word{Stamp: handling.Stamp{At: answer.At}})
		if row, err := d.admit(answer.Message); err == nil {
			if h, known := d.house.Folds.Ledger.headline(row.ID); known {
				entry.Number = h.number
			}
		}
		out = append(out, entry)
	}
	if more.End.By != 0 {
		out = append(out, d.happened(l.State.String(), l.Audience, more.End))
	}
	return out
}
