package correspondence_test

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
	"chancery/tagging"
)

// faultsOf lists faults as "field key".
func faultsOf(faults []correspondence.Fault) []string {
	told := []string{}
	for _, f := range faults {
		told = append(told, f.Field+" "+f.Key)
	}
	return told
}

// TestEveryFaultIsTold writes one fault at a time into a form that is right, and expects that fault and no other.
func TestEveryFaultIsTold(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(tagging.TagCreated{Tag: 4, Key: "retire", Label: habilitation.Label{FR: "Retirée"}, Steward: 2, State: tagging.Retired})
	h.Enact(habilitation.AgentDisabled{Agent: 7, Reason: "essai"})
	long := func(n int) string { return strings.Repeat("é", n) }
	todo := correspondence.FormAddressee{Group: "dam", Qualification: "do", Deadline: "2026-04-01", Instruction: "Répondre."}
	file := correspondence.FormAttachment{Name: "a.txt", Content: []byte("a")}
	type form = correspondence.Form
	np, dr := "unprotected", "restricted"
	for _, c := range []struct {
		spoil func(*form)
		want  string
	}{
		{func(f *form) {}, ""},
		{func(f *form) { f.Action = []correspondence.FormAddressee{todo} }, ""},
		{func(f *form) { f.Kind = "" }, "kind missing"},
		{func(f *form) { f.Kind = "letter" }, "kind unknown-choice"},
		{func(f *form) { f.Level = "" }, "level missing"},
		{func(f *form) { f.Level = "secret" }, "level unknown-choice"},
		{func(f *form) { f.Precedence = "hurry" }, "precedence unknown-choice"},
		{func(f *form) { f.InfoPrecedence = "hurry" }, "info_precedence unknown-choice"},
		{func(f *form) { f.InfoPrecedence = "flash" }, "info_precedence above-action"},
		{func(f *form) { f.Language = "de" }, "language unknown-choice"},
		{func(f *form) { f.Origin = "" }, "origin missing"},
		{func(f *form) { f.Origin = "nowhere" }, "origin group-unknown"},
		{func(f *form) { f.Origin = "sahel" }, "origin group-unknown"}, // a community does not sign
		{func(f *form) { f.Origin = "mae" }, "origin no-right-to-sign"},
		{func(f *form) { f.Drafter = "nobody" }, "drafter agent-unknown"},
		{func(f *form) { f.Drafter = "marie" }, "drafter no-right-to-draft"}, // of another group
		{func(f *form) { f.Drafter = "paul" }, ""},
		{func(f *form) { f.Action = nil }, "action missing"},
		{func(f *form) { f.Action[0].Group = "" }, "action[0].group missing"},
		{func(f *form) { f.Action[0].Group = "nowhere" }, "action[0].group group-unknown"},
		{func(f *form) { f.Info = []correspondence.FormAddressee{{Group: "DAM"}} }, "info[0].group twice"},
		{func(f *form) { f.Level, f.Action[0].Group = dr, "sante" }, "action[0].group group-not-cleared"},
		{func(f *form) { f.Action[0].Qualification = "burn" }, "action[0].qualification unknown-choice"},
		{func(f *form) { f.Action[0].Deadline = "2026-04-01" }, "action[0].deadline deadline-without-do"},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Deadline = "" }, "action[0].deadline missing"},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Deadline = "demain" }, "action[0].deadline not-a-date"},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Deadline = "2026-03-01" }, "action[0].deadline past"},
		{func(f *form) { f.Action[0] = todo; f.Action[0].Instruction = " \n" }, "action[0].instruction missing"},
		{func(f *form) { f.Action[0].Instruction = long(601) }, "action[0].instruction too-long"},
		{func(f *form) { f.Info = []correspondence.FormAddressee{todo}; f.Info[0].Group = "mae" }, "info[0].qualification info-cannot-do"},
		{func(f *form) { f.Agents = []string{"nobody"} }, "agents[0] agent-unknown"},
		{func(f *form) { f.Agents = []string{"ana"} }, "agents[0] agent-unknown"}, // disabled
		{func(f *form) { f.Agents = []string{"theo", "THEO"} }, "agents[1] twice"},
		{func(f *form) { f.Level, f.Agents = dr, []string{"lea"} }, "agents[0] agent-not-cleared"},
		{func(f *form) { f.Tags = []string{"rien"} }, "tags[0] tag-unknown"},
		{func(f *form) { f.Tags = []string{"retire"} }, "tags[0] tag-unknown"},
		{func(f *form) { f.Tags = []string{"sahel", "Sahel"} }, "tags[1] twice"},
		{func(f *form) { f.Subject = " \t" }, "subject missing"},
		{func(f *form) { f.Subject = long(201) }, "subject too-long"},
		{func(f *form) { f.Summary = "" }, "summary missing"},
		{func(f *form) { f.Kind, f.Summary = "note", "" }, ""}, // only a telegram needs one
		{func(f *form) { f.Summary = long(601) }, "summary too-long"},
		{func(f *form) { f.Text = "" }, "text missing"},
		{func(f *form) { f.Text = long(200_001) }, "text too-long"},
		{func(f *form) { f.Comment = long(20_001) }, "comment too-long"},
		{func(f *form) { f.Subject = "Suite au TD BAMAKO DR 7" }, "subject restricted-number"},
		{func(f *form) { f.Summary = "cf. td bamako dr 7" }, "summary restricted-number"},
		{func(f *form) { f.Text = "voir TD  Bamako\nDR 2026/7" }, "text restricted-number"},
		{func(f *form) { f.Comment = "TD DAM DR7" }, "comment restricted-number"},
		{func(f *form) { f.Action[0].Instruction = "Répondre au TD BAMAKO DR 7." }, "action[0].instruction restricted-number"},
		{func(f *form) {
			f.Attachments = []correspondence.FormAttachment{{Name: "TD BAMAKO DR 7.txt", Content: []byte("a")}}
		}, "attachments[0].name restricted-number"},
		{func(f *form) { f.Text, f.Level = "voir TD BAMAKO DR 7", dr }, ""},
		{func(f *form) { f.References = []string{" "} }, "references[0] missing"},
		{func(f *form) { f.References = []string{long(201)} }, "references[0] too-long"},
		{func(f *form) { f.References = []string{"TD BAMAKO DR 7"} }, "references[0] restricted-number"},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{file} }, ""},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{file, file} }, "attachments[1].name twice"},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{{Name: "a.exe", Content: []byte("MZ")}} }, "attachments[0].content file-kind"},
		{func(f *form) {
			f.Attachments = []correspondence.FormAttachment{{Name: "a.docx", Content: []byte("PK")}}
		}, "attachments[0].content file-kind"},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{{Name: "a"}} }, "attachments[0].content missing"},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{file}; f.Attachments[0].Level = dr }, "attachments[0].level above-message"},
		{func(f *form) { f.Attachments = []correspondence.FormAttachment{file}; f.Attachments[0].Level = "x" }, "attachments[0].level unknown-choice"},
		{func(f *form) {
			f.Attachments = []correspondence.FormAttachment{file}
			f.Attachments[0].Type = "text/html; x"
		}, ""}, // the house finds out itself
		{func(f *form) {
			f.Level = dr
			f.Attachments = []correspondence.FormAttachment{file}
			f.Attachments[0].Level = np
		}, ""},
	} {
		written := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Objet")
		c.spoil(&written)
		draft, err := h.As("paul").NewDraft(t.Context(), written)
		if err != nil {
			t.Errorf("%q: %v", c.want, err)
			continue
		}
		want := []string{}
		if c.want != "" {
			want = []string{c.want}
		}
		if told := faultsOf(draft.Faults); !slices.Equal(told, want) {
			t.Errorf("faults %q, want %q", told, want)
		}
		if !sameForm(draft.Form, written) {
			t.Errorf("%q: the form is kept as %+v, typed as %+v", c.want, draft.Form, written)
		}
		_, err = h.As("paul").Release(t.Context(), draft.ID, draft.Version)
		if (err == nil) != (c.want == "") {
			t.Errorf("%q: release gives %v", c.want, err)
		}
		if err != nil {
			if refusal := wantRefusal(t, correspondence.Invalid)(err); !slices.Equal(faultsOf(refusal.Faults), want) {
				t.Errorf("release tells %v, the draft %v", faultsOf(refusal.Faults), want)
			}
		}
	}
}

// sameForm compares forms but for the bytes of files, which the vault keeps.
func sameForm(a, b correspondence.Form) bool {
	a.Attachments, b.Attachments = slices.Clone(a.Attachments), slices.Clone(b.Attachments)
	for _, files := range [][]correspondence.FormAttachment{a.Attachments, b.Attachments} {
		for i := range files {
			files[i].Content, files[i].Size, files[i].SHA512, files[i].Type, files[i].Refused = nil, 0, "", "", nil
		}
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestAllFaultsAtOnceInTheOrderOfTheForm(t *testing.T) {
	h := housetest.WithPeople(t)
	written := correspondence.Form{Kind: "letter", Origin: "mae", Action: []correspondence.FormAddressee{{Group: "nowhere"}, {Group: "dam", Qualification: "do"}},
		Info: []correspondence.FormAddressee{{}, {Group: "dam"}}, Agents: []string{"nobody"}, Precedence: "hurry", InfoPrecedence: "flash", Level: "restricted", Tags: []string{"rien"},
		Language: "de", References: []string{""}, Attachments: []correspondence.FormAttachment{{}}, Summary: "  gardé \u202e tel quel\r\n", Comment: "\x00"}
	draft, err := h.At("paul", habilitation.ID{}).NewDraft(t.Context(), written)
	want := []string{"kind unknown-choice", "origin no-right-to-sign", "action[0].group group-unknown", "action[1].deadline missing", "action[1].instruction missing",
		"info[0].group missing", "info[1].group twice", "agents[0] agent-unknown", "precedence unknown-choice", "info_precedence above-action", "level above-session", "tags[0] tag-unknown",
		"language unknown-choice", "subject missing", "text missing", "references[0] missing", "attachments[0].name missing", "attachments[0].content missing"}
	if told := faultsOf(draft.Faults); err != nil || !slices.Equal(told, want) {
		t.Errorf("told %q\nwant %q (%v)", told, want, err)
	}
	if !reflect.DeepEqual(draft.Form, written) {
		t.Errorf("kept as %+v", draft.Form)
	}
}

func TestReleaseIsRefusedWithRightsAsTheyAreThen(t *testing.T) {
	h := housetest.WithPeople(t)
	refusedFor := func(what, want string, desk *housetest.Reader, form correspondence.Form) {
		t.Helper()
		_, err := desk.Dispatch(t.Context(), habilitation.ID{}, form)
		if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, []string{want}) {
			t.Errorf("%s: %q, want %q", what, told, want)
		}
	}
	form := housetest.Telegram("dam", "bamako", dr, "Objet")
	refusedFor("a plain reader signs", "origin no-right-to-sign", h.As("lea"), housetest.Telegram("dam", "bamako", np, "Objet"))
	refusedFor("above the session", "level above-session", h.At("marie", housetest.TerminalOf(np)), form)
	refusedFor("a group that is not cleared speaks", "origin group-not-cleared", h.As("karim"), func() correspondence.Form {
		h.Enact(habilitation.MemberJoined{Audience: 4, Agent: 2, Duties: habilitation.Signatory})
		return housetest.Telegram("sante", "bamako", dr, "Objet")
	}())
	marie := h.As("marie")
	h.Enact(habilitation.AgentCleared{Agent: 1, Level: np, Reason: "essai"})
	refusedFor("cleared no more, on a desk opened before", "level above-session", marie, form)
	h.Enact(habilitation.MemberLeft{Audience: 2, Agent: 1, Reason: "essai"})
	refusedFor("member no more", "origin no-right-to-sign", marie, housetest.Telegram("dam", "bamako", np, "Objet"))
	h.Enact(habilitation.AgentDisabled{Agent: 1, Reason: "essai"})
	_, err := marie.Dispatch(t.Context(), habilitation.ID{}, housetest.Telegram("dam", "bamako", np, "Objet"))
	wantRefusal(t, correspondence.NotAdmitted)(err)
	if h.Folds().Ledger.Count() != 0 {
		t.Errorf("%d messages came of refusals", h.Folds().Ledger.Count())
	}
}

func TestConflictLosesNeitherText(t *testing.T) {
	h := housetest.WithPeople(t)
	desk := h.As("paul")
	first, err := desk.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", np, "Un"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := desk.SaveDraft(t.Context(), first.ID, first.Version, housetest.Telegram("bamako", "dam", np, "Deux"))
	if err != nil || second.Version == first.Version {
		t.Fatalf("saved as version %d: %v", second.Version, err)
	}
	_, err = desk.SaveDraft(t.Context(), first.ID, first.Version, housetest.Telegram("bamako", "dam", np, "Trois"))
	wantRefusal(t, correspondence.Conflict)(err)
	_, err = desk.Release(t.Context(), first.ID, first.Version)
	wantRefusal(t, correspondence.Conflict)(err)
	if kept, err := desk.Draft(t.Context(), first.ID); err != nil || kept.Form.Subject != "Deux" || kept.Version != second.Version {
		t.Errorf("kept %+v, %v", kept, err)
	}
	h.As("karim").ReadsNothingOf(first.ID)
	for _, ask := range []func() error{
		func() error { _, err := h.As("karim").Draft(t.Context(), first.ID); return err },
		func() error {
			_, err := h.As("karim").SaveDraft(t.Context(), first.ID, 0, correspondence.Form{})
			return err
		},
		func() error { _, err := h.As("karim").Release(t.Context(), first.ID, 0); return err },
		func() error { return h.As("karim").DiscardDraft(t.Context(), first.ID) },
	} {
		wantRefusal(t, correspondence.Unknown)(ask())
	}
	if err := desk.DiscardDraft(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	_, err = desk.Draft(t.Context(), first.ID)
	wantRefusal(t, correspondence.Unknown)(err)
}

// TestTextSavedWhileReleasingIsKept saves over a draft between the moment its release read it and the moment it is put away.
func TestTextSavedWhileReleasingIsKept(t *testing.T) {
	h := housetest.WithPeople(t)
	slow := &slowSeals{signing: make(chan struct{}), go_: make(chan struct{})}
	h.Rewire(func(c *correspondence.Config) { slow.Seals, c.Seals = c.Seals, slow })
	desk := h.As("paul")
	draft, err := desk.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", np, "Un"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		view, err := desk.Release(t.Context(), draft.ID, draft.Version)
		if err == nil && view.Subject != "Un" {
			err = fmt.Errorf("released as %q", view.Subject)
		}
		done <- err
	}()
	<-slow.signing
	if _, err := desk.SaveDraft(t.Context(), draft.ID, draft.Version, housetest.Telegram("bamako", "dam", np, "Un, et la suite")); err != nil {
		t.Fatal(err)
	}
	close(slow.go_)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	left, err := desk.Drafts(t.Context())
	if err != nil || len(left) != 1 || left[0].Form.Subject != "Un, et la suite" || left[0].ID == draft.ID {
		t.Errorf("left on the desk: %+v, %v", left, err)
	}
}

func TestRestrictedDraftStaysOffUnprotectedTerminals(t *testing.T) {
	h := housetest.WithPeople(t)
	inside, outside := h.As("paul"), h.At("paul", habilitation.ID{})
	none := housetest.Telegram("bamako", "dam", np, "Sans mention")
	none.Level = ""
	for _, form := range []correspondence.Form{housetest.Telegram("bamako", "dam", dr, "Fermé"), none} {
		draft, err := inside.NewDraft(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		for what, ask := range map[string]func(id habilitation.ID) error{
			"open":     func(id habilitation.ID) error { _, err := outside.Draft(t.Context(), id); return err },
			"audience": func(id habilitation.ID) error { _, err := outside.Audience(t.Context(), id); return err },
			"save":     func(id habilitation.ID) error { _, err := outside.SaveDraft(t.Context(), id, 0, form); return err },
			"save over": func(id habilitation.ID) error {
				_, err := outside.SaveDraft(t.Context(), id, 77, form)
				return err
			},
			"release":         func(id habilitation.ID) error { _, err := outside.Release(t.Context(), id, 0); return err },
			"release version": func(id habilitation.ID) error { _, err := outside.Release(t.Context(), id, 77); return err },
			"discard":         func(id habilitation.ID) error { return outside.DiscardDraft(t.Context(), id) },
		} {
			if there, absent := ask(draft.ID), ask(habilitation.NewID()); !reflect.DeepEqual(there, absent) || there == nil {
				t.Errorf("%s: %v for one that is there, %v for none", what, there, absent)
			}
		}
		if drafts, err := outside.Drafts(t.Context()); err != nil || len(drafts) != 0 {
			t.Errorf("listed outside: %+v, %v", drafts, err)
		}
		if kept, err := inside.Draft(t.Context(), draft.ID); err != nil || kept.Version != draft.Version {
			t.Errorf("inside: %+v, %v", kept, err)
		}
	}
	typed, err := outside.NewDraft(t.Context(), housetest.Telegram("bamako", "dam", dr, "Mention choisie trop haut"))
	if err != nil || !slices.Equal(faultsOf(typed.Faults), []string{"level above-session"}) {
		t.Fatalf("typed outside: %v, %v", typed.Faults, err)
	}
	if _, err := outside.SaveDraft(t.Context(), typed.ID, typed.Version, typed.Form); err != nil {
		t.Errorf("what was typed here is lost here: %v", err)
	}
}

func TestFileIsOnlyForWhoGaveIt(t *testing.T) {
	h := housetest.WithPeople(t)
	secret := []byte("le plan de l'évacuation")
	sum := sha512.Sum512(secret)
	named := correspondence.FormAttachment{Name: "plan.txt", Type: "text/plain", Size: int64(len(secret)), SHA512: hex.EncodeToString(sum[:])}
	form := housetest.Telegram("bamako", "dam", dr, "Plan")
	form.Attachments = []correspondence.FormAttachment{{Name: "plan.txt", Content: secret}}
	h.As("paul").Dispatches(form)

	guess := housetest.Telegram("sante", "dam", np, "Devinette")
	guess.Attachments = []correspondence.FormAttachment{named}
	absent := guess
	absent.Attachments = []correspondence.FormAttachment{named}
	absent.Attachments[0].SHA512 = strings.Repeat("0", 128)
	for _, form := range []correspondence.Form{guess, absent} {
		_, err := h.As("ines").Dispatch(t.Context(), habilitation.ID{}, form)
		if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, []string{"attachments[0].content missing"}) {
			t.Errorf("told %q", told)
		}
	}
	draft, err := h.As("ines").NewDraft(t.Context(), guess)
	if err == nil {
		draft, err = h.As("ines").SaveDraft(t.Context(), draft.ID, 0, guess)
	}
	if err != nil || !slices.Equal(faultsOf(draft.Faults), []string{"attachments[0].content missing"}) {
		t.Errorf("drafted: %v, %v", draft.Faults, err)
	}
	guess.Attachments = []correspondence.FormAttachment{{Name: "plan.txt", Content: secret}}
	if draft, err = h.As("ines").SaveDraft(t.Context(), draft.ID, 0, guess); err != nil || len(draft.Faults) > 0 {
		t.Fatalf("given: %v, %v", draft.Faults, err)
	}
	if draft, err = h.As("ines").SaveDraft(t.Context(), draft.ID, draft.Version, draft.Form); err != nil || len(draft.Faults) > 0 {
		t.Fatalf("saved again: %v, %v", draft.Faults, err)
	}
	sent, err := h.As("ines").Release(t.Context(), draft.ID, draft.Version)
	if err != nil {
		t.Fatal(err)
	}
	view, file, err := h.As("lea").Attachment(t.Context(), sent.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil || string(got) != string(secret) || view.SHA512 != named.SHA512 || view.Level != np {
		t.Errorf("file %q, %+v, %v", got, view, err)
	}
	for _, n := range []int{-1, 1} {
		_, _, err = h.As("lea").Attachment(t.Context(), sent.ID, n)
		wantRefusal(t, correspondence.Unknown)(err)
	}
}

// TestReferencesTellNothing cites by number and by identity what exists, what is withheld and what does not exist.
func TestReferencesTellNothing(t *testing.T) {
	h := housetest.WithPeople(t)
	open := h.As("paul").Dispatches(housetest.Telegram("bamako", "mae", np, "Pour le ministère seul"))
	closed := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Fermé"))
	form := housetest.Telegram("sante", "dam", np, "Renvois")
	form.References = []string{open.Number, open.ID.String(), "TD BAMAKO 2", habilitation.NewID().String(), closed.ID.String(), "votre note verbale"}
	_, err := h.As("ines").Dispatch(t.Context(), habilitation.ID{}, form) // sees neither: withheld and nonexistent identities are one fault
	blindly := []string{"references[1] reference-unknown", "references[3] reference-unknown", "references[4] reference-unknown"}
	if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, blindly) {
		t.Errorf("told %q", told)
	}
	form.References = []string{open.Number, "TD BAMAKO 2", "votre note verbale"}
	blind := h.As("ines").Dispatches(form)
	for i, r := range h.As("ana").Reads(blind.ID).References {
		if r.ID != nil || r.Text != form.References[i] {
			t.Errorf("cited blindly %q reads as %+v", form.References[i], r)
		}
	}
	seeing := housetest.Telegram("bamako", "dam", np, "Renvois")
	seeing.References = []string{open.ID.String(), closed.ID.String()}
	_, err = h.As("paul").Dispatch(t.Context(), habilitation.ID{}, seeing)
	if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, []string{"references[1] restricted-number"}) {
		t.Errorf("told %q", told)
	}
	seeing.References = []string{"td bamako 1", open.ID.String(), "votre note"}
	outside := h.At("paul", habilitation.ID{}).Dispatches(seeing) // where the restricted one does not exist
	want := []string{open.Number, open.Number, "votre note"}
	for login, sees := range map[string]bool{"paul": true, "lea": false} {
		for i, r := range h.As(login).Reads(outside.ID).References {
			if r.Text != want[i] || (r.ID != nil) != (sees && i < 2) {
				t.Errorf("%s reads reference %d as %+v", login, i, r)
			}
		}
	}
	h.Clock.Advance(time.Hour)
	restricted := housetest.Telegram("bamako", "dam", dr, "Renvois fermés")
	restricted.References = []string{closed.Number, outside.Number}
	last := h.As("paul").Dispatches(restricted)
	if thread := h.As("marie").Reads(outside.ID).CitedBy; len(thread) != 1 || thread[0].ID != last.ID {
		t.Errorf("cited by %+v", thread)
	}
	if thread := h.As("lea").Reads(outside.ID).CitedBy; len(thread) != 0 {
		t.Errorf("an uncleared reader sees who cites: %+v", thread)
	}
}

func TestAudiencePreview(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", dr, "Aperçu")
	form.Info = []correspondence.FormAddressee{{Group: "sante"}}
	form.Agents, form.Tags = []string{"theo", "marie"}, []string{"sahel"}
	view, err := h.As("paul").AudienceOf(t.Context(), form)
	if err != nil || len(view.Groups) != 1 || view.Readers != 3 { // marie, karim; theo by name
		t.Errorf("restricted: %+v, %v", view, err)
	}
	if len(view.NotCleared) != 1 || view.NotCleared[0].Key != "sante" || !slices.Equal(faultsOf(view.Faults), []string{"info[0].group group-not-cleared"}) {
		t.Errorf("not cleared: %+v, faults %v", view.NotCleared, faultsOf(view.Faults))
	}
	form.Level = "unprotected"
	view, err = h.As("paul").AudienceOf(t.Context(), form)
	reached := map[string]string{}
	for _, line := range view.Groups {
		reached[line.Key] = fmt.Sprint(line.Agents, reasonsTold(line.Reasons))
	}
	if want := map[string]string{"dam": "3 [action dam]", "sante": "1 [info sante]", "sahel": "2 [tag sahel sahel]"}; err != nil || !reflect.DeepEqual(reached, want) || view.Readers != 5 {
		t.Errorf("unprotected: %v, %d readers, want %v and 5 (%v)", reached, view.Readers, want, err)
	}
	if before, _ := h.As("theo").Teleprinter(t.Context(), correspondence.FeedQuery{}); len(before.Items) != 0 {
		t.Error("a preview released something")
	}
	form.Level = ""
	if view, err = h.As("paul").AudienceOf(t.Context(), form); err != nil || len(view.Groups) != 0 || view.Readers != 0 {
		t.Errorf("no level: %+v, %v", view, err)
	}
}

// TestWhatIsNoChoiceNamesTheChoices: whoever guessed wrong is told what there is.
func TestWhatIsNoChoiceNamesTheChoices(t *testing.T) {
	h := housetest.WithPeople(t)
	form := housetest.Telegram("bamako", "dam", np, "Choix")
	form.Precedence, form.Level = "hurry", "secret"
	draft, err := h.As("paul").NewDraft(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, f := range draft.Faults {
		told[f.Field] = f.Args["choices"]
	}
	if told["precedence"] != "routine, priority, urgent, immediate, flash" || told["level"] != "unprotected, restricted" {
		t.Errorf("choices told: %q", told)
	}
}

// TestNamesComeInBothLanguages: an addressee is called as the register calls it now, and what the register does not know keeps its words in
// their own language alone.
func TestNamesComeInBothLanguages(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.AudienceCreated{Audience: 6, Key: "eau", Sort: "service", Name: habilitation.Label{FR: "Service de l’eau", EN: "Water service"}, Timbre: "EAU", Level: dr})
	view := h.As("paul").Reads(h.As("paul").Dispatches(housetest.Telegram("bamako", "eau", np, "Noms")).ID)
	if got := view.Addressees[0].Name; got != (habilitation.Label{FR: "Service de l’eau", EN: "Water service"}) {
		t.Errorf("the addressee is called %+v", got)
	}
	draft, err := h.As("paul").NewDraft(t.Context(), housetest.Telegram("bamako", "eau", np, "Noms"))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := h.As("paul").Audience(t.Context(), draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := seen.Row.Reasons[0].Audience.Name.EN; got != "Water service" {
		t.Errorf("the row's reason calls it %q", got)
	}
}
