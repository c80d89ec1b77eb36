package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"chancery/cmd/assembly"
	"chancery/cmd/fiction"
	"chancery/testdata/house"
)

// demoCommand serves the house of the demonstration.
type demoCommand struct {
	Listen string        `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Every  time.Duration `help:"About how often a message arrives; 0: never." default:"40s"`
}

// shownAccounts are the logins that are printed: two who sign and may read restricted messages, one who may not, one on a terminal that
// may not, and the archivist.
var shownAccounts = []string{"philippe.daumas", "claire.morel", "oceane.marchal", "antoine.vidalin", "jeanne.cormier"}

// Run makes the demonstration, or goes on with it, and serves it until the program is told to stop.
func (c *demoCommand) Run(s *session) (err error) {
	listener, err := listen(c.Listen) // before a month is written
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // whoever served on it has closed it
	folder, remove, err := s.demoFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	log := slog.New(slog.NewTextHandler(s.complaints, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.say("demo_begins")
	child, err := childOf()
	if err != nil {
		return err
	}
	demo, err := fiction.OpenDemo(s.ctx, folder, house.Files, time.Now, assembly.Options{Log: log, Child: child})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, demo.Close()) }()
	return s.serve(demo.House, listener, log, func(ctx context.Context, url string) error {
		s.introduce(demo, folder, url)
		if c.Every <= 0 {
			<-ctx.Done()
			return nil
		}
		return demo.Arrivals(ctx, c.Every, func(subject string) { log.Debug("a message arrives", "subject", subject) })
	})
}

// demoFolder is the folder that was asked for, or a temporary one that is removed at the end.
func (s *session) demoFolder() (folder string, remove func() error, err error) {
	if s.data != "" {
		return s.data, func() error { return nil }, nil
	}
	parent, err := os.MkdirTemp("", "chancery-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make folder for the demonstration: %w", err)
	}
	return filepath.Join(parent, "house"), func() error { return os.RemoveAll(parent) }, nil
}

// introduce prints some accounts and where all of them are.
func (s *session) introduce(demo *fiction.Demo, folder, url string) {
	if s.quiet || s.json {
		return
	}
	table := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "\n"+words["demo_columns"])
	for _, login := range shownAccounts {
		for _, a := range demo.Accounts {
			if a.Login == login {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", a.Login, a.Password, a.Terminal, min(a.Level, a.TerminalLevel), a.Title)
			}
		}
	}
	_ = table.Flush() // standard output that is gone hinders nothing
	s.say("demo_accounts", len(demo.Accounts), filepath.Join(folder, "accounts.json"), url)
}
