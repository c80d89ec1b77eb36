package correspondence

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"chancery/archive"
	"chancery/habilitation"
)

// Imported is a record of another archive, valid and resolved, that the house is to keep and seal.
type Imported struct {
	Source  string // names the record for ever: the same source is never imported twice
	Message Message
}

// ImportedID is the identity that a record of that source bears in every house.
func ImportedID(source string) habilitation.ID {
	sum := sha256.Sum256([]byte("chancery imported record\n" + source))
	return habilitation.ID(sum[:16])
}

// RecordFault is why one record of an import was not kept; the others were.
type RecordFault struct {
	Source string
	Why    error
}

// Error names the record and what is wrong with it.
func (f *RecordFault) Error() string { return fmt.Sprintf("keep record %s: %v", f.Source, f.Why) }

// Unwrap is what is wrong with it.
func (f *RecordFault) Unwrap() error { return f.Why }

// Reason is what is wrong with it, for a list that names the record in its own way.
func (f *RecordFault) Reason() string {
	return "the archive does not take it: " + strings.TrimPrefix(f.Why.Error(), archive.ErrBadDraft.Error()+": ")
}

// RecordFaults are all the records of one import that were not kept, in the order in which they were given.
type RecordFaults []*RecordFault

// Error names every one of them.
func (f RecordFaults) Error() string { return errors.Join(f.Unwrap()...).Error() }

// Unwrap is the faults one by one.
func (f RecordFaults) Unwrap() []error {
	faults := make([]error, len(f))
	for i, fault := range f {
		faults[i] = fault
	}
	return faults
}

// fault gives an error of an import the name of its record where the record is at fault; a vault or a seal that fails is no record's fault.
func (r *release) fault(err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) || errors.Is(err, archive.ErrBadDraft) {
		return &RecordFault{Source: r.source, Why: err}
	}
	return err
}

// Import keeps records under the seal of the house, in one durable write. It returns how many were new; a record that is in the archive
// already is passed over, so an interrupted import is simply run again. Records that cannot be kept are RecordFaults, and the rest is kept;
// any other error is not a record's, and what is not counted is to be imported again.
func (c *Chancery) Import(ctx context.Context, records []Imported) (int, error) {
	releases := make([]*release, len(records))
	for i, record := range records {
		m := record.Message
		m.ID = ImportedID(record.Source)
		releases[i] = &release{imported: &m, source: record.Source}
		if m.Provenance == nil {
			releases[i].err = releases[i].fault(refuse(Invalid, "no-provenance"))
		}
	}
	if len(releases) == 0 {
		return 0, nil
	}
	if err := c.submit(&command{ctx: ctx, releases: releases}); err != nil {
		return 0, err
	}
	return outcome(releases)
}

// outcome counts the records that are new and gathers the faults; an error that is not a record's comes before them.
func outcome(releases []*release) (added int, err error) {
	var faults RecordFaults
	for _, r := range releases {
		var fault *RecordFault
		switch {
		case errors.As(r.err, &fault):
			faults = append(faults, fault)
		case r.err != nil:
			err = cmp.Or(err, r.err)
		case !r.twin:
			added++
		}
	}
	if err == nil && len(faults) > 0 {
		err = faults
	}
	return added, err
}

// Archived reports whether the record of a source is in the archive.
func (c *Chancery) Archived(source string) bool { return c.Folds.Ledger.has(ImportedID(source)) }
