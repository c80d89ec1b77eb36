package intake

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"chancery/cmd/assembly"
	"chancery/correspondence/inspection"
	"chancery/habilitation"
	"chancery/search"
)

// corpora lists the real records, which nobody on the project wrote and none of which is in the repository.
func corpora(t testing.TB) []string {
	t.Helper()
	folder := os.Getenv("CHANCERY_CORPORA")
	if folder == "" {
		t.Skip("the corpora are not here: set CHANCERY_CORPORA to their folder")
	}
	var files []string
	for _, pattern := range []string{"frus/*.jsonl.zst", "french/*.jsonl.zst"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no records match %s in %s", pattern, folder)
		}
		files = append(files, found...)
	}
	return files
}

// TestMain turns the test binary into a child that reads mails.
func TestMain(m *testing.M) {
	if inspection.IsChild(os.Args) {
		syscall.Exit(inspection.Child(os.Args[2:])) // os.Exit would wait a second for the race detector
	}
	os.Exit(m.Run())
}

// openHouse makes and opens a house in a temporary folder.
func openHouse(t testing.TB) *assembly.House {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "house")
	if err := assembly.Init(t.Context(), folder, assembly.InitOptions{Name: "Maison d’essai", Domain: "essai.example"}); err != nil {
		t.Fatal(err)
	}
	house, err := assembly.Open(context.Background(), folder, assembly.Options{Child: []string{os.Args[0], inspection.Subcommand}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := house.Close(); err != nil {
			t.Error(err)
		}
	})
	return house
}

// beginning copies the first records of a compressed file into the test's folder.
func beginning(t *testing.T, path string, count int) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	lines := bufio.NewReaderSize(decoder, 1<<20)
	var out []byte
	for range count {
		line, err := lines.ReadBytes('\n')
		out = append(out, line...)
		if err != nil {
			break
		}
	}
	short := filepath.Join(t.TempDir(), filepath.Base(path)+".jsonl")
	if err := os.WriteFile(short, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return short
}

func TestCorporaGoIn(t *testing.T) {
	var files []string
	for _, file := range corpora(t) {
		files = append(files, beginning(t, file, 200))
	}
	house := openHouse(t)
	report, err := Run(t.Context(), house.Chancery, files, func(int) {})
	if err != nil || len(report.Refused) > 0 || report.Imported < 500 {
		t.Fatalf("%+v, %v", report, err)
	}
	again, err := Run(t.Context(), house.Chancery, files, func(int) {})
	if err != nil || again.Imported != 0 || again.Present != report.Imported {
		t.Errorf("run again: %+v, %v", again, err)
	}
	checkSearch(t, house, report.Imported)
}

// checkSearch counts, as an archivist does, what the index answers without a word.
func checkSearch(t *testing.T, house *assembly.House, want int) {
	t.Helper()
	p := habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Restricted, Archivist: true})
	found, err := house.Index.Find(t.Context(), p, search.Query{})
	if err != nil || found.Total != want {
		t.Errorf("the index holds %d of %d: %v", found.Total, want, err)
	}
}

func TestWholeCorpusGoesIn(t *testing.T) {
	if os.Getenv("CHANCERY_SOAK") == "" {
		t.Skip("soak: set CHANCERY_SOAK=1")
	}
	files := corpora(t)
	house := openHouse(t)
	report, err := Run(t.Context(), house.Chancery, files, func(int) {})
	if err != nil || len(report.Refused) > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	t.Logf("%d documents in %.1f s: %.0f a second; %d groups, %d tags", report.Imported, report.Seconds, report.Rate,
		house.Chancery.Folds.Register.NextAudience()-1, house.Chancery.Folds.Thesaurus.Next()-1)
	checkSearch(t, house, report.Imported)
}

// BenchmarkImport keeps the whole corpus, durable and indexed: the project promises 1,000 documents a second on two processors.
func BenchmarkImport(b *testing.B) {
	files := corpora(b)
	documents, seconds := 0, 0.0
	for b.Loop() {
		report, err := Run(b.Context(), openHouse(b).Chancery, files, func(int) {})
		if err != nil {
			b.Fatal(err)
		}
		documents, seconds = documents+report.Imported, seconds+report.Seconds
	}
	b.ReportMetric(float64(documents)/seconds, "documents/s")
}
