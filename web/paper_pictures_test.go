package web

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// picture is a page as it is seen, one byte of grey for each point.
type picture struct {
	width, height int
	grey          []byte
}

// picturesOf draws a document, page by page.
func picturesOf(t *testing.T, document []byte) []picture {
	t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("PDFTOPPM IS NOT INSTALLED (poppler-utils): no page of paper was looked at")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "m.pdf")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("pdftoppm", "-gray", "-r", "72", path, filepath.Join(folder, "page")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	files, err := filepath.Glob(filepath.Join(folder, "page-*.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	var out []picture
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var p picture
		if _, err := fmt.Fscanf(bytes.NewReader(content), "P5\n%d %d\n255\n", &p.width, &p.height); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p.grey = content[len(content)-p.width*p.height:]
		out = append(out, p)
	}
	return out
}

// dark counts the dark points between two hundredths of the height.
func (p *picture) dark(from, to int) int {
	count := 0
	for _, grey := range p.grey[p.height*from/100*p.width : p.height*to/100*p.width] {
		if grey < 128 {
			count++
		}
	}
	return count
}

// looksPrinted expects something on every page between its margins, and its level as first and last line, in words and in ink.
func looksPrinted(t *testing.T, document []byte, levels ...string) (pages map[string]int) {
	t.Helper()
	texts, pictures := pagesOf(t, document), picturesOf(t, document)
	if len(texts) != len(pictures) {
		t.Fatalf("%d pages of text, %d of picture", len(texts), len(pictures))
	}
	pages = map[string]int{}
	for i, page := range pictures {
		lines := strings.Split(strings.TrimSpace(texts[i]), "\n")
		first, last := strings.TrimSpace(lines[0]), strings.TrimSpace(lines[len(lines)-1])
		if first != last || !strings.Contains(strings.Join(levels, "\n"), first) || first == "" {
			t.Errorf("page %d begins with %q and ends with %q", i+1, first, last)
		}
		pages[first]++
		if top, middle, bottom := page.dark(0, 8), page.dark(12, 88), page.dark(92, 100); top < 50 || middle < 200 || bottom < 50 {
			t.Errorf("page %d has %d, %d and %d dark points at its top, in its middle and at its bottom", i+1, top, middle, bottom)
		}
	}
	return pages
}

// TestEveryPageOfPaperIsSeenWithItsLevel: a restricted message of several pages, alone and in a dossier before one that is unprotected.
func TestEveryPageOfPaperIsSeenWithItsLevel(t *testing.T) {
	const restricted, open = "DIFFUSION RESTREINTE", "NON PROTÉGÉ"
	l := newLodge(t)
	ctx := t.Context()
	form := housetest.Telegram("bamako", "dam", habilitation.Restricted, "Berges")
	form.Text = strings.Repeat("La situation sur les berges du fleuve reste tendue ; la crue monte de dix centimètres par jour.\n\n", 90)
	long := l.As("paul").Dispatches(form)
	short := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", habilitation.Unprotected, "Forages"))
	d, err := l.As("marie").OpenDossier(ctx, correspondence.DossierForm{Title: "Eau", Owner: "dam", Level: "restricted"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []habilitation.ID{long.ID, short.ID} {
		if _, err := l.As("marie").AddToDossier(ctx, d.ID, id.String()); err != nil {
			t.Fatal(err)
		}
	}
	marie := l.visit("marie", habilitation.Restricted)
	sheet := looksPrinted(t, marie.get("/api/v1/messages/"+long.ID.String()+"/sheet.pdf?lang=fr").wants(200).body, restricted)
	if sheet[restricted] < 3 {
		t.Errorf("the sheet has %d pages, want several", sheet[restricted])
	}
	dossier := looksPrinted(t, marie.get("/api/v1/dossiers/"+d.ID.String()+"/export.pdf?lang=fr").wants(200).body, restricted, open)
	if dossier[open] != 1 || dossier[restricted] != sheet[restricted]+1 {
		t.Errorf("the dossier has %v pages by level, the sheet %v", dossier, sheet)
	}
}
