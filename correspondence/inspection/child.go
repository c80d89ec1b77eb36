package inspection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"chancery/correspondence"
)

// Subcommand is what the executable is called with to be a child.
const Subcommand = "inspect"

// The jobs of a child.
const (
	jobWalk       = "walk"        // is the archive one that may be opened, and what is in it
	jobPicture    = "picture"     // draw it anew, with its two small copies
	jobLooks      = "looks"       // its two small copies alone
	jobWords      = "words"       // of a text or an office document
	jobPDFWords   = "pdf-words"   // becomes pdftotext
	jobPDFPicture = "pdf-picture" // becomes pdftoppm
	jobMail       = "mail"        // mail after mail, on standard input; the answers on standard output
)

// The open files that a child begins with, beside standard output, on which it reports.
const (
	fdInput = 3
	fdFirst = 4 // of those it writes
)

// report is what a child says in the end.
type report struct {
	Refused  string                   `json:"refused,omitempty"`
	Detail   string                   `json:"detail,omitempty"`
	Warnings []correspondence.Warning `json:"warnings,omitempty"`
}

// refuse makes a report that refuses.
func (r report) refuse(key, detail string) report {
	r.Refused, r.Detail = key, detail
	return r
}

// errKilled says that a child ended without a report: it met a limit, or broke.
var errKilled = errors.New("the child gave no verdict")

// maxReport bounds what a child may say.
const maxReport = 64 << 10

// nursery starts children, so many at a time.
type nursery struct {
	program []string // the executable and what makes it a child
	places  chan struct{}
}

// run starts a child on a file and waits for its report. Every wrong end of the child is errKilled: its own words are not to be trusted.
func (n *nursery) run(ctx context.Context, job []string, input *os.File, outputs ...*os.File) (report, error) {
	bound := childLimits[job[0]]
	select {
	case n.places <- struct{}{}:
		defer func() { <-n.places }()
	case <-ctx.Done():
		return report{}, fmt.Errorf("wait for a child: %w", ctx.Err())
	}
	working, cancel := context.WithTimeout(ctx, bound.wall)
	defer cancel()
	arguments := append(append([]string{}, n.program...), job...)
	cmd := exec.CommandContext(working, arguments[0], arguments[1:]...)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = []string{}, "/", apart()
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.ExtraFiles = append([]*os.File{input}, outputs...)
	said := &bounded{most: maxReport}
	if isProgram(job[0]) {
		cmd.Stdout, cmd.ExtraFiles = outputs[0], cmd.ExtraFiles[:1]
	} else {
		cmd.Stdout = said
	}
	// The kernel kills the child when the thread that started it ends, so the thread stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if ctx.Err() != nil {
		return report{}, fmt.Errorf("wait for a child: %w", ctx.Err())
	}
	if err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) && working.Err() == nil && !errors.Is(err, errTooLong) {
			return report{}, fmt.Errorf("%w: start child: %w", correspondence.ErrNotInspected, err)
		}
		return report{}, fmt.Errorf("%s: %w: %w", job[0], errKilled, err)
	}
	if isProgram(job[0]) {
		return report{}, nil
	}
	return readReport(job[0], said.kept)
}

// isProgram reports a job for which the child becomes another program, which reports nothing.
func isProgram(job string) bool { return job == jobPDFWords || job == jobPDFPicture }

func readReport(job string, said []byte) (r report, err error) {
	decoder := json.NewDecoder(bytes.NewReader(said))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return report{}, fmt.Errorf("%s: %w: %w", job, errKilled, err)
	}
	return r, nil
}

var errTooLong = errors.New("the child says too much")

// bounded keeps what is written up to a bound. The buffer is not embedded: it would read on its own, and without end.
type bounded struct {
	kept []byte
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > b.most {
		return 0, errTooLong
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}

// IsChild reports whether the process was started as a child, by its arguments.
func IsChild(arguments []string) bool { return len(arguments) > 2 && arguments[1] == Subcommand }

// Child does one job of a child and returns its exit code; arguments are those behind the subcommand. It is called before anything else is done
// in the process.
func Child(arguments []string) int {
	job := arguments[0]
	bound, known := childLimits[job]
	if !known {
		return 2
	}
	if job == jobMail {
		return mailChild(arguments[1:], bound)
	}
	if isProgram(job) {
		if len(arguments) != 2 || become(arguments[1], programArguments(job), bound) != nil {
			return 2
		}
	}
	if confine(bound) != nil {
		return 2
	}
	input := os.NewFile(fdInput, "input")
	r, err := work(job, arguments[1:], input)
	if err != nil {
		return 1
	}
	if json.NewEncoder(os.Stdout).Encode(r) != nil {
		return 1
	}
	return 0
}

// work does a job on the file that the child began with.
func work(job string, arguments []string, input *os.File) (report, error) {
	info, err := input.Stat()
	if err != nil {
		return report{}, err
	}
	output := func(n int) *os.File { return os.NewFile(uintptr(fdFirst+n), "output") }
	switch job {
	case jobWalk:
		inside := ""
		if len(arguments) > 0 {
			inside = arguments[0]
		}
		return walkArchive(input, info.Size(), inside), nil
	case jobPicture:
		return redraw(input, output(0), output(1), output(2))
	case jobLooks:
		return report{}, drawLooks(input, output(0), output(1))
	case jobWords:
		if len(arguments) != 1 {
			return report{}, errors.New("words of what")
		}
		whole, err := writeWords(arguments[0], input, info.Size(), output(0))
		if !whole {
			return report{Warnings: []correspondence.Warning{correspondence.WarnCut}}, err
		}
		return report{}, err
	}
	return report{}, fmt.Errorf("no job %q", job)
}

// programArguments are what the programs are called with: the file that is open already, and standard output.
func programArguments(job string) []string {
	file := fmt.Sprintf("/proc/self/fd/%d", fdInput)
	if job == jobPDFWords {
		return []string{"pdftotext", "-q", "-enc", "UTF-8", "-l", strconv.Itoa(maxPages + 1), file, "-"}
	}
	return []string{"pdftoppm", "-q", "-f", "1", "-l", "1", "-singlefile", "-png", "-scale-to", fmt.Sprint(pictureSide), file}
}

// copyWords copies what pdftotext wrote as it may be kept, and reports whether that is all; each page ends with a form feed.
func copyWords(to io.Writer, from io.Reader) (whole bool, err error) {
	text, err := io.ReadAll(io.LimitReader(from, 4*maxWords))
	if err != nil {
		return false, err
	}
	whole, err = keepWords(to, string(text))
	return whole && len(text) < 4*maxWords && bytes.Count(text, []byte("\f")) <= maxPages, err
}
