package correspondence

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"chancery/habilitation"
	"chancery/tagging"
)

// The bounds of a message's parts, in characters.
const (
	maxSubject = 200
	maxSummary = 600
	maxText    = 200_000
	maxComment = 20_000
)

// directory is what a draft is checked against: the register, the thesaurus and the ledger as they are now.
type directory struct {
	register  *habilitation.Register
	thesaurus *tagging.Thesaurus
	resolve   func(text string) (Reference, habilitation.Level, bool) // what the author may see of a reference
	headline  func(id habilitation.ID) (*headline, bool)              // of a message that the author was found to see
	ended     func(id habilitation.ID) (by string, ended bool)        // what cancelled or replaced a message
	inspected func(sum string) (inspected, bool)                      // what was found about a file
	now       time.Time
	zone      *time.Location // of the house
}

// Draft is a form with the hand and the session that write it. Finish turns it into a message or names every fault at once.
type Draft struct {
	ID      habilitation.ID
	Form    Form
	Agent   habilitation.AgentID
	Ceiling habilitation.Level // of the session: nobody writes above what they may read
	Purpose Purpose
	Begun   time.Time // when it was first put on a desk; zero: it lay on none
	Awaited []string  // names of files on their way into it: whoever sends it without them lets go of them first
}

// Purpose is what a draft is finished for.
type Purpose uint8

const (
	// ToRelease: the agent signs it.
	ToRelease Purpose = iota
	// ToAskVisas: the agent asks others for their visas on it.
	ToAskVisas
)

// finishing collects faults while a form is read.
type finishing struct {
	directory
	draft  Draft
	faults []Fault
	m      Message

	notCleared []habilitation.AudienceID // named, or meant by a collective, and beneath the level: the message does not go to them
}

// finish reads the form against the state of the house. Without faults the message is valid for this state; release checks it again at head.
func (d Draft) finish(at directory) (*Message, []Fault) {
	f := &finishing{directory: at, draft: d}
	f.read()
	if len(f.faults) > 0 {
		return nil, f.faults
	}
	return &f.m, nil
}

// read reads every part of the form, whatever is wrong with the others.
func (f *finishing) read() {
	f.m.ID = f.draft.ID
	f.head()
	f.people()
	f.correction()
	f.address()
	f.tags()
	f.words()
	f.references()
	f.particulars()
	f.attachments()
	slices.SortStableFunc(f.faults, func(a, b Fault) int { return cmp.Compare(placeInForm(a.Field), placeInForm(b.Field)) })
}

// formOrder is the order in which faults are told: that of Form.
var formOrder = []string{"kind", "instruction", "exercise", "origin", "drafter", "action", "info", "collectives", "exempted", "agents", "external", "precedence",
	"info_precedence", "level", "tags", "free_tags", "countries", "persons", "language", "subject", "summary", "text", "comment", "references", "reply_to",
	"follows", "corrects", "reply_before", "valid_until", "not_before", "silence_until", "level_reason", "level_owner", "reassess_on", "audience_mention",
	"handling_instructions", "distribution_class", "attachments"}

func placeInForm(field string) int {
	top, _, _ := strings.Cut(field, "[")
	top, _, _ = strings.Cut(top, ".")
	return slices.Index(formOrder, top)
}

func (f *finishing) fault(field, key string, args ...string) {
	fault := Fault{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if fault.Args == nil {
			fault.Args = map[string]string{}
		}
		fault.Args[args[i]] = args[i+1]
	}
	f.faults = append(f.faults, fault)
}

// noChoice is the fault of a name that is not in a closed list, and names those that are.
func noChoice(field, name string, names ...string) Fault {
	known := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
	return Fault{Field: field, Key: "unknown-choice", Args: map[string]string{"value": name, "choices": strings.Join(known, ", ")}}
}

func (f *finishing) noChoice(field, name string, names ...string) {
	f.faults = append(f.faults, noChoice(field, name, names...))
}

// choose reads one name out of a closed list; an empty one takes the fallback, and is missing where there is none.
func choose[T ~uint8](f *finishing, field, name string, names []string, fallback T) T {
	if name == "" {
		if fallback == 0 {
			f.fault(field, "missing")
		}
		return fallback
	}
	value, ok := valueOf(names, name)
	if !ok || value == 0 {
		f.noChoice(field, name, names...)
		return fallback
	}
	return T(value)
}

// head reads kind, level, precedences and language.
func (f *finishing) head() {
	form := &f.draft.Form
	f.m.Kind = choose(f, "kind", form.Kind, kindNames, Kind(0))
	f.m.Level = f.level("level", form.Level, 0)
	if f.m.Level > f.draft.Ceiling {
		f.fault("level", "above-session")
	}
	f.m.Precedence = choose(f, "precedence", form.Precedence, precedenceNames, Routine)
	f.m.InfoPrecedence = choose(f, "info_precedence", form.InfoPrecedence, precedenceNames, Routine)
	switch form.Language {
	case "", "fr":
		f.m.Language = "fr"
	case "en":
		f.m.Language = "en"
	default:
		f.noChoice("language", form.Language, "fr", "en")
	}
}

func (f *finishing) level(field, name string, fallback habilitation.Level) habilitation.Level {
	if name == "" {
		if fallback == 0 {
			f.fault(field, "missing")
		}
		return fallback
	}
	level, err := habilitation.ParseLevel(name)
	if err != nil {
		f.noChoice(field, name, levelNames()...)
		return fallback
	}
	return level
}

// people reads the origin and the hand: the author must be mandated there to draft, and to sign when they release.
func (f *finishing) people() {
	agent, _ := f.register.Agent(f.draft.Agent)
	f.m.Drafter = Person{Agent: agent.ID, Login: agent.Login, Name: OneLine(agent.Name)}
	f.m.Signatory = f.m.Drafter
	key := f.draft.Form.Origin
	if key == "" {
		f.fault("origin", "missing")
		return
	}
	origin, ok := f.register.AudienceByKey(key)
	if !ok || origin.Community {
		f.fault("origin", "group-unknown", "value", key)
		return
	}
	f.m.Origin = f.party(origin)
	f.mandate(origin)
	if f.m.Level > origin.Level {
		f.fault("origin", "group-not-cleared", "group", origin.Name.In(f.m.Language))
	}
	if login := f.draft.Form.Drafter; login != "" {
		f.drafter(login, origin)
	}
}

// mandate asks for the right to sign for the origin, the agent's own or in somebody's stead; whoever only asks for visas needs the right to
// draft.
func (f *finishing) mandate(origin habilitation.Audience) {
	duties, _ := f.register.Duties(f.draft.Agent, origin.ID)
	if duties.Has(habilitation.Signatory) || f.draft.Purpose == ToAskVisas && duties.Has(habilitation.Drafter) {
		return
	}
	level := max(f.m.Level, habilitation.Unprotected)
	if stead, ok := f.register.MayActOn(f.draft.Agent, origin.ID, habilitation.Signatory, level, f.now); ok {
		giver, _ := f.register.Agent(stead)
		f.m.OnBehalf = &Person{Agent: giver.ID, Login: giver.Login, Name: OneLine(giver.Name)}
		return
	}
	if _, ok := f.register.MayActOn(f.draft.Agent, origin.ID, habilitation.Drafter, level, f.now); ok && f.draft.Purpose == ToAskVisas {
		return
	}
	f.fault("origin", "no-right-to-sign", "group", origin.Name.In(f.m.Language))
}

// drafter reads who wrote the message when it is not who releases it: a drafter of the origin, who will read it.
func (f *finishing) drafter(login string, origin habilitation.Audience) {
	agent, ok := f.register.AgentByLogin(login)
	duties, member := f.register.Duties(agent.ID, origin.ID)
	switch {
	case !ok || agent.Disabled:
		f.fault("drafter", "agent-unknown", "value", login)
	case !member || duties&(habilitation.Drafter|habilitation.Signatory) == 0:
		f.fault("drafter", "no-right-to-draft", "agent", agent.Name, "group", origin.Name.In(f.m.Language))
	case f.beneath(agent):
		f.fault("drafter", "agent-not-cleared", "agent", agent.Name)
	default:
		f.m.Drafter = Person{Agent: agent.ID, Login: agent.Login, Name: OneLine(agent.Name)}
	}
}

// beneath reports whether an agent is not cleared for the message. It is not told above the level of the session, whose own fault comes first:
// who is cleared for what is for those who are.
func (f *finishing) beneath(agent habilitation.Agent) bool {
	return agent.Level < f.m.Level && f.m.Level <= f.draft.Ceiling
}

func (f *finishing) party(a habilitation.Audience) Party {
	return Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: OneLine(a.Name.In(f.m.Language))}
}

// address reads the action and information lines and the agents personally addressed.
func (f *finishing) address() {
	form := &f.draft.Form
	actsTogether := func(c FormCollective) bool { return c.Role == Action.String() }
	toAgents := f.m.Kind == Mail && len(form.Agents) > 0 // a formal mail goes to agents as it does to groups
	if len(form.Action) == 0 && len(form.External) == 0 && !toAgents && !slices.ContainsFunc(form.Collectives, actsTogether) {
		f.fault("action", "missing")
	}
	seen := map[habilitation.AudienceID]bool{}
	for i, to := range form.Action {
		f.addressee(fmt.Sprintf("action[%d]", i), to, Action, seen)
	}
	for i, to := range form.Info {
		f.addressee(fmt.Sprintf("info[%d]", i), to, Info, seen)
	}
	f.exempted()
	f.collectives(seen)
	f.copiesBeneathAction()
	named := map[habilitation.AgentID]bool{}
	for i, login := range form.Agents {
		field := fmt.Sprintf("agents[%d]", i)
		agent, ok := f.register.AgentByLogin(login)
		switch {
		case !ok || agent.Disabled:
			f.fault(field, "agent-unknown", "value", login)
		case named[agent.ID]:
			f.fault(field, "twice", "value", login)
		case f.beneath(agent):
			f.fault(field, "agent-not-cleared", "agent", agent.Name)
		default:
			f.m.Agents = append(f.m.Agents, Person{Agent: agent.ID, Login: agent.Login, Name: OneLine(agent.Name)})
		}
		named[agent.ID] = true
	}
}

func (f *finishing) addressee(field string, to FormAddressee, role Role, seen map[habilitation.AudienceID]bool) {
	if to.Group == "" {
		f.fault(field+".group", "missing")
		return
	}
	group, ok := f.register.AudienceByKey(to.Group)
	if !ok {
		f.fault(field+".group", "group-unknown", "value", to.Group)
		return
	}
	if seen[group.ID] {
		f.fault(field+".group", "twice", "value", to.Group)
		return
	}
	seen[group.ID] = true
	if group.Community && role == Action {
		f.fault(field+".group", "community-cannot-act", "group", group.Name.In(f.m.Language))
	}
	if group.Level < f.m.Level {
		f.fault(field+".group", "group-not-cleared", "group", group.Name.In(f.m.Language))
		f.notCleared = append(f.notCleared, group.ID)
	}
	a := Addressee{Party: f.party(group), Role: role}
	a.Qualification, a.Deadline, a.Instruction = f.asked(field, role, to.Qualification, to.Deadline, to.Instruction)
	a.Asked = f.extras(field, role, to)
	f.m.Addressees = append(f.m.Addressees, a)
}

// asked reads what is asked of one line of the address: what is to be done has words and a deadline.
func (f *finishing) asked(field string, role Role, qualification, deadline, instruction string) (q Qualification, until time.Time, words string) {
	fallback := ToRead
	if role == Info {
		fallback = ForInformation
	}
	q = choose(f, field+".qualification", qualification, qualificationNames, fallback)
	if role == Info && q == ToDo {
		f.fault(field+".qualification", "info-cannot-do")
	}
	until, words = f.deadline(field+".deadline", deadline, q), CleanText(instruction)
	if q == ToDo && !strings.ContainsFunc(words, unicode.IsLetter) {
		f.fault(field+".instruction", "missing")
	}
	f.length(field+".instruction", words, false, maxSummary)
	f.inClear(field+".instruction", words)
	return q, until, words
}

// deadline reads an instant, or a date that ends with its day. Only what is to be done has one.
func (f *finishing) deadline(field, text string, q Qualification) time.Time {
	if text == "" {
		if q == ToDo {
			f.fault(field, "missing")
		}
		return time.Time{}
	}
	at, ok := f.moment(field, text)
	switch {
	case !ok:
	case q != ToDo:
		f.fault(field, "deadline-without-do")
	case at.Before(f.now):
		f.fault(field, "past")
	}
	return at
}

func (f *finishing) tags() {
	seen := map[habilitation.TagID]bool{}
	for i, key := range f.draft.Form.Tags {
		field := fmt.Sprintf("tags[%d]", i)
		tag, ok := f.thesaurus.ByKey(key)
		switch {
		case !ok || tag.State != tagging.Active:
			f.fault(field, "tag-unknown", "value", key)
		case seen[tag.ID]:
			f.fault(field, "twice", "value", key)
		default:
			f.m.Tags = append(f.m.Tags, TagName{Tag: tag.ID, Key: tag.Key, Label: OneLine(tag.Label.In(f.m.Language))})
		}
		seen[tag.ID] = true
	}
}

// words reads subject, summary, text and comment in their canonical form.
func (f *finishing) words() {
	form := &f.draft.Form
	f.m.Subject = OneLine(form.Subject)
	f.m.Summary, f.m.Text, f.m.Comment = CleanText(form.Summary), CleanText(form.Text), CleanText(form.Comment)
	f.length("subject", f.m.Subject, true, maxSubject)
	f.length("summary", f.m.Summary, f.m.Kind == Telegram, maxSummary)
	f.length("text", f.m.Text, true, maxText)
	f.length("comment", f.m.Comment, false, maxComment)
	f.inClear("subject", f.m.Subject)
	f.inClear("summary", f.m.Summary)
	f.inClear("text", f.m.Text)
	f.inClear("comment", f.m.Comment)
}

func (f *finishing) length(field, text string, needed bool, most int) {
	switch n := utf8.RuneCountInString(text); {
	case needed && strings.TrimSpace(text) == "":
		f.fault(field, "missing")
	case n > most:
		f.fault(field, "too-long", "max", strconv.Itoa(most), "length", strconv.Itoa(n))
	}
}
