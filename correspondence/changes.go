package correspondence

import (
	"context"
	"slices"
	"sync"

	"chancery/habilitation"
)

// change is something about a message that some of its readers see otherwise from now on.
type change struct {
	message   habilitation.ID
	swapped   bool                      // its marking was
	before    habilitation.Marking      // what it demanded until then
	concerned []habilitation.AudienceID // whose members see a difference
	everybody bool                      // every reader does
	level     habilitation.Level        // what one must be cleared for to know of it, beyond the message; zero for nothing more
}

// changesKept is how many changes a stream may be behind before it is told to load the page again.
const changesKept = 4096

// changes remembers the last changes, in order, for the streams. It is memory only: what a stream missed while it was away, the page shows.
type changes struct {
	mu    sync.Mutex
	first uint64 // the place of the oldest that is kept
	kept  []change
}

func (c *changes) note(one change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, one)
	if len(c.kept) > 2*changesKept {
		c.first += uint64(len(c.kept) - changesKept)
		c.kept = slices.Clone(c.kept[len(c.kept)-changesKept:])
	}
}

// end is the place after the last change.
func (c *changes) end() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first + uint64(len(c.kept))
}

// after gives what changed from a place on, and the place after it; false when some of it is forgotten.
func (c *changes) after(place uint64, dst []change) (news []change, next uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.first + uint64(len(c.kept))
	if place < c.first {
		return dst, end, false
	}
	return append(dst, c.kept[place-c.first:]...), end, true
}

// outlook is what a stream makes of the changes of one message.
type outlook struct {
	message habilitation.ID
	saw     bool // the reader saw it before a marking was swapped
	swapped bool
	told    bool // something that the reader sees is otherwise
}

// outlooks gathers what may be otherwise for the reader, one for each message, in the order of the first change.
func (d *Desk) outlooks(news []change) []outlook {
	var out []outlook
	at := map[habilitation.ID]int{}
	p := d.badge.Perimeter()
	for i := range news {
		one := &news[i]
		told := one.level <= d.badge.Level() && (one.everybody || slices.ContainsFunc(one.concerned, p.HasAudience))
		if !one.swapped && !told {
			continue
		}
		place, known := at[one.message]
		if !known {
			place = len(out)
			at[one.message], out = place, append(out, outlook{message: one.message})
		}
		look := &out[place]
		look.told, look.saw = look.told || told, look.saw || one.swapped && p.Admits(&one.before)
		look.swapped = look.swapped || one.swapped
	}
	return out
}

// sendChanges sends again what the reader sees otherwise, what the reader may see only now, and the name of what the reader may not see any
// more. Of what they saw neither before nor now they hear nothing.
func (s *stream) sendChanges(ctx context.Context) error {
	if len(s.changed) == 0 {
		return nil
	}
	unread, err := s.desk.unreads(ctx)
	if err != nil {
		return err
	}
	for _, one := range s.desk.outlooks(s.changed) {
		row, err := s.desk.admit(one.message)
		switch {
		case err == nil && (one.told || one.swapped && !one.saw):
			err = s.sendOne(row, unread, wasBefore)
		case err != nil && one.saw:
			message := one.message
			err = s.send(Event{Gone: &message, Unread: s.desk.unreadCount(unread)})
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
