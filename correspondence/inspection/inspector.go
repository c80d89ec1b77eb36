package inspection

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Config is what an inspector is made from.
type Config struct {
	Folder   string   // of the quarantine; made when it is not there
	Scanner  string   // "unix:PATH" or "tcp:HOST:PORT" of clamd; "": none
	Program  []string // what makes a child: the executable and the subcommand; empty: no parser runs, and what needs one has no verdict
	Children int      // at a time; 0 means 2
	Words    Words
	Mail     MailLimits
	Clock    func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged
}

// MailLimits bound the reading of one mail; zero is right for a house.
type MailLimits struct {
	Memory uint64        // bytes of address space of the child; 0: 1 GiB
	Time   time.Duration // 0: 30 s
}

// Words says whether words and looks are taken from files.
type Words bool

// The two answers.
const (
	WithWords    Words = true
	WithoutWords Words = false
)

// Inspector is a [correspondence.Inspector].
type Inspector struct {
	*quarantine
	scanner   *scanner
	children  nursery
	readers   readers
	words     Words
	pdfWords  string // pdftotext and pdftoppm, "" where they are not installed
	pdfDrawer string
	log       *slog.Logger
}

// New makes the inspector of a quarantine.
func New(c Config) (*Inspector, error) {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Children == 0 {
		c.Children = 2
	}
	q, err := openQuarantine(c.Folder)
	if err != nil {
		return nil, err
	}
	s, err := newScanner(c.Scanner, c.Clock)
	if err != nil {
		return nil, err
	}
	i := &Inspector{quarantine: q, scanner: s, words: c.Words, log: c.Log,
		children: nursery{program: c.Program, places: make(chan struct{}, c.Children)}}
	i.readers = readers{program: c.Program, memory: c.Mail.Memory, patience: c.Mail.Time, places: make(chan struct{}, c.Children)}
	if c.Mail.Time == 0 {
		i.readers.patience = childLimits[jobMail].wall
	}
	i.pdfWords, _ = exec.LookPath("pdftotext")
	i.pdfDrawer, _ = exec.LookPath("pdftoppm")
	return i, nil
}

// Close ends the children that wait for mails. Nothing is inspected any more.
func (i *Inspector) Close() error {
	i.readers.close()
	return nil
}

// Inspect implements [correspondence.Inspector].
func (i *Inspector) Inspect(ctx context.Context, id habilitation.ID, name string) (*correspondence.Findings, error) {
	file, err := os.Open(i.path(id))
	if err != nil {
		return nil, fmt.Errorf("inspect %s: %w", id, err)
	}
	one := &inspection{Inspector: i, file: file, extension: strings.ToLower(path.Ext(name)), open: []*os.File{file}}
	err = one.inspect(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("inspect %s: %w", id, err), one.close())
	}
	one.found.Closer = one.close
	return &one.found, nil
}

// inspection is one file being looked at.
type inspection struct {
	*Inspector
	file      *os.File
	extension string
	open      []*os.File
	found     correspondence.Findings
}

func (n *inspection) close() error {
	var errs []error
	for _, file := range n.open {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// inspect goes through the steps; the first that refuses ends it.
func (n *inspection) inspect(ctx context.Context) error {
	k, agrees, err := kindOf("x"+n.extension, n.file)
	if err != nil {
		return err
	}
	if !agrees {
		n.found.Refused, n.found.Detail = "kind", n.extension
		return nil
	}
	if err := n.digest(); err != nil {
		return err
	}
	n.found.Media, n.found.Content = k.media, n.file
	for _, step := range []func(context.Context, kind) error{n.scan, n.walk, n.look, n.redraw, n.read} {
		if err := n.rewind(); err != nil {
			return err
		}
		if err := step(ctx, k); err != nil || n.found.Refused != "" {
			return err
		}
	}
	return n.rewind()
}

// digest names the bytes that were sent.
func (n *inspection) digest() error {
	if err := n.rewind(); err != nil {
		return err
	}
	sum := sha512.New()
	if _, err := io.Copy(sum, n.file); err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	n.found.Sent = [sha512.Size]byte(sum.Sum(nil))
	return nil
}

// rewind makes every piece readable from its beginning; an empty one is none.
func (n *inspection) rewind() error {
	for _, file := range n.open {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("rewind: %w", err)
		}
	}
	return nil
}

// scan asks the scanner. Without its word there is no verdict.
func (n *inspection) scan(ctx context.Context, _ kind) error {
	if n.scanner == nil {
		return nil
	}
	answer, version, err := n.scanner.scan(ctx, n.file)
	n.found.Refused, n.found.Detail, n.found.Scanner = answer.refused, answer.name, version
	return err
}

// walk has archives walked. One that the child does not survive is refused.
func (n *inspection) walk(ctx context.Context, k kind) error {
	if k.sort != sortZIP && k.sort != sortOffice {
		return nil
	}
	return n.judge(ctx, []string{jobWalk, k.inside})
}

// judge takes what a child says; a child that says nothing has refused.
func (n *inspection) judge(ctx context.Context, job []string, outputs ...*os.File) error {
	if len(n.children.program) == 0 {
		return fmt.Errorf("%w: no program for children", correspondence.ErrNotInspected)
	}
	r, err := n.children.run(ctx, job, n.file, outputs...)
	if errors.Is(err, errKilled) {
		n.log.Warn("a file broke its inspection", "job", job[0], "why", err.Error())
		r, err = report{}.refuse("not-inspected", ""), nil
	}
	n.found.Refused, n.found.Detail = r.Refused, r.Detail
	n.found.Warnings = append(n.found.Warnings, r.Warnings...)
	return err
}

// look finds programs in the office documents of before 2007 by the names of their storages, which stand in UTF-16 ([MS-OVBA] §2.2.1).
func (n *inspection) look(_ context.Context, k kind) error {
	if k.sort != sortLegacy {
		return nil
	}
	var storage []byte
	for _, unit := range utf16.Encode([]rune("_VBA_PROJECT")) {
		storage = binary.LittleEndian.AppendUint16(storage, unit)
	}
	buffer, kept := make([]byte, 1<<16), 0
	for {
		count, err := n.file.Read(buffer[kept:])
		if bytes.Contains(buffer[:kept+count], storage) {
			n.found.Warnings = append(n.found.Warnings, correspondence.WarnMacros)
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for programs: %w", err)
		}
		kept = copy(buffer, buffer[max(0, kept+count-len(storage)):kept+count])
	}
}

// redraw has pictures drawn anew: what is kept is the new one.
func (n *inspection) redraw(ctx context.Context, k kind) error {
	if k.sort != sortPicture {
		return nil
	}
	outputs, err := n.scratch(3)
	if err != nil {
		return err
	}
	if err := n.judge(ctx, []string{jobPicture}, outputs...); err != nil || n.found.Refused != "" {
		return err
	}
	n.found.Content = outputs[0]
	return n.pieces(nil, outputs[1], outputs[2])
}

// pieces takes what a child wrote; an empty piece is none.
func (n *inspection) pieces(words, picture, thumbnail *os.File) error {
	for _, piece := range []struct {
		file *os.File
		to   *io.Reader
	}{{words, &n.found.Text}, {picture, &n.found.Picture}, {thumbnail, &n.found.Thumbnail}} {
		if piece.file == nil {
			continue
		}
		info, err := piece.file.Stat()
		if err != nil {
			return fmt.Errorf("take a piece: %w", err)
		}
		if info.Size() > 0 {
			*piece.to = piece.file
		}
	}
	return nil
}

// scratch opens files without a name, to be written by a child.
func (n *inspection) scratch(count int) ([]*os.File, error) {
	var files []*os.File
	for range count {
		file, err := os.CreateTemp(n.folder, "piece-")
		if err != nil {
			return nil, fmt.Errorf("make room for a piece: %w", err)
		}
		n.open, files = append(n.open, file), append(files, file)
		if err := os.Remove(file.Name()); err != nil {
			return nil, fmt.Errorf("make room for a piece: %w", err)
		}
	}
	return files, nil
}

// read takes words and looks. A file that does not give them is kept without.
func (n *inspection) read(ctx context.Context, k kind) error {
	if n.words == WithoutWords || !slices.Contains([]sort{sortText, sortHTML, sortOffice, sortPDF}, k.sort) {
		return nil
	}
	err := n.take(ctx, k)
	if errors.Is(err, errKilled) || errors.Is(err, errNoProgram) {
		n.log.Info("words not taken", "kind", k.media, "why", err.Error())
		n.found.Warnings = append(n.found.Warnings, correspondence.WarnUnread)
		return nil
	}
	return err
}

var errNoProgram = errors.New("the program for it is not installed")

func (n *inspection) take(ctx context.Context, k kind) error {
	outputs, err := n.scratch(1)
	if err != nil {
		return err
	}
	if len(n.children.program) == 0 {
		return errNoProgram
	}
	if k.sort != sortPDF {
		said, err := n.children.run(ctx, []string{jobWords, n.extension}, n.file, outputs...)
		if err != nil {
			return err
		}
		if slices.Contains(said.Warnings, correspondence.WarnCut) {
			n.found.Warnings = append(n.found.Warnings, correspondence.WarnCut)
		}
		return n.pieces(outputs[0], nil, nil)
	}
	if err := n.drawPage(ctx); err != nil && !errors.Is(err, errKilled) && !errors.Is(err, errNoProgram) {
		return err
	}
	return n.takePDF(ctx, outputs[0])
}

// takePDF has pdftotext write the words, then brings them into the form in which they are kept.
func (n *inspection) takePDF(ctx context.Context, raw *os.File) error {
	if n.pdfWords == "" {
		return fmt.Errorf("pdftotext: %w", errNoProgram)
	}
	if _, err := n.children.run(ctx, []string{jobPDFWords, n.pdfWords}, n.file, raw); err != nil {
		return err
	}
	clean, err := n.scratch(1)
	if err != nil {
		return err
	}
	if _, err := raw.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	whole, err := copyWords(clean[0], raw)
	if err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	if !whole {
		n.found.Warnings = append(n.found.Warnings, correspondence.WarnCut)
	}
	return n.pieces(clean[0], nil, nil)
}

// drawPage has pdftoppm draw the first page, then another child make the small copies of it.
func (n *inspection) drawPage(ctx context.Context) error {
	if n.pdfDrawer == "" {
		return fmt.Errorf("pdftoppm: %w", errNoProgram)
	}
	outputs, err := n.scratch(3)
	if err != nil {
		return err
	}
	if _, err := n.children.run(ctx, []string{jobPDFPicture, n.pdfDrawer}, n.file, outputs[0]); err != nil {
		return err
	}
	if _, err := outputs[0].Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read first page: %w", err)
	}
	if _, err := n.children.run(ctx, []string{jobLooks}, outputs[0], outputs[1:]...); err != nil {
		return err
	}
	return n.pieces(nil, outputs[1], outputs[2])
}
