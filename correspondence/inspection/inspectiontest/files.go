package inspectiontest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// WithMacros is a document that carries a program.
func WithMacros() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range [][2]string{{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<w:document><w:t>plan</w:t></w:document>"}, {"word/vbaProject.bin", "Sub AutoOpen()"}} {
		f, _ := w.Create(part[0])
		_, _ = io.WriteString(f, part[1])
	}
	_ = w.Close()
	return b.Bytes()
}

// Forget removes the index and the snapshots of a house that is closed: both are made again.
func Forget(folder string) error {
	return errors.Join(os.RemoveAll(filepath.Join(folder, "index")), os.RemoveAll(filepath.Join(folder, "snapshots")))
}

// Objects counts the files of a house's vault.
func Objects(t *testing.T, folder string) (count int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(folder, "vault"), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			count++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}
