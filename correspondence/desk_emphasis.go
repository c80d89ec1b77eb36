package correspondence

import (
	"slices"
	"strconv"
	"time"

	"chancery/habilitation"
)

// A group's messages of the last days are looked at for how many of them press the reader, at most so many, the newest; so many hundredths are too
// many. Few messages say nothing.
const (
	emphasisDays  = 90
	emphasisMost  = 2000
	emphasisLeast = 10
	emphasisShare = 15
)

// EmphasisView is what share of its messages a group presses on its readers: who asks everybody to read everything is read by nobody.
type EmphasisView struct {
	Days     int  `json:"days"`
	Released int  `json:"released"` // messages counted: those of the last days that the reader may see
	ToDo     int  `json:"to_do"`    // ask some addressee to do something
	ToRead   int  `json:"to_read"`  // ask some addressee to read, and none to do anything
	Copies   int  `json:"copies"`   // ask an addressee for information to read or to do something
	Urgent   int  `json:"urgent"`   // immediate or flash
	Flash    int  `json:"flash"`
	Pressing int  `json:"pressing"` // flash, or asking an addressee for information to read: what may be too many
	Share    int  `json:"share"`    // of those, in hundredths
	TooMany  bool `json:"too_many"` // the share is above 15
}

// emphasis counts for whoever directs the group; nil for anybody else.
func (d *Desk) emphasis(group habilitation.AudienceID) *EmphasisView {
	if !d.house.Folds.Register.Directs(d.badge.Agent(), group) {
		return nil
	}
	if a, _ := d.house.Folds.Register.Audience(group); a.Community {
		return nil // it releases nothing
	}
	v := d.emphasisOf(group, d.house.Clock())
	return &v
}

// emphasisOf counts what the reader may see of it.
func (d *Desk) emphasisOf(group habilitation.AudienceID, now time.Time) EmphasisView {
	v := EmphasisView{Days: emphasisDays}
	since := now.AddDate(0, 0, -emphasisDays).UnixMicro()
	for h := range d.house.Folds.Ledger.sentBy([]habilitation.AudienceID{group}) {
		if h.at < since || v.Released == emphasisMost {
			break
		}
		if _, err := d.admit(h.id); err == nil {
			v.count(h)
		}
	}
	v.Share = v.Pressing * 100 / max(v.Released, 1)
	v.TooMany = v.Released >= emphasisLeast && v.Share > emphasisShare
	return v
}

func (v *EmphasisView) count(h *headline) {
	v.Released++
	most, copied, first := ForInformation, false, max(h.precedence, h.infoPrecedence)
	for i := range h.lines {
		to := &h.lines[i]
		most, first = max(most, to.qualification), max(first, h.urgency(to))
		copied = copied || to.role == Info && to.qualification >= ToRead
	}
	for _, one := range []struct {
		holds bool
		adds  *int
	}{{most == ToDo, &v.ToDo}, {most == ToRead, &v.ToRead}, {copied, &v.Copies}, {first >= Immediate, &v.Urgent}, {first == Flash, &v.Flash}, {copied || first == Flash, &v.Pressing}} {
		if one.holds {
			*one.adds++
		}
	}
}

// warnOfUrgency tells a group that presses its readers too often, by flash messages or by copies that ask to be read. Only what the author
// may read is counted.
func (p *preview) warnOfUrgency(now time.Time) {
	if !isPressing(p.message.Precedence, p.message.Addressees) {
		return
	}
	if v := p.desk.emphasisOf(p.message.Origin.Audience, now); v.TooMany {
		p.warning("precedence", "presses-too-often", "share", strconv.Itoa(v.Share), "last", strconv.Itoa(v.Released), "days", strconv.Itoa(v.Days))
	}
}

func isPressing(precedence Precedence, to []Addressee) bool {
	return precedence == Flash || slices.ContainsFunc(to, func(a Addressee) bool {
		return a.Precedence == Flash || a.Role == Info && a.Qualification >= ToRead
	})
}
