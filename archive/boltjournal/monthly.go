package boltjournal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chancery/archive"
)

const (
	monthLayout = "2006-01"
	monthlyEnd  = ".journal"
)

// openMonth opens a month's file; a new one goes on from the head and the key block.
type openMonth func(month string, base archive.Head, blocks uint64, m making) (*volume, error)

// OpenMonthly opens a journal kept as one file a month in the folder, ErrMissing where there is none: for the readings,
// which outnumber messages and leave the house month by month. Sequence and chain go on across the files. An append goes whole into the file of its latest entry's month, and never into an earlier file than the one before it,
// so each file is a run without a gap.
//
// It keeps no trees: Options.Signer must be nil; the main journal cites its head and so commits to it. An identity that
// comes again is recognised within its month and the one written after it.
func OpenMonthly(folder string, options Options) (*Journal, error) {
	return openMonthly(folder, options, existing)
}

// CreateMonthly is OpenMonthly, and makes the folder and its first file where there is none.
func CreateMonthly(folder string, options Options) (*Journal, error) {
	return openMonthly(folder, options, asNeeded)
}

func openMonthly(folder string, options Options, m making) (*Journal, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	if options.Signer != nil {
		return nil, fmt.Errorf("open journal %q: a monthly journal keeps no trees", options.Name)
	}
	if m == asNeeded {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("open journal %q: %w", options.Name, err)
		}
	}
	open := func(month string, base archive.Head, blocks uint64, m making) (*volume, error) {
		v, err := openVolume(filepath.Join(folder, month+monthlyEnd), options.Name, base, blocks, m)
		if err == nil {
			v.month = month
		}
		return v, err
	}
	volumes, err := openMonths(folder, options, open, m)
	if err != nil {
		return nil, fmt.Errorf("open journal %q: %w", options.Name, errors.Join(err, closeVolumes(volumes)))
	}
	return start(options, volumes, open)
}

// openMonths opens every month there is, or the present one in a new folder, and checks that each goes on where the
// one before ended.
func openMonths(folder string, o Options, open openMonth, m making) ([]*volume, error) {
	months, err := monthsIn(folder)
	if err != nil {
		return nil, err
	}
	if len(months) == 0 && m == existing {
		return nil, fmt.Errorf("%s: %w", filepath.Base(folder), archive.ErrMissing)
	}
	if len(months) == 0 {
		months = []string{o.Clock().UTC().Format(monthLayout)}
	}
	var volumes []*volume
	head := archive.EmptyHead()
	for i, month := range months {
		if i > 0 && i == len(months)-1 {
			m = asNeeded // a crash may have left the month's file before anything stood in it
		}
		v, err := open(month, head, 0, m)
		if err != nil {
			return volumes, err
		}
		volumes = append(volumes, v)
		if v.base != head {
			return volumes, fmt.Errorf("%s goes on from entry %d, the month before ends at %d: %w", v.file.Name(), v.base.Seq, head.Seq, archive.ErrDamaged)
		}
		head = v.head
	}
	return volumes, nil
}

// monthsIn lists the months that have a file, in order.
func monthsIn(folder string) ([]string, error) {
	files, err := os.ReadDir(folder) // sorted by name
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list months: %w", err)
	}
	var months []string
	for _, file := range files {
		month, ok := strings.CutSuffix(file.Name(), monthlyEnd)
		if _, err := time.Parse(monthLayout, month); ok && err == nil {
			months = append(months, month)
		}
	}
	return months, nil
}

// volumeFor is the volume a request of the month is written to: a later month than the last begins a new file.
func (j *Journal) volumeFor(month string) (*volume, error) {
	last := j.last()
	if j.rotate == nil || month <= last.month {
		return last, nil
	}
	head, _ := j.state()
	v, err := j.rotate(month, head, j.ring.next(), asNeeded)
	if err != nil {
		return nil, err
	}
	j.append(v)
	return v, j.loadIdentities()
}

func (j *Journal) append(v *volume) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.volumes = append(j.volumes[:len(j.volumes):len(j.volumes)], v)
}
