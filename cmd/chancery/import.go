package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"chancery/cmd/assembly"
	"chancery/cmd/intake"
)

// importCommand has the house keep records of another archive.
type importCommand struct {
	Files []string `arg:"" help:"Records, one a line in JSON (.jsonl, .jsonl.zst), or mail, told by how it begins: single mails, mbox, or folders of them."`
	Mails bool     `help:"Every file is a mail, readable or not: what nobody can read is kept whole, for the operator desk."`
	Group string   `help:"Key of a group that imported mail is for, beside those that it names." placeholder:"KEY"`
}

// shownOfEach is how many refused records, warnings and skipped files are listed for a person; a program gets them all.
const shownOfEach = 100

// errRefused says that some records stayed outside.
var errRefused = errors.New("some records were refused")

// Validate says which of the files and folders are not there, before anything is opened.
func (c *importCommand) Validate() error {
	var faults []error
	for _, path := range c.Files {
		if _, err := os.Stat(path); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Run imports the files in their order.
func (c *importCommand) Run(s *session) error {
	return s.within(func(house *assembly.House) error {
		m := s.meter("documents", -1)
		report, err := intake.RunFor(s.ctx, house.Chancery, c.Files, intake.Mails{Group: c.Group, Every: c.Mails}, func(lines int) { m.reach(int64(lines)) })
		m.end()
		if !s.json {
			complainOf(s, report.Skipped, "skipped_more", func(k intake.Skipped) string {
				return fmt.Sprintf(words["skipped_file"], k.File, k.Reason)
			})
			complainOf(s, report.Warnings, "warned_more", func(w intake.Warning) string {
				return fmt.Sprintf(words["refused_line"], w.File, w.Line, w.Record+" "+words["warned"], w.Reason)
			})
			complainOf(s, report.Refused, "refused_more", refusedLine)
		}
		if err != nil {
			return err
		}
		s.say("imported", report.Imported, report.Present, len(report.Refused), len(report.Skipped), time.Duration(report.Seconds*float64(time.Second)).Round(time.Millisecond), report.Rate)
		if err := s.answer(report); err != nil {
			return err
		}
		if len(report.Refused) > 0 {
			return errRefused
		}
		return nil
	})
}

// complainOf lists the first of what did not go in, and how many there are beyond them.
func complainOf[T any](s *session, all []T, more string, line func(T) string) {
	for _, one := range all[:min(len(all), shownOfEach)] {
		fmt.Fprint(s.complaints, line(one))
	}
	if beyond := len(all) - shownOfEach; beyond > 0 {
		fmt.Fprintf(s.complaints, words[more], beyond)
	}
}

// refusedLine names a refused record by its line, or a refused file.
func refusedLine(r intake.Refused) string {
	what := strings.TrimSpace(r.Record + " " + words["refused"])
	if r.Line == 0 {
		return fmt.Sprintf(words["refused_file"], r.File, what, r.Reason)
	}
	return fmt.Sprintf(words["refused_line"], r.File, r.Line, what, r.Reason)
}
