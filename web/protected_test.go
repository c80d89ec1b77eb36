package web

import (
	"os/exec"
	"slices"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestNoRestrictedMessageLeavesAsAFile joins what the house itself hands out of a restricted telegram to an unprotected draft and to an unprotected
// dossier, under names that tell nothing: each is refused for what it says.
func TestNoRestrictedMessageLeavesAsAFile(t *testing.T) {
	l := newLodge(t)
	secret := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Plan d’évacuation")
	sent := l.As("paul").Dispatches(secret)
	marie := l.visit("marie", 2)
	message := "/api/v1/messages/" + sent.ID.String()
	files := map[string][]byte{"copie.eml": marie.get(message + "/original").wants(200).body, "courriel.eml": marie.get(message + "/smime").wants(200).body,
		"extrait.txt": []byte("Le poste écrit (TD\u00a0BAMAKO DR\u00a01) que tout va bien."), "page.txt": []byte("DIFFUSION RESTREINTE – SPÉCIAL FRANCE\nTout va bien.\n")}
	if _, err := exec.LookPath("pdftotext"); err == nil {
		files["fiche.pdf"] = marie.get(message + "/sheet.pdf").wants(200).body
	} else {
		t.Log("NOT CHECKED: the sheet, because pdftotext is not installed")
	}
	dossier, err := l.As("marie").OpenDossier(t.Context(), correspondence.DossierForm{Title: "Divers", Owner: "dam", Level: "unprotected"})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		form := housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Divers")
		form.Attachments = []correspondence.FormAttachment{{Name: name, Content: content}}
		faults := l.As("marie").Writes(form).Faults
		for range 5 { // a machine with much to do may not read a PDF in time
			if len(faults) > 0 || name != "fiche.pdf" {
				break
			}
			faults = l.As("marie").Writes(form).Faults
		}
		if !slices.ContainsFunc(faults, func(f correspondence.Fault) bool {
			return f.Field == "attachments[0].content" && (f.Key == "file-bears-marking" || f.Key == "file-restricted-number")
		}) {
			t.Errorf("%s in an unprotected draft: %+v", name, faults)
		}
		if _, err := l.As("marie").AddFile(t.Context(), dossier.ID, correspondence.FormAttachment{Name: name, Content: content}); err == nil {
			t.Errorf("%s stands in an unprotected dossier", name)
		}
		form.Level, form.Attachments[0].Level = "restricted", "restricted"
		if faults := l.As("marie").Writes(form).Faults; len(faults) > 0 {
			t.Errorf("%s as a restricted file of a restricted draft: %+v", name, faults)
		}
	}
	prose := housetest.Telegram("dam", "bamako", habilitation.Unprotected, "Règlement")
	prose.Text = "La diffusion restreinte est une mention de protection.\n\nDiffusion restreinte aux services : ce n’est pas elle."
	if faults := l.As("marie").Writes(prose).Faults; len(faults) > 0 {
		t.Errorf("prose about the mention: %+v", faults)
	}
	prose.Text = "Pour mémoire.\n\nDIFFUSION RESTREINTE\n\nTD d’hier"
	if faults := l.As("marie").Writes(prose).Faults; len(faults) != 1 || faults[0].Key != "bears-marking" || faults[0].Field != "text" {
		t.Errorf("a pasted telegram: %+v", faults)
	}
}
