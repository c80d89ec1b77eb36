package correspondence

import (
	"context"
	"unicode/utf8"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// AddresseeWish is an addressee to be added to a released message.
type AddresseeWish struct {
	Group         string `json:"group" validate:"max=100"`
	Role          string `json:"role,omitempty" validate:"max=20" enum:"action,info"` // action or info; default info
	Qualification string `json:"qualification,omitempty" validate:"max=20"`           // default read for action, information for info
	Deadline      string `json:"deadline,omitempty" validate:"max=40"`                // needed by do
	Instruction   string `json:"instruction,omitempty" validate:"max=10000"`
	Reason        string `json:"reason" validate:"max=2000"` // shown to every reader
}

// AddAddressee completes the address of a released message: the group reads it at once, and every reader sees who added it, when and why.
// A signatory of the origin may, and who directs an addressee; what the origin adds is numbered in its series toward the group.
func (d *Desk) AddAddressee(ctx context.Context, message habilitation.ID, wish AddresseeWish) error {
	act, err := d.additionOf(message, wish)
	if err != nil {
		return err
	}
	return d.about(ctx, message, func(h handling.Hand, row search.Row) (habilitation.Act, error) {
		decided, err := d.house.Folds.Handling.Add(h, act)
		if err == nil && decided.Ground == handling.ByOrigin && !row.Imported {
			decided.N = d.house.Folds.nextToward(message, decided.Audience)
		}
		return anAct(decided, err)
	})
}

// additionOf reads a wish, telling every fault at once.
func (d *Desk) additionOf(message habilitation.ID, wish AddresseeWish) (handling.AddresseeAdded, error) {
	f := &finishing{directory: directory{now: d.house.Clock(), zone: d.house.Zone}}
	act := handling.AddresseeAdded{Message: message, Instruction: CleanText(wish.Instruction)}
	audience, err := d.audienceNamed("group", wish.Group)
	f.adopt(err)
	act.Audience = audience
	role := choose(f, "role", wish.Role, roleNames, Info)
	fallback := ToRead
	if role == Info {
		fallback = ForInformation
	}
	asked := choose(f, "qualification", wish.Qualification, qualificationNames, fallback)
	if role == Info && asked == ToDo {
		f.fault("qualification", "info-cannot-do")
	}
	act.Deadline = f.deadline("deadline", wish.Deadline, asked).UTC()
	if asked == ToDo && act.Instruction == "" {
		f.fault("instruction", "missing")
	}
	if utf8.RuneCountInString(act.Instruction) > maxSummary {
		f.fault("instruction", "too-long", "max", "600")
	}
	if act.Reason, err = reasonOf(wish.Reason); err == nil && act.Reason == "" {
		err = invalid("reason", "missing")
	}
	f.adopt(err)
	act.Role, act.Asked = handling.Role(role), handling.Asked(asked)
	if len(f.faults) > 0 {
		return act, &Refusal{Cause: Invalid, Faults: f.faults}
	}
	return act, nil
}

// adopt takes over the faults of a refusal.
func (f *finishing) adopt(err error) {
	if refusal, ok := err.(*Refusal); ok { //nolint:errorlint // made by the caller's own functions, never wrapped
		f.faults = append(f.faults, refusal.Faults...)
	}
}

// nextToward is the next number in the series that the message's own number toward its addressees belongs to.
func (f *Folds) nextToward(message habilitation.ID, to habilitation.AudienceID) uint64 {
	h, known := f.Ledger.headline(message)
	if !known {
		return 0
	}
	return f.lastToward(h.towards(to)) + 1
}

// lastToward is the last number from an origin to an addressee, given at a release or to an addressee added later.
func (f *Folds) lastToward(key towardKey) uint64 {
	return max(f.Ledger.lastToward(key), f.Handling.Toward(key.origin, key.to, key.level, int(key.year)))
}

// ShareWish is a community that a message is to be brought into.
type ShareWish struct {
	Community string `json:"community" validate:"max=100"`
	Reason    string `json:"reason,omitempty" validate:"max=2000"`
}

// Share brings a message into a community, by reference: its members read it while the share lasts. Who drafts or signs for an addressee or
// for the origin may.
func (d *Desk) Share(ctx context.Context, message habilitation.ID, wish ShareWish) error {
	to, unknown := d.audienceNamed("community", wish.Community)
	reason, wrongReason := reasonOf(wish.Reason)
	if err := allFaults(unknown, wrongReason); err != nil {
		return err
	}
	return d.about(ctx, message, func(h handling.Hand, _ search.Row) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Share(h, handling.Shared{Message: message, Audience: to, Reason: reason}))
	})
}

// RevokeShare takes it out again: whoever saw it by the share alone sees it no more, at once.
func (d *Desk) RevokeShare(ctx context.Context, message habilitation.ID, wish ShareWish) error {
	to, err := d.audienceNamed("community", wish.Community)
	if err != nil {
		return err
	}
	reason, err := reasonOf(wish.Reason)
	if err != nil {
		return err
	}
	return d.about(ctx, message, func(h handling.Hand, _ search.Row) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Revoke(h, handling.ShareRevoked{Message: message, Audience: to, Reason: reason}))
	})
}
