package correspondence_test

import (
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestAFileIsSentIntoADossier: in two pieces, looked at, and only then one of the dossier's; nobody else sees it on its way.
func TestAFileIsSentIntoADossier(t *testing.T) {
	h := housetest.WithPeople(t)
	ctx, marie, karim := t.Context(), h.As("marie"), h.As("karim")
	opened, err := marie.OpenDossier(ctx, correspondence.DossierForm{Title: "Crue du fleuve", Owner: "dam", Level: "restricted", Members: []string{"bamako"}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(desk *housetest.Reader, form correspondence.UploadForm, content string) correspondence.UploadView {
		t.Helper()
		form.Size = int64(len(content))
		view, err := desk.BeginUpload(ctx, opened.ID, form)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := desk.ReceiveUpload(ctx, opened.ID, view.ID, 0, strings.NewReader(content[:3])); err != nil {
			t.Fatal(err)
		}
		_, err = karim.Upload(ctx, opened.ID, view.ID)
		wantRefusal(t, correspondence.Unknown)(err)
		if _, err := desk.ReceiveUpload(ctx, opened.ID, view.ID, 3, strings.NewReader(content[3:])); err != nil {
			t.Fatal(err)
		}
		view, err = desk.AwaitUpload(ctx, opened.ID, view.ID)
		if err != nil {
			t.Fatal(err)
		}
		return view
	}
	if view := send(marie, correspondence.UploadForm{Name: "relevé.csv", Level: "unprotected"}, "a;b\n1;2\n"); view.State != correspondence.UploadJoined {
		t.Errorf("a good file is %+v", view)
	}
	if view := send(marie, correspondence.UploadForm{Name: "virus.exe"}, "MZ\x90\x00 et le reste"); view.State != correspondence.UploadRefused || view.Fault == nil {
		t.Errorf("a program is %+v", view)
	}
	if others, err := karim.Uploads(ctx, opened.ID); err != nil || len(others) != 0 {
		t.Errorf("karim is told of %+v, %v", others, err)
	}
	page, err := karim.Dossier(ctx, opened.ID, correspondence.DossierQuery{})
	if err != nil || len(page.FileItems) != 1 || page.FileItems[0].Name != "relevé.csv" || page.FileItems[0].Level != habilitation.Unprotected || page.FileItems[0].By.Login != "marie" {
		t.Fatalf("the dossier holds %+v, %v", page.FileItems, err)
	}
	_, err = h.As("paul").BeginUpload(ctx, opened.ID, correspondence.UploadForm{Name: "a.txt", Size: 1})
	wantRefusal(t, correspondence.NotMandated)(err)
	_, err = h.As("ines").BeginUpload(ctx, opened.ID, correspondence.UploadForm{Name: "a.txt", Size: 1})
	wantRefusal(t, correspondence.Unknown)(err)
}

// TestADossierClosedMeanwhileTakesNoFile, and says so; nor does one whose level is below the file's.
func TestADossierClosedMeanwhileTakesNoFile(t *testing.T) {
	h := housetest.WithPeople(t)
	ctx, marie := t.Context(), h.As("marie")
	opened, err := marie.OpenDossier(ctx, correspondence.DossierForm{Title: "Crue du fleuve", Owner: "dam", Level: "unprotected"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = marie.BeginUpload(ctx, opened.ID, correspondence.UploadForm{Name: "TD DAM DR 3.txt", Size: 0, Level: "restricted"})
	wantFaults(t, err, "size file-empty", "level above-dossier")
	begun, err := marie.BeginUpload(ctx, opened.ID, correspondence.UploadForm{Name: "a.txt", Size: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := marie.CloseDossier(ctx, opened.ID, "décrue"); err != nil {
		t.Fatal(err)
	}
	if _, err := marie.ReceiveUpload(ctx, opened.ID, begun.ID, 0, strings.NewReader("Bonjour")); err != nil {
		t.Fatal(err)
	}
	view, err := marie.AwaitUpload(ctx, opened.ID, begun.ID)
	if err != nil || view.State != correspondence.UploadRefused || view.Fault.Key != "file-dossier-shut" {
		t.Errorf("%+v, %v", view, err)
	}
	_, err = marie.BeginUpload(ctx, opened.ID, correspondence.UploadForm{Name: "b.txt", Size: 1})
	wantRefusal(t, correspondence.Conflict)(err)
}

func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	refusal, ok := err.(*correspondence.Refusal) //nolint:errorlint // made by the desk, never wrapped
	if !ok {
		t.Fatalf("not refused: %v", err)
	}
	var got []string
	for _, fault := range refusal.Faults {
		got = append(got, fault.Field+" "+fault.Key)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("faults %q, want %q", got, want)
	}
}
