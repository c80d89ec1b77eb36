package circuit

import (
	"cmp"
	"slices"
	"time"

	"chancery/habilitation"
)

// Draft is what is known of a draft on its way; the caller's own copy.
func (c *Circuits) Draft(id habilitation.ID) (Draft, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	d := c.drafts[id]
	if d == nil {
		return Draft{}, false
	}
	return d.clone(), true
}

// Drafts are all drafts on their way that are wanted, those that moved last first.
func (c *Circuits) Drafts(wanted func(*Draft) bool) []Draft {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return chosen(c.drafts, wanted)
}

func chosen(from map[habilitation.ID]*Draft, wanted func(*Draft) bool) []Draft {
	var out []Draft
	for _, d := range from {
		if wanted(d) {
			out = append(out, d.clone())
		}
	}
	slices.SortFunc(out, func(a, b Draft) int {
		return cmp.Or(b.Since.Compare(a.Since), slices.Compare(a.ID[:], b.ID[:]))
	})
	return out
}

// Rule is which visas a group demands of its messages of one kind; none when it demands none.
func (c *Circuits) Rule(audience habilitation.AudienceID, message string) []Step {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return cloneSteps(c.rules[ruleKey{audience, message}])
}

// DueNext is when the next word to sign is to be carried out; zero when none waits.
func (c *Circuits) DueNext() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var next time.Time
	for _, d := range c.held {
		if next.IsZero() || d.Hold.Until.Before(next) {
			next = d.Hold.Until
		}
	}
	return next
}

// Due are the drafts whose word to sign is to be carried out by now, the earliest first.
func (c *Circuits) Due(now time.Time) []Draft {
	c.mu.RLock()
	defer c.mu.RUnlock()
	due := chosen(c.held, func(d *Draft) bool { return !d.Hold.Until.After(now) })
	slices.SortStableFunc(due, func(a, b Draft) int { return a.Hold.Until.Compare(b.Hold.Until) })
	return due
}
