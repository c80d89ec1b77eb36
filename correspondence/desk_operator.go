package correspondence

import (
	"cmp"
	"context"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
	"chancery/search"
)

// OperatorTray is what lies on the operator desks that the reader belongs to, oldest first; nothing for anybody else.
func (d *Desk) OperatorTray(ctx context.Context) ([]TrayView, error) {
	out := []TrayView{}
	unread, err := d.unreads(ctx)
	if err != nil {
		return nil, err
	}
	for _, audience := range d.badge.Perimeter().Audiences() {
		for _, item := range d.house.Folds.Handling.Tray(audience) {
			if v, ok := d.trayView(item, unread); ok {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// Operates reports whether the reader belongs to the operator desk.
func (d *Desk) operates() bool {
	return d.badge.Perimeter().HasAudience(d.house.Folds.Register.OperatorDesk())
}

func (d *Desk) trayView(item handling.TrayItem, unread *unreads) (TrayView, bool) {
	row, err := d.admit(item.Message)
	if err != nil {
		return TrayView{}, false
	}
	headline, ok := d.headline(row, unread)
	v := TrayView{ID: item.ID, Message: headline, Why: item.Why.String(), Since: item.At}
	if item.Audience != 0 {
		group := d.house.Folds.audience(item.Audience)
		v.Group = &group
	}
	if item.By != 0 {
		word := d.word(item.Word)
		v.Word = &word
	}
	return v, ok
}

// SettleWish takes an item off the operator desk: to a group when one is named, else closed for the reason given.
type SettleWish struct {
	Group  string `json:"group,omitempty" validate:"max=100"`
	Role   string `json:"role,omitempty" validate:"max=20" enum:"action,info"` // action or info; default action
	Reason string `json:"reason" validate:"max=2000"`
}

// SettleTray settles an item of the operator desk. To whoever does not belong to it the item does not exist.
func (d *Desk) SettleTray(ctx context.Context, id habilitation.ID, wish SettleWish) error {
	item, there := d.house.Folds.Handling.TrayItem(id)
	if !there {
		return d.settled(id)
	}
	if !d.badge.Perimeter().HasAudience(item.Desk) {
		return errUnknown
	}
	act, err := d.settlement(id, wish)
	if err != nil {
		return err
	}
	err = d.about(ctx, item.Message, func(h handling.Hand, _ search.Row) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Settle(h, act))
	})
	if isUnknown(err) {
		return d.settled(id)
	}
	return err
}

// settled tells an operator who may still read the message who settled an item and how; to the others neither is there any more.
func (d *Desk) settled(id habilitation.ID) error {
	message, line, known := d.house.Folds.Handling.Settled(id)
	if _, err := d.admit(message); err != nil || !known || !d.operates() {
		return errUnknown
	}
	how := line.Details()
	args := map[string]string{"agent": d.house.Folds.agent(how.Settled.By).Name, "at": how.Settled.At.UTC().Format(time.RFC3339), "reason": how.Settled.Reason}
	told := Fault{Field: "item", Key: "settled", Args: args}
	if how.To != 0 {
		to := d.house.Folds.audience(how.To)
		told.Key, args["group"] = "settled-to", cmp.Or(to.Timbre, to.Key)
	}
	return &Refusal{Cause: Conflict, Key: "settled", Faults: []Fault{told}}
}

func (d *Desk) settlement(id habilitation.ID, wish SettleWish) (handling.TraySettled, error) {
	f := &finishing{directory: directory{now: d.house.Clock(), zone: d.house.Zone}}
	act := handling.TraySettled{Item: id}
	var err error
	if wish.Group != "" {
		act.To, err = d.audienceNamed("group", wish.Group)
		f.adopt(err)
		act.Role = handling.Role(choose(f, "role", wish.Role, roleNames, Action))
	}
	if act.Reason, err = reasonOf(wish.Reason); err == nil && act.Reason == "" {
		err = invalid("reason", "missing")
	}
	f.adopt(err)
	if len(f.faults) > 0 {
		return act, &Refusal{Cause: Invalid, Faults: f.faults}
	}
	return act, nil
}

// AcknowledgeAlert stops an alert that calls the reader.
func (d *Desk) AcknowledgeAlert(ctx context.Context, id habilitation.ID) error {
	alert, known := d.house.Folds.Handling.Alert(id)
	if !known || !d.badge.Perimeter().HasAudience(alert.Audience) {
		return errUnknown
	}
	return d.about(ctx, alert.Message, func(h handling.Hand, _ search.Row) (habilitation.Act, error) {
		return anAct(d.house.Folds.Handling.Acknowledge(h, id))
	})
}

// calling is the row of an alert that rings for the reader; false for every other.
func (d *Desk) calling(a handling.Alert) (search.Row, bool) {
	if !d.badge.Perimeter().HasAudience(a.Audience) {
		return search.Row{}, false
	}
	row, err := d.admit(a.Message)
	if err != nil {
		return search.Row{}, false
	}
	_, err = d.house.Folds.Handling.Acknowledge(d.hand(row), a.ID)
	return row, err == nil
}

// alerts lists what rings for the reader, oldest first.
func (d *Desk) alerts(unread *unreads) []RingingAlert {
	out := []RingingAlert{}
	for _, a := range d.house.Folds.Handling.Ringing() {
		row, calls := d.calling(a)
		if !calls {
			continue
		}
		if headline, ok := d.headline(row, unread); ok {
			out = append(out, RingingAlert{AlertView: d.alertView(d.hand(row), a), Message: headline})
		}
	}
	return out
}

// alertOfLine is the alert of a line, for members of the addressee.
func (d *Desk) alertOfLine(h handling.Hand, id habilitation.ID) *AlertView {
	a, known := d.house.Folds.Handling.Alert(id)
	if !known {
		return nil
	}
	v := d.alertView(h, a)
	return &v
}

func (d *Desk) alertView(h handling.Hand, a handling.Alert) AlertView {
	v := AlertView{ID: a.ID, Group: d.house.Folds.audience(a.Audience), RaisedAt: a.Raised, Called: []AgentRef{}, NextAt: moment(a.Due()),
		Everybody: a.Place >= len(a.Watch)}
	for _, agent := range a.Watch[:min(a.Place+1, len(a.Watch))] {
		v.Called = append(v.Called, d.house.Folds.agent(agent))
	}
	_, err := d.house.Folds.Handling.Acknowledge(h, a.ID)
	v.MayAcknowledge = err == nil
	if a.Acknowledged.By != 0 {
		v.AcknowledgedBy, v.AcknowledgedAt = d.agentRef(a.Acknowledged.By), moment(a.Acknowledged.At)
	}
	return v
}
