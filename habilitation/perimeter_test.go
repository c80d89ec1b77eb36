package habilitation

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// reader is somebody as the policy sees them, in slices and loops only.
type reader struct {
	agent         AgentID
	agentLevel    Level
	terminalLevel Level
	archivist     bool
	groups        []AudienceID
	declared      []declaredTag
}

type declaredTag struct {
	by    AudienceID
	tag   TagID
	level Level // up to which the declaration holds
}

// message is a message as the policy sees it.
type message struct {
	level     Level
	addressed []AudienceID
	tags      []TagID
	named     []AgentID
}

// mayRead is the policy of the house, written from its text and from nothing else: neither the agent's level nor the terminal's may be
// below the message's; then it is enough to be named, to belong to an audience of the message, to belong to an audience that declared one of
// its tags up to its level, or to be an archivist.
func mayRead(r reader, m message) bool {
	if m.level != Unprotected && m.level != Restricted {
		return false
	}
	if r.agentLevel < m.level || r.terminalLevel < m.level {
		return false
	}
	for _, named := range m.named {
		if named == r.agent && r.agent != 0 {
			return true
		}
	}
	for _, mine := range r.groups {
		for _, addressed := range m.addressed {
			if mine == addressed {
				return true
			}
		}
		for _, d := range r.declared {
			for _, tag := range m.tags {
				if d.by == mine && d.tag == tag && d.level >= m.level {
					return true
				}
			}
		}
	}
	return r.archivist
}

// compile gives the reader's perimeter from what an authority would gather.
func (r reader) compile() *Perimeter {
	tags := make(map[Level][]TagID)
	for _, level := range Levels {
		for _, d := range r.declared {
			if d.level >= level && slices.Contains(r.groups, d.by) {
				tags[level] = append(tags[level], d.tag)
			}
		}
	}
	return CompilePerimeter(Grants{Agent: r.agent, Ceiling: min(r.agentLevel, r.terminalLevel), Archivist: r.archivist, Audiences: r.groups, Tags: tags})
}

func (m message) marking() Marking { return NewMarking(m.level, m.addressed, m.tags, m.named) }

// number draws small numbers, so that readers and messages meet, and numbers about the edges of a word.
func number[T ~uint32](t *rapid.T, name string) T {
	return T(rapid.SampledFrom([]uint32{0, 1, 2, 3, 4, 62, 63, 64, 65, 127, 128, 700}).Draw(t, name))
}

func several[T ~uint32](t *rapid.T, name string) []T {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) T { return number[T](t, name) }), 0, 4).Draw(t, name)
}

func drawReader(t *rapid.T) reader {
	r := reader{
		agent:         number[AgentID](t, "agent"),
		agentLevel:    Level(rapid.IntRange(0, 2).Draw(t, "agent level")),
		terminalLevel: Level(rapid.IntRange(0, 2).Draw(t, "terminal level")),
		archivist:     rapid.IntRange(0, 5).Draw(t, "archivist") == 0,
		groups:        several[AudienceID](t, "groups"),
	}
	for range rapid.IntRange(0, 4).Draw(t, "declarations") {
		r.declared = append(r.declared, declaredTag{by: number[AudienceID](t, "by"), tag: number[TagID](t, "tag"), level: Level(rapid.IntRange(1, 2).Draw(t, "up to"))})
	}
	return r
}

func drawMessage(t *rapid.T) message {
	return message{level: Level(rapid.IntRange(0, 3).Draw(t, "level")), addressed: several[AudienceID](t, "addressed"),
		tags: several[TagID](t, "tags"), named: several[AgentID](t, "named")}
}

func TestAdmitsIsThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, m := drawReader(t), drawMessage(t)
		perimeter, marking := r.compile(), m.marking()
		if got, want := perimeter.Admits(&marking), mayRead(r, m); got != want {
			t.Fatalf("admits %v, the policy says %v:\n%+v\n%+v", got, want, r, m)
		}
	})
}

func TestAdmits(t *testing.T) {
	agent := reader{agent: 7, agentLevel: Restricted, terminalLevel: Restricted, groups: []AudienceID{3},
		declared: []declaredTag{{by: 3, tag: 5, level: Unprotected}, {by: 3, tag: 6, level: Restricted}, {by: 4, tag: 8, level: Restricted}}}
	abroad := agent
	abroad.terminalLevel = Unprotected
	archivist := reader{agent: 1, agentLevel: Restricted, terminalLevel: Unprotected, archivist: true}
	for _, c := range []struct {
		name   string
		reader reader
		msg    message
		want   bool
	}{
		{"addressee", agent, message{level: Restricted, addressed: []AudienceID{2, 3}}, true},
		{"addressee on a terminal not cleared", abroad, message{level: Restricted, addressed: []AudienceID{3}}, false},
		{"other audience", agent, message{level: Unprotected, addressed: []AudienceID{2}}, false},
		{"nobody's", agent, message{level: Unprotected}, false},
		{"declared for unprotected", agent, message{level: Unprotected, tags: []TagID{5}}, true},
		{"declared for unprotected, message restricted", agent, message{level: Restricted, tags: []TagID{5}}, false},
		{"declared for restricted", agent, message{level: Restricted, tags: []TagID{6}}, true},
		{"declared by another audience", agent, message{level: Unprotected, tags: []TagID{8}}, false},
		{"named", agent, message{level: Restricted, named: []AgentID{7}}, true},
		{"named on a terminal not cleared", abroad, message{level: Restricted, named: []AgentID{7}}, false},
		{"the house is not an agent", reader{agentLevel: Restricted, terminalLevel: Restricted}, message{level: Unprotected, named: []AgentID{0}}, false},
		{"archivist", archivist, message{level: Unprotected}, true},
		{"archivist below the level", archivist, message{level: Restricted}, false},
		{"no level", archivist, message{}, false},
		{"level of no sort", reader{agent: 1, agentLevel: 9, terminalLevel: 9, archivist: true}, message{level: 3}, false},
	} {
		perimeter, marking := c.reader.compile(), c.msg.marking()
		if got := perimeter.Admits(&marking); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := mayRead(c.reader, c.msg); got != c.want {
			t.Errorf("%s: the policy's own reading is %v", c.name, got)
		}
	}
}

func TestNobodysPerimetersAdmitNothing(t *testing.T) {
	m := NewMarking(Unprotected, []AudienceID{0, 1}, []TagID{0, 1}, []AgentID{0, 1})
	var none *Perimeter
	if none.Admits(&m) || (&Perimeter{}).Admits(&m) || (Badge{}).Perimeter().Admits(&m) || (Badge{}).Level() != 0 {
		t.Fatal("admitted")
	}
	archivist := CompilePerimeter(Grants{Agent: 1, Ceiling: Restricted, Archivist: true})
	if archivist.Admits(&Marking{}) {
		t.Fatal("the zero marking was admitted")
	}
}

func TestPerimeterTellsWhatItWasCompiledFrom(t *testing.T) {
	p := CompilePerimeter(Grants{Version: 9, Agent: 7, Ceiling: Unprotected, Audiences: []AudienceID{65, 3, 3},
		Tags: map[Level][]TagID{Unprotected: {64, 1}, Restricted: {2}, 7: {4}}})
	if p.Version() != 9 || p.Agent() != 7 || p.Ceiling() != Unprotected || p.Archivist() {
		t.Fatalf("%+v", p)
	}
	if !slices.Equal(p.Audiences(), []AudienceID{3, 65}) || !p.HasAudience(65) || p.HasAudience(64) {
		t.Fatalf("audiences %v", p.Audiences())
	}
	if !slices.Equal(p.Tags(Unprotected), []TagID{1, 64}) || p.Tags(Restricted) != nil || p.Tags(7) != nil {
		t.Fatalf("tags %v, above the ceiling %v", p.Tags(Unprotected), p.Tags(Restricted))
	}
	if !p.HasTag(64, Unprotected) || p.HasTag(2, Restricted) || p.HasTag(4, 7) {
		t.Fatal("tags")
	}
}

func TestMarkingWordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		m.level = min(m.level, Restricted)
		marking := m.marking()
		words := marking.AppendWords([]uint32{42})
		back := MarkingFrom(words[1:])
		if !slices.Equal(back.AppendWords(nil), words[1:]) || back.Level() != m.level {
			t.Fatalf("%v then %v", words[1:], back.AppendWords(nil))
		}
		r := drawReader(t).compile()
		if r.Admits(&marking) != r.Admits(&back) {
			t.Fatal("the words change who is admitted")
		}
		sorted := func(want []uint32) []uint32 { slices.Sort(want); return slices.Compact(want) }
		if got := slices.Collect(back.Audiences); !slices.Equal(numbers(got), sorted(numbers(m.addressed))) {
			t.Fatalf("audiences %v of %v", got, m.addressed)
		}
		if got := slices.Collect(back.Tags); !slices.Equal(numbers(got), sorted(numbers(m.tags))) {
			t.Fatalf("tags %v of %v", got, m.tags)
		}
		if got := slices.Collect(back.Agents); !slices.Equal(numbers(got), sorted(numbers(m.named))) {
			t.Fatalf("agents %v of %v", got, m.named)
		}
	})
}

func numbers[T ~uint32](ids []T) []uint32 {
	out := make([]uint32, len(ids))
	for i, id := range ids {
		out[i] = uint32(id)
	}
	return out
}

func FuzzMarkingFrom(f *testing.F) {
	for _, words := range [][]uint32{{}, {1}, {1, 0, 0}, {2, 1, 1, 5, 6, 7}, {1, 1<<32 - 1, 1, 5}, {1, 1 << 31, 1 << 31, 5}, {3, 0, 0}, {0, 1, 0, 3}} {
		var raw []byte
		for _, w := range words {
			raw = binary.LittleEndian.AppendUint32(raw, w)
		}
		f.Add(raw)
	}
	all := CompilePerimeter(Grants{Agent: 7, Ceiling: Restricted, Archivist: true})
	some := CompilePerimeter(Grants{Agent: 7, Ceiling: Restricted, Audiences: []AudienceID{1, 5}, Tags: map[Level][]TagID{Unprotected: {6}}})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var words []uint32
		for ; len(raw) >= 4; raw = raw[4:] {
			words = append(words, binary.LittleEndian.Uint32(raw))
		}
		m := MarkingFrom(words)
		if some.Admits(&m) && !all.Admits(&m) {
			t.Fatal("admitted where an archivist is not")
		}
		for range m.Audiences {
		}
		for range m.Tags {
		}
		for range m.Agents {
		}
		if m.Level().Valid() && !slices.Equal(m.AppendWords(nil), words) {
			t.Fatalf("%v then %v", words, m.AppendWords(nil))
		}
	})
}

func TestIDsHaveOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		if back, err := ParseID(id.String()); err != nil || back != id {
			t.Fatalf("%s is read %s, %v", id, back, err)
		}
	})
	for _, text := range []string{"", "0", "00000000000000000000000001", "0000000000000000000000000I", "0000000000000000000000000\n", "A0000000000000000000000000", "000000000000000000000000000"} {
		if id, err := ParseID(text); err == nil {
			t.Errorf("%q is read %s", text, id)
		}
	}
	if a, b := NewID(), NewID(); a == b || !(ID{}).IsZero() {
		t.Error("identities")
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("00000000000000000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := ParseID(text); err == nil && id.String() != text {
			t.Fatalf("%q is read %s", text, id)
		}
	})
}

func TestLevelsHaveNames(t *testing.T) {
	for _, level := range Levels {
		if read, err := ParseLevel(level.String()); err != nil || read != level || !level.Valid() {
			t.Errorf("%s is read %v, %v", level, read, err)
		}
	}
	for _, name := range []string{"", "none", "Restricted", "2"} {
		if read, err := ParseLevel(name); err == nil {
			t.Errorf("%q is read %s", name, read)
		}
	}
	if Level(0).Valid() || Level(3).Valid() {
		t.Error("levels of no sort")
	}
}

func BenchmarkAdmits(b *testing.B) {
	var audiences []AudienceID
	for i := range AudienceID(12) {
		audiences = append(audiences, i*50)
	}
	p := CompilePerimeter(Grants{Agent: 9000, Ceiling: Restricted, Audiences: audiences, Tags: map[Level][]TagID{Unprotected: {10, 400, 900}}})
	for _, c := range []struct {
		name string
		m    Marking
	}{
		{"addressee", NewMarking(Unprotected, []AudienceID{100}, []TagID{3}, nil)},
		{"withheld", NewMarking(Unprotected, []AudienceID{7, 8, 9, 11}, []TagID{3, 5}, []AgentID{1, 2, 3})},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				p.Admits(&c.m)
			}
		})
	}
}
