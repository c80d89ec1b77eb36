package correspondence

import (
	"errors"
	"time"
)

// faultList gathers what is wrong with a form that is no message, so that all of it is told at once.
type faultList []Fault

// add notes a fault; pairs are what its sentence names.
func (l *faultList) add(field, key string, pairs ...string) {
	fault := Fault{Field: field, Key: key}
	for i := 0; i+1 < len(pairs); i += 2 {
		if fault.Args == nil {
			fault.Args = map[string]string{}
		}
		fault.Args[pairs[i]] = pairs[i+1]
	}
	*l = append(*l, fault)
}

// refusal is nil without faults.
func (l faultList) refusal() error {
	if len(l) == 0 {
		return nil
	}
	return &Refusal{Cause: Invalid, Faults: l}
}

// allFaults makes one refusal of several, so that every fault is told at once; another error goes before them.
func allFaults(errs ...error) error {
	var faults faultList
	for _, err := range errs {
		var refusal *Refusal
		switch {
		case err == nil:
		case errors.As(err, &refusal) && refusal.Cause == Invalid:
			faults = append(faults, refusal.Faults...)
		default:
			return err
		}
	}
	return faults.refusal()
}

// instant reads a moment of RFC 3339 to the second; the zero time stands for one that is missing or cannot be read.
func (l *faultList) instant(field, text string) time.Time {
	if text == "" {
		l.add(field, "missing")
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if at = at.UTC().Truncate(time.Second); err != nil || at.Year() < 1 || at.Year() > 9999 {
		l.add(field, "not-a-date", "value", text)
		return time.Time{}
	}
	return at
}
