package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"chancery/correspondence"
)

// batchSize is how many records share one durable write, and batchBytes how many bytes of lines make a batch full before that.
const (
	batchSize  = 1000
	batchBytes = 32 << 20
)

// Refused is one record that could not be kept, or a whole file.
type Refused struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`   // from 1; 0 where the whole file is refused
	Record string `json:"record,omitempty"` // its identity, when that could be read
	Reason string `json:"reason"`
}

// Skipped is one file of a folder that holds no mail.
type Skipped struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Warning is what could not be read of one record that was not refused for it.
type Warning struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Record string `json:"record"`
	Reason string `json:"reason"`
}

// Report is what became of the records.
type Report struct {
	Imported int       `json:"imported"`
	Present  int       `json:"present"` // kept by an earlier run
	Refused  []Refused `json:"refused"`
	Warnings []Warning `json:"warnings"`
	Skipped  []Skipped `json:"skipped"` // files of folders
	Seconds  float64   `json:"seconds"` // until everything was durable and indexed
	Rate     float64   `json:"documents_per_second"`
}

// Run has the house keep the records of the files, and returns when they are durable and indexed. Records that are there already are
// passed over, so that an interrupted run is simply run again. It stops at the first fault that is not a record's.
// progress is told how many lines were dealt with.
func Run(ctx context.Context, house *correspondence.Chancery, files []string, progress func(lines int)) (Report, error) {
	return RunFor(ctx, house, files, Mails{}, progress)
}

// ErrNoGroup is returned for an import to a group that does not exist.
var ErrNoGroup = errors.New("no such group")

// RunFor is Run with a word about how files and folders of mail are taken.
func RunFor(ctx context.Context, house *correspondence.Chancery, files []string, mail Mails, progress func(lines int)) (Report, error) {
	if _, known := house.Folds.Register.AudienceByKey(mail.Group); mail.Group != "" && !known {
		return Report{}, fmt.Errorf("import for %s: %w", mail.Group, ErrNoGroup)
	}
	begun := time.Now()
	r := newRun(house, progress)
	r.mail = mail
	var err error
	for _, file := range files {
		if err = r.any(ctx, file); err != nil {
			break
		}
	}
	if err == nil {
		err = house.Settled(ctx)
	}
	r.report.Seconds = time.Since(begun).Seconds()
	if r.report.Imported > 0 {
		r.report.Rate = float64(r.report.Imported) / r.report.Seconds
	}
	return r.report, err
}

// run is one import under way; one goroutine owns it.
type run struct {
	house     *correspondence.Chancery
	gazetteer gazetteer
	directory *directory
	before    map[volume]time.Time // the date of the last dated record
	latest    time.Time            // that a record may bear: a day ahead, for it is tomorrow somewhere
	lines     map[string]place     // by source: where it stood first
	report    Report
	progress  func(int)
	mail      Mails
	done      int
}

type place struct {
	file string
	line int
}

func newRun(house *correspondence.Chancery, progress func(lines int)) *run {
	g := newGazetteer()
	return &run{house: house, gazetteer: g, directory: newDirectory(house.Folds, g), before: map[volume]time.Time{},
		latest: house.Clock().Add(24 * time.Hour), lines: map[string]place{},
		report: Report{Refused: []Refused{}, Warnings: []Warning{}, Skipped: []Skipped{}}, progress: progress}
}

// any imports a file of records, or a file or folder of mail.
func (r *run) any(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if info.IsDir() {
		return r.folder(ctx, path)
	}
	what, err := r.contentOf(path, info.Mode())
	switch {
	case err != nil:
		return err
	case what == mail:
		return r.mails(ctx, path)
	case what == records:
		return r.file(ctx, path)
	}
	r.report.Refused = append(r.report.Refused, Refused{File: path, Reason: cmp.Or(irregular(info.Mode()), errNeither).Error()})
	return nil
}

// file imports one file: one goroutine reads lines, as many as there are processors prepare them, and this one keeps them in their order.
func (r *run) file(ctx context.Context, path string) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	batches := make(chan chan []prepared, 2) // in order; each channel gives one batch
	var reading error
	workers.Go(func() {
		defer close(batches)
		reading = r.gazetteer.prepareAll(ctx, path, batches, &workers)
	})
	for batch := range batches {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case records := <-batch:
			if err := r.keep(ctx, path, records); err != nil {
				return err
			}
		}
	}
	return reading
}

// prepareAll cuts the file into batches and prepares each in parallel.
func (g gazetteer) prepareAll(ctx context.Context, path string, batches chan<- chan []prepared, workers *sync.WaitGroup) error {
	var lines []Line
	size := 0
	send := func() bool {
		batch, prepared := lines, make(chan []prepared, 1)
		lines, size = nil, 0
		select {
		case <-ctx.Done():
			return false
		case batches <- prepared:
		}
		workers.Go(func() { prepared <- g.prepareBatch(batch) })
		return true
	}
	err := readLines(path, func(l Line) bool {
		if isBlank(l) {
			return true
		}
		lines = append(lines, l)
		size += len(l.Text)
		return len(lines) < batchSize && size < batchBytes || send()
	})
	if len(lines) > 0 {
		send()
	}
	return err
}

func (g gazetteer) prepareBatch(lines []Line) []prepared {
	out := make([]prepared, len(lines))
	var wait sync.WaitGroup
	share := (len(lines) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for start := 0; start < len(lines); start += share {
		wait.Go(func() {
			for i := start; i < min(start+share, len(lines)); i++ {
				out[i] = g.prepare(lines[i])
			}
		})
	}
	wait.Wait()
	return out
}

// keep makes the posts and tags that a batch needs, then has the house keep its records.
func (r *run) keep(ctx context.Context, path string, records []prepared) error {
	before := len(r.report.Refused)
	for i := range records {
		r.sift(path, &records[i])
	}
	if acts := r.directory.settle(records); len(acts) > 0 {
		if err := r.house.Enact(ctx, 0, acts...); err != nil {
			return fmt.Errorf("make the posts and tags of %s: %w", path, err)
		}
	}
	var batch []correspondence.Imported
	for i := range records {
		if records[i].refused == nil && records[i].source != "" {
			batch = append(batch, r.directory.resolve(&records[i]))
		}
	}
	added, err := r.house.Import(ctx, batch)
	r.report.Imported += added
	var faults correspondence.RecordFaults
	if err != nil && !errors.As(err, &faults) {
		return fmt.Errorf("keep records of %s: %w", path, err)
	}
	r.outside(faults)
	slices.SortStableFunc(r.report.Refused[before:], func(a, b Refused) int { return cmp.Compare(a.Line, b.Line) })
	r.report.Present += len(batch) - added - len(faults)
	r.done += len(records)
	r.progress(r.done)
	return nil
}

// outside notes the records that the house refused.
func (r *run) outside(faults correspondence.RecordFaults) {
	for _, fault := range faults {
		at := r.lines[fault.Source]
		r.report.Refused = append(r.report.Refused, Refused{File: at.file, Line: at.line, Record: fault.Source, Reason: fault.Reason()})
	}
}

// sift notes what is refused, passes over what the house has, and dates the rest. A record without a source is dealt with.
func (r *run) sift(path string, p *prepared) {
	if p.refused == nil {
		if first, twice := r.lines[p.source]; twice {
			p.refused = fmt.Errorf("line %d of %s has the same id", first.line, filepath.Base(first.file))
		} else {
			r.lines[p.source] = place{path, p.line}
			p.refused = datedBy(r.before, p, r.latest)
		}
	}
	if p.refused != nil {
		r.report.Refused = append(r.report.Refused, Refused{File: path, Line: p.line, Record: p.source, Reason: p.refused.Error()})
		return
	}
	if p.warning != "" {
		r.report.Warnings = append(r.report.Warnings, Warning{File: path, Line: p.line, Record: p.source, Reason: p.warning})
	}
	if r.house.Archived(p.source) {
		r.report.Present++
		p.source, p.tags, p.action, p.info, p.doubtful = "", nil, nil, nil, nil
		p.origin = catchAll
	}
}
