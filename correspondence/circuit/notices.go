package circuit

import (
	"slices"
	"time"

	"chancery/habilitation"
)

// What a notice tells.
const (
	NoticeReturned  = "returned"  // a reviewer or the signatory sent the text back
	NoticeToSign    = "to-sign"   // the last visa was given
	NoticeUnheld    = "unheld"    // a word to sign was taken back by somebody else, or could not be carried out
	NoticeAbandoned = "abandoned" // nothing comes of the draft
	NoticeReleased  = "released"  // it is a message now, as the visas have it
	NoticeOwnEdit   = "own-edit"  // it is a message now, in words that the signatory took upon them after the visas
)

// Notice tells an agent what became of a draft that they asked visas for or gave theirs on. Beside the constants it may tell an edit or a
// withdrawal by their Why.
type Notice struct {
	Draft  habilitation.ID
	Level  habilitation.Level
	What   string
	By     habilitation.AgentID // zero for the house
	At     time.Time
	Reason string
	Round  int
	Digest Digest // the text that the agent knew
}

// maxNotices is how many an agent is owed at once; older ones are forgotten.
const maxNotices = 100

// tellReviewers tells a draft's submitter and whoever gave a visa in the round that is open, but for who did it.
func (c *Circuits) tellReviewers(d *Draft, n Notice) {
	told := []habilitation.AgentID{n.By}
	tell := func(to habilitation.AgentID) {
		if to != 0 && !slices.Contains(told, to) {
			told = append(told, to)
			c.tell(to, d, n)
		}
	}
	tell(d.Submitter)
	for _, v := range d.Visas {
		if v.Round == d.Round {
			tell(v.By)
			tell(v.For)
		}
	}
}

func (c *Circuits) tell(to habilitation.AgentID, d *Draft, n Notice) {
	if to == n.By {
		return
	}
	n.Draft, n.Level, n.Round, n.Digest = d.ID, d.Level, d.Round, d.Digest
	owed := append(c.notices[to], n)
	if len(owed) > maxNotices {
		owed = slices.Clone(owed[len(owed)-maxNotices:])
	}
	c.notices[to] = owed
}

// Notices are what an agent is owed, the newest first.
func (c *Circuits) Notices(agent habilitation.AgentID) []Notice {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := slices.Clone(c.notices[agent])
	slices.Reverse(out)
	return out
}
