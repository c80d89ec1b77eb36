package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"chancery/cmd/assembly"
	"chancery/cmd/fiction"
	"chancery/habilitation"
)

// within opens the house, does the work and closes it again.
func (s *session) within(work func(*assembly.House) error) (err error) {
	house, err := s.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.Close()) }()
	return work(house)
}

// level reads the name of a level.
func level(name string) (habilitation.Level, error) {
	read, err := habilitation.ParseLevel(name)
	if err != nil {
		return 0, wrongUse("%q is no level: unprotected or restricted", name)
	}
	return read, nil
}

// agentOf finds the agent of a login.
func agentOf(house *assembly.House, login string) (habilitation.Agent, error) {
	agent, known := house.Chancery.Folds.Register.AgentByLogin(login)
	if !known {
		return agent, fmt.Errorf("no agent has the login %q", login)
	}
	return agent, nil
}

// setPassword stores a password for an agent: one that was typed or piped in, or one made up and printed.
func (s *session) setPassword(house *assembly.House, agent habilitation.AgentID, login string, typed bool) (made string, err error) {
	password := fiction.Password(nil)
	if typed {
		if password, err = s.readPassword(); err != nil {
			return "", err
		}
	}
	if err := house.Authority.SetPassword(s.ctx, agent, password); err != nil {
		return "", err
	}
	if typed {
		s.say("password_stored", login)
		return "", nil
	}
	s.result("password_set", login, password)
	return password, nil
}

// readPassword reads one line, without showing it where a person types.
func (s *session) readPassword() (string, error) {
	if file, ok := s.in.(*os.File); ok && isTerminal(file) {
		fmt.Fprint(s.complaints, words["ask_password"])
		typed, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(s.complaints)
		return string(typed), err
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// absolute is a path as it stands whatever the folder, "" for none.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}
