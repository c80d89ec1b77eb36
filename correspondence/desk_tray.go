package correspondence

import (
	"context"
	"time"

	"chancery/correspondence/circuit"
	"chancery/habilitation"
)

// Tray is what waits for my hand on its way to the signature, and what became of what I had a hand in.
type Tray struct {
	ToReview []TrayLine   `json:"to_review"` // my visa is asked
	ToSign   []TrayLine   `json:"to_sign"`   // every visa is there, and I sign for the group
	Held     []TrayLine   `json:"held"`      // my word, or that of another signatory of my groups, may still be taken back
	Returned []TrayLine   `json:"returned"`  // sent back or taken back: to be written again
	Waiting  []TrayLine   `json:"waiting"`   // others' visas are asked on what I submitted or write
	Notices  []NoticeView `json:"notices"`   // the newest first
}

// TrayLine is one draft of a tray.
type TrayLine struct {
	ID      habilitation.ID    `json:"id"`
	Kind    string             `json:"kind"` // "" where it was not chosen yet
	Level   habilitation.Level `json:"level"`
	Subject string             `json:"subject"`
	Origin  AudienceRef        `json:"origin"`
	Since   time.Time          `json:"since"` // the last step
	Circuit CircuitView        `json:"circuit"`
}

// NoticeView tells what became of a draft that I asked visas for, gave one on, or gave my word to sign.
type NoticeView struct {
	Draft   habilitation.ID  `json:"draft"`
	What    string           `json:"what"` // returned, edit, withdrawn, to-sign, unheld, abandoned, released, own-edit
	By      *AgentRef        `json:"by,omitempty"`
	At      time.Time        `json:"at"`
	Reason  string           `json:"reason,omitempty"`
	Subject string           `json:"subject,omitempty"` // where I may still read it
	Number  string           `json:"number,omitempty"`
	Message *habilitation.ID `json:"message,omitempty"` // once it is one, and I may read it
	Open    bool             `json:"open"`              // the draft is there for me to open
}

// Tray gathers what waits for the agent; what is above this session is not in it.
func (d *Desk) Tray(ctx context.Context) (Tray, error) {
	t := Tray{ToReview: []TrayLine{}, ToSign: []TrayLine{}, Held: []TrayLine{}, Returned: []TrayLine{}, Waiting: []TrayLine{}, Notices: []NoticeView{}}
	me := d.badge.Agent()
	all := d.house.Folds.Circuits.Drafts(func(s *circuit.Draft) bool { return s.State != circuit.Abandoned && s.Level <= d.badge.Level() })
	for i := range all {
		s := &all[i]
		var place *[]TrayLine
		switch writes := d.mayWrite(s.Origin); {
		case s.State == circuit.InVisa && s.Waits(me, d.actsAs(s.Level)):
			place = &t.ToReview
		case s.State == circuit.InVisa && (writes || s.Submitter == me):
			place = &t.Waiting
		case s.State == circuit.ToSign && d.maySign(s.Origin, s.Level):
			place = &t.ToSign
		case s.State == circuit.ToSign && (writes || s.Submitter == me):
			place = &t.Waiting
		case s.State == circuit.Held && (writes || s.Hold.By == me):
			place = &t.Held
		case s.State == circuit.Drafting && writes:
			place = &t.Returned
		default:
			continue
		}
		line, ok, err := d.trayLine(ctx, s)
		if err != nil {
			return t, err
		}
		if ok {
			*place = append(*place, line)
		}
	}
	var err error
	t.Notices, err = d.notices(ctx)
	return t, err
}

// countToReview counts the drafts that wait for the agent's visa or signature.
func (d *Desk) countToReview() int {
	return len(d.house.Folds.Circuits.Drafts(func(s *circuit.Draft) bool {
		return s.Level <= d.badge.Level() && (s.State == circuit.InVisa && s.Waits(d.badge.Agent(), d.actsAs(s.Level)) || s.State == circuit.ToSign && d.maySign(s.Origin, s.Level))
	}))
}

// Reads reports whether a message of the identity is there for this desk to read; nothing of it is opened.
func (d *Desk) Reads(id habilitation.ID) bool {
	_, err := d.admit(id)
	return err == nil
}

// trayLine is a draft that the desk can open; what it cannot is left out.
func (d *Desk) trayLine(ctx context.Context, s *circuit.Draft) (line TrayLine, ok bool, err error) {
	found, err := d.find(ctx, s.ID)
	if isUnknown(err) {
		return line, false, nil
	}
	if err != nil {
		return line, false, err
	}
	return TrayLine{ID: s.ID, Kind: found.Form.Kind, Level: s.Level, Subject: OneLine(found.Form.Subject), Origin: d.house.Folds.audience(s.Origin), Since: s.Since,
		Circuit: *d.circuitView(s)}, true, nil
}

func (d *Desk) notices(ctx context.Context) ([]NoticeView, error) {
	out := []NoticeView{}
	for _, n := range d.house.Folds.Circuits.Notices(d.badge.Agent()) {
		if n.Level > d.badge.Level() {
			continue
		}
		v := NoticeView{Draft: n.Draft, What: n.What, By: d.agentRef(n.By), At: n.At, Reason: n.Reason}
		if row, err := d.admit(n.Draft); err == nil {
			h, _ := d.house.Folds.Ledger.headline(n.Draft)
			v.Subject, v.Number, v.Message = h.subject, h.number, &row.ID
		} else if found, err := d.find(ctx, n.Draft); err == nil {
			v.Subject, v.Open = OneLine(found.Form.Subject), true
		} else if !isUnknown(err) {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
