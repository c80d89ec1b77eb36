package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-playground/validator/v10"

	"chancery/cmd/assembly"
	"chancery/cmd/fiction"
	"chancery/habilitation"
)

// generateCommand fills a house with invented people and messages.
type generateCommand struct {
	Agents      int      `help:"How many agents." default:"13600"`
	Groups      int      `help:"How many functional groups." default:"400"`
	Communities int      `help:"How many communities." default:"250"`
	Tags        int      `help:"How many tags." default:"3000"`
	Messages    int      `help:"How many messages." default:"10000"`
	Seed        uint64   `help:"Which house: the same seed and size give the same people and texts." default:"1"`
	Days        int      `help:"Over how many days the messages lie, where the house is made by this command." default:"365"`
	Password    string   `help:"Password of the generated agents, hashed once for all; without it nobody can sign in." placeholder:"TEXT"`
	SeedSecret  bool     `help:"Make the secret of the generated terminal of the seed, for trials that need the same each time; whoever knows the seed knows it."`
	PasswordFor []string `help:"Give the password to these logins only; for all it takes a durable write each." placeholder:"LOGIN"`
}

// generated is the answer for a program.
type generated struct {
	Agents         int     `json:"agents"`
	Groups         int     `json:"groups"`
	Communities    int     `json:"communities"`
	Tags           int     `json:"tags"`
	Messages       int     `json:"messages"` // released by this run
	Seconds        float64 `json:"seconds"`
	Rate           float64 `json:"messages_per_second"`
	TerminalSecret string  `json:"terminal_secret,omitempty"` // of the run that made the people
}

// size is what is to be generated, when all that was asked for can be.
func (c *generateCommand) size() (fiction.Size, error) {
	size := fiction.Size{Agents: c.Agents, Groups: c.Groups, Communities: c.Communities, Tags: c.Tags, Messages: c.Messages, Seed: c.Seed}
	if err := validator.New().Struct(size); err != nil {
		return size, wrongUse("a house needs an agent, a group and a tag at least, and nothing below zero: %v", err)
	}
	if c.Password != "" {
		if err := habilitation.CheckPassword(c.Password); err != nil {
			return size, wrongUse("--password: %v", err)
		}
	}
	if c.SeedSecret {
		size.Secret = size.SeedSecret()
	}
	return size, nil
}

// Run fills the house, which it makes first where there is none.
func (c *generateCommand) Run(s *session) (err error) {
	size, err := c.size()
	if err != nil {
		return err
	}
	clock := fiction.NewClock(time.Now)
	founded, err := c.found(s, clock)
	if err != nil {
		return err
	}
	house, err := s.openWith(assembly.Options{Clock: clock.Now, SigningLimit: fiction.Patience})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.Close()) }()
	g, err := s.populate(house, size)
	if err != nil {
		return err
	}
	if c.Password != "" {
		if err := s.setPasswords(g, house, c.Password, c.PasswordFor); err != nil {
			return err
		}
	}
	return s.tell(g, clock, founded)
}

// found makes the house where there is none, in the past, and gives the time from which its messages date: zero in a house that was there,
// whose past is written.
func (c *generateCommand) found(s *session, clock *fiction.Clock) (time.Time, error) {
	folder, err := s.folder()
	if err != nil {
		return time.Time{}, err
	}
	if _, err := assembly.ReadConfig(folder); !errors.Is(err, assembly.ErrNoHouse) {
		return time.Time{}, nil
	}
	since := time.Now().AddDate(0, 0, -c.Days)
	clock.Set(since)
	o := assembly.InitOptions{Name: "Maison inventée", Domain: "invente.example", Clock: clock.Now}
	if o.MasterKey, err = s.masterKey(); err != nil {
		return since, err
	}
	return since, assembly.Init(s.ctx, folder, o)
}

func (s *session) populate(house *assembly.House, size fiction.Size) (*fiction.Generated, error) {
	m := s.meter("acts", -1)
	defer m.end()
	return fiction.Populate(s.ctx, house.Chancery, house.Authority, size, func(done, _ int) { m.reach(int64(done)) })
}

func (s *session) setPasswords(g *fiction.Generated, house *assembly.House, password string, logins []string) error {
	m := s.meter("passwords", int64(g.Agents))
	defer m.end()
	return g.SetPassword(s.ctx, house.Credentials, password, house.Config.Argon(), logins, func(done int) { m.reach(int64(done)) })
}

// tell releases the messages, spread from since to now when since is set.
func (s *session) tell(g *fiction.Generated, clock *fiction.Clock, since time.Time) error {
	begun := time.Now()
	before := func(int) {}
	if !since.IsZero() {
		step := begun.Sub(since) / time.Duration(max(g.Messages, 1))
		before = func(number int) { clock.Set(since.Add(time.Duration(number) * step)) }
	}
	m := s.meter("messages", int64(g.Messages))
	added, err := g.Tell(s.ctx, before, func(done int) { m.reach(int64(done)) })
	m.end()
	clock.Set(time.Time{})
	if err != nil {
		return toldUpTo(err, added)
	}
	took := time.Since(begun)
	out := generated{g.Agents, g.Groups, g.Communities, g.Tags, added, took.Seconds(), float64(added) / took.Seconds(), g.Secret}
	s.say("generated", out.Agents, out.Groups, out.Communities, out.Tags, added, took.Round(time.Millisecond), out.Rate)
	if out.TerminalSecret != "" {
		s.result("generated_terminal", out.TerminalSecret)
	}
	return s.answer(out)
}

func toldUpTo(err error, added int) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%d messages released: %w", added, err)
	}
	return err
}
