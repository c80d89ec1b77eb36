package correspondence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/correspondence/inspection/inspectiontest"
	"chancery/habilitation"
)

// joining is a draft of paul's to which files are sent.
type joining struct {
	*housetest.House
	t     housetest.T
	ctx   context.Context
	desk  *housetest.Reader
	draft habilitation.ID
}

func newJoining(t *testing.T, h *housetest.House, level habilitation.Level) *joining {
	t.Helper()
	form := housetest.Telegram("bamako", "dam", level, "Avec une pièce")
	draft, err := h.As("paul").NewDraft(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	return &joining{House: h, t: t, ctx: t.Context(), desk: h.As("paul"), draft: draft.ID}
}

// send sends a file whole and waits for its verdict.
func (j *joining) send(name string, content []byte) correspondence.UploadView {
	j.t.Helper()
	view := j.begin(name, content)
	if _, err := j.desk.ReceiveUpload(j.ctx, j.draft, view.ID, 0, bytes.NewReader(content)); err != nil {
		j.t.Fatalf("send %s: %v", name, err)
	}
	return j.await(view.ID)
}

func (j *joining) begin(name string, content []byte) correspondence.UploadView {
	j.t.Helper()
	view, err := j.desk.BeginUpload(j.ctx, j.draft, correspondence.UploadForm{Name: name, Size: int64(len(content))})
	if err != nil {
		j.t.Fatalf("begin %s: %v", name, err)
	}
	return view
}

func (j *joining) await(id habilitation.ID) correspondence.UploadView {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(j.ctx, 20*time.Second)
	defer cancel()
	view, err := j.desk.AwaitUpload(ctx, j.draft, id)
	if err != nil {
		j.t.Fatalf("await: %v", err)
	}
	return view
}

// TestUploadBecomesAnAttachment: from the first byte to the search by the words of the file, over a broken connection and a restart.
func TestUploadBecomesAnAttachment(t *testing.T) {
	h := housetest.WithPeople(t)
	j := newJoining(t, h, habilitation.Unprotected)
	content := []byte("Le barrage de Sélingué retient " + strings.Repeat("beaucoup ", 2000) + "d'eau.")
	u := j.begin("../barrage.txt", content)
	left := io.MultiReader(bytes.NewReader(content[:1000]), broken{})
	if _, err := j.desk.ReceiveUpload(t.Context(), j.draft, u.ID, 0, left); err == nil {
		t.Fatal("a broken connection is no end")
	}
	h.Reopen()
	j.desk = h.As("paul")
	if u, err := j.desk.Upload(t.Context(), j.draft, u.ID); err != nil || u.Offset != 1000 || u.State != correspondence.UploadReceiving {
		t.Fatalf("after the restart: %+v, %v", u, err)
	}
	_, err := j.desk.ReceiveUpload(t.Context(), j.draft, u.ID, 500, bytes.NewReader(content[500:]))
	wantRefusal(t, correspondence.Conflict)(err)
	if _, err := j.desk.ReceiveUpload(t.Context(), j.draft, u.ID, 1000, bytes.NewReader(content[1000:])); err != nil {
		t.Fatal(err)
	}
	if u = j.await(u.ID); u.State != correspondence.UploadJoined {
		t.Fatalf("%+v", u)
	}
	draft, err := j.desk.Draft(t.Context(), j.draft)
	if err != nil || len(draft.Faults) > 0 || len(draft.Form.Attachments) != 1 || draft.Form.Attachments[0].SHA512 != u.File.SHA512 {
		t.Fatalf("%+v, %v", draft, err)
	}
	if _, err := j.desk.SaveDraft(t.Context(), j.draft, 1, housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Corrigé")); err != nil {
		t.Fatalf("what was joined changed the version under the writer: %v", err)
	}
	sent, err := j.desk.Release(t.Context(), j.draft, 0)
	if err != nil || len(sent.Files) != 1 || sent.Files[0].Name != "barrage.txt" || !sent.Files[0].Words || sent.Files[0].Looks {
		t.Fatalf("%+v, %v", sent.Files, err)
	}
	h.Settle()
	for range 2 { // the second time from an index made again without any parser
		found, err := h.As("marie").Search(t.Context(), correspondence.SearchQuery{Text: `"barrage de Selingue"`})
		if err != nil || found.Total != 1 || !slices.ContainsFunc(found.Items[0].Highlights, func(x correspondence.Highlight) bool { return x.Field == "attachments" }) {
			t.Fatalf("%+v, %v", found, err)
		}
		h.Shut()
		if err := inspectiontest.Forget(h.Folder); err != nil {
			t.Fatal(err)
		}
		h.Open()
		h.Settle()
	}
	_, words, err := h.As("marie").Made(t.Context(), sent.ID, 0, correspondence.MadeWords)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(words)
	if err := errors.Join(err, words.Close()); err != nil || string(text) != string(content) {
		t.Errorf("%.80s, %v", text, err)
	}
	_, _, err = h.As("lea").Made(t.Context(), sent.ID, 0, correspondence.MadeThumbnail)
	wantRefusal(t, correspondence.Unknown)(err)
	h.VerifyAll()
}

// TestFileOnItsWayIsNotLeftBehind: a draft whose files are not all there is neither submitted, signed nor released, and says which.
func TestFileOnItsWayIsNotLeftBehind(t *testing.T) {
	h := housetest.WithPeople(t)
	j := newJoining(t, h, habilitation.Unprotected)
	u := j.begin("carte.txt", []byte("à moitié"))
	draft, err := j.desk.Draft(t.Context(), j.draft)
	if err != nil || len(draft.Faults) != 1 || draft.Faults[0].Key != "file-awaited" || draft.Faults[0].Args["name"] != "carte.txt" {
		t.Fatalf("the draft has the faults %+v, %v", draft.Faults, err)
	}
	_, released := j.desk.Release(t.Context(), j.draft, 0)
	_, signed := j.desk.Sign(t.Context(), j.draft, 0, time.Minute, correspondence.AsReviewed)
	_, submitted := j.desk.Submit(t.Context(), j.draft, 0, correspondence.Submission{Steps: []correspondence.FormStep{agents("karim")}})
	for _, err := range []error{released, signed, submitted} {
		wantKey(t, err, correspondence.Invalid, "file-awaited")
	}
	if err := j.desk.DropUpload(t.Context(), j.draft, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := j.desk.Release(t.Context(), j.draft, 0); err != nil {
		t.Errorf("without the file that was let go: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection is gone") }

// TestBadUploads: every fault of an announcement at once, and a file that is not taken is told with its reason and is nowhere.
func TestBadUploads(t *testing.T) {
	h := housetest.WithPeople(t)
	j := newJoining(t, h, habilitation.Restricted)
	_, err := j.desk.BeginUpload(t.Context(), j.draft, correspondence.UploadForm{Name: "..", Size: 101 << 20, Level: "secret"})
	if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, []string{"name missing", "size file-too-large", "level unknown-choice"}) {
		t.Errorf("told %q", told)
	}
	if u := j.send("a.pdf", []byte("MZ\x90")); u.State != correspondence.UploadRefused || u.Fault.Key != "file-kind" {
		t.Errorf("%+v", u)
	}
	u, err := j.desk.BeginUpload(t.Context(), j.draft, correspondence.UploadForm{Name: "a.txt", Size: 3, SHA512: strings.Repeat("0", 128)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.desk.ReceiveUpload(t.Context(), j.draft, u.ID, 0, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	if u = j.await(u.ID); u.State != correspondence.UploadRefused || u.Fault.Key != "file-digest" {
		t.Errorf("%+v", u)
	}
	if draft, _ := j.desk.Draft(t.Context(), j.draft); len(draft.Form.Attachments) != 0 {
		t.Errorf("%+v", draft.Form.Attachments)
	}
	for _, desk := range []*housetest.Reader{h.As("marie"), h.At("paul", habilitation.ID{})} {
		_, err := desk.Upload(t.Context(), j.draft, u.ID)
		wantRefusal(t, correspondence.Unknown)(err)
		_, err = desk.BeginUpload(t.Context(), j.draft, correspondence.UploadForm{Name: "a.txt", Size: 3})
		wantRefusal(t, correspondence.Unknown)(err)
		_, err = desk.ReceiveUpload(t.Context(), j.draft, u.ID, 0, strings.NewReader("abc"))
		wantRefusal(t, correspondence.Unknown)(err)
	}
	if err := j.desk.DropUpload(t.Context(), j.draft, u.ID); err != nil {
		t.Error(err)
	}
}

// TestShareOfAnAgent: files that are in no message take room, also those of drafts that were thrown away, until they are let go.
func TestShareOfAnAgent(t *testing.T) {
	h := housetest.WithPeople(t)
	h.Rewire(func(c *correspondence.Config) { c.Uploads = correspondence.UploadLimits{File: 600, Agent: 1000} })
	j := newJoining(t, h, habilitation.Unprotected)
	first := j.send("a.txt", bytes.Repeat([]byte("a"), 600))
	full := func() {
		t.Helper()
		_, err := j.desk.BeginUpload(t.Context(), j.draft, correspondence.UploadForm{Name: "b.txt", Size: 500})
		if told := faultsOf(wantRefusal(t, correspondence.Invalid)(err).Faults); !slices.Equal(told, []string{"size files-full"}) {
			t.Fatalf("told %q", told)
		}
	}
	full()
	if err := j.desk.DiscardDraft(t.Context(), j.draft); err != nil {
		t.Fatal(err)
	}
	j = newJoining(t, h, habilitation.Unprotected)
	full()
	h.Clock.Advance(25 * time.Hour)
	j.desk = h.As("paul")
	if err := h.Chancery.TidyFiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u := j.send("b.txt", bytes.Repeat([]byte("b"), 500)); u.State != correspondence.UploadJoined {
		t.Fatalf("%+v", u)
	}
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Volé")
	form.Attachments = []correspondence.FormAttachment{*first.File}
	_, err := h.As("paul").Dispatch(t.Context(), habilitation.ID{}, form)
	wantRefusal(t, correspondence.Invalid)(err)
}

// TestTidyingKeepsWhatIsCited: neither a file of a message nor one of a draft goes, however old; what nobody cites does.
func TestTidyingKeepsWhatIsCited(t *testing.T) {
	h := housetest.WithPeople(t)
	sent, kept, gone := newJoining(t, h, np), newJoining(t, h, np), newJoining(t, h, np)
	for n, j := range []*joining{sent, kept, gone} {
		if u := j.send("a.txt", []byte(strings.Repeat("abc", n+1))); u.State != correspondence.UploadJoined {
			t.Fatalf("%+v", u)
		}
	}
	message, err := sent.desk.Release(t.Context(), sent.draft, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.desk.DiscardDraft(t.Context(), gone.draft); err != nil {
		t.Fatal(err)
	}
	before := inspectiontest.Objects(t, h.Folder)
	h.Clock.Advance(25 * time.Hour)
	for range 2 {
		if err := h.Chancery.TidyFiles(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after := inspectiontest.Objects(t, h.Folder); before-after != 1 { // file and words are the same bytes: one object
		t.Errorf("%d objects before, %d after", before, after)
	}
	if _, err := h.As("paul").Release(t.Context(), kept.draft, 0); err != nil {
		t.Errorf("the file of a draft is gone: %v", err)
	}
	_, file, err := h.As("marie").Attachment(t.Context(), message.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	h.VerifyAll()
}

// TestProgramsInRestrictedMessages: what works when it is opened stays out of a restricted message, and is told of in another.
func TestProgramsInRestrictedMessages(t *testing.T) {
	h := housetest.WithPeople(t)
	document := inspectiontest.WithMacros()
	for level, want := range map[habilitation.Level][]string{np: {}, dr: {"attachments[0].content active-content"}} {
		j := newJoining(t, h, level)
		u := j.send("plan.docm", document)
		if u.State != correspondence.UploadJoined || !slices.Contains(u.Warnings, correspondence.WarnMacros) {
			t.Fatalf("%+v", u)
		}
		draft, err := j.desk.Draft(t.Context(), j.draft)
		if err != nil || !slices.Equal(faultsOf(draft.Faults), want) {
			t.Errorf("level %s: told %q, want %q (%v)", level, faultsOf(draft.Faults), want, err)
		}
	}
}

// TestNothingIsHadBeforeItsVerdict is INV-13: whatever the order of sending, killing the scanner, asking again, restarting and releasing, a file
// is joined only after a verdict, and a file that the scanner finds is never had. CHANCERY_SOAK=1 plays 2,000 courses.
func TestNothingIsHadBeforeItsVerdict(t *testing.T) {
	clamd := inspectiontest.Start(t)
	h := housetest.WithPeople(t)
	h.Configure(assembly.Setting{Key: "scanner", Value: clamd.Address, Place: "test"})
	rounds := 6
	if os.Getenv("CHANCERY_SOAK") != "" {
		rounds = 2000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for round := range rounds {
		s := &sequence{joining: newJoining(t, h, np), clamd: clamd, rng: rand.New(rand.NewPCG(seed, uint64(round))), running: true, contents: map[habilitation.ID][]byte{}}
		for range 3 + s.rng.IntN(6) {
			s.step()
			s.nothingBad()
		}
		s.end()
	}
}

// sequence is one course of sending with the scanner coming and going.
type sequence struct {
	*joining
	clamd    *inspectiontest.Clamd
	rng      *rand.Rand
	running  bool
	contents map[habilitation.ID][]byte
}

func (s *sequence) step() {
	switch n := s.rng.IntN(8); {
	case n < 5:
		content := fmt.Appendf(nil, "clean %d", s.rng.Uint64())
		if s.rng.IntN(3) == 0 {
			content = inspectiontest.Eicar()
		}
		u := s.begin("a"+habilitation.NewID().String()+".txt", content)
		s.contents[u.ID] = content
		half := s.rng.IntN(len(content))
		for _, piece := range [][2]int{{0, half}, {half, len(content)}} {
			if _, err := s.desk.ReceiveUpload(s.ctx, s.draft, u.ID, int64(piece[0]), bytes.NewReader(content[piece[0]:piece[1]])); err != nil {
				s.t.Fatalf("send: %v", err)
			}
		}
	case n == 5 && s.running:
		s.clamd.Kill()
		s.running = false
	case n == 6 && !s.running:
		s.clamd.Resume()
		s.running = true
	case n == 7:
		s.Reopen()
		s.desk = s.As("paul")
	}
}

// end lets everything come to its verdict, releases, and reads what went out.
func (s *sequence) end() {
	if !s.running {
		s.clamd.Resume()
	}
	for id, content := range s.contents {
		u := s.await(id)
		for deadline := time.Now().Add(20 * time.Second); u.State == correspondence.UploadWaiting && time.Now().Before(deadline); u = s.await(id) {
			time.Sleep(5 * time.Millisecond)
		}
		want := correspondence.UploadJoined
		if bytes.Equal(content, inspectiontest.Eicar()) {
			want = correspondence.UploadRefused
		}
		if u.State != want {
			s.t.Fatalf("%q is %+v", content, u)
		}
	}
	s.nothingBad()
	sent, err := s.desk.Release(s.ctx, s.draft, 0)
	if err != nil {
		s.t.Fatalf("release: %v", err)
	}
	for n := range sent.Files {
		_, file, err := s.desk.Attachment(s.ctx, sent.ID, n)
		if err != nil {
			s.t.Fatalf("read: %v", err)
		}
		content, _ := io.ReadAll(file)
		if _ = file.Close(); bytes.Contains(content, inspectiontest.Eicar()) {
			s.t.Fatalf("what the scanner finds went out")
		}
	}
}

// nothingBad checks that whatever the draft has by now was clean.
func (s *sequence) nothingBad() {
	draft, err := s.desk.Draft(s.ctx, s.draft)
	if err != nil {
		s.t.Fatalf("read draft: %v", err)
	}
	all, err := s.desk.Uploads(s.ctx, s.draft)
	if err != nil {
		s.t.Fatalf("read uploads: %v", err)
	}
	joined := 0
	for _, u := range all {
		if u.State == correspondence.UploadJoined {
			joined++
			if bytes.Equal(s.contents[u.ID], inspectiontest.Eicar()) {
				s.t.Fatalf("what the scanner finds was joined: %+v", u)
			}
		}
	}
	if len(draft.Form.Attachments) > joined { // a verdict may come between the two readings
		s.t.Fatalf("%d attachments, %d joined", len(draft.Form.Attachments), joined)
	}
}
