package handling

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"chancery/habilitation"
)

// Matters is the fold of what became of every message. It is safe for any number of readers beside one writer. What it returns are copies.
type Matters struct {
	mu    sync.RWMutex
	state *state // guarded by mu
}

// state is the fold without its lock.
type state struct {
	by       map[habilitation.ID]*matter
	toward   map[series]map[uint64]habilitation.ID                    // last number given to an addressee added after the release
	open     map[habilitation.AudienceID]map[habilitation.ID]struct{} // where something is to be done
	alerts   map[habilitation.ID]*Alert                               // of all time
	ringing  map[habilitation.ID]struct{}                             // alerts that nobody has acknowledged
	uncalled map[place]struct{}                                       // flash or by night, and no alert raised yet
	running  map[habilitation.ID]struct{}                             // silence procedures
	tray     map[habilitation.ID]*TrayItem                            // what lies on the operator desk
	settled  map[habilitation.ID]place                                // of what was taken off it again: what it was about
	later    map[habilitation.ID]struct{}                             // messages brought to somebody after their release
	dates    dates                                                    // when something becomes late or expires
	awaited  map[habilitation.AudienceID]map[habilitation.ID]struct{} // by origin: of what something is still to come
	answered map[habilitation.AudienceID]map[habilitation.ID]struct{} // by origin: what somebody answered
	latest   map[outlook][]moved                                      // by origin: where something came last
}

// place is an addressee of a message.
type place struct {
	message  habilitation.ID
	audience habilitation.AudienceID
}

// series names the numbers from an origin to an addressee, once per level and year.
type series struct {
	origin, to habilitation.AudienceID
	level      habilitation.Level
	year       int16
}

// NewMatters is an empty fold.
func NewMatters() *Matters { return &Matters{state: newState()} }

func newState() *state {
	return &state{by: map[habilitation.ID]*matter{}, toward: map[series]map[uint64]habilitation.ID{}, open: map[habilitation.AudienceID]map[habilitation.ID]struct{}{},
		alerts: map[habilitation.ID]*Alert{}, ringing: map[habilitation.ID]struct{}{},
		uncalled: map[place]struct{}{}, running: map[habilitation.ID]struct{}{}, tray: map[habilitation.ID]*TrayItem{}, settled: map[habilitation.ID]place{},
		later: map[habilitation.ID]struct{}{}, awaited: map[habilitation.AudienceID]map[habilitation.ID]struct{}{},
		answered: map[habilitation.AudienceID]map[habilitation.ID]struct{}{}, latest: map[outlook][]moved{}}
}

// Release folds a message that was released; the same message again changes nothing.
func (m *Matters) Release(r Released) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.state.by[r.Message]; !known {
		m.state.release(r)
	}
}

func (s *state) release(r Released) {
	one := &matter{at: r.At.UnixMicro(), origin: r.Origin, level: r.Level, year: int16(r.Year), others: slices.Clone(r.Others), corrects: r.Corrects,
		replyBy: unixOf(r.ReplyBy), until: unixOf(r.ValidUntil)}
	s.by[r.Message] = one
	for _, to := range r.Lines {
		l := Line{Audience: to.Audience, Role: to.Role, Asked: to.Asked, Receipt: to.Receipt, Called: to.Called, deadline: unixOf(to.Deadline)}
		l.enter(Delivered, r.At)
		if to.Undelivered {
			l.enter(Undelivered, r.At)
			l.change(func(d *Details) { d.Missed = true })
		}
		if to.Asked == ToDo {
			l.change(func(d *Details) { d.Instruction = to.Instruction })
		}
		one.asks(&l)
		one.lines = append(one.lines, l)
		s.follow(r.Message, &l)
		if to.Undelivered && r.Desk != 0 {
			s.lay(TrayItem{Message: r.Message, Audience: to.Audience, Desk: r.Desk, Why: WhyUndelivered, Word: Word{Stamp: Stamp{At: r.At}}})
		}
	}
	if r.Fallen != 0 && r.Desk != 0 {
		s.lay(TrayItem{Message: r.Message, Desk: r.Desk, Why: r.Fallen, Word: Word{Stamp: Stamp{At: r.At}}})
	}
	if corrected := s.by[r.Corrects]; corrected != nil {
		corrected.fixedBy = append(corrected.fixedBy, r.Message)
		for i := range corrected.lines {
			s.follow(r.Corrects, &corrected.lines[i]) // more may read it now than know of its answers
		}
		s.tell(r.Corrects, time.Time{})
	}
	if !r.Silence.IsZero() {
		one.silence = &Silence{Until: r.Silence}
		s.running[r.Message] = struct{}{}
	}
	if one.until != 0 {
		s.dates.add(r.ValidUntil, place{message: r.Message})
	}
	s.tell(r.Message, time.Time{})
	s.answer(r)
}

// answer notes the message as the answer of the addressees that it answers for.
func (s *state) answer(r Released) {
	asked := s.by[r.Answers]
	if asked == nil {
		return
	}
	for _, audience := range r.AnswersFor {
		l := asked.line(audience)
		if l == nil {
			continue
		}
		l.change(func(d *Details) {
			d.Answers = append(slices.Clone(d.Answers), Answer{Message: r.Message, Level: r.Level, At: r.At})
		})
		s.follow(r.Answers, l)
		s.tell(r.Answers, time.Time{})
	}
}

// follow keeps the lists of what is open, of what rings and of what becomes late behind a line. What only some may know to be answered stays open.
func (s *state) follow(message habilitation.ID, l *Line) {
	at := place{message, l.Audience}
	if open := s.open[l.Audience]; l.Open(s.lowest(message)) {
		if open == nil {
			open = map[habilitation.ID]struct{}{}
			s.open[l.Audience] = open
		}
		open[message] = struct{}{}
		if due := l.Due(); !due.IsZero() {
			s.dates.add(due, at)
		}
	} else {
		delete(open, message)
	}
	if l.Called && l.Details().Alert.IsZero() && !l.State.Ended() && l.State != Undelivered {
		s.uncalled[at] = struct{}{}
	} else {
		delete(s.uncalled, at)
	}
}

// Has reports whether the fold knows the message.
func (m *Matters) Has(message habilitation.ID) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, known := m.state.by[message]
	return known
}

// Of copies what became of a message.
func (m *Matters) Of(message habilitation.ID) (Matter, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, known := m.state.by[message]; !known {
		return Matter{}, false
	}
	return m.state.copy(message), true
}

// Audiences are all that the message is brought to now: addressees from the first and added since, communities it is shared with, the operator
// desk while it lies there, and whatever what it corrects is brought to, so that whoever sees the one sees the other. Ascending.
func (m *Matters) Audiences(message habilitation.ID) []habilitation.AudienceID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found := map[habilitation.AudienceID]bool{}
	for one := m.state.by[message]; one != nil; one = m.state.by[one.corrects] {
		one.gather(found)
	}
	out := make([]habilitation.AudienceID, 0, len(found))
	for a := range found {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

func (m *matter) gather(found map[habilitation.AudienceID]bool) {
	for i := range m.lines {
		found[m.lines[i].Audience] = true
	}
	for _, s := range m.shares {
		found[s.Audience] = true
	}
	for _, a := range append(slices.Clone(m.others), m.desks...) {
		found[a] = true
	}
}

// Reached lists the message and its corrections, and theirs: whose audiences change when the message's do.
func (m *Matters) Reached(message habilitation.ID) []habilitation.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := []habilitation.ID{message}
	for i := 0; i < len(out); i++ {
		if one := m.state.by[out[i]]; one != nil {
			out = append(out, one.fixedBy...)
		}
	}
	return out
}

// Brought tells when a message came to one of the audiences later than it was released, by an addition or a share, with the sequence of the
// act: the last time for whoever has several. False when it came to one of them from the first, or to none.
func (m *Matters) Brought(message habilitation.ID, mine func(habilitation.AudienceID) bool) (seq uint64, at time.Time, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, later := m.state.later[message]; !later {
		return 0, time.Time{}, false
	}
	one := m.state.by[message]
	for i := range one.lines {
		l := &one.lines[i]
		if !mine(l.Audience) {
			continue
		}
		addition := l.Details().Addition
		if addition == nil {
			return 0, time.Time{}, false
		}
		if addition.Seq > seq {
			seq, at, ok = addition.Seq, addition.At, true
		}
	}
	for _, s := range one.shares {
		if mine(s.Audience) && s.Seq > seq {
			seq, at, ok = s.Seq, s.At, true
		}
	}
	return seq, at, ok
}

// Added lists the addressees that were added to a message after its release.
func (m *Matters) Added(message habilitation.ID) []Line {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, later := m.state.later[message]; !later {
		return nil
	}
	var out []Line
	for _, l := range m.state.by[message].lines {
		if l.Details().Addition != nil {
			out = append(out, l)
		}
	}
	return out
}

// Moved lists every message whose audiences are others than at its release, or may be.
func (m *Matters) Moved() []habilitation.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []habilitation.ID
	for id, one := range m.state.by {
		_, later := m.state.later[id]
		if later || len(one.desks) > 0 || !one.corrects.IsZero() {
			out = append(out, id)
		}
	}
	return out
}

// Toward is the last number that an addressee added after a release was given in the series from an origin.
func (m *Matters) Toward(origin, to habilitation.AudienceID, level habilitation.Level, year int) (last uint64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for n := range m.state.toward[series{origin, to, level, int16(year)}] {
		last = max(last, n)
	}
	return last
}

// Numbered is the message that bears the number in the series from an origin for an addressee added after its release.
func (m *Matters) Numbered(origin, to habilitation.AudienceID, level habilitation.Level, year int, n uint64) (habilitation.ID, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	id, known := m.state.toward[series{origin, to, level, int16(year)}][n]
	return id, known
}

// number notes the number of an addressee added after the release.
func (s *state) number(message habilitation.ID, to habilitation.AudienceID, n uint64) {
	if n == 0 {
		return
	}
	one := s.by[message]
	key := series{one.origin, to, one.level, one.year}
	if s.toward[key] == nil {
		s.toward[key] = map[uint64]habilitation.ID{}
	}
	s.toward[key][n] = message
}

// Open lists the messages where the audience has something to do, in no order. Some may be answered for who reads high enough: see Line.Open.
func (m *Matters) Open(audience habilitation.AudienceID) []habilitation.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make([]habilitation.ID, 0, len(m.state.open[audience]))
	for id := range m.state.open[audience] {
		out = append(out, id)
	}
	return out
}

// contradiction says what history does not allow.
func contradiction(format string, args ...any) error {
	return fmt.Errorf("%w: %s", habilitation.ErrContradiction, fmt.Sprintf(format, args...))
}

// SharedWith reports whether the message is shared with the community.
func (m *Matters) SharedWith(message habilitation.ID, community habilitation.AudienceID) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one := m.state.by[message]
	return one != nil && one.share(community) >= 0
}
