package handling

import (
	"slices"
	"time"

	"chancery/habilitation"
)

// Released is what the fold learns of a message when it is released.
type Released struct {
	Message  habilitation.ID
	At       time.Time
	Origin   habilitation.AudienceID
	Level    habilitation.Level // of its number series, for ever
	Year     int                // of its number series
	Lines    []ReleasedLine
	Others   []habilitation.AudienceID // that its marking names for itself beside the addressees; not those it carries from what it corrects
	Corrects habilitation.ID           // zero for a message that corrects none
	Answers  habilitation.ID           // zero for a message that answers none
	// AnswersFor are the addressees of the answered message that it answers for.
	AnswersFor []habilitation.AudienceID
	Desk       habilitation.AudienceID // the operator desk that undelivered lines fell on; zero for none
	Fallen     Why                     // why the message itself lies on that desk; zero when it does not
	Silence    time.Time               // end of the silence procedure; zero for none
	ReplyBy    time.Time               // due date of whoever is asked to answer and has no deadline of their own; zero for none
	ValidUntil time.Time               // no longer to be acted upon after; zero for ever
}

// ReleasedLine is one addressee of it.
type ReleasedLine struct {
	Audience    habilitation.AudienceID
	Role        Role
	Asked       Asked
	Deadline    time.Time
	Instruction string
	Receipt     Receipt
	Called      bool // flash or by night: the duty roster is called
	Undelivered bool
}

// Line is an addressee of a message with how far it has come. It is a copy; what it points to is never written again.
type Line struct {
	Audience habilitation.AudienceID
	Holder   habilitation.AgentID // who handles it; zero for nobody
	Role     Role
	Asked    Asked
	Receipt  Receipt
	State    State // never Answered: see Answered
	Called   bool  // flash or by night
	N        uint64
	deadline int64 // seconds since 1970; 0 for none
	reply    int64 // by when it is asked to answer, where it has no deadline; seconds since 1970, 0 for never
	since    int64 // microseconds since 1970
	more     *Details
}

// Details are what few lines have.
type Details struct {
	Instruction string
	Addition    *Addition // of an addressee added after the release
	Reader      Stamp     // the first of its members to open it
	Due         time.Time // by when the holder means to be done
	HeldSince   time.Time
	Entrusted   *Entrusted              // waits to be accepted or declined; the holder keeps it until then
	Declined    *Word                   // the last refusal of what was entrusted
	End         Word                    // who ended it, and why
	To          habilitation.AudienceID // to whom it was passed on, by whoever ended it or by the operator desk
	Settled     *Word                   // how the operator desk was done with it
	Answers     []Answer
	Alert       habilitation.ID
	Missed      bool // nobody of the addressee could read it when it was released
}

// Stamp is who did something, and when.
type Stamp struct {
	By habilitation.AgentID
	At time.Time
}

// Word is a stamp with what was said, and in whose place.
type Word struct {
	Stamp
	For    habilitation.AgentID
	Reason string
}

// Addition is how an addressee came to be one after the release.
type Addition struct {
	Word
	Ground  Ground
	Through habilitation.AudienceID
	Seq     uint64 // of the act; never leaves the house
}

// Entrusted is a message given to another member who has not said yes.
type Entrusted struct {
	Stamp
	For  habilitation.AgentID // in whose place it was given
	To   habilitation.AgentID
	Due  time.Time
	Note string
}

// Answer is a released message that answers for the addressee.
type Answer struct {
	Message habilitation.ID
	Level   habilitation.Level
	At      time.Time
}

// Share is a message brought into a community.
type Share struct {
	Audience habilitation.AudienceID
	Through  habilitation.AudienceID
	Seq      uint64 // of the act; never leaves the house
	Word
}

// Silence is a procedure by silence: adopted when nobody speaks before its end.
type Silence struct {
	Until   time.Time
	Ended   time.Time // zero while it runs
	Adopted bool
	Broken  []Break
}

// Break is an addressee that spoke up.
type Break struct {
	Audience habilitation.AudienceID
	Word
}

// Matter is a message with everything that became of it, copied.
type Matter struct {
	Message  habilitation.ID
	At       time.Time
	Origin   habilitation.AudienceID
	Level    habilitation.Level
	Year     int
	Corrects habilitation.ID
	Lines    []Line
	Shares   []Share
	Silence  *Silence
	// ValidUntil is when it ceases to be acted upon; zero for never.
	ValidUntil time.Time
	lowest     habilitation.Level
	laid       []habilitation.AudienceID // addressees for whom it lies on an operator desk
}

// Line finds the line of an addressee.
func (m *Matter) Line(audience habilitation.AudienceID) (Line, bool) {
	for _, l := range m.Lines {
		if l.Audience == audience {
			return l, true
		}
	}
	return Line{}, false
}

// Deadline is by when it is to be done; zero for none.
func (l Line) Deadline() time.Time { return secondsOf(l.deadline) }

// Since is when the state began.
func (l Line) Since() time.Time { return time.UnixMicro(l.since).UTC() }

// Details are the rarer facts of the line.
func (l Line) Details() Details {
	if l.more == nil {
		return Details{}
	}
	return *l.more
}

// Answered gives the first answer that somebody who reads up to the ceiling may know of: to anybody else there is none.
func (l Line) Answered(ceiling habilitation.Level) (Answer, bool) {
	if l.more != nil {
		for _, a := range l.more.Answers {
			if a.Level <= ceiling {
				return a, true
			}
		}
	}
	return Answer{}, false
}

// StateFor is the state as somebody knows it who reads up to the ceiling, and since when it holds.
func (l Line) StateFor(ceiling habilitation.Level) (State, time.Time) {
	if answer, ok := l.Answered(ceiling); ok && !l.State.Ended() {
		return Answered, answer.At
	}
	return l.State, l.Since()
}

// Due is by when the line is to be done: its deadline, or else the date to answer by; the holder's own date when that is earlier. Zero for none.
func (l Line) Due() time.Time {
	due := l.Deadline()
	if due.IsZero() {
		due = secondsOf(l.reply)
	}
	if l.more != nil && !l.more.Due.IsZero() && (due.IsZero() || l.more.Due.Before(due)) {
		return l.more.Due
	}
	return due
}

// Late reports whether the line is overdue for somebody who reads up to the ceiling.
func (l Line) Late(ceiling habilitation.Level, now time.Time) bool {
	state, _ := l.StateFor(ceiling)
	due := l.Due()
	return l.Role == Action && !state.Ended() && !due.IsZero() && now.After(due)
}

// Open reports whether something is to be done: what is asked to be done or answered by a date, and what somebody holds, until it has ended.
func (l Line) Open(ceiling habilitation.Level) bool {
	state, _ := l.StateFor(ceiling)
	return !state.Ended() && l.Role == Action && (l.Asked == ToDo || l.reply != 0 || l.Holder != 0)
}

// change gives the line other details; whoever holds the old ones keeps them.
func (l *Line) change(change func(*Details)) {
	next := l.Details()
	change(&next)
	l.more = &next
}

// enter puts the line into a state.
func (l *Line) enter(state State, at time.Time) { l.State, l.since = state, at.UnixMicro() }

// matter is what the fold keeps of a message.
type matter struct {
	at       int64 // microseconds since 1970
	origin   habilitation.AudienceID
	level    habilitation.Level
	year     int16
	lines    []Line
	others   []habilitation.AudienceID
	shares   []Share
	corrects habilitation.ID
	fixedBy  []habilitation.ID // its corrections
	silence  *Silence
	replyBy  int64                     // seconds since 1970, 0 for none
	until    int64                     // no longer to be acted upon after; seconds since 1970, 0 for ever
	desks    []habilitation.AudienceID // operator desks that it lies on now
}

func (m *matter) line(audience habilitation.AudienceID) *Line {
	for i := range m.lines {
		if m.lines[i].Audience == audience {
			return &m.lines[i]
		}
	}
	return nil
}

func (m *matter) share(audience habilitation.AudienceID) int {
	return slices.IndexFunc(m.shares, func(s Share) bool { return s.Audience == audience })
}

func (m *matter) copy(id habilitation.ID) Matter {
	out := Matter{Message: id, At: time.UnixMicro(m.at).UTC(), Origin: m.origin, Level: m.level, Year: int(m.year), Corrects: m.corrects,
		Lines: slices.Clone(m.lines), Shares: slices.Clone(m.shares), ValidUntil: secondsOf(m.until)}
	if m.silence != nil {
		silence := *m.silence
		silence.Broken = slices.Clone(silence.Broken)
		out.Silence = &silence
	}
	return out
}

func secondsOf(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func unixOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix()
}
