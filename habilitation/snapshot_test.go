package habilitation

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func snapshot(t testing.TB, r *Register) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// goldenHouse has something in every column of the register.
func goldenHouse(t testing.TB) *Register {
	r := smallHouse(t)
	hash := bytes.Repeat([]byte{7}, 32)
	apply(t, r,
		TerminalRegistered{Terminal: ID{1}, Name: "poste 1", Level: Restricted, SecretHash: hash},
		TerminalRegistered{Terminal: ID{2}, Name: "poste 2", Level: Unprotected, SecretHash: bytes.Repeat([]byte{8}, 32)},
		TerminalWithdrawn{Terminal: ID{2}, Reason: "volé"},
		AgentDisabled{Agent: 5, Reason: "fin"},
		SignupRequested{Request: ID{3}, Audience: 1, Agent: 4, Motive: "Sahel"},
		SignupRequested{Request: ID{4}, Audience: 2, Agent: 4, Motive: "eau"},
		SignupRequested{Request: ID{5}, Audience: 2, Agent: 2},
		SignupRefused{Request: ID{3}, Reason: "hors champ"},
		SignupAccepted{Request: ID{4}, Duties: Drafter},
		DelegationGiven{Delegation: ID{6}, From: 2, To: 3, Audience: 1, Duties: Drafter, Begins: noon, Ends: noon.Add(time.Hour), Reason: "mission"},
		DelegationGiven{Delegation: ID{7}, From: 2, To: 4, Audience: 1, Duties: Drafter, Begins: noon, Ends: noon.Add(48 * time.Hour), Reason: "congé"},
		DelegationEnded{Delegation: ID{7}, Reason: "retour"},
		RosterSet{Audience: 1, Watches: []Watch{{Agent: 2, From: noon, Until: noon.Add(8 * time.Hour)}}, AcknowledgeMinutes: 10},
		CollectiveDefined{Collective: "tous", Name: Label{FR: "Tous", EN: "All"}, Audiences: []AudienceID{2}, Sorts: []string{"directorate"}},
		CollectiveDefined{Collective: "afrique", Name: Label{FR: "Afrique"}, Audiences: []AudienceID{1}},
		OperatorDeskNamed{Audience: 1},
	)
	return r
}

func TestRegisterSnapshotKeepsItsBytes(t *testing.T) {
	golden, err := os.ReadFile("testdata/register.v2.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if written := snapshot(t, goldenHouse(t)); !bytes.Equal(written, golden) {
		t.Errorf("the snapshot has changed without its version:\n%q\n%q", written, golden)
	}
	restored := NewRegister()
	if err := restored.Restore(bytes.NewReader(golden)); err != nil {
		t.Fatal(err)
	}
	want := goldenHouse(t)
	if !reflect.DeepEqual(restored.columns, want.columns) || restored.Version() != want.Version() {
		t.Errorf("restored %+v\nwant %+v", restored.columns, want.columns)
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	whole := snapshot(t, goldenHouse(t))
	r := smallHouse(t)
	before := snapshot(t, r)
	refused := func(name string, damaged []byte) {
		t.Helper()
		err := r.Restore(bytes.NewReader(damaged))
		if !errors.Is(err, ErrSnapshotDamaged) && !errors.Is(err, ErrSnapshotVersion) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x41
		refused("changed", damaged)
		refused("cut", whole[:i])
	}
	if !bytes.Equal(snapshot(t, r), before) {
		t.Fatal("a refused snapshot changed the register")
	}
	var other bytes.Buffer
	if err := NewSnapshotWriter(&other, "chancery register 3").Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(&other); !errors.Is(err, ErrSnapshotVersion) {
		t.Fatalf("another version: %v", err)
	}
	former, err := os.ReadFile("testdata/register.v1.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(bytes.NewReader(former)); !errors.Is(err, ErrSnapshotVersion) {
		t.Fatalf("the version before: %v", err)
	}
}

func TestRestoringIsGrowth(t *testing.T) {
	r := smallHouse(t)
	old := snapshot(t, r)
	apply(t, r, AgentDisabled{Agent: 4, Reason: "x"})
	version := r.Version()
	if err := r.Restore(bytes.NewReader(old)); err != nil || r.Version() <= version {
		t.Fatalf("version %d after %d, %v", r.Version(), version, err)
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte{})
	f.Add(snapshot(f, NewRegister()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := NewRegister()
		if err := r.Restore(bytes.NewReader(raw)); err == nil && r.Snapshot(new(bytes.Buffer)) != nil {
			t.Fatal("restored and not written")
		}
	})
}

// drawAct draws an act that history may or may not allow.
func drawAct(t *rapid.T, r *Register) Act {
	small := rapid.Uint32Range(0, 9)
	agent, audience := AgentID(small.Draw(t, "agent")), AudienceID(small.Draw(t, "audience"))
	id, level := ID{byte(small.Draw(t, "id"))}, Level(rapid.IntRange(0, 2).Draw(t, "level"))
	duties := Duty(rapid.IntRange(0, 31).Draw(t, "duties"))
	name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "é", "É", ""}).Draw(t, "name")
	switch rapid.IntRange(0, 24).Draw(t, "kind") {
	case 0, 1:
		return AgentAdded{Agent: r.NextAgent(), Login: name, Name: name, Level: level, Guest: duties == 1}
	case 2, 3:
		return AudienceCreated{Audience: r.NextAudience(), Key: name, Sort: "service", Community: true, Name: Label{FR: name}, Level: level}
	case 4:
		return AgentCleared{Agent: agent, Level: level}
	case 5:
		return AgentDisabled{Agent: agent}
	case 6:
		return AgentEnabled{Agent: agent}
	case 7:
		return AgentAppointed{Agent: agent, Functions: functions[:duties%4]}
	case 8:
		return TerminalRegistered{Terminal: id, Name: name, Level: level, SecretHash: bytes.Repeat([]byte{id[0]}, 32)}
	case 9:
		return TerminalCleared{Terminal: id, Level: level}
	case 10:
		return TerminalWithdrawn{Terminal: id}
	case 11:
		return MemberLeft{Audience: audience, Agent: agent}
	case 12, 13:
		return SignupRequested{Request: id, Audience: audience, Agent: agent, Motive: name}
	case 14:
		return SignupAccepted{Request: id, Duties: duties}
	case 15:
		return SignupRefused{Request: id, Reason: name}
	case 16:
		other := AgentID(small.Draw(t, "other"))
		return DelegationGiven{Delegation: id, From: agent, To: other, Audience: audience, Duties: duties, Begins: noon, Ends: noon.Add(time.Hour), Reason: name}
	case 17:
		return DelegationEnded{Delegation: id, Reason: name}
	case 18:
		return RosterSet{Audience: audience, Watches: []Watch{{Agent: agent, From: noon, Until: noon.Add(time.Hour)}}[:duties%2], AcknowledgeMinutes: int(duties)}
	case 19:
		return CollectiveDefined{Collective: name, Name: Label{FR: name}, Audiences: []AudienceID{audience}}
	case 20:
		return CollectiveWithdrawn{Collective: name}
	}
	return MemberJoined{Audience: audience, Agent: agent, Duties: duties}
}

// belonging is the plain model of memberships.
type belonging map[[2]uint32]Duty

func (b belonging) follow(r *Register, act Act) {
	switch act := act.(type) {
	case MemberJoined:
		b[[2]uint32{uint32(act.Audience), uint32(act.Agent)}] = act.Duties
	case MemberLeft:
		delete(b, [2]uint32{uint32(act.Audience), uint32(act.Agent)})
	case SignupAccepted:
		s, _ := r.Signup(act.Request)
		b[[2]uint32{uint32(s.Audience), uint32(s.Agent)}] = act.Duties
	}
}

func (b belonging) readers(r *Register, audiences []AudienceID, level Level) int {
	counted := make(map[AgentID]bool)
	for pair := range b {
		a, _ := r.Agent(AgentID(pair[1]))
		if slices.Contains(audiences, AudienceID(pair[0])) && !a.Disabled && a.Level >= level {
			counted[a.ID] = true
		}
	}
	return len(counted)
}

// TestRegisterFollowsItsHistory folds random acts and compares memberships with a plain model, what Check said with what Apply did,
// both directions of the memberships with each other, and the register with its restored snapshot.
func TestRegisterFollowsItsHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, model := NewRegister(), make(belonging)
		for range rapid.IntRange(0, 80).Draw(t, "acts") {
			act := drawAct(t, r)
			checked := r.Check(act)
			version := r.Version()
			err := r.Apply(noon.Add(time.Duration(version)*time.Second), 1, act)
			if (checked == nil) != (err == nil) || (r.Version() != version) != (err == nil) {
				t.Fatalf("%s: checked %v, applied %v, version %d then %d", act.Kind(), checked, err, version, r.Version())
			}
			if err == nil {
				model.follow(r, act)
			} else if !errors.Is(err, ErrContradiction) {
				t.Fatal(err)
			}
		}
		compareMemberships(t, r, model)
		restored := NewRegister()
		var written, again bytes.Buffer
		if err := errors.Join(r.Snapshot(&written), restored.Restore(bytes.NewReader(written.Bytes())), restored.Snapshot(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written.Bytes(), again.Bytes()) {
			t.Fatal("the snapshot of the restored register differs")
		}
		compareMemberships(t, restored, model)
	})
}

func compareMemberships(t *rapid.T, r *Register, model belonging) {
	byAudience, byAgent := make(belonging), make(belonging)
	for a := range r.Audiences() {
		for _, m := range r.Members(a.ID) {
			byAudience[[2]uint32{uint32(m.Audience), uint32(m.Agent)}] = m.Duties
		}
	}
	for a := range r.Agents() {
		for _, m := range r.Memberships(a.ID) {
			byAgent[[2]uint32{uint32(m.Audience), uint32(m.Agent)}] = m.Duties
		}
	}
	if !maps.Equal(byAudience, model) || !maps.Equal(byAgent, model) {
		t.Fatalf("memberships %v and %v, want %v", byAudience, byAgent, model)
	}
	audiences := []AudienceID{1, 3, 1}
	for _, level := range Levels {
		if got, want := r.Readers(Reach{Addressed: audiences}, level), model.readers(r, audiences, level); got != want {
			t.Fatalf("%d readers of %s, want %d", got, level, want)
		}
	}
}

// largeHouse is the size of the house that Chancery succeeds: 13,600 agents, 400 groups, 250 communities.
func largeHouse(b *testing.B) *Register {
	r := NewRegister()
	for i := range AgentID(13_600) {
		apply(b, r, AgentAdded{Agent: i + 1, Login: NewID().String(), Name: "Agent", Level: Level(1 + i%2)})
	}
	for i := range AudienceID(650) {
		apply(b, r, AudienceCreated{Audience: i + 1, Key: NewID().String(), Sort: "service", Community: true, Name: Label{FR: "x"}, Level: Restricted})
	}
	for i := range AgentID(13_600) {
		for n := range AgentID(8) {
			apply(b, r, MemberJoined{Audience: AudienceID((i*7+n*83)%650) + 1, Agent: i + 1})
		}
	}
	return r
}

func BenchmarkRegister(b *testing.B) {
	r := largeHouse(b)
	whole := snapshot(b, r)
	b.Logf("snapshot of %d bytes", len(whole))
	b.Run("Readers of ten audiences", func(b *testing.B) {
		for b.Loop() {
			r.Readers(Reach{Addressed: []AudienceID{1, 20, 40, 80, 160, 200, 300, 400, 500, 600}}, Restricted)
		}
	})
	b.Run("Members", func(b *testing.B) {
		for b.Loop() {
			r.Members(77)
		}
	})
	b.Run("Duties", func(b *testing.B) {
		for b.Loop() {
			r.Duties(7000, 77)
		}
	})
	b.Run("Restore", func(b *testing.B) {
		for b.Loop() {
			if err := NewRegister().Restore(bytes.NewReader(whole)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
