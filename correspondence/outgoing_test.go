package correspondence_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/boltqueue"
	"chancery/correspondence/gate"
	"chancery/correspondence/housetest"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// postbox is the world outside: it takes what it is given, but for some addresses.
type postbox struct {
	mu    sync.Mutex
	took  map[string][]byte // by address
	tries map[string]int
}

func (p *postbox) Carry(_ context.Context, from, to string, raw []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.took == nil {
		p.took, p.tries = map[string][]byte{}, map[string]int{}
	}
	p.tries[to]++
	switch {
	case strings.HasPrefix(to, "nobody@"):
		return &postal.Refused{Answer: "550 No such user"}
	case strings.HasPrefix(to, "busy@") && p.tries[to] < 3:
		return errors.New("451 later")
	}
	p.took[to] = append([]byte(from+"\n"), raw...)
	return nil
}

func (p *postbox) of(to string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.took[to])
}

func (p *postbox) tried(to string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries[to]
}

// postOf opens a postman over a queue of its own.
func postOf(t *testing.T, h *housetest.House, box postal.Carrier) {
	t.Helper()
	queue, err := boltqueue.Open(filepath.Join(t.TempDir(), "out.db"), postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	postman := correspondence.OpenPostman(h.Chancery, queue, box)
	t.Cleanup(func() {
		if err := errors.Join(postman.Close(), queue.Close()); err != nil {
			t.Error(err)
		}
	})
}

// letterTo is a formal mail of bamako to dam and to addresses outside.
func letterTo(addresses ...string) correspondence.Form {
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Réunion à Dakar")
	form.Kind, form.External = "mail", addresses
	return form
}

// steps are where the addresses of a message stand, as paul of the origin sees it.
func steps(h *housetest.House, id habilitation.ID) string {
	var all []string
	for _, o := range h.As("paul").Reads(id).Outgoing {
		all = append(all, o.Step)
	}
	return strings.Join(all, " ")
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not happen: %s", what)
		}
	}
}

// allow opens the gate.
func allow(h *housetest.House) {
	h.Enact(gate.RulesSet{Rules: []gate.Rule{{Name: "mention", Words: []string{"ne pas diffuser"}, Outcome: gate.Block}, {Name: "tout", Outcome: gate.Allow}}, Reason: "essai"})
}

func TestMailLeavesAsItWasSigned(t *testing.T) {
	h := housetest.WithPeople(t)
	allow(h)
	box := &postbox{}
	postOf(t, h, box)
	asked := receives(h, arrived(h, outside+"\nBonjour.\n", "bamako@essai.example"))[0]
	form := letterTo("a@example.org", "busy@example.org")
	form.ReplyTo = asked.String()
	form.Attachments = []correspondence.FormAttachment{{Name: "Pièce.txt", Type: "text/plain", Content: []byte("octets\n")}}
	sent := h.As("paul").Dispatches(form)
	eventually(t, "it is sent", func() bool { return strings.HasPrefix(steps(h, sent.ID), "sent") })
	raw := box.of("a@example.org")
	from, letter, _ := strings.Cut(raw, "\n")
	m := postal.Read([]byte(letter), postal.DefaultLimits())
	if from != "bamako@essai.example" || m.From[0].Address != from || m.Subject != "Réunion à Dakar" || m.MessageID != sent.ID.String()+"@essai.example" ||
		!slices.Equal(m.InReplyTo, []string{"one@example.org"}) || !strings.Contains(m.Text, "Texte de la dépêche.") || len(m.Files) != 2 || len(m.Flaws) != 0 {
		t.Errorf("from %s: %+v", from, m)
	}
	if i := slices.IndexFunc(m.Files, func(f postal.File) bool { return f.Name == "Pièce.txt" }); i < 0 || string(m.Files[i].Content) != "octets\n" {
		t.Errorf("files %+v", m.Files)
	}
	original, err := h.As("paul").Original(t.Context(), sent.ID)
	if err != nil || !strings.Contains(letter, "\r\n"+string(original)+"\r\n--") {
		t.Errorf("the signed bytes are not in the mail as they are: %v", err)
	}
	verifyWithOpenSSL(t, h, letter)
	h.Clock.Advance(10 * time.Minute)
	h.As("paul").Dispatches(letterTo("later@example.org")) // wakes the postman
	eventually(t, "the busy one is tried again", func() bool { return box.tried("busy@example.org") >= 2 })
}

// verifyWithOpenSSL has the S/MIME part verified by a program of others.
func verifyWithOpenSSL(t *testing.T, h *housetest.House, letter string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("SKIPPED: openssl is not here to verify the S/MIME")
		return
	}
	_, part, _ := strings.Cut(letter, "\r\nContent-Type: multipart/signed")
	folder := t.TempDir()
	for name, content := range map[string]string{"mail.eml": "MIME-Version: 1.0\r\nContent-Type: multipart/signed" + part, "roots.pem": string(h.Chancery.Certificates())} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), openssl, "cms", "-verify", "-in", filepath.Join(folder, "mail.eml"), "-CAfile", filepath.Join(folder, "roots.pem"),
		"-purpose", "any", "-no_check_time", "-out", filepath.Join(folder, "content")).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("success")) {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}

func TestGateHoldsUntilASecondPersonHasRead(t *testing.T) {
	h := housetest.WithPeople(t)
	box := &postbox{}
	postOf(t, h, box)
	// nobody set a rule: the configuration's default asks for a second person. ines signs for bamako too, and is no addressee.
	h.Enact(habilitation.MemberJoined{Audience: 3, Agent: 5, Duties: habilitation.Drafter | habilitation.Signatory})
	one, other := h.As("paul").Dispatches(letterTo("a@example.org")), h.As("paul").Dispatches(letterTo("b@example.org"))
	if steps(h, one.ID) != "held" || len(h.As("marie").Reads(one.ID).Outgoing) != 0 {
		t.Errorf("it is %s, and marie of another group is shown %+v", steps(h, one.ID), h.As("marie").Reads(one.ID).Outgoing)
	}
	held := func(login string) int {
		views, err := h.As(login).HeldMail(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(views)
	}
	if held("ines") != 2 || held("paul") != 0 || held("marie") != 0 {
		t.Errorf("ines is asked for %d, paul for %d, marie for %d", held("ines"), held("paul"), held("marie"))
	}
	wants := func(login string, id habilitation.ID, verdict, reason string, cause correspondence.Cause) {
		t.Helper()
		var refusal *correspondence.Refusal
		if err := h.As(login).DecideHeld(t.Context(), id, verdict, reason); !errors.As(err, &refusal) || refusal.Cause != cause {
			t.Errorf("%s decides: %v", login, err)
		}
	}
	wants("paul", one.ID, "approved", "", correspondence.NotMandated)
	wants("marie", one.ID, "approved", "", correspondence.NotMandated)
	wants("theo", one.ID, "approved", "", correspondence.Unknown)
	wants("ines", one.ID, "refused", " ", correspondence.Invalid)
	if err := errors.Join(h.As("ines").DecideHeld(t.Context(), one.ID, "approved", ""), h.As("ines").DecideHeld(t.Context(), other.ID, "refused", "trop tôt")); err != nil {
		t.Fatal(err)
	}
	wants("ines", one.ID, "refused", "non", correspondence.Conflict)
	eventually(t, "it is sent", func() bool { return steps(h, one.ID) == "sent" })
	if view := h.As("paul").Reads(other.ID); view.Outgoing[0].Step != "refused" || view.Outgoing[0].Why != "trop tôt" || view.Outgoing[0].By.Login != "ines" || box.of("b@example.org") != "" {
		t.Errorf("refused as %+v", view.Outgoing)
	}
	h.Reopen()
	if steps(h, one.ID) != "sent" || steps(h, other.ID) != "refused" {
		t.Errorf("after a restart %s, %s", steps(h, one.ID), steps(h, other.ID))
	}
}

func TestGateBlocksTheRelease(t *testing.T) {
	h := housetest.WithPeople(t)
	allow(h)
	form := letterTo("ok@example.org")
	form.Text = "À NE PAS DIFFUSER : le texte."
	var refusal *correspondence.Refusal
	if _, err := h.As("paul").Dispatch(t.Context(), habilitation.ID{}, form); !errors.As(err, &refusal) || len(refusal.Faults) != 1 || refusal.Faults[0].Key != "gate-blocked-word" || refusal.Faults[0].Args["word"] != "ne pas diffuser" ||
		refusal.Faults[0].Field != "external[0]" || refusal.Faults[0].Args["rule"] != "mention" {
		t.Errorf("blocked with %v", err)
	}
	form.External = nil
	if got := h.As("paul").Dispatches(form).Number; got != "CF BAMAKO 1" {
		t.Errorf("inside it is %s", got)
	}
}

// joined is a file in a form.
func joined(name, content string) correspondence.FormAttachment {
	return correspondence.FormAttachment{Name: name, Content: []byte(content)}
}

func TestGateLooksAtTheFiles(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(gate.RulesSet{Rules: []gate.Rule{{Name: "mention", Words: []string{"confidentiel"}, Outcome: gate.Block}, {Name: "archives", Files: []string{"archive"}, Outcome: gate.Block},
		{Name: "amis", Domains: []string{"ami.example"}, Outcome: gate.Allow}}, Reason: "essai"})
	asks := func(files ...correspondence.FormAttachment) ([]correspondence.OutgoingView, []correspondence.Fault) {
		t.Helper()
		form := letterTo("a@ami.example")
		form.Attachments = files
		sent, err := h.As("paul").Dispatch(t.Context(), habilitation.ID{}, form)
		var refusal *correspondence.Refusal
		if errors.As(err, &refusal) {
			return nil, refusal.Faults
		}
		if err != nil {
			t.Fatal(err)
		}
		return h.As("paul").Reads(sent.ID).Outgoing, nil
	}
	if _, faults := asks(joined("note.txt", "Document c o n f i d e n t i e l.\n")); len(faults) != 1 || faults[0].Key != "gate-blocked-word-in" || faults[0].Args["file"] != "note.txt" {
		t.Errorf("a text that says it: %+v", faults)
	}
	if _, faults := asks(joined("NoteConfidentielle.txt", "Rien.\n")); len(faults) != 1 || faults[0].Key != "gate-blocked-word" {
		t.Errorf("a name that says it: %+v", faults)
	}
	if out, _ := asks(joined("note.txt", "Rien.\n")); len(out) != 1 || out[0].Step != "waiting" || out[0].Rule != "amis" || out[0].Unread != nil || !out[0].NoRelay {
		t.Errorf("a text that does not: %+v", out)
	}
	long := strings.Repeat("Rien de rien. ", 80_000) + "Confidentiel.\n" // beyond what is kept of a file's words
	if out, _ := asks(joined("long.txt", long)); len(out) != 1 || out[0].Step != "held" || !slices.Equal(out[0].Unread, []string{"long.txt"}) {
		t.Errorf("a file of which only the beginning was read: %+v", out)
	}
	if out, _ := asks(joined("photo.png", picture(t))); len(out) != 1 || out[0].Step != "held" || out[0].Rule != "amis" || !slices.Equal(out[0].Unread, []string{"photo.png"}) || out[0].NoRelay {
		t.Errorf("a picture: %+v", out)
	}
	if _, faults := asks(joined("a.zip", zipped(t, "a.txt"))); len(faults) != 1 || faults[0].Key != "gate-blocked-file" || faults[0].Args["rule"] != "archives" {
		t.Errorf("an archive: %+v", faults)
	}
	h.Reopen()
	var unread []string
	for _, held := range h.Folds().Gate.At(gate.Held) {
		unread = append(unread, held.Lines[0].Unread...)
	}
	if slices.Sort(unread); !slices.Equal(unread, []string{"long.txt", "photo.png"}) {
		t.Errorf("after a restart %v are held as unread", unread)
	}
}

// picture is a PNG file.
func picture(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// zipped is an archive with an empty file.
func zipped(t *testing.T, name string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	_, err := w.Create(name)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPreviewSaysThatNothingLeavesWithoutARelay(t *testing.T) {
	h := housetest.WithPeople(t)
	if told := faultsOf(preview(t, h.As("paul"), letterTo("a@example.org")).Warnings); !slices.Equal(told, []string{"external no-relay"}) {
		t.Errorf("warned of %q", told)
	}
	if told := preview(t, h.As("paul"), letterTo()).Warnings; len(told) != 0 {
		t.Errorf("inside the house it warns of %v", told)
	}
}

func TestWhatCannotBeDeliveredComesBack(t *testing.T) {
	h := housetest.WithPeople(t)
	allow(h)
	postOf(t, h, &postbox{})
	sent := h.As("paul").Dispatches(letterTo("nobody@example.org"))
	eventually(t, "it fails", func() bool { return steps(h, sent.ID) == "undeliverable" })
	eventually(t, "it comes back", func() bool { return len(h.As("paul").Feed()) == 2 })
	notice := h.As("paul").Feed()[0]
	if !notice.Received || !notice.Unread || !strings.Contains(notice.Subject, "CF BAMAKO 1 → nobody@example.org") {
		t.Errorf("notice %+v", notice)
	}
	if view := h.As("paul").Reads(notice.ID); view.InReplyTo == nil || *view.InReplyTo.ID != sent.ID || !strings.Contains(view.Text, "550 No such user") {
		t.Errorf("read as %+v", view)
	}
	h.As("marie").ReadsNothingOf(notice.ID)
	h.VerifyAll()
}

func TestAdministratorsAloneSetTheGate(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Administrator}, Reason: "essai"})
	form := correspondence.GateForm{Reason: "essai", Rules: []correspondence.GateRuleForm{{Name: "sahel", Tags: []string{"sahel"}, Kinds: []string{"mail"}, Files: []string{"PDF", ".docx", "image/*"}, Outcome: "block"}}}
	var refusal *correspondence.Refusal
	if _, err := h.As("marie").SetGate(t.Context(), form); !errors.As(err, &refusal) || refusal.Cause != correspondence.NotMandated {
		t.Errorf("marie sets it: %v", err)
	}
	bad := correspondence.GateRuleForm{Outcome: "x", Tags: []string{"y"}, Words: []string{"***"}, Kinds: []string{"lettre"}, Files: []string{"films"}}
	if _, err := h.As("theo").SetGate(t.Context(), correspondence.GateForm{Rules: []correspondence.GateRuleForm{bad}}); !errors.As(err, &refusal) || len(refusal.Faults) != 7 {
		t.Errorf("faults: %v", err)
	}
	view, err := h.As("theo").SetGate(t.Context(), form)
	if err != nil || len(view.Rules) != 1 || view.Rules[0].Tags[0] != "sahel" || view.Rules[0].Kinds[0] != "mail" || !slices.Equal(view.Rules[0].Files, []string{"pdf", ".docx", "image/*"}) || view.Default != "second-person" {
		t.Errorf("set as %+v, %v", view, err)
	}
}
