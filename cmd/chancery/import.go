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
	Files []string `arg:"" help:"Records, one a line in JSON (.jsonl, .jsonl.zst), or mail: .eml, mbox, or folders of them."`
	Group string   `help:"Key of a group that imported mail is for, beside those that it names." placeholder:"KEY"`
}

// shownRefusals is how many refused records are listed for a person; a program gets them all.
const shownRefusals = 100

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
		report, err := intake.RunFor(s.ctx, house.Chancery, c.Files, c.Group, func(lines int) { m.reach(int64(lines)) })
		m.end()
		if !s.json {
			for _, refused := range report.Refused[:min(len(report.Refused), shownRefusals)] {
				fmt.Fprintf(s.complaints, words["refused_line"], refused.File, refused.Line, strings.TrimSpace(refused.Record+" "+words["refused"]), refused.Reason)
			}
			if more := len(report.Refused) - shownRefusals; more > 0 {
				fmt.Fprintf(s.complaints, words["refused_more"], more)
			}
		}
		if err != nil {
			return err
		}
		s.say("imported", report.Imported, report.Present, len(report.Refused), time.Duration(report.Seconds*float64(time.Second)).Round(time.Millisecond), report.Rate)
		if err := s.answer(report); err != nil {
			return err
		}
		if len(report.Refused) > 0 {
			return errRefused
		}
		return nil
	})
}
