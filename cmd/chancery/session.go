package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/correspondence/inspection"
)

// masterKeyVariable may hold the master key itself in place of a file.
const masterKeyVariable = "CHANCERY_MASTER_KEY"

// session is one command line being obeyed: where it reads, speaks and works.
type session struct {
	ctx             context.Context
	data            string
	quiet           bool
	json            bool
	in              io.Reader
	out, complaints io.Writer
	lookup          func(string) (string, bool) // of environment variables
}

// say prints one of the words, unless a program or nobody listens.
func (s *session) say(key string, args ...any) {
	if !s.quiet && !s.json {
		fmt.Fprintf(s.out, words[key], args...)
	}
}

// result prints the words with what is shown only now, and that alone on a line where nothing else is to be said: it would be lost.
func (s *session) result(key string, args ...any) {
	if s.quiet && !s.json {
		fmt.Fprintln(s.out, args[len(args)-1])
		return
	}
	s.say(key, args...)
}

// answer prints the outcome for a program, when one asked.
func (s *session) answer(value any) error {
	if !s.json {
		return nil
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// wrongUse is a fault of the command line, in the words of the key.
func wrongUse(key string, args ...any) error {
	text, known := words[key]
	if !known {
		text = key
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(text, args...), errWrongUse)
}

// folder is the house that was asked for.
func (s *session) folder() (string, error) {
	if s.data == "" {
		return "", wrongUse("no_data")
	}
	return s.data, nil
}

// masterKey is the key in the environment, nil when it is in a file.
func (s *session) masterKey() (*archive.MasterKey, error) {
	text, set := s.lookup(masterKeyVariable)
	if !set {
		return nil, nil
	}
	master, err := archive.ParseMasterKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", masterKeyVariable, err)
	}
	return &master, nil
}

// open opens the house with what the environment and the flags settle; quietly, as the commands that do one thing want it.
func (s *session) open(flags ...assembly.Setting) (*assembly.House, error) {
	return s.openWith(assembly.Options{Idle: true}, flags...)
}

func (s *session) openWith(o assembly.Options, flags ...assembly.Setting) (*assembly.House, error) {
	folder, err := s.folder()
	if err != nil {
		return nil, err
	}
	if o.MasterKey, err = s.masterKey(); err != nil {
		return nil, err
	}
	o.Settings = append(assembly.FromEnvironment(s.lookup), flags...)
	config, err := assembly.ReadConfig(folder, o.Settings...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", folder, err)
	}
	if o.Log == nil {
		o.Log = s.logger(config, slog.LevelWarn)
	}
	if o.Child, err = childOf(); err != nil {
		return nil, err
	}
	return assembly.Open(s.ctx, folder, o)
}

// childOf is how this program is called again to look at a file.
func childOf() ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return []string{program, inspection.Subcommand}, nil
}

// logger writes on standard error what is at least as grave as the configuration and the command ask.
func (s *session) logger(c assembly.Config, least slog.Level) *slog.Logger {
	var configured slog.Level
	_ = configured.UnmarshalText([]byte(c.LogLevel)) // validated; info when it is none
	options := &slog.HandlerOptions{Level: max(configured, least)}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.complaints, options))
	}
	return slog.New(slog.NewTextHandler(s.complaints, options))
}

// isTerminal reports whether a person watches the writer.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
