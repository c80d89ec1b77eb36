package correspondence

import (
	"fmt"
	"iter"
	"sync"
	"time"

	"chancery/habilitation"
)

// Ledger is the fold of all messages that lists are drawn from: headlines, number series and threads. It decides nothing about rights:
// whoever asks has been admitted by the rule first. Safe for many readers and one writer.
type Ledger struct {
	mu     sync.RWMutex
	byID   map[habilitation.ID]uint32
	lines  []*[ledgerChunk]headline // in the order of the journal
	count  uint32
	series map[seriesKey][]uint32       // origin's series: the n-th message at index n-1; gapless by construction
	toward map[towardKey]uint64         // last number from an origin to an addressee
	cited  map[habilitation.ID][]uint32 // who cites a message

	corrected map[habilitation.ID][]uint32         // who corrects a message
	sent      map[habilitation.AudienceID][]uint32 // by origin: what was released here
	latest    []remembered                         // in the order of arrival
	gaps      *gapBook
}

const ledgerChunk = 1024

// seriesKey names a series that exists once per level.
type seriesKey struct {
	origin habilitation.AudienceID
	kind   Kind
	level  habilitation.Level
	year   int16
}

// towardKey names the series from an origin to one addressee, once per level and year.
type towardKey struct {
	origin, to habilitation.AudienceID
	level      habilitation.Level
	year       int16
}

// headline is what a list needs of one message.
type headline struct {
	id             habilitation.ID
	seq            uint64
	at             int64 // microseconds since 1970, signed
	kind           Kind
	level          habilitation.Level
	precedence     Precedence
	infoPrecedence Precedence
	imported       bool
	received       bool // a mail that came over a line
	instruction    bool
	exercise       bool
	attachments    uint8
	year           int16
	n              uint64
	origin         habilitation.AudienceID
	drafter        habilitation.AgentID
	signatory      habilitation.AgentID
	number         string
	subject        string
	mail           string // identity of a mail from outside, as written in it
	sender         string // of a mail from outside, as written
	lines          []line
	agents         []habilitation.AgentID // personally addressed
	cites          []habilitation.ID
	corrects       habilitation.ID // zero for a message that corrects none
	how            How
	answers        habilitation.ID // the message that this one answers
	follows        habilitation.ID // the message that this one goes on from
	answersFor     []habilitation.AudienceID
	replyBy        int64 // seconds since 1970; 0 for none
	validUntil     int64 // no longer to be acted upon after; seconds since 1970, 0 for ever
}

// line is one addressee of a headline.
type line struct {
	audience      habilitation.AudienceID
	role          Role
	qualification Qualification
	deadline      int64 // seconds since 1970, 0 for none
	n             uint64
	precedence    Precedence // its own; 0: the one of its line
	receipt       Receipt
	night         bool
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{byID: map[habilitation.ID]uint32{}, series: map[seriesKey][]uint32{}, toward: map[towardKey]uint64{},
		cited: map[habilitation.ID][]uint32{}, corrected: map[habilitation.ID][]uint32{}, sent: map[habilitation.AudienceID][]uint32{}, gaps: newGapBook()}
}

// apply folds one message; the same message again changes nothing.
func (l *Ledger) apply(seq uint64, d *Dispatch) error {
	h := headlineOf(seq, d)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.add(h)
}

// add appends a headline and what follows from it; the caller holds the lock.
func (l *Ledger) add(h headline) error {
	if _, known := l.byID[h.id]; known {
		return nil
	}
	place := l.count
	if h.n > 0 {
		key := h.series()
		if uint64(len(l.series[key]))+1 != h.n {
			return fmt.Errorf("fold message %s: number %s after %d in its series", h.id, h.number, len(l.series[key]))
		}
		l.series[key] = append(l.series[key], place)
	}
	for _, to := range h.lines {
		if to.n > 0 {
			l.gaps.note(h.towards(to.audience), l.toward[h.towards(to.audience)], to.n)
			l.toward[h.towards(to.audience)] = to.n
		}
	}
	for _, cited := range h.cites {
		l.cited[cited] = append(l.cited[cited], place)
	}
	if !h.corrects.IsZero() {
		l.corrected[h.corrects] = append(l.corrected[h.corrects], place)
		l.gaps.noteCorrection(&h)
	}
	if h.origin != 0 && !h.imported {
		l.sent[h.origin] = append(l.sent[h.origin], place)
	}
	if int(place)%ledgerChunk == 0 {
		l.lines = append(l.lines, new([ledgerChunk]headline))
	}
	l.lines[place/ledgerChunk][place%ledgerChunk] = h
	l.byID[h.id] = place
	l.count++
	return nil
}

func (h *headline) series() seriesKey {
	return seriesKey{origin: h.origin, kind: h.kind, level: h.level, year: h.year}
}

func (h *headline) towards(a habilitation.AudienceID) towardKey {
	return towardKey{origin: h.origin, to: a, level: h.level, year: h.year}
}

func headlineOf(seq uint64, d *Dispatch) headline {
	h := headline{id: d.ID, seq: seq, at: d.At.UnixMicro(), kind: d.Kind, level: d.Level, precedence: d.Precedence, infoPrecedence: d.InfoPrecedence,
		imported: d.isImported(), received: d.isReceived(), attachments: uint8(min(len(d.Attachments), 255)), origin: d.Origin.Audience,
		drafter: d.Drafter.Agent, signatory: d.Signatory.Agent, number: d.printedNumber(), subject: d.Subject, year: int16(d.At.Year())}
	if d.Number != nil {
		h.year, h.n = int16(d.Number.Year), d.Number.N
	}
	if h.imported {
		h.at = d.Provenance.Date.UnixMicro()
	}
	if d.Reception != nil {
		h.sender, h.mail = d.Provenance.From, d.Reception.MessageID
	}
	for i := range d.Addressees {
		h.lines = append(h.lines, lineOf(&d.Addressees[i]))
	}
	for _, p := range d.Agents {
		h.agents = append(h.agents, p.Agent)
	}
	h.instruction, h.exercise = d.Instruction, d.Exercise
	h.cites, h.answers, h.answersFor = cites(d.References, &d.Particulars), d.InReplyTo.Message, d.Answers
	h.follows = d.Follows.Message
	h.replyBy, h.validUntil = secondsOf(d.ReplyBefore), secondsOf(d.ValidUntil)
	if d.Corrects != nil {
		h.corrects, h.how = d.Corrects.Message, d.Corrects.How
	}
	return h
}

func lineOf(to *recordedLine) line {
	return line{audience: to.Audience, role: to.Role, qualification: to.Qualification, n: to.N, precedence: to.Precedence, receipt: to.Receipt, night: to.Night,
		deadline: secondsOf(to.Deadline)}
}

func secondsOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix()
}

// due is by when the line is to be done or answered, in seconds since 1970; 0 for never.
func (h *headline) due(to *line) int64 {
	if to.deadline == 0 && to.role == Action {
		return h.replyBy
	}
	return to.deadline
}

// expiredAt is since when the message is no longer to be acted upon; nil while it is.
func (h *headline) expiredAt(now time.Time) *time.Time {
	if h.validUntil == 0 || !now.After(time.Unix(h.validUntil, 0)) {
		return nil
	}
	at := time.Unix(h.validUntil, 0).UTC()
	return &at
}

// urgency is the precedence of a line of the message: its own, or the one of its role.
func (h *headline) urgency(to *line) Precedence {
	switch {
	case to.precedence != 0:
		return to.precedence
	case to.role == Action:
		return h.precedence
	}
	return h.infoPrecedence
}

// at is the headline at a place; the caller holds the lock.
func (l *Ledger) at(place uint32) *headline { return &l.lines[place/ledgerChunk][place%ledgerChunk] }

// headlineAt is the headline at a place that is known to be filled. The result is never written again.
func (l *Ledger) headlineAt(place uint32) *headline {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.at(place)
}

// sentBy gives what the groups released, the newest first; whoever looks into one asks the rule for it.
func (l *Ledger) sentBy(origins []habilitation.AudienceID) iter.Seq[*headline] {
	l.mu.RLock()
	lists := make([][]uint32, 0, len(origins))
	for _, origin := range origins {
		lists = append(lists, l.sent[origin])
	}
	l.mu.RUnlock()
	return func(yield func(*headline) bool) {
		for {
			newest := -1
			for i, list := range lists {
				if n := len(list); n > 0 && (newest < 0 || list[n-1] > lists[newest][len(lists[newest])-1]) {
					newest = i
				}
			}
			if newest < 0 {
				return
			}
			last := len(lists[newest]) - 1
			if !yield(l.headlineAt(lists[newest][last])) {
				return
			}
			lists[newest] = lists[newest][:last]
		}
	}
}

// headline returns the headline of a message that the caller was admitted to. The result is never written again.
func (l *Ledger) headline(id habilitation.ID) (*headline, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	place, ok := l.byID[id]
	if !ok {
		return nil, false
	}
	return l.at(place), true
}

// has reports whether the message is in the archive.
func (l *Ledger) has(id habilitation.ID) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, ok := l.byID[id]
	return ok
}

// Count is how many messages the house holds; for the house itself, never for a reader.
func (l *Ledger) Count() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return int(l.count)
}

// after returns the identities that were folded from a place on, and the place after them: for streams inside the house.
func (l *Ledger) after(place uint32, dst []*headline) ([]*headline, uint32) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for ; place < l.count; place++ {
		dst = append(dst, l.at(place))
	}
	return dst, l.count
}

// place is where a message stands in the order of arrival.
func (l *Ledger) place(id habilitation.ID) (uint32, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	p, ok := l.byID[id]
	return p, ok
}

// last is the last number of the origin's series and how many each addressee received.
func (l *Ledger) last(key seriesKey) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return uint64(len(l.series[key]))
}

func (l *Ledger) lastToward(key towardKey) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.toward[key]
}

// numbered returns the message with a number; a year of zero means the newest year that has it, not after the given time.
func (l *Ledger) numbered(origin habilitation.AudienceID, n Number, now time.Time) (habilitation.ID, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	years := []int{n.Year}
	if n.Year == 0 {
		years = []int{now.Year(), now.Year() - 1, now.Year() - 2, now.Year() - 3, now.Year() - 4}
	}
	for _, year := range years {
		of := l.series[seriesKey{origin: origin, kind: n.Kind, level: n.Level, year: int16(year)}]
		if n.N >= 1 && n.N <= uint64(len(of)) {
			place := of[n.N-1]
			return l.at(place).id, true
		}
	}
	return habilitation.ID{}, false
}

// citing lists the messages that cite one, in the order of their arrival; whoever shows them asks the rule for each.
func (l *Ledger) citing(id habilitation.ID) []*headline {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []*headline
	for _, place := range l.cited[id] {
		out = append(out, l.at(place))
	}
	return out
}

// corrections lists the messages that correct one, in the order of their release; whoever shows them asks the rule for each.
func (l *Ledger) corrections(id habilitation.ID) []*headline {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []*headline
	for _, place := range l.corrected[id] {
		out = append(out, l.at(place))
	}
	return out
}

// endedBy is the number of the message that cancelled or replaced one: a correction has the level of what it corrects, so whoever sees the one
// sees the other.
func (l *Ledger) endedBy(id habilitation.ID) (number string, ended bool) {
	for _, by := range l.corrections(id) {
		if by.how.Overtakes() {
			return by.number, true
		}
	}
	return "", false
}

// levelNow is the level of a message after the corrections that raised or lowered it.
func (l *Ledger) levelNow(h *headline) habilitation.Level {
	level := h.level
	for _, by := range l.corrections(h.id) {
		switch by.how {
		case Raises:
			level = habilitation.Restricted
		case Lowers:
			level = habilitation.Unprotected
		}
	}
	return level
}

// mailIdentity is the identity that a mail from outside bears itself; "" for what was written here.
func (l *Ledger) mailIdentity(id habilitation.ID) string {
	if h, ok := l.headline(id); ok {
		return h.mail
	}
	return ""
}
