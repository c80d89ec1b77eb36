package web

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// unpacked writes an archive's files into a folder and lists their names in order.
func unpacked(t *testing.T, content []byte) (folder string, names []string) {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	for _, file := range reader.File {
		names = append(names, file.Name)
		if !filepath.IsLocal(file.Name) {
			t.Fatalf("%q leads out of the folder", file.Name)
		}
		path := filepath.Join(folder, file.Name)
		from, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, names
}

// run runs a program in a folder.
func run(t *testing.T, folder, name string, arguments ...string) error {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: the export was not checked by a stranger", name)
	}
	shell := exec.Command(name, arguments...)
	shell.Dir = folder
	if said, err := shell.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// verifies expects the recipe of the export's own text to hold in a folder.
func verifies(t *testing.T, l *lodge, folder, certificates string) {
	t.Helper()
	at := fmt.Sprint(l.Clock.Now().Unix())
	for _, recipe := range [][]string{
		{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "m.p7s", "-content", "m.eml", "-CAfile", certificates, "-out", os.DevNull, "-attime", at},
		{"ts", "-verify", "-token_in", "-in", "m.tst", "-data", "m.timestamped", "-CAfile", certificates, "-attime", at},
	} {
		if err := run(t, folder, "openssl", recipe...); err != nil {
			t.Errorf("%s: %v", recipe[0], err)
		}
	}
}

// TestAnExportedMessageProvesItself: what an archive holds is summed, verifies with the tools of a stranger, and is the same the second time.
func TestAnExportedMessageProvesItself(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Relevé")
	form.Attachments = []correspondence.FormAttachment{{Name: "relevé d’été.csv", Content: []byte("a;b\n")}, {Name: "..a b.txt", Content: []byte("b")}}
	m := l.As("paul").Dispatches(form)
	marie := l.visit("marie", habilitation.Restricted)
	path := "/api/v1/messages/" + m.ID.String() + "/export.zip"
	answer := marie.get(path + "?lang=fr").wants(200)
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, `filename="TD-BAMAKO-DR-1.zip"`) {
		t.Errorf("named %s", got)
	}
	folder, names := unpacked(t, answer.body)
	want := []string{"m.eml", "m.p7s", "m.tst", "m.timestamped", "m.proof.txt", "fiche.pdf", "pieces/1-DR-relevé-d’été.csv", "pieces/2-DR-a-b.txt", "ca.pem", "keys.txt", "LISEZMOI.txt", "SHA512SUMS"}
	if !slices.Equal(names, want) {
		t.Errorf("holds %q, want %q", names, want)
	}
	if err := run(t, folder, "sha512sum", "--strict", "-c", "SHA512SUMS"); err != nil {
		t.Error(err)
	}
	verifies(t, l, folder, "ca.pem")
	if again := marie.get(path + "?lang=fr").wants(200); !bytes.Equal(again.body, answer.body) {
		t.Error("the same export has other bytes the second time")
	}
	if err := os.WriteFile(filepath.Join(folder, "m.eml"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if run(t, folder, "sha512sum", "--strict", "-c", "SHA512SUMS") == nil {
		t.Error("the sums hold over another original")
	}
	l.visit("lea", habilitation.Restricted).get(path).wants(404)
}

// TestWhatIsFetchedOfARestrictedMessageSaysSoInItsName: number and mention stand in the name of every file about it.
func TestWhatIsFetchedOfARestrictedMessageSaysSoInItsName(t *testing.T) {
	l := newLodge(t)
	file := []correspondence.FormAttachment{{Name: "plan.txt", Content: []byte("b")}}
	restricted, open := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Relevé"), housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Relevé")
	restricted.Attachments, open.Attachments = file, file
	marie := l.visit("marie", habilitation.Restricted)
	for form, names := range map[*correspondence.Form][2]string{&restricted: {"TD-BAMAKO-DR-1", "TD-BAMAKO-DR-1-plan.txt"}, &open: {"TD-BAMAKO-1", "plan.txt"}} {
		path := "/api/v1/messages/" + l.As("paul").Dispatches(*form).ID.String()
		for piece, want := range map[string]string{"original": names[0] + ".eml", "signature": names[0] + ".p7s", "timestamp": names[0] + ".tst",
			"timestamped": names[0] + ".timestamped", "proof": names[0] + ".proof.txt", "attachments/0": names[1], "sheet.pdf": names[0] + ".pdf", "smime": names[0] + ".smime.eml"} {
			if got := marie.get(path + "/" + piece).wants(200).Header.Get("Content-Disposition"); !strings.Contains(got, `filename="`+want+`"`) {
				t.Errorf("%s is named %s, want %s", piece, got, want)
			}
		}
	}
}

// TestAnExportedDossierHoldsWhatItsReaderSees: every message is opened for the reader, and recorded; what they may not see is not there.
func TestAnExportedDossierHoldsWhatItsReaderSees(t *testing.T) {
	l, ids := furnished(t)
	ctx := t.Context()
	d, err := l.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Crue", Owner: "dam", Level: "unprotected"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{ids["open"], ids["closed"]} {
		l.Clock.Advance(time.Minute)
		if _, err := l.As("marie").AddToDossier(ctx, d.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.As("marie").AddNote(ctx, d.ID, correspondence.NoteForm{Text: "Voir « la météo »."}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.As("marie").AddFile(ctx, d.ID, correspondence.FormAttachment{Name: "a.txt", Content: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/dossiers/" + d.ID.String() + "/export"
	recorded := func() uint64 {
		head, err := l.Chancery.Readings.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(head.Seq)
	}
	before := recorded()
	full := l.visit("marie", habilitation.Restricted).get(path + ".zip?lang=fr").wants(200)
	if got := recorded() - before; got != 1 {
		t.Errorf("%d readings recorded for one restricted message, want 1", got)
	}
	folder, names := unpacked(t, full.body)
	for _, want := range []string{"dossier.json", "notes/0001.txt", "pieces/0001-a.txt", "messages/0001-TD-BAMAKO-DR-1/m.eml", "messages/0002-TD-BAMAKO-1/m.p7s", "messages/0002-TD-BAMAKO-1/fiche.pdf", "LISEZMOI.txt"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in %q", want, names)
		}
	}
	if err := run(t, folder, "sha512sum", "--strict", "-c", "SHA512SUMS"); err != nil {
		t.Error(err)
	}
	verifies(t, l, filepath.Join(folder, "messages/0001-TD-BAMAKO-DR-1"), "../../ca.pem")

	lea := l.visit("lea", habilitation.Restricted)
	_, names = unpacked(t, lea.get(path+".zip?lang=fr").wants(200).body)
	if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "DR") }) || !slices.Contains(names, "messages/0001-TD-BAMAKO-1/m.eml") {
		t.Errorf("lea is handed %q", names)
	}
	pages := pagesOf(t, l.visit("marie", habilitation.Restricted).get(path+".pdf?lang=fr").wants(200).body)
	for i, want := range []string{"Voir « la météo ».", "Position de la délégation", "Crue du fleuve"} {
		stamp := []string{"DIFFUSION RESTREINTE", "DIFFUSION RESTREINTE", "NON PROTÉGÉ"}[i]
		if i >= len(pages) || !strings.Contains(pages[i], want) || strings.Count(pages[i], stamp) < 2 {
			t.Errorf("page %d of %d does not hold %q under %s:\n%s", i+1, len(pages), want, stamp, pages)
		}
	}
	if all := strings.Join(pagesOf(t, lea.get(path+".pdf").wants(200).body), ""); strings.Contains(all, "Position") || strings.Contains(all, "RESTREINTE") {
		t.Errorf("lea reads %s", all)
	}
}

// TestExportsSayWhatCorrectsAMessage in their words and in the description of a dossier, for whoever may read the correction.
func TestExportsSayWhatCorrectsAMessage(t *testing.T) {
	l := newLodge(t)
	ctx := t.Context()
	m := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Forages"))
	d, err := l.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Eau", Owner: "dam", Level: "unprotected"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.As("marie").AddToDossier(ctx, d.ID, m.ID.String()); err != nil {
		t.Fatal(err)
	}
	correct := func(level habilitation.Level, id habilitation.ID, how string) habilitation.ID {
		form := housetest.Telegram("bamako", "dam", level, "Correction")
		form.Corrects = &correspondence.FormCorrection{Message: id.String(), How: how}
		return l.As("paul").Dispatches(form).ID
	}
	cancelling := correct(habilitation.Unprotected, m.ID, "cancels")
	correct(habilitation.Restricted, cancelling, "raises")
	for login, told := range map[string]bool{"marie": true, "lea": false} {
		reader := l.visit(login, habilitation.Restricted)
		alone, _ := unpacked(t, reader.get("/api/v1/messages/"+m.ID.String()+"/export.zip?lang=fr").wants(200).body)
		among, _ := unpacked(t, reader.get("/api/v1/dossiers/"+d.ID.String()+"/export.zip?lang=fr").wants(200).body)
		for path, want := range map[string]string{
			filepath.Join(alone, "LISEZMOI.txt"): "non protégé\nAnnulé par TD BAMAKO 2, 2 mars 2026\n\n", filepath.Join(among, "LISEZMOI.txt"): "non protégé\nTD BAMAKO 1 – Annulé par TD BAMAKO 2, 2 mars 2026\n\n",
			filepath.Join(among, "dossier.json"): `"banners":[{"how":"cancels","id":"` + cancelling.String() + `","number":"TD BAMAKO 2"`,
		} {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), want) != told || !told && strings.Contains(string(content), "BAMAKO 2") {
				t.Errorf("%s reads in %s, want %q: %v\n%.300s", login, filepath.Base(path), want, told, content)
			}
		}
	}
}

// TestExportsSayThatAMessageIsNoLongerActedUpon, alone and in a dossier.
func TestExportsSayThatAMessageIsNoLongerActedUpon(t *testing.T) {
	l := newLodge(t)
	form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Forages")
	form.ValidUntil = "2026-03-05T08:00:00Z"
	m := l.As("paul").Dispatches(form)
	d, err := l.As("marie").OpenDossier(t.Context(), correspondence.DossierForm{Title: "Eau", Owner: "dam", Level: "unprotected"})
	if err == nil {
		_, err = l.As("marie").AddToDossier(t.Context(), d.ID, m.ID.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range []bool{false, true} {
		marie := l.visit("marie", habilitation.Restricted)
		for path, want := range map[string]string{"/api/v1/messages/" + m.ID.String(): "non protégé\nN’est plus à exécuter", "/api/v1/dossiers/" + d.ID.String(): "TD BAMAKO 1 – N’est plus à exécuter"} {
			folder, _ := unpacked(t, marie.get(path+"/export.zip?lang=fr").wants(200).body)
			content, err := os.ReadFile(filepath.Join(folder, "LISEZMOI.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), want) != told {
				t.Errorf("%s says %q: %v, want %v\n%.400s", path, want, !told, told, content)
			}
		}
		l.Clock.Advance(7 * 24 * time.Hour)
	}
}

// TestExportsAreBounded: nobody runs many at once, a HEAD makes nothing, and one whose reader leaves is over.
func TestExportsAreBounded(t *testing.T) {
	l, ids := furnished(t)
	marie := l.visit("marie", habilitation.Restricted)
	path := "/api/v1/messages/" + ids["open"] + "/export.zip"
	if head := marie.send("HEAD", path, "", "").wants(200); len(head.body) != 0 || l.server.exports.all != 0 {
		t.Errorf("HEAD answers %d bytes and leaves %d exports", len(head.body), l.server.exports.all)
	}
	for range exportsEach {
		l.server.exports.enter("marie")
	}
	marie.get(path).wants(429)
	l.visit("karim", habilitation.Restricted).get(path).wants(200)
	for range exportsEach {
		l.server.exports.leave("marie")
	}
	marie.get(path).wants(200)
	if l.server.exports.all != 0 {
		t.Errorf("%d exports run on", l.server.exports.all)
	}
}
