package inspection_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/inspection"
	"chancery/habilitation"
)

// endless is a job of this test binary alone: a child that never ends.
const endless = "endless"

// TestMain turns the test binary into a child of the inspector.
func TestMain(m *testing.M) {
	if inspection.IsChild(os.Args) {
		if os.Getenv("HOME") != "" || os.Getenv("PATH") != "" {
			syscall.Exit(3) // a child has no environment
		}
		syscall.Exit(inspection.Child(os.Args[2:])) // os.Exit would wait a second for the race detector
	}
	if len(os.Args) > 1 && os.Args[1] == endless {
		for {
			time.Sleep(time.Hour)
		}
	}
	if len(os.Args) > 2 && os.Args[1] == liar {
		lie(os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func program() []string { return []string{os.Args[0], inspection.Subcommand} }

func open(t *testing.T, change func(*inspection.Config)) *inspection.Inspector {
	t.Helper()
	config := inspection.Config{Folder: filepath.Join(t.TempDir(), "quarantine"), Program: program(), Words: inspection.WithWords}
	if change != nil {
		change(&config)
	}
	i, err := inspection.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close() })
	return i
}

// seen is what an inspection found, with its pieces read.
type seen struct {
	*correspondence.Findings
	content, text, picture, thumbnail []byte
}

func inspect(t *testing.T, i *inspection.Inspector, name string, content []byte) seen {
	t.Helper()
	s, err := tryInspect(t, i, name, content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func tryInspect(t *testing.T, i *inspection.Inspector, name string, content []byte) (seen, error) {
	t.Helper()
	id := habilitation.NewID()
	if there, err := i.Receive(t.Context(), id, 0, int64(len(content)), bytes.NewReader(content)); err != nil || there != int64(len(content)) {
		t.Fatalf("receive %s: %d, %v", name, there, err)
	}
	found, err := i.Inspect(t.Context(), id, name)
	if err != nil {
		return seen{}, err
	}
	s := seen{Findings: found}
	for from, to := range map[io.Reader]*[]byte{found.Content: &s.content, found.Text: &s.text, found.Picture: &s.picture, found.Thumbnail: &s.thumbnail} {
		if from != nil {
			if *to, err = io.ReadAll(from); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(found.Close(), i.Drop(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	return s, nil
}

// packed makes an archive of names and contents, in pairs.
func packed(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		f, _ := w.Create(pairs[i])
		_, _ = io.WriteString(f, pairs[i+1])
	}
	_ = w.Close()
	return b.Bytes()
}

const contentTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`

func docx(text string, more ...string) []byte {
	return packed(append([]string{"[Content_Types].xml", contentTypes, "word/document.xml",
		`<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>` + text + `</w:t></w:r></w:p><w:p><w:r><w:t>Fin</w:t></w:r></w:p></w:body></w:document>`}, more...)...)
}

func odt(text string, more ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	_, _ = io.WriteString(f, "application/vnd.oasis.opendocument.text")
	for i, pairs := 0, append([]string{"content.xml", `<office:document-content><office:body><office:text><text:p>` + text + `</text:p></office:text></office:body></office:document-content>`}, more...); i+1 < len(pairs); i += 2 {
		f, _ := w.Create(pairs[i])
		_, _ = io.WriteString(f, pairs[i+1])
	}
	_ = w.Close()
	return b.Bytes()
}

// pdf is a document of one page, written by hand.
func pdf(text string) []byte { return pdfOf(1, text) }

// pdfOf has the text on each of its pages.
func pdfOf(pages int, text string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		b.WriteString(itoa(len(at)) + " 0 obj\n" + body + "\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	var kids strings.Builder
	for n := range pages {
		kids.WriteString(itoa(5+n) + " 0 R ")
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [" + kids.String() + "] /Count " + itoa(pages) + " >>")
	stream := "BT /F1 24 Tf 20 100 Td (" + text + ") Tj ET"
	object("<< /Length " + itoa(len(stream)) + " >>\nstream\n" + stream + "\nendstream")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>")
	}
	start, size := b.Len(), itoa(len(at)+1)
	b.WriteString("xref\n0 " + size + "\n0000000000 65535 f \n")
	for _, offset := range at {
		b.WriteString(strings.Repeat("0", 10-len(itoa(offset))) + itoa(offset) + " 00000 n \n")
	}
	b.WriteString("trailer << /Size " + size + " /Root 1 0 R >>\nstartxref\n" + itoa(start) + "\n%%EOF\n")
	return b.Bytes()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// photograph is a JPEG of 40 by 20 whose left half is red, with EXIF that says how it was held and where it was taken.
func photograph(orientation byte) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			c := color.RGBA{0, 0, 255, 255}
			if x < 20 {
				c = color.RGBA{255, 0, 0, 255}
			}
			picture.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture, nil)
	exif := append([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08"), 0, 2)
	exif = append(exif, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0)
	exif = append(exif, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0)
	exif = append(exif, "GPS 12.6392 N 8.0029 W appareil de Marie"...)
	segment := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return slices.Concat(b.Bytes()[:2], segment, exif, b.Bytes()[2:])
}

func TestGoodFilesAreTaken(t *testing.T) {
	i := open(t, nil)
	for name, c := range map[string]struct {
		content  []byte
		media    string
		words    string
		warnings []correspondence.Warning
	}{
		"note.txt":      {[]byte("Le fleuve\r\n\r\n\r\n\r\nmonte."), "text/plain", "Le fleuve\n\nmonte.", nil},
		"latin.txt":     {[]byte("d\xe9l\xe9gation"), "text/plain", "délégation", nil},
		"utf16.txt":     {[]byte("\xff\xfee\x00\xe9\x00"), "text/plain", "eé", nil},
		"lignes.csv":    {[]byte("pays;ville\nMali;Bamako\n"), "text/csv", "pays;ville\nMali;Bamako", nil},
		"page.html":     {[]byte("<html><script>x</script><p>Bonjour &amp; <b>bienvenue</b>"), "text/html", "Bonjour & \nbienvenue", nil},
		"dessin.svg":    {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "image/svg+xml", "", nil},
		"lettre.docx":   {docx("Position française"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Position française\nFin", nil},
		"lettre.odt":    {odt("Crue du<text:s/>fleuve"), "application/vnd.oasis.opendocument.text", "Crue du fleuve", nil},
		"macros.docm":   {docx("a", "word/vbaProject.bin", "x"), "application/vnd.ms-word.document.macroenabled.12", "a\nFin", []correspondence.Warning{correspondence.WarnMacros}},
		"ailleurs.docx": {docx("a", "word/_rels/settings.xml.rels", `<Relationships><Relationship Type="http://x/attachedTemplate" Target="http://evil.example/t" TargetMode="External"/></Relationships>`), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a\nFin", []correspondence.Warning{correspondence.WarnExternal}},
		"lien.docx":     {docx("a", "word/_rels/document.xml.rels", `<Relationships><Relationship Type="http://x/hyperlink" Target="http://good.example/" TargetMode="External"/></Relationships>`), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a\nFin", nil},
		"objet.docx":    {docx("a", "word/embeddings/oleObject1.bin", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a\nFin", []correspondence.Warning{correspondence.WarnEmbedded}},
		"feuille.xlsx":  {packed("[Content_Types].xml", contentTypes, "xl/workbook.xml", "<a/>", "xl/sharedStrings.xml", "<sst><si><t>Niger</t></si><si><t>Segou</t></si></sst>"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Niger\nSegou", nil},
		"planches.pptx": {packed("[Content_Types].xml", contentTypes, "ppt/presentation.xml", "<a/>", "ppt/slides/slide10.xml", "<a:p><a:t>dix</a:t></a:p>", "ppt/slides/slide2.xml", "<a:p><a:t>deux</a:t></a:p>"), "application/vnd.openxmlformats-officedocument.presentationml.presentation", "deux\n\ndix", nil},
		"dossier.zip":   {packed("a.txt", "a", "b/c.txt", "c", "d.zip", string(packed("e.txt", "e"))), "application/zip", "", nil},
		"ancien.doc":    {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2000)...), "application/msword", "", nil},
		"ancien.xls":    {slices.Concat([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 70_000), []byte("_\x00V\x00B\x00A\x00_\x00P\x00R\x00O\x00J\x00E\x00C\x00T\x00")), "application/vnd.ms-excel", "", []correspondence.Warning{correspondence.WarnMacros}},
	} {
		t.Run(name, func(t *testing.T) {
			s := inspect(t, i, name, c.content)
			if s.Refused != "" || s.Media != c.media || string(s.text) != c.words || !slices.Equal(s.Warnings, c.warnings) || !bytes.Equal(s.content, c.content) {
				t.Errorf("refused %q (%s), media %s, words %q, warnings %v, same bytes %v", s.Refused, s.Detail, s.Media, s.text, s.Warnings, bytes.Equal(s.content, c.content))
			}
		})
	}
}

func TestPDF(t *testing.T) {
	for _, name := range []string{"pdftotext", "pdftoppm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("NOT CHECKED: %s is not installed, so that words and looks of PDF files are not taken (Debian: poppler-utils)", name)
		}
	}
	content := pdf("Note verbale")
	s := inspect(t, open(t, nil), "note.pdf", content)
	if s.Refused != "" || string(s.text) != "Note verbale" || !bytes.Equal(s.content, content) {
		t.Fatalf("refused %q, words %q, warnings %v", s.Refused, s.text, s.Warnings)
	}
	for side, picture := range map[int][]byte{1200: s.picture, 240: s.thumbnail} {
		config, err := jpeg.DecodeConfig(bytes.NewReader(picture))
		if err != nil || max(config.Width, config.Height) != side {
			t.Errorf("looks of %d: %+v, %v", side, config, err)
		}
	}
	for pages, want := range map[int][]correspondence.Warning{1000: nil, 1001: {correspondence.WarnCut}} {
		if s := inspect(t, open(t, nil), "pages.pdf", pdfOf(pages, "Note verbale")); s.Refused != "" || !slices.Equal(s.Warnings, want) || bytes.Count(s.text, []byte("Note verbale")) < 1000 {
			t.Errorf("%d pages: refused %q, warnings %v, %d bytes of words", pages, s.Refused, s.Warnings, len(s.text))
		}
	}
	broken := inspect(t, open(t, nil), "rien.pdf", []byte("%PDF-1.4\nnothing"))
	if broken.Refused != "" || !slices.Equal(broken.Warnings, []correspondence.Warning{correspondence.WarnUnread}) {
		t.Errorf("broken PDF: refused %q, warnings %v", broken.Refused, broken.Warnings)
	}
	if s := inspect(t, open(t, func(c *inspection.Config) { c.Words = inspection.WithoutWords }), "note.pdf", content); s.text != nil || s.picture != nil {
		t.Error("words were taken though they were not to be")
	}
}

// TestMoreWordsThanAreKeptAreSaid: whoever goes by the words of a file learns that they are not all there.
func TestMoreWordsThanAreKeptAreSaid(t *testing.T) {
	i, cut := open(t, nil), []correspondence.Warning{correspondence.WarnCut}
	var words strings.Builder // one mebibyte with its last space, which is not kept
	for n := range 1 << 16 {
		fmt.Fprintf(&words, "%07d lettres ", n)
	}
	full := words.String()
	for name, content := range map[string][]byte{
		"plein.txt": []byte(full), "long.txt": []byte(full + "Fin."), "long.html": []byte("<p>" + full + "<p>Fin."),
		"long.docx": docx(full + "Fin."), "large.html": []byte("<p>Début." + strings.Repeat("<br>", 3<<20) + "Fin."),
	} {
		want := cut
		if name == "plein.txt" {
			want = nil
		}
		if s := inspect(t, i, name, content); s.Refused != "" || !slices.Equal(s.Warnings, want) || bytes.Contains(s.text, []byte("Fin.")) {
			t.Errorf("%s: refused %q, warnings %v, %d bytes of words", name, s.Refused, s.Warnings, len(s.text))
		}
	}
}

// TestPicturesAreDrawnAnew: a photograph comes out upright, without a byte of what the camera wrote.
func TestPicturesAreDrawnAnew(t *testing.T) {
	i := open(t, nil)
	for orientation, first := range map[byte]struct {
		width, height int
		red           bool // upper left corner
	}{1: {40, 20, true}, 2: {40, 20, false}, 3: {40, 20, false}, 4: {40, 20, true}, 5: {20, 40, true}, 6: {20, 40, true}, 7: {20, 40, false}, 8: {20, 40, false}} {
		before := photograph(orientation)
		s := inspect(t, i, "photo.JPG", before)
		if s.Refused != "" || !slices.Equal(s.Warnings, []correspondence.Warning{correspondence.WarnStripped, correspondence.WarnPlace}) {
			t.Fatalf("refused %q, warnings %v", s.Refused, s.Warnings)
		}
		for _, piece := range [][]byte{s.content, s.picture, s.thumbnail} {
			if bytes.Contains(piece, []byte("Exif")) || bytes.Contains(piece, []byte("GPS")) || bytes.Contains(piece, []byte("Marie")) {
				t.Error("the camera's words are still there")
			}
		}
		picture, err := jpeg.Decode(bytes.NewReader(s.content))
		if err != nil {
			t.Fatal(err)
		}
		r, _, b, _ := picture.At(2, 2).RGBA()
		if picture.Bounds().Dx() != first.width || picture.Bounds().Dy() != first.height || (r > b) != first.red {
			t.Errorf("orientation %d: %v, red corner %v", orientation, picture.Bounds(), r > b)
		}
	}
	if !bytes.Contains(photograph(1), []byte("GPS")) {
		t.Error("nothing to strip: the test proves nothing")
	}
}

func TestPNGAndGIF(t *testing.T) {
	i := open(t, nil)
	var plain bytes.Buffer
	_ = png.Encode(&plain, image.NewGray(image.Rect(0, 0, 2000, 10)))
	said := []byte("Comment\x00Bamako, rue 12")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(said)))
	chunk = append(append(chunk, "tEXt"...), said...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	talking := slices.Concat(plain.Bytes()[:33], chunk, plain.Bytes()[33:], []byte("trailer with words"))
	s := inspect(t, i, "plan.png", talking)
	if s.Refused != "" || bytes.Contains(s.content, []byte("rue 12")) || bytes.Contains(s.content, []byte("trailer")) || !slices.Contains(s.Warnings, correspondence.WarnStripped) {
		t.Errorf("refused %q, warnings %v", s.Refused, s.Warnings)
	}
	if config, err := jpeg.DecodeConfig(bytes.NewReader(s.picture)); err != nil || config.Width != 1200 || config.Height != 6 {
		t.Errorf("small copy: %+v, %v", config, err)
	}
	frame := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	var moving bytes.Buffer
	_ = gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}})
	hidden := append(moving.Bytes()[:moving.Len()-1], "\x21\xfe\x08<script>\x00\x3b<script>alert(1)</script>"...)
	s = inspect(t, i, "a.gif", hidden)
	if s.Refused != "" || bytes.Contains(s.content, []byte("script")) {
		t.Errorf("refused %q", s.Refused)
	}
}

// TestBadFilesAreRefused is the corpus of what must never reach anybody.
func TestBadFilesAreRefused(t *testing.T) {
	i := open(t, nil)
	zeros := strings.Repeat("\x00", 5<<20)
	nested := packed("a.txt", "a")
	for range 4 {
		nested = packed("inner.zip", string(nested))
	}
	var many bytes.Buffer
	w := zip.NewWriter(&many)
	for n := range 1001 {
		_, _ = w.CreateHeader(&zip.FileHeader{Name: "f" + itoa(n)})
	}
	_ = w.Close()
	var linked bytes.Buffer
	w = zip.NewWriter(&linked)
	header := &zip.FileHeader{Name: "link"}
	header.SetMode(os.ModeSymlink | 0o777)
	f, _ := w.CreateHeader(header)
	_, _ = io.WriteString(f, "/etc/passwd")
	_ = w.Close()
	doubled := packed("a.txt", "a", "A.TXT", "b")
	encrypted := packed("a.txt", "a")
	setFlag(encrypted, 1)
	var little bytes.Buffer
	_ = png.Encode(&little, image.NewGray(image.Rect(0, 0, 4, 4)))
	announces := func(width, height uint32) []byte {
		b := bytes.Clone(little.Bytes())
		binary.BigEndian.PutUint32(b[16:], width)
		binary.BigEndian.PutUint32(b[20:], height)
		binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
		return b
	}
	lies := packed("a.txt", strings.Repeat("a", 1000))
	lies = bytes.Replace(lies, le32(1000), le32(10), -1)
	var quine bytes.Buffer // an archive that holds more archives than may be nested, each the same
	quine.Write(nested)
	for name, c := range map[string]struct {
		name    string
		content []byte
		refused string
	}{
		"empty":                      {"a.txt", nil, "kind"},
		"program":                    {"a.exe", []byte("MZ\x90\x00"), "kind"},
		"program called text":        {"a.txt", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), "kind"},
		"program called picture":     {"a.png", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), "kind"},
		"page called picture":        {"a.jpg", []byte("<html><script>alert(1)</script>"), "kind"},
		"picture called page":        {"a.html", photograph(1), "kind"},
		"PDF called text":            {"a.txt", pdf("x"), "kind"},
		"double extension":           {"a.pdf.exe", pdf("x"), "kind"},
		"no extension":               {"rapport", pdf("x"), "kind"},
		"shell script":               {"a.sh", []byte("#!/bin/sh\nrm -rf /"), "kind"},
		"binary called text":         {"a.txt", []byte{0, 1, 2, 3, 4, 5}, "kind"},
		"tape archive":               {"a.tar", []byte("x"), "kind"},
		"other archive":              {"a.zip", []byte("7z\xbc\xaf\x27\x1c\x00\x04"), "kind"},
		"webp":                       {"a.webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "kind"},
		"broken picture":             {"a.jpg", photograph(1)[:200], "not-a-picture"},
		"picture of too many pixels": {"a.png", announces(7000, 6000), "picture-too-large"},
		"picture that announces":     {"a.png", announces(60_000, 60_000), "picture-too-large"},
		"archive not word":           {"a.docx", packed("a.txt", "a"), "archive-inside"},
		"sheet called word":          {"a.docx", packed("[Content_Types].xml", contentTypes, "xl/workbook.xml", "<a/>"), "archive-inside"},
		"text called slides":         {"a.odp", odt("a"), "archive-inside"},
		"truncated archive":          {"a.zip", packed("a.txt", "a")[:40], "archive-broken"},
		"zeros":                      {"a.zip", packed("zeros", zeros), "archive-bomb"},
		"zeros in a document":        {"a.docx", docx("a", "word/media/a.png", zeros), "archive-bomb"},
		"zeros in an archive inside": {"a.zip", packed("a.zip", string(packed("zeros", zeros))), "archive-bomb"},
		"nested too deep":            {"a.zip", nested, "archive-too-deep"},
		"nested in a document":       {"a.odt", odt("a", "b.zip", quine.String()), "archive-too-deep"},
		"too many entries":           {"a.zip", many.Bytes(), "archive-too-many"},
		"million entries":            {"a.zip", million(), "archive-too-many"},
		"link":                       {"a.zip", linked.Bytes(), "archive-link"},
		"one name twice":             {"a.zip", doubled, "archive-duplicate"},
		"entry above":                {"a.zip", packed("../../etc/passwd", "root"), "archive-outside"},
		"entry above by a way round": {"a.zip", packed("a/../../b.txt", "b"), "archive-outside"},
		"entry at the root":          {"a.zip", packed("/etc/passwd", "root"), "archive-outside"},
		"entry on a drive":           {"a.zip", packed("C:a.txt", "a"), "archive-outside"},
		"entry with backslashes":     {"a.zip", packed(`..\a.txt`, "a"), "archive-outside"},
		"entry above in an archive":  {"a.zip", packed("a.zip", string(packed("../a.txt", "a"))), "archive-outside"},
		"tiff":                       {"a.tiff", []byte("II*\x00\x08\x00\x00\x00"), "kind"},
		"overlapping":                {"a.zip", overlapping(), "archive-overlap"},
		"encrypted":                  {"a.zip", encrypted, "archive-encrypted"},
		"size that lies":             {"a.zip", lies, "archive-broken"},
		"two names for one entry":    {"a.zip", bytes.Replace(packed("a.txt", "a"), []byte("a.txt"), []byte("b.txt"), 1), "archive-broken"},
		"bytes before":               {"a.zip", append([]byte("PK\x03\x04garbage"), packed("a.txt", "a")...), "archive-broken"},
		"program in an archive":      {"a.zip", packed("facture.pdf", "MZ\x90\x00"), "executable"},
		"shortcut in an archive":     {"a.zip", packed("a.lnk", "L\x00\x00\x00\x01\x14\x02\x00"), "executable"},
		"archive of another kind":    {"a.zip", packed("a.gz", "\x1f\x8b\x08\x00"), "archive-method"},
		"directory that lies":        {"a.zip", tampered(packed("a.txt", "a"), 12, 0xFFFFFF), "archive-broken"},
		"directory beyond the end":   {"a.zip", tampered(packed("a.txt", "a"), 16, 0xFFFFFF), "archive-broken"},
		"quine":                      {"a.zip", selfNested(t), "archive-too-deep"},
	} {
		t.Run(name, func(t *testing.T) {
			began := processorTime(t)
			s := inspect(t, i, c.name, c.content)
			if s.Refused != c.refused {
				t.Errorf("refused %q (%s), want %q", s.Refused, s.Detail, c.refused)
			}
			if took := processorTime(t) - began; took > 10*time.Second {
				t.Errorf("took %v of processor time", took)
			}
		})
	}
}

// processorTime is what this process and its children that have ended have used: a busy machine does not make it longer.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var all time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			t.Fatal(err)
		}
		all += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return all
}

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// tampered sets a field of the end record.
func tampered(archive []byte, field int, value uint32) []byte {
	end := bytes.LastIndex(archive, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(archive[end+field:], value)
	return archive
}

// setFlag sets a flag of the first entry in both its headers.
func setFlag(archive []byte, flag uint16) {
	central := bytes.Index(archive, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint16(archive[6:], flag)
	binary.LittleEndian.PutUint16(archive[central+8:], flag)
}

// overlapping is an archive in which two entries are the same bytes, as in the bomb of D. Fifield (2019).
func overlapping() []byte {
	archive := packed("a.txt", strings.Repeat("abc", 100))
	central := bytes.Index(archive, []byte("PK\x01\x02"))
	end := bytes.Index(archive, []byte("PK\x05\x06"))
	entry := archive[central:end]
	out := slices.Concat(archive[:central], entry, bytes.Replace(entry, []byte("a.txt"), []byte("a.txT"), 1), archive[end:])
	out = bytes.Replace(out, []byte("a.txT"), []byte("a.txt"), 1)
	second := central + len(entry)
	copy(out[second+46:], "b.txt")
	copy(out[30:], "a.txt")
	last := bytes.Index(out, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint16(out[last+8:], 2)
	binary.LittleEndian.PutUint16(out[last+10:], 2)
	binary.LittleEndian.PutUint32(out[last+12:], uint32(2*len(entry)))
	copy(out[second+46:], "a.txt") // the local header has but one name
	out[second+28] = 5
	return overlapNames(out, central, len(entry))
}

// overlapNames gives the second entry a local header of its own inside the bytes of the first.
func overlapNames(archive []byte, central, length int) []byte {
	inner := packed("b.txt", "b")
	stored := inner[:bytes.Index(inner, []byte("PK\x01\x02"))]
	outer := storedEntry("a.bin", stored)
	second := bytes.Clone(inner[bytes.Index(inner, []byte("PK\x01\x02")):bytes.Index(inner, []byte("PK\x05\x06"))])
	binary.LittleEndian.PutUint32(second[42:], uint32(30+len("a.bin")))
	first := outer[bytes.LastIndex(outer, []byte("PK\x01\x02")):bytes.LastIndex(outer, []byte("PK\x05\x06"))]
	at := bytes.LastIndex(outer, []byte("PK\x01\x02"))
	end := bytes.Clone(outer[bytes.LastIndex(outer, []byte("PK\x05\x06")):])
	binary.LittleEndian.PutUint16(end[8:], 2)
	binary.LittleEndian.PutUint16(end[10:], 2)
	binary.LittleEndian.PutUint32(end[12:], uint32(len(first)+len(second)))
	return slices.Concat(outer[:at], first, second, end)
}

func storedEntry(name string, content []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content), CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))})
	_, _ = f.Write(content)
	_ = w.Close()
	return b.Bytes()
}

// million is an archive that announces and holds a million entries in its directory.
func million() []byte {
	one := packed("a", "")
	central := one[bytes.Index(one, []byte("PK\x01\x02")):bytes.Index(one, []byte("PK\x05\x06"))]
	local := one[:bytes.Index(one, []byte("PK\x01\x02"))]
	const count = 1_000_000
	directory := bytes.Repeat(central, count)
	var end []byte
	end = append(end, "PK\x06\x06"...)
	end = binary.LittleEndian.AppendUint64(end, 44)
	end = append(end, 45, 0, 45, 0)
	end = append(end, make([]byte, 8)...)
	end = binary.LittleEndian.AppendUint64(end, count)
	end = binary.LittleEndian.AppendUint64(end, count)
	end = binary.LittleEndian.AppendUint64(end, uint64(len(directory)))
	end = binary.LittleEndian.AppendUint64(end, uint64(len(local)))
	place := len(local) + len(directory)
	end = append(end, "PK\x06\x07\x00\x00\x00\x00"...)
	end = binary.LittleEndian.AppendUint64(end, uint64(place))
	end = append(end, 1, 0, 0, 0)
	end = append(end, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
	return slices.Concat(local, directory, end)
}

// selfNested is an archive in an archive and so on, so often that whoever follows every one does not end: what a quine is to a reader.
func selfNested(t *testing.T) []byte {
	t.Helper()
	archive := packed("a.txt", "a")
	for range 40 {
		archive = packed("r.zip", string(archive), "s.zip", string(archive[:min(len(archive), 8<<10)]))
		if len(archive) > 1<<20 {
			break
		}
	}
	return packed("r.zip", string(archive))
}

// TestChildren: whatever happens to a child is a verdict and never an error of the house.
func TestChildren(t *testing.T) {
	hostile := docx("a")
	for name, command := range map[string][]string{
		"says nothing":      {"/bin/true"},
		"fails":             {"/bin/false"},
		"says nonsense":     {"/bin/echo"},
		"says too much":     {"/usr/bin/yes"},
		"reads what is not": {"/bin/cat", "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			s := inspect(t, open(t, func(c *inspection.Config) { c.Program = command }), "a.docx", hostile)
			if s.Refused != "not-inspected" {
				t.Errorf("refused %q", s.Refused)
			}
			s = inspect(t, open(t, func(c *inspection.Config) { c.Program = command }), "a.txt", []byte("des mots"))
			if s.Refused != "" || s.text != nil {
				t.Errorf("a text without its words: refused %q, words %q", s.Refused, s.text)
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		i := open(t, func(c *inspection.Config) { c.Program = []string{os.Args[0], endless} })
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		id := habilitation.NewID()
		if _, err := i.Receive(t.Context(), id, 0, 1<<20, bytes.NewReader(hostile)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := i.Inspect(ctx, id, "a.docx"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
	t.Run("not there", func(t *testing.T) {
		for _, command := range [][]string{nil, {"/nowhere/chancery"}} {
			_, err := tryInspect(t, open(t, func(c *inspection.Config) { c.Program = command }), "a.docx", hostile)
			if !errors.Is(err, correspondence.ErrNotInspected) {
				t.Errorf("%v: %v", command, err)
			}
		}
	})
}

// TestQuarantine: bytes come at the offset where they end, the last who comes writes, and what was taken stays.
func TestQuarantine(t *testing.T) {
	i := open(t, nil)
	id := habilitation.NewID()
	receive := func(offset int64, text string) (int64, error) {
		return i.Receive(t.Context(), id, offset, 1<<20, strings.NewReader(text))
	}
	if there, err := receive(0, "abc"); there != 3 || err != nil {
		t.Fatal(there, err)
	}
	for _, offset := range []int64{0, 2, 4} {
		if there, err := receive(offset, "x"); there != 3 || !errors.Is(err, correspondence.ErrElsewhere) {
			t.Errorf("at %d: %d, %v", offset, there, err)
		}
	}
	slow, hand := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := i.Receive(t.Context(), id, 3, 1<<20, slow)
		done <- err
	}()
	_, _ = hand.Write([]byte("de"))
	_, _ = hand.Write([]byte("f")) // returned: so "de" is written
	for deadline := time.Now().Add(5 * time.Second); ; {
		if there, _ := i.Received(t.Context(), id); there == 6 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the bytes did not arrive")
		}
	}
	if there, err := receive(6, "ghi"); there != 9 || err != nil {
		t.Fatal(there, err)
	}
	_, _ = hand.Write([]byte("zzz"))
	if err := <-done; !errors.Is(err, correspondence.ErrElsewhere) {
		t.Errorf("the slow one went on: %v", err)
	}
	if there, err := i.Receive(t.Context(), id, 9, 2, strings.NewReader("jklm")); there != 11 || err != nil {
		t.Errorf("more than asked for: %d, %v", there, err)
	}
	if held, err := i.Held(t.Context()); err != nil || !slices.Equal(held, []habilitation.ID{id}) {
		t.Errorf("%v, %v", held, err)
	}
	if err := errors.Join(i.Drop(t.Context(), id), i.Drop(t.Context(), id)); err != nil {
		t.Error(err)
	}
	if there, err := i.Received(t.Context(), id); there != 0 || err != nil {
		t.Errorf("%d, %v", there, err)
	}
}
