package web

import (
	"archive/zip"
	"context"
	"crypto/sha512"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"chancery/correspondence"
)

// bundle writes an archive that anybody opens and checks: each file is summed as it is written, and SHA512SUMS is the last of them. The same
// files at the same time give the same bytes.
type bundle struct {
	out  *zip.Writer
	at   time.Time
	sums strings.Builder
}

func newBundle(out io.Writer, at time.Time) *bundle {
	return &bundle{out: zip.NewWriter(out), at: at.UTC()}
}

// add writes a file.
func (b *bundle) add(name string, content []byte) error {
	return b.write(name, func(to io.Writer) error {
		_, err := to.Write(content)
		return err //nolint:wrapcheck // named below
	})
}

// copy writes a file from a reader, and closes it.
func (b *bundle) copy(name string, from io.ReadCloser) error {
	defer from.Close()
	return b.write(name, func(to io.Writer) error {
		_, err := io.Copy(to, from)
		return err //nolint:wrapcheck // named below
	})
}

func (b *bundle) write(name string, content func(io.Writer) error) error {
	file, err := b.out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.at})
	if err != nil {
		return fmt.Errorf("bundle %s: %w", name, err)
	}
	sum := sha512.New()
	if err := content(io.MultiWriter(file, sum)); err != nil {
		return fmt.Errorf("bundle %s: %w", name, err)
	}
	fmt.Fprintf(&b.sums, "%x  %s\n", sum.Sum(nil), name)
	return nil
}

// close writes the sums and ends the archive.
func (b *bundle) close() error {
	if err := b.add("SHA512SUMS", []byte(b.sums.String())); err != nil {
		return err
	}
	if err := b.out.Close(); err != nil {
		return fmt.Errorf("end the bundle: %w", err)
	}
	return nil
}

// fileWord makes a text fit for a file's name on every system.
func fileWord(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			out.WriteByte('-')
		default:
			out.WriteRune(r)
		}
	}
	return strings.Trim(out.String(), "-.")
}

// fileName names a file about a message by its number; what is restricted says so in its name.
func fileName(h *correspondence.Headline, suffix string) string {
	name := fileWord(h.Number)
	if name == "" {
		name = h.ID.String()
	}
	return restrictedName(h.Level, name) + suffix
}

// message writes a message with all that proves it, its files and its sheet, under a folder; "" is the archive itself.
func (b *bundle) message(ctx context.Context, s *Server, w *words, folder string, e *correspondence.Evidence) error {
	pieces := []struct {
		name    string
		content []byte
	}{{"m.eml", e.Original}, {"m.p7s", e.Signature}, {"m.tst", e.Timestamp}, {"m.timestamped", e.Timestamped}, {"m.proof.txt", e.Proof}}
	for _, piece := range pieces {
		if err := b.add(folder+piece.name, piece.content); err != nil {
			return err
		}
	}
	if err := b.write(folder+w.T("export.sheet")+".pdf", func(to io.Writer) error { return s.printSheet(to, w, &e.View) }); err != nil {
		return err
	}
	for i, file := range e.View.Files {
		content, err := e.File(ctx, i)
		if err != nil {
			return err //nolint:wrapcheck // names message and file
		}
		if err := b.copy(fmt.Sprintf("%s%s/%d-%s", folder, w.T("export.files"), i+1, restrictedName(e.View.Level, fileWord(file.Name))), content); err != nil {
			return err
		}
	}
	return nil
}

// house writes what a stranger checks everything with.
func (b *bundle) house(s *Server, w *words, readme string) error {
	if err := b.add("ca.pem", s.house.Certificates()); err != nil {
		return err
	}
	if err := b.add("keys.txt", s.house.CheckpointVerifiers()); err != nil {
		return err
	}
	return b.add(w.T("export.readme")+".txt", []byte(readme))
}
