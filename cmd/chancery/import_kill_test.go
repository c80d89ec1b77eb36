package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"chancery/cmd/intake"
)

// writeRecords makes invented records that name many posts and tags.
func writeRecords(t *testing.T, count int) string {
	t.Helper()
	var out bytes.Buffer
	for i := range count {
		line, err := json.Marshal(map[string]any{
			"id": fmt.Sprintf("essai/%d", i), "corpus": "essai", "type": "telegram", "date": fmt.Sprintf("19%02d-03-%02d", i%60, 1+i%28), "place": fmt.Sprintf("Ville %c%c", 'A'+i%26, 'a'+i%17),
			"to": []map[string]string{{"post": fmt.Sprintf("Poste %c%c", 'A'+i%23, 'a'+i%19)}}, "subject": fmt.Sprintf("Sujet %d", i), "language": "fr",
			"tags": map[string]any{"countries": []string{fmt.Sprintf("Pays %d", i%90)}}, "body": fmt.Sprintf("Texte du document %d, assez long pour être lu.", i),
		})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	path := filepath.Join(t.TempDir(), "records.jsonl")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKilledImportGoesOn kills an import as soon as some of it is durable, several times, and runs it to its end: every record is there once.
func TestKilledImportGoesOn(t *testing.T) {
	const count = 3000
	folder, records := filepath.Join(t.TempDir(), "house"), writeRecords(t, count)
	must := func(args ...string) []byte {
		t.Helper()
		out, err := command(t.Context(), ".", nil, append(args, "--data", folder, "--json")...).Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	must("init")
	killed := 0
	for attempt := range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(200+150*attempt)*time.Millisecond) // CommandContext kills with SIGKILL
		if err := command(ctx, ".", nil, "import", "--data", folder, "--quiet", records).Run(); err != nil {
			killed++
		}
		cancel()
	}
	var report intake.Report
	if err := json.Unmarshal(must("import", records), &report); err != nil {
		t.Fatal(err)
	}
	if report.Imported+report.Present != count || killed == 0 {
		t.Errorf("%d imported, %d present of %d after %d kills", report.Imported, report.Present, count, killed)
	}
	var verdict verified
	if err := json.Unmarshal(must("verify"), &verdict); err != nil {
		t.Fatal(err)
	}
	if !verdict.Sound || verdict.Messages != count {
		t.Errorf("verified: %+v", verdict)
	}
	t.Logf("%d kills; %d were there already at the end", killed, report.Present)
}
