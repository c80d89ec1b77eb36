package correspondence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

func inHours(h *housetest.House, n int) string {
	return h.Clock.Now().Add(time.Duration(n) * time.Hour).UTC().Format(time.RFC3339)
}

// TestADelegationEndsByItself: marie lends her signature to léa; it counts while it lasts, through a reopening of the house, and no act
// says that it ended.
func TestADelegationEndsByItself(t *testing.T) {
	h := housetest.WithPeople(t)
	given, err := h.As("marie").Delegate(t.Context(), correspondence.DelegationForm{To: "lea", Group: "dam", Duties: []string{"signatory", "drafter"},
		Begins: inHours(h, 1), Ends: inHours(h, 25), Reason: "  Congé\n annuel "})
	if err != nil {
		t.Fatal(err)
	}
	if given.State != "coming" || !given.MayEnd || given.Reason != "Congé annuel" || !slices.Equal(given.Duties, []string{"drafter", "signatory"}) {
		t.Errorf("given: %+v", given)
	}
	states := func(want string, inForce bool) {
		t.Helper()
		page, err := h.As("lea").Delegations(t.Context())
		if err != nil || len(page.Received) != 1 || page.Received[0].State != want {
			t.Errorf("received: %+v, %v, want %s", page.Received, err, want)
		}
		if on, ok := h.Folds().Register.MayAct(3, 2, habilitation.Signatory, h.Clock.Now()); ok != inForce || inForce && on != 1 {
			t.Errorf("%s: acts for %d, %v", want, on, ok)
		}
	}
	states("coming", false)
	h.Clock.Advance(time.Hour)
	states("in-force", true)
	if _, ok := h.Folds().Register.MayActOn(3, 2, habilitation.Signatory, dr, h.Clock.Now()); ok {
		t.Error("léa, who is not cleared, acts on restricted messages")
	}
	h.Reopen()
	states("in-force", true)
	h.Enact(habilitation.MemberJoined{Audience: 2, Agent: 1, Duties: habilitation.NumberTwo})
	states("asleep", false)
	h.Enact(habilitation.MemberJoined{Audience: 2, Agent: 1, Duties: habilitation.NumberTwo | habilitation.Signatory | habilitation.Drafter})
	states("in-force", true)
	h.Clock.Advance(24 * time.Hour)
	states("over", false)
	wantRefusal(t, correspondence.Conflict)(h.As("marie").EndDelegation(t.Context(), given.ID, ""))
	h.VerifyAll()
}

// TestWhoHoldsTheSignatureSignsOnBehalf: théo, who belongs to no group, signs for DAM while karim's delegation lasts, up to the lower of
// both levels; both names are shown, and afterwards he signs nothing.
func TestWhoHoldsTheSignatureSignsOnBehalf(t *testing.T) {
	h := housetest.WithPeople(t)
	theo, form := h.As("theo"), housetest.Telegram("dam", "bamako", dr, "En l'absence")
	origins := func(want int) {
		t.Helper()
		if got, err := theo.Origins(t.Context()); err != nil || len(got) != want {
			t.Errorf("théo may sign for %+v (%v), want %d", got, err, want)
		}
	}
	origins(0)
	if _, err := h.As("karim").Delegate(t.Context(), correspondence.DelegationForm{To: "theo", Group: "dam", Duties: []string{"signatory"}, Ends: inHours(h, 8), Reason: "Mission."}); err != nil {
		t.Fatal(err)
	}
	origins(1)
	signed := theo.Dispatches(form)
	if signed.Signatory.Login != "theo" || signed.OnBehalf == nil || signed.OnBehalf.Login != "karim" {
		t.Errorf("signed by %+v on behalf of %+v", signed.Signatory, signed.OnBehalf)
	}
	h.Enact(habilitation.AgentCleared{Agent: 2, Level: np, Reason: "essai"})
	_, err := theo.Dispatch(t.Context(), habilitation.ID{}, form)
	wantRefusal(t, correspondence.Invalid)(err)
	theo.Dispatches(housetest.Telegram("dam", "bamako", np, "En l'absence"))
	h.Clock.Advance(8 * time.Hour)
	origins(0)
	_, err = theo.Dispatch(t.Context(), habilitation.ID{}, housetest.Telegram("dam", "bamako", np, "Trop tard"))
	wantRefusal(t, correspondence.Invalid)(err)
	h.VerifyAll()
}

// TestWhoSeesAndEndsADelegation: giver, receiver and number two end it; members see it while it lasts; to the others it does not exist.
func TestWhoSeesAndEndsADelegation(t *testing.T) {
	h := housetest.WithPeople(t)
	lend := func() habilitation.ID {
		t.Helper()
		given, err := h.As("karim").Delegate(t.Context(), correspondence.DelegationForm{To: "theo", Group: "dam", Duties: []string{"signatory"}, Ends: inHours(h, 8), Reason: "Mission."})
		if err != nil {
			t.Fatal(err)
		}
		return given.ID
	}
	id := lend()
	for login, where := range map[string]string{"karim": "given", "theo": "received", "marie": "groups", "lea": "groups", "paul": "", "ana": ""} {
		page, err := h.As(login).Delegations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, list := range map[string][]correspondence.DelegationView{"given": page.Given, "received": page.Received, "groups": page.Groups} {
			if (len(list) == 1) != (name == where) {
				t.Errorf("%s sees %d %s", login, len(list), name)
			}
			if len(list) == 1 && list[0].MayEnd != (login != "lea") {
				t.Errorf("%s may end it: %v", login, list[0].MayEnd)
			}
		}
	}
	for _, login := range []string{"lea", "paul", "ana"} {
		wantRefusal(t, correspondence.Unknown)(h.As(login).EndDelegation(t.Context(), id, ""))
	}
	for _, login := range []string{"karim", "theo", "marie"} {
		if err := h.As(login).EndDelegation(t.Context(), id, "retour"); err != nil {
			t.Errorf("%s ends it: %v", login, err)
		}
		wantRefusal(t, correspondence.Conflict)(h.As(login).EndDelegation(t.Context(), id, ""))
		id = lend()
	}
	if page, _ := h.As("theo").Delegations(t.Context()); len(page.Received) != 4 || page.Received[1].EndedBy.Login != "marie" || page.Received[1].EndedAt == nil {
		t.Errorf("theo received %+v", page.Received)
	}
}

// TestADelegationTellsEveryFaultAtOnce: and what a guest, a receiver or a stranger to the group tries is refused.
func TestADelegationTellsEveryFaultAtOnce(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.AgentAdded{Agent: 8, Login: "ong", Name: "Une ONG", Level: np, Guest: true}, habilitation.MemberJoined{Audience: 2, Agent: 8})
	good := correspondence.DelegationForm{To: "theo", Group: "dam", Duties: []string{"signatory"}, Ends: inHours(h, 8), Reason: "Mission."}
	for name, c := range map[string]struct {
		login  string
		change func(*correspondence.DelegationForm)
		want   []string
	}{
		"empty": {"marie", func(f *correspondence.DelegationForm) { *f = correspondence.DelegationForm{} },
			[]string{"to missing", "group missing", "duties missing", "ends missing", "reason missing"}},
		"all unknown": {"marie", func(f *correspondence.DelegationForm) {
			*f = correspondence.DelegationForm{To: "x", Group: "y", Duties: []string{"king"}, Begins: "hier", Ends: "demain", Reason: strings.Repeat("x", 2001)}
		}, []string{"to agent-unknown", "group group-unknown", "duties unknown-choice", "begins not-a-date", "ends not-a-date", "reason too-long"}},
		"to a guest":      {"marie", func(f *correspondence.DelegationForm) { f.To = "ong" }, []string{"to agent-unknown"}},
		"to oneself":      {"marie", func(f *correspondence.DelegationForm) { f.To = "marie" }, []string{"to to-oneself"}},
		"by a guest":      {"ong", func(*correspondence.DelegationForm) {}, []string{"duties not-yours-to-lend"}},
		"by a reader":     {"lea", func(*correspondence.DelegationForm) {}, []string{"duties not-yours-to-lend"}},
		"of a strange":    {"paul", func(*correspondence.DelegationForm) {}, []string{"duties not-yours-to-lend"}},
		"of who joins":    {"marie", func(f *correspondence.DelegationForm) { f.Duties = []string{"number_two"} }, []string{"duties not-yours-to-lend"}},
		"past":            {"marie", func(f *correspondence.DelegationForm) { f.Ends = inHours(h, -1) }, []string{"ends past"}},
		"back to front":   {"marie", func(f *correspondence.DelegationForm) { f.Begins = inHours(h, 9) }, []string{"ends before-beginning"}},
		"for over a year": {"marie", func(f *correspondence.DelegationForm) { f.Ends = inHours(h, 24*366+1) }, []string{"ends too-far"}},
	} {
		form := good
		c.change(&form)
		_, err := h.As(c.login).Delegate(t.Context(), form)
		var got []string
		for _, fault := range wantRefusal(t, correspondence.Invalid)(err).Faults {
			got = append(got, fault.Field+" "+fault.Key)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := h.As("marie").Delegate(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	again := good
	again.To = "ana"
	_, err := h.As("theo").Delegate(t.Context(), again) // what was lent is not lent on
	wantRefusal(t, correspondence.Invalid)(err)
}

func TestTheRosterOfAGroup(t *testing.T) {
	h := housetest.WithPeople(t)
	form := correspondence.RosterForm{AcknowledgeMinutes: 10, Watches: []correspondence.WatchForm{
		{Agent: "karim", From: inHours(h, 0), Until: inHours(h, 12)}, {Agent: "lea", From: inHours(h, 0), Until: inHours(h, 24)}}}
	_, err := h.As("karim").SetRoster(t.Context(), "dam", form)
	wantRefusal(t, correspondence.NotMandated)(err)
	_, err = h.As("marie").SetRoster(t.Context(), "nowhere", form)
	wantRefusal(t, correspondence.Unknown)(err)
	bad := correspondence.RosterForm{Watches: []correspondence.WatchForm{{Agent: "paul", From: "x"}, {From: inHours(h, 1), Until: inHours(h, 0)}}}
	_, err = h.As("marie").SetRoster(t.Context(), "dam", bad)
	var got []string
	for _, fault := range wantRefusal(t, correspondence.Invalid)(err).Faults {
		got = append(got, fault.Field+" "+fault.Key)
	}
	want := []string{"acknowledge_minutes out-of-range", "watches[0].agent not-a-member", "watches[0].from not-a-date", "watches[0].until missing",
		"watches[1].agent missing", "watches[1].until before-beginning"}
	if !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
	if _, err := h.As("marie").SetRoster(t.Context(), "dam", form); err != nil {
		t.Fatal(err)
	}
	onDuty := func(want ...string) {
		t.Helper()
		view, err := h.As("lea").Roster(t.Context(), "dam")
		var logins []string
		for _, a := range view.OnDuty {
			logins = append(logins, a.Login)
		}
		if err != nil || !slices.Equal(logins, want) || view.MaySet {
			t.Errorf("on duty %q (%v), want %q", logins, err, want)
		}
	}
	onDuty("karim", "lea")
	h.Reopen()
	h.Clock.Advance(12 * time.Hour)
	onDuty("lea")
	_, err = h.As("paul").Roster(t.Context(), "dam")
	wantRefusal(t, correspondence.NotMandated)(err)
	if view, err := h.As("marie").SetRoster(t.Context(), "dam", correspondence.RosterForm{}); err != nil || len(view.Watches) != 0 || !view.MaySet {
		t.Errorf("taken away: %+v, %v", view, err)
	}
	onDuty()
}

func TestCollectivesAndTheOperatorDesk(t *testing.T) {
	h := housetest.WithPeople(t)
	posts := correspondence.CollectiveForm{Name: habilitation.Label{FR: "Tous les postes", EN: "All posts"}, Sorts: []string{"embassy"}, Groups: []string{"sante", "dam"}}
	_, err := h.As("marie").DefineCollective(t.Context(), "postes", posts)
	wantRefusal(t, correspondence.NotMandated)(err)
	wantRefusal(t, correspondence.NotMandated)(h.As("marie").WithdrawCollective(t.Context(), "postes", "x"))
	_, err = h.As("marie").NameOperatorDesk(t.Context(), "dam")
	wantRefusal(t, correspondence.NotMandated)(err)
	h.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	theo := h.As("theo")
	view, err := theo.DefineCollective(t.Context(), "postes", posts)
	if err != nil || fmt.Sprint(keysOf(view.Groups)) != "[dam bamako sante]" || !slices.Equal(view.Listed, []string{"sante", "dam"}) {
		t.Errorf("defined: %+v, %v", view, err)
	}
	bad := correspondence.CollectiveForm{Groups: []string{"x", "dam", "dam"}, Sorts: []string{"mission", "embassy", "embassy"}, Parent: "y"}
	_, err = theo.DefineCollective(t.Context(), "Les Postes", bad)
	var got []string
	for _, fault := range wantRefusal(t, correspondence.Invalid)(err).Faults {
		got = append(got, fault.Field+" "+fault.Key)
	}
	want := []string{"key bad-key", "name missing", "groups[0] group-unknown", "groups[2] twice", "sorts[0] unknown-choice", "sorts[2] twice", "parent group-unknown"}
	if !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
	wantRefusal(t, correspondence.Invalid)(theo.WithdrawCollective(t.Context(), "postes", " "))
	wantRefusal(t, correspondence.Unknown)(theo.WithdrawCollective(t.Context(), "nulle-part", "x"))
	if err := theo.WithdrawCollective(t.Context(), "postes", "réorganisation"); err != nil {
		t.Error(err)
	}
	_, err = h.As("lea").Collective(t.Context(), "postes")
	wantRefusal(t, correspondence.Unknown)(err)

	if named, err := theo.OperatorDesk(t.Context()); err != nil || named.Group != nil {
		t.Errorf("operator desk %+v, %v", named, err)
	}
	_, err = theo.NameOperatorDesk(t.Context(), "sahel")
	wantRefusal(t, correspondence.Invalid)(err)
	if named, err := theo.NameOperatorDesk(t.Context(), "mae"); err != nil || named.Group.Key != "mae" || h.Folds().Register.OperatorDesk() != 1 {
		t.Errorf("operator desk %+v, %v", named, err)
	}
}

func keysOf(groups []correspondence.AudienceRef) (keys []string) {
	for _, g := range groups {
		keys = append(keys, g.Key)
	}
	return keys
}

// TestTheRightToCollectivesIsNotANumberTwosToGive when they accept somebody.
func TestTheRightToCollectivesIsNotANumberTwosToGive(t *testing.T) {
	h := housetest.WithPeople(t)
	asked, err := h.As("theo").RequestToJoin(t.Context(), "dam", "")
	if err != nil {
		t.Fatal(err)
	}
	refusal := wantRefusal(t, correspondence.Invalid)(h.As("marie").Accept(t.Context(), asked.ID, []string{"collective"}))
	if len(refusal.Faults) != 1 || refusal.Faults[0].Key != "not-yours-to-give" {
		t.Errorf("refused with %+v", refusal.Faults)
	}
}

// TestSigningNeedsAPasswordShownLately: after the window a session signs and delegates only when the password was shown again; what is
// wrong with the form is told before that.
func TestSigningNeedsAPasswordShownLately(t *testing.T) {
	h := housetest.WithPeople(t)
	pass := h.SignIn("marie", housetest.SecretOf(dr))
	desk := func(access string) *correspondence.Desk {
		t.Helper()
		d, err := h.Chancery.OpenDesk(t.Context(), access)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	refreshed := func() *correspondence.Desk {
		t.Helper()
		var err error
		if pass, err = h.Chancery.RefreshPass(t.Context(), pass.RefreshToken); err != nil {
			t.Fatal(err)
		}
		return desk(pass.AccessToken)
	}
	form := housetest.Telegram("dam", "bamako", dr, "À signer")
	signs := func(d *correspondence.Desk) error {
		_, err := d.Dispatch(t.Context(), habilitation.ID{}, form)
		return err
	}
	h.Clock.Advance(15 * time.Minute)
	marie := refreshed()
	if err := signs(marie); err != nil {
		t.Errorf("within the window: %v", err)
	}
	h.Clock.Advance(time.Second)
	wantRefusal(t, correspondence.StepUp)(signs(marie))
	_, err := marie.Delegate(t.Context(), correspondence.DelegationForm{To: "lea", Group: "dam", Duties: []string{"signatory"}, Ends: inHours(h, 1), Reason: "x"})
	wantRefusal(t, correspondence.StepUp)(err)
	if _, err := marie.Teleprinter(t.Context(), correspondence.FeedQuery{}); err != nil {
		t.Errorf("reading: %v", err)
	}
	wrong := form
	wrong.Subject = ""
	_, err = marie.Dispatch(t.Context(), habilitation.ID{}, wrong)
	wantRefusal(t, correspondence.Invalid)(err)
	_, err = marie.StepUp(t.Context(), "wrong", "")
	wantRefusal(t, correspondence.Invalid)(err)
	stepped, err := marie.StepUp(t.Context(), housetest.Password, "")
	if err != nil || stepped.RefreshToken != "" {
		t.Fatalf("step-up: %+v, %v", stepped, err)
	}
	wantRefusal(t, correspondence.StepUp)(signs(marie))
	if err := signs(desk(stepped.AccessToken)); err != nil {
		t.Errorf("after the step-up: %v", err)
	}
	h.Clock.Advance(10 * time.Minute)
	if err := signs(refreshed()); err != nil {
		t.Errorf("refreshed after the step-up: %v", err)
	}
	if err := h.Authority.EndSessions(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, correspondence.NotAdmitted)(signs(marie))
	_, err = marie.StepUp(t.Context(), housetest.Password, "")
	wantRefusal(t, correspondence.NotAdmitted)(err)
}

// TestDelegationsAreNews to who receives one, and to both when it ends, by itself or before; what one did oneself is none.
func TestDelegationsAreNews(t *testing.T) {
	h := housetest.WithPeople(t)
	told := func(step string, want map[string]string) {
		t.Helper()
		for _, login := range []string{"marie", "lea", "karim"} {
			reader := h.As(login)
			me, err := reader.Me(t.Context())
			page, failed := reader.Delegations(t.Context())
			var news []string
			var last time.Time
			for _, one := range slices.Concat(page.Received, page.Given) {
				if one.News != "" {
					news, last = append(news, one.News), *one.NewsAt
				}
			}
			if got := strings.Join(news, " "); err != nil || failed != nil || got != want[login] || me.Delegations != len(news) {
				t.Errorf("%s: %s is told %q and %d, want %q (%v, %v)", step, login, got, me.Delegations, want[login], err, failed)
			}
			must(t, reader.SeeDelegations(t.Context(), last))
		}
		for _, login := range []string{"marie", "lea"} {
			if me, err := h.As(login).Me(t.Context()); err != nil || me.Delegations != 0 {
				t.Errorf("%s: what %s has seen stays new: %d, %v", step, login, me.Delegations, err)
			}
		}
	}
	give := func() correspondence.DelegationView {
		given, err := h.As("marie").Delegate(t.Context(), correspondence.DelegationForm{To: "lea", Group: "dam", Duties: []string{"signatory"}, Ends: inHours(h, 24), Reason: "Congé"})
		must(t, err)
		return given
	}
	first := give()
	told("given", map[string]string{"lea": "given"})
	h.Clock.Advance(time.Minute)
	must(t, h.As("marie").EndDelegation(t.Context(), first.ID, "Retour"))
	told("taken back", map[string]string{"lea": "ended"})
	h.Clock.Advance(time.Minute)
	second := give()
	told("given again", map[string]string{"lea": "given"})
	h.Clock.Advance(time.Minute)
	must(t, h.As("lea").EndDelegation(t.Context(), second.ID, "Absente"))
	told("given up", map[string]string{"marie": "ended"})
	h.Clock.Advance(time.Minute)
	give()
	must(t, h.As("lea").SeeDelegations(t.Context(), h.Clock.Now().Add(48*time.Hour))) // what is to come is not seen
	h.Clock.Advance(25 * time.Hour)
	told("over", map[string]string{"marie": "ended", "lea": "ended"})
}
