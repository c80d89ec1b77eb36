package correspondence

import (
	"context"
	"time"

	"chancery/habilitation"
	"chancery/search"
)

// maxReplay is how many missed messages a stream makes up for; beyond them the reader loads the page again.
const maxReplay = 200

// Stream sends what arrives and the reader may see, from after the message named, or from now on when none is. A message unknown or
// withheld, or too far behind, gives a resync. A zero event is a heartbeat. Rights are asked anew for each event: the stream ends when
// the session does, when ctx does, or when send fails.
func (d *Desk) Stream(ctx context.Context, after habilitation.ID, send func(Event) error) error {
	s := &stream{desk: d, send: send}
	news := d.house.arrived.wait()
	if err := s.begin(ctx, after); err != nil {
		return err
	}
	heartbeat := time.NewTicker(d.house.Heartbeat)
	defer heartbeat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.house.stop:
			return ErrClosing
		case <-heartbeat.C:
			if err := s.renew(); err != nil {
				return err
			}
			if err := send(Event{}); err != nil {
				return err
			}
		case <-news:
			news = d.house.arrived.wait()
			if err := s.forward(ctx); err != nil {
				return err
			}
		}
	}
}

// stream is one reader's place in the order of arrival, which never leaves the house.
type stream struct {
	desk  *Desk
	send  func(Event) error
	place uint32
	news  []*headline

	changedFrom uint64 // the place among the changes
	changed     []change
}

// begin finds the place to go on from and makes up for what was missed.
func (s *stream) begin(ctx context.Context, after habilitation.ID) error {
	if after.IsZero() {
		s.fromNow()
		return nil
	}
	row, err := s.desk.admit(after)
	place, known := s.desk.house.Folds.Ledger.place(row.ID)
	if err != nil || !known {
		return s.resync()
	}
	missed, err := s.desk.house.Folds.Rows.Since(s.desk.badge.Perimeter(), after, maxReplay+1, nil)
	if err != nil || len(missed) > maxReplay {
		return s.resync()
	}
	s.place, s.changedFrom = place+1, s.desk.house.Folds.changes.end()
	return s.forward(ctx)
}

func (s *stream) resync() error {
	s.fromNow()
	return s.send(Event{Resync: true})
}

func (s *stream) fromNow() {
	s.desk.house.folding.RLock()
	defer s.desk.house.folding.RUnlock()
	s.place, s.changedFrom = uint32(s.desk.house.Folds.Ledger.Count()), s.desk.house.Folds.changes.end()
}

// take moves the place past what has arrived and what has changed; false when some of that is forgotten. Between two folds only: what the ledger knew before the rows did would be passed over for good.
func (s *stream) take() (whole bool) {
	s.desk.house.folding.RLock()
	defer s.desk.house.folding.RUnlock()
	s.news, s.place = s.desk.house.Folds.Ledger.after(s.place, s.news[:0])
	s.changed, s.changedFrom, whole = s.desk.house.Folds.changes.after(s.changedFrom, s.changed[:0])
	return whole
}

// renew asks for the rights as they are now.
func (s *stream) renew() error {
	badge, err := s.desk.house.Authority.Renew(s.desk.badge)
	if err != nil {
		return refusalOf(err)
	}
	s.desk = &Desk{house: s.desk.house, badge: badge}
	return nil
}

// forward sends what has arrived since the stream's place, while the rights hold: an act that took them away ends the stream though nothing
// arrived. What was printed before the house existed is not news.
func (s *stream) forward(ctx context.Context) error {
	if err := s.renew(); err != nil {
		return err
	}
	if !s.take() {
		return s.resync()
	}
	var unread *unreads
	for _, h := range s.news {
		if h.imported {
			continue
		}
		if err := s.renew(); err != nil {
			return err
		}
		row, err := s.desk.admit(h.id)
		if err != nil {
			continue
		}
		if unread == nil {
			if unread, err = s.desk.unreads(ctx); err != nil {
				return err
			}
		}
		if err := s.sendOne(row, unread, arrived); err != nil {
			return err
		}
		if err := s.sendCorrected(h, unread); err != nil {
			return err
		}
	}
	return s.sendChanges(ctx)
}

// Whether a message arrives or was there before.
const (
	arrived   = false
	wasBefore = true
)

func (s *stream) sendOne(row search.Row, unread *unreads, changed bool) error {
	h, ok := s.desk.headline(row, unread)
	if !ok {
		return nil
	}
	return s.send(Event{Headline: &h, Changed: changed, Unread: s.desk.unreadCount(unread)})
}

// sendCorrected sends again what a message corrects, to whoever may read it now.
func (s *stream) sendCorrected(h *headline, unread *unreads) error {
	if h.corrects.IsZero() {
		return nil
	}
	row, err := s.desk.admit(h.corrects)
	if err != nil {
		return nil
	}
	return s.sendOne(row, unread, wasBefore)
}
