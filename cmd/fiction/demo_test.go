package fiction

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"chancery/cmd/assembly"
	"chancery/testdata/house"
)

func TestInterruptedDemoLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := OpenDemo(ctx, folder, house.Files, time.Now, assembly.Options{}); err == nil {
		t.Fatal("it was made")
	}
	if left, _ := filepath.Glob(folder + "[./]*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDemoIsLivedIn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	begun := time.Now()
	d, err := OpenDemo(t.Context(), folder, house.Files, time.Now, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %v: %d messages", time.Since(begun).Round(time.Millisecond), d.Chancery.Folds.Ledger.Count())
	if count := d.Chancery.Folds.Ledger.Count(); count != len(d.story.past) {
		t.Errorf("%d messages of %d were told", count, len(d.story.past))
	}
	register := d.Chancery.Folds.Register
	desk, _ := register.Audience(register.OperatorDesk())
	if posts, _ := register.Collective("tous-postes"); desk.Key != "telegrammes" || len(posts.Audiences) != 6 || len(register.Collectives()) != 2 {
		t.Errorf("operator desk %q, collectives %+v", desk.Key, register.Collectives())
	}
	crisis, _ := register.AudienceByKey("dcc")
	directorate, _ := register.AudienceByKey("dam")
	if onDuty, lent := register.OnDuty(crisis.ID, time.Now()), register.DelegationsIn(directorate.ID); len(onDuty) != 2 || len(lent) != 1 || lent[0].Over(time.Now()) {
		t.Errorf("on duty %v, lent %+v", onDuty, lent)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenDemo(t.Context(), folder, house.Files, time.Now, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	a := again.Accounts[0]
	pass, err := again.Chancery.SignIn(context.Background(), a.Login, a.Password, a.Terminal, "")
	if err != nil || pass.Level != min(a.Level, a.TerminalLevel) {
		t.Errorf("%s signs in: %+v, %v", a.Login, pass.Level, err)
	}
}
