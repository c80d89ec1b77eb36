package habilitation_test

import (
	"errors"
	"testing"
	"time"

	"chancery/habilitation"
)

func TestProofIsKeptThroughRefreshAndRenewedByStepUp(t *testing.T) {
	h := newHouse(t)
	signedIn := h.clock()
	session := h.signIn("second", h.secret)
	want := func(what string, b habilitation.Badge, proved time.Time) {
		t.Helper()
		if !b.ProvedAt().Equal(proved) {
			t.Errorf("%s: proved at %s, want %s", what, b.ProvedAt(), proved)
		}
	}
	want("sign-in", session.Badge, signedIn)
	h.pass(20 * time.Minute)
	refreshed, err := h.authority.Refresh(t.Context(), session.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	before := h.wantAdmitted(refreshed.Access)
	want("refresh", before, signedIn)

	stepped, err := h.authority.StepUp(t.Context(), before, password)
	if err != nil {
		t.Fatal(err)
	}
	proved := h.clock()
	if stepped.Refresh != "" || stepped.Badge.Session() != before.Session() || stepped.Level != habilitation.Restricted {
		t.Fatalf("step-up: %+v", stepped)
	}
	want("step-up", h.wantAdmitted(stepped.Access), proved)
	want("the pass of before", h.wantAdmitted(refreshed.Access), signedIn)
	if renewed, err := h.authority.Renew(before); err != nil || !renewed.ProvedAt().Equal(signedIn) {
		t.Errorf("renewed: %s, %v", renewed.ProvedAt(), err)
	}
	h.pass(5 * time.Minute)
	again, err := h.authority.Refresh(t.Context(), refreshed.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	h.reopen()
	want("refresh after the step-up", h.wantAdmitted(again.Access), proved)
}

func TestStepUpRefusesWhatASignInRefuses(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	for range 10 {
		_, err := h.authority.StepUp(t.Context(), session.Badge, wrong)
		h.wantNotAdmitted("wrong password", err)
	}
	_, err := h.authority.StepUp(t.Context(), session.Badge, password)
	h.wantNotAdmitted("eleventh try", err)
	if !errors.Is(err, habilitation.ErrTooManyAttempts) {
		t.Errorf("eleventh try: %v", err)
	}
	if _, err := h.authority.SignIn(t.Context(), "second", password, ""); err != nil {
		t.Errorf("a session that fails keeps its agent out: %v", err)
	}
	h.wantAdmitted(session.Access)
	h.pass(20 * time.Minute)
	if _, err := h.authority.StepUp(t.Context(), session.Badge, password); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

func TestStepUpNeedsALivingSession(t *testing.T) {
	h := newHouse(t)
	made, err := h.authority.BadgeFor(second, habilitation.ID{})
	if err != nil || !made.ProvedAt().Equal(h.clock()) {
		t.Fatalf("badge of the house's making: %s, %v", made.ProvedAt(), err)
	}
	if zero := (habilitation.Badge{}); !zero.ProvedAt().IsZero() {
		t.Errorf("nobody proved at %s", zero.ProvedAt())
	}
	for what, badge := range map[string]habilitation.Badge{"zero badge": {}, "badge of the house's making": made} {
		_, err := h.authority.StepUp(t.Context(), badge, password)
		h.wantNotAdmitted(what, err)
	}
	session := h.signIn("second", "")
	if err := h.authority.SignOut(t.Context(), session.Badge); err != nil {
		t.Fatal(err)
	}
	_, err = h.authority.StepUp(t.Context(), session.Badge, password)
	h.wantNotAdmitted("after signing out", err)
	session = h.signIn("second", "")
	h.apply(habilitation.AgentDisabled{Agent: second, Reason: "fin"})
	_, err = h.authority.StepUp(t.Context(), session.Badge, password)
	h.wantNotAdmitted("with a closed account", err)
}

// TestAClockSetBackKeepsTheSession: the proof of before the change is never later than the token that tells of it.
func TestAClockSetBackKeepsTheSession(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", "")
	h.pass(-2 * time.Second)
	next, err := h.authority.Refresh(t.Context(), session.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if badge := h.wantAdmitted(next.Access); !badge.ProvedAt().Equal(h.clock()) {
		t.Errorf("proved at %s", badge.ProvedAt())
	}
}
