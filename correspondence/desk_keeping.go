package correspondence

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
	row, err := d.admit(message)
	if err != nil {
		return err
	}
	reason, err = reasonOf(OneLine(reason))
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
		return d.inClear(row.Marking.Level())(act(reason), nil)
	})
}
